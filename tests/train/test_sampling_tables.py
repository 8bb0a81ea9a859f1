"""Tables that sampling reads, against word2vec's formulas and the oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import oracle

from fastemb.train.sampling import huffman_paths, keep_probabilities, keep_thresholds, noise_table

COUNTS = np.array([5000, 3000, 1500, 400, 90, 10])  # 10,000 in all


# ---- subsampling ----


def test_keep_probabilities_are_those_of_word2vecs_code() -> None:
    # (sqrt(cn / (sample * train_words)) + 1) * (sample * train_words) / cn
    for sample in (1e-1, 1e-2, 1e-3, 1e-5):
        expected = [min(1.0, (math.sqrt(cn / (sample * 10_000)) + 1) * (sample * 10_000) / cn) for cn in COUNTS]
        np.testing.assert_allclose(keep_probabilities(COUNTS, sample), expected, rtol=1e-12)


def test_known_keep_probabilities() -> None:
    # f = 4 t: sqrt(1/4) + 1/4; f = 100 t: 0.1 + 0.01
    np.testing.assert_allclose(keep_probabilities(np.array([100, 4, 1]), 1 / 105), [0.11, 0.75, 1.0], rtol=1e-12)


def test_no_sample_keeps_everything() -> None:
    assert (keep_probabilities(COUNTS, 0) == 1).all()
    assert keep_thresholds(COUNTS, 0) is None
    assert keep_thresholds(np.full(2000, 7), 1e-3) is None


def test_a_sample_of_one_or_more_is_a_count() -> None:
    # gensim: threshold_count = sample * (3 + sqrt(5)) / 2, in place of sample * total
    for sample in (1, 50.0, 3000):
        threshold = sample * (3 + math.sqrt(5)) / 2
        expected = [min(1.0, (math.sqrt(cn / threshold) + 1) * threshold / cn) for cn in COUNTS]
        np.testing.assert_allclose(keep_probabilities(COUNTS, sample), expected, rtol=1e-12)
    assert (keep_probabilities(COUNTS, 1e6) == 1).all()


def test_words_that_never_occur_are_no_trouble() -> None:
    assert keep_probabilities(np.array([1000, 0]), 1e-2)[1] == 1
    assert keep_probabilities(np.array([0, 0]), 2)[0] == 1


def test_thresholds_are_probabilities_of_32_bits() -> None:
    thresholds = keep_thresholds(COUNTS, 1e-3)
    assert thresholds is not None
    assert thresholds.dtype == np.uint32
    np.testing.assert_allclose((thresholds + 1.0) / 2**32, keep_probabilities(COUNTS, 1e-3), atol=2**-32)
    assert thresholds[-1] == 2**32 - 1  # always stays
    assert np.array_equal(thresholds, oracle.keep_thresholds(COUNTS, 1e-3))


def test_the_smallest_sample_keeps_next_to_nothing() -> None:
    thresholds = keep_thresholds(COUNTS, 1e-300)
    assert thresholds is not None
    assert thresholds.max() == 0


# ---- negatives ----


@pytest.mark.parametrize("exponent", [0.75, 1.0, 0.0, -0.5, -1.0, 2.0])
def test_negatives_are_drawn_by_count_to_the_power_of_the_exponent(exponent: float) -> None:
    expected = COUNTS.astype(float) ** exponent
    probabilities = oracle.alias_probabilities(noise_table(COUNTS, exponent))
    np.testing.assert_allclose(probabilities, expected / expected.sum(), atol=1e-8)


@pytest.mark.parametrize("exponent", [0.75, 0.0, -0.75])
def test_a_word_that_never_occurs_is_never_drawn(exponent: float) -> None:
    counts = np.array([4, 2, 0, 0])
    probabilities = oracle.alias_probabilities(noise_table(counts, exponent))
    expected = np.array([4.0, 2.0]) ** exponent
    np.testing.assert_allclose(probabilities, [*(expected / expected.sum()), 0, 0], atol=1e-8)


def test_counts_of_zero_alone_are_drawn_alike() -> None:
    np.testing.assert_allclose(oracle.alias_probabilities(noise_table(np.array([0, 0]), 0.75)), [0.5, 0.5], atol=1e-8)


@pytest.mark.parametrize("exponent", [300.0, -300.0])
def test_an_enormous_exponent_does_not_overflow(exponent: float) -> None:
    probabilities = oracle.alias_probabilities(noise_table(np.array([10**9, 10, 1]), exponent))
    np.testing.assert_allclose(probabilities, [1, 0, 0] if exponent > 0 else [0, 0, 1], atol=1e-8)


def test_the_table_of_one_word() -> None:
    np.testing.assert_allclose(oracle.alias_probabilities(noise_table(np.array([7]), 0.75)), [1.0])


# ---- Huffman paths ----


def as_lists(counts: list[int]) -> list[list[tuple[int, int]]]:
    paths = huffman_paths(np.array(counts, np.int64))
    assert paths.longest == max(np.diff(paths.offsets))
    return [
        list(zip(paths.nodes[begin:end].tolist(), paths.codes[begin:end].tolist(), strict=True))
        for begin, end in zip(paths.offsets[:-1], paths.offsets[1:], strict=True)
    ]


def test_paths_of_falling_counts_are_those_of_word2vec() -> None:
    counts = sorted(np.random.default_rng(0).zipf(1.4, 60).clip(max=10**6).tolist(), reverse=True)
    assert as_lists(counts) == oracle.huffman_paths(counts)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=2, max_size=40))
def test_counts_in_any_order_get_the_paths_of_their_rank(counts: list[int]) -> None:
    order = sorted(range(len(counts)), key=lambda word: -counts[word])
    sorted_paths = oracle.huffman_paths([counts[word] for word in order])
    paths = as_lists(counts)
    assert [paths[word] for word in order] == sorted_paths
    cost = sum(count * len(path) for count, path in zip(counts, paths, strict=True))
    assert cost == oracle.huffman_cost(counts)


def test_no_code_is_the_start_of_another() -> None:
    paths = as_lists([1, 100, 30, 30, 2, 700])
    codes = ["".join(str(code) for _, code in path) for path in paths]
    assert not [(a, b) for a in codes for b in codes if a is not b and b.startswith(a)]
    assert len(codes[5]) == 1
    assert {path[0][0] for path in paths} == {4}  # the root is made last


def test_one_word_has_an_empty_path() -> None:
    assert as_lists([9]) == [[]]


@pytest.mark.parametrize(
    "counts", [[2**63 - 1, 1], [2**62, 2**62], [2**63 - 1, 2**63 - 1, 5], [2**62] * 3, [2**60] * 8]
)
def test_counts_that_add_up_to_too_much_are_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match=r"nor add up to 2\*\*63 or more"):
        huffman_paths(np.array(counts, np.int64))


def test_counts_that_add_up_to_nearly_as_much_are_taken() -> None:
    assert [len(path) for path in as_lists([2**62, 2**61, 2**61 - 1])] == [1, 2, 2]


@pytest.mark.parametrize("counts", [[7], [3, 2, 1], [1, 2, 3]])
def test_the_spare_entry_of_paths_is_set(counts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "empty", lambda shape, dtype=float: np.full(shape, 77, dtype))
    paths = huffman_paths(np.array(counts, np.int64))
    assert (paths.nodes[-1], paths.codes[-1]) == (0, 0)
