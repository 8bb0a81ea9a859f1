"""`from_gensim` on files and objects of other kinds; gensim need not be installed, as none of their code is run."""

from __future__ import annotations

import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fastemb import FastText, KeyedVectors, Word2Vec

SMALL: dict[str, Any] = {"vector_size": 4, "min_count": 1, "workers": 1, "sample": 0}


@pytest.mark.parametrize("kind", [Word2Vec, KeyedVectors])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "files that gensim's save wrote; it is empty"),
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


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("FastText", "this FastText would lose its vectors of parts of words: FastText.from_gensim takes it whole"),
        ("Doc2Vec", "this Doc2Vec would lose its vectors of documents: Doc2Vec.from_gensim takes it whole"),
        ("KeyedVectors", r"these are vectors alone \(KeyedVectors\): KeyedVectors.from_gensim takes them"),
    ],
)
def test_from_gensim_names_what_takes_gensims_other_models(name: str, message: str) -> None:
    given = type(name, (), {"__module__": "gensim.models.x"})()
    with pytest.raises(TypeError, match=message):
        Word2Vec.from_gensim(given)


def test_what_was_hung_on_words_comes_along() -> None:
    made = Word2Vec([["a", "b", "c"]] * 9, epochs=1, **SMALL)
    made.wv.set_vecattr("b", "kind", 7)
    made.wv.vectors_lockf = np.array([1, 0, 0.5], np.float32)
    parts = {name: getattr(made, name) for name in ("wv", "vector_size", "negative", "hs", "syn1neg", "sample")}
    model = Word2Vec.from_gensim(SimpleNamespace(**parts))
    assert model.wv.get_vecattr("b", "kind") == 7
    assert model.wv.vectors_lockf.tolist() == [1, 0, 0.5]
    model.train([["a", "b", "c"]] * 9, total_examples=9, epochs=1)
    moved = (model.wv.vectors != made.wv.vectors).any(axis=1)
    assert moved.tolist() == [True, False, True]


def like_gensims_fasttext(**others: Any) -> tuple[FastText, Any]:
    """A model, and an object with the attributes of a gensim model with the same vectors."""
    made = FastText([["one", "two", "three"]] * 9, epochs=1, bucket=50, all_buckets=True, **SMALL)
    names = ("vectors_vocab", "vectors_ngrams", "bucket", "min_n", "max_n", "index_to_key", "expandos", "vectors")
    vectors = Vectors(**{name: getattr(made.wv, name) for name in names} | others)
    parts = {name: getattr(made, name) for name in ("vector_size", "negative", "hs", "syn1neg", "min_count")}
    return made, SimpleNamespace(wv=vectors, **parts)


class Vectors(SimpleNamespace):
    """With as many as there are keys."""

    def __len__(self) -> int:
        return len(self.index_to_key)


def test_a_model_of_ngrams_comes_with_all_rows() -> None:
    made, theirs = like_gensims_fasttext()
    model = FastText.from_gensim(theirs)
    for word in ("one", "three", "unheard"):
        np.testing.assert_array_equal(model.wv[word], made.wv[word])
    assert model.wv.input_vectors.shape == (3 + 50, 4)


def test_models_of_ngrams_that_cannot_be_taken() -> None:
    with pytest.raises(ValueError, match="of a version that numbered n-grams in a way of its own: train it anew"):
        FastText.from_gensim(like_gensims_fasttext(compatible_hash=False)[1])
    with pytest.raises(ValueError, match="the gensim model has no vocabulary"):
        FastText.from_gensim(like_gensims_fasttext(index_to_key=[])[1])


BASKETS = [["a", "b", "c"]] * 20


@pytest.mark.parametrize("how", [{}, {"negative": 0, "hs": 1}])
def test_the_representation_says_how_far_a_model_was_trained(how: dict[str, int], tmp_path: Path) -> None:
    def of(model: Word2Vec) -> str:
        return repr(model).removesuffix(">").partition("=1, " if how else "=5, ")[2]

    made = Word2Vec(BASKETS, epochs=1, **SMALL, **how)
    assert of(made) == "1 epoch trained"
    assert of(Word2Vec(BASKETS, epochs=3, **SMALL, **how)) == "3 epochs trained"
    # gensim's models have the same parts, but not the number of epochs
    parts: Any = {name: getattr(made, name) for name in ("wv", "vector_size", "negative", "hs", "sample", "min_count")}
    parts |= {name: getattr(made, name) for name in ("syn1", "syn1neg") if hasattr(made, name)}
    theirs = Word2Vec.from_gensim(SimpleNamespace(**parts))
    assert of(theirs) == "trained by gensim"
    theirs.train(BASKETS, total_examples=20, epochs=2)
    theirs.save(tmp_path / "m")
    for model in (theirs, Word2Vec.load(tmp_path / "m"), Word2Vec.from_gensim(theirs)):
        assert of(model) == "trained by gensim, 2 epochs trained since"
    assert of(Word2Vec.from_gensim(made)) == "1 epoch trained"
    made.build_vocab(BASKETS)
    assert of(made) == "not trained"


def test_a_training_that_taught_nothing_does_not_count_in_the_representation() -> None:
    with pytest.warns(UserWarning, match="nothing was trained"):
        alone = Word2Vec([["a"], ["b"]] * 5, epochs=1, **SMALL)
    with pytest.warns(UserWarning, match="nothing was trained"):
        never = Word2Vec(BASKETS, epochs=0, **SMALL)
    assert [repr(model).partition("=5, ")[2] for model in (alone, never)] == ["not trained>"] * 2


def test_what_was_learned_before_the_first_epoch_ended_is_not_called_untrained() -> None:
    model = Word2Vec(**SMALL)
    model.build_vocab(BASKETS)
    assert "not trained" in repr(model)
    model.syn1neg[0] = 1  # as Ctrl-C within the first epoch leaves it
    assert "no full epoch trained" in repr(model)
