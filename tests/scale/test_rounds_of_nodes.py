"""How an epoch is cut to rounds and beats, and how changes of several nodes become one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb.scale.combine import Changes, changes_between, combined, split
from fastemb.scale.plan import Plan, often
from fastemb.train.settings import Settings


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=6), st.integers(1, 40), st.none() | st.integers(1, 50))
def test_every_token_is_in_one_piece(words: list[int], unit: int, rounds: int | None) -> None:
    plan = Plan.of(words, Settings(), 256 * unit, unit, rounds)
    for node, count in enumerate(words):
        pieces = [plan.piece(node, beat) for beat in range(plan.rounds * plan.beats)]
        assert pieces[0][0] == 0
        assert pieces[-1][1] == count
        assert all(before[1] == after[0] for before, after in pairwise(pieces))
        assert all(begin % plan.block == 0 or begin == count for begin, _ in pieces)
    assert plan.block % unit == 0
    assert rounds is None or plan.rounds <= rounds
    assert plan.done(plan.rounds * plan.beats) == sum(words)


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=6), st.integers(1, 50))
def test_the_round_at_a_number_of_tokens(words: list[int], rounds: int) -> None:
    plan = Plan.of(words, Settings(), 256, 1, rounds)
    for number in range(plan.rounds):
        done = plan.done(number * plan.beats)
        found = plan.round_at(done)
        assert plan.done(found * plan.beats) == done
        assert found <= number
    with pytest.raises(ValueError, match="no round begins after"):
        plan.round_at(sum(words) + 1)


def test_one_node_has_the_blocks_of_one_machine() -> None:
    plan = Plan.of([100_000], Settings(), 1562, 1, None)
    assert plan.block == 1562
    assert plan.beats == 1


def test_often_means_by_occurrences_a_beat_and_node() -> None:
    plan = Plan((1000, 1000), 10, rounds=5, beats=2)
    counts = np.array([100.0, 40.0, 39.0, 0.0])
    assert often(counts, 2000, plan).tolist() == [0, 1]


def change(rows: list[int], values: list[float]) -> Changes:
    return Changes(np.array(rows, np.int64), np.repeat(np.array(values, np.float32)[:, None], 3, axis=1))


def test_changes_are_found_and_split() -> None:
    before = np.zeros((10, 4), np.float32)
    now = before.copy()
    now[3, 1], now[7] = 1, 2
    found = changes_between(before, now, None)
    assert found.rows.tolist() == [3, 7]
    assert changes_between(before, now, np.array([0, 7])).rows.tolist() == [7]
    one, two = split(found, 2)
    assert (one.rows.tolist(), two.rows.tolist()) == ([], [3, 7])
    assert two.values[1].tolist() == [2, 2, 2, 2]
    assert len(changes_between(before, before, None).rows) == 0


def test_a_row_that_one_node_changed_is_as_that_node_has_it() -> None:
    pull = np.full(10, 0.7, np.float32)
    made = combined([change([1, 4], [1, 2]), change([2], [3]), change([], [])], pull)
    assert made.rows.tolist() == [1, 2, 4]
    np.testing.assert_allclose(made.values[:, 0], [1, 3, 2], rtol=1e-6)


def test_short_steps_are_added_and_long_ones_averaged() -> None:
    both = [change([0, 1, 2], [1, 1, 1]), change([0, 1, 2], [1, 1, 1])]
    made = combined(both, np.array([0.0, 1.0, 50.0], np.float32))
    np.testing.assert_allclose(made.values[:, 0], [2, 1 + np.exp(-1), 1], rtol=1e-3)


def test_opposite_changes_cancel_out() -> None:
    made = combined([change([5], [1]), change([5], [-1])], np.full(10, 0.3, np.float32))
    assert made.values.tolist() == [[0, 0, 0]]
