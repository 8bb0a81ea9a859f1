"""Ctrl-C, SIGTERM and SIGHUP as one exception, which comes once."""

from __future__ import annotations

import signal
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
    """Put handlers back that `hear` replaced."""
    for number, handler in taken.items():
        signal.signal(number, handler)
        _heard.discard(number)


_heard: set[int] = set()
_raised: list[Stopped] = []


def _stop(number: int, frame: FrameType | None) -> None:
    ignore()
    _raised.append(Stopped(number))
    raise _raised[-1]
