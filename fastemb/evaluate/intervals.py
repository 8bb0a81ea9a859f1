"""Confidence intervals of shares and rank correlations, and of differences of two models on the same questions."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .statistics import incomplete_beta

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

RESAMPLES = 2000
_BLOCK_NUMBERS = 1 << 21  # of resamples that are looked at together


class Estimate(NamedTuple):
    """A number and its confidence interval; all NaN where there is nothing to estimate it from."""

    value: float
    low: float
    high: float


class Difference(NamedTuple):
    """A difference of two models, its confidence interval and two-sided p-values of no difference.

    Attributes:
        value: The difference.
        low: Lower end of the interval.
        high: Upper end.
        p: Allows for questions that share a part.
        mcnemar: Of McNemar's exact test, which takes questions for independent; NaN for correlations.
    """

    value: float
    low: float
    high: float
    p: float
    mcnemar: float


NOTHING = Estimate(math.nan, math.nan, math.nan)
NO_DIFFERENCE = Difference(math.nan, math.nan, math.nan, math.nan, math.nan)


def share(right: NDArray[np.bool_], parts: tuple[Ints, Ints], confidence: float) -> Estimate:
    """The share of right answers, with Wilson's interval for the `effective_size` of the questions.

    Args:
        right: (n,) whether each question was answered right.
        parts: As of `effective_size`.
        confidence: Such as 0.95.
    """
    if len(right) == 0:
        return NOTHING
    value = float(right.mean())
    return Estimate(value, *wilson(value, effective_size(right.astype(np.float64), parts, confidence), confidence))


def wilson(value: float, count: float, confidence: float) -> tuple[float, float]:
    """Wilson's interval for a share of ``count`` independent questions (Wilson 1927)."""
    z = _z(confidence)
    centre = (value + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(value * (1 - value) / count + (z / (2 * count)) ** 2) / (1 + z * z / count)
    return (0.0 if value == 0 else max(0.0, centre - half)), (1.0 if value == 1 else min(1.0, centre + half))


def effective_size(values: Doubles, parts: tuple[Ints, Ints], confidence: float) -> float:
    """How many independent questions would give as wide an interval of the mean of ``values`` as these n do.

    Questions that share a part, as analogies share pairs of words, are easy or hard together. Their covariances are
    added to the variance of the mean (Aronow, Samii and Assenova 2015, Political Analysis 23). The size is that of
    independent questions with the same variance, less what Student's t adds for few parts (Korn and Graubard 1998).

    Args:
        values: (n,) at least one.
        parts: Numbers of the two parts that each question is made of, (n,) each; twice the same where it has one.
        confidence: Of the interval.
    """
    count = len(values)
    first, second = _renumbered(parts)
    used = 1 + int(max(first.max(), second.max()))
    single = first == second
    if used < 3 or (used == count and single.all()):
        return float(count)  # independent, or too few parts to tell how much they matter
    residuals = values - values.mean()
    own = float(residuals @ residuals)
    if own == 0:
        return min(float(count), used / (1 if single.all() else 2))
    others = np.where(single, 0, residuals)
    by_part = np.bincount(first, residuals, used) + np.bincount(second, others, used)
    pairs = np.unique(np.minimum(first, second) * used + np.maximum(first, second), return_inverse=True)[1]
    by_pair = np.bincount(pairs, others)  # questions that share both parts were counted twice
    variance = float(by_part @ by_part - by_pair @ by_pair) * used / (used - 2)
    if variance <= own:
        return float(count)
    factor = student_quantile(confidence, used - 1) / _z(confidence)
    return max(1.0, own * count / (variance * factor**2))


def student_quantile(confidence: float, freedom: int) -> float:
    """Half the width of the central interval that holds a share ``confidence`` of Student's t distribution."""
    low, high = 0.0, 1.0
    while high - low > 1e-12:  # x = freedom / (freedom + t^2) falls as t rises
        middle = (low + high) / 2
        if incomplete_beta(freedom / 2, 0.5, middle) > 1 - confidence:
            high = middle
        else:
            low = middle
    return math.sqrt(freedom * (1 - high) / high)


def share_difference(
    one: NDArray[np.bool_], other: NDArray[np.bool_], parts: tuple[Ints, Ints], confidence: float
) -> Difference:
    """How much larger the share of right answers is in ``other`` than in ``one``, to the same questions.

    The interval is Agresti and Min's (2005, Statistics in Medicine 24), for the `effective_size` of the differences;
    p is McNemar's, of as many questions as that size.
    """
    count = len(one)
    if count == 0:
        return NO_DIFFERENCE
    worse, better = int((one & ~other).sum()), int((other & ~one).sum())
    differences = other.astype(np.float64) - one
    size = effective_size(differences, parts, confidence)
    lost, won = worse * size / count, better * size / count
    centre = (won - lost) / (size + 2)
    spread = won + lost + 1 - (won - lost) ** 2 / (size + 2)
    half = _z(confidence) * math.sqrt(max(0.0, spread)) / (size + 2)
    return Difference(
        (better - worse) / count,
        max(-1.0, centre - half),
        min(1.0, centre + half),
        mcnemar(lost, won),
        mcnemar(worse, better),
    )


def mcnemar(worse: float, better: float) -> float:
    """The exact two-sided p-value of McNemar's test (1947), of the questions that one model alone answered right."""
    low, high = sorted((worse, better))
    return 1.0 if low == high else min(1.0, 2 * incomplete_beta(high, low + 1, 0.5))


def correlation(human: Doubles, cosines: Doubles, confidence: float, seed: int) -> Estimate:
    """Spearman's rho with its bootstrap interval of percentiles over pairs of words."""
    if len(human) < 3:
        return NOTHING
    drawn = bootstrap([cosines], human, seed)[0]
    value = rank_correlations(human, cosines, np.ones((1, len(human))))[0]
    return Estimate(float(value), *_percentiles(drawn, confidence))


def correlation_difference(human: Doubles, one: Doubles, other: Doubles, confidence: float, seed: int) -> Difference:
    """How much larger Spearman's rho is in ``other`` than in ``one``, of the same pairs; paired bootstrap."""
    if len(human) < 3:
        return NO_DIFFERENCE
    whole = np.ones((1, len(human)))
    value = float(rank_correlations(human, other, whole)[0] - rank_correlations(human, one, whole)[0])
    first, second = bootstrap([one, other], human, seed)
    drawn = (second - first)[~np.isnan(second - first)]
    tail = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    p = min(1.0, 2 * (tail + 1) / (len(drawn) + 1))
    return Difference(value, *_percentiles(drawn, confidence), math.nan if math.isnan(value) else p, math.nan)


def bootstrap(series: list[Doubles], human: Doubles, seed: int) -> list[Doubles]:
    """Spearman's rho of each series with ``human`` in the same `RESAMPLES` resamples of pairs, (RESAMPLES,) each."""
    random = np.random.default_rng(seed)
    count = len(human)
    found: list[list[Doubles]] = [[] for _ in series]
    step = max(1, _BLOCK_NUMBERS // count)
    for start in range(0, RESAMPLES, step):
        some = min(step, RESAMPLES - start)
        drawn = random.integers(count, size=(some, count)) + np.arange(some)[:, np.newaxis] * count
        weights = np.bincount(drawn.reshape(-1), minlength=some * count).reshape(some, count).astype(np.float64)
        for values, parts in zip(series, found, strict=True):
            parts.append(rank_correlations(human, values, weights))
    return [np.concatenate(parts) for parts in found]


def rank_correlations(one: Doubles, other: Doubles, weights: Doubles) -> Doubles:
    """Spearman's rho where each of n pairs of numbers occurs so many times, for each row of ``weights``, (m, n)."""
    ranks = [_weighted_ranks(values, weights) for values in (one, other)]
    total = weights.sum(axis=1, keepdims=True)
    first, second = (rank - (weights * rank).sum(axis=1, keepdims=True) / total for rank in ranks)
    scale = np.sqrt((weights * first * first).sum(axis=1) * (weights * second * second).sum(axis=1))
    product = (weights * first * second).sum(axis=1)
    made: Doubles = np.divide(product, scale, out=np.full(len(weights), math.nan), where=scale > 0)
    return np.clip(made, -1, 1)


def _weighted_ranks(values: Doubles, weights: Doubles) -> Doubles:
    """Mean ranks of (n,) values that occur so many times each, (m, n)."""
    _, groups = np.unique(values, return_inverse=True)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sizes = np.add.reduceat(weights[:, order], starts, axis=1)
    ranks: Doubles = (np.cumsum(sizes, axis=1) - (sizes - 1) / 2)[:, groups]
    return ranks


def _percentiles(drawn: Doubles, confidence: float) -> tuple[float, float]:
    drawn = drawn[~np.isnan(drawn)]
    if len(drawn) == 0:
        return math.nan, math.nan
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _renumbered(parts: tuple[Ints, Ints]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The same parts numbered from 0 on, without gaps."""
    _, numbers = np.unique(np.concatenate(parts), return_inverse=True)
    half = len(parts[0])
    return numbers[:half], numbers[half:]


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)
