"""Training on one thread, one epoch of a generated corpus, on the instruction set in use (FASTEMB_ISA sets it)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fastemb import Corpus, Word2Vec

MODELS: dict[str, dict[str, Any]] = {
    "skip-gram ns": {"sg": 1},
    "skip-gram ns per pair": {"sg": 1, "negatives_per_pair": True},
    "skip-gram ns D=300": {"sg": 1, "vector_size": 300},
    "skip-gram hs": {"sg": 1, "hs": 1, "negative": 0},
    "CBOW ns": {"sg": 0},
    "CBOW hs": {"sg": 0, "hs": 1, "negative": 0},
}


@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS)
def test_train(benchmark: Any, rate: Callable[..., None], corpus: Corpus, options: dict[str, Any]) -> None:
    benchmark.group = "train"
    model = Word2Vec(min_count=1, workers=1, **options)
    model.build_vocab(corpus)
    benchmark.pedantic(model.train, (corpus,), {"epochs": 1, "progress": False}, rounds=5, warmup_rounds=1)
    rate(corpus.words / 1e3, "k words/s")
