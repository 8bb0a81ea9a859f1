"""Checksums of arrays, piece by piece."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..signals import slices

PIECE_BYTES = 16 << 20


class Checksums:
    """Checksums of the pieces of arrays."""

    def __init__(self) -> None:
        self.sums: list[int] = []
        self._sum = self._size = 0

    def add(self, data: Any) -> None:
        """More of an array, C-contiguous."""
        view = memoryview(data).cast("B")
        while len(view):
            part = view[: PIECE_BYTES - self._size]
            self._sum = zlib.crc32(part, self._sum)
            self._size += len(part)
            if self._size == PIECE_BYTES:
                self.end()
            view = view[len(part) :]

    def end(self) -> list[int]:
        """The array ends, or a piece of it; returns the sums so far."""
        if self._size:
            self.sums.append(self._sum)
        self._sum = self._size = 0
        return self.sums


def piece_count(size: int) -> int:
    """How many pieces an array of so many bytes has."""
    return -(-size // PIECE_BYTES)


class ArraySum:
    """What a digest has of one array, which may come in parts.

    Args:
        dtype: Of the array.
    """

    def __init__(self, dtype: Any) -> None:
        self._dtype = np.dtype(dtype)
        self._length = 0
        self._sums = Checksums()

    def add(self, array: NDArray[Any], passed: Callable[[int], None] = lambda _: None) -> ArraySum:
        """The next part; ``passed`` is told how many entries of it were read."""
        for part in slices(len(array), max(1, PIECE_BYTES // self._dtype.itemsize)):
            self._sums.add(np.ascontiguousarray(array[part]).view(np.uint8).data)
            passed(part.stop)
        self._length += len(array)
        return self

    def text(self) -> str:
        """All of it."""
        return f"{self._dtype.str} {self._length} {self._sums.end()}\n"


def digest(*arrays: NDArray[Any], passed: Callable[[int], None] = lambda _: None) -> str:
    """One text of 64 digits for the content of arrays of one dimension; Ctrl-C gets through on the way.

    Args:
        arrays: What is looked at, by its checksums.
        passed: Is told how many entries of an array were read.
    """
    return digest_of(ArraySum(array.dtype).add(array, passed) for array in arrays)


def digest_of(sums: Iterable[ArraySum]) -> str:
    """The same for arrays that were looked at part by part."""
    made = hashlib.sha256()
    for one in sums:
        made.update(one.text().encode())
    return made.hexdigest()
