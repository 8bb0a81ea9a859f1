"""Changes of rows, and how those of several nodes become one.

Each node trains on copies of the same matrices. Where two nodes have changed a row, the sum of both changes would go
too far: each alone has gone where the other wanted to go, too. Their mean would not go far enough where they have
learned different things. So two changes of a row are added up but for what they share (Maleki et al. 2020, "Scaling
distributed training with adaptive summation"; for word2vec Gill et al. 2019, "Distributed training of embeddings using
graph analytics"): changes in one direction are averaged, changes at right angles are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..signals import slices

Matrix = NDArray[np.float32]


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


def combined(changes: Sequence[Changes], pull: NDArray[np.float32]) -> Changes:
    """The changes of all nodes as one.

    Args:
        changes: Of each node.
        pull: For each row of the matrix, how far a node went on its way: 0 for a short step, 1 and more for nearly all
            of it; float32 (rows of the matrix).
    """
    rows = np.unique(np.concatenate([one.rows for one in changes]))
    total = np.zeros((len(rows), changes[0].values.shape[1]), np.float32)
    nodes = np.zeros(len(rows), np.float32)
    for one in changes:
        at = np.searchsorted(rows, one.rows)
        total[at] += one.values
        nodes[at] += 1
    far = np.maximum(pull[rows], 1e-4)
    total *= (np.expm1(-far * nodes) / np.expm1(-far) / nodes)[:, None]
    return Changes(rows, total)
