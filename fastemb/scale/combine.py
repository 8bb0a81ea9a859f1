"""Changes of rows, and how those of several nodes become one.

Each node trains on copies of the same matrices. Where two nodes have changed a row, the sum of both changes may go too
far: each alone has gone where the other wanted to go, too. Their mean may not go far enough, as they have learned
different things. Which of the two is right depends on the direction. Where the loss is curved, a node goes nearly all
the way to where the row is to be, and so do the others; where it is flat, each goes a short step, and the steps add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..signals import slices
from .curvature import Curvature

Matrix = NDArray[np.float32]

_BOTH = 2.0  # the two rows of a pair go towards each other, so the way is shorter than for one of them alone
_LEAST_WAY = 1e-4  # below it changes are just added up


@dataclass(frozen=True)
class Changes:
    """What changed in some rows of a matrix.

    Attributes:
        rows: Which, rising, int64 (n,).
        values: By how much, float32 (n, vector_size).
    """

    rows: NDArray[np.int64]
    values: Matrix

    @property
    def nbytes(self) -> int:
        """Bytes of both."""
        return self.rows.nbytes + self.values.nbytes


def changes_between(before: Matrix, now: Matrix, rows: NDArray[np.int64] | None) -> Changes:
    """What changed in these rows, or with None in any; rows that did not change are left out."""
    count = len(now) if rows is None else len(rows)
    found, values = [np.empty(0, np.int64)], [np.empty((0, now.shape[1]), np.float32)]
    for part in slices(count, 1 << 14):
        some = part if rows is None else rows[part]
        difference = now[some] - before[some]
        changed = np.flatnonzero(difference.any(axis=1))
        if len(changed):
            found.append(changed + part.start if rows is None else rows[part][changed])
            values.append(difference[changed])
    return Changes(np.concatenate(found), np.concatenate(values))


def split(changes: Changes, owners: int) -> list[Changes]:
    """Those of the rows that each owner merges: row r belongs to owner r % owners."""
    of = changes.rows % owners
    return [Changes(changes.rows[of == owner], changes.values[of == owner]) for owner in range(owners)]


def combined(changes: Sequence[Changes], steps: NDArray[np.float32], curvature: Curvature) -> Changes:
    """The changes of all nodes as one.

    In a direction of curvature c a node that has made steps of length t is 1 - exp(-2 c t) of the way to where the row
    is to be, as the other rows come towards it, and n nodes after one another would be 1 - exp(-2 c t n) of it.

    Args:
        changes: Of each node.
        steps: For each row of the matrix, the learning rates of a node's steps on it added up; float32 (rows of the
            matrix).
        curvature: Of the matrix.
    """
    rows = np.unique(np.concatenate([one.rows for one in changes]))
    total = np.zeros((len(rows), changes[0].values.shape[1]), np.float32)
    nodes = np.zeros(len(rows), np.float32)
    for one in changes:
        at = np.searchsorted(rows, one.rows)
        total[at] += one.values
        nodes[at] += 1
    shared = np.flatnonzero(nodes > 1)
    for part in slices(len(shared), 1 << 14):
        some = shared[part]
        count = nodes[some, None]
        way = np.maximum(_BOTH * steps[rows[some], None] * curvature.values, _LEAST_WAY)
        turned = total[some] @ curvature.basis
        turned *= np.expm1(-way * count) / np.expm1(-way) / count
        total[some] = turned @ curvature.basis.T
    return Changes(rows, total)
