"""Edges -> rows of neighbours: the compressed sparse form that walks are made on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..signals import slices

Ints = NDArray[np.int32]
Offsets = NDArray[np.int64]
Weights = NDArray[np.float32]

_EDGES = 1 << 22  # between two parts an interrupt is noticed
_ROWS = 1 << 18


class Rows(NamedTuple):
    """A graph's adjacency: node v's neighbours are ``neighbours[offsets[v]:offsets[v + 1]]``, rising, none twice.

    Attributes:
        offsets: int64 (nodes + 1).
        neighbours: int32 (entries).
        weights: float32 (entries), above 0; or None.
    """

    offsets: Offsets
    neighbours: Ints
    weights: Weights | None

    def transposed(self) -> Rows:
        """The same with every edge turned round."""
        sources = np.repeat(np.arange(len(self.offsets) - 1, dtype=np.int32), np.diff(self.offsets))
        return rows_of(self.neighbours, sources, self.weights, len(self.offsets) - 1, both_ways=False)

    def same_as(self, other: Rows) -> bool:
        """Whether both have the same entries."""
        if not np.array_equal(self.offsets, other.offsets) or not np.array_equal(self.neighbours, other.neighbours):
            return False
        if self.weights is None or other.weights is None:
            return self.weights is other.weights
        return np.array_equal(self.weights, other.weights)


def rows_of(source: Ints, target: Ints, weights: Weights | None, nodes: int, *, both_ways: bool) -> Rows:
    """The rows of a graph with these edges.

    An edge that is given more than once is one entry, whose weight is the sum of theirs.

    Args:
        source: Numbers of nodes, int32 (edges).
        target: As many.
        weights: As many, finite and above 0; or None.
        nodes: How many nodes there are.
        both_ways: Whether an edge leads from either end to the other. A loop is one entry in any case.

    Raises:
        ValueError: the weights of edges between the same nodes add up to more than float32 holds.
    """
    offsets = np.zeros(nodes + 1, np.int64)
    for edges in _parts(source, target, weights, nodes, both_ways):
        edges.count(offsets[1:])
    np.cumsum(offsets[1:], out=offsets[1:])
    neighbours = np.empty(int(offsets[-1]), np.int32)
    placed = None if weights is None else np.empty(len(neighbours), np.float32)
    free = offsets[:-1].copy()
    for edges in _parts(source, target, weights, nodes, both_ways):
        edges.place(free, neighbours, placed)
    del free
    tidying, entries = _native.Tidying(offsets, neighbours, placed), 0
    for part in slices(nodes, _ROWS):
        entries = tidying.rows(part.stop)
    del tidying
    neighbours.resize(entries, refcheck=False)  # gives the rest of the memory back
    if placed is not None:
        placed.resize(entries, refcheck=False)
        if not np.isfinite(placed).all():
            raise ValueError("the weights of parallel edges add up to more than float32 holds: scale them down")
    return Rows(offsets, neighbours, placed)


def _parts(source: Ints, target: Ints, weights: Weights | None, nodes: int, both_ways: bool) -> Iterator[_native.Edges]:
    for part in slices(len(source), _EDGES):
        ends = np.ascontiguousarray(source[part]), np.ascontiguousarray(target[part])
        yield _native.Edges(*ends, None if weights is None else np.ascontiguousarray(weights[part]), both_ways, nodes)


def read_only(values: NDArray[Any]) -> NDArray[Any]:
    """A view through which nobody writes."""
    view = values.view()
    view.flags.writeable = False
    return view


def shares_of(rows: Rows) -> NDArray[np.uint32] | None:
    """What neighbours are drawn by where edges have weights: uint32 (entries)."""
    if rows.weights is None:
        return None
    shares = np.empty(len(rows.weights), np.uint32)
    for part in slices(len(rows.offsets) - 1, _ROWS):
        _native.row_shares(part.start, part.stop, rows.offsets, rows.weights, shares)
    return shares


def filter_of(rows: Rows) -> NDArray[np.uint8]:
    """A filter of which edges there are, uint8 (entries), which spares walks with ``q`` most searches for edges."""
    bits = np.empty(len(rows.neighbours), np.uint8)  # in large pages, which NumPy 1 does not ask for with zeros
    bits[:] = 0
    for part in slices(len(rows.offsets) - 1, _ROWS):
        _native.row_filter(part.start, part.stop, rows.offsets, rows.neighbours, bits)
    return bits
