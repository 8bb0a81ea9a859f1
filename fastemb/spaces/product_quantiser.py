"""Product quantisation (Jegou, Douze and Schmid 2011): each part of a vector becomes the nearest of 256 centroids.

The centroids of a part are those of k-means on a sample of the vectors. Parts are trained, and rows encoded, on several
threads; the result does not depend on how many.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..config import isa
from ..io.quantised import CENTROIDS, ProductRows
from ..threads import in_threads
from ..vectors.norms import row_norms, scaled
from ..vectors.store import Array

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]

_ROUNDS = 25  # of k-means, at most
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

    _each(range(parts), train, workers)
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

    _each(range(0, count, _BLOCK_ROWS), encode, workers)
    if known_lengths is not None:
        return ProductRows(codes, centroids, length_codes, known_lengths * np.float32(longest))
    return ProductRows(codes, centroids * np.float32(longest))


def k_means(values: Floats, rng: np.random.Generator, stopped: threading.Event) -> Floats:
    """`CENTROIDS` centroids (256, d) of values (n, d), by Lloyd's rounds from values that are drawn.

    A centroid that is nearest to nothing takes the place of the value that is farthest from its own.
    """
    centroids = values[rng.choice(len(values), CENTROIDS, replace=len(values) < CENTROIDS)].copy()
    codes = np.zeros(len(values), np.uint8)
    for _ in range(_ROUNDS):
        before = codes
        if stopped.is_set():
            break
        codes = np.empty(len(values), np.uint8)
        nearest_centroids(values, centroids, codes)
        counts = np.bincount(codes, minlength=CENTROIDS)
        for column in range(values.shape[1]):
            sums = np.bincount(codes, weights=values[:, column], minlength=CENTROIDS)
            centroids[:, column] = np.where(counts > 0, sums / np.maximum(counts, 1), centroids[:, column])
        empty = np.flatnonzero(counts == 0)
        if len(empty):
            errors = ((values - centroids[codes]) ** 2).sum(axis=1)
            far = np.argsort(-errors, kind="stable")[: len(empty)]
            far = far[errors[far] > 0]
            centroids[empty[: len(far)]] = values[far]
        elif np.array_equal(before, codes):
            break
    return centroids


def nearest_centroids(values: Floats, centroids: Floats, codes: Codes) -> None:
    """Fill ``codes`` (n,) with the numbers of those of (256, d) that are nearest to (n, d), of equal ones the first."""
    _native.nearest_centroids(
        isa(), values, np.ascontiguousarray(centroids.T), -0.5 * (centroids**2).sum(axis=1, dtype=np.float32), codes
    )


def _prepared(rows: Array, longest: float, *, lengths: bool) -> tuple[Floats, Floats]:
    """Rows in float32 and how long they are, in units of ``longest``; with ``lengths`` rows of length 1."""
    values = np.array(rows, np.float32, order="C")
    norms = row_norms(values)
    scaled_lengths = (norms / longest).astype(np.float32)
    return (scaled(values, norms) if lengths else values / np.float32(longest)), scaled_lengths


def _each(what: Iterable[int], work: Callable[[int, threading.Event], None], workers: int) -> None:
    """Call ``work`` with each number and what tells that it should stop, on several threads."""
    waiting, stopped = deque(what), threading.Event()  # taking the first is atomic

    def take(_: int) -> None:
        while not stopped.is_set():
            try:
                number = waiting.popleft()
            except IndexError:
                return
            work(number, stopped)

    in_threads(min(workers, max(1, len(waiting))), take, stopped.set)
