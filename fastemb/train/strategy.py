"""How the blocks of an epoch are shared out over threads: what every way of doing that has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from .. import _native
from .run import Run

Pause = Callable[[], AbstractContextManager[None]]
"""For use in ``with``: while it lasts no block is being trained, and matrices and run belong together."""
Watch = Callable[[Pause], None]


Lane = tuple[_native.TokenView, int, int]
"""A part of a block that is trained beside others: a view, and which tokens [begin, end) of it."""


class BlockTrainer(Protocol):
    """What trains one block of tokens; see `task.Tokens`."""

    def workspace(self) -> Any:
        """Scratch memory for one thread, for `train_block`."""
        ...

    def train_block(
        self, epoch: int, begin: int, end: int, alpha: float, workspace: Any
    ) -> tuple[int, int, int, float]:
        """Train tokens [begin, end) and return words, kept, pairs and loss, as `Totals` adds them."""
        ...

    def stop(self) -> None:
        """Break off blocks that take long, in whatever thread; those of usual length are trained to their end."""
        ...


class LaneTrainer(BlockTrainer, Protocol):
    """What trains a block, alone or in lanes."""

    @property
    def core(self) -> _native.Trainer:
        """The core's trainer, for a crew."""
        ...

    @property
    def unit(self) -> int:
        """Lanes have a multiple of so many tokens."""
        ...

    def lane(self, epoch: int, begin: int, end: int) -> Lane:
        """The lane of tokens [begin, end) of the epoch; may be called by several threads."""
        ...


class Strategy(Protocol):
    """How the blocks of an epoch are shared out."""

    def train_epoch(self, run: Run, trainer: LaneTrainer, watch: Watch) -> None:
        """Train the blocks of the present epoch that are left.

        Args:
            run: Gives out blocks and adds up what was done. Between two blocks it can be saved.
            trainer: Trains a block; may be used by several threads.
            watch: To be called by this thread all along, with what lets it pause the training.

        Raises:
            BaseException: what a worker, ``watch`` or a signal's handler raised. Nothing runs any more then, and every
                block that was taken was trained, but for the one in which the error occurred, and the rest of blocks
                that were broken off because they took long.
        """
