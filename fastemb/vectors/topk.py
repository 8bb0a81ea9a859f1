"""The best rows of a matrix for each of many queries, by dot product."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _native
from ..checks import are_offsets, integer
from ..config import isa
from ..io.quantised import QuantisedRows
from ..memory import memory_for
from ..threads import in_threads, thread_count

_ENTRY_BYTES = 12  # of a row that is found: its number, and its product
_BLOCK_QUERIES = 2040  # a multiple of the queries that are scored side by side
_LEAST_QUERIES = 60  # below it, bringing the rows into place costs more than another thread gains
_STEP_ROWS = 64  # a multiple of the rows that are scored side by side
_CALL_PRODUCTS = 1 << 31  # multiplications in one call without the GIL: mostly ten milliseconds
_PACKED_COST = 8  # what a number that is unpacked takes at most, in multiplications
_LEAST_PRODUCTS = 1 << 22  # of a thread that looks at some of the rows; below it, starting the thread takes longer

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


def top_k(
    queries: ArrayLike,
    rows: ArrayLike | QuantisedRows,
    n: int,
    *,
    scale: ArrayLike | None = None,
    exclude: tuple[ArrayLike, ArrayLike] | None = None,
    mask: ArrayLike | None = None,
    workers: int | None = None,
    call_products: int = _CALL_PRODUCTS,
) -> tuple[Indices, Floats]:
    """Find the ``n`` rows with the highest dot products with each query, by looking at all of them.

    Everything is computed in float32. Beside inputs that are float32 already, and results, it takes a few megabytes
    a worker, and more with thousands of dimensions. Where thousands of rows are as near as the best ones, as copies
    are, it is several times slower.

    Args:
        queries: (q, d).
        rows: (r, d); what is strided from row to row is not copied. Those in float16, and quantised ones, are not
            converted as a whole either.
        n: How many rows to find for a query.
        scale: (r,) factors on each row's products, such as 1 / length for cosines. Default None: 1.
        exclude: Rows that are not to be found, by query, as (indptr, indices) of a sparse matrix in CSR form: query i
            does without ``indices[indptr[i]:indptr[i + 1]]``. indptr: (q + 1,). Default None.
        mask: (r,) bool, the rows that may be found. Default None: all.
        workers: Threads. Default None: one for each CPU that the process may use.
        call_products: Multiplications in one call of the core, between which Ctrl-C is answered.

    Returns:
        Row numbers, (q, n) int64, and dot products, (q, n) float32, the highest first; of equal ones the lower row
        number. Products that are NaN or -infinity are left out. What is missing at the end is -1 and -infinity.

    Raises:
        ValueError: Shapes do not fit, or an index is out of range.
        TypeError: ``n`` or ``workers`` is no whole number, indices are none, or ``mask`` is not bool.
        MemoryError: there is too little for what is to be found.
    """
    asked, given = (
        np.ascontiguousarray(queries, np.float32),
        rows if isinstance(rows, QuantisedRows) else np.asarray(rows),
    )
    if asked.ndim != 2 or given.ndim != 2 or asked.shape[1] != given.shape[1] or asked.shape[1] == 0:
        raise ValueError(f"queries and rows must be (q, d) and (r, d), not {asked.shape} and {given.shape}")
    factors = None if scale is None else np.ascontiguousarray(scale, np.float32)
    if factors is not None and factors.shape != (len(given),):
        raise ValueError(f"scale must be ({len(given)},), not {factors.shape}")
    searched, factors = _searched(given, factors)
    offsets, excluded = (None, None) if exclude is None else _exclusions(exclude, len(asked), len(given))
    candidates = None if mask is None else _candidates(mask, len(given))
    places = len(given) if candidates is None else len(candidates)
    threads = thread_count(workers)
    wanted = max(0, integer("n", n))
    count = min(wanted, places)
    what = f"a table of the {wanted:,} best rows of {len(asked):,} queries"
    with memory_for(what, 2 * _ENTRY_BYTES * len(asked) * wanted, "ask for fewer of both at a time"):
        found, scores = np.full((len(asked), count), -1, np.int64), np.full((len(asked), count), -np.inf, np.float32)
        if found.size:
            search = _Search(asked, searched, factors, candidates, places, offsets, excluded, count, call_products)
            found, scores = search.run(threads)
        if wanted > places:
            missing = ((0, 0), (0, wanted - places))
            return np.pad(found, missing, constant_values=-1), np.pad(scores, missing, constant_values=-np.inf)
    return found, scores


def merged(rows: Indices, scores: NDArray[Any], n: int) -> tuple[Indices, NDArray[Any]]:
    """The best ``n`` of what several searches of rising rows found, side by side in (q, any): the best first.

    What is missing is -1 and -infinity.
    """
    order = np.argsort(-scores, axis=1, kind="stable")[:, :n]  # of equal scores the earlier search has the lower row
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1)


class _Task(NamedTuple):
    """Queries [begin, end) and places [first, stop) that one thread looks at."""

    begin: int
    end: int
    first: int
    stop: int
    column: int  # of the results, among those of all spans of places


class _Rows(NamedTuple):
    """Rows as the core takes them."""

    codes: NDArray[Any]  # float32; or the bits of float16, int8, or numbers of centroids
    centroids: Floats | None

    @property
    def is_packed(self) -> bool:
        """Whether they are unpacked as they are read."""
        return self.codes.dtype != np.float32


@dataclass(frozen=True)
class _Search:
    queries: Floats
    rows: _Rows
    scale: Floats | None
    candidates: Indices | None
    places: int
    offsets: Indices | None
    excluded: Indices | None
    n: int
    call_products: int
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, workers: int) -> tuple[Indices, Floats]:
        """Search by several threads; an exception in one, or Ctrl-C, stops all."""
        blocks = list(_blocks(len(self.queries), workers))
        spans = self._spans(len(blocks), workers)
        found = np.full((len(self.queries), len(spans) * self.n), -1, np.int64)
        scores = np.full(found.shape, -np.inf, np.float32)
        tasks = [_Task(*block, *span, column * self.n) for block in blocks for column, span in enumerate(spans)]
        waiting = deque(tasks)  # taking the first is atomic

        def work(_: int) -> None:
            while not self.stopped.is_set():
                try:
                    task = waiting.popleft()
                except IndexError:
                    return
                self._search(task, found, scores)

        in_threads(min(workers, len(tasks)), work, self.stopped.set)
        return (found, scores) if len(spans) == 1 else merged(found, scores, self.n)

    def _spans(self, blocks: int, workers: int) -> list[tuple[int, int]]:
        """Cut the places where there are fewer blocks of queries than threads."""
        products = self.places * self.queries.size
        count = max(1, min(workers // blocks, products // _LEAST_PRODUCTS))
        return [(self.places * span // count, self.places * (span + 1) // count) for span in range(count)]

    def _search(self, task: _Task, found: Indices, scores: Floats) -> None:
        begin, end = task.begin, task.end
        top = _native.TopRows(
            isa(),
            self.rows.codes,
            self.scale,
            self.candidates,
            self.queries[begin:end],
            None if self.offsets is None else self.offsets[begin : end + 1],
            self.excluded,
            self.n,
            self.rows.centroids,
        )
        workspace = top.workspace()
        products = self.call_products // (_PACKED_COST if self.rows.is_packed else 1)
        step = max(1, products // ((end - begin) * self.queries.shape[1] * _STEP_ROWS)) * _STEP_ROWS
        for first in range(task.first, task.stop, step):
            if self.stopped.is_set():
                return
            top.scan(first, min(first + step, task.stop), workspace)
        best, rows = np.empty((end - begin, self.n), np.float32), np.empty((end - begin, self.n), np.int64)
        top.results(best, rows)
        columns = slice(task.column, task.column + self.n)
        scores[begin:end, columns], found[begin:end, columns] = best, rows


def _searched(rows: NDArray[Any] | QuantisedRows, scale: Floats | None) -> tuple[_Rows, Floats | None]:
    """Rows for the core, and factors on them, which are those of quantised rows, too."""
    if not isinstance(rows, QuantisedRows):
        if rows.dtype == np.float16:
            return _Rows(_by_rows(rows.astype(rows.dtype.newbyteorder("="), copy=False)).view(np.uint16), None), scale
        return _Rows(_by_rows(np.asarray(rows, np.float32)), None), scale
    own = rows.factors()
    if own is not None and scale is not None:
        own = own * scale
    factors = scale if own is None else np.ascontiguousarray(own)
    return _Rows(_by_rows(rows.codes), rows.centroids), factors


def _by_rows(rows: NDArray[Any]) -> NDArray[Any]:
    """Return ``rows`` with the values of a row one after another, and rows one after another or further apart."""
    size = rows.itemsize
    if rows.ndim == 2 and rows.strides[1] == size and rows.strides[0] >= 0 and rows.strides[0] % size == 0:
        return rows
    return np.ascontiguousarray(rows)


def _blocks(count: int, threads: int) -> Iterator[tuple[int, int]]:
    """Cut queries into blocks of even size, as many as keep all threads busy to the end."""
    blocks = -(-count // _BLOCK_QUERIES)
    if threads > 1:
        blocks = max(blocks, min(4 * threads, count // _LEAST_QUERIES), 1)
    for block in range(blocks):
        yield count * block // blocks, count * (block + 1) // blocks


def _exclusions(exclude: tuple[ArrayLike, ArrayLike], queries: int, rows: int) -> tuple[Indices, Indices]:
    """Return offsets and indices as int64, the indices rising within a query."""
    offsets, indices = (np.asarray(part) for part in exclude)
    if any(part.size and part.dtype.kind not in "iu" for part in (offsets, indices)):
        raise TypeError("exclude must be two arrays of whole numbers, indptr and indices")
    offsets, indices = (np.ascontiguousarray(part, np.int64) for part in (offsets, indices))
    if offsets.shape != (queries + 1,) or indices.ndim != 1 or not are_offsets(offsets, len(indices)):
        raise ValueError(f"exclude must be indptr ({queries + 1},), from 0 rising to the number of indices, and those")
    if len(indices) and not (indices.min() >= 0 and indices.max() < rows):
        raise ValueError(f"exclude has indices outside [0, {rows})")
    falls = indices[1:] < indices[:-1]
    inner = offsets[1:-1]
    falls[inner[(inner > 0) & (inner < len(indices))] - 1] = False
    if falls.any():
        starts = np.repeat(
            np.arange(queries) * rows, np.diff(offsets)
        )  # below 2**63: q vectors of r scores would be in memory
        indices = np.sort(starts + indices) - starts
    return offsets, indices


def _candidates(mask: ArrayLike, rows: int) -> Indices | None:
    chosen = np.asarray(mask)
    if chosen.dtype != np.bool_:
        raise TypeError(f"mask must be bool, not {chosen.dtype}")
    if chosen.shape != (rows,):
        raise ValueError(f"mask must be ({rows},), not {chosen.shape}")
    return None if chosen.all() else np.flatnonzero(chosen).astype(np.int64, copy=False)
