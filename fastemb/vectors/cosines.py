"""Cosines of keys with one another, and ranks by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .finite import check_finite
from .interface import KeyedVectorsLike, keys_by_row, norms_of
from .norms import cosine, row_norms, unit
from .questions import checked_vector, keys_of, several, vector_of
from .search import cosines_with
from .store import Array, Key


def similarity(self: KeyedVectorsLike, w1: Key, w2: Key) -> Any:
    """Return the cosine of two keys' vectors: 0 if one is all zeros, NaN if one holds NaN or infinity.

    Raises:
        KeyError: A key does not exist.
    """
    return cosine(self.get_vector(w1), self.get_vector(w2))


def distance(self: KeyedVectorsLike, w1: Key, w2: Key) -> Any:
    """Return 1 - `similarity`.

    Raises:
        KeyError: A key does not exist.
    """
    return 1 - self.similarity(w1, w2)


def distances(self: KeyedVectorsLike, word_or_vector: Any, other_words: Iterable[Key] = ()) -> Array:
    """Return 1 - cosine of a key or vector with other keys; by default with all, in the order of their rows.

    It is NaN where one of the two holds NaN or infinity.

    Raises:
        KeyError: A key does not exist.
        ValueError: The vector has another length.
        TypeError: There are several keys in place of one or of a vector.
    """
    if isinstance(word_or_vector, np.ndarray | list):
        vector: Array | None = checked_vector(self, word_or_vector)
    else:
        vector = vector_of(self, word_or_vector)
    if vector is None:
        vector = self.get_vector(word_or_vector)
    others = [self.get_index(word) for word in keys_of("other_words", other_words)]
    vectors, norms = self.vectors, norms_of(self)
    if others:
        vectors, norms = vectors[others], norms[others]
    return 1 - cosines_with(vectors, norms, unit(vector.astype(vectors.dtype)))


def cosine_similarities(vector_1: ArrayLike, vectors_all: ArrayLike) -> Array:
    """Return the cosines of a vector (d,) with each row of (n, d), as (n,); 0 for vectors of zeros.

    Raises:
        ValueError: They have other shapes.
    """
    vector_1, vectors_all = np.asarray(vector_1), np.asarray(vectors_all)
    if vectors_all.ndim != 2 or vector_1.shape != vectors_all.shape[1:]:
        raise ValueError(f"expected a vector (d,) and vectors (n, d), not {vector_1.shape} and {vectors_all.shape}")
    return cosines_with(vectors_all, row_norms(vectors_all), unit(vector_1))


def most_similar_to_given(self: KeyedVectorsLike, key1: Key, keys_list: Sequence[Key]) -> Key:
    """Return the key of ``keys_list`` that is nearest to ``key1``; keys whose vectors are not finite come last.

    Raises:
        KeyError: A key does not exist.
        ValueError: ``keys_list`` is empty, or the vector of ``key1`` holds NaN or infinity.
        TypeError: ``keys_list`` is not several keys.
    """
    keys = several("keys_list", keys_list)
    if not keys:
        raise ValueError("keys_list is empty: give the keys to choose from")
    _refuse_not_finite(self, key1)
    found = np.array([self.similarity(key1, key) for key in keys])
    return keys[int(np.argmax(np.where(np.isnan(found), -np.inf, found)))]


def closer_than(self: KeyedVectorsLike, key1: Key, key2: Key) -> list[Key]:
    """Return all keys that are nearer to ``key1`` than ``key2`` is, in the order of their rows.

    Raises:
        KeyError: A key does not exist.
        ValueError: The vector of one of the two holds NaN or infinity.
    """
    _refuse_not_finite(self, key1, key2)
    distances = self.distances(key1)
    own, other = self.get_index(key1), self.get_index(key2)
    rows = np.flatnonzero(distances < distances[other]).tolist()
    keys = keys_by_row(self)
    return [keys[row] for row in rows if row != own]


def rank(self: KeyedVectorsLike, key1: Key, key2: Key) -> int:
    """Return the place of ``key2`` among the neighbours of ``key1``; the nearest has place 1.

    Raises:
        KeyError: A key does not exist.
        ValueError: The vector of one of the two holds NaN or infinity.
    """
    return len(self.closer_than(key1, key2)) + 1


def _refuse_not_finite(vectors: KeyedVectorsLike, *keys: Key) -> None:
    check_finite(keys, np.stack([vectors.get_vector(key) for key in keys]))
