"""What readers make rows, keys and values of, and what they say of formats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb.io.formats import VectorTable, rows
from fastemb.io.formats.about import About, Lost, _some, lost_by
from fastemb.io.formats.rows import MOST_DIMENSIONS, Rows, column_of, key_rows, number_lines, refuse_none


@pytest.mark.parametrize("first", [1, 6, 1 << 16])
@pytest.mark.parametrize("part", [1, 4, 1 << 22])
def test_a_matrix_grows_by_rows(first: int, part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_FIRST_VALUES", first)
    monkeypatch.setattr(rows, "_PART_VALUES", part)
    values = np.arange(40.0).reshape(20, 2)
    made = Rows(np.dtype(np.float64))
    made.add("f", values[0])
    made.add_all("f", values[1:4])
    for row in values[4:10]:
        made.add("f", row)
    made.add_all("f", values[10:])
    assert made.taken().tolist() == values.tolist()
    assert made.taken().dtype == np.float64
    assert Rows()._dtype is np.float32


def test_rows_of_one_length() -> None:
    made = Rows()
    for dims in (0, MOST_DIMENSIONS + 1):
        with pytest.raises(ValueError, match=rf"^f: a vector of {dims:,} numbers, where 1 to 1,048,576 can be read$"):
            made.add("f", np.zeros(dims))
    made.add("f", np.zeros(1200))
    with pytest.raises(ValueError, match=r"^g: a vector of 1,201 numbers, expected 1,200 as before$"):
        made.add("g", np.zeros(1201))
    longest = Rows()
    longest.add("f", np.zeros(MOST_DIMENSIONS))
    assert longest.taken().shape == (1, MOST_DIMENSIONS)
    short = Rows()
    short.add("f", np.zeros(1))
    assert short.taken().shape == (1, 1)


def test_the_first_key_that_comes_twice_is_named() -> None:
    assert key_rows("f", ["a", 1, "b"], "row") == {"a": 0, 1: 1, "b": 2}
    with pytest.raises(ValueError, match=r"^f: the key 'b' comes twice, as line 2 and 4: rename one$"):
        key_rows("f", ["a", "b", "c", "b", "a", "b"], "line")


def test_no_vectors() -> None:
    refuse_none("f", "it", VectorTable(["a"], np.zeros((1, 1))))
    with pytest.raises(ValueError, match=r"^f: it cannot hold no vectors at all$"):
        refuse_none("f", "it", VectorTable([], np.zeros((0, 1))))


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([True, False], bool),
        ([1, 2], np.int64),
        ([-(2**63), 2**63 - 1], np.int64),
        ([2**63], np.float64),
        ([-(2**64)], np.float64),
        ([1, 2.5], np.float64),
        ([2.5], np.float64),
        ([True, 1], object),
        ([1, "a"], object),
        (["a", "b"], object),
        ([[1], [2]], object),
        ([], object),
    ],
)
def test_values_become_a_column(values: list[Any], dtype: Any) -> None:
    found = column_of(values)
    assert (found.dtype, found.shape) == (dtype, (len(values),))
    assert found.tolist() == values


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("separator", [b"\t", b", "])
def test_lines_of_numbers(dtype: Any, separator: bytes) -> None:
    values = np.array([[1, 0.1], [-2.5, 1e-3], [3, np.inf]], dtype)
    lines = number_lines(values, separator)
    assert [[dtype(text) for text in line.split(separator)] for line in lines] == values.tolist()
    assert lines[0] == separator.join([b"1.0", {2: b"0.099975586", 4: b"0.1", 8: b"0.1"}[values.itemsize]])


# ---- what a format keeps ----


def test_attributes_that_are_lost() -> None:
    table = VectorTable(["a"], np.zeros((1, 2), np.float32), own={"note": 1, "other": 2})
    assert lost_by(About(name="it", option="it"), table).attributes == ("note", "other")
    assert lost_by(About(name="it", option="it", own=True), table).attributes == ()


def test_what_is_lost_as_a_dict_and_as_names() -> None:
    lost = Lost(("a",), ("b",), 1, "float64 to float32", True)
    assert lost.as_dict() == {
        "values": ("a",),
        "attributes": ("b",),
        "integers": 1,
        "precision": "float64 to float32",
        "order": True,
    }
    assert not Lost()
    for change in ({"values": ("a",)}, {"attributes": ("a",)}, {"integers": 1}, {"precision": "x"}, {"order": True}):
        assert Lost(**change)  # type: ignore[arg-type]
    names = tuple("abcdefghijkl")
    assert [_some(names[:count]) for count in (1, 10, 11)] == [
        "a",
        "a, b, c, d, e, f, g, h, i, j",
        "a, b, c, d, e, f, g, h, i, j and 1 more",
    ]
