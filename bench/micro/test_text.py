"""Text and token lists to ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fastemb import Corpus


@pytest.mark.parametrize("workers", [1, 2])
def test_from_file(benchmark: Any, rate: Callable[..., None], text: Path, workers: int) -> None:
    benchmark.group = "text to ids"
    benchmark(Corpus.from_file, text, workers=workers)
    rate(text.stat().st_size / 1e6, "MB/s")


def test_from_sentences(benchmark: Any, rate: Callable[..., None], text: Path, sentences: list[list[str]]) -> None:
    benchmark.group = "text to ids"
    benchmark(Corpus.from_sentences, sentences)
    rate(text.stat().st_size / 1e6, "MB/s")
