"""Adding and changing keys, their vectors, and further values of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import names_arguments
from ..checks import in_order, no_text
from ..io.quantised import QuantisedRows, as_array
from ..signals import Deferred, deliver, slices
from .interface import KeyedVectorsLike, check_lengths, keys_by_row, rows_by_key
from .store import Array, Key, is_integer


def add_vector(self: KeyedVectorsLike, key: Key, vector: ArrayLike) -> int:
    """Add one key with its vector, (vector_size,), and return its row; a key that exists keeps its vector.

    Vectors may hold NaN or infinity, as in gensim; questions that need a direction refuse them later, by key.

    Raises:
        ValueError: The vector has another size.
    """
    self.add_vectors([key], np.asarray(vector)[np.newaxis])
    return rows_by_key(self)[key]


@names_arguments()
def add_vectors(
    self: KeyedVectorsLike,
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
        ValueError: Sizes do not fit, a key is None or an integer that takes more than 64 bits, or the vectors were
            loaded with ``mmap="r"`` and some are to be replaced.
        TypeError: The keys are a set or a dict.
    """
    _refuse_quantised(self, "added")
    in_order("keys", keys)
    names = list(keys) if isinstance(keys, Iterable) and not isinstance(keys, str | bytes) else [keys]
    values = np.asarray(weights, self.vectors.dtype)
    values = values[np.newaxis] if values.ndim == 1 else values
    further = {attr: np.asarray(extra) for attr, extra in (extras or {}).items()}
    expected = (len(names), self.vector_size)
    if values.shape != expected:
        raise ValueError(f"{len(names)} keys need vectors of shape {expected}, not {values.shape}")
    if any(extra.shape != (len(names),) for extra in further.values()):
        raise ValueError(f"extras must have one value for each of {len(names)} keys")
    if not names:
        return
    for key in names:
        check_key(key)
    check_lengths(self)
    rows = rows_by_key(self)
    known = {key: rows[key] for key in names if key in rows}
    chosen = [at for at, key in enumerate(names) if replace or known.get(key) is None]
    if not replace:
        chosen = list({names[at]: at for at in reversed(chosen)}.values())[::-1]  # of a repeated key the first
    new = list(dict.fromkeys(names[at] for at in chosen if names[at] not in known))
    count, before, next_index = len(self), self.vectors, self._store.next_index
    if len(new) < len(chosen):
        check_writeable(before)
    source, places = np.array(chosen, np.intp), np.empty(len(chosen), np.intp)
    with Deferred():
        attributes = dict(self.expandos)
        try:
            for attr, extra in further.items():
                self.allocate_vecattrs([attr], [extra.dtype])
            if new:
                self._store.reserve(new)
            deliver()
            self.allocate_vecattrs()
            rows = rows_by_key(self)
            for part in slices(len(chosen)):
                places[part] = [rows[names[at]] for at in chosen[part]]
            at_end = places >= count
            vectors, ours, theirs = self.vectors, places[at_end], source[at_end]
            for part in slices(len(ours)):
                vectors[ours[part]] = values[theirs[part]]
            # what is changed from here on cannot be taken back, so no signal is answered
            for attr, extra in further.items():
                self.expandos[attr][places] = extra[source]
            if chosen:
                self.norms = None
            vectors[places[~at_end]] = values[source[~at_end]]
        except BaseException:
            self._store.give_back(new, count, before, next_index)
            self.expandos.clear()
            self.expandos.update(attributes)
            raise


def set_vectors(self: KeyedVectorsLike, keys: Key | Sequence[Key], weights: ArrayLike) -> None:
    """Set the vector of one key or of several; keys that do not exist are added.

    Raises:
        ValueError: Sizes do not fit.
    """
    if isinstance(keys, slice):
        raise TypeError("vectors are set by key; assign to rows of the attribute vectors for a slice of all")
    names = list(keys) if isinstance(keys, Iterable) and not isinstance(keys, str | bytes) else [keys]
    keys_of_rows = keys_by_row(self)
    known = [keys_of_rows[self.get_index(key)] if self.has_index_for(key) else key for key in names]
    self.add_vectors(known, weights, replace=True)


def resize_vectors(self: KeyedVectorsLike, seed: int = 0) -> None:
    """Make ``vectors`` as long as ``index_to_key``; new rows are uniform in [-1, 1) / vector_size.

    Raises:
        ValueError: There are more vectors than keys.
    """
    count, have = len(self), len(self.vectors)
    if have > count:
        raise ValueError(f"there are {have} vectors for {count} keys")
    vectors = self.vectors
    if have < count:
        _refuse_quantised(self, "added")
        grown = np.empty((count, self.vector_size), self.vectors.dtype)
        rng = np.random.default_rng(seed)
        for part in slices(count):
            # rows by their place: what an earlier call with the same seed gave other rows must not come again
            fresh = rng.random((part.stop - part.start, self.vector_size), np.float32)
            grown[part] = (2 * fresh - 1) / self.vector_size
            kept = slice(part.start, min(part.stop, have))
            grown[kept] = vectors[kept]
        vectors = grown
    with Deferred():
        self.vectors = vectors
        self.allocate_vecattrs()
        self.norms = None


def sort_by_descending_frequency(self: KeyedVectorsLike) -> None:
    """Reorder keys, vectors and attributes by falling attribute "count"; equal counts keep their order.

    Raises:
        KeyError: There is no attribute "count".
    """
    if len(self) == 0:
        return
    check_lengths(self)
    self.allocate_vecattrs()
    order = np.argsort(-self.expandos["count"].astype(np.float64), kind="stable")
    if (order[:-1] < order[1:]).all():
        return  # they are in order: a model's own arrays stay its own
    keys = [self.index_to_key[row] for row in order.tolist()]
    rows, vectors = {key: row for row, key in enumerate(keys) if key is not None}, _reordered(self.vectors, order)
    values = {attr: values[order] for attr, values in self.expandos.items()}
    factors = vars(self).get("vectors_lockf", ())
    with Deferred():
        self.index_to_key, self.key_to_index, self.vectors, self.expandos = keys, rows, vectors, values
        if len(factors) == len(order):
            vars(self)["vectors_lockf"] = factors[order]


def _reordered(vectors: Array, order: NDArray[np.intp]) -> Array:
    if isinstance(vectors, QuantisedRows):
        return as_array(vectors.reordered(order))
    made = np.empty_like(vectors)
    for part in slices(len(order)):
        made[part] = vectors[order[part]]
    return made


@names_arguments()
def allocate_vecattrs(
    self: KeyedVectorsLike, attrs: Sequence[str] | None = None, types: Sequence[Any] | None = None
) -> None:
    """Make sure that each named attribute has an array of one value a key; new values are 0.

    Args:
        attrs: Names. Default None: all that exist, which adapts their lengths to the number of keys.
        types: Dtypes, one for each name; str and anything else that NumPy does not know is stored as objects.

    Raises:
        TypeError: An attribute exists and its dtype cannot hold the type.
    """
    if attrs is not None:
        no_text("attrs", attrs, "names")
    new = {}
    for name, given in zip(attrs or (), types or (), strict=True):
        dtype, old = _attribute_dtype(given), self.expandos.get(name)
        if old is None:
            new[name] = np.zeros(len(self), dtype)
        elif not np.can_cast(dtype, old.dtype, "safe") and not (dtype.kind in "iu" and old.dtype.kind == "f"):
            raise TypeError(f"attribute {name} holds {old.dtype} and cannot take {dtype}")
    fitted = _fitted_values(self, new)
    if fitted:
        with Deferred():
            self.expandos.update(fitted)
    self._store.forget_former_keys()


@names_arguments()
def set_vecattr(self: KeyedVectorsLike, key: Key, attr: str, val: Any) -> None:
    """Set attribute ``attr`` of ``key``; the first value decides the attribute's dtype.

    Raises:
        TypeError: The attribute's dtype cannot hold ``val``.
        KeyError: There is no such key.
    """
    index = self.get_index(key)
    with Deferred():
        self.allocate_vecattrs([attr], [type(val)])
        self.expandos[attr][index] = val


def get_vecattr(self: KeyedVectorsLike, key: Key, attr: str) -> Any:
    """Return attribute ``attr`` of ``key``.

    Raises:
        KeyError: There is no such key or no such attribute.
    """
    index = self.get_index(key)
    self.allocate_vecattrs()
    try:
        return self.expandos[attr][index]
    except KeyError:
        known = ", ".join(map(repr, self.expandos))
        raise KeyError(f"there is no attribute {attr!r}" + (f"; there are {known}" if known else "")) from None


def _attribute_dtype(given: Any) -> np.dtype[Any]:
    if given is int:
        return np.dtype(np.int64)
    if isinstance(given, type) and not issubclass(given, np.generic | bool | float | complex):
        return np.dtype(object)
    dtype = np.dtype(given)
    return np.dtype(object) if dtype.kind in "US" else dtype


def _fitted_values(vectors: KeyedVectorsLike, new: dict[str, Array]) -> dict[str, Array]:
    """The arrays of further values, and new ones, as long as there are keys."""
    made = dict(new)
    for name, old in vectors.expandos.items():
        if not isinstance(old, np.ndarray) or len(old) != len(vectors):
            made[name] = vectors._store.fitted(as_values(name, old), vectors.index_to_key)
    return made


def as_values(name: Any, values: Any) -> Array:
    """What somebody put into ``expandos`` as an array of one value a key.

    Raises:
        ValueError: It is none.
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"the attribute {name!r} must be an array of one value a key, not of shape {array.shape}")
    return array.astype(_attribute_dtype(array.dtype), copy=False)


def check_key(key: Key) -> None:
    """Check that this can be a key.

    Raises:
        TypeError: It cannot be looked up.
        ValueError: It is None, or an integer that takes more than 64 bits.
    """
    try:
        hash(key)
    except TypeError:
        raise TypeError(f"a key must be a str or an int, not {type(key).__name__}: {key!r}") from None
    if key is None:
        raise ValueError("None cannot be a key: it stands for a row that is reserved")
    if is_integer(key) and not -(2**63) <= int(key) < 2**63:
        raise ValueError(f"integer keys must fit in 64 bits with sign; make {key} a str")


def _refuse_quantised(vectors: KeyedVectorsLike, done: str) -> None:
    if isinstance(vectors.vectors, QuantisedRows):
        raise ValueError(
            f"no vectors can be {done}: these are quantised to {vectors.vectors.precision}; change those of "
            "dequantize(), and quantize() them again"
        )


def check_writeable(vectors: Array) -> None:
    """Check that vectors may be changed in place.

    Raises:
        ValueError: They may not.
    """
    if isinstance(vectors, QuantisedRows):
        raise ValueError("these vectors are quantised and cannot be changed: change those of dequantize()")
    if not vectors.flags.writeable:
        raise ValueError(
            "these vectors are read-only, as those loaded with mmap='r' are: load with mmap='c', which keeps changes "
            "in memory, or assign a copy: vectors = vectors.copy()"
        )
