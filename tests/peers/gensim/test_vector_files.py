"""Files of vectors both ways: gensim reads ours, and we read those that it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb.models
from fastemb import load_vectors, save_vectors
from peers import ABSOLUTE, RELATIVE
from peers.gensim.questions import SIZE, WORDS, sentences, uniform, vectors

gensim_models = pytest.importorskip("gensim.models")
facebook = pytest.importorskip("gensim.models.fasttext")
# gensim leaves files without a header open
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

OPTIONS: dict[str, dict[str, Any]] = {
    "word2vec-text": {},
    "word2vec-binary": {"binary": True},
    "glove": {"no_header": True},
}


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("option", OPTIONS)
def test_formats_of_word2vec_and_glove(option: str, packed: str, tmp_path: Path) -> None:
    save_vectors(vectors(fastemb.models), tmp_path / f"ours{packed}", format=option)
    theirs = gensim_models.KeyedVectors.load_word2vec_format(str(tmp_path / f"ours{packed}"), **OPTIONS[option])
    assert theirs.index_to_key == WORDS
    assert theirs.vectors.tobytes() == uniform(len(WORDS), SIZE).tobytes()
    header = {"write_header": False} if option == "glove" else {}
    path = tmp_path / f"theirs{packed}"
    theirs.save_word2vec_format(str(path), binary=option == "word2vec-binary", **header)
    found = load_vectors(path)
    assert found.index_to_key == WORDS
    assert found.vectors.tobytes() == theirs.vectors.tobytes()


def test_our_models_of_fasttext_in_gensim(tmp_path: Path) -> None:
    save_vectors(vectors(fastemb.models), tmp_path / "x.bin", format="fasttext")
    theirs = facebook.load_facebook_vectors(str(tmp_path / "x.bin"))
    assert theirs.index_to_key == WORDS
    assert np.array_equal(theirs.vectors, uniform(len(WORDS), SIZE))


@pytest.mark.parametrize("sg", [0, 1])
def test_models_of_fasttext_that_gensim_wrote(sg: int, tmp_path: Path) -> None:
    model = facebook.FastText(
        sentences(3), sg=sg, vector_size=6, min_count=1, epochs=2, workers=1, bucket=50, min_n=2, max_n=4
    )
    facebook.save_facebook_model(model, str(tmp_path / "x.bin"))
    found = load_vectors(tmp_path / "x.bin")
    assert found.index_to_key == model.wv.index_to_key
    assert found.vectors == pytest.approx(model.wv.vectors, rel=RELATIVE, abs=ABSOLUTE)
    for word in found.index_to_key:
        assert found.get_vecattr(word, "count") == model.wv.get_vecattr(word, "count")
