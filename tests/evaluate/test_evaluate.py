"""Analogies, word pairs and correlations, against what gensim 4.4 and SciPy 1.17 gave for the same data."""

import inspect
import logging
import pydoc
import subprocess
import sys

import numpy as np
import pytest

from fastemb.evaluate import analogies, word_pairs
from fastemb.evaluate.statistics import incomplete_beta, mean_ranks, pearson, spearman
from fastemb.vectors import KeyedVectors

QUESTIONS = """: s1
a b c d
a b c e
a b c zz
: s2
c d e f
d e f g x
# hello
king queen a b
: s3
"""
PAIRS = "# c\na\tb\t1.5\nc\td\t2\ne\tf\t0.5\na\tzz\t3\nbad line\na\tg\tx\n\nKING\tqueen\t4\n"


@pytest.fixture
def vectors():
    words = ["a", "b", "c", "d", "e", "f", "g", "A", "B", "king", "King", "KING", "queen", "x"]
    rows = np.random.default_rng(0).normal(size=(len(words), 5)).astype(np.float32)
    return KeyedVectors._from_arrays(words, rows)


@pytest.fixture
def ask(vectors, tmp_path):
    def asked(text, **options):
        (tmp_path / "q.txt").write_text(text)
        return vectors.evaluate_word_analogies(tmp_path / "q.txt", **options)

    return asked


@pytest.fixture
def compare(vectors, tmp_path):
    def compared(text, **options):
        (tmp_path / "p.txt").write_text(text)
        return vectors.evaluate_word_pairs(str(tmp_path / "p.txt"), **options)

    return compared


def test_analogies(ask):
    right = [("A", "B", "C", "E"), ("KING", "QUEEN", "A", "B")]
    wrong = [("A", "B", "C", "D"), ("C", "D", "E", "F")]
    assert ask(QUESTIONS) == (
        0.5,
        [
            {"section": "s1", "correct": right[:1], "incorrect": wrong[:1]},
            {"section": "s2", "correct": right[1:], "incorrect": wrong[1:]},
            {"section": "s3", "correct": [], "incorrect": []},
            {"section": "Total accuracy", "correct": right, "incorrect": wrong},
        ],
    )


def test_analogy_options(ask):
    score, sections = ask(QUESTIONS, dummy4unknown=True)
    assert score == 0.4
    assert sections[0]["incorrect"] == [("A", "B", "C", "D"), ("A", "B", "C", "ZZ")]
    score, sections = ask(QUESTIONS, case_insensitive=False)
    assert score == 0.25
    assert sections[1]["incorrect"] == [("c", "d", "e", "f"), ("king", "queen", "a", "b")]
    score, sections = ask(QUESTIONS, restrict_vocab=5)
    assert [len(section["correct"] + section["incorrect"]) for section in sections] == [2, 0, 0, 2]
    assert ask(QUESTIONS, restrict_vocab=None)[0] == 0.5
    assert ask(QUESTIONS, similarity_function="most_similar_cosmul")[0] in (0.25, 0.5)


@pytest.mark.parametrize("number", [0, -1])
@pytest.mark.parametrize("function", ["most_similar", "most_similar_cosmul"])
def test_a_vocabulary_of_nothing_is_refused(ask, compare, number, function):
    with pytest.raises(ValueError, match=f"restrict_vocab must be at least 1, not {number}"):
        ask(QUESTIONS, restrict_vocab=number, similarity_function=function)
    with pytest.raises(ValueError, match=f"restrict_vocab must be at least 1, not {number}"):
        compare(PAIRS, restrict_vocab=number)
    with pytest.raises(TypeError, match=r"restrict_vocab must be a whole number, not 2\.5"):
        compare(PAIRS, restrict_vocab=2.5)


def test_questions_in_many_blocks(ask):
    lines = [f"{a} {b} {c} {d}\n" for a in "abc" for b in "bde" for c in "efg" for d in "abcdefg"]
    few = ask(": s\n" + "".join(lines))
    many = ask(": s\n" + "".join(lines * 30))
    assert many[0] == few[0]
    assert many[1][0]["correct"] == few[1][0]["correct"] * 30
    assert ask(": s\n" + "".join(lines), similarity_function="similar") == few


@pytest.mark.parametrize("case_insensitive", [True, False])
@pytest.mark.parametrize("restrict_vocab", [None, 9])
@pytest.mark.parametrize("block", [7, 4096])
def test_products_answer_many_questions_as_they_answer_one(
    ask, vectors, monkeypatch, case_insensitive, restrict_vocab, block
):
    monkeypatch.setattr("fastemb.evaluate.analogies.BLOCK_QUESTIONS", block)
    monkeypatch.setattr(KeyedVectors, "one_by_one", KeyedVectors.most_similar_cosmul, raising=False)
    keys = ["a", "A", "b", "c", "d", "B", "king", "queen"]
    text = ": s\n" + "".join(f"{a} {b} {c} {d}\n" for a in keys for b in keys for c in keys for d in "abdx")
    options = {"case_insensitive": case_insensitive, "restrict_vocab": restrict_vocab}
    many = ask(text, similarity_function="most_similar_cosmul", **options)
    assert many == ask(text, similarity_function="one_by_one", **options)
    assert 0.02 < many[0] < 0.5


@pytest.mark.parametrize("function", ["most_similar", "most_similar_cosmul"])
def test_a_vector_that_is_no_number_answers_nothing(ask, vectors, function):
    expected = ask(QUESTIONS, similarity_function=function)
    vectors["g"] = np.full(5, np.nan)
    assert ask(QUESTIONS, similarity_function=function) == expected


def test_methods_show_the_whole_signature_and_docstring():
    for name, function in [
        ("evaluate_word_analogies", analogies.evaluate_word_analogies),
        ("evaluate_word_pairs", word_pairs.evaluate_word_pairs),
        ("log_accuracy", analogies.log_accuracy),
        ("log_evaluate_word_pairs", word_pairs.log_evaluate_word_pairs),
    ]:
        method = getattr(KeyedVectors, name)
        assert inspect.signature(method) == inspect.signature(function)
        assert inspect.getdoc(method) == inspect.getdoc(function)
        assert f"{name}(" in pydoc.render_doc(KeyedVectors, renderer=pydoc.plaintext)
    bound = inspect.signature(KeyedVectors(2).evaluate_word_pairs)
    assert list(bound.parameters)[:2] == ["pairs", "delimiter"]


def test_evaluation_is_loaded_when_it_is_first_used():
    program = (
        "import sys, fastemb; wv = fastemb.KeyedVectors(2); assert not [n for n in sys.modules if 'evaluate' in n]; "
        "wv.log_accuracy({'section': '', 'correct': [], 'incorrect': []}); assert 'fastemb.evaluate' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_subclass_can_build_on_an_evaluation(tmp_path):
    class Strict(KeyedVectors):
        def evaluate_word_pairs(self, pairs, **options):
            return super().evaluate_word_pairs(pairs, dummy4unknown=True, **options)

    strict = Strict(2)
    strict.add_vectors(["a", "b", "c"], [[1, 0], [1, 1], [0, 1]])
    (tmp_path / "p").write_text("a\tb\t1\na\tc\t0\na\tzz\t5\n")
    assert strict.evaluate_word_pairs(tmp_path / "p")[2] == pytest.approx(100 / 3)


@pytest.fixture(autouse=True)
def plain_similarity(monkeypatch):
    monkeypatch.setattr(KeyedVectors, "similar", lambda self, **options: self.most_similar(**options), raising=False)


@pytest.mark.parametrize("text", ["a b c d\n", "", ": s\na b c zz\n"])
def test_questions_that_cannot_be_answered(ask, text):
    with pytest.raises(ValueError, match=r"q\.txt"):
        ask(text)


def test_word_pairs(compare, caplog):
    with caplog.at_level(logging.INFO):
        linear, ranked, unknown = compare(PAIRS)
    assert linear == (pytest.approx(0.22898052802365956, rel=1e-6), pytest.approx(0.7710194719763404, rel=1e-6))
    assert ranked == (pytest.approx(0.4), pytest.approx(0.6))
    assert (linear.statistic, ranked.pvalue) == (linear[0], ranked[1])
    assert (linear.correlation, ranked.correlation) == (linear[0], ranked[0])
    assert unknown == 20.0
    assert caplog.text.count("left out") == 3


def test_word_pair_options(compare):
    linear, ranked, unknown = compare(PAIRS, dummy4unknown=True)
    assert linear == (pytest.approx(0.14145976451994904, rel=1e-6), pytest.approx(0.8204903499560302, rel=1e-6))
    assert ranked == (pytest.approx(0.4), pytest.approx(0.5046315754686912))
    assert unknown == 20.0
    assert compare(PAIRS, case_insensitive=False)[0][0] == pytest.approx(0.31138381969269735, rel=1e-6)
    linear, ranked, unknown = compare(PAIRS, restrict_vocab=4)
    assert linear == (-1, 1)
    assert ranked[0] == pytest.approx(-1)
    assert np.isnan(ranked[1])
    assert unknown == 60
    for delimiter, text in [(None, PAIRS), (None, PAIRS.replace("\t", "  ")), (" ", PAIRS.replace("\t", " "))]:
        assert compare(text, delimiter=delimiter) == compare(PAIRS)
    assert np.isnan(compare("a\tb\t1\nc\td\t1\ne\tf\t1\n")[0]).all()


@pytest.mark.parametrize("text", ["", "q\tr\t1\n", "a\tb\t1\n"])
def test_too_few_pairs(compare, text):
    with pytest.raises(ValueError, match=r"p\.txt"):
        compare(text)


def test_logging_helpers(caplog):
    with caplog.at_level(logging.INFO):
        KeyedVectors.log_accuracy({"section": "s", "correct": [("a",) * 4], "incorrect": [("b",) * 4] * 3})
        KeyedVectors.log_accuracy({"section": "none", "correct": [], "incorrect": []})
        KeyedVectors.log_evaluate_word_pairs((0.5, 0.1), (0.25, 0.2), 3.0, "p")
    assert "s: 25.0% (1/4)" in caplog.text
    assert "none" not in caplog.text
    assert "0.2500" in caplog.text


def test_ranks_share_their_mean():
    assert mean_ranks(np.array([3.0, 1, 3, 2, 3])).tolist() == [4, 1, 4, 2, 4]


def test_incomplete_beta():
    assert incomplete_beta(1, 1, 0.3) == pytest.approx(0.3)
    assert incomplete_beta(2, 3, 0.5) == pytest.approx(0.6875)
    assert incomplete_beta(0.5, 0.5, 0.25) == pytest.approx(1 / 3)
    assert (incomplete_beta(2, 3, 0), incomplete_beta(2, 3, 1)) == (0, 1)


def test_correlations_against_scipy():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    for size in (3, 4, 5, 10, 50, 353, 3000):
        for slope in (0, 0.05, 0.5, 5):
            x = np.round(rng.normal(size=size), 1)
            y = slope * x + rng.normal(size=size)
            np.testing.assert_allclose(pearson(x, y), tuple(stats.pearsonr(x, y)), rtol=1e-9, atol=1e-300)
            np.testing.assert_allclose(spearman(x, y), tuple(stats.spearmanr(x, y)), rtol=1e-7, atol=1e-15)


def test_correlations_of_short_or_uneven_series():
    for x, y in [([1], [1]), ([1, 2], [1, 2, 3]), ([], [])]:
        with pytest.raises(ValueError, match="same length"):
            pearson(x, y)
    assert pearson([1, 2, 3], [2, 4, 6]) == (pytest.approx(1), pytest.approx(0, abs=1e-7))


def test_words_paired_with_themselves_have_a_cosine_of_exactly_one(tmp_path):
    """As in gensim, they count like any other pair; all of them are equal, whatever their vectors round to."""
    words = [f"w{at}" for at in range(50)]
    vectors = KeyedVectors._from_arrays(words, np.random.default_rng(1).normal(size=(50, 100)).astype(np.float32))
    lines = [f"{word}\t{word}\t10" for word in words] + [f"{words[0]}\t{word}\t1" for word in words[1:]]
    (tmp_path / "pairs").write_text("\n".join(lines))
    found = vectors.evaluate_word_pairs(tmp_path / "pairs")
    cosines = [1.0] * 50 + [float(vectors.similarity(words[0], word)) for word in words[1:]]
    scores = [10.0] * 50 + [1.0] * 49
    assert found == (pearson(scores, cosines), spearman(scores, cosines), 0)
