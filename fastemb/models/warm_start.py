"""Vectors from elsewhere that words of a model start from, in place of small random ones."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..checks import warn
from ..corpus.messages import short
from ..io.paths import AnyPath
from ..signals import PART, slices
from ..train.matrices import Matrix
from ..vectors import KeyedVectors, load_vectors

logger = logging.getLogger(__name__)


class WarmStart:
    """Vectors by word.

    Args:
        given: The path of a file in any format of `load_vectors`, or `KeyedVectors`.
        vector_size: Of the model.

    Raises:
        TypeError: it is neither.
        ValueError: they have another length; or the file is none of vectors.
        OSError: the file cannot be read.
    """

    def __init__(self, given: AnyPath | KeyedVectors, vector_size: int) -> None:
        if hasattr(given, "wv"):
            raise TypeError(f"init_vectors must be a file of vectors, or KeyedVectors: give {type(given).__name__}.wv")
        if not isinstance(given, KeyedVectors | str | bytes | PathLike):
            raise TypeError(f"init_vectors must be a file of vectors, or KeyedVectors, not {short(given)}")
        self._vectors = given if isinstance(given, KeyedVectors) else load_vectors(given)
        self._name = "init_vectors" if isinstance(given, KeyedVectors) else str(given)
        if self._vectors.vector_size != vector_size:
            raise ValueError(
                f"{self._name} has vectors of {self._vectors.vector_size} dimensions, and the model of {vector_size}: "
                f"give vector_size={self._vectors.vector_size}"
            )

    @classmethod
    def of(cls, given: AnyPath | KeyedVectors | None, vector_size: int) -> Self | None:
        """That of what a caller gave; None for nothing."""
        return None if given is None else cls(given, vector_size)

    def fill(self, rows: Mapping[Any, int], matrix: Matrix, first: int = 0) -> None:
        """Let those rows of ``matrix``, from number ``first`` on, whose words are known here start from here.

        Warns where none is.

        Raises:
            ValueError: the vector of one holds NaN or infinity.
        """
        theirs = self._vectors.key_to_index
        shared = [(row, theirs[word]) for word, row in rows.items() if row >= first and word in theirs]
        if not shared:
            warn(f"{self._name} has none of the {len(rows) - first:,} words: all of them start from random vectors")
            return
        mine, others = np.array(shared, np.intp).T
        for part in slices(len(mine), PART):
            taken = np.asarray(self._vectors.vectors[others[part]], np.float32)
            self._require_finite(taken, others[part])
            matrix[mine[part]] = taken
        logger.info("%d of %d words start from %s", len(mine), len(rows) - first, self._name)

    def _require_finite(self, taken: NDArray[np.float32], rows: NDArray[np.intp]) -> None:
        wrong = ~np.isfinite(taken).all(axis=1)
        if wrong.any():
            key = self._vectors.index_to_key[int(rows[int(wrong.argmax())])]
            raise ValueError(f"{self._name}: the vector of {key!r} holds NaN or infinity")
