"""What is learned and what is held out: pairs of the same sessions in the same order."""

from __future__ import annotations

import numpy as np

from .grouping import sorted_within
from .interactions import Interactions

Split = tuple[Interactions, Interactions]
"""Training data and what is held out."""


def split_by_time(data: Interactions, share: float = 0.2, *, at: float | None = None) -> Split:
    """Hold out the latest events of all: what is judged lies in the future of everything that is learned.

    Args:
        data: With times.
        share: Share of the events to hold out. Events of one moment stay together, so it may be a little less.
        at: Instead of ``share``, the time from which on events are held out.

    Raises:
        ValueError: there are no times; ``share`` is not between 0 and 1.
    """
    if data.times is None:
        raise ValueError("to split by time the data need times: name their column")
    if at is None:
        _check_share(share)
        at = float(np.quantile(data.times, 1 - share, method="higher")) if len(data.times) else 0.0
    return data.where(data.times < at), data.where(data.times >= at)


def split_random(data: Interactions, share: float = 0.2, *, seed: int = 1) -> Split:
    """Hold out a random share of each session's events: of n events round(share n), and never all.

    Raises:
        ValueError: ``share`` is not between 0 and 1.
    """
    _check_share(share)
    lengths = np.diff(data.offsets)
    held = np.minimum(np.rint(share * lengths), np.maximum(lengths - 1, 0)).astype(np.int64)
    owners = data._owners()
    order = sorted_within(np.random.default_rng(seed).random(len(owners)), data.offsets)
    place = np.empty(len(owners), np.int64)
    place[order] = np.arange(len(owners)) - data.offsets[:-1][owners]
    test = place < held[owners]
    return data.where(~test), data.where(test)


def leave_one_out(data: Interactions, *, last: bool = True, seed: int = 1) -> Split:
    """Hold out one event of each session that has two or more: its last one, or one at random.

    Sessions of one event stay in the training data and have nothing held out.
    """
    lengths = np.diff(data.offsets)
    many = np.flatnonzero(lengths > 1)
    place = lengths[many] - 1
    if not last:
        place = (np.random.default_rng(seed).random(len(many)) * lengths[many]).astype(np.int64)
    test = np.zeros(len(data.items), bool)
    test[data.offsets[many] + place] = True
    return data.where(~test), data.where(test)


def _check_share(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"share must be between 0 and 1, not {share!r}")
