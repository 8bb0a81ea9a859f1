"""How many of the nearest keys are still the nearest ones after vectors were made smaller."""

from __future__ import annotations

import numpy as np

from ..vectors import KeyedVectors
from ..vectors.store import Key


def drawn(keys: list[Key], count: int, seed: int = 0) -> list[Key]:
    """Up to ``count`` of the keys, drawn at random without repeats, in the order of all."""
    if len(keys) <= count:
        return keys
    chosen = np.random.default_rng(seed).choice(len(keys), count, replace=False)
    return [keys[row] for row in np.sort(chosen).tolist()]


def neighbours_kept(before: KeyedVectors, after: KeyedVectors, chosen: list[Key], k: int) -> float:
    """Share of the ``k`` nearest keys of each chosen key that are among its ``k`` nearest afterwards."""
    near = [[{key for key, _ in found} for found in wv.most_similar_batch(chosen, k)] for wv in (before, after)]
    return sum(len(one & other) for one, other in zip(*near, strict=True)) / (k * len(chosen))
