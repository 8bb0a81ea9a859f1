"""What a model answers to questions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..signals import slices
from ..vectors.interface import KeyedVectorsLike
from ..vectors.topk import Indices
from .analogies import BLOCK_QUESTIONS, by_sum
from .clusters import purity_of
from .products import by_product, units_of
from .questions import Categories, Pairs, Questions
from .word_pairs import pair_cosines
from .words import Found

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]

METHODS = ("3cosadd", "3cosmul")

_BLOCK_GROUPS = 1024


class Answers(NamedTuple):
    """Answers that are right or wrong.

    Attributes:
        known: (n,) whether all words of the question are known.
        right: (n,) whether it was answered right; False where a word is unknown.
    """

    known: Bools
    right: Bools


class Cosines(NamedTuple):
    """Cosines of pairs of words.

    Attributes:
        known: (n,) whether both words are known.
        values: (n,) the cosine; 0 where a word is unknown.
    """

    known: Bools
    values: Doubles


def answer_analogies(
    vectors: KeyedVectorsLike,
    found: Found,
    questions: Questions,
    *,
    method: str = "3cosadd",
    restrict_vocab: int | None = None,
    workers: int | None = None,
) -> Answers:
    """Whether the best key that is none of a question's words, in any case, is one of its answers.

    Args:
        vectors: The model.
        found: Where its words are, of the first ``restrict_vocab`` keys.
        questions: Questions of three words.
        method: "3cosadd" or "3cosmul".
        restrict_vocab: Look at the first so many rows only.
        workers: Threads. Default None: one for each CPU that the process may use.
    """
    given = found.rows[questions.given]
    offsets, words = questions.answers
    known = (given >= 0).all(axis=1) & (np.add.reduceat((found.rows[words] >= 0).astype(np.int64), offsets[:-1]) > 0)
    asked = np.flatnonzero(known)
    if method == "3cosmul":
        asked = asked[np.lexsort(questions.given[asked].T[[1, 0]])]  # neighbours share a and b: fewer products
    best = np.full(len(known), -1, np.int64)
    for part in slices(len(asked), BLOCK_QUESTIONS):
        some = asked[part]
        without = _spellings(found, questions.given[some])
        if method == "3cosmul":
            best[some] = by_product(vectors, given[some], restrict_vocab, without, workers=workers)
        else:
            best[some] = by_sum(vectors, given[some], restrict_vocab, without, workers=workers)[:, 0]
    answered = np.where(best >= 0, found.words[best], -1)
    hits = words == np.repeat(answered, np.diff(offsets))
    return Answers(known, np.add.reduceat(hits.astype(np.int64), offsets[:-1]) > 0)


def _spellings(found: Found, words: Indices) -> tuple[Indices, Indices]:
    """Rows of all keys that are words of a question but for case, none twice, by question as `by_sum` takes them."""
    offsets, rows = found.spellings
    counts = (offsets[1:] - offsets[:-1])[words]
    flat = counts.reshape(-1)
    starts = np.repeat(offsets[words].reshape(-1) - np.append(0, np.cumsum(flat)[:-1]), flat)
    total = len(found.words)
    question = np.repeat(np.arange(len(words)), counts.sum(axis=1))
    places = np.unique(question * total + rows[starts + np.arange(len(starts))])
    return np.searchsorted(places, np.arange(len(words) + 1) * total), places % total


def answer_odd_one_out(vectors: KeyedVectorsLike, found: Found, questions: Questions) -> Answers:
    """Whether the word with the lowest cosine with the mean of its group, as of `doesnt_match`, is the odd one."""
    rows = np.where(questions.given >= 0, found.rows[questions.given], -1)
    sizes = (questions.given >= 0).sum(axis=1)
    known = (rows >= 0).sum(axis=1) == sizes
    right = np.zeros(len(known), bool)
    for size in np.unique(sizes).tolist():
        of_size = np.flatnonzero(known & (sizes == size))
        for part in slices(len(of_size), _BLOCK_GROUPS):
            some = of_size[part]
            units = units_of(vectors, rows[some, :size].reshape(-1)).reshape(len(some), size, -1).astype(np.float64)
            cosines = np.einsum("qkd,qd->qk", units, units.mean(axis=1))
            right[some] = questions.given[some, cosines.argmin(axis=1)] == questions.answers[1][some]
    return Answers(known, right)


def cosines(vectors: KeyedVectorsLike, found: Found, pairs: Pairs) -> Cosines:
    """Cosines of pairs of words."""
    rows = found.rows[pairs.words]
    known: Bools = np.asarray((rows >= 0).all(axis=1))
    values = np.zeros(len(known))
    values[known] = pair_cosines(vectors, rows[known])
    return Cosines(known, values)


def answer_categories(
    vectors: KeyedVectorsLike, found: Found, categories: Categories, seed: int, among: Bools | None = None
) -> Answers:
    """Whether each word is of the class that most words of its cluster are of.

    Args:
        vectors: The model.
        found: Where its words are.
        categories: Words and their classes.
        seed: Of the clusters' first centres.
        among: (n,) words to make clusters of. Default None: all that are known.
    """
    rows = found.rows[categories.words]
    known = rows >= 0
    used = known if among is None else known & among
    right = np.zeros(len(known), bool)
    if used.any():
        right[used] = purity_of(units_of(vectors, rows[used]).astype(np.float64), categories.classes[used], seed)
    return Answers(known, right)
