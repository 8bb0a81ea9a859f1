"""Ctrl-C at random moments of long calls: whether what is left is sound, and how long until the call has raised.

    python -m bench.interrupts                                # 20 moments of each call
    python -m bench.interrupts --scale 0.02 --moments 2000    # states: as many moments as a claim needs, little data
    python -m bench.interrupts --load 10 --only fit           # beside 10 busy processes; calls with "fit" in their name
    python -m bench.interrupts --holds                        # where each call does not look for signals, and how long

Prints a line a call: moments, how many left a bad state or another exception than KeyboardInterrupt, and the 50th, 99th
and 100th percentile of the seconds between the signal and the exception. Exit status 1 if a state was bad. A call that
ends before its moment is made again with another. The state is bad when a thread of fastemb still runs, when SIGINT has
another handler than before, when a file is left over, and when the object is neither as before nor as after the call
(while it trains: when sizes and layout of its parts do not agree).

With ``--holds`` each call is made once, to its end, while a timer fires every 2 ms. What is printed is the longest time
between two of its handler's calls, and the line where the handler ran then: Ctrl-C would have waited so long.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from . import interrupted_calls, interrupted_models
from .interrupted_calls import Data

PACKAGE = str(Path(__file__).resolve().parents[1] / "fastemb")


def is_clean() -> bool:
    """What holds after every call that was interrupted."""
    running = [thread for thread in threading.enumerate() if thread.name.startswith("fastemb-")]
    return not running and signal.getsignal(signal.SIGINT) is signal.default_int_handler


class Sender:
    """Sends SIGINT after a while, from a thread that is always there: `threading.Timer` does not bear Ctrl-C itself."""

    def __init__(self) -> None:
        self.sent = 0.0
        self._armed = 0  # which of the orders is to be carried out
        self._orders, self._given = os.pipe()
        threading.Thread(target=self._work, daemon=True).start()

    def arm(self, after: float) -> None:
        self.sent = 0.0
        self._armed += 1
        os.write(self._given, f"{self._armed} {after:.6f}\n".encode())

    def disarm(self) -> None:
        self._armed += 1
        time.sleep(0.001)  # what has been sent comes now

    def _work(self) -> None:
        with open(self._orders, encoding="ascii") as orders:
            for order in iter(orders.readline, ""):
                number, after = order.split()
                time.sleep(float(after))
                if int(number) == self._armed:
                    self.sent = time.perf_counter()
                    os.kill(os.getpid(), signal.SIGINT)


def interrupted(
    sender: Sender, make: Callable[[], Any], call: Callable[[Any], Any], sound: Callable[[Any], bool], most: float
) -> tuple[float | None, str, float]:
    """Seconds from a random signal to the exception, None when the call ended before; what was bad; how long it ran."""
    made = make()
    sender.arm(random.uniform(0, most))
    begin = time.perf_counter()
    try:
        call(made)
        ended = time.perf_counter()
        sender.disarm()
        return None, "", ended - begin
    except KeyboardInterrupt:
        seconds = time.perf_counter() - sender.sent
        return seconds, "" if is_clean() and sound(made) else "bad state", 0.0
    except Exception as error:
        if not sender.sent:
            raise
        return time.perf_counter() - sender.sent, repr(error), 0.0


def holds_of(make: Callable[[], Any], call: Callable[[Any], Any], longest: float) -> list[tuple[float, str]]:
    """The longest times for which a call did not answer signals, and where it answered then; for so long, at most."""
    made = make()
    found: dict[str, float] = {}
    begin = time.perf_counter()
    last, ended = begin, False

    def answered(_: int, __: FrameType | None) -> None:
        nonlocal last, ended
        now = time.perf_counter()
        if ended:
            return
        if now - begin > longest:
            ended = True
            raise KeyboardInterrupt
        frame: FrameType | None = sys._getframe(1)
        lines: list[str] = []
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(PACKAGE) and not file.endswith("signals.py"):
                lines.append(f"{file[len(PACKAGE) + 1 :]}:{frame.f_lineno}")
            frame = frame.f_back
        where = " < ".join(lines[:3]) or "outside"
        found[where] = max(found.get(where, 0.0), now - last)
        last = now

    before = signal.signal(signal.SIGALRM, answered)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
        call(made)
    except KeyboardInterrupt:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return sorted(((seconds, where) for where, seconds in found.items()), reverse=True)


def busy() -> None:
    while True:
        sum(range(10**6))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=20, help="interrupted calls of each kind (%(default)s)")
    parser.add_argument("--load", type=int, default=0, help="busy processes beside it (%(default)s)")
    parser.add_argument("--only", default="", help="calls with one of these in their name, with | between them")
    parser.add_argument("--longest", type=float, default=1.5, help="latest moment in seconds, by scale (%(default)s)")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the data, as a share (%(default)s)")
    parser.add_argument("--seconds", type=float, default=1e9, help="go on to the next call after so many seconds")
    parser.add_argument("--part", default="0/1", help="every n-th call from the i-th on, as i/n (%(default)s)")
    parser.add_argument("--holds", action="store_true", help="say where signals wait, and how long")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let programs in the background ignore it
    beside = [multiprocessing.get_context("spawn").Process(target=busy, daemon=True) for _ in range(options.load)]
    failed, sender = 0, Sender()
    first, step = map(int, options.part.split("/"))
    with tempfile.TemporaryDirectory() as folder:
        data = Data(Path(folder), options.scale)
        chosen = [
            (name, entry)
            for name, entry in (interrupted_calls.calls(data) | interrupted_models.calls(data)).items()
            if any(part in name for part in options.only.split("|"))
        ]
        for process in beside:
            process.start()
        print(
            f"{'call':32} {'moments':>7} {'bad':>4} {'p50':>7} {'p99':>7} {'most':>7}   load {os.getloadavg()[0]:.1f}"
        )
        for name, entry in chosen[first::step]:
            make, call, sound = entry()
            if options.holds:
                for seconds, where in holds_of(make, call, 5.0)[:3]:
                    print(f"{name:32} {seconds:7.3f}  {where}", flush=True)
                continue
            times: list[float] = []
            bad: list[str] = []
            most, ends = options.longest * min(1.0, 2 * options.scale), time.perf_counter() + options.seconds
            missed = 0  # calls in a row that ended before their moment: with too little data all of them do
            while len(times) < options.moments and time.perf_counter() < ends and missed < 1000:
                try:
                    seconds, problem, took = interrupted(sender, make, call, sound, most)
                except KeyboardInterrupt:  # it came as the call ended
                    continue
                if seconds is None:
                    most = min(most, max(took, 0.001))
                    missed += 1
                    continue
                missed = 0
                times.append(seconds)
                bad += [problem] if problem else []
            at = np.percentile(times or [0], [50, 99, 100])
            print(f"{name:32} {len(times):7} {len(bad):4} {at[0]:7.3f} {at[1]:7.3f} {at[2]:7.3f}   {' '.join(bad[:2])}")
            sys.stdout.flush()
            failed += len(bad)
    for process in beside:
        process.kill()
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
