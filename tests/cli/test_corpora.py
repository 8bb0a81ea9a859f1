"""``fastemb corpus build``, ``info`` and ``head``, and training from all that they read."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.called import Result, Run, caller

from fastemb import Corpus, Word2Vec, load_vectors

TEXT = "the quick brown fox jumps over the lazy dog\n" * 50 + "rare\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Call ``main`` in a folder with text.txt; what it returns, prints, and prints to standard error."""
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT, encoding="utf-8")

    return caller(capsys)


def fails(result: Result, message: str) -> None:
    assert (result.status, result.output) == (1, "")
    assert re.fullmatch(rf"fastemb: error: .*{message}.*\n", result.errors), result.errors


# ---- build ----


def test_build_encodes_and_says_so(run: Run) -> None:
    result = run("corpus", "build", "text.txt", "-o", "c")
    assert result == (0, "", "c written: 451 words in 51 sentences, 9 of them different\n")
    assert list(Corpus.open("c")) == [line.split() for line in TEXT.splitlines()]


def test_build_does_nothing_when_nothing_changed(run: Run) -> None:
    run("corpus", "build", "text.txt", "-o", "c")
    before = Path("c").stat()
    assert run("corpus", "build", "text.txt", "-o", "c").errors.startswith("c is up to date: 451 words")
    assert run("corpus", "build", "text.txt", "-o", "c", "-q") == (0, "", "")
    assert Path("c").stat().st_ino == before.st_ino
    assert run("corpus", "build", "text.txt", "-o", "c", "--min-count", 2).errors.startswith("c written: 450 words")
    Path("text.txt").write_text("other words", encoding="utf-8")
    assert run("corpus", "build", "text.txt", "-o", "c").errors.startswith("c written: 2 words")


def test_every_option_reaches_the_corpus(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def spy(paths: list[str], *columns: Any, **options: Any) -> Corpus:
        given.clear()
        given.update(options, paths=paths, columns=columns)
        return Corpus.from_sentences([["a"]])

    monkeypatch.setattr(Corpus, "from_file", spy)
    monkeypatch.setattr(Corpus, "from_parquet", spy)
    options = r"--lower --token-pattern \w+ --max-sentence-length 9 --min-count 3 --max-vocab 7 --max-vocab-size 5 -t 2"
    common = {
        "lower": True,
        "token_pattern": r"\w+",
        "max_sentence_length": 9,
        "min_count": 3,
        "max_final_vocab": 7,
        "max_vocab_size": 5,
        "workers": 2,
        "cache": "c",
        "save_to": None,
    }
    Path("x").touch()
    Path("y").touch()
    assert run("corpus", "build", "text.txt", "x", "-o", "c", "--encoding", "latin-1", *options.split()).status == 0
    assert given == common | {"encoding": "latin-1", "paths": ["text.txt", "x"], "columns": ()}
    assert run("corpus", "build", "x", "y", "--column", "t", "-o", "c", *options.split()).status == 0
    assert given == common | {"paths": ["x", "y"], "columns": ("t",)}
    assert run("corpus", "build", "text.txt", "-o", "c").status == 0
    assert given.keys() == common.keys() - {"lower", "token_pattern", "max_sentence_length"} | {"paths", "columns"}
    assert given["min_count"] == 1


def test_build_reads_several_files_compressed_ones_and_folders(run: Run) -> None:
    Path("texts").mkdir()
    Path("texts/a.gz").write_bytes(gzip.compress(b"a b\n"))
    Path("texts/b").write_bytes("é\n".encode("latin-1"))
    assert run("corpus", "build", "texts/a.gz", "text.txt", "-o", "c").errors.startswith("c written: 453 words")
    assert run("corpus", "build", "texts", "--encoding", "latin-1", "-o", "c").errors.startswith("c written: 3 words")
    assert run("corpus", "build", "texts/*", "--encoding", "latin-1", "-o", "c").errors.startswith("c is up to date")


@pytest.mark.parametrize("more", [(), ("--phrases", "--phrase-min-count", 2)])
@pytest.mark.parametrize("source", ["texts", "texts/*"])
def test_build_to_a_file_in_the_folder_that_is_read(run: Run, more: tuple[object, ...], source: str) -> None:
    Path("texts").mkdir()
    Path("texts/a").write_text(TEXT, encoding="utf-8")
    for end in ("written", "written" if more else "is up to date"):
        result = run("corpus", "build", source, "-o", "texts/all.corpus", *more)
        assert result.status == 0
        assert f"texts/all.corpus {end}" in result.errors
    assert len(Corpus.open("texts/all.corpus")) == 51
    assert sorted(os.listdir("texts")) == ["a", "all.corpus"]
    fails(run("corpus", "build", "texts", "-o", "c"), r"texts/all\.corpus: an encoded corpus")


def test_build_from_parquet_to_a_file_in_the_same_folder(run: Run) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    Path("tables").mkdir()
    pq.write_table(pa.table({"x": ["a b", "b"]}), "tables/t.parquet")
    assert run("corpus", "build", "tables", "-o", "tables/c").errors.startswith("tables/c written: 3 words")
    assert run("corpus", "build", "tables", "-o", "tables/c").errors.startswith("tables/c is up to date")


def test_build_replaces_a_corpus_that_was_saved(run: Run) -> None:
    Corpus.from_sentences([["a"]]).save("c")
    assert run("corpus", "build", "text.txt", "-o", "c").errors.startswith("c written: 451 words")


@pytest.mark.parametrize("option", ["--max-sentence-length=0", "--token-pattern="])
def test_an_option_that_is_zero_or_empty_is_not_ignored(run: Run, option: str) -> None:
    run("corpus", "build", "text.txt", "-o", "encoded")
    fails(run("corpus", "build", "encoded", option, "-o", "c"), "so --.* has no effect")
    result = run("corpus", "build", "text.txt", option, "-o", "c")
    assert (result.status, result.output) == (1, ""), result
    assert not Path("c").exists()


def test_build_reads_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a b\na\n")))
        result = run("corpus", "build", "-", "-o", "c")
        assert result == (0, "", "c written: 3 words in 2 sentences, 2 of them different\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_build_from_a_pipe(run: Run) -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(b"a b\n",))
    writer.start()
    assert run("corpus", "build", "pipe", "-o", "c").errors.startswith("c written: 2 words")
    writer.join()


def test_build_from_an_encoded_corpus_makes_one_of_fewer_words(run: Run) -> None:
    run("corpus", "build", "text.txt", "-o", "c")
    assert run("corpus", "build", "c", "--min-count", 60, "-o", "d").errors.startswith("d written: 100 words")
    assert run("corpus", "build", "c", "--max-vocab-size", 2, "-o", "d").errors.startswith("d written: 150 words")
    fails(run("corpus", "build", "c", "-o", "c"), "also the input")
    fails(run("corpus", "build", "c", "text.txt", "-o", "d"), "cannot be read together with other files")
    for option in ("--column=x", "--lower", "--encoding=latin-1", "--token-pattern=a", "--max-sentence-length=3"):
        fails(
            run("corpus", "build", "c", option, "-o", "d"), f"encoded already, so {option.split('=')[0]} has no effect"
        )


def test_build_never_replaces_what_is_no_corpus(run: Run) -> None:
    Path("notes").write_text("mine", encoding="utf-8")
    fails(run("corpus", "build", "text.txt", "-o", "notes"), "notes: not an encoded corpus")
    assert Path("notes").read_text(encoding="utf-8") == "mine"


def test_build_from_parquet(run: Run) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    Path("tables").mkdir()
    for name in ("tables/a.parquet", "tables/b.pq", "c.table"):
        pq.write_table(pa.table({"n": [1], "text": ["a b"], "lists": [["c", "d", "e"]]}), name)
    assert run("corpus", "build", "tables/a.parquet", "--column", "text", "-o", "c").errors.startswith("c written: 2")
    assert run("corpus", "build", "tables/a.parquet", "--column=lists", "-o", "c").errors.startswith("c written: 3")
    assert run("corpus", "build", "c.table", "--column", "lists", "-o", "c").errors.startswith("c written: 3")
    assert run("corpus", "build", "tables/*", "--column", "text", "-o", "c").errors.startswith("c written: 4")
    fails(run("corpus", "build", "tables", "-o", "d"), "give --column, one of 'n', 'text', 'lists'")
    fails(run("corpus", "build", "tables/a.parquet", "text.txt", "-o", "d"), "cannot be read together")
    fails(run("corpus", "build", "c.table", "--column=text", "--encoding=latin-1", "-o", "d"), "--encoding is for text")
    fails(run("corpus", "build", "tables/a.parquet", "--column=n", "-o", "d"), "is of type int64")


def test_build_from_csv(run: Run) -> None:
    Path("rows.csv").write_text('n,text\n1,"a, b"\n2,c\n', encoding="utf-8")
    Path("rows.tsv.gz").write_bytes(gzip.compress(b'n\ttext\n1\t"a b\n'))
    Path("semi.csv").write_bytes("n;text\n1;'é;x' d\n".encode("latin-1"))
    done = run("corpus", "build", "rows.csv", "--column", "text", "-o", "c")
    assert done.errors.startswith("c written: 3 words")
    assert list(Corpus.open("c")) == [["a,", "b"], ["c"]]
    assert run("corpus", "build", "rows.tsv.gz", "--column", "text", "-o", "c").status == 0
    assert list(Corpus.open("c")) == [['"a', "b"]]
    options = ["--column", "text", "--sep", ";", "--quotechar", "", "--encoding", "latin-1"]
    fails(run("corpus", "build", "semi.csv", *options, "-o", "d"), "semi.csv, line 2: 3 fields instead of 2")
    Path("semi.csv").write_bytes("n;text\n1;'é\n".encode("latin-1"))
    assert run("corpus", "build", "semi.csv", *options, "-o", "c").status == 0
    assert list(Corpus.open("c")) == [["'é"]]
    Path("tabs.csv").write_text("n\ttext\n1\ta b\n", encoding="utf-8")
    assert run("corpus", "build", "tabs.csv", "--column", "text", "--sep", r"\t", "-o", "c").status == 0
    assert list(Corpus.open("c")) == [["a", "b"]]
    fails(run("corpus", "build", "rows.csv", "--column", "x", "-o", "d"), "there is no column 'x', but 'n', 'text'")
    fails(run("corpus", "build", "rows.csv", "text.txt", "--column", "x", "-o", "d"), "cannot be read together")
    fails(run("corpus", "build", "rows.csv", "--column", "text", "-o", "rows.csv"), "also the input")


def test_a_table_that_is_read_as_text_is_told(run: Run) -> None:
    Path("rows.csv").write_text("n,text\n1,a b\n", encoding="utf-8")
    done = run("corpus", "build", "rows.csv", "-o", "c")
    assert "rows.csv: read as text, a line a sentence, commas and all; --column NAME reads one of its columns" in (
        done.errors
    )
    assert "read as text" not in run("corpus", "build", "rows.csv", "-o", "d", "-q").errors
    assert "read as text" not in run("corpus", "build", "text.txt", "-o", "e").errors
    assert "read as text" not in run("corpus", "build", "rows.csv", "--column", "text", "-o", "f").errors


@pytest.mark.parametrize("option", ["--sep=;", "--quotechar=x"])
@pytest.mark.parametrize("source", [["text.txt"], ["rows.csv"], ["t.parquet", "--column", "text"]])
def test_options_of_csv_are_for_csv(run: Run, option: str, source: list[str]) -> None:
    Path("rows.csv").write_text("n,text\n1,a b\n", encoding="utf-8")
    Path("t.parquet").touch()
    name = option.partition("=")[0]
    fails(run("corpus", "build", *source, option, "-o", "d"), f"{name} is for .csv and .tsv files with --column")


def test_without_pyarrow_the_error_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    fails(run("corpus", "build", "text.txt", "--column", "x", "-o", "d"), r"pip install 'fastemb\[arrow\]'")


# ---- info, head ----


def test_info_describes_a_corpus(run: Run) -> None:
    run("corpus", "build", "text.txt", "--min-count", 2, "-o", "c")
    result = run("corpus", "info", "c", "-d", 64)
    assert (result.status, result.errors) == (0, "")
    assert re.fullmatch(
        r"words       450 of 451 that were read\n"
        r"sentences   51, of 8\.8 words; the longest of 9\n"
        r"vocabulary  8 words, which occur 50 times or more\n"
        r"frequent    the, quick, brown, fox, jumps, over, lazy, dog\n"
        r"file        0\.0 MB, checksums are right\n"
        r"training    takes 0 MB of memory at 64 dimensions\n",
        result.output,
    ), result.output


def test_info_and_head_as_json(run: Run) -> None:
    run("corpus", "build", "text.txt", "--min-count", 2, "-o", "c")
    result = run("corpus", "info", "c", "-d", 64, "--json")
    assert (result.status, result.errors, result.output.count("\n")) == (0, "", 1)
    found = json.loads(result.output)
    assert found.pop("training_bytes") == Corpus.open("c").estimate(64)["total"]
    assert found == {
        "file": "c",
        "bytes": os.path.getsize("c"),
        "words": 450,
        "raw_words": 451,
        "sentences": 51,
        "longest_sentence": 9,
        "vocabulary": 8,
        "lowest_count": 50,
        "frequent": ["the", "quick", "brown", "fox", "jumps", "over", "lazy", "dog"],
        "vector_size": 64,
    }
    result = run("corpus", "head", "c", "-n", 2, "--json")
    assert [json.loads(line) for line in result.output.splitlines()] == [
        list(one) for one in list(Corpus.open("c"))[:2]
    ]


def test_head_prints_the_first_sentences(run: Run) -> None:
    run("corpus", "build", "text.txt", "-o", "c")
    assert run("corpus", "head", "c") == (0, TEXT[: 10 * TEXT.index("\n") + 10], "")
    assert run("corpus", "head", "c", "-n", 2) == (0, TEXT[: 2 * TEXT.index("\n") + 2], "")
    assert run("corpus", "head", "c", "-n", 99).output == TEXT
    Corpus.from_ids([[3, 4], [5]]).save("ids")
    assert run("corpus", "head", "ids").output == "3 4\n5\n"


@pytest.mark.parametrize("command", ["info", "head"])
def test_what_is_no_corpus_is_an_error(run: Run, command: str) -> None:
    fails(run("corpus", command, "text.txt"), "text.txt: not an encoded corpus")
    fails(run("corpus", command, "absent"), "No such file")
    run("corpus", "build", "text.txt", "-o", "c")
    Path("c").write_bytes(Path("c").read_bytes()[:-9])
    fails(run("corpus", command, "c"), "the corpus is damaged")


@pytest.mark.parametrize("arguments", [["corpus"], ["corpus", "build", "x"], ["corpus", "head", "c", "-n", "0"]])
def test_wrong_usage(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).status == 2


# ---- train ----


def test_training_from_every_door_gives_the_same_vectors(run: Run) -> None:
    run("corpus", "build", "text.txt", "-o", "c")
    Path("text.gz").write_bytes(gzip.compress(TEXT.encode()))
    sources: list[list[str]] = [
        ["text.txt"],
        ["text.gz"],
        ["c"],
        ["text.txt", "--cache", "d"],
        ["text.txt", "--cache=d"],
    ]
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        pass
    else:
        pq.write_table(pa.table({"n": range(51), "t": TEXT.splitlines()}), "t.parquet")
        sources += [["t.parquet", "--column", "t"], ["t.parquet", "--column", "t", "--cache", "e"]]
    vectors = []
    for source in sources:
        result = run("train", *source, "-o", "v", "-t", 1, "-d", 16)
        assert result.status == 0, result.errors
        assert "8 different words kept" in result.errors
        vectors.append(load_vectors("v").vectors)
    expected = Word2Vec(corpus_file="text.txt", sg=1, workers=1, vector_size=16).wv.vectors
    assert all(np.array_equal(found, expected) for found in vectors)


def test_the_words_to_keep_can_be_chosen_for_an_encoded_corpus(run: Run) -> None:
    run("corpus", "build", "text.txt", "-o", "c")
    run("train", "c", "-o", "v", "-d", 4, "--min-count", 60)
    assert load_vectors("v").index_to_key == ["the"]
    run("train", "c", "-o", "v", "-d", 4, "--max-vocab-size", 3, "-q")
    assert load_vectors("v").index_to_key == ["the", "quick", "brown"]


def test_a_cache_of_what_is_encoded_or_unseen_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("corpus", "build", "text.txt", "-o", "c")
    fails(run("train", "c", "--cache", "d", "-o", "v"), "encoded already, so --cache has no effect")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a b\na\n")))
    fails(run("train", "-", "--cache", "d", "-o", "v"), "--cache needs files")
    fails(run("train", "text.txt", "--cache", "text.txt", "-o", "v"), "also the input or another output")
    fails(run("train", "text.txt", "--cache", "absent/d", "-o", "v"), "the folder .* does not exist")
