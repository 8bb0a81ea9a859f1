"""Whatever door a text comes in by, ids, vocabulary and vectors are the same."""

from __future__ import annotations

import bz2
import gzip
import inspect
import lzma
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, Word2Vec
from fastemb.corpus.reading import ReadOptions

WORDS = [f"wörd{number}" for number in range(60)]


def sentences() -> list[list[str]]:
    rng = np.random.default_rng(5)
    ranks = np.minimum(rng.zipf(1.4, 9000) - 1, len(WORDS) - 1)
    cuts = np.sort(rng.integers(0, len(ranks), 900))
    return [[WORDS[rank] for rank in part] for part in np.split(ranks, cuts)]


SENTENCES = sentences()
LINES = [" ".join(sentence) for sentence in SENTENCES]
TEXT = "".join(f"{line}\n" for line in LINES)


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def id_arrays() -> tuple[Any, Any, list[str]]:
    ids = np.array([WORDS.index(word) for sentence in SENTENCES for word in sentence])
    return ids, np.cumsum([0, *map(len, SENTENCES)]), WORDS


def parquet(folder: Path, column: str) -> Corpus:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = folder / "table.parquet"
    table = pa.table({"text": LINES, "lists": SENTENCES})
    with pq.ParquetWriter(path, table.schema) as writer:
        for start in range(0, len(LINES), 100):
            writer.write_table(table.slice(start, 100))
    return Corpus.from_parquet(path, column)


def arrow(column: str, **types: str) -> Corpus:
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"text": LINES, "lists": SENTENCES})
    if types:
        kind = getattr(pa, types[column])()
        kind = kind if column == "text" else pa.large_list(kind)
        table = pa.table({column: table[column].cast(kind)})
    return Corpus.from_arrow(table, column)


def pandas() -> Corpus:
    pytest.importorskip("pyarrow")
    data = pytest.importorskip("pandas").DataFrame({"text": LINES})
    assert same(Corpus.from_arrow(data, "text"), Corpus.from_arrow(data["text"]))
    return Corpus.from_arrow(data, "text")


def polars(column: str) -> Corpus:
    pytest.importorskip("pyarrow")
    data = pytest.importorskip("polars").DataFrame({"text": LINES, "lists": SENTENCES})
    return Corpus.from_arrow(data, column)


def hugging_face(streamed: bool) -> Corpus:
    data = pytest.importorskip("datasets").Dataset.from_dict({"text": LINES})
    return Corpus.from_arrow(data.to_iterable_dataset() if streamed else data, "text")


def sparse() -> Corpus:
    """A row keeps its items in the order in which they are stored, and twice where they are stored twice."""
    scipy = pytest.importorskip("scipy.sparse")
    ids, offsets, keys = id_arrays()
    rows = scipy.csr_array((np.ones(len(ids)), ids, offsets), shape=(len(SENTENCES), len(keys)))
    return Corpus.from_ids(rows, keys=keys)


def saved(folder: Path) -> Corpus:
    Corpus.from_sentences(SENTENCES).save(folder / "saved")
    return Corpus.open(folder / "saved")


def zstd(folder: Path) -> Corpus:
    unpack = pytest.importorskip("fastemb.io.unpack")
    try:
        data = unpack.zstd_module().compress(TEXT.encode())
    except ImportError:
        pytest.skip("no zstd")
    return Corpus.from_file(written(folder, "t.zst", data))


def delimited(folder: Path, name: str, **options: Any) -> Corpus:
    sep = options.get("sep") or ("\t" if ".tsv" in name else ",")
    rows = "".join(f"{number}{sep}{line}\r\n" for number, line in enumerate(LINES))
    return Corpus.from_csv(written(folder, name, f"id{sep}text\n{rows}".encode()), "text", **options)


DOORS: dict[str, Callable[[Path], Corpus]] = {
    "text file": lambda folder: Corpus.from_file(written(folder, "t", TEXT.encode())),
    "gzip": lambda folder: Corpus.from_file(written(folder, "t.gz", gzip.compress(TEXT.encode()))),
    "bzip2": lambda folder: Corpus.from_file(written(folder, "t.bz2", bz2.compress(TEXT.encode()))),
    "xz": lambda folder: Corpus.from_file(written(folder, "t.xz", lzma.compress(TEXT.encode()))),
    "zstd": zstd,
    "UTF-16": lambda folder: Corpus.from_file(written(folder, "t", TEXT.encode("utf-16")), encoding="utf-16"),
    "text file, cached": lambda folder: Corpus.from_file(written(folder, "t", TEXT.encode()), cache=folder / "c"),
    "token lists": lambda _: Corpus.from_sentences(SENTENCES),
    "generator": lambda _: Corpus.from_sentences(iter(sentence) for sentence in SENTENCES),
    "generator, to disk": lambda folder: Corpus.from_sentences(iter(SENTENCES), save_to=folder / "c"),
    "texts": lambda _: Corpus.from_sentences(iter(LINES), split=True),
    "ids and offsets": lambda _: Corpus.from_ids(*id_arrays()[:2], keys=WORDS),
    "ragged ids": lambda _: Corpus.from_ids([[WORDS.index(word) for word in row] for row in SENTENCES], keys=WORDS),
    "sparse matrix": lambda _: sparse(),
    "CSV": lambda folder: delimited(folder, "t.csv"),
    "CSV, cached": lambda folder: delimited(folder, "t.csv", cache=folder / "c"),
    "TSV, to disk": lambda folder: delimited(folder, "t.tsv", save_to=folder / "c", workers=3),
    "MovieLens": lambda folder: delimited(folder, "t.dat", sep="::"),
    "Arrow text": lambda _: arrow("text"),
    "Arrow large text": lambda _: arrow("text", text="large_string"),
    "Arrow text views": lambda _: arrow("text", text="string_view"),
    "Arrow lists": lambda _: arrow("lists"),
    "Arrow large lists": lambda _: arrow("lists", lists="large_string"),
    "Parquet text": lambda folder: parquet(folder, "text"),
    "Parquet lists": lambda folder: parquet(folder, "lists"),
    "pandas": lambda _: pandas(),
    "polars text": lambda _: polars("text"),
    "polars lists": lambda _: polars("lists"),
    "Hugging Face dataset": lambda _: hugging_face(streamed=False),
    "Hugging Face dataset, streamed": lambda _: hugging_face(streamed=True),
    "saved and opened": saved,
}


def same(one: Corpus, other: Corpus) -> bool:
    return (
        one.ids.tobytes() == other.ids.tobytes()
        and one.offsets.tobytes() == other.offsets.tobytes()
        and one.vocabulary.keys == other.vocabulary.keys
        and one.vocabulary.counts.tolist() == other.vocabulary.counts.tolist()
        and one.raw_words == other.raw_words
    )


@pytest.fixture(scope="module")
def expected() -> tuple[Corpus, bytes]:
    corpus = Corpus.from_sentences(SENTENCES)
    return corpus, train(corpus)


def train(corpus: Corpus) -> bytes:
    model = Word2Vec(corpus, vector_size=20, min_count=2, epochs=2, workers=1, sg=1)
    return model.wv.vectors.tobytes() + model.syn1neg.tobytes()


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("door", DOORS)
def test_ids_and_vectors_are_the_same(door: str, expected: tuple[Corpus, bytes], tmp_path: Path) -> None:
    corpus = DOORS[door](tmp_path)
    assert same(corpus, expected[0])
    assert train(corpus) == expected[1]


OWN = {
    "from_file": {"source"},
    "from_sentences": {"sentences", "split"},
    "from_ids": {"ids", "offsets", "keys"},
    "from_arrow": {"data", "column"},
    "from_csv": {"path", "column", "columns", "sep", "quotechar"},
    "from_parquet": {"path", "column"},
}


@pytest.mark.parametrize("door", OWN)
def test_options_and_defaults_of_a_door_are_those_that_are_declared_once(door: str) -> None:
    declared = {option.name: option.default for option in fields(ReadOptions) if option.name != "sizes"}
    arguments = dict(inspect.signature(getattr(Corpus, door)).parameters)
    taken = {name: argument.default for name, argument in arguments.items() if name not in OWN[door]}
    assert OWN[door] <= set(arguments)
    assert taken == {name: declared[name] for name in taken}
    if door == "from_file":
        assert taken == declared


@pytest.mark.parametrize("door", OWN)
def test_every_option_of_a_door_is_passed_on(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class ReadError(Exception):
        pass

    def read(*arguments: Any) -> None:
        raise ReadError(arguments[-1])

    for name in ("read_files", "read_sentences", "read_ids", "read_column", "read_parquet", "read_csv"):
        monkeypatch.setattr(f"fastemb.corpus.corpus.{name}", read)
    declared = {option.name for option in fields(ReadOptions)}
    options = declared & set(inspect.signature(getattr(Corpus, door)).parameters)
    given: dict[str, Any] = {name: name if name in ("save_to", "cache") else object() for name in options}
    with pytest.raises(ReadError) as caught:
        getattr(Corpus, door)(None, **given)
    passed = caught.value.args[0]
    if door == "from_csv":  # whose encoding goes with the form of the text
        del given["encoding"]
    assert passed == ReadOptions(**given)
