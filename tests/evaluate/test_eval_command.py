"""``fastemb eval``: what it prints, and its exit status."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fastemb import KeyedVectors
from fastemb.cli import main
from fastemb.evaluate import judge

FILES = {
    "analogies.txt": ": s\na b c d\nb a d c\n: t\nc d a zz\n",
    "pairs.csv": "word1,word2,score\na,b,3\nb,c,2\nc,d,1\na,d,5\n",
    "odd.txt": "a b c\nb c d e\n",
    "classes.txt": "a x\nb x\nc y\nd y\ne y\n",
    "none.txt": "zz yy 1\nyy xx 2\nxx zz 3\n",
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text)
    for name, seed in (("one", 1), ("two", 2)):
        rows = np.random.default_rng(seed).normal(size=(5, 4)).astype(np.float32)
        KeyedVectors._from_arrays(list("abcde"), rows).save(f"{name}.safetensors")


FILE_OF = {
    "--analogies": "analogies.txt",
    "--similarity": "pairs.csv",
    "--odd-one-out": "odd.txt",
    "--categories": "classes.txt",
}
ALL = [part for option in FILE_OF.items() for part in option]
QUESTIONS = {"analogies": "analogies.txt", "similarity": "pairs.csv", "odd_one_out": "odd.txt"}


@pytest.mark.parametrize("models", [["one.safetensors"], ["one.safetensors", "two.safetensors"]])
def test_it_prints_what_judge_gives(models: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    vectors = {name: KeyedVectors.load(name) for name in models}
    expected = judge(vectors, **QUESTIONS, categories="classes.txt")
    assert main(["eval", *models, *ALL]) == 0
    assert capsys.readouterr().out == f"{expected}\n"
    assert main(["eval", *models, *ALL, "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows == expected.rows()
    assert len(rows) == len(expected.scores) * (1 if len(models) == 1 else 1.5)


@pytest.mark.parametrize(
    ("option", "arguments"),
    [
        (["--method", "3cosmul"], {"method": "3cosmul"}),
        (["--unknown-wrong"], {"dummy4unknown": True}),
        (["--restrict-vocab", "4"], {"restrict_vocab": 4}),
        (["--case-sensitive"], {"case_insensitive": False}),
        (["--confidence", "0.5"], {"confidence": 0.5}),
        (["--seed", "3"], {"seed": 3}),
    ],
)
def test_options(option: list[str], arguments: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    expected = judge({"one.safetensors": KeyedVectors.load("one.safetensors")}, **QUESTIONS, **arguments)
    assert main(["eval", "one.safetensors", *ALL[:-2], *option, "--json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == expected.rows()


def test_questions_from_standard_input() -> None:
    command = [sys.executable, "-m", "fastemb", "eval", "one.safetensors", "--analogies", "-", "--json"]
    done = subprocess.run(command, input=FILES["analogies.txt"], capture_output=True, text=True, check=True)
    assert [json.loads(line)["asked"] for line in done.stdout.splitlines()] == [2, 1, 3]


def test_nothing_that_is_known_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "one.safetensors", "--similarity", "none.txt", "pairs.csv"]) == 1
    out, err = capsys.readouterr()
    assert "0 of         3" in out
    assert err == "fastemb: none.txt: there are not enough questions of which all words are known\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["one.safetensors"], "nothing to evaluate: give --analogies FILE, --similarity FILE"),
        (["one.safetensors", "one.safetensors", *ALL], "the same file of vectors is named twice"),
        (["one.safetensors", "--analogies", "nope"], "nope: there is no such file"),
        (["one.safetensors", "--analogies", "-", "--similarity", "-"], "can be read once only"),
        (["one.safetensors", *ALL, "--confidence", "95"], "--confidence must be between 0 and 1, not 95.0"),
        (["one.safetensors", "--similarity", "odd.txt"], "odd.txt: line 2: 'd' is no score"),
    ],
)
def test_what_it_refuses(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", *arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_a_file_is_read_before_questions_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastemb.evaluate.judging.answer_analogies", lambda *_, **__: pytest.fail("answered"))
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert main(["eval", "one.safetensors", "--analogies", "analogies.txt", "--similarity", "odd.txt"]) == 1
