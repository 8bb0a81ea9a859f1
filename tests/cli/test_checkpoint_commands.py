"""``fastemb train`` and ``fastemb items train`` with checkpoints, and from them."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.called import status_of

from fastemb import Item2Vec, Word2Vec
from fastemb.train.hogwild import Hogwild

Run = Callable[..., tuple[int, str]]
NUMBERS = np.random.default_rng(3).zipf(1.3, (300, 15)) % 50
TRAIN = ("train", "t.txt", "-o", "v.txt", "-t", 1, "-e", 3, "-d", 10, "--checkpoint", "c", "--checkpoint-every", "1w")
ITEMS = (
    *("items", "train", "t.txt", "--baskets", "-o", "m", "--workers", 1, "--epochs", 3, "--vector-size", 10),
    *("--checkpoint", "c", "--checkpoint-every", "1w"),
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Call ``main`` in a folder with a text; its status, and what it prints to standard error."""
    monkeypatch.chdir(tmp_path)
    lines = [" ".join(f"W{word}" for word in row) for row in NUMBERS.tolist()]
    Path("t.txt").write_text("\n".join(lines), encoding="utf-8")

    return lambda *arguments: (status_of(*arguments), capsys.readouterr().err)


@pytest.fixture
def cut_short(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets the epoch of this number be broken off by Ctrl-C."""
    real, left = Hogwild.train_epoch, [0]

    def train_epoch(self: Hogwild, *arguments: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            signal.raise_signal(signal.SIGINT)
        real(self, *arguments)

    monkeypatch.setattr(Hogwild, "train_epoch", train_epoch)
    return lambda epoch: left.__setitem__(0, epoch)


READING = {
    "plain": (),
    "options": ("--lower", "--token-pattern", r"\w+", "--max-sentence-length", 7, "--min-count", 2),
    "phrases": ("--phrases", "--phrase-threshold", "1,2", "--connector-words", "of.txt", "--save-phrases", "p"),
    "cache": ("--cache", "cache"),
    "model": ("--model", "cbow", "--loss", "hs", "--window", 2, "--seed", 7, "--sample", 0.01),
}


@pytest.mark.parametrize("reading", READING)
def test_training_that_was_interrupted_goes_on_to_the_same_vectors(
    reading: str, run: Run, cut_short: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("of.txt").write_text("of\n", encoding="utf-8")
    assert run(*TRAIN, *READING[reading])[0] == 0
    wanted = Path("v.txt").read_bytes()
    Path("c").unlink()
    cut_short(2)
    status, errors = run(*TRAIN, *READING[reading])
    assert status == 130
    assert "interrupted; saving what was learned so far\n" in errors
    assert errors.endswith("go on later by: fastemb train --resume c -o v.txt\n")
    Path("v.txt").unlink()
    folder = Path.cwd()
    (folder / "other").mkdir()
    monkeypatch.chdir(folder / "other")
    cut_short(2)  # once more
    assert run("train", "--resume", "../c", "-o", "../v.txt")[0] == 130
    status, errors = run("train", "--resume", "../c", "-o", "../v.txt", "--save-model", "../model")
    assert (status, Path("../v.txt").read_bytes()) == (0, wanted)
    assert Word2Vec.load("../model").epochs == 3
    status, errors = run("train", "--resume", "../c", "-o", "again.txt")
    assert status == 0
    assert errors.startswith("training had ended: nothing is left to do but to save\n")
    assert Path("again.txt").read_bytes() == wanted


def test_items_go_on_to_the_same_vectors(run: Run, cut_short: Callable[[int], None]) -> None:
    Path("titles").write_text("W1,The first\n", encoding="utf-8")
    extra = ("--titles", "titles", "--titles-sep", ",")
    assert run(*ITEMS, *extra)[0] == 0
    wanted = Item2Vec.load("m")
    Path("c").unlink()
    cut_short(5)  # the second epoch of the second kind
    status, errors = run(*ITEMS, *extra)
    assert status == 130
    assert errors.endswith("go on later by: fastemb items train --resume c -o m\n")
    cut_short(1)
    assert run("items", "train", "--resume", "c", "-o", "m")[0] == 130
    assert run("items", "train", "--resume", "c", "-o", "m", "-q") == (0, "")
    found = Item2Vec.load("m")
    assert found.wv.vectors.tobytes() == wanted.wv.vectors.tobytes()
    assert found.wv_out.vectors.tobytes() == wanted.wv_out.vectors.tobytes()
    assert found.titles == wanted.titles == {"W1": "The first"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--resume", "c", "-o", "v", "--window", 3], "--window has no effect beside --resume"),
        (["train", "--resume", "c", "-o", "v", "--lower"], "--lower has no effect beside --resume"),
        (["train", "--resume", "c", "-o", "v", "--checkpoint", "d"], "leave --checkpoint out"),
        (["train", "--resume", "t.txt", "-o", "v"], "t.txt: not a safetensors file"),
        (["train", "--resume", "absent", "-o", "v"], "absent"),
        (["train", "--resume", "m", "-o", "v"], "m: no checkpoint, but a model that was saved"),
        (["train", "--resume", "c", "-o", "c"], "also the input"),
        (["train", "other.txt", "--resume", "c", "-o", "v"], "c: this is not the text that the checkpoint was made"),
        (["train", "t.txt", "-o", "v", "--checkpoint", "t.txt"], "also the input"),
        (["train", "t.txt", "-o", "v", "--checkpoint", "m"], "m: holds something else than a checkpoint"),
        (["train", "t.txt", "-o", "v", "--checkpoint", "no/c"], "the folder"),
        (["train", "t.txt", "-o", "v", "--checkpoint", "c"], "go on from it by --resume c, without the text"),
        (["train", "t.txt", "-o", "v", "--checkpoint-every", "3s"], "--checkpoint-every 3s needs a file"),
        (["train", "t.txt", "-o", "v", "--checkpoint", "d", "--checkpoint-every", "3"], "say what that counts"),
        (["train", "t.txt", "-o", "v", "--checkpoint", "d", "--checkpoint-every", "x"], "--checkpoint-every x is not"),
        (["items", "train", "--resume", "c", "-o", "m2"], "holds no Item2Vec"),
        (["items", "train", "--resume", "c", "-o", "m2", "--sg", 1], "--sg has no effect beside --resume"),
        (["items", "train", "t.txt", "--resume", "c", "-o", "m2"], "table has no effect beside --resume"),
    ],
)
def test_mistakes_are_told(arguments: list[Any], message: str, run: Run, cut_short: Callable[[int], None]) -> None:
    Path("other.txt").write_text("W1 W2 W3\n" * 10, encoding="utf-8")
    assert run("train", "t.txt", "-o", "v0.txt", "-e", 1, "-d", 5, "--save-model", "m")[0] == 0
    cut_short(2)
    assert run(*TRAIN)[0] == 130
    files = {path.name: path.read_bytes() for path in Path().iterdir()}
    status, errors = run(*arguments)
    assert status == 1
    assert message in errors
    assert errors.startswith("fastemb: error: ")
    assert len(errors.splitlines()) == 1
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == files


@pytest.mark.parametrize("command", [["train", "-o", "v"], ["items", "train", "-o", "v"]])
def test_something_to_learn_from_must_be_named(command: list[str], run: Run) -> None:
    status, errors = run(*command)
    assert status == 2
    assert "(or --resume)" in errors


def test_standard_input_is_asked_for_again(
    run: Run, cut_short: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def given() -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("t.txt").read_bytes())))

    arguments = ["train", "-", *TRAIN[2:], "--lower"]
    given()
    assert run(*arguments)[0] == 0
    wanted = Path("v.txt").read_bytes()
    Path("c").unlink()
    given()
    cut_short(2)
    assert run(*arguments)[0] == 130
    status, errors = run("train", "--resume", "c", "-o", "v.txt")
    assert (status, errors) == (
        1,
        "fastemb: error: c: the text came from standard input: give it again, as - beside --resume\n",
    )
    given()
    assert run("train", "-", "--resume", "c", "-o", "v.txt")[0] == 0
    assert Path("v.txt").read_bytes() == wanted


@pytest.mark.integration
@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_command_that_was_killed_goes_on(number: signal.Signals, run: Run) -> None:
    epochs = [str(one) for one in TRAIN]
    epochs[epochs.index("-e") + 1] = "300"
    epochs[epochs.index("1w")] = "0.02s"
    assert run(*epochs)[0] == 0
    wanted = Path("v.txt").read_bytes()
    Path("c").unlink()
    process = subprocess.Popen([sys.executable, "-m", "fastemb", *epochs], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not Path("c").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(0.05)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode in (-number, 128 + number)
    assert run("train", "--resume", "c", "-o", "v.txt")[0] == 0
    assert Path("v.txt").read_bytes() == wanted
