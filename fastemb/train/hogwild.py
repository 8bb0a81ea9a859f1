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

from dataclasses import dataclass

from ..threads import in_threads
from .pausing import Pausing
from .run import Run
from .strategy import BlockTrainer, Watch


@dataclass(frozen=True)
class Hogwild:
    """`Strategy` of ``workers`` threads that take blocks in turn, without locks on the matrices."""

    workers: int

    def train_epoch(self, run: Run, trainer: BlockTrainer, watch: Watch) -> None:
        """As `Strategy` says."""
        team = _Team(run, trainer)
        in_threads(
            min(self.workers, -(-run.words // run.block)), team.work, team.stop, lambda: watch(team.pausing.pause)
        )


class _Team:
    """What the threads of one epoch share."""

    def __init__(self, run: Run, trainer: BlockTrainer) -> None:
        self._run = run
        self._trainer = trainer
        self.pausing = Pausing()
        self._changed = self.pausing.changed
        self._stopped = False

    def stop(self) -> None:
        """Let nobody take another block, and wait for none that takes long."""
        self._stopped = True
        self._trainer.stop()
        with self._changed:
            self._changed.notify_all()

    def work(self, _: int) -> None:
        """Train one block after the other."""
        workspace = self._trainer.workspace()
        while (span := self._take()) is not None:
            done = None
            try:
                done = self._trainer.train_block(self._run.draw_epoch, *span, self._run.alpha(span[0]), workspace)
            finally:
                with self._changed:
                    if done is not None:
                        self._run.totals.add(*done)
                    self.pausing.busy -= 1
                    if self.pausing.paused:
                        self._changed.notify_all()

    def _take(self) -> tuple[int, int] | None:
        with self._changed:
            while self.pausing.paused and not self._stopped:
                self._changed.wait()
            span = None if self._stopped else self._run.take()
            self.pausing.busy += span is not None
            return span
