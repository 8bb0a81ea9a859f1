"""Recommendations for many histories at once."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Recommendations(tuple[NDArray[np.object_], Floats]):
    """What `Item2Vec.recommend_many` returns: a pair of items and scores, with a mark on some rows.

    Attributes:
        popular: bool (histories,), True where nothing of the history is known: such a row holds the most popular items,
            and its scores are shares of sessions, which cannot be compared with those of other rows.
    """

    popular: NDArray[np.bool_]

    def __new__(cls, items: NDArray[np.object_], scores: Floats, popular: NDArray[np.bool_]) -> Self:
        """Make one of items and scores, (histories, n), and the marks."""
        made = super().__new__(cls, (items, scores))
        made.popular = popular
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        """What copies are made of."""
        return *self, self.popular

    def __eq__(self, other: object) -> bool:
        """Whether items, scores and marks are all the same."""
        if not isinstance(other, Recommendations):
            return NotImplemented
        return all(map(np.array_equal, (*self, self.popular), (*other, other.popular)))

    def __ne__(self, other: object) -> bool:
        """The reverse; a tuple has one of its own."""
        return NotImplemented if not isinstance(other, Recommendations) else not self == other

    __hash__ = None  # type: ignore[assignment]  # arrays have none

    @property
    def items(self) -> NDArray[np.object_]:
        """Items, object (histories, n), best first; None where there are no more."""
        return self[0]

    @property
    def scores(self) -> Floats:
        """Their scores, float32 (histories, n); -infinity where there are no more."""
        return self[1]

    def __repr__(self) -> str:
        rows, columns = self.items.shape
        by_popularity = int(self.popular.sum())
        return f"Recommendations({rows:,} histories, {columns:,} items each, {by_popularity:,} by popularity alone)"
