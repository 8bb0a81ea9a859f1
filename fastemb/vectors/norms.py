"""Lengths of vectors, and vectors scaled by them. Vectors of zeros stay as they are.

Squares of large numbers are infinite, and those of small ones are zero. Vectors whose length shows that this may have
happened are done again, with numbers that are scaled first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
Indices = NDArray[np.intp]

_BLOCK_ROWS = 4096
# Between these lengths squares keep their precision, and so do reciprocals; by the bytes of a number.
_SAFE_LENGTHS = {4: (1e-15, 1e18), 8: (1e-140, 1e150)}


def row_norms(vectors: Array) -> Array:
    """Euclidean norms of the rows of (n, d), as an (n,) array, without a temporary of that size.

    Its dtype is that of the vectors, but float32 for float16, which holds lengths up to 65504 only.
    """
    dtype = np.result_type(vectors.dtype, np.float32)
    norms = np.empty(len(vectors), dtype)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = vectors[start : start + _BLOCK_ROWS].astype(dtype, copy=False)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            found = np.linalg.norm(block, axis=1)
            unsafe = _unsafe(found)
            if len(unsafe):
                found[unsafe] = _exact_norms(block[unsafe])
        norms[start : start + _BLOCK_ROWS] = found
    return norms


def divided(values: Array, norms: Array) -> Array:
    """Divide ``values`` by ``norms`` in place, except where the norm is 0; returns ``values``."""
    if norms.all():
        return np.divide(values, norms, out=values)
    return np.divide(values, norms, out=values, where=norms > 0)


def scaled(vectors: Array, norms: Array) -> Array:
    """Scale the rows of (n, d), whose lengths are ``norms``, to length 1 in place; returns ``vectors``."""
    unsafe = extreme_rows(norms)
    kept = vectors[unsafe]
    with np.errstate(over="ignore", invalid="ignore"):
        divided(vectors, norms[:, np.newaxis])
    if len(unsafe):
        vectors[unsafe] = _exactly_scaled(kept)
    return vectors


def scaled_one(vector: Array, norm: Any) -> Array:
    """A vector (d,) whose length is ``norm``, scaled to length 1, as an array of its own."""
    low, high = _SAFE_LENGTHS[4 if norm.dtype.itemsize <= 4 else 8]
    safe = low < norm < high
    made: Array = (
        (vector / norm).astype(vector.dtype, copy=False) if safe else scaled(vector[None].copy(), norm[None])[0]
    )
    return made


def extreme_rows(norms: Array, dtype: DTypeLike | None = None) -> Indices:
    """Which vectors of these lengths are too long or too short for plain arithmetic; those of zeros are not.

    Args:
        norms: (n,).
        dtype: Of the arithmetic. Default None: that of the norms.
    """
    unsafe = _unsafe(norms, dtype)
    found: Indices = unsafe[(norms[unsafe] != 0) & ~np.isnan(norms[unsafe])]
    return found


def unit(vector: Array) -> Array:
    """A vector (d,) scaled to length 1."""
    if vector.dtype.kind != "f" or vector.dtype.itemsize < 4:
        vector = vector.astype(np.result_type(vector.dtype, np.float32))
    with np.errstate(over="ignore", under="ignore"):
        norm = np.linalg.norm(vector)
    safe = len(_unsafe(norm.reshape(1))) == 0
    made: Array = vector / norm if safe else _exactly_scaled(vector[np.newaxis])[0]
    return made


def cosine(one: Array, other: Array) -> Any:
    """Cosine of two vectors, in their dtype: 1 for equal ones, 0 if one is zero, NaN if one is not finite."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        scale = np.sqrt((first @ first) * (second @ second))
        if not 1e-120 < scale < 1e120:  # a square or a product may be infinite or 0
            first, second = unit(first), unit(second)
            scale = np.sqrt((first @ first) * (second @ second))
    return one.dtype.type(0.0 if scale == 0 else first @ second / scale)


def _unsafe(norms: Array, dtype: DTypeLike | None = None) -> Indices:
    low, high = _SAFE_LENGTHS[4 if np.dtype(norms.dtype if dtype is None else dtype).itemsize <= 4 else 8]
    return np.flatnonzero(~((norms > low) & (norms < high)))


def _exact_norms(vectors: Array) -> Array:
    """Norms of rows, of numbers that are divided by the largest of their row first; float64."""
    wide = vectors.astype(np.float64)
    largest = _largest(wide)
    found: Array = largest[:, 0] * np.linalg.norm(wide / largest, axis=1)
    return found


def _exactly_scaled(vectors: Array) -> Array:
    wide = vectors.astype(np.float64)
    wide /= _largest(wide)
    with np.errstate(invalid="ignore"):  # infinite numbers
        return divided(wide, np.linalg.norm(wide, axis=1)[:, np.newaxis]).astype(vectors.dtype)


def _largest(wide: Array) -> Array:
    """The largest size of the numbers of each row, (n, 1); 1 for rows of zeros and rows that are no numbers."""
    largest = np.abs(wide).max(axis=1, initial=0.0)[:, np.newaxis]
    return np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
