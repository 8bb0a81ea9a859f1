"""Ctrl-C, SIGTERM and SIGHUP as one exception, which comes once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_USUAL = (signal.SIG_DFL, signal.default_int_handler)

Handlers = dict[int, Any]


class Stopped(KeyboardInterrupt):
    """One of the signals has come."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


def status_of(error: KeyboardInterrupt) -> int:
    """The exit status of a process that an interrupt ended, as a shell gives it."""
    return error.status if isinstance(error, Stopped) else 128 + signal.SIGINT


def hear() -> Handlers:
    """Let the first of the signals raise `Stopped`, and the others be ignored, until this is called again.

    Those that the process ignores, as under ``nohup``, and those that a program has handlers for stay as they are.

    Returns:
        The handlers that were replaced, for `let_go`.
    """
    numbers = [int(getattr(signal, name)) for name in _NAMES if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in numbers}
    taken = {number: handler for number, handler in handlers.items() if handler in _USUAL}
    _raised.clear()
    try:
        for number in taken:
            signal.signal(number, _stop)
            _heard.add(number)
    except ValueError:  # not in the main thread, which alone handles signals
        return {}
    return taken


@contextmanager
def raising(error: type[Exception]) -> Iterator[None]:
    """Within it, the first signal raises ``error`` in place of `Stopped`, which `raise_again` raises afterwards.

    It may do so while this begins or ends, so that what deals with ``error`` stands around it.
    """
    global _instead
    try:
        _instead = error
        yield
    finally:
        _instead = None


def hear_again() -> None:
    """Let one more signal raise `Stopped`, after a first one was dealt with."""
    _raised.clear()
    for number in _heard:
        signal.signal(number, _stop)


def ignore() -> None:
    """Ignore the signals."""
    for number in _heard:
        signal.signal(number, signal.SIG_IGN)


def raise_again() -> None:
    """Raise `Stopped` again where it became another error on its way, as in Python's making of classes."""
    if _raised:
        raise _raised[0]


def let_go(taken: Handlers) -> None:
    """Put handlers back that `hear` replaced; SIGINT's comes last, as it may raise and leave the others ignored."""
    for number, handler in sorted(taken.items(), key=lambda item: item[0] == signal.SIGINT):
        signal.signal(number, handler)
        _heard.discard(number)


_heard: set[int] = set()
_raised: list[Stopped] = []
_instead: type[Exception] | None = None


def _stop(number: int, frame: FrameType | None) -> None:
    global _instead
    ignore()
    _raised.append(Stopped(number))
    error, _instead = _instead, None
    raise _raised[-1] if error is None else error
