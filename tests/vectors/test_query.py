"""Neighbours, distances and sets of keys."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastemb.vectors import KeyedVectors
from fastemb.vectors.search import best


def made(keys, rows, columns=3):
    padded = np.zeros((len(rows), 16), np.float32)
    padded[:, :columns] = rows
    return KeyedVectors._from_arrays(keys, padded[:, :columns])


@pytest.fixture
def points():
    """Unit vectors in a plane at these degrees, times different lengths."""
    degrees = np.radians([0, 10, 30, 60, 100, 180])
    lengths = np.array([1, 5, 0.5, 2, 1, 3])
    return made(list("abcdef"), np.stack([np.cos(degrees), np.sin(degrees)], 1) * lengths[:, np.newaxis], 2)


def cosine(degrees):
    return pytest.approx(np.cos(np.radians(degrees)), abs=1e-6)


def test_neighbours_and_their_cosines(points):
    assert points.most_similar("a", topn=2) == [("b", cosine(10)), ("c", cosine(30))]
    assert points.most_similar(["b"], topn=2) == [("a", cosine(10)), ("c", cosine(20))]
    assert points.most_similar(0, topn=1) == [("b", cosine(10))]
    assert [key for key, _ in points.most_similar("a", topn=99)] == ["b", "c", "d", "e", "f"]
    assert all(type(score) is float for _, score in points.most_similar("a"))


def test_vectors_are_not_left_out_but_keys_are(points):
    assert points.most_similar(points["a"], topn=1) == [("a", cosine(0))]
    assert points.similar_by_vector([1.0, 0.0], topn=1) == [("a", cosine(0))]
    assert points.most_similar([points["a"], "a"], topn=1) == [("b", cosine(10))]


def test_negative_and_weights(points):
    assert points.most_similar(negative="a", topn=1) == [("f", cosine(0))]
    assert points.most_similar(positive=[("a", -1.0)], topn=1) == [("f", cosine(0))]
    assert points.most_similar(negative=[("a", 1.0)], topn=1) == [("b", cosine(10))]
    assert points.most_similar([("a", 1.0), ("d", 0.0)], topn=1) == [("b", cosine(10))]
    assert points.most_similar(["a", "d"], topn=1) == [("c", cosine(0))]


@pytest.mark.integration
@pytest.mark.parametrize("count", [1, 2, 10, 500, 999, 1000, 2000])
@pytest.mark.parametrize("levels", [1, 3, 50])
def test_the_lower_index_wins_among_equal_scores_and_nan_comes_last(count, levels):
    for nan in (0, 1, 700, 1000):
        rng = np.random.default_rng(levels)
        scores = rng.integers(0, levels, 1000).astype(np.float32)
        scores[rng.permutation(1000)[:nan]] = np.nan
        falling = sorted(range(1000), key=lambda at: (np.isnan(scores[at]), -np.nan_to_num(scores[at]), at))
        assert best(scores, count).tolist() == falling[:count]


def test_topn(points):
    assert points.most_similar("a", topn=0) == points.most_similar("a", topn=-3) == []
    scores = points.most_similar("a", topn=None)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, np.cos(np.radians([0, 10, 30, 60, 100, 180])), atol=1e-6)
    with pytest.raises(TypeError):
        points.most_similar("a", topn=2.5)
    assert len(points.most_similar("a", topn=np.int64(2))) == 2


def test_clipping(points):
    assert [key for key, _ in points.most_similar("a", clip_start=2, clip_end=5)] == ["c", "d", "e"]
    assert [key for key, _ in points.most_similar("a", clip_start=-2)] == ["e", "f"]
    assert [key for key, _ in points.most_similar("f", restrict_vocab=2)] == ["b", "a"]
    assert [key for key, _ in points.most_similar("f", restrict_vocab=2, clip_start=4)] == ["b", "a"]
    assert points.similar_by_key("f", 1, 2) == points.similar_by_word("f", 1, 2) == [("b", cosine(170))]
    assert len(points.most_similar("a", topn=None, clip_start=1, clip_end=3)) == 2
    assert points.most_similar("a", clip_start=6) == []


def test_wrong_questions(points):
    with pytest.raises(ValueError, match="no input"):
        points.most_similar()
    with pytest.raises(KeyError, match="Key 'zz' not present"):
        points.most_similar(["a", "zz"])
    with pytest.raises(TypeError, match="pair"):
        points.most_similar([["a", 1.0, 2.0]])


# ---- many questions at once ----


def close(batch, single):
    """The same keys, except where cosines are as good as equal, and the same cosines."""
    for ours, theirs in zip(batch, single, strict=True):
        assert [score for _, score in ours] == pytest.approx([score for _, score in theirs], abs=1e-5)
        scores = dict(theirs)
        for key, score in ours:
            assert scores.get(key, theirs[-1][1]) == pytest.approx(score, abs=1e-5)


def test_a_batch_of_keys(points):
    batch = points.most_similar_batch(["a", "f", "a"], topn=2)
    assert batch == [
        [("b", cosine(10)), ("c", cosine(30))],
        [("e", cosine(80)), ("d", cosine(120))],
        [("b", cosine(10)), ("c", cosine(30))],
    ]
    assert all(type(score) is float for found in batch for _, score in found)


def test_a_batch_of_vectors_leaves_none_out(points):
    batch = points.most_similar_batch(np.array([[2.0, 0.0], [0.0, 0.0]]), topn=2)
    assert batch == [[("a", cosine(0)), ("b", cosine(10))], [("a", 0.0), ("b", 0.0)]]
    assert points.most_similar_batch([points["a"], points["f"]], topn=1) == [[("a", cosine(0))], [("f", cosine(0))]]


def test_the_arrays_of_a_batch(points):
    rows, cosines = points.most_similar_rows(["b", 5], topn=6)
    assert rows.tolist() == [[0, 2, 3, 4, 5, -1], [4, 3, 2, 1, 0, -1]]
    assert (rows.dtype, cosines.dtype) == (np.int64, np.float32)
    assert cosines[:, 0].tolist() == [cosine(10), cosine(80)]
    assert cosines[:, -1].tolist() == [-np.inf, -np.inf]


def test_clipping_a_batch(points):
    def keys(*queries, **options):
        return ["".join(key for key, _ in found) for found in points.most_similar_batch(list(queries), **options)]

    assert keys("a", "d", clip_start=2, clip_end=5) == ["cde", "ce"]
    assert keys("a", "e", clip_start=-2) == ["ef", "f"]
    assert keys("f", "a", restrict_vocab=2) == ["ba", "b"]
    assert keys("f", restrict_vocab=2, clip_start=4) == ["ba"]
    assert keys("a", clip_start=6) == [""]
    assert keys("a", topn=0) == keys("a", topn=-3) == [""]
    assert keys() == []


def test_wrong_batches(points):
    with pytest.raises(KeyError, match="Key 'zz' not present"):
        points.most_similar_batch(["a", "zz"])
    with pytest.raises(TypeError, match="most_similar for one"):
        points.most_similar_batch("a")
    with pytest.raises(TypeError, match="most_similar for one"):
        points.most_similar_batch(3)
    with pytest.raises(TypeError):
        points.most_similar_batch(["a"], topn=2.5)
    for wrong in (np.zeros(2), np.zeros((4, 3)), np.zeros((1, 1, 2))):
        with pytest.raises(ValueError, match=r"vectors must be \(n, 2\)"):
            points.most_similar_batch(wrong)
    with pytest.raises(ValueError, match="workers"):
        points.most_similar_batch(["a"], workers=0)


def test_nan_is_nobodys_neighbour_in_a_batch(points):
    points["c"] = [np.nan, 1.0]
    batch = points.most_similar_batch(["a", "b"])
    assert [[key for key, _ in found] for found in batch] == [list("bdef"), list("adef")]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_batch_takes_any_float_type(dtype):
    rng = np.random.default_rng(8)
    vectors = KeyedVectors._from_arrays([f"k{at}" for at in range(300)], rng.normal(size=(300, 20)).astype(dtype))
    vectors.vectors[7] = 0
    queries = [f"k{at}" for at in range(300)]
    tolerance = 2e-2 if dtype == np.float16 else 1e-5
    for ours, key in zip(vectors.most_similar_batch(queries, topn=3), queries, strict=True):
        theirs = vectors.most_similar(key, topn=3)
        assert [score for _, score in ours] == pytest.approx([score for _, score in theirs], abs=tolerance)


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 200), st.integers(1, 30), st.integers(1, 3), st.data())
def test_a_batch_finds_what_single_questions_find(seed, count, topn, workers, data):
    rng = np.random.default_rng(seed)
    vectors = made([f"k{at}" for at in range(count)], rng.normal(size=(count, 3)))
    queries = [f"k{at}" for at in rng.integers(0, count, 20)]
    options = {"topn": topn}
    options["clip_start"], options["clip_end"] = sorted(rng.integers(0, count + 1, 2).tolist())
    if data.draw(st.booleans()):
        options["restrict_vocab"] = int(rng.integers(0, count + 1))
    single = [vectors.most_similar(key, **options) for key in queries]
    close(vectors.most_similar_batch(queries, workers=workers, **options), single)
    directions = np.stack([vectors[key] for key in queries])
    single = [vectors.most_similar(direction, **options) for direction in directions]
    close(vectors.most_similar_batch(directions, workers=workers, **options), single)


def test_indexer(points):
    class Indexer:
        def most_similar(self, vector, topn):
            return vector.tolist(), topn

    vector, topn = points.most_similar("b", topn=4, indexer=Indexer())
    assert vector == [cosine(10), cosine(80)]
    assert topn == 4
    assert len(points.most_similar("b", topn=None, indexer=Indexer())) == 6


def test_equal_scores_come_in_the_order_of_rows_and_nan_last():
    same = made(list("abcdefgh"), np.ones((8, 3)))
    assert [key for key, _ in same.most_similar("d", topn=3)] == ["a", "b", "c"]
    same["a"] = np.full(3, np.nan)
    assert [key for key, _ in same.most_similar("d")][-1] == "a"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_rows_that_are_no_numbers_come_last_and_given_keys_never(dtype):
    rows = np.array([[1, 0], [np.nan, 0], [1, 0.1], [0, 1], [np.nan, np.nan], [-1, 0]], dtype)
    vectors = KeyedVectors._from_arrays(list("abcdef"), rows)
    found = vectors.most_similar("a", topn=9)
    assert [key for key, _ in found] == list("cdfbe")
    assert np.isnan([cosine for _, cosine in found]).tolist() == [False, False, False, True, True]
    assert vectors.most_similar("a", topn=4)[:3] == found[:3]
    assert [key for key, _ in vectors.most_similar("a", topn=9, clip_start=1, clip_end=4)] == list("cdb")


def test_doubles_are_not_rounded_to_floats_for_one_question():
    rows = np.random.default_rng(3).normal(size=(500, 20))
    rows[7] = rows[3] * (1 + 1e-12)
    rows[5] = rows[3]
    vectors = KeyedVectors._from_arrays(range(500), rows)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    expected = unit @ unit[0]
    for key, cosine in vectors.most_similar(0, topn=499):
        assert cosine == pytest.approx(expected[key], abs=1e-15)
    assert vectors.most_similar_rows([0], topn=5)[1].dtype == np.float32


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(1, 70))
def test_against_sorting_everything(seed, count, topn):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, 3))
    vectors = made([f"k{at}" for at in range(count)], rows)
    a, b, c = (f"k{at}" for at in rng.integers(0, count, 3))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    wanted = unit[int(a[1:])] + unit[int(b[1:])] - unit[int(c[1:])]
    scores = unit @ (wanted / np.linalg.norm(wanted))
    expected = [at for at in np.argsort(-scores) if f"k{at}" not in (a, b, c)][:topn]
    found = vectors.most_similar([a, b], [c], topn=topn)
    np.testing.assert_allclose([score for _, score in found], scores[expected], atol=2e-5)


def test_cosmul(points):
    half = lambda degrees: (1 + np.cos(np.radians(degrees))) / 2  # noqa: E731
    scores = points.most_similar_cosmul(["a", "b"], ["f"], topn=None)
    expected = [half(x) * half(x - 10) / (half(180 - x) + 1e-6) for x in (0, 10, 30, 60, 100, 180)]
    np.testing.assert_allclose(scores[1:], expected[1:], rtol=1e-4, atol=1e-6)
    assert points.most_similar_cosmul(["a", "b"], ["f"], topn=1) == [("c", pytest.approx(expected[2], rel=1e-4))]
    assert points.most_similar_cosmul("a", topn=1) == [("b", pytest.approx(half(10)))]
    assert points.most_similar_cosmul(points["b"] * 9, topn=1) == [("b", pytest.approx(1))]
    assert [key for key, _ in points.most_similar_cosmul("a", restrict_vocab=3)] == ["b", "c"]
    assert points.most_similar_cosmul("a", topn=0) == []
    with pytest.raises(ValueError, match="no input"):
        points.most_similar_cosmul(negative=["a"])
    with pytest.raises(KeyError, match="zz"):
        points.most_similar_cosmul("zz")


def test_two_keys(points):
    assert points.similarity("a", "d") == cosine(60)
    assert points.distance("a", "d") == pytest.approx(0.5, abs=1e-6)
    np.testing.assert_allclose(points.distances("a", ["d", "f"]), [0.5, 2], atol=1e-6)
    np.testing.assert_allclose(points.distances(points["a"]), points.distances("a"))
    np.testing.assert_allclose(points.distances([1, 0]), points.distances("a"), atol=1e-6)
    cosines = points.cosine_similarities(points["a"], points.vectors)
    np.testing.assert_allclose(cosines, 1 - points.distances("a"), atol=1e-6)
    with pytest.raises(KeyError, match="zz"):
        points.distances("a", ["zz"])


def test_ranks(points):
    assert points.closer_than("a", "d") == ["b", "c"]
    assert points.closer_than("a", "a") == []
    assert [points.rank("a", key) for key in "abcdef"] == [1, 1, 2, 3, 4, 5]
    with pytest.warns(DeprecationWarning, match="closer_than"):
        assert points.words_closer_than("a", "c") == ["b"]
    assert points.most_similar_to_given("a", ["f", "c", "d"]) == "c"


def test_sets_of_keys(points):
    assert points.doesnt_match(list("abcf")) == "f"
    with pytest.warns(UserWarning, match="these words have no vectors and are left out: 'zz'"):
        assert points.doesnt_match(["a", "b", "zz", "e"]) == "e"
    ranked = points.rank_by_centrality(["a", "c", "d"])
    assert [key for _, key in ranked] == ["c", "d", "a"]  # a and d are as far from the mean
    assert points.doesnt_match(["d", "c", "a"]) == "a"
    assert points.rank_by_centrality(["a", "b", "d"], use_norm=False)[0][1] == "b"
    for empty in ([], ["zz"]):
        with pytest.raises(ValueError, match="empty list"):
            points.doesnt_match(empty)
    with pytest.warns(UserWarning, match="left out: 'zz'"):
        assert points.n_similarity(["a"], ["d", "zz"]) == cosine(60)
    with pytest.raises(ZeroDivisionError):
        points.n_similarity([], ["a"])
    total = np.cos(np.radians(10)) + np.cos(np.radians(30))
    assert points.relative_cosine_similarity("a", "b", topn=2) == pytest.approx(np.cos(np.radians(10)) / total)


def test_ranks_of_keys_that_cannot_be_sorted_keep_their_order():
    vectors = KeyedVectors(2)
    vectors.add_vectors([("x",), "y"], np.ones((2, 2)))
    vectors.key_to_index = {1: 0, "y": 1}
    vectors.index_to_key = [1, "y"]
    assert [key for _, key in vectors.rank_by_centrality(["y", 1])] == ["y", 1]


def test_a_key_is_at_distance_0_from_itself_and_one_key_is_its_own_mean():
    rng = np.random.default_rng(0)
    for dtype in (np.float16, np.float32, np.float64):
        vectors = KeyedVectors(100, dtype=dtype)
        vectors.add_vectors(range(30), rng.normal(size=(30, 100)))
        for key in range(30):
            assert vectors.distance(key, key) == 0
            assert vectors.n_similarity([key], [3]) == vectors.similarity(key, 3)
            assert vectors.similarity(key, 3).dtype == dtype
    vectors = KeyedVectors(2)
    vectors.add_vectors(["zero", "one"], [[0, 0], [1, 1]])
    assert vectors.similarity("zero", "one") == 0


def test_means(points):
    np.testing.assert_allclose(points.get_mean_vector(["a", "f"]), [0, 0], atol=1e-6)
    np.testing.assert_allclose(points.get_mean_vector(["a", "f"], pre_normalize=False), [-1, 0], atol=1e-6)
    np.testing.assert_allclose(points.get_mean_vector(["a", "f"], weights=[3, -1]), [1, 0], atol=1e-6)
    np.testing.assert_allclose(points.get_mean_vector(["a", np.array([5.0, 0.0])]), [3, 0], atol=1e-6)
    unit = points.get_mean_vector(["b"], pre_normalize=False, post_normalize=True)
    np.testing.assert_allclose(unit, points.get_vector("b", norm=True), rtol=1e-6)
    np.testing.assert_allclose(points.get_mean_vector(["a", "zz"]), [1, 0])
    assert points.get_mean_vector(["zz"]).tolist() == [0, 0]
    assert points.get_mean_vector("a").dtype == np.float32
    with pytest.raises(KeyError, match="zz"):
        points.get_mean_vector(["a", "zz"], ignore_missing=False)
    with pytest.raises(ValueError, match="no input"):
        points.get_mean_vector([])
    with pytest.raises(ValueError, match="same number"):
        points.get_mean_vector(["a"], weights=[1, 2])


def test_word_movers_distance_needs_pot(points, monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(ImportError, match="pip install POT"):
        points.wmdistance(["a"], ["b"])


def test_word_movers_distance(points, monkeypatch):
    class Ot:
        @staticmethod
        def emd2(weights1, weights2, costs):
            return weights1 @ costs @ weights2

    monkeypatch.setitem(sys.modules, "ot", Ot)
    assert points.wmdistance(["a"], ["f", "zz"]) == pytest.approx(2)
    assert points.wmdistance(["a"], ["f"], norm=False) == pytest.approx(4)
    assert points.wmdistance(["a", "a", "f"], ["a"]) == pytest.approx(2 / 3)
    assert points.wmdistance(["zz"], ["a"]) == float("inf")
    with pytest.raises(TypeError, match=r"document1 must be a list of keys, not 'a b': 'one two'.split\(\)"):
        points.wmdistance("a b", ["a"])
