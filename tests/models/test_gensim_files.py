"""`from_gensim` on files and objects of other kinds; gensim need not be installed, as none of their code is run."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors, Word2Vec


@pytest.mark.parametrize("kind", [Word2Vec, KeyedVectors])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "files that gensim's save wrote: this is no pickle"),
        (b"some text\n", "this is no pickle"),
        (b"2 2\na 1 2\nb 2 1\n", r"word2vec's text format: KeyedVectors\.load_word2vec_format reads it"),
        (pickle.dumps({"a": 1}), "a pickle, which may run any code"),
        (pickle.dumps({"a": np.ones(2)}), "a pickle, which may run any code"),
        *(
            (
                b"\x80\x04\x95" + bytes(8) + b"\x8c%cgensim.models.x\x94\x8c%c%b\x94\x93." % (15, len(name), name),
                message,
            )
            for name, message in (
                (b"Phrases", r"phrases that gensim saved, which are not read: Phrases\(sentences\)"),
                (b"FrozenPhrases", r"Phrases\(sentences\) counts them anew"),
                (b"LdaModel", "a LdaModel that gensim saved, which stays with gensim"),
            )
        ),
        (b"\x80\x02cgensim.models.phrases\nPhrases\n.", "phrases that gensim saved"),
    ],
)
def test_from_gensim_names_other_files(kind: Any, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError, match=f"x: from_gensim takes .*{message}"):
        kind.from_gensim(tmp_path / "x")


def test_from_gensim_names_our_own_files(tmp_path: Path) -> None:
    made = Word2Vec([["a", "b"]] * 5, vector_size=4, min_count=1, workers=1, epochs=1, sample=0)
    made.save(tmp_path / "x")
    with pytest.raises(ValueError, match=r"it looks like a Word2Vec model: Word2Vec\.load reads it"):
        Word2Vec.from_gensim(tmp_path / "x")
    assert len(Word2Vec.load(tmp_path / "x").wv) == len(made.wv)


@pytest.mark.parametrize("kind", [Word2Vec, KeyedVectors])
@pytest.mark.parametrize("given", [3, None, {"a": 1}, object()])
def test_from_gensim_of_something_else(kind: Any, given: object) -> None:
    with pytest.raises(TypeError, match=rf"{kind.__name__}\.from_gensim takes .*, not {type(given).__name__}$"):
        kind.from_gensim(given)
