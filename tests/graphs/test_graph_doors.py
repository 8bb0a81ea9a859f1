"""Graph: the same graph through every door, and what is wrong with input is said."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_graphs import adjacency

from fastemb import Corpus
from fastemb.graphs import Graph

EDGES = [("a", "b", 2.0), ("b", "c", 0.5), ("c", "a", 1.0), ("c", "d", 4.0)]


def described(graph: Graph) -> dict[tuple[Any, Any], float]:
    """Edges with weights, by nodes."""
    return {
        (str(graph.nodes[v]), str(graph.nodes[w])): weight
        for v, row in enumerate(adjacency(graph))
        for w, weight in row.items()
    }


def text(tmp_path: Path, lines: list[str], name: str = "edges.txt") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def of_csr(weighted: bool) -> Graph:
    sparse = pytest.importorskip("scipy.sparse")
    rows, columns = ["abcd".index(a) for a, _, _ in EDGES], ["abcd".index(b) for _, b, _ in EDGES]
    values = [w if weighted else 1.0 for _, _, w in EDGES]
    matrix = sparse.coo_array((values, (rows, columns)), shape=(4, 4))
    return Graph.from_csr(matrix + matrix.T, nodes=list("abcd"))


def of_networkx(weighted: bool) -> Graph:
    networkx = pytest.importorskip("networkx")
    graph = networkx.Graph()
    for a, b, weight in EDGES:
        graph.add_edge(a, b, **({"weight": weight} if weighted else {}))
    return Graph.from_networkx(graph)


def of_file(tmp_path: Path, weighted: bool) -> Graph:
    return Graph.from_file(text(tmp_path, [f"{a} {b} {w}" if weighted else f"{a}\t{b}" for a, b, w in EDGES]))


def of_gzip(tmp_path: Path, weighted: bool) -> Graph:
    path = tmp_path / "edges.gz"
    path.write_bytes(
        gzip.compress("".join(f"{a} {b} {w}\n" if weighted else f"{a} {b}\n" for a, b, w in EDGES).encode())
    )
    return Graph.from_file(path)


def of_csv(tmp_path: Path, weighted: bool) -> Graph:
    path = text(tmp_path, ["from,to,w", *(f"{a},{b},{w}" for a, b, w in EDGES)], "edges.csv")
    return Graph.from_file(path, source="from", target="to", weight="w" if weighted else None)


def of_table(weighted: bool) -> Graph:
    table = dict(zip(("s", "t", "w"), zip(*EDGES, strict=True), strict=True))
    return Graph.from_table(
        {name: list(column) for name, column in table.items()}, source="s", target="t", weight="w" if weighted else None
    )


DOORS: dict[str, Callable[[Path, bool], Graph]] = {
    "triples": lambda _, weighted: Graph.from_edges(EDGES if weighted else [edge[:2] for edge in EDGES]),
    "columns": lambda _, weighted: Graph.from_edges(
        [a for a, _, _ in EDGES], [b for _, b, _ in EDGES], [w for _, _, w in EDGES] if weighted else None
    ),
    "table": lambda _, weighted: of_table(weighted),
    "file": of_file,
    "gzip": of_gzip,
    "csv": of_csv,
    "csr": lambda _, weighted: of_csr(weighted),
    "networkx": lambda _, weighted: of_networkx(weighted),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("door", list(DOORS))
def test_every_door_gives_the_same_graph(door: str, weighted: bool, tmp_path: Path) -> None:
    graph = DOORS[door](tmp_path, weighted)
    there = {(a, b): w if weighted else 1.0 for a, b, w in EDGES}
    assert described(graph) == there | {(b, a): w for (a, b), w in there.items()}
    assert (graph.weights is not None) == weighted
    assert (len(graph), graph.num_edges, graph.directed) == (4, 4, False)
    assert sorted(map(str, graph.neighbors("c"))) == ["a", "b", "d"]


@given(
    edges=st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.25, 1.0, 3.0])), min_size=1, max_size=200
    ),
    directed=st.booleans(),
    weighted=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_rows_are_those_of_a_dict(edges: list[tuple[int, int, float]], directed: bool, weighted: bool) -> None:
    graph = Graph.from_edges(edges if weighted else [edge[:2] for edge in edges], directed=directed)
    wanted: dict[tuple[str, str], float] = {}
    for a, b, weight in edges:
        for pair in {(a, b)} if directed else {(a, b), (b, a)}:
            key = (str(pair[0]), str(pair[1]))
            wanted[key] = wanted.get(key, 0.0) + weight if weighted else 1.0
    assert described(graph) == wanted
    for row in range(len(graph)):
        assert (np.diff(graph.neighbours[graph.offsets[row] : graph.offsets[row + 1]]) > 0).all()


def test_long_rows_are_sorted_and_joined() -> None:
    rng = np.random.default_rng(1)
    pairs = rng.integers(0, 70_000, 200_000)
    graph = Graph.from_edges(
        np.zeros(len(pairs), np.int64), pairs, np.ones(len(pairs)), directed=True, num_nodes=70_000
    )
    values, counts = np.unique(pairs, return_counts=True)
    assert (graph.neighbours == values).all()
    assert graph.weights is not None
    assert (graph.weights == counts).all()


def test_whole_numbers_are_put_in_order_and_others_stay_as_they_occur() -> None:
    assert list(Graph.from_edges([(7, 3), (3, 900)]).nodes) == [3, 7, 900]
    assert Graph.from_edges([(2, 1), (0, 1)]).nodes == range(3)
    assert list(Graph.from_edges([("z", "b"), ("b", "a")]).nodes) == ["z", "b", "a"]
    assert list(Graph.from_edges([((1, 2), (0, 0))]).nodes) == [(1, 2), (0, 0)]


def test_nodes_without_edges_are_there_when_they_are_counted() -> None:
    graph = Graph.from_edges([0, 1], [1, 4], num_nodes=6)
    assert graph.degrees().tolist() == [1, 2, 0, 0, 1, 0]
    assert graph.neighbors(5) == []


def test_weights_of_networkx_are_those_that_are_named() -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.Graph()
    graph.add_edge(0, 1, strength=2)
    assert Graph.from_networkx(graph).weights is None
    assert Graph.from_networkx(graph, weight=None).weights is None
    assert described(Graph.from_networkx(graph, weight="strength")) == {("0", "1"): 2, ("1", "0"): 2}
    with pytest.raises(ValueError, match=r"no edge has the attribute 'strenght'; did you mean 'strength'?"):
        Graph.from_networkx(graph, weight="strenght")
    with pytest.raises(TypeError, match="not a graph of networkx: the type"):
        Graph.from_networkx(networkx.Graph)
    with pytest.raises(TypeError, match=r"Graph.from_networkx\(graph\)"):
        Graph.from_csr(graph)


def test_multigraphs_of_networkx_are_added_up() -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.MultiDiGraph([(0, 1), (0, 1), (1, 0)])
    graph.add_node(5)
    made = Graph.from_networkx(graph)
    assert described(made) == {("0", "1"): 2.0, ("1", "0"): 1.0}
    assert (made.directed, list(made.nodes)) == (True, [0, 1, 5])


def test_a_matrix_tells_whether_edges_lead_one_way() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_array(np.array([[0, 1.0], [0.5, 0]]))
    assert Graph.from_csr(matrix).directed
    assert not Graph.from_csr(matrix + matrix.T).directed
    assert Graph.from_csr(matrix + matrix.T, directed=True).directed
    with pytest.raises(ValueError, match=r"not symmetric: give matrix \+ matrix.T"):
        Graph.from_csr(matrix, directed=False)


def test_comments_before_the_first_edge_are_skipped_and_hashtags_are_nodes(tmp_path: Path) -> None:
    path = text(tmp_path, ["# Directed graph", "# FromNodeId ToNodeId", "", "#cat #dog", "#dog #eel"])
    assert sorted(map(str, Graph.from_file(path).nodes)) == ["#cat", "#dog", "#eel"]


def test_several_files_are_one_graph(tmp_path: Path) -> None:
    text(tmp_path, ["a b", "b c"], "1.txt")
    text(tmp_path, ["c d", "d a"], "2.txt")
    assert described(Graph.from_file(tmp_path)) == described(
        Graph.from_edges([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")])
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("mmap", [None, "r"])
@pytest.mark.parametrize("kind", ["str", "range", "int", "tuple"])
def test_saved_graphs_are_the_same(kind: str, mmap: str | None, weighted: bool, tmp_path: Path) -> None:
    names: dict[str, list[Any]] = {"str": list("abcd"), "range": [0, 1, 2, 3], "int": [5, 7, -9, 2**40]}
    names["tuple"] = [(0, 1), (0, 2), (1, 1), (2, 2)]
    edges = [(names[kind]["abcd".index(a)], names[kind]["abcd".index(b)], w) for a, b, w in EDGES]
    graph = Graph.from_edges(edges if weighted else [edge[:2] for edge in edges], directed=weighted)
    graph.save(tmp_path / "graph.safetensors")
    loaded = Graph.load(tmp_path / "graph.safetensors", mmap=mmap)
    assert list(loaded.nodes) == list(graph.nodes)
    assert (described(loaded), loaded.directed) == (described(graph), graph.directed)
    assert (loaded.walks(3, 20, p=0.5, q=2.0) == graph.walks(3, 20, p=0.5, q=2.0)).all()


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    from fastemb import KeyedVectors

    wv = KeyedVectors(3)
    wv.add_vectors(["a"], np.ones((1, 3), np.float32))
    wv.save(tmp_path / "wv.safetensors")
    with pytest.raises(ValueError, match="holds no Graph"):
        Graph.load(tmp_path / "wv.safetensors")
    with pytest.raises(ValueError, match="mmap must be None or 'r'"):
        Graph.load(tmp_path / "wv.safetensors", mmap="c")


def failure(path: Path) -> Exception | None:
    """What walks on the graph of a file end with."""
    try:
        Graph.load(path).walks(1, 5, p=0.5, q=2.0)
    except ValueError as error:
        return error
    return None


def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "graph.safetensors"
    Graph.from_edges([("a", "b"), ("b", "c"), ("c", "d")]).save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 3).tolist():
            damaged[place] = int(rng.integers(0, 256))
        path.write_bytes(bytes(damaged) if rng.random() < 0.8 else whole[: int(rng.integers(0, len(whole)))])
        error = failure(path)
        assert error is None or str(path) in str(error)


BAD: list[tuple[str, Callable[[], object], type[Exception], str]] = [
    ("no edge", lambda: Graph.from_edges([]), ValueError, "no edge"),
    ("weights of 0 alone", lambda: Graph.from_edges([(0, 1, 0.0)]), ValueError, "no edge of a weight above 0"),
    (
        "negative",
        lambda: Graph.from_edges([(0, 1, 1), (1, 2, -3)]),
        ValueError,
        r"edge 1 \(counting from 0\): the weight is -3",
    ),
    ("NaN", lambda: Graph.from_edges([0], [1], [np.nan]), ValueError, "edge 0 .* the weight is nan"),
    ("infinite", lambda: Graph.from_edges([0], [1], [np.inf]), ValueError, "edge 0 .* the weight is inf"),
    ("tiny", lambda: Graph.from_edges([0], [1], [1e-60]), ValueError, "too small: scale them up"),
    ("sum too large", lambda: Graph.from_edges([0, 0], [1, 1], [3e38, 3e38]), ValueError, "scale them down"),
    ("no numbers", lambda: Graph.from_edges([0], [1], ["x"]), TypeError, "edge 0 .* the weight is the str 'x'"),
    (
        "no weight",
        lambda: Graph.from_edges([(0, 1, 2), (1, 2, None)]),
        TypeError,
        "edge 1 .* the weight is the NoneType",
    ),
    ("one weight", lambda: Graph.from_edges([0], [1], 2.0), TypeError, "weight must be a list or array of numbers"),
    ("attributes", lambda: Graph.from_edges([("a", "b", {"weight": 2})]), TypeError, r"Graph.from_networkx\(graph\)"),
    (
        "a turned array",
        lambda: Graph.from_edges(np.ones((2, 9), int)),
        ValueError,
        r"from_edges\(edges\[0\], edges\[1\]",
    ),
    ("turned lists", lambda: Graph.from_edges([[0] * 9, [1] * 9]), TypeError, r"from_edges\(edges\[0\], edges\[1\]"),
    ("a corpus", lambda: Graph.from_edges(Corpus.from_sentences([["a", "b"]])), TypeError, "not edges but a corpus"),
    ("one column", lambda: Graph.from_table({"s": [1]}, source="s", target="s"), ValueError, "both the column 's'"),
    (
        "out of range",
        lambda: Graph.from_edges([0, 5], [1, 2], num_nodes=3),
        ValueError,
        "edge 1 .*: source is 5, and nodes are 0 to 2",
    ),
    ("below range", lambda: Graph.from_edges([0], [-1], num_nodes=3), ValueError, "target is -1"),
    ("named nodes", lambda: Graph.from_edges(["a"], ["b"], num_nodes=3), TypeError, "whole numbers, but source holds"),
    ("no edges", lambda: Graph.from_edges([], [], num_nodes=3), ValueError, "the graph has no edge"),
    ("no nodes", lambda: Graph.from_edges([0], [1], num_nodes=0), ValueError, "num_nodes must be at least 1"),
    ("lengths", lambda: Graph.from_edges([0, 1], [1]), ValueError, r"same length, not \[2, 1\]"),
    ("a path", lambda: Graph.from_edges("edges.txt"), TypeError, r"Graph.from_file\(path\)"),
    ("a table", lambda: Graph.from_edges({"a": [1]}), TypeError, r"Graph.from_table\(table"),
    ("mixed widths", lambda: Graph.from_edges([(0, 1), (1, 2, 3)]), ValueError, "some edges are pairs"),
    ("no pair", lambda: Graph.from_edges([(0, 1), (1,)]), TypeError, r"edge 1 \(counting from 0\) must be a pair"),
    ("words", lambda: Graph.from_edges(["ab", "cd"]), TypeError, "edge 0 .* must be a pair"),
    ("an array of one column", lambda: Graph.from_edges(np.ones((3, 1))), ValueError, "two or three columns"),
    ("a dense matrix", lambda: Graph.from_edges(np.eye(4)), ValueError, r"from_csr\(scipy.sparse.csr_array\(matrix"),
    (
        "a path of a table",
        lambda: Graph.from_table("edges.csv", source="a", target="b"),
        TypeError,
        r"Graph.from_file\(path, source=",
    ),
    ("fractions", lambda: Graph.from_edges(np.array([[0.5, 1, 2]])), ValueError, "must be whole numbers"),
    ("missing", lambda: Graph.from_edges([None], ["b"]), ValueError, "source is missing"),
    ("str and int", lambda: Graph.from_edges([("a", 1)]), TypeError, "some nodes are str and some are int"),
    ("unhashable", lambda: Graph.from_edges([[["x"], "b"]]), TypeError, "not a key"),
    ("not edges", lambda: Graph.from_edges(3), TypeError, "edges must be pairs"),
    ("dense matrix", lambda: Graph.from_csr(np.eye(3)), TypeError, "not a sparse matrix"),
    ("not networkx", lambda: Graph.from_networkx([(0, 1)]), TypeError, "not a graph of networkx"),
    ("no column", lambda: Graph.from_table({"s": [1], "t": [2]}, source="s", target="x"), KeyError, "no column 'x'"),
    ("spelling", lambda: Graph.from_edges([(0, 1)], is_directed=True), TypeError, "did you mean 'directed'"),  # type: ignore[call-arg]
    ("directed", lambda: Graph.from_edges([(0, 1)], directed="no"), ValueError, "directed must be 0 or 1"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "kind", "message"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_what_is_wrong_with_edges_is_said(make: Callable[[], object], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        make()


@pytest.mark.parametrize(
    ("lines", "arguments", "message"),
    [
        (["a b", "c"], {}, r"edges.txt, line 2: .* this has 1 fields, and the first has 2: 'c'"),
        (["# x", "a b", "", "c d e"], {}, r"edges.txt, line 4: .* this has 3 fields"),
        (["a b 1", "c d x"], {}, r"edges.txt, line 2: the weight is 'x', which is no number"),
        (["a b 1", "c d -2"], {}, r"edges.txt, line 2: the weight is -2"),
        (["a b 1", "c d nan"], {}, r"edges.txt, line 2: the weight is nan"),
        (
            ["a,b", "c,d"],
            {},
            r"edges.txt, line 1: .* this has 1 fields: 'a,b'; where ',' parts them, give sep=',', col",
        ),
        (["a b c d"], {}, r"edges.txt, line 1: .* this has 4 fields"),
        (["a b"], {"weighted": True}, "lines have 2 fields, but weighted=True"),
        (["a b 1"], {"weighted": False}, "lines have 3 fields, but weighted=False"),
        (["# nothing"], {}, "edges.txt: there is no edge in it"),
        (["a b 0", "b c 0"], {}, "edges.txt: the graph has no edge of a weight above 0"),
        ([""], {}, "edges.txt: there is no edge in it"),
        (["a b w", "c d 1"], {}, "line 1: .* names columns, give source='a', target='b', weight='w', and sep"),
        (
            ["%%MatrixMarket matrix coordinate pattern general", "1 2"],
            {},
            r"line 1: .* Graph.from_csr\(scipy.io.mmread\(path\)\)",
        ),
    ],
)
def test_what_is_wrong_with_a_list_is_said(
    lines: list[str], arguments: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        Graph.from_file(text(tmp_path, lines), **arguments)


def test_lines_that_hardly_are_edges_are_named_and_read_as_the_warning_says(tmp_path: Path) -> None:
    path = text(tmp_path, ["from to", "1 2", "2 3"])
    with pytest.warns(
        UserWarning, match="line 1: 'from to' is taken as an edge, .* give source='from', target='to', and"
    ):
        assert len(Graph.from_file(path)) == 5
    assert set(Graph.from_file(path, source="from", target="to", sep=" ").nodes) == {"1", "2", "3"}
    with pytest.warns(UserWarning, match="edges.txt: '#' is taken as a node"):
        assert "#" in Graph.from_file(text(tmp_path, ["a b", "# end", "b c"])).nodes
    for lines in (["a b", "b c"], ["1 2", "2 x"], ["ann 2", "1 2"], ["# from to", "1 2"]):
        Graph.from_file(text(tmp_path, lines))


def test_a_saved_graph_is_no_list_of_edges(tmp_path: Path) -> None:
    Graph.from_edges([("a", "b")]).save(tmp_path / "graph")
    with pytest.raises(
        ValueError, match=r"no list of edges; it looks like a graph: fastemb.graphs.Graph.load reads it"
    ):
        Graph.from_file(tmp_path / "graph")


def test_lines_that_commas_part_are_read_as_the_error_says(tmp_path: Path) -> None:
    path = text(tmp_path, ["a,b", "c,d"])
    graph = Graph.from_file(path, sep=",", columns=["source", "target"], source="source", target="target")
    assert set(graph.nodes) == {"a", "b", "c", "d"}


def test_arguments_of_the_other_kind_of_file_are_refused(tmp_path: Path) -> None:
    path = text(tmp_path, ["a b"])
    with pytest.raises(TypeError, match="sep is for tables"):
        Graph.from_file(path, sep=",")
    with pytest.raises(TypeError, match="name both source and target"):
        Graph.from_file(path, source="a")
    with pytest.raises(TypeError, match="weighted is for lists"):
        Graph.from_file(path, source="a", target="b", weighted=True)
    with pytest.raises(TypeError, match="name its columns"):
        Graph.from_file(tmp_path / "x.csv")
    with pytest.raises(FileNotFoundError):
        Graph.from_file(tmp_path / "none.txt")


def test_a_node_that_is_not_there_is_named_with_the_nearest() -> None:
    graph = Graph.from_edges([("apple", "pear"), ("pear", "plum")])
    with pytest.raises(KeyError, match=re.escape("no node 'appel'; did you mean 'apple'?")):
        graph.neighbors("appel")
    with pytest.raises(KeyError, match="no node 7"):
        Graph.from_edges([(0, 1)]).neighbors(7)
    with pytest.raises(KeyError, match=re.escape("no node 1; did you mean '1'?")):
        Graph.from_edges([("10", "1")]).neighbors(1)
    with pytest.raises(KeyError, match=re.escape("no node '1'; did you mean 1?")):
        Graph.from_edges([(0, 1)]).neighbors("1")
    assert "apple" in graph
    assert "x" not in graph
    assert ["x"] not in graph  # type: ignore[comparison-overlap]


def test_it_shows_what_it_is() -> None:
    assert repr(Graph.from_edges([(0, 1), (1, 1)])) == "Graph(2 nodes, 2 edges)"
    assert repr(Graph.from_edges([(0, 1, 2.0)], directed=True)) == "Graph(2 nodes, 1 edges, directed, weighted)"
