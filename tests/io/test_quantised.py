"""Rows of codes, which answer as the array does that they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb.io import quantised
from fastemb.io.quantised import Int8Rows, ProductRows, QuantisedRows, precision_of, read_rows


def int8() -> Int8Rows:
    return Int8Rows(
        np.random.default_rng(3).integers(-127, 128, (5, 4)).astype(np.int8), np.array([1, 2, 0.5, 3, 4], np.float32)
    )


def product(lengths: bool = True) -> ProductRows:
    codes = np.random.default_rng(3).integers(0, 256, (5, 2)).astype(np.uint8)
    centroids = np.random.default_rng(3).normal(size=(2, 256, 2)).astype(np.float32)
    if not lengths:
        return ProductRows(codes, centroids)
    return ProductRows(codes, centroids, np.array([3, 0, 255, 1, 9], np.uint8), np.arange(256, dtype=np.float32))


KINDS: dict[str, Any] = {"int8": int8, "pq": product, "pq without lengths": lambda: product(False)}


@pytest.fixture(params=KINDS)
def rows(request: pytest.FixtureRequest) -> QuantisedRows:
    made: QuantisedRows = KINDS[request.param]()
    return made


def values_of(rows: Any) -> Any:
    """All rows as an array, one number after the other."""
    if isinstance(rows, Int8Rows):
        return np.array([[code * factor for code in row] for row, factor in zip(rows.codes, rows.scale, strict=True)])
    made = np.array(
        [[value for part, code in enumerate(row) for value in rows.centroids[part, code]] for row in rows.codes]
    )
    if rows.lengths is None:
        return made
    return made * np.array([rows.lengths[code] for code in rows.length_codes])[:, np.newaxis]


@pytest.mark.parametrize("values", [1, 4, 8, 11, 1 << 20])
def test_all_rows_become_an_array(rows: QuantisedRows, values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantised, "_PART_VALUES", values)
    expected = values_of(rows).astype(np.float32)
    found = np.asarray(rows)
    assert (found.dtype, found.tolist()) == (np.float32, expected.tolist())
    assert rows.astype(np.float64).dtype == np.asarray(rows, np.float64).dtype == np.float64
    other = np.arange(8.0).reshape(4, 2)
    assert (rows @ other).dtype == np.float64
    np.testing.assert_allclose(rows @ other, expected @ other, rtol=1e-6)
    np.testing.assert_allclose(rows @ other[:, 0].astype(np.float32), expected @ other[:, 0], rtol=1e-5)
    assert [part.stop - part.start for part in rows._parts()] == [
        min(max(1, values // 4), 5 - start) for start in range(0, 5, max(1, values // 4))
    ]


def test_what_is_known_of_rows(rows: QuantisedRows) -> None:
    assert (rows.shape, len(rows), rows.ndim, rows.itemsize, rows.dtype) == ((5, 4), 5, 2, 4, np.float32)
    assert ProductRows(np.zeros((4, 3), np.uint8), np.zeros((3, 256, 2), np.float32)).shape == (4, 6)
    assert rows.base is rows.codes
    assert rows.nbytes == sum(array.nbytes for array in rows.tensors().values())
    assert repr(rows) == f"<5 vectors of 4 dimensions, quantised to {rows.precision}>"
    assert precision_of(rows) == rows.precision  # type: ignore[arg-type]
    assert precision_of(np.zeros(2)) == "float64"
    with pytest.raises(
        AttributeError, match=r"no attribute 'mean': dequantize\(\) makes vectors of float32 of them, or"
    ):
        rows.mean()
    with pytest.raises(AttributeError, match=r"quantised vectors have no attribute '_mean'$"):
        rows._mean()
    with pytest.raises(
        TypeError, match=r"quantised vectors cannot be changed: dequantize\(\) makes vectors of float32"
    ):
        rows[0] = 1


def test_sizes_of_what_is_stored() -> None:
    assert int8().nbytes == 5 * 4 + 5 * 4
    assert product().nbytes == 5 * 2 + 4 * 2 * 256 * 2 + 5 + 4 * 256
    assert product(False).nbytes == 5 * 2 + 4 * 2 * 256 * 2
    assert list(int8().tensors()) == ["vectors", "vectors.scale"]
    assert list(product().tensors()) == ["vectors", "vectors.centroids", "vectors.length_codes", "vectors.lengths"]
    assert list(product(False).tensors()) == ["vectors", "vectors.centroids"]
    assert int8().centroids is None
    assert product(False).factors() is None


INDICES: list[Any] = [
    0,
    4,
    -1,
    -5,
    np.int64(2),
    [0, 3, 3],
    [],
    np.array([], np.intp),
    np.array([4, 0]),
    [True, False, True, False, True],
    np.array([False, True, False, False, False]),
    (1, 2),
    (np.int32(-1), slice(1, 3)),
    (slice(1, 4), 2),
    (slice(1, 4), slice(0, 2)),
    ([0, 2], [1, 3]),
    (np.array([0, 2]), 1),
    (np.array([[0], [2]]), np.array([1, 3])),
    np.array([[0, 1], [2, 3]]),
    None,
    ...,
    (..., 0),
    (),
    np.zeros((5, 4), bool),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_gives_what_an_array_gives(rows: QuantisedRows, index: Any) -> None:
    array = np.asarray(rows)
    expected, found = array[index], np.asarray(rows[index])
    assert (found.shape, found.dtype) == (expected.shape, np.float32)
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("index", [5, -6, (5, 0), [5], (0, 4)], ids=str)
def test_an_index_outside(rows: QuantisedRows, index: Any) -> None:
    with pytest.raises(IndexError):
        rows[index]


@pytest.mark.parametrize("index", [True, np.True_])
def test_a_bool_is_no_number_of_a_row(rows: QuantisedRows, index: Any) -> None:
    assert rows[index].tolist() == np.asarray(rows)[index].tolist()
    assert rows[index].shape == (1, 5, 4)


@pytest.mark.parametrize("part", [slice(1, 4), slice(None), slice(4, 0, -2), slice(2, 2)])
def test_a_slice_shares_the_memory(rows: QuantisedRows, part: slice) -> None:
    found = rows[part]
    assert type(found) is type(rows)
    assert np.asarray(found).tolist() == np.asarray(rows)[part].tolist()
    assert len(found) == 0 or np.shares_memory(found.codes, rows.codes)


def test_rows_in_another_order(rows: QuantisedRows) -> None:
    found = rows.reordered(np.array([4, 0, 0]))
    assert type(found) is type(rows)
    assert np.asarray(found).tolist() == np.asarray(rows)[[4, 0, 0]].tolist()


def test_whether_some_value_is_not_0() -> None:
    rows = Int8Rows(np.zeros((5, 4), np.int8), np.ones(5, np.float32))
    assert not rows.any()
    rows.codes[4, 3] = 1
    assert rows.any()
    assert not Int8Rows(rows.codes, np.zeros(5, np.float32)).any()


def test_what_is_read_is_checked() -> None:
    for rows in (int8(), product(), product(False)):
        again = read_rows(rows.precision, rows.tensors())
        assert type(again) is type(rows)
        assert np.asarray(again).tolist() == np.asarray(rows).tolist()
    codes = int8().tensors()
    for wrong in (codes["vectors"].astype(np.int16), codes["vectors"][0], codes["vectors"].astype(np.uint8)):
        with pytest.raises(ValueError, match=r"^the int8 vectors are missing$"):
            read_rows("int8", codes | {"vectors": wrong})
    for wrong in (np.ones(4, np.float32), np.ones(6, np.float32), np.ones(5), np.ones((5, 1), np.float32)):
        with pytest.raises(ValueError, match=r"^the scales of the int8 vectors are missing or do not fit the 5 rows$"):
            read_rows("int8", codes | {"vectors.scale": wrong})
    parts = product().tensors()
    for wrong in (parts["vectors"].astype(np.int8), parts["vectors"][:, 0]):
        with pytest.raises(ValueError, match=r"^the codes of the vectors are missing$"):
            read_rows("pq", parts | {"vectors": wrong})
    for shape in ((1, 256, 2), (3, 256, 2), (2, 255, 2), (2, 257, 2), (2, 256)):
        with pytest.raises(ValueError, match=r"^the centroids are missing or do not fit the 2 codes of a row$"):
            read_rows("pq", parts | {"vectors.centroids": np.zeros(shape, np.float32)})
    for name in ("vectors.length_codes", "vectors.lengths"):
        with pytest.raises(ValueError, match=r"^the (codes of the )?lengths are missing or"):
            read_rows("pq", {other: array for other, array in parts.items() if other != name})
    for wrong in (np.zeros(255, np.float32), np.zeros(257, np.float32), np.zeros(256)):
        with pytest.raises(ValueError, match=r"^the lengths are missing or are not 256$"):
            read_rows("pq", parts | {"vectors.lengths": wrong})
    for wrong in (np.zeros(4, np.uint8), np.zeros(5, np.int8), np.zeros((5, 1), np.uint8)):
        with pytest.raises(ValueError, match=r"^the codes of the lengths are missing or do not fit the 5 rows$"):
            read_rows("pq", parts | {"vectors.length_codes": wrong})
