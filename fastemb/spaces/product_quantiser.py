"""Product quantisation (Jegou, Douze and Schmid 2011): each part of a vector becomes the nearest of 256 centroids.

The centroids of a part are those of k-means on a sample of the vectors. Parts are trained, and rows encoded, on several
threads; the result does not depend on how many.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from ..io.quantised import CENTROIDS, ProductRows
from ..vectors.k_means import each, k_means, nearest_centroids
from ..vectors.norms import row_norms, scaled
from ..vectors.store import Array

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]

_BLOCK_ROWS = 4096  # that a thread encodes at once


def product_rows(vectors: Array, parts: int, *, lengths: bool, sample: int, seed: int, workers: int) -> ProductRows:
    """Quantise vectors (n, d), which are finite and at least `CENTROIDS`.

    Args:
        vectors: What is quantised.
        parts: Of a vector; d is a multiple of it.
        lengths: Quantise vectors of length 1, and their lengths by themselves.
        sample: Vectors that k-means sees.
        seed: Of the sample, and of the first centroids.
        workers: Threads.
    """
    count, size = vectors.shape
    width = size // parts
    rng = np.random.default_rng(seed)
    chosen = np.arange(count) if count <= sample else np.sort(rng.choice(count, sample, replace=False))
    longest = float(row_norms(vectors[chosen].astype(np.float32)).max()) or 1.0
    seen, norms = _prepared(vectors[chosen], longest, lengths=lengths)
    centroids = np.empty((parts, CENTROIDS, width), np.float32)

    def train(part: int, stopped: threading.Event) -> None:
        own = np.random.default_rng([seed, part])
        centroids[part] = k_means(np.ascontiguousarray(seen[:, part * width : (part + 1) * width]), own, stopped)

    each(range(parts), train, workers)
    known_lengths = k_means(norms[:, np.newaxis], rng, threading.Event())[:, 0] if lengths else None
    codes = np.empty((count, parts), np.uint8)
    length_codes = np.empty(count, np.uint8) if lengths else None

    def encode(start: int, stopped: threading.Event) -> None:
        block = slice(start, min(start + _BLOCK_ROWS, count))
        values, long = _prepared(vectors[block], longest, lengths=lengths)
        if length_codes is not None and known_lengths is not None:
            nearest_centroids(long[:, np.newaxis], known_lengths[:, np.newaxis], length_codes[block])
        for part in range(parts):
            if stopped.is_set():
                return
            nearest_centroids(values[:, part * width : (part + 1) * width], centroids[part], codes[block, part])

    each(range(0, count, _BLOCK_ROWS), encode, workers)
    if known_lengths is not None:
        return ProductRows(codes, centroids, length_codes, known_lengths * np.float32(longest))
    return ProductRows(codes, centroids * np.float32(longest))


def _prepared(rows: Array, longest: float, *, lengths: bool) -> tuple[Floats, Floats]:
    """Rows in float32 and how long they are, in units of ``longest``; with ``lengths`` rows of length 1."""
    values = np.array(rows, np.float32, order="C")
    norms = row_norms(values)
    scaled_lengths = (norms / longest).astype(np.float32)
    return (scaled(values, norms) if lengths else values / np.float32(longest)), scaled_lengths
