"""Judging vectors of nodes: classification by labels, and prediction of edges that were held out."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer, no_text, number, warn
from ..corpus.messages import short
from ..signals import deliver
from ..vectors import KeyedVectors
from .graph import Graph
from .labels import label_table
from .rows import Ints

Doubles = NDArray[np.float64]

OPERATORS = ("hadamard", "average", "l1", "l2")
_MOST_TRAINED_ON = 200_000  # edges
_TRIES = 100  # draws of a pair of nodes that no edge joins


@dataclass(frozen=True)
class Scores:
    """F1 over splits, in per cent: means and standard deviations."""

    micro: float
    micro_sd: float
    macro: float
    macro_sd: float


@dataclass(frozen=True)
class NodeScores:
    """How well a node's labels follow from its vector.

    Attributes:
        as_many: As many labels are predicted as the node has: the protocol of DeepWalk's and node2vec's papers.
        threshold: Labels whose probability is above a half. The same vectors score lower by it.
        train: Share of the nodes that were trained on.
        splits: Random splits.
        nodes: Nodes with labels and a vector.
        labels: Different labels.
        without_vector: Nodes with labels and no vector.
    """

    as_many: Scores
    threshold: Scores
    train: float
    splits: int
    nodes: int
    labels: int
    without_vector: int

    def __str__(self) -> str:
        rows = [("as many labels as the node has", self.as_many), ("probability above a half", self.threshold)]
        lines = [
            f"{self.nodes:,} nodes, {self.labels} labels, {self.train:.0%} trained on, {self.splits} splits"
            + (f"; {self.without_vector:,} nodes with labels have no vector" if self.without_vector else ""),
            f"{'F1 in %, mean ± standard deviation':36}{'micro':>16}{'macro':>16}",
        ]
        for name, score in rows:
            micro, macro = f"{score.micro:.2f} ± {score.micro_sd:.2f}", f"{score.macro:.2f} ± {score.macro_sd:.2f}"
            lines.append(f"{name:36}{micro:>16}{macro:>16}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """All of it as numbers in dicts, which JSON can hold."""
        return asdict(self)


@names_arguments({"test": "train", "test_size": "train", "n_splits": "splits", "random_state": "seed"})
def classify_nodes(
    vectors: KeyedVectors,
    labels: Mapping[Any, Any],
    *,
    train: float = 0.5,
    splits: int = 10,
    seed: int = 0,
    C: float = 1.0,  # noqa: N803 (scikit-learn's name)
) -> NodeScores:
    """Predict labels of nodes by logistic regression on their vectors, one label against the rest.

    Needs scikit-learn. Two protocols are in use, whose figures cannot be compared; both are given.

    Args:
        vectors: Vectors by node, such as ``model.wv``.
        labels: For each node a label, or several in a list; `read_labels` reads a file of them. A node that is a
            number in one and text in the other is the same node.
        train: Share of the nodes to train on.
        splits: How many random splits.
        seed: Of the splits.
        C: Inverse of the regularisation, as in scikit-learn.

    Raises:
        ValueError: an argument makes no sense, or no node has a label and a vector.
        TypeError: an argument is of another type.
        ImportError: scikit-learn is not installed.
    """
    _require_vectors(vectors)
    share = number("train", train)
    if not 0 < share < 1:
        raise ValueError(f"train must be above 0 and below 1, not {train!r}")
    count, start = integer("splits", splits, 1), integer("seed", seed, 0)
    strength = number("C", C)
    if strength <= 0:
        raise ValueError(f"C must be above 0, not {C!r}")
    linear = _sklearn("linear_model")
    table = label_table(labels, vectors.key_to_index)
    size = int(share * len(table.nodes))
    if not 0 < size < len(table.nodes):
        raise ValueError(f"{len(table.nodes)} nodes with labels are too few for train={share:g}")
    features = np.asarray(vectors[table.nodes], np.float64)
    rng = np.random.default_rng(start)
    scores = []
    for _ in range(count):
        order = rng.permutation(len(features))
        learned, asked = order[:size], order[size:]
        margins = np.column_stack(
            [
                _margins(linear, features[learned], table.has[learned, label], features[asked], strength)
                for label in range(len(table.labels))
            ]
        )
        truth = table.has[asked]
        scores.append([*_f1(truth, _highest(margins, truth.sum(axis=1))), *_f1(truth, margins > 0)])
    means, deviations = 100 * np.mean(scores, axis=0), 100 * np.std(scores, axis=0)
    both = [Scores(*(float(one) for one in (means[k], deviations[k], means[k + 1], deviations[k + 1]))) for k in (0, 2)]
    return NodeScores(both[0], both[1], share, count, len(table.nodes), len(table.labels), table.unknown)


def _margins(linear: Any, features: Doubles, truth: NDArray[np.bool_], asked: Doubles, strength: float) -> Doubles:
    """How sure each of the asked is to have a label: above 0 where it is likelier than not."""
    deliver()
    if truth.all() or not truth.any():
        return np.full(len(asked), 1e9 if truth.all() else -1e9)
    model = linear.LogisticRegression(C=strength, max_iter=1000).fit(features, truth)
    margins: Doubles = model.decision_function(asked)
    return margins


def _highest(margins: Doubles, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    ranks = np.argsort(np.argsort(-margins, axis=1, kind="stable"), axis=1)
    return ranks < counts[:, None]


def _f1(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> tuple[float, float]:
    """Micro- and macro-averaged F1; a label that nobody has and nobody is given counts as 0, as in scikit-learn."""
    hits = (truth & predicted).sum(axis=0).astype(np.float64)
    sizes = truth.sum(axis=0) + predicted.sum(axis=0)
    each = np.divide(2 * hits, sizes, out=np.zeros(len(hits)), where=sizes > 0)
    return float(2 * hits.sum() / max(sizes.sum(), 1)), float(each.mean())


# ---- edges ----


@names_arguments({"embeddings": "vectors", "edges": "pairs", "op": "operator"})
def edge_features(
    vectors: KeyedVectors, pairs: Iterable[tuple[Hashable, Hashable]], operator: str = "hadamard"
) -> NDArray[np.float32]:
    """Vectors of edges made of those of their ends (Grover and Leskovec 2016, table 1): float32 (pairs, vector_size).

    Args:
        vectors: Vectors by node.
        pairs: Pairs of nodes.
        operator: "hadamard" is the product, "average" the mean, "l1" the absolute difference, "l2" its square; each
            number for itself.

    Raises:
        KeyError: a node has no vector.
        ValueError: there is no such operator.
        TypeError: these are no pairs.
    """
    _require_vectors(vectors)
    if operator not in OPERATORS:
        raise ValueError(f"operator must be one of {', '.join(OPERATORS)}, not {operator!r}")
    ends = list(pairs)
    if not all(hasattr(pair, "__len__") and not isinstance(pair, str) and len(pair) == 2 for pair in ends):
        raise TypeError("pairs must be pairs of nodes")
    if not ends:
        return np.empty((0, vectors.vector_size), np.float32)
    return _combined(vectors[[a for a, _ in ends]], vectors[[b for _, b in ends]], operator)


def _combined(left: NDArray[Any], right: NDArray[Any], operator: str) -> NDArray[np.float32]:
    left, right = np.asarray(left, np.float32), np.asarray(right, np.float32)
    if operator == "hadamard":
        return np.asarray(left * right, np.float32)
    if operator == "average":
        return np.asarray((left + right) / 2, np.float32)
    return np.asarray(np.abs(left - right) if operator == "l1" else np.square(left - right), np.float32)


@dataclass(frozen=True)
class LinkSplit:
    """A graph less some of its edges, which are to be found again.

    Attributes:
        graph: What is left: every node of it, and as many connected parts as before where edges lead both ways.
        positives: The edges held out, int32 (n, 2), by rows of the graph.
        negatives: As many pairs of nodes that no edge joins.
        seed: Of all draws.
    """

    graph: Graph
    positives: Ints
    negatives: Ints
    seed: int


@names_arguments({"test_size": "share", "random_state": "seed"})
def split_links(graph: Graph, share: float = 0.5, *, seed: int = 0) -> LinkSplit:
    """Hold out edges, as in node2vec's paper: what is left stays as connected as it was.

    Negatives are drawn among all pairs of different nodes that no edge joins, each with the same probability. Needs
    SciPy.

    Args:
        graph: The whole graph.
        share: Of the edges, how many to hold out. Fewer are where the rest would fall apart, with a warning.
        seed: Of all draws.

    Raises:
        ValueError: ``share`` is not between 0 and 1, or almost all pairs of nodes are joined.
        ImportError: SciPy is not installed.
    """
    _require("graph", graph, Graph, "Graph.from_networkx, Graph.from_edges and others make one")
    part, start = number("share", share), integer("seed", seed, 0)
    if not 0 < part < 1:
        raise ValueError(f"share must be above 0 and below 1, not {share!r}")
    rng = np.random.default_rng(start)
    source = np.repeat(np.arange(len(graph), dtype=np.int32), graph.degrees())
    target = graph.neighbours
    once = source != target if graph.directed else source < target
    edges = np.flatnonzero(once)
    wanted = max(1, round(part * len(edges)))
    free = edges if graph.directed else edges[~_in_forest(graph, source, edges, rng)]
    if not len(free):
        raise ValueError("no edge can be held out: without any of them the graph would fall into more parts")
    if len(free) < wanted:
        warn(
            f"only {len(free):,} of {wanted:,} edges can be held out: without more of them the graph would fall into "
            "more parts"
        )
    held = rng.permutation(free)[:wanted]
    loops = np.flatnonzero(source == target)
    kept = np.concatenate([np.setdiff1d(edges, held, assume_unique=True), loops])
    weights = None if graph.weights is None else graph.weights[kept]
    rest = Graph._of(source[kept], target[kept], graph.nodes, weights, directed=graph.directed)
    return LinkSplit(rest, np.column_stack([source[held], target[held]]), _not_joined(graph, len(held), rng), start)


def _in_forest(graph: Graph, source: Ints, edges: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which edges are in a random spanning forest, one tree for each connected part."""
    sparse = _scipy("scipy.sparse")
    search = _scipy("scipy.sparse.csgraph")
    order = rng.permutation(len(edges)) + 1
    ends = source[edges], graph.neighbours[edges]
    matrix = sparse.csr_array((order.astype(np.float64), ends), shape=(len(graph), len(graph)))
    tree = search.minimum_spanning_tree(matrix)
    found: NDArray[np.bool_] = np.isin(order, tree.data)
    return found


def _not_joined(graph: Graph, count: int, rng: np.random.Generator) -> Ints:
    size = len(graph)
    rows = np.repeat(np.arange(size, dtype=np.int64), graph.degrees())
    joined = rows * size + graph.neighbours  # rises, as rows and neighbours do
    found = np.empty((0, 2), np.int32)
    for _ in range(_TRIES):
        drawn = rng.integers(0, size, (2 * count + 10, 2))
        keys = drawn[:, 0] * size + drawn[:, 1]
        at = np.minimum(np.searchsorted(joined, keys), len(joined) - 1)
        fits = (joined[at] != keys) & (drawn[:, 0] != drawn[:, 1])
        found = np.concatenate([found, drawn[fits].astype(np.int32)])[:count]
        if len(found) == count:
            return found
    raise ValueError("almost all pairs of nodes are joined: there are too few that are not")


@dataclass(frozen=True)
class LinkScores:
    """How well held-out edges are told from pairs that no edge joins, in per cent.

    Attributes:
        auc: Area under the ROC curve, by operator; "cosine" compares the ends without training.
        average_precision: Likewise.
        held_out: Edges held out, and as many pairs that no edge joins.
        trained_on: Edges of the rest that logistic regression was trained on, and as many pairs.
    """

    auc: dict[str, float]
    average_precision: dict[str, float]
    held_out: int
    trained_on: int

    def __str__(self) -> str:
        lines = [
            f"{self.held_out:,} edges held out and as many pairs without an edge; logistic regression on "
            f"{self.trained_on:,} of the others and as many pairs",
            f"{'in %':12}{'AUC':>8}{'average precision':>20}",
        ]
        lines += [f"{name:12}{self.auc[name]:8.2f}{self.average_precision[name]:20.2f}" for name in self.auc]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """All of it as numbers in dicts, which JSON can hold."""
        return asdict(self)


@names_arguments({"embeddings": "vectors", "operator": "operators"})
def predict_links(vectors: KeyedVectors, split: LinkSplit, operators: Sequence[str] = OPERATORS) -> LinkScores:
    """Tell held-out edges from pairs that no edge joins, by vectors that were trained on the rest of the graph.

    A logistic regression learns from edges of the rest and pairs that no edge joins; see `edge_features`. Needs
    scikit-learn.

    Args:
        vectors: Vectors by node, trained on ``split.graph``.
        split: What `split_links` gave.
        operators: Of `edge_features`.

    Raises:
        KeyError: a node has no vector.
        ValueError: there is no such operator.
        ImportError: scikit-learn is not installed.
    """
    _require_vectors(vectors)
    _require("split", split, LinkSplit, "split_links(graph) makes one")
    no_text("operators", operators, "operators")
    for operator in operators:
        if operator not in OPERATORS:
            raise ValueError(f"operators are {', '.join(OPERATORS)}, not {operator!r}")
    linear, metrics = _sklearn("linear_model"), _sklearn("metrics")
    rest, rng = split.graph, np.random.default_rng(split.seed + 1)
    source = np.repeat(np.arange(len(rest), dtype=np.int32), rest.degrees())
    edges = np.flatnonzero(source != rest.neighbours if rest.directed else source < rest.neighbours)
    chosen = rng.permutation(edges)[:_MOST_TRAINED_ON]
    known = np.column_stack([source[chosen], rest.neighbours[chosen]])
    others = _not_joined(_with(rest, split), len(known), rng)
    matrix = np.asarray(vectors[list(rest.nodes)], np.float32)

    def features(positives: Ints, negatives: Ints, operator: str) -> NDArray[np.float32]:
        pairs = np.concatenate([positives, negatives])
        return _combined(matrix[pairs[:, 0]], matrix[pairs[:, 1]], operator)

    truth = np.arange(2 * len(split.positives)) < len(split.positives)
    lengths = np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-30)
    pairs = np.concatenate([split.positives, split.negatives])
    scores = {"cosine": ((matrix / lengths)[pairs[:, 0]] * (matrix / lengths)[pairs[:, 1]]).sum(axis=1)}
    for operator in operators:
        deliver()
        learned = features(known, others, operator)
        scale = max(float(learned.std()), 1e-30)
        model = linear.LogisticRegression(max_iter=1000)
        model.fit(learned / scale, np.arange(len(learned)) < len(known))
        scores[operator] = model.decision_function(features(split.positives, split.negatives, operator) / scale)
    return LinkScores(
        {name: 100 * float(metrics.roc_auc_score(truth, one)) for name, one in scores.items()},
        {name: 100 * float(metrics.average_precision_score(truth, one)) for name, one in scores.items()},
        len(split.positives),
        len(known),
    )


def _with(rest: Graph, split: LinkSplit) -> Graph:
    """The whole graph again, without weights."""
    source = np.repeat(np.arange(len(rest), dtype=np.int32), rest.degrees())
    ends = np.concatenate([np.column_stack([source, rest.neighbours]), split.positives])
    return Graph._of(ends[:, 0], ends[:, 1], rest.nodes, directed=rest.directed)


def _require_vectors(vectors: Any) -> None:
    made = "" if not hasattr(vectors, "wv") else ", which are its .wv"
    _require("vectors", vectors, KeyedVectors, f"give those of a model{made or ', model.wv'}")


def _require(name: str, value: Any, kind: type, how: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {kind.__name__} of fastemb, not {short(value)}: {how}")


def _sklearn(part: str) -> ModuleType:
    return _imported(f"sklearn.{part}", "scikit-learn")


def _scipy(name: str) -> ModuleType:
    return _imported(name, "SciPy")


def _imported(name: str, package: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"this needs {package}: pip install 'fastemb[graph]' ({error})") from None
