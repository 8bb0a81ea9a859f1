"""Vectors of bags, and vectors of fewer dimensions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastemb import Corpus, KeyedVectors, load_vectors
from fastemb.spaces.embed import BagVectors
from fastemb.spaces.reduce import ReducedVectors

KEYS = ["science", "technology", "cooking", "garden", "the"]
ROWS = np.array([[1, 0.1, 0], [1, 0, 0.1], [0, 1, 0], [0, 1, 0.2], [0.5, 0.5, 0.5]], np.float32)
COUNTS = np.array([10, 20, 30, 40, 900])
BAGS = [["science", "cooking"], ["the", "the", "garden"], [], ["technology", "zz"]]


@pytest.fixture
def wv() -> KeyedVectors:
    return KeyedVectors._from_arrays(KEYS, ROWS.copy(), COUNTS)


def row(*keys: str) -> Any:
    return ROWS[[KEYS.index(key) for key in keys]]


# ---- bags ----


@pytest.mark.filterwarnings("ignore:1 of 4 bags")
def test_means_by_hand(wv: KeyedVectors) -> None:
    made = wv.embed(BAGS)
    assert made.index_to_key == [0, 1, 2, 3]
    assert made.vectors.dtype == np.float32
    assert made[0] == pytest.approx(row("science", "cooking").mean(axis=0))
    assert made[1] == pytest.approx(row("the", "the", "garden").mean(axis=0))
    assert not made[2].any()
    assert made[3] == pytest.approx(row("technology")[0])
    assert made.expandos["known"].tolist() == [2, 3, 0, 1]
    assert made.get_vecattr(3, "unknown") == 1
    assert made.unknown_keys == [["zz", 1]]
    assert made.unknown_share == pytest.approx(1 / 7)
    assert made.component is None


def corpus(_: Any) -> Any:
    return Corpus.from_sentences(BAGS)


def arrow(_: Any) -> Any:
    return pytest.importorskip("pyarrow").array(BAGS)


def chunked(_: Any) -> Any:
    return pytest.importorskip("pyarrow").chunked_array([BAGS[:2], BAGS[2:]])


def pandas_series(_: Any) -> Any:
    return pytest.importorskip("pandas").Series(BAGS)


def polars_series(_: Any) -> Any:
    return pytest.importorskip("polars").Series(BAGS)


FORMS = [list, tuple, iter, lambda bags: map(tuple, bags), lambda bags: dict(enumerate(bags)), corpus, arrow, chunked]
FORMS += [pandas_series, polars_series, lambda bags: [np.array(bag, object) for bag in bags]]


@pytest.mark.filterwarnings("ignore:1 of 4 bags")
@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_bags_give_the_same(wv: KeyedVectors, form: Any) -> None:
    expected, made = wv.embed(BAGS), wv.embed(form(BAGS))
    assert made.index_to_key == expected.index_to_key
    assert np.array_equal(made.vectors, expected.vectors)
    assert made.unknown_keys == expected.unknown_keys
    for name in ("known", "unknown"):
        assert np.array_equal(made.expandos[name], expected.expandos[name])


def test_bags_have_names(wv: KeyedVectors) -> None:
    pandas = pytest.importorskip("pandas")
    bags = {"a": ["science"], "b": ["garden", "cooking"]}
    frame = pandas.DataFrame({"tags": bags.values(), "n": [1, 2]}, index=list(bags))
    for one, options in (
        (bags, {}),
        (bags.values(), {"names": ["a", "b"]}),
        (pandas.Series(bags), {}),
        (frame, {"column": "tags"}),
    ):
        made = wv.embed(one, **options)
        assert made.index_to_key == ["a", "b"]
        assert made["a"] == pytest.approx(row("science")[0])
        assert made.most_similar([ROWS[2]], topn=1)[0][0] == "b"


def test_a_column_of_text_is_split(wv: KeyedVectors) -> None:
    polars = pytest.importorskip("polars")
    made = wv.embed(polars.DataFrame({"title": ["science cooking", "the the garden"]}), column="title")
    assert np.array_equal(made.vectors, wv.embed(BAGS[:2]).vectors)


def test_counts_are_weights_in_a_bag(wv: KeyedVectors) -> None:
    made = wv.embed({"ann": {"zz": 9, "science": 3, "garden": 2}, "bob": {"the": 0.5}}, "counts")
    assert made["ann"] == pytest.approx((3 * ROWS[0] + 2 * ROWS[3]) / 5)
    assert made["bob"] == pytest.approx(ROWS[4])
    assert made.expandos["known"].tolist() == [2, 1]


@pytest.mark.parametrize("form", [dict, lambda own: [own.get(key, 0) for key in KEYS]])
def test_own_weights(wv: KeyedVectors, form: Any) -> None:
    made = wv.embed([["science", "garden", "the"]], form({"science": 2.0, "garden": 1.0}))
    assert made[0] == pytest.approx((2 * ROWS[0] + ROWS[3]) / 3)


def test_sif_is_that_of_the_paper(wv: KeyedVectors) -> None:
    bags = [["science", "the"], ["garden", "the", "cooking"], ["technology"]]
    weight = {key: 1e-3 / (1e-3 + count / 1000) for key, count in zip(KEYS, COUNTS.tolist(), strict=True)}
    rows = np.array([sum(weight[key] * row(key)[0] for key in bag) / len(bag) for bag in bags])
    first = np.linalg.svd(rows)[2][0]
    made = wv.embed(bags, "sif")
    assert made.vectors == pytest.approx(rows - np.outer(rows @ first, first), abs=1e-6)
    assert made.component is not None
    assert abs(made.component @ first) == pytest.approx(1)
    assert wv.embed(bags, "sif", remove=False).vectors == pytest.approx(rows, abs=1e-6)
    assert wv.embed(bags, "sif", remove=False, smoothing=1e9).vectors == pytest.approx(wv.embed(bags).vectors, abs=1e-5)


def test_later_bags_lie_in_the_same_space(wv: KeyedVectors) -> None:
    bags = [["science", "the"], ["garden", "the", "cooking"], ["technology"]]
    made = wv.embed(bags, "sif")
    later = wv.embed(bags[1:2], "sif", remove=made.component)
    assert later[0] == pytest.approx(made[1], abs=1e-6)


def test_vectors_may_count_with_length_1(wv: KeyedVectors) -> None:
    units = wv.get_normed_vectors()
    assert wv.embed([["science", "garden"]], pre_normalize=True)[0] == pytest.approx((units[0] + units[3]) / 2)
    assert np.array_equal(wv.vectors, ROWS)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 30), max_size=6), min_size=1, max_size=40), st.integers(1, 4))
def test_means_are_those_of_numpy_whatever_the_threads(bags: list[list[int]], workers: int) -> None:
    rows = np.random.default_rng(0).normal(size=(20, 4))  # of float64; 20 to 30 are unknown
    wv = KeyedVectors._from_arrays(list(range(20)), rows)
    expected = [rows[[key for key in bag if key < 20]] for bag in bags]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fastemb.spaces.embed._PART", 5)
        patch.setattr("fastemb.spaces.embed.warn", lambda message: None)
        made = wv.embed(bags, workers=workers)
    assert made.vectors == pytest.approx(
        np.array([bag.mean(axis=0) if len(bag) else np.zeros(4) for bag in expected]), abs=1e-6
    )


def test_integers_are_keys_and_no_rows(wv: KeyedVectors) -> None:
    with pytest.warns(UserWarning, match="1 of 1 bags"):
        assert wv.embed([[0, 1]]).unknown_share == 1


def test_a_bag_without_a_known_key_is_warned_of(wv: KeyedVectors) -> None:
    expected = r"2 of 3 bags .* get zeros, the first of them 'b'; 75.0% of all keys are unknown, such as 'zz'"
    with pytest.warns(UserWarning, match=expected):
        wv.embed({"a": ["science"], "b": ["zz", "zz"], "c": ["yy"]})


def test_it_is_saved_with_what_is_unknown(wv: KeyedVectors, tmp_path: Path) -> None:
    made = wv.embed([["science", "zz"], ["the"]], "sif")
    made.save(tmp_path / "bags.safetensors")
    again = BagVectors.load(tmp_path / "bags.safetensors")
    assert again.unknown_keys == [["zz", 1]]
    assert again.component == pytest.approx(made.component)
    assert again.get_vecattr(0, "unknown") == 1
    assert np.array_equal(load_vectors(tmp_path / "bags.safetensors").vectors, made.vectors)


NAMED = {"a": ["science"]}


@pytest.mark.parametrize(
    ("bags", "weights", "options", "error", "message"),
    [
        ("science", "mean", {}, TypeError, "bags must be lists of keys, or a dict"),
        (["science garden"], "mean", {}, TypeError, "bag 0 is the str 'science garden'.*bag.split()"),
        ([["science"], 5], "mean", {}, TypeError, "bag 1 is the int 5, not a list"),
        ([{"science": 2}], "mean", {}, TypeError, "bag 0 is the dict.*weights='counts'"),
        ([["science"]], "counts", {}, TypeError, "bag 0 is the list.*not a dict from key to count"),
        ([{"science": "x"}], "counts", {}, TypeError, "bag 0 .*not all numbers"),
        ([{"science": -1}], "counts", {}, ValueError, "bag 0: counts must be finite and not negative"),
        ([["science"], [["the"]]], "mean", {}, TypeError, "bag 1 holds the list"),
        ([], "mean", {}, ValueError, "there are no bags"),
        ({}, "mean", {}, ValueError, "there are no bags"),
        (NAMED, "idf", {}, ValueError, "weights must be 'mean', 'sif', 'zipf', 'counts' or own weights, not 'idf'"),
        (NAMED, [1.0, 2.0], {}, ValueError, "weights must be a dict, or an array with one number for each of 5 keys"),
        (NAMED, {"science": -1}, {}, ValueError, "weights must be finite and not negative"),
        (NAMED, {}, {}, ValueError, "weights must not all be 0: of a dict, keys that are not in it"),
        (NAMED, np.zeros(5), {}, ValueError, "weights must not all be 0"),
        (NAMED, "mean", {"names": ["a", "b"]}, ValueError, "1 bags, but 2 names"),
        ([["the"], ["the"]], "mean", {"names": ["a", "a"]}, ValueError, "two bags have the name 'a'"),
        (NAMED, "mean", {"counts": {"a": 1}}, ValueError, "counts are for weights='sif' only"),
        (NAMED, "sif", {"counts": {}}, ValueError, "counts must not all be 0"),
        (NAMED, "sif", {"smoothing": 0}, ValueError, "smoothing must be above 0"),
        (NAMED, "mean", {"remove": [1.0]}, ValueError, "a vector of 3 numbers"),
    ],
)
def test_bad_bags(
    wv: KeyedVectors, bags: Any, weights: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        wv.embed(bags, weights, **options)


@pytest.mark.parametrize("counts", [None, np.arange(5, 0, -1)])
def test_sif_needs_counts_and_takes_them(counts: Any) -> None:
    wv = KeyedVectors._from_arrays(KEYS, ROWS, counts)  # the second as files without counts are read
    with pytest.raises(ValueError, match=r"do not know how often .* give counts=, a dict .* or an array"):
        wv.embed(BAGS[:2], "sif")
    counted = KeyedVectors._from_arrays(KEYS, ROWS, COUNTS).embed(BAGS[:2], "sif")
    for one in (COUNTS, dict(zip(KEYS, COUNTS.tolist(), strict=True))):
        assert np.array_equal(wv.embed(BAGS[:2], "sif", counts=one).vectors, counted.vectors)


# ---- fewer dimensions ----


def test_reduce_is_the_singular_value_decomposition() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 8)) * np.arange(8, 0, -1) + 1
    wv = KeyedVectors._from_arrays(list(range(50)), rows, np.arange(50))
    made = wv.reduce(3)
    _, values, directions = np.linalg.svd(rows)
    assert np.abs(made.vectors) == pytest.approx(np.abs(rows @ directions[:3].T))
    assert made.variance_kept == pytest.approx((values[:3] ** 2).sum() / (values**2).sum())
    assert made.get_vecattr(7, "count") == 7
    assert made.index_to_key == wv.index_to_key
    assert isinstance(made, ReducedVectors)


def test_reduce_with_centring_is_principal_component_analysis() -> None:
    decomposition = pytest.importorskip("sklearn.decomposition")
    rows = np.random.default_rng(0).normal(size=(60, 6)) + 5
    theirs = decomposition.PCA(2).fit(rows)
    made = KeyedVectors._from_arrays(list(range(60)), rows).reduce(2, center=True)
    assert np.abs(made.vectors) == pytest.approx(np.abs(theirs.transform(rows)))
    assert made.variance_kept == pytest.approx(theirs.explained_variance_ratio_.sum())


def test_with_all_dimensions_nothing_is_lost() -> None:
    rows = np.random.default_rng(0).normal(size=(1200, 5)).astype(np.float32)
    made = KeyedVectors._from_arrays(list(range(1200)), rows).reduce(5)
    assert made.variance_kept == pytest.approx(1)
    assert made.neighbours_kept > 0.99
    assert made.vectors @ made.vectors[0] == pytest.approx(rows @ rows[0], abs=1e-4)


def test_neighbours_kept_by_hand() -> None:
    rows = np.array([[1, 0, 0.0], [0.9, 0, 0.5], [1, 0.1, 0], [0, 1, 0.5], [0, 1, 0], [0.1, 1, 0]])
    wv = KeyedVectors._from_arrays(list("abcdef"), rows)
    made = wv.reduce(2, k=2)
    expected = [
        len({key for key, _ in wv.most_similar(name, topn=2)} & {key for key, _ in made.most_similar(name, topn=2)})
        for name in "abcdef"
    ]
    assert made.neighbours_kept == pytest.approx(sum(expected) / 12)


def test_what_is_lost_is_saved(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    made = KeyedVectors._from_arrays([str(row) for row in range(30)], rows).reduce(2)
    made.save(tmp_path / "small.safetensors")
    again = ReducedVectors.load(tmp_path / "small.safetensors")
    assert (again.variance_kept, again.neighbours_kept) == (made.variance_kept, made.neighbours_kept)


@pytest.mark.parametrize(
    ("d", "options", "error", "message"),
    [
        (0, {}, ValueError, "d must be at least 1"),
        (4, {}, ValueError, "d must be at most 3, the dimensions of the vectors, not 4"),
        (1.5, {}, TypeError, "d must be a whole number"),
        (2, {"k": 0}, ValueError, "k must be at least 1"),
    ],
)
def test_bad_sizes(wv: KeyedVectors, d: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wv.reduce(d, **options)


def test_vectors_that_have_no_components() -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        KeyedVectors._from_arrays(["a", "b"], np.array([[1, np.nan], [1, 2]])).reduce(1)
    with pytest.raises(ValueError, match="at least two keys"):
        KeyedVectors._from_arrays(["a"], np.ones((1, 2))).reduce(1)
