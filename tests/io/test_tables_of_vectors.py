"""Tables of Arrow's, column by column: which is chosen, what becomes of it, and what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb.io.formats import VectorTable, arrow_file, tables
from fastemb.io.formats.reading import Reading
from fastemb.io.formats.tables import arrow_table, columns_of, list_size, matrix_of

pa = pytest.importorskip("pyarrow")

FLOATS = pa.list_(pa.float32())
TEXT = pa.string()


def schema(**kinds: Any) -> Any:
    return pa.schema(list(kinds.items()))


# ---- which column is what ----


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        (pa.list_(pa.float32(), 3), 3),
        (pa.list_(pa.float16()), 0),
        (pa.large_list(pa.float64()), 0),
        (pa.list_(pa.int64()), None),
        (pa.list_(pa.int64(), 3), None),
        (pa.large_list(pa.int8()), None),
        (pa.float32(), None),
        (TEXT, None),
    ],
)
def test_lists_of_floats_may_be_vectors(kind: Any, size: int | None) -> None:
    assert list_size(kind) == size


@pytest.mark.parametrize(
    ("kinds", "reading", "vectors", "keys", "further"),
    [
        ({"key": TEXT, "vector": FLOATS}, {}, "vector", "key", []),
        ({"a": FLOATS, "vector": FLOATS, "key": TEXT}, {}, "vector", "key", []),
        ({"a": FLOATS, "b": TEXT, "n": pa.int64()}, {}, "a", "b", ["n"]),
        ({"a": FLOATS, "n": pa.int64()}, {}, "a", "n", []),
        ({"a": FLOATS, "b": TEXT, "key": pa.int32()}, {}, "a", "key", ["b"]),
        ({"a": FLOATS, "vector": FLOATS, "b": TEXT}, {"key": "a"}, "a", "b", []),
        ({"a": FLOATS, "b": TEXT, "c": TEXT}, {"words": "c"}, "a", "c", ["b"]),
        ({"a": FLOATS, "b": TEXT, "c": TEXT}, {"words": ["x"]}, "a", None, ["b", "c"]),
        ({"a": FLOATS, "b": TEXT, "key": TEXT}, {"words": "a_file"}, "a", None, ["b", "key"]),
        ({"a": FLOATS, "b": pa.large_string(), "n": pa.float32(), "t": pa.bool_()}, {}, "a", "b", ["n", "t"]),
        ({"a": FLOATS, "b": pa.string_view(), "n": pa.uint8()}, {}, "a", "b", ["n"]),
        ({"a": FLOATS, "b": pa.dictionary(pa.int8(), TEXT), "n": pa.uint8()}, {}, "a", "b", ["n"]),
    ],
)
@pytest.mark.filterwarnings("ignore:f. columns that are neither numbers nor text are not read")
def test_columns_are_chosen(
    kinds: dict[str, Any], reading: dict[str, Any], vectors: str, keys: str | None, further: list[str]
) -> None:
    found = columns_of("f", schema(**kinds), Reading(**reading))
    assert (found.path, found.vectors, found.keys, found.further) == ("f", vectors, keys, further)
    assert found.names == [vectors, *([keys] if keys is not None else []), *further]


def test_columns_that_are_left_out_are_named_as_far_as_there_is_room() -> None:
    odd = {f"odd{number}": pa.timestamp("s") for number in range(22)}
    shown = ", ".join(f"odd{number}" for number in range(20))
    with pytest.warns(UserWarning, match=f"^f: columns that are neither numbers nor text are not read: {shown}$"):
        columns_of("f", schema(vector=FLOATS, key=TEXT, **odd), Reading())
    with pytest.raises(ValueError, match=r"^f: there is no column 'x'; its columns: 'vector' \(list<.*\) and 4 more$"):
        columns_of("f", schema(vector=FLOATS, key=TEXT, **odd), Reading(key="x"))
    few = dict(list(odd.items())[:18])
    with pytest.raises(ValueError, match=r"'odd17' \(timestamp\[s\]\)$"):
        columns_of("f", schema(vector=FLOATS, key=TEXT, **few), Reading(key="x"))
    with pytest.raises(
        ValueError, match=r"^f: no column may be the one called 'vector': key= names it; its columns: none$"
    ):
        columns_of("f", pa.schema([]), Reading())


# ---- rows ----


def test_rows_of_several_batches() -> None:
    found = columns_of("f", schema(key=TEXT, vector=FLOATS, n=pa.int64()), Reading())
    for keys, rows in ((["a", "b"], [[1.0, 2.0], [3.0, 4.0]]), (["c"], [[5.0, 6.0]])):
        columns = [pa.array(keys), pa.array(rows, FLOATS), pa.array(range(len(keys)))]
        found.add(pa.record_batch(columns, ["key", "vector", "n"]))
    table = found.table(Reading())
    assert list(table.keys) == ["a", "b", "c"]
    assert table.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert table.attributes["n"].tolist() == [0, 1, 0]


def test_the_row_of_what_is_wrong_is_named() -> None:
    found = columns_of("f", schema(key=TEXT, vector=FLOATS), Reading())
    found.add(pa.record_batch([pa.array(["a", "b"]), pa.array([[1.0], [2.0]], FLOATS)], ["key", "vector"]))
    with pytest.raises(ValueError, match=r"^f: row 4: the key in column 'key' is null: drop the row"):
        found.add_keys(pa.record_batch([pa.array(["c", None])], ["key"]))
    with pytest.raises(ValueError, match=r"^f: row 3 or one after it, column 'vector': a vector is null: drop the row"):
        found.add(pa.record_batch([pa.array(["c"]), pa.array([None], FLOATS)], ["key", "vector"]))


def test_tables_without_rows() -> None:
    found = columns_of("f", schema(key=TEXT, vector=FLOATS), Reading())
    with pytest.raises(ValueError, match=r"^f: there is no row in it"):
        found.table(Reading())
    assert found.table(Reading(), dims=3).vectors.shape == (0, 3)
    assert found.table(Reading(), dims=0).vectors.shape == (0, 1)


def test_keys_in_place_of_a_column() -> None:
    found = columns_of("f", schema(vector=FLOATS), Reading(words=["x", "y"]))
    found.add(pa.record_batch([pa.array([[1.0], [2.0]], FLOATS)], ["vector"]))
    assert list(found.table(Reading(words=["x", "y"])).keys) == ["x", "y"]
    with pytest.raises(ValueError, match=r"^words=: 1 words for the 2 rows of 'vector' in f"):
        found.table(Reading(words=["x"]))


@pytest.mark.parametrize("kind", [FLOATS, pa.list_(pa.float32(), 2), pa.large_list(pa.float64())])
def test_lists_become_a_matrix(kind: Any) -> None:
    rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert matrix_of("f", pa.array(rows, kind)).tolist() == rows
    assert matrix_of("f", pa.array(rows, kind)[1:]).tolist() == rows[1:]
    assert matrix_of("f", pa.array([], kind)).shape[0] == 0


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        (pa.array([[1.0], None], FLOATS), "a vector is null: drop the row"),
        (pa.array([[1.0], [None]], FLOATS), "a number of a vector is null"),
        (pa.array([[1], [2]]), "no lists of floats but list<"),
        (pa.array([[1.0], [1.0] * 2000], FLOATS), "vectors of 1 and of 2,000 numbers"),
        (pa.array([[], []], FLOATS), "vectors of 0 numbers"),
        (pa.array([[], []], pa.list_(pa.float32(), 0)), "vectors of 0 numbers"),
    ],
)
def test_lists_that_are_no_matrix(lists: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^here: {message}"):
        matrix_of("here", lists)


# ---- writing ----


def written(keys: list[Any], **values: Any) -> Any:
    attributes = {name: np.asarray(value) for name, value in values.items()}
    vectors = np.arange(2 * len(keys), dtype=np.float32).reshape(-1, 2)
    return arrow_table("f", "such a file", VectorTable(keys, vectors, attributes))


def test_a_table_that_is_written() -> None:
    found = written(["a", "b"], n=[1, 2], t=np.array(["x", "y"], object), odd=np.array([1, "x"], object))
    assert found.column_names == ["key", "vector", "n", "t"]
    assert found.schema.field("key").type == pa.string()
    assert found.schema.field("vector").type == pa.list_(pa.float32(), 2)
    assert found.to_pydict() == {"key": ["a", "b"], "vector": [[0, 1], [2, 3]], "n": [1, 2], "t": ["x", "y"]}


def test_keys_that_are_integers_are_of_64_bits() -> None:
    found = written([-(2**63), np.int32(5), 2**63 - 1])
    assert found.schema.field("key").type == pa.int64()
    assert found["key"].to_pylist() == [-(2**63), 5, 2**63 - 1]
    for key in (2**63, -(2**63) - 1):
        with pytest.raises(ValueError, match=r"^f: such a file cannot hold integers of more than 64 bits as keys"):
            written([1, key])


@pytest.mark.parametrize("key", [True, 1.5, None, b"x"])
def test_keys_of_other_kinds(key: Any) -> None:
    with pytest.raises(TypeError, match=r"^keys must be str or int to be saved, but one is "):
        written(["a", key])


@pytest.mark.parametrize("name", ["key", "vector"])
def test_values_that_are_called_as_the_columns_are(name: str) -> None:
    with pytest.raises(ValueError, match=f"^f: such a file cannot hold values called '{name}': rename them"):
        written(["a"], **{name: [1]})


def test_half_a_character(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^f: such a file cannot hold '\\ud800', which has half a character in it"):
        written(["a", "\ud800"])
    with pytest.raises(ValueError, match=r"^f: such a file cannot hold '\\ud800', which has half a character in it"):
        written(["a"], t=np.array(["\ud800"], object))


def test_much_text_has_offsets_of_64_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_LARGE", 5)
    assert written(["ab", "c"]).schema.field("key").type == pa.string()
    assert written(["ab", "äö"[:1] + "x"]).schema.field("key").type == pa.large_string()


@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_in_any_order_of_bytes(order: str) -> None:
    vectors = np.array([[1.5, 2.5]], f"{order}f8")
    found = arrow_table("f", "a file", VectorTable(["a"], vectors, {"n": np.array([7], f"{order}i4")}))
    assert found.to_pydict() == {"key": ["a"], "vector": [[1.5, 2.5]], "n": [7]}


@pytest.mark.parametrize("mmap", [None, "r"])
def test_a_file_of_arrow_comes_back(mmap: str | None, tmp_path: Path) -> None:
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    table = VectorTable(["a", "b", "c"], vectors, {"n": np.array([3, 2, 1])})
    arrow_file.write(tmp_path / "v.arrow", table)
    found = arrow_file.read(tmp_path / "v.arrow", Reading(mmap=mmap))
    assert list(found.keys) == ["a", "b", "c"]
    assert found.vectors.tolist() == vectors.tolist()
    assert found.attributes["n"].tolist() == [3, 2, 1]
