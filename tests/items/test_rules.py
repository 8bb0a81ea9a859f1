"""What may be recommended to whom, what is preferred, and queries that are vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shops import ITEMS, baskets, small_model

from fastemb.items import Item2Vec, ItemIndex
from fastemb.items.metrics import rank_metrics

SHOP = baskets()


@pytest.fixture(scope="module")
def model() -> Item2Vec:
    return small_model().fit(SHOP)


ALL = [f"k{kind}i{item}" for kind in range(4) for item in range(ITEMS)]


def test_only_what_each_may_get_is_recommended(model: Item2Vec) -> None:
    histories = [["k0i1", "k0i2"], ["k1i1"], [], ["k2i0"]]
    allowed = [["k0i1", "k0i3", "k1i1", "k3i3", "unknown"], ALL, ["k3i1", "k2i2"], []]
    items, scores = model.recommend_many(histories, 50, allowed=allowed)
    every, every_scores = model.recommend_many(histories, 50)
    for at, own in enumerate(allowed):
        wanted = [(item, score) for item, score in zip(every[at], every_scores[at], strict=True) if item in own]
        found = [pair for pair in zip(items[at], scores[at], strict=True) if pair[0] is not None]
        assert sorted(item for item, _ in found) == sorted(item for item, _ in wanted)
        np.testing.assert_allclose([s for _, s in found], [s for _, s in wanted], rtol=1e-5)
    assert "k0i1" not in items[0]  # of its history
    assert "k0i1" in model.recommend_many(histories, 50, allowed=allowed, exclude_history=False)[0][0]
    less = model.recommend_many(histories, 50, allowed=allowed, exclude=[["k0i3"], [], [], []], candidates=ALL[:20])
    assert set(less.items[0]) - {None} == {"k1i1"}
    assert set(less.items[1]) - {None} == set(ALL[:20]) - {"k1i1"}


def test_lists_of_another_number_are_refused(model: Item2Vec) -> None:
    with pytest.raises(ValueError, match="1 lists of items to allow for 2 histories"):
        model.recommend_many([["k0i1"], ["k0i2"]], allowed=[["k0i3"]])
    with pytest.raises(ValueError, match="1 lists of items to exclude for 2 histories"):
        model.recommend_many(vectors=model.wv_out.vectors[:2], exclude=[["k0i3"]])


def test_vectors_are_queries(model: Item2Vec) -> None:
    histories = SHOP[:20]
    by_history = model.recommend_many(histories, 5, exclude_history=False)
    by_vector = model.recommend_many(vectors=model.transform(histories), n=5)
    assert (by_vector.items == by_history.items).all()
    assert not by_vector.popular.any()
    filtered = model.recommend_many(vectors=model.transform(histories), n=5, candidates=ALL[:10], exclude=histories)
    assert all(
        item in ALL[:10] and item not in history
        for history, row in zip(histories, filtered.items, strict=True)
        for item in row
        if item is not None
    )
    for wrong, words in (
        (np.zeros(12), r"vectors must be \(queries, 12\)"),
        (np.zeros((2, 3)), "as transform gives them"),
        (np.full((2, 12), np.nan), "vector 0 "),
    ):
        with pytest.raises(ValueError, match=words):
            model.recommend_many(vectors=wrong)
    with pytest.raises(ValueError, match="not several of them"):
        model.recommend_many(histories, vectors=model.transform(histories))


def test_leaning_toward_an_axis(model: Item2Vec) -> None:
    axis = model.wv.axis(["k0i1", "k0i2", "k0i3"], ["k1i1", "k1i2", "k1i3"])
    histories = [["k0i0", "k1i0"], []]
    share = []
    for weight in (-3.0, 0.0, 3.0):
        found = model.recommend_many(histories, 6, toward={axis: weight})
        alone = model.recommend(histories[0], 6, toward={axis: weight})
        assert [item for item, _ in alone] == list(found.items[0])
        share.append([sum(item.startswith("k0") for item in row) for row in found.items])
    assert share[0][0] < share[2][0]
    assert share[0][1] < share[2][1]  # also where popularity decides
    plain = model.recommend_many(histories, 6)
    none = model.recommend_many(histories, 6, toward={axis: 0.0})
    assert (plain.items == none.items).all()
    np.testing.assert_allclose(plain.scores, none.scores, rtol=1e-5)


def test_a_weight_of_one_is_worth_a_standard_deviation(model: Item2Vec) -> None:
    axis = model.wv_out.axis(["k0i1"], ["k1i1"])
    plain = dict(model.recommend(["k2i0"], 40, exclude_history=False))
    leant = dict(model.recommend(["k2i0"], 40, exclude_history=False, toward={axis: 1.0}))
    keys = model.wv.index_to_key
    gained = np.array([leant[key] - plain[key] for key in keys]) / np.std(list(plain.values()))
    np.testing.assert_allclose(gained, (axis.scores - axis.scores.mean()) / axis.scores.std(), atol=1e-4)


def test_wrong_axes(model: Item2Vec) -> None:
    axis = model.wv.axis(["k0i1"], ["k1i1"])
    few = model.wv.vectors_for_all(ALL[:20]).axis(["k0i1"], ["k1i1"])
    wrong: list[tuple[Any, Any, str]] = [
        ([axis], TypeError, "toward must be a dict from an axis to its weight"),
        ({"k0": 1.0}, TypeError, r"as of model\.wv\.axis"),
        ({axis: "x"}, TypeError, "toward must be a number"),
        ({axis: float("nan")}, ValueError, "toward must be a finite number"),
        ({few: 1.0}, ValueError, r"has no place along Axis\(.*make the axis of vectors that have all keys"),
    ]
    for toward, error, words in wrong:
        with pytest.raises(error, match=words):
            model.recommend(["k0i1"], toward=toward)
    shuffled = model.wv.vectors_for_all(sorted(ALL)).axis(["k0i1"], ["k1i1"])
    by_name = model.recommend(["k0i0"], 5, toward={shuffled: 1.0})
    assert [item for item, _ in by_name] == [item for item, _ in model.recommend(["k0i0"], 5, toward={axis: 1.0})]


def test_vectors_of_users(model: Item2Vec, tmp_path: Path) -> None:
    users = model.user_vectors()
    assert users.index_to_key == list(model.histories.session_keys)
    np.testing.assert_array_equal(users.vectors, model.transform(model.histories))
    some = model.user_vectors([5, 3])
    np.testing.assert_array_equal(some.vectors, users[[5, 3]])
    with pytest.raises(KeyError, match="unknown user"):
        model.user_vectors(["nobody"])
    with pytest.raises(ValueError, match="5 comes twice"):
        model.user_vectors([5, 5])
    model.save(tmp_path / "m", histories=False)
    with pytest.raises(ValueError, match="no users: their histories were not kept"):
        Item2Vec.load(tmp_path / "m").user_vectors()


def test_an_index_is_saved_with_its_users(model: Item2Vec, tmp_path: Path) -> None:
    pytest.importorskip("usearch")
    index = ItemIndex(model.wv_out, users=model.user_vectors([5, 3]))
    index.save(tmp_path / "it.index")
    loaded = ItemIndex.load(tmp_path / "it.index")
    assert loaded.users is not None
    assert loaded.users.index_to_key == [5, 3]
    rows, _ = loaded.search(loaded.users[[3]], 4)
    wanted = model.recommend_many(users=[3], n=4, exclude_history=False).items[0]
    assert [loaded.index_to_key[row] for row in rows[0]] == list(wanted)
    plain = ItemIndex(model.wv_out)
    plain.save(tmp_path / "plain.index")
    assert ItemIndex.load(tmp_path / "plain.index").users is None
    with pytest.raises(TypeError, match=r"users must be KeyedVectors, such as model\.user_vectors\(\)"):
        ItemIndex(model.wv_out, users=[5])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="users must have vectors of 12"):
        ItemIndex(model.wv_out, users=model.wv_out.reduce(3))


def test_the_rank_of_the_first_hit_counts() -> None:
    offsets, truth = np.array([0, 1, 3, 4]), np.array([7, 1, 2, 9])
    found = rank_metrics(np.array([[7, 1, 2], [5, 2, 1], [1, 2, 3]]), offsets, truth, 3)
    assert found["mrr"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert rank_metrics(np.empty((3, 0), np.int64), offsets, truth, 3)["mrr"] == 0
