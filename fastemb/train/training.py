"""The loop of training: one epoch after the other of a run, watched, and tidied up after."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import nullcontext
from contextvars import ContextVar
from types import TracebackType
from typing import Self

from .. import _native
from ..signals import Deferred
from .checkpoint import Checkpoints
from .history import Recorder, Row
from .learning import Learning
from .progress import Display
from .run import Run
from .strategy import Pause, Strategy, Watch
from .task import Task

NO_EPOCHS = "nothing was trained: epochs is 0"
NOTHING_TRAINED = f"nothing was trained: {Task.nothing_left}"


class Elsewhere(ABC):
    """Trains the epochs of a task on other machines, in place of threads of this process."""

    @property
    @abstractmethod
    def status(self) -> str:
        """What a display shows besides."""

    @abstractmethod
    def train_epoch_elsewhere(self, run: Run, watch: Watch) -> None:
        """Train what is left of the present epoch; `Strategy.train_epoch` says what that means.

        In a pause that ``watch`` asks for, and afterwards, the weights of the task are what was learned.
        """


elsewhere: ContextVar[Callable[[Learning], Elsewhere] | None] = ContextVar("elsewhere", default=None)
"""Makes what trains the tasks of a model on other machines, in a context where it is set."""


class Training:
    """The epochs of a run over a task, for use in ``with``: afterwards the matrices are contiguous and nothing runs.

    Signals must be deferred, so that this holds after Ctrl-C too; it is raised by `epoch`.

        with Deferred(), Training(run, task, strategy, display) as training:
            while not run.ended:
                training.epoch()
                training.epoch_ended()

    Args:
        run: What is left of it is trained.
        task: What it trains.
        strategy: How threads share the blocks.
        display: Hears how far it is.
        checkpoints: Writes some meanwhile, if it is given.
    """

    def __init__(
        self, run: Run, task: Learning, strategy: Strategy, display: Display, checkpoints: Checkpoints | None = None
    ) -> None:
        self._checkpoints = checkpoints
        self._inside = False
        self._run = run
        self._task = task
        self._strategy = strategy
        make = elsewhere.get()
        self._elsewhere = None if make is None else make(task)
        self._display = display
        self._recorder = Recorder(run, task.want_loss, task.settings)
        task.begins(run.schedule)

    @property
    def history(self) -> list[Row]:
        """How it went so far, as `Recorder` writes it."""
        return self._recorder.rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()
        self._show()
        if self._checkpoints is not None and self._inside and self._run.next_word and error is not None:
            self._checkpoints.interrupted()

    def epoch(self) -> None:
        """Train to the end of the present epoch, which counts from then on.

        Raises:
            FloatingPointError: training diverged.
            ValueError: a matrix was replaced by one of another shape.
            BaseException: what a worker raised, or what a signal's handler did, as KeyboardInterrupt. What was learned
                until then stays.
        """
        run, weights = self._run, self._task.weights
        if self._elsewhere is None and run.cut is not None:
            if run.next_word:
                raise ValueError(
                    f"{run.cut[0]} nodes of a cluster trained a part of this epoch, each at its own place: go on from "
                    "the checkpoint by fastemb.scale.resume, or by fastemb train --resume with --ray"
                )
            run.cut = None
        trainer = None if self._elsewhere is not None else self._task.bind(run.seed)
        if run.next_word == 0:
            run.draw_epoch = weights.epochs_trained
        self._recorder.start()
        try:
            self._inside = True
            if trainer is not None:
                self._strategy.train_epoch(run, trainer, self._watch)
            elif self._elsewhere is not None:
                self._elsewhere.train_epoch_elsewhere(run, self._watch)
        except _native.DivergedError:
            raise self._diverged("a score is no finite number any more") from None
        self._inside = False
        run.end_epoch()
        weights.epochs_trained += 1
        self._recorder.note(ends=True)
        self._task.epoch_ended(run.schedule)
        self._show()
        if run.ended and (found := weights.not_finite()) is not None:
            raise self._diverged(f"{found[0]} holds NaN or infinite numbers")

    def _diverged(self, sign: str) -> FloatingPointError:
        return FloatingPointError(f"training diverged: {sign}. {self._task.remedy(self._run.schedule)}")

    def release(self) -> None:
        """Make the matrices contiguous, for whoever looks at them between two epochs."""
        self._task.weights.unpad()

    def epoch_ended(self) -> None:
        """Write a checkpoint if it is time, after all that is done between two epochs."""
        self._save(nullcontext)

    def _watch(self, pause: Pause) -> None:
        self._recorder.note()
        self._show()
        if self._run.next_word:  # before the first block it would seem as if the epoch had not begun
            self._save(pause)

    def _save(self, pause: Pause) -> None:
        if self._checkpoints is not None and self._checkpoints.watch(pause):
            self._display.saved(self._run.totals.words)

    def _show(self) -> None:
        totals = self._run.totals
        loss = totals.loss / totals.words if self._task.want_loss and totals.words else None
        with contextlib.suppress(OSError):  # a terminal that was closed ends no training
            if self._elsewhere is not None:
                self._display.status(self._elsewhere.status)
            self._display.update(totals.words, self._run.schedule.alpha(totals.words), loss)
        self._task.tokens.passed(totals.words)


def train(run: Run, task: Learning, strategy: Strategy, display: Display) -> None:
    """Train all epochs that are left; see `Training`, which lets something be done between them."""
    with Deferred(), Training(run, task, strategy, display) as training:
        while not run.ended:
            training.epoch()
            training.epoch_ended()
