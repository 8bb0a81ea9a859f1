"""Sorting events by session, some hundred thousand at a time, so that an interrupt is noticed between two parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

PART = 1 << 18  # events


def owners_of(offsets: Ints) -> Ints:
    """The session of each event; ``offsets`` (sessions + 1,) say where sessions begin."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))


def grouped(owners: Ints, sessions: int) -> tuple[Ints, Ints]:
    """The order of events by session, those of one session in their own order, and where sessions begin.

    Args:
        owners: The session of each event.
        sessions: How many there are.
    """
    counts = np.bincount(owners, minlength=sessions)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    order = np.empty(len(owners), np.int64)
    free = offsets[:-1].copy()  # where the next event of each session goes
    for start in range(0, len(owners), PART):
        part = owners[start : start + PART]
        local = np.argsort(part, kind="stable")
        of_session = part[local]
        first = np.flatnonzero(np.concatenate([[True], of_session[1:] != of_session[:-1]]))
        lengths = np.diff(np.append(first, len(part)))
        rank = np.arange(len(part)) - np.repeat(first, lengths)
        order[free[of_session] + rank] = start + local
        free[of_session[first]] += lengths
    return order, offsets


def blocks(offsets: Ints) -> Iterator[tuple[int, int]]:
    """Ranges of sessions that have about `PART` events together, or one session of more."""
    begin, sessions = 0, len(offsets) - 1
    while begin < sessions:
        end = int(np.searchsorted(offsets, offsets[begin] + PART, side="right")) - 1
        end = min(max(end, begin + 1), sessions)
        yield begin, end
        begin = end


def sorted_within(values: NDArray[Any], offsets: Ints) -> Ints:
    """The order of events by value within each session, sessions staying where they are; equal ones stay in order."""
    order = np.empty(len(values), np.int64)
    for begin, end in blocks(offsets):
        first, last = offsets[begin], offsets[end]
        owners = owners_of(offsets[begin : end + 1] - first)
        order[first:last] = first + np.lexsort((values[first:last], owners))
    return order


def firsts_and_groups(items: Ints, owners: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """An order in which the same items of a session stand together, first occurrences first, and marks on these."""
    order = np.lexsort((items, owners))  # stable
    sorted_items, sorted_owners = items[order], owners[order]
    first = np.ones(len(order), bool)
    first[1:] = (sorted_items[1:] != sorted_items[:-1]) | (sorted_owners[1:] != sorted_owners[:-1])
    return order, first
