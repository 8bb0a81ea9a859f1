"""Refuses vectors that answers cannot be made of, by the key that has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..signals import slices
from .store import Array, Key


def check_finite(keys: Sequence[Key], vectors: Array) -> None:
    """Check that no vector of (n, d), each of one of n keys, holds NaN or infinity.

    Raises:
        ValueError: One does; its key is named.
    """
    for part in slices(len(vectors)):
        wrong = ~np.isfinite(vectors[part]).all(axis=1)
        if wrong.any():
            raise ValueError(not_finite(keys[part.start + int(wrong.argmax())]))


def check_directions(keys: Sequence[Key], vectors: Array) -> None:
    """Check that each vector of (n, d) has a direction: that it is finite, and not all zeros.

    Raises:
        ValueError: One has none; its key is named.
    """
    check_finite(keys, vectors)
    filled = vectors.any(axis=1)
    if not filled.all():
        key = keys[int(filled.argmin())]
        raise ValueError(f"the vector of {key!r} is all zeros, which has no direction: leave the key out")


def check_query(vector: Array, name: str) -> None:
    """Check that a vector that people ask with, or each of (q, d), is finite.

    Args:
        vector: (d,) or (q, d).
        name: What it is, for the message; of several the number of the first wrong one follows.

    Raises:
        ValueError: It is not.
    """
    finite = np.isfinite(vector).all(axis=-1)
    if not finite.all():
        which = f"{name} {int(finite.argmin())}" if vector.ndim > 1 else name
        raise ValueError(f"{which} holds NaN or infinity, and nothing is near to that")


def not_finite(key: Any) -> str:
    """What is said of a key whose vector holds NaN or infinity."""
    return f"the vector of {key!r} holds NaN or infinity: leave the key out, or give it another vector"
