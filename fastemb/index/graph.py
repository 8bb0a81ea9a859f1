"""Graphs of neighbours (HNSW, Malkov and Yashunin 2016), by usearch: rows by number, found by angle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ..vectors.topk import Floats, Indices

Bytes = NDArray[np.uint8]

PART_ROWS = 1 << 10
"""Rows that are added, or queries that are asked, in one call, which Ctrl-C waits for."""


class Searcher(Protocol):
    """Finds row numbers by the angle of their vectors with a query's; `Graph` and `FaissGraph` do."""

    dimensions: int

    def __len__(self) -> int: ...

    def neighbours(self, queries: Floats, count: int, threads: int) -> Indices:
        """Rows found for each query (q, dimensions), nearest first, -1 for nothing: (q, count)."""
        ...

    def stored(self) -> Bytes:
        """What a file holds."""
        ...


@dataclass(frozen=True)
class GraphSettings:
    """How a graph is built and searched.

    Attributes:
        connectivity: Neighbours of a node.
        expansion_add: Candidates looked at for each row when the graph is built.
        expansion_search: The same for each query.
        dtype: Of the copies of the vectors in the graph: "f32" or "bf16".
    """

    connectivity: int
    expansion_add: int
    expansion_search: int
    dtype: Literal["f32", "bf16"] = "f32"

    def check(self) -> None:
        """Refuse what was not written by an index.

        Raises:
            ValueError: A value is of another type or too large.
        """
        for name in ("connectivity", "expansion_add", "expansion_search"):
            if type(getattr(self, name)) is not int or not 0 < getattr(self, name) < 2**20:
                raise ValueError(f"{name} makes no sense")
        if self.dtype not in ("f32", "bf16"):
            raise ValueError("dtype makes no sense")

    def empty(self, dimensions: int) -> Any:
        """An index of usearch without anything in it."""
        return usearch_index()(
            ndim=dimensions,
            metric="cos",
            dtype=self.dtype,
            connectivity=self.connectivity,
            expansion_add=self.expansion_add,
            expansion_search=self.expansion_search,
        )


class Graph:
    """A graph of rows, which keeps copies of their vectors.

    Args:
        index: usearch's.
        kept_alive: The memory that it is in, if that is not its own.
    """

    def __init__(self, index: Any, kept_alive: Bytes | None = None) -> None:
        self._index = index
        self._kept_alive = kept_alive
        self.dimensions: int = index.ndim

    @classmethod
    def of_bytes(cls, stored: Bytes, settings: GraphSettings, dimensions: int, *, view: bool = False) -> Self:
        """A graph that `stored` gave, of a source that you trust.

        Args:
            stored: What was stored.
            settings: As the graph was built.
            dimensions: Of its vectors.
            view: Leave it where it is, as in a file that is mapped, which must not change; nothing can be added then.

        Raises:
            ValueError: These are no bytes of such a graph.
        """
        index = settings.empty(dimensions)
        try:
            if view:
                index.view(stored)
            else:
                index.load(stored.tobytes())
        except RuntimeError as error:
            raise ValueError(f"usearch cannot read the graph: {error}") from None
        if index.ndim != dimensions:
            raise ValueError("the graph does not fit the vectors")
        index.expansion_search = settings.expansion_search
        return cls(index, stored if view else None)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are made of what a file holds."""
        made = self._index
        settings = GraphSettings(made.connectivity, made.expansion_add, self.expansion_search, made.dtype.name.lower())
        return type(self).of_bytes, (self.stored(), settings, self.dimensions)

    def __len__(self) -> int:
        return len(self._index)

    def copy(self) -> Self:
        """One with memory of its own."""
        return type(self)(self._index.copy())

    @property
    def expansion_search(self) -> int:
        """Candidates looked at for each query."""
        return int(self._index.expansion_search)

    @expansion_search.setter
    def expansion_search(self, value: int) -> None:
        self._index.expansion_search = value

    def add(self, numbers: Indices, vectors: Floats, threads: int) -> None:
        """Add vectors (k, dimensions) with their row numbers, as many as `PART_ROWS` at a time."""
        self._index.add(numbers, vectors, threads=threads)

    def neighbours(self, queries: Floats, count: int, threads: int) -> Indices:
        """Rows found for each query (q, dimensions), nearest first, -1 for nothing: (q, count)."""
        found = np.full((len(queries), count), -1, np.int64)
        if not len(self) or not found.size:
            return found
        matches = self._index.search(queries, count, threads=threads)
        keys = np.asarray(matches.keys).reshape(len(queries), -1).astype(np.int64)
        counts = np.asarray(getattr(matches, "counts", [keys.shape[1]])).reshape(-1, 1)
        found[:, : keys.shape[1]] = np.where(np.arange(keys.shape[1]) < counts, keys, -1)
        return found

    def stored(self) -> Bytes:
        """What `of_bytes` reads."""
        return np.frombuffer(self._index.save(), np.uint8)


def lengthened(rows: Floats, lengths: NDArray[np.floating[Any]], longest: float) -> Floats:
    """Rows (k, d) with one more dimension, sqrt(M^2 - |v|^2) for the longest length M: (k, d + 1).

    All are as long then, and the nearest by angle has the highest product (Bachrach et al. 2014).
    """
    missing = np.sqrt(np.maximum(longest**2 - lengths**2, 0))[:, np.newaxis]
    return np.hstack([rows, missing.astype(np.float32)])


def usearch_index() -> Any:
    """The class of usearch.

    Raises:
        ImportError: usearch is not installed.
    """
    try:
        from usearch.index import Index
    except ImportError:
        raise ImportError('an index needs usearch: pip install "fastemb[index]"') from None
    return Index
