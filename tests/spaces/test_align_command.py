"""``fastemb align``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from fastemb import KeyedVectors
from fastemb.cli import main


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three models of each of two texts; the word w0 is elsewhere in the second."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    points = random.normal(size=(60, 4))
    other = points.copy()
    other[0] = -points[0]
    for number in range(6):
        turn = np.linalg.qr(random.normal(size=(4, 4)))[0]
        rows = ((points if number < 3 else other) + 0.05 * random.normal(size=(60, 4))) @ turn
        made = KeyedVectors._from_arrays([f"w{row}" for row in range(60)], rows.astype(np.float32))
        made.save(f"{number}.safetensors")
    return [f"{number}.safetensors" for number in range(6)]


def parts(files: list[str]) -> list[str]:
    return ["align", files[0], files[3], "--old", *files[1:3], "--new", *files[4:]]


def test_what_moved_comes_first_with_its_interval_and_neighbours(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*parts(files), "-n", "2", "--neighbours", "3"]) == 0
    output, errors = capsys.readouterr()
    assert errors == "60 words are in all files\n"
    lines = output.splitlines()
    assert lines[0].split() == ["change", "95%", "interval", "fdr", "word"]
    first = re.fullmatch(r" +([\d.]+) +([\d.]+) to +([\d.]+)  [\d.]+  w0", lines[1])
    assert first
    change, low, high = map(float, first.groups())
    assert 0 < low < change < high
    assert re.fullmatch(r" +old: w\d+, w\d+, w\d+", lines[2])
    assert re.fullmatch(r" +new: w\d+, w\d+, w\d+", lines[3])
    assert len(lines) == 7


def test_json_of_given_words(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*parts(files), "--json", "--words", "w5", "w0", "--neighbours", "2"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["key"] for row in rows] == ["w5", "w0"]
    assert set(rows[0]) == {"key", "change", "low", "high", "p", "fdr", "old", "new"}
    assert rows[1]["low"] > 0
    assert len(rows[1]["old"]) == 2


def test_two_files_have_no_intervals(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["align", files[0], files[3], "-n", "1", "--neighbours", "0", "--no-center"]) == 0
    assert re.fullmatch(r" +[\d.]+ +- +-  w0", capsys.readouterr().out.splitlines()[1])
    assert main(["align", files[0], files[3], "-n", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["low"] is None


def test_anchors_of_a_file(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("anchors.txt").write_text("".join(f"w{row}\n" for row in range(1, 30)) + "\n", encoding="utf-8")
    assert main([*parts(files), "--anchors", "anchors.txt", "-n", "1"]) == 0
    assert "w0" in capsys.readouterr().out
    Path("anchors.txt").write_text("W3\n", encoding="utf-8")
    assert main([*parts(files), "--anchors", "anchors.txt"]) == 1
    assert "the anchor 'W3' is missing" in capsys.readouterr().err


def test_mistakes(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["align", files[0], files[3], "--new", files[4]]) == 1
    assert "1 models of the old period and 2 of the new one" in capsys.readouterr().err
    assert main(["align", files[0], files[3], "--words", "W7"]) == 1
    assert "Key 'W7' is not in all of the aligned vectors" in capsys.readouterr().err
    for twice in ([files[0], files[0]], [files[0], files[3], "--old", files[0], "--new", files[4]]):
        assert main(["align", *twice]) == 1
        assert "the same file of vectors is named twice" in capsys.readouterr().err
