"""Splits lose nothing, and metrics are those of the textbooks, computed slowly here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shops import baskets, small_model

from fastemb.items import (
    Interactions,
    evaluate,
    leave_one_out,
    rank_metrics,
    split_by_time,
    split_random,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*rows of a matrix of ratings")

SHOP = baskets()


def slow_metrics(recommended: list[list[int]], truth: list[list[int]], k: int) -> dict[str, float]:
    sums = dict.fromkeys(("recall", "precision", "ndcg", "map", "mrr", "hit_rate"), 0.0)
    judged = [(row[:k], set(held)) for row, held in zip(recommended, truth, strict=True) if held]
    for row, held in judged:
        hits = [rank for rank, item in enumerate(row, 1) if item in held and item >= 0]
        size = min(len(held), k)
        sums["recall"] += len(hits) / len(held)
        sums["precision"] += len(hits) / k
        sums["hit_rate"] += bool(hits)
        sums["mrr"] += 1 / hits[0] if hits else 0
        sums["ndcg"] += sum(1 / math.log2(1 + r) for r in hits) / sum(1 / math.log2(1 + r) for r in range(1, size + 1))
        sums["map"] += sum(sum(other <= rank for other in hits) / rank for rank in hits) / size
    return {name: total / len(judged) for name, total in sums.items()} | {"sessions": len(judged)}


@given(st.data(), st.integers(1, 6))
def test_metrics_are_the_textbooks(data: st.DataObject, k: int) -> None:
    count = data.draw(st.integers(1, 6))
    rows = [data.draw(st.permutations(range(8))) for _ in range(count)]
    lists = [row[: data.draw(st.integers(0, 7))] for row in rows]
    recommended = [row + [-1] * (7 - len(row)) for row in lists]
    truth = [sorted(data.draw(st.sets(st.integers(0, 9), max_size=5))) for _ in range(count)]
    unknown = [[-1 if item == 9 else item for item in held] for held in truth]
    offsets = np.cumsum([0] + [len(held) for held in truth])
    flat = np.array([item for held in unknown for item in held], np.int64)
    if not len(flat):
        with pytest.raises(ValueError, match="nothing is held out"):
            rank_metrics(np.array(recommended), offsets, flat, k)
        return
    expected = slow_metrics(recommended, truth, k)
    assert rank_metrics(np.array(recommended), offsets, flat, k) == pytest.approx(expected)


def test_known_values() -> None:
    found = rank_metrics(np.array([[3, 1, 2], [0, 4, -1]]), np.array([0, 2, 3]), np.array([1, 7, 0]), 3)
    assert found["recall"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["precision"] == pytest.approx(1 / 3)
    assert found["hit_rate"] == 1
    assert found["map"] == pytest.approx((1 / 2 / 2 + 1) / 2)
    assert found["ndcg"] == pytest.approx(((1 / math.log2(3)) / (1 + 1 / math.log2(3)) + 1) / 2)


# ---- splits ----

sessions = st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=1, max_size=8)


def timed(shop: list[list[int]]) -> Interactions:
    data = Interactions.from_baskets(shop)
    data.times = np.arange(len(data.items), dtype=float) % 7
    return data


@given(sessions, st.sampled_from(["last", "one", "random", "time"]), st.floats(0.05, 0.95))
def test_a_split_parts_each_session(shop: list[list[int]], how: str, share: float) -> None:
    data = timed(shop)
    splits: dict[str, Any] = {
        "last": lambda: leave_one_out(data),
        "one": lambda: leave_one_out(data, last=False),
        "random": lambda: split_random(data, share),
        "time": lambda: split_by_time(data, share),
    }
    train, test = splits[how]()
    assert list(train.session_keys) == list(test.session_keys) == list(data.session_keys)
    for whole, left, right in zip(data, train, test, strict=True):
        assert sorted(left + right) == sorted(whole)
        if how in ("last", "one"):
            assert len(right) == (len(whole) > 1)
        if how == "last":
            assert left + right == whole
        if how == "random":
            assert len(right) == min(round(share * len(whole)), max(len(whole) - 1, 0))
    if how == "time" and len(train.items) and len(test.items):
        assert train.times is not None
        assert test.times is not None
        assert train.times.max() < test.times.min()


def test_random_splits_follow_their_seed() -> None:
    data = Interactions.from_baskets(SHOP)
    for split in (lambda seed: leave_one_out(data, last=False, seed=seed), lambda seed: split_random(data, seed=seed)):
        assert list(split(1)[1]) == list(split(1)[1])
        assert list(split(1)[1]) != list(split(2)[1])


def test_splits_that_make_no_sense() -> None:
    data = Interactions.from_baskets(SHOP)
    with pytest.raises(ValueError, match="need times"):
        split_by_time(data)
    for share in (0, 1, -0.5, float("nan")):
        with pytest.raises(ValueError, match="share must be between"):
            split_random(data, share)
    moved = timed([[1, 2, 3]])
    train, test = split_by_time(moved, at=1)
    assert (list(train), list(test)) == ([[1]], [[2, 3]])


# ---- a whole evaluation ----


def test_an_evaluation_stands_beside_the_baseline() -> None:
    data = Interactions.from_baskets(SHOP)
    train, test = leave_one_out(data, last=False)
    model = small_model().fit(train)
    found = evaluate(model, train, test, k=5)
    rows = model.recommend_many(train, 5)[0].tolist()
    truth = list(test)
    hits = [held[0] in row for row, held in zip(rows, truth, strict=True)]
    assert found.sessions == len(SHOP)
    assert found.model["hit_rate"] == found.model["recall"] == pytest.approx(np.mean(hits))
    assert found.model["coverage"] == len({item for row in rows for item in row}) / 40
    counts = train.item_counts()
    popularity = {key: count / len(SHOP) for key, count in zip(train.item_keys, counts, strict=True)}
    assert found.model["popularity"] == pytest.approx(np.mean([popularity[item] for row in rows for item in row]))
    assert found.held_out_popularity == pytest.approx(np.mean([popularity[held[0]] for held in truth]))
    assert found.model["recall"] > 2 * found.baseline["recall"]
    assert found.model["coverage"] > found.baseline["coverage"]
    text = str(found)
    assert "recall@5" in text
    assert f"{found.baseline['ndcg']:.4f}" in text


def test_the_baseline_recommends_what_is_popular_and_new_to_the_user() -> None:
    shop = [["a", "b"], ["a", "b"], ["a", "c"], ["b", "d"], ["a", "b", "c", "d"]]
    train = Interactions.from_baskets(shop)
    test = Interactions.from_baskets([["c"], ["d"], ["b"], ["a"], []])
    found = evaluate(small_model(epochs=1).fit(train), train, test, k=1)
    assert found.sessions == 4
    assert found.baseline["recall"] == pytest.approx(3 / 4)  # c (before d by first occurrence), c, b, a


def test_users_and_items_that_the_model_has_never_seen() -> None:
    train = Interactions.from_baskets([["a", "b"]] * 5 + [["a", "c"]], session_keys=[f"u{n}" for n in range(6)])
    test = Interactions.from_baskets([["new"], ["a", "c"], ["b"]], session_keys=["u0", "stranger", "u5"])
    found = evaluate(small_model().fit(train), train, test, k=3)
    assert found.sessions == 3
    assert found.model["recall"] == pytest.approx((0 + 1 + 1) / 3)
    seen = Interactions.from_baskets([["a"]], session_keys=["u0"])
    with pytest.raises(ValueError, match="nothing is held out"):  # u0 has it already
        evaluate(small_model().fit(train), train, seen)


@pytest.mark.parametrize(
    ("k", "error", "message"),
    [
        (0, ValueError, "k must be at least 1, not 0"),
        (-1, ValueError, "k must be at least 1, not -1"),
        (2.5, TypeError, "k must be a whole number, not 2.5"),
        (True, TypeError, "k must be a whole number, not True"),
    ],
)
def test_a_k_that_is_no_count_is_refused(k: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        rank_metrics(np.array([[0, 1]]), np.array([0, 1]), np.array([1]), k)
    data = Interactions.from_baskets(baskets(20))
    train, test = leave_one_out(data)
    with pytest.raises(error, match=message):
        evaluate(small_model(epochs=1).fit(train), train, test, k)


def test_more_recommendations_than_items_take_no_more_room() -> None:
    train, test = leave_one_out(Interactions.from_baskets(baskets(50)))
    found = evaluate(small_model(epochs=1).fit(train), train, test, k=2**29)
    assert found.model["recall"] == found.baseline["recall"] == 1
