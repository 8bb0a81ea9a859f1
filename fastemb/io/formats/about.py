"""What a format is called, which options it takes, and what it keeps of vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from .table import VectorTable


class Values(StrEnum):
    """Which values of each key a format keeps, such as its count."""

    NONE = "none"
    ORDER = "order"
    """None, but keys are written in the order of falling counts, and read with counts that fall by 1."""

    COUNT = "count"
    """The count alone, and keys are written in the order of falling counts."""

    NUMBERS = "numbers"
    PLAIN = "plain"
    """Numbers and text."""

    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class About:
    """What `FORMATS` knows of a format."""

    name: str
    """What users call it, in messages."""

    option: str
    """What ``format=``, ``--from`` and ``--to`` call it."""

    endings: tuple[str, ...] = ()
    """Endings of the names of files that are written in it, in lower case and with their dot."""

    holds: tuple[str, ...] = ()
    """Names of the files by which a folder in the format is known. Default: the format is no folder."""

    beside: Callable[[str], str] | None = None
    """The path of the second file that belongs to a file in the format, if there is one."""

    enough: tuple[str, ...] = ()
    """Names of files one of which is enough to know a folder by, so that its reader can say what else is missing."""

    options: frozenset[str] = frozenset()
    """Fields of `Reading` that ``read`` looks at, of encoding, unicode_errors, key, words and mmap."""

    packed: bool = False
    """Whether files may be compressed, as the ends of their names say."""

    dtypes: tuple[str, ...] = ("float32",)
    """Of the vectors that come back as they were; others come back as the first of these."""

    integers: bool = False
    """Whether keys that are integers come back as such, not as text."""

    values: Values = Values.NONE
    """Which values of each key come back."""

    own: bool = False
    """Whether attributes come back that users set on the vectors."""


@dataclass(frozen=True)
class Lost:
    """What a format does not keep of some vectors."""

    values: tuple[str, ...] = ()
    """Names of values of each key."""

    attributes: tuple[str, ...] = ()
    """Names of attributes that users set."""

    integers: int = 0
    """How many keys are integers and come back as text."""

    precision: str = ""
    """Two dtypes, such as "float64 to float32", where digits of the vectors are lost."""

    order: bool = False
    """Whether the keys come in another order."""

    def __bool__(self) -> bool:
        return self != Lost()

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        parts = []
        if self.values:
            parts.append(f"values of each key ({_some(self.values)})")
        if self.attributes:
            parts.append(f"attributes ({_some(self.attributes)})")
        if self.integers:
            parts.append(f"that {self.integers:,} keys are integers, which are text now")
        if self.precision:
            parts.append(f"digits of the vectors ({self.precision})")
        if self.order:
            parts.append("the order of the keys, which is that of their counts now")
        return "; ".join(parts)


_MOST_NAMES = 10


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def lost_by(about: About, table: VectorTable, dtype: str | None = None) -> Lost:
    """What is lost of a table in a file of this format.

    Args:
        about: The format.
        table: What is written.
        dtype: That the vectors are converted to before. Default None: they stay as they are.
    """
    was = table.vectors.dtype
    becomes = np.dtype(dtype or was)
    if becomes.name not in about.dtypes:
        becomes = np.dtype(about.dtypes[0])
    order = _order(table) if about.values in (Values.ORDER, Values.COUNT) else None
    return Lost(
        values=tuple(name for name, values in table.attributes.items() if not _keeps(about, name, values)),
        attributes=() if about.own else tuple(table.own),
        integers=0 if about.integers else sum(isinstance(key, int | np.integer) for key in table.keys),
        precision=f"{was} to {becomes}" if becomes.itemsize < was.itemsize else "",
        order=order is not None and not np.array_equal(order, np.arange(len(order))),
    )


def _order(table: VectorTable) -> Any:
    counts = table.attributes.get("count")
    return None if counts is None else np.argsort(-counts.astype(np.float64), kind="stable")


def _keeps(about: About, name: str, values: Any) -> bool:
    match about.values:
        case Values.ALL:
            return True
        case Values.PLAIN:
            return is_plain(values)
        case Values.NUMBERS:
            return values.dtype.kind in "biuf"
        case Values.COUNT:
            return name == "count" and values.dtype.kind in "iu" and bool((values > 0).all())
        case Values.ORDER:
            return name == "count" and bool(np.array_equal(np.sort(values)[::-1], np.arange(len(values), 0, -1)))
        case _:
            return False


def is_plain(values: Any) -> bool:
    """Whether these are values of each key that a column of a table can have: all numbers, or all text."""
    return bool(values.dtype.kind in "biufU" or all(isinstance(value, str) for value in values.tolist()))
