"""Matrices: contiguous for people, padded for the kernel.

People get C-contiguous float32 arrays, for tools that read memory as it lies. The kernel wants rows padded with zeros
to whole cache lines, the first one 64-byte aligned. Where vector_size is a multiple of 16 one array is both.
"""

from __future__ import annotations

import contextlib
import errno
import os
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..memory import memory_for
from ..signals import slices

LINE = 16  # floats in a cache line
_MAGIC = b"\x93NUMPY"

Matrix = NDArray[np.float32]


def padded_zeros(rows: int, vector_size: int) -> Matrix:
    """A zero matrix of shape (rows, vector_size rounded up to 16) whose first row is 64-byte aligned."""
    stride = -(-vector_size // LINE) * LINE
    with memory_for(f"a matrix of {rows:,} x {vector_size:,}", 4 * rows * stride):
        memory = np.zeros(rows * stride + LINE, dtype=np.float32)
    skip = -(memory.ctypes.data // 4) % LINE
    return memory[skip : skip + rows * stride].reshape(rows, stride)


def zeros(rows: int, vector_size: int) -> Matrix:
    """A contiguous zero matrix of shape (rows, vector_size), aligned where rows need no padding."""
    if vector_size % LINE == 0:
        return padded_zeros(rows, vector_size)
    with memory_for(f"a matrix of {rows:,} x {vector_size:,}", 4 * rows * vector_size):
        return np.zeros((rows, vector_size), dtype=np.float32)


def require_array_file(path: str) -> None:
    """Refuse to put an array where something else is.

    Raises:
        ValueError: a file is there that is no array of NumPy's.
    """
    if os.path.isfile(path):
        with open(path, "rb") as file:
            start = file.read(len(_MAGIC))
        if start != _MAGIC:
            raise ValueError(
                f"{path}: holds something else than an array of NumPy's, and is not replaced: choose another name"
            )


def mapped_zeros(path: str, rows: int, vector_size: int) -> Matrix:
    """A zero matrix in a file of NumPy's format, whose rows are padded there: it may be larger than memory.

    The file replaces one of this name, which whoever has mapped it keeps.

    Raises:
        OSError: the file cannot be made.
        ValueError: something else has its name.
    """
    require_array_file(path)
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, "this is a folder, not a file", path)
    if not os.path.isdir(folder := os.path.dirname(path) or "."):
        raise FileNotFoundError(errno.ENOENT, f"the folder {folder} does not exist", path)
    draft = f"{path}.{os.getpid()}.draft"
    stride = -(-vector_size // LINE) * LINE
    try:
        whole = np.lib.format.open_memmap(draft, "w+", np.float32, (rows, stride))
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(draft)
        raise
    matrix: Matrix = whole[:, :vector_size]
    return matrix


def _padded_map(values: NDArray[Any]) -> Matrix | None:
    """The whole of what `mapped_zeros` made, for its part that counts; None where this is something else."""
    whole = values.base
    if not (isinstance(whole, np.memmap) and whole.ndim == values.ndim == 2 and is_padded(whole)):
        return None
    is_part = whole.ctypes.data == values.ctypes.data and len(whole) == len(values) and whole.strides == values.strides
    if not is_part or any(whole[part, values.shape[1] :].any() for part in slices(len(whole))):
        return None
    return whole


def copy_of(values: NDArray[Any], rows: int | None = None) -> Matrix:
    """A contiguous copy of ``values`` (n x d) with ``rows`` >= n rows, the new ones zero."""
    matrix = zeros(values.shape[0] if rows is None else rows, values.shape[1])
    for part in slices(values.shape[0]):
        matrix[part] = values[part]
    return matrix


def gathered(values: Matrix, rows: NDArray[np.intp]) -> Matrix:
    """A contiguous matrix of these rows of ``values``."""
    matrix = zeros(len(rows), values.shape[1])
    for part in slices(len(rows)):
        matrix[part] = values[rows[part]]
    return matrix


def is_contiguous(values: NDArray[Any]) -> bool:
    """Whether these are float32 numbers one after the other, which may be changed."""
    return bool(values.dtype == np.float32 and values.flags.c_contiguous and values.flags.writeable)


def is_padded(values: NDArray[Any]) -> bool:
    """Whether the kernel can use ``values`` as they are."""
    return is_contiguous(values) and values.shape[1] % LINE == 0 and values.ctypes.data % 64 == 0


class Padding:
    """The matrix that is an attribute of something, padded while the kernel trains on it.

    Meanwhile the attribute is a strided view of ``padded``, so whoever asks for it sees numbers that are right at any
    time. `undo` writes them into the array that was there before, if somebody still holds it, or else into a new one:
    so the matrix is not in memory twice. An array that somebody else has put in its place stays.
    """

    def __init__(self, owner: Any, name: str) -> None:
        given = getattr(owner, name)
        self._owner, self._name, self._size = owner, name, given.shape[1]
        self._given = weakref.ref(given)
        self._shown = given
        self.padded: Matrix = given
        whole = None if is_padded(given) else _padded_map(given)
        if whole is not None:
            self.padded = whole
        elif not is_padded(given):
            self.padded = padded_zeros(*given.shape)
            for part in slices(len(given)):
                self.padded[part, : self._size] = given[part]
            self._shown = self.padded[:, : self._size]
            setattr(owner, name, self._shown)

    @property
    def replaced(self) -> bool:
        """Whether somebody has put another array in its place."""
        return getattr(self._owner, self._name) is not self._shown

    def undo(self) -> None:
        """Make the attribute contiguous again; it may be called once more when it was interrupted."""
        given = self._given()
        if given is self.padded or given is self._shown or self.replaced:
            return
        values = self.padded[:, : self._size]
        if given is None or not is_contiguous(given):
            given = zeros(*values.shape)
        given[:] = values
        setattr(self._owner, self._name, given)
        self._shown = given


def random_rows(matrix: Matrix, seed: int, first: int = 0) -> None:
    """Fill rows from ``first`` on with uniform numbers in [-1, 1) / vector_size, as gensim does."""
    rng = np.random.default_rng([seed, first] if first else seed)
    vector_size = matrix.shape[1]
    for start in range(first, matrix.shape[0], 8192):
        stop = min(start + 8192, matrix.shape[0])
        values = rng.random((stop - start, vector_size), dtype=np.float32)
        matrix[start:stop] = (2.0 * values - 1.0) / np.float32(vector_size)
