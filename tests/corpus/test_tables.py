"""Corpus.from_arrow and from_parquet."""

from __future__ import annotations

import subprocess
import sys
import types
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.corpus_oracle import check
from sized import Sized

from fastemb import Corpus, Vocabulary
from fastemb.corpus.tables import string_bytes
from fastemb.io.arrow import rows_at_a_time

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

TEXTS = ["the cat  sat", "", "on\tthe mat\nand\u2028sat ", "\n", "the"]
WORDS = [text.split() for text in TEXTS]
LISTS = [["a", "b c", ""], [], ["b c", "a\n", "a"], ["é", "日本"]]
NUMBERS = [[5, 7, 5], [], [2**40, 7], [0]]


def batches(array: Any, size: int = 2) -> Any:
    """A reader that gives a few rows at a time."""
    table = pa.table({"other": range(len(array)), "column": array})
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=size))


# ---- columns of every type ----


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view", "dictionary", "ree"])
def test_text_of_every_type_is_split_as_str_is(kind: str) -> None:
    array = pa.array(TEXTS)
    if kind == "dictionary":
        array = array.dictionary_encode()
    elif kind == "ree":
        array = pa.RunEndEncodedArray.from_arrays(list(range(1, len(TEXTS) + 1)), array)
    else:
        array = array.cast(getattr(pa, kind)())
    check(Corpus.from_arrow(array), WORDS)
    check(Corpus.from_arrow(array.slice(2)), WORDS[2:])


@pytest.mark.parametrize("size", [1, 5, 40, 1 << 20])
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_batches_leave_no_trace(size: int, workers: int, kind: Any) -> None:
    sized = Sized(block_bytes=size, column_rows=max(size // 10, 1))
    array = pa.array(TEXTS * 7, kind)
    check(sized.from_arrow(array, workers=workers), WORDS * 7)
    check(sized.from_arrow(pa.chunked_array([array.slice(0, 3), array.slice(3)]), workers=workers), WORDS * 7)


LIST_TYPES = [
    lambda values: pa.list_(values),
    lambda values: pa.large_list(values),
    lambda values: pa.list_view(values),
    lambda values: pa.large_list_view(values),
]


@pytest.mark.parametrize("make", LIST_TYPES)
@pytest.mark.parametrize("tokens", [1, 2, 1 << 20])
@pytest.mark.parametrize("values", [pa.string(), pa.large_string(), pa.string_view()])
def test_lists_of_strings_are_sentences(make: Any, tokens: int, values: Any) -> None:
    sized = Sized(column_tokens=tokens)
    array = pa.array(LISTS * 3, make(values))
    check(sized.from_arrow(array, workers=2), LISTS * 3)
    check(sized.from_arrow(array.slice(3)), (LISTS * 3)[3:])


@pytest.mark.parametrize("make", LIST_TYPES)
@pytest.mark.parametrize("values", [pa.int64(), pa.uint64()])
def test_lists_of_integers_are_sentences(make: Any, values: Any) -> None:
    corpus = Corpus.from_arrow(pa.array(NUMBERS * 3, make(values)))
    check(corpus, NUMBERS * 3)
    assert all(type(key) is int for key in corpus.vocabulary.keys)


def test_negative_integers_are_tokens_too() -> None:
    check(Corpus.from_arrow(pa.array([[-3, 5], [-3, -(2**62), 5]])), [[-3, 5], [-3, -(2**62), 5]])


def test_lists_of_fixed_size() -> None:
    array = pa.array([["a", "b"], ["c", "a"], ["b", "b"]], pa.list_(pa.string(), 2))
    check(Corpus.from_arrow(array), [["a", "b"], ["c", "a"], ["b", "b"]])
    check(Corpus.from_arrow(array.slice(1)), [["c", "a"], ["b", "b"]])


def test_lists_of_dictionary_words_are_numbered_as_they_occur_and_not_as_the_dictionary_is_ordered() -> None:
    dictionary = pa.array(["unused", "z", "b", "a", "b"])
    values = pa.DictionaryArray.from_arrays(pa.array([3, 4, 1, 2, 3], pa.int8()), dictionary)
    array = pa.ListArray.from_arrays(pa.array([0, 2, 5]), values)
    check(Corpus.from_arrow(array), [["a", "b"], ["z", "b", "a"]])
    assert "unused" not in Corpus.from_arrow(array, min_count=0).vocabulary


def test_strings_that_are_too_long_together_for_short_offsets() -> None:
    for kind in (pa.string(), pa.large_string()):
        for texts in (TEXTS, TEXTS[:1]):
            array = pa.array(texts, kind)
            expected = "".join(text + "\n" for text in texts).encode()
            assert string_bytes(array, b"\n", longest=10) == string_bytes(array, b"\n") == expected


@given(st.lists(st.lists(st.text(max_size=3), max_size=5), max_size=8).filter(any), st.integers(1, 6))
def test_lists_of_any_strings(lists: list[list[str]], size: int) -> None:
    lists = [[token for token in tokens if token.isprintable()] for tokens in lists]
    if any(lists):
        check(Corpus.from_arrow(batches(pa.array(lists, pa.list_(pa.string())), size), "column"), lists)


@given(st.lists(st.text(st.sampled_from("a é\n\u2028\t😀b"), max_size=8), max_size=8), st.integers(1, 6))
def test_any_text(texts: list[str], size: int) -> None:
    words = [text.split() for text in texts]
    if any(words):
        check(Corpus.from_arrow(batches(pa.array(texts, pa.string()), size), "column"), words)


def test_an_extension_type_is_what_it_stores() -> None:
    class Sentence(pa.ExtensionType):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(pa.string(), "fastemb.test")

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage_type: Any, serialized: bytes) -> Any:
            return cls()

    check(Corpus.from_arrow(pa.ExtensionArray.from_storage(Sentence(), pa.array(TEXTS))), WORDS)


# ---- what holds the column ----


def sources() -> dict[str, Any]:
    table = pa.table({"other": range(5), "column": TEXTS})
    return {
        "table": table,
        "record batch": table.to_batches()[0],
        "reader": batches(pa.array(TEXTS)),
        "dataset": pytest.importorskip("pyarrow.dataset").dataset(table),
        "scanner": pytest.importorskip("pyarrow.dataset").dataset(table),
        "struct array": _Capsule(table.to_struct_array().chunk(0), "__arrow_c_array__"),
        "stream": _Capsule(table, "__arrow_c_stream__"),
    }


class _Capsule:
    """Something that only speaks the PyCapsule interface."""

    def __init__(self, data: Any, name: str) -> None:
        setattr(type(self), name, lambda self, requested_schema=None: getattr(data, name)(requested_schema))


@pytest.mark.parametrize("name", ["table", "record batch", "reader", "dataset", "struct array", "stream"])
def test_a_column_of_whatever_holds_columns(name: str) -> None:
    check(Corpus.from_arrow(sources()[name], "column"), WORDS)
    check(Corpus.from_arrow(sources()[name], column="column", workers=1), WORDS)


def test_the_only_column_needs_no_name() -> None:
    check(Corpus.from_arrow(pa.table({"x": TEXTS})), WORDS)
    check(Corpus.from_arrow(batches(pa.array(TEXTS)).read_all().select(["column"])), WORDS)


@pytest.mark.parametrize("frame", [True, False])
def test_pandas(frame: bool) -> None:
    pd = pytest.importorskip("pandas")
    data = pd.DataFrame({"n": range(5), "text": TEXTS, "object": pd.Series(WORDS, dtype=object)})
    data.index = range(5, 10)
    data["category"] = data["text"].astype("category")
    for column in ("text", "object", "category"):
        corpus = Corpus.from_arrow(data, column) if frame else Corpus.from_arrow(data[column])
        check(corpus, WORDS)


def test_the_only_column_of_a_pandas_frame_needs_no_name_whatever_its_index() -> None:
    pd = pytest.importorskip("pandas")
    check(Corpus.from_arrow(pd.DataFrame({"text": TEXTS}, index=list("abcde"))), WORDS)


@pytest.mark.parametrize("frame", [True, False])
@pytest.mark.usefixtures("signals")
def test_polars(frame: bool) -> None:
    pl = pytest.importorskip("polars")
    data = pl.DataFrame({"n": range(5), "text": TEXTS, "lists": WORDS})
    data = data.with_columns(data["text"].cast(pl.Categorical).alias("category"))
    for column in ("text", "lists", "category"):
        corpus = Corpus.from_arrow(data, column) if frame else Corpus.from_arrow(data[column])
        check(corpus, WORDS)
    check(Corpus.from_arrow(data.lazy(), "text"), WORDS)


def test_hugging_face_datasets() -> None:
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"n": list(range(5)), "text": TEXTS, "lists": WORDS})
    check(Corpus.from_arrow(data, "text"), WORDS)
    check(Corpus.from_arrow(data, "lists"), WORDS)
    check(Corpus.from_arrow(data.select([4, 2, 0]), "text"), [WORDS[4], WORDS[2], WORDS[0]])
    check(Corpus.from_arrow(data.to_iterable_dataset(), "text"), WORDS)
    with pytest.raises(ValueError, match=r"there is no column 'x', but 'n', 'text', 'lists'"):
        Corpus.from_arrow(data, "x")
    with pytest.raises(TypeError, match="take one split"):
        Corpus.from_arrow(datasets.DatasetDict({"train": data}), "text")


# ---- Parquet ----


@pytest.fixture
def folder(tmp_path: Any) -> Any:
    """Two files of two and three rows, one of them deeper."""
    (tmp_path / "data" / "deep").mkdir(parents=True)
    pq.write_table(pa.table({"t": TEXTS[:2], "n": [1, 2]}), tmp_path / "data" / "a.parquet")
    pq.write_table(
        pa.table({"n": [1, 2, 3], "t": TEXTS[2:]}), tmp_path / "data" / "deep" / "b.parquet", row_group_size=1
    )
    (tmp_path / "data" / "_metadata.parquet").write_bytes(b"not data")
    (tmp_path / "data" / "notes.txt").write_bytes(b"not data")
    return tmp_path / "data"


def test_parquet_files_folders_and_patterns(folder: Any) -> None:
    first, second = folder / "a.parquet", folder / "deep" / "b.parquet"
    for path in (folder, str(folder), f"{folder}/**/[ab].parquet", [first, second], iter([str(first), second])):
        check(Corpus.from_parquet(path, "t"), WORDS)
    check(Corpus.from_parquet(second, column="t"), WORDS[2:])
    check(Corpus.from_parquet([second, first], "t"), WORDS[2:] + WORDS[:2])


def test_long_rows_of_parquet_are_read_by_few(tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    texts = ["".join(chr(97 + letter) for letter in rng.integers(0, 26, size)) for size in [50, 50, 5000, 5000]]
    pq.write_table(pa.table({"n": range(4), "t": texts}), tmp_path / "x.parquet", row_group_size=2)
    sized = Sized(table_bytes=12_000)
    with pq.ParquetFile(tmp_path / "x.parquet") as file:
        assert rows_at_a_time(file.metadata, 1 << 13, 12_000) == 2
        assert rows_at_a_time(file.metadata, 1 << 13, 1) == 1
        assert rows_at_a_time(file.metadata, 99, 1 << 30) == 99
    check(sized.from_parquet(tmp_path / "x.parquet", "t"), [[text] for text in texts])


def test_parquet_by_url(folder: Any) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for name in ("a.parquet", "deep/b.parquet"):
        memory.pipe(f"/tables/{name}", (folder / name).read_bytes())
    check(Corpus.from_parquet("memory://tables/a.parquet", "t"), WORDS[:2])
    check(Corpus.from_parquet(["memory://tables/*.parquet", "memory://tables/deep/b.parquet"], "t"), WORDS)
    with pytest.raises(ValueError, match="cache= needs files"):
        Corpus.from_parquet("memory://tables/a.parquet", "t", cache=folder / "cache")


def test_parquet_in_small_batches(folder: Any) -> None:
    sized = Sized(table_rows=1)
    check(sized.from_parquet(folder, "t", workers=3), WORDS)


def test_parquet_that_is_not_there_or_something_else(folder: Any, tmp_path: Any) -> None:
    (tmp_path / "empty").mkdir()
    for path, message in (
        (tmp_path / "empty", "no .parquet file in this folder"),
        (f"{tmp_path}/*.parquet", "no file matches"),
        (tmp_path / "none.parquet", "none.parquet"),
    ):
        with pytest.raises(FileNotFoundError, match=message):
            Corpus.from_parquet(path, "t")
    with pytest.raises(ValueError, match=r"notes.txt: not a Parquet file"):
        Corpus.from_parquet(folder / "notes.txt", "t")
    with pytest.raises(ValueError, match="the list of files is empty"):
        Corpus.from_parquet([], "t")
    with pytest.raises(ValueError, match="standard input"):
        Corpus.from_parquet("-", "t")
    whole = (folder / "a.parquet").read_bytes()
    (folder / "a.parquet").write_bytes(whole[:-20])
    with pytest.raises(ValueError, match=r"a.parquet: not a Parquet file"):
        Corpus.from_parquet(folder, "t")


def test_damaged_pages_of_parquet_are_an_error_with_the_file(tmp_path: Any) -> None:
    path = tmp_path / "x.parquet"
    rng = np.random.default_rng(0)
    texts = [" ".join(map(str, row)) for row in rng.integers(0, 10**9, (200, 9)).tolist()]
    pq.write_table(pa.table({"t": texts}), path, compression="zstd", use_dictionary=False)
    whole = bytearray(path.read_bytes())
    whole[500:600] = bytes(100)
    path.write_bytes(whole)
    with pytest.raises(ValueError, match=r"x\.parquet: "):
        Corpus.from_parquet(path, "t")


DAMAGE = """
import random, sys
from fastemb import Corpus

source, path = sys.argv[1:]
whole = open(source, "rb").read()
footer = len(whole) - int.from_bytes(whole[-8:-4], "little") - 8
for seed in [*range(500, 560), 836, 1033]:
    draw = random.Random(seed)
    data = bytearray(whole)
    in_footer = draw.random() < 0.75
    for _ in range(draw.choice([1, 1, 2, 4])):
        at = draw.randrange(footer if in_footer else 0, len(data))
        data[at] = draw.randrange(256) if draw.random() < 0.5 else data[at] ^ 1 << draw.randrange(8)
    open(path, "wb").write(data)
    for column in ("text", "words", None):
        try:
            Corpus.from_parquet(path, column, workers=1)
        except (ValueError, TypeError) as error:
            assert type(error).__module__ == "builtins" or type(error).__name__ == "NothingKeptError", (seed, error)
            assert not isinstance(error, UnicodeError) and path in str(error), (seed, column, error)
"""


@pytest.mark.integration
def test_damaged_parquet_is_an_error_with_the_file_and_never_ends_the_process(tmp_path: Any) -> None:
    """In some of these files pyarrow throws out of reach of Python when it is asked for the size of a column."""
    rows = range(300)
    columns = {"n": rows, "text": [f"the cat {n} sat" for n in rows], "words": [["a", f"w{n}"] for n in rows]}
    pq.write_table(pa.table(columns), tmp_path / "whole.parquet", row_group_size=100)
    command = [sys.executable, "-c", DAMAGE, str(tmp_path / "whole.parquet"), str(tmp_path / "damaged.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_faults_name_the_file_and_the_row_in_it(folder: Any) -> None:
    pq.write_table(pa.table({"t": ["a", "b", None], "n": [1, 2, 3]}), folder / "deep" / "b.parquet")
    with pytest.raises(ValueError, match=r"deep/b.parquet, row 2 of column 't' is null: drop or fill nulls first"):
        Corpus.from_parquet(folder, "t")
    with pytest.raises(ValueError, match=r"a.parquet: there is no column 'x', but 't', 'n'"):
        Corpus.from_parquet(folder, "x")
    pq.write_table(pa.table({"t": [["a"]], "n": [1]}), folder / "deep" / "b.parquet")
    with pytest.raises(ValueError, match=r"b.parquet, row 0 of column 't' is of type list.*before it of string"):
        Corpus.from_parquet(folder, "t")


# ---- bad input ----


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (pa.array(["a", None]), ValueError, r"row 1 of column 'column' is null"),
        (pa.array([["a"], None]), ValueError, r"row 1 of column 'column' is null"),
        (pa.array([["a"], [], ["b", None]]), ValueError, r"row 2 of column 'column' holds a null"),
        (pa.array([[1], [], [2, None]]), ValueError, r"row 2 of column 'column' holds a null"),
        (pa.array([None, None]), ValueError, r"row 0 of column 'column' is null"),
        (pa.array(["a", "b", "c\0d"]), ValueError, r"row 2 of column 'column': a NUL byte"),
        (
            pa.array([["a"], [], ["b", "c\0d"], ["e\0"]]),
            ValueError,
            r"row 2 of column 'column': a token has a NUL byte",
        ),
        (pa.array([b"a"]), TypeError, r"column 'column' is of type binary.*cast it to string"),
        (pa.array([1, 2]), TypeError, r"column 'column' is of type int64: it must hold text, or lists"),
        (pa.array([[["a"]]]), TypeError, r"is of type list<.*list<.*: lists must be of strings or of integers"),
        (pa.array([{"a": "b"}]), TypeError, r"is of type struct<"),
        (pa.array([[{"a": "b"}]]), TypeError, r"lists must be of strings or of integers"),
        (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())), TypeError, r"is of type map<"),
        (pa.array([[1.5]]), TypeError, r"list<.*double>: lists must be of strings or of integers"),
        (pa.array([[True]]), TypeError, r"list<.*bool>: lists must be of strings or of integers"),
        (pa.array([], pa.string()), ValueError, r"column 'column': there is no row in it"),
        (pa.array(["", " "]), ValueError, r"column 'column': there is no word"),
        (pa.array([[]], pa.list_(pa.string())), ValueError, r"column 'column': there is no word"),
    ],
)
@pytest.mark.parametrize("size", [1, 10])
def test_what_cannot_be_encoded_is_named(array: Any, error: type[Exception], message: str, size: int) -> None:
    with pytest.raises(error, match=message):
        Corpus.from_arrow(batches(array, size), "column")


def test_invalid_utf8_is_named_with_its_row() -> None:
    bad = pa.StringArray.from_buffers(
        4, pa.py_buffer(np.array([0, 1, 3, 6, 9], np.int32)), pa.py_buffer(b"a\nbx\xffyx\xfez")
    )
    for size in (1, 100):
        sized = Sized(block_bytes=size)
        for _ in range(3):
            with pytest.raises(ValueError, match="row 2: invalid UTF-8"):
                sized.from_arrow(bad, workers=3)
            with pytest.raises(ValueError, match="row 1: invalid UTF-8"):
                sized.from_arrow(pa.ListArray.from_arrays(pa.array([0, 2, 3, 4]), bad), workers=3)


def test_columns_must_be_named_and_be_there() -> None:
    table = pa.table([pa.array(["a"]), pa.array(["b"]), pa.array(["c"])], names=["x", "y", "y"])
    for column, message in (
        (None, "give column=, one of 'x', 'y'"),
        ("z", "no column 'z', but 'x', 'y'"),
        ("y", "2 columns 'y'"),
    ):
        with pytest.raises(ValueError, match=message):
            Corpus.from_arrow(table, column)
        with pytest.raises(ValueError, match=message):
            Corpus.from_arrow(pa.RecordBatchReader.from_batches(table.schema, table.to_batches()), column)
    with pytest.raises(ValueError, match="leave it out"):
        Corpus.from_arrow(pa.array(["a"]), "x")


@pytest.mark.parametrize("data", ["table.parquet", [["a"]], None, {"a": 5}])
def test_what_is_no_table_is_named(data: Any) -> None:
    with pytest.raises(TypeError, match=r"must be an Arrow array or table, or a frame.*from_parquet"):
        Corpus.from_arrow(data)


def test_options_reach_the_vocabulary() -> None:
    data = pa.array([["a", "b", "a"], ["c", "b"]])
    check(Corpus.from_arrow(data, min_count=2), [["a", "b", "a"], ["c", "b"]], min_count=2)
    given = Vocabulary(["b"], [1])
    assert list(Corpus.from_arrow(pa.array(["a b b", "c"]), vocabulary=given)) == [["b", "b"], []]
    with pytest.raises(ValueError, match="workers"):
        Corpus.from_arrow(data, workers=0)


@pytest.mark.parametrize(
    "options",
    [
        {"lower": True},
        {"token_pattern": r"\w+"},
        {"tokenizer": lambda text: text.split("t")},
        {"max_sentence_length": 2},
        {"max_vocab_size": 3},
    ],
)
def test_text_takes_the_options_of_text_files(options: dict[str, Any], tmp_path: Any) -> None:
    lines = ["The cat, the CAT", "", "É É é (sat)", "a" * 20] * 3
    (tmp_path / "text").write_text("\n".join(lines), encoding="utf-8")
    pq.write_table(pa.table({"t": lines}), tmp_path / "t.parquet")
    expected = Corpus.from_file(tmp_path / "text", **options)
    for corpus in (
        Corpus.from_arrow(pa.table({"t": lines}), "t", **options),
        Corpus.from_parquet(tmp_path / "t.parquet", "t", **options),
    ):
        assert list(corpus) == list(expected)
        assert corpus.vocabulary.keys == expected.vocabulary.keys
    if "max_vocab_size" not in options:
        with pytest.raises(ValueError, match=r"holds lists: lower, token_pattern and the like are for text"):
            Corpus.from_arrow(pa.array([["a"]]), **options)


def test_without_pyarrow_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for call in (lambda: Corpus.from_arrow([["a"]]), lambda: Corpus.from_parquet(__file__, "a")):
        with pytest.raises(ImportError, match=r"pip install 'fastemb\[arrow\]'"):
            call()


def test_an_error_of_the_reader_surfaces_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    def produce() -> Any:
        yield pa.record_batch({"t": ["a b"]})
        raise OSError("gone")

    for workers in (1, 3):
        reader = pa.RecordBatchReader.from_batches(pa.schema({"t": pa.string()}), produce())
        with pytest.raises(OSError, match="gone"):
            Corpus.from_arrow(reader, workers=workers)


def test_a_module_that_only_sounds_like_datasets_is_no_dataset() -> None:
    module = types.ModuleType("datasets_of_mine")
    thing = type("Thing", (), {"__module__": module.__name__})()
    with pytest.raises(TypeError, match=r"must be an Arrow array or table"):
        Corpus.from_arrow(thing)


@pytest.mark.parametrize(
    ("rows", "row", "what"),
    [
        (["a b", 3], 1, "is the int 3, but those before it str"),
        ([["b"], ["a", 1]], 1, "holds the int 1, but those before it str"),
        ([["a", 1]], 0, "holds the int 1"),
        ([["b"], ["a"], "x"], 2, "is the str 'x', but those before it list"),
        (["a", ["b"]], 1, "is the list"),
    ],
)
def test_rows_of_mixed_types_are_named(rows, row, what):
    pandas = pytest.importorskip("pandas")
    for data, name in ((pandas.DataFrame({"t": rows, "u": 1}), "t"), ({"t": rows}, "t"), ({"t": rows}, None)):
        with pytest.raises(TypeError, match=f"row {row} of column 't' {what}"):
            Corpus.from_arrow(data, name)
    with pytest.raises(TypeError, match=f"row {row} of the column {what}"):
        Corpus.from_arrow(pandas.Series(rows))
    if not any(isinstance(one, list) for one in rows):  # the remedy
        assert len(Corpus.from_arrow(pandas.DataFrame({"t": list(map(str, rows))}))) == len(rows)
