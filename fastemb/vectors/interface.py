"""What the functions of this folder ask of the vectors that they are methods of."""

# ruff: noqa: D102  (KeyedVectors has the docstrings)

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import eq
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .store import Array, Key, Store

Scored = list[tuple[Key, float]]
Mask = NDArray[np.bool_]


class KeyedVectorsLike(Protocol):
    """KeyedVectors, or a subclass that answers in its own way, such as with vectors made up for unknown keys.

    The functions are written with ``self`` first, and KeyedVectors binds them by assignment: each of them is a method
    of the class and can be overridden like any other. They read what they need through these names, never from the
    store, so that what a subclass overrides is used everywhere. Only `add_vectors` makes room in the store. Those that
    read some keys or look some up take `keys_by_row` and `rows_by_key`, which leave the keys of a map packed.
    """

    vectors: Array
    index_to_key: list[Key]
    key_to_index: dict[Key, int]
    vector_size: int
    norms: Array | None
    expandos: dict[str, Array]
    _store: Store

    def __len__(self) -> int: ...
    def __getitem__(self, key_or_keys: Key | Iterable[Key], /) -> Array: ...
    def __contains__(self, key: Key, /) -> bool: ...
    def get_index(self, key: Key, default: int | None = None) -> int: ...
    def fill_norms(self, force: bool = False) -> None: ...
    def has_index_for(self, key: Key) -> bool: ...
    def get_vector(self, key: Key, norm: bool = False) -> Array: ...
    def get_mean_vector(
        self,
        keys: Any,
        weights: Any = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Array: ...
    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
    ) -> Any: ...
    def similarity(self, w1: Key, w2: Key) -> Any: ...
    def distances(self, word_or_vector: Any, other_words: Iterable[Key] = ()) -> Array: ...
    def closer_than(self, key1: Key, key2: Key) -> list[Key]: ...
    def add_vectors(
        self,
        keys: Key | Sequence[Key],
        weights: ArrayLike,
        extras: Mapping[str, ArrayLike] | None = None,
        replace: bool = False,
    ) -> None: ...
    def allocate_vecattrs(self, attrs: Sequence[str] | None = None, types: Sequence[Any] | None = None) -> None: ...
    def rank_by_centrality(self, words: Iterable[Key], use_norm: bool = True) -> list[tuple[float, Key]]: ...


@runtime_checkable
class RowIndex(Protocol):
    """An index of vectors, which finds rows without looking at all of them; `fastemb.index.VectorIndex` is one."""

    def nearest_rows(
        self,
        vectors: KeyedVectorsLike,
        directions: Array,
        topn: int,
        *,
        allowed: Mask | None,
        without: tuple[NDArray[np.int64], NDArray[np.int64]] | None,
        dot: bool,
        workers: int | None,
    ) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """As `search.nearest`, of the rows (n,) that are ``allowed``."""
        ...


def keys_by_row(vectors: KeyedVectorsLike) -> Sequence[Key]:
    """The keys in the order of their rows, to be read: ``index_to_key``, or those of a map while they are packed."""
    packed = vectors._store.packed
    return vectors.index_to_key if packed is None else packed


def rows_by_key(vectors: KeyedVectorsLike) -> Mapping[Key, int]:
    """The row of each key, to be read: ``key_to_index``, or a table of the keys of a map while they are packed."""
    packed = vectors._store.packed
    return vectors.key_to_index if packed is None else packed.rows


def check_lengths(vectors: KeyedVectorsLike) -> None:
    """Check that there are as many vectors as keys, as somebody may have assigned others.

    Raises:
        ValueError: There are not.
    """
    have, count = len(vectors.vectors), len(keys_by_row(vectors))
    if have != count:
        raise ValueError(f"there are {have} vectors, but {count} keys in index_to_key: assign as many of both")
    if vectors.vectors.shape[1] != vectors.vector_size:
        raise ValueError(
            f"vector_size is {vectors.vector_size}, but vectors have shape {vectors.vectors.shape}: assign "
            "vectors, which sets both"
        )


def say_where_keys_stand(rows: Mapping[Key, int], keys: list[Key]) -> bool:
    """Whether ``rows`` has each of ``keys`` and no other, each with its place in the list."""
    if len(rows) != len(keys):
        return False
    # In the order in which the rows were filled no key is looked up: ten times as fast.
    places = rows.values() if list(rows) == keys else map(rows.get, keys)
    return all(map(eq, places, range(len(keys))))


def norms_of(vectors: KeyedVectorsLike) -> Array:
    """Lengths of all vectors, (n,), which are computed where they are not.

    Raises:
        ValueError: There are not as many vectors as keys.
    """
    check_lengths(vectors)
    vectors.fill_norms()
    norms = vectors.norms
    assert norms is not None, "fill_norms() must set norms"
    return norms
