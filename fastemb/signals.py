"""Signals such as Ctrl-C: how code that they must not break off defers them.

Python runs the handler of a signal in the main thread, between any two of its instructions, and the handler of SIGINT
raises KeyboardInterrupt there: also between two assignments that belong together, inside a ``finally``, and once more
while the first one is dealt with. No arrangement of ``try`` is safe from that. So such code runs in `Deferred`. While
it does, the handlers of the signals that programs handle are replaced by one that takes a note, and nothing else can
raise between two instructions. What a program's own handlers do (raise, set a flag, exit) they do a moment later: at
the end, in `Allowed`, or where `deliver` is called.

Why no moment is left out:

- Entering. Our handler is installed first and calls the program's until ``holding`` is set, which is one assignment.
  Whatever is raised before that comes before anything was done.
- Within. Our handler only appends to a list.
- `Allowed`. The program's handlers run at once. As soon as one raises, ``holding`` is set again, before the exception
  leaves our handler: so one exception comes out of `Allowed`, and a second signal does not disturb what handles it.
- Leaving. What came is handled, ``holding`` is taken back, which is one assignment, and the handlers are restored. If
  one raises there, all work was done. Where a handler was not restored because of that, ours stays and calls it.

Only the main thread handles signals. In other threads nothing of this has an effect, nor is it needed.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]


@dataclass
class _State:
    """Of the main thread.

    Attributes:
        inside: Whether a `Deferred` is entered.
        holding: Whether signals are noted only.
        handlers: The program's, of signals that have ours.
        came: Signals that were noted, with what ran then.
    """

    inside: bool = False
    holding: bool = False
    handlers: dict[int, Handler] = field(default_factory=dict)
    came: list[tuple[int, FrameType | None]] = field(default_factory=list)


_state = _State()
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK", "SIGALRM", "SIGUSR1", "SIGUSR2")
_SIGNALS = tuple(int(getattr(signal, name)) for name in _NAMES if hasattr(signal, name))
# The functions of C inside those of the module signal, which are ten times as fast.
_handler_of: Callable[[int], Any] = _signal.getsignal
_set_handler: Callable[[int, Handler], Any] = _signal.signal
if hasattr(os, "register_at_fork"):  # a child does not go on with what the main thread did when another thread forked
    os.register_at_fork(after_in_child=lambda: vars(_state).update(inside=False, holding=False, came=[]))


class Deferred:
    """In ``with``: signals wait, and their handlers run at its end, in `Allowed`, and in `deliver`. It may be nested.

    Raises:
        BaseException: at its end, what a handler raises, such as KeyboardInterrupt.
    """

    def __enter__(self) -> None:
        self._is_main = _in_main_thread()
        if not self._is_main:
            return
        self._inside, self._holding = _state.inside, _state.holding
        if not self._inside:
            _install()
        _state.holding = True
        _state.inside = True

    def __exit__(self, *_: object) -> None:
        if not self._is_main:
            return
        if self._inside:
            if not self._holding:
                _let()
            return
        try:
            deliver()
        finally:
            _state.inside = False
            _state.holding = False
            _restore()
            deliver()  # what came since


class Allowed:
    """Within `Deferred`: handlers run at once, for a program's own code; when one raises, signals wait again.

    Raises:
        BaseException: what a handler raises, anywhere in it.
    """

    def __enter__(self) -> None:
        self._is_inside = _state.inside and _in_main_thread()
        if self._is_inside:
            self._holding = _state.holding
            _let()

    def __exit__(self, *_: object) -> None:
        if self._is_inside:
            _state.holding = self._holding
            _install()  # the program may have put others in place of ours


def deliver() -> None:
    """Run the handlers of signals that were deferred.

    Raises:
        BaseException: what a handler raises; where several do, the last one.
    """
    if not (_state.came and _in_main_thread()):
        return
    error: BaseException | None = None
    while _state.came:
        number, frame = _state.came.pop(0)
        try:
            _state.handlers[number](number, frame)
        except BaseException as raised:
            error = raised
    if error is not None:
        raise error


def _in_main_thread() -> bool:
    return threading.get_ident() == threading.main_thread().ident


def _handle(number: int, frame: FrameType | None) -> None:
    """In place of the program's handlers."""
    if _state.holding:
        _state.came.append((number, frame))
    elif _state.inside:
        _state.holding = True
        _state.handlers[number](number, frame)
        _let()
    else:
        _state.handlers[number](number, frame)


def _let() -> None:
    """Let handlers run at once, after those that wait; when one raises, signals wait again."""
    while True:
        _state.holding = True
        deliver()
        _state.holding = False
        if not _state.came:
            return


def _install() -> None:
    for number in _SIGNALS:
        handler = _handler_of(number)
        if callable(handler) and handler is not _handle:
            _state.handlers[number] = handler
            try:
                _set_handler(number, _handle)
            except ValueError:  # this is no thread that handles signals, though Python's first
                return


def _restore() -> None:
    for number, handler in _state.handlers.items():
        if _handler_of(number) is _handle:
            _set_handler(number, handler)
