"""Axes and association tests: known values, and what they refuse."""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors
from fastemb.spaces import sc_weat, weat

ROWS = {
    "queen": [1.0, 1.0, 0.0],
    "woman": [1.0, 0.0, 1.0],
    "king": [-1.0, 1.0, 0.0],
    "man": [-2.0, 0.0, 2.0],
    "she": [5.0, 0.0, 0.0],
    "he": [-0.1, 0.0, 0.0],
    "crown": [0.0, 1.0, 0.0],
    "nothing": [0.0, 0.0, 0.0],
}


@pytest.fixture
def wv() -> KeyedVectors:
    return KeyedVectors._from_arrays(list(ROWS), np.array(list(ROWS.values()), np.float32))


# ---- axes ----


@pytest.mark.parametrize("method", ["mean", "pairs", "pca"])
def test_the_axis_of_known_pairs(wv: KeyedVectors, method: Any) -> None:
    axis = wv.axis(["queen", "woman"], ["king", "man"], method=method)
    assert axis.direction == pytest.approx(np.array([1, 0, 0]), abs=1e-6)
    assert axis["she"] == pytest.approx(1)
    assert axis["he"] == pytest.approx(-1)
    assert axis["queen"] == pytest.approx(np.sqrt(0.5))
    assert axis.scores.tolist() == pytest.approx([0.5**0.5, 0.5**0.5, -(0.5**0.5), -(0.5**0.5), 1, -1, 0, 0])
    assert axis.told_apart == 1
    assert axis.ends(1) == ([("he", pytest.approx(-1))], [("she", pytest.approx(1))])
    assert [key for key, _ in axis.ends(5, restrict_vocab=6)[0]] == ["he", "she"]  # the others are examples


def test_pairs_count_alike_however_far_apart_they_are() -> None:
    rows = np.array([[1, 0, 0], [0.8, 0.6, 0], [0, 0, 1], [0, 1, 0]], np.float32)
    wv = KeyedVectors._from_arrays(list("abcd"), rows)
    difference = rows[:1] - rows[1:2], rows[2:3] - rows[3:4]
    scaled = [one[0] / np.linalg.norm(one) for one in difference]
    expected = np.sum(scaled, axis=0) / np.linalg.norm(np.sum(scaled, axis=0))
    assert wv.axis(["a", "c"], ["b", "d"], method="pairs").direction == pytest.approx(expected, abs=1e-6)
    mean = (difference[0] + difference[1])[0]
    assert wv.axis(["a", "c"], ["b", "d"]).direction == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_the_principal_component_of_pairs_and_its_variance() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(20, 6))
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    wv = KeyedVectors._from_arrays(list(range(20)), rows)
    axis = wv.axis(list(range(10)), list(range(10, 20)), method="pca")
    both = np.concatenate([(rows[:10] - rows[10:]) / 2, (rows[10:] - rows[:10]) / 2])  # pairs less their middle
    _, values, directions = np.linalg.svd(both)
    assert abs(axis.direction @ directions[0]) == pytest.approx(1)
    assert axis.variance == pytest.approx(values[0] ** 2 / (values**2).sum())
    assert ((rows[:10] - rows[10:]) @ axis.direction).sum() > 0


def test_examples_that_name_no_direction_are_told_apart_no_better_than_by_chance() -> None:
    random = np.random.default_rng(0)
    wv = KeyedVectors._from_arrays(list(range(400)), random.normal(size=(400, 50)))
    for method in ("mean", "pairs", "pca"):
        found = wv.axis(list(range(40)), list(range(40, 80)), method=method)  # type: ignore[arg-type]
        assert 0.25 < found.told_apart < 0.75
    assert np.isnan(wv.axis(1, 2).told_apart)
    assert np.isnan(wv.axis([1], [2]).variance)


def test_reversing_the_ends_reverses_the_axis(wv: KeyedVectors) -> None:
    one, other = wv.axis(["queen", "she"], ["king"]), wv.axis(["king"], ["queen", "she"])
    assert other.direction == pytest.approx(-one.direction)
    assert repr(one).startswith("Axis(king to queen, she; method='mean'")


@pytest.mark.parametrize(
    ("positive", "negative", "method", "error", "message"),
    [
        ([], ["man"], "mean", ValueError, "positive is empty"),
        (["man"], [], "mean", ValueError, "negative is empty"),
        (["man", "she"], ["she"], "mean", ValueError, "'she' is both positive and negative"),
        (
            ["man", "king"],
            ["she"],
            "pairs",
            ValueError,
            "as many positive keys as negative ones, not 2 and 1; method='mean'",
        ),
        (["mann"], ["she"], "mean", KeyError, "did you mean 'man'"),
        (["man"], ["she"], "median", ValueError, "one of 'mean', 'pairs', 'pca', not 'median'"),
        (None, ["she"], "mean", TypeError, "positive must be a list of keys"),
    ],
)
def test_bad_axes(
    wv: KeyedVectors, positive: Any, negative: Any, method: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        wv.axis(positive, negative, method=method)
    assert message in str(caught.value)


@pytest.mark.parametrize("method", ["mean", "pairs", "pca"])
def test_ends_at_the_same_place(method: Any) -> None:
    wv = KeyedVectors._from_arrays(["a", "b"], np.array([[1, 2], [2, 4]], np.float32))
    with pytest.raises(ValueError, match="the same place"):
        wv.axis("a", "b", method=method)


# ---- associations ----


def test_weat_by_hand(wv: KeyedVectors) -> None:
    x, y, a, b = ["queen", "woman"], ["king", "man"], ["she"], ["he"]
    half = np.sqrt(0.5)
    associations = np.array([2 * half, 2 * half, -2 * half, -2 * half])
    found = weat(wv, x, y, a, b)
    assert found.effect_size == pytest.approx(4 * half / associations.std(ddof=1))
    assert found[1:] == (1 / 6, 6, True, [])  # of the 6 splits of 4 words, only the given one is so large
    assert weat(wv, y, x, a, b).effect_size == pytest.approx(-found.effect_size)
    assert weat(wv, y, x, a, b).p == 1


def test_exact_and_drawn_splits_agree_with_all_of_them() -> None:
    random = np.random.default_rng(3)
    wv = KeyedVectors._from_arrays(list(range(30)), random.normal(size=(30, 5)))
    x, y, a, b = list(range(5)), list(range(5, 9)), list(range(10, 20)), list(range(20, 30))
    units = wv.get_normed_vectors()
    values = units[:9] @ units[10:20].T.mean(axis=1) - units[:9] @ units[20:].T.mean(axis=1)
    gaps = []
    for chosen in combinations(range(9), 5):
        rest = [row for row in range(9) if row not in chosen]
        gaps.append(values[list(chosen)].mean() - values[rest].mean())
    expected = np.mean(np.array(gaps) >= gaps[0] - 1e-12)
    exact, drawn = weat(wv, x, y, a, b), weat(wv, x, y, a, b, permutations=100, seed=1)
    assert (exact.p, exact.splits, exact.exact) == (expected, 126, True)
    assert (drawn.splits, drawn.exact) == (101, False)
    assert drawn.p == pytest.approx(expected, abs=0.2)
    assert drawn.p > 0
    assert weat(wv, x, y, a, b, permutations=100, seed=1) == drawn
    assert drawn.effect_size == exact.effect_size


def test_p_values_of_weat_are_uniform_without_an_association() -> None:
    random = np.random.default_rng(0)
    found = []
    for _ in range(400):
        wv = KeyedVectors._from_arrays(list(range(24)), random.normal(size=(24, 10)))
        found.append(weat(wv, range(5), range(5, 10), range(10, 17), range(17, 24)).p)
    for level in (0.1, 0.3, 0.6):
        assert np.mean(np.array(found) <= level) == pytest.approx(level, abs=0.07)


def test_sc_weat_by_hand(wv: KeyedVectors) -> None:
    found = sc_weat(wv, "she", ["queen", "woman"], ["king", "man"])
    cosines = np.array([0.5, 0.5, -0.5, -0.5])
    assert found.effect_size == pytest.approx(1 / cosines.std(ddof=1))
    assert found.p == 1 / 6


def test_words_without_a_vector_are_named(wv: KeyedVectors) -> None:
    with pytest.warns(UserWarning, match="left out: 'princess', 'boy'"):
        found = weat(wv, ["queen", "woman", "princess"], ["king", "man"], ["she"], ["he", "boy"])
    assert found.missing == ["princess", "boy"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found[:4] == weat(wv, ["queen", "woman"], ["king", "man"], ["she"], ["he"])[:4]


def test_all_equal_is_no_effect() -> None:
    wv = KeyedVectors._from_arrays(list("abcdxy"), np.ones((6, 2), np.float32))
    found = weat(wv, ["a", "b"], ["c", "d"], ["x"], ["y"])
    assert (found.effect_size, found.p) == (0, 1)


@pytest.mark.filterwarnings("ignore:these words have no vector")
@pytest.mark.parametrize(
    ("sets", "error", "message"),
    [
        ((["queen"], ["king", "man"], ["she"], ["he"]), ValueError, "x has 1 words with a vector, and at least 2"),
        ((["queen", "woman"], ["king", "zz"], ["she"], ["he"]), ValueError, "y has 1 words"),
        ((["queen", "woman"], ["king", "man"], [], ["he"]), ValueError, "a has 0 words"),
        ((["queen", "woman"], ["king", "queen"], ["she"], ["he"]), ValueError, "'queen' is in both x and y"),
        ((["queen", "woman"], ["king", "man"], ["he"], ["he"]), ValueError, "'he' is in both a and b"),
        ((["queen", "woman"], ["king", "man"], 1.5, ["he"]), TypeError, "a must be a list of keys"),
    ],
)
def test_bad_sets(wv: KeyedVectors, sets: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        weat(wv, *sets)


def test_an_unknown_single_word_is_an_error(wv: KeyedVectors) -> None:
    with pytest.raises(KeyError, match="did you mean 'queen'"):
        sc_weat(wv, "Queen", ["she", "woman"], ["he", "man"])


def test_one_example_at_each_end_cannot_be_told_apart() -> None:
    vectors = KeyedVectors._from_arrays(["a", "b"], np.eye(2, dtype=np.float32))
    assert repr(vectors.axis("a", "b")) == "Axis(b to a; method='mean')"
