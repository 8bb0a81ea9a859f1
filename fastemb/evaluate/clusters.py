"""Clusters of words by k-means, and how well they agree with classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..signals import slices

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

STARTS = 10
_MOST_ROUNDS = 300
_BLOCK_ROWS = 4096


def purity_of(units: Doubles, classes: Ints, seed: int) -> NDArray[np.bool_]:
    """Whether each point is of the class that is the most frequent one in its cluster; the mean is the purity.

    There are as many clusters as classes. Of equally frequent classes the first is taken.

    Args:
        units: (n, d), of length 1.
        classes: (n,).
        seed: Of the first centres.
    """
    names, numbers = np.unique(classes, return_inverse=True)
    clusters = k_means(units, len(names), seed)
    table = np.zeros((len(names), len(names)), np.int64)
    np.add.at(table, (clusters, numbers), 1)
    return np.asarray(table.argmax(axis=1)[clusters] == numbers)


def k_means(points: Doubles, count: int, seed: int) -> Ints:
    """The cluster of each point, (n,), of the tightest of `STARTS` runs of k-means.

    Lloyd's algorithm from centres that are drawn far from each other (k-means++, Arthur and Vassilvitskii 2007). A
    cluster that has lost all points begins again at the point that is farthest from its centre.
    """
    random = np.random.default_rng(seed)
    best, least = np.zeros(len(points), np.int64), np.inf
    for _ in range(STARTS):
        clusters, spread = _run(points, _first_centres(points, count, random))
        if spread < least:
            best, least = clusters, spread
    return best


def _first_centres(points: Doubles, count: int, random: np.random.Generator) -> Doubles:
    centres = np.empty((count, points.shape[1]))
    centres[0] = points[random.integers(len(points))]
    distances = np.full(len(points), np.inf)
    for number in range(1, count):
        distances = np.minimum(distances, _squares(points, centres[number - 1 : number])[:, 0])
        total = distances.sum()
        drawn = random.choice(len(points), p=distances / total if total > 0 else None)
        centres[number] = points[drawn]
    return centres


def _run(points: Doubles, centres: Doubles) -> tuple[Ints, float]:
    """Clusters, and the sum of squared distances from their centres."""
    clusters = np.full(len(points), -1, np.int64)
    distances, spread = np.zeros(len(points)), np.inf
    for _ in range(_MOST_ROUNDS):
        before = clusters
        clusters = np.empty_like(before)
        for part in slices(len(points), _BLOCK_ROWS):
            squares = _squares(points[part], centres)
            clusters[part] = squares.argmin(axis=1)
            distances[part] = squares.min(axis=1)
        if (clusters == before).all() or not distances.sum() < spread:
            break
        spread = float(distances.sum())
        sizes = np.bincount(clusters, minlength=len(centres))
        for empty in np.flatnonzero(sizes == 0).tolist():
            farthest = int(np.where(sizes[clusters] > 1, distances, -1).argmax())
            sizes[clusters[farthest]] -= 1
            clusters[farthest], distances[farthest], sizes[empty] = empty, 0.0, 1
        order = np.argsort(clusters, kind="stable")
        starts = np.append(0, np.cumsum(sizes)[:-1])
        centres = np.add.reduceat(points[order], starts, axis=0) / sizes[:, np.newaxis]
    return clusters, float(distances.sum())


def _squares(points: Doubles, centres: Doubles) -> Doubles:
    """Squared distances, (n, k)."""
    made: Doubles = (points * points).sum(axis=1)[:, np.newaxis] + (centres * centres).sum(axis=1)
    made -= 2 * (points @ centres.T)
    return np.maximum(made, 0)
