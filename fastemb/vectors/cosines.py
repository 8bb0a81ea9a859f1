"""Cosines of keys with one another, and ranks by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .interface import KeyedVectorsLike, as_list, norms_of
from .norms import cosine, row_norms, unit
from .search import cosines_with
from .store import Array, Key


def similarity(self: KeyedVectorsLike, w1: Key, w2: Key) -> Any:
    """Return the cosine of two keys' vectors.

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

    Raises:
        KeyError: A key does not exist.
    """
    is_vector = isinstance(word_or_vector, np.ndarray | list)
    vector = np.asarray(word_or_vector) if is_vector else self.get_vector(word_or_vector)
    others = [self.get_index(word) for word in as_list(other_words)]
    vectors, norms = self.vectors, norms_of(self)
    if others:
        vectors, norms = vectors[others], norms[others]
    return 1 - cosines_with(vectors, norms, unit(vector.astype(vectors.dtype)))


def cosine_similarities(vector_1: Array, vectors_all: Array) -> Array:
    """Return the cosines of a vector (d,) with each row of (n, d), as (n,); 0 for vectors of zeros."""
    return cosines_with(vectors_all, row_norms(vectors_all), unit(vector_1))


def most_similar_to_given(self: KeyedVectorsLike, key1: Key, keys_list: Sequence[Key]) -> Key:
    """Return the key of ``keys_list`` that is nearest to ``key1``.

    Raises:
        KeyError: A key does not exist.
        ValueError: ``keys_list`` is empty.
    """
    return keys_list[int(np.argmax([self.similarity(key1, key) for key in keys_list]))]


def closer_than(self: KeyedVectorsLike, key1: Key, key2: Key) -> list[Key]:
    """Return all keys that are nearer to ``key1`` than ``key2`` is, in the order of their rows.

    Raises:
        KeyError: A key does not exist.
    """
    distances = self.distances(key1)
    own, other = self.get_index(key1), self.get_index(key2)
    rows = np.flatnonzero(distances < distances[other]).tolist()
    return [self.index_to_key[row] for row in rows if row != own]


def rank(self: KeyedVectorsLike, key1: Key, key2: Key) -> int:
    """Return the place of ``key2`` among the neighbours of ``key1``; the nearest has place 1.

    Raises:
        KeyError: A key does not exist.
    """
    return len(self.closer_than(key1, key2)) + 1
