"""What a page can colour by: attributes of keys, and clusters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..checks import is_missing
from ..plots.colours import MOST_GROUPS
from ..plots.groups import Groups, Values, coloured
from ..vectors import KeyedVectors
from ..vectors.store import Array, Key

_DERIVED = ("sample_int", "point", "code")  # what older models keep beside the counts
_OWN = "color"  # the name of values that have none


class Column(NamedTuple):
    """A value for each key.

    Attributes:
        name: What it is.
        values: Groups or numbers.
    """

    name: str
    values: Groups | Values


def column_of(color: Any, vectors: KeyedVectors, keys: Sequence[Key]) -> Column:
    """The column that ``color`` stands for: the name of an attribute, a dict, or a value for each key.

    Raises:
        ValueError: There is no such attribute, there are other numbers of values than keys, or no key has a value.
        TypeError: It is something else.
    """
    return Column(color if isinstance(color, str) else _OWN, coloured(color, vectors, keys))


def columns_of(vectors: KeyedVectors, keys: Sequence[Key], without: Collection[str]) -> list[Column]:
    """The attributes whose colours tell keys apart, which those of texts that are nearly all different do not."""
    found = []
    rows = [vectors.get_index(key) for key in keys]
    for name, values in vectors.expandos.items():
        if name in without or name in _DERIVED or not _is_plain(values):
            continue
        if all(is_missing(value) for value in values[rows].tolist()):
            continue
        column = column_of(name, vectors, keys)
        if isinstance(column.values, Values) or _tells_apart(column.values):
            found.append(column)
    return found


def _is_plain(values: Array) -> bool:
    """Whether these are texts, numbers or truth values, one for each key."""
    if np.ndim(values) != 1:
        return False
    if values.dtype.kind == "O":
        return all(value is None or isinstance(value, str | int | float | np.generic) for value in values.tolist())
    return values.dtype.kind in "biufUS"


def _tells_apart(groups: Groups) -> bool:
    """Whether there are several groups, of which the last one, of all that are too many, does not hold most keys."""
    rest = np.count_nonzero(groups.of == len(groups.names) - 1) if len(groups.names) == MOST_GROUPS else 0
    return len(groups.names) > 1 and 2 * int(rest) <= len(groups.of)
