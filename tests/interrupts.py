"""Ctrl-C at every moment of a call, one after the other.

A real SIGINT is sent just before the k-th instruction that the main thread executes in chosen files, for every k. So no
bad moment is left to chance, as long as what the call does between two instructions of these files does not matter.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import fastemb
from fastemb import signals

PACKAGE = str(Path(fastemb.__file__).parent)
PLUMBING = (contextlib.__file__, threading.__file__)
FINE = (f"{PACKAGE}/signals.py", f"{PACKAGE}/threads.py", *PLUMBING)  # every instruction; elsewhere every line


class Moments:
    """Counts moments of what runs in ``with``, and sends SIGINT at one of them.

    Args:
        at: The moment, from 0 on; None for none.
        every: Instructions rather than lines everywhere, not only in the files that deal with signals.

    Attributes:
        count: Moments so far.
        where: The file, line and function where SIGINT was sent; empty before.
        lost: What Python itself lost, as it does with what is raised in a generator that is closed because nobody holds
            it any more: the rest of one that `all` or `any` read in part.
    """

    def __init__(self, at: int | None, every: bool = False) -> None:
        self.count = 0
        self.where = ""
        self.lost: list[Any] = []
        self._at = at
        self._every = every

    def __enter__(self) -> Moments:
        self._before = sys.gettrace()
        self._hook, sys.unraisablehook = sys.unraisablehook, self.lost.append
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)
        sys.unraisablehook = self._hook

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith((PACKAGE, *PLUMBING)):
            return None
        frame.f_trace_opcodes = self._every or file.startswith(FINE)
        if event in ("line", "opcode", "call"):
            self._moment(frame)
        return self._trace

    def _moment(self, frame: FrameType) -> None:
        self.count += 1
        if self.count - 1 == self._at:
            self.where = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
            signal.raise_signal(signal.SIGINT)


def interrupted_everywhere(
    call: Callable[[], object], every: bool = False, step: int = 1, start: int = 0
) -> Iterator[tuple[str, BaseException | None]]:
    """Make a call again and again, with Ctrl-C at one moment after the other; the last time it comes too late.

    Args:
        call: What to call; it must do the same each time.
        every: As of `Moments`.
        step: Try every so many moments only.
        start: The first one.

    Yields:
        After each call, where it was interrupted and what it raised, None for nothing.
    """
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    at = start
    while True:
        error: BaseException | None = None
        moments = Moments(at, every)
        try:
            with moments:
                call()
        except BaseException as raised:
            error = raised
        assert not signals._state.holding, moments.where
        assert not signals._state.came, moments.where
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, moments.where
        if not moments.where:
            assert error is None
            return
        if not moments.lost:
            assert type(error) is KeyboardInterrupt, f"{moments.where}: {error!r}"
        yield moments.where, error
        at += step
