"""Gather, scatter, mean and renormalise on rows without padding, against NumPy; nothing past a row is touched.

Arrays end where their memory ends, so that `make sanitize` sees a read or write past the last row.
"""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.harness import SIZES

from fastemb import _native as typed_native

_native: Any = typed_native  # some of the arguments here are wrong on purpose
ISAS = [name for name, _, supported in _native.kernels() if supported]

Rows = npt.NDArray[np.float32]

GUARD = np.float32(77.0)
LAYOUTS = ["dense", "strided", "unaligned"]


def matrix(size: int, layout: str, seed: int = 0) -> tuple[Rows, Rows]:
    """Random rows, and all the memory that they lie in: guard values between rows, or before the first one."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((9, size), np.float32)
    gap = 3 if layout == "strided" else 0
    start = 1 if layout == "unaligned" else 0
    memory = np.full(start + 8 * (size + gap) + size, GUARD, np.float32)
    rows = np.lib.stride_tricks.as_strided(memory[start:], (9, size), (4 * (size + gap), 4))
    rows[:] = values
    return rows, memory


def guards_stand(memory: Rows, rows: Rows) -> bool:
    """Whether all memory but the rows is as it was; overwrites the rows."""
    rows[:] = GUARD
    return bool((memory == GUARD).all())


def indices(seed: int, count: int = 20) -> npt.NDArray[np.int64]:
    """The last row first, and some rows more than once."""
    return np.append(8, np.random.default_rng(seed).integers(0, 9, count)).astype(np.int64)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.slow
class TestAgreesWithNumPy:
    def test_gather(self, size: int, layout: str) -> None:
        rows, memory = matrix(size, layout)
        before, chosen = memory.copy(), indices(1)
        out = np.full((len(chosen), size), np.nan, np.float32)
        _native.gather_rows(rows, chosen, out)
        assert np.array_equal(out, rows[chosen])
        assert np.array_equal(memory, before)

    @pytest.mark.parametrize("scaled", [False, True])
    def test_scatter(self, isa: str, size: int, layout: str, scaled: bool) -> None:
        rows, memory = matrix(size, layout)
        chosen = indices(2)
        changes = np.random.default_rng(3).standard_normal((len(chosen), size), np.float32)
        scale = np.linspace(-1, 2, len(chosen), dtype=np.float32) if scaled else None
        expected = rows.copy()
        np.add.at(expected, chosen, changes if scale is None else changes * scale[:, None])
        _native.scatter_rows(isa, rows, chosen, changes, scale)
        assert np.array_equal(rows, expected)  # every kernel rounds as NumPy does
        assert guards_stand(memory, rows)

    @pytest.mark.parametrize("weighted", [False, True])
    def test_mean(self, isa: str, size: int, layout: str, weighted: bool) -> None:
        rows, memory = matrix(size, layout)
        before = memory.copy()
        items, offsets = indices(4), np.array([0, 5, 5, 21], np.int64)
        weights = np.linspace(0.1, 3, len(items)) if weighted else None
        means = np.full((3, size), np.nan, np.float32)
        _native.mean_rows(isa, rows, items, offsets, weights, means)
        for bag, (begin, end) in enumerate([(0, 5), (5, 5), (5, 21)]):
            expected = np.zeros(size)
            if begin < end:
                chosen = rows[items[begin:end]].astype(np.float64)
                expected = np.average(chosen, axis=0, weights=None if weights is None else weights[begin:end])
            # 16 additions of shares, each rounded
            np.testing.assert_allclose(means[bag], expected, rtol=0, atol=2e-6)
        assert np.array_equal(memory, before)

    def test_renormalise(self, isa: str, size: int, layout: str) -> None:
        rows, memory = matrix(size, layout)
        longest = float(np.median(np.linalg.norm(rows, axis=1)))
        expected = rows.astype(np.float64)
        chosen = indices(5, count=5)
        for row in np.unique(chosen):
            expected[row] *= min(1.0, longest / np.linalg.norm(expected[row]))
        assert not np.allclose(rows, expected)
        _native.renormalise_rows(isa, rows, chosen, longest)
        np.testing.assert_allclose(rows, expected, rtol=2e-6, atol=0)
        assert guards_stand(memory, rows)


@given(st.sampled_from(ISAS), st.integers(0, 2**32 - 1), st.integers(0, 12), st.integers(1, 40), st.booleans())
def test_means_of_any_bags(isa: str, seed: int, count: int, size: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((30, size), np.float32)
    lengths = rng.integers(0, 6, count)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    items = rng.integers(0, 30, offsets[-1])
    weights = rng.exponential(size=len(items)) + 0.01 if weighted else None
    means = np.full((count, size), np.nan, np.float32)
    _native.mean_rows(isa, rows, items, offsets, weights, means)
    for bag in range(count):
        span = slice(offsets[bag], offsets[bag + 1])
        expected = np.zeros(size)
        if lengths[bag]:
            expected = np.average(rows[items[span]], axis=0, weights=None if weights is None else weights[span])
        np.testing.assert_allclose(means[bag], expected, rtol=1e-5, atol=1e-6)


def test_kernels_agree_bit_by_bit() -> None:
    found = []
    for isa in ISAS:
        rows, _ = matrix(33, "strided")
        means = np.empty((2, 33), np.float32)
        changes, scale = np.full((21, 33), 1 / 3, np.float32), np.linspace(-1, 2, 21, dtype=np.float32)
        _native.scatter_rows(isa, rows, indices(6), changes, scale)
        _native.mean_rows(isa, rows, indices(7), np.array([0, 2, 21]), None, means)
        found.append(rows.tobytes() + means.tobytes())
    assert len(set(found)) == 1


class TestHostileValues:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_a_row_that_is_not_finite_is_not_renormalised(self, isa: str, value: float) -> None:
        rows = np.full((2, 17), 3.0, np.float32)
        rows[0, 16] = value
        expected = rows.copy()
        expected[1] = 1 / np.sqrt(np.float32(17))
        _native.renormalise_rows(isa, rows, np.array([0, 1]), 1.0)
        np.testing.assert_allclose(rows, expected, rtol=1e-6)

    @pytest.mark.parametrize("value", [1e38, 1e-25, 1e20])
    def test_lengths_whose_squares_do_not_fit_a_float(self, isa: str, value: float) -> None:
        rows = np.full((1, 9), value, np.float32)
        _native.renormalise_rows(isa, rows, np.array([0]), value)  # the row is three times as long
        np.testing.assert_allclose(rows, np.full((1, 9), value / 3), rtol=1e-6)

    def test_zeros_stay_zeros(self, isa: str) -> None:
        rows = np.zeros((1, 5), np.float32)
        _native.renormalise_rows(isa, rows, np.array([0]), 0.0)
        assert not rows.any()


def test_a_read_only_memory_map_can_be_read(isa: str) -> None:
    with mmap.mmap(-1, 4096) as memory:
        rows = np.frombuffer(memory, np.float32).reshape(-1, 8)
        rows.flags.writeable = False
        out = np.empty((1, 8), np.float32)
        _native.gather_rows(rows, np.array([127]), out)
        _native.mean_rows(isa, rows, np.array([127]), np.array([0, 1]), None, out)
        with pytest.raises(ValueError, match="read-only"):
            _native.scatter_rows(isa, rows, np.array([0]), out)
        del rows


ROWS = np.ones((4, 3), np.float32)
GOOD: dict[str, dict[str, Any]] = {
    "gather_rows": {"rows": ROWS, "indices": np.array([0, 3]), "out": np.zeros((2, 3), np.float32)},
    "scatter_rows": {
        "isa": "base",
        "rows": ROWS,
        "indices": np.array([0, 3]),
        "changes": np.zeros((2, 3), np.float32),
        "scale": None,
    },
    "mean_rows": {
        "isa": "base",
        "rows": ROWS,
        "items": np.array([0, 3]),
        "offsets": np.array([0, 1, 2]),
        "weights": None,
        "means": np.zeros((2, 3), np.float32),
    },
    "renormalise_rows": {"isa": "base", "rows": ROWS, "indices": np.array([0, 3]), "longest": 9.0},
}


@pytest.mark.parametrize(
    ("operation", "changes", "message"),
    [
        ("gather_rows", {"indices": np.array([0, 4])}, "indices"),
        ("gather_rows", {"indices": np.array([-1, 0])}, "indices"),
        ("gather_rows", {"indices": np.array([0])}, "out"),
        ("gather_rows", {"out": np.zeros((2, 4), np.float32)}, "out"),
        ("gather_rows", {"rows": np.zeros((0, 3), np.float32)}, "no rows"),
        ("gather_rows", {"rows": np.ones((3, 4), np.float32).T}, "one after another"),
        ("gather_rows", {"rows": ROWS[::-1]}, "one after another"),
        ("scatter_rows", {"isa": "sse9"}, "kernel"),
        ("scatter_rows", {"indices": np.array([0, 4])}, "indices"),
        ("scatter_rows", {"changes": np.zeros((1, 3), np.float32)}, "changes"),
        ("scatter_rows", {"changes": np.zeros((2, 2), np.float32)}, "changes"),
        ("scatter_rows", {"scale": np.zeros(1, np.float32)}, "scale"),
        ("mean_rows", {"isa": "sse9"}, "kernel"),
        ("mean_rows", {"items": np.array([0, 4])}, "indices"),
        ("mean_rows", {"items": np.array([0, -1])}, "indices"),
        ("mean_rows", {"items": np.array([0])}, "offsets"),
        ("mean_rows", {"offsets": np.array([0, 2])}, "offsets"),
        ("mean_rows", {"offsets": np.array([1, 1, 2])}, "offsets"),
        ("mean_rows", {"offsets": np.array([0, 3, 2])}, "offsets"),
        ("mean_rows", {"weights": np.ones(1)}, "weights"),
        ("mean_rows", {"means": np.zeros((2, 4), np.float32)}, "means must have rows like"),
        ("renormalise_rows", {"isa": "sse9"}, "kernel"),
        ("renormalise_rows", {"indices": np.array([0, 4])}, "indices"),
        ("renormalise_rows", {"longest": -1.0}, "longest"),
        ("renormalise_rows", {"longest": float("nan")}, "longest"),
    ],
    ids=repr,
)
def test_wrong_arguments(operation: str, changes: dict[str, Any], message: str) -> None:
    getattr(_native, operation)(**GOOD[operation])
    with pytest.raises(ValueError, match=message):
        getattr(_native, operation)(**{**GOOD[operation], **changes})


def test_means_are_zero_where_the_weights_sum_to_zero() -> None:
    means = np.full((3, 3), np.nan, np.float32)
    items, offsets = np.array([0, 1, 2, 3]), np.array([0, 2, 3, 4])
    _native.mean_rows("base", ROWS, items, offsets, np.array([1.0, -1.0, 0.0, 2.0]), means)
    assert means.tolist() == [[0.0] * 3, [0.0] * 3, ROWS[3].tolist()]


@pytest.mark.parametrize("operation", ["gather_rows", "scatter_rows", "renormalise_rows"])
def test_no_indices(operation: str) -> None:
    nothing = {"indices": np.zeros(0, np.int64)}
    for name in GOOD[operation].keys() & {"out", "changes"}:
        nothing[name] = np.zeros((0, 3), np.float32)
    getattr(_native, operation)(**{**GOOD[operation], **nothing})
