"""Checksums of arrays, piece by piece."""

from __future__ import annotations

import zlib
from typing import Any

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
