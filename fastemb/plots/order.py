"""An order of vectors in which alike ones stand side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def alike_beside(units: Doubles) -> NDArray[np.intp]:
    """An order of n vectors of length 1 in which neighbours are alike, as row numbers.

    By the Fiedler vector of their cosines (Atkins, Boman and Hendrickson 1998); equal input gives equal output.
    """
    if len(units) < 3:
        return np.arange(len(units), dtype=np.intp)
    near = np.maximum(units @ units.T, 0) + 1e-6
    np.fill_diagonal(near, 0)
    laplacian = np.diag(near.sum(axis=1)) - near
    _, directions = np.linalg.eigh(laplacian)
    along = directions[:, 1]
    found = np.argsort(along if along[np.abs(along).argmax()] > 0 else -along, kind="stable")
    return np.asarray(found, np.intp)
