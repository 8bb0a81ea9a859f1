"""gensim.models.keyedvectors' names; two of them are old names of the same class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..vectors import KeyedVectors

EuclideanKeyedVectors = Word2VecKeyedVectors = KeyedVectors
REAL = np.float32
"""The dtype of vectors."""


def pseudorandom_weak_vector(
    size: int, seed_string: str | None = None, hashfxn: Callable[[Any], int] = hash
) -> NDArray[np.float32]:
    """A vector of small random numbers, uniform in [-0.5, 0.5) / size, to start training with.

    Args:
        size: Dimensions.
        seed_string: The same string gives the same vector, as far as ``hashfxn`` gives the same number. Default None:
            another vector each time.
        hashfxn: Makes a number of the string. Python's own ``hash`` differs from process to process.
    """
    seed = None if seed_string is None else hashfxn(seed_string) & 0xFFFFFFFF
    random = np.random.default_rng(seed).random(size, np.float32)
    return (random - np.float32(0.5)) / np.float32(size)


__all__ = ["REAL", "EuclideanKeyedVectors", "KeyedVectors", "Word2VecKeyedVectors", "pseudorandom_weak_vector"]
