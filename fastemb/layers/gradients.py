"""What a look-up was and what came back for it, as the operations on rows take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Ids: TypeAlias = NDArray[np.int64]


class OwnGradients:
    """What has gradients between `backward` and `step`: ``copy.copy`` of it shares its arrays, and not these."""

    gradients: dict[str, Any]

    def __copy__(self) -> Self:
        found = object.__new__(type(self))
        vars(found).update(vars(self), gradients={})
        return found


@dataclass(frozen=True, eq=False, slots=True)
class Gradients:
    """The gradients of looked-up rows, n of them: of id i, factors[i] * rows[source[i]].

    Attributes:
        rows: (m, D).
        source: (n,) int64, the row of ``rows`` that an id has; None: row i, and m = n.
        factors: (n,) of the dtype of ``rows``; None: 1.
        winners: (m, D) int64, the id that a value of ``rows`` goes to, others get 0; None: it goes to all.
        by_frequency: The sum of an id's gradients is divided by their number.
    """

    rows: Array
    source: Ids | None = None
    factors: Array | None = None
    winners: Ids | None = None
    by_frequency: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Bags:
    """Bags of ids: bag b is ids[offsets[b]] ... ids[offsets[b + 1] - 1].

    Attributes:
        ids: (n,) int64, without padding.
        offsets: (bags + 1,) int64, from 0 to n.
        factors: (n,) on the rows of the ids; None: 1.
        mean: Their sum is divided by the size of the bag.
    """

    ids: Ids
    offsets: Ids
    factors: Array | None = None
    mean: bool = False

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def sizes(self) -> Ids:
        """Ids in each bag."""
        return np.diff(self.offsets)

    def source(self) -> Ids:
        """The bag of each id."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.sizes)
