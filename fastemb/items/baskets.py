"""Baskets as lists of items, numbered as the sentences of a corpus are."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import is_missing, warn
from ..corpus.given import library_of, python_value
from ..corpus.lists import first_unhashable, list_batches, number_lists
from ..corpus.messages import short
from ..corpus.task import ReadSizes
from ..tables.columns import refuse_lazy_frame

Ids = NDArray[np.int32]
Ints = NDArray[np.int64]


_FILES = (
    "a file is read by Interactions.from_file(path, session=..., item=...), or by from_basket_file(path) if it has a "
    "basket a line"
)


def require_path(path: Any) -> None:
    """Refuse what is no path where one is wanted, with what takes it.

    Raises:
        TypeError: it is none.
    """
    if isinstance(path, str | bytes | os.PathLike):
        return
    is_table = isinstance(path, Mapping) or any(hasattr(path, name) for name in ("column_names", "columns", "fetchall"))
    door = (
        "Interactions.from_table(table, session=..., item=...) takes tables"
        if is_table
        else "give its path"
        if hasattr(path, "read")
        else "Interactions.from_baskets takes lists of items"
    )
    raise TypeError(f"a file is read here, by its path, not a {type(path).__name__}: {door}")


def refuse_path(table: Any) -> None:
    """Raise TypeError when this is the path of a table, with what reads it."""
    is_file = callable(getattr(table, "read", None))  # a table may have a column of this name
    if isinstance(table, str | bytes | os.PathLike) or is_file:
        raise TypeError(
            f"not a table but a {'file' if is_file else 'path'}: Interactions.from_file(path, session=..., item=...) "
            "reads it"
        )


def refuse_tables(data: Any) -> None:
    """Raise TypeError when this is a table, a dense matrix or text rather than baskets, with what to give instead."""
    refuse_lazy_frame(data)
    if callable(getattr(data, "read", None)):
        raise TypeError(f"an open file is no list of baskets: {_FILES}")
    if isinstance(data, str | bytes | os.PathLike):
        raise TypeError(f"{data!r} is no list of baskets: {_FILES}")
    if isinstance(data, Mapping):
        raise TypeError(
            "a dict may hold columns or baskets: columns are for Interactions.from_table(data, session=..., item=...), "
            "the baskets of sessions for Interactions.from_baskets(data.values(), session_keys=list(data))"
        )
    if any(hasattr(data, name) for name in ("column_names", "columns", "fetchall")):
        raise TypeError("name the columns of a table: Interactions.from_table(table, session=..., item=...)")
    if not hasattr(data, "__iter__") and not hasattr(data, "__getitem__"):
        raise TypeError(f"baskets are lists of items, such as [['milk', 'bread'], ['tea']], not {short(data)}")
    if getattr(data, "ndim", 1) != 1:
        raise TypeError(
            f"an array of {data.ndim} dimensions may be a matrix of ratings, whose ratings would become items: give "
            "scipy.sparse.csr_array(matrix) for a matrix of sessions x items, or array.tolist() where each row is a "
            "list of items"
        )


def require_items(name: str, value: Any) -> Iterable[Hashable]:
    """An argument that must be a list of items.

    Raises:
        TypeError: it is a str, whose characters would be items, or no list at all, or holds a list.
    """
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        raise TypeError(f"{name} must be a list of items, not {short(value)}: give [{value!r}]")
    found: Iterable[Hashable] = value
    for item in found if isinstance(found, list | tuple) else ():
        if isinstance(item, list | dict | set):
            raise TypeError(f"{name} must be a list of items, each a str or a number, not {short(item)}")
    return found


def number_baskets(baskets: Iterable[Iterable[Hashable]]) -> tuple[Ints, Ints, list[Hashable]]:
    """Number the items of baskets in the order in which they first occur.

    Returns:
        The number of each item, (events,); where baskets begin and end, (baskets + 1,); and the items by number.

    Raises:
        TypeError: a basket is a str, a dict or not iterable, or an item is not hashable.
        ValueError: an item is None or NaN.
    """
    parts: list[Ids] = [np.empty(0, np.int32)]
    ends: list[Ints] = [np.zeros(1, np.int64)]

    def take(ids: Ids, batch_ends: Ints) -> None:
        parts.append(ids)
        ends.append(batch_ends + ends[-1][-1])

    batches = list_batches(python_value(baskets), ReadSizes(), _basket_items)
    keys = number_lists(batches, take, _unhashable_basket).keys()
    items, offsets = np.concatenate(parts, dtype=np.int64), np.concatenate(ends)
    if any(library_of(key) == "pyarrow" for key in keys):
        index: dict[Hashable, int] = {}
        items = np.array([index.setdefault(python_value(key), len(index)) for key in keys], np.int64)[items]
        keys = list(index)
    _refuse_missing(keys, items, offsets)
    _warn_of_ratings(keys, offsets)
    return items, offsets, keys


def _basket_items(basket: Any, number: int) -> Sequence[Hashable]:
    basket = python_value(basket)
    if isinstance(basket, str | bytes):
        raise TypeError(f"basket {number} is a {type(basket).__name__}, not a list of items: {short(basket)}")
    if isinstance(basket, Mapping):
        raise TypeError(
            f"basket {number} is a dict, whose keys would become items: rows of a table are for "
            "Interactions.from_table(rows, session=..., item=...)"
        )
    if getattr(basket, "ndim", 1) != 1:
        raise TypeError(f"basket {number} is an array of {basket.ndim} dimensions, not a list of items")
    convert = getattr(basket, "tolist", None) or getattr(basket, "to_list", None)  # of NumPy, pandas, polars
    try:
        return list(basket if convert is None else convert())
    except TypeError:
        raise TypeError(f"basket {number} is not a list of hashable items: {short(basket)}") from None


def _unhashable_basket(baskets: list[Sequence[Hashable]], before: int) -> str:
    found = first_unhashable(baskets, before)
    if found is None:
        return "items cannot be compared with one another"
    number, item = found
    return f"basket {number} is not a list of hashable items: it holds {short(item)}"


def _refuse_missing(item_keys: list[Hashable], items: Ints, offsets: Ints) -> None:
    for number, key in enumerate(item_keys):
        if is_missing(key):
            basket = int(np.searchsorted(offsets, int((items == number).argmax()), side="right")) - 1
            raise ValueError(f"basket {basket}: an item is missing ({key})")


def _warn_of_ratings(item_keys: list[Hashable], offsets: Ints) -> None:
    """Warn of lists that look like the rows of a matrix: all as long, with fewer different numbers than places."""
    lengths = np.diff(offsets)
    if len(lengths) < 3 or lengths.min() != lengths.max() or not 1 < len(item_keys) < lengths[0]:
        return
    if 0 in item_keys and all(isinstance(key, int | float) for key in item_keys):
        warn(
            f"all {len(lengths)} baskets have {lengths[0]} items, but there are only {len(item_keys)} different ones, "
            "all numbers: these look like rows of a matrix of ratings, and the ratings become items. Give "
            "scipy.sparse.csr_array(matrix) instead"
        )
