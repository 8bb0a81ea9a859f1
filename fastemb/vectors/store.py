"""The data of KeyedVectors: keys, a vector and further values of each, which always have the same order of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from operator import attrgetter
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..io.packed_keys import PackedKeys, PackedRows
from ..io.quantised import QuantisedRows, as_array
from ..memory import memory_for
from ..signals import PART, Deferred, deliver, slices

Key = Any  # str or int as a rule; anything hashable that is no list, tuple or array
Array = NDArray[Any]


def is_integer(value: Any) -> bool:
    """Whether ``value`` is a Python or NumPy integer; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


class _Unpacked:
    """The list or the dict of a store whose keys are packed: made when it is first read, and from then on its own."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, store: Store, owner: type | None = None) -> Any:
        """Called only while the store has no attribute of this name."""
        store.unpack()
        return vars(store)[self._name]


class Store:
    """Keys in the order of their rows, their vectors, and arrays of one value a key.

    Args:
        vector_size: Dimensions of each vector.
        count: Rows to reserve.
        dtype: Of the vectors.

    Attributes:
        vector_size: Dimensions.
        next_index: First row that may be reserved and not used.
        norms: (n,) array, lengths of the vectors, or None while they are not computed.
        packed: The keys where a map has them, until somebody asks for ``index_to_key`` or ``key_to_index``, which hold
            them from then on; or None.
        others: Where a model has keys of another kind, for the error of one that is not here.
    """

    others = ""

    _index_to_key: Any = _Unpacked()
    _key_to_index: Any = _Unpacked()

    def __init__(self, vector_size: int, count: int = 0, dtype: DTypeLike = np.float32) -> None:
        self.vector_size = vector_size
        self.next_index = 0
        self.norms: Array | None = None
        self.packed: PackedKeys | None = None
        self._expandos: dict[str, Array] = {}
        self._key_to_index = {}
        with memory_for(f"vectors of {count:,} x {vector_size:,}", count * vector_size * np.dtype(dtype).itemsize):
            self._index_to_key = [None] * count
            self._vectors: Array = np.zeros((count, vector_size), dtype)
        self._former_keys: dict[int, list[Key]] = {}  # lists that were replaced, by their length
        self._integers: tuple[Mapping[Key, int], int, bool] | None = None  # question of `has_integers`, and answer
        self._room: Array | None = None  # a larger array whose first rows `_vectors` is

    def unpack(self) -> None:
        """Make the list and the dict of keys that are packed.

        Raises:
            ValueError: A key comes twice.
        """
        packed = self.packed
        if packed is None:
            return
        rows = packed.rows.as_dict()
        keys = list(rows)
        if self.packed is packed:  # no other thread has done so meanwhile
            vars(self).update(_index_to_key=keys, _key_to_index=rows, packed=None)

    @property
    def vectors(self) -> Array:
        """All vectors, (n, vector_size); other ones have other norms."""
        return self._vectors

    @vectors.setter
    def vectors(self, value: Any) -> None:
        given = _as_vectors(value)
        self._room = None
        self.norms = None
        with Deferred():
            self._vectors = given
            self.vector_size = given.shape[1]

    @vectors.deleter
    def vectors(self) -> None:
        del self._vectors
        self._room = None
        self.norms = None

    @property
    def index_to_key(self) -> list[Key]:
        """List of keys; None for a reserved row."""
        keys: list[Key] = self._index_to_key
        return keys

    @index_to_key.setter
    def index_to_key(self, value: Sequence[Key]) -> None:
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            raise TypeError(f"index_to_key must be a list of keys, not {value!r}")
        self._former_keys[len(self._index_to_key)] = self._index_to_key
        self._index_to_key = value if isinstance(value, list) else list(value)

    @property
    def key_to_index(self) -> dict[Key, int]:
        """Dict from key to row."""
        rows: dict[Key, int] = self._key_to_index
        return rows

    @key_to_index.setter
    def key_to_index(self, value: Mapping[Key, int]) -> None:
        if not isinstance(value, Mapping):
            raise TypeError(f"key_to_index must be a dict from key to row, not {value!r}")
        self.unpack()
        self._key_to_index = value if isinstance(value, dict) else dict(value)

    @property
    def expandos(self) -> dict[str, Array]:
        """Dict from name to an array of one value a key."""
        return self._expandos

    @expandos.setter
    def expandos(self, value: Mapping[str, Array]) -> None:
        if not isinstance(value, Mapping):
            raise TypeError(f"expandos must be a dict from name to an array of one value a key, not {value!r}")
        self._expandos = value if isinstance(value, dict) else dict(value)

    # ---- looking up ----

    def has_integers(self, rows: Mapping[Key, int]) -> bool:
        """Whether one of these keys is an integer. It looks again only when the dict or its length is another."""
        if isinstance(rows, PackedRows):
            return rows.are_integers and len(rows) > 0
        known = self._integers
        if known is None or known[0] is not rows or known[1] != len(rows):
            known = self._integers = (rows, len(rows), any(map(is_integer, rows)))
        return known[2]

    # ---- changing ----

    def replace(self, keys: Sequence[Key] | dict[Key, int], vectors: Array) -> None:
        """Take these keys and vectors in place of all there were; further values stay as they are.

        A dict of keys, from key to row in the order of the rows, becomes ``key_to_index``. `PackedKeys` stay packed.

        Raises:
            ValueError: Keys and vectors differ in number, or a key comes twice.
        """
        packed = keys if isinstance(keys, PackedKeys) else None
        held: dict[str, Any] = {}
        if packed is None:
            rows = keys if isinstance(keys, dict) else {key: row for row, key in enumerate(keys)}
            held = {"_index_to_key": list(keys), "_key_to_index": rows}
        if any(len(vectors) != len(known) for known in (keys, *held.values())):
            raise ValueError("there must be one vector for each key, and no key twice")
        with Deferred():
            for name in ("_index_to_key", "_key_to_index"):
                vars(self).pop(name, None)
            vars(self).update(held, packed=packed)
            self._former_keys = {}
            self.next_index = len(vectors)
            self.vectors = vectors

    def reserve(self, new_keys: Sequence[Key]) -> None:
        """Give each new key a row with a vector of zeros: reserved rows first, then at the end.

        Raises:
            BaseException: as of `deliver`; `give_back` must follow.
        """
        keys = self._index_to_key
        self.next_index = min(self.next_index, len(keys))
        for number, key in enumerate(new_keys, 1):
            while self.next_index < len(keys) and keys[self.next_index] is not None:
                self.next_index += 1
            if self.next_index == len(keys):
                keys.append(None)
            keys[self.next_index] = key
            self._key_to_index[key] = self.next_index
            self.next_index += 1
            if number % PART == 0:
                deliver()
        self._grow(len(keys))

    def give_back(self, new_keys: Sequence[Key], count: int, vectors: Array, next_index: int) -> None:
        """Undo `reserve`, also half way through, where there were ``count`` rows of these ``vectors`` before."""
        if new_keys:
            del self._index_to_key[count:]
        for key in new_keys:
            row = self._key_to_index.pop(key, count)
            if row < count:
                self._index_to_key[row] = None
        self.next_index = next_index
        self._vectors = vectors
        self._room = None
        self.norms = None

    def _grow(self, count: int) -> None:
        """Make ``vectors`` at least ``count`` rows long, in memory of twice the size so that it seldom moves."""
        have = len(self._vectors)
        if count <= have:
            return
        if self._room is None or len(self._room) < count:
            room = np.zeros((max(count, 2 * have), self.vector_size), self._vectors.dtype)
            for part in slices(have):
                room[part] = self._vectors[part]
            self._room = room
        self._vectors = self._room[:count]

    def fitted(self, values: Array, keys: Sequence[Key]) -> Array:
        """An array of one value for each of these keys, of one that may be too short or too long.

        Where ``index_to_key`` was assigned and the array is as long as the list before, values follow their keys;
        else they follow their rows. What is missing is 0.
        """
        if len(values) == len(keys):
            return values
        made = np.zeros(len(keys), values.dtype)
        former = self._former_keys.get(len(values))
        if former is None or len(former) != len(values):
            kept = min(len(values), len(keys))
            made[:kept] = values[:kept]
            return made
        rows = {key: row for row, key in enumerate(former)}
        known = [(row, rows[key]) for row, key in enumerate(keys) if key in rows]
        made[[row for row, _ in known]] = values[[row for _, row in known]]
        return made

    def forget_former_keys(self) -> None:
        """Let go of lists of keys that were replaced, once all further values fit."""
        self._former_keys = {}

    # ---- copies and pickles ----

    def twin(self) -> Self:
        """One that shares the arrays, until either of the two gets others, but has its own keys."""
        made = self.of_state(self.state())
        made._index_to_key = list(self._index_to_key)
        made._key_to_index = dict(self._key_to_index)
        made._expandos = copy(self._expandos)
        return made

    def state(self) -> dict[str, Any]:
        """All there is, by name, to make a copy that grows on its own."""
        return {name: getattr(self, name) for name in STORE_NAMES if hasattr(self, name)}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Self:
        """Make one of what `state` gave, which is taken out of a dict that may hold other things too."""
        made = cls(0)
        for name in STORE_NAMES:
            if name in state:
                setattr(made, name, state.pop(name))
        made.forget_former_keys()
        return made


def _as_vectors(value: Any) -> Array:
    if isinstance(value, QuantisedRows):
        return as_array(value)
    array = value if isinstance(value, np.ndarray) and not isinstance(value, np.matrix) else np.asarray(value)
    if array.dtype.kind in "biu":
        array = array.astype(np.float32)
    if array.ndim != 2 or array.dtype.kind != "f":
        what = f"{array.dtype} of shape {array.shape}" if array.ndim else repr(value)
        raise TypeError(f"vectors must be an array of floats of shape (n, vector_size), not {what}")
    return array


STORE_NAMES = ("vectors", "vector_size", "norms", "index_to_key", "key_to_index", "expandos", "next_index")
"""The attributes of a store, in an order in which they can be set."""


def store_attribute(name: str, doc: str) -> Any:
    """A property of a class that has a store as ``_store``, which shows an attribute of it; annotate it with its type.

    Args:
        name: Of the attribute.
        doc: What it is.
    """
    held = f"_{name}" if isinstance(vars(Store).get(name), property) else name  # read on every look-up: no detour

    def set_it(self: Any, value: Any) -> None:
        setattr(self._store, name, value)

    def delete_it(self: Any) -> None:
        delattr(self._store, name)

    return property(attrgetter(f"_store.{held}"), set_it, delete_it, doc)
