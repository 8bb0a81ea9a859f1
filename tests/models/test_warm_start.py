"""Words that start from vectors of elsewhere, and vectors that stay as they are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference.planted import topic_sentences

from fastemb import KeyedVectors, Word2Vec, load_vectors, save_vectors
from fastemb.cli import main

SENTENCES = topic_sentences(60)
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 6, "sample": 0, "epochs": 2, "workers": 1}


def given() -> KeyedVectors:
    """Vectors of half of the words, and of one that the sentences lack."""
    vectors = KeyedVectors(6)
    words = [f"t{topic}w{word}" for topic in range(3) for word in range(4)] + ["elsewhere"]
    vectors.add_vectors(words, np.random.default_rng(5).normal(size=(13, 6)).astype(np.float32))
    return vectors


@pytest.mark.parametrize("name", [None, "v.safetensors", "v.bin", "v.txt", "v.txt.gz", "v.parquet"])
def test_words_start_from_vectors_of_any_kind(name: str | None, tmp_path: Path) -> None:
    if name == "v.parquet":
        pytest.importorskip("pyarrow")
    vectors = given()
    if name is not None:
        save_vectors(vectors, tmp_path / name)
    plain, warm = Word2Vec(**OPTIONS), Word2Vec(**OPTIONS)
    plain.build_vocab(SENTENCES)
    warm.build_vocab(SENTENCES, init_vectors=vectors if name is None else tmp_path / name)
    for word in warm.wv.index_to_key:
        start = vectors if word in vectors else plain.wv
        np.testing.assert_allclose(warm.wv[word], start[word], atol=1e-6)
    assert not warm.syn1neg.any()
    at_once = Word2Vec(SENTENCES, **OPTIONS, init_vectors=vectors if name is None else tmp_path / name)
    warm.train(SENTENCES)
    np.testing.assert_array_equal(at_once.wv.vectors, warm.wv.vectors)


def test_a_growing_vocabulary_keeps_what_was_learned() -> None:
    model, vectors = Word2Vec(SENTENCES[:5], **OPTIONS), given()
    known = {word: model.wv[word].copy() for word in model.wv.index_to_key}
    model.build_vocab([*SENTENCES, ["brand-new"]], update=True, init_vectors=vectors)
    fresh = [word for word in model.wv.index_to_key if word not in known]
    assert any(word in vectors for word in known)
    assert any(word in vectors for word in fresh)
    for word, vector in known.items():
        np.testing.assert_array_equal(model.wv[word], vector)
    for word in fresh:
        assert np.allclose(model.wv[word], vectors[word]) if word in vectors else np.abs(model.wv[word]).max() <= 1 / 6


def test_frozen_words_stay_and_the_others_move() -> None:
    model, vectors = Word2Vec(**OPTIONS), given()
    model.build_vocab(SENTENCES, init_vectors=vectors)
    frozen = np.array([word in vectors for word in model.wv.index_to_key])
    model.wv.vectors_lockf = np.where(frozen, 0.0, 1.0)
    before = model.wv.vectors.copy()
    model.train(SENTENCES)
    np.testing.assert_array_equal(model.wv.vectors[frozen], before[frozen])
    assert (model.wv.vectors[~frozen] != before[~frozen]).any(axis=1).all()
    assert model.syn1neg.any()


@pytest.mark.parametrize("wrong", [-1, np.nan, np.inf, [1.0] * 23 + [-0.5]])
def test_factors_that_make_no_sense_are_refused(wrong: Any, tmp_path: Path) -> None:
    model = Word2Vec(SENTENCES, **OPTIONS)
    with pytest.raises(ValueError, match=r"wv.vectors_lockf must be factors from 0, .* but entry \d+ is"):
        model.wv.vectors_lockf = wrong
    model.wv.vectors_lockf = np.ones(24)
    model.wv.vectors_lockf[:] = wrong
    for call in (lambda: model.train(SENTENCES), lambda: model.save(tmp_path / "m")):
        with pytest.raises(ValueError, match=r"wv.vectors_lockf must be factors from 0, .* but entry \d+ is"):
            call()
    model.wv.vectors_lockf = np.ones(1)
    model.train(SENTENCES)


def test_what_does_not_fit_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    vectors, longer = given(), KeyedVectors(9)
    longer.add_vectors(["t0w0"], np.ones((1, 9)))
    longer.save(tmp_path / "v")

    def unread() -> Any:
        raise AssertionError("the corpus was read")
        yield

    for start, error, message in (
        (longer, ValueError, "init_vectors has vectors of 9 dimensions, and the model of 6: give vector_size=9"),
        (tmp_path / "v", ValueError, rf"{tmp_path}/v has vectors of 9 dimensions"),
        (tmp_path / "no", FileNotFoundError, "no"),
        (Word2Vec(SENTENCES, **OPTIONS), TypeError, r"init_vectors must be .* give Word2Vec.wv"),
        (np.ones((3, 6)), TypeError, "init_vectors must be a file of vectors, or KeyedVectors, not"),
        ({"t0w0": [1.0] * 6}, TypeError, "init_vectors must be a file of vectors, or KeyedVectors, not"),
    ):
        with pytest.raises(error, match=message):
            Word2Vec(unread(), **OPTIONS, init_vectors=start)  # type: ignore[arg-type]
        with pytest.raises(error, match=message):
            Word2Vec(**OPTIONS).build_vocab(unread(), init_vectors=start)  # type: ignore[arg-type]
    Word2Vec(SENTENCES, **OPTIONS | {"vector_size": 9}, init_vectors=longer)
    vectors.vectors[2] = np.nan
    model = Word2Vec(SENTENCES, **OPTIONS)
    before = model.wv.vectors.copy()
    with pytest.raises(ValueError, match="init_vectors: the vector of 't0w2' holds NaN or infinity"):
        model.build_vocab(SENTENCES, init_vectors=vectors)
    np.testing.assert_array_equal(model.wv.vectors, before)


def test_vectors_of_none_of_the_words_are_told() -> None:
    other = KeyedVectors(6)
    other.add_vectors(["x"], np.ones((1, 6)))
    with pytest.warns(
        UserWarning, match="init_vectors has none of the 24 words: all of them start from random vectors"
    ):
        Word2Vec(SENTENCES, **OPTIONS, init_vectors=other)
    with pytest.warns(UserWarning, match="checkpoint and init_vectors have no effect without a corpus"):
        Word2Vec(**OPTIONS, init_vectors=other)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Word2Vec(SENTENCES, **OPTIONS, init_vectors=given())


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, start, out = tmp_path / "text.txt", tmp_path / "start.bin", tmp_path / "out.safetensors"
    text.write_text("\n".join(" ".join(sentence) for sentence in SENTENCES))
    save_vectors(given(), start)
    command = ["train", str(text), "-o", str(out), "--min-count", "1", "-q", "-t", "1", "--init-vectors", str(start)]
    assert main([*command, "-d", "6", "--alpha", "1e-9", "--min-alpha", "0"]) == 0
    np.testing.assert_allclose(load_vectors(out)["t1w2"], given()["t1w2"], atol=1e-4)
    assert main(command) == 1
    said = capsys.readouterr().err
    assert (
        said
        == "fastemb: error: --init-vectors has vectors of 6 dimensions, and the model of 100: give --vector-size 6\n"
    )
