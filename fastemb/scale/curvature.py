"""How fast training draws a row to where it wants it, by direction: the curvature of the loss.

The loss of a pair of a hidden vector h and an output vector o, whose score is s = h.o, has the second derivative
p (1 - p) o o^T by h, where p = sigmoid(s), and p (1 - p) h h^T by o. The means over the pairs of a text have a few
large eigenvalues, of directions that all vectors have in common, and many small ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..train.weights import Bags

Matrix = NDArray[np.float32]
Matrices = dict[str, Matrix]

_DRAWN = 1024  # rows of a matrix, by which its mean over all pairs is estimated
_PARTNERS = 256  # of those of the other matrix, with which they are paired


@dataclass(frozen=True)
class Curvature:
    """The mean curvature of the rows of a matrix.

    Attributes:
        values: Eigenvalues, float32 (vector_size,).
        basis: Eigenvectors, as columns, float32 (vector_size, vector_size).
    """

    values: NDArray[np.float32]
    basis: NDArray[np.float32]

    @classmethod
    def of(cls, mean: NDArray[np.float64]) -> Curvature:
        """Of a mean of second derivatives, which is symmetric."""
        values, basis = np.linalg.eigh(mean)
        return cls(np.maximum(values, 0.0).astype(np.float32), basis.astype(np.float32))


class Curvatures:
    """Those of all matrices, from rows that are drawn once.

    Args:
        hidden: How often a word is a hidden vector.
        outputs: How often a pair meets each row of each matrix of output vectors, by its name.
        bags: Which input vectors a word has; None where that is its row.
        seed: Of the draw.
    """

    def __init__(
        self, hidden: NDArray[np.float64], outputs: dict[str, NDArray[np.float64]], bags: Bags | None, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        self._hidden = _Draw.by(hidden, rng)
        self._outputs = {name: _Draw.by(often, rng) for name, often in outputs.items()}
        self._often = {name: float(often.sum()) for name, often in outputs.items()}
        self._bags = bags

    def of(self, matrices: Matrices) -> dict[str, Curvature]:
        """The curvatures where the matrices are now."""
        hidden = self._hidden_vectors(matrices["vectors"])
        means: dict[str, NDArray[np.float64]] = {}
        bent = np.zeros((hidden.shape[1],) * 2)
        for name, drawn in self._outputs.items():
            outputs = matrices[name][drawn.rows]
            means[name] = _mean(hidden, self._hidden, outputs, drawn)
            bent += self._often[name] * _mean(outputs, drawn, hidden, self._hidden)
        means["vectors"] = bent / sum(self._often.values())
        return {name: Curvature.of(means[name]) for name in matrices}

    def _hidden_vectors(self, vectors: Matrix) -> Matrix:
        if self._bags is None:
            return vectors[self._hidden.rows]
        offsets, rows = self._bags.offsets, self._bags.rows
        bags = [vectors[rows[offsets[word] : offsets[word + 1]]] for word in self._hidden.rows]
        return np.stack([bag.mean(axis=0) if len(bag) else np.zeros(vectors.shape[1], np.float32) for bag in bags])


@dataclass(frozen=True)
class _Draw:
    """Rows that stand for all, and the share of each; the first ones, as many as are paired, stand for all, too."""

    rows: NDArray[np.intp]
    shares: NDArray[np.float32]

    @classmethod
    def by(cls, often: NDArray[np.float64], rng: np.random.Generator) -> _Draw:
        """Of rows that are met so often: where they are few, each of them."""
        if len(often) <= _PARTNERS:
            return cls(np.arange(len(often)), (often / often.sum()).astype(np.float32))
        sums = np.cumsum(often)
        rows = np.searchsorted(sums, rng.random(_DRAWN) * sums[-1], side="right")
        return cls(np.minimum(rows, len(often) - 1), np.full(_DRAWN, 1 / _DRAWN, np.float32))


def _mean(rows: Matrix, of: _Draw, partners: Matrix, drawn: _Draw) -> NDArray[np.float64]:
    """The mean of p (1 - p) r r^T over rows r and their partners."""
    scores = rows @ partners[:_PARTNERS].T
    slopes = 0.25 / np.cosh(0.5 * np.clip(scores, -50, 50)) ** 2
    shares = drawn.shares[:_PARTNERS]
    weights = of.shares * (slopes @ shares / shares.sum())
    mean: Matrix = (rows * weights[:, None]).T @ rows
    return mean.astype(np.float64)
