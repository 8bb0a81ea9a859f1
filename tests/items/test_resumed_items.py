"""Item2Vec from a checkpoint: both kinds, more data, weights, users and titles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Interactions, Item2Vec

NUMBERS = np.random.default_rng(4).zipf(1.4, (300, 8)) % 40
EVENTS = {
    "user": np.repeat(np.arange(300), 8),
    "item": np.array([f"i{item}" for item in NUMBERS.ravel()]),
    "weight": np.random.default_rng(5).uniform(0.1, 2, NUMBERS.size),
}
OPTIONS: dict[str, Any] = {"vector_size": 12, "epochs": 3, "workers": 1, "progress": False, "random_state": 9}


class CutError(Exception):
    pass


class Cut:
    """Breaks training off at the end of an epoch, of both kinds together."""

    def __init__(self, epoch: int) -> None:
        self._left = epoch

    def on_epoch_end(self, model: Item2Vec) -> None:
        self._left -= 1
        if not self._left:
            raise CutError


def shop(first: int, last: int) -> Interactions:
    rows = slice(8 * first, 8 * last)
    table = {name: values[rows] for name, values in EVENTS.items()}
    return Interactions.from_table(table, session="user", item="item", weight="weight")


def state(model: Item2Vec) -> list[Any]:
    return [
        model.wv.vectors.tobytes(),
        model.wv_out.vectors.tobytes(),
        model.wv.index_to_key,
        list(model.histories.session_keys),
        model.histories.items.tolist(),
        model.histories.offsets.tolist(),
        model.get_latest_training_loss(),
        model.recommend(user=3),
        model.titles,
    ]


@pytest.mark.parametrize("epoch", [1, 3, 4, 6])
@pytest.mark.parametrize("window", [None, 2])
def test_fit_goes_on_alike(epoch: int, window: int | None, tmp_path: Path) -> None:
    options = OPTIONS | {"window": window, "compute_loss": True}
    whole, broken = Item2Vec(**options), Item2Vec(**options, callbacks=[Cut(epoch)])
    for model in (whole, broken):
        model.titles = {"i1": "The first"}
    whole.fit(shop(0, 300))
    with pytest.raises(CutError):
        broken.fit(shop(0, 300), checkpoint=tmp_path / "c", checkpoint_every="1w")
    assert not broken.__sklearn_is_fitted__()
    resumed = Item2Vec.resume(tmp_path / "c", progress=False)
    assert state(resumed) == state(whole)
    assert {**resumed.get_params(), "callbacks": ()} == whole.get_params()
    for model in (resumed, whole):
        model.partial_fit(shop(10, 40))
    assert state(resumed) == state(whole)


@pytest.mark.parametrize("epoch", [1, 5])
def test_partial_fit_goes_on_alike(epoch: int, tmp_path: Path) -> None:
    models = [Item2Vec(**OPTIONS).fit(shop(0, 100)) for _ in range(2)]
    models[0].partial_fit(shop(50, 200))
    models[1].set_params(callbacks=[Cut(epoch)])
    before = state(models[1])
    with pytest.raises(CutError):
        models[1].partial_fit(shop(50, 200), checkpoint=tmp_path / "c", checkpoint_every="1w")
    assert state(models[1]) == before
    assert state(Item2Vec.resume(tmp_path / "c")) == state(models[0])


def test_users_that_no_file_holds_are_refused_before_training(tmp_path: Path) -> None:
    data = Interactions.from_baskets([["a", "b"], ["b", "a"]])
    data = Interactions._of(data.items, data.offsets, data.item_keys, [b"one", b"two"])
    with pytest.raises(TypeError, match="users: a file holds str"):
        Item2Vec(**OPTIONS).fit(data, checkpoint=tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


def test_arguments_that_are_misspelt_are_named(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"did you mean 'checkpoint'"):
        Item2Vec(**OPTIONS).fit([["a", "b"]], checkpont=tmp_path / "c")  # type: ignore[call-arg]
