"""Which keys are nearest: to one key, vector or sum of them, or to each of many."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import names_arguments
from ..checks import integer
from .interface import KeyedVectorsLike, Scored, norms_of
from .norms import row_norms, scaled, unit
from .questions import checked_vector, items_of, vector_of
from .search import best, cosines_with, nearest, offsets_of
from .store import Array, Key
from .topk import Floats, Indices

_HOW_MANY: dict[str, str] = dict.fromkeys(("n", "top_n", "k", "top_k"), "topn")  # what other libraries call it


@names_arguments(_HOW_MANY)
def most_similar(
    self: KeyedVectorsLike,
    positive: Any = None,
    negative: Any = None,
    topn: int | None = 10,
    clip_start: int = 0,
    clip_end: int | None = None,
    restrict_vocab: int | None = None,
    indexer: Any = None,
) -> Any:
    """Find the keys whose vectors have the highest cosine with the mean of the given ones.

    The given vectors count with length 1, those of ``negative`` with weight -1 (Mikolov et al. 2013, NAACL).
    With ``positive=["king", "woman"], negative=["man"]`` it answers: man is to king as woman is to what?

    It looks at all rows and computes in float32, or in float64 if the vectors are. Of equal cosines the lower row comes
    first; keys whose cosine is NaN come last.

    Args:
        positive: Keys, vectors as arrays or lists of floats, or pairs (key or vector, weight); one or several.
        negative: The same; a weight in a pair is taken as it stands, so give a negative one.
        topn: How many to return; None: the cosines of all rows instead, in their order.
        clip_start: First row to look at. Default 0.
        clip_end: Row to stop before. Default None: the end.
        restrict_vocab: Look at the first so many rows only; comes before the two above.
        indexer: An approximate index whose ``most_similar(vector, topn)`` is asked instead.

    Returns:
        A list of (key, cosine), highest first, without the given keys; or an array of cosines.

    Raises:
        KeyError: A key does not exist.
        ValueError: Neither positive nor negative is given, or a vector has another length.
        TypeError: Something is neither a key nor a vector nor a pair.
    """
    if topn is not None and integer("topn", topn) < 1:
        return []
    pairs = _weighted(self, items_of(self, positive), 1.0) + _weighted(self, items_of(self, negative), -1.0)
    items, weights = [item for item, _ in pairs], [weight for _, weight in pairs]
    mean = self.get_mean_vector(items, weights, post_normalize=True, ignore_missing=False)
    if indexer is not None and topn is not None:
        return indexer.most_similar(mean, topn)
    rows = _searched(clip_start, clip_end, restrict_vocab)
    if topn is None:
        return cosines_with(self.vectors[rows], norms_of(self)[rows], mean)
    given = offsets_of([_rows_of(self, items)])
    places = range(*rows.indices(len(self.vectors)))
    count = min(integer("topn", topn), len(places) - sum(row in places for row in given[1].tolist()))
    found, cosines = nearest(self, mean[np.newaxis], count, rows=rows, without=given)
    named = [(row, cosine) for row, cosine in zip(found[0].tolist(), cosines[0].tolist(), strict=True) if row >= 0]
    if len(named) < count:  # rows whose cosine is NaN come last
        known = {*found[0].tolist(), *given[1].tolist()}
        others = ((row, math.nan) for row in places if row not in known)
        named += islice(others, count - len(named))
    return [(self.index_to_key[row], cosine) for row, cosine in named]


@names_arguments(_HOW_MANY)
def most_similar_batch(
    self: KeyedVectorsLike,
    queries: Iterable[Key] | Array,
    topn: int = 10,
    clip_start: int = 0,
    clip_end: int | None = None,
    restrict_vocab: int | None = None,
    workers: int | None = None,
) -> list[Scored]:
    """Find the neighbours of many keys or vectors at once: much faster than `most_similar` for each.

    It looks at all rows and computes in float32. Vectors with a cosine of NaN are left out, and of equal cosines
    the lower row comes first.

    Args:
        queries: Keys, or vectors as one array (n, vector_size).
        topn: How many neighbours to return of each.
        clip_start: First row to look at. Default 0.
        clip_end: Row to stop before. Default None: the end.
        restrict_vocab: Look at the first so many rows only; comes before the two above.
        workers: Threads. Default None: one for each CPU that the process may use.

    Returns:
        For each query a list of (key, cosine), highest first; a key is not its own neighbour.

    Raises:
        KeyError: A key does not exist.
        ValueError: The vectors have another shape.
        TypeError: ``queries`` is one key.
    """
    rows, cosines = most_similar_rows(self, queries, topn, clip_start, clip_end, restrict_vocab, workers)
    keys = self.index_to_key
    return [
        [(keys[row], cosine) for row, cosine in zip(*found, strict=True) if row >= 0]
        for found in zip(rows.tolist(), cosines.tolist(), strict=True)
    ]


@names_arguments(_HOW_MANY)
def most_similar_rows(
    self: KeyedVectorsLike,
    queries: Iterable[Key] | Array,
    topn: int = 10,
    clip_start: int = 0,
    clip_end: int | None = None,
    restrict_vocab: int | None = None,
    workers: int | None = None,
) -> tuple[Indices, Floats]:
    """Do the same as `most_similar_batch`, but return arrays.

    Returns:
        Rows of the neighbours, (n, topn) int64, whose keys are in ``index_to_key``, and cosines, (n, topn)
        float32; -1 and -infinity where there are fewer.

    Raises:
        KeyError: A key does not exist.
        ValueError: The vectors have another shape.
        TypeError: ``queries`` is one key.
    """
    topn = integer("topn", topn)
    units, given = _unit_queries(self, queries)
    without = None if given is None else (np.arange(len(given) + 1), given)
    rows = _searched(clip_start, clip_end, restrict_vocab)
    found, cosines = nearest(self, units, topn, rows=rows, without=without, workers=workers)
    return found, cosines.astype(np.float32, copy=False)


def _unit_queries(vectors: KeyedVectorsLike, queries: Iterable[Key] | Array) -> tuple[Floats, Indices | None]:
    """Vectors of length 1, (n, vector_size), and the rows of keys; None for vectors that were given as such."""
    if isinstance(queries, list | tuple) and queries:
        if vector_of(vectors, queries) is not None:
            raise TypeError("queries must be several keys or vectors; use most_similar for one vector")
        if vector_of(vectors, queries[0]) is not None:
            queries = np.stack([checked_vector(vectors, query) for query in queries])
    if isinstance(queries, np.ndarray) and (queries.ndim != 1 or queries.dtype.kind == "f"):
        if queries.ndim != 2 or queries.shape[1] != vectors.vector_size:
            raise ValueError(f"vectors must be (n, {vectors.vector_size}), not {queries.shape}")
        given = queries.astype(np.result_type(queries, np.float32))
        return scaled(given, row_norms(given)).astype(np.float32, copy=False), None
    if isinstance(queries, str | bytes) or not isinstance(queries, Iterable):
        raise TypeError(f"queries must be several keys or vectors; use most_similar for one: {queries!r}")
    keys = list(queries)
    rows = np.array([vectors.get_index(key, -1) for key in keys], np.int64)
    if (rows >= 0).all():
        return scaled(vectors.vectors[rows], norms_of(vectors)[rows]).astype(np.float32, copy=False), rows
    units = [vectors.get_vector(key, norm=True) for key in keys]  # which raises, or makes up a vector in a subclass
    return np.array(units, np.float32), rows


def _rows_of(vectors: KeyedVectorsLike, items: Iterable[Any]) -> set[int]:
    """Rows of those that are keys; a subclass may have vectors of keys without a row."""
    return {vectors.get_index(item, -1) for item in items if not isinstance(item, np.ndarray)} - {-1}


def _named(keys: list[Key], scores: Array, topn: int, first: int, without: set[int]) -> Scored:
    """Return the best keys with their scores; scores[0] is that of row ``first``."""
    rows = [(at, at + first) for at in best(scores, topn + len(without)).tolist()]
    return [(keys[row], float(scores[at])) for at, row in rows if row not in without][:topn]


@names_arguments(_HOW_MANY)
def similar_by_word(self: KeyedVectorsLike, word: Key, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
    """Find the keys nearest to ``word``; see `most_similar`."""
    return self.most_similar(positive=[word], topn=topn, restrict_vocab=restrict_vocab)


@names_arguments(_HOW_MANY)
def similar_by_key(self: KeyedVectorsLike, key: Key, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
    """Find the keys nearest to ``key``; see `most_similar`."""
    return self.most_similar(positive=[key], topn=topn, restrict_vocab=restrict_vocab)


@names_arguments(_HOW_MANY)
def similar_by_vector(
    self: KeyedVectorsLike, vector: ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None
) -> Any:
    """Find the keys nearest to a vector, (vector_size,); see `most_similar`.

    Raises:
        ValueError: The vector has another length.
        TypeError: It is no vector.
    """
    return self.most_similar(positive=[checked_vector(self, vector)], topn=topn, restrict_vocab=restrict_vocab)


@names_arguments(_HOW_MANY)
def most_similar_cosmul(
    self: KeyedVectorsLike,
    positive: Any = None,
    negative: Any = None,
    topn: int | None = 10,
    restrict_vocab: int | None = None,
) -> Any:
    """Find keys near all of ``positive`` and far from all of ``negative``, by products of cosines.

    3CosMul of Levy and Goldberg 2014 (CoNLL): cosines are moved to [0, 1]; the score is the product of those
    with ``positive`` over the product of those with ``negative`` plus 1e-6.

    Args:
        positive: Keys or vectors as arrays; one or several.
        negative: The same.
        topn: How many to return; None: the scores of all rows instead, in their order.
        restrict_vocab: Look at the first so many rows only.

    Returns:
        A list of (key, score), highest first, without the given keys; or an array of scores.

    Raises:
        KeyError: A key does not exist.
        ValueError: ``positive`` is empty, or a vector has another length.
        TypeError: Something is neither a key nor a vector.
    """
    if topn is not None and integer("topn", topn) < 1:
        return []
    near, far = items_of(self, positive), items_of(self, negative)
    if not near:
        raise ValueError("cannot compute similarity with no input: give one key or vector at least as positive")
    rows = _searched(0, None, restrict_vocab)
    scores = _shifted_cosines(self, near, rows) / (_shifted_cosines(self, far, rows) + 1e-6)
    if topn is None:
        return scores
    return _named(self.index_to_key, scores, integer("topn", topn), 0, _rows_of(self, near + far))


def _shifted_cosines(vectors: KeyedVectorsLike, items: Iterable[Any], rows: slice) -> Array:
    """Product over items of (1 + cosine) / 2, for each row."""
    norms = norms_of(vectors)[rows]
    product = np.ones(len(norms), vectors.vectors.dtype)
    for item in items:
        vector = unit(item) if isinstance(item, np.ndarray) else vectors.get_vector(item, norm=True)
        product *= (1 + cosines_with(vectors.vectors[rows], norms, vector.astype(product.dtype))) / 2
    return product


@names_arguments(_HOW_MANY)
def relative_cosine_similarity(self: KeyedVectorsLike, wa: Key, wb: Key, topn: int = 10) -> float:
    """Return the cosine of two keys over the sum of those of ``wa`` with its ``topn`` neighbours.

    Leeuwenberg et al. 2016 (PBML 105): above 0.10 for 10 neighbours, the two are more likely synonyms.

    Raises:
        KeyError: A key does not exist.
        ValueError: ``topn`` is less than 1, or the cosines to divide by add up to 0, as where there is no other key.
    """
    integer("topn", topn, 1)
    total = float(sum(score for _, score in similar_by_word(self, wa, topn)))
    if total == 0:
        raise ValueError(f"the cosines of {wa!r} with its neighbours, if it has any, add up to 0")
    return float(self.similarity(wa, wb)) / total


def _weighted(vectors: KeyedVectorsLike, items: Iterable[Any], weight: float) -> list[tuple[Any, float]]:
    """Give ``weight`` to keys and vectors that come without one."""
    return [_as_pair(vectors, item) if isinstance(item, tuple | list) else (item, weight) for item in items]


def _as_pair(vectors: KeyedVectorsLike, item: Sequence[Any]) -> tuple[Any, float]:
    try:
        one, weight = item
        vector = vector_of(vectors, one)
        return one if vector is None else vector, float(weight)
    except (TypeError, ValueError):
        what = "a key, a vector as an array or list of floats, or a pair (key or vector, weight)"
        raise TypeError(f"expected {what}, not {item!r}") from None


def _searched(clip_start: int, clip_end: int | None, restrict_vocab: int | None) -> slice:
    if restrict_vocab:
        return slice(0, integer("restrict_vocab", restrict_vocab, 0))
    return slice(integer("clip_start", clip_start), integer("clip_end", clip_end) if clip_end else None)
