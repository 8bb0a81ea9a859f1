"""How far keys moved between two periods, beyond what models of one period differ among themselves.

A period has several models, each of a part of its text that no other has. If a key did not change, all its vectors of
both periods come from one distribution, and it makes no difference which models are called old and which new. So the
change is the mean distance between models of different periods, less that between models of one period (the energy
distance of Székely and Rizzo 2013): without a change, its expectation is 0. How far it strays from 0 is seen where the
models are dealt out to the periods in other ways (a permutation test).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_MOST_DEALS = 100  # ways of dealing out models that are tried
_ROUNDING = 1e-6  # of cosines in float32
_WINDOW = 101  # keys of like frequency that a distance is compared with; odd


class Change(NamedTuple):
    """Of each of n keys, float64 (n,) each.

    Attributes:
        change: The estimate.
        low: Lower end of its interval.
        high: Upper end.
        p: Probability of an estimate at least so high without a change.
        sure: The higher it is, the more surely the key moved: what keys are sorted by.
    """

    change: Doubles
    low: Doubles
    high: Doubles
    p: Doubles
    sure: Doubles


def pairwise_distances(spaces: Floats) -> Doubles:
    """1 - cosine of each key between any two models: (models, models, n), of vectors of length 1 (models, n, d)."""
    count, keys, _ = spaces.shape
    found = np.zeros((count, count, keys))
    for one, other in combinations(range(count), 2):
        cosines = np.einsum("nd,nd->n", spaces[one], spaces[other])
        found[one, other] = found[other, one] = 1 - cosines.astype(np.float64)
    return found


def change_between(distances: Doubles, old: int, confidence: float) -> Change:
    """The change of each key, with an interval.

    An interval is change - q * error, with an error of the key's own and with quantiles q of change / error that all
    keys have together where the models are dealt out in other ways.

    Args:
        distances: (models, models, n), the models of the old period first.
        old: How many these are; at least 2, and 2 others.
        confidence: Share of unchanged keys whose interval holds 0.
    """
    models = len(distances)
    change, error = _estimates(distances, range(old), range(old, models))
    chance = np.sort(_ratios_by_chance(distances, old))
    ends = np.quantile(chance, [(1 - confidence) / 2, (1 + confidence) / 2])
    as_high = len(chance) - np.searchsorted(chance, change / error, side="left")
    low = change - ends[1] * error
    return Change(change, low, change - ends[0] * error, (1 + as_high) / (1 + len(chance)), low)


def change_of_pair(distances: Doubles, ranks: NDArray[np.intp]) -> Change:
    """Distances (n,) less the median of keys with like ranks (n,), when there is a single model of each period.

    Nobody can tell then how much of a distance is noise: the interval is unknown, NaN. Keys are sorted by how many
    median deviations of like keys they are above the median.
    """
    order = np.argsort(ranks, kind="stable")
    width = min(_WINDOW, len(order))
    windows = np.lib.stride_tricks.sliding_window_view(distances[order], width)
    medians = np.median(windows, axis=1)
    spreads = np.median(np.abs(windows - medians[:, None]), axis=1)
    ends = width // 2, len(order) - len(medians) - width // 2
    change, spread = distances.copy(), np.empty(len(order))
    change[order] -= np.pad(medians, ends, mode="edge")
    spread[order] = np.pad(spreads, ends, mode="edge")
    unknown = np.full(len(order), np.nan)
    return Change(change, unknown, unknown, unknown, change / np.maximum(spread, np.finfo(np.float32).eps))


def false_discovery_rates(p: Doubles) -> Doubles:
    """The share of false ones to be expected among the keys with a p-value as small (Benjamini and Hochberg 1995)."""
    order = np.argsort(p)[::-1]
    rates = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1))
    found = np.empty_like(p)
    found[order] = rates
    return found


def _estimates(distances: Doubles, old: Sequence[int], new: Sequence[int]) -> tuple[Doubles, Doubles]:
    """The change of each key and its standard error, (n,) each.

    The variance has two parts. One is that of single models: it is seen in how they differ in being farther from the
    other period than from their own, which the jackknife uses. The other is that of pairs of models, of which the
    jackknife counts a wrong multiple, as each pair belongs to two models; so it is estimated by itself, as what is
    left of the distances between the periods without the means of their models, and set right. Without a change there
    is only the second part (a degenerate U-statistic).
    """
    m, k = len(old), len(new)
    between = distances[np.ix_(old, new)]
    from_old, from_new = between.mean(axis=1), between.mean(axis=0)  # (m, n), (k, n)
    farther_old = from_old - distances[np.ix_(old, old)].sum(axis=1) / (m - 1)
    farther_new = from_new - distances[np.ix_(new, new)].sum(axis=1) / (k - 1)
    change = (farther_old.mean(axis=0) + farther_new.mean(axis=0)) / 2
    jackknife = farther_old.var(axis=0, ddof=1) / m + farther_new.var(axis=0, ddof=1) / k
    left = between - from_old[:, np.newaxis] - from_new + from_old.mean(axis=0)
    of_pairs = np.square(left).sum(axis=(0, 1)) / ((m - 1) * (k - 1))
    right = 1 / (m * k) + 1 / (2 * m * (m - 1)) + 1 / (2 * k * (k - 1))
    counted = (1 / k + (m - 2) / (m - 1) ** 2) / m + (1 / m + (k - 2) / (k - 1) ** 2) / k
    variance = np.maximum(jackknife + (right - counted) * of_pairs, right * of_pairs)
    return change, np.sqrt(np.maximum(variance, _ROUNDING**2))


def _ratios_by_chance(distances: Doubles, old: int) -> Doubles:
    """Change / error of all keys, where models are dealt out to the periods in other ways than they were."""
    models = range(len(distances))
    found = []
    for taken in _deals(len(distances), old):
        others = [model for model in models if model not in taken]
        change, error = _estimates(distances, taken, others)
        found.append(change / error)
    return np.concatenate(found)


def _deals(models: int, old: int) -> list[tuple[int, ...]]:
    """Other ways of choosing the old ones of several models: all, or some at random where there are many."""
    given = tuple(range(old))
    if comb(models, old) <= 10 * _MOST_DEALS:
        ways = [way for way in combinations(range(models), old) if way != given]
        if 2 * old == models:  # old and new by other names are the same
            ways = [way for way in ways if 0 in way]
    else:
        random = np.random.default_rng(0)
        ways = [tuple(sorted(random.permutation(models)[:old].tolist())) for _ in range(_MOST_DEALS)]
        ways = [way for way in ways if way not in (given, tuple(range(models - old, models)))]
    if len(ways) > _MOST_DEALS:
        ways = [ways[place] for place in np.linspace(0, len(ways) - 1, _MOST_DEALS).astype(int)]
    return ways
