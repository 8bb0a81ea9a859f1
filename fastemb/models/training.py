"""What a call of ``train`` says, and whom it tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, get_ident
from typing import Any
from weakref import WeakSet, WeakValueDictionary

from ..arguments import did_you_mean, names_arguments, nearest_name
from ..checks import number, warn, whole
from ..corpus import Corpus
from ..io.paths import AnyPath, local_path
from ..signals import Deferred
from ..train.checkpoint import Checkpoints
from ..train.schedule import Schedule, require_falling
from ..train.settings import Settings
from .callbacks import StopTraining


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

    def check(self, settings: Settings) -> None:
        """Turn what was given into numbers; ``settings`` are the model's.

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
        require_falling(
            settings.alpha if self.start is None else self.start,
            settings.min_alpha if self.end is None else self.end,
            "min_alpha" if self.end is None else "end_alpha",
        )

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


_EVENTS = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")


def checked_callbacks(callbacks: Any) -> list[Any]:
    """Callbacks as a list, with a warning of methods that are never called.

    Raises:
        TypeError: it is no list; or one of it is no callback, as it has no method that is called.
    """
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks must be a list of callbacks, not {callbacks!r}")
    found = list(callbacks)
    for callback in found:
        if isinstance(callback, type):
            raise TypeError(f"callbacks must be objects, not classes: give {callback.__name__}()")
        others = [name for name in dir(callback) if name.startswith("on_") and name not in _EVENTS]
        hint = did_you_mean(dict.fromkeys(near for name in others for near in nearest_name(name, _EVENTS)))
        if not any(hasattr(callback, event) for event in _EVENTS):
            raise TypeError(f"a callback has a method {', '.join(_EVENTS[:3])} or {_EVENTS[3]}, not {callback!r}{hint}")
        if others:
            warn(f"training never calls {', '.join(others)} of the callback {type(callback).__name__}{hint}")
    return found


def notify(callbacks: Sequence[Any], event: str, model: Any) -> None:
    """Call the method of this name of every callback that has it, with the model.

    Raises:
        StopTraining: one of them wants to stop; the others were called nevertheless.
    """
    stop: StopTraining | None = None
    for callback in callbacks:
        method = getattr(callback, event, None)
        if method is not None:
            try:
                method(model)
            except StopTraining as wish:
                stop = wish
    if stop is not None:
        raise stop


def warn_of_queue_options(queue_factor: int, report_delay: float) -> None:
    """Warn the caller of ``train`` that options which make sense for gensim's queue do nothing."""
    if queue_factor != 2 or report_delay != 1.0:
        warn("queue_factor and report_delay have no effect in fastemb")


@dataclass(eq=False)
class _Use:
    """A call that trains a model or gives it another vocabulary."""

    thread: int
    trains: bool
    checkpoints: Checkpoints | None = None


@dataclass(eq=False)
class _Reading:
    """A call that reads a model, which must stay as it is meanwhile."""

    model: int
    thread: int


_uses: WeakValueDictionary[int, _Use] = WeakValueDictionary()  # by the id of the model, the latest call
_readings: WeakSet[_Reading] = WeakSet()
_lock = Lock()


def _checkpoints_of(model: object) -> Checkpoints:
    """What writes the checkpoints of a model that this thread is training, for a callback.

    Raises:
        RuntimeError: this thread is not training it.
    """
    with Deferred(), _lock:  # which must not stay locked after an interrupt
        use = _uses.get(id(model))
    if use is None or use.thread != get_ident() or use.checkpoints is None:
        raise RuntimeError(
            "save_checkpoint is for callbacks, while the model is being trained: a model at rest is saved by save"
        )
    return use.checkpoints


class SavesCheckpoints:
    """A model whose training can be gone on with from a checkpoint, which its ``resume`` reads."""

    @names_arguments()
    def save_checkpoint(self, path: AnyPath) -> None:
        """Write a checkpoint, from which `resume` goes on: for callbacks, while the model is trained.

        What it holds is the training as it is between two epochs: the next thing that `resume` calls, after
        ``on_train_begin``, is ``on_epoch_begin`` of the epoch that is to come.

        Args:
            path: The file, which is there whole or not at all.

        Raises:
            RuntimeError: this is called otherwise than by a callback.
            OSError: the file cannot be written; one that was there stays.
        """
        _checkpoints_of(self).write(local_path(path))


def hold_checkpoints(model: object, checkpoints: Checkpoints | None) -> None:
    """Let `_checkpoints_of` find these until this thread's training of ``model`` ends; None: no more."""
    with Deferred(), _lock:
        _uses[id(model)].checkpoints = checkpoints


@contextmanager
def alone_with(model: object, *, trains: bool) -> Iterator[None]:
    """Let no other thread train ``model`` or give it another vocabulary meanwhile.

    The thread that trains may do the latter within a callback. To be entered in `Deferred`, as a signal must not leave
    the model in use; what may be broken off goes into `Allowed`.

    Raises:
        RuntimeError: another thread does so or reads the model, or this one is training the model already.
    """
    use = _Use(get_ident(), trains)
    with _lock:
        outer = _used_by_me(model)
        if any(one.model == id(model) and one.thread != use.thread for one in _readings):
            raise RuntimeError("another thread is inferring vectors with this model: wait until that has ended")
        if outer is not None:
            if trains and outer.trains:
                raise RuntimeError("a callback cannot train the model that is being trained: call train after that")
            use.trains = use.trains or outer.trains
        _uses[id(model)] = use
    try:
        yield
    finally:
        with _lock:
            if outer is None:
                _uses.pop(id(model), None)
            else:
                _uses[id(model)] = outer


@contextmanager
def reading(model: object) -> Iterator[None]:
    """Let no other thread train ``model`` or give it another vocabulary meanwhile; others may read it, too.

    For what leaves matrices where they are: the loss is measured on padded ones, which take the place of the others.

    To be entered in `Deferred`, as `alone_with`.

    Raises:
        RuntimeError: another thread trains it or builds its vocabulary.
    """
    mine = _Reading(id(model), get_ident())
    with _lock:
        _used_by_me(model)
        _readings.add(mine)
    try:
        yield
    finally:
        with _lock:
            _readings.discard(mine)


def _used_by_me(model: object) -> _Use | None:
    """What this thread is doing with a model, if it does something."""
    use = _uses.get(id(model))
    if use is not None and use.thread != get_ident():
        raise RuntimeError(
            "another thread is training this model, measuring its loss or building its vocabulary: wait until that has "
            "ended"
        )
    return use
