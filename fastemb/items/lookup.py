"""Keys that are written otherwise: 3 of a data frame and '3' of a text file."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np


class Lookup:
    """Finds keys also by their other spelling: 3 finds "3", and "3" finds 3, where only that is there.

    Args:
        numbers: The number of each key.
    """

    def __init__(self, numbers: Mapping[Hashable, int]) -> None:
        self._numbers = numbers

    def get(self, key: Hashable, default: int) -> int:
        """The number of a key."""
        found = self._numbers.get(key)
        if found is not None:
            return found
        other = other_spelling(key)
        return default if other is None else self._numbers.get(other, default)


def other_spelling(key: Hashable) -> Hashable:
    """The text of a whole number, or the whole number of a text; None where there is none."""
    if isinstance(key, str):
        try:
            number = int(key)
        except ValueError:
            return None
        return number if str(number) == key else None
    if isinstance(key, bool | np.bool_) or not isinstance(key, int | np.integer | float):
        return None
    if isinstance(key, float) and not key.is_integer():
        return None
    return str(int(key))


def unknown_item(item: Hashable, keys: Sequence[Hashable]) -> str:
    """What is said of an item that is none of a model's."""
    return f"unknown item {item!r}: the model's {len(keys):,} items are {kinds_of(keys)}, such as {keys[0]!r}"


def kinds_of(keys: Iterable[Hashable]) -> str:
    """The types of keys, for messages."""
    return " and ".join(sorted({type(key).__name__ for key in keys}))
