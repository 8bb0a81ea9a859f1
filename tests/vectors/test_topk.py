"""Top-k retrieval: shapes, exclusions, masks, threads; the arithmetic is tested with the native part."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb import _native
from fastemb.vectors import topk
from fastemb.vectors.topk import top_k


def expected(queries, rows, n, excluded=None, mask=None):
    """The plain loop."""
    found = np.full((len(queries), n), -1, np.int64)
    scores = np.full((len(queries), n), -np.inf, np.float32)
    for at, query in enumerate(queries):
        values = rows @ query
        if mask is not None:
            values[~mask] = -np.inf
        if excluded is not None:
            values[excluded[at]] = -np.inf
        order = np.argsort(-values, kind="stable")[:n]
        order = order[values[order] > -np.inf]
        found[at, : len(order)], scores[at, : len(order)] = order, values[order]
    return found, scores


def numbers(rng, *shape):
    return rng.integers(-5, 6, shape).astype(np.float32)


def as_csr(lists):
    return np.cumsum([0, *map(len, lists)]), np.array([row for some in lists for row in some], np.int32)


def same(left, right):
    np.testing.assert_array_equal(left[0], right[0])
    np.testing.assert_array_equal(left[1], right[1])
    assert [part.dtype for part in left] == [np.int64, np.float32]


@given(st.integers(0, 2**32 - 1), st.integers(0, 400), st.integers(0, 90), st.integers(0, 12), st.integers(1, 3))
def test_against_the_plain_loop(seed, count, size, n, workers):
    rng = np.random.default_rng(seed)
    queries, rows = numbers(rng, count, 4), numbers(rng, size, 4)
    mask = rng.random(size) < 0.8
    lists = [rng.integers(0, size, rng.integers(0, 9)).tolist() if size else [] for _ in range(count)]  # with repeats
    same(top_k(queries, rows, n, workers=workers), expected(queries, rows, n))
    result = top_k(queries, rows, n, exclude=as_csr(lists), mask=mask, workers=workers)
    same(result, expected(queries, rows, n, lists, mask))


def test_more_queries_than_a_block():
    rng = np.random.default_rng(3)
    queries, rows = numbers(rng, 2500, 3), numbers(rng, 70, 3)
    lists = [[at % 70] for at in range(2500)]
    for workers in (1, 2, 5):
        same(top_k(queries, rows, 4, exclude=as_csr(lists), workers=workers), expected(queries, rows, 4, lists))


@pytest.mark.parametrize("workers", [2, 3, 7])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_queries_are_answered_by_several_threads(monkeypatch, workers, count):
    monkeypatch.setattr("fastemb.vectors.topk._LEAST_PRODUCTS", 1)
    rng = np.random.default_rng(workers)
    queries, rows = numbers(rng, count, 3), numbers(rng, 1000, 3)
    rows[500:600] = rows[:100]  # equal scores in the parts of different threads
    lists = [rng.integers(0, 1000, 30).tolist() for _ in range(count)]
    mask = rng.random(1000) < 0.5
    same(top_k(queries, rows, 40, workers=workers), expected(queries, rows, 40))
    found = top_k(queries, rows, 40, exclude=as_csr(lists), mask=mask, workers=workers)
    same(found, expected(queries, rows, 40, lists, mask))
    few = np.zeros(1000, bool)
    few[[3, 999]] = True
    assert top_k(queries, rows, 5, mask=few, workers=workers)[0][:, 2:].max() == -1


def test_more_rows_than_one_call_takes():
    rng = np.random.default_rng(4)
    queries, rows = numbers(rng, 9, 3), numbers(rng, 1000, 3)
    mask = rng.random(1000) < 0.5
    same(top_k(queries, rows, 7, mask=mask, call_products=1), expected(queries, rows, 7, mask=mask))


def test_scale_gives_cosines():
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(200, 8)).astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1)
    found, scores = top_k(rows / lengths[:, np.newaxis], rows, 1, scale=1 / lengths)
    assert found[:, 0].tolist() == list(range(200))
    np.testing.assert_allclose(scores, 1, rtol=1e-5)


@pytest.mark.parametrize("order", ["C", "F", "strided", "reversed", "float64", "float16", "read-only", "list"])
def test_any_layout_and_number_type(order):
    rng = np.random.default_rng(6)
    plain, queries = numbers(rng, 50, 6), numbers(rng, 5, 6)
    rows = {
        "C": plain,
        "F": np.asfortranarray(plain),
        "strided": np.repeat(plain, 2, axis=0)[::2],
        "reversed": plain[::-1].copy()[::-1],
        "float64": plain.astype(np.float64),
        "float16": plain.astype(np.float16),
        "read-only": plain.copy(),
        "list": plain.tolist(),
    }[order]
    if order == "read-only":
        rows.flags.writeable = False
    same(top_k(queries, rows, 3), expected(queries, plain, 3))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"queries": np.zeros(3)}, ValueError, "queries and rows"),
        ({"queries": np.zeros((2, 4))}, ValueError, r"not \(2, 4\) and \(9, 3\)"),
        ({"rows": np.zeros(3)}, ValueError, "queries and rows"),
        ({"queries": np.zeros((2, 0)), "rows": np.zeros((9, 0))}, ValueError, "queries and rows"),
        ({"n": 2.5}, TypeError, "n must be a whole number, not 2.5"),
        ({"scale": np.ones(8)}, ValueError, r"scale must be \(9,\)"),
        ({"exclude": ([0, 1], [0])}, ValueError, r"indptr \(3,\)"),
        ({"exclude": ([0, 2, 1], [0])}, ValueError, "rising to"),
        ({"exclude": ([0, 1, 2], [0])}, ValueError, "number of indices"),
        ({"exclude": ([1, 1, 1], [0])}, ValueError, "from 0 rising"),
        ({"exclude": ([0, 1, 1], [9])}, ValueError, r"outside \[0, 9\)"),
        ({"exclude": ([0, 1, 1], [-1])}, ValueError, r"outside \[0, 9\)"),
        ({"exclude": ([0, 1, 1], [0.5])}, TypeError, "whole numbers"),
        ({"mask": np.ones(8, bool)}, ValueError, r"mask must be \(9,\)"),
        ({"mask": np.ones(9)}, TypeError, "bool"),
        ({"workers": 0}, ValueError, "workers"),
        ({"workers": 1.5}, TypeError, "workers must be a whole number, not 1.5"),
    ],
)
def test_wrong_arguments(changes, error, message):
    arguments = {"queries": np.zeros((2, 3)), "rows": np.zeros((9, 3)), "n": 2, **changes}
    with pytest.raises(error, match=message):
        top_k(**arguments)


def test_nothing_to_find():
    assert [part.shape for part in top_k(np.zeros((0, 3)), np.zeros((9, 3)), 2)] == [(0, 2)] * 2
    assert [part.shape for part in top_k(np.zeros((2, 3)), np.zeros((9, 3)), 0)] == [(2, 0)] * 2
    found, scores = top_k(np.ones((2, 3)), np.ones((9, 3)), 2, mask=np.zeros(9, bool))
    assert found.tolist() == [[-1, -1]] * 2
    assert (scores == -np.inf).all()


def test_an_error_in_a_thread_surfaces_and_stops_the_others(monkeypatch):
    calls = []
    lock = threading.Lock()

    class Failing(_native.TopRows):
        def scan(self, begin, end, workspace):
            with lock:
                calls.append(begin)
                if len(calls) == 3:
                    raise BufferError("no room")

    monkeypatch.setattr(topk._native, "TopRows", Failing)
    with pytest.raises(BufferError, match="no room"):
        top_k(np.ones((1000, 3)), np.ones((100_000, 3)), 2, workers=2, call_products=1)
    assert len(calls) < 2000  # of 12,504
    assert not any(thread.name.startswith("fastemb-") for thread in threading.enumerate())
