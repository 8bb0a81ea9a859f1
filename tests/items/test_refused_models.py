"""What a model or an index cannot answer, or cannot save, is refused; copies of both answer alike."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from shops import baskets, small_model

from fastemb.items import Item2Vec, ItemIndex

COPIES: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))]


@pytest.fixture
def model() -> Item2Vec:
    return small_model(epochs=1).fit(baskets())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["wv", "wv_out"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda model: model.recommend([model.wv.index_to_key[0]]),
        lambda model: model.recommend_many(baskets()[:3]),
        lambda model: model.recommend_many(vectors=np.ones((1, 12))),
        lambda model: model.transform(baskets()[:3]),
        lambda model: model.similar_items(model.wv.index_to_key[0]),
        lambda model: model.user_vectors(),
        lambda model: model.score(baskets()),
        lambda model: model.partial_fit(baskets()),
        lambda model: model.save("never"),
    ],
)
def test_vectors_that_are_no_numbers_are_named(
    model: Item2Vec, name: str, bad: float, ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    vectors = getattr(model, name)
    kept = vectors.vectors[1].copy()
    vectors.vectors[1, 2] = bad
    with pytest.raises(ValueError, match=rf"vector of '{vectors.index_to_key[1]}' in model.{name} holds NaN or inf"):
        ask(model)
    assert not list(tmp_path.iterdir())
    vectors.vectors[1] = kept
    ask(model)


def test_vectors_that_are_long_are_numbers(model: Item2Vec) -> None:
    model.wv_out.vectors[1] = 1e30
    assert model.recommend([model.wv.index_to_key[0]])


@pytest.mark.parametrize("item", [b"a", date(2024, 5, 17), UUID(int=1), Decimal(1), frozenset({1}), ("a", b"b")])
def test_items_that_no_file_holds_are_refused_before_training(item: Any, model: Item2Vec) -> None:
    data = [[item, "b"], [item, "c"], ["b", "c"]]
    for fit in (small_model().fit, model.partial_fit):
        with pytest.raises(
            TypeError, match=r"items: a file holds str, numbers and tuples of them, .*: give str\(item\)"
        ):
            fit(data)
    small_model(epochs=1).fit([[str(one) for one in basket] for basket in data])


@pytest.mark.parametrize("item", [0.5, True, ("a", 1), 2**70])
def test_items_of_other_kinds_are_saved(item: Any, tmp_path: Path) -> None:
    made = small_model(epochs=1).fit([[item, "b"], [item, "c"], ["b", "c"]])
    made.save(tmp_path / "m")
    assert Item2Vec.load(tmp_path / "m").wv.index_to_key == made.wv.index_to_key


@pytest.mark.parametrize("value", ["4", 4.0, np.float32(4)])
@pytest.mark.parametrize("name", ["vector_size", "contexts", "negative", "min_count", "epochs", "window"])
def test_whole_numbers_may_be_written_otherwise(name: str, value: Any) -> None:
    data = baskets()
    made, plain = (small_model(**({"epochs": 1} | {name: one})) for one in (value, 4))
    for one in (made, plain):
        one.fit(data).partial_fit(data)
    assert (made.wv.vectors == plain.wv.vectors).all()
    with pytest.raises(TypeError, match=f"{name} must be a whole number, not 1.5"):
        small_model().set_params(**{name: 1.5}).fit(data)


@pytest.mark.parametrize("copied", COPIES)
def test_recommendations_are_compared_as_a_whole(model: Item2Vec, copied: Any) -> None:
    made = model.recommend_many(baskets()[:3])
    assert made == copied(made)
    assert (made != copied(made)) is False
    assert made != model.recommend_many(baskets()[:4])


@pytest.mark.parametrize("copied", COPIES)
def test_copies_of_an_index_find_the_same(model: Item2Vec, copied: Any) -> None:
    pytest.importorskip("usearch")
    index = ItemIndex(model.wv_out, connectivity=7, users=model.user_vectors())
    made, queries = copied(index), model.transform(baskets()[:5])
    for found, wanted in zip(made.search(queries, 3), index.search(queries, 3), strict=True):
        assert (found == wanted).all()
    made.add(copy.deepcopy(small_model(epochs=1).fit([["new", "newer"]]).wv))
    assert len(made) == len(index) + 2


@pytest.mark.parametrize("metric", ["cosine", "dot"])
@pytest.mark.parametrize("copied", COPIES)
def test_copies_of_an_index_of_vectors_find_the_same(model: Item2Vec, copied: Any, metric: Any) -> None:
    pytest.importorskip("usearch")
    index, key = model.wv.build_index(metric=metric, connectivity=7), model.wv.index_to_key[0]
    wanted = model.wv.most_similar(key, indexer=index, metric=metric)
    made = copied(index)
    assert made.expansion_search == index.expansion_search
    assert model.wv.most_similar(key, indexer=made, metric=metric) == wanted


def test_too_many_to_find_are_refused_alike(model: Item2Vec) -> None:
    pytest.importorskip("usearch")
    index, queries = ItemIndex(model.wv_out), model.transform(baskets()[:1])
    for ask in (lambda: index.search(queries, 10**12), lambda: model.recommend(baskets()[0], 10**12)):
        with pytest.raises(ValueError, match=r"n must be below 2\*\*30"):
            ask()


@pytest.mark.parametrize(
    ("candidates", "error", "told"),
    [
        ("k0i0", TypeError, "candidates must be a list of items, not the str 'k0i0': give"),
        (b"k0i0", TypeError, "candidates must be a list of items, not the bytes"),
        ([["k0i0"]], TypeError, r"candidates must be a list of items, each a str or a number, not the list \['k0i0'\]"),
        ([], ValueError, "none of the candidates is a known item"),
        ([None], ValueError, "none of the candidates is a known item"),
    ],
)
def test_candidates_are_refused_alike(model: Item2Vec, candidates: Any, error: type[Exception], told: str) -> None:
    pytest.importorskip("usearch")
    index, queries = ItemIndex(model.wv_out), model.transform(baskets()[:1])
    for ask in (
        lambda: index.search(queries, candidates=candidates),
        lambda: model.recommend(baskets()[0], candidates=candidates),
        lambda: model.recommend_many(baskets()[:2], candidates=candidates),
    ):
        with pytest.raises(error, match=told):
            ask()


def test_sorting_what_is_sorted_changes_nothing(tmp_path: Path) -> None:
    model = Item2Vec(vector_size=4, epochs=1, workers=1, progress=False).fit([["a", "b"]] * 3)
    before = model.wv.vectors
    model.wv.sort_by_descending_frequency()
    assert model.wv.vectors is before
    model.save(tmp_path / "m")
