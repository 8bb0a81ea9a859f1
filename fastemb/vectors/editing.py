"""Adding and changing keys, their vectors, and further values of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .interface import Vectors
from .store import Key


def add_vector(self: Vectors, key: Key, vector: ArrayLike) -> int:
    """Add one key with its vector, (vector_size,), and return its row; a key that exists keeps its vector.

    Raises:
        ValueError: The vector has another size.
    """
    self.add_vectors([key], np.asarray(vector)[np.newaxis])
    return self._store.key_to_index[key]


def add_vectors(
    self: Vectors,
    keys: Key | Sequence[Key],
    weights: ArrayLike,
    extras: Mapping[str, ArrayLike] | None = None,
    replace: bool = False,
) -> None:
    """Add keys with their vectors. Nothing is changed when this fails.

    Args:
        keys: One key or several. Rows that were reserved by ``count`` are used up first.
        weights: Vectors, (number of keys, vector_size).
        extras: Values of further attributes for these keys, by name.
        replace: Whether keys that exist get the new vector. Default False: they keep theirs.

    Raises:
        ValueError: Sizes do not fit.
    """
    store = self._store
    names = list(keys) if isinstance(keys, list | tuple | np.ndarray | range | dict) else [keys]
    values = np.asarray(weights, store.vectors.dtype)
    values = values[np.newaxis] if values.ndim == 1 else values
    further = {attr: np.asarray(extra) for attr, extra in (extras or {}).items()}
    expected = (len(names), store.vector_size)
    if values.shape != expected:
        raise ValueError(f"{len(names)} keys need vectors of shape {expected}, not {values.shape}")
    if any(extra.shape != (len(names),) for extra in further.values()):
        raise ValueError(f"extras must have one value for each of {len(names)} keys")
    known = {key: store.key_to_index[key] for key in names if key in store.key_to_index}
    chosen = [at for at, key in enumerate(names) if replace or known.get(key) is None]
    if not replace:
        chosen = list({names[at]: at for at in reversed(chosen)}.values())[::-1]  # of a repeated key the first
    for attr, extra in further.items():
        self.allocate_vecattrs([attr], [extra.dtype])
    store.reserve([names[at] for at in chosen if names[at] not in known])
    rows = [store.key_to_index[names[at]] for at in chosen]
    store.vectors[rows] = values[chosen]
    for attr, extra in further.items():
        store.expandos[attr][rows] = extra[chosen]
    if chosen:
        store.norms = None


def set_vectors(self: Vectors, keys: Key | Sequence[Key], weights: ArrayLike) -> None:
    """Set the vector of one key or of several; keys that do not exist are added.

    Raises:
        ValueError: Sizes do not fit.
    """
    names = list(keys) if isinstance(keys, list | tuple | np.ndarray) else [keys]
    keys_of_rows = self._store.index_to_key
    known = [keys_of_rows[self.get_index(key)] if self.has_index_for(key) else key for key in names]
    self.add_vectors(known, weights, replace=True)


def resize_vectors(self: Vectors, seed: int = 0) -> None:
    """Make ``vectors`` as long as ``index_to_key``; new rows are uniform in [-1, 1) / vector_size.

    Raises:
        ValueError: There are more vectors than keys.
    """
    store, count = self._store, len(self._store)
    have = len(store.vectors)
    if have > count:
        raise ValueError(f"there are {have} vectors for {count} keys")
    if have < count:
        grown = np.empty((count, store.vector_size), store.vectors.dtype)
        grown[:have] = store.vectors
        fresh = np.random.default_rng(seed).random((count - have, store.vector_size), np.float32)
        grown[have:] = (2 * fresh - 1) / store.vector_size
        store.vectors = grown
    store.fit_values()
    store.norms = None


def sort_by_descending_frequency(self: Vectors) -> None:
    """Reorder keys, vectors and attributes by falling attribute "count"; equal counts keep their order.

    Raises:
        KeyError: There is no attribute "count".
    """
    store = self._store
    if len(store) == 0:
        return
    order = np.argsort(-store.expandos["count"].astype(np.float64), kind="stable")
    store.index_to_key = [store.index_to_key[row] for row in order.tolist()]
    store.key_to_index = {key: row for row, key in enumerate(store.index_to_key) if key is not None}
    store.vectors[:] = store.vectors[order]
    store.expandos = {attr: values[order] for attr, values in store.expandos.items()}
    factors = vars(self).get("vectors_lockf", ())
    if len(factors) == len(order):
        vars(self)["vectors_lockf"] = factors[order]
    store.norms = None


def allocate_vecattrs(self: Vectors, attrs: Sequence[str] | None = None, types: Sequence[Any] | None = None) -> None:
    """Make sure that each named attribute has an array of one value a key; new values are 0.

    Args:
        attrs: Names. Default None: all that exist, which adapts their lengths to the number of keys.
        types: Dtypes, one for each name; str and anything else that NumPy does not know is stored as objects.

    Raises:
        TypeError: An attribute exists and its dtype cannot hold the type.
    """
    store = self._store
    if attrs is None:
        store.fit_values()
        return
    for name, given in zip(attrs, types or (), strict=True):
        dtype, old = _attribute_dtype(given), store.expandos.get(name)
        if old is None:
            store.expandos[name] = np.zeros(len(store), dtype)
        elif not np.can_cast(dtype, old.dtype, "safe") and not (dtype.kind in "iu" and old.dtype.kind == "f"):
            raise TypeError(f"attribute {name} holds {old.dtype} and cannot take {dtype}")
    store.fit_values()


def set_vecattr(self: Vectors, key: Key, attr: str, val: Any) -> None:
    """Set attribute ``attr`` of ``key``; the first value decides the attribute's dtype.

    Raises:
        TypeError: The attribute's dtype cannot hold ``val``.
        KeyError: There is no such key.
    """
    index = self.get_index(key)
    self.allocate_vecattrs([attr], [type(val)])
    self._store.expandos[attr][index] = val


def get_vecattr(self: Vectors, key: Key, attr: str) -> Any:
    """Return attribute ``attr`` of ``key``.

    Raises:
        KeyError: There is no such key or no such attribute.
    """
    index = self.get_index(key)
    return self._store.expandos[attr][index]


def _attribute_dtype(given: Any) -> np.dtype[Any]:
    if given is int:
        return np.dtype(np.int64)
    if isinstance(given, type) and not issubclass(given, np.generic | bool | float | complex):
        return np.dtype(object)
    dtype = np.dtype(given)
    return np.dtype(object) if dtype.kind in "US" else dtype
