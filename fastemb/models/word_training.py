"""A call of ``train`` of a model of words: the loop, and what the model keeps account of meanwhile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from ..checks import warn
from ..corpus import Vocabulary
from ..signals import Allowed
from ..train.checkpoint import Checkpoints
from ..train.history import Row
from ..train.progress import Progress, make_progress
from ..train.run import Run
from ..train.sampling import Tables
from ..train.task import Task
from ..train.training import NO_EPOCHS
from ..vectors import KeyedVectors
from .callbacks import StopTraining
from .resuming import Books
from .training import hold_checkpoints, notify
from .watcher import train_watched


class WordModel(Protocol):
    """What training keeps account of in a model, and asks it for."""

    wv: KeyedVectors
    history: list[Row]
    running_training_loss: float
    total_train_time: float
    train_count: int
    min_alpha_yet_reached: float

    def add_lifecycle_event(self, event_name: str, log_level: int = ..., **event: Any) -> None:
        """Note what happened."""
        ...

    def _checked_vocabulary(self) -> Vocabulary:
        """The vocabulary as callbacks left it; raises ValueError where matrices do not fit it."""
        ...

    def _tables(self, task: Task, vocabulary: Vocabulary) -> Tables:
        """The tables of such a vocabulary for a task."""
        ...


class WordTraining:
    """What is left of a run, and who hears of it. To be used with signals deferred.

    Args:
        model: What is trained.
        run: How far it is.
        task: What the run trains.
        books: What the model keeps account of.
        checkpoints: Writes some meanwhile.
        callbacks: Are given the model.
        progress: As in the model's class.
    """

    def __init__(
        self,
        model: WordModel,
        run: Run,
        task: Task,
        books: Books,
        checkpoints: Checkpoints,
        callbacks: Sequence[Any],
        progress: bool | None,
    ) -> None:
        self.display: Progress = make_progress(progress, run.epochs * run.words, run.totals.words)
        self._model = model
        self._run = run
        self._task = task
        self._books = books
        self._checkpoints = checkpoints
        self._callbacks = callbacks
        self._words: Vocabulary | None = None

    def train(self) -> None:
        """Train all epochs that are left, and keep the books whatever happens.

        Raises:
            FloatingPointError: training diverged.
            ValueError: a callback replaced matrices by others that do not fit.
            RuntimeError: a callback gave the model another vocabulary.
            BaseException: what a callback or a signal's handler raised; what was learned until then stays.
        """
        model, run = self._model, self._run
        hold_checkpoints(model, self._checkpoints)
        start = time.perf_counter()
        try:
            stopped = self._epochs()
        finally:
            seconds, words, pairs = time.perf_counter() - start, run.totals.words, run.totals.pairs
            model.add_lifecycle_event("train", msg=f"trained on {words} words in {seconds:.1f} s", pairs=pairs)
        if run.epochs == 0 and not stopped:
            warn(NO_EPOCHS)
        elif pairs == 0 and not stopped:
            warn(f"nothing was trained: {self._task.nothing_left}")

    def _epochs(self) -> bool:
        """Train all epochs that are left; returns whether a callback stopped that."""
        stopped = False
        self._books.since = time.perf_counter()
        try:
            try:
                with Allowed():
                    self._words = self._model._checked_vocabulary()
                self._notice("on_train_begin")
                train_watched(self._run, self._task, self, self._checkpoints)
            except StopTraining:
                stopped = True
            self._model.train_count += 1
            with suppress(StopTraining):
                self._notice("on_train_end")
            self._checkpoints.finish()
        finally:
            self._model.wv.norms = None
            self._keep_books()
            with suppress(OSError):  # a terminal that was closed
                self.display.close()
        return stopped

    # ---- what train_watched tells ----

    @property
    def looks_at_vectors(self) -> bool:
        """Whether somebody may look at the vectors between two epochs."""
        return bool(self._callbacks)

    def history_of(self, sg: int, rows: list[Row]) -> None:
        """The rows of this run, which grow while it is trained."""
        self._model.history = rows

    def epoch_begins(self) -> None:
        """An epoch begins."""
        self._notice("on_epoch_begin")

    def epoch_ends(self, loss: float) -> None:
        """An epoch has ended."""
        self._keep_books()
        self._model.wv.norms = None  # they are no longer those of the vectors
        self._notice("on_epoch_end")

    def _notice(self, event: str) -> None:
        if self._callbacks:
            with Allowed():
                notify(self._callbacks, event, self._model)
            self._follow()

    def _follow(self) -> None:
        """Take over the vocabulary that a callback may have let grow.

        Raises:
            ValueError: matrices or ``vector_size`` were replaced by others that do not fit.
            RuntimeError: the words that the corpus was encoded with have other rows now.
        """
        known = self._words
        assert known is not None
        with Allowed():  # large vocabularies take their time
            vocabulary = self._model._checked_vocabulary()
            if vocabulary is known:
                return
            if vocabulary.keys[: len(known)] != known.keys:
                raise RuntimeError(
                    "a callback gave the model another vocabulary, or its words another order: "
                    "that takes another call of train"
                )
            self._task.tables = self._model._tables(self._task, vocabulary)
        self._words = vocabulary

    def _keep_books(self) -> None:
        """Only between epochs: how the loss is rounded must not depend on the clock."""
        model, run, books = self._model, self._run, self._books
        before, books.since = books.since, time.perf_counter()
        model.total_train_time += books.since - before
        model.running_training_loss += run.totals.loss - books.told
        books.told = run.totals.loss
        if run.totals.words:
            rate = run.schedule.alpha(run.totals.words)  # at the end perhaps a rounding below the last one
            model.min_alpha_yet_reached = max(rate, run.schedule.end_alpha)
