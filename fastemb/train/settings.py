"""Settings of a model, checked once."""

from __future__ import annotations

from dataclasses import dataclass

from ..checks import flag, number, whole
from ..threads import checked_workers


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
        """Turn whole floats and numbers in strings into numbers, as gensim does.

        Raises:
            ValueError: a setting makes no sense; the message names the first.
            TypeError: a setting is no number at all.
        """
        self.vector_size = whole("vector_size", self.vector_size, 1, 2**24)
        self.window = whole("window", self.window, 1, 2**63)
        self.min_count = whole("min_count", self.min_count, 0, 2**62)
        self.negative = whole("negative", self.negative, 0, 2**20)
        self.epochs = whole("epochs", self.epochs, 0, 2**40)
        self.seed = whole("seed", self.seed, 0, 2**64 - 1)
        self.workers = checked_workers(self.workers)
        if self.max_final_vocab is not None:
            self.max_final_vocab = whole("max_final_vocab", self.max_final_vocab, 1, 2**62)
        for name in ("sg", "hs", "cbow_mean"):
            setattr(self, name, flag(name, getattr(self, name)))
        for name in ("shrink_windows", "negatives_per_pair", "cbow_exact"):
            setattr(self, name, bool(flag(name, getattr(self, name))))
        for name in ("alpha", "min_alpha", "sample"):
            setattr(self, name, number(name, getattr(self, name), at_least=0.0))
        self.ns_exponent = number("ns_exponent", self.ns_exponent)
        if self.hs == 0 and self.negative == 0:
            raise ValueError("nothing to train: set negative > 0 (negative sampling) or hs=1 (hierarchical softmax)")
        if self.negatives_per_pair and not self.negative:
            raise ValueError("negatives_per_pair applies to negative sampling (negative > 0) only")
        if self.cbow_exact and self.sg:
            raise ValueError("cbow_exact applies to CBOW (sg=0) only")
