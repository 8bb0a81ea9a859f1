"""Work on several threads: every call ends with no thread left, whatever happens."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

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
def test_an_interrupt_at_any_moment_leaves_nothing_running() -> None:
    """The interrupt comes while threads are started, while they work, or as they end."""
    surfaced = 0
    for attempt in range(100):
        stopped = threading.Event()
        running: set[int] = set()

        def work(index: int, stopped: threading.Event = stopped, running: set[int] = running) -> None:
            running.add(index)
            stopped.wait(0.004)
            running.discard(index)

        alarm = threading.Timer(attempt * 0.0001, os.kill, (os.getpid(), signal.SIGINT))
        try:
            try:
                alarm.start()
                in_threads(3, work, stopped.set, nothing)
            finally:
                still_running = bool(running)
            alarm.join()
            time.sleep(0.02)  # the interrupt comes here at the latest
        except KeyboardInterrupt:
            surfaced += 1
        assert not still_running
    assert surfaced == 100


def test_workers_mean_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastemb.threads.available_cpus", lambda: 3)
    assert [thread_count(workers) for workers in (None, -1, "-1", 1, "2", 4.0)] == [3, 3, 3, 1, 2, 4]
    for wrong, error in ((0, ValueError), (-2, ValueError), (4097, ValueError), (1.5, TypeError), ("x", TypeError)):
        with pytest.raises(error, match="workers must be"):
            thread_count(wrong)


def test_there_is_a_cpu() -> None:
    assert available_cpus() >= 1
