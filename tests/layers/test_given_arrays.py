"""Arrays that a caller fills anew between `forward` and `backward`, as loops over batches do."""

from __future__ import annotations

import numpy as np
import pytest

from fastemb.layers import Embedding, EmbeddingBag


def test_backward_is_for_the_ids_that_forward_was_given() -> None:
    layer = Embedding(5, 2, seed=1, sparse=True)
    ids = np.array([1, 3], np.int64)
    layer.forward(ids)
    ids[:] = 4
    assert layer.backward(np.ones((2, 2), np.float32)).indices.tolist() == [1, 3]


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_backward_is_for_the_bags_that_forward_was_given(mode: str) -> None:
    weights = np.array([1, 2, 3], np.float32) if mode == "sum" else None
    ids, offsets = np.array([0, 1, 3], np.int64), np.array([0, 2, 3], np.int64)
    found = []
    for refilled in (False, True):
        layer = EmbeddingBag(5, 2, seed=1, mode=mode, include_last_offset=True)
        layer.forward(ids, offsets, weights)
        if refilled:
            ids[:], offsets[:] = 4, [0, 1, 3]
            if weights is not None:
                weights[:] = 7
        found.append(layer.backward(np.array([[1, 2], [3, 4]], np.float32)))
    np.testing.assert_array_equal(found[0], found[1])
