"""How far models of one text agree, and so which differences between models mean anything."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer
from ..vectors import KeyedVectors
from ..vectors.store import Key
from .procrustes import models_of, shared_keys, turns

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]

_BLOCK_ROWS = 1 << 14
_EDGES = (100, 1_000, 10_000, 100_000, 1_000_000)  # of bands of frequency, in ranks


class Band(NamedTuple):
    """Keys of like frequency.

    Attributes:
        first: Rank of the most frequent one among the shared keys, from 1 on.
        last: Rank of the least frequent one.
        overlap: Mean share of the nearest keys of a key that two models have in common.
        low_overlap: The overlap that 5% of the keys fall short of: less than that between two texts is rare by chance.
        distance: Mean distance, 1 - cosine, of a key in two models that are aligned.
        high_distance: The distance that 5% of the keys exceed.
    """

    first: int
    last: int
    overlap: float
    low_overlap: float
    distance: float
    high_distance: float


class Stability:
    """What `stability` returns; ``print`` shows a table.

    Attributes:
        models: How many models were compared.
        k: How many nearest keys of each were compared.
        keys: The n shared keys, in the order of the first model's rows.
        overlap: (n,) float64, share of the k nearest keys that two models have in common, the mean over all pairs.
        distance: (n,) float64, 1 - cosine between two models that are aligned, the mean over all pairs.
        bands: Both by frequency.
    """

    def __init__(self, models: int, k: int, keys: list[Key], overlap: Doubles, distance: Doubles) -> None:
        self.models = models
        self.k = k
        self.keys = keys
        self.overlap = overlap
        self.distance = distance
        edges = [0, *(edge for edge in _EDGES if edge < len(keys)), len(keys)]
        self.bands = [self._band(first, last) for first, last in pairwise(edges)]

    def _band(self, first: int, last: int) -> Band:
        overlap, distance = self.overlap[first:last], self.distance[first:last]
        return Band(
            first + 1,
            last,
            float(overlap.mean()),
            float(np.quantile(overlap, 0.05)),
            float(distance.mean()),
            float(np.quantile(distance, 0.95)),
        )

    def __str__(self) -> str:
        lines = [
            f"{self.models} models, {len(self.keys):,} shared keys, {self.k} nearest keys of each",
            f"{'rank':>19}  {'overlap':>7}  {'5% below':>8}  {'distance':>8}  {'5% above':>8}",
        ]
        for band in self.bands:
            ranks = f"{band.first:,}-{band.last:,}"
            numbers = f"{band.overlap:7.3f}  {band.low_overlap:8.3f}  {band.distance:8.3f}  {band.high_distance:8.3f}"
            lines.append(f"{ranks:>19}  {numbers}")
        return "\n".join(lines)


@names_arguments()
def stability(
    models: Sequence[KeyedVectors],
    *,
    k: int = 10,
    center: bool = True,
    restrict_vocab: int | None = None,
    workers: int | None = None,
) -> Stability:
    """Compare models that should be the same, such as of one text by several seeds.

    A difference between two texts' models means nothing as long as it is no larger than that between models of one
    text. Models by several seeds show what the training leaves to chance; models of parts of the text (`align`) also
    what depends on which documents are in it (Antoniak and Mimno 2018, TACL).

    Args:
        models: At least two.
        k: Nearest keys, among the shared ones. Default 10.
        center: As in `align`, for the distances. Default True.
        restrict_vocab: Look at the first so many shared keys only. Default None: all.
        workers: Threads. Default None: one for each CPU that the process may use.

    Raises:
        ValueError: There are fewer than two models, they differ in dimensions, share fewer keys than dimensions, or not
            more than ``k`` keys.
        TypeError: Something is no vectors.
    """
    given = models_of("models", models)
    if len(given) < 2:
        raise ValueError("models must be at least two, not one")
    k = integer("k", k, 1)
    found = turns(given, None, center)
    keys = shared_keys(given)[: None if restrict_vocab is None else integer("restrict_vocab", restrict_vocab, 1)]
    if len(keys) <= k:
        raise ValueError(f"there are {len(keys)} shared keys, and more than k={k} are needed")
    spaces = [turn.of(model, keys) for model, turn in zip(given, found, strict=True)]
    shared = [KeyedVectors._from_arrays(keys, model[keys]) for model in given]
    near = [vectors.most_similar_rows(keys, k, workers=workers)[0] for vectors in shared]
    pairs = list(combinations(range(len(given)), 2))
    overlap, distance = np.zeros(len(keys)), np.zeros(len(keys))
    for one, other in pairs:
        overlap += _overlaps(near[one], near[other]) / len(pairs)
        distance += (1 - np.einsum("nd,nd->n", spaces[one], spaces[other])) / len(pairs)
    return Stability(len(given), k, keys, overlap, distance)


def _overlaps(one: Indices, other: Indices) -> Doubles:
    """The share of rows that two lists of neighbours, (n, k) each, have in common: (n,)."""
    found = np.empty(len(one))
    for start in range(0, len(one), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        both = (one[block, :, np.newaxis] == other[block, np.newaxis, :]) & (one[block] >= 0)[:, :, np.newaxis]
        found[block] = both.sum(axis=(1, 2)) / one.shape[1]
    return found
