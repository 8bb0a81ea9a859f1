"""Sampled softmax: the samplers, the correction, its limit, gradients, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layers.differences import central_differences

from fastemb.layers import SGD, Adam, CrossEntropyLoss, LogUniformSampler, SampledSoftmaxLoss, UnigramSampler
from fastemb.layers.sampled import chance, draws_suffice, sample_classes

SAMPLERS = [LogUniformSampler(6), UnigramSampler([5, 1, 1, 9, 3, 2]), UnigramSampler([5, 1, 1, 9, 3, 2], power=0.5)]
NAMES = ["log-uniform", "unigram", "unigram, power"]


def normal(*shape: int) -> Any:
    return np.random.default_rng(3).normal(size=shape)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=NAMES)
def test_samplers_draw_as_they_say(sampler: Any) -> None:
    shares = sampler.probabilities(np.arange(6))
    assert shares.sum() == pytest.approx(1)
    drawn = sampler.draw(100_000, np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(drawn, minlength=6) / len(drawn), shares, atol=0.006)


def test_the_probabilities_of_samplers() -> None:
    expected = np.log([2, 3 / 2, 4 / 3]) / np.log(4)
    np.testing.assert_allclose(LogUniformSampler(3).probabilities(np.arange(3)), expected)
    np.testing.assert_allclose(UnigramSampler([1, 4], power=0.5).probabilities(np.arange(2)), [1 / 3, 2 / 3])


@pytest.mark.parametrize("by_draws", [True, False], ids=["by draws", "by times"])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_class_counts_once_on_average_when_it_is_divided_by_its_chance(by_draws: bool, size: int) -> None:
    sampler, random = UnigramSampler([8, 4, 4, 3, 2, 2, 1, 1]), np.random.default_rng(0)
    shares, total = sampler.probabilities(np.arange(8)), np.zeros(8)
    for _ in range(8000):
        sample, draws = sample_classes(sampler, size, by_draws, random)
        assert len(set(sample.tolist())) == size
        total[sample] += 1 / chance(shares[sample], draws)
    if by_draws:  # draws are whole, so t is not quite the time
        assert (np.abs(total / 8000 - 1) < (0.15 if size > 1 else 0.6)).all()
    else:
        np.testing.assert_allclose(total / 8000, 1, atol=0.2)


def test_all_classes_are_looked_at_where_few_take_almost_all_draws() -> None:
    assert draws_suffice(LogUniformSampler(1000), 100)
    assert not draws_suffice(UnigramSampler([10**9, 10**9, 1, 1, 1, 1]), 3)
    loss = SampledSoftmaxLoss(UnigramSampler([10**9, 10**9, 1, 1, 1, 1]), 2, 3, seed=0)
    assert np.isfinite(loss(np.ones((1, 2), np.float32), [5]))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=NAMES)
def test_with_all_classes_in_the_sample_it_is_the_whole_softmax(sampler: Any) -> None:
    hidden, targets = normal(4, 3), [5, 0, 3, 3]
    loss, whole = SampledSoftmaxLoss(sampler, 3, 6, seed=0, dtype=np.float64), CrossEntropyLoss()
    assert loss(hidden, targets) == pytest.approx(whole(hidden @ loss.weight.T, targets))
    grad = whole.backward()
    np.testing.assert_allclose(loss.backward(), grad @ loss.weight, atol=1e-14)
    np.testing.assert_allclose(loss.gradients["weight"].to_dense(), grad.T @ hidden, atol=1e-14)


def test_the_mean_gradient_of_samples_comes_near_that_of_the_whole_softmax() -> None:
    classes, size = 400, 100
    sampler = UnigramSampler(1 / np.arange(1, classes + 1))
    hidden, targets = normal(1, 8), [7]
    loss, whole = SampledSoftmaxLoss(sampler, 8, size, seed=0, dtype=np.float64), CrossEntropyLoss()
    whole(hidden @ loss.weight.T, targets)
    expected = whole.backward() @ loss.weight
    found = []
    for _ in range(300):
        loss(hidden, targets)
        found.append(loss.backward())
    assert np.linalg.norm(np.mean(found, axis=0) - expected) < 0.1 * np.linalg.norm(expected)


@given(st.integers(1, 4), st.integers(1, 6), st.sampled_from(["mean", "sum"]), st.integers(0, 50))
def test_gradients(batch: int, size: int, reduction: Any, seed: int) -> None:
    hidden, targets = normal(batch, 3), np.random.default_rng(seed).integers(6, size=batch)
    weight = np.random.default_rng(seed).normal(size=(6, 3))

    def made() -> SampledSoftmaxLoss:
        return SampledSoftmaxLoss(SAMPLERS[1], 3, size, reduction=reduction, weight=weight, seed=seed, dtype=np.float64)

    loss = made()
    loss(hidden, targets)
    of_hidden = loss.backward()
    found = loss.gradients["weight"]
    assert set(targets.tolist()) <= set(found.indices.tolist())
    np.testing.assert_allclose(of_hidden, central_differences(lambda: made()(hidden, targets), hidden), atol=1e-6)
    np.testing.assert_allclose(
        found.to_dense(), central_differences(lambda: made()(hidden, targets), weight), atol=1e-6
    )


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("seed", range(5))
def test_logits_are_corrected_by_the_chance_of_each_class(seed: int, reduction: Any) -> None:
    sampler = UnigramSampler(1 / np.arange(1, 61))
    hidden, targets = normal(3, 4), np.array([59, 30, 0])
    weight = np.random.default_rng(seed).normal(size=(60, 4))
    loss = SampledSoftmaxLoss(sampler, 4, 8, reduction=reduction, weight=weight, seed=seed, dtype=np.float64)
    sample, draws = sample_classes(sampler, 8, draws_suffice(sampler, 8), np.random.default_rng(seed))
    expected = []
    for vector, target in zip(hidden, targets, strict=True):
        classes = [target, *(one for one in sample if one != target)]
        shares = sampler.probabilities(np.array(classes))
        logits = weight[classes] @ vector - np.log(1 - (1 - shares) ** draws)
        expected.append(np.log(np.exp(logits).sum()) - logits[0])
    total = sum(expected) / (3 if reduction == "mean" else 1)
    assert loss(hidden, targets) == pytest.approx(total, rel=1e-12)


def test_an_accidental_hit_is_left_out() -> None:
    loss = SampledSoftmaxLoss(UnigramSampler([1]), 2, 1, seed=0)
    assert loss(np.float32([[1, 2]]), [0]) == 0
    assert (loss.backward() == 0).all()


def test_a_step_changes_the_rows_that_have_a_gradient_only() -> None:
    loss = SampledSoftmaxLoss(LogUniformSampler(1000), 4, 5, optimizer=SGD(0.5), seed=0)
    before, hidden = loss.weight.copy(), normal(2, 4).astype(np.float32)
    loss(hidden, [900, 901])
    loss.backward()
    gradient = loss.gradients["weight"]
    loss.step()
    np.testing.assert_allclose(loss.weight, before - 0.5 * gradient.to_dense(), atol=1e-6)
    assert len(gradient.indices) <= 7
    assert loss.gradients == {}


def test_it_learns() -> None:
    loss = SampledSoftmaxLoss(LogUniformSampler(50), 8, 10, optimizer=Adam(0.05), seed=0)
    hidden, targets = normal(20, 8).astype(np.float32), np.arange(20)
    for _ in range(200):
        loss(hidden, targets)
        loss.backward()
        loss.step()
    assert ((hidden @ loss.weight[:20].T).argmax(axis=1) == targets).all()


ONES = np.ones((2, 3), np.float32)


@pytest.mark.parametrize(
    ("hidden", "targets", "error", "message"),
    [
        (ONES, [0, 6], IndexError, r"targets holds 6 at 1; it must be from 0 to 5"),
        (ONES, [-1, 0], IndexError, r"targets holds -1 at 0"),
        (ONES, [0.0, 1.0], TypeError, "targets must be integers"),
        (ONES, [0], ValueError, r"targets must have the shape \(2,\)"),
        (ONES[:, :2], [0, 1], ValueError, "a last axis of 3"),
        (ONES[0], 0, ValueError, r"\(B, 3\), not \(3,\)"),
        (ONES[:0], [], ValueError, r"\(B, 3\), not \(0, 3\)"),
        (ONES.astype(int), [0, 1], TypeError, "hidden must be floats"),
        (ONES * np.nan, [0, 1], ValueError, r"hidden holds nan at \(0, 0\)"),
    ],
)
def test_bad_input(hidden: Any, targets: Any, error: type[Exception], message: str) -> None:
    loss = SampledSoftmaxLoss(LogUniformSampler(6), 3, 2, seed=0)
    with pytest.raises(error, match=message):
        loss(hidden, targets)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: LogUniformSampler(0), ValueError, "num_classes must be at least 1"),
        (lambda: UnigramSampler([1, 0, 2]), ValueError, "counts holds 0 at 1; it must be above 0: give counts [+] 1"),
        (lambda: UnigramSampler([1, np.nan]), ValueError, "counts holds nan at 1"),
        (lambda: UnigramSampler([]), ValueError, "at least one number"),
        (lambda: UnigramSampler(["a"]), TypeError, "counts must be numbers"),
        (lambda: SampledSoftmaxLoss(LogUniformSampler(6), 3, 7), ValueError, "at most the 6 classes, not 7"),
        (lambda: SampledSoftmaxLoss(LogUniformSampler(6), 3, 0), ValueError, "num_sampled must be at least 1"),
        (lambda: SampledSoftmaxLoss(LogUniformSampler(6), 3, 2, weight=np.ones((5, 3))), ValueError, r"\(6, 3\)"),
        (lambda: SampledSoftmaxLoss(LogUniformSampler(6), 3, 2).backward(), RuntimeError, "call forward first"),
        (lambda: SampledSoftmaxLoss(LogUniformSampler(6), 3, 2).step(), RuntimeError, "no optimizer"),
        (
            lambda: SampledSoftmaxLoss(LogUniformSampler(6), 3, 2, optimizer=SGD()).step(),
            RuntimeError,
            "call backward before step",
        ),
    ],
)
def test_bad_settings(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
