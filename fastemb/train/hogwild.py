"""Hogwild: threads that train on the same matrices without locks.

Each thread takes the next block, and adds its changes to rows that others may be changing at that moment (Niu et al.
2011, "Hogwild!: a lock-free approach to parallelizing stochastic gradient descent"). When two threads read a row, both
add to it and both write it back, what the first one wrote to some numbers is lost. With a vocabulary of thousands of
words this happens rarely, and costs no quality that could be measured; but which changes are lost depends on the clock.
So what several workers learn differs a little from run to run. What is sampled does not: see `Run`. With one worker
nothing is lost, and a run repeats bit for bit.

The race is one of numbers, never of memory: rows stay where they are while a run lasts, and the core writes into rows
of ids that were checked only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..threads import in_threads
from .run import Run


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


class Strategy(Protocol):
    """How the blocks of an epoch are shared out."""

    def train_epoch(self, run: Run, trainer: BlockTrainer, watch: Callable[[], None]) -> None:
        """Train the blocks of the present epoch that are left.

        Args:
            run: Gives out blocks and adds up what was done. Between two blocks it can be saved.
            trainer: Trains a block; may be used by several threads.
            watch: To be called by this thread all along.

        Raises:
            BaseException: what a worker, ``watch`` or a signal's handler raised. Nothing runs any more then, and every
                block that was taken was trained, but for the one in which the error occurred, and the rest of blocks
                that were broken off because they took long.
        """


@dataclass(frozen=True)
class Hogwild:
    """`Strategy` of ``workers`` threads that take blocks in turn, without locks on the matrices."""

    workers: int

    def train_epoch(self, run: Run, trainer: BlockTrainer, watch: Callable[[], None]) -> None:
        """As `Strategy` says."""
        team = _Team(run, trainer)
        in_threads(min(self.workers, -(-run.words // run.block)), team.work, team.stop, watch)


class _Team:
    """What the threads of one epoch share."""

    def __init__(self, run: Run, trainer: BlockTrainer) -> None:
        self._run = run
        self._trainer = trainer
        self._lock = threading.Lock()
        self._stopped = False

    def stop(self) -> None:
        """Let nobody take another block, and wait for none that takes long."""
        self._stopped = True
        self._trainer.stop()

    def work(self, _: int) -> None:
        """Train one block after the other."""
        workspace = self._trainer.workspace()
        while (span := self._take()) is not None:
            done = self._trainer.train_block(self._run.draw_epoch, *span, self._run.alpha(span[0]), workspace)
            with self._lock:
                self._run.totals.add(*done)

    def _take(self) -> tuple[int, int] | None:
        with self._lock:
            return None if self._stopped else self._run.take()
