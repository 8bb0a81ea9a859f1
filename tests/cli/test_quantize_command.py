"""``fastemb quantize``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.called import status_of

import fastemb.fasttext

TEXT = "".join(f"__label__{number % 2} word{number % 7 + 7 * (number % 2)} and more\n" for number in range(100))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT)
    Path("other.txt").write_text("no labels here\n")
    made = fastemb.fasttext.train_supervised("text.txt", dim=8, wordNgrams=2, bucket=2000, lr=0.5, verbose=0, thread=1)
    made.save_model("model.bin")
    return "model.bin"


def quantize(*arguments: str) -> int:
    return status_of("quantize", *arguments)


def test_models_become_smaller(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert quantize(model, "-o", "small.ftz", "--qnorm", "--qout", "--dsub", "4", "--workers", "1") == 0
    assert "times smaller than model.bin" in capsys.readouterr().err
    small = fastemb.fasttext.load_model("small.ftz")
    assert small.is_quantized()
    assert small.test("text.txt")[1] > 0.9


def test_some_rows_are_kept_and_trained_again(model: str) -> None:
    options = "--cutoff 30 --retrain text.txt --epochs 2 --alpha 0.1 --workers 1"
    assert quantize(model, "-o", "small.ftz", *options.split()) == 0
    small = fastemb.fasttext.load_model("small.ftz")
    assert small._state.inputs.shape[0] == 30
    assert small.test("text.txt")[1] > 0.9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("no.bin -o x", "no.bin"),
        ("text.txt -o x", "no model of fastText"),
        ("model.bin", "-o"),
        ("model.bin -o model.bin", "model.bin"),
        ("model.bin -o no/x.ftz", "no"),
        ("model.bin -o x --retrain text.txt", "--retrain trains what --cutoff keeps"),
        ("model.bin -o x --cutoff 0", "--cutoff"),
        ("model.bin -o x --qnrom", "--qnorm"),
        ("model.bin -o x --cutoff 9 --retrain other.txt", "no text has a label that the model knows"),
    ],
)
def test_what_cannot_be_done(arguments: str, message: str, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert quantize(*arguments.split()) != 0
    assert message in capsys.readouterr().err
    assert not Path("x").exists()
