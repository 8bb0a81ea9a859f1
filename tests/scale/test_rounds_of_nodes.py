"""How an epoch is cut to rounds and beats, and how changes of several nodes become one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb.scale.combine import Changes, changes_between, combined, split
from fastemb.scale.curvature import Curvature, Curvatures
from fastemb.scale.meetings import Meetings
from fastemb.scale.plan import Plan, often
from fastemb.train.sampling import Tables, huffman_paths
from fastemb.train.settings import Settings
from fastemb.train.weights import Bags


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


def curved(*values: float) -> Curvature:
    return Curvature(np.array(values, np.float32), np.eye(len(values), dtype=np.float32))


def test_a_row_that_one_node_changed_is_as_that_node_has_it() -> None:
    steps = np.full(10, 0.7, np.float32)
    made = combined([change([1, 4], [1, 2]), change([2], [3]), change([], [])], steps, curved(1, 2, 3))
    assert made.rows.tolist() == [1, 2, 4]
    np.testing.assert_allclose(made.values[:, 0], [1, 3, 2], rtol=1e-6)


def test_short_steps_are_added_and_long_ones_averaged() -> None:
    both = [change([0, 1, 2], [1, 1, 1]), change([0, 1, 2], [1, 1, 1])]
    made = combined(both, np.array([0.0, 1.0, 50.0], np.float32), curved(1, 1, 1))
    np.testing.assert_allclose(made.values[:, 0], [2, 1 + np.exp(-2), 1], rtol=1e-3)


def test_the_same_steps_are_averaged_where_the_loss_is_curved_and_added_where_it_is_flat() -> None:
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0].astype(np.float32)
    curvature = Curvature(np.array([0, 1, 50], np.float32), turn)
    row = Changes(np.array([3], np.int64), turn.sum(axis=1)[None])  # 1 in each of the directions
    made = combined([row, row], np.ones(10, np.float32), curvature)
    np.testing.assert_allclose(made.values @ turn, [[2, 1 + np.exp(-2), 1]], rtol=1e-3)


@given(st.integers(2, 6), st.floats(0.01, 3), st.floats(0.01, 5))
def test_nodes_that_go_towards_one_place_come_as_near_as_one_after_the_other(
    nodes: int, step: float, curvature: float
) -> None:
    place = 3.0
    went = place * (1 - np.exp(-2 * step * curvature))
    made = combined(
        [change([0], [went])] * nodes, np.array([step], np.float32), curved(curvature, curvature, curvature)
    )
    np.testing.assert_allclose(made.values, place * (1 - np.exp(-2 * step * curvature * nodes)), rtol=1e-3)


def test_opposite_changes_cancel_out() -> None:
    made = combined([change([5], [1]), change([5], [-1])], np.full(10, 0.3, np.float32), curved(1, 2, 3))
    np.testing.assert_allclose(made.values, 0, atol=1e-7)


# ---- curvature ----


def loss(hidden: np.ndarray, output: np.ndarray) -> float:
    return float(np.log1p(np.exp(-hidden @ output)))


@pytest.mark.parametrize("by", ["hidden", "output"])
def test_the_curvature_is_the_second_derivative_of_the_loss(by: str) -> None:
    rng = np.random.default_rng(1)
    hidden, output = rng.normal(size=(2, 4))
    one = np.ones(1)
    matrices = {"vectors": hidden[None].astype(np.float32), "syn1neg": output[None].astype(np.float32)}
    found = Curvatures(one, {"syn1neg": one}, None, 0).of(matrices)["vectors" if by == "hidden" else "syn1neg"]
    made = found.basis * found.values @ found.basis.T
    small = 1e-3 * np.eye(4)

    def at(change: np.ndarray) -> float:
        return loss(hidden + change, output) if by == "hidden" else loss(hidden, output + change)

    expected = [[(at(a + b) - at(a - b) - at(b - a) + at(-a - b)) / 4e-6 for b in small] for a in small]
    np.testing.assert_allclose(made, expected, atol=1e-4)


def test_rows_are_drawn_as_often_as_they_are_met() -> None:
    vectors = np.array([[1, 0], [0, 1], [9, 9]], np.float32)
    outputs = np.zeros((3, 2), np.float32)  # so that every score is 0, and its slope 1/4
    drawn = Curvatures(np.array([3.0, 1.0, 0.0]), {"syn1": np.array([0.0, 1.0, 0.0])}, None, 0)
    found = drawn.of({"vectors": vectors, "syn1": outputs})
    made = found["syn1"].basis * found["syn1"].values @ found["syn1"].basis.T
    np.testing.assert_allclose(made, [[3 / 16, 0], [0, 1 / 16]], atol=0.02)
    assert not found["vectors"].values.any()


def test_a_hidden_vector_is_the_mean_of_a_bag() -> None:
    vectors = np.array([[2, 0], [0, 2], [5, 5]], np.float32)
    bags = Bags(np.array([0, 2], np.int64), np.array([0, 1], np.int32), 3)
    drawn = Curvatures(np.ones(1), {"syn1neg": np.ones(1)}, bags, 0)
    found = drawn.of({"vectors": vectors, "syn1neg": np.zeros((1, 2), np.float32)})["syn1neg"]
    made = found.basis * found.values @ found.basis.T
    np.testing.assert_allclose(made, np.full((2, 2), 0.25), atol=1e-5)


# ---- what training meets ----


def met(settings: Settings, counts: list[int], bags: Bags | None = None) -> Meetings:
    numbers = np.array(counts, np.int64)
    paths = huffman_paths(numbers) if settings.hs else None
    return Meetings(settings, Tables(len(counts), numbers, None, None, paths), bags)


def test_pairs_of_negative_sampling() -> None:
    found = met(Settings(sg=1, window=2, shrink_windows=False, negative=3, ns_exponent=1), [30, 10])
    assert found.total == 40 * 4 * 4  # words, contexts, outputs
    assert found.pairs["vectors"] == pytest.approx([30 * 16, 10 * 16])
    assert found.pairs["syn1neg"] == pytest.approx([30 * 16, 10 * 16])  # predicted, and drawn three times as often
    assert found.least == {"vectors": 16, "syn1neg": 4}
    assert found.occurrences["syn1neg"].tolist() == [30, 10]


def test_pairs_of_cbow() -> None:
    options = {"sg": 0, "window": 2, "shrink_windows": False, "negative": 3, "ns_exponent": 1}
    assert met(Settings(**options), [30, 10]).pairs["vectors"] == pytest.approx([30 * 16, 10 * 16])
    assert met(Settings(**options), [30, 10]).pairs["syn1neg"] == pytest.approx([30 * 4, 10 * 4])
    assert met(Settings(**options, cbow_exact=True), [30, 10]).pairs["vectors"] == pytest.approx([30 * 4, 10 * 4])
    assert met(Settings(**options, cbow_mean=0), [30, 10]).pairs["vectors"] == pytest.approx([30 * 64, 10 * 64])


def test_pairs_of_paths_and_of_bags() -> None:
    bags = Bags(np.array([0, 1, 3, 4], np.int64), np.array([0, 1, 0, 2], np.int32), 3)
    found = met(Settings(sg=1, window=1, shrink_windows=False, negative=0, hs=1), [4, 2, 1], bags)
    # The root's children are word 0, and the node of words 1 and 2.
    assert sorted(found.pairs["syn1"].tolist()) == [0, 2 * 3, 2 * 7]
    assert found.total == 2 * (4 * 1 + 2 * 2 + 1 * 2)
    assert found.occurrences["vectors"].tolist() == [6, 2, 1]


def test_windows_that_are_wider_than_sentences_count_as_long_ones() -> None:
    assert met(Settings(sg=1, window=2**62, negative=1), [5, 5]).total < 1e6
