"""Keys and their vectors: looking up, adding, sorting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..lifecycle import Lifecycle

Key = Any  # str or int as a rule; anything hashable that is no list, tuple or array
Array = NDArray[Any]

_BLOCK_ROWS = 4096


def is_integer(value: Any) -> bool:
    """Whether ``value`` is a Python or NumPy integer."""
    return isinstance(value, int | np.integer)


def row_norms(vectors: Array) -> Array:
    """Euclidean norms of the rows of (n, d), as an (n,) array of the same dtype, without a temporary of that size."""
    norms = np.empty(len(vectors), vectors.dtype)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        norms[start : start + _BLOCK_ROWS] = np.linalg.norm(vectors[start : start + _BLOCK_ROWS], axis=1)
    return norms


def divided(values: Array, norms: Array) -> Array:
    """Divide ``values`` by ``norms`` in place, except where the norm is 0; returns ``values``."""
    if norms.all():
        return np.divide(values, norms, out=values)
    return np.divide(values, norms, out=values, where=norms > 0)


class Store(Lifecycle):
    """Keys, their vectors, and further values of each key."""

    def __init__(
        self, vector_size: int, count: int = 0, dtype: DTypeLike = np.float32, mapfile_path: Any = None
    ) -> None:
        self.vector_size = vector_size
        self.index_to_key: list[Key] = [None] * count
        self.key_to_index: dict[Key, int] = {}
        self.next_index = 0
        self.expandos: dict[str, Array] = {}
        self.norms: Array | None = None
        self.mapfile_path = mapfile_path
        self._vectors: Array = np.zeros((count, vector_size), dtype)
        self._room: Array | None = None  # a larger array whose first rows `_vectors` is
        self._integer_keys: tuple[int, bool] = (0, False)  # (number of keys, whether one is an int)

    @classmethod
    def _from_arrays(cls, keys: Sequence[Key] | dict[Key, int], vectors: Array, counts: Array | None = None) -> Self:
        """Make one that shares the memory of ``vectors`` (n, d), which may be strided; ``counts``: (n,) or None."""
        made = cls(vectors.shape[1], 0, vectors.dtype)
        made._become(keys, vectors)
        if counts is not None:
            made.expandos["count"] = np.asarray(counts)
        return made

    def _become(self, keys: Sequence[Key] | dict[Key, int], vectors: Array) -> None:
        """Take these keys and vectors in place of all there were; attributes stay as they are.

        A dict of keys, from key to row in the order of the rows, becomes ``key_to_index``.

        Raises:
            ValueError: keys and vectors differ in number, or a key comes twice.

        """
        index_to_key = list(keys)
        key_to_index = keys if isinstance(keys, dict) else dict(zip(index_to_key, range(len(keys)), strict=True))
        if not len(vectors) == len(index_to_key) == len(key_to_index):
            raise ValueError("there must be one vector for each key, and no key twice")
        self.index_to_key, self.key_to_index = index_to_key, key_to_index
        self.next_index = len(vectors)
        self._integer_keys = (0, False)
        self.vectors = vectors

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_room": None}

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __str__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    @property
    def vectors(self) -> Array:
        """All vectors, (n, vector_size), row i that of ``index_to_key[i]``.

        After changing values in place call ``fill_norms(force=True)``.
        """
        return self._vectors

    @vectors.setter
    def vectors(self, value: Array) -> None:
        self._vectors = value
        self._room = None
        self.norms = None

    @vectors.deleter
    def vectors(self) -> None:
        del self._vectors  # from here on asking for them is an AttributeError
        self._room = None
        self.norms = None

    # ---- looking up ----

    def get_index(self, key: Key, default: int | None = None) -> int:
        """Return the row of ``key``.

        An integer that is no key counts as a row number, unless some key is an integer.

        Raises:
            KeyError: there is no such key and ``default`` is None.

        """
        index = self.key_to_index.get(key)
        if index is not None:
            return index
        if is_integer(key) and 0 <= key < len(self.index_to_key) and not self._has_integer_keys():
            return int(key)
        if default is not None:
            return default
        raise KeyError(f"Key '{key}' not present")

    def has_index_for(self, key: Key) -> bool:
        """Whether `get_index` finds ``key``."""
        return self.get_index(key, -1) >= 0

    def __contains__(self, key: Key) -> bool:
        return self.has_index_for(key)

    def _has_integer_keys(self) -> bool:
        if self._integer_keys[0] != len(self.key_to_index):
            self._integer_keys = (len(self.key_to_index), any(map(is_integer, self.key_to_index)))
        return self._integer_keys[1]

    def get_vector(self, key: Key, norm: bool = False) -> Array:
        """Return the vector of ``key``, (vector_size,), read-only; with ``norm``, scaled to length 1.

        A vector of zeros stays as it is.

        Raises:
            KeyError: there is no such key.

        """
        index = self.get_index(key)
        vector: Array = self.vectors[index]
        if norm:
            vector = divided(vector.copy(), self._filled_norms()[index])
        vector.flags.writeable = False
        return vector

    def __getitem__(self, key_or_keys: Key | Iterable[Key]) -> Array:
        """Return the vector of one key (a read-only view) or the vectors of several as (k, vector_size).

        Raises:
            KeyError: there is no such key.

        """
        if isinstance(key_or_keys, Iterable) and not isinstance(key_or_keys, str | bytes):
            found: Array = self.vectors[np.array([self.get_index(key) for key in key_or_keys], np.intp)]
            return found
        return self.get_vector(key_or_keys)

    # ---- norms ----

    def fill_norms(self, force: bool = False) -> None:
        """Compute ``norms``, the lengths of all vectors; only when they are None, or with ``force``."""
        if self.norms is None or force:
            self.norms = row_norms(self.vectors)

    def _filled_norms(self) -> Array:
        self.fill_norms()
        assert self.norms is not None
        return self.norms

    def get_normed_vectors(self) -> Array:
        """Return a copy of all vectors, each scaled to length 1; vectors of zeros stay as they are."""
        return divided(self.vectors.copy(), self._filled_norms()[:, np.newaxis])

    def unit_normalize_all(self) -> None:
        """Scale all vectors to length 1 in place; training them further makes no sense afterwards."""
        norms = self._filled_norms()
        divided(self.vectors, norms[:, np.newaxis])
        self.norms = (norms > 0).astype(norms.dtype)

    # ---- further values of each key ----

    def allocate_vecattrs(self, attrs: Sequence[str] | None = None, types: Sequence[Any] | None = None) -> None:
        """Make sure that each named attribute has an array of one value a key; new values are 0.

        Args:
            attrs: names. Default None: all that exist, which adapts their lengths to the number of keys.
            types: dtypes, one for each name; str and anything else that NumPy does not know is stored as objects.

        Raises:
            TypeError: an attribute exists and its dtype cannot hold the type.

        """
        if attrs is None:
            attrs = list(self.expandos)
            types = [values.dtype for values in self.expandos.values()]
        for name, given in zip(attrs, types or (), strict=True):
            self._allocate_vecattr(name, _attribute_dtype(given))

    def _allocate_vecattr(self, name: str, dtype: np.dtype[Any]) -> None:
        old = self.expandos.get(name)
        if old is None:
            self.expandos[name] = np.zeros(len(self), dtype)
            return
        if not np.can_cast(dtype, old.dtype, "safe") and not (dtype.kind in "iu" and old.dtype.kind == "f"):
            raise TypeError(f"attribute {name} holds {old.dtype} and cannot take {dtype}")
        if len(old) != len(self):
            grown = np.zeros(len(self), old.dtype)
            kept = min(len(old), len(self))
            grown[:kept] = old[:kept]
            self.expandos[name] = grown

    def set_vecattr(self, key: Key, attr: str, val: Any) -> None:
        """Set attribute ``attr`` of ``key``; the first value decides the attribute's dtype.

        Raises:
            TypeError: the attribute's dtype cannot hold ``val``.
            KeyError: there is no such key.

        """
        index = self.get_index(key)
        self.allocate_vecattrs([attr], [type(val)])
        self.expandos[attr][index] = val

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """Return attribute ``attr`` of ``key``.

        Raises:
            KeyError: there is no such key or no such attribute.

        """
        index = self.get_index(key)
        return self.expandos[attr][index]

    # ---- adding ----

    def add_vector(self, key: Key, vector: ArrayLike) -> int:
        """Add one key with its vector, (vector_size,), and return its row; a key that exists keeps its vector.

        Raises:
            ValueError: the vector has another size.

        """
        self.add_vectors([key], np.asarray(vector)[np.newaxis])
        return self.key_to_index[key]

    def add_vectors(
        self,
        keys: Key | Sequence[Key],
        weights: ArrayLike,
        extras: Mapping[str, ArrayLike] | None = None,
        replace: bool = False,
    ) -> None:
        """Add keys with their vectors. Nothing is changed when this fails.

        Args:
            keys: one key or several. Rows that were reserved by ``count`` are used up first.
            weights: vectors, (number of keys, vector_size).
            extras: values of further attributes for these keys, by name.
            replace: whether keys that exist get the new vector. Default False: they keep theirs.

        Raises:
            ValueError: sizes do not fit.

        """
        names = list(keys) if isinstance(keys, list | tuple | np.ndarray | range | dict) else [keys]
        values = np.asarray(weights, self.vectors.dtype)
        values = values[np.newaxis] if values.ndim == 1 else values
        further = {attr: np.asarray(extra) for attr, extra in (extras or {}).items()}
        if values.shape != (len(names), self.vector_size):
            raise ValueError(f"{len(names)} keys need vectors of shape ({len(names)}, {self.vector_size}), "
                             f"not {values.shape}")  # fmt: skip
        if any(extra.shape != (len(names),) for extra in further.values()):
            raise ValueError(f"extras must have one value for each of {len(names)} keys")
        known = {key: self.key_to_index[key] for key in names if key in self.key_to_index}
        chosen = [at for at, key in enumerate(names) if replace or known.get(key) is None]
        if not replace:
            chosen = list({names[at]: at for at in reversed(chosen)}.values())[::-1]
        for attr, extra in further.items():
            self.allocate_vecattrs([attr], [extra.dtype])
        self._reserve([names[at] for at in chosen if names[at] not in known])
        rows = [self.key_to_index[names[at]] for at in chosen]
        self.vectors[rows] = values[chosen]
        for attr, extra in further.items():
            self.expandos[attr][rows] = extra[chosen]
        if chosen:
            self.norms = None

    def __setitem__(self, keys: Key | Sequence[Key], weights: ArrayLike) -> None:
        """Set the vector of one key or of several; keys that do not exist are added.

        Raises:
            ValueError: sizes do not fit.

        """
        names = list(keys) if isinstance(keys, list | tuple | np.ndarray) else [keys]
        known = [self.index_to_key[self.get_index(key)] if self.has_index_for(key) else key for key in names]
        self.add_vectors(known, weights, replace=True)

    def _reserve(self, new_keys: list[Key]) -> None:
        """Give each new key a row: reserved ones first, then at the end."""
        for key in dict.fromkeys(new_keys):
            while self.next_index < len(self) and self.index_to_key[self.next_index] is not None:
                self.next_index += 1
            if self.next_index == len(self):
                self.index_to_key.append(None)
            self.index_to_key[self.next_index] = key
            self.key_to_index[key] = self.next_index
            self.next_index += 1
        self._grow(len(self))
        self.allocate_vecattrs()

    def _grow(self, count: int) -> None:
        """Make ``vectors`` at least ``count`` rows long, in memory of twice the size so that it seldom moves."""
        have = len(self._vectors)
        if count <= have:
            return
        if self._room is None or len(self._room) < count:
            self._room = np.zeros((max(count, 2 * have), self.vector_size), self._vectors.dtype)
            self._room[:have] = self._vectors
        self._vectors = self._room[:count]

    def resize_vectors(self, seed: int = 0) -> None:
        """Make ``vectors`` as long as ``index_to_key``; new rows are uniform in [-1, 1) / vector_size.

        Raises:
            ValueError: there are more vectors than keys.

        """
        have = len(self.vectors)
        if have > len(self):
            raise ValueError(f"there are {have} vectors for {len(self)} keys")
        if have < len(self):
            grown = np.empty((len(self), self.vector_size), self.vectors.dtype)
            grown[:have] = self.vectors
            fresh = np.random.default_rng(seed).random((len(self) - have, self.vector_size), np.float32)
            grown[have:] = (2 * fresh - 1) / self.vector_size
            self.vectors = grown
        self.allocate_vecattrs()
        self.norms = None

    # ---- order ----

    def sort_by_descending_frequency(self) -> None:
        """Reorder keys, vectors and attributes by falling attribute "count"; equal counts keep their order.

        Raises:
            KeyError: there is no attribute "count".

        """
        if len(self) == 0:
            return
        order = np.argsort(-self.expandos["count"].astype(np.float64), kind="stable")
        self.index_to_key = [self.index_to_key[row] for row in order.tolist()]
        self.key_to_index = {key: row for row, key in enumerate(self.index_to_key) if key is not None}
        self.vectors[:] = self.vectors[order]
        self.expandos = {attr: values[order] for attr, values in self.expandos.items()}
        self.norms = None


def _attribute_dtype(given: Any) -> np.dtype[Any]:
    if given is int:
        return np.dtype(np.int64)
    if isinstance(given, type) and not issubclass(given, np.generic | bool | float | complex):
        return np.dtype(object)
    dtype = np.dtype(given)
    return np.dtype(object) if dtype.kind in "US" else dtype
