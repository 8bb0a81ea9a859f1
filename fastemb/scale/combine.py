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


def combined(changes: Sequence[Changes]) -> Changes:
    """The changes of all nodes as one: pairs of nodes first, then pairs of pairs, and so on."""
    level = list(changes)
    while len(level) > 1:
        pairs = [_of_two(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) // 2 * 2 :]
    return level[0]


def _of_two(one: Changes, other: Changes) -> Changes:
    rows = np.union1d(one.rows, other.rows)
    at_one, at_other = np.searchsorted(rows, one.rows), np.searchsorted(rows, other.rows)
    values = np.zeros((len(rows), one.values.shape[1]), np.float32)
    values[at_one] = one.values
    _, in_one, in_other = np.intersect1d(one.rows, other.rows, assume_unique=True, return_indices=True)
    values[at_other] += other.values
    for part in slices(len(in_one), 1 << 14):
        a, b = one.values[in_one[part]], other.values[in_other[part]]
        values[at_one[in_one[part]]] = adaptive_sum(a, b)
    return Changes(rows, values)


def adaptive_sum(a: Matrix, b: Matrix) -> Matrix:
    """Row by row a + b without what they share: (1 - ab / 2aa) a + (1 - ab / 2bb) b."""
    shared = np.einsum("ij,ij->i", a, b)
    size_a, size_b = np.einsum("ij,ij->i", a, a), np.einsum("ij,ij->i", b, b)
    tiny = np.float32(1e-30)
    of_a = 1 - shared / np.maximum(2 * size_a, tiny)
    of_b = 1 - shared / np.maximum(2 * size_b, tiny)
    made: Matrix = of_a[:, None] * a + of_b[:, None] * b
    return made
