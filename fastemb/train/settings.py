"""Settings of a model, checked once."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import Any


@dataclass
class Settings:
    """What a Word2Vec model was asked to be; field names and defaults are gensim 4's where it has them."""

    vector_size: int = 100
    alpha: float = 0.025
    window: int = 5
    min_count: int = 5
    sample: float = 1e-3
    seed: int = 1
    workers: int | None = None
    min_alpha: float = 0.0001
    sg: int = 0
    hs: int = 0
    negative: int = 5
    ns_exponent: float = 0.75
    cbow_mean: int = 1
    epochs: int = 5
    max_final_vocab: int | None = None
    shrink_windows: bool = True
    negatives_per_pair: bool = False
    cbow_exact: bool = False

    def check(self) -> None:
        """Raise ValueError or TypeError on the first setting that makes no sense, naming it."""
        check_whole("vector_size", self.vector_size, 1, 2**24)
        check_whole("window", self.window, 1, 2**63)
        check_whole("min_count", self.min_count, 0, 2**62)
        check_whole("negative", self.negative, 0, 2**20)
        check_whole("epochs", self.epochs, 0, 2**40)
        check_whole("seed", self.seed, 0, 2**64 - 1)
        if self.workers not in (None, -1):
            check_whole("workers", self.workers, 1, 4096)
        if self.max_final_vocab is not None:
            check_whole("max_final_vocab", self.max_final_vocab, 1, 2**62)
        for name in ("sg", "hs", "cbow_mean", "shrink_windows", "negatives_per_pair", "cbow_exact"):
            _flag(name, getattr(self, name))
        for name in ("alpha", "min_alpha", "sample"):
            check_number(name, getattr(self, name), at_least=0.0)
        check_number("ns_exponent", self.ns_exponent)
        if self.hs == 0 and self.negative == 0:
            raise ValueError("nothing to train: set negative > 0 (negative sampling) or hs=1 (hierarchical softmax)")
        if self.negatives_per_pair and not (self.sg and self.negative):
            raise ValueError("negatives_per_pair applies to skip-gram with negative sampling (sg=1, negative > 0) only")
        if self.cbow_exact and self.sg:
            raise ValueError("cbow_exact applies to CBOW (sg=0) only")


def check_whole(name: str, value: Any, low: int, high: int) -> None:
    """Raise TypeError unless ``value`` is an integer, ValueError unless it lies between ``low`` and ``high``."""
    try:
        operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None
    if not low <= value <= high:
        raise ValueError(f"{name} must be between {low} and {high}, not {value!r}")


def _flag(name: str, value: Any) -> None:
    if value not in (0, 1):
        raise ValueError(f"{name} must be 0 or 1, not {value!r}")


def check_number(name: str, value: Any, at_least: float = -math.inf) -> None:
    """Raise TypeError unless ``value`` is a real number, ValueError unless it is finite and large enough."""
    try:
        finite = math.isfinite(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, not {value!r}") from None
    except OverflowError:
        finite = False
    if not finite or value < at_least:
        raise ValueError(f"{name} must be a finite number{'' if at_least < 0 else f' >= {at_least:g}'}, not {value!r}")
