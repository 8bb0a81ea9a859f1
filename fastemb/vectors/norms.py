"""Lengths of vectors, and vectors scaled by them. Vectors of zeros stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_BLOCK_ROWS = 4096


def row_norms(vectors: Array) -> Array:
    """Euclidean norms of the rows of (n, d), as an (n,) array of the same dtype, without a temporary of that size."""
    norms = np.empty(len(vectors), vectors.dtype)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        norms[start : start + _BLOCK_ROWS] = np.linalg.norm(vectors[start : start + _BLOCK_ROWS], axis=1)
    return norms


def divided(values: Array, norms: Array) -> Array:
    """Divide ``values`` by ``norms`` in place, except where the norm is 0; returns ``values``."""
    if norms.all():
        return np.divide(values, norms, out=values)
    return np.divide(values, norms, out=values, where=norms > 0)


def unit(vector: Array) -> Array:
    """A vector (d,) scaled to length 1."""
    norm = np.linalg.norm(vector)
    return vector / norm if norm > 0 else vector


def cosine(one: Array, other: Array) -> Any:
    """Cosine of two vectors, in their dtype: exactly 1 for equal ones, 0 where one is zero."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    scale = np.sqrt((first @ first) * (second @ second))
    return one.dtype.type(first @ second / scale if scale > 0 else 0.0)
