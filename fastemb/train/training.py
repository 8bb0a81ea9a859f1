"""Epochs over a corpus: the learning rate, callbacks, the loss."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..checks import number, whole
from ..config import isa
from ..corpus import Corpus
from ..corpus.vocabulary import NothingKeptError
from .building import Building, CorpusFile, Sentences, one_source
from .progress import make_progress
from .run import Epoch, Schedule, Totals, block_words
from .sampling import keep_thresholds, noise_table
from .settings import Settings


class Training(Building):
    """Learning vectors."""

    compute_loss: bool
    running_training_loss: float
    """The loss of the latest `train` so far."""
    train_count: int
    """Calls of `train` so far."""
    total_train_time: float
    """Seconds spent in `train` so far."""
    min_alpha_yet_reached: float
    """The lowest learning rate so far."""

    def train(
        self,
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
        compute_loss: bool = False,
        callbacks: Sequence[Any] = (),
        *,
        progress: bool | None = None,
    ) -> tuple[int, int]:
        """Train on a corpus; words outside the vocabulary are skipped.

        Args:
            corpus_iterable: Token lists or a `Corpus`; or give ``corpus_file``.
            corpus_file: Path of a text file.
            total_examples: Sentences an epoch, when the learning rate should fall as over a corpus of another size.
            total_words: The same in words; counts before ``total_examples``.
            epochs: Passes over the corpus; default: the model's.
            start_alpha: Learning rate at the start; default: the model's ``alpha``.
            end_alpha: At the end; default: the model's ``min_alpha``.
            word_count: Words already trained on, for the learning rate.
            queue_factor: Without effect; anything but the default gives a warning.
            report_delay: The same.
            compute_loss: Add up the loss of this call; see `get_latest_training_loss`.
            callbacks: As in the constructor.
            progress: As in the constructor.

        Returns:
            Words trained on as centres, and words of the corpus, unknown ones included, both over all epochs.

        Raises:
            KeyboardInterrupt: after Ctrl-C; the model keeps what it has learned until then.
            FloatingPointError: training diverged.
        """
        self._known_vocabulary()
        if queue_factor != 2 or report_delay != 1.0:
            warnings.warn("queue_factor and report_delay have no effect in fastemb", UserWarning, stacklevel=2)
        settings = self._settings()
        if epochs is not None:
            settings.epochs = whole("epochs", epochs, 0, 2**40)
        start_alpha = settings.alpha if start_alpha is None else number("start_alpha", start_alpha, at_least=0.0)
        end_alpha = settings.min_alpha if end_alpha is None else number("end_alpha", end_alpha, at_least=0.0)
        examples = None if total_examples is None else number("total_examples", total_examples, at_least=1.0)
        total = None if total_words is None else number("total_words", total_words, at_least=1.0)
        word_count = whole("word_count", word_count, 0, 2**62)
        callbacks = checked_callbacks(callbacks)
        try:
            corpus = self._read(
                one_source(corpus_iterable, corpus_file), corpus_file is not None, self._known_vocabulary()
            )
        except NothingKeptError as error:
            if not error.raw_words and isinstance(corpus_iterable, Iterator):
                raise ValueError(f"{error}: a generator can be read only once; make a Corpus of it first") from None
            warnings.warn(f"nothing was trained: {error}", UserWarning, stacklevel=2)
            return 0, error.raw_words * settings.epochs
        schedule_words = settings.epochs * _schedule_words(corpus, examples, total)
        schedule = Schedule(start_alpha, end_alpha, schedule_words, word_count)
        totals = Totals()
        self.running_training_loss = 0.0
        self.compute_loss = compute_loss
        self.train_count += 1
        self.add_lifecycle_event("train", msg=f"{settings.epochs} epochs of {corpus.words} words")
        start = time.perf_counter()
        try:
            self._train_epochs(settings, corpus, schedule, totals, compute_loss, callbacks, progress)
        finally:
            seconds = time.perf_counter() - start
            self.total_train_time += seconds
            self.add_lifecycle_event(
                "train", msg=f"trained on {totals.words} words in {seconds:.1f} s", pairs=totals.pairs
            )
            self.min_alpha_yet_reached = min(self.min_alpha_yet_reached, schedule.alpha(totals.words))
        if totals.pairs == 0 and settings.epochs > 0:
            warnings.warn(
                "nothing was trained: no sentence was left with two words that min_count and sample keep",
                UserWarning,
                stacklevel=2,
            )
        return totals.kept, corpus.raw_words * settings.epochs

    def _train_epochs(
        self,
        settings: Settings,
        corpus: Corpus,
        schedule: Schedule,
        totals: Totals,
        with_loss: bool,
        callbacks: Sequence[Any],
        progress: bool | None,
    ) -> None:
        words = corpus.words
        block = block_words(words, _flops_per_word(settings))
        display = make_progress(progress, settings.epochs * words)
        told = 0.0  # of the loss: callbacks may set the running loss back

        def watch() -> None:
            nonlocal told
            loss = totals.loss / totals.words if with_loss and totals.words else None
            display.update(totals.words, schedule.alpha(totals.words), loss)
            corpus._passed(totals.words)
            self.running_training_loss += totals.loss - told
            told = totals.loss

        def run(epoch: int) -> None:
            self._pad()
            trainer, view = self._trainer(settings, corpus, with_loss)
            number = self._epochs_trained
            self._epochs_trained += 1
            Epoch(trainer, view, number, words, block, epoch * words, schedule, totals).run(self.workers, watch)

        try:
            _notify(callbacks, "on_train_begin", self)
            for epoch in range(settings.epochs):
                _notify(callbacks, "on_epoch_begin", self)
                run(epoch)
                watch()
                if callbacks or epoch + 1 == settings.epochs:
                    self._unpad()
                self.wv.norms = None  # they are no longer those of the vectors
                _notify(callbacks, "on_epoch_end", self)
            _notify(callbacks, "on_train_end", self)
        except _native.DivergedError:
            raise FloatingPointError(
                f"training diverged: a score is no finite number any more. Lower alpha (now {schedule.start_alpha:g})"
            ) from None
        finally:
            self._unpad()
            self.wv.norms = None
            watch()
            display.close()

    def _trainer(
        self, settings: Settings, corpus: Corpus, want_loss: bool
    ) -> tuple[_native.Trainer, _native.TokenView]:
        """Bind the matrices, which must be padded, everything else that an epoch needs, and the corpus."""
        counts = self._known_vocabulary().counts
        matrices = {name: padding.padded for name, padding in self._paddings.items()}
        if bool(settings.negative) != ("_syn1neg" in matrices) or bool(settings.hs) != ("_syn1" in matrices):
            raise ValueError("hs and negative cannot be switched on or off once the vocabulary is built")
        paths = self._huffman_paths() if settings.hs else None
        basket, keep_events = self._baskets(corpus)
        view = _native.TokenView(corpus.ids, corpus.offsets, len(counts), keep=keep_events, checked=corpus._checked())
        trainer = _native.Trainer(
            isa(),
            _native.Matrices(
                matrices["vectors"],
                matrices.get("_syn1neg"),
                matrices.get("_syn1"),
                settings.vector_size,
                self._input_scale(),
            ),
            _native.Contexts(min(settings.window, 2**30), bool(settings.shrink_windows), view.longest_sentence, basket),
            _native.Inputs(
                bool(settings.sg),
                bool(settings.cbow_mean),
                bool(settings.cbow_exact),
                bool(settings.negatives_per_pair),
            ),
            _native.Negatives(noise_table(counts, settings.ns_exponent), settings.negative)
            if settings.negative
            else None,
            _native.Paths(paths.offsets, paths.nodes, paths.codes) if paths else None,
            keep_thresholds(counts, settings.sample),
            settings.seed,
            want_loss,
        )
        return trainer, view

    def _baskets(self, corpus: Corpus) -> tuple[int, NDArray[np.uint32] | None]:
        """Most contexts of a centre in a basket without order, 0 for windows; thresholds of events with weights."""
        return 0, None

    def get_latest_training_loss(self) -> float:
        """Sum of -log sigmoid over everything trained by the last `train` with ``compute_loss=True``."""
        return self.running_training_loss


def checked_callbacks(callbacks: Any) -> list[Any]:
    """Callbacks as a list.

    Raises:
        TypeError: it is one callback, or none at all.
    """
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks must be a list of callbacks, not {callbacks!r}")
    return list(callbacks)


def _schedule_words(corpus: Corpus, total_examples: float | None, total_words: float | None) -> float:
    if total_words is not None:
        return total_words * corpus.words / max(corpus.raw_words, 1)
    if total_examples is not None and len(corpus):
        return total_examples * corpus.words / len(corpus)
    return corpus.words


def _flops_per_word(settings: Settings) -> float:
    """A rough cost of one token: 6 flops for each number in each (input, output) pair of its window."""
    window = min(settings.window, 1000)
    inputs = window + 1 if settings.sg else 1
    outputs = settings.negative + 1 + 15 * settings.hs
    return 6.0 * settings.vector_size * (inputs * outputs + window)


def _notify(callbacks: Sequence[Any], event: str, model: Training) -> None:
    for callback in callbacks:
        getattr(callback, event, _nothing)(model)


def _nothing(model: Training) -> None:
    """Stand in for a callback's missing method."""
