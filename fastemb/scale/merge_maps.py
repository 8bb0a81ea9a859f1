"""Maps that bring the vectors of several parts into one space, from products of these vectors alone.

Of parts i with vectors M_i the maps A_i and the merged vectors Y are those for which the sum over keys w and parts i of

    importance_w share_iw |M_iw A_i - Y_w|^2

is least (ALiR, alternating linear regression: Anand et al. 2019, WSDM). The best Y for given maps is the mean of what
the parts say of a key, weighted by their shares, whether a key is in all parts or in one. So Y never has to be made to
find the maps: of the vectors only the products

    G_ij = sum_w importance_w share_iw share_jw M_iw' M_jw        D_i = sum_w importance_w share_iw M_iw' M_iw

are needed, (d, d) each, and any number of rounds takes no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..signals import deliver
from ..spaces.procrustes import nearest_rotations

Doubles = NDArray[np.float64]

MOST_ROUNDS = 200
_STILL = 1e-12  # share of the score by which a round must do better; maps are at rest to its root then
_EMPTY = 1e-6  # of the largest sum of squares of a direction: what rounding leaves in directions without any vector
_RIDGE = 1e-6  # of the mean square, so that directions without any vector get no weight


class Maps(NamedTuple):
    """What was found.

    Attributes:
        maps: (d_i, d) of each part.
        rounds: How often all maps were made anew.
        converged: Whether the last round changed next to nothing.
    """

    maps: list[Doubles]
    rounds: int
    converged: bool


class Products:
    """The products of the vectors of all parts.

    Args:
        sizes: Dimensions of each part.

    Attributes:
        between: (s, s) of all G_ij, s the sum of the sizes.
        within: D_i of each part.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        ends = np.cumsum([0, *sizes]).tolist()
        self.slices = [slice(*pair) for pair in pairwise(ends)]
        self.size = max(sizes)
        self.between: Doubles = np.zeros((ends[-1], ends[-1]))
        self.within: list[Doubles] = [np.zeros((size, size)) for size in sizes]

    def to(self, part: int, maps: Sequence[Doubles], others: Sequence[int]) -> Doubles:
        """The sum of G_ij A_j over other parts j, (d_i, d)."""
        found = np.zeros((self.within[part].shape[0], self.size))
        for other in others:
            found += self.between[self.slices[part], self.slices[other]] @ maps[other]
        return found


def orthogonal_maps(products: Products, order: Sequence[int]) -> Maps:
    """Turns, and reflections, that bring the parts nearest together (orthogonal Procrustes, one part after the other).

    A part of fewer dimensions is put among the others' ones as if it had zeros in the rest.

    Args:
        products: Of the vectors.
        order: All parts, each after one that shares keys with it; the first keeps its axes where it has all dimensions.
    """
    maps = [np.eye(one.shape[0], products.size) for one in products.within]
    for place, part in enumerate(order[1:], start=1):
        maps[part] = nearest_rotations(products.to(part, maps, order[:place]))
    score, rounds, converged = -np.inf, 0, len(order) < 3  # of two the second is turned to the first, and that is all
    while not converged and rounds < MOST_ROUNDS:
        rounds += 1
        before, score = score, 0.0
        for part in order:
            target = products.to(part, maps, [other for other in order if other != part])
            maps[part] = nearest_rotations(target)
            score += float(np.vdot(maps[part], target))
            deliver()
        converged = score - before <= _STILL * abs(score)
    first = maps[order[0]]
    back = first.T if first.shape[0] == products.size else np.eye(products.size)
    return Maps([one @ back for one in maps], max(rounds, 1), converged)


def linear_maps(products: Products, start: Maps) -> Maps:
    """Any linear maps: each is the regression of the merged vectors on those of a part, and these are made anew by it.

    All vectors becoming zero would fit best, so each round keeps the merged vectors' sum of squares in every direction
    (this is the subspace iteration for canonical correlations of several sets). At the end they are what is nearest to
    the vectors that ``start`` makes, within the space that was found.
    """
    inverse = [np.linalg.inv(_ridged(one)) for one in products.within]
    first = np.concatenate(start.maps)
    maps = _scaled(products, first @ _filled(first.T @ (products.between @ first)))
    score, rounds, converged = 0.0, 0, False
    while not converged and rounds < MOST_ROUNDS:
        rounds += 1
        pulled = products.between @ maps
        maps = _scaled(
            products, np.concatenate([inv @ pulled[at] for inv, at in zip(inverse, products.slices, strict=True)])
        )
        before, score = score, _unexplained(products, maps)
        converged = abs(score - before) <= _STILL * max(score, 1.0)
        deliver()
    maps = maps @ (maps.T @ (products.between @ first))
    return Maps([maps[at] for at in products.slices], rounds, converged)


def _ridged(square: Doubles) -> Doubles:
    return square + np.eye(len(square)) * (_RIDGE * np.trace(square) / len(square) or 1.0)


def _filled(squares: Doubles) -> Doubles:
    """The directions (d, k) in which there are vectors, of their sums of squares (d, d)."""
    values, directions = np.linalg.eigh(squares)
    return directions[:, values > _EMPTY * values[-1]]


def _scaled(products: Products, maps: Doubles) -> Doubles:
    """The maps after which the merged vectors are uncorrelated, with a sum of squares of 1 in every dimension."""
    squares = maps.T @ (products.between @ maps)
    return np.linalg.solve(np.linalg.cholesky(squares), maps.T).T.astype(np.float64, copy=False)


def _unexplained(products: Products, maps: Doubles) -> float:
    """The sum of squares of what parts say, beyond the merged vectors' own."""
    return float(
        sum(np.vdot(maps[at], one @ maps[at]) for one, at in zip(products.within, products.slices, strict=True))
    )
