"""Keys that stay where a file has them until they are asked for: loading a map makes no Python object of each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from .._native import KeyTable
from ..signals import PART, slices

_NO_TEXTS = (int, float, complex, bytes, tuple, type(None), np.generic)  # whose values equal no str
_NO_INTEGERS = (str, np.str_, bytes, np.bytes_, tuple, type(None))
_NO_KEY = b"\xff"  # neither UTF-8 nor eight bytes


class PackedKeys(Sequence[Any]):
    """The keys of a file in the order of their rows: text as UTF-8, or integers of 64 bits.

    A key becomes a str or an int when it is read. What holds the arrays may be a map, and is not copied.

    Args:
        path: The file, for messages.
        data: (size,) uint8, texts one after the other, each valid UTF-8 (lone surrogates as by "surrogatepass"); or
            (n,) int64, the keys themselves.
        offsets: (n + 1,) int64, where texts begin and, at last, end. None: the keys are integers.

    Attributes:
        rows: The row of each key.
    """

    def __init__(self, path: str, data: NDArray[Any], offsets: NDArray[np.int64] | None) -> None:
        self.rows = PackedRows(path, self, data, offsets)
        self._data = data.data
        self._offsets = None if offsets is None else offsets.data

    def __len__(self) -> int:
        return len(self._data) if self._offsets is None else len(self._offsets) - 1

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        """One key, or a list of those of a slice."""
        if isinstance(place, slice):
            first, stop, step = place.indices(len(self))
            return self._between(first, stop) if step == 1 else [self[row] for row in range(first, stop, step)]
        row = place if place >= 0 else place + len(self)
        if not 0 <= row < len(self):
            raise IndexError(f"there is no row {place}: there are {len(self)} keys")
        if self._offsets is None:
            return self._data[row]
        return str(self._data[self._offsets[row] : self._offsets[row + 1]], "utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[Any]:
        for part in slices(len(self)):
            yield from self._between(part.start, part.stop)

    def _between(self, first: int, stop: int) -> list[Any]:
        """Keys first ... stop - 1."""
        if stop <= first:
            return []
        if self._offsets is None:
            return self._data[first:stop].tolist()
        ends = self._offsets[first : stop + 1].tolist()
        start, data = ends[0], bytes(self._data[ends[0] : ends[-1]])
        if data.isascii():
            text = data.decode()
            return [text[begin - start : end - start] for begin, end in pairwise(ends)]
        return [data[begin - start : end - start].decode("utf-8", "surrogatepass") for begin, end in pairwise(ends)]


class PackedRows(Mapping[Any, int]):
    """The row of each of `PackedKeys`, by a table that is made when one is looked up for the first time.

    It finds what a dict of the keys finds, and takes 12 to 24 bytes a key.

    Args:
        path: The file, for messages.
        keys: The keys in the order of their rows.
        data: Their bytes, as `PackedKeys` takes them.
        offsets: The same.

    Attributes:
        are_integers: Whether the keys are integers, all of them.

    Raises:
        ValueError: From the first look-up: a key comes twice. The message names the file and the key.
    """

    def __init__(self, path: str, keys: PackedKeys, data: NDArray[Any], offsets: NDArray[np.int64] | None) -> None:
        self.are_integers = offsets is None
        self._path = path
        self._keys = keys
        self._arrays = data.view(np.uint8), offsets
        self._bytes_of: Callable[[Any], bytes | None] = _integer_bytes if self.are_integers else _text_bytes
        self._table: KeyTable | None = None
        self._dict: dict[Any, int] | None = None

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys)

    def __contains__(self, key: object) -> bool:
        return bool(self.get(key, -1) >= 0)

    def __getitem__(self, key: Any) -> int:
        row: int = self.get(key, -1)
        if row < 0:
            raise KeyError(key)
        return row

    def get(self, key: Any, default: Any = None) -> Any:
        """The row of a key, or ``default``.

        Raises:
            TypeError: What is asked for has no hash.
            ValueError: A key of the file comes twice.
        """
        wanted = self._bytes_of(key)
        if wanted is not None:
            row = (self._table or self._filled()).find(wanted)
            return row if row >= 0 else default
        if self._dict is None:  # an object of another class may say by itself which keys it equals
            self._dict = self.as_dict()
        return self._dict.get(key, default)

    def as_dict(self) -> dict[Any, int]:
        """A new dict from key to row, in the order of the rows.

        Raises:
            ValueError: A key comes twice.
        """
        made: dict[Any, int] = {}
        for part in slices(len(self)):
            made.update(zip(self._keys[part], range(part.start, part.stop), strict=True))
        if len(made) != len(self):
            self._filled()
        return made

    def _filled(self) -> KeyTable:
        data, offsets = self._arrays
        slots = np.zeros(1 << (3 * len(self) // 2).bit_length(), np.uint64)  # a third to two thirds are taken
        table = KeyTable(data, offsets, slots, int.from_bytes(os.urandom(8), "little"))
        for part in slices(len(self), PART):
            twice = table.enter(part.start, part.stop)
            if twice is not None:
                later, first = twice
                raise ValueError(
                    f"{self._path}: the key {self._keys[first]!r} occurs twice, in rows {first} and {later}: the file "
                    "is damaged, write it anew"
                )
        self._table = table
        return table


def _text_bytes(key: Any) -> bytes | None:
    """The bytes that a text has in a file; None where only a dict can tell what an object equals."""
    if type(key) is str or type(key) is np.str_:
        try:
            return key.encode()
        except UnicodeEncodeError:
            return key.encode("utf-8", "surrogatepass")
    if isinstance(key, _NO_TEXTS):
        hash(key)
        return _NO_KEY
    return None


def _integer_bytes(key: Any) -> bytes | None:
    """The same of an integer."""
    if type(key) is int or isinstance(key, np.integer):
        number = int(key)
        return number.to_bytes(8, sys.byteorder, signed=True) if -(2**63) <= number < 2**63 else _NO_KEY
    if type(key) in _NO_INTEGERS:
        hash(key)
        return _NO_KEY
    return None
