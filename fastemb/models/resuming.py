"""What a Word2Vec model's checkpoint has besides the model, and the text that it is taken up with."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from ..checks import number, switch, whole
from ..corpus import Corpus, Vocabulary
from ..corpus.corpus import read_again
from ..corpus.vocabulary import NothingKeptError
from ..train.checkpoint import Mark
from ..train.settings import Settings
from ..train.task import CorpusTokens, Task
from .building import Source

COMMAND = "command"
"""The door of a corpus that the command line read, whose options only that knows."""


@dataclass
class Books:
    """What a call of train keeps account of, besides its run.

    Attributes:
        told: The part of the run's loss that is in ``running_training_loss``.
        since: Until when the time is in ``total_train_time``.
    """

    told: float = 0.0
    since: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True)
class Noted:
    """What a checkpoint notes of a call of train.

    Attributes:
        settings: Of the run; those of the model may have been changed since it began.
        words: The vocabulary that the corpus is encoded with is the first so many words of the model's.
        want_loss: Whether the loss is added up.
        told: As in `Books`.
    """

    settings: Settings
    words: int
    want_loss: bool
    told: float

    @classmethod
    def of(cls, task: Task, books: Books) -> Self:
        """At this moment."""
        assert isinstance(task.tokens, CorpusTokens)
        return cls(task.settings, len(task.tokens.corpus.vocabulary), task.want_loss, books.told)

    def values(self) -> dict[str, Any]:
        """As plain values."""
        return {**vars(self), "settings": self.settings.values()}

    @classmethod
    def read(cls, path: str, values: Mapping[str, Any], words: int, settings_of: type[Settings] = Settings) -> Self:
        """From plain values; ``words`` are in the model's vocabulary, which has such settings.

        Raises:
            ValueError: they are damaged.
        """
        try:
            return cls(
                settings_of(**values["settings"]).checked(),
                whole("words", values["words"], 1, words),
                switch("want_loss", values["want_loss"]),
                number("told", values["told"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: damaged checkpoint: {error}") from None


def text_again(
    path: str, mark: Mark, source: type[Source], given: Any, vocabulary: Vocabulary, workers: int | None
) -> Corpus:
    """The text that a checkpoint was made with, as far as anybody can tell; whether it is must be looked at.

    Args:
        path: The checkpoint.
        mark: What it holds.
        source: What reads the model's text.
        given: What the caller gave; None where the checkpoint must know.
        vocabulary: Encodes it.
        workers: Threads that read.

    Raises:
        ValueError: nothing is given, and the checkpoint does not know; or there is nothing in what there is.
        OSError: a file is not there any more.
    """
    if given is not None:
        is_file = isinstance(given, str | bytes | os.PathLike)
        found = source(given, is_file).read_known(vocabulary, workers)
        if isinstance(found, NothingKeptError):
            raise ValueError(f"{path}: this is not the text that the checkpoint was made with: {found}")
        return found
    if mark.origin is None:
        raise ValueError(
            f"{path}: the checkpoint does not know where its {source.called} came from (lists, a stream, text that a "
            f"function split, or a corpus with weights): give them again, as in resume({path!r}, {source.called})"
        )
    if mark.origin.get("door") == COMMAND:
        raise ValueError(
            f"{path}: the command line made this checkpoint, and reads its text again, beside --resume; or give "
            f"the corpus, as in resume({path!r}, corpus)"
        )
    try:
        return read_again(mark.origin, vocabulary, workers)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            error.errno,
            f"{error.strerror or error}; give the text where it is now, as in resume({path!r}, corpus)",
            error.filename,
        ) from None
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: damaged checkpoint: {error}") from None
