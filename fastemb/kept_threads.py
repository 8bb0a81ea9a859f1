"""Threads that are kept from call to call, for work that takes less time than the start of a thread.

`in_threads` starts a thread for each part of the work, which takes some 100 us; two threads that wait for their next
part take up work in 10 to 40 us. The thread that calls does a part itself, so nobody looks at signals meanwhile: they
are handled at the end of the call, and a part should take some milliseconds at most.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from itertools import count as counter

from .signals import Deferred

_numbers = counter()


class _Kept:
    """A thread that waits for a part of a call, does it, and waits again."""

    def __init__(self) -> None:
        self._part: Callable[[], None] | None = None
        self._given, self._done = threading.Lock(), threading.Lock()  # held by who waits
        self._given.acquire()
        self._done.acquire()
        threading.Thread(target=self._run, name=f"kept-fastemb-{next(_numbers)}", daemon=True).start()

    def give(self, part: Callable[[], None]) -> None:
        self._part = part
        self._given.release()

    def wait(self) -> None:
        self._done.acquire()

    def _run(self) -> None:
        while True:
            self._given.acquire()
            assert self._part is not None, "woken without work"
            self._part()
            self._part = None  # the arrays that it holds are not kept
            self._done.release()


_idle: list[_Kept] = []  # as many as were at work at the same time
if hasattr(os, "register_at_fork"):  # a child has none of its parent's threads
    os.register_at_fork(after_in_child=_idle.clear)


def in_kept_threads(count: int, work: Callable[[int], None], stop: Callable[[], None]) -> None:
    """Call work(0) in this thread and work(1) ... work(count - 1) in others at once, and return when all have ended.

    Args:
        count: How many threads.
        work: What each does; some milliseconds at most.
        stop: Makes the others return when one fails; called in its thread.

    Raises:
        BaseException: the first one of a part, or what the handler of a signal raises, such as KeyboardInterrupt, once
            all work is done.
        RuntimeError: no thread can be started; nothing was done.
    """
    if count == 1:
        work(0)
        return
    errors: list[BaseException] = []

    def part(index: int) -> None:
        try:
            work(index)
        except BaseException as error:
            errors.append(error)
            stop()

    with Deferred():
        others = _take(count - 1)
        try:
            for index, other in enumerate(others, start=1):
                other.give(lambda index=index: part(index))  # type: ignore[misc]
            part(0)
            for other in others:
                other.wait()
        finally:
            _idle.extend(others)
    if errors:
        raise errors[0]


def _take(count: int) -> list[_Kept]:
    """So many threads that wait, new ones where there are too few."""
    found: list[_Kept] = []
    try:
        while len(found) < count:
            try:
                found.append(_idle.pop())
            except IndexError:
                found.append(_Kept())
    except BaseException:
        _idle.extend(found)
        raise
    return found
