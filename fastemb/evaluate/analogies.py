"""How many analogy questions vectors answer right."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypedDict

import numpy as np

from ..io.input_file import numbered_lines
from ..io.paths import AnyPath, local_path
from ..signals import slices
from ..vectors.interface import KeyedVectorsLike, norms_of
from ..vectors.norms import row_norms, scaled
from ..vectors.search import Scope, nearest, offsets_of
from ..vectors.topk import Indices
from .products import by_product
from .words import folded, rows_by_word

logger = logging.getLogger(__name__)

Words = tuple[str, str, str, str]

BLOCK_QUESTIONS = 4096
_GUESSES = 5  # neighbours that are looked at: the nearest ones may be the question's own words in another case


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
    self: KeyedVectorsLike,
    analogies: AnyPath,
    restrict_vocab: int | None = 300000,
    case_insensitive: bool = True,
    dummy4unknown: bool = False,
    similarity_function: str = "most_similar",
) -> tuple[float, list[Section]]:
    """Answer analogy questions, of the kind: a is to b as c is to d.

    Args:
        analogies: File of questions of four words a line, in sections that start with a line ": name".
        restrict_vocab: Look at the first so many keys only; None: at all. Default 300000.
        case_insensitive: Compare words in upper case; of keys that differ only in case the first is used.
        dummy4unknown: Count questions with unknown words as wrong instead of leaving them out.
        similarity_function: Method that answers; "most_similar" or "most_similar_cosmul" (many questions at once), or
            another one with the same arguments (one at a time).

    Returns:
        The share of right answers, and for each section and in the end for all a dict with "section" (its name),
        "correct" and "incorrect" (lists of questions, four words each).

    Raises:
        ValueError: A question comes before the first section, none has only known words, or ``restrict_vocab`` is
            below 1.
    """
    analogies = local_path(analogies)
    rows = rows_by_word(self.index_to_key, restrict_vocab, case_insensitive)
    names, questions = _read_questions(analogies, rows, case_insensitive)
    known = [question for question in questions if question.rows is not None]
    guesses: Iterable[list[Any]]
    if similarity_function == "most_similar":
        guesses = _guesses(self, known, restrict_vocab)
    elif similarity_function == "most_similar_cosmul":
        guesses = _guesses_by_product(self, known, restrict_vocab, case_insensitive)
    else:
        guesses = _guesses_by(self, known, restrict_vocab, similarity_function)
    right = {
        id(question): _answer(found, question.words[:3], case_insensitive) == question.words[3]
        for question, found in zip(known, guesses, strict=True)
    }
    sections: list[Section] = [{"section": name, "correct": [], "incorrect": []} for name in names]
    for question in questions if dummy4unknown else known:
        answered = right.get(id(question), False)
        sections[question.section]["correct" if answered else "incorrect"].append(question.words)
    unknown = (len(questions) - len(known)) / max(1, len(questions))
    return _summed_up(analogies, sections, unknown, dummy4unknown)


def _read_questions(path: str, rows: dict[Any, int], case_insensitive: bool) -> tuple[list[str], list[_Question]]:
    """Sections' names, and questions."""
    names: list[str] = []
    questions: list[_Question] = []
    for number, line in numbered_lines(path, "utf-8", "strict", "save it as UTF-8"):
        if line.startswith(": "):
            names.append(line[2:].strip())
            continue
        if not names:
            raise ValueError(f"{path}: line {number} is not preceded by a section's name (': name')")
        words = [folded(word, case_insensitive) for word in line.split()]
        if len(words) != 4:
            logger.info("%s: line %d is no question and left out", path, number)
            continue
        a, b, c, d = words
        found = (rows[a], rows[b], rows[c], rows[d]) if all(word in rows for word in words) else None
        questions.append(_Question(len(names) - 1, (a, b, c, d), found))
    return names, questions


def _guesses(
    vectors: KeyedVectorsLike, questions: Sequence[_Question], restrict_vocab: int | None
) -> Iterator[list[Any]]:
    """The keys nearest to b - a + c that are not those of a, b or c themselves, for each question; many at once."""
    keys = vectors.index_to_key
    for start in range(0, len(questions), BLOCK_QUESTIONS):
        rows = np.array([question.rows for question in questions[start : start + BLOCK_QUESTIONS]], np.intp)
        given = rows[:, :3]
        for near in by_sum(vectors, given, restrict_vocab, offsets_of(given.tolist()), topn=_GUESSES).tolist():
            yield [keys[row] for row in near if row >= 0]


def _guesses_by_product(
    vectors: KeyedVectorsLike, questions: Sequence[_Question], restrict_vocab: int | None, case_insensitive: bool
) -> list[list[Any]]:
    """The key that 3CosMul answers to each question, which is none of its words in any case; many at once."""
    keys = vectors.index_to_key
    spellings: dict[Any, list[int]] = {word: [] for question in questions for word in question.words[:3]}
    for row, key in enumerate(keys[:restrict_vocab]):
        if (word := folded(key, case_insensitive)) in spellings:
            spellings[word].append(row)
    guesses: list[list[Any]] = [[] for _ in questions]
    order = sorted(range(len(questions)), key=lambda place: questions[place].words[:2])
    for part in slices(len(order), BLOCK_QUESTIONS):
        places = order[part]
        given = np.array([questions[place].rows for place in places], np.intp)[:, :3]
        own = ([row for word in questions[place].words[:3] for row in spellings[word]] for place in places)
        best = by_product(vectors, given, restrict_vocab, offsets_of(own))
        for place, row in zip(places, best.tolist(), strict=True):
            guesses[place] = [keys[row]] if row >= 0 else []
    return guesses


def by_sum(
    vectors: KeyedVectorsLike,
    given: Indices,
    restrict_vocab: int | None,
    without: tuple[Indices, Indices],
    *,
    topn: int = 1,
    workers: int | None = None,
) -> Indices:
    """The rows nearest to b - a + c, which is 3CosAdd.

    Args:
        vectors: Where to look.
        given: (q, 3) rows of a, b and c.
        restrict_vocab: Look at the first so many rows only.
        without: Rows that are no answers, as of `nearest`.
        topn: How many to find for each question.
        workers: Threads. Default None: one for each CPU that the process may use.

    Returns:
        (q, topn) rows, the nearest first; -1 where there are fewer.
    """
    norms = norms_of(vectors)
    a, b, c = (scaled(vectors.vectors[rows], norms[rows]) for rows in given.T)
    wanted = b + c - a
    wanted = scaled(wanted, row_norms(wanted))
    scope = Scope(slice(0, restrict_vocab), workers=workers)
    return nearest(vectors, wanted, topn, scope, without=without)[0]


def _guesses_by(
    vectors: KeyedVectorsLike, questions: Sequence[_Question], restrict_vocab: int | None, similarity_function: str
) -> Iterator[list[Any]]:
    """Do the same by a method of ``vectors``, one question at a time."""
    ask, keys = getattr(vectors, similarity_function), vectors.index_to_key
    for question in questions:
        assert question.rows is not None
        a, b, c = (keys[row] for row in question.rows[:3])
        found = ask(positive=[b, c], negative=[a], topn=_GUESSES, restrict_vocab=restrict_vocab)
        yield [key for key, _ in found]


def _answer(guesses: list[Any], given: tuple[str, ...], case_insensitive: bool) -> Any:
    """The first guess that is none of the question's words; the last one when all of them are."""
    guess = None
    for key in guesses:
        guess = folded(key, case_insensitive)
        if guess not in given:
            break
    return guess


def _summed_up(path: str, sections: list[Section], unknown: float, dummy4unknown: bool) -> tuple[float, list[Section]]:
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
