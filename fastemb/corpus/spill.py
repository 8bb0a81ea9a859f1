"""Token counts that memory has no room for, in a temporary file, by parts of the hash of their tokens.

A table that is full is written there, and a new one begins. As a token is always in the same part, what all tables hold
of a part is enough to know how often each of its tokens occurs: counts stay exact, with one part in memory at a time.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any, overload

import numpy as np
from numpy.typing import NDArray

from .._native import TokenTable
from .tokentables import table_counts, tokens_of
from .vocabulary import Ids, Ints, Tokens, Vocabulary

CACHED = 16  # numberings of tables in memory: more than there are threads

_SIGN = int.from_bytes(b"fecount1", "little")  # at the end of a file of counts that is whole; 1 is its version
_LAST = 5  # numbers at the end


@dataclass(frozen=True)
class _Written:
    """Where a table is in the file: tokens, counts, first places and indices, each part by part; then its places."""

    start: int
    token_ends: Ints  # of the parts, in tokens
    byte_ends: Ints  # and in bytes of the list
    places: int  # how many

    @property
    def tokens(self) -> int:
        return int(self.token_ends[-1])

    @property
    def counts_at(self) -> int:
        return self.start + int(self.byte_ends[-1])

    @property
    def first_at(self) -> int:
        return self.counts_at + 8 * self.tokens

    @property
    def order_at(self) -> int:
        return self.first_at + 8 * self.tokens

    @property
    def places_at(self) -> int:
        return self.order_at + 4 * self.tokens

    @property
    def end(self) -> int:
        return self.places_at + 4 * self.places


class Spill:
    """Tables in a temporary file, which goes when it is closed. Threads may write at once.

    Args:
        part_bits: Each table is cut to 2 ** part_bits parts.
        file: Where tables are written, a file that is open for writing and is not read here. Default None: a temporary
            file.

    Attributes:
        words: How many words the tables counted.
        extent: More than the first place of any word.
    """

    def __init__(self, part_bits: int, file: IO[bytes] | None = None) -> None:
        self.words = self.extent = 0
        self._part_bits = part_bits
        self._folder = tempfile.gettempdir()
        self._file = file
        self._lock = threading.Lock()
        self._tables: dict[int, _Written] = {}
        self._end = 0

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            with suppress(OSError):  # that of a full disk, again
                self._file.close()

    def __len__(self) -> int:
        return len(self._tables)

    def write(self, number: int, table: TokenTable, places: Ids | None) -> None:
        """Write the table of this number.

        Args:
            number: Which table it is.
            table: Its tokens, as they should be.
            places: For every number that ids use, the index of its token in ``table``, or -1 where nothing is left of
                it; None when number and index are the same.

        Raises:
            OSError: there is no room for it; names the folder.
        """
        order, token_ends = np.empty(len(table) + 1, np.int32), np.empty(1 << self._part_bits, np.int64)
        table.partition(self._part_bits, order, token_ends)
        order = order[:-1]
        tokens = np.frombuffer(table.list(order), np.uint8)
        token_bytes = np.append(0, np.flatnonzero(tokens == 0) + 1)
        counts, first = table_counts(table)
        places = np.empty(0, np.int32) if places is None else places
        with self._lock, self._naming_folder():
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
            written = _Written(self._end, token_ends, token_bytes[token_ends], len(places))
            self._file.seek(self._end)
            for array in (tokens, counts[order], first[order], order, places):
                _write_all(self._file, array)
            self._end = written.end
            self._tables[number] = written
            self.words += int(counts.sum())
            self.extent = max(self.extent, int(first.max(initial=-1)) + 1)

    def write_index(self) -> None:
        """Write where all is, after all tables, so that `SpilledCounts` finds it in a file that stays."""
        rows = [[one.start, one.places, *one.token_ends, *one.byte_ends] for one in self._tables.values()]
        index = np.array([*(number for row in rows for number in row)], np.int64)
        last = np.array([len(rows), self._part_bits, self.words, self.extent, _SIGN], np.int64)
        if self._file is None:
            raise AssertionError("a temporary file needs no index")
        for array in (index, last):
            _write_all(self._file, array)

    @contextmanager
    def _naming_folder(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno is None:
                raise
            raise OSError(
                error.errno, f"{error.strerror}, in the folder for temporary files (TMPDIR)", self._folder
            ) from None

    def _read_array(self, at: int, count: int, dtype: Any) -> NDArray[Any]:
        array = np.empty(count, dtype)
        left = array.view(np.uint8).data
        with self._lock, self._naming_folder():
            assert self._file is not None
            self._file.seek(at)
            while len(left):
                left = left[self._file.readinto(left) :]  # type: ignore[attr-defined]
        return array

    def parts(self) -> Iterator[Tokens]:
        """All tokens, each in one part, with their counts over all tables."""
        for part in range(1 << self._part_bits):
            table = TokenTable()
            for written in self._tables.values():
                _add_part(table, written, part, self._read_array)
            if len(table):
                yield tokens_of(table)

    def numbers(self, table: int, known: TokenTable) -> Ids:
        """For every number that ids of this table use, the index of its token in ``known``; -1 for unknown tokens."""
        written = self._tables[table]
        found = np.empty(written.tokens, np.int32)
        known.find(self._read_array(written.start, int(written.byte_ends[-1]), np.uint8).data, found)
        numbers = np.full(written.tokens + 1, -1, np.int32)
        numbers[self._read_array(written.order_at, written.tokens, np.int32)] = found
        if not written.places:
            return numbers[:-1]
        renumbered: Ids = numbers[self._read_array(written.places_at, written.places, np.int32)]
        return renumbered


class SpilledCounts:
    """The counts of a file that was made by `Spill` with an index, to be read part by part.

    Args:
        path: The file.

    Attributes:
        words: How many words were counted.
        extent: More than the first place of any word.
        part_bits: There are 2 ** part_bits parts.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no such file, or was cut off.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        size = os.path.getsize(path)
        last = self._read_array(max(size - 8 * _LAST, 0), min(_LAST, size // 8), np.int64).tolist()
        if len(last) < _LAST or last[-1] != _SIGN:
            raise ValueError(f"{path}: this is no file of counted words, or was cut off")
        tables, self.part_bits, self.words, self.extent, _ = last
        wide = 2 + 2 * (1 << self.part_bits)
        begin = size - 8 * (_LAST + tables * wide)
        rows = self._read_array(max(begin, 0), tables * wide, np.int64).reshape(tables, wide)
        ends = np.split(rows[:, 2:], 2, axis=1)
        self._tables = [
            _Written(int(row[0]), tokens, of_bytes, int(row[1]))
            for row, tokens, of_bytes in zip(rows, *ends, strict=True)
        ]
        if begin != (self._tables[-1].end if tables else 0):
            raise ValueError(f"{path}: this file of counted words is damaged")

    def add_part(self, table: TokenTable, part: int, shift: int) -> None:
        """Add the counts of a part to a table, with first places that are later by ``shift``."""
        for written in self._tables:
            _add_part(table, written, part, self._read_array, shift)

    def _read_array(self, at: int, count: int, dtype: Any) -> NDArray[Any]:
        found = np.fromfile(self._path, dtype, count, offset=at)
        if len(found) < count:
            raise ValueError(f"{self._path}: this file of counted words was cut off")
        return found


def _add_part(
    table: TokenTable, written: _Written, part: int, read: Callable[[int, int, Any], NDArray[Any]], shift: int = 0
) -> None:
    """Add what was written of a part to a table; ``read`` gives so many numbers from a byte of the file on."""
    token, end = (int(written.token_ends[index]) if index >= 0 else 0 for index in (part - 1, part))
    byte, byte_end = (int(written.byte_ends[index]) if index >= 0 else 0 for index in (part - 1, part))
    if token == end:
        return
    counts = read(written.counts_at + 8 * token, end - token, np.int64)
    first = read(written.first_at + 8 * token, end - token, np.int64)
    tokens = read(written.start + byte, byte_end - byte, np.uint8)
    table.add(tokens.data, counts, first + shift, 0, np.empty(end - token, np.int32))


def _write_all(file: IO[bytes], array: NDArray[Any]) -> None:
    left = array.view(np.uint8).data
    while len(left):
        left = left[file.write(left) :]


class SpilledNumbers(Sequence[Ids]):
    """For every table of a `Spill` the final ids; few of them are in memory at a time."""

    def __init__(self, spill: Spill, vocabulary: Vocabulary) -> None:
        self._spill = spill
        self._known = TokenTable()
        tokens = "".join(f"{key}\0" for key in vocabulary.keys).encode()
        self._known.add(tokens, None, None, 0, np.empty(len(vocabulary), np.int32))
        self._cache: OrderedDict[int, Ids] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._spill)

    @overload
    def __getitem__(self, index: int) -> Ids: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Ids]: ...
    def __getitem__(self, index: int | slice) -> Ids | Sequence[Ids]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        with self._lock:
            if index not in self._cache:
                self._cache[index] = self._spill.numbers(index, self._known)
            self._cache.move_to_end(index)
            if len(self._cache) > CACHED:
                self._cache.popitem(last=False)
            return self._cache[index]
