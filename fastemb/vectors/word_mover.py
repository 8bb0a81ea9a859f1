"""The word mover's distance of two texts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .interface import KeyedVectorsLike
from .norms import row_norms, scaled
from .store import Array, Key


def wmdistance(self: KeyedVectorsLike, document1: Iterable[Key], document2: Iterable[Key], norm: bool = True) -> float:
    """Return the word mover's distance of two lists of words; needs the package POT.

    Kusner et al. 2015 (ICML): the least work that moves one document's words onto the other's. Words that do not
    exist are left out.

    Args:
        document1: Words; not one string.
        document2: Words; not one string.
        norm: Scale the vectors to length 1 first. Default True.

    Returns:
        The distance; infinity when a document has no known word.

    Raises:
        ImportError: POT is not installed.
    """
    try:
        from ot import emd2  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError("wmdistance needs the package POT: pip install POT") from error
    documents = [[self.get_index(word) for word in words if word in self] for words in (document1, document2)]
    if not all(documents):
        return float("inf")
    (rows1, counts1), (rows2, counts2) = (np.unique(rows, return_counts=True) for rows in documents)
    costs = _distances_between(self.vectors[rows1], self.vectors[rows2], norm)
    return float(emd2(counts1 / counts1.sum(), counts2 / counts2.sum(), costs))


def _distances_between(vectors1: Array, vectors2: Array, norm: bool) -> Array:
    """Euclidean distances of rows, (len(vectors1), len(vectors2)), float64."""
    first, second = vectors1.astype(np.float64), vectors2.astype(np.float64)
    if norm:
        first, second = (scaled(rows, row_norms(rows)) for rows in (first, second))
    return np.stack([np.linalg.norm(second - row, axis=1) for row in first])
