"""Vectors so long or so short that their squares are no floats: every question answers as for those of length one."""

import numpy as np
import pytest

from fastemb.vectors import KeyedVectors
from fastemb.vectors.norms import cosine, row_norms, unit

DIRECTIONS = np.random.default_rng(5).normal(size=(40, 6))
KEYS = [f"k{at}" for at in range(len(DIRECTIONS))]
LARGEST = {np.float16: 6e4, np.float32: 3e38, np.float64: 1e308}
SMALLEST = {np.float16: 1e-3, np.float32: 1e-35, np.float64: 1e-300}  # with some precision left


def of_lengths(dtype, factors):
    rows = DIRECTIONS / np.abs(DIRECTIONS).max(axis=1, keepdims=True)
    return KeyedVectors._from_arrays(KEYS, (rows * factors).astype(dtype))


def factors(dtype, kind):
    large, small = LARGEST[dtype], SMALLEST[dtype]
    found = {
        "long": large,
        "short": small,
        "middling": large**0.6,
        "mixed": np.resize([large, small, 1, large**0.5], 40),
    }
    return np.reshape(found[kind], (-1, 1))


QUESTIONS = {
    "most_similar": lambda wv: [score for _, score in wv.most_similar("k0", topn=39)],
    "most_similar of two": lambda wv: [score for _, score in wv.most_similar(["k0", "k1"], ["k2"], topn=37)],
    "most_similar of all": lambda wv: wv.most_similar("k0", topn=None),
    "similar_by_vector": lambda wv: [score for _, score in wv.similar_by_vector(wv["k3"], topn=40)],
    "batch of few": lambda wv: wv.most_similar_rows(["k0", "k1"], topn=39)[1],
    "batch of many": lambda wv: wv.most_similar_rows(KEYS, topn=39)[1],
    "batch of vectors": lambda wv: wv.most_similar_rows(wv.vectors, topn=40)[1],
    "cosmul": lambda wv: wv.most_similar_cosmul(["k0"], topn=None),
    "similarity": lambda wv: [wv.similarity("k0", key) for key in KEYS],
    "distances": lambda wv: wv.distances("k0"),
    "distances of a vector": lambda wv: wv.distances(wv["k0"]),
    "cosine_similarities": lambda wv: wv.cosine_similarities(wv["k0"], wv.vectors),
    "closer_than": lambda wv: [int(key[1:]) for key in wv.closer_than("k0", "k7")],
    "normed vectors": lambda wv: wv.get_normed_vectors(),
    "one normed vector": lambda wv: wv.get_vector("k5", norm=True),
    "mean": lambda wv: wv.get_mean_vector(["k0", "k5"]),
    "centrality": lambda wv: [score for score, _ in wv.rank_by_centrality(KEYS)],
    "relative cosine": lambda wv: wv.relative_cosine_similarity("k0", "k1"),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", ["long", "short", "middling", "mixed"])
def test_directions_decide_and_not_lengths(question, dtype, kind):
    ask = QUESTIONS[question]
    expected = ask(of_lengths(dtype, 1.0))
    with np.errstate(over="raise"):
        found = ask(of_lengths(dtype, factors(dtype, kind)))
    tolerance = 2e-2 if dtype == np.float16 else 1e-5
    np.testing.assert_allclose(np.float64(found), np.float64(expected), atol=tolerance)


@pytest.mark.parametrize("kind", ["long", "short", "mixed"])
def test_unit_normalize_all(kind):
    wv = of_lengths(np.float32, factors(np.float32, kind))
    expected = of_lengths(np.float32, 1.0).get_normed_vectors()
    wv.unit_normalize_all()
    np.testing.assert_allclose(wv.vectors, expected, rtol=1e-5)


@pytest.mark.parametrize("kind", ["long", "short", "mixed"])
def test_evaluation(tmp_path, kind):
    (tmp_path / "pairs").write_text("".join(f"k0\tk{at}\t{at}\n" for at in range(1, 40)))
    (tmp_path / "questions").write_text(": all\n" + "".join(f"k0 k1 k{at} k{at + 1}\n" for at in range(2, 39)))
    plain, wv = of_lengths(np.float32, 1.0), of_lengths(np.float32, factors(np.float32, kind))
    assert wv.evaluate_word_pairs(tmp_path / "pairs")[0][0] == pytest.approx(
        plain.evaluate_word_pairs(tmp_path / "pairs")[0][0], abs=1e-5
    )
    assert wv.evaluate_word_analogies(tmp_path / "questions") == plain.evaluate_word_analogies(tmp_path / "questions")


def test_lengths_themselves():
    rows = np.array([[3e30, 4e30], [3e-30, 4e-30], [0, 0], [3, 4], [np.nan, 1], [np.inf, 1], [3e38, 3e38]], np.float32)
    with np.errstate(all="raise"):
        found = row_norms(rows)
    np.testing.assert_allclose(found, np.float32([5e30, 5e-30, 0, 5, np.nan, np.inf, np.inf]), rtol=1e-6)
    assert row_norms(np.full((1, 400), 1000, np.float16)).tolist() == [20000]
    np.testing.assert_allclose(unit(rows[0]), [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(unit(rows[1]), [0.6, 0.8], rtol=1e-6)
    assert unit(rows[2]).tolist() == [0, 0]
    assert cosine(np.array([1e200, 0]), np.array([1e200, 0])) == 1
    assert cosine(np.array([1e-200, 0]), np.array([1e-200, 1e-200])) == pytest.approx(0.5**0.5)


def test_rows_of_zeros_stay_zero_beside_long_ones():
    wv = KeyedVectors._from_arrays(["zero", "long", "one"], np.array([[0, 0], [1e30, 0], [1, 0]], np.float32))
    assert wv.most_similar("long") == [("one", 1.0), ("zero", 0.0)]
    assert wv.get_normed_vectors().tolist() == [[0, 0], [1, 0], [1, 0]]
