"""What people ask with, keys and vectors in many forms, told apart and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from .interface import KeyedVectorsLike
from .store import Array, Key, is_integer

_PAIR = 2


def items_of(vectors: KeyedVectorsLike, given: Any) -> list[Any]:
    """One key or vector, several of them, or None, as a list; vectors as arrays.

    A vector is an array or a list of floats. What is no vector is left as it is.

    Raises:
        ValueError: A vector has another length.
        TypeError: It is a dict.
    """
    if given is None:
        return []
    if isinstance(given, Mapping):
        raise TypeError("a dict is no list of keys: give pairs (key, weight), such as list(weights.items())")
    vector = vector_of(vectors, given)
    if vector is not None:
        return [vector]
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        return [given]
    return [item if (vector := _vector_in_list(vectors, item)) is None else vector for item in given]


def keys_of(name: str, given: Any) -> list[Key]:
    """Several keys, or one, as a list.

    Raises:
        TypeError: They are None or not several.
    """
    if isinstance(given, str | bytes) or is_integer(given):
        return [given]
    return several(name, given)


def single_keys(name: str, given: Any) -> list[Key]:
    """Several keys, or one, as a list, none of which is a vector or a list.

    Raises:
        TypeError: One is, or they are None or not several.
    """
    keys = keys_of(name, given)
    for key in keys:
        try:
            hash(key)
        except TypeError:
            raise TypeError(f"{name} must be a list of keys, str or int, not of {type(key).__name__}") from None
    return keys


def several(name: str, given: Any) -> list[Any]:
    """Several keys as a list.

    Raises:
        TypeError: It is a str or anything else that is not several.
    """
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        words = ": 'one two'.split() makes words of a str" if isinstance(given, str) and " " in given else ""
        raise TypeError(f"{name} must be a list of keys, not {given!r}{words}")
    return list(given)


def vector_of(vectors: KeyedVectorsLike, given: Any) -> Array | None:
    """A vector as an array; None for a key, several keys or several vectors.

    Raises:
        ValueError: It has another length.
    """
    if isinstance(given, list | tuple):
        numbers = given and all(isinstance(number, Real) for number in given)
        if not numbers or all(map(is_integer, given)) or (vectors.has_index_for(given[0]) and not is_integer(given[0])):
            return None
        return checked_vector(vectors, given)
    if isinstance(given, str | np.generic) or not hasattr(given, "__array__"):
        return None
    array = np.asarray(given)
    if array.ndim != 1 or array.dtype.kind not in "fiu":
        return None
    return checked_vector(vectors, array)


def checked_vector(vectors: KeyedVectorsLike, given: Any) -> Array:
    """A vector as an array of floats.

    Raises:
        ValueError: It has another length.
        TypeError: It is no vector.
    """
    try:
        array = np.asarray(given)
        array = array if array.dtype.kind == "f" else array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"expected a vector of {vectors.vector_size} numbers, not {given!r}") from None
    if array.shape != (vectors.vector_size,):
        what = f"{len(array)} numbers" if array.ndim == 1 else f"shape {array.shape}"
        raise ValueError(f"expected a vector of {vectors.vector_size} numbers, as these vectors have, not of {what}")
    return array


def _vector_in_list(vectors: KeyedVectorsLike, item: Any) -> Array | None:
    """The same for an item of a list, where two numbers are a row and its weight, unless the first is no whole one."""
    if isinstance(item, list | tuple) and len(item) == _PAIR and is_integer(item[0]):
        return None
    return vector_of(vectors, item)
