"""The matrices of fastText's models: floats, or product quantised as in ``.ftz`` files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...signals import slices

CENTROIDS = 256
"""Of a part of a row: a number that takes a byte."""

_PART_VALUES = 1 << 20  # unpacked at once


@dataclass(frozen=True, eq=False)
class QuantisedMatrix:
    """Rows (n, dim) of which each part of ``width`` values is one of 256 centroids; the last part has what is left."""

    codes: NDArray[np.uint8]
    """(n, parts), the numbers of the centroids."""

    centroids: NDArray[np.float32]
    """(256 * dim,), those of a part after another's."""

    dim: int
    width: int
    length_codes: NDArray[np.uint8] | None = None
    """(n,), which of ``lengths`` is the factor on each row; None: 1."""

    lengths: NDArray[np.float32] | None = None
    """(256,)"""

    @property
    def shape(self) -> tuple[int, int]:
        """As of the rows as floats."""
        return len(self.codes), self.dim

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def nbytes(self) -> int:
        """Of all arrays."""
        arrays = (self.codes, self.centroids, self.length_codes, self.lengths)
        return sum(array.nbytes for array in arrays if array is not None)

    def rows(self, which: slice | NDArray[np.int64]) -> NDArray[np.float32]:
        """Some rows as floats, (k, dim)."""
        codes = self.codes[which]
        made = np.empty((len(codes), self.dim), np.float32)
        for part, first in enumerate(range(0, self.dim, self.width)):
            last = min(first + self.width, self.dim)
            known = self.centroids[CENTROIDS * first : CENTROIDS * last].reshape(CENTROIDS, last - first)
            made[:, first:last] = known[codes[:, part]]
        if self.length_codes is not None and self.lengths is not None:
            made *= self.lengths[self.length_codes[which], np.newaxis]
        return made

    def unpacked(self) -> NDArray[np.float32]:
        """All rows as floats."""
        made = np.empty(self.shape, np.float32)
        for part in slices(len(self), max(1, _PART_VALUES // self.dim)):
            made[part] = self.rows(part)
        return made


Matrix = NDArray[np.float32] | QuantisedMatrix
"""Floats may be a map of a file, at addresses that are no multiples of four, and read-only."""
