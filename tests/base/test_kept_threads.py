"""Threads that are kept: each part is done once, errors and signals surface, nothing works after the call."""

from __future__ import annotations

import gc
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest
from interrupts import interrupted_everywhere

from fastemb import kept_threads
from fastemb.kept_threads import in_kept_threads


def nothing() -> None:
    """Nobody has to be told to stop."""


@pytest.fixture(autouse=True)
def none_kept() -> Iterator[None]:
    """No threads of other tests; those of this one wait for good."""
    kept_threads._idle.clear()
    yield
    kept_threads._idle.clear()


@pytest.mark.parametrize("count", [1, 2, 7])
def test_each_part_is_done_once_and_the_first_by_the_caller(count: int) -> None:
    done: list[tuple[int, int]] = []
    for _ in range(3):
        in_kept_threads(count, lambda index: done.append((index, threading.get_ident())), nothing)
    assert sorted(index for index, _ in done) == sorted([*range(count)] * 3)
    assert {thread for index, thread in done if index == 0} == {threading.get_ident()}
    assert len({thread for _, thread in done}) == count, "threads are kept from call to call"
    assert len(kept_threads._idle) == count - 1


def test_all_parts_run_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=20)

    def work(index: int) -> None:
        together.wait()

    in_kept_threads(4, work, together.abort)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("failing", [0, -1])
def test_an_error_stops_the_others_and_surfaces(count: int, failing: int) -> None:
    stopped = threading.Event()
    told: list[bool] = []

    def work(index: int) -> None:
        if index == failing % count:
            raise ZeroDivisionError("here")
        told.append(stopped.wait(20))

    with pytest.raises(ZeroDivisionError, match="here"):
        in_kept_threads(count, work, stopped.set)
    assert told == [True] * (count - 1)
    done: list[int] = []
    in_kept_threads(count, done.append, nothing)  # the same threads
    assert sorted(done) == [*range(count)]
    assert len(kept_threads._idle) == count - 1


def test_calls_of_several_threads_and_calls_within_calls_do_not_wait_for_each_other() -> None:
    both = threading.Barrier(2, timeout=20)
    done: list[int] = []

    def work(index: int) -> None:
        both.wait()
        in_kept_threads(2, done.append, nothing)

    callers = [threading.Thread(target=in_kept_threads, args=(2, work, both.abort)) for _ in range(3)]
    for caller in callers:
        caller.start()
        caller.join(20)
    assert sorted(done) == [0] * 6 + [1] * 6


def test_what_a_part_holds_is_not_kept() -> None:
    class Large:
        def work(self, index: int) -> None: ...

    large = Large()
    gone = weakref.ref(large)
    in_kept_threads(2, large.work, nothing)
    del large
    gc.collect()
    assert gone() is None


def test_no_thread_to_be_had_is_an_error_and_nothing_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    in_kept_threads(2, lambda _: None, nothing)
    start: Callable[[threading.Thread], None] = threading.Thread.start
    started: list[threading.Thread] = []

    def refuse(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    done: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            in_kept_threads(4, done.append, nothing)
    assert not done
    assert len(kept_threads._idle) == 2, "those that were there, and the one that could be started"
    in_kept_threads(4, done.append, nothing)
    assert sorted(done) == [0, 1, 2, 3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_starts_threads_of_its_own() -> None:
    in_kept_threads(3, lambda _: None, nothing)
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # ends a child that waits for a thread of its parent
        done: list[int] = []
        try:
            in_kept_threads(3, done.append, nothing)
        finally:
            os._exit(0 if sorted(done) == [0, 1, 2] else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(kept_threads._idle) == 2


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("part", range(10))
def test_an_interrupt_at_any_instruction_leaves_nothing_at_work(part: int) -> None:
    working: set[int] = set()
    done: list[int] = []

    def call() -> None:
        done.clear()

        def work(index: int) -> None:
            working.add(index)
            done.append(index)
            working.discard(index)

        in_kept_threads(3, work, nothing)

    moments = 0
    for where, _ in interrupted_everywhere(call, start=part, step=10):
        assert not working, where
        assert sorted(done) in ([], [0, 1, 2]), where
        assert len(kept_threads._idle) in (0, 2), where
        moments += 1
    assert moments > 5
    call()
    assert sorted(done) == [0, 1, 2]
