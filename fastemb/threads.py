"""Threads: how many, how they are started, watched and stopped.

Everything that runs on several threads does so by `in_threads`. So Ctrl-C has the same effect everywhere: the workers
are told to stop, and the call raises KeyboardInterrupt when the last of them has ended.
"""

from __future__ import annotations

import _thread
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from .checks import whole
from .config import available_cpus

MOST = 4096
_POLL = 0.05  # seconds between two calls of `watch`


def checked_workers(value: Any) -> int | None:
    """A number of threads, or None, as -1, for all CPUs.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is less than 1, or too large.
    """
    if value is None or (isinstance(value, int | str) and value in (-1, "-1")):
        return None
    return whole("workers", value, 1, MOST)


def thread_count(workers: Any) -> int:
    """How many threads ``workers`` means; the errors are those of `checked_workers`."""
    checked = checked_workers(workers)
    return available_cpus() if checked is None else checked


def in_threads(
    count: int,
    work: Callable[[int], None],
    stop: Callable[[], None],
    watch: Callable[[], None] | None = None,
) -> None:
    """Call work(0) ... work(count - 1), each in a thread of its own, and return when all have ended.

    Args:
        count: How many threads. A single one without ``watch`` is this thread, where Ctrl-C also ends a read that waits
            for the writer of a pipe.
        work: What each does.
        stop: Makes the others return soon; called in this or another thread, perhaps more than once, when one of them
            fails, and when this thread is interrupted or ``watch`` fails.
        watch: Called by this thread all along.

    Raises:
        BaseException: the first one of a worker or of ``watch``, or KeyboardInterrupt. Nothing runs any more then.
    """
    if count == 1 and watch is None:
        work(0)
        return
    _Team(count, work, stop).run(watch)


class _Team:
    """The threads of one call.

    An interrupt may come between any two instructions of the main thread, so this holds no lock that it could leave
    locked and does not use `Thread.join`, which takes a thread for ended when it is interrupted. What is shared are
    lists that only grow; appending to one is atomic. (A second interrupt within the microsecond in which the first one
    arrives can still escape.)
    """

    def __init__(self, count: int, work: Callable[[int], None], stop: Callable[[], None]) -> None:
        self._count = count
        self._work = work
        self._stop = stop
        self._begun: list[int] = []
        self._ended: list[int] = []
        self._stopped: list[bool] = []
        self._errors: list[BaseException] = []
        self._all_ended = _thread.allocate_lock()  # released by the last worker
        self._all_ended.acquire()

    def run(self, watch: Callable[[], None] | None) -> None:
        try:
            for index in range(self._count):
                threading.Thread(target=self._one, args=(index,), name=f"fastemb-{index}", daemon=True).start()
            while not self._all_ended.acquire(timeout=_POLL):
                if watch is not None:
                    watch()
        finally:
            self._end()
        if self._errors:
            raise self._errors[0]

    def _end(self) -> None:
        """Wait until no worker runs; one that was started but did not begin sees that it must not."""
        while len(self._ended) != self._count:
            with contextlib.suppress(KeyboardInterrupt):  # a second one; the first, or an error, is on its way
                self._stopped.append(True)
                self._stop()
                if len(self._ended) == len(self._begun):
                    return
                time.sleep(0.001)

    def _one(self, index: int) -> None:
        self._begun.append(index)
        try:
            if not self._stopped:
                self._work(index)
        except BaseException as error:  # handed to the thread that waits
            self._errors.append(error)
            self._stop()
        finally:
            self._ended.append(index)
            if len(self._ended) == self._count:
                with contextlib.suppress(RuntimeError):  # two may see that they are the last
                    self._all_ended.release()
