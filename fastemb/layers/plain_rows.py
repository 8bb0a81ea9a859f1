"""Operations on the rows of a table, in NumPy: for float64, in which gradients are checked by differences.

`native_rows` has the same functions for float32, in C and on several threads; ``workers`` is for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .gradients import Array, Bags, Gradients, Ids
from .optimizers import Rule

_LEAST = float(np.finfo(np.float32).tiny)  # of a divisor: 0 / 0 is 0
_NORM_EPSILON = 1e-7  # as torch's embedding_renorm_


def look_up(weight: Array, ids: Ids, workers: int) -> Array:
    """Rows ``ids`` of a table, (len(ids), D)."""
    return weight[ids]


def shorten(weight: Array, ids: Ids, longest: float, p: float, workers: int) -> None:
    """Shorten those of the rows ``ids`` whose p-norm is above ``longest``, in place."""
    rows = np.unique(ids)
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.linalg.norm(weight[rows], p, axis=1)
    long = (norms > longest) & np.isfinite(norms)
    weight[rows[long]] *= (longest / (norms[long] + _NORM_EPSILON))[:, None]


def _of_ids(gradients: Gradients) -> Array:
    """The gradient of every looked-up row, one for each id."""
    rows = gradients.rows if gradients.source is None else gradients.rows[gradients.source]
    if gradients.factors is not None:
        rows = rows * gradients.factors[:, None]
    if gradients.winners is not None:
        winners = gradients.winners if gradients.source is None else gradients.winners[gradients.source]
        rows = np.where(winners == np.arange(len(rows))[:, None], rows, 0)
    return rows


def sums(ids: Ids, gradients: Gradients, rows: int, padding: int, workers: int) -> tuple[NDArray[np.int64], Array]:
    """The rows that have a gradient, rising, and the sums of their gradients, (n, D)."""
    of_ids = _of_ids(gradients)
    kept = ids != padding
    indices, inverse, counts = np.unique(ids[kept], return_inverse=True, return_counts=True)
    values = np.zeros((len(indices), of_ids.shape[1]), of_ids.dtype)
    np.add.at(values, inverse, of_ids[kept])
    if gradients.by_frequency:
        values /= counts[:, None]
    return indices, values


def learn(
    weight: Array, state: Sequence[Array], rule: Rule, ids: Ids, gradients: Gradients, padding: int, workers: int
) -> None:
    """Sum the gradients of equal ids, and make a step of an optimiser on these rows."""
    indices, values = sums(ids, gradients, len(weight), padding, workers)
    apply(weight, state, rule, indices, values, workers)


def apply(
    weight: Array, state: Sequence[Array], rule: Rule, indices: NDArray[np.int64] | None, values: Array, workers: int
) -> None:
    """Make a step of an optimiser on rows ``indices``, each there once, or on all."""
    rows = slice(None) if indices is None else indices
    w, g = weight[rows], values
    if rule.name == "sgd":
        w = w - rule.rate * g
    elif rule.name == "adam":
        first, second = state
        m = first[rows]
        m = m + (1.0 - rule.beta1) * (g - m)
        v = second[rows]
        v = rule.beta2 * v + (1.0 - rule.beta2) * g * g
        first[rows], second[rows] = m, v
        w = rule.keep * w - rule.rate * m / np.maximum(rule.root * np.sqrt(v) + rule.eps, _LEAST)
    else:
        (total,) = state
        per_row = rule.name == "rowwise_adagrad"
        v = total[rows] + ((g * g).reshape(len(g), math.prod(g.shape[1:])).mean(axis=1) if per_row else g * g)
        total[rows] = v
        divisor = np.sqrt(v) + rule.eps
        if per_row:
            divisor = divisor.reshape(-1, *[1] * (g.ndim - 1))
        w = w - rule.rate * g / np.maximum(divisor, _LEAST)
    weight[rows] = w


def find_unusual(values: Array, workers: int) -> bool:
    """Whether there is a NaN or an infinite value."""
    return not bool(np.isfinite(values).all())


def pool(weight: Array, bags: Bags, workers: int) -> Array:
    """The sum or the mean of each bag's rows, (bags, D); zero for an empty bag."""
    rows = weight[bags.ids]
    if bags.factors is not None:
        rows = rows * bags.factors[:, None]
    out = np.zeros((len(bags), weight.shape[1]), weight.dtype)
    np.add.at(out, bags.source(), rows)
    if bags.mean:
        out /= np.maximum(bags.sizes, 1)[:, None]
    return out


def pool_max(weight: Array, bags: Bags, workers: int) -> tuple[Array, Ids]:
    """The greatest value of each bag's rows by column, and at which id it stands, both (bags, D); 0 and -1 if empty."""
    out = np.zeros((len(bags), weight.shape[1]), weight.dtype)
    winners = np.full(out.shape, -1, np.int64)
    for bag in np.flatnonzero(bags.sizes):
        begin, end = bags.offsets[bag : bag + 2]
        rows = weight[bags.ids[begin:end]]
        winners[bag] = begin + rows.argmax(axis=0)
        out[bag] = rows.max(axis=0)
    return out, winners


def products(weight: Array, bags: Bags, grad: Array, workers: int) -> Array:
    """The product of each id's row with the gradient of its bag, (len(ids),)."""
    found: Array = np.einsum("ij,ij->i", weight[bags.ids], grad[bags.source()])
    return found
