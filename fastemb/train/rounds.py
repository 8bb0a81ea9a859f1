"""Rounds: threads that learn the same bits, however many they are.

A block is cut into lanes, which are trained beside each other, a short piece of each at a time. A round trains the next
piece of every lane on copies of the rows that it takes, while the matrices stay as they are. Then the changes come into
the matrices, row by row in the order of the lanes; each thread adds those of some rows. So nothing depends on which
thread trains what, or when. It is stochastic gradient descent with changes that arrive late, by at most a round (Ho et
al. 2013, "More effective distributed ML via a stale synchronous parallel parameter server").

The rounds of a block are in the core, where threads wait for each other without Python: see `csrc/train/rounds.c`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _native
from ..threads import in_threads
from .pausing import Pausing
from .run import Run
from .strategy import Lane, LaneTrainer, Watch


@dataclass(frozen=True)
class Rounds:
    """`Strategy` of ``workers`` threads that train each block together; more of them than lanes have nothing to do."""

    workers: int

    def train_epoch(self, run: Run, trainer: LaneTrainer, watch: Watch) -> None:
        """As `Strategy` says."""
        threads = min(self.workers, _native.Crew.lanes(trainer.core))
        team = _Team(run, trainer, threads)
        try:
            in_threads(threads, team.work, team.stop, lambda: watch(team.pausing.pause))
        finally:
            team.forget()


class _Team:
    """What the threads of an epoch share. A block has two stages, each with numbered tasks: making lanes; training."""

    def __init__(self, run: Run, trainer: LaneTrainer, threads: int) -> None:
        alpha = self._alpha = max(run.schedule.start_alpha, run.schedule.end_alpha)
        memory = np.empty(_native.Crew.size(trainer.core, alpha), np.uint8)
        self._crew = _native.Crew(trainer.core, threads, alpha, memory)
        self._run = run
        self._trainer = trainer
        self._threads = threads
        self.pausing = Pausing()  # busy: tasks of the stage that have not ended
        self._changed = self.pausing.changed
        self._ready = 0  # threads
        self._span = (0, 0)  # the block
        self._lanes: list[tuple[int, int]] = []
        self._made: dict[int, Lane] = {}
        self._trains = False  # the second stage
        self._tasks = self._given = 0  # of the stage; how many were begun
        self._stopped = False

    def stop(self) -> None:
        """Let no block begin, and break off one that takes long."""
        self._stopped = True
        self._trainer.stop()
        with self._changed:
            self._changed.notify_all()

    def forget(self) -> None:
        """Let a block that was not trained not count; all threads have ended."""
        if self.pausing.busy and not (self._trains and self._given):
            self._run.next_word = self._span[0]

    def work(self, _: int) -> None:
        """Do one task after the other."""
        workspace, slots = self._trainer.core.workspace(), self._trainer.core.slots(self._alpha)
        with self._changed:
            self._ready += 1
            self._changed.notify_all()
        try:
            while (task := self._take()) is not None:
                epoch = self._run.draw_epoch
                if self._trains:
                    self._crew.train(task, epoch, self._run.alpha(self._span[0]), workspace, slots)
                else:
                    self._made[task] = self._trainer.lane(epoch, *self._lanes[task])
                self._ended()
        except BaseException:
            self._crew.call_off()
            raise

    def _take(self) -> int | None:
        with self._changed:
            while True:
                is_free = self.pausing.busy == 0 and not self._stopped and not self.pausing.paused
                if is_free and self._ready == self._threads:
                    span = self._run.take()
                    if span is None:
                        self._stopped = True
                        self._changed.notify_all()
                        return None
                    self._begin(span)
                if self._stopped and not (self._trains and self._given):  # once begun, all must train
                    return None
                if self._given < self._tasks:
                    self._given += 1
                    return self._given - 1
                self._changed.wait()

    def _begin(self, span: tuple[int, int]) -> None:
        """Begin a block."""
        begin, end = self._span = span
        unit, parts = self._trainer.unit, _native.Crew.lanes(self._trainer.core)
        size = -(-(end - begin) // (unit * parts)) * unit
        self._lanes = [(at, min(at + size, end)) for at in range(begin, end, size)]
        self._made = {}
        self._trains = False
        self._tasks = self.pausing.busy = len(self._lanes)
        self._given = 0
        self._changed.notify_all()

    def _ended(self) -> None:
        """A task has ended, and perhaps its stage."""
        with self._changed:
            self.pausing.busy -= 1
            if self.pausing.busy:
                return
            self._given = 0
            if self._trains:
                self._trains, self._tasks = False, 0
                words, kept, pairs, loss = self._crew.done()
                if words == sum(end - begin for _, begin, end in self._made.values()):
                    words = self._span[1] - self._span[0]  # where walks ended early it has fewer tokens
                self._run.totals.add(words, kept, pairs, loss)
            else:
                self._crew.begin([self._made[lane] for lane in range(self._tasks)])
                self._trains, self._tasks, self.pausing.busy = True, self._threads, self._threads
            self._changed.notify_all()
