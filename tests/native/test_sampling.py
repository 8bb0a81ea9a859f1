"""What is drawn: alias tables, Huffman trees, and the statistics of subsampling, windows and negatives.

Seeds are fixed, so a chi-square test either always passes or always fails; the threshold is p = 1e-6.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.harness import alias_table, native_run
from reference.oracle import (
    NEGATIVES,
    Model,
    alias_draw,
    alias_probabilities,
    draw,
    huffman_cost,
    huffman_paths,
    keep_thresholds,
    low,
    stream_key,
    windows,
)

from fastemb import _native

UNLIKELY = 4.75  # standard deviations: one-sided p = 1e-6


def check_frequencies(observed: npt.ArrayLike, expected: npt.ArrayLike) -> None:
    """Chi-square by Wilson and Hilferty's normal approximation; cells with fewer than 5 expected are pooled."""
    seen, mean = np.asarray(observed, float).ravel(), np.asarray(expected, float).ravel()
    assert seen.sum() == pytest.approx(mean.sum())
    assert not seen[mean == 0].any(), "something impossible was drawn"
    rare = mean < 5
    seen, mean = np.append(seen[~rare], seen[rare].sum()), np.append(mean[~rare], mean[rare].sum())
    seen, mean = seen[mean > 0], mean[mean > 0]
    freedom = len(mean) - 1
    statistic = float(((seen - mean) ** 2 / mean).sum())
    deviations = ((statistic / freedom) ** (1 / 3) - 1 + 2 / (9 * freedom)) / math.sqrt(2 / (9 * freedom))
    assert deviations < UNLIKELY, f"chi-square {statistic:.1f} with {freedom} degrees of freedom"


def check_independence(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> None:
    """Pairs of values are as frequent as the values make them."""
    pairs = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(pairs, (first, second), 1)
    check_frequencies(pairs, pairs.sum(1, keepdims=True) * pairs.sum(0, keepdims=True) / len(first))


# ---- alias tables ----

WEIGHTS: dict[str, npt.NDArray[np.float64]] = {
    "one word": np.array([3.0]),
    "alike": np.ones(64),
    "two": np.array([1.0, 2.0]),
    "a zero": np.array([1.0, 0.0, 2.0]),
    "zeros around one": np.array([0.0, 0.0, 5.0, 0.0]),
    "zipf": 1.0 / np.arange(1, 1001),
    "counts ** 0.75": np.floor(1e6 / np.arange(1, 1001)) ** 0.75,
    "counts ** 0": np.floor(1e6 / np.arange(1, 1001)) ** 0.0,
    "counts ** -0.5": np.floor(1e6 / np.arange(1, 1001)) ** -0.5,
    "far apart": np.array([1e-30, 1.0, 1e30, 1e-300]),
    "tiny": np.array([1e-300, 2e-300, 3e-300]),
    "random": np.random.default_rng(0).random(777),
}


def check_alias_table(weights: npt.NDArray[np.float64]) -> None:
    table = alias_table(weights)
    assert (table[:, 1] < len(weights)).all()
    # Each of the two entries that can lead to a word is rounded to 2^-32 of a slot.
    np.testing.assert_allclose(alias_probabilities(table), weights / weights.sum(), rtol=0, atol=2.0**-31)
    never = np.flatnonzero(weights == 0)
    assert not table[never, 0].any(), "a word without weight may stay in its slot"
    assert not np.isin(table[:, 1], never).any(), "a slot hands on to a word without weight"


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS.keys())
def test_an_alias_table_holds_its_weights(weights: npt.NDArray[np.float64]) -> None:
    check_alias_table(weights)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(
        st.one_of(st.just(0.0), st.floats(1e-9, 1e9), st.integers(1, 10**6).map(float)), min_size=1, max_size=60
    ).filter(any)
)
def test_any_alias_table_holds_its_weights(weights: list[float]) -> None:
    check_alias_table(np.array(weights))


def test_a_large_alias_table_holds_its_weights() -> None:
    weights = 1.0 / np.arange(1, 2_000_001)
    table = alias_table(weights)
    stays = table[:, 0] / 2.0**32
    probability = stays.copy()
    np.add.at(probability, table[:, 1], 1 - stays)
    np.testing.assert_allclose(probability / len(weights), weights / weights.sum(), rtol=0, atol=2.0**-31)


# ---- Huffman trees ----


def native_paths(counts: list[int]) -> list[list[tuple[int, int]]]:
    tree = _native.HuffmanTree(np.array(counts, np.int64))
    offsets = np.full(len(counts) + 1, -1, np.int64)
    nodes, codes = np.full(tree.total + 1, -1, np.int32), np.full(tree.total + 1, 255, np.uint8)
    tree.paths(offsets, nodes, codes)
    assert offsets[0] == 0
    assert offsets[-1] == tree.total
    assert (nodes[-1], codes[-1]) == (-1, 255), "written past the end"
    steps = list(zip(nodes.tolist(), codes.tolist(), strict=True))
    return [steps[a:b] for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)]


falling_counts = st.lists(st.integers(1, 40), min_size=1, max_size=40).map(lambda counts: sorted(counts, reverse=True))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(falling_counts)
def test_huffman_paths_are_word2vecs(counts: list[int]) -> None:
    assert native_paths(counts) == huffman_paths(counts)


@pytest.mark.parametrize(
    "counts",
    [
        [5],
        [3, 2],
        [1, 1],
        [1, 1, 1],
        [4, 2, 1, 1],
        [8, 4, 2, 1, 1],
        [1] * 33,
        [10**15, 10**14, 1],
        [0, 0, 0],
        [2**k for k in range(61, -1, -1)],
        [2**62, 1],
    ],
    ids=str,
)
def test_huffman_paths_of_special_counts_are_word2vecs(counts: list[int]) -> None:
    assert native_paths(counts) == huffman_paths(counts)


def test_a_small_huffman_tree_by_hand() -> None:
    # The two 1s merge into node 0 (2), the later one first; it and the word with 2 into node 1, an inner node first
    # among equals; that (4) and the word with 4 into the root, node 2.
    assert native_paths([4, 2, 1, 1]) == [
        [(2, 1)],
        [(2, 0), (1, 1)],
        [(2, 0), (1, 0), (0, 1)],
        [(2, 0), (1, 0), (0, 0)],
    ]


@pytest.mark.parametrize(
    "counts",
    [
        [int(10**7 / rank) for rank in range(1, 5001)],
        sorted(np.random.default_rng(1).integers(1, 9, 3000).tolist())[::-1],
    ],
)
def test_a_huffman_tree_is_optimal_and_free_of_prefixes(counts: list[int]) -> None:
    paths = native_paths(counts)
    assert sum(count * len(path) for count, path in zip(counts, paths, strict=True)) == huffman_cost(counts)
    codes = sorted("".join(str(code) for _, code in path) for path in paths)
    assert len(set(codes)) == len(codes)
    assert not any(after.startswith(before) for before, after in itertools.pairwise(codes))
    nodes = {node for path in paths for node, _ in path}
    assert nodes == set(range(len(counts) - 1))
    # One inner node always stands at the same place: its prefix tells it.
    places: dict[tuple[int, ...], int] = {}
    for path in paths:
        for depth, (node, _) in enumerate(path):
            assert places.setdefault(tuple(code for _, code in path[:depth]), node) == node


# ---- negatives ----


def native_negatives(
    table: npt.NDArray[np.uint32], count: int, seed: int = 1, epoch: int = 0, position: int = 0
) -> npt.NDArray[np.int32]:
    rows = np.empty(count, np.int32)
    _native.draw_negatives(table, seed, epoch, position, rows)
    return rows


@pytest.mark.parametrize(
    ("seed", "epoch", "position"), [(0, 0, 0), (1, 0, 0), (2**64 - 1, 3, 2**40), (2**63, 2**31, 7)]
)
def test_negatives_are_the_oracles(seed: int, epoch: int, position: int) -> None:
    table = alias_table(WEIGHTS["zipf"])
    key = draw(stream_key(seed, epoch, NEGATIVES), position)
    expected = [alias_draw(table.tolist(), draw(key, k)) for k in range(200)]
    assert native_negatives(table, 200, seed, epoch, position).tolist() == expected


def test_a_draw_that_equals_the_threshold_moves_on() -> None:
    # So a threshold of 0 keeps a word without weight from ever being drawn.
    bits = draw(draw(stream_key(1, 0, NEGATIVES), 0), 0)
    slot = bits >> 63
    for threshold, row in ((low(bits), 1 - slot), (low(bits) + 1, slot)):
        table = np.array([[threshold, 1], [threshold, 0]], np.uint32)
        assert native_negatives(table, 1).tolist() == [row]


@pytest.mark.parametrize("name", ["counts ** 0.75", "counts ** 0", "counts ** -0.5", "a zero", "two", "random"])
def test_negatives_follow_their_weights(name: str) -> None:
    weights = WEIGHTS[name]
    rows = native_negatives(alias_table(weights), 400_000)
    check_frequencies(np.bincount(rows, minlength=len(weights)), len(rows) * weights / weights.sum())


def test_the_first_negatives_of_many_centres_follow_their_weights() -> None:
    weights = np.floor(1e4 / np.arange(1, 101)) ** 0.75
    table = alias_table(weights)
    rows = np.array([native_negatives(table, 2, position=position) for position in range(30_000)])
    for column in rows.T:
        check_frequencies(np.bincount(column, minlength=100), len(column) * weights / weights.sum())
    check_independence(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64))


NEIGHBOURS: dict[str, Callable[[int], dict[str, int]]] = {
    "position": lambda k: {"position": k},
    "epoch": lambda k: {"epoch": k},
    "seed": lambda k: {"seed": k},
}


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_neighbouring_streams_of_negatives_are_independent(what: str) -> None:
    table = alias_table(np.ones(8))
    rows = np.array([native_negatives(table, 3, **NEIGHBOURS[what](k)) for k in range(20_000)]).astype(np.int64)
    for column in rows.T:
        check_independence(column[:-1], column[1:])
    check_independence(rows[:-1, 1], rows[1:, 0])


def test_consecutive_negatives_are_independent() -> None:
    rows = native_negatives(alias_table(np.ones(16)), 200_000).astype(np.int64)
    for lag in (1, 2, 5):
        check_independence(rows[:-lag], rows[lag:])


# ---- subsampling and windows, token by token through the trainer ----


def samples_of_tokens(
    sentence: list[int], window: int, keep: list[int] | None, begin: int, end: int, **places: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For every token in [begin, end): whether it is kept, and how many contexts it then has."""
    words = max(sentence) + 2
    # Every negative is the last word, which is nobody's centre: two outputs to each context.
    model = Model(
        np.zeros((words, 1)),
        np.zeros((words, 1)),
        noise=[[0, words - 1]] * words,
        negative=1,
        negatives_per_pair=True,
        keep=None if keep is None else [*keep, 0],
        window=window,
        seed=places.get("seed", 1),
    )
    run = native_run("base", model, [sentence], want_loss=False)
    done = np.array([run.train(places.get("epoch", 0), 0.0, t, t + 1) for t in range(begin, end)])
    return done[:, 1].astype(np.int64), done[:, 2].astype(np.int64) // 2


def test_tokens_and_windows_are_the_oracles() -> None:
    rng = np.random.default_rng(5)
    sentence = rng.integers(0, 9, 500).tolist()
    keep = rng.integers(0, 2**32, 9).tolist()
    kept, contexts = samples_of_tokens(sentence, 7, keep, 0, 500, seed=9, epoch=4)
    expected = list(windows(Model(np.zeros((9, 1)), keep=keep, window=7, seed=9), [sentence], 4))
    assert np.flatnonzero(kept).tolist() == [window.position for window in expected]
    assert contexts[kept == 1].tolist() == [len(window.contexts) for window in expected]


def test_subsampling_follows_word2vecs_formula() -> None:
    counts = np.array([50_000, 20_000, 5_000, 500, 50])
    sample = 1e-2
    f = counts / counts.sum()
    probability = np.minimum(1.0, np.sqrt(sample / f) + sample / f)
    thresholds = keep_thresholds(counts, sample).tolist()
    rng = np.random.default_rng(6)
    sentence = rng.permutation(np.repeat(np.arange(5), counts)).tolist()[:40_000]
    kept, _ = samples_of_tokens(sentence, 1, thresholds, 0, len(sentence))
    words = np.array(sentence)
    total = np.bincount(words, minlength=5)
    stay = np.bincount(words[kept == 1], minlength=5)
    check_frequencies([stay, total - stay], [total * probability, total * (1 - probability)])
    assert stay[4] == total[4], "a rare word was dropped"


def test_the_largest_threshold_keeps_every_token_and_the_smallest_none() -> None:
    sentence = [0, 1] * 2000
    kept, _ = samples_of_tokens(sentence, 1, [2**32 - 1, 0], 0, len(sentence))
    assert kept.tolist() == sentence[::-1]


def test_a_token_whose_bits_equal_the_threshold_stays() -> None:
    bits = low(draw(stream_key(1, 0, 1), 0))
    for threshold, stays in ((bits, 1), (bits - 1, 0)):
        kept, _ = samples_of_tokens([0, 1], 1, [threshold, 0], 0, 1)
        assert kept.tolist() == [stays]


@pytest.mark.parametrize("window", [1, 2, 5, 7, 16])
def test_the_reach_of_a_window_is_uniform(window: int) -> None:
    count = 20_000
    _, contexts = samples_of_tokens([0] * (count + 2 * window), window, None, window, window + count)
    reach = contexts // 2
    assert (contexts == 2 * reach).all()
    seen = np.bincount(reach, minlength=window + 1)
    assert seen[0] == 0
    assert len(seen) == window + 1
    if window > 1:
        check_frequencies(seen[1:], np.full(window, count / window))
        for lag in (1, 2, 3):
            check_independence(reach[:-lag], reach[lag:])


def test_the_reach_does_not_depend_on_subsampling() -> None:
    # Both are drawn from the same 64 bits: the reach from the high ones, the fate of the token from the low ones.
    window, count = 4, 30_000
    sentence = [0] * (count + 200)
    kept, contexts = samples_of_tokens(sentence, window, [2**31], 100, 100 + count)
    assert kept.mean() == pytest.approx(0.5, abs=UNLIKELY * 0.5 / math.sqrt(count))
    check_frequencies(np.bincount(contexts[kept == 1] // 2, minlength=5)[1:], np.full(4, kept.sum() / 4))
    check_independence(kept[:-1], kept[1:])


def test_epochs_and_seeds_draw_afresh() -> None:
    sentence = [0] * 8_000
    first, second, third = (
        samples_of_tokens(sentence, 4, [2**31], 0, len(sentence), **place)[0]
        for place in ({"epoch": 0}, {"epoch": 1}, {"seed": 2})
    )
    check_independence(first, second)
    check_independence(first, third)
    check_independence(second, third)
