"""What a person sees while training runs."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from reference.planted import topic_sentences

from fastemb import Word2Vec
from fastemb.train import progress
from fastemb.train.progress import Lines, Plain, Silent, Tqdm, make_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


class FakeBar:
    """Notes what tqdm is asked to do."""

    made: list[FakeBar]

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.n = 0
        self.postfixes: list[str] = []
        self.closed = False
        FakeBar.made.append(self)

    def update(self, by: int) -> None:
        self.n += by

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        assert not refresh  # tqdm itself knows when
        self.postfixes.append(text)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


@pytest.fixture
def without_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tqdm", "tqdm.auto"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture
def with_tqdm(monkeypatch: pytest.MonkeyPatch) -> type[FakeBar]:
    FakeBar.made = []
    package, auto = types.ModuleType("tqdm"), types.ModuleType("tqdm.auto")
    auto.tqdm = FakeBar  # type: ignore[attr-defined]
    package.auto = auto  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm", package)
    monkeypatch.setitem(sys.modules, "tqdm.auto", auto)
    return FakeBar


# ---- which display ----


@pytest.mark.usefixtures("without_tqdm")
@pytest.mark.parametrize(
    ("show", "stream", "kind"),
    [
        (None, io.StringIO(), Silent),
        (None, Terminal(), Plain),
        (True, io.StringIO(), Lines),
        (True, Terminal(), Plain),
        (False, Terminal(), Silent),
        (None, None, Silent),
        (True, None, Silent),
    ],
)
def test_a_terminal_or_the_caller_decides(
    monkeypatch: pytest.MonkeyPatch, show: bool | None, stream: Any, kind: type
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    assert type(make_progress(show, 100)) is kind


@pytest.mark.parametrize("show", [None, True])
def test_tqdm_is_used_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, with_tqdm: type[FakeBar], show: bool | None
) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    display = make_progress(show, 1000)
    assert type(display) is Tqdm
    display.update(300, 0.0125, None)
    display.update(1000, 0.01, 1.5)
    display.close()
    (bar,) = with_tqdm.made
    assert bar.options["total"] == 1000
    assert bar.options["file"] is stream
    assert bar.options["unit"] == "word"
    assert bar.n == 1000
    assert bar.postfixes == ["alpha 0.01250", "alpha 0.01000, loss 1.5000"]
    assert bar.closed


@pytest.mark.parametrize("fails", [False, True])
def test_a_model_moves_the_bar_to_its_end_and_closes_it(
    monkeypatch: pytest.MonkeyPatch, with_tqdm: type[FakeBar], fails: bool
) -> None:
    class Callback:
        def on_train_end(self, model: Word2Vec) -> None:
            if fails:
                raise KeyError

    monkeypatch.setattr(sys, "stderr", Terminal())
    sentences = topic_sentences()
    options: dict[str, Any] = {"min_count": 1, "sample": 0, "vector_size": 8, "alpha": 0.05, "min_alpha": 0.02}
    try:
        Word2Vec(sentences, progress=True, compute_loss=True, callbacks=[Callback()], epochs=2, **options)
    except KeyError:
        assert fails
    (bar,) = with_tqdm.made
    assert bar.options["total"] == bar.n == 2 * 2700
    assert bar.closed
    assert re.fullmatch(r"alpha 0.02000, loss \d\.\d{4}", bar.postfixes[-1])


def test_progress_is_the_callers_choice_in_the_constructor_and_in_train(
    monkeypatch: pytest.MonkeyPatch, with_tqdm: type[FakeBar]
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    sentences = topic_sentences()
    model = Word2Vec(sentences, progress=False, min_count=1, sample=0, epochs=1)
    assert not with_tqdm.made
    model.train(sentences, progress=False)
    assert not with_tqdm.made
    model.train(sentences)
    assert len(with_tqdm.made) == 1


# ---- the plain line ----


def test_the_line_tells_share_speed_learning_rate_loss_and_time_left(clock: Clock) -> None:
    stream = Terminal()
    line = Plain(1_000_000, stream)
    clock.now += 1.0
    line.update(250_000, 0.02, 2.25)
    assert stream.getvalue().startswith("\r 25.0%  250 k words/s  alpha 0.02000  loss 2.2500  0:03 left")
    line.close()
    assert stream.getvalue().endswith("\n")


def test_the_line_is_written_over(clock: Clock) -> None:
    stream = Terminal()
    line = Plain(10**10, stream)
    clock.now += 1
    line.update(1_234_000, 0.025, None)
    clock.now += 0.1
    line.update(1_500_000, 0.025, None)  # too soon
    clock.now += 0.9
    line.update(2_000_000, 0.0249, None)
    first, second = stream.getvalue().split("\r")[1:]
    assert first.rstrip() == "  0.0%  1,234 k words/s  alpha 0.02500  2:15:03 left"
    assert second.rstrip() == "  0.0%  1,000 k words/s  alpha 0.02490  2:46:38 left"
    assert len(second) >= len(first.rstrip())


def test_a_short_run_stays_quiet(clock: Clock) -> None:
    stream = Terminal()
    line = Plain(100, stream)
    clock.now += 0.3
    line.update(100, 0.1, None)
    line.close()
    assert stream.getvalue() == ""


def test_nothing_done_yet_is_no_trouble(clock: Clock) -> None:
    stream = Terminal()
    line = Plain(100, stream)
    clock.now += 1
    line.update(0, 0.1, None)
    assert "0 k words/s" in stream.getvalue()


# ---- lines in a log ----


def test_a_log_gets_a_line_for_each_tenth_of_the_run(clock: Clock) -> None:
    stream = io.StringIO()
    lines = Lines(1_000_000, stream)
    for words in range(0, 1_000_001, 10_000):
        clock.now += 0.1
        lines.update(words, 0.02, 2.25)
    lines.close()
    written = stream.getvalue()
    assert "\r" not in written
    assert written.endswith("\n")
    assert [line.split()[0] for line in written.splitlines()] == [f"{share}.0%" for share in range(10, 101, 10)]
    assert written.splitlines()[0] == " 10.0%  91 k words/s  alpha 0.02000  loss 2.2500  0:10 left"


def test_a_log_gets_a_line_a_minute_of_a_long_run(clock: Clock) -> None:
    stream = io.StringIO()
    lines = Lines(10**12, stream)
    for second in range(1, 301):
        clock.now += 1
        lines.update(second * 10_000, 0.02, None)
    lines.saved(10**11)
    clock.now += 60
    lines.update(3_600_000, 0.02, None)
    written = stream.getvalue().splitlines()
    assert len(written) == 6
    assert written[-1].endswith("left, saved at 10.0%")


def test_a_short_run_leaves_no_line_in_a_log(clock: Clock) -> None:
    stream = io.StringIO()
    lines = Lines(100, stream)
    clock.now += 0.3
    lines.update(100, 0.1, None)
    lines.close()
    assert stream.getvalue() == ""


# ---- a whole run ----

CHILD = """
import sys, time
sys.modules["tqdm"] = sys.modules["tqdm.auto"] = None
from fastemb import Word2Vec

class Slow:
    def on_epoch_end(self, model):
        time.sleep(0.3)

Word2Vec([["a", "b", "c"]] * 2000, min_count=1, sample=0, epochs=4, compute_loss=True, callbacks=[Slow()])
"""


@pytest.mark.integration
def test_a_run_is_silent_when_standard_error_is_no_terminal() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.integration
@pytest.mark.skipif(os.name != "posix", reason="there are no pseudo-terminals")
def test_a_run_shows_a_line_on_a_terminal(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other side has closed it
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(timeout=60) == 0
    lines = [line.strip() for line in shown.decode().replace("\r\n", "").split("\r") if line.strip()]
    assert lines
    for line in lines:
        assert re.fullmatch(r"\d+\.\d%  [\d,]+ k words/s  alpha 0\.\d{5}  loss \d+\.\d{4}  0:\d\d left", line)
    assert shown.endswith(b"\r\n")


@pytest.mark.parametrize(("shell", "shown"), [("kernel", True), ("terminal", False), (None, False), ("absent", False)])
def test_a_notebook_shows_progress_by_default(
    shell: str | None, shown: bool, monkeypatch: pytest.MonkeyPatch, without_tqdm: None
) -> None:
    made = {"kernel": types.SimpleNamespace(kernel=object()), "terminal": types.SimpleNamespace()}.get(shell or "")
    module = types.ModuleType("IPython")
    module.get_ipython = lambda: made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", module)
    if shell == "absent":
        monkeypatch.delitem(sys.modules, "IPython")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(progress.make_progress(None, 100), progress.Notebook) == shown
    assert isinstance(progress.make_progress(False, 100), Silent)
    assert isinstance(progress.make_progress(False, 100), progress.Silent)
