"""What a model answers to questions."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..signals import slices
from ..threads import in_threads, thread_count
from ..vectors.interface import KeyedVectorsLike, norms_of
from ..vectors.norms import row_norms, scaled
from ..vectors.topk import Floats, Indices
from .analogies import BLOCK_QUESTIONS, by_sum
from .clusters import purity_of
from .questions import Categories, Pairs, Questions
from .word_pairs import pair_cosines
from .words import Found

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]

METHODS = ("3cosadd", "3cosmul")

_EPSILON = 1e-6  # of 3CosMul, as `most_similar_cosmul` has it
_BLOCK_ROWS = 4096  # of vectors whose cosines with all words of questions are kept
_BLOCK_PRODUCTS = 64  # questions of which all products with these are kept
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


def by_product(
    vectors: KeyedVectorsLike,
    given: Indices,
    restrict_vocab: int | None,
    without: tuple[Indices, Indices],
    *,
    workers: int | None = None,
) -> Indices:
    """The row with the highest cos(b) cos(c) / cos(a), of cosines moved to [0, 1], which is 3CosMul; see `by_sum`.

    Returns:
        (q,) rows; -1 where there is none.
    """
    norms = norms_of(vectors)
    used, places = np.unique(given, return_inverse=True)
    a, b, c = places.reshape(given.shape).T
    units = _units(vectors, used)
    best, scores = np.full(len(given), -1, np.int64), np.full(len(given), -1.0, np.float32)
    threads, stopped = thread_count(workers), threading.Event()
    for rows in slices(len(norms[: restrict_vocab or None]), _BLOCK_ROWS):
        searched = np.arange(rows.start, rows.stop)
        near: Floats = (1 + units @ _units(vectors, searched).T) / np.float32(2)
        far: Floats = np.float32(1) / (near + np.float32(_EPSILON))
        no_numbers: Indices = np.flatnonzero(np.isnan(near).all(axis=0))

        def work(
            thread: int, rows: slice = rows, near: Floats = near, far: Floats = far, nan: Indices = no_numbers
        ) -> None:
            room = np.empty((_BLOCK_PRODUCTS, rows.stop - rows.start), np.float32)
            for start in range(thread * _BLOCK_PRODUCTS, len(given), threads * _BLOCK_PRODUCTS):
                if stopped.is_set():
                    return
                some = slice(start, min(start + _BLOCK_PRODUCTS, len(given)))
                products = np.take(near, c[some], axis=0, out=room[: some.stop - start], mode="clip")
                _multiply(products, near, far, a[some], b[some])
                products[:, nan] = -1
                begin, end = without[0][start], without[0][some.stop]
                question = np.repeat(np.arange(some.stop - start), np.diff(without[0][start : some.stop + 1]))
                row = without[1][begin:end] - rows.start
                inside = (row >= 0) & (row < rows.stop - rows.start)
                products[question[inside], row[inside]] = -1
                highest = products.argmax(axis=1)
                reached = products[np.arange(len(highest)), highest]
                higher = reached > scores[some]
                best[some][higher] = highest[higher] + rows.start
                scores[some][higher] = reached[higher]

        in_threads(min(threads, -(-len(given) // _BLOCK_PRODUCTS)), work, stopped.set)
    return best


def _multiply(products: Floats, near: Floats, far: Floats, a: Indices, b: Indices) -> None:
    """Multiply by near[b] * far[a], each question's row, at once for neighbours that share both words."""
    ends = np.append(np.flatnonzero((a[1:] != a[:-1]) | (b[1:] != b[:-1])) + 1, len(a)).tolist()
    start = 0
    for end in ends:
        products[start:end] *= near[b[start]] * far[a[start]]
        start = end


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
            units = _units(vectors, rows[some, :size].reshape(-1)).reshape(len(some), size, -1).astype(np.float64)
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
        right[used] = purity_of(_units(vectors, rows[used]).astype(np.float64), categories.classes[used], seed)
    return Answers(known, right)


def _units(vectors: KeyedVectorsLike, rows: Indices) -> Floats:
    """Vectors of these rows, scaled to length 1, in float32."""
    chosen = vectors.vectors[rows]
    made = chosen.astype(np.float32) if chosen.dtype.itemsize < 4 else chosen
    return scaled(made, row_norms(made)).astype(np.float32, copy=False)
