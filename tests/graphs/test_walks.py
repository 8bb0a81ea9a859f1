"""Walks: drawn as the papers define them, by seed, whatever the number of threads."""

from __future__ import annotations

import itertools
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.oracle import draw, stream_key
from small_graphs import adjacency, chi_square, counted_steps, graphs, step

from fastemb import _native
from fastemb.graphs import Graph

WALKS = 5  # the stream of draws
BIASES = [
    (1.0, 1.0),
    (0.25, 4.0),
    (4.0, 0.25),
    (0.25, 0.25),
    (0.5, 2.0),
    (2.0, 0.5),
    (1.0, 3.0),
    (0.1, 1.0),
    (7.0, 1.0),
    (0.7, 1.0),
    (0.6, 0.8),
]
EXTREMES = [(1e9, 1.0), (1.0, 1e9), (1e-9, 1.0), (1.0, 1e-9), (1e9, 1e9), (1e30, 1e-30)]


def looks_drawn(statistic: float, freedom: int) -> bool:
    """Whether a chi-square statistic is within six standard deviations (Wilson and Hilferty 1931)."""
    if freedom == 0:
        return statistic == 0
    spread = 2 / (9 * freedom)
    return ((statistic / freedom) ** (1 / 3) - (1 - spread)) / spread**0.5 < 6


@pytest.mark.parametrize(("p", "q"), BIASES)
@pytest.mark.parametrize("kind", list(graphs()))
def test_steps_have_the_probabilities_of_the_definition(kind: str, p: float, q: float) -> None:
    graph = graphs()[kind]
    rows = adjacency(graph)
    walks = graph.walks(300, 60, p=p, q=q, seed=5)
    steps = counted_steps(walks)
    assert sum(sum(counts.values()) for counts in steps.values()) > 20_000
    for (before, node), counts in steps.items():
        assert looks_drawn(*chi_square(counts, step(rows, before, node, p, q))), (before, node, dict(counts))
    firsts: dict[int, dict[int, int]] = {}
    for first, second in walks[:, :2].tolist():
        firsts.setdefault(first, {}).setdefault(second, 0)
        firsts[first][second] += 1
    for node, counts in firsts.items():
        assert looks_drawn(*chi_square(counts, step(rows, None, node, p, q)))


@pytest.mark.parametrize(("p", "q"), EXTREMES)
@pytest.mark.parametrize("kind", list(graphs()))
def test_extreme_biases_end_and_keep_the_definition(kind: str, p: float, q: float) -> None:
    graph = graphs()[kind]
    rows = adjacency(graph)
    for (before, node), counts in counted_steps(graph.walks(40, 40, p=p, q=q)).items():
        expected = step(rows, before, node, p, q)
        for x, count in counts.items():
            assert expected[x] * sum(counts.values()) > 1e-4 * count


@pytest.mark.parametrize(("p", "q"), [(0.25, 4.0), (2.0, 0.5)])
def test_hubs_have_the_probabilities_of_the_definition(p: float, q: float) -> None:
    """Long rows are searched step by step, and by the shorter one of two."""
    rng = np.random.default_rng(0)
    edges = [(0, k) for k in range(1, 400)] + [(1, k) for k in range(2, 500)]
    edges += [tuple(pair) for pair in rng.integers(0, 500, (300, 2)).tolist()]
    for directed in (False, True):
        both = edges + [(b, a) for a, b in edges] if directed else edges
        graph = Graph.from_edges(both, directed=directed)
        rows = adjacency(graph)
        walks = graph.walks(40, 80, p=p, q=q)
        counts = {"back": 0, "near": 0, "far": 0}
        wanted = dict.fromkeys(counts, 0.0)
        for (before, node), after in counted_steps(walks).items():
            shares = step(rows, before, node, p, q)
            for x, share in shares.items():
                kind = "back" if x == before else "near" if x in rows[before] else "far"
                wanted[kind] += share * sum(after.values())
                counts[kind] += after.get(x, 0)
        for kind, count in counts.items():
            assert abs(count - wanted[kind]) < 6 * wanted[kind] ** 0.5, (kind, count, wanted[kind])


def test_walks_do_not_depend_on_the_number_of_threads_or_on_how_they_are_cut() -> None:
    graph = graphs()["weighted"]
    walks = graph.walks(7000, 33, p=0.3, q=2.0, restart=0.1, seed=9, workers=1)
    assert (graph.walks(7000, 33, p=0.3, q=2.0, restart=0.1, seed=9, workers=3) == walks).all()
    assert (graph.walks(10, 33, p=0.3, q=2.0, restart=0.1, seed=9) == walks[:70]).all()
    assert (graph.walks(10, 20, p=0.3, q=2.0, restart=0.1, seed=9) == walks[:70, :20]).all()
    assert (graph.walks(10, 33, p=0.3, q=2.0, restart=0.1, seed=10) != walks[:70]).any()


@pytest.mark.parametrize("count", [1, 2, 7, 64, 1000])
def test_every_node_begins_one_walk_of_each_round_in_an_order_drawn_anew(count: int) -> None:
    ring = Graph.from_edges(np.arange(count), (np.arange(count) + 1) % count)
    starts = ring.walks(6, 2)[:, 0].reshape(6, count)
    assert (np.sort(starts, axis=1) == np.arange(count)).all()
    if count > 10:
        assert len({tuple(row) for row in starts.tolist()}) == 6


def drawn_order(count: int, seed: int, number: int) -> list[int]:
    """Where the walks of a round begin: steps of one length, which meets all nodes, from a node that is drawn."""
    key = draw(stream_key(seed, 0, WALKS), 2**64 - 1 - number)
    lengths = (draw(key, k) % count for k in itertools.count(1))
    length = next(length for length in lengths if math.gcd(count, length) == 1)
    return [(draw(key, 0) % count + k * length) % count for k in range(count)]


@pytest.mark.parametrize("count", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("seed", [1, 2**64 - 1])
def test_the_order_of_a_round_is_drawn_by_its_seed_and_number(count: int, seed: int) -> None:
    ring = Graph.from_edges(np.arange(count), (np.arange(count) + 1) % count)
    starts = ring.walks(3, 2, seed=seed)[:, 0].reshape(3, count)
    assert starts.tolist() == [drawn_order(count, seed, number) for number in range(3)]


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(("p", "q"), [(0.5, 2.0), (0.25, 0.25), (3.0, 7.0)])
def test_the_filter_of_edges_changes_the_time_that_walks_take_and_no_walk(p: float, q: float, directed: bool) -> None:
    ends = np.random.default_rng(2).zipf(1.4, (4000, 2)) % 500
    asked, plain = (Graph.from_edges(ends[:, 0], ends[:, 1], directed=directed) for _ in range(2))
    plain._native = True, _native.RowGraph(plain.offsets, plain.neighbours, None, None, not directed, lambda _: None)
    assert (asked.walks(20, 50, p=p, q=q) == plain.walks(20, 50, p=p, q=q)).all()


def test_walks_begin_at_the_nodes_that_are_given() -> None:
    graph = graphs()["undirected"]
    walks = graph.walks(5, 4, nodes=["c", "f"])
    assert sorted(walks[:, 0].tolist()) == sorted([graph.row("c"), graph.row("f")] * 5)
    with pytest.raises(KeyError, match="no node 'x'"):
        graph.walks(nodes=["x"])
    with pytest.raises(TypeError, match=r"give \['c'\]"):
        graph.walks(nodes="c")
    with pytest.raises(ValueError, match="nodes is empty"):
        graph.walks(nodes=[])
    with pytest.raises(TypeError, match=r"not the int 3: give \[3\]"):
        graph.walks(nodes=3)  # type: ignore[arg-type]


def test_a_walk_ends_at_a_sink() -> None:
    walks = Graph.from_edges([(0, 1), (1, 2)], directed=True).walks(3, 5)
    assert {tuple(walk) for walk in walks.tolist()} == {(0, 1, 2, -1, -1), (1, 2, -1, -1, -1), (2, -1, -1, -1, -1)}


def test_a_loop_is_a_step_that_stays() -> None:
    walks = Graph.from_edges([(0, 0)]).walks(2, 4)
    assert (walks == 0).all()


def test_restarts_lead_back_to_the_begin() -> None:
    path = Graph.from_edges([(k, k + 1) for k in range(50)])
    walks = path.walks(400, 40, restart=0.2, nodes=[0])
    steps = np.diff(walks, axis=1)
    jumps = (steps < -1).sum()
    assert (walks[:, 1:][steps < -1] == 0).all()
    can_tell = (walks[:, :-1] > 1).sum()
    assert abs(jumps / can_tell - 0.2) < 0.03
    assert (np.abs(np.diff(path.walks(10, 40), axis=1)) == 1).all()


def test_the_corpus_has_the_same_walks() -> None:
    graph = graphs()["directed"]
    rows = graph.walks(5, 9, p=0.5, q=2.0)
    corpus = graph.walk_corpus(rows)
    keys = corpus.vocabulary.keys
    walks = [[keys[id] for id in corpus.ids[a:b]] for a, b in zip(corpus.offsets, corpus.offsets[1:], strict=False)]
    assert walks == [[graph.nodes[node] for node in row if node >= 0] for row in rows.tolist()]


@pytest.mark.parametrize(
    ("walks", "kind", "message"),
    [
        (10, TypeError, r"what graph.walks\(...\) gave, not the int 10"),
        ([[0, 1]], TypeError, "not the list"),
        (np.ones((2, 2)), TypeError, "not the ndarray"),
        (np.array([0, 1]), ValueError, "a walk a row, not of shape"),
        (np.array([[0, 6]]), ValueError, "numbers of nodes, 0 to 5"),
        (np.array([[0, -2]]), ValueError, "numbers of nodes, 0 to 5"),
        (np.array([[0, -1, 1]]), ValueError, "with -1 after the end"),
    ],
)
def test_a_corpus_is_of_walks_alone(walks: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Graph.from_edges([(0, 1)], num_nodes=6).walk_corpus(walks)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_walks": 0}, "num_walks must be between 1"),
        ({"walk_length": 0}, "walk_length must be between 1"),
        ({"p": 0}, "p must be above 0"),
        ({"q": -1}, "q must be above 0"),
        ({"p": float("nan")}, "p must be"),
        ({"restart": 1.0}, "restart is a probability below 1"),
        ({"restart": -0.1}, "restart must be"),
        ({"seed": -1}, "seed must be between 0"),
        ({"workers": 0}, "workers must be between 1"),
    ],
)
def test_arguments_that_make_no_sense_are_named(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        graphs()["undirected"].walks(**arguments)  # type: ignore[arg-type]


def test_misspelt_arguments_are_named() -> None:
    with pytest.raises(TypeError, match="did you mean 'num_walks'"):
        graphs()["undirected"].walks(n_walks=3)  # type: ignore[call-arg]


@given(
    edges=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=80),
    directed=st.booleans(),
    p=st.sampled_from([0.01, 0.5, 1.0, 100.0]),
    q=st.sampled_from([0.01, 0.5, 1.0, 100.0]),
    length=st.integers(1, 70),
)
@settings(max_examples=150, deadline=None)
def test_every_step_is_along_an_edge(
    edges: list[tuple[int, int]], directed: bool, p: float, q: float, length: int
) -> None:
    graph = Graph.from_edges(edges, directed=directed)
    there = {(a, b) for a, b in edges} | (set() if directed else {(b, a) for a, b in edges})
    for walk in graph.walks(2, length, p=p, q=q).tolist():
        nodes = [graph.nodes[node] for node in walk if node >= 0]
        assert all(pair in there for pair in pairwise(nodes))
        assert len(nodes) == length or not graph.neighbors(nodes[-1])
