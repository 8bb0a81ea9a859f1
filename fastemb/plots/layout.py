"""Places for many vectors on a plane, and in numbers how far they can be believed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..signals import slices
from ..spaces.reduce import components
from ..threads import thread_count
from ..vectors import KeyedVectors
from ..vectors.store import Array
from .extra import library

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

NEAREST = 10
_LOOKED_AT = 500  # points whose neighbours are compared
_PART = 100
_SPREAD = 1e-6  # of a dimension, below which vectors differ by rounding alone
_MANY = 5000  # points from which threads gain more than they lose where others compute too
_DISTANCE_PART = 1 << 12


class Belief(NamedTuple):
    """How far a map can be believed.

    Attributes:
        trustworthiness: 1 where the nearest points on the map are near in truth too, about 0.5 by chance (Venna and
            Kaski 2001).
        kept: Share of the nearest points in truth that are among the nearest on the map.
        nearest: How many nearest points these are: 10, or fewer where there are few points.
    """

    trustworthiness: float
    kept: float
    nearest: int


def check_spread(units: Array) -> None:
    """Refuse vectors (n, d) of length 1 of which there is nothing to see.

    Raises:
        ValueError: All are the same.
    """
    if float(np.ptp(units, axis=0).max()) < _SPREAD:
        raise ValueError(
            f"the vectors of all {len(units):,} keys point the same way, so their places would mean nothing: "
            "were they trained?"
        )


def flat(units: Array) -> tuple[Doubles, Doubles]:
    """The two first principal components of (n, d), (n, 2), and the share of the variance of each, (2,)."""
    centre = units.mean(axis=0, dtype=np.float64)
    values, directions = components(units, centre)
    found = np.zeros((len(units), 2))
    kept = min(2, units.shape[1])
    for part in slices(len(units), _DISTANCE_PART):
        found[part, :kept] = (units[part] - centre) @ directions[:, :kept]
    shares = np.zeros(2)
    shares[:kept] = values[:kept] / max(float(values.sum()), 1e-30)
    return found, shares


def tsne(units: Array, perplexity: float, seed: int, workers: int | None = None) -> Doubles:
    """Places by openTSNE, (n, 2), of vectors (n, d) of length 1; the same for the same seed.

    The nearest vectors are found by exact search, which for some ten thousand points is faster than openTSNE's own.
    """
    affinity, opentsne = library("openTSNE.affinity"), library("openTSNE")
    neighbours = library("openTSNE.nearest_neighbors")
    threads = thread_count(workers) if len(units) >= _MANY else 1
    count = min(len(units) - 1, int(3 * perplexity))
    known = neighbours.PrecomputedNeighbors(*_nearest(units, count, threads))
    similar = affinity.PerplexityBasedNN(perplexity=perplexity, knn_index=known, n_jobs=threads, random_state=seed)
    start, _ = flat(units)
    start *= 1e-4 / max(float(start[:, 0].std()), 1e-30)
    start += np.random.default_rng(seed).normal(0, 1e-6, start.shape)  # equal points must part
    # each step of the gradient ends a call of C, after which Python hears of Ctrl-C
    made = opentsne.TSNE(n_jobs=threads, random_state=seed).fit(affinities=similar, initialization=start)
    return np.asarray(made, np.float64)


def _nearest(units: Array, count: int, threads: int) -> tuple[Any, Doubles]:
    """Rows of the nearest vectors, (n, count), and their distances; equal ones included."""
    vectors = KeyedVectors._from_arrays(range(len(units)), units)
    rows, cosines = vectors.most_similar_rows(range(len(units)), count, workers=threads)
    distances = np.sqrt(np.maximum(2 - 2 * cosines.astype(np.float64), 0))
    return rows, distances


def belief(units: Array, positions: Doubles) -> Belief:
    """Compare the nearest points in space and on a map, of up to 500 points among all."""
    total = len(units)
    nearest = min(NEAREST, (total - 1) // 2)
    if nearest < 1:
        return Belief(1.0, 1.0, 0)
    looked = np.arange(total)
    if total > _LOOKED_AT:
        looked = np.sort(np.random.default_rng(0).choice(total, _LOOKED_AT, replace=False))
    penalty, kept = 0, 0
    for part in slices(len(looked), _PART):
        rows = looked[part]
        far, drawn = _distances(units[rows], units), _distances(positions[rows], positions)
        for one in (far, drawn):
            one[np.arange(len(rows)), rows] = np.inf
        near_far = np.argpartition(far, nearest - 1, axis=1)[:, :nearest]
        near_drawn = np.argpartition(drawn, nearest - 1, axis=1)[:, :nearest]
        limit = np.take_along_axis(far, near_drawn, axis=1)
        for column in range(nearest):
            ranks = (far < limit[:, column : column + 1]).sum(axis=1) + 1
            penalty += int(np.maximum(ranks - nearest, 0).sum())
        kept += int((near_far[:, :, None] == near_drawn[:, None, :]).sum())
    worst = len(looked) * nearest * (2 * total - 3 * nearest - 1) / 2
    return Belief(1 - penalty / worst, kept / (len(looked) * nearest), nearest)


def _distances(some: Array, others: Array) -> Array:
    """Squared distances, (k, n)."""
    found: Array = -2 * (some @ others.T)
    found += np.einsum("ij,ij->i", others, others)
    found += np.einsum("ij,ij->i", some, some)[:, None]
    return found
