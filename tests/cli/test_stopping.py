"""Ctrl-C, SIGTERM and SIGHUP end every command alike: one line, one exit status, and nothing half-written."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from interrupts import Moments

from fastemb import Item2Vec
from fastemb.cli import main

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them"),
]

NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
PARTS = 40
PATIENCE = 60.0  # seconds, on a slow machine
TEXT = "the quick brown fox jumps over the lazy dog\n"
TABLE = "user,item\n" + "".join(f"u{number % 7},i{number % 5}\n" for number in range(40))
READING = {  # each reads from the pipe
    "train": ["train", "pipe", "-o", "out"],
    "corpus": ["corpus", "build", "pipe", "-o", "out"],
    "items": ["items", "train", "pipe", "-o", "out", "--session", "user", "--item", "item"],
}
READ = {"train": TEXT, "corpus": TEXT, "items": TABLE}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def started(*arguments: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fastemb", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)  # type: ignore


def stop_training(process: subprocess.Popen[str], number: int, checkpoint: str) -> list[str]:
    """Send a signal twice to a process that trains, as it wrote its first checkpoint; return what it then says."""
    end = time.monotonic() + PATIENCE
    while not os.path.exists(checkpoint) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGSTOP)  # so that it meets both at once, which are one then
    process.send_signal(number)
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number
    assert "\ngo on later by: " in errors
    return errors[: errors.index("go on later by: ")].splitlines()


def unread(pipe: int) -> int:
    """Bytes in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("command", READING)
def test_a_command_that_reads_ends_with_a_line(command: str, number: int) -> None:
    os.mkfifo("pipe")
    pipe = os.open("pipe", os.O_RDWR)
    process = started(*READING[command])
    try:
        os.write(pipe, READ[command].encode())
        end = time.monotonic() + PATIENCE
        while unread(pipe) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
        os.close(pipe)
    assert (process.returncode, output, errors) == (128 + number, "", "fastemb: interrupted\n")
    assert os.listdir() == ["pipe"]


@pytest.mark.parametrize("number", NUMBERS)
def test_training_saves_what_was_learned(number: int) -> None:
    Path("text").write_text(TEXT * 2000, encoding="utf-8")
    options = ["-e", "1000000", "--sample", "0", "--save-model", "model", "--checkpoint", "checkpoint"]
    lines = stop_training(started("train", "text", "-o", "out.txt", *options), number, "checkpoint")
    assert lines[0].startswith("read ")
    assert lines[1] == "interrupted; saving what was learned so far"
    assert [line.partition(" to ")[0] for line in lines[2:]] == ["saved 8 vectors", "saved the model"]
    assert Path("out.txt").read_text(encoding="utf-8").startswith("8 100\n")


@pytest.mark.parametrize("number", NUMBERS)
def test_training_of_items_saves_what_was_learned(number: int) -> None:
    Path("table.csv").write_text(TABLE, encoding="utf-8")
    Path("titles.csv").write_text("i1,one\n", encoding="utf-8")
    named = ["--session", "user", "--item", "item", "--titles", "titles.csv"]
    options = ["-o", "out.safetensors", "--epochs", "10000000", "--checkpoint", "checkpoint"]
    lines = stop_training(started("items", "train", "table.csv", *named, *options), number, "checkpoint")
    assert lines[0].startswith("read ")
    assert lines[1:] == ["interrupted; saving what was learned so far", "saved vectors of 5 items to out.safetensors"]
    model = Item2Vec.load("out.safetensors")
    assert model.titles == {"i1": "one"}
    assert model.wv_out.vectors.any()  # they begin as 0
    assert model.recommend(user="u1", n=1, exclude_history=False)


def test_items_are_saved_when_saving_them_is_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("table.csv").write_text(TABLE, encoding="utf-8")
    save = Item2Vec.save

    def interrupted(model: Item2Vec, *args: object, **options: object) -> None:
        monkeypatch.setattr(Item2Vec, "save", save)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Item2Vec, "save", interrupted)
    asked = ["items", "train", "table.csv", "--session", "user", "--item", "item", "-o", "out", "--epochs", "1", "-q"]
    assert main(asked) == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "interrupted; saving what was learned so far\n"
    assert len(Item2Vec.load("out").wv) == 5


@pytest.mark.parametrize("options", [[], ["-q"]])
def test_training_is_saved_when_its_terminal_is_closed(options: list[str]) -> None:
    Path("text").write_text(TEXT * 2000, encoding="utf-8")
    command = ["-m", "fastemb", "train", "text", "-o", "out.txt", "-e", "1000000", "--sample", "0", *options]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, *command])
    if options:
        time.sleep(5)
    else:
        assert os.read(terminal, 1000).startswith(b"read ")
        time.sleep(0.5)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 128 + signal.SIGHUP
    assert Path("out.txt").read_text(encoding="utf-8").startswith("8 100\n")


def test_what_the_process_ignores_stays_ignored() -> None:
    Path("text").write_text(TEXT * 2000, encoding="utf-8")

    def nohup() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = started("train", "text", "-o", "out", "-e", "1000000", "--sample", "0", preexec_fn=nohup)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("read ")
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM


def test_an_interrupt_that_became_another_error_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Python 3.11 makes a RuntimeError of what is raised while a class is made."""

    def interrupted(called: str) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt as error:
            raise RuntimeError("Error calling __set_name__") from error

    monkeypatch.setattr("fastemb.cli.parser.command_line", interrupted)
    assert main(["info"]) == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "fastemb: interrupted\n"


SWEPT = {
    "train": ["train", "text", "-o", "out.txt", "-d", "3", "-e", "1", "--sample", "0", "--workers", "1"],
    "corpus": ["corpus", "build", "text", "-o", "out"],
    "similar": ["similar", "vectors.txt", "fox"],
    "convert": ["convert", "vectors.txt", "out"],
    "info": ["info", "vectors.txt"],
    "items": ["items", "train", "table.csv", "-o", "out", "--session", "user", "--item", "item", "--epochs", "1"],
    "help": ["--help"],
    "error": ["info", "absent"],
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # of files
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("command", SWEPT)
def test_an_interrupt_at_any_line_ends_with_a_line(command: str, part: int, capsys: pytest.CaptureFixture[str]) -> None:
    """In this process, where handlers are as before afterwards."""
    Path("text").write_text(TEXT * 10, encoding="utf-8")
    Path("table.csv").write_text(TABLE, encoding="utf-8")
    Path("vectors.txt").write_text("2 2\nfox 1 2\ndog 2 1\n", encoding="utf-8")
    assert main(SWEPT["train"]) == 0  # what is imported is imported whole
    with contextlib.suppress(SystemExit):
        main(SWEPT[command])
    usual, at, ends = signal.getsignal(signal.SIGINT), part, 0
    while True:
        status: object = None
        moments = Moments(at)
        try:
            with moments:
                status = main(SWEPT[command])
        except KeyboardInterrupt:
            assert "/cli/" in moments.where, moments.where  # before signals are heard, or after
        except SystemExit as error:
            status = error.code
        errors = capsys.readouterr().err
        assert "Traceback" not in errors, (moments.where, errors)
        signal.signal(signal.SIGINT, usual)
        if status == 128 + signal.SIGINT:
            ends += 1
            if "saving what was learned" not in errors:
                assert errors.splitlines()[-1] == "fastemb: interrupted", moments.where
        else:
            known = not moments.where or status is None or moments.lost or "/cli/" in moments.where
            assert known, moments.where
        if not moments.where:
            break
        at += PARTS
    assert ends > 0


def test_an_interrupt_after_the_command_leaves_no_signal_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """As SIGINT does that comes just after its handler was put back."""
    before = [signal.getsignal(number) for number in NUMBERS]
    put = signal.signal

    def then_interrupted(number: int, handler: object) -> object:
        old = put(number, handler)  # type: ignore[arg-type]
        if number == signal.SIGINT and handler is before[0]:
            raise KeyboardInterrupt
        return old

    monkeypatch.setattr("fastemb.cli.stopping.signal.signal", then_interrupted)
    with contextlib.suppress(KeyboardInterrupt):
        main(["info"])
    monkeypatch.undo()
    try:
        assert [signal.getsignal(number) for number in NUMBERS] == before
    finally:
        for number, handler in zip(NUMBERS, before, strict=True):
            put(number, handler)
