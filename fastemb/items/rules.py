"""What may be recommended, and what is preferred beside the scores."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import number
from ..spaces.axis import Axis
from .interactions import Interactions

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_TOO_FLAT = 1e-12


@dataclass(frozen=True)
class Rules:
    """What is asked of recommendations beside how many.

    Attributes:
        exclude: As many lists of rows not to recommend as there are histories.
        candidates: Recommend only these items; unknown ones are skipped.
        allowed: As many lists of the only rows to recommend as there are histories.
        exclude_history: Do not recommend the items of the history.
        toward: Axes and their weights.
        workers: Threads.
    """

    exclude: Interactions | None = None
    candidates: Iterable[Hashable] | None = None
    allowed: Interactions | None = None
    exclude_history: bool = True
    toward: Mapping[Axis, float] | None = None
    workers: int | None = None

    def check_sizes(self, histories: int) -> None:
        """Check that lists for each history are as many.

        Raises:
            ValueError: they are not.
        """
        for name, lists in (("exclude", self.exclude), ("allow", self.allowed)):
            if lists is not None and len(lists) != histories:
                raise ValueError(f"{len(lists)} lists of items to {name} for {histories} histories")


def leaning(
    queries: Floats, outputs: Floats, keys: Sequence[Hashable], toward: Mapping[Axis, float]
) -> tuple[Floats, Floats]:
    """Queries (q, d) and items (n, d), each with one more dimension, whose product adds what the axes are worth.

    An item that lies a standard deviation farther along an axis of weight 1 gains a standard deviation of the query's
    scores.

    Raises:
        TypeError: ``toward`` is no dict of axes and numbers.
        ValueError: an axis does not know an item, or has the same score for all.
    """
    if not isinstance(toward, Mapping):
        raise TypeError(f"toward must be a dict from an axis to its weight, such as {{axis: 0.5}}, not {toward!r}")
    bonus = np.zeros(len(keys))
    for axis, weight in toward.items():
        if not isinstance(axis, Axis):
            raise TypeError(f"toward must be a dict from an axis, as of model.wv.axis(...), to a number, not {axis!r}")
        bonus += number("toward", weight) * _standard(axis.scores_of(keys), axis)
    centred = outputs - outputs.mean(axis=0)
    spread = np.sqrt(np.maximum(((queries @ (centred.T @ centred / len(outputs))) * queries).sum(axis=1), 0))
    longer = np.hstack([queries, spread.astype(np.float32)[:, None]])
    return longer, np.hstack([outputs, bonus.astype(np.float32)[:, None]])


def _standard(scores: NDArray[Any], axis: Axis) -> NDArray[np.float64]:
    """Scores less their mean, over their standard deviation."""
    found = np.asarray(scores, np.float64)
    spread = found.std()
    if not spread > _TOO_FLAT:
        raise ValueError(f"toward: all items have the same place along {axis!r}")
    scaled: NDArray[np.float64] = (found - found.mean()) / spread
    return scaled


def best_allowed(queries: Floats, outputs: Floats, allowed: Interactions, n: int) -> tuple[Ints, Floats]:
    """The ``n`` best of each query's own list of rows: rows and scores, (q, n), the best first.

    What is missing at the end is -1 and -infinity.
    """
    rows, scores = np.full((len(queries), n), -1, np.int64), np.full((len(queries), n), -np.inf, np.float32)
    for at, query in enumerate(queries):
        mine = allowed.items[allowed.offsets[at] : allowed.offsets[at + 1]]
        products = outputs[mine] @ query
        order = np.lexsort((mine, -products))[:n]
        rows[at, : len(order)], scores[at, : len(order)] = mine[order], products[order]
    return rows, scores
