"""What a set of vectors is, for people who were handed a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..io.quantised import precision_of
from ..signals import slices
from ..summary import memory_size, table
from .interface import KeyedVectorsLike, norms_of
from .mapped import is_mapped
from .norms import scaled
from .store import Array, Key

_PART_ROWS = 1 << 14
_SPREAD_ROWS = 20000
_NOTHING = 1e-12  # variance that is left by rounding where all directions are the same


def describe(vectors: KeyedVectorsLike) -> dict[str, Any]:
    """Numbers about vectors and keys, as JSON holds them.

    Returns:
        "vectors", "dimensions" and "dtype", which is "int8" or "pq" of quantised vectors; "norms" with the "least",
        "median" and "greatest" length, None where no length is finite; how many vectors are "zero", "not_finite" (NaN
        or infinite numbers), or "repeated" (the same as one before); "mean_cosine", of two vectors, 1 where all point
        the same way; "effective_dimensions", how many dimensions the directions fill: (sum of the variances along
        principal components)^2 / sum of their squares, None for both where there are fewer than two vectors with a
        direction; "keys", a dict from the kind of key to how many there are; and "attributes", a dict from name to
        dtype.
    """
    norms = norms_of(vectors)
    finite = norms[np.isfinite(norms)]
    kinds: dict[str, int] = {}
    for key in vectors.index_to_key:
        name = "reserved" if key is None else type(key).__name__
        kinds[name] = kinds.get(name, 0) + 1
    return {
        "vectors": len(vectors),
        "dimensions": vectors.vector_size,
        "dtype": precision_of(vectors.vectors),
        "norms": {
            name: float(f"{float(function(finite)):.6g}") if len(finite) else None
            for name, function in (("least", np.min), ("median", np.median), ("greatest", np.max))
        },
        "zero": int((norms == 0).sum()),
        "not_finite": int((~np.isfinite(norms)).sum()),
        "repeated": repeated(vectors.vectors),
        **_spread(vectors.vectors, norms),
        "keys": kinds,
        "attributes": {str(name): str(values.dtype) for name, values in vectors.expandos.items()},
    }


def _spread(vectors: Array, norms: Array) -> dict[str, float | None]:
    """How the directions of (n, d) are spread, of up to 20,000 that are drawn at random."""
    rows = np.flatnonzero(np.isfinite(norms) & (norms > 0))
    if len(rows) < 2:
        return {"mean_cosine": None, "effective_dimensions": None}
    if len(rows) > _SPREAD_ROWS:
        rows = np.sort(np.random.default_rng(0).choice(rows, _SPREAD_ROWS, replace=False))
    total, squares = np.zeros(vectors.shape[1]), np.zeros((vectors.shape[1], vectors.shape[1]))
    for part in slices(len(rows), _PART_ROWS):
        chosen = rows[part]
        units = scaled(vectors[chosen].astype(np.float64), norms[chosen].astype(np.float64))
        total += units.sum(axis=0)
        squares += units.T @ units
    count = len(rows)
    cosine = (float(total @ total) - count) / (count * (count - 1))
    variances = squares / count - np.outer(total, total) / count**2
    size = float(np.trace(variances))
    effective = size**2 / float((variances**2).sum()) if size > _NOTHING else 0.0
    return {"mean_cosine": float(f"{cosine:.4g}"), "effective_dimensions": float(f"{effective:.4g}")}


def repeated(vectors: Array) -> int:
    """How many rows of (n, d) hold the same bytes as one before them.

    Rows are compared by sums of their 16-bit words with random weights of 64 bits: by chance two that differ have the
    same with a probability of about n^2 / 2^64.
    """
    words = vectors.shape[1] * vectors.itemsize // 2
    weights = np.random.default_rng(0).integers(0, 2**64, words, np.uint64) | np.uint64(1)
    found = np.empty(len(vectors), np.uint64)
    for part in slices(len(vectors), _PART_ROWS):
        rows = np.ascontiguousarray(vectors[part]).view(np.uint16)
        found[part] = rows.astype(np.uint64) @ weights
    return len(found) - len(np.unique(found))


def as_html(vectors: KeyedVectorsLike, keys: Iterable[Key]) -> str:
    """What notebooks show. Only the first keys are read, and no vector is."""
    array = vectors.vectors
    where = ", in a file that is mapped" if is_mapped(array) else ""
    rows = {
        "vectors": f"{len(array):,} of {vectors.vector_size:,} dimensions",
        "stored as": f"{precision_of(array)}, {memory_size(array.nbytes)}{where}",
        "attributes": ", ".join(map(str, vectors.expandos)),
    }
    return table(type(vectors).__name__, rows, {"first keys": keys})
