"""Which tests in Python reach which lines of the core in C, and how long each takes.

The core is compiled so that each of its blocks calls a function, which notes it (reached.c); addr2line tells the lines.
"""

from __future__ import annotations

import bisect
import ctypes
import json
import re
import subprocess
import time
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

FLAGS = ["-O1", "-g", "-fsanitize-coverage=trace-pc"]
_SLOTS = 1 << 17  # of reached.c


class Noting:
    """A plugin of pytest that appends a line for each test to a file: its name, its seconds, the places it reached.

    Tests that fail are left out.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._core: ctypes.CDLL | None = None
        self._failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.add(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if self._core is None:
            from fastemb import _native

            self._core = ctypes.CDLL(_native.__file__)
            self._core.reached.restype = ctypes.c_int64
        self._core.forget_reached()
        begin = time.monotonic()
        result = yield
        seconds = time.monotonic() - begin
        if item.nodeid in self._failed:
            return result
        places = np.zeros(_SLOTS, np.uint64)
        count = self._core.reached(places.ctypes.data_as(ctypes.c_void_p))
        with self._log.open("a") as file:
            json.dump([item.nodeid, seconds, places[:count].tolist()], file)
            file.write("\n")
        return result


@dataclass(frozen=True)
class Covering:
    """Of files of the core: the tests that reach a line. Of tests: their seconds."""

    tests: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def at(self, path: str, line: int) -> list[str]:
        """The tests at a line, or at the nearest one before it that any reaches: a block notes its first line alone."""
        lines = self.tests.get(path, {})
        reached = sorted(lines)
        place = bisect.bisect_right(reached, line)
        return lines[reached[place - 1]] if place else []


def read_covering(log: Path, library: Path) -> Covering:
    """What `Noting` wrote, by the lines that addr2line tells of the library."""
    runs = [json.loads(line) for line in log.read_text().splitlines()]
    lines = _lines_of({place for _, _, places in runs for place in places}, library)
    tests: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, _, places in runs:
        for path, line in {found for place in places for found in lines.get(place, ())}:
            tests[path][line].append(name)
    return Covering(tests, {name: seconds for name, seconds, _ in runs})


def _lines_of(places: set[int], library: Path) -> dict[int, Sequence[tuple[str, int]]]:
    """A place is a line of a function, and of those that this one is inlined in."""
    ordered = sorted(places)
    told = subprocess.run(
        ["addr2line", "-a", "-i", "-e", str(library)],
        input="\n".join(hex(place - 1) for place in ordered),  # within the call
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines: dict[int, list[tuple[str, int]]] = {}
    for text in told.splitlines():
        if re.fullmatch("0x[0-9a-f]+", text):
            found = lines.setdefault(int(text, 16) + 1, [])
        elif known := re.match(r"(?:.*/)?(csrc/\S+):(\d+)", text):
            found.append((known[1], int(known[2])))
    return dict(lines)
