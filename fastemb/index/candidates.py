"""From candidates, which a graph finds, to the best rows: exact scores, filters, and wider searches for the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..vectors.interface import Mask
from ..vectors.topk import Floats, Indices
from .graph import PART_ROWS, Searcher

FEW = 0.05
"""Share of the rows below which a filter is searched exactly."""

_WIDEST = 0.125  # share of the rows that a search is widened to; beyond it, looking at all rows is faster
_AGAIN = 2  # candidates for each row that is wanted, since a graph's own distances are rounded

Scores = NDArray[np.floating[Any]]
Exclusions = tuple[Indices, Indices]


@dataclass(frozen=True)
class Candidates:
    """How rows are found.

    Attributes:
        graph: Finds candidates.
        rows: How many rows there are.
        scores: Takes numbers of queries (b,) and rows (b, c), and returns the scores of each, (b, c) float32.
        exact: Takes numbers of queries (b,), and returns rows and scores, both (b, n), by looking at all rows.
    """

    graph: Searcher
    rows: int
    scores: Callable[[Indices, Indices], Floats]
    exact: Callable[[Indices], tuple[Indices, Scores]]

    def best(
        self, queries: Floats, n: int, threads: int, mask: Mask | None = None, without: Exclusions | None = None
    ) -> tuple[Indices, Scores]:
        """Find about the ``n`` best rows for each query.

        Args:
            queries: (q, dimensions of the graph).
            n: How many.
            threads: How many.
            mask: (rows,) bool, those that may be found. Default None: all.
            without: Rows that are not to be found, by query, as (offsets, rows). Default None.

        Returns:
            Rows, (q, n) int64, and scores, (q, n), the best first; -1 and -infinity where there are fewer.
        """
        excluded = np.zeros(len(queries), np.int64) if without is None else np.diff(without[0])
        allowed = self.rows if mask is None else int(mask.sum())
        found, scores = np.full((len(queries), n), -1, np.int64), np.full((len(queries), n), -np.inf, np.float32)
        plain: Mask = np.asarray(np.isfinite(queries).all(axis=1) & queries.any(axis=1))  # others have no angle
        if allowed <= max(n + int(excluded.max(initial=0)), FEW * self.rows if mask is not None else 0):
            plain[:] = False
        exactly = [np.flatnonzero(~plain)]
        asked = np.flatnonzero(plain)
        for start in range(0, len(asked), PART_ROWS):
            some = asked[start : start + PART_ROWS]
            exactly.append(self._widened(queries, some, threads, mask, without, (found, scores)))
        left = np.concatenate(exactly)
        if len(left) and n:
            found[left], scores[left] = self.exact(left)
        return found, scores

    def _widened(
        self,
        queries: Floats,
        asked: Indices,
        threads: int,
        mask: Mask | None,
        without: Exclusions | None,
        into: tuple[Indices, Scores],
    ) -> Indices:
        """Fill in the best rows of some queries; returns those for which too few candidates were found."""
        n = into[0].shape[1]
        share = 1.0 if mask is None else float(mask.mean())
        most = 0 if without is None else int(np.diff(without[0])[asked].max(initial=0))
        count = int(np.ceil(_AGAIN * (n + most) / share))
        while len(asked):
            if count > max(_AGAIN * (n + most), _WIDEST * self.rows):
                return asked
            count = min(count, self.rows)
            near = self.graph.neighbours(queries[asked], count, threads)
            good = near >= 0
            if mask is not None:
                good &= mask[near]
            if without is not None:
                good &= ~_among(near, asked, without, self.rows)
            enough = good.sum(axis=1) >= n
            self._take(asked[enough], near[enough], good[enough], into)
            asked = asked[~enough]
            if count == self.rows:
                return asked
            count *= 4
        return asked

    def _take(self, asked: Indices, near: Indices, good: Mask, into: tuple[Indices, Scores]) -> None:
        """The best of the candidates, by exact scores."""
        found, scores = into
        n = found.shape[1]
        keep = min(int(_AGAIN * n), near.shape[1])
        order = np.argsort(~good, axis=1, kind="stable")[:, :keep]  # those that may be found first, nearest first
        near, good = np.take_along_axis(near, order, axis=1), np.take_along_axis(good, order, axis=1)
        exact = np.where(good, self.scores(asked, np.where(good, near, 0)), -np.inf)
        ranked = np.lexsort((near, -exact), axis=1)[:, :n]
        best = np.take_along_axis(exact, ranked, axis=1)
        scores[asked] = np.where(np.isnan(best), -np.inf, best)
        found[asked] = np.where(best > -np.inf, np.take_along_axis(near, ranked, axis=1), -1)


def _among(near: Indices, asked: Indices, without: Exclusions, rows: int) -> Mask:
    """Which of the candidates (b, c) of the queries (b,) these are to do without."""
    offsets, given = without
    owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    return np.isin(near + asked[:, np.newaxis] * rows, given + owners * rows) & (near >= 0)


def products(queries: Floats, rows: Floats) -> Floats:
    """Dot products of each query (b, d) with its rows (b, c, d): (b, c)."""
    found: Floats = np.matmul(rows, queries[:, :, np.newaxis])[:, :, 0]
    return found
