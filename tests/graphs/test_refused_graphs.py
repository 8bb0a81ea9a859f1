"""Graphs, edges and files of graphs that are refused, and damaged files of models of graphs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import DeepWalk, Graph
from fastemb.graphs.rows import Rows
from fastemb.io.safetensors import read_tensors, write_tensors

EDGES = [("a", "b", 1.0), ("b", "c", 2.0), ("c", "a", 0.5)]


class Matrix:
    def tocsr(self) -> None: ...


class Drawn:
    edges = nodes = ()

    def is_directed(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("edges", "options", "kind", "message"),
    [
        (Matrix(), {}, TypeError, r"not edges but a matrix: Graph\.from_csr"),
        (Drawn(), {}, TypeError, r"not edges but a graph: Graph\.from_networkx"),
        (3, {}, TypeError, "edges must be pairs of nodes, not the int 3"),
        ([("a", "b"), ("a", "b", 1.0)], {}, ValueError, "some edges are pairs and some are triples"),
        (EDGES, {"weight": [1, 2, 3]}, TypeError, "edges have weights as their third part, and weight is given, too"),
        (np.zeros((4, 4)), {}, ValueError, "an adjacency matrix is for"),
        (np.array([[0, 1.5, 1]]), {}, ValueError, "the first two columns .* must be whole numbers"),
        (np.array([[0, np.nan, 1]]), {}, ValueError, "the first two columns .* must be whole numbers"),
    ],
)
def test_what_are_no_edges(edges: Any, options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Graph.from_edges(edges, **options)


def test_edges_of_floats_are_nodes_and_weights() -> None:
    graph = Graph.from_edges(np.array([[0, 1, 0.5], [1, 2, 4.0]]))
    assert list(graph.nodes) == [0, 1, 2]
    same = Graph.from_edges([(0, 1, 0.5), (1, 2, 4.0)])
    assert rows_of(graph).same_as(rows_of(same))
    for other in ([(0, 1), (1, 2)], [(0, 1, 0.5), (0, 2, 4.0)], [(0, 1, 0.5), (1, 2, 4.5)]):
        assert not rows_of(graph).same_as(rows_of(Graph.from_edges(other)))


def rows_of(graph: Graph) -> Rows:
    return Rows(graph.offsets, graph.neighbours, graph.weights)


def test_matrices_that_are_no_graph() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(ValueError, match="as many rows as columns"):
        Graph.from_csr(sparse.csr_array(np.ones((2, 3))))
    square = sparse.csr_array(np.array([[0, 1], [1, 0]]))
    with pytest.raises(ValueError, match="there are 2 rows, but 3 nodes"):
        Graph.from_csr(square, nodes=["a", "b", "c"])
    with pytest.raises(ValueError, match="a node comes more than once"):
        Graph.from_csr(square, nodes=["a", "a"])


def changed(path: Path, change: Callable[[dict[str, Any], dict[str, str]], object]) -> None:
    arrays, metadata = read_tensors(path)
    change(arrays, metadata)
    write_tensors(path, arrays, metadata)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, m: a.update(offsets=a["offsets"][::-1].copy()), "the rows make no sense"),
        (lambda a, m: a.update(weights=-a["weights"]), "the weights make no sense"),
        (lambda a, m: a.update(weights=a["weights"][1:]), "the weights make no sense"),
        (lambda a, m: a.update(weights=a["weights"] * np.float32(np.inf)), "the weights make no sense"),
        (lambda a, m: m.update(key_type="range"), None),
        (lambda a, m: m.update(directed="yes"), "it is not said whether edges lead one way"),
        (lambda a, m: a.pop("neighbours"), "there is no 'neighbours'"),
    ],
)
def test_damaged_files_of_graphs(change: Any, message: str | None, tmp_path: Path) -> None:
    path = tmp_path / "graph"
    Graph.from_edges(EDGES).save(path)
    changed(path, change)
    if message is None:
        assert list(Graph.load(path).nodes) == [0, 1, 2]
        return
    with pytest.raises(ValueError, match=f"^{path}: damaged: {message}"):
        Graph.load(path)


def test_nodes_that_do_not_fit_the_rows(tmp_path: Path) -> None:
    path, other = tmp_path / "graph", tmp_path / "other"
    Graph.from_edges(EDGES).save(path)
    Graph.from_edges([("a", "b")]).save(other)
    few, _ = read_tensors(other)
    changed(path, lambda arrays, _: arrays.update({name: few[name] for name in few if name.startswith("key")}))
    with pytest.raises(ValueError, match=f"^{path}: damaged: the nodes do not fit the rows"):
        Graph.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, m: a.update(syn1=a["syn1"][1:]), "the matrices do not fit the nodes"),
        (lambda a, m: a.update(vectors=a["vectors"].astype(np.float64)), "the matrices do not fit the nodes"),
        (lambda a, m: a.update({"attribute.count": a["attribute.count"] * 0}), "the nodes do not fit"),
        (lambda a, m: a.update(starts=np.array([0, 3], np.int32)), "the nodes that walks begin at make no sense"),
        (lambda a, m: a.update(starts=np.array([], np.int32)), "the nodes that walks begin at make no sense"),
        (lambda a, m: m.update(state=m["state"].replace('"epochs": 1,', '"epochs": -1,')), "epochs"),
        (lambda a, m: m.update(state=m["state"].replace('"walk_length"', '"walk_size"')), "there is no setting"),
    ],
)
def test_damaged_files_of_models(change: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model"
    model = DeepWalk(vector_size=4, walk_length=4, num_walks=1, workers=1, progress=False)
    model.fit(Graph.from_edges(EDGES)).save(path)
    before = read_tensors(path)
    changed(path, change)
    after = read_tensors(path)
    assert (
        before[1] != after[1]
        or before[0].keys() != after[0].keys()
        or any(before[0][name].tobytes() != after[0][name].tobytes() for name in before[0])
    )
    with pytest.raises(ValueError, match=f"^{path}: damaged: .*{message}"):
        DeepWalk.load(path)
