"""Threads: how many, how they are started, watched and stopped.

Everything that runs on several threads does so by `in_threads`. So Ctrl-C has the same effect everywhere: the workers
are told to stop, and the call raises KeyboardInterrupt when the last of them has ended.

Waiting for that must not be broken off. A `Thread.join` that is interrupted may take a running thread for ended, and
whatever catches the interrupt and waits again can itself be interrupted. So signals are deferred from before the first
thread is started until the last has ended, and their handlers run between two waits; a wait is for an event that the
worker itself sets, whatever happens to it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from .checks import whole
from .config import available_cpus
from .signals import Deferred, deliver

MOST = 4096
_POLL = 0.05  # seconds between two calls of `watch`, and until a signal is handled


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
        BaseException: the first one of a worker or of ``watch``, or what a handler of a signal raises, such as
            KeyboardInterrupt. Nothing runs any more then.
    """
    if count == 1 and watch is None:
        work(0)
        return
    with Deferred():
        _Team(count, work, stop).run(watch)


class _Team:
    """The threads of one call."""

    def __init__(self, count: int, work: Callable[[int], None], stop: Callable[[], None]) -> None:
        self._count = count
        self._work = work
        self._stop = stop
        self._started: list[tuple[threading.Thread, threading.Event]] = []  # each with what it sets at its end
        self._stopped = False
        self._errors: list[BaseException] = []

    def run(self, watch: Callable[[], None] | None) -> None:
        try:
            for index in range(self._count):
                deliver()
                self._start(index)
            for thread, ended in self._started:
                while not ended.wait(_POLL):
                    if not thread.is_alive() and not ended.is_set():  # Python had no memory to begin it
                        raise MemoryError("a thread ended before it began")
                    deliver()
                    if watch is not None:
                        watch()
        except BaseException as error:
            self._fail(error)
        finally:
            for thread, ended in self._started:
                while not ended.wait(_POLL) and thread.is_alive():
                    pass
                thread.join()
        if self._errors:
            raise self._errors[0]

    def _start(self, index: int) -> None:
        ended = threading.Event()
        thread = threading.Thread(target=self._one, args=(index, ended), name=f"fastemb-{index}", daemon=True)
        thread.start()
        self._started.append((thread, ended))

    def _one(self, index: int, ended: threading.Event) -> None:
        try:
            if not self._stopped:
                self._work(index)
        except BaseException as error:  # handed to the thread that waits
            self._fail(error)
        finally:
            ended.set()

    def _fail(self, error: BaseException) -> None:
        self._errors.append(error)
        self._stopped = True
        self._stop()
