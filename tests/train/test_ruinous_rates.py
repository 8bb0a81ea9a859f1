"""A learning rate that ruins a model is told, and one that does not is not."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from fastemb import Item2Vec, Word2Vec
from fastemb.train import lengths

RUINED = "training does not learn but ruins the vectors: .* a lower alpha"


def texts() -> list[list[str]]:
    """60,000 words, by frequency as in a language."""
    rng = np.random.default_rng(0)
    return [[f"w{word}" for word in row] for row in np.minimum(rng.zipf(1.3, (3000, 20)), 5000).tolist()]


def said_of(model: Word2Vec | Item2Vec, train: Callable[[], object]) -> str:
    """What training says: "error", "warning" or nothing."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            train()
        except FloatingPointError:
            return "error"
    ruined = [str(warning.message) for warning in found if re.search(RUINED, str(warning.message))]
    assert len(ruined) <= 1
    return "warning" * len(ruined)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kind", [{"sg": 1}, {"sg": 0}, {"hs": 1, "negative": 0}], ids=str)
def test_no_rate_ruins_a_model_in_silence(kind: dict[str, Any], workers: int) -> None:
    said = []
    for alpha in (0.025, 0.2, 0.3, 0.4, 0.6, 0.9):
        options = {"vector_size": 16, "min_count": 1, "sample": 0.0, "workers": workers, "epochs": 3}
        model = Word2Vec(**options | kind, alpha=alpha, min_alpha=alpha)
        model.build_vocab(texts())
        said.append(said_of(model, partial(model.train, texts())))
        if not said[-1]:
            assert np.linalg.norm(model.wv.vectors, axis=1).mean() < 100
    assert said[0] == ""
    assert "error" in said


@pytest.mark.parametrize("kind", [{"sg": 1}, {"sg": 0}, {"hs": 1, "negative": 0}, {"cbow_mean": 0}], ids=str)
def test_a_high_rate_that_learns_is_not(kind: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Word2Vec(texts(), vector_size=16, min_count=1, alpha=0.1, epochs=20, **kind)


def test_items_are_told_too() -> None:
    rng = np.random.default_rng(0)
    baskets = [sorted({int(item) for item in row}) for row in np.minimum(rng.zipf(1.5, (4000, 8)), 2000)]
    said = []
    for alpha in (0.2, 0.3, 0.5, 0.6, 0.7, 1.0):
        model = Item2Vec(sg=0, alpha=alpha, negative=20, epochs=10, progress=False, random_state=1, workers=1)
        said.append(said_of(model, partial(model.fit, baskets)))
    assert said[0] == ""
    assert "warning" in said


def test_vectors_that_came_long_are_the_callers() -> None:
    model = Word2Vec([["a", "b"]] * 50, vector_size=4, min_count=1, sample=0, workers=1)
    model.wv.vectors *= 1000
    model.syn1neg[:] = 1000 * np.sign(model.syn1neg)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.train([["a", "b"]] * 50)


def test_the_remedy_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lengths, "_MOST", 60.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Word2Vec(texts(), vector_size=16, min_count=1, sample=0.0, epochs=3)


@pytest.mark.parametrize("length", [1e-3, 1.0, 1e15, 1e25, 3e38])
def test_lengths_are_right_whose_squares_no_float32_holds(length: float) -> None:
    matrix = np.full((70, 4), length / 2, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert lengths._length(matrix) == pytest.approx(length, rel=1e-6)
