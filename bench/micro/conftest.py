"""Generated input for the micro-benchmarks, and rates beside pytest-benchmark's times."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastemb import Corpus, KeyedVectors

VOCABULARY = 50_000
WORDS = 1_000_000
SENTENCE = 20

_RATES: list[str] = []

Rate = Callable[..., None]


@pytest.fixture
def rate(benchmark: Any, request: pytest.FixtureRequest) -> Rate:
    """Call after the benchmark with the amount of work of one call, its unit, and seconds that are no part of it."""

    def keep(amount: float, unit: str, less: float = 0.0) -> None:
        if benchmark.stats is not None:  # None with --benchmark-disable
            best, median = (
                amount / max(getattr(benchmark.stats.stats, name) - less, 1e-9) for name in ("min", "median")
            )
            benchmark.extra_info |= {f"best {unit}": best, f"median {unit}": median}
            _RATES.append(f"{request.node.name:<46}{best:>12,.1f}{median:>12,.1f}  {unit}")

    return keep


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _RATES:
        terminalreporter.section("rates")
        terminalreporter.write_line(f"{'':<46}{'best':>12}{'median':>12}")
        for line in _RATES:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def zipf() -> NDArray[np.int64]:
    """Words as ranks, the one of rank r drawn in proportion to 1 / r."""
    weights = 1.0 / np.arange(1, VOCABULARY + 1)
    edges = np.cumsum(weights) / weights.sum()
    draws = np.random.default_rng(1).random(WORDS)
    return np.minimum(np.searchsorted(edges, draws), VOCABULARY - 1)


@pytest.fixture(scope="session")
def sentences(zipf: NDArray[np.int64]) -> list[list[str]]:
    names = [np.base_repr(rank + 7, 26).lower() for rank in range(VOCABULARY)]
    words = [names[rank] for rank in zipf.tolist()]
    return [words[start : start + SENTENCE] for start in range(0, WORDS, SENTENCE)]


@pytest.fixture(scope="session")
def text(sentences: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "zipf.txt"
    path.write_text("".join(" ".join(sentence) + "\n" for sentence in sentences), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def corpus(zipf: NDArray[np.int64]) -> Corpus:
    return Corpus.from_ids(zipf, np.arange(0, WORDS + 1, SENTENCE))


@pytest.fixture(scope="session")
def vectors() -> KeyedVectors:
    keyed = KeyedVectors(100)
    values = np.random.default_rng(2).standard_normal((VOCABULARY, 100), dtype=np.float32)
    keyed.add_vectors([f"word{row}" for row in range(VOCABULARY)], values)
    return keyed
