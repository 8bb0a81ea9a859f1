"""``python -m fastemb`` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration


def fastemb(folder: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fastemb", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, **options)  # type: ignore


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A folder with text.txt and vectors.bin."""
    text = "the quick brown fox jumps over the lazy dog\n" * 100
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    done = fastemb(tmp_path, "train", "text.txt", "-o", "vectors.bin", "--sample", "0", "-d", "8")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert len(done.stderr.splitlines()) == 2  # no progress: this is no terminal
    return tmp_path


def test_train_then_ask(trained: Path) -> None:
    done = fastemb(trained, "similar", "vectors.bin", "-n", "3", input="fox\ndog\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 8
    done = fastemb(trained, "info", "vectors.bin")
    assert "8 of 8 dimensions" in done.stdout


def test_errors_and_wrong_usage(trained: Path) -> None:
    done = fastemb(trained, "similar", "vectors.bin", "FOX")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "fastemb: 'FOX' is not in the vocabulary; did you mean 'fox'?\n"
    done = fastemb(trained, "info", "absent")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("fastemb: error: ")
    assert len(done.stderr.splitlines()) == 1
    done = fastemb(trained, "train")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: fastemb train")


def test_version(tmp_path: Path) -> None:
    done = fastemb(tmp_path, "--version")
    assert done.returncode == 0
    assert done.stdout.startswith("fastemb ")


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
@pytest.mark.parametrize("words", [1, 50_000])
def test_a_reader_that_has_seen_enough_is_no_error_to_talk_about(trained: Path, words: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "fastemb", "similar", "vectors.bin", "-n", "3"]
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(
            command,
            cwd=trained,
            env=environment,
            input="fox\n" * words,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (1, "")
