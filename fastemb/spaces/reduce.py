"""Vectors of fewer dimensions, by principal components."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import integer, switch
from ..vectors import KeyedVectors
from ..vectors.finite import check_finite
from ..vectors.interface import check_lengths
from ..vectors.store import Key
from .kept import drawn, neighbours_kept

Doubles = NDArray[np.float64]

_BLOCK_ROWS = 1 << 14
_SAMPLE = 1000  # keys whose neighbours are compared


class ReducedVectors(KeyedVectors):
    """What `KeyedVectors.reduce` returns.

    Attributes:
        variance_kept: Share of the sum of squares of the vectors, or of their variance where they were centred, that
            is left.
        neighbours_kept: Share of the 10 nearest keys of a key (or of as many as was asked for) that are still among
            the nearest ones.
    """

    variance_kept: float
    neighbours_kept: float


def reduce(self: KeyedVectors, d: int, *, center: bool = False, k: int = 10) -> ReducedVectors:
    """Return vectors of ``d`` dimensions that keep as much as ``d`` dimensions can: principal components.

    What is lost is told by the attributes ``variance_kept`` and ``neighbours_kept`` of the result.

    Args:
        d: Dimensions, at most as many as there are.
        center: Subtract the mean vector first. Default False: angles are seen from the origin, and so they stay what
            they are, as far as they can; with all dimensions kept it is a mere rotation.
        k: How many neighbours of a key are compared, of up to 1,000 keys, drawn at random, among all.

    Returns:
        A KeyedVectors with the same keys and attributes of keys, such as "count"; its dimensions are sorted by falling
        variance.

    Raises:
        ValueError: ``d`` is less than 1 or more than there are dimensions, ``k`` is less than 1, a vector is not
            finite, or there are fewer than two keys.
        TypeError: ``d`` or ``k`` is no whole number.
    """
    d, k = integer("d", d, 1), integer("k", k, 1)
    center = switch("center", center)
    check_lengths(self)
    if d > self.vector_size:
        raise ValueError(f"d must be at most {self.vector_size}, the dimensions of the vectors, not {d}")
    keys: list[Key] = list(self)
    if len(keys) < 2:
        raise ValueError(f"there must be at least two keys, not {len(keys)}")
    rows = np.array([self.key_to_index[key] for key in keys], np.intp)
    vectors: NDArray[Any] = self.vectors if len(rows) == len(self.vectors) else self.vectors[rows]
    check_finite(keys, vectors)
    centre = vectors.mean(axis=0, dtype=np.float64) if center else np.zeros(self.vector_size)
    values, directions = components(vectors, centre)
    found = np.empty((len(vectors), d), np.result_type(vectors.dtype, np.float32))
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        found[block] = (vectors[block] - centre) @ directions[:, :d]
    made = ReducedVectors._from_arrays(keys, found)
    made.expandos.update({name: values[rows] for name, values in self.expandos.items() if len(values) == len(self)})
    total = float(values.sum())
    made.variance_kept = float(values[:d].sum()) / total if total > 0 else 1.0
    made.neighbours_kept = neighbours_kept(self, made, drawn(keys, _SAMPLE), min(k, len(keys) - 1))
    return made


def components(vectors: NDArray[Any], centre: Doubles) -> tuple[Doubles, Doubles]:
    """Sums of squares along principal components, (d,) falling, and their directions, the columns of (d, d).

    Of each direction and its reverse the one is taken that has its largest number positive.

    Raises:
        ValueError: A vector is not finite.
    """
    size = vectors.shape[1]
    squares = np.zeros((size, size))
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = vectors[start : start + _BLOCK_ROWS] - centre  # float64
        squares += block.T @ block
    if not np.isfinite(squares).all():
        raise ValueError("some of the vectors hold NaN or infinity, so there are no principal components")
    values, directions = np.linalg.eigh(squares)
    values, directions = np.maximum(values[::-1], 0.0), directions[:, ::-1]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None], axis=0)
    return values, directions * np.where(largest < 0, -1.0, 1.0)
