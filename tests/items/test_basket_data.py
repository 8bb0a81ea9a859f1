"""Baskets in every form that people have them in, and what is no basket."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb.items import Interactions, Item2Vec

BASKETS = [["a", "b"], ["c"], [], ["b", "a", "c"]]
DENSE = [[5, 0, 3, 0, 0, 1], [0, 0, 4, 4, 0, 1], [5, 5, 0, 0, 1, 0]]


def of_arrow(kind: str) -> Any:
    pa = pytest.importorskip("pyarrow")
    array = pa.array(BASKETS)
    if kind == "chunks":
        return pa.chunked_array([BASKETS[:1], BASKETS[1:]])
    if kind == "large":
        return array.cast(pa.large_list(pa.string()))
    if kind == "scalars":
        return list(array)
    if kind == "lists of scalars":
        return [list(pa.array(basket)) for basket in BASKETS]
    return [pa.array(basket, pa.string()) for basket in BASKETS] if kind == "arrays" else array


@pytest.mark.parametrize("kind", ["array", "chunks", "large", "scalars", "lists of scalars", "arrays"])
def test_baskets_of_arrow_are_keys_of_python(kind: str) -> None:
    data = Interactions.from_any(of_arrow(kind))
    assert list(data) == BASKETS
    assert {type(key) for key in data.item_keys} == {str}


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_lists(library: str) -> None:
    module = pytest.importorskip(library)
    column = module.Series(BASKETS) if library == "pandas" else module.Series("b", BASKETS)
    assert list(Interactions.from_any(column)) == BASKETS
    assert list(Interactions.from_any([module.Series(basket, dtype=None) for basket in BASKETS[:2]])) == BASKETS[:2]


def dense_kinds() -> dict[str, Any]:
    return {
        "whole numbers": np.array(DENSE),
        "floats": np.array(DENSE, float),
        "switches": np.array(DENSE) > 0,
        "three dimensions": np.zeros((2, 2, 2)),
    }


@pytest.mark.parametrize("kind", dense_kinds())
def test_a_dense_matrix_is_refused_with_what_to_give(kind: str) -> None:
    matrix = dense_kinds()[kind]
    for ask in (Interactions.from_any, Interactions.from_baskets, Item2Vec(epochs=1).fit):
        with pytest.raises(TypeError, match=r"scipy\.sparse\.csr_array\(matrix\).* or array\.tolist\(\)"):
            ask(matrix)


def test_the_remedies_for_a_dense_matrix_work() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    data = Interactions.from_any(sparse.csr_array(np.array(DENSE)))
    assert list(data) == [[0, 2, 5], [2, 3, 5], [0, 1, 4]]
    assert data.weights is not None
    assert list(Interactions.from_any(np.array([[1, 2], [3, 1]]).tolist())) == [[1, 2], [3, 1]]


def test_lists_that_look_like_a_matrix_are_warned_about() -> None:
    for rows in (DENSE, np.array(DENSE, float).tolist(), [np.array(row) for row in DENSE]):
        with pytest.warns(UserWarning, match="look like rows of a matrix of ratings"):
            Interactions.from_baskets(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Interactions.from_baskets([[1, 2, 3], [1, 2, 4], [5, 2, 1]])
        Interactions.from_baskets([["a", "b", "a"], ["b", "b", "a"], ["b", "a", "a"]])


ROWS = [{"user": "u", "item": "a"}, {"user": "u", "item": "b"}]


def test_rows_of_a_table_are_no_baskets_but_a_table() -> None:
    for ask in (Interactions.from_any, Interactions.from_baskets):
        with pytest.raises(TypeError, match=r"basket 0 is a dict.*from_table\(rows, session=\.\.\., item=\.\.\.\)"):
            ask(ROWS)
        with pytest.raises(TypeError, match="a dict may hold columns or baskets"):
            ask({"user": [1], "item": [2]})
    assert list(Interactions.from_table(ROWS, session="user", item="item")) == [["a", "b"]]


@pytest.mark.parametrize("text", ["baskets.txt", b"baskets.txt", Path("baskets.txt")])
def test_a_path_names_the_right_door(text: Any) -> None:
    for ask in (Interactions.from_any, Interactions.from_baskets):
        with pytest.raises(TypeError, match="from_basket_file"):
            ask(text)


@pytest.mark.parametrize("kind", ["None", "NaN", "NA", "NaT", "null of Arrow"])
def test_what_is_missing_in_a_basket_is_refused(kind: str) -> None:
    if kind == "null of Arrow":
        missing: Any = pytest.importorskip("pyarrow").scalar(None)
    elif kind in ("NA", "NaT"):
        missing = getattr(pytest.importorskip("pandas"), kind)
    else:
        missing = {"None": None, "NaN": float("nan")}[kind]
    with pytest.raises(ValueError, match="basket 1: an item is missing"):
        Interactions.from_baskets([["a"], [missing, "b"] if kind == "null of Arrow" else ["b", missing]])
    if kind == "None":
        with pytest.raises(ValueError, match="basket 1: an item is missing"):
            Interactions.from_baskets(pytest.importorskip("pyarrow").array([["a"], ["b", None]]))


# ---- files ----


@pytest.mark.parametrize("packed", [False, True])
def test_a_basket_a_line(packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "b.dat"
    content = b"\xef\xbb\xbf1 2\t3 \r\n\n  2 1\n4"
    path.write_bytes(gzip.compress(content) if packed else content)
    data = Interactions.from_basket_file(path)
    assert list(data) == [["1", "2", "3"], ["2", "1"], ["4"]]
    assert list(data.session_keys) == [0, 1, 2]
    keyed = Interactions.from_basket_file(path, keyed=True)
    assert dict(zip(keyed.session_keys, keyed, strict=True)) == {"1": ["2", "3"], "2": ["1"], "4": []}


def test_baskets_with_a_separator(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(b'whole milk,"rolls, buns"\n\nbeer\n')
    assert list(Interactions.from_basket_file(path, sep=",")) == [["whole milk", "rolls, buns"], ["beer"]]
    path.write_bytes("th\xe9::caf\xe9\n".encode("latin-1"))
    assert list(Interactions.from_basket_file(path, sep="::", encoding="latin-1")) == [["th\xe9", "caf\xe9"]]
    for sep in (None, "::"):
        with pytest.raises(
            ValueError, match=r'b\.csv, line 1: this is not UTF-8: give its encoding, such as encoding="la'
        ):
            Interactions.from_basket_file(path, sep=sep)


def test_mistakes_in_files_of_baskets(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("a,b\na,,b\n")
    with pytest.raises(ValueError, match=r"b\.csv, line 2: an item is missing"):
        Interactions.from_basket_file(path, sep=",")
    path.write_text("u a\nv b\nu c\n")
    with pytest.raises(ValueError, match="two baskets have the key 'u'"):
        Interactions.from_basket_file(path, keyed=True)
    with pytest.raises(FileNotFoundError):
        Interactions.from_basket_file(tmp_path / "missing")


@pytest.mark.parametrize(
    ("text", "names", "warns"),
    [
        ("userId,movieId\n1,5\n2,6\n", ["user", "item"], True),  # numbers under words
        ("user,item\na,b\nc,d\n", ["user", "item"], True),  # the names themselves
        (" User ,x\na,b\n", ["user", "item"], True),
        ("a,b\nc,d\ne,f\n", ["user", "item"], False),
        ("1,5\n2,6\n3,x\n", ["user", "item"], False),
        ("a,5\nb,6\nc,7\n", ["user", "item"], False),
        ("a,5\n1,6\n", ["user", "item"], False),  # one row tells nothing
    ],
)
def test_a_header_under_given_names_is_warned_about(
    text: str, names: list[str], warns: bool, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    (tmp_path / "t.csv").write_text(text)
    Interactions.from_file(tmp_path / "t.csv", columns=names, session="user", item="item")
    assert any("line 1: " in str(one.message) and "columns= was given" in str(one.message) for one in recwarn) == warns


@pytest.mark.parametrize(
    ("text", "sep"),
    [("a,b\nb,c\n", ","), ("a;b\nb;c\n", ";"), ("a|b\nb|c\n", "|"), ("a b\nb c\n", None), ("a, b\nb c\nd e\n", None)],
)
def test_baskets_that_something_else_parts_are_warned_about(
    text: str, sep: str | None, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    (tmp_path / "t.txt").write_text(text)
    Interactions.from_basket_file(tmp_path / "t.txt")
    said = [str(one.message) for one in recwarn]
    assert [f"give sep={sep!r}" in message for message in said] == ([] if sep is None else [True])
    if sep is not None:
        recwarn.clear()
        assert len(Interactions.from_basket_file(tmp_path / "t.txt", sep=sep).item_keys) == 3
        assert not recwarn.list
