"""``fastemb convert --to sentence-transformers``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cli.called import status_of

from fastemb import KeyedVectors, load_vectors
from fastemb.cli import main

KEYS = ["the", "new", "york", "new_york", "Old"]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    KeyedVectors._from_arrays(KEYS, rows, np.array([50, 20, 10, 5, 1])).save("wv.safetensors")
    return "wv.safetensors"


def convert(*arguments: str) -> int:
    return status_of("convert", *arguments, "--to", "sentence-transformers")


def test_a_folder(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(source, "model") == 0
    assert load_vectors("model").index_to_key == KEYS
    assert load_vectors("model").vectors.tolist() == load_vectors(source).vectors.tolist()
    said = capsys.readouterr().err
    assert "5 words, 1 of them phrases; texts are left in their case; 0 words are lost" in said


def test_options_are_those_of_the_method(source: str) -> None:
    options = "--weights sif --smoothing 1e-2 --remove 2 --pre-normalize --lower --delimiter - --token-pattern \\w+"
    assert convert(source, "model", *options.split()) == 0
    with pytest.warns(UserWarning, match="1 of 5 keys are left out"):
        load_vectors(source).save_sentence_transformers(
            "other",
            weights="sif",
            smoothing=1e-2,
            remove=2,
            pre_normalize=True,
            lower=True,
            delimiter="-",
            token_pattern=r"\w+",
        )
    for name in ("tokenizer.json", "model.safetensors", "config.json"):
        assert (Path("model") / name).read_bytes() == (Path("other") / name).read_bytes()


def test_what_is_lost_is_said(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(source, "model", "--lower") == 0
    said = capsys.readouterr().err
    assert "1 of 5 keys are left out" in said
    assert "'Old'" in said
    assert "1 words are lost" in said


def test_no_phrases(source: str) -> None:
    assert convert(source, "model", "--delimiter", "") == 0
    tokenizer = json.loads(Path("model/tokenizer.json").read_text())
    assert tokenizer["added_tokens"] == []
    assert "new_york" in tokenizer["model"]["vocab"]


def test_options_for_other_formats_are_refused(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", source, "x.txt", "--pre-normalize"]) == 1
    assert "--pre-normalize is for --to sentence-transformers" in capsys.readouterr().err
    assert not Path("x.txt").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--remove", "9"], "--remove must be at most 4"),
        (["--weights", "sif", "--smoothing", "0"], "--smoothing must be above 0"),
        (["--token-pattern", "("], "--token-pattern '(' is no regular expression"),
        (["--weights", "idf"], "invalid choice: 'idf'"),
    ],
)
def test_wrong_options(source: str, options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(source, "model", *options) != 0
    assert message in capsys.readouterr().err.replace("=", " ")
    assert not Path("model").exists()
