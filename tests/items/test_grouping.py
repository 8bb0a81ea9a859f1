"""Sorting part by part gives what sorting at once gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb.items import Interactions, grouping
from fastemb.items.grouping import blocks, grouped, sorted_within
from fastemb.items.metrics import within

owners = st.lists(st.integers(0, 6), max_size=40).map(lambda values: np.array(values, np.int64))


@pytest.fixture(params=[1, 3, 1000], autouse=True, scope="module")
def parts(request: pytest.FixtureRequest) -> Any:
    """Parts of so many events, in all modules that have them."""
    from fastemb.items import metrics

    with pytest.MonkeyPatch.context() as patch:
        for module in (grouping, metrics):
            patch.setattr(module, "PART", request.param)
        yield


@given(owners)
def test_grouping_is_a_stable_sort(values: Any) -> None:
    order, offsets = grouped(values, 8)
    assert order.tolist() == np.argsort(values, kind="stable").tolist()
    assert np.diff(offsets).tolist() == np.bincount(values, minlength=8).tolist()


@given(owners, st.data())
def test_sorting_within_sessions(values: Any, data: st.DataObject) -> None:
    values = np.sort(values)
    _, offsets = grouped(values, 8)
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(values), max_size=len(values))), float)
    assert sorted_within(times, offsets).tolist() == np.lexsort((times, values)).tolist()
    assert [one for begin, end in blocks(offsets) for one in range(begin, end)] == list(range(8))


@given(owners, owners, st.lists(st.integers(0, 4), min_size=40, max_size=40))
def test_pairs_that_are_known(one: Any, two: Any, items: list[int]) -> None:
    two = np.sort(two)
    pairs, known = one * 5 + items[: len(one)], two * 5 + items[: len(two)]
    _, offsets = grouped(two, 8)
    assert within(pairs, known, offsets).tolist() == np.isin(pairs, known).tolist()


@given(st.lists(st.lists(st.integers(1, 5), max_size=8), max_size=6), st.booleans())
def test_merging(baskets: list[list[int]], weighted: bool) -> None:
    data = Interactions.from_baskets(baskets)
    if weighted:
        data.weights = np.arange(1.0, len(data.items) + 1)
    merged = data.merged()
    assert list(merged) == [list(dict.fromkeys(basket)) for basket in baskets]
    if weighted:
        assert merged.weights is not None
        assert merged.weights.sum() == np.arange(1.0, len(data.items) + 1).sum()
