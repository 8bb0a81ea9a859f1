"""Centroids of product quantisation: 256 by k-means, and which of them is nearest."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..config import isa
from ..io.quantised import CENTROIDS
from ..threads import in_threads

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]

_ROUNDS = 25  # of k-means, at most


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


def each(what: Iterable[int], work: Callable[[int, threading.Event], None], workers: int) -> None:
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
