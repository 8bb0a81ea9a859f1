"""Baskets as lists of items, numbered as the sentences of a corpus are."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus.lists import list_batches, number_lists
from ..corpus.task import ReadSizes
from .columns import is_missing

Ids = NDArray[np.int32]
Ints = NDArray[np.int64]


def number_baskets(baskets: Iterable[Iterable[Hashable]]) -> tuple[Ints, Ints, list[Hashable]]:
    """Number the items of baskets in the order in which they first occur.

    Returns:
        The number of each item, (events,); where baskets begin and end, (baskets + 1,); and the items by number.

    Raises:
        TypeError: a basket is a str or not iterable, or an item is not hashable.
        ValueError: an item is None or NaN.
    """
    parts: list[Ids] = [np.empty(0, np.int32)]
    ends: list[Ints] = [np.zeros(1, np.int64)]

    def take(ids: Ids, batch_ends: Ints) -> None:
        parts.append(ids)
        ends.append(batch_ends + ends[-1][-1])

    keys = number_lists(list_batches(baskets, ReadSizes(), _basket_items), take, _unhashable_basket)
    items, offsets = np.concatenate(parts, dtype=np.int64), np.concatenate(ends)
    _refuse_missing(keys, items, offsets)
    return items, offsets, keys


def _basket_items(basket: Any, number: int) -> Sequence[Hashable]:
    if isinstance(basket, str | bytes):
        raise TypeError(f"basket {number} is a {type(basket).__name__}, not a list of items: {basket!r}")
    try:
        return list(basket.tolist() if isinstance(basket, np.ndarray) else basket)
    except TypeError:
        raise TypeError(f"basket {number} is not a list of hashable items: {basket!r}") from None


def _unhashable_basket(baskets: list[Sequence[Hashable]], before: int) -> str:
    for number, basket in enumerate(baskets, before):
        try:
            set(basket)
        except TypeError:
            return f"basket {number} is not a list of hashable items: {basket!r}"
    return "items cannot be compared with one another"


def _refuse_missing(item_keys: list[Hashable], items: Ints, offsets: Ints) -> None:
    for number, key in enumerate(item_keys):
        if is_missing(key):
            basket = int(np.searchsorted(offsets, int((items == number).argmax()), side="right")) - 1
            raise ValueError(f"basket {basket}: an item is missing ({key})")
