"""Lists of a few things at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any


def in_batches(items: Iterable[Any], count: int) -> Iterator[list[Any]]:
    """Lists of ``count`` items, fewer in the last; as ``for`` does, an iterator that has ended is not asked again."""
    iterator = iter(items)
    while batch := list(islice(iterator, count)):
        yield batch
        if len(batch) < count:
            return
