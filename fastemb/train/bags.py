"""Weights of words that are bags of rows: a row of their own, and those of their n-grams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .weights import Bags, HasVectors, Weights


class HasBags(HasVectors, Protocol):
    """What holds the rows that bags are made of: ``vectors`` has a row for each word first, then all others."""

    def bags(self) -> Bags:
        """Which rows each word has."""
        ...

    def learned(self) -> None:
        """Hear that the rows were changed, and that the vectors of words follow them."""
        ...


@dataclass(eq=False)
class BagWeights(Weights):
    """`Weights` whose holder is a `HasBags`."""

    holder: HasBags  # pyright: ignore[reportIncompatibleVariableOverride]

    @property
    def input_name(self) -> str:
        """As in the base."""
        return f"{self.name}.input_vectors"

    def bags(self) -> Bags | None:
        """As in the base; None where no word has more than its row."""
        found = self.holder.bags()
        return None if len(found.rows) == len(found.offsets) - 1 == found.count else found

    def input_rows(self, words: int) -> int:
        """As in the base."""
        return self.holder.bags().count

    def unpad(self) -> None:
        """As in the base; then the vectors of words are made anew."""
        trained = bool(self._paddings)
        super().unpad()
        if trained:
            self.learned()

    def learned(self) -> None:
        """As in the base."""
        self.holder.learned()


def joined(own: NDArray[np.int64], numbers: NDArray[np.int64], offsets: NDArray[np.int64], count: int) -> Bags:
    """Bags of a row for each word and further ones.

    Args:
        own: The row of each word, which comes first.
        numbers: Further rows, those of a word after another's; negative ones are left out.
        offsets: (words + 1,), where those of each word begin.
        count: Rows in all.
    """
    there = numbers >= 0
    if not there.all():
        ends = np.concatenate(([0], np.cumsum(there)))
        numbers, offsets = numbers[there], ends[offsets]
    begins = offsets[:-1] + np.arange(len(own))
    rows = np.empty(len(numbers) + len(own), np.int32)
    others = np.ones(len(rows), bool)
    others[begins] = False
    rows[begins], rows[others] = own, numbers
    return Bags(offsets + np.arange(len(own) + 1), rows, count)
