"""Corpus.from_csv."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pytest

from fastemb import Corpus
from fastemb.corpus import csv_column, delimited, inputs
from fastemb.corpus.rows import RowReader

ROWS = 'id,text\n1,"the cat, sat\non the mat"\n2,\n3,a dog\n'
SENTENCES = [["the", "cat,", "sat", "on", "the", "mat"], [], ["a", "dog"]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_a_column_of_files_folders_and_streams(path: Path, tmp_path: Path) -> None:
    assert list(Corpus.from_csv(path, "text")) == SENTENCES
    assert list(Corpus.from_csv(io.StringIO(ROWS), "text")) == SENTENCES
    assert list(Corpus.from_csv(str(tmp_path / "*.csv"), "text")) == SENTENCES
    (tmp_path / "more.csv").write_bytes(gzip.compress("\ufefftext,n\né,1\n".encode()))
    assert list(Corpus.from_csv([path, tmp_path / "more.csv"], "text")) == [*SENTENCES, ["é"]]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("piece", [8, 100])
def test_blocks_leave_no_trace(path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, piece: int) -> None:
    path.write_text("id,text\n" + "".join(f'{n},"w{n % 7} w{n % 5}\nx"\n' for n in range(300)), encoding="utf-8")
    monkeypatch.setattr(delimited, "_PIECE", piece)
    corpus = Corpus.from_csv(path, "text", workers=workers)
    assert list(corpus) == [[f"w{n % 7}", f"w{n % 5}", "x"] for n in range(300)]


def test_text_takes_the_options_of_text_files(path: Path) -> None:
    corpus = Corpus.from_csv(path, "text", lower=True, token_pattern=r"\w+", max_sentence_length=4)
    assert list(corpus) == [["the", "cat", "sat", "on"], ["the", "mat"], [], ["a", "dog"]]


def test_options_of_tables(tmp_path: Path) -> None:
    path = tmp_path / "rows.dat"
    path.write_bytes('1::"Größe" a\n'.encode("latin-1"))
    found = Corpus.from_csv(path, "text", columns=["id", "text"], sep="::", encoding="latin-1")
    assert list(found) == [['"Größe"', "a"]]
    assert list(Corpus.from_csv(path, columns=["all"], encoding="latin-1")) == [['1::"Größe"', "a"]]


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (
            ROWS,
            ["x"],
            "rows.csv: there is no column 'x', but 'id', 'text'; columns= names them",
        ),
        (ROWS, [], "rows.csv: give column=, one of 'id', 'text'"),
        ("id;text\n1;a\n", ["text"], "there is no column 'text', but 'id;text'; sep= tells what parts them"),
        ("id,text\n1,a\n\n2\n", ["text"], "rows.csv, line 4: 1 field instead of 2: 2"),
        ('id,text\n1,"a\nb\n', ["text"], "rows.csv, line 2: .*never closed"),
        ('id,text\n1,"a\nb"\n2,x\0y\n', ["text"], "rows.csv, line 4: a NUL byte"),
        ("id,text\n1,\n", ["text"], "rows.csv: there is no word"),
        ("", ["text"], "rows.csv: the file is empty"),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_errors_name_the_file_and_the_line(
    path: Path, content: str, arguments: list[str], message: str, workers: int
) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        Corpus.from_csv(path, *arguments, workers=workers)


def test_an_error_in_a_late_row_has_its_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_PIECE", 64)
    path.write_text("text\n" + "a b c\n" * 5000 + "\0\n" + "a\n" * 5000, encoding="utf-8")
    for workers in (1, 4):
        with pytest.raises(ValueError, match=r"rows\.csv, line 5002: a NUL byte"):
            Corpus.from_csv(path, workers=workers)


def test_a_row_has_its_line_however_many_were_read_after_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_PIECE", 64)
    path.write_text("text\n" + "a b c\n" * 5000, encoding="utf-8")
    column = csv_column.CsvColumn(inputs.find_inputs(path), None, None, delimited.Delimited())
    blocks = list(RowReader(column.rows(), "row {}".format))
    assert len(blocks) > 100
    assert blocks[0].place(0) == f"{path}, line 2"
    assert blocks[1].place(0) == f"{path}, line {2 + blocks[0].lines}"


@pytest.mark.parametrize(
    ("options", "error"),
    [({"sep": ""}, ValueError), ({"quotechar": "ab"}, ValueError), ({"encoding": "no"}, ValueError)],
)
def test_options_that_make_no_sense_are_named_before_files(options: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(options))):
        Corpus.from_csv("nowhere.csv", "text", **options)


def test_a_str_is_no_list_of_columns(path: Path) -> None:
    with pytest.raises(TypeError, match="columns must be a list of str, not the str 'text': give"):
        Corpus.from_csv(path, columns="text")


def test_a_cache_knows_the_options_of_the_table(path: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert list(Corpus.from_csv(path, "text", cache=cache)) == SENTENCES
    assert list(Corpus.from_csv(path, "id", cache=cache)) == [["1"], ["2"], ["3"]]
    path.write_text('x\n"a;b"\n', encoding="utf-8")
    assert list(Corpus.from_csv(path, cache=cache)) == [["a;b"]]
    assert list(Corpus.from_csv(path, cache=cache, quotechar="")) == [['"a;b"']]
