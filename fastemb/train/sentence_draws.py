"""Sentences with weights: which of them an epoch trains on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..memory import memory_for
from ..signals import slices
from .strategy import Lane

_STREAM = 0x5E17  # of the draws of sentences, apart from others that have the same seed


@dataclass
class SentenceDraws:
    """The tokens of a corpus, of which each epoch draws sentences anew.

    A sentence is there whole or not at all, so that words never become neighbours over one that was left out. Which
    are there is a function of the seed and the number of the epoch: any thread, and a run that is taken up again, finds
    the same.

    Attributes:
        ids: int32 (tokens,).
        offsets: int64 (sentences + 1,).
        rows: Ids are below it.
        shares: Of the epochs in which each sentence is there, from 0 to 1: float64 (sentences,).
        checked: That ids and offsets were.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    rows: int
    shares: NDArray[np.float64]
    checked: _native.CheckedSentences
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _drawn: tuple[tuple[int, int], _native.TokenView] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.shares) != len(self.offsets) - 1:
            raise ValueError(
                f"there are {len(self.shares):,} weights of sentences, but {len(self.offsets) - 1:,} sentences: give "
                "the corpus new weights by weighted"
            )

    @property
    def longest_sentence(self) -> int:
        """As `EpochTokens` says."""
        return _native.TokenView(self.ids, self.offsets, self.rows, checked=self.checked).longest_sentence

    def trained_by(self, trainer: _native.Trainer) -> _DrawnTrainer:
        """As `EpochTokens` says."""
        return _DrawnTrainer(trainer, self)

    def view(self, seed: int, epoch: int) -> _native.TokenView:
        """The tokens of an epoch; the first thread that asks draws them."""
        with self._lock:
            if self._drawn is None or self._drawn[0] != (seed, epoch):
                self._drawn = None  # not twice in memory
                self._drawn = (seed, epoch), self._draw(seed, epoch)
            return self._drawn[1]

    def _draw(self, seed: int, epoch: int) -> _native.TokenView:
        stays = np.random.default_rng([seed, epoch, _STREAM]).random(len(self.shares)) < self.shares
        lengths, offsets = np.diff(self.offsets), self.offsets
        with memory_for(f"the draw of sentences by weight, of {len(self.ids):,} words", 4 * len(self.ids)):
            keep = np.empty(len(self.ids), np.uint32)
        for part in slices(len(stays)):
            drawn = np.where(stays[part], np.uint32(2**32 - 1), np.uint32(0))
            keep[offsets[part.start] : offsets[part.stop]] = np.repeat(drawn, lengths[part])
        return _native.TokenView(self.ids, self.offsets, self.rows, keep=keep, checked=self.checked)


@dataclass(frozen=True)
class _DrawnTrainer:
    """The core's trainer, with the sentences that an epoch has drawn as the view of tokens that it trains on."""

    core: _native.Trainer
    draws: SentenceDraws

    def workspace(self) -> bytearray:
        return self.core.workspace()

    def train_block(
        self, epoch: int, begin: int, end: int, alpha: float, workspace: bytearray
    ) -> tuple[int, int, int, float]:
        view = self.draws.view(self.core.seed, epoch)
        return self.core.train_block(view, epoch, begin, end, alpha, workspace)

    @property
    def unit(self) -> int:
        return 1

    def lane(self, epoch: int, begin: int, end: int) -> Lane:
        return self.draws.view(self.core.seed, epoch), begin, end

    def stop(self) -> None:
        self.core.stop()
