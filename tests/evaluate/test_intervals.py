"""Intervals and paired tests, against SciPy, against their definitions, and by how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from fastemb.evaluate import intervals


def own(count: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(count), np.arange(count)


@pytest.mark.parametrize(("right", "count"), [(0, 7), (7, 7), (3, 10), (812, 999)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_a_share_of_independent_questions_has_wilsons_interval(right: int, count: int, confidence: float) -> None:
    answers = np.arange(count) < right
    expected = stats.binomtest(right, count).proportion_ci(confidence, method="wilson")
    found = intervals.share(answers, own(count), confidence)
    assert found == pytest.approx((right / count, expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("worse", "better"), [(0, 0), (0, 1), (5, 5), (3, 11), (40, 90), (0, 60)])
def test_mcnemars_test_is_the_binomial_one(worse: int, better: int) -> None:
    expected = stats.binomtest(worse, worse + better).pvalue if worse + better else 1.0
    assert intervals.mcnemar(worse, better) == pytest.approx(expected, rel=1e-9)
    assert intervals.mcnemar(better, worse) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("freedom", [1, 2, 7, 60])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_quantiles_of_students_t(freedom: int, confidence: float) -> None:
    expected = stats.t.ppf((1 + confidence) / 2, freedom)
    assert intervals.student_quantile(confidence, freedom) == pytest.approx(expected, rel=1e-6)


def test_the_variance_of_questions_that_share_parts_is_the_sum_over_all_pairs_that_do() -> None:
    random = np.random.default_rng(1)
    first, second = random.integers(12, size=(2, 60))
    values = random.normal(size=60) + first / 4
    residuals = values - values.mean()
    total = 0.0
    for one in range(60):
        for other in range(60):
            if {first[one], second[one]} & {first[other], second[other]}:
                total += residuals[one] * residuals[other]
    used = len({*first, *second})
    factor = stats.t.ppf(0.95, used - 1) / stats.norm.ppf(0.95)
    expected = residuals @ residuals * 60 / (total * used / (used - 2) * factor**2)
    assert intervals.effective_size(values, (first, second), 0.9) == pytest.approx(expected, rel=1e-6)


def test_intervals_of_analogies_hold_the_truth_and_those_for_independent_questions_do_not() -> None:
    random = np.random.default_rng(2)
    first, second = np.nonzero(~np.eye(23, dtype=bool))
    easy = random.normal(size=(2, 1_000_000))
    truth = float((1 / (1 + np.exp(-easy.sum(axis=0)))).mean())
    held = independent = 0
    for _ in range(300):
        of_pair = random.normal(size=23)
        right = random.random(len(first)) < 1 / (1 + np.exp(-of_pair[first] - of_pair[second]))
        found = intervals.share(right, (first, second), 0.95)
        held += found.low <= truth <= found.high
        low, high = intervals.wilson(float(right.mean()), len(right), 0.95)
        independent += low <= truth <= high
    assert held / 300 > 0.88
    assert independent / 300 < 0.6


def test_differences_of_shares() -> None:
    one, other = np.arange(100) < 60, (np.arange(100) >= 10) & (np.arange(100) < 90)
    found = intervals.share_difference(one, other, own(100), 0.95)
    assert found.value == pytest.approx(0.2)
    assert found.p == found.mcnemar == pytest.approx(stats.binomtest(10, 40).pvalue)
    # Agresti and Min: half a question more in each cell of the table
    centre = 20 / 102
    half = stats.norm.ppf(0.975) * math.sqrt(41 - 20**2 / 102) / 102
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half))
    back = intervals.share_difference(other, one, own(100), 0.95)
    assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low))


def test_a_difference_that_rests_on_one_pair_of_words_is_less_sure() -> None:
    first, second = np.nonzero(~np.eye(20, dtype=bool))
    better = (first == 0) | (second == 0)
    found = intervals.share_difference(np.zeros(len(first), bool), better, (first, second), 0.95)
    assert found.mcnemar < 1e-9
    assert found.p > 0.05 > found.mcnemar
    assert found.low < 0


def test_resamples_of_rank_correlations_are_those_of_scipy() -> None:
    random = np.random.default_rng(3)
    human, cosines = random.integers(5, size=30).astype(float), random.normal(size=30).round(1)
    weights = np.stack([np.bincount(random.integers(30, size=30), minlength=30) for _ in range(20)]).astype(float)
    found = intervals.rank_correlations(human, cosines, weights)
    for weight, rho in zip(weights, found, strict=True):
        drawn = np.repeat(np.arange(30), weight.astype(int))
        assert rho == pytest.approx(stats.spearmanr(human[drawn], cosines[drawn]).statistic, abs=1e-12)


def test_the_interval_of_a_rank_correlation_is_that_of_scipys_bootstrap() -> None:
    random = np.random.default_rng(4)
    human = random.normal(size=200)
    cosines = human + random.normal(size=200)
    found = intervals.correlation(human, cosines, 0.9, 0)
    expected = stats.bootstrap(
        (human, cosines),
        lambda one, other: stats.spearmanr(one, other).statistic,
        paired=True,
        vectorized=False,
        n_resamples=2000,
        confidence_level=0.9,
        method="percentile",
        rng=5,
    ).confidence_interval
    assert found.value == pytest.approx(stats.spearmanr(human, cosines).statistic)
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.015)


def test_differences_of_rank_correlations() -> None:
    random = np.random.default_rng(5)
    human = random.normal(size=200)
    good, bad = human + random.normal(size=200), random.normal(size=200)
    found = intervals.correlation_difference(human, bad, good, 0.95, 0)
    assert found.value == pytest.approx(stats.spearmanr(human, good)[0] - stats.spearmanr(human, bad)[0])
    assert 0 < found.low < found.value < found.high
    assert found.p < 0.002
    same = intervals.correlation_difference(human, good, good, 0.95, 0)
    assert same[:4] == (0, 0, 0, 1)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_numbers(count: int) -> None:
    some = np.arange(count, dtype=float)
    assert all(map(math.isnan, intervals.correlation(some, some, 0.95, 0)))
    assert all(map(math.isnan, intervals.correlation_difference(some, some, some, 0.95, 0)))
    none = np.zeros(0, bool)
    assert all(map(math.isnan, intervals.share(none, own(0), 0.95)))
    assert all(map(math.isnan, intervals.share_difference(none, none, own(0), 0.95)))


def test_equal_cosines_have_no_correlation() -> None:
    assert all(map(math.isnan, intervals.correlation(np.arange(9.0), np.ones(9), 0.95, 0)))
