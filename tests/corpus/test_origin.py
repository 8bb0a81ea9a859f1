"""A corpus from files knows how it is read again, by plain values, and gives the same ids then."""

from __future__ import annotations

import io
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fastemb import Corpus
from fastemb.corpus.corpus import read_again, read_corpus
from fastemb.corpus.vocabulary import Selection

TEXT = "The cat sat on the mat\nthe DOG sat, on the rug\n\na cat and a dog met on the mat\n" * 5
FILE_DOORS: dict[str, Callable[[Path], Corpus]] = {
    "a file": lambda folder: Corpus.from_file(folder / "t.txt"),
    "bytes": lambda folder: Corpus.from_file(bytes(folder / "t.txt")),
    "several": lambda folder: Corpus.from_file([folder / "t.txt", str(folder / "u.txt")]),
    "a folder": lambda folder: Corpus.from_file(folder / "texts"),
    "a pattern": lambda folder: Corpus.from_file(f"{folder}/texts/*.txt"),
    "options": lambda folder: Corpus.from_file(
        folder / "l.txt", lower=True, encoding="latin-1", token_pattern=r"\w+", max_sentence_length=3, min_count=2
    ),
    "a pattern of words": lambda folder: Corpus.from_file(folder / "t.txt", token_pattern=re.compile(r"[a-z]+")),
    "CSV": lambda folder: Corpus.from_csv(folder / "t.csv", "text", sep=";", lower=True),
    "CSV without names": lambda folder: Corpus.from_csv(folder / "n.csv", "b", columns=["a", "b"], sep=";"),
    "saved": lambda folder: Corpus.from_file(folder / "t.txt", save_to=folder / "corpus"),
    "a cache": lambda folder: Corpus.from_file(folder / "t.txt", cache=folder / "cache"),
    "lists to a file": lambda folder: Corpus.from_sentences([["a", "b"], ["b"]], save_to=folder / "lists"),
    "fewer words": lambda folder: Corpus.from_file(folder / "t.txt").select(min_count=3),
    "corpus_file": lambda folder: read_corpus(folder / "t.txt", True, Selection(2), 1),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "texts" / "more").mkdir(parents=True)
    for name in ("t.txt", "u.txt", "texts/a.txt", "texts/b.txt", "texts/more/c.txt"):
        (tmp_path / name).write_text(TEXT + name, encoding="utf-8")
    (tmp_path / "l.txt").write_text(TEXT + "très Été", encoding="latin-1")
    (tmp_path / "t.csv").write_text("id;text\n1;a Cat\n2;the cat\n", encoding="utf-8")
    (tmp_path / "n.csv").write_text("1;a Cat\n2;the cat\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("door", FILE_DOORS)
def test_a_corpus_of_files_is_read_again_from_plain_values(
    door: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    corpus = FILE_DOORS[door](folder)
    origin = json.loads(json.dumps(corpus._origin))
    monkeypatch.chdir("/")
    again = read_again(origin, corpus.vocabulary, 1)
    assert again.ids.tolist() == corpus.ids.tolist()
    assert again.offsets.tolist() == corpus.offsets.tolist()
    assert (again.raw_words, again.vocabulary.keys) == (corpus.raw_words, corpus.vocabulary.keys)
    assert pickle.loads(pickle.dumps(corpus))._origin == corpus._origin


def test_files_that_came_into_a_folder_later_are_not_read(folder: Path) -> None:
    corpus = Corpus.from_file(folder / "texts")
    (folder / "texts" / "checkpoint").write_bytes(b"\0")
    assert corpus._origin is not None
    assert read_again(corpus._origin, corpus.vocabulary, 1).ids.tolist() == corpus.ids.tolist()


@pytest.mark.parametrize("relative", ["t.txt", "texts"])
def test_relative_paths_hold_in_another_folder(relative: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    corpus = Corpus.from_file(relative)
    monkeypatch.chdir("/")
    assert corpus._origin is not None
    assert read_again(corpus._origin, corpus.vocabulary, 1).ids.tolist() == corpus.ids.tolist()


def unknown(folder: Path) -> list[Any]:
    with (folder / "t.txt").open("rb") as file:
        return [
            Corpus.from_sentences([["a", "b"]]),
            Corpus.from_ids([[1, 2], [2]]),
            Corpus.from_file(file),
            Corpus.from_file(io.BytesIO(b"a b")),
            Corpus.from_file([folder / "u.txt", io.BytesIO(b"a b")]),
            Corpus.from_file(folder / "t.txt", tokenizer=str.split),
            Corpus.from_file(folder / "t.txt", token_pattern=re.compile(r"[a-z]+", re.IGNORECASE)),
        ]


def test_what_cannot_be_read_again_has_no_origin(folder: Path) -> None:
    assert [corpus._origin for corpus in unknown(folder)] == [None] * 7
