"""The data of KeyedVectors: keys, a vector and further values of each, which always have the same order of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

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
        self._integers: tuple[dict[Key, int], int, bool] | None = None  # what `has_integers` was asked last, and said
        self._room: Array | None = None  # a larger array whose first rows `_vectors` is

    def __len__(self) -> int:
        return len(self.index_to_key)

    @property
    def vectors(self) -> Array:
        """All vectors, (n, vector_size); other ones have other norms."""
        return self._vectors

    @vectors.setter
    def vectors(self, value: Array) -> None:
        self._vectors = value
        self._room = None
        self.norms = None

    @vectors.deleter
    def vectors(self) -> None:
        del self._vectors
        self._room = None
        self.norms = None

    def has_integers(self, rows: dict[Key, int]) -> bool:
        """Whether one of these keys is an integer. It looks again only when the dict or its length is another."""
        known = self._integers
        if known is None or known[0] is not rows or known[1] != len(rows):
            known = self._integers = (rows, len(rows), any(map(is_integer, rows)))
        return known[2]

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
        self.index_to_key, self.key_to_index = index_to_key, key_to_index
        self.next_index = len(vectors)
        self.vectors = vectors

    def reserve(self, new_keys: list[Key]) -> None:
        """Give each new key a row with a vector of zeros: reserved rows first, then at the end."""
        for key in dict.fromkeys(new_keys):
            while self.next_index < len(self) and self.index_to_key[self.next_index] is not None:
                self.next_index += 1
            if self.next_index == len(self):
                self.index_to_key.append(None)
            self.index_to_key[self.next_index] = key
            self.key_to_index[key] = self.next_index
            self.next_index += 1
        self._grow(len(self))

    def _grow(self, count: int) -> None:
        """Make ``vectors`` at least ``count`` rows long, in memory of twice the size so that it seldom moves."""
        have = len(self._vectors)
        if count <= have:
            return
        if self._room is None or len(self._room) < count:
            self._room = np.zeros((max(count, 2 * have), self.vector_size), self._vectors.dtype)
            self._room[:have] = self._vectors
        self._vectors = self._room[:count]

    # ---- copies and pickles ----

    def state(self) -> dict[str, Any]:
        """All there is, by name, to make a copy that grows on its own."""
        return {**vars(self), "_integers": None, "_room": None}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Make one of what `state` gave, which is taken out of a dict that may hold other things too."""
        made = cls(0)
        for name in list(vars(made)):
            if name in state:
                setattr(made, name, state.pop(name))
        return made


STORE_NAMES = frozenset(vars(Store(0)))
"""Names in the state of a store."""


class _StoreOwner(Protocol):
    _store: Store


def store_attribute(doc: str) -> Any:
    """An attribute of a class that owns a store, which shows the store's of the same name; annotate it with its type.

    Args:
        doc: What it is.
    """
    return _StoreAttribute(doc)


class _StoreAttribute:
    """The descriptor that `store_attribute` makes."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, of: _StoreOwner | None, owner: type | None = None) -> Any:
        """Return the attribute, or from the class this descriptor."""
        return self if of is None else getattr(of._store, self._name)

    def __set__(self, of: _StoreOwner, value: Any) -> None:
        """Set the attribute of the store."""
        setattr(of._store, self._name, value)

    def __delete__(self, of: _StoreOwner) -> None:
        """Delete it."""
        delattr(of._store, self._name)
