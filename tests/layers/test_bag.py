"""`EmbeddingBag`: bags held to the float64 oracle and to differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.layers_oracle import pooled, row_gradients

from fastemb.layers import SGD, Adagrad, EmbeddingBag, SparseRows, table

IDS = [3, 1, 1, 2, 0, 4, 2, 2, 3]
OFFSETS = [0, 4, 4, 5]
BAGS = [IDS[0:4], [], IDS[4:5], IDS[5:9]]
SIZES = [1, 4, 7, 16, 33, 64, 130]


def numbers(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


def layer_of(size: int, dtype: Any, **options: Any) -> EmbeddingBag:
    return EmbeddingBag(6, size, weight=numbers(0, 6, size).astype("f").astype(dtype), dtype=dtype, **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("padding", [None, 2])
@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_bags_are_those_of_the_oracle(
    mode: Any, padding: int | None, workers: int, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "_VALUES_FOR_THREADS", 1)
    for size in SIZES:
        layer = layer_of(size, dtype, mode=mode, padding_idx=padding, workers=workers)
        kept = [[row for row in bag if row != padding] for bag in BAGS]
        expected = np.array([pooled(layer.weight.astype(float), bag, mode) for bag in kept])
        np.testing.assert_allclose(layer(IDS, OFFSETS), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("by_frequency", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_gradients_divide_by_the_frequency_of_their_own_row(
    mode: Any, sparse: bool, by_frequency: bool, dtype: Any
) -> None:
    for padding in (None, 2):
        layer = layer_of(5, dtype, mode=mode, padding_idx=padding, sparse=sparse, scale_grad_by_freq=by_frequency)
        layer(IDS, OFFSETS)
        grad = numbers(1, 4, 5)
        kept = [[row for row in bag if row != padding] for bag in BAGS]
        of_ids = [grad[b] / (len(bag) if mode == "mean" else 1) for b, bag in enumerate(kept) for _ in bag]
        rows = row_gradients([row for bag in kept for row in bag], np.array(of_ids), None, by_frequency)
        expected = np.zeros((6, 5))
        for row, value in rows.items():
            expected[row] = value
        found = layer.backward(grad)
        assert isinstance(found, SparseRows) == sparse
        np.testing.assert_allclose(found.to_dense() if isinstance(found, SparseRows) else found, expected, atol=1e-6)


@pytest.mark.parametrize("mode", ["sum", "mean", "max", "weighted"])
def test_the_gradients_are_those_of_differences(mode: Any) -> None:
    weights = numbers(4, len(IDS)) if mode == "weighted" else None
    layer = layer_of(3, np.float64, mode="sum" if mode == "weighted" else mode, padding_idx=4)
    toward = numbers(5, 4, 3)

    def loss() -> float:
        return float((np.sin(layer(IDS, OFFSETS, weights)) * toward).sum())

    layer.backward(np.cos(layer(IDS, OFFSETS, weights)) * toward)
    arrays = {"weight": layer.weight} | ({} if weights is None else {"per_sample_weights": weights})
    for name, array in arrays.items():
        found = layer.gradients[name]
        assert isinstance(found, np.ndarray)
        for place in np.ndindex(array.shape):
            if name == "weight" and place[0] == 4:
                assert found[place] == 0
                continue
            kept = array[place]
            array[place] = kept + 1e-6
            above = loss()
            array[place] = kept - 1e-6
            below = loss()
            array[place] = kept
            assert found[place] == pytest.approx((above - below) / 2e-6, abs=1e-8)


@pytest.mark.parametrize("optimizer", [SGD(0.1), Adagrad(0.1)])
@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_update_is_backward_and_step(mode: Any, optimizer: Any) -> None:
    grad = numbers(1, 4, 5)
    one, two = (layer_of(5, np.float32, mode=mode, optimizer=optimizer, sparse=True) for _ in range(2))
    one.update(IDS, grad, OFFSETS)
    two(IDS, OFFSETS)
    two.backward(grad)
    two.step()
    np.testing.assert_allclose(one.weight, two.weight, rtol=1e-5, atol=1e-6)
