"""The data of KeyedVectors: keys, a vector and further values of each, which always have the same order of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..signals import Deferred
from .norms import row_norms

Key = Any  # str or int as a rule; anything hashable that is no list, tuple or array
Array = NDArray[Any]


def is_integer(value: Any) -> bool:
    """Whether ``value`` is a Python or NumPy integer."""
    return isinstance(value, int | np.integer)


class Store:
    """Keys in the order of their rows, their vectors, and arrays of one value a key.

    Args:
        vector_size: Dimensions of each vector.
        count: Rows to reserve.
        dtype: Of the vectors.

    Attributes:
        vector_size: Dimensions.
        index_to_key: List of keys; None for a reserved row.
        key_to_index: Dict from key to row.
        next_index: First row that may be reserved and not used.
        expandos: Dict from name to an array of one value a key.
        norms: (n,) array, lengths of the vectors, or None while they are not computed.
    """

    def __init__(self, vector_size: int, count: int = 0, dtype: DTypeLike = np.float32) -> None:
        self.vector_size = vector_size
        self.index_to_key: list[Key] = [None] * count
        self.key_to_index: dict[Key, int] = {}
        self.next_index = 0
        self.expandos: dict[str, Array] = {}
        self.norms: Array | None = None
        self._vectors: Array = np.zeros((count, vector_size), dtype)
        self._room: Array | None = None  # a larger array whose first rows `_vectors` is
        self._integer_keys: tuple[int, bool] = (0, False)  # (number of keys, whether one is an int)

    def __len__(self) -> int:
        return len(self.index_to_key)

    @property
    def vectors(self) -> Array:
        """All vectors, (n, vector_size); other ones have other norms."""
        try:
            return self._vectors
        except AttributeError:
            raise AttributeError("the attribute 'vectors' was deleted: assign vectors, or load them again") from None

    @vectors.setter
    def vectors(self, value: Array) -> None:
        self._room = None
        self.norms = None
        self._vectors = value  # last: so an interrupt leaves the old ones or the new ones

    @vectors.deleter
    def vectors(self) -> None:
        del self._vectors
        self._room = None
        self.norms = None

    # ---- looking up ----

    def find(self, key: Key) -> int:
        """The row of ``key``, or -1. An integer that is no key is a row number, unless some key is an integer."""
        row = self.key_to_index.get(key, -1)
        if row != -1:
            return row
        if is_integer(key) and 0 <= key < len(self.index_to_key) and not self._has_integer_keys():
            return int(key)
        return -1

    def _has_integer_keys(self) -> bool:
        if self._integer_keys[0] != len(self.key_to_index):
            self._integer_keys = (len(self.key_to_index), any(map(is_integer, self.key_to_index)))
        return self._integer_keys[1]

    def filled_norms(self) -> Array:
        """``norms``, which are computed where they are not."""
        if self.norms is None:
            self.norms = row_norms(self.vectors)
        return self.norms

    # ---- changing ----

    def replace(self, keys: Sequence[Key] | dict[Key, int], vectors: Array) -> None:
        """Take these keys and vectors in place of all there were; further values stay as they are.

        A dict of keys, from key to row in the order of the rows, becomes ``key_to_index``.

        Raises:
            ValueError: Keys and vectors differ in number, or a key comes twice.
        """
        index_to_key = list(keys)
        key_to_index = keys if isinstance(keys, dict) else dict(zip(index_to_key, range(len(keys)), strict=True))
        if not len(vectors) == len(index_to_key) == len(key_to_index):
            raise ValueError("there must be one vector for each key, and no key twice")
        with Deferred():
            self.index_to_key, self.key_to_index = index_to_key, key_to_index
            self.next_index = len(vectors)
            self._integer_keys = (0, False)
            self.vectors = vectors

    def reserve(self, new_keys: list[Key]) -> None:
        """Give each new key a row: reserved ones first, then at the end. Vectors and further values are 0 there."""
        left = iter(dict.fromkeys(new_keys))
        while self.next_index < len(self):
            if self.index_to_key[self.next_index] is None:
                if (key := next(left, None)) is None:
                    break
                self.index_to_key[self.next_index] = key
                self.key_to_index[key] = self.next_index
            self.next_index += 1
        begin = len(self)
        self.index_to_key.extend(left)
        self.key_to_index.update(zip(self.index_to_key[begin:], range(begin, len(self)), strict=True))
        self.next_index += len(self) - begin
        self._grow(len(self))
        self.fit_values()

    def _grow(self, count: int) -> None:
        """Make ``vectors`` at least ``count`` rows long, in memory of twice the size so that it seldom moves."""
        have = len(self._vectors)
        if count <= have:
            return
        if self._room is None or len(self._room) < count:
            self._room = np.zeros((max(count, 2 * have), self.vector_size), self._vectors.dtype)
            self._room[:have] = self._vectors
        self._vectors = self._room[:count]

    def fit_values(self) -> None:
        """Make the arrays of further values as long as there are keys."""
        for name, old in self.expandos.items():
            if len(old) != len(self):
                grown = np.zeros(len(self), old.dtype)
                kept = min(len(old), len(self))
                grown[:kept] = old[:kept]
                self.expandos[name] = grown

    # ---- copies and pickles ----

    def state(self) -> dict[str, Any]:
        """All there is, by name, to make a copy that grows on its own."""
        return {**vars(self), "_room": None}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Make one of what `state` gave, which is taken out of a dict that may hold other things too."""
        made = cls(0)
        for name in list(vars(made)):
            if name in state:
                setattr(made, name, state.pop(name))
        return made


STORED = frozenset(vars(Store(0)))
"""Names in the state of a store."""


class HasStore(Protocol):
    """Something that owns a store."""

    _store: Store


def stored(doc: str) -> Any:
    """An attribute of a class that owns a store, which shows the store's of the same name; annotate it with its type.

    Args:
        doc: What it is.
    """
    return Stored(doc)


class Stored:
    """The descriptor that `stored` makes."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, of: HasStore | None, owner: type | None = None) -> Any:
        """Return the attribute, or from the class this descriptor."""
        return self if of is None else getattr(of._store, self._name)

    def __set__(self, of: HasStore, value: Any) -> None:
        """Set the attribute of the store."""
        setattr(of._store, self._name, value)

    def __delete__(self, of: HasStore) -> None:
        """Delete it."""
        delattr(of._store, self._name)
