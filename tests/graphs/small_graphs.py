"""Small graphs, and the definition of a step to compare walks with."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from fastemb.graphs import Graph

LETTERS = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("d", "f"), ("e", "f"), ("a", "g")]
HEAVY = [(*edge, weight) for edge, weight in zip(LETTERS, [1.0, 2.5, 0.5, 4.0, 1.0, 0.25, 3.0, 1.5], strict=True)]
ONE_WAY = [(0, 1), (1, 2), (2, 0), (0, 2), (2, 3), (3, 1), (3, 3), (1, 0), (3, 0)]
ONE_WAY_HEAVY = [(*edge, weight) for edge, weight in zip(ONE_WAY, [1, 2, 3, 4, 5, 6, 7, 0.5, 0.125], strict=True)]
PARALLEL = [(0, 1, 1.0), (0, 1, 2.0), (1, 2, 1.0), (2, 0, 0.5), (2, 2, 1.0), (1, 0, 1.0)]


def graphs() -> dict[str, Graph]:
    """Every kind of graph, by what it is."""
    return {
        "undirected": Graph.from_edges(LETTERS),
        "weighted": Graph.from_edges(HEAVY),
        "directed": Graph.from_edges(ONE_WAY, directed=True),
        "directed, weighted": Graph.from_edges(ONE_WAY_HEAVY, directed=True),
        "parallel": Graph.from_edges(PARALLEL),
    }


def adjacency(graph: Graph) -> list[dict[int, float]]:
    """For each node its neighbours and the weights of their edges."""
    rows: list[dict[int, float]] = []
    for node in range(len(graph)):
        part = slice(graph.offsets[node], graph.offsets[node + 1])
        weights = np.ones(part.stop - part.start) if graph.weights is None else graph.weights[part]
        rows.append(dict(zip(graph.neighbours[part].tolist(), np.asarray(weights, float).tolist(), strict=True)))
    return rows


def step(rows: list[dict[int, float]], before: int | None, node: int, p: float, q: float) -> dict[int, float]:
    """Probabilities of the next node, by the definition of node2vec's paper (section 3.2)."""
    weights = {}
    for x, weight in rows[node].items():
        if before is None:
            bias = 1.0
        elif x == before:
            bias = 1 / p
        elif x in rows[before]:
            bias = 1.0
        else:
            bias = 1 / q
        weights[x] = weight * bias
    total = sum(weights.values())
    return {x: weight / total for x, weight in weights.items()}


def counted_steps(walks: NDArray[np.int32]) -> dict[tuple[int, int], dict[int, int]]:
    """For each (node before, node) how often each node came next; in walks without a restart."""
    found: dict[tuple[int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for walk in walks.tolist():
        for before, node, after in zip(walk, walk[1:], walk[2:], strict=False):
            if after >= 0:
                found[before, node][after] += 1
    return found


def chi_square(counts: dict[int, int], expected: dict[int, float]) -> tuple[float, int]:
    """The statistic and its degrees of freedom; infinite where something impossible was counted."""
    total = sum(counts.values())
    if any(x not in expected for x in counts):
        return float("inf"), 1
    terms = [(counts.get(x, 0) - total * share) ** 2 / (total * share) for x, share in expected.items() if share > 0]
    return sum(terms), len(terms) - 1
