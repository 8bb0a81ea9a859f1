"""Two spaces in one: what turning undoes, which change is found, and how often an unchanged key's interval holds 0."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fastemb import KeyedVectors, Word2Vec
from fastemb.spaces import align, align_many, stability
from fastemb.spaces.change import _deals, change_between, change_of_pair, false_discovery_rates

Array = NDArray[Any]


def rotation(size: int, seed: int) -> Array:
    made: Array = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))[0]
    return made


def vectors(rows: Array, keys: list[str] | None = None) -> KeyedVectors:
    named = [f"k{row}" for row in range(len(rows))] if keys is None else keys
    return KeyedVectors._from_arrays(named, rows.astype(np.float32))


def models(old: int, new: int, keys: int = 1000, size: int = 20, seed: int = 0, moved: int = 0) -> Any:
    """Models of two periods: the same points, with noise that grows with the row, each turned in its own way.

    The first ``moved`` keys have another place in the new period.
    """
    random = np.random.default_rng(seed)
    points = random.normal(size=(keys, size))
    other = points.copy()
    other[:moved] = random.normal(size=(moved, size))
    noise = np.linspace(0.2, 1.5, keys)[random.permutation(keys), np.newaxis]
    noise[:moved] = 0.5
    made = []
    for number in range(old + new):
        rows = (points if number < old else other) + noise * random.normal(size=(keys, size))
        made.append(vectors((rows + 0.5) @ rotation(size, number)))
    return made[:old], made[old:]


# ---- turning ----


@settings(max_examples=20, deadline=None)
@given(size=st.integers(2, 12), seed=st.integers(0, 1000), center=st.booleans(), stretch=st.floats(0.1, 10))
def test_a_turned_copy_comes_back_onto_its_source(size: int, seed: int, center: bool, stretch: float) -> None:
    rows = np.random.default_rng(seed).normal(size=(4 * size, size))
    source, copy = vectors(rows), vectors(stretch * rows @ rotation(size, seed))
    found = align(copy, source, center=center)
    assert found.distance == pytest.approx(np.zeros(4 * size), abs=1e-5)
    assert found.old.vectors == pytest.approx(found.new.vectors, abs=1e-3)


def test_a_quarter_turn_is_turned_back_into_the_axes_of_the_new() -> None:
    new = vectors(np.array([[2.0, 0], [0, 1], [3, 4]]))
    old = vectors(np.array([[0.0, 2], [-1, 0], [-4, 3]]))
    found = align(old, new, center=False)
    assert found.old.vectors == pytest.approx(np.array([[1, 0], [0, 1], [0.6, 0.8]]), abs=1e-6)
    assert found.new.vectors == pytest.approx(np.array([[1, 0], [0, 1], [0.6, 0.8]]), abs=1e-6)


def test_a_common_part_is_taken_out() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 5)) * 0.1 + 10
    found = align_many([vectors(rows), vectors(rows)])
    assert abs(found[1].vectors.mean()) < 0.1
    assert abs(align_many([vectors(rows), vectors(rows)], center=False)[1].vectors.mean()) > 0.3


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_nothing_depends_on_how_the_models_were_turned(seed: int) -> None:
    old, new = models(2, 2, keys=60, size=6, moved=2, seed=seed)
    turned = [vectors(model.vectors @ rotation(6, seed + number)) for number, model in enumerate([*old, *new])]
    one, other = align(old, new), align(turned[:2], turned[2:])
    for name in ("distance", "change", "low", "high"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), abs=0.01), name


def test_old_and_new_may_be_exchanged() -> None:
    old, new = models(3, 3, keys=200, moved=3)
    one, other = align(old, new), align(new, old)
    assert other.change == pytest.approx(one.change, abs=0.01)
    assert [moved.key for moved in other.moved(3)] == [moved.key for moved in one.moved(3)]


def test_many_periods_share_a_space_and_keep_their_own_keys_and_counts() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 4))
    given = [vectors((rows + 1) @ rotation(4, number)) for number in range(5)]
    given[0].add_vectors(["only here"], [rows[0] @ rotation(4, 0)])
    given[0].expandos["count"] = np.arange(41)
    found = align_many(given, center=False)
    assert [len(one) for one in found] == [41, 40, 40, 40, 40]
    for one in found[:-1]:
        assert one["k3"] == pytest.approx(found[-1]["k3"], abs=1e-3)
    assert found[0].get_vecattr("k7", "count") == 7
    assert np.linalg.norm(found[0].vectors, axis=1) == pytest.approx(np.ones(41), abs=1e-5)


def test_the_common_space_has_the_axes_of_the_last() -> None:
    given = models(2, 2, keys=60, size=6)
    last = given[1][-1]
    found = align_many([*given[0], *given[1]], center=False)
    assert found[-1].vectors == pytest.approx(last.get_normed_vectors(), abs=1e-5)


def test_anchors_fix_the_turn() -> None:
    rows = np.random.default_rng(0).normal(size=(100, 4))
    old = vectors(rows)
    new = vectors(np.vstack([rows[:30], rows[30:] @ rotation(4, 1)]))  # most keys changed in the same way
    stable = [f"k{row}" for row in range(30)]
    assert align(old, new, anchors=stable, center=False).distance[:30] == pytest.approx(np.zeros(30), abs=1e-5)
    assert align(old, new, center=False).distance[:30].mean() > 0.05


def test_a_vector_of_zeros_stays_one_and_its_key_is_named() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 3))
    rows[5] = 0
    with pytest.warns(UserWarning, match="1 of 20 keys, such as 'k5', have a vector of zeros in a model"):
        found = align(vectors(rows), vectors(rows))
    assert not found.new.vectors[5].any()
    assert found.distance[5] == 1


# ---- change ----


def test_known_change() -> None:
    distances = np.zeros((4, 4, 2))
    distances[:2, 2:, 0] = distances[2:, :2, 0] = 1.0  # the first key is elsewhere in the new period, the second is not
    found = change_between(distances, 2, 0.95)
    assert found.change.tolist() == [1.0, 0.0]
    assert found.low == pytest.approx(np.array([1.0, 0.0]), abs=1e-4)
    assert found.high == pytest.approx(np.array([1.0, 0.0]), abs=1e-4)


def test_change_is_the_distance_between_periods_beyond_that_within() -> None:
    random = np.random.default_rng(0)
    distances = random.random((5, 5, 7))
    distances += distances.transpose(1, 0, 2)
    distances[range(5), range(5)] = 0
    between = distances[:2, 2:].mean(axis=(0, 1))
    within = (
        distances[0, 1] + np.mean([distances[one, other] for one, other in combinations((2, 3, 4), 2)], axis=0)
    ) / 2
    assert change_between(distances, 2, 0.95).change == pytest.approx(between - within)


@pytest.mark.parametrize(("old", "new"), [(2, 2), (2, 4), (3, 3), (4, 4), (5, 3), (5, 5)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_intervals_of_unchanged_keys_hold_0_at_their_nominal_rate(old: int, new: int, confidence: float) -> None:
    found = align(*models(old, new, keys=3000, moved=30, seed=old), confidence=confidence)
    hold = (found.low[30:] <= 0) & (found.high[30:] >= 0)
    assert hold.mean() == pytest.approx(confidence, abs=0.02)
    assert found.change[30:].mean() == pytest.approx(0, abs=0.005)
    assert (found.low <= found.change).all()
    assert (found.change <= found.high).all()


def test_rare_and_frequent_keys_have_the_same_rate() -> None:
    old, new = models(4, 4, keys=4000)
    found = align(old, new)
    hold = (found.low <= 0) & (found.high >= 0)
    noise = np.argsort(found.distance)
    for part in np.array_split(noise, 4):
        assert hold[part].mean() == pytest.approx(0.95, abs=0.025)


def test_keys_that_moved_come_first_and_their_intervals_do_not_hold_0() -> None:
    found = align(*models(4, 4, moved=5))
    first = found.moved(5)
    planted = {f"k{row}" for row in range(5)}
    assert {moved.key for moved in first[:3]} <= planted
    assert all(moved.low > 0 for moved in first)
    assert all(found[key].p < 0.05 for key in planted)
    assert first[0] == found[first[0].key]
    assert len(found.moved(None)) == len(found) == 1000


def test_intervals_of_keys_that_moved_hold_their_change() -> None:
    """Somewhat less often than the stated 95%: as `align` says."""
    random = np.random.default_rng(1)
    trials, size, k = 4000, 30, 4
    old, new = np.zeros(size), np.zeros(size)
    old[0] = new[0] = 1.0
    new[1] = 1.0
    rows = [place + 0.25 * random.normal(size=(k, trials, size)) for place in (old, new)]
    spaces = np.concatenate(rows)
    squares = np.square(spaces).sum(axis=2)
    distances = (squares[:, None] + squares[None] - 2 * np.einsum("pnd,qnd->pqn", spaces, spaces)) / 2
    unchanged = old + 0.25 * random.normal(size=(2 * k, 4 * trials, size))
    squares = np.square(unchanged).sum(axis=2)
    none = (squares[:, None] + squares[None] - 2 * np.einsum("pnd,qnd->pqn", unchanged, unchanged)) / 2
    found = change_between(np.concatenate([distances, none], axis=2), k, 0.95)
    assert found.change[:trials].mean() == pytest.approx(0.5, abs=0.01)  # half the squared distance of the places
    hold = (found.low[:trials] <= 0.5) & (found.high[:trials] >= 0.5)
    assert 0.84 < hold.mean() < 0.96


def test_dealing_out_models() -> None:
    assert _deals(4, 2) == [(0, 2), (0, 3)]
    assert len(_deals(8, 4)) == 34
    assert len(_deals(5, 2)) == 9
    assert len(_deals(10, 5)) == len(set(_deals(10, 5))) == 100
    many = _deals(30, 15)
    assert 90 <= len(many) <= 100
    assert tuple(range(15)) not in many


def test_false_discovery_rates() -> None:
    rates = false_discovery_rates(np.array([0.04, 0.01, 0.5, 0.02]))
    assert rates == pytest.approx(np.array([0.04 * 4 / 3, 0.04, 0.5, 0.04]))


def test_p_values_are_uniform_without_a_change() -> None:
    found = align(*models(4, 4, keys=3000))
    for level in (0.05, 0.25, 0.5):
        assert (found.p <= level).mean() == pytest.approx(level, abs=0.03)


def test_a_single_model_of_each_period_has_no_intervals() -> None:
    (old,), (new,) = models(1, 1, keys=400, moved=3)
    found = align(old, new)
    assert np.isnan(found.low).all()
    assert np.isnan([found["k0"].high, found["k0"].p, found["k0"].fdr]).all()
    assert np.median(found.change) == pytest.approx(0, abs=0.02)


def test_single_models_are_compared_with_keys_of_like_frequency() -> None:
    random = np.random.default_rng(0)
    distances = np.concatenate([random.uniform(0.1, 0.11, 200), random.uniform(0.5, 0.9, 200)])
    distances[[10, 300]] = 0.2, 1.1
    found = change_of_pair(distances, np.arange(400))
    assert np.argsort(-found.sure)[:2].tolist() == [10, 300]  # rare keys differ more
    assert found.change[10] == pytest.approx(0.1, abs=0.01)
    assert found.change[300] == pytest.approx(0.4, abs=0.05)
    assert (
        change_of_pair(distances[:3], np.arange(3)).change.tolist()
        == (distances[:3] - np.median(distances[:3])).tolist()
    )


def test_neighbours_before_and_after() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 4))
    other = rows.copy()
    rows[0], other[0] = rows[1] + 0.01, other[2] + 0.01
    before, after = align(vectors(rows), vectors(other @ rotation(4, 0)), center=False).neighbours("k0", 1)
    assert (before[0][0], after[0][0]) == ("k1", "k2")


def test_keys_of_one_period_alone_are_neighbours_there() -> None:
    rows = np.random.default_rng(0).normal(size=(51, 4))
    rows[50] = rows[0] + 0.01
    old = vectors(rows, [f"k{row}" for row in range(50)] + ["telegraph"])
    found = align(old, vectors(rows[:50]))
    assert found.neighbours("k0", 1)[0][0][0] == "telegraph"
    assert found.neighbours("k0", 0) == ([], [])
    with pytest.raises(ValueError, match="topn must be at least 0, not -1"):
        found.neighbours("k0", -1)
    assert "telegraph" not in found.keys
    assert "telegraph" not in found.new


# ---- from a text ----


@pytest.mark.integration
def test_a_word_whose_use_changes_in_a_text_is_found() -> None:
    random = np.random.default_rng(0)
    topics = [[f"t{topic}w{word}" for word in range(12)] for topic in range(10)]

    def part(planted: bool, seed: int) -> KeyedVectors:
        sentences = []
        for topic in random.integers(0, 10, 1500).tolist():
            words = random.choice(topics[topic], 8).tolist()
            if planted:  # a word of the topic 9 takes the place of one of topic 0, half of the time
                words = ["t9w0" if word == "t0w0" and random.random() < 0.5 else word for word in words]
            sentences.append(words)
        return Word2Vec(sentences, vector_size=16, min_count=1, epochs=20, seed=seed, workers=1, sg=1).wv

    old, new = ([part(planted, 10 * planted + seed) for seed in range(4)] for planted in (False, True))
    found = align(old, new)
    first = found.moved(1)[0]
    assert first.key == "t9w0"
    assert first.low > 0
    assert first.fdr < 0.05
    others = np.array([key != "t9w0" for key in found.keys])
    assert ((found.low <= 0) & (found.high >= 0))[others].mean() > 0.85  # of 119 words
    assert found.new.similarity("t9w0", "t0w1") > found.old.similarity("t9w0", "t0w1") + 0.3


# ---- bad input ----

SMALL = vectors(np.random.default_rng(0).normal(size=(30, 4)))
OTHER = vectors(np.random.default_rng(1).normal(size=(30, 4)))
THIRD = vectors(np.random.default_rng(2).normal(size=(30, 4)))
TURNED = vectors(SMALL.vectors @ rotation(4, 3))
WIDE = vectors(np.random.default_rng(0).normal(size=(30, 6)))


@pytest.mark.parametrize(
    ("old", "new", "options", "error", "message"),
    [
        (SMALL, WIDE, {}, ValueError, "4 and 6 dimensions.*by its method reduce"),
        (SMALL, [SMALL, SMALL], {}, ValueError, "1 models of the old period and 2 of the new one"),
        ([SMALL, SMALL], [OTHER, THIRD], {}, ValueError, r"old\[0\] and old\[1\] are the same model"),
        ([OTHER, SMALL], [THIRD, TURNED], {}, ValueError, r"old\[1\] and new\[1\] are the same model"),
        (
            SMALL,
            vectors(np.ones((3, 4))),
            {},
            ValueError,
            "aligning 4 dimensions needs at least 4 keys in common, better several times as many, not 3",
        ),
        (SMALL, SMALL, {"anchors": ["k1"]}, ValueError, "at least 4 anchors, better several times as many, not 1"),
        (SMALL, SMALL, {"anchors": ["k1", "zz"]}, KeyError, "anchor 'zz' is missing.*leave it out"),
        (SMALL, SMALL, {"anchors": "k1"}, TypeError, "anchors must be a list of keys"),
        (SMALL, SMALL, {"confidence": 95}, ValueError, "between 0 and 1, not 95"),
        (SMALL, "file", {}, TypeError, "new must be KeyedVectors or a list of them, not str"),
        ([], SMALL, {}, TypeError, "old must be KeyedVectors or a list of them, not an empty list"),
        (SMALL, vectors(np.zeros((30, 4))), {}, ValueError, "all vectors of a model are zero"),
        (SMALL, vectors(np.full((30, 4), np.nan)), {}, ValueError, "vector of 'k0' holds NaN or infinity"),
    ],
)
def test_bad_input(old: Any, new: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        align(old, new, **options)
    assert re.search(message, str(caught.value))


def test_spaces_of_other_dimensions_are_aligned_after_the_remedy() -> None:
    assert len(align(SMALL, WIDE.reduce(4))) == 30


def test_a_model_in_place_of_its_vectors() -> None:
    model = Word2Vec([["a", "b", "c"]] * 3, vector_size=2, min_count=1, sample=0)
    with pytest.raises(TypeError, match="not Word2Vec: give its attribute wv"):
        align(model, model)  # type: ignore[arg-type]
    assert len(align(model.wv, model.wv)) == 3


def test_unknown_keys_are_named() -> None:
    found = align(SMALL, SMALL)
    with pytest.raises(KeyError, match="did you mean 'k1'"):
        found["K1"]
    with pytest.raises(KeyError):
        found.neighbours("zz")


def test_one_space_is_not_many() -> None:
    with pytest.raises(ValueError, match="at least two"):
        align_many([SMALL])


# ---- stability ----


def test_stability_of_equal_models_is_whole() -> None:
    rows = np.random.default_rng(0).normal(size=(1500, 8))
    found = stability([vectors(rows), vectors(rows @ rotation(8, 1)), vectors(rows @ rotation(8, 2))], center=False)
    assert found.overlap.min() > 0.95
    assert found.distance == pytest.approx(np.zeros(1500), abs=1e-5)
    assert [(band.first, band.last) for band in found.bands] == [(1, 100), (101, 1000), (1001, 1500)]


def test_stability_of_unlike_models_is_chance() -> None:
    random = np.random.default_rng(0)
    found = stability([vectors(random.normal(size=(500, 8))) for _ in range(3)], k=50)
    assert found.overlap.mean() == pytest.approx(50 / 499, abs=0.02)


def test_known_overlap() -> None:
    angles = np.radians([0.0, 10, 20, 90, 100, 110])
    one = np.column_stack([np.cos(angles), np.sin(angles)])
    other = one.copy()
    other[[2, 3]] = one[[3, 2]]  # two keys change places
    found = stability([vectors(one), vectors(other)], k=2, center=False)
    assert found.overlap.tolist() == [0.5, 0.5, 0.0, 0.0, 0.5, 0.5]


def test_stability_is_told_by_frequency() -> None:
    old, new = models(1, 1, keys=2000)
    text = str(stability([*old, *new], restrict_vocab=1200))
    assert text.startswith("2 models, 1,200 shared keys, 10 nearest keys of each\n")
    assert re.search(r"^ +1-100 +0\.\d{3} .*\n +101-1,000 .*\n +1,001-1,200 ", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ([SMALL], {}, "at least two"),
        ([SMALL, SMALL], {"k": 30}, "30 shared keys, and more than k=30"),
        ([SMALL, WIDE], {}, "dimensions"),
    ],
)
def test_stability_of_bad_input(given: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stability(given, **options)
