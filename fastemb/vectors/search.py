"""Which vectors are nearest to given directions: the one way in which fastemb answers this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .interface import KeyedVectorsLike, Mask, RowIndex, check_lengths, norms_of
from .norms import divided, extreme_rows, scaled
from .store import Array
from .topk import Floats, Indices, merged, top_k

Scores = NDArray[np.floating[Any]]

_PART_BYTES = 64 << 20  # of rows that are converted to float32


@dataclass(frozen=True)
class Scope:
    """What of the vectors is looked at, and how.

    Attributes:
        rows: Part of the rows; a step of 1. Default all.
        mask: (n,) bool over all rows, those of them that may be found. Default None: all.
        dot: Rank by dot products in place of cosines.
        index: Look at the candidates of this index only. Default None: at all rows.
        workers: Threads. Default None: one for each CPU that the process may use.
    """

    rows: slice = field(default_factory=lambda: slice(None))
    mask: Mask | None = None
    dot: bool = False
    index: RowIndex | None = None
    workers: int | None = None

    def allowed(self, count: int) -> Mask | None:
        """Which of ``count`` rows may be found, or None for all."""
        first, stop, _ = self.rows.indices(count)
        if first == 0 and stop == count:
            return self.mask
        chosen = np.zeros(count, bool)
        chosen[first:stop] = True if self.mask is None else self.mask[first:stop]
        return chosen


EVERYTHING = Scope()


def nearest(
    vectors: KeyedVectorsLike,
    directions: Array,
    topn: int,
    scope: Scope = EVERYTHING,
    *,
    without: tuple[Indices, Indices] | None = None,
) -> tuple[Indices, Scores]:
    """Find the rows with the highest cosines, or dot products, with each of many directions.

    Scores are computed in float32; but where both are in float64, those of a single direction are computed in that,
    which takes half the time of converting all vectors. Vectors in float32 and float16, and quantised ones, are read
    where they are, as in a file that is mapped; those in float64 are converted a part at a time.

    Args:
        vectors: Where to look.
        directions: (q, vector_size), each of length 1 for cosines.
        topn: How many rows to find for each.
        scope: What is looked at, and how.
        without: Rows that are not to be found, by direction, as (offsets, rows): direction i does without
            ``rows[offsets[i]:offsets[i + 1]]``, as far as they are looked at.

    Returns:
        Row numbers, (q, topn), and scores, (q, topn), the highest first; of equal ones the lower row. Scores that
        are NaN or -infinity are left out. What is missing at the end is -1 and -infinity.
    """
    if scope.index is not None:
        check_lengths(vectors)
        allowed = scope.allowed(len(vectors.vectors))
        return scope.index.nearest_rows(
            vectors, directions, topn, allowed=allowed, without=without, dot=scope.dot, workers=scope.workers
        )
    first, stop, _ = scope.rows.indices(len(vectors.vectors))
    norms = None if scope.dot else norms_of(vectors)[scope.rows]
    check_lengths(vectors)
    searched = vectors.vectors[scope.rows]
    mask = None if scope.mask is None else scope.mask[scope.rows]
    if len(directions) == 1 and directions.dtype == searched.dtype == np.float64:
        exclude = None if without is None else _within(without, first, stop)
        scores = scores_with(searched, norms, directions[0])
        if mask is not None:
            scores[~mask] = -np.inf
        found, best_scores = _of_one(scores, topn, exclude)
    else:
        found, best_scores = _in_parts(searched, norms, directions, topn, mask, without, first, scope.workers)
    found[found >= 0] += first
    return found, best_scores


def _in_parts(
    searched: Array,
    norms: Array | None,
    directions: Array,
    topn: int,
    mask: Mask | None,
    without: tuple[Indices, Indices] | None,
    first: int,
    workers: int | None,
) -> tuple[Indices, Scores]:
    """As `nearest`, of rows of which ``first`` is the number of the first; what is found is counted from there."""
    extreme = np.empty(0, np.intp) if norms is None else extreme_rows(norms, np.float32)
    as_they_are = searched.dtype in (np.float32, np.float16) and len(extreme) == 0
    step = max(1, len(searched) if as_they_are else _PART_BYTES // (4 * max(1, searched.shape[1])))
    found, scores = np.empty((len(directions), 0), np.int64), np.empty((len(directions), 0), np.float32)
    for begin in range(0, max(len(searched), 1), step):
        end = min(begin + step, len(searched))
        part, lengths = searched[begin:end], None if norms is None else norms[begin:end]
        unsafe = extreme[(extreme >= begin) & (extreme < end)] - begin
        if lengths is not None and len(unsafe):
            part, lengths = np.array(part), lengths.copy()
            part[unsafe] = scaled(part[unsafe], lengths[unsafe])
            lengths[unsafe] = 1
        near, best_scores = top_k(
            directions,
            part,
            topn,
            scale=None if lengths is None else _reciprocals(lengths),
            exclude=None if without is None else _within(without, first + begin, first + end),
            mask=None if mask is None else mask[begin:end],
            workers=workers,
        )
        near[near >= 0] += begin
        if begin == 0:
            found, scores = near, best_scores
        else:
            found, scores = merged(np.hstack([found, near]), np.hstack([scores, best_scores]), max(topn, 0))
    return found, scores


def _reciprocals(norms: Array) -> Floats:
    lengths = norms.astype(np.float32)
    return divided(np.ones_like(lengths), lengths)


def scores_with(vectors: Array, norms: Array | None, direction: Array) -> Array:
    """Cosines, or without ``norms`` dot products, of all rows of (n, d) with a direction (d,), as (n,)."""
    if norms is not None:
        return cosines_with(vectors, norms, direction)
    with np.errstate(over="ignore", invalid="ignore"):
        products: Array = vectors @ direction.astype(np.result_type(direction, np.float32), copy=False)
    return products


def cosines_with(vectors: Array, norms: Array, direction: Array) -> Array:
    """Cosines of all rows of (n, d), whose lengths are ``norms``, with a direction (d,) of length 1, as (n,)."""
    direction = direction.astype(np.result_type(direction, np.float32), copy=False)
    with np.errstate(over="ignore", invalid="ignore"):  # a vector with NaN is no error: it comes last
        cosines: Array = divided(vectors @ direction, norms)
        extreme = extreme_rows(norms)
        if len(extreme):
            cosines[extreme] = scaled(vectors[extreme], norms[extreme]) @ direction
    return cosines


def best(scores: Array, count: int) -> Array:
    """Return where the ``count`` highest scores are, highest first; of equal ones the lower index, NaN last."""
    falling = -scores
    if count < len(scores):
        threshold = np.partition(falling, count - 1)[count - 1]
        chosen = np.flatnonzero(~(falling > threshold))  # NaN is neither above nor below; the sort puts it last
        return chosen[np.argsort(falling[chosen], kind="stable")[:count]]
    return np.argsort(falling, kind="stable")


def offsets_of(given: Iterable[Iterable[int]]) -> tuple[Indices, Indices]:
    """Rows that each direction does without, as `nearest` takes them."""
    rows = [sorted(set(one)) for one in given]
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return offsets, np.array([row for one in rows for row in one], np.int64)


def _within(without: tuple[Indices, Indices], first: int, stop: int) -> tuple[Indices, Indices]:
    """Those of the rows that lie in [first, stop), counted from ``first`` on."""
    offsets, given = without
    inside = (given >= first) & (given < stop)
    return np.append(0, np.cumsum(inside))[offsets], given[inside] - first


def _of_one(cosines: Scores, topn: int, exclude: tuple[Indices, Indices] | None) -> tuple[Indices, Scores]:
    excluded = np.empty(0, np.int64) if exclude is None else exclude[1]
    order = best(cosines, topn + len(excluded))
    order = order[(cosines[order] > -np.inf) & ~np.isin(order, excluded)][:topn]
    found, scores = np.full((1, topn), -1, np.int64), np.full((1, topn), -np.inf, cosines.dtype)
    found[0, : len(order)], scores[0, : len(order)] = order, cosines[order]
    return found, scores
