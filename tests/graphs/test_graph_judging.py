"""Judging: F1 and links against scikit-learn and known cases, labels from files, the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors
from fastemb.cli import main
from fastemb.graphs import (
    Graph,
    Node2Vec,
    classify_nodes,
    edge_features,
    predict_links,
    read_labels,
    split_links,
)

pytest.importorskip("sklearn")


def vectors_of(keys: list[Any], matrix: Any) -> KeyedVectors:
    wv = KeyedVectors(np.asarray(matrix).shape[1])
    wv.add_vectors(keys, np.asarray(matrix, np.float32))
    return wv


def clusters(count: int = 120, noise: float = 0.3) -> tuple[KeyedVectors, dict[int, list[str]]]:
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, count)
    matrix = np.eye(3)[kinds] * 3 + rng.normal(0, noise, (count, 3))
    return vectors_of(list(range(count)), matrix), {node: ["abc"[kind]] for node, kind in enumerate(kinds.tolist())}


def test_clear_clusters_are_told_and_shuffled_labels_are_not() -> None:
    wv, labels = clusters()
    scores = classify_nodes(wv, labels, splits=3)
    assert scores.as_many.micro > 99
    assert scores.threshold.macro > 99
    rng = np.random.default_rng(1)
    shuffled = dict(zip(labels, [list(labels.values())[k] for k in rng.permutation(len(labels))], strict=True))
    assert classify_nodes(wv, shuffled, splits=3).as_many.micro < 60


def test_f1_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import f1_score

    from fastemb.graphs.judge import _f1

    rng = np.random.default_rng(3)
    for _ in range(20):
        truth, predicted = rng.random((2, 30, 6)) < rng.random((2, 1, 6))
        wanted = [f1_score(truth, predicted, average=how, zero_division=0) for how in ("micro", "macro")]
        assert np.allclose(_f1(truth, predicted), wanted)


def test_the_two_protocols_are_what_they_say() -> None:
    from fastemb.graphs.judge import _highest

    margins = np.array([[-1.0, -3.0, -2.0], [5.0, 4.0, -1.0]])
    assert _highest(margins, np.array([1, 2])).tolist() == [[True, False, False], [True, True, False]]


def test_several_labels_and_nodes_without_vectors_are_counted() -> None:
    wv, labels = clusters()
    for node in range(0, 120, 3):
        labels[node] = [*labels[node], "every third"]
    labels[999] = ["a"]
    scores = classify_nodes(wv, {str(node): given for node, given in labels.items()}, splits=2)
    assert (scores.nodes, scores.labels, scores.without_vector) == (120, 4, 1)
    assert "1 nodes with labels have no vector" in str(scores)
    assert json.loads(json.dumps(scores.to_dict()))["splits"] == 2


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"train": 0}, ValueError, "train must be above 0"),
        ({"train": 1.5}, ValueError, "train must be above 0"),
        ({"train": 0.001}, ValueError, "too few"),
        ({"splits": 0}, ValueError, "splits must be at least 1"),
        ({"C": 0}, ValueError, "C must be above 0"),
        ({"labels": ["a"]}, TypeError, "labels must be a dict"),
        ({"labels": {}}, ValueError, "labels is empty"),
        ({"labels": {"x": "a"}}, ValueError, "no node with a label has a vector"),
        ({"labels": {0: None}}, ValueError, "a label of the node 0 is missing"),
        ({"test_size": 0.5}, TypeError, "did you mean 'train'"),
    ],
)
def test_what_is_wrong_is_said(arguments: dict[str, Any], kind: type[Exception], message: str) -> None:
    wv, labels = clusters()
    with pytest.raises(kind, match=message):
        classify_nodes(wv, **{"labels": labels} | arguments)


def test_labels_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("# node label\n1 a\n2 b c\n1 d\n\n1 a\n")
    assert read_labels(path) == {"1": ["a", "d"], "2": ["b", "c"]}
    path.write_text("1 a\n2\n")
    with pytest.raises(ValueError, match=r"labels.txt, line 2: .* not '2'"):
        read_labels(path)
    path.write_text("")
    with pytest.raises(ValueError, match="no labels in it"):
        read_labels(path)
    path.write_text("1;a b\n2;c\n")
    assert read_labels(path, sep=";") == {"1": ["a b"], "2": ["c"]}


# ---- edges ----


def test_edge_features_are_those_of_the_paper() -> None:
    wv = vectors_of(["a", "b"], [[1.0, 2.0], [3.0, -4.0]])
    wanted = {"hadamard": [3, -8], "average": [2, -1], "l1": [2, 6], "l2": [4, 36]}
    for operator, values in wanted.items():
        assert edge_features(wv, [("a", "b")], operator).tolist() == [values]
    assert edge_features(wv, []).shape == (0, 2)
    with pytest.raises(ValueError, match="operator must be one of hadamard"):
        edge_features(wv, [("a", "b")], "dot")
    with pytest.raises(TypeError, match="pairs of nodes"):
        edge_features(wv, ["ab"])  # type: ignore[list-item]
    with pytest.raises(KeyError):
        edge_features(wv, [("a", "x")])


def parts(graph: Graph) -> int:
    """Connected parts."""
    mark = list(range(len(graph)))

    def find(node: int) -> int:
        while mark[node] != node:
            mark[node] = mark[mark[node]]
            node = mark[node]
        return node

    for node in range(len(graph)):
        for other in graph.neighbours[graph.offsets[node] : graph.offsets[node + 1]].tolist():
            mark[find(node)] = find(other)
    return len({find(node) for node in range(len(graph))})


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_split_holds_out_edges_and_leaves_the_rest_connected(directed: bool, weighted: bool) -> None:
    rng = np.random.default_rng(2)
    source, target = rng.integers(0, 80, (2, 400))
    weights = rng.random(400) + 0.5 if weighted else None
    graph = Graph.from_edges(source, target, weights, num_nodes=80, directed=directed)
    split = split_links(graph, 0.5, seed=4)
    there = {(a, int(b)) for a in range(80) for b in graph.neighbours[graph.offsets[a] : graph.offsets[a + 1]]}
    rest = split.graph
    left = {(a, int(b)) for a in range(80) for b in rest.neighbours[rest.offsets[a] : rest.offsets[a + 1]]}
    held = {(a, b) for a, b in split.positives.tolist()}
    assert len(held) == len(split.positives) == len(split.negatives)
    assert all(pair in there and pair not in left for pair in held)
    both = held if directed else held | {(b, a) for a, b in held}
    assert left | both == there
    assert not any(tuple(pair) in there or pair[0] == pair[1] for pair in split.negatives.tolist())
    assert directed or parts(rest) == parts(graph)
    again = split_links(graph, 0.5, seed=4)
    assert (again.positives == split.positives).all()
    assert (again.negatives == split.negatives).all()


def test_a_tree_has_no_edge_to_spare() -> None:
    tree = Graph.from_edges([(0, 1), (1, 2), (1, 3)])
    for share in (0.5, 0.01):
        with pytest.raises(ValueError, match="no edge can be held out"):
            split_links(tree, share)
    lollipop = Graph.from_edges([(0, 1), (1, 2), (2, 0), (2, 3), (3, 4)])
    with pytest.warns(UserWarning, match="only 1 of 2 edges"):
        assert len(split_links(lollipop, 0.5).positives) == 1
    assert len(split_links(lollipop, 0.01).positives) == 1
    with pytest.raises(ValueError, match="almost all pairs"):
        split_links(Graph.from_edges([(a, b) for a in range(6) for b in range(a)]))
    with pytest.raises(ValueError, match="share must be above 0"):
        split_links(tree, 1.0)


def test_links_of_a_graph_with_halves_are_predicted() -> None:
    rng = np.random.default_rng(0)
    edges = [(a, int(b)) for a in range(100) for b in rng.integers(0, 50, 6) * 2 + a % 2]
    split = split_links(Graph.from_edges(edges), seed=1)
    model = Node2Vec(vector_size=16, epochs=5, walk_length=20, workers=1, progress=False).fit(split.graph)
    scores = predict_links(model.wv, split)
    assert scores.auc["cosine"] > 70
    assert scores.average_precision["hadamard"] > 65
    assert "AUC" in str(scores)
    with pytest.raises(ValueError, match="operators are"):
        predict_links(model.wv, split, ["dot"])
    with pytest.raises(TypeError, match=r"not the str 'l1': give \['l1'\]"):
        predict_links(model.wv, split, "l1")
    with pytest.raises(TypeError, match=r"vectors must be KeyedVectors of fastemb, not the Node2Vec .* its .wv"):
        predict_links(model, split)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="split must be LinkSplit of fastemb"):
        predict_links(model.wv, split.graph)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="graph must be Graph of fastemb, not the list"):
        split_links([(0, 1)])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="did you mean 'operator'"):
        edge_features(model.wv, [(0, 1)], op="l1")  # type: ignore[call-arg]
    for wrong in (model, model.wv.vectors):
        with pytest.raises(TypeError, match=r"vectors must be KeyedVectors .* give those of a model"):
            classify_nodes(wrong, {0: "a"})  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"vectors must be KeyedVectors .* give those of a model"):
            edge_features(wrong, [(0, 1)])  # type: ignore[arg-type]


# ---- the command line ----


@pytest.fixture
def edges(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path / "edges.txt"
    path.write_text("".join(f"n{a} n{b}\n" for a in range(60) for b in rng.integers(0, 30, 4) * 2 + a % 2))
    return path


def test_train_walks_and_eval(edges: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out, model, walks = tmp_path / "nodes.safetensors", tmp_path / "model.safetensors", tmp_path / "walks.txt.gz"
    quick = ["--vector-size", "8", "--num-walks", "3", "--walk-length", "10", "-q"]
    assert main(["graph", "train", str(edges), "-o", str(out), "--save-model", str(model), *quick]) == 0
    assert len(KeyedVectors.load(out)) == 60
    assert len(Node2Vec.load(model).wv) == 60
    assert main(["graph", "walks", str(edges), "--num-walks", "2", "--walk-length", "4", "-o", str(walks)]) == 0
    assert main(["graph", "walks", str(edges), "--num-walks", "2", "--walk-length", "4"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == 120
    assert all(len(line.split()) == 4 for line in lines)
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"n{node} {node % 2}\n" for node in range(60)))
    assert main(["graph", "eval", str(out), "--labels", str(labels), "--splits", "2", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["nodes"] == 60
    assert main(["graph", "eval", "--links", str(edges), *quick, "--share", "0.3"]) == 0
    assert "held out" in capfd.readouterr().out
    table = tmp_path / "edges.csv"
    lines = [line.split() for line in edges.read_text().splitlines()]
    table.write_text("a;b;w\n" + "".join(f"{a};{b};{1 + k % 3}\n" for k, (a, b) in enumerate(lines)))
    as_table = ["--sep", ";", "--source", "a", "--target", "b", "--workers", "1", "--json"]
    scores = []
    for weight in ([], ["--weight", "w"]):
        assert main(["graph", "eval", "--links", str(table), *as_table, *weight, *quick]) == 0
        scores.append(json.loads(capfd.readouterr().out))
    assert scores[0]["held_out"] == scores[1]["held_out"]
    assert scores[0]["auc"] != scores[1]["auc"]
    graph = tmp_path / "graph.safetensors"
    Graph.from_file(edges).save(graph)
    assert main(["graph", "train", str(graph), "-o", "-", *quick]) == 0
    assert capfd.readouterr().out.startswith("60 8\n")
    assert main(["graph", "train", str(edges), "-o", str(out), *quick[:-1]]) == 0
    told = capfd.readouterr().err
    assert f"read {Graph.from_file(edges).num_edges:,} edges of 60 nodes" in told
    assert f"saved vectors of 60 nodes to {out}" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "EDGES", "-o", "OUT", "--model", "deepwalk", "--p", "2"], "--p is not for --model deepwalk"),
        (["train", "EDGES", "-o", "OUT", "--p", "0"], "--p must be above 0"),
        (["train", "EDGES", "-o", "OUT", "--source", "a"], "name both"),
        (["train", "none.txt", "-o", "OUT"], "none.txt"),
        (["train", "EDGES", "-o", "EDGES"], "also the input"),
        (["eval", "--labels", "EDGES"], "name the file of vectors"),
        (["eval", "OUT", "--links", "EDGES"], "leave the file of vectors out"),
        (["eval", "OUT", "--labels", "EDGES", "--weight", "w"], "--weight is for --links"),
        (["eval", "--links", "EDGES", "--weight", "w"], "Graph.from_file(path, source="),
        (["train", "EDGES", "-o", "OUT", "--combine", "sum"], "--combine must be 'mean', 'in' or"),
        (["train", "EDGES", "-o", "OUT", "--model", "deepwalk", "--combine", "mean"], "--combine is not for --model"),
        (["walks", "EDGES", "--walk-length", "0"], "--walk-length must be"),
        (["walks", "EDGES", "-o", "EDGES"], "also the input"),
        (["walks", "EDGES", "-o", "nowhere/walks.txt.gz"], "cannot save to nowhere/walks.txt.gz: the folder"),
        (
            ["walks", "SPACED", "--sep", ",", "--source", "from", "--target", "to"],
            "the node 'b c' has white space in it, which parts nodes in text",
        ),
    ],
)
def test_wrong_commands_are_told(
    arguments: list[str], message: str, edges: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    spaced, before = tmp_path / "spaced.txt", edges.read_text()
    spaced.write_text("from,to\na,b c\nb c,d\n")
    names = {"EDGES": str(edges), "OUT": str(tmp_path / "nodes.safetensors"), "SPACED": str(spaced)}
    assert main(["graph", *(names.get(one, one) for one in arguments)]) != 0
    assert message in capfd.readouterr().err
    assert edges.read_text() == before
