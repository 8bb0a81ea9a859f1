"""Models judged by questions: scores with coverage and intervals, and models compared on the same questions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import did_you_mean, names_arguments, nearest_name
from ..checks import integer
from ..io.paths import AnyPath, local_path
from ..vectors import KeyedVectors
from . import intervals
from .answers import METHODS, Answers, answer_analogies, answer_categories, answer_odd_one_out, cosines
from .intervals import Difference, Estimate
from .judgement import Comparison, Judgement, Score
from .questions import (
    Categories,
    Kind,
    Pairs,
    Questions,
    read_analogies,
    read_categories,
    read_odd_one_out,
    read_pairs,
)
from .words import Found, Words

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Paths = AnyPath | Iterable[AnyPath]


@dataclass(frozen=True)
class _Options:
    """How questions are asked and scores are made; see `judge`."""

    method: str
    dummy4unknown: bool
    restrict_vocab: int | None
    case_insensitive: bool
    confidence: float
    seed: int
    workers: int | None


@dataclass(frozen=True)
class _Task:
    """A file of questions that models answer.

    Attributes:
        name: "analogies", "similarity", "odd one out" or "categories".
        source: The file or folder.
        measure: What the score is.
    """

    name: str
    source: str
    measure: str


@names_arguments()
def judge(
    models: KeyedVectors | Sequence[KeyedVectors] | Mapping[str, KeyedVectors],
    *,
    analogies: Paths = (),
    similarity: Paths = (),
    odd_one_out: Paths = (),
    categories: Paths = (),
    method: str = "3cosadd",
    dummy4unknown: bool = False,
    restrict_vocab: int | None = 300000,
    case_insensitive: bool = True,
    confidence: float = 0.95,
    seed: int = 0,
    workers: int | None = None,
) -> Judgement:
    """Judge one or several models by files of questions.

    Beside each score stands how many questions there are and of how many all words are known. Several models are
    compared two at a time on the same questions: those of which both know all words.

    Args:
        models: Vectors, several of them, or a dict of names and vectors.
        analogies: Files in the layout of word2vec's questions-words.txt, or folders or files in that of BATS. The score
            is the share of right answers.
        similarity: Files of two words and a score a line. The score is Spearman's rho.
        odd_one_out: Files of groups of words, of which the last does not belong; or folders of files in the layout of
            8-8-8. The score is the share of groups whose odd word `KeyedVectors.doesnt_match` finds.
        categories: Files of a word and its class a line. The score is the purity of clusters: the share of words that
            are of the class that is most frequent in their cluster, with as many clusters by k-means as classes.
        method: Of analogies, "3cosadd" (default) or "3cosmul".
        dummy4unknown: Count questions with unknown words as wrong, and pairs with unknown words as cosines of 0.
            Default False: leave them out of the score.
        restrict_vocab: Look at the first so many keys only; None: at all. Default 300000.
        case_insensitive: Compare words in upper case; of keys that differ only in case the first is used.
        confidence: Of the intervals. Default 0.95.
        seed: Of what is drawn at random: resamples of pairs, and the first centres of clusters.
        workers: Threads. Default None: one for each CPU that the process may use.

    Raises:
        ValueError: A file has a line that is no question, or no questions; there are no files; or an argument is none
            of what it may be.
        TypeError: A model is no vectors.
    """
    named = _named(models)
    if method not in METHODS:
        hint = did_you_mean(nearest_name(str(method), METHODS)) or f"; there are {' and '.join(METHODS)}"
        raise ValueError(f"method={method!r} is none{hint}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence!r}")
    if restrict_vocab is not None:
        integer("restrict_vocab", restrict_vocab, 1)
    options = _Options(
        method, dummy4unknown, restrict_vocab, case_insensitive, confidence, integer("seed", seed, 0), workers
    )
    files = {
        "analogies": _paths("analogies", analogies),
        "similarity": _paths("similarity", similarity),
        "odd one out": _paths("odd_one_out", odd_one_out),
        "categories": _paths("categories", categories),
    }
    if not any(files.values()):
        raise ValueError("there is nothing to judge by: give analogies, similarity, odd_one_out or categories")
    # All files are read before the first is answered: a fault in the last one shows at once.
    read = [(_READERS[name], name, path) for name, paths in files.items() for path in paths]
    asked = []
    for reader, name, path in read:
        words = Words(case_insensitive)
        asked.append((name, path, words, reader(path, words)))
    scores: list[Score] = []
    comparisons: list[Comparison] = []
    for name, path, words, questions in asked:
        places = {model: words.find(vectors.index_to_key, restrict_vocab) for model, vectors in named.items()}
        if isinstance(questions, Pairs):
            rows = _judge_pairs(_Task(name, path, "spearman"), questions, named, places, options)
        elif isinstance(questions, Categories):
            rows = _judge_categories(_Task(name, path, "purity"), questions, named, places, options)
        else:
            measure = method if name == "analogies" else "right"
            rows = _judge_questions(_Task(name, path, measure), questions, named, places, options)
        for row in rows:
            if isinstance(row, Score):
                scores.append(row)
            else:
                comparisons.append(row)
    return Judgement(list(named), scores, comparisons, dummy4unknown, confidence)


_READERS: dict[str, Any] = {
    "analogies": read_analogies,
    "similarity": read_pairs,
    "odd one out": read_odd_one_out,
    "categories": read_categories,
}
Rows = Iterator[Score | Comparison]
Models = dict[str, KeyedVectors]


def _named(models: Any) -> Models:
    """The models with their names; numbers from 1 on where they have none."""
    if isinstance(models, KeyedVectors):
        models = [models]
    if isinstance(models, str | bytes | os.PathLike) or not isinstance(models, Iterable):
        raise TypeError(
            f"models must be KeyedVectors, several of them or a dict, not {models!r}; load_vectors reads a file"
        )
    given = models if isinstance(models, Mapping) else {str(at): one for at, one in enumerate(models, start=1)}
    for name, one in given.items():
        if not isinstance(one, KeyedVectors):
            what = ": give its wv" if isinstance(getattr(one, "wv", None), KeyedVectors) else ""
            raise TypeError(f"models must be KeyedVectors, not {type(one).__name__}{what}")
        if len(one) == 0:
            raise ValueError(f"model {name} has no vectors")
    if not given:
        raise ValueError("models is empty: give one at least")
    return {str(name): one for name, one in given.items()}


def _paths(name: str, given: Any) -> list[str]:
    if isinstance(given, str | bytes | os.PathLike):
        given = [given]
    if not isinstance(given, Iterable):
        raise TypeError(f"{name} must be a path or a list of paths, not {given!r}")
    return [local_path(path) for path in given]


def _judge_questions(
    task: _Task, questions: Questions, models: Models, places: dict[str, Found], options: _Options
) -> Rows:
    """Rows of analogies, and of odd ones out."""
    answers = {}
    for name, vectors in models.items():
        if task.name == "analogies":
            answers[name] = answer_analogies(
                vectors,
                places[name],
                questions,
                method=options.method,
                restrict_vocab=options.restrict_vocab,
                workers=options.workers,
            )
        else:
            answers[name] = answer_odd_one_out(vectors, places[name], questions)
    for section, level, chosen in _levels(questions.sections, questions.section):
        parts = (questions.parts[0][chosen], questions.parts[1][chosen])
        some = {name: Answers(one.known[chosen], one.right[chosen]) for name, one in answers.items()}
        yield from _shares(task, section, level, some, parts, options)


def _levels(kinds: list[Kind], section: Ints) -> Iterator[tuple[str, str, Bools]]:
    """Sections, groups of them and the whole, each with its level and which questions are in it."""
    for number, kind in enumerate(kinds):
        yield kind.name, "section", section == number
    groups = list(dict.fromkeys(kind.group for kind in kinds if kind.group))
    for group in groups if len(groups) > 1 else ():
        inside = np.array([kind.group == group for kind in kinds])
        yield group, "group", inside[section]
    yield "", "all", np.ones(len(section), bool)


def _judge_categories(
    task: _Task, categories: Categories, models: Models, places: dict[str, Found], options: _Options
) -> Rows:
    answers = {
        name: answer_categories(vectors, places[name], categories, options.seed) for name, vectors in models.items()
    }
    own = np.arange(len(categories.words))

    def again(names: tuple[str, str]) -> tuple[Answers, Answers]:
        """Clusters of the words that both models know; clusters of more words would be other questions."""
        one, other = (answers[name] for name in names)
        both = one.known & other.known
        if options.dummy4unknown or ((one.known == both).all() and (other.known == both).all()):
            return one, other
        first, second = (answer_categories(models[n], places[n], categories, options.seed, both) for n in names)
        return first, second

    yield from _shares(task, "", "all", answers, (own, own), options, again)


def _shares(
    task: _Task,
    section: str,
    level: str,
    answers: dict[str, Answers],
    parts: tuple[Ints, Ints],
    options: _Options,
    again: Any = None,
) -> Rows:
    """Rows of shares of right answers, and of their differences."""
    for name, one in answers.items():
        used = np.ones_like(one.known) if options.dummy4unknown else one.known
        found = intervals.share(one.right[used], (parts[0][used], parts[1][used]), options.confidence)
        yield _score(task, section, level, name, one.known, found)
    for names in combinations(answers, 2):
        one, other = again(names) if again else (answers[names[0]], answers[names[1]])
        both = np.ones_like(one.known) if options.dummy4unknown else one.known & other.known
        difference = intervals.share_difference(
            one.right[both], other.right[both], (parts[0][both], parts[1][both]), options.confidence
        )
        yield _comparison(task, section, level, names, both, difference)


def _judge_pairs(task: _Task, pairs: Pairs, models: Models, places: dict[str, Found], options: _Options) -> Rows:
    found = {name: cosines(vectors, places[name], pairs) for name, vectors in models.items()}
    settings = options.confidence, options.seed
    for name, one in found.items():
        used = np.ones_like(one.known) if options.dummy4unknown else one.known
        value = intervals.correlation(pairs.scores[used], one.values[used], *settings)
        yield _score(task, "", "all", name, one.known, value)
    for names in combinations(found, 2):
        first, second = (found[name] for name in names)
        both = np.ones_like(first.known) if options.dummy4unknown else first.known & second.known
        difference = intervals.correlation_difference(
            pairs.scores[both], first.values[both], second.values[both], *settings
        )
        yield _comparison(task, "", "all", names, both, difference)


def _score(task: _Task, section: str, level: str, model: str, known: Bools, found: Estimate) -> Score:
    return Score(
        model, task.name, task.source, section, level, task.measure, *found, known=int(known.sum()), asked=len(known)
    )


def _comparison(
    task: _Task, section: str, level: str, names: tuple[str, str], both: Bools, found: Difference
) -> Comparison:
    return Comparison(
        *names, task.name, task.source, section, level, task.measure, *found, compared=int(both.sum()), asked=len(both)
    )
