"""Which keys are nearest: to one key, vector or sum of them, or to each of many."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import names_arguments
from ..checks import integer
from ..io.quantised import QuantisedRows
from .arrow_table import neighbours_table, require_arrow
from .finite import check_finite, check_query
from .interface import KeyedVectorsLike, Mask, RowIndex, Scored, check_lengths, keys_by_row, norms_of
from .mapped import is_mapped
from .norms import row_norms, scaled, unit
from .questions import checked_vector, items_of, several, vector_of
from .search import Scope, best, cosines_with, nearest, offsets_of, scores_with
from .store import Array, Key
from .topk import Floats, Indices
from .where import mask_of

Metric = Literal["cosine", "dot"]
Where = Mask | Iterable[Key] | Mapping[str, Any | Iterable[Any] | Callable[[Array], Mask]] | None

METRICS: tuple[Metric, ...] = ("cosine", "dot")
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
    *,
    where: Where = None,
    metric: Metric = "cosine",
    workers: int | None = None,
) -> Any:
    """Find the keys whose vectors have the highest cosine with the mean of the given ones.

    The given vectors count with length 1, those of ``negative`` with weight -1 (Mikolov et al. 2013, NAACL).
    With ``positive=["king", "woman"], negative=["man"]`` it answers: man is to king as woman is to what?

    It looks at all rows and computes in float32, or in float64 if the vectors are. Of equal cosines the lower row comes
    first; keys whose cosine is NaN come last.

    Args:
        positive: Keys, vectors as arrays or lists of floats, or pairs (key or vector, weight); one or several.
        negative: The same; a weight in a pair is taken as it stands, so give a negative one.
        topn: How many to return; None: the cosines of all rows instead, in their order, without ``indexer``.
        clip_start: First row to look at. Default 0.
        clip_end: Row to stop before. Default None: the end.
        restrict_vocab: Look at the first so many rows only; comes before the two above.
        indexer: An index of these vectors, of `build_index`: only its candidates are looked at, which is much faster
            and misses a few. Or any object whose ``most_similar(vector, topn)`` is asked instead.
        where: Find only these: a mask (n,) of bool, a list of keys, or a dict from the name of an attribute in
            ``expandos`` to a value, to a list of values, or to a function that takes the attribute's array and returns
            a mask, such as ``{"count": lambda counts: counts >= 5}``. Default None: all.
        metric: "cosine" (the default) or "dot": dot products with the mean of the given vectors as they are.
        workers: Threads. Default None: one for each CPU that the process may use.

    Returns:
        A list of (key, cosine), highest first, without the given keys; or an array of cosines.

    Raises:
        KeyError: A key does not exist.
        ValueError: Neither positive nor negative is given, or a vector has another length; a vector that is asked with
            holds NaN or infinity; or the index was built from other vectors or for another metric.
        TypeError: Something is neither a key nor a vector nor a pair, or ``indexer`` is no index.
    """
    dot = _is_dot(metric)
    if topn is not None and integer("topn", topn) < 1:
        return []
    direction, items = _direction(self, positive, negative, dot)
    if indexer is not None and topn is not None and not isinstance(indexer, RowIndex):
        return _ask_other(indexer, direction, topn, plain=where is None and not dot)
    rows = _searched(clip_start, clip_end, restrict_vocab)
    mask = mask_of(self, where)
    if topn is None:
        scores = scores_with(self.vectors[rows], None if dot else norms_of(self)[rows], direction)
        return scores if mask is None else scores[mask[rows]]
    given = offsets_of([_rows_of(self, items)])
    scope = Scope(rows, mask, dot, indexer, workers)
    places = range(*rows.indices(len(self.vectors)))
    allowed = len(places) if mask is None else int(mask[rows].sum())
    taken = sum(row in places and (mask is None or bool(mask[row])) for row in given[1].tolist())
    count = min(integer("topn", topn), allowed - taken)
    found, scores = nearest(self, direction[np.newaxis], count, scope, without=given)
    named = [(row, score) for row, score in zip(found[0].tolist(), scores[0].tolist(), strict=True) if row >= 0]
    if len(named) < count and indexer is None:  # rows whose score is NaN come last
        known = {*found[0].tolist(), *given[1].tolist()}
        others = ((row, math.nan) for row in places if row not in known and (mask is None or mask[row]))
        named += islice(others, count - len(named))
    keys = keys_by_row(self)
    return [(keys[row], score) for row, score in named]


@names_arguments(_HOW_MANY)
def most_similar_batch(
    self: KeyedVectorsLike,
    queries: Iterable[Any] | Array,
    topn: int = 10,
    clip_start: int = 0,
    clip_end: int | None = None,
    restrict_vocab: int | None = None,
    workers: int | None = None,
    *,
    negative: Iterable[Any] | None = None,
    where: Where = None,
    metric: Metric = "cosine",
    indexer: RowIndex | None = None,
) -> list[Scored]:
    """Ask `most_similar` many questions at once, which is much faster than one after the other.

    It looks at all rows and computes in float32. Vectors with a score of NaN are left out, and of equal scores
    the lower row comes first.

    Args:
        queries: Keys, or vectors as one array (n, vector_size). Or questions, each what `most_similar` takes as
            ``positive``: with ``negative`` that is thousands of analogies.
        topn: How many neighbours to return of each.
        clip_start: First row to look at. Default 0.
        clip_end: Row to stop before. Default None: the end.
        restrict_vocab: Look at the first so many rows only; comes before the two above.
        workers: Threads. Default None: one for each CPU that the process may use.
        negative: For each query what `most_similar` takes as ``negative``: as many as queries. Default None: nothing.
        where: As in `most_similar`, for all queries.
        metric: The same.
        indexer: An index of these vectors, of `build_index`.

    Returns:
        For each query a list of (key, cosine), highest first; a key is not its own neighbour.

    Raises:
        KeyError: A key does not exist.
        ValueError: The vectors have another shape; one that is asked with holds NaN or infinity; ``negative`` has
            another length; or the index was built from other vectors or for another metric.
        TypeError: ``queries`` is one key.
    """
    asking = _Asking(negative, where, metric, indexer, workers)
    rows, scores, _ = _many(
        self, queries, min(integer("topn", topn), len(self)), _searched(clip_start, clip_end, restrict_vocab), asking
    )
    keys = keys_by_row(self)
    return [
        [(keys[row], score) for row, score in zip(*found, strict=True) if row >= 0]
        for found in zip(rows.tolist(), scores.tolist(), strict=True)
    ]


@names_arguments(_HOW_MANY)
def most_similar_rows(
    self: KeyedVectorsLike,
    queries: Iterable[Any] | Array,
    topn: int = 10,
    clip_start: int = 0,
    clip_end: int | None = None,
    restrict_vocab: int | None = None,
    workers: int | None = None,
    *,
    negative: Iterable[Any] | None = None,
    where: Where = None,
    metric: Metric = "cosine",
    indexer: RowIndex | None = None,
) -> tuple[Indices, Floats]:
    """Do the same as `most_similar_batch`, but return arrays.

    Returns:
        Rows of the neighbours, (n, topn) int64, whose keys are in ``index_to_key``, and cosines, (n, topn)
        float32; -1 and -infinity where there are fewer.

    Raises:
        KeyError: As in `most_similar_batch`, and so are the others.
        ValueError: The vectors have another shape.
        TypeError: ``queries`` is one key.
    """
    asking = _Asking(negative, where, metric, indexer, workers)
    rows, scores, _ = _many(self, queries, topn, _searched(clip_start, clip_end, restrict_vocab), asking)
    return rows, scores


@names_arguments(_HOW_MANY)
def most_similar_table(
    self: KeyedVectorsLike,
    queries: Iterable[Any] | Array,
    topn: int = 10,
    clip_start: int = 0,
    clip_end: int | None = None,
    restrict_vocab: int | None = None,
    workers: int | None = None,
    *,
    negative: Iterable[Any] | None = None,
    where: Where = None,
    metric: Metric = "cosine",
    indexer: RowIndex | None = None,
) -> Any:
    """Do the same as `most_similar_batch`, but return an Arrow table with a row for each neighbour. Needs pyarrow.

    Returns:
        A ``pyarrow.Table`` with the columns "query" (the key, or the number of the query from 0 on where it is no
        key), "rank" (from 1 on), "key" and "score" (float32). Keys that are not all integers are text.

    Raises:
        ImportError: pyarrow is not installed.
        KeyError: As in `most_similar_batch`, and so are the others.
        ValueError: The vectors have another shape.
        TypeError: ``queries`` is one key.
    """
    require_arrow()
    asking = _Asking(negative, where, metric, indexer, workers)
    rows, scores, names = _many(
        self, queries, min(integer("topn", topn), len(self)), _searched(clip_start, clip_end, restrict_vocab), asking
    )
    return neighbours_table(names, keys_by_row(self), rows, scores)


@dataclass(frozen=True)
class _Asking:
    """What is asked of many queries beside how many neighbours, and of which rows."""

    negative: Iterable[Any] | None
    where: Where
    metric: Metric
    indexer: RowIndex | None
    workers: int | None


def _many(
    vectors: KeyedVectorsLike, queries: Any, topn: int, rows: slice, asking: _Asking
) -> tuple[Indices, Floats, list[Key] | None]:
    """Rows and scores, (q, topn), and the keys that were asked, where all queries are keys."""
    topn, dot = integer("topn", topn), _is_dot(asking.metric)
    if asking.indexer is not None and not isinstance(asking.indexer, RowIndex):
        raise TypeError(f"indexer must be an index of build_index(), not {asking.indexer!r}")
    directions, without, names = _queries(vectors, queries, asking.negative, dot)
    scope = Scope(rows, mask_of(vectors, asking.where), dot, asking.indexer, asking.workers)
    found, scores = nearest(vectors, directions, topn, scope, without=without)
    return found, scores.astype(np.float32, copy=False), names


def _queries(
    vectors: KeyedVectorsLike, queries: Any, negative: Iterable[Any] | None, dot: bool
) -> tuple[Floats, tuple[Indices, Indices] | None, list[Key] | None]:
    """Directions, (q, vector_size); rows that each does without; and the keys, where all queries are keys."""
    if negative is None and not _are_questions(vectors, queries):
        units, given, names = _plain_queries(vectors, queries, dot)
        return units, None if given is None else (np.arange(len(given) + 1), given), names
    asked = several("queries", queries)
    others = [None] * len(asked) if negative is None else several("negative", negative)
    if len(others) != len(asked):
        raise ValueError(f"negative must have one entry for each query: {len(others)} for {len(asked)}")
    directions = np.empty((len(asked), vectors.vector_size), np.float32)
    given_rows = []
    for at, (one, other) in enumerate(zip(asked, others, strict=True)):
        directions[at], items = _direction(vectors, one, other, dot)
        given_rows.append(_rows_of(vectors, items))
    return directions, offsets_of(given_rows), None


def _are_questions(vectors: KeyedVectorsLike, queries: Any) -> bool:
    """Whether some query is several keys or vectors."""
    return isinstance(queries, list | tuple) and any(
        isinstance(query, list | tuple) and vector_of(vectors, query) is None for query in queries
    )


def _plain_queries(
    vectors: KeyedVectorsLike, queries: Any, dot: bool
) -> tuple[Floats, Indices | None, list[Key] | None]:
    """Vectors, of length 1 but for dot products, the rows of keys, and the keys; None for vectors given as such."""
    if isinstance(queries, list | tuple) and queries:
        if vector_of(vectors, queries) is not None:
            raise TypeError("queries must be several keys or vectors; use most_similar for one vector")
        if vector_of(vectors, queries[0]) is not None:
            queries = np.stack([checked_vector(vectors, query) for query in queries])
    if isinstance(queries, QuantisedRows):
        queries = np.asarray(queries)
    if isinstance(queries, np.ndarray) and (queries.ndim != 1 or queries.dtype.kind == "f"):
        if queries.ndim != 2 or queries.shape[1] != vectors.vector_size:
            raise ValueError(f"vectors must be (n, {vectors.vector_size}), not {queries.shape}")
        given = queries.astype(np.result_type(queries, np.float32))
        check_query(given, "query")
        return (given if dot else scaled(given, row_norms(given))).astype(np.float32, copy=False), None, None
    if isinstance(queries, str | bytes) or not isinstance(queries, Iterable):
        raise TypeError(f"queries must be several keys or vectors; use most_similar for one: {queries!r}")
    keys = list(queries)
    rows = np.array([vectors.get_index(key, -1) for key in keys], np.int64)
    if (rows >= 0).all():
        found = vectors.vectors[rows]
        check_finite(keys, found)
        return (
            (found if dot else scaled(found, _norms_at(vectors, rows, found))).astype(np.float32, copy=False),
            rows,
            keys,
        )
    made = [vectors.get_vector(key, norm=not dot) for key in keys]  # which raises, or a subclass makes up a vector
    check_finite(keys, np.array(made))
    return np.array(made, np.float32), rows, keys


def _norms_at(vectors: KeyedVectorsLike, rows: Indices, found: Array) -> Array:
    """Lengths of the vectors that were found at these rows; of a file that is mapped those of all are not computed."""
    if vectors.norms is None and is_mapped(vectors.vectors):
        check_lengths(vectors)
        return row_norms(found)
    return norms_of(vectors)[rows]


def _direction(vectors: KeyedVectorsLike, positive: Any, negative: Any, dot: bool) -> tuple[Array, list[Any]]:
    """The mean of what is given, of length 1 but for dot products, and the keys and vectors that it is of."""
    pairs = _weighted(vectors, items_of(vectors, positive), 1.0) + _weighted(vectors, items_of(vectors, negative), -1.0)
    items, weights = [item for item, _ in pairs], [weight for _, weight in pairs]
    mean = vectors.get_mean_vector(items, weights, pre_normalize=not dot, post_normalize=not dot, ignore_missing=False)
    if not np.isfinite(mean).all():
        _refuse_not_finite(vectors, items)
    return mean, items


def _refuse_not_finite(vectors: KeyedVectorsLike, items: Iterable[Any]) -> None:
    """Refuse keys and vectors that hold NaN or infinity, which nothing is near to."""
    for item in items:
        if isinstance(item, np.ndarray):
            check_query(item, "a vector that is asked with")
        else:
            check_finite([item], vectors.get_vector(item)[np.newaxis])


def _is_dot(metric: str) -> bool:
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(map(repr, METRICS))}, not {metric!r}")
    return metric == "dot"


def _ask_other(indexer: Any, direction: Array, topn: int, *, plain: bool) -> Any:
    """Ask somebody else's index."""
    if not callable(getattr(indexer, "most_similar", None)):
        raise TypeError(
            f"indexer must be an index of build_index(), or have a method most_similar(vector, topn), not {indexer!r}"
        )
    if not plain:
        raise ValueError(f"where and metric need an index of build_index(), not a {type(indexer).__name__}")
    return indexer.most_similar(direction, topn)


def _rows_of(vectors: KeyedVectorsLike, items: Iterable[Any]) -> set[int]:
    """Rows of those that are keys; a subclass may have vectors of keys without a row."""
    return {vectors.get_index(item, -1) for item in items if not isinstance(item, np.ndarray)} - {-1}


def _named(keys: Sequence[Key], scores: Array, topn: int, first: int, without: set[int]) -> Scored:
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
        ValueError: ``positive`` is empty, or a vector has another length or holds NaN or infinity.
        TypeError: Something is neither a key nor a vector.
    """
    if topn is not None and integer("topn", topn) < 1:
        return []
    near, far = items_of(self, positive), items_of(self, negative)
    if not near:
        raise ValueError("cannot compute similarity with no input: give one key or vector at least as positive")
    _refuse_not_finite(self, near + far)
    rows = _searched(0, None, restrict_vocab)
    scores = _shifted_cosines(self, near, rows) / (_shifted_cosines(self, far, rows) + 1e-6)
    if topn is None:
        return scores
    return _named(keys_by_row(self), scores, integer("topn", topn), 0, _rows_of(self, near + far))


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
        pair = one if vector is None else vector, float(weight)
    except (TypeError, ValueError):
        what = "a key, a vector as an array or list of floats, or a pair (key or vector, weight)"
        raise TypeError(f"expected {what}, not {item!r}") from None
    if not math.isfinite(pair[1]):
        raise ValueError(f"a weight must be a finite number, not {pair[1]}")
    return pair


def _searched(clip_start: int, clip_end: int | None, restrict_vocab: int | None) -> slice:
    if restrict_vocab:
        return slice(0, integer("restrict_vocab", restrict_vocab, 0))
    return slice(integer("clip_start", clip_start), integer("clip_end", clip_end) if clip_end else None)
