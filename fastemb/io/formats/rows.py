"""What readers of several formats make vectors, keys and values of."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import _native
from ...signals import slices
from .table import VectorTable

Array = NDArray[Any]

MOST_DIMENSIONS = 1 << 20
"""Of vectors that are read."""

_FIRST_VALUES = 1 << 16
_PART_VALUES = 1 << 22  # that are copied before Ctrl-C is answered


class Rows:
    """A matrix that grows by rows of one length, whose number nobody knows before.

    Args:
        dtype: Of the matrix.
    """

    def __init__(self, dtype: np.dtype[Any] | type[np.float32] = np.float32) -> None:
        self._dtype = dtype
        self._rows: Array | None = None
        self._done = 0

    def add(self, where: str, vector: Array) -> None:
        """Add one row.

        Args:
            where: What errors call it.
            vector: (d,) array.

        Raises:
            ValueError: It is not as long as those before, or has no numbers.
        """
        self.add_all(where, vector.reshape(1, -1))

    def add_all(self, where: str, vectors: Array) -> None:
        """Add an (n, d) array, as `add`."""
        count, dims = vectors.shape
        if self._rows is None:
            if not 0 < dims <= MOST_DIMENSIONS:
                raise ValueError(f"{where}: a vector of {dims:,} numbers, where 1 to {MOST_DIMENSIONS:,} can be read")
            self._rows = np.empty((max(count, _FIRST_VALUES // dims), dims), self._dtype)
        if dims != self._rows.shape[1]:
            raise ValueError(f"{where}: a vector of {dims:,} numbers, expected {self._rows.shape[1]:,} as before")
        if self._done + count > len(self._rows):
            room = max(self._done + count, len(self._rows) + len(self._rows) // 2)
            self._rows.resize((room, dims), refcheck=False)
        for part in slices(count, max(1, _PART_VALUES // dims)):
            self._rows[self._done + part.start : self._done + part.stop] = vectors[part]
        self._done += count

    def taken(self) -> Array:
        """The matrix, which ends with the last row."""
        assert self._rows is not None
        self._rows.resize((self._done, self._rows.shape[1]), refcheck=False)
        return self._rows


def key_rows(path: str, keys: Sequence[Hashable], unit: str) -> dict[Any, int]:
    """The row of each key.

    Args:
        path: The file, for messages.
        keys: One for each row.
        unit: What a row is called in messages.

    Raises:
        ValueError: A key comes twice.
    """
    found = {key: row for row, key in enumerate(keys)}
    if len(found) != len(keys):
        second = {key: row for row, key in reversed(list(enumerate(keys)))}
        row, twice = next((row, key) for row, key in enumerate(keys) if second[key] != row)
        raise ValueError(
            f"{path}: the key {twice!r} comes twice, as {unit} {second[twice] + 1} and {row + 1}: rename one"
        )
    return found


def refuse_none(path: str, what: str, table: VectorTable) -> None:
    """Refuse a table without rows, for formats whose empty files would not tell what they are.

    Raises:
        ValueError: It has none.
    """
    if len(table.keys) == 0:
        raise ValueError(f"{path}: {what} cannot hold no vectors at all")


def column_of(values: Sequence[Any]) -> Array:
    """Values of each key as an array of numbers where they are numbers, else of objects."""
    kinds = set(map(type, values))
    if kinds == {bool}:
        return np.array(values, bool)
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in values):
        return np.array(values, np.int64)
    if kinds and kinds <= {int, float}:
        return np.array(values, np.float64)
    objects = np.empty(len(values), object)
    objects[:] = values
    return objects


def number_lines(rows: Array, separator: bytes) -> list[bytes]:
    """Numbers with the fewest digits that read back as the same ones, a row each, without line ends.

    Args:
        rows: (n, d) array of floats.
        separator: What parts two numbers.
    """
    if rows.dtype.itemsize > 4:
        return [separator.join(repr(value).encode() for value in row) for row in rows.tolist()]
    count = len(rows)
    text = _native.write_text(np.ascontiguousarray(rows, np.float32), b"x" * count, np.arange(1, count + 1))
    return [line.replace(b" ", separator) for line in bytes(text)[2:-1].split(b"\nx ")]
