"""Gradients of a table of which few rows were looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from .given import any_vectors, integers

Array = NDArray[Any]


@names_arguments()
@dataclass(frozen=True, eq=False, slots=True)
class SparseRows:
    """Some rows of a matrix whose other rows are zero.

    Attributes:
        indices: (n,) int64, the rows that are there, each once, rising; other integers are converted.
        values: (n, D) float32 or float64, those rows.
        shape: Of the whole matrix, (rows, D).
    """

    indices: NDArray[np.int64]
    values: Array
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        """Check that the parts fit each other.

        Raises:
            TypeError: ``indices`` are no integers, or ``values`` neither float32 nor float64.
            ValueError: They do not, or ``indices`` do not rise or are no rows of the matrix.
        """
        object.__setattr__(self, "indices", integers("indices", self.indices))
        object.__setattr__(self, "values", any_vectors("values", self.values))
        rows, size = self.shape
        if self.indices.ndim != 1 or self.values.shape != (len(self.indices), size):
            raise ValueError(
                f"values must be of shape (indices, D) = ({len(self.indices)}, {size}), not {self.values.shape}"
            )
        if len(self.indices) and not (
            self.indices[0] >= 0 and self.indices[-1] < rows and (self.indices[1:] > self.indices[:-1]).all()
        ):
            raise ValueError(f"indices must rise and lie between 0 and {rows - 1}")

    @property
    def nbytes(self) -> int:
        """Bytes that both arrays take."""
        return int(self.indices.nbytes + self.values.nbytes)

    def to_dense(self) -> Array:
        """The whole matrix, (rows, D)."""
        dense = np.zeros(self.shape, self.values.dtype)
        dense[self.indices] = self.values
        return dense

    def __mul__(self, factor: float) -> SparseRows:
        """Every value times ``factor``."""
        return SparseRows(self.indices, self.values * self.values.dtype.type(factor), self.shape)

    __rmul__ = __mul__

    def __add__(self, other: SparseRows) -> SparseRows:
        """The sum; a row that is in both is there once.

        Raises:
            TypeError: ``other`` is no SparseRows.
            ValueError: It belongs to a matrix of another shape.
        """
        if not isinstance(other, SparseRows):
            return NotImplemented
        if other.shape != self.shape:
            raise ValueError(f"the matrices have different shapes, {self.shape} and {other.shape}")
        indices = np.union1d(self.indices, other.indices)
        values = np.zeros((len(indices), self.shape[1]), np.result_type(self.values, other.values))
        values[np.searchsorted(indices, self.indices)] = self.values
        values[np.searchsorted(indices, other.indices)] += other.values
        return SparseRows(indices, values, self.shape)
