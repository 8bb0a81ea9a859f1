"""Arrays that a caller writes to between `forward` and `backward`, as loops over batches do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastemb.layers import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    Embedding,
    EmbeddingBag,
    Linear,
    LogUniformSampler,
    PatchEmbedding,
    Pooling,
    PositionEmbedding,
    ReLU,
    RotaryEmbedding,
    SampledSoftmaxLoss,
    Tanh,
)

X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
IDS, OFFSETS = np.array([0, 1, 3], np.int64), np.array([0, 2, 3], np.int64)

# What makes a layer, what its forward is given, and what the arrays hold at the time of its backward.
CASES: dict[str, tuple[Callable[[], Any], list[Any], list[Any]]] = {
    "Embedding": (lambda: Embedding(5, 4, seed=1), [IDS], [4]),
    "EmbeddingBag sum": (
        lambda: EmbeddingBag(5, 4, seed=1, mode="sum", include_last_offset=True),
        [IDS, OFFSETS, np.array([1, 2, 3], np.float32)],
        [4, [0, 1, 3], 7],
    ),
    "EmbeddingBag mean": (
        lambda: EmbeddingBag(5, 4, seed=1, include_last_offset=True),
        [IDS, OFFSETS],
        [4, [0, 1, 3]],
    ),
    "EmbeddingBag max": (
        lambda: EmbeddingBag(5, 4, seed=1, mode="max", include_last_offset=True),
        [IDS, OFFSETS],
        [4, [0, 1, 3]],
    ),
    "Linear": (lambda: Linear(4, 2, seed=1), [X], [9]),
    "Tanh": (Tanh, [X], [9]),
    "ReLU": (ReLU, [X], [-9]),
    "Pooling mean": (lambda: Pooling("mean"), [X, np.array([True, False, True])], [9, True]),
    "Pooling max": (lambda: Pooling("max"), [X, np.array([True, False, True])], [9, True]),
    "PositionEmbedding": (lambda: PositionEmbedding(5, 4, seed=1), [X, IDS], [9, 4]),
    "RotaryEmbedding": (lambda: RotaryEmbedding(4, layout="half"), [X, IDS], [9, 4]),
    "PatchEmbedding, patches that do not overlap": (
        lambda: PatchEmbedding((2, 2), 4, in_channels=1, seed=1),
        [np.ones((1, 1, 4, 4), np.float32)],
        [9],
    ),
    "PatchEmbedding, one patch": (
        lambda: PatchEmbedding((2, 2), 4, in_channels=1, seed=1),
        [np.ones((1, 1, 2, 2), np.float32)],
        [9],
    ),
    "BCEWithLogitsLoss": (BCEWithLogitsLoss, [X, np.zeros_like(X)], [9, 1]),
    "CrossEntropyLoss": (CrossEntropyLoss, [X, IDS], [9, 2]),
    "SampledSoftmaxLoss": (lambda: SampledSoftmaxLoss(LogUniformSampler(5), 4, 2, seed=1), [X, IDS], [9, 4]),
}


def gradients(name: str, *, written_to: bool) -> list[Any]:
    make, arguments, later = CASES[name]
    layer, given = make(), [array.copy() for array in arguments]
    out = layer.forward(*given)
    if written_to:
        for array, values in zip(given, later, strict=True):
            array[...] = values
        if isinstance(out, np.ndarray):
            out[...] = 9
    grads = [np.ones_like(out)] if isinstance(out, np.ndarray) else []
    found = [layer.backward(*grads), *getattr(layer, "gradients", {}).values()]
    return [one if isinstance(one, np.ndarray) else one.to_dense() for one in found]


@pytest.mark.parametrize("name", CASES)
def test_backward_is_for_what_forward_was_given(name: str) -> None:
    for found, expected in zip(gradients(name, written_to=True), gradients(name, written_to=False), strict=True):
        np.testing.assert_array_equal(found, expected)
