"""Correlations with their p-values."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Correlation(NamedTuple):
    """A correlation coefficient and the two-sided p-value of no correlation."""

    statistic: float
    pvalue: float

    @property
    def correlation(self) -> float:
        """SciPy's older name of ``statistic``."""
        return self.statistic


def pearson(x: ArrayLike, y: ArrayLike) -> Correlation:
    """Pearson's correlation of two series of n numbers; (nan, nan) when one is constant.

    Raises:
        ValueError: Fewer than two numbers, or not as many in both.
    """
    first, second = _checked(x, y)
    first, second = first - first.mean(), second - second.mean()
    scale = math.sqrt(float(first @ first) * float(second @ second))  # exactly |first @ second| for equal ranks
    if scale == 0.0:
        return Correlation(math.nan, math.nan)
    statistic = min(1.0, max(-1.0, float(first @ second) / scale))
    return Correlation(statistic, 1.0 if len(first) == 2 else _p_value(statistic, len(first) - 2))


def spearman(x: ArrayLike, y: ArrayLike) -> Correlation:
    """Spearman's correlation: Pearson's of the ranks, where equal numbers share their mean rank.

    Raises:
        ValueError: Fewer than two numbers, or not as many in both.
    """
    first, second = _checked(x, y)
    statistic, pvalue = pearson(mean_ranks(first), mean_ranks(second))
    return Correlation(statistic, math.nan if len(first) == 2 else pvalue)


def mean_ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Ranks from 1 on; equal values get the mean of their ranks."""
    _, groups, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts - 1) / 2)[groups.reshape(-1)]
    return ranks


def _checked(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if first.shape != second.shape or first.ndim != 1 or len(first) < 2:
        raise ValueError("a correlation needs two series of the same length, at least 2")
    return first, second


def _p_value(statistic: float, freedom: int) -> float:
    """Two-sided p-value by Student's t distribution."""
    return incomplete_beta(freedom / 2, 0.5, (1 - statistic) * (1 + statistic))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b), for a, b > 0 and 0 <= x <= 1.

    By the continued fraction of DLMF 8.17.22, which converges fast for x < (a + 1) / (a + b + 2), and by
    I_x(a, b) = 1 - I_{1-x}(b, a) elsewhere.
    """
    if x <= 0.0 or x >= 1.0:
        return min(1.0, max(0.0, x))
    if x > (a + 1) / (a + b + 2):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(scale) / (a * _beta_fraction(a, b, x))


def _beta_fraction(a: float, b: float, x: float) -> float:
    """1 + d1 / (1 + d2 / (1 + ...)) by Lentz's method."""
    tiny = 1e-300
    value, numerator, denominator = 1.0, 1.0, 0.0
    for step in range(1, 10_000):
        m = step // 2
        if step % 2:
            factor = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            factor = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        denominator = 1.0 / ((1.0 + factor * denominator) or tiny)
        numerator = (1.0 + factor / numerator) or tiny
        value *= numerator * denominator
        if abs(numerator * denominator - 1.0) < 1e-16:
            break
    return value
