"""Paths as users give them, at every door."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb
from fastemb.cli import main
from fastemb.io.formats import FORMATS
from fastemb.io.paths import expanded, local_path
from fastemb.models import Word2Vec
from fastemb.phrases import FrozenPhrases, Phrases

SENTENCES = [["new", "york", "is", "big"], ["new", "york", "is", "old"]] * 5


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("~/x", "HOME/x"),
        (b"~/x", "HOME/x"),
        (Path("~/x"), "HOME/x"),
        ("file://HOME/x", "HOME/x"),
        ("FILE://localhostHOME/x", "HOME/x"),
        ("file://~/x", "HOME/x"),
        ("file://HOME/a%20b%25", "HOME/a b%"),
        ("HOME/a%20b", "HOME/a%20b"),
        ("x", "x"),
        (b"caf\xc3\xa9", "café"),
        ("a/~/x", "a/~/x"),
        ("-", "-"),
    ],
)
def test_what_paths_stand_for(given: Any, expected: str, home: Path) -> None:
    given = given.replace("HOME", str(home)) if isinstance(given, str) else given
    expected = expected.replace("HOME", str(home))
    assert local_path(given) == expected
    assert local_path(local_path(given)) == expected


@pytest.mark.skipif(os.name != "posix", reason="names are bytes there")
def test_names_that_are_no_text() -> None:
    assert os.fsencode(local_path(b"\xff/x")) == b"\xff/x"
    assert os.fsencode(local_path("file:///%ff/x")) == b"/\xff/x"


def test_a_file_url_of_a_path(tmp_path: Path) -> None:
    path = tmp_path / "100% new, #1?"
    assert local_path(path.as_uri()) == str(path)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("https://x.org/v.bin", ValueError, r"^https://x.org/v.bin: .*download it"),
        ("s3://bucket/v.bin", ValueError, "download it"),
        ("", ValueError, "the path is empty"),
        (b"", ValueError, "the path is empty"),
        ("file://", ValueError, "the path is empty"),
        ("a\0b", ValueError, "null byte"),
        (3, TypeError, "int"),
        (None, TypeError, "None"),
    ],
)
def test_what_is_no_path(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        local_path(given)


@pytest.mark.parametrize("target", [3, None, ["x"], io.StringIO()])
def test_what_is_neither_a_path_nor_a_file_of_bytes(target: Any) -> None:
    for save in (vectors().save, vectors().save_word2vec_format, model().save):
        with pytest.raises(TypeError, match=r'by a path, or is open for writing bytes \("wb"\): this is'):
            save(target)
    vectors().save(io.BytesIO())


def test_other_urls_stay_for_those_who_read_them() -> None:
    assert expanded("https://x.org/~me") == "https://x.org/~me"


# ---- every door ----


def vectors() -> fastemb.KeyedVectors:
    made = fastemb.KeyedVectors(2)
    made.add_vectors(["new", "york", "is"], np.arange(6, dtype=np.float32).reshape(3, 2) + 1)
    made.set_vecattr("new", "count", 3)
    return made


def model() -> Word2Vec:
    return Word2Vec(SENTENCES, vector_size=2, min_count=1, epochs=1, sample=0, workers=1)


def intersected(path: Any) -> None:
    vectors().save_word2vec_format(path)
    vectors().intersect_word2vec_format(path)


def items(path: Any) -> None:
    item2vec = fastemb.Item2Vec(vector_size=2, epochs=1, workers=1, progress=False, min_count=1).fit(SENTENCES)
    item2vec.save(path)
    fastemb.Item2Vec.load(path)


def item_table(path: Any) -> None:
    Path(local_path(path)).write_text("session,item\n1,a\n1,b\n")
    assert len(fastemb.Interactions.from_file(path, session="session", item="item").items) == 2


def text(path: Any) -> Any:
    Path(local_path(path)).write_text("\n".join(" ".join(sentence) for sentence in SENTENCES))
    return path


def counts(path: Any) -> None:
    vectors().save_word2vec_format(Path(local_path(path)).with_name("v"), fvocab=path)
    fastemb.KeyedVectors.load_word2vec_format(Path(local_path(path)).with_name("v"), fvocab=path)


def analogies(path: Any) -> None:
    Path(local_path(path)).write_text(": one\nnew york is new\n")
    vectors().evaluate_word_analogies(path)


def pairs(path: Any) -> None:
    Path(local_path(path)).write_text("new\tyork\t1\nnew\tis\t2\n")
    vectors().evaluate_word_pairs(path)


def corpus_to(path: Any, **options: Any) -> None:
    there = text(Path(local_path(path)).with_name("text"))
    given = dict.fromkeys(options, path)
    assert fastemb.Corpus.from_file(there, **given).words == 40


def parquet(path: Any) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    write_table(pa.table({"text": ["a b", "c"]}), local_path(path))
    assert fastemb.Corpus.from_parquet(path, "text").words == 3
    assert fastemb.Corpus.from_parquet([path], "text").words == 3


def saved_corpus(path: Any) -> None:
    fastemb.Corpus.from_sentences(SENTENCES).save(path)
    assert fastemb.Corpus.open(path).words == 40
    assert len(Word2Vec(corpus_file=path, vector_size=2, min_count=1, epochs=1, sample=0).wv) == 5


def folder(path: Any) -> None:
    Path(local_path(path)).mkdir()
    (Path(local_path(path)) / "one").write_text("a b\n")
    from fastemb.models.word2vec import PathLineSentences

    assert list(PathLineSentences(path)) == [["a", "b"]]
    assert fastemb.Corpus.from_file(path).words == 2


DOORS: dict[str, Callable[[Any], Any]] = {
    "KeyedVectors.save and load": lambda path: (vectors().save(path), fastemb.KeyedVectors.load(path)),
    "word2vec text": lambda path: (
        vectors().save_word2vec_format(path),
        fastemb.KeyedVectors.load_word2vec_format(path),
    ),
    "intersect_word2vec_format": intersected,
    "fvocab": counts,
    "save_vectors and load_vectors": lambda path: (
        fastemb.save_vectors(vectors(), path),
        fastemb.load_vectors(path),
    ),
    "Word2Vec.save and load": lambda path: (model().save(path), Word2Vec.load(path)),
    "Word2Vec of a file": lambda path: Word2Vec(corpus_file=text(path), vector_size=2, min_count=1, epochs=1, sample=0),
    "Phrases": lambda path: (Phrases(SENTENCES).save(path), Phrases.load(path)),
    "FrozenPhrases": lambda path: (Phrases(SENTENCES).freeze().save(path), FrozenPhrases.load(path)),
    "Item2Vec": items,
    "Interactions.from_file": item_table,
    "Corpus.from_file": lambda path: fastemb.Corpus.from_file([text(path)]),
    "Corpus.save and open": saved_corpus,
    "Corpus save_to": lambda path: corpus_to(path, save_to=True),
    "Corpus cache": lambda path: (corpus_to(path, cache=True), corpus_to(path, cache=True)),
    "Corpus.from_parquet": parquet,
    "a folder of texts": folder,
    "LineSentence": lambda path: list(fastemb.LineSentence(text(path))),
    "Text8Corpus": lambda path: list(fastemb.Text8Corpus(text(path))),
    "analogies": analogies,
    "word pairs": pairs,
}

WAYS: dict[str, Callable[[Path], Any]] = {
    "~": lambda path: f"~/{path.name}",
    "file://": lambda path: path.as_uri(),
    "bytes": os.fsencode,
    "~ in a Path": lambda path: Path("~") / path.name,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("door", DOORS)
def test_every_door_takes_every_way(door: str, way: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "elsewhere").mkdir()
    monkeypatch.chdir(home / "elsewhere")
    DOORS[door](WAYS[way](home / "a b"))
    assert (home / "a b").exists()
    assert list((home / "elsewhere").iterdir()) == []


LOADERS: dict[str, Callable[[Any], Any]] = {
    "Word2Vec.load": Word2Vec.load,
    "Phrases.load": Phrases.load,
    "FrozenPhrases.load": FrozenPhrases.load,
    "Item2Vec.load": fastemb.Item2Vec.load,
    "Corpus.open": fastemb.Corpus.open,
    "analogies": lambda path: vectors().evaluate_word_analogies(path),
    "word pairs": lambda path: vectors().evaluate_word_pairs(path),
    "Word2Vec.save": lambda path: model().save(path),
    "Corpus.save": lambda path: fastemb.Corpus.from_sentences(SENTENCES).save(path),
    "save_to": lambda path: fastemb.Corpus.from_sentences(SENTENCES, save_to=path),
}


@pytest.mark.parametrize("door", LOADERS)
def test_urls_of_other_machines_and_no_name_at_all(door: str) -> None:
    with pytest.raises(ValueError, match=r"https://x\.org/v: .*download it"):
        LOADERS[door]("https://x.org/v")
    with pytest.raises(ValueError, match="the path is empty"):
        LOADERS[door]("")


VECTOR_DOORS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "KeyedVectors": (lambda path: vectors().save(path), fastemb.KeyedVectors.load),
    "word2vec text": (
        lambda path: vectors().save_word2vec_format(path),
        fastemb.KeyedVectors.load_word2vec_format,
    ),
    **{
        f"save_vectors, {ending}": (
            lambda path, ending=ending: fastemb.save_vectors(vectors(), f"{path}{ending}"),
            lambda path, ending=ending: fastemb.load_vectors(f"{path}{ending}"),
        )
        for ending in [*(ending for known in FORMATS for ending in known.ABOUT.endings), ".txt.gz", ".tsv.xz"]
    },
}


@pytest.mark.parametrize("door", VECTOR_DOORS)
def test_vectors_are_read_from_and_written_to_urls(door: str) -> None:
    memory = pytest.importorskip("fsspec").filesystem("memory")
    pytest.importorskip("pyarrow")
    save, load = VECTOR_DOORS[door]
    save("memory://folder/v")
    assert {key: load("memory://folder/v")[key].tolist() for key in ("new", "york", "is")} == {
        "new": [1, 2],
        "york": [3, 4],
        "is": [5, 6],
    }
    memory.rm("/folder", recursive=True)
    with pytest.raises(FileNotFoundError, match=r"memory://folder/v.*: there is no such file"):
        load("memory://folder/v")
    with pytest.raises(ValueError, match="the path is empty"):
        load("") if not door.startswith("save_vectors") else fastemb.load_vectors("")


def test_urls_that_nobody_knows_are_named() -> None:
    pytest.importorskip("fsspec")
    for call in (fastemb.load_vectors, lambda url: fastemb.save_vectors(vectors(), url)):
        with pytest.raises((ValueError, ImportError), match=r"^nonsense://x/v: "):
            call("nonsense://x/v")


@pytest.mark.parametrize("mmap", ["r", "c", "r+"])
def test_only_files_on_this_machine_are_mapped(mmap: str) -> None:
    pytest.importorskip("fsspec")
    vectors().save("memory://v")
    with pytest.raises(ValueError, match="memory://v: only files on this machine are mapped"):
        fastemb.KeyedVectors.load("memory://v", mmap=mmap)


def test_without_fsspec_the_error_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ImportError, match=r"^s3://b/v: .*pip install 'fastemb\[fsspec\]'"):
        fastemb.load_vectors("s3://b/v")


def test_the_command_line(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "elsewhere").mkdir()
    monkeypatch.chdir(home / "elsewhere")
    text(home / "text")
    quiet = ["-q", "--min-count", "1", "-e", "1", "-d", "2", "--sample", "0"]
    assert main(["train", "~/text", "-o", f"file://{home}/v.vec", "--save-model", "~/m", *quiet]) == 0
    assert main(["convert", "~/v.vec", "~/v.bin"]) == 0
    assert main(["info", (home / "v.bin").as_uri()]) == 0
    assert main(["similar", "~/v.bin", "new"]) == 0
    assert main(["corpus", "build", "~/text", "-o", "~/c", "-q"]) == 0
    assert main(["corpus", "info", "~/c"]) == 0
    assert list((home / "elsewhere").iterdir()) == []
    assert main(["info", "nowhere://x.org/v.bin"]) == 1
    assert "error: nowhere://x.org/v.bin: " in capsys.readouterr().err
