"""Filters: which rows may be found, said by a mask, by keys, or by values of attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..arguments import did_you_mean, nearest_name
from .interface import KeyedVectorsLike, Mask, keys_by_row, rows_by_key
from .missing import MissingKeyError
from .store import Array

_FORMS = "a mask of bool, a list of keys, or a dict from the name of an attribute to a value, values or a function"


def mask_of(vectors: KeyedVectorsLike, where: Any) -> Mask | None:
    """Which rows may be found, (n,) bool; None where all may.

    Args:
        vectors: Whose rows.
        where: A mask (n,) of bool; keys; or a dict from names in ``expandos`` to a value, to several values of which
            one is wanted, or to a function that takes the attribute's array (n,) and returns such a mask. Of several
            names all must hold. Default None: no filter.

    Raises:
        KeyError: There is no such key or no such attribute.
        ValueError: A mask or an attribute has another length.
        TypeError: It is something else.
    """
    if where is None:
        return None
    count = len(keys_by_row(vectors))
    if isinstance(where, Mapping):
        chosen = np.ones(count, bool)
        for name, wanted in where.items():
            chosen &= _holds(vectors, name, wanted)
        return chosen
    if isinstance(where, str | bytes) or not isinstance(where, Iterable):
        raise TypeError(f"where must be {_FORMS}, not {where!r}")
    given = where if hasattr(where, "dtype") else list(where)
    if hasattr(where, "dtype") or (given and all(isinstance(one, bool | np.bool_) for one in given)):
        array = np.asarray(given)
        if array.dtype == np.bool_:
            if array.shape != (count,):
                raise ValueError(f"where: a mask must be ({count},), one bool a row, not {array.shape}")
            return array
        given = array.tolist()
    chosen = np.zeros(count, bool)
    chosen[[_row(vectors, key) for key in given]] = True
    return chosen


def _row(vectors: KeyedVectorsLike, key: Any) -> int:
    row = vectors.get_index(key, -1)
    if row < 0:
        raise MissingKeyError(
            f"where: Key {key!r} not present; leave unknown keys out by [key for key in keys if key in vectors]",
            key,
            rows_by_key(vectors),
        )
    return row


def _holds(vectors: KeyedVectorsLike, name: Any, wanted: Any) -> Mask:
    """Where an attribute has the value, or one of the values, or where the function says so."""
    values = vectors.expandos.get(name)
    if values is None:
        known = [str(one) for one in vectors.expandos]
        hint = did_you_mean(nearest_name(str(name), known)) or f"; there is {', '.join(known) or 'none at all'}"
        raise KeyError(f"where: no attribute {name!r}{hint} (set_vecattr makes one)")
    count = len(keys_by_row(vectors))
    if len(values) != count:
        raise ValueError(f"where: the attribute {name!r} has {len(values)} values for {count} keys")
    if callable(wanted):
        chosen = np.asarray(wanted(values))
        if chosen.dtype != np.bool_ or chosen.shape != (count,):
            raise TypeError(
                f"where: the function for {name!r} takes the array of all {count} values and must return ({count},) of "
                f"bool, not {chosen.dtype} {chosen.shape}"
            )
        return chosen
    if isinstance(wanted, str | bytes) or not isinstance(wanted, Iterable):
        return _among(values, [wanted])
    return _among(values, list(wanted))


def _among(values: Array, wanted: list[Any]) -> Mask:
    if values.dtype == object:
        found = np.zeros(len(values), bool)
        for row, value in enumerate(values.tolist()):
            found[row] = any(value is one or value == one for one in wanted)
        return found
    return np.isin(values, [one for one in wanted if _comparable(values, one)])


def _comparable(values: Array, one: Any) -> bool:
    """Whether a value can be one of the array's; NumPy would compare numbers and text as text."""
    return isinstance(one, str | bytes) == (values.dtype.kind in "USO")
