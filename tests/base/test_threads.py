"""Work on several threads: every call ends with no thread left, whatever happens."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType

import pytest
from interrupts import interrupted_everywhere

from fastemb.threads import available_cpus, in_threads, thread_count


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("fastemb-")]


def nothing() -> None:
    """Nobody has to be told to stop."""


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("watched", [False, True])
def test_each_worker_is_called_once(count: int, watched: bool) -> None:
    called: list[int] = []
    in_threads(count, called.append, nothing, nothing if watched else None)
    assert sorted(called) == list(range(count))
    assert not workers()


def test_the_caller_watches_while_workers_work() -> None:
    seen = threading.Event()
    in_threads(2, lambda _: seen.wait(20) or pytest.fail("nobody watched"), nothing, seen.set)


@pytest.mark.parametrize("count", [1, 3])
def test_an_error_stops_the_others_and_surfaces(count: int) -> None:
    stopped = threading.Event()
    told: list[bool] = []

    def work(index: int) -> None:
        if index == count - 1:
            raise ZeroDivisionError("here")
        told.append(stopped.wait(20))

    with pytest.raises(ZeroDivisionError, match="here"):
        in_threads(count, work, stopped.set, nothing)
    assert told == [True] * (count - 1)
    assert not workers()


def test_a_worker_that_begins_too_late_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    late: list[threading.Thread] = []

    def start(thread: threading.Thread) -> None:
        late.append(thread)
        raise KeyboardInterrupt

    worked: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(KeyboardInterrupt):
            in_threads(2, worked.append, nothing, nothing)
    late[0].run()
    assert not worked


def test_a_thread_that_never_worked_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Python had no memory to begin it."""
    monkeypatch.setattr(threading.Thread, "run", lambda _: None)
    stopped, worked = threading.Event(), list[int]()
    with pytest.raises(MemoryError, match="a thread ended before it began"):
        in_threads(2, worked.append, stopped.set)
    assert stopped.is_set()
    assert not worked
    assert not workers()


def test_an_error_of_the_watcher_stops_the_workers() -> None:
    stopped = threading.Event()

    def watch() -> None:
        raise LookupError("seen")

    with pytest.raises(LookupError, match="seen"):
        in_threads(2, lambda _: None if stopped.wait(20) else pytest.fail("not stopped"), stopped.set, watch)
    assert stopped.is_set()
    assert not workers()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("part", range(10))
def test_an_interrupt_at_any_instruction_leaves_nothing_running(part: int, watched: bool) -> None:
    """It comes before threads are started, in the midst of that, while they work, or as they end."""
    running: set[int] = set()

    def call() -> None:
        stopped = threading.Event()

        def work(index: int) -> None:
            running.add(index)
            stopped.wait(0.001)
            running.discard(index)

        in_threads(2, work, stopped.set, nothing if watched else None)

    moments = 0
    for where, _ in interrupted_everywhere(call, start=part, step=10):
        assert not running, where
        assert not workers(), where
        moments += 1
    assert moments > 50


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("attempt", range(100))
def test_many_interrupts_in_a_row_leave_nothing_running(attempt: int) -> None:
    """As one that follows the other within microseconds."""
    running: set[int] = set()
    stopped = threading.Event()

    def work(index: int) -> None:
        running.add(index)
        stopped.wait(0.004)
        time.sleep(0.002)
        running.discard(index)

    def interrupt(number: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_code is in_threads.__code__:
                raise KeyboardInterrupt
            frame = frame.f_back

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1e-6 + attempt * 5e-5, 3e-4)
        with pytest.raises(KeyboardInterrupt):
            in_threads(3, work, stopped.set, nothing)
        assert not running
        assert not workers()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_handler_that_does_not_raise_stops_nothing() -> None:
    seen: list[int] = []
    handled = threading.Event()

    def handler(number: int, frame: object) -> None:
        seen.append(number)
        handled.set()

    before = signal.signal(signal.SIGUSR1, handler)
    try:

        def work(index: int) -> None:
            if index == 0:
                os.kill(os.getpid(), signal.SIGUSR1)
            assert handled.wait(20)

        in_threads(2, work, lambda: pytest.fail("stopped"))
        assert signal.getsignal(signal.SIGUSR1) is handler
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [signal.SIGUSR1]


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGALRM])
def test_whatever_a_handler_raises_stops_the_workers(number: int) -> None:
    stopped = threading.Event()

    def handler(*_: object) -> None:
        raise SystemExit(143)

    def work(index: int) -> None:
        if index == 0:
            os.kill(os.getpid(), number)
        assert stopped.wait(20)

    before = signal.signal(number, handler)
    try:
        with pytest.raises(SystemExit):
            in_threads(2, work, stopped.set)
    finally:
        signal.signal(number, before)
    assert not workers()


def test_workers_mean_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastemb.threads.available_cpus", lambda: 3)
    assert [thread_count(workers) for workers in (None, -1, "-1", 1, "2", 4.0)] == [3, 3, 3, 1, 2, 4]
    for wrong, error in ((0, ValueError), (-2, ValueError), (4097, ValueError), (1.5, TypeError), ("x", TypeError)):
        with pytest.raises(error, match="workers must be"):
            thread_count(wrong)


def test_there_is_a_cpu() -> None:
    assert available_cpus() >= 1
