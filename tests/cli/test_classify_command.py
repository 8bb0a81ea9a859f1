"""``fastemb classify``: labels of texts from the command line."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fastemb import TextClassifier, fasttext
from fastemb.cli import main
from fastemb.fasttext.model import FastTextModel
from fastemb.io.formats.fasttext_parts import SKIPGRAM


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    path = tmp_path / "train.txt"
    lines = [
        f"__label__{'ab'[n % 2]} " + " ".join(f"{'ab'[n % 2]}{k}" for k in rng.integers(0, 9, 6)) for n in range(99)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["model", "model.bin"])
def test_train_test_and_predict(
    name: str, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = str(tmp_path / name)
    options = ["--vector-size", "8", "--epochs", "20", "--alpha", "0.5", "--workers", "1"]
    assert main(["classify", "train", str(texts), "-o", model, *options]) == 0
    assert "saved a model of 2 labels" in capsys.readouterr().err
    assert main(["classify", "test", model, str(texts), "--per-label"]) == 0
    shown = capsys.readouterr().out
    assert "precision  1.0000" in shown
    assert shown.splitlines()[-1].split() == ["1.0000", "1.0000", "1.0000", "49", "b"]
    assert main(["classify", "test", model, str(texts)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["texts", "precision", "recall", "F1"]
    assert main(["classify", "test", model, str(texts), "--json", "-k", "2"]) == 0
    assert json.loads(capsys.readouterr().out)["precision"] == 0.5
    monkeypatch.setattr("sys.stdin", io.StringIO("a1 a2\nb1\n\n"))
    assert main(["classify", "predict", model]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["a", "b"]
    lines = tmp_path / "lines"
    lines.write_text("a1\n\nb2 b3", encoding="utf-8")
    assert main(["classify", "predict", model, str(lines), "-k", "2", "--probabilities"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [len(row) for row in rows] == [4, 4, 4]
    assert (rows[0][0], rows[2][0]) == ("a", "b")
    assert float(rows[0][1]) + float(rows[0][3]) == pytest.approx(1, abs=1e-4)
    assert main(["classify", "predict", model, str(lines), "-k", "2"]) == 0
    assert capsys.readouterr().out == "".join(f"{row[0]}\t{row[2]}\n" for row in rows)
    best = sorted(float(row[1]) for row in rows)
    least = (best[0] + best[-1]) / 2  # the empty line has the lowest
    assert main(["classify", "predict", model, str(lines), "-k", "2", "--threshold", str(least)]) == 0
    sure = ["\t".join(row[k] for k in (0, 2) if float(row[k + 1]) >= least) for row in rows]
    assert "" in sure
    assert capsys.readouterr().out.split("\n") == [*sure, ""]
    written = tmp_path / "labels.txt"
    assert main(["classify", "predict", model, str(lines), "-k", "2", "--probabilities", "-o", str(written)]) == 0
    assert [line.split("\t") for line in written.read_text(encoding="utf-8").splitlines()] == rows
    assert main(["classify", "predict", model, "-o", str(written)]) == 1
    assert "--output is for a file of texts; redirect what standard input gives" in capsys.readouterr().err
    assert main(["classify", "predict", model, str(lines), "-o", str(lines)]) == 1
    assert "also the input" in capsys.readouterr().err
    assert main(["classify", "predict", model, str(lines), "--threshold", "1"]) == 0
    assert capsys.readouterr().out == "\n\n\n"
    assert main(["classify", "predict", model, str(lines), "--threshold", "1.1"]) == 1
    assert "--threshold must be a probability, from 0 to 1, not 1.1" in capsys.readouterr().err


def test_what_it_saves_is_what_python_makes(texts: Path, tmp_path: Path) -> None:
    command = ["classify", "train", str(texts), "-o", str(tmp_path / "m"), "--loss", "ova", "--workers", "1", "-q"]
    assert main([*command, "--word-ngrams", "2", "--bucket", "50", "--balanced"]) == 0
    same = TextClassifier(loss="ova", workers=1, word_ngrams=2, bucket=50, class_weight="balanced").fit_file(texts)
    there = TextClassifier.load(tmp_path / "m")
    assert (there.predict_proba(["a1 b1"]) == same.predict_proba(["a1 b1"])).all()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--loss", "softmx"], "did you mean 'softmax'"),
        (["--alpha", "nan"], "--alpha must be"),
        (["--label-prefix", "#"], "no word begins with '#'"),
        (["--text", "a"], "give labels, the column"),
    ],
)
def test_wrong_options_are_named(
    more: list[str], message: str, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["classify", "train", str(texts), "-o", str(tmp_path / "m"), "-q", *more]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "m").exists()


def test_wrong_files_are_named(texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, message in {str(texts): "no model of fastText", str(tmp_path / "absent"): "No such file"}.items():
        assert main(["classify", "predict", name, str(texts)]) == 1
        assert message in capsys.readouterr().err
    assert main(["classify", "train", str(texts), "-o", str(texts)]) == 1
    assert "also the input" in capsys.readouterr().err
    assert main(["classify", "train", str(texts), "-o", str(tmp_path / "m.ftz")]) == 1
    assert "save it as .bin" in capsys.readouterr().err


def test_predict_takes_a_quantised_model(
    texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fasttext.train_supervised(str(texts), dim=8, epoch=20, lr=0.5, thread=1, verbose=0)
    whole.quantize()
    small, lines = str(tmp_path / "small.ftz"), tmp_path / "lines"
    whole.save_model(small)
    lines.write_text("a1 a2\nb1 b2 b3\na3 b1", encoding="utf-8")
    assert main(["classify", "predict", small, str(lines)]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["a", "b"]
    assert main(["classify", "predict", small, str(lines), "-k", "2", "--probabilities"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    loaded = fasttext.load_model(small)
    for line, row in zip(lines.read_text("utf-8").split("\n"), rows, strict=True):
        labels, probabilities = loaded.predict(line, k=2)
        assert [f"__label__{row[0]}", f"__label__{row[2]}"] == list(labels)
        assert [float(row[1]), float(row[3])] == pytest.approx(probabilities, rel=1e-5)
    monkeypatch.setattr("sys.stdin", io.StringIO("b1\n"))
    assert main(["classify", "predict", small, "--threshold", "0.6"]) == 0
    assert capsys.readouterr().out == "b\n"
    assert main(["classify", "test", small, str(texts)]) == 1
    assert "was made smaller" in capsys.readouterr().err


def test_predict_refuses_a_quantised_model_without_labels(
    texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = fasttext.train_supervised(str(texts), dim=8, epoch=1, thread=1, verbose=0)
    words.quantize()
    held = words._state
    made = FastTextModel._of(replace(held, arguments=replace(held.arguments, model=SKIPGRAM)))
    made.save_model(str(tmp_path / "words.ftz"))
    assert main(["classify", "predict", str(tmp_path / "words.ftz"), str(texts)]) == 1
    assert "words.ftz: Model needs to be supervised" in capsys.readouterr().err
