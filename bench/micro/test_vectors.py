"""Asking vectors, and word2vec's files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fastemb import KeyedVectors

BINARY = pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])


def test_most_similar(benchmark: Any, rate: Callable[..., None], vectors: KeyedVectors) -> None:
    benchmark.group = "most_similar"
    benchmark(vectors.most_similar, positive=["word1", "word2"], negative=["word3"])
    rate(1, "queries/s")


@BINARY
def test_save(benchmark: Any, rate: Callable[..., None], vectors: KeyedVectors, tmp_path: Path, binary: bool) -> None:
    benchmark.group = "word2vec format"
    path = tmp_path / "vectors"
    benchmark.pedantic(vectors.save_word2vec_format, (path,), {"binary": binary}, rounds=5, warmup_rounds=1)
    rate(path.stat().st_size / 1e6, "MB/s")


@BINARY
def test_load(benchmark: Any, rate: Callable[..., None], vectors: KeyedVectors, tmp_path: Path, binary: bool) -> None:
    benchmark.group = "word2vec format"
    path = tmp_path / "vectors"
    vectors.save_word2vec_format(path, binary=binary)
    benchmark.pedantic(KeyedVectors.load_word2vec_format, (path,), {"binary": binary}, rounds=5, warmup_rounds=1)
    rate(path.stat().st_size / 1e6, "MB/s")
