"""Models judged by files of questions: what is read, what is right, and what stands beside a score."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from fastemb import KeyedVectors
from fastemb.evaluate import Comparison, Score, judge
from fastemb.evaluate.clusters import k_means
from fastemb.evaluate.questions import read_analogies, read_categories, read_odd_one_out, read_pairs
from fastemb.evaluate.words import Words

WORDS = [f"w{number}" for number in range(200)]

ADD = [0.5, 0.5, 0.51, 0.5, 0.5025]
MUL = [0.11, 0.06, 0.08, 0.08, 0.0825]
RHO = -0.2205032240649955


def model(seed: int, words: list[str] = WORDS, size: int = 8) -> KeyedVectors:
    rows = np.random.default_rng(seed).normal(size=(len(words), size)).astype(np.float32)
    return KeyedVectors._from_arrays(words, rows)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def random_analogies(seed: int, count: int = 400, answer: bool = True) -> str:
    """Questions of which about half have the answer that vectors of seed 0 give."""
    random = np.random.default_rng(seed)
    vectors, lines = model(0), []
    for number in range(count):
        a, b, c, d = random.choice(WORDS, 4, replace=False)
        if answer and number % 2:
            d = vectors.most_similar(positive=[b, c], negative=[a], topn=1)[0][0]
        lines.append(f": s{number // 100}\n" * (number % 100 == 0) + f"{a} {b} {c} {d}\n")
    return "".join(lines)


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_analogies_are_answered_as_by_the_methods_of_vectors(method: str) -> None:
    vectors = model(0)
    path = write("q.txt", random_analogies(1))
    found = judge(vectors, analogies=path, method=method)
    ask = vectors.most_similar if method == "3cosadd" else vectors.most_similar_cosmul
    right = []
    for line in Path(path).read_text().splitlines():
        if not line.startswith(":"):
            a, b, c, d = line.split()
            right.append(ask(positive=[b, c], negative=[a], topn=1)[0][0] == d)
    assert found.scores[-1].score == np.mean(right)
    assert [score.score for score in found.scores[:-1]] == [np.mean(right[at : at + 100]) for at in range(0, 400, 100)]
    assert 0.05 < np.mean(right) < 0.7
    if method == "3cosadd":
        assert found.scores[-1].score == vectors.evaluate_word_analogies(path)[0]


def test_scores_are_those_of_gensim() -> None:
    # gensim 4.4: evaluate_word_analogies, most_similar_cosmul of each question, evaluate_word_pairs
    path = write("q.txt", random_analogies(1))
    assert [score.score for score in judge(model(0), analogies=path).scores] == ADD
    assert [score.score for score in judge(model(0), analogies=path, method="3cosmul").scores] == MUL
    assert model(0).evaluate_word_analogies(path, similarity_function="most_similar_cosmul")[0] == MUL[-1]
    pairs = write("p.txt", "".join(f"{one}\t{other}\t{score}\n" for one, other, score in PAIRS))
    assert judge(model(0), similarity=pairs).scores[0].score == pytest.approx(RHO, abs=1e-6)


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_spellings_of_a_question_are_no_answers(method: str) -> None:
    rows = np.eye(4, 4)
    vectors = KeyedVectors._from_arrays(
        ["a", "b", "c", "B", "C", "A", "d"],
        np.array([rows[0], rows[1], rows[2], rows[1], rows[2], rows[0], [0, 0.1, 0.1, 1]], np.float32),
    )
    path = write("q.txt", ": s\na b c d\n")
    assert judge(vectors, analogies=path, method=method).scores[-1].score == 1
    assert judge(vectors, analogies=path, method=method, case_insensitive=False).scores[-1].score == 0


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_vectors_that_are_no_numbers_answer_nothing(method: str) -> None:
    vectors = model(0)
    path = write("q.txt", random_analogies(1))
    expected = judge(vectors, analogies=path, method=method).scores[-1].score
    more = KeyedVectors._from_arrays([*WORDS, "nan"], np.vstack([vectors.vectors, np.full((1, 8), np.nan, np.float32)]))
    assert judge(more, analogies=path, method=method).scores[-1].score == expected


@pytest.mark.parametrize("workers", [1, 3])
def test_many_questions_of_many_rows_in_blocks(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("q.txt", random_analogies(1))
    expected = judge(model(0), analogies=path, method="3cosmul").scores
    for name, size in [("answers.BLOCK_QUESTIONS", 70), ("products._BLOCK_ROWS", 33), ("products._BLOCK_PRODUCTS", 7)]:
        monkeypatch.setattr(f"fastemb.evaluate.{name}", size)
    assert judge(model(0), analogies=path, method="3cosmul", workers=workers).scores == expected


def test_coverage_stands_beside_each_score() -> None:
    path = write("q.txt", ": s\nw1 w2 w3 w4\nw1 w2 w3 unknown\n: t\nnope w1 w2 w3\n")
    left_out = judge(model(0), analogies=path).scores
    assert [(score.section, score.known, score.asked) for score in left_out] == [("s", 1, 2), ("t", 0, 1), ("", 1, 3)]
    assert math.isnan(left_out[1].score)
    wrong = judge(model(0), analogies=path, dummy4unknown=True).scores
    assert [(score.known, score.asked, score.score) for score in wrong] == [(1, 2, 0), (0, 1, 0), (1, 3, 0)]
    assert judge(model(0), analogies=path, restrict_vocab=4).scores[-1].known == 0
    text = str(judge(model(0), analogies=path))
    assert "1 of         3" in text
    assert "Questions with unknown words are left out of the scores." in text
    assert "count as wrong" in str(judge(model(0), analogies=path, dummy4unknown=True))


def test_two_models_are_compared_on_what_both_know() -> None:
    path = write("q.txt", random_analogies(1))
    one, other = model(0), model(0, WORDS[:150])
    other.vectors[:] = one.vectors[:150]
    found = judge({"one": one, "other": other}, analogies=path)
    both = judge(one, analogies=path, restrict_vocab=150).scores[-1]
    whole = found.comparisons[-1]
    assert (whole.compared, whole.asked) == (both.known, 400)
    assert (whole.one, whole.other) == ("one", "other")
    own = judge({"one": one, "two": one}, analogies=path).comparisons[-1]
    assert (own.difference, own.p, own.mcnemar) == (0, 1, 1)
    bad = judge({"one": one, "bad": model(9)}, analogies=path).comparisons[-1]
    assert bad.difference < bad.high < 0
    assert bad.mcnemar == pytest.approx(stats.binomtest(1, 200).pvalue, abs=1e-9)
    three = judge([one, other, model(9)], analogies=path)
    assert [(c.one, c.other) for c in three.comparisons if c.level == "all"] == [("1", "2"), ("1", "3"), ("2", "3")]


def test_the_layout_of_bats() -> None:
    write("BATS/1_Kind/I01.txt", "w1\tw2\nw3\tw4/w5\nw6\tnope/w7\n")
    write("BATS/2_Other/D01.txt", "w1 w2\nw3 w4/w5\n")
    write("BATS/README.txt", "Words of a kind.\n")
    words = Words(True)
    questions = read_analogies("BATS", words)
    names = {number: name for name, number in words._numbers.items()}
    asked = [" ".join(names[word] for word in given) for given in questions.given.tolist()]
    assert asked[:6] == ["W1 W2 W3", "W1 W2 W6", "W3 W4 W1", "W3 W4 W6", "W6 NOPE W1", "W6 NOPE W3"]
    assert len(asked) == 8
    answers = np.split(questions.answers[1], questions.answers[0][1:-1])
    assert [[names[word] for word in some.tolist()] for some in answers[:2]] == [["W4", "W5"], ["NOPE", "W7"]]
    scores = judge(model(0), analogies="BATS").scores
    assert [(score.section, score.level, score.known, score.asked) for score in scores] == [
        ("I01", "section", 4, 6),
        ("D01", "section", 2, 2),
        ("1_Kind", "group", 4, 6),
        ("2_Other", "group", 2, 2),
        ("", "all", 6, 8),
    ]
    assert [score.asked for score in judge(model(0), analogies="BATS/1_Kind/I01.txt").scores] == [6, 6]


def test_any_of_the_answers_is_right() -> None:
    vectors = model(0)
    best = vectors.most_similar(positive=["w2", "w3"], negative=["w1"], topn=1)[0][0]
    write("r/a.txt", f"w1\tw2\nw3\tw9/{best}/w11\n")
    questions = judge(vectors, analogies="r").scores[-1]
    assert questions.score >= 0.5


def test_sections_of_word2vecs_questions_are_summed_up() -> None:
    path = write("q.txt", "//Copyright\n: capital\nw1 w2 w3 w4\n: gram1\nw5 w6 w7 w8\nw7 w8 w5 w6\n")
    levels = [(score.section, score.level, score.asked) for score in judge(model(0), analogies=path).scores]
    assert levels[2:] == [("semantic", "group", 1), ("syntactic", "group", 2), ("", "all", 3)]


PAIRS = [
    (one, other, float(score)) for one, other, score in zip(WORDS, WORDS[50:130], np.arange(80) % 11, strict=False)
]


@pytest.mark.parametrize(
    "line",
    [
        "{0}\t{1}\t{2}",
        "{0},{1},{2}",
        "{0};{1};{2}",
        "{0} {1} {2}",
        "{0}   {1}\t{2}",
        "{0}\t{1}\tN\t{2}\t9",
        '"{0}",{1}, {2}',
    ],
)
@pytest.mark.parametrize("header", ["", "# comment", "names"])
def test_similarity_files_of_many_kinds(line: str, header: str) -> None:
    head = line.format("word1", "word2", "score").replace("9", "SD") if header == "names" else header
    path = write("p.txt", f"{head}\n\n" + "\n".join(line.format(*pair) for pair in PAIRS) + "\n")
    score = judge(model(0), similarity=path).scores[0]
    vectors = model(0)
    ours = [float(vectors.similarity(one, other)) for one, other, _ in PAIRS]
    assert score.score == pytest.approx(stats.spearmanr(ours, [pair[2] for pair in PAIRS]).statistic, abs=1e-12)
    assert (score.known, score.asked) == (80, 80)


def test_similarity_with_unknown_words() -> None:
    lines = [f"{one}\t{other}\t{score}\n" for one, other, score in PAIRS]
    path = write("p.txt", "".join(lines) + "nope\tw1\t3\n")
    vectors = model(0)
    expected = vectors.evaluate_word_pairs(path, dummy4unknown=True)[1].statistic
    wrong = judge(vectors, similarity=path, dummy4unknown=True).scores[0]
    assert (wrong.score, wrong.known, wrong.asked) == (pytest.approx(expected), 80, 81)
    left_out = judge(vectors, similarity=path).scores[0]
    assert left_out.score == pytest.approx(vectors.evaluate_word_pairs(path)[1].statistic)
    assert left_out.low < left_out.score < left_out.high


def test_several_files_each_have_their_scores() -> None:
    paths = [write(f"p{number}.txt", "w1 w2 3\nw3 w4 5\nw5 w6 1\n") for number in range(3)]
    assert [score.source for score in judge(model(0), similarity=paths).scores] == paths


def test_odd_ones_out_are_those_that_do_not_match() -> None:
    vectors, random = model(0), np.random.default_rng(1)
    groups = [random.choice(WORDS, size, replace=False).tolist() for size in (3, 4, 5, 8) for _ in range(30)]
    path = write("o.txt", ": a\n" + "".join(" ".join(group) + "\n" for group in groups) + "w1 w2 nope\n")
    found = judge(vectors, odd_one_out=path).scores[-1]
    expected = [vectors.doesnt_match(group) == group[-1] for group in groups]
    assert (found.score, found.known, found.asked) == (np.mean(expected), 120, 121)
    assert judge(vectors, odd_one_out=path, dummy4unknown=True).scores[-1].score == sum(expected) / 121


def test_the_layout_of_8_8_8() -> None:
    write("o/cats.txt", "w1\nw2\nw3\n\nw4\nw5\n")
    write("o/dogs.txt", "w6\nw7\nw8\n\nw9\n")
    vectors = model(0)
    expected = [vectors.doesnt_match(["w1", "w2", "w3", odd]) == odd for odd in ("w4", "w5")]
    scores = judge(vectors, odd_one_out="o").scores
    assert [(score.section, score.asked) for score in scores] == [("cats", 2), ("dogs", 1), ("", 3)]
    assert scores[0].score == np.mean(expected)


def clustered(noise: float) -> tuple[KeyedVectors, str]:
    random = np.random.default_rng(0)
    classes = np.arange(60) % 4
    rows = np.eye(4, 8)[classes] + random.normal(size=(60, 8)) * noise
    lines = [f"w{number},c{kind}\n" for number, kind in enumerate(classes.tolist())]
    return KeyedVectors._from_arrays(WORDS[:60], rows.astype(np.float32)), "word,category\n" + "".join(lines)


def test_purity_of_clusters() -> None:
    vectors, text = clustered(0.05)
    path = write("c.csv", text + "nope,c1\n")
    found = judge(vectors, categories=path).scores[0]
    assert (found.score, found.known, found.asked, found.measure) == (1, 60, 61, "purity")
    assert judge(vectors, categories=path, dummy4unknown=True).scores[0].score == pytest.approx(60 / 61)
    noisy, _ = clustered(0.7)
    points = noisy.get_normed_vectors().astype(np.float64)
    clusters = k_means(points, 4, 0)
    expected = sum(np.bincount(np.arange(60)[clusters == one] % 4).max() for one in range(4)) / 60
    assert judge(noisy, categories=path).scores[0].score == pytest.approx(expected)
    assert 0.25 < expected < 1
    both = judge([vectors, noisy], categories=path).comparisons[0]
    assert both.difference == pytest.approx(expected - 1)


def test_clusters_are_compared_of_words_that_both_models_know() -> None:
    noisy, text = clustered(0.7)
    fewer = KeyedVectors._from_arrays(WORDS[:40], noisy.vectors[:40])
    found = judge([noisy, fewer], categories=write("c.csv", text)).comparisons[0]
    assert (found.compared, found.difference, found.mcnemar) == (40, 0, 1)


def test_k_means_is_as_tight_as_scikit_learns() -> None:
    sklearn = pytest.importorskip("sklearn.cluster")
    points = np.random.default_rng(2).normal(size=(300, 5))
    found = k_means(points, 12, 0)
    assert sorted(set(found.tolist())) == list(range(12))
    spread = sum(((points[found == one] - points[found == one].mean(axis=0)) ** 2).sum() for one in range(12))
    theirs = sklearn.KMeans(12, n_init=10, random_state=0).fit(points).inertia_
    assert spread < 1.03 * theirs


def test_clusters_of_points_that_are_alike() -> None:
    assert len(k_means(np.ones((9, 3)), 4, 0)) == 9
    assert k_means(np.eye(3), 3, 0).tolist() != [0, 0, 0]


@pytest.mark.parametrize(
    ("task", "text", "message"),
    [
        ("analogies", ": s\na b c\n", "line 2: a question has four words, not 3"),
        ("analogies", "a\tb\nc\n", "line 2: an analogy is four words, or a word and its answers"),
        ("analogies", "a\tb\n", "needs two lines at least"),
        ("analogies", "", "there are no analogies in it"),
        ("analogies", ": s\n", "there are no analogies in it"),
        ("similarity", "a b 1\nc d\n", "line 2: two words and a score were expected"),
        ("similarity", "a\tb\t1\nc\td\tx\n", "line 2: 'x' is no score, which is field 3 here"),
        ("similarity", "a,b,1\nc,d,nan\n", "line 2: 'nan' is no score"),
        ("odd_one_out", "a b c\na b\n", "line 2: a group has three words at least"),
        ("odd_one_out", "a b c\n;;\n", "line 2: a group has three words at least"),
        ("odd_one_out", "a\nb\n", "there are 1 blocks of lines"),
        ("similarity", "", "there are no pairs of words in it"),
        ("similarity", "# notes alone\n", "there are no pairs of words in it"),
        ("odd_one_out", "", "there are no groups of words in it"),
        ("categories", "a b\nc\n", "line 2: a word and its class were expected"),
        ("categories", "a b c\nd e f\n", "line 1: a word and its class were expected"),
        ("categories", "a,x\nb,x\n", "fewer than two classes"),
        ("categories", "x,a\nx,b\ny,c\n", "write the word first, then its class"),
    ],
)
def test_files_that_are_no_questions(task: str, text: str, message: str) -> None:
    path = write("bad.txt", text)
    with pytest.raises(ValueError, match=rf"^bad\.txt: .*{message}"):
        judge(model(0), **{task: path})


def test_wrong_arguments() -> None:
    path = write("q.txt", ": s\nw1 w2 w3 w4\n")
    with pytest.raises(ValueError, match="there is nothing to judge by: give analogies"):
        judge(model(0))
    with pytest.raises(ValueError, match=r"method='3CosMul' is none; did you mean '3cosmul'\?"):
        judge(model(0), analogies=path, method="3CosMul")
    with pytest.raises(ValueError, match=r"confidence must be between 0 and 1, not 95"):
        judge(model(0), analogies=path, confidence=95)
    with pytest.raises(TypeError, match=r"models must be KeyedVectors.*load_vectors reads a file"):
        judge("vectors.bin", analogies=path)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not dict"):
        judge([{}], analogies=path)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="models is empty"):
        judge([], analogies=path)
    with pytest.raises(ValueError, match="has no vectors"):
        judge(KeyedVectors(3), analogies=path)
    with pytest.raises(TypeError, match=r"'analogy'; did you mean 'analogies'\?"):
        judge(model(0), analogy=path)  # type: ignore[call-arg]
    Path("empty").mkdir()
    with pytest.raises(ValueError, match=r"empty: there are no files in this folder"):
        judge(model(0), analogies="empty")


def test_results_as_data() -> None:
    path = write("q.txt", ": s\nw1 w2 w3 w4\nnope w2 w3 w4\n: t\nnope w1 w2 w3\n")
    found = judge([model(0), model(1)], analogies=path)
    rows = found.rows()
    assert list(rows[0]) == list(Score._fields)
    assert list(rows[-1]) == list(Comparison._fields)
    assert len(rows) == len(found.scores) + len(found.comparisons) == 9
    assert [row["score"] for row in rows if row.get("section") == "t" and "model" in row] == [None, None]


def test_readers_share_words_that_differ_in_case() -> None:
    words = Words(True)
    read_pairs(write("p.txt", "Cat dog 1\ncat DOG 2\n"), words)
    assert len(words) == 2
    read_categories(write("c.txt", "CAT a\nowl b\n"), words)
    read_odd_one_out(write("o.txt", "Owl cat dog\n"), words)
    assert len(words) == 3
