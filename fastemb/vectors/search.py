"""Which vectors are nearest to given directions: the one way in which fastemb answers this."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .interface import KeyedVectorsLike, norms_of
from .norms import divided, extreme_rows, scaled
from .store import Array
from .topk import Indices, top_k

Scores = NDArray[np.floating[Any]]


def nearest(
    vectors: KeyedVectorsLike,
    directions: Array,
    topn: int,
    *,
    rows: slice = slice(None),
    without: tuple[Indices, Indices] | None = None,
    workers: int | None = None,
) -> tuple[Indices, Scores]:
    """Find the rows with the highest cosines with each of many directions, by looking at all of them.

    Cosines are computed in float32; but where both are in float64, those of a single direction are computed in that,
    which takes half the time of converting all vectors.

    Args:
        vectors: Where to look.
        directions: (q, vector_size), each of length 1.
        topn: How many rows to find for each.
        rows: Part of the rows to look at; a step of 1. Default all.
        without: Rows that are not to be found, by direction, as (offsets, rows): direction i does without
            ``rows[offsets[i]:offsets[i + 1]]``, as far as they are looked at.
        workers: Threads. Default None: one for each CPU that the process may use.

    Returns:
        Row numbers, (q, topn), and cosines, (q, topn), the highest first; of equal ones the lower row. Cosines that
        are NaN or -infinity are left out. What is missing at the end is -1 and -infinity.
    """
    first, stop, _ = rows.indices(len(vectors.vectors))
    searched, norms = vectors.vectors[rows], norms_of(vectors)[rows]
    exclude = None if without is None else _within(without, first, stop)
    if len(directions) == 1 and directions.dtype == searched.dtype == np.float64:
        found, cosines = _of_one(cosines_with(searched, norms, directions[0]), topn, exclude)
    else:
        extreme = extreme_rows(norms, np.float32)
        if len(extreme):
            searched, norms = searched.copy(), norms.copy()
            searched[extreme] = scaled(searched[extreme], norms[extreme])
            norms[extreme] = 1
        lengths = norms.astype(np.float32)
        factors = divided(np.ones_like(lengths), lengths)
        found, cosines = top_k(directions, searched, topn, scale=factors, exclude=exclude, workers=workers)
    found[found >= 0] += first
    return found, cosines


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
