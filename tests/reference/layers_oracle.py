"""What `fastemb.layers` computes, in float64 and one value after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def row_gradients(
    ids: Sequence[int], grads: Floats, padding: int | None = None, by_frequency: bool = False
) -> dict[int, Floats]:
    """Row -> the sum of the gradients of its ids, by rising row."""
    sums: dict[int, Floats] = {}
    for row, grad in zip(ids, grads, strict=True):
        if row != padding:
            sums[row] = sums.get(row, np.zeros(len(grad))) + grad
    counts = {row: list(ids).count(row) for row in sums}
    return {row: sums[row] / (counts[row] if by_frequency else 1) for row in sorted(sums)}


def norm(row: Floats, p: float) -> float:
    if math.isinf(p):
        return float(max(abs(row)))
    return float(sum(abs(x) ** p for x in row) ** (1.0 / p))


def shortened(weight: Floats, ids: Sequence[int], longest: float, p: float) -> Floats:
    found = weight.copy()
    for row in set(ids):
        if norm(weight[row], p) > longest:
            found[row] *= longest / (norm(weight[row], p) + 1e-7)
    return found


def pooled(weight: Floats, bag: Sequence[int], mode: str, weights: Sequence[float] | None = None) -> Floats:
    """One bag, without its padding."""
    if not bag:
        return np.zeros(weight.shape[1])
    rows = np.array([weight[row] for row in bag])
    if mode == "max":
        return np.array([max(column) for column in rows.T])
    if weights is not None:
        rows = rows * np.array(weights)[:, None]
    return rows.sum(axis=0) / (len(bag) if mode == "mean" else 1)


def step(kind: str, settings: dict[str, Any], w: Floats, g: Floats, memory: dict[str, Any], t: int) -> Floats:
    """Row w after step number t with gradient g; what is remembered of the row is in ``memory``."""
    if kind == "SGD":
        return w - settings["lr"] * g
    if kind == "Adam":
        one, two = settings["betas"]
        memory["m"] = one * memory.get("m", 0.0) + (1 - one) * g
        memory["v"] = two * memory.get("v", 0.0) + (1 - two) * g**2
        m, v = memory["m"] / (1 - one**t), memory["v"] / (1 - two**t)
        return w * (1 - settings["lr"] * settings["weight_decay"]) - settings["lr"] * m / (np.sqrt(v) + settings["eps"])
    square = np.mean(g**2) if kind == "RowwiseAdagrad" else g**2
    memory["v"] = memory.get("v", settings["initial_accumulator_value"]) + square
    return w - settings["lr"] / (1 + (t - 1) * settings["lr_decay"]) * g / (np.sqrt(memory["v"]) + settings["eps"])
