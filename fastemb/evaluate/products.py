"""What 3CosMul answers to many analogy questions at once."""

from __future__ import annotations

import threading

import numpy as np

from ..signals import slices
from ..threads import in_threads, thread_count
from ..vectors.interface import KeyedVectorsLike, norms_of
from ..vectors.norms import row_norms, scaled
from ..vectors.topk import Floats, Indices

_EPSILON = 1e-6  # of 3CosMul, as `most_similar_cosmul` has it
_BLOCK_ROWS = 4096  # of vectors whose cosines with all words of questions are kept
_BLOCK_PRODUCTS = 64  # questions of which all products with these are kept


def by_product(
    vectors: KeyedVectorsLike,
    given: Indices,
    restrict_vocab: int | None,
    without: tuple[Indices, Indices],
    *,
    workers: int | None = None,
) -> Indices:
    """The row with the highest cos(b) cos(c) / cos(a), of cosines moved to [0, 1], which is 3CosMul.

    Questions beside each other that share a and b take less time.

    Args:
        vectors: Where to look.
        given: (q, 3) rows of a, b and c.
        restrict_vocab: Look at the first so many rows only.
        without: Rows that are no answers, as of `nearest`.
        workers: Threads. Default None: one for each CPU that the process may use.

    Returns:
        (q,) rows; -1 where there is none.
    """
    norms = norms_of(vectors)
    used, places = np.unique(given, return_inverse=True)
    a, b, c = places.reshape(given.shape).T
    units = units_of(vectors, used)
    best, scores = np.full(len(given), -1, np.int64), np.full(len(given), -1.0, np.float32)
    threads, stopped = thread_count(workers), threading.Event()
    for rows in slices(len(norms[: restrict_vocab or None]), _BLOCK_ROWS):
        searched = np.arange(rows.start, rows.stop)
        near: Floats = (1 + units @ units_of(vectors, searched).T) / np.float32(2)
        far: Floats = np.float32(1) / (near + np.float32(_EPSILON))
        no_numbers: Indices = np.flatnonzero(np.isnan(near).all(axis=0))

        def work(
            thread: int, rows: slice = rows, near: Floats = near, far: Floats = far, nan: Indices = no_numbers
        ) -> None:
            room = np.empty((_BLOCK_PRODUCTS, rows.stop - rows.start), np.float32)
            for start in range(thread * _BLOCK_PRODUCTS, len(given), threads * _BLOCK_PRODUCTS):
                if stopped.is_set():
                    return
                some = slice(start, min(start + _BLOCK_PRODUCTS, len(given)))
                products = np.take(near, c[some], axis=0, out=room[: some.stop - start], mode="clip")
                _multiply(products, near, far, a[some], b[some])
                products[:, nan] = -1
                begin, end = without[0][start], without[0][some.stop]
                question = np.repeat(np.arange(some.stop - start), np.diff(without[0][start : some.stop + 1]))
                row = without[1][begin:end] - rows.start
                inside = (row >= 0) & (row < rows.stop - rows.start)
                products[question[inside], row[inside]] = -1
                highest = products.argmax(axis=1)
                reached = products[np.arange(len(highest)), highest]
                higher = reached > scores[some]
                best[some][higher] = highest[higher] + rows.start
                scores[some][higher] = reached[higher]

        in_threads(min(threads, -(-len(given) // _BLOCK_PRODUCTS)), work, stopped.set)
    return best


def _multiply(products: Floats, near: Floats, far: Floats, a: Indices, b: Indices) -> None:
    """Multiply by near[b] * far[a], each question's row, at once for neighbours that share both words."""
    ends = np.append(np.flatnonzero((a[1:] != a[:-1]) | (b[1:] != b[:-1])) + 1, len(a)).tolist()
    start = 0
    for end in ends:
        products[start:end] *= near[b[start]] * far[a[start]]
        start = end


def units_of(vectors: KeyedVectorsLike, rows: Indices) -> Floats:
    """Vectors of these rows, scaled to length 1, in float32."""
    chosen = vectors.vectors[rows]
    made = chosen.astype(np.float32) if chosen.dtype.itemsize < 4 else chosen
    return scaled(made, row_norms(made)).astype(np.float32, copy=False)
