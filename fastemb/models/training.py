"""What a call of ``train`` says, and whom it tells."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..checks import number, whole
from ..corpus import Corpus
from ..train.schedule import Schedule
from ..train.settings import Settings


@dataclass
class Rates:
    """The learning rates of a call, and the size of corpus over which they fall.

    Attributes:
        start: Learning rate at the start; None for the model's ``alpha``.
        end: At the end; None for the model's ``min_alpha``.
        total_words: Words an epoch, unknown ones included, or None.
        total_examples: Sentences an epoch, or None; counts after ``total_words``.
        before: Words already trained on.
    """

    start: float | None = None
    end: float | None = None
    total_words: float | None = None
    total_examples: float | None = None
    before: int = 0

    def check(self) -> None:
        """Turn what was given into numbers.

        Raises:
            ValueError: one makes no sense.
            TypeError: one is no number.
        """
        if self.start is not None:
            self.start = number("start_alpha", self.start, at_least=0.0)
        if self.end is not None:
            self.end = number("end_alpha", self.end, at_least=0.0)
        if self.total_examples is not None:
            self.total_examples = number("total_examples", self.total_examples, at_least=1.0)
        if self.total_words is not None:
            self.total_words = number("total_words", self.total_words, at_least=1.0)
        self.before = whole("word_count", self.before, 0, 2**62)

    def schedule(self, settings: Settings, corpus: Corpus) -> Schedule:
        """The learning rate over all epochs on this corpus."""
        return Schedule(
            settings.alpha if self.start is None else self.start,
            settings.min_alpha if self.end is None else self.end,
            settings.epochs * self._words(corpus),
            self.before,
        )

    def _words(self, corpus: Corpus) -> float:
        """Words an epoch that are kept, by the totals where they are given."""
        if self.total_words is not None:
            return self.total_words * corpus.words / max(corpus.raw_words, 1)
        if self.total_examples is not None and len(corpus):
            return self.total_examples * corpus.words / len(corpus)
        return corpus.words


def checked_callbacks(callbacks: Any) -> list[Any]:
    """Callbacks as a list.

    Raises:
        TypeError: it is one callback, or none at all.
    """
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks must be a list of callbacks, not {callbacks!r}")
    return list(callbacks)


def notify(callbacks: Sequence[Any], event: str, model: Any) -> None:
    """Call the method of this name of every callback that has it, with the model."""
    for callback in callbacks:
        method = getattr(callback, event, None)
        if method is not None:
            method(model)


def warn_of_queue_options(queue_factor: int, report_delay: float) -> None:
    """Warn the caller of ``train`` that options which make sense for gensim's queue do nothing."""
    if queue_factor != 2 or report_delay != 1.0:
        warnings.warn("queue_factor and report_delay have no effect in fastemb", UserWarning, stacklevel=3)
