"""The word mover's distance of two texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from ..arguments import names_arguments
from .finite import check_finite
from .interface import KeyedVectorsLike
from .norms import row_norms, scaled
from .questions import several
from .store import Array, Key


@names_arguments()
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
        ValueError: The vector of a word holds NaN or infinity.
        TypeError: A document is no list of words.
    """
    try:
        from ot import emd2  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError("wmdistance needs the package POT: pip install POT") from error
    given = several("document1", document1), several("document2", document2)
    first, second = (Counter(word for word in words if word in self) for words in given)
    if not first or not second:
        return float("inf")
    for words in (list(first), list(second)):
        check_finite(words, self[words])
    costs = _distances_between(self[list(first)], self[list(second)], norm)
    return float(emd2(_shares(first), _shares(second), costs))


def _shares(words: Counter[Key]) -> Array:
    return np.array(list(words.values())) / np.float64(words.total())


def _distances_between(vectors1: Array, vectors2: Array, norm: bool) -> Array:
    """Euclidean distances of rows, (len(vectors1), len(vectors2)), float64."""
    first, second = vectors1.astype(np.float64), vectors2.astype(np.float64)
    if norm:
        first, second = (scaled(rows, row_norms(rows)) for rows in (first, second))
    return np.stack([np.linalg.norm(second - row, axis=1) for row in first])
