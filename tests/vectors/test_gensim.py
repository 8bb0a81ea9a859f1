"""The same questions to gensim, where it is installed; and what gensim 4.4 answered once, for everybody."""

import inspect
import random

import numpy as np
import pytest

from fastemb.vectors import KeyedVectors

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # gensim's own

DELIBERATE = {"save", "word_vec", "similarity_unseen_docs"}  # gensim declares these with *args, **kwargs


@pytest.fixture
def small():
    rows = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    return KeyedVectors._from_arrays([f"w{at}" for at in range(8)], rows)


def test_frozen_neighbours(small):
    keys, scores = zip(*small.most_similar("w0"), strict=True)
    assert keys == ("w1", "w4", "w2", "w6", "w5", "w3", "w7")
    expected = [0.6999946, 0.3996647, -0.2973994, -0.4688244, -0.5552272, -0.6147939, -0.9746634]
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    keys, scores = zip(*small.most_similar([("w0", 2.0)], ["w1"]), strict=True)
    assert keys == ("w4", "w6", "w2", "w3", "w5", "w7")
    np.testing.assert_allclose(scores[:2], [0.025052953511476517, -0.035770125687122345], atol=1e-6)


def test_frozen_cosmul(small):
    scores = small.most_similar_cosmul(["w0", "w1"], ["w2"], topn=None)
    expected = [2.4195676, 2.4707837, 0.12085361, 0.09050455, 0.96264315, 0.4406725, 0.03563965, 0.00374397]
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_frozen_rest(small):
    assert [small.rank("w0", f"w{at}") for at in range(8)] == [1, 1, 3, 6, 2, 5, 4, 7]
    assert small.relative_cosine_similarity("w0", "w1") == pytest.approx(-0.386470762493026, abs=1e-5)
    assert small.n_similarity(["w0"], ["w1", "w2"]) == pytest.approx(0.38327593, abs=1e-6)
    mean = small.get_mean_vector(["w0", "w1"], weights=[1, -2])
    np.testing.assert_allclose(mean, [0.2678356, -0.20415421, -0.18397146, -0.3117474], atol=1e-6)
    ranked = small.rank_by_centrality(["w0", "w1", "w2"], use_norm=False)
    np.testing.assert_allclose([score for score, _ in ranked], [1.3001493, 0.5742806, 0.41776925], atol=1e-6)


# ---- side by side ----


@pytest.fixture(scope="module")
def gensim():
    return pytest.importorskip("gensim.models.keyedvectors")


WORDS = [f"w{at}" for at in range(200)] + ["king", "King", "KING", "queen", "Queen", "man", "woman"]


@pytest.fixture
def both(gensim):
    padded = np.zeros((len(WORDS), 32), np.float32)
    padded[:, :20] = np.random.default_rng(5).normal(size=(len(WORDS), 20))
    theirs = gensim.KeyedVectors(20)
    theirs.add_vectors(WORDS, padded[:, :20].copy())
    return theirs, KeyedVectors._from_arrays(WORDS, padded[:, :20])


def assert_like(a, b):
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for name in a:
            assert_like(a[name], b[name])
    elif isinstance(a, list) or type(a) is tuple:
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_like(x, y)
    elif isinstance(a, str | bool | int):
        assert a == b
    else:
        np.testing.assert_allclose(np.asarray(a, float), np.asarray(b, float), rtol=2e-5, atol=2e-6)


QUERIES = [
    lambda v: v.most_similar("w0"),
    lambda v: v.most_similar(["w0", "w5"], ["w7"]),
    lambda v: v.most_similar([("w0", 2.0), "w3"], [("w2", 3.0)], topn=None),
    lambda v: v.most_similar([np.array(v["w3"]), "w1"], topn=5),
    lambda v: v.most_similar([(np.array(v["w3"]), 0.5), "w1"], topn=5),
    lambda v: v.most_similar([0, "w4"], topn=500),
    lambda v: v.most_similar("w0", clip_start=10, clip_end=50),
    lambda v: v.most_similar("w0", clip_start=10, clip_end=50, topn=None),
    lambda v: v.most_similar("w0", restrict_vocab=30),
    lambda v: v.most_similar(["w1"], clip_start=-7),
    lambda v: v.similar_by_vector(np.array(v["w3"]), 4),
    lambda v: v.most_similar_to_given("w0", ["w1", "w2", "w3"]),
    lambda v: v.most_similar_cosmul(["w0", "w1"], ["w2"]),
    lambda v: v.distances("w0"),
    lambda v: v.distances("w0", ["w2", "w3"]),
    lambda v: v.n_similarity(["w0", "w1"], ["w2", "zz"]),
    lambda v: v.closer_than("w0", "w9"),
    lambda v: [v.rank("w0", word) for word in WORDS],
    lambda v: v.doesnt_match(WORDS[:7]),
    lambda v: v.rank_by_centrality(WORDS[:7]),
    lambda v: v.rank_by_centrality(WORDS[:7], use_norm=False),
    lambda v: v.relative_cosine_similarity("w0", "w1"),
    lambda v: v.get_mean_vector(WORDS[:5], weights=[1, 2, -3, 4, 5]),
    lambda v: v.get_mean_vector(["w0", "zz"]),
    lambda v: v.get_normed_vectors(),
    lambda v: v.vectors_for_all(["w9", "w1", "w9"]).vectors,
    lambda v: str(v),
]


@pytest.mark.parametrize("query", QUERIES)
def test_same_answers(both, query):
    theirs, ours = both
    assert_like(query(theirs), query(ours))


def test_same_names_arguments_and_defaults(both):
    theirs, ours = both
    for name in dir(type(theirs)):
        if name.startswith("_") or isinstance(getattr(type(theirs), name), property):
            continue
        assert hasattr(ours, name)
        there, here = getattr(type(theirs), name), getattr(type(ours), name)
        if callable(there) and name not in DELIBERATE:
            arguments = [[(p.name, p.default) for p in inspect.signature(f).parameters.values()] for f in (there, here)]
            assert arguments[0] == arguments[1], name


def test_same_analogies(both, tmp_path):
    theirs, ours = both
    dice = random.Random(1)
    lines = []
    for section in range(3):
        lines.append(f": section {section}")
        lines += [" ".join(dice.choices([*WORDS, "zz"], k=4)) for _ in range(150)]
        for _ in range(50):
            a, b, c = dice.choices(WORDS, k=3)
            lines.append(f"{a} {b} {c} {theirs.most_similar([b, c], [a], topn=1)[0][0]}")
    (tmp_path / "q").write_text("\n".join(lines))
    for options in ({}, {"case_insensitive": False}, {"dummy4unknown": True}, {"restrict_vocab": 150}):
        expected = theirs.evaluate_word_analogies(str(tmp_path / "q"), **options)
        assert expected[0] > 0
        assert ours.evaluate_word_analogies(str(tmp_path / "q"), **options) == expected


def test_same_word_pairs(both, tmp_path):
    theirs, ours = both
    dice = random.Random(1)
    pairs = ["\t".join([*dice.choices([*WORDS, "zz"], k=2), str(dice.randint(0, 10))]) for _ in range(300)]
    (tmp_path / "p").write_text("\n".join(pairs))
    for options in ({}, {"case_insensitive": False}, {"dummy4unknown": True}, {"restrict_vocab": 150}):
        expected = theirs.evaluate_word_pairs(str(tmp_path / "p"), **options)
        assert_like([tuple(part) for part in expected[:2]], [tuple(part) for part in ours.evaluate_word_pairs(str(tmp_path / "p"), **options)[:2]])  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("binary", [False, True])
def test_files_of_each_other(both, tmp_path, gensim, binary):
    theirs, ours = both
    theirs.save_word2vec_format(str(tmp_path / "theirs"), binary=binary)
    ours.save_word2vec_format(tmp_path / "ours", binary=binary)
    if binary:
        assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    from_theirs = KeyedVectors.load_word2vec_format(tmp_path / "theirs", binary=binary)
    from_ours = gensim.KeyedVectors.load_word2vec_format(str(tmp_path / "ours"), binary=binary)
    for loaded in (from_theirs, from_ours):
        assert list(loaded.index_to_key) == WORDS
        assert loaded.vectors.tobytes() == theirs.vectors.tobytes()
    assert from_theirs.expandos["count"].tolist() == from_ours.expandos["count"].tolist()
