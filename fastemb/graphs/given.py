"""Edges and nodes that are given: what they may be, and their numbers."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import integer, no_text
from ..corpus import Corpus
from ..corpus.given import is_table
from ..corpus.messages import short
from ..tables.columns import factorize
from .rows import Ints, Weights

_MOST_NODES = 2**31 - 1
_SHOWN = 60  # characters
_ENDS = 2
_TURNED = ": give sources and targets as two, Graph.from_edges(edges[0], edges[1])"


def columns_of_edges(edges: Any, weight: Any) -> tuple[Any, Any, Any]:
    """Source, target and weight of edges that are given as one thing."""
    if isinstance(edges, str | bytes | os.PathLike):
        raise TypeError(f"not edges but {short(edges)}: Graph.from_file(path) reads a file")
    if is_table(edges) or isinstance(edges, dict):
        raise TypeError("not edges but a table: Graph.from_table(table, source=..., target=...)")
    if hasattr(edges, "tocsr"):
        raise TypeError("not edges but a matrix: Graph.from_csr(matrix)")
    if is_networkx(edges):
        raise TypeError("not edges but a graph: Graph.from_networkx(graph)")
    if isinstance(edges, Corpus):
        raise TypeError("not edges but a corpus: Word2Vec learns from it")
    if not isinstance(edges, np.ndarray):
        if not isinstance(edges, Iterable):
            raise TypeError(f"edges must be pairs of nodes, not {short(edges)}")
        edges = list(edges)
        for number, edge in enumerate(edges):
            if isinstance(edge, str | bytes) or not hasattr(edge, "__len__") or len(edge) not in (2, 3):
                raise TypeError(
                    f"edge {number} (counting from 0) must be a pair, or a triple with its weight, not {short(edge)}"
                    + (_TURNED if len(edges) == _ENDS and hasattr(edge, "__len__") else "")
                )
            if len(edge) > _ENDS and isinstance(edge[2], Mapping):
                raise TypeError(
                    f"edge {number} (counting from 0): the weight is {short(edge[2])}: give the number alone, or a "
                    "graph of networkx to Graph.from_networkx(graph)"
                )
        widths = {len(edge) for edge in edges}
        if len(widths) > 1:
            raise ValueError("some edges are pairs and some are triples: give all a weight, or none")
        columns: list[Any] = [list(column) for column in zip(*edges, strict=True)] if edges else [[], []]
    else:
        if edges.ndim != 2 or edges.shape[1] not in (2, 3):
            is_square = edges.ndim == 2 and edges.shape[0] == edges.shape[1]
            hint = "; an adjacency matrix is for Graph.from_csr(scipy.sparse.csr_array(matrix))" if is_square else ""
            if edges.ndim == 2 and len(edges) == _ENDS:
                hint = _TURNED
            raise ValueError(f"an array of edges has two or three columns, not shape {edges.shape}{hint}")
        columns = list(edges.T)
        if len(columns) == 3 and edges.dtype.kind == "f":
            columns[:2] = [_whole(column) for column in columns[:2]]
    if len(columns) == 3 and weight is not None:
        raise TypeError("edges have weights as their third part, and weight is given, too: leave one out")
    return columns[0], columns[1], columns[2] if len(columns) == 3 else weight


def is_networkx(graph: Any) -> bool:
    """Whether this is a graph of networkx."""
    return not isinstance(graph, type) and all(hasattr(graph, name) for name in ("is_directed", "edges", "nodes"))


def _whole(column: NDArray[Any]) -> NDArray[Any]:
    """Numbers of nodes that stand beside weights, and so are floats."""
    if not np.isfinite(column).all() or (column % 1 != 0).any():
        raise ValueError("the first two columns of an array of edges are nodes, which must be whole numbers")
    return column.astype(np.int64)


def checked_weights(values: Any) -> Weights:
    """Weights as float32.

    Raises:
        ValueError: one is negative, NaN or infinite, or too large for float32, with its place.
        TypeError: they are no numbers.
    """
    found = np.asarray(values)
    if found.dtype.kind not in "iufb" or found.ndim != 1:
        each = values if isinstance(values, list | np.ndarray) and found.ndim == 1 else []
        edge = next(
            (n for n, one in enumerate(each) if not isinstance(one, float | int | np.floating | np.integer)), None
        )
        if edge is not None:
            raise TypeError(f"edge {edge} (counting from 0): the weight is {short(each[edge])}, which is no number")
        raise TypeError(f"weight must be a list or array of numbers, not {short(values)}")
    wrong = ~((found >= 0) & (found <= np.finfo(np.float32).max))
    if wrong.any():
        edge = int(wrong.argmax())
        raise ValueError(
            f"edge {edge} (counting from 0): the weight is {found[edge]}: weights are finite and 0 or more"
        )
    made = found.astype(np.float32)
    tiny = (made == 0) & (found > 0)
    if tiny.any():
        edge = int(tiny.argmax())
        raise ValueError(f"edge {edge} (counting from 0): the weight, {found[edge]}, is too small: scale them up")
    return made


def node_count(value: Any) -> int:
    """How many nodes there are, where that is given.

    Raises:
        TypeError: it is no integer.
        ValueError: there are none, or too many.
    """
    count = integer("num_nodes", value, 1)
    if count > _MOST_NODES:
        raise ValueError(f"a graph has at most {_MOST_NODES:,} nodes, not {count:,}")
    return count


def in_range(name: str, values: Any, count: int) -> Ints:
    """Numbers of nodes, of which there are ``count``.

    Raises:
        TypeError: they are no whole numbers.
        ValueError: one is negative, or too large, with its place.
    """
    numbers = np.asarray(values)
    if not numbers.size:
        return numbers.astype(np.int32)  # of any kind, as an empty list has none
    if numbers.dtype.kind not in "iu":
        raise TypeError(f"with num_nodes, nodes are whole numbers, but {name} holds {short(numbers[:1].tolist())}")
    wrong = (numbers < 0) | (numbers >= count)
    if wrong.any():
        edge = int(wrong.argmax())
        raise ValueError(f"edge {edge} (counting from 0): {name} is {numbers[edge]}, and nodes are 0 to {count - 1}")
    return numbers.astype(np.int32)


def numbered(source: Any, target: Any) -> tuple[Ints, Ints, Sequence[Hashable]]:
    """The ends of edges by number, and the nodes: whole numbers in order, others as they first occur."""
    sources, left = factorize(source, "source")
    targets, right = factorize(target, "target")
    index = {node: number for number, node in enumerate(left)}
    numbers = np.array([index.setdefault(node, len(index)) for node in right], np.int64)
    nodes: Sequence[Hashable] = list(index)
    if len(nodes) > _MOST_NODES:
        raise ValueError(f"a graph has at most {_MOST_NODES:,} nodes, not {len(nodes):,}")
    kinds = {type(node) for node in nodes}
    if kinds == {int, str}:
        raise TypeError(
            f"some nodes are str and some are int, such as {shown(nodes[0])} and "
            f"{shown(next(node for node in nodes if type(node) is not type(nodes[0])))}: give all as one of them"
        )
    ranks = np.arange(len(nodes), dtype=np.int32)
    if kinds == {int} and all(-(2**63) <= node < 2**63 for node in nodes if isinstance(node, int)):
        values = np.array(nodes, np.int64)
        order = np.argsort(values)
        ranks[order] = np.arange(len(nodes), dtype=np.int32)
        ordered = values[order]
        is_range = ordered[0] == 0 and ordered[-1] == len(nodes) - 1
        nodes = range(len(nodes)) if is_range else ordered.tolist()
    return ranks[sources], ranks[numbers[targets]], nodes


def checked_nodes(nodes: Sequence[Hashable], count: int) -> list[Hashable]:
    """Nodes that are given by row, of which there are ``count``.

    Raises:
        TypeError: they are a text.
        ValueError: they are more or fewer, or one comes twice.
    """
    no_text("nodes", nodes, "nodes")
    given = nodes.tolist() if isinstance(nodes, np.ndarray) else list(nodes)
    if len(given) != count:
        raise ValueError(f"there are {count} rows, but {len(given)} nodes")
    if len(set(given)) != count:
        raise ValueError("a node comes more than once")
    return given


def shown(node: Hashable) -> str:
    """A node for messages."""
    text = repr(node)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
