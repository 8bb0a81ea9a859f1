"""Matrices as the kernel wants them: float32 rows padded with zeros to whole cache lines, 64-byte aligned."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LINE = 16  # floats in a cache line

Matrix = NDArray[np.float32]


def padded_zeros(rows: int, vector_size: int) -> Matrix:
    """A zero matrix of shape (rows, vector_size rounded up to 16) whose first row is 64-byte aligned."""
    stride = -(-vector_size // LINE) * LINE
    memory = np.zeros(rows * stride + LINE, dtype=np.float32)
    skip = -(memory.ctypes.data // 4) % LINE
    return memory[skip : skip + rows * stride].reshape(rows, stride)


def padded_copy(values: NDArray[Any], rows: int | None = None) -> Matrix:
    """A padded float32 copy of ``values`` (n x d), with ``rows`` >= n rows, the new ones zero."""
    matrix = padded_zeros(values.shape[0] if rows is None else rows, values.shape[1])
    matrix[: values.shape[0], : values.shape[1]] = values
    return matrix


def is_view_of(values: NDArray[Any], matrix: Matrix) -> bool:
    """Whether ``values`` is the unpadded part of ``matrix``."""
    return (
        values.dtype == np.float32
        and values.shape[0] == matrix.shape[0]
        and values.ctypes.data == matrix.ctypes.data
        and values.strides == matrix.strides
    )


def random_rows(matrix: Matrix, vector_size: int, seed: int, first: int = 0) -> None:
    """Fill rows from ``first`` on with uniform numbers in [-1, 1) / vector_size, as gensim does."""
    rng = np.random.default_rng([seed, first] if first else seed)
    for start in range(first, matrix.shape[0], 8192):
        stop = min(start + 8192, matrix.shape[0])
        values = rng.random((stop - start, vector_size), dtype=np.float32)
        matrix[start:stop, :vector_size] = (2.0 * values - 1.0) / np.float32(vector_size)
