"""Threads over blocks of tokens.

An epoch is cut into blocks of some ten milliseconds. Each worker takes the next block, asks the core to train on it
without the GIL, and adds what came back to the totals. The learning rate of a block follows from its place
in the corpus, never from the clock, so with one worker a run repeats bit for bit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .. import _native
from ..threads import in_threads

_BLOCK_FLOPS = 1e9
_BLOCK_MIN, _BLOCK_MAX = 256, 32768


@dataclass
class Totals:
    """Sums over blocks: corpus words passed, centres trained, (input, output) pairs, loss."""

    words: int = 0
    kept: int = 0
    pairs: int = 0
    loss: float = 0.0

    def add(self, words: int, kept: int, pairs: int, loss: float) -> None:
        """Add one block."""
        self.words += words
        self.kept += kept
        self.pairs += pairs
        self.loss += loss


@dataclass(frozen=True)
class Schedule:
    """Linear decay from ``start_alpha`` to ``end_alpha`` over ``total`` words (all epochs), ``before`` of them done."""

    start_alpha: float
    end_alpha: float
    total: float
    before: int = 0

    def alpha(self, done: float) -> float:
        """Learning rate after ``done`` words of this run."""
        share = min((self.before + done) / self.total, 1.0) if self.total > 0 else 1.0
        return self.start_alpha - (self.start_alpha - self.end_alpha) * share


def block_words(words: int, flops_per_word: float) -> int:
    """Tokens a block: short enough to stop soon and to decay smoothly, long enough to make calls cheap."""
    by_time = int(_BLOCK_FLOPS / max(flops_per_word, 1.0))
    return max(min(by_time, words // 64, _BLOCK_MAX), _BLOCK_MIN)


@dataclass
class Epoch:
    """One pass over the corpus by several threads."""

    trainer: _native.Trainer
    view: _native.TokenView
    number: int
    words: int
    block: int
    words_before: int
    schedule: Schedule
    totals: Totals
    _next: int = 0
    _stop: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, workers: int, watch: Callable[[], None]) -> None:
        """Train; ``watch`` is called by this thread all along. An exception stops every worker and surfaces."""
        workers = min(workers, -(-self.words // self.block))
        in_threads(workers, self._work, self._end, watch)

    def _end(self) -> None:
        self._stop = True

    def _take(self) -> tuple[int, int] | None:
        with self._lock:
            begin = self._next
            if self._stop or begin >= self.words:
                return None
            self._next = min(begin + self.block, self.words)
            return begin, self._next

    def _work(self, _: int) -> None:
        workspace = self.trainer.workspace()
        while (span := self._take()) is not None:
            done = self.trainer.train_block(
                self.view, self.number, *span, self.schedule.alpha(self.words_before + span[0]), workspace
            )
            with self._lock:
                self.totals.add(*done)
