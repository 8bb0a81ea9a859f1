"""A part of a file in memory that moves on."""

from __future__ import annotations

from typing import BinaryIO

from .input_file import read_into


class Window:
    """The part of a file that is being read: a buffer of fixed size that moves forward."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self._buffer = memoryview(bytearray(size + 1))  # one more for `end_line`
        self._begin = self._end = 0

    @property
    def view(self) -> memoryview:
        """The bytes that were read and not yet skipped."""
        return self._buffer[self._begin : self._end]

    def skip(self, count: int) -> None:
        """Leave ``count`` bytes behind."""
        self._begin += count

    def fill(self) -> bool:
        """Read on until the buffer is full or the file ends; returns whether there was anything to read."""
        left = self._end - self._begin
        self._buffer[:left] = bytes(self.view)
        self._begin, self._end = 0, left
        self._end += read_into(self._file, self._buffer[left : self.size])
        return self._end > left

    def full(self) -> bool:
        """Whether `fill` could not add anything for want of room."""
        return self._end - self._begin >= self.size

    def end_line(self) -> bool:
        """Add a line end after the last byte of a file that lacks it; returns whether one was added."""
        if self._begin == self._end or self._buffer[self._end - 1] == 10:
            return False
        self._buffer[self._end] = 10
        self._end += 1
        return True
