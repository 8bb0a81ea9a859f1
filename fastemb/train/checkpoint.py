"""Checkpoints: all that a run needs to be taken up again, in a file that is written while the run goes on.

Draws are keyed by a word's place in the corpus, so besides the model these are a few numbers: the `Run`. The rest is
what tells whether the text is still the same, and how it is read again.

While the arrays are handed to the system no block is trained, so that they belong together. That they reach the disk,
and take the place of the checkpoint before, is waited for while the threads train on. So the file is a whole
checkpoint at any time, and no second copy of the matrices is in memory.
"""

from __future__ import annotations

import errno
import json
import logging
import math
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO, Self, cast

from numpy.typing import NDArray

from ..checks import warn, whole
from ..durations import seconds_of
from ..io.atomic import atomic_write
from ..io.json_text import parse_json
from ..io.paths import AnyPath, local_path
from ..io.safetensors import read_header, write_tensors
from ..signals import Allowed, deliver
from .learning import Learning
from .run import Run
from .strategy import Pause

logger = logging.getLogger(__name__)

DEFAULT_EVERY = "10min"
_KEY = "checkpoint"  # in the metadata of a file
_VERSION = 1
_TIMES_AS_LONG = 100  # as writing takes, the default lets training go on between two checkpoints: 1% at most
_QUICK = 0.5  # seconds: a checkpoint that takes no longer is written after Ctrl-C, too
_SMALL = 64 << 20  # bytes, which are written as quickly almost everywhere
_WORDS = re.compile(r"(\d[\d_,]*(?:\.\d+)?(?:e\d+)?) ?(?:w|words?|events?)")

Contents = Callable[[], tuple[Mapping[str, NDArray[Any]], Mapping[str, str], Mapping[str, Any]]]
"""Gives the arrays and the metadata of a model's file, as they are at this moment, and what else the model notes."""
Prepare = Callable[[], Contents]
"""Does what takes time and does not depend on the moment, while threads train."""


# ---- when ----


@dataclass(frozen=True)
class Interval:
    """How often a checkpoint is written.

    Attributes:
        text: As it was given.
        words: Words between two checkpoints; 0 where time counts.
        seconds: From the end of one to the beginning of the next.
        is_default: Nothing was given: where writing takes long, it is longer.
    """

    text: str
    words: float = 0
    seconds: float = 0.0
    is_default: bool = False

    @classmethod
    def of(cls, value: Any) -> Self:
        """From a text such as "30s", "1.5min" or "1000000w", a timedelta, or None for the default.

        Raises:
            TypeError: it is something else, such as a number, which could be either.
            ValueError: it is no such text, or not above 0.
        """
        if value is None:
            return cls(DEFAULT_EVERY, seconds=seconds_of("checkpoint_every", DEFAULT_EVERY), is_default=True)
        if isinstance(value, timedelta):
            made = cls(f"{value.total_seconds():g}s", seconds=value.total_seconds())
        elif not isinstance(value, str):
            raise TypeError(f'checkpoint_every must say what it counts, as in "30s" or "1000000w", not {value!r}')
        elif (words := _WORDS.fullmatch(value.strip().lower())) is not None:
            made = cls(value, words=float(re.sub("[_,]", "", words[1])))
        elif re.fullmatch(r"[-+]?[\d.]+(e\d+)?", value.strip()):
            raise ValueError(
                f'checkpoint_every={value!r}: say what that counts: "{value}s" for seconds, "{value}w" for words'
            )
        else:
            try:
                made = cls(value, seconds=seconds_of("checkpoint_every", value))
            except ValueError:
                raise ValueError(
                    f'checkpoint_every={value!r} is not read: give a time, as in "30s", "1.5min" or "2h", or words, as '
                    'in "1000000w"'
                ) from None
        if not 0 < made.words + made.seconds < math.inf:
            raise ValueError(f"checkpoint_every must be above 0, not {value!r}")
        return made


@dataclass(frozen=True)
class Target:
    """Where checkpoints go, and how often; checked before a corpus is read.

    Attributes:
        path: The file.
        every: How often.
    """

    path: str
    every: Interval

    @classmethod
    def of(cls, path: AnyPath | None, every: Any) -> Self | None:
        """What a caller gave as ``checkpoint`` and ``checkpoint_every``; None for no checkpoints.

        Raises:
            ValueError: an interval without a file, or one that makes no sense; the file holds something else than a
                checkpoint, or one of a run that is not finished, and is not replaced.
            TypeError: one is of another type.
            OSError: the file cannot be written there.
        """
        if path is None:
            if every is not None:
                raise ValueError(f"checkpoint_every={every!r} needs a file: give checkpoint=")
            return None
        made = cls(local_path(path), Interval.of(every))
        require_room(made.path)
        if os.path.exists(made.path):
            _require_replaceable(made.path)
        return made

    @classmethod
    def again(cls, path: str, mark: Mark, every: Any) -> Self:
        """The file of a checkpoint that training goes on from; ``every`` is what a caller gave, None: as before.

        Raises:
            ValueError: the interval makes no sense.
            TypeError: it is of another type.
            OSError: training has not ended, and the file cannot be written there.
        """
        made = cls(path, _interval_of(path, mark) if every is None else Interval.of(every))
        if not mark.ended:
            require_room(path)
        return made


def _interval_of(path: str, mark: Mark) -> Interval:
    try:
        return Interval.of(mark.every)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: damaged checkpoint: {error}") from None


def require_room(path: str) -> None:
    """Check that a checkpoint can be made at this path.

    Raises:
        OSError: it cannot: no folder, one that may not be written to, or a folder of this name.
    """
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, "a folder, where the file of a checkpoint is needed", path)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, f"no checkpoint can be written: the folder {folder} does not exist", path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, f"no checkpoint can be written: the folder {folder} is not writable", path)


def _require_replaceable(path: str) -> None:
    metadata: Mapping[str, str] = {}
    if os.path.isfile(path):
        if os.path.getsize(path) == 0:  # as tempfile makes
            return
        with suppress(ValueError):
            metadata = read_header(path)[1]
    found = metadata.get(_KEY)
    if found is None:
        raise ValueError(f"{path}: holds something else than a checkpoint, and is not replaced: choose another name")
    if not Mark.of(path, found).ended:
        raise ValueError(
            f"{path}: a checkpoint of training that has not ended, which would be lost: go on from it by "
            f"{metadata.get('format', '').removeprefix('fastemb.')}.resume({path!r}), or remove the file"
        )


# ---- what is in it ----


@dataclass(frozen=True)
class Text:
    """What a run trains on, as far as a checkpoint knows it.

    Attributes:
        sentences: How many.
        words: Words that are kept.
        raw_words: All words.
        digest: Of ids, of ends of sentences, and of shares of events that stay.
    """

    sentences: int
    words: int
    raw_words: int
    digest: str

    @classmethod
    def of(cls, task: Learning) -> Self:
        """That of a task."""
        return cls(*task.tokens.described())

    def require(self, path: str, found: Text) -> None:
        """Check that what is given to go on with is the same.

        Raises:
            ValueError: it is not.
        """
        if found == self:
            return
        had, has = (
            f"{one.words:,} known words of {one.raw_words:,} in {one.sentences:,} sentences" for one in (self, found)
        )
        how = f"it had {had}, and this has {has}" if had != has else f"both have {had}, but others or in another order"
        raise ValueError(
            f"{path}: this is not the text that the checkpoint was made with: {how}. Give the same text, or train on "
            "this one anew"
        )


@dataclass(frozen=True)
class Mark:
    """What a checkpoint has besides a model.

    Attributes:
        run: How far it was.
        text: What it trained on.
        origin: How that is read again, as `Corpus` tells it; None where that must be given.
        every: How often it was written; None for the default.
        ended: Whether training had ended.
        model: What the model notes.
    """

    run: Run
    text: Text
    origin: Any
    every: str | None
    ended: bool
    model: Mapping[str, Any]

    @classmethod
    def of(cls, path: str, text: str | None) -> Self:
        """From the metadata of a file.

        Raises:
            ValueError: it has none, or they are damaged, or of a newer version.
        """
        if text is None:
            raise ValueError(
                f"{path}: no checkpoint, but a model that was saved: load reads it, and training begins anew with train"
            )
        try:
            found = parse_json(text)
            if found["version"] != _VERSION:
                raise ValueError(f"{path}: a checkpoint of a newer fastemb (format {found['version']})")
            run = _checked_run(Run.from_dict(found["run"]))
            made = cls(run, Text(**found["text"]), found["origin"], found["every"], found["ended"], found["model"])
            if not isinstance(made.model, dict) or made.text.words != run.words:
                raise TypeError("its parts do not fit together")
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"{path}: damaged checkpoint: {error}") from None
        except ValueError as error:
            if str(error).startswith(path):
                raise
            raise ValueError(f"{path}: damaged checkpoint: {error}") from None
        return made


def mark_of(path: str, metadata: Mapping[str, str]) -> Mark:
    """What the file of a model with these metadata has as a checkpoint.

    Raises:
        ValueError: it is none, or it is damaged.
    """
    return Mark.of(path, metadata.get(_KEY))


def _checked_run(run: Run) -> Run:
    totals, schedule = run.totals, run.schedule
    for name in ("epochs", "words", "seed", "epoch", "next_word", "draw_epoch"):
        whole(name, getattr(run, name), 0, 2**64 - 1)
    for name in ("words", "kept", "pairs"):
        whole(name, getattr(totals, name), 0, 2**64 - 1)
    numbers = (totals.loss, schedule.start_alpha, schedule.end_alpha, schedule.total, schedule.before)
    whole("block", run.block, 1, 2**32)
    if not all(type(one) in (int, float) for one in numbers) or not run.is_whole or run.next_word > run.words:
        raise ValueError("the numbers of the run make no sense")
    return run


# ---- writing ----


class Checkpoints:
    """Writes the checkpoints of one call of training.

    Args:
        target: Where they go, and how often; None where only callbacks write some.
        run: What is being trained.
        task: What it trains.
        prepare: Gives what the model's file has.
    """

    def __init__(self, target: Target | None, run: Run, task: Learning, prepare: Prepare) -> None:
        self._target = target
        self._run = run
        self._task = task
        self._prepare = prepare
        self._text: Text | None = None
        self._seconds = 0.0  # that the latest one took; 0 before there was one
        self._words = run.totals.words
        self._time = time.monotonic()
        self._failed = self._ended = False

    @property
    def have_file(self) -> bool:
        """Whether some are written without callbacks."""
        return self._target is not None

    def start(self) -> None:
        """Write the first one, before anything is trained.

        Raises:
            OSError: it cannot be written.
        """
        if self._target is not None:
            self._timed(self._target.path, nullcontext)

    def watch(self, pause: Pause) -> bool:
        """Write one if it is time; returns whether one was written. If that fails, training goes on without it."""
        if self._target is None or not self._is_due(self._target.every):
            return False
        return self._tried(self._target.path, pause)

    def interrupted(self) -> None:
        """Write one after Ctrl-C, if that does not take long."""
        if self._target is not None and self._is_quick(self._target.path):
            self._tried(self._target.path, nullcontext)

    def finish(self) -> None:
        """Write the last one: training has ended."""
        self._ended = True
        if self._target is not None:
            self._tried(self._target.path, nullcontext)

    def write(self, path: str, pause: Pause = nullcontext) -> None:
        """Write one to any file.

        Raises:
            OSError: it cannot be written.
        """
        if self._text is None:
            with Allowed():
                self._text = Text.of(self._task)
        with Allowed():
            contents = self._prepare()
        with atomic_write(path) as file, pause():
            if not self._run.is_whole:
                raise _Unfit
            arrays, metadata, noted = contents()
            write_tensors(cast(BinaryIO, _Heard(file)), arrays, {**metadata, _KEY: self._mark(self._text, noted)})

    def _is_quick(self, path: str) -> bool:
        if self._seconds:
            return self._seconds <= _QUICK
        return os.path.exists(path) and os.path.getsize(path) <= _SMALL

    def _is_due(self, every: Interval) -> bool:
        if every.words:
            return self._run.totals.words - self._words >= every.words
        seconds = max(every.seconds, _TIMES_AS_LONG * self._seconds) if every.is_default else every.seconds
        return time.monotonic() - self._time >= seconds

    def _tried(self, path: str, pause: Pause) -> bool:
        try:
            self._timed(path, pause)
            return True
        except _Unfit:
            return False
        except (OSError, MemoryError, ValueError, TypeError) as error:
            if not self._failed:
                warn(
                    f"no checkpoint could be written: {error or 'out of memory'}; training goes on, the one before "
                    f"stays at {path}, and the next try is at the next interval"
                )
            self._failed = True
            return False

    def _timed(self, path: str, pause: Pause) -> None:
        start = time.monotonic()
        self._words = self._run.totals.words
        try:
            self.write(path, pause)
        finally:
            self._time = time.monotonic()
        self._seconds = self._time - start
        self._failed = False
        logger.debug("checkpoint %s after %d words, in %.3f s", path, self._words, self._seconds)

    def _mark(self, text: Text, noted: Mapping[str, Any]) -> str:
        return json.dumps(
            {
                "version": _VERSION,
                "run": self._run.to_dict(),
                "text": vars(text),
                "origin": self._task.tokens.origin,
                "every": None if self._target is None or self._target.every.is_default else self._target.every.text,
                "ended": self._ended,
                "model": noted,
            }
        )


class _Unfit(Exception):  # noqa: N818 (nothing went wrong here)
    """Some block was not trained to its end: another thread failed, or was told to stop."""


class _Heard:
    """A file; after each part that is written, handlers of deferred signals run."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: Any) -> int:
        written = self._file.write(data)
        deliver()
        return written
