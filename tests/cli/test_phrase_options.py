"""Phrases in ``fastemb corpus build`` and ``fastemb train``."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from fastemb import ENGLISH_CONNECTOR_WORDS, Corpus, FrozenPhrases, Phrases, Word2Vec, load_vectors
from fastemb.cli import main

LINES = ["new york city is big", "the bank of america in new york", "a rare1 cat saw the bank of america", "new day"]
TEXT = "".join(f"{line}\n" for line in LINES * 40) + "once rare2 upon new york city\n"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT, encoding="utf-8")


def run(command: str) -> None:
    assert main(command.split()) == 0


def fails(capsys: pytest.CaptureFixture[str], command: str, message: str) -> None:
    before = sorted(os.listdir())
    assert main(command.split()) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("fastemb: error: ")
    assert message in errors
    assert sorted(os.listdir()) == before


def same(one: Corpus, other: Corpus) -> None:
    assert one.vocabulary.keys == other.vocabulary.keys
    assert one.vocabulary.counts.tolist() == other.vocabulary.counts.tolist()
    assert np.array_equal(one.ids, other.ids)
    assert np.array_equal(one.offsets, other.offsets)
    assert one.raw_words == other.raw_words


def joined(*thresholds: float, **options: object) -> Corpus:
    corpus = Corpus.from_file("text.txt")
    for threshold in thresholds:
        corpus = Phrases(corpus, threshold=threshold, **options)[corpus]  # type: ignore[arg-type]
    return corpus


def test_build_joins_phrases_before_rare_words_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    run("corpus build text.txt -o c --phrases --phrase-threshold 0.2 --min-count 2")
    count = len(Phrases(Corpus.from_file("text.txt"), threshold=0.2).export_phrases())
    assert capsys.readouterr().err.startswith(f"joined {count} different phrases\nc written: ")
    found = Corpus.open("c")
    same(found, joined(0.2).select(min_count=2))
    assert "new_york" in found.vocabulary
    assert "rare2" not in found.vocabulary
    assert sorted(os.listdir()) == ["c", "text.txt"]


@pytest.mark.parametrize("source", ["text.txt", "-", "whole"])
def test_every_option_reaches_the_phrases(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run("corpus build text.txt -o whole -q")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    options = (
        "--phrases --phrase-threshold 0.9,0.5 --phrase-scoring npmi --phrase-min-count 2 --connector-words english"
    )
    run(f"corpus build {source} -o c {options}")
    expected = joined(0.9, 0.5, scoring="npmi", min_count=2, connector_words=ENGLISH_CONNECTOR_WORDS)
    same(Corpus.open("c"), expected)
    assert "bank_of_america" in expected.vocabulary
    run(f"corpus build {source if source != '-' else 'text.txt'} -o d {options} --max-vocab-size 4")
    same(Corpus.open("d"), expected.select(max_vocab_size=4))


def test_one_threshold_for_all_passes_and_connector_words_of_a_file() -> None:
    Path("words").write_text("of\n in", encoding="utf-8-sig")
    run("corpus build text.txt -o c -q --phrases --phrase-threshold 0.3 --phrase-passes 3 --connector-words words")
    same(Corpus.open("c"), joined(0.3, 0.3, 0.3, connector_words=["of", "in"]))


@pytest.mark.parametrize("source", ["text.txt", "text.txt --cache kept", "whole"])
def test_training_learns_vectors_of_phrases(source: str) -> None:
    run("corpus build text.txt -o whole -q")
    for _ in range(2):  # the second time from the cache
        run(f"train {source} -o v -t 1 -d 8 -q --min-count 3 --phrases --phrase-threshold 0.2")
        found = load_vectors("v")
        expected = Word2Vec(joined(0.2), sg=1, vector_size=8, min_count=3, workers=1).wv
        assert found.index_to_key == expected.index_to_key
        assert np.array_equal(found.vectors, expected.vectors)
        assert "new_york" in found
    if "--cache" in source:
        same(Corpus.open("kept"), Corpus.from_file("text.txt"))


def test_saved_phrases_join_new_text_in_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    run("corpus build text.txt -o c --phrases --phrase-threshold 0.2 --save-phrases p.safetensors")
    assert " different phrases, saved to p.safetensors\n" in capsys.readouterr().err
    lines = [line.split() for line in TEXT.splitlines()]
    assert list(FrozenPhrases.load("p.safetensors")[lines]) == list(Corpus.open("c"))
    run("train text.txt -o v -q -d 4 --phrases --phrase-threshold 0.4,0.1 --save-phrases p.safetensors")
    for name in ("p.1.safetensors", "p.2.safetensors"):
        lines = list(FrozenPhrases.load(name)[lines])
    assert lines == list(joined(0.4, 0.1))


@pytest.mark.parametrize("command", ["train text.txt -o v", "corpus build text.txt -o c"])
@pytest.mark.parametrize(
    "option",
    [
        "--phrase-threshold 3",
        "--phrase-min-count 2",
        "--phrase-scoring npmi",
        "--phrase-passes 2",
        "--connector-words english",
        "--save-phrases p",
    ],
)
def test_options_without_phrases_are_refused(capsys: pytest.CaptureFixture[str], command: str, option: str) -> None:
    fails(capsys, f"{command} {option}", f"{option.split()[0]} has no effect without --phrases")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--phrase-scoring npmi", "needs --phrase-threshold"),
        ("--phrase-scoring npmi --phrase-threshold 2", "threshold must be between -1 and 1"),
        ("--phrase-threshold=-1", "threshold must be above 0"),
        ("--phrase-threshold 1,2 --phrase-passes 3", "has 2 numbers, and there are 3 passes"),
        ("--phrase-min-count 0", "min_count must be above 0"),
        ("--connector-words absent", "No such file"),
        ("--connector-words empty", "empty: there is no word in it"),
        ("--connector-words latin", "latin, line 1: connector words must be UTF-8"),
        ("--save-phrases text.txt", "also the input"),
        ("--save-phrases out", "also the input or another output"),
        ("--connector-words out", "also the input"),
        ("--save-phrases absent/p", "the folder"),
    ],
)
@pytest.mark.parametrize("command", ["train", "corpus build"])
def test_what_makes_no_sense_is_refused_at_once(
    capsys: pytest.CaptureFixture[str], command: str, options: str, message: str
) -> None:
    Path("empty").write_text("\n", encoding="utf-8")
    Path("latin").write_bytes(b"\xe9t\xe9")
    fails(capsys, f"{command} text.txt -o out --phrases {options}", message)


def test_wrong_numbers_are_wrong_usage() -> None:
    for option in ("--phrase-threshold=1,x", "--phrase-passes=0", "--phrase-scoring=z"):
        with pytest.raises(SystemExit) as stop:
            main(["train", "text.txt", "-o", "v", "--phrases", option])
        assert stop.value.code == 2


def test_a_corpus_without_its_rare_words_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    run("corpus build text.txt -o c --min-count 3 -q")
    for command in ("train c -o v", "corpus build c -o d"):
        fails(capsys, f"{command} --phrases", "lacks its rare words")


def test_what_is_no_corpus_is_not_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    Path("notes").write_text("mine", encoding="utf-8")
    fails(capsys, "corpus build text.txt -o notes --phrases", "notes: not an encoded corpus")
    assert Path("notes").read_text(encoding="utf-8") == "mine"
