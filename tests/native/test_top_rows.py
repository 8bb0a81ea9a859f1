"""The best rows for many queries, on every instruction set, against sorting all scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb import _native as typed_native

_native: Any = typed_native  # some arguments here are wrong on purpose

ISAS = [name for name, _, supported in _native.kernels() if supported]
Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


def best_rows(
    isa: str,
    queries: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    n: int,
    scale: npt.NDArray[np.float32] | None = None,
    candidates: list[int] | None = None,
    exclude: list[list[int]] | None = None,
    cut: int = 0,
) -> Pairs:
    """Look at the places before ``cut`` first, then at the rest."""
    found, scores = np.zeros((len(queries), n), np.int64), np.zeros((len(queries), n), np.float32)
    offsets = indices = None
    if exclude is not None:
        offsets = np.cumsum([0, *map(len, exclude)], dtype=np.int64)
        indices = np.array([row for some in exclude for row in sorted(some)], np.int64)
    chosen = None if candidates is None else np.array(candidates, np.int64)
    places = len(rows) if candidates is None else len(candidates)
    top = _native.TopRows(isa, rows, scale, chosen, queries, offsets, indices, n)
    workspace = top.workspace()
    top.scan(0, cut, workspace)
    top.scan(cut, places, workspace)
    top.results(scores, found)
    return found, scores


def sorted_rows(
    scores: npt.NDArray[np.float32],
    n: int,
    candidates: list[int] | None = None,
    exclude: list[list[int]] | None = None,
) -> Pairs:
    """The slow twin: scores is (queries, rows)."""
    found, kept = np.full((len(scores), n), -1, np.int64), np.full((len(scores), n), -np.inf, np.float32)
    for query, values in enumerate(scores):
        allowed = range(len(values)) if candidates is None else candidates
        rows = [row for row in allowed if values[row] > -np.inf and row not in (exclude or {query: []})[query]]
        rows = sorted(rows, key=lambda row, values=values: (-values[row], row))[:n]
        found[query, : len(rows)], kept[query, : len(rows)] = rows, values[rows]
    return found, kept


def same(left: Pairs, right: Pairs) -> None:
    np.testing.assert_array_equal(left[0], right[0])
    np.testing.assert_array_equal(left[1], right[1])


def whole_numbers(rng: np.random.Generator, shape: tuple[int, ...], size: int = 4) -> npt.NDArray[np.float32]:
    """Small integers: sums in any order are exact, and equal scores are common."""
    return rng.integers(-size, size + 1, shape).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 16, 17, 100])
@pytest.mark.parametrize("rows", [1, 7, 8, 15, 16, 17, 63, 64, 65, 200])
def test_every_shape(isa: str, size: int, rows: int) -> None:
    rng = np.random.default_rng(rows * size)
    for queries in (1, 2, 3, 4, 5, 6, 7, 13):
        asked, matrix = whole_numbers(rng, (queries, size)), whole_numbers(rng, (rows, size))
        for n in (1, 3, rows, rows + 2):
            same(best_rows(isa, asked, matrix, n, cut=rows // 3), sorted_rows(asked @ matrix.T, n))


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    queries, rows, size = draw(st.integers(1, 14)), draw(st.integers(1, 150)), draw(st.integers(1, 9))
    candidates = None
    if draw(st.booleans()):
        candidates = np.flatnonzero(rng.random(rows) < draw(st.sampled_from([0.0, 0.1, 0.9]))).tolist()
    exclude = None
    if draw(st.booleans()):
        share = draw(st.sampled_from([0.0, 0.1, 1.0]))
        exclude = [np.flatnonzero(rng.random(rows) < share).tolist() for _ in range(queries)]
    matrix = np.zeros((rows, size + 5), np.float32)[:, :size]  # strided
    matrix[:] = whole_numbers(rng, (rows, size), draw(st.integers(0, 9)))
    return {
        "isa": draw(st.sampled_from(ISAS)),
        "queries": whole_numbers(rng, (queries, size)),
        "rows": matrix,
        "n": draw(st.integers(1, 20)),
        "scale": whole_numbers(rng, (rows,)) if draw(st.booleans()) else None,
        "candidates": candidates,
        "exclude": exclude,
        "cut": draw(st.integers(0, rows if candidates is None else len(candidates))),
    }


@given(problems())
def test_against_sorting_everything(problem: dict[str, Any]) -> None:
    scores = problem["queries"] @ problem["rows"].T
    if problem["scale"] is not None:
        scores *= problem["scale"]
    expected = sorted_rows(scores, problem["n"], problem["candidates"], problem["exclude"])
    same(best_rows(**problem), expected)


def test_what_is_no_number_is_left_out(isa: str) -> None:
    rows = np.array([[np.nan], [1], [-np.inf], [np.inf], [2], [np.nan]], np.float32)
    found, scores = best_rows(isa, np.ones((1, 1), np.float32), rows, 5)
    assert found.tolist() == [[3, 4, 1, -1, -1]]
    assert scores.tolist() == [[np.inf, 2, 1, -np.inf, -np.inf]]
    found, _ = best_rows(isa, np.full((7, 1), np.nan, np.float32), rows, 1)
    assert (found == -1).all()


def test_rounding(isa: str) -> None:
    rng = np.random.default_rng(1)
    queries, rows = (rng.standard_normal((count, 300), np.float32) for count in (20, 500))
    found, scores = best_rows(isa, queries, rows, 10)
    exact = queries.astype(np.float64) @ rows.T.astype(np.float64)
    np.testing.assert_allclose(scores, np.take_along_axis(exact, found, 1), atol=300 * 2.0**-24 * 300)
    np.testing.assert_allclose(scores, -np.sort(-exact)[:, :10], atol=300 * 2.0**-24 * 300)


def one_by_one(
    isa: str,
    queries: npt.NDArray[np.float32],
    rows: npt.NDArray[np.float32],
    n: int,
    scale: npt.NDArray[np.float32] | None = None,
) -> Pairs:
    """Up to two queries are multiplied with all rows in full."""
    parts = [best_rows(isa, queries[at : at + 1], rows, n, scale) for at in range(len(queries))]
    return np.concatenate([found for found, _ in parts]), np.concatenate([scores for _, scores in parts])


@given(
    st.sampled_from(ISAS),
    st.integers(0, 2**32 - 1),
    st.integers(3, 20),
    st.sampled_from([1, 2, 5, 16, 31, 100, 300]),
    st.sampled_from([1.0, 1e-2, 1e-4, 1e-5, 1e-6]),
    st.booleans(),
)
def test_no_near_row_is_missed(isa: str, seed: int, count: int, size: int, spread: float, uneven: bool) -> None:
    rng = np.random.default_rng(seed)
    queries = rng.standard_normal((count, size)).astype(np.float32)
    around = queries[rng.integers(0, count, 200)]
    rows = (around + spread * rng.standard_normal((200, size))).astype(np.float32)
    if uneven:
        rows *= 10 ** rng.uniform(-3, 3, (200, 1)).astype(np.float32)
        queries *= 10 ** rng.uniform(-6, 6, (count, size)).astype(np.float32)
    same(best_rows(isa, queries, rows, 7), one_by_one(isa, queries, rows, 7))


def test_rounded_queries(isa: str) -> None:
    """Rows that lose nothing by rounding, and queries whose values differ by less than it."""
    rows = np.repeat(np.eye(3, dtype=np.float32), 100, axis=0)
    queries = np.random.default_rng(1).uniform(1, 1.0001, (200, 3)).astype(np.float32)
    same(best_rows(isa, queries, rows, 5), sorted_rows(queries @ rows.T, 5))


def test_any_magnitude(isa: str) -> None:
    rng = np.random.default_rng(2)
    powers = np.array([0, 1, 1e-40, 1e-30, 1e-16, 1e-14, 1e14, 1e16, 1e30, np.inf, np.nan], np.float32)
    queries = rng.standard_normal((len(powers), 9), np.float32) * powers[:, np.newaxis]
    for many in (powers, np.delete(powers, [8, 9, 10]), powers[:1], powers[2:5]):
        rows = rng.standard_normal((300, 9), np.float32) * rng.choice(many, 300)[:, np.newaxis]
        same(best_rows(isa, queries, rows, 20), one_by_one(isa, queries, rows, 20))


@pytest.mark.parametrize("size", [1, 3, 16, 17])
def test_infinite_scale(isa: str, size: int) -> None:
    scale = np.array([1, np.inf, 2], np.float32)
    found, scores = best_rows(isa, np.ones((5, size), np.float32), np.ones((3, size), np.float32), 3, scale)
    assert found.tolist() == [[1, 2, 0]] * 5
    assert scores.tolist() == [[np.inf, 2 * size, size]] * 5


def test_zeros_among_rows_and_queries(isa: str) -> None:
    rng = np.random.default_rng(4)
    queries, rows = whole_numbers(rng, (30, 7)), whole_numbers(rng, (400, 7))
    queries[::3] = 0
    rows[100:300] = 0
    rows[200] = np.nan
    rows[201] = np.inf
    for sign in (1, -1):
        asked = sign * np.abs(queries)
        same(best_rows(isa, asked, np.abs(rows), 150), one_by_one(isa, asked, np.abs(rows), 150))


def packed_rows(kind: str, rng: np.random.Generator, count: int, size: int) -> tuple[Any, Any, Any]:
    """Rows as they are stored, their centroids, and the values that they stand for."""
    if kind == "int8":
        numbers = rng.integers(-128, 128, (count, size + 3)).astype(np.int8)[:, :size]  # strided
        return numbers, None, numbers.astype(np.float32)
    if kind == "halves":
        halves = rng.integers(0, 2**16, (count, size)).astype(np.uint16)
        return halves, None, halves.view(np.float16).astype(np.float32)
    width = next(width for width in (4, 3, 2, 1) if size % width == 0)
    centroids = rng.standard_normal((size // width, 256, width), np.float32)
    codes = rng.integers(0, 256, (count, size // width)).astype(np.uint8)
    return codes, centroids, centroids[np.arange(size // width), codes].reshape(count, size)


@pytest.mark.parametrize("kind", ["int8", "halves", "product"])
@pytest.mark.parametrize("size", [1, 2, 7, 9, 16, 31, 32, 33, 64, 100])
@pytest.mark.parametrize("queries", [1, 2, 7, 17])
def test_rows_that_are_unpacked(isa: str, kind: str, size: int, queries: int) -> None:
    rng = np.random.default_rng(size)
    stored, centroids, rows = packed_rows(kind, rng, 150, size)
    asked, scale = rng.standard_normal((queries, size), np.float32), rng.standard_normal(150).astype(np.float32)
    expected = best_rows(isa, asked, rows, 9, scale)
    found, scores = np.empty((queries, 9), np.int64), np.empty((queries, 9), np.float32)
    for candidates, places in ((None, 150), (np.arange(150), 150), (np.arange(0, 150, 2), 75)):
        if places < 150:
            expected = best_rows(isa, asked, rows, 9, scale, candidates.tolist())
        top = _native.TopRows(isa, stored, scale, candidates, asked, None, None, 9, centroids)
        top.scan(0, places, top.workspace())
        top.results(scores, found)
        same((found, scores), expected)


@given(
    st.sampled_from(ISAS),
    st.integers(0, 2**32 - 1),
    st.integers(1, 16),
    st.sampled_from([1, 2, 5, 16, 31, 64, 100, 300]),
    st.sampled_from([0, 1, 3, 100]),
    st.sampled_from([(1, 1), (1e-3, 1e3), (1e-20, 1), (1e-44, 1e30)]),
)
def test_no_near_row_of_bytes_is_missed(
    isa: str, seed: int, count: int, size: int, spread: int, scales: tuple[float, float]
) -> None:
    """Rows are copies of a few, changed by up to `spread` in each column; scales of all sizes, signs, 0, and NaN."""
    rng = np.random.default_rng(seed)
    near = rng.integers(-128, 128, (3, size))[rng.integers(0, 3, 200)] + rng.integers(-spread, spread + 1, (200, size))
    stored = near.clip(-128, 127).astype(np.int8)
    asked = (rng.standard_normal((count, size)) * 10.0 ** rng.uniform(-3, 3, (count, 1))).astype(np.float32)
    asked[0, 0] = rng.choice([0, 1, 1e30, np.nan])
    scale = np.exp(rng.uniform(*np.log(scales), 200)).astype(np.float32) * rng.choice([1, 1, 1, -1], 200)
    scale[rng.integers(0, 200, 5)] = [0, np.inf, -np.inf, np.nan, 1]
    found, scores = np.empty((count, 7), np.int64), np.empty((count, 7), np.float32)
    top = _native.TopRows(isa, stored, scale.astype(np.float32), None, asked, None, None, 7)
    top.scan(0, 200, top.workspace())
    top.results(scores, found)
    expected = one_by_one(isa, asked, stored.astype(np.float32), 7, scale.astype(np.float32))
    same((found, scores), expected)


def test_rounded_queries_of_rows_of_bytes(isa: str) -> None:
    """Queries whose values differ by less than they lose by rounding, so that all rows seem equal."""
    rng = np.random.default_rng(1)
    stored = rng.permuted(np.tile(np.arange(-50, 50, dtype=np.int8), (300, 1)), axis=1)
    for asked in rng.uniform(1, 1.0001, (20, 1, 100)).astype(np.float32):
        found, scores = np.empty((1, 5), np.int64), np.empty((1, 5), np.float32)
        top = _native.TopRows(isa, stored, None, None, asked, None, None, 5)
        top.scan(0, 300, top.workspace())
        top.results(scores, found)
        same((found, scores), best_rows(isa, asked, stored.astype(np.float32), 5))


@pytest.mark.parametrize("codes", [np.zeros((4, 2), np.uint8), np.zeros((4, 3), np.int16)])
@pytest.mark.parametrize("shape", [None, (2, 255, 1), (2, 256, 2), (1, 256, 3)])
def test_bad_codes(codes: Any, shape: tuple[int, ...] | None) -> None:
    centroids = None if shape is None else np.zeros(shape, np.float32)
    with pytest.raises((TypeError, ValueError)):
        _native.TopRows(**arguments(rows=codes, centroids=centroids))


def test_very_long_rows(isa: str) -> None:
    rng = np.random.default_rng(3)
    for size in (100_000, 100_001):
        queries, rows = np.ones((7, size), np.float32), rng.integers(0, 2, (9, size)).astype(np.float32)
        same(best_rows(isa, queries, rows, 9), sorted_rows(queries @ rows.T, 9))


def arguments(**changes: Any) -> dict[str, Any]:
    good = {
        "isa": "base",
        "rows": np.zeros((4, 3), np.float32),
        "scale": None,
        "candidates": None,
        "queries": np.zeros((2, 3), np.float32),
        "exclude_offsets": None,
        "exclude": None,
        "n": 5,
    }
    return {**good, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"isa": "none"},
        {"rows": np.zeros((4, 2), np.float32)},
        {"rows": np.zeros((0, 3), np.float32)},
        {"rows": np.zeros((4, 3), np.float64)},
        {"rows": np.zeros((4, 6), np.float32)[:, ::2]},
        {"rows": np.zeros((4, 3), np.float32)[::-1]},
        {"rows": None},
        {"scale": np.zeros(3, np.float32)},
        {"candidates": np.array([0, 4])},
        {"candidates": np.array([-1, 2])},
        {"candidates": np.array([1, 1])},
        {"queries": np.zeros((0, 3), np.float32)},
        {"queries": np.zeros((2, 0), np.float32), "rows": np.zeros((4, 0), np.float32)},
        {"exclude_offsets": np.array([0, 0])},
        {"exclude_offsets": np.array([0, 1, 1]), "exclude": np.array([], np.int64)},
        {"exclude_offsets": np.array([0, 2, 1]), "exclude": np.array([0, 1])},
        {"exclude_offsets": np.array([-1, 0, 1]), "exclude": np.array([0, 1])},
        {"exclude_offsets": np.array([0, 0, 0]), "exclude": None},
        {"exclude_offsets": np.array([0, 0, 2]), "exclude": np.array([2, 1])},
        {"n": 0},
        {"n": -1},
        {"n": 2**61},
    ],
    ids=repr,
)
def test_bad_arguments(changes: dict[str, Any]) -> None:
    _native.TopRows(**arguments())
    with pytest.raises((TypeError, ValueError, OverflowError)):
        _native.TopRows(**arguments(**changes))


def test_exclusions_must_rise_within_a_query_only() -> None:
    offsets = np.array([0, 3, 4])
    _native.TopRows(**arguments(exclude_offsets=offsets, exclude=np.array([1, 1, 3, 0])))
    with pytest.raises(ValueError, match="excluded rows must rise within a query"):
        _native.TopRows(**arguments(exclude_offsets=offsets, exclude=np.array([1, 3, 2, 0])))


@pytest.mark.parametrize(("begin", "end"), [(-1, 2), (0, 5), (3, 2)])
def test_bad_ranges(begin: int, end: int) -> None:
    top = _native.TopRows(**arguments())
    with pytest.raises(ValueError, match="range"):
        top.scan(begin, end, top.workspace())
    with pytest.raises(ValueError, match="workspace"):
        top.scan(0, 4, bytearray(10))


@pytest.mark.parametrize(("scores", "rows"), [((2, 4), (2, 5)), ((2, 5), (1, 5)), ((5, 2), (5, 2))])
def test_bad_room_for_results(scores: tuple[int, int], rows: tuple[int, int]) -> None:
    top = _native.TopRows(**arguments())
    with pytest.raises(ValueError, match="room"):
        top.results(np.zeros(scores, np.float32), np.zeros(rows, np.int64))


def test_minus_zero_is_zero(isa: str) -> None:
    tiny = np.float32(1e-30)  # products of two vanish, and keep their sign where they are added in one operation
    rows = np.array([[-tiny], [0], [tiny], [1]], np.float32)
    found, scores = best_rows(isa, np.array([[tiny]]), rows, 4)
    assert found.tolist() == [[3, 0, 1, 2]]
    assert scores.tolist() == [[tiny, 0, 0, 0]]
