"""Signals that are deferred: their handlers run at chosen places, and nothing is lost or left behind."""

# ruff: noqa: PT012 (what is tested is what happens within `raises`)

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest
from interrupts import interrupted_everywhere

from fastemb.signals import Allowed, Deferred, deliver

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


class Seen(Exception):  # noqa: N818 (what a handler raises, no error)
    pass


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """SIGTERM and SIGUSR1 raise `Seen`; all handlers are there again afterwards."""

    def raising(number: int, frame: object) -> None:
        raise Seen(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers[1:]:
        signal.signal(number, raising)
    now = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
        assert {number: signal.getsignal(number) for number in numbers} == now
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_handler_runs_at_the_end() -> None:
    done = False
    with pytest.raises(KeyboardInterrupt), Deferred():
        signal.raise_signal(signal.SIGINT)
        done = True
    assert done


def test_a_handler_runs_where_signals_are_delivered() -> None:
    with Deferred():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            deliver()
        deliver()  # it came once


def test_what_came_twice_is_raised_once_and_the_last_of_several_counts() -> None:
    with pytest.raises(Seen), Deferred():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    with Deferred():
        pass


def test_where_signals_are_allowed_a_handler_raises_once() -> None:
    after = False
    with pytest.raises(KeyboardInterrupt), Deferred():
        try:
            with Allowed():
                try:
                    signal.raise_signal(signal.SIGINT)
                    pytest.fail("not raised")
                finally:
                    signal.raise_signal(signal.SIGINT)
                    after = True
        except KeyboardInterrupt:
            signal.raise_signal(signal.SIGINT)
    assert after


def test_what_came_before_is_handled_where_signals_are_allowed() -> None:
    with Deferred():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt), Allowed():
            pytest.fail("not raised")


def test_it_may_be_nested() -> None:
    with pytest.raises(Seen), Deferred():
        with Deferred():
            signal.raise_signal(signal.SIGTERM)
        reached = 1
        try:
            with Allowed(), Deferred():
                pytest.fail("not raised")
        except Seen:
            reached = 2
        with Allowed():
            with pytest.raises(Seen), Deferred():
                signal.raise_signal(signal.SIGTERM)
                reached = 3
            with pytest.raises(Seen):
                signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
    assert reached == 3


def test_ignored_signals_stay_ignored_and_default_ones_default() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN), signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with Deferred():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGHUP, before[1])


@pytest.mark.parametrize("where", ["deferred", "allowed", "handler"])
def test_a_handler_that_is_replaced_meanwhile_stays(where: str) -> None:
    seen: list[int] = []

    def other(number: int, frame: object) -> None:
        seen.append(number)

    def replacing(number: int, frame: object) -> None:
        signal.signal(signal.SIGUSR1, other)

    before = signal.getsignal(signal.SIGUSR1)
    try:
        signal.signal(signal.SIGUSR1, replacing)
        with Deferred():
            if where == "handler":
                signal.raise_signal(signal.SIGUSR1)
                deliver()
            elif where == "allowed":
                with Allowed():
                    signal.signal(signal.SIGUSR1, other)
                signal.raise_signal(signal.SIGUSR1)
                assert not seen
            else:
                signal.signal(signal.SIGUSR1, other)
        assert signal.getsignal(signal.SIGUSR1) is other
        assert seen == ([signal.SIGUSR1] if where == "allowed" else [])
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_another_thread_defers_nothing() -> None:
    def enter() -> None:
        with Deferred(), Allowed():
            inside.set()
            assert leave.wait(20)

    inside, leave = threading.Event(), threading.Event()
    thread = threading.Thread(target=enter)
    thread.start()
    assert inside.wait(20)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
        pytest.fail("not raised")
    leave.set()
    thread.join()


def test_a_forked_child_defers_nothing() -> None:
    with Deferred():
        child = os.fork()
        if child == 0:
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                os._exit(7)
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_an_interrupt_at_any_instruction_breaks_off_nothing_halfway() -> None:
    """Work is done whole or not at all, and what handles a first interrupt is not disturbed by a second one."""
    state = [0, 0]

    def work() -> None:
        with Deferred():
            state[0] += 1
            try:
                with Allowed():
                    for _ in range(3):
                        pass
            finally:
                state[1] += 1

    moments = 0
    for where, _ in interrupted_everywhere(work):
        assert state[0] == state[1], where
        moments += 1
    assert moments > 100
