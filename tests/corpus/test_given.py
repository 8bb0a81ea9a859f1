"""What people give as sentences: rows of tables, tables, matrices, missing values. It works, or the error says how."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, Phrases, Word2Vec

SENTENCES = [["the", "cat"], ["the", "dog"]]
TEXTS = [" ".join(sentence) for sentence in SENTENCES]
ROWS = [{"text": text, "n": number} for number, text in enumerate(TEXTS)]
LIST_ROWS = [{"words": sentence} for sentence in SENTENCES]


def trained() -> Word2Vec:
    return Word2Vec(SENTENCES, vector_size=4, min_count=1, workers=1, hs=1, sample=0)


DOORS: dict[str, Callable[[Any], Any]] = {
    "Corpus.from_sentences": Corpus.from_sentences,
    "Word2Vec": lambda sentences: Word2Vec(sentences, vector_size=4, min_count=1),
    "Word2Vec.build_vocab": lambda sentences: Word2Vec(vector_size=4, min_count=1).build_vocab(sentences),
    "Word2Vec.build_vocab, update": lambda sentences: trained().build_vocab(sentences, update=True),
    "Word2Vec.train": lambda sentences: trained().train(sentences, total_examples=2, epochs=1),
    "Word2Vec.score": lambda sentences: trained().score(sentences),
    "Phrases": Phrases,
    "Phrases.add_vocab": lambda sentences: Phrases(SENTENCES).add_vocab(sentences),
    "Phrases.find_phrases": lambda sentences: Phrases(SENTENCES).find_phrases(sentences),
    "Phrases[]": lambda sentences: list(Phrases(SENTENCES)[sentences]),
}


def of(library: str, make: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: make(pytest.importorskip(library))


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "dicts with a text": (lambda: ROWS, r"sentence 0 is the dict .* \[row\['text'\]\.split\(\) for row in rows\]"),
    "dicts with lists": (lambda: LIST_ROWS, r"sentence 0 is the dict .* \[row\['words'\] for row in rows\]"),
    "dicts with neither": (lambda: [{1: 2}], "sentence 0 is the dict .*: take the field with the tokens"),
    "rows of csv.DictReader": (
        lambda: csv.DictReader(io.StringIO("text,n\na b,1\n")),
        r"sentence 0 is the dict .* \[row\['text'\]\.split\(\)",
    ),
    "records of pandas": (of("pandas", lambda pd: pd.DataFrame(ROWS).to_dict("records")), r"row\['text'\]\.split\(\)"),
    "rows of datasets": (of("datasets", lambda ds: list(ds.Dataset.from_list(ROWS))), r"row\['text'\]\.split\(\)"),
    "a pandas frame": (of("pandas", lambda pd: pd.DataFrame(ROWS)), r"table \(DataFrame\): Corpus.from_arrow"),
    "a polars frame": (of("polars", lambda pl: pl.DataFrame(ROWS)), r"table \(DataFrame\): Corpus.from_arrow"),
    "a lazy frame": (of("polars", lambda pl: pl.LazyFrame(ROWS)), r"table \(LazyFrame\): Corpus.from_arrow"),
    "an Arrow table": (of("pyarrow", lambda pa: pa.Table.from_pylist(ROWS)), r"table \(Table\): Corpus.from_arrow"),
    "an Arrow batch": (
        of("pyarrow", lambda pa: pa.RecordBatch.from_pylist(ROWS)),
        r"table \(RecordBatch\): Corpus.from_arrow",
    ),
    "an Arrow reader": (
        of("pyarrow", lambda pa: pa.Table.from_pylist(ROWS).to_reader()),
        r"table \(RecordBatchReader\): Corpus.from_arrow",
    ),
    "a dataset": (of("datasets", lambda ds: ds.Dataset.from_list(ROWS)), r"table \(Dataset\): Corpus.from_arrow"),
    "a streamed dataset": (
        of("datasets", lambda ds: ds.Dataset.from_list(ROWS).to_iterable_dataset()),
        r"table \(IterableDataset\): Corpus.from_arrow",
    ),
    "a DuckDB relation": (
        of("duckdb", lambda duckdb: duckdb.sql("select 'a b' as text")),
        r"table \(DuckDBPyRelation\): Corpus.from_arrow",
    ),
    "structs of Arrow": (of("pyarrow", lambda pa: pa.array(ROWS)), r"row\['text'\]\.split\(\)"),
    "a dict": (lambda: {"a": ["b"]}, r"not the dict .*list\(sentences.values\(\)\)"),
    "a sparse matrix": (of("scipy.sparse", lambda sp: sp.csr_array(np.eye(3))), r"\(csr_array\): Corpus.from_ids"),
    "another sparse matrix": (of("scipy.sparse", lambda sp: sp.coo_matrix(np.eye(3))), "Corpus.from_ids"),
    "a dense matrix": (lambda: np.eye(3), r"sentence 0 is an array of float64.* Corpus.from_ids"),
    "texts of Arrow": (of("pyarrow", lambda pa: pa.array(TEXTS)), "sentence 0 is the str 'the cat'.*split it first"),
    "a path": (lambda: Path("cased.txt"), r"not a path: .*Corpus.from_file\(path\).*corpus_file=path"),
    "the name of a file": (lambda: "cased.txt", r"not one str: .*Corpus.from_file\(path\).*corpus_file=path"),
    "None": (lambda: [["the"], None], r"sentence 1 is missing \(None\): leave it out"),
    "NaN": (lambda: [["the"], float("nan")], r"sentence 1 is missing \(nan\): leave it out"),
    "NA": (of("pandas", lambda pd: [["the"], pd.NA]), r"sentence 1 is missing \(<NA>\): leave it out"),
    "null": (of("pyarrow", lambda pa: pa.array([["the"], None])), r"sentence 1 is missing \(None\)"),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_list_of_sentences_is_refused_with_the_way_to_read_it(door: str, kind: str) -> None:
    make, message = WRONG[kind]
    given = make()
    if door == "Phrases[]" and isinstance(given, str | Path):
        message = "a sentence must be a list of words, not"
    with pytest.raises(TypeError, match=message):
        DOORS[door](given)


MISSING: dict[str, Callable[[], Any]] = {
    "None": lambda: [["the", "cat"], ["the", None]],
    "NaN": lambda: [["the", "cat"], ["the", float("nan")]],
    "NaN of NumPy": lambda: [["the", "cat"], ["the", np.float32("nan")]],
    "not a time": lambda: [["the", "cat"], ["the", np.datetime64("NaT")]],
    "among integers": lambda: [[1, 2], [3, None]],
    "in an array of objects": lambda: np.array([["the", "cat"], ["the", None]], object),
    "NA": of("pandas", lambda pd: [["the", "cat"], ["the", pd.NA]]),
    "NaT": of("pandas", lambda pd: [["the", "cat"], ["the", pd.NaT]]),
    "in a column of strings": of("pandas", lambda pd: [["the"], pd.array(["the", None], dtype="string")]),
    "in a series": of("pandas", lambda pd: [["the"], pd.Series(["the", None])]),
    "in a series of polars": of("polars", lambda pl: pl.Series([["the", "cat"], ["the", None]])),
    "in Arrow": of("pyarrow", lambda pa: pa.array([["the", "cat"], ["the", None]])),
    "null of Arrow": of("pyarrow", lambda pa: [["the", "cat"], ["the", pa.scalar(None)]]),
}
LOOKING_UP = {"Phrases[]", "Phrases.find_phrases", "Word2Vec.score"}  # whatever is unknown is left out


@pytest.mark.parametrize("door", sorted(set(DOORS) - LOOKING_UP))
@pytest.mark.parametrize("kind", MISSING)
def test_a_missing_token_is_no_word(door: str, kind: str) -> None:
    with pytest.raises(ValueError, match=r"sentence 1: token 1 is missing \(.*\): leave it out"):
        DOORS[door](MISSING[kind]())


@pytest.mark.parametrize("token", [2**63, -(2**63) - 1, 10**30, np.uint64(2**63)])
@pytest.mark.parametrize("door", sorted(set(DOORS) - LOOKING_UP))
def test_an_integer_that_no_file_could_hold_is_refused_at_once(door: str, token: Any) -> None:
    with pytest.raises(ValueError, match=f"sentence 1: token 1 is {token}: integer tokens must fit in 64 bits"):
        DOORS[door]([["the", "cat"], ["the", token]])


def test_integers_of_a_table_that_no_file_could_hold_are_refused_with_their_row() -> None:
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(ValueError, match="row 1 holds 9223372036854775808: integer tokens must fit in 64 bits"):
        Corpus.from_arrow(pa.array([[1], [2, 2**63]], pa.list_(pa.uint64())))


def test_a_missing_token_is_found_in_any_batch() -> None:
    many: list[list[Any]] = [[f"w{number}"] for number in range(20_000)]
    for at in (0, 1, 7000, 19_999):
        with pytest.raises(ValueError, match=f"sentence {at}: token 0 is missing"):
            Corpus.from_sentences([*many[:at], [None], *many[at:]])


def test_values_of_arrow_are_no_words() -> None:
    column = pytest.importorskip("pyarrow").array(SENTENCES)
    with pytest.raises(ValueError, match=r"sentence 0: token 0 is the StringScalar .*to_pylist"):
        Corpus.from_sentences([list(row) for row in column])
    assert list(Corpus.from_sentences(column.to_pylist())) == SENTENCES


RIGHT: dict[str, Callable[[], Any]] = {
    "lists of Arrow": of("pyarrow", lambda pa: pa.array(SENTENCES)),
    "chunked lists of Arrow": of("pyarrow", lambda pa: pa.chunked_array([SENTENCES])),
    "arrays of Arrow": of("pyarrow", lambda pa: map(pa.array, SENTENCES)),
    "a series of pandas": of("pandas", lambda pd: pd.Series(SENTENCES)),
    "a series of polars": of("polars", lambda pl: pl.Series(SENTENCES)),
    "columns of strings": of("pandas", lambda pd: [pd.array(sentence, dtype="string") for sentence in SENTENCES]),
    "arrays": lambda: map(np.array, SENTENCES),
    "a matrix of words": lambda: np.array(SENTENCES),
    "the way that is told for dicts with a text": lambda: [row["text"].split() for row in ROWS],
    "the way that is told for dicts with lists": lambda: [row["words"] for row in LIST_ROWS],
    "the way that is told for a dict": lambda: list(dict(enumerate(SENTENCES)).values()),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_lists_of_other_libraries_are_sentences(kind: str) -> None:
    assert list(Corpus.from_sentences(RIGHT[kind]())) == SENTENCES


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    "kind", [kind for kind, (_, message) in WRONG.items() if message.endswith(": Corpus.from_arrow")]
)
def test_tables_are_read_by_the_door_that_is_told(kind: str) -> None:
    pytest.importorskip("pyarrow")
    corpus = Corpus.from_arrow(WRONG[kind][0](), "text")
    expected = [["a", "b"]] if "DuckDB" in kind else SENTENCES
    assert list(corpus) == expected


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("column", ["text", "words"])
@pytest.mark.parametrize(
    "door",
    [
        "a lazy frame",
        "a scan",
        "a relation",
        "a dict of arrays",
        "a dict of lists",
        "a dict of NumPy arrays",
        "a batch",
    ],
)
def test_columns_of_whatever_has_columns(door: str, column: str, tmp_path: Path) -> None:
    pa, pl = pytest.importorskip("pyarrow"), pytest.importorskip("polars")
    columns = {"n": [1, 2], "words": SENTENCES, "text": TEXTS}
    table = pa.table(columns)
    if door == "a lazy frame":
        given: Any = pl.LazyFrame(columns).filter(pl.col("n") > 0)
    elif door == "a scan":
        pl.DataFrame(columns).write_parquet(tmp_path / "t.parquet")
        given = pl.scan_parquet(tmp_path / "t.parquet")
    elif door == "a relation":
        given = pytest.importorskip("duckdb").from_arrow(table)
    elif door == "a batch":
        given = table.to_batches()[0]
    else:
        given = {name: table[name] if "arrays" in door else values for name, values in columns.items()}
    assert list(Corpus.from_arrow(given, column)) == SENTENCES
    with pytest.raises(ValueError, match="there is no column 'x', but 'n', 'words', 'text'"):
        Corpus.from_arrow(given, "x")
    with pytest.raises(ValueError, match="give column=, one of 'n', 'words', 'text'"):
        Corpus.from_arrow(given)


def test_columns_of_numpy() -> None:
    pytest.importorskip("pyarrow")
    assert list(Corpus.from_arrow({"n": np.arange(2), "text": np.array(TEXTS)}, "text")) == SENTENCES


def test_columns_of_a_relation_may_have_any_name() -> None:
    pa, duckdb = pytest.importorskip("pyarrow"), pytest.importorskip("duckdb")
    name = 'a "b", c'
    relation = duckdb.from_arrow(pa.table({"n": [1, 2], name: TEXTS}))
    assert list(Corpus.from_arrow(relation, name)) == SENTENCES


def test_a_module_that_only_sounds_like_datasets_may_hold_sentences() -> None:
    class Mine:
        columns = ("a", "b")

        def __iter__(self) -> Any:
            return iter(SENTENCES)

    Mine.__module__ = "datasets.mine"
    assert list(Corpus.from_sentences(Mine())) == SENTENCES


def test_texts_that_are_to_be_split_may_be_of_other_libraries() -> None:
    pa = pytest.importorskip("pyarrow")
    assert list(Corpus.from_sentences(pa.array(TEXTS), split=True)) == SENTENCES
    assert list(Corpus.from_sentences(TEXTS, split=True)) == SENTENCES
    with pytest.raises(TypeError, match=r"sentence 0 must be a str, not the dict .*\[row\['text'\] for row in rows\]"):
        Corpus.from_sentences(ROWS, split=True)
    assert list(Corpus.from_sentences([row["text"] for row in ROWS], split=True)) == SENTENCES


NO_FILES: dict[str, tuple[Callable[[], Any], str]] = {
    "lists of tokens": (lambda: SENTENCES, r"not the list \['the', 'cat'\]: lists of tokens are sentences"),
    "a generator of them": (lambda: iter(SENTENCES), "lists of tokens are sentences"),
    "an array of them": (lambda: np.array(SENTENCES), "lists of tokens are sentences"),
    "a corpus": (lambda: Corpus.from_sentences(SENTENCES), "lists of tokens are sentences"),
    "a pandas frame": (of("pandas", lambda pd: pd.DataFrame(ROWS)), r"table \(DataFrame\): see Corpus.from_arrow"),
    "a polars frame": (of("polars", lambda pl: pl.DataFrame(ROWS)), r"table \(DataFrame\): see Corpus.from_arrow"),
    "a dataset": (of("datasets", lambda ds: ds.Dataset.from_list(ROWS)), "see Corpus.from_arrow"),
    "a number": (lambda: 5, "a path, a list of paths or an open file, not int"),
}


@pytest.mark.parametrize("kind", sorted(set(NO_FILES) - {"a corpus"}))
def test_what_is_no_file_is_refused_with_the_right_argument(kind: str) -> None:
    make, message = NO_FILES[kind]
    with pytest.raises(TypeError, match=message):
        Corpus.from_file(make())
    with pytest.raises(TypeError, match=message):
        Word2Vec(corpus_file=make(), vector_size=4, min_count=1)


def test_a_corpus_is_no_file_but_a_model_takes_it_as_one() -> None:
    with pytest.raises(TypeError, match=NO_FILES["a corpus"][1]):
        Corpus.from_file(Corpus.from_sentences(SENTENCES))
