"""A layer that was saved goes on as if it had not been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors
from fastemb.layers import SGD, Adagrad, Adam, Embedding, EmbeddingBag, RowwiseAdagrad


@pytest.mark.parametrize("optimizer", [None, SGD(0.1), Adagrad(0.1), RowwiseAdagrad(0.1), Adam(0.1, (0.8, 0.9))])
def test_training_goes_on(optimizer: Any, tmp_path: Path) -> None:
    layer = Embedding(6, 3, -2, 0.5, float("inf"), True, True, optimizer=optimizer, seed=1)
    steps = [([0, 1, 1], np.ones((3, 3))), ([1, 5], np.full((2, 3), -0.5))]
    if optimizer is not None:
        layer.update(*steps[0])
    layer.save(tmp_path / "layer")
    again = Embedding.load(tmp_path / "layer")
    assert repr(again) == repr(layer)
    if optimizer is not None:
        layer.update(*steps[1])
        again.update(*steps[1])
    assert again.weight.tobytes() == layer.weight.tobytes()


def test_bags_and_keys_are_kept(tmp_path: Path) -> None:
    known = KeyedVectors(2)
    known.add_vectors(["cat", "dog"], np.eye(2, dtype="f"))
    layer = Embedding.from_pretrained(known)
    layer.save(tmp_path / "layer")
    again = Embedding.load(tmp_path / "layer", mmap="r")
    assert again.frozen
    assert again.by_key(["dog"]).tolist() == [[0, 1]]
    bag = EmbeddingBag(4, 2, mode="max", include_last_offset=True, dtype=np.float64)
    bag.save(tmp_path / "bag")
    assert np.array_equal(EmbeddingBag.load(tmp_path / "bag")([1, 2], [0, 2]), bag([1, 2], [0, 2]))
