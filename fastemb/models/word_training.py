"""``train`` of `Word2Vec`: a call of it, the loop, and what the model keeps account of meanwhile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from ..arguments import names_arguments
from ..checks import flag, warn, whole
from ..corpus import Vocabulary
from ..corpus.vocabulary import NothingKeptError
from ..io.paths import AnyPath
from ..signals import Allowed, Deferred
from ..train.checkpoint import Checkpoints, Contents, Mark, Target, Text
from ..train.history import Row
from ..train.progress import Progress, checked_progress, make_progress
from ..train.run import Run
from ..train.sampling import Tables
from ..train.task import CorpusTokens, Task
from ..train.training import NO_EPOCHS
from .building import CorpusFile, Sentences
from .callbacks import StopTraining
from .interface import WordModel
from .resuming import Books, Noted, text_again
from .training import (
    Rates,
    alone_with,
    checked_callbacks,
    hold_checkpoints,
    notify,
    warn_of_queue_options,
)
from .watcher import train_watched
from .word2vec_file import packed_model


@names_arguments({"sentences": "corpus_iterable", "documents": "corpus_iterable", "iter": "epochs"})
def train(
    self: WordModel,
    corpus_iterable: Sentences | None = None,
    corpus_file: CorpusFile | None = None,
    total_examples: int | None = None,
    total_words: int | None = None,
    epochs: int | None = None,
    start_alpha: float | None = None,
    end_alpha: float | None = None,
    word_count: int = 0,
    queue_factor: int = 2,
    report_delay: float = 1.0,
    compute_loss: bool | None = None,
    callbacks: Sequence[Any] = (),
    *,
    progress: bool | None = None,
    checkpoint: AnyPath | None = None,
    checkpoint_every: str | timedelta | None = None,
) -> tuple[int, int]:
    """Train on a corpus; words outside the vocabulary are skipped.

    Args:
        corpus_iterable: Token lists or a `Corpus`, for `Doc2Vec` documents; or give ``corpus_file``.
        corpus_file: Path of a text file.
        total_examples: Sentences an epoch, when the learning rate should fall as over a corpus of another size.
        total_words: The same in words; counts before ``total_examples``.
        epochs: Passes over the corpus; default: the model's. 0 gives a warning.
        start_alpha: Learning rate at the start; default: the model's ``alpha``.
        end_alpha: At the end; default: the model's ``min_alpha``.
        word_count: Words already trained on, for the learning rate.
        queue_factor: Without effect; anything but the default gives a warning.
        report_delay: The same.
        compute_loss: Add up the loss of this call; see `get_latest_training_loss`. Default None: as the model's
            attribute says.
        callbacks: As in the constructor. One that raises `StopTraining` ends training, and nothing is lost. What
            it changes in settings counts from the next call on.
        progress: As in the constructor.
        checkpoint: As in the constructor. Where a file of this name is a checkpoint of training that has ended, it
            is replaced; anything else is refused.
        checkpoint_every: As in the constructor.

    Returns:
        Words trained on as centres, and words of the corpus, unknown ones included, both over all epochs.

    Raises:
        KeyboardInterrupt: after Ctrl-C; the model keeps what it has learned until then. What the handler of another
            signal raises does the same; SIGTERM has none, and ends the process, unless the program sets one.
        FloatingPointError: training diverged.
        RuntimeError: the model has no vocabulary yet; another thread trains it or builds its vocabulary; or a
            callback calls this.
        ValueError: a setting makes no sense; ``wv`` holds other words than the model, or matrices of other shapes
            or with NaN; ``checkpoint`` is a file that would be lost.
        TypeError: a callback is none.
        OSError: no checkpoint can be written before training begins. A failure later, as when the disk is full,
            gives a warning.
    """
    with Deferred(), alone_with(self, trains=True), Allowed():
        vocabulary = self._known.trainable(self.wv, self.sample, self.vector_size)
        warn_of_queue_options(queue_factor, report_delay)
        settings = self._settings().checked()
        if epochs is not None:
            settings.epochs = whole("epochs", epochs, 0, 2**40)
        rates = Rates(start_alpha, end_alpha, total_words, total_examples, word_count)
        rates.check(settings)
        callbacks, progress = checked_callbacks(callbacks), checked_progress(progress)
        target = Target.of(checkpoint, checkpoint_every)
        corpus = self._source_type.of(corpus_iterable, corpus_file).read_known(vocabulary, self._workers)
        if isinstance(corpus, NothingKeptError):
            warn(f"nothing was trained: {corpus}")
            return 0, corpus.raw_words * settings.epochs
        run = Run.planned(settings, corpus.words, rates.schedule(settings, corpus))
        want_loss = settings.compute_loss if compute_loss is None else bool(flag("compute_loss", compute_loss))
        task = self._task(settings, corpus, want_loss)
        books = Books()
        checkpoints = Checkpoints(target, run, task, lambda: self._prepared(task, books))
        with Deferred():
            self.running_training_loss = 0.0
            self.add_lifecycle_event("train", msg=f"{run.epochs} epochs of {run.words} words")
            checkpoints.start()
            WordTraining(self, run, task, books, checkpoints, callbacks, progress).train()
        return run.totals.kept, corpus.raw_words * run.epoch


def go_on(
    self: WordModel, target: Target, mark: Mark, given: Any, callbacks: Sequence[Any], progress: bool | None
) -> None:
    """Train what is left of the run of a checkpoint."""
    with Deferred(), alone_with(self, trains=True), Allowed():
        vocabulary = self._known.trainable(self.wv, self.sample, self.vector_size)
        noted = Noted.read(target.path, mark.model, len(vocabulary), self._settings_of)
        words = noted.words
        first = (
            vocabulary if words == len(vocabulary) else Vocabulary(vocabulary.keys[:words], vocabulary.counts[:words])
        )
        corpus = text_again(target.path, mark, self._source_type, given, first, self._workers)
        task = self._task(noted.settings, corpus, noted.want_loss)
        mark.text.require(target.path, Text.of(task))
        if corpus._origin is None:
            corpus._origin = mark.origin
        run, books = mark.run, Books(noted.told)
        checkpoints = Checkpoints(target, run, task, lambda: self._prepared(task, books))
        with Deferred():
            WordTraining(self, run, task, books, checkpoints, callbacks, progress).train()


def get_latest_training_loss(self: WordModel) -> float:
    """Sum of -log sigmoid over everything trained by the last `train` with ``compute_loss=True``."""
    return self.running_training_loss


def prepared(self: WordModel, task: Task, books: Books) -> Contents:
    """What a checkpoint holds, before training is paused for it: nothing of it but the matrices changes soon."""
    saved = self._saved(frozenset())
    saved.state["total_train_time"] += time.perf_counter() - books.since
    arrays, metadata = packed_model(saved)
    return lambda: (arrays, metadata, Noted.of(task, books).values())


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
            warn(f"nothing was trained: {self._task.why_nothing()}")

    def _epochs(self) -> bool:
        """Train all epochs that are left; returns whether a callback stopped that."""
        stopped = False
        self._books.since = time.perf_counter()
        try:
            try:
                with Allowed():
                    self._words = _checked_vocabulary(self._model)
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
        if self._run.ended and not self._callbacks and not self._checkpoints.have_file:
            tokens = self._task.tokens
            if isinstance(tokens, CorpusTokens) and tokens.corpus._is_read_by_a_model:
                hold_checkpoints(self._model, None)  # without ids a handler of a signal can write none
                tokens.corpus._let_go()  # before matrices are made contiguous, which takes a copy of one at a time

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
            vocabulary = _checked_vocabulary(self._model)
            if vocabulary is known:
                return
            if vocabulary.keys[: len(known)] != known.keys:
                raise RuntimeError(
                    "a callback gave the model another vocabulary, or its words another order: "
                    "that takes another call of train"
                )
            paths = self._model._known.paths
            self._task.tables = Tables.of(vocabulary.counts, self._task.settings, paths)
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


def _checked_vocabulary(model: WordModel) -> Vocabulary:
    """The vocabulary as callbacks left it.

    Raises:
        ValueError: matrices or ``vector_size`` were replaced by others that do not fit it.
    """
    vocabulary = model._known_vocabulary()
    model._checked_inputs()
    return vocabulary
