"""How well vectors answer analogies and agree with people about similar words."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypedDict

import numpy as np
from numpy.typing import NDArray

from ..io.atomic import StrPath
from ..io.input_file import open_source
from .interface import Vectors
from .norms import row_norms
from .statistics import Correlation, pearson, spearman
from .store import Key

logger = logging.getLogger(__name__)

Words = tuple[str, str, str, str]

_BLOCK_VALUES = 1 << 22  # scores held at once
_GUESSES = 5  # how many neighbours may be the question's own words in another case


class Section(TypedDict):
    """Questions of one kind, sorted by whether they were answered right."""

    section: str
    correct: list[Words]
    incorrect: list[Words]


class _Question(NamedTuple):
    section: int
    words: Words
    rows: tuple[int, int, int, int] | None  # None when a word is unknown


def evaluate_word_analogies(
    vectors: Vectors,
    analogies: StrPath,
    restrict_vocab: int | None,
    case_insensitive: bool,
    dummy4unknown: bool,
    similarity_function: str,
) -> tuple[float, list[Section]]:
    """Answer a file of analogy questions; see ``KeyedVectors.evaluate_word_analogies``."""
    rows = _rows_by_word(vectors, restrict_vocab, case_insensitive)
    names, questions, unknown = _read_questions(analogies, rows, case_insensitive)
    known = [question for question in questions if question.rows is not None]
    if similarity_function == "most_similar":
        answers = _answers(vectors, known, restrict_vocab, case_insensitive)
    else:
        answers = _answers_by(vectors, known, restrict_vocab, case_insensitive, similarity_function)
    right = dict(zip(map(id, known), answers, strict=True))
    sections: list[Section] = [{"section": name, "correct": [], "incorrect": []} for name in names]
    for question in questions if dummy4unknown else known:
        answered = right.get(id(question), False)
        sections[question.section]["correct" if answered else "incorrect"].append(question.words)
    return _summed_up(analogies, sections, unknown / max(1, len(questions)), dummy4unknown)


def _rows_by_word(vectors: Vectors, restrict_vocab: int | None, case_insensitive: bool) -> dict[Any, int]:
    """Rows of the first ``restrict_vocab`` keys; of keys that differ only in case, the first one's."""
    rows: dict[Any, int] = {}
    for row, key in enumerate(vectors._store.index_to_key[: restrict_vocab or None]):
        rows.setdefault(_folded(key, case_insensitive), row)
    return rows


def _folded(key: Key, case_insensitive: bool) -> Any:
    return key.upper() if case_insensitive and isinstance(key, str) else key


def _read_questions(
    path: StrPath, rows: dict[Any, int], case_insensitive: bool
) -> tuple[list[str], list[_Question], int]:
    """Sections' names, questions, and how many of these have unknown words."""
    names: list[str] = []
    questions: list[_Question] = []
    for number, line in _lines(path, "utf8"):
        if line.startswith(": "):
            names.append(line[2:].strip())
            continue
        if not names:
            raise ValueError(f"{path}: line {number} is not preceded by a section's name (': name')")
        words = [_folded(word, case_insensitive) for word in line.split()]
        if len(words) != 4:
            logger.info("%s: line %d is no question and left out", path, number)
            continue
        a, b, c, d = words
        found = (rows[a], rows[b], rows[c], rows[d]) if all(word in rows for word in words) else None
        questions.append(_Question(len(names) - 1, (a, b, c, d), found))
    return names, questions, sum(question.rows is None for question in questions)


def _lines(path: StrPath, encoding: str) -> Iterator[tuple[int, str]]:
    with open_source(path) as (file, _):
        for number, line in enumerate(file, start=1):
            yield number, line.decode(encoding)


def _answers(
    vectors: Vectors, questions: Sequence[_Question], restrict_vocab: int | None, case_insensitive: bool
) -> Iterator[bool]:
    """Whether the nearest neighbour of b - a + c is d, for each question; many at once."""
    searched = vectors._store.vectors[: restrict_vocab or None]
    norms = vectors._store.filled_norms()[: len(searched)]
    inverse = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
    keys = vectors._store.index_to_key
    step = max(1, _BLOCK_VALUES // max(1, len(searched)))
    for start in range(0, len(questions), step):
        block = questions[start : start + step]
        rows = np.array([question.rows for question in block], np.intp)
        given = searched[rows[:, :3]] * inverse[rows[:, :3], np.newaxis]
        wanted = given[:, 1] + given[:, 2] - given[:, 0]
        wanted /= np.maximum(row_norms(wanted), np.finfo(wanted.dtype).tiny)[:, np.newaxis]
        scores = wanted @ searched.T
        scores *= inverse
        scores[np.arange(len(block))[:, np.newaxis], rows[:, :3]] = -np.inf
        for question, row_scores in zip(block, scores, strict=True):
            yield _guess(row_scores, keys, question.words[:3], case_insensitive) == question.words[3]


def _guess(scores: NDArray[Any], keys: Sequence[Key], given: tuple[str, ...], case_insensitive: bool) -> Any:
    """Return the best-scored key that is not one of the question's words."""
    guess = None
    for _ in range(_GUESSES):
        best = int(scores.argmax())
        if scores[best] == -np.inf:
            break
        guess = _folded(keys[best], case_insensitive)
        if guess not in given:
            break
        scores[best] = -np.inf
    return guess


def _answers_by(
    vectors: Vectors,
    questions: Sequence[_Question],
    restrict_vocab: int | None,
    case_insensitive: bool,
    similarity_function: str,
) -> Iterator[bool]:
    """Do the same by a method of ``vectors``, one question at a time."""
    ask = getattr(vectors, similarity_function)
    for question in questions:
        assert question.rows is not None
        a, b, c = (vectors._store.index_to_key[row] for row in question.rows[:3])
        found = ask(positive=[b, c], negative=[a], topn=_GUESSES, restrict_vocab=restrict_vocab)
        guesses = [_folded(key, case_insensitive) for key, _ in found]
        others = [guess for guess in guesses if guess not in question.words[:3]]
        yield (others or guesses or [None])[0] == question.words[3]


def _summed_up(
    path: StrPath, sections: list[Section], unknown: float, dummy4unknown: bool
) -> tuple[float, list[Section]]:
    total: Section = {
        "section": "Total accuracy",
        "correct": [words for section in sections for words in section["correct"]],
        "incorrect": [words for section in sections for words in section["incorrect"]],
    }
    for section in sections:
        log_accuracy(section)
    logger.info("questions with unknown words: %.1f%% (%s)", 100 * unknown, "wrong" if dummy4unknown else "left out")
    log_accuracy(total)
    answered = len(total["correct"]) + len(total["incorrect"])
    if answered == 0:
        raise ValueError(f"{path}: no question of which all words are known")
    return len(total["correct"]) / answered, [*sections, total]


def log_accuracy(section: Section) -> None:
    """Log a section's share of right answers."""
    correct, count = len(section["correct"]), len(section["correct"]) + len(section["incorrect"])
    if count:
        logger.info("%s: %.1f%% (%d/%d)", section["section"], 100 * correct / count, correct, count)


# ---- word pairs ----


def evaluate_word_pairs(
    vectors: Vectors,
    pairs: StrPath,
    delimiter: str | None,
    encoding: str,
    restrict_vocab: int | None,
    case_insensitive: bool,
    dummy4unknown: bool,
) -> tuple[Correlation, Correlation, float]:
    """Compare similarities with a file of people's; see ``KeyedVectors.evaluate_word_pairs``."""
    rows = _rows_by_word(vectors, restrict_vocab, case_insensitive)
    theirs: list[float] = []
    ours: list[float] = []
    unknown = 0
    for first, second, score in _read_pairs(pairs, delimiter, encoding, case_insensitive):
        known = first in rows and second in rows
        unknown += not known
        if known or dummy4unknown:
            theirs.append(score)
            ours.append(_similarity(vectors, rows[first], rows[second]) if known else 0.0)
    if len(ours) < 2:
        raise ValueError(f"{pairs}: fewer than two pairs with a score of which both words are known")
    ratio = 100 * unknown / (len(ours) + (0 if dummy4unknown else unknown))
    found = pearson(theirs, ours), spearman(theirs, ours), ratio
    log_evaluate_word_pairs(*found, pairs)
    return found


def _read_pairs(
    path: StrPath, delimiter: str | None, encoding: str, case_insensitive: bool
) -> Iterator[tuple[str, str, float]]:
    for number, line in _lines(path, encoding):
        if line.startswith("#"):
            continue
        fields = [field.strip() for field in line.strip().split(delimiter)]
        try:
            first, second, score = fields
            yield _folded(first, case_insensitive), _folded(second, case_insensitive), float(score)
        except ValueError:
            logger.info("%s: line %d is no pair with a score and left out", path, number)


def _similarity(vectors: Vectors, first: int, second: int) -> float:
    norms = vectors._store.filled_norms()
    scale = float(norms[first]) * float(norms[second])
    return float(np.dot(vectors._store.vectors[first], vectors._store.vectors[second])) / scale if scale else 0.0


def log_evaluate_word_pairs(pearson: Correlation, spearman: Correlation, oov: float, pairs: StrPath) -> None:
    """Log what `evaluate_word_pairs` found."""
    logger.info("Pearson's correlation with %s: %.4f", pairs, pearson[0])
    logger.info("Spearman's rank correlation with %s: %.4f", pairs, spearman[0])
    logger.info("pairs with unknown words: %.1f%%", oov)
