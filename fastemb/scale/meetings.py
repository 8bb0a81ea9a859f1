"""How often training meets each row of each matrix, which decides how nodes exchange rows and combine their changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..train.sampling import HuffmanPaths, Tables, noise_weights
from ..train.settings import Settings
from ..train.weights import Bags

Rows = dict[str, NDArray[np.float64]]

_WIDEST = 1000  # words on either side of a centre; sentences are hardly longer


class Meetings:
    """What an epoch meets, roughly.

    Args:
        settings: Of the run.
        tables: Of its words.
        bags: Which input vectors a word has; None where that is its row.

    Attributes:
        occurrences: Of the words that train each row where they occur, by matrix.
        hidden: Occurrences of each word that are trained on.
        pairs: Of a hidden vector and an output vector that change each row, by matrix.
        least: Pairs of a row that is met once, by matrix.
        total: Pairs of the epoch.
    """

    def __init__(self, settings: Settings, tables: Tables, bags: Bags | None) -> None:
        counts = tables.counts.astype(np.float64)
        window = min(settings.window, _WIDEST)
        width = float(window + 1 if settings.shrink_windows else 2 * window)
        self.hidden = counts if tables.keep is None else counts * ((tables.keep + 1.0) / 2.0**32)
        targets = self.hidden * (width if settings.sg else 1.0)  # how often each word is to be predicted
        outputs = np.full(len(counts), float(settings.negative + bool(settings.negative)))
        self.occurrences: Rows = {}
        self.pairs: Rows = {}
        if settings.negative:
            noise = noise_weights(tables.counts, settings.ns_exponent)
            self.occurrences["syn1neg"] = counts
            self.pairs["syn1neg"] = targets + settings.negative * targets.sum() * noise / noise.sum()
        if tables.paths is not None:
            outputs += np.diff(tables.paths.offsets)
            self.occurrences["syn1"] = _of_paths(counts, tables.paths)
            self.pairs["syn1"] = _of_paths(targets, tables.paths)
        self.total = float(targets @ outputs)
        words = max(float(self.hidden.sum()), 1.0)
        each = width * self.total / max(float(targets.sum()), 1.0)
        if not settings.sg and settings.cbow_exact:  # each of so many rows has its share of the change
            each /= width
        elif not settings.sg and not settings.cbow_mean:  # and here they all add up
            each *= width
        self.least = dict.fromkeys(self.pairs, float(targets.sum()) / words) | {"vectors": each}
        self.pairs["vectors"] = _of_bags(self.hidden * each, bags)
        self.occurrences["vectors"] = _of_bags(counts, bags)


def _of_bags(words: NDArray[np.float64], bags: Bags | None) -> NDArray[np.float64]:
    if bags is None:
        return words
    return _sums(bags.rows, np.repeat(words, np.diff(bags.offsets)), bags.count)


def _of_paths(words: NDArray[np.float64], paths: HuffmanPaths) -> NDArray[np.float64]:
    return _sums(paths.nodes[: paths.offsets[-1]], np.repeat(words, np.diff(paths.offsets)), len(words))


def _sums(rows: NDArray[np.int32], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.bincount(rows, values, count).astype(np.float64, copy=False)
