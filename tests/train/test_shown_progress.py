"""What displays of training show at which second, by a clock that the tests set."""

from __future__ import annotations

import io
import sys
import types
from typing import Any

import pytest

from fastemb.train import progress


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


class Handle:
    def __init__(self) -> None:
        self.shown: list[str] = []

    def display(self, what: dict[str, str], *, raw: bool, display_id: bool) -> Handle:
        assert raw
        assert display_id
        self.update(what, raw=raw)
        return self

    def update(self, what: dict[str, str], *, raw: bool) -> None:
        assert raw
        assert what["text/plain"] in what["text/html"]
        self.shown.append(what["text/plain"])


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Handle:
    made = Handle()
    module: Any = types.ModuleType("IPython.display")
    module.display = made.display
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return made


def test_a_bar_in_a_notebook(clock: Clock, handle: Handle) -> None:
    bar = progress.Notebook(100_000, done=20_000)
    clock.now += progress._DELAY / 2
    bar.update(30_000, 0.02, None)
    assert handle.shown == []
    clock.now = 100 + 4
    bar.update(40_000, 0.02, 0.5)
    assert handle.shown == ["40.0%  5 k words/s, 0:12 left, alpha 0.02000, loss 0.5000"]
    clock.now += progress._INTERVAL / 2
    bar.update(50_000, 0.02, 0.5)
    assert len(handle.shown) == 1
    clock.now = 100 + 8
    bar.status("2 nodes")
    bar.saved(40_000)
    bar.update(60_000, 0.01, None)
    assert handle.shown[1:] == [
        "60.0%  5 k words/s, 0:08 left, alpha 0.01000, 2 nodes" + progress._saved_at(40_000, 100_000)
    ]
    bar.close()
    assert handle.shown[2].startswith("60.0%  stopped after 0:08, 5 k words/s, alpha 0.01000")
    clock.now = 100 + 16
    bar.update(100_000, 0.0, None)
    bar.close()
    assert handle.shown[-1].startswith("100.0%  in 0:16, 5 k words/s")


def test_a_bar_that_was_never_shown_says_nothing_at_the_end(clock: Clock, handle: Handle) -> None:
    bar = progress.Notebook(0)
    bar.close()
    assert handle.shown == []


def test_a_line_that_is_written_over(clock: Clock) -> None:
    stream = io.StringIO()
    line = progress.Plain(100_000, stream, done=20_000)
    line.update(30_000, 0.02, None)
    line.close()
    assert stream.getvalue() == ""
    clock.now = 100 + 4
    line.update(40_000, 0.02, 0.5)
    line.update(50_000, 0.02, 0.5)
    first = " 40.0%  5 k words/s  alpha 0.02000  loss 0.5000  0:12 left"
    assert stream.getvalue() == f"\r{first:<72}"
    clock.now = 100 + 8
    line.status("2 nodes")
    line.saved(40_000)
    line.update(60_000, 0.01, None)
    line.close()
    second = f" 60.0%  5 k words/s  alpha 0.01000  0:08 left, 2 nodes{progress._saved_at(40_000, 100_000)}"
    assert stream.getvalue() == f"\r{first:<72}\r{second:<72}\n"


def test_lines_for_a_log(clock: Clock) -> None:
    stream = io.StringIO()
    lines = progress.Lines(100_000, stream)
    for second, words in ((4, 9_999), (5, 10_000), (6, 19_999), (7, 20_000), (8, 20_001)):
        clock.now = 100 + second
        lines.update(words, 0.02, None)
    assert [line.split()[0] for line in stream.getvalue().splitlines()] == ["10.0%", "20.0%"]
    clock.now = 107 + progress._LINE_SECONDS
    lines.status("2 nodes")
    lines.saved(20_000)
    lines.update(20_002, 0.02, None)
    lines.close()
    assert stream.getvalue().splitlines()[2].endswith(f"left, 2 nodes{progress._saved_at(20_000, 100_000)}")


@pytest.mark.parametrize("make", [progress.Notebook, lambda total: progress.Plain(total, io.StringIO())])
def test_no_speed_is_no_error(make: Any, clock: Clock, handle: Handle) -> None:
    display = make(100)
    clock.now += 10
    display.update(0, 0.02, None)
    display.close()
