"""Records of a key and floats, as in word2vec's binary files, by several threads.

One thread at a time reads on and finds the records in what it read. Meanwhile others copy floats to where they belong:
this takes longer, because the memory of the result is touched there first.
"""

from __future__ import annotations

import threading
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ... import _native
from ...threads import in_threads
from ..input_file import read_into

Floats = NDArray[np.floating[Any]]


class Records:
    """Reads records of ``rows.shape[1]`` floats until there are ``count`` or the file ends.

    Args:
        file: Where to read on.
        rows: Float32, with room for ``count`` records; only with one thread it may be shorter, and is made longer as
            records come.
        count: How many records to read at most.
        block: Bytes to read at once; no record may be longer.

    Attributes:
        done: Records read.
        names: Their keys, a line end after each, in pieces.
        left: Bytes that were read after the last record.
        broken: Number of a record, from 1 on, with or after which a key has a line end in it; 0 for none.
        too_long: Whether reading ended because a block has no room for the next record.
    """

    def __init__(self, file: BinaryIO, rows: Floats, count: int, block: int) -> None:
        self.done = 0
        self.names: list[bytes] = []
        self.left = b""
        self.broken = 0
        self.too_long = False
        self._file = file
        self._rows = rows
        self._count = count
        self._block = block
        self._stopped = False
        self._lock = threading.Lock()

    def read(self, threads: int) -> None:
        """Read all; an exception in one thread, or Ctrl-C, stops the others."""
        in_threads(threads, self._work, self._stop)

    def _stop(self) -> None:
        self._stopped = True

    def _work(self, _: int) -> None:
        buffer, names = memoryview(bytearray(self._block)), bytearray(self._block)
        while (taken := self._take(buffer, names)) is not None:
            first, end, used = taken
            _native.read_binary(buffer[:used], self._rows[first:end])

    def _take(self, buffer: memoryview, names: bytearray) -> tuple[int, int, int] | None:
        """Fill ``buffer`` with the next whole records; returns (first row, row to stop before, bytes)."""
        with self._lock:
            if self._stopped or self.done == self._count:
                return None
            begin = len(self.left)
            buffer[:begin] = self.left
            end = begin + read_into(self._file, buffer[begin:])
            dims = self._rows.shape[1]
            found, names_used, used = _native.find_binary(buffer[:end], dims, self._count - self.done, names)
            self.left = bytes(buffer[used:end])
            if found == 0:
                self._stopped = True
                self.too_long = end == self._block
                return None
            pieces = bytes(memoryview(names)[:names_used])
            if pieces.count(b"\n") != found:
                self._stopped = True
                self.broken = self.done + 1
                return None
            first, self.done = self.done, self.done + found
            if self.done > len(self._rows):
                self._rows.resize((min(self._count, max(self.done, 2 * len(self._rows))), dims), refcheck=False)
            self.names.append(pieces)
            return first, self.done, used
