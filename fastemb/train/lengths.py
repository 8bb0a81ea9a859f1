"""A learning rate that ruins a model without an error: vectors grow without end, long before they become infinite."""

from __future__ import annotations

import numpy as np

from ..checks import warn
from .matrices import Matrix
from .weights import Weights

_MOST = 1000.0
"""Of the product of the lengths of input and output vectors. Models that learn well have 1 to 60, also after many
epochs or at four times the usual rate, and up to 400 of few words that are repeated; ruined ones have thousands to
1e17 and more."""
_LOOKED_AT = 1 << 20  # numbers, those of some rows, which tell enough


class LengthWatch:
    """Warns once when the vectors of ``weights`` have grown so long that scores say nothing any more."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._warned = _product(weights) > _MOST  # they came like this

    def look(self, alpha: float, negative: int) -> None:
        """Look at the vectors between two epochs; ``alpha`` and ``negative`` are what the user is told to lower."""
        product = 0.0 if self._warned else _product(self._weights)
        if _MOST < product < np.inf:  # training itself ends where they are infinite
            self._warned = True
            warn(
                f"training does not learn but ruins the vectors: input and output vectors have grown to lengths of "
                f"{np.sqrt(product):.3g}, where 1 to 7 is usual, so that their products say nothing any more. Build "
                f"the model anew with a lower alpha (now {alpha:g})"
                + f" or negative (now {negative})"
                * (negative > 20)
            )


def _product(weights: Weights) -> float:
    """The mean length of input vectors times that of output vectors, each as the root of the mean square."""
    outputs = weights.syn1 if weights.syn1neg is None else weights.syn1neg
    return 0.0 if outputs is None else _length(weights.holder.vectors) * _length(outputs)


def _length(matrix: Matrix) -> float:
    rows = max(64, _LOOKED_AT // matrix.shape[1])
    some = matrix[:: max(1, len(matrix) // rows)]
    with np.errstate(over="ignore"):
        total = np.einsum("ij,ij->i", some, some).sum(dtype=np.float64)
    if not np.isfinite(total):  # squares that float32 does not hold
        wide = some.astype(np.float64)
        total = np.einsum("ij,ij->", wide, wide)
    return float(np.sqrt(total / max(1, len(some))))
