"""Matrices with a row for each node of a graph, and how they are trained on its walks."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..train.matrices import Matrix, gathered
from ..train.run import Run
from ..train.sampling import Tables, huffman_paths
from ..train.schedule import Schedule, block_words, flops_per_word
from ..train.task import Task
from ..train.weights import Rows, Weights, fresh_inputs, grown_inputs
from .graph import Graph
from .parameters import GraphParameters
from .rows import Ints
from .walks import WalkTokens, visit_counts


@dataclass
class _Held:
    """Input vectors, and a factor on the change of each; see `Weights.lock_factors`."""

    vectors: Matrix
    vectors_lockf: NDArray[np.float32]


@dataclass(eq=False)
class GraphCore:
    """What a graph model knows.

    Attributes:
        parameters: By which it learns.
        nodes: The nodes, by row.
        counts: How often walks come to each, int64 (nodes).
        weights: What was learned.
        tokens: The walks to train on; None once that has ended.
        kept_outputs: Output vectors of known nodes that are to stay as they were, in the order of all; or None.
    """

    parameters: GraphParameters
    nodes: Sequence[Hashable]
    counts: NDArray[np.int64]
    weights: Weights
    tokens: WalkTokens | None = None
    kept_outputs: Matrix | None = None

    @classmethod
    def fresh(cls, parameters: GraphParameters, graph: Graph) -> Self:
        """One that has learned nothing."""
        settings, tokens = parameters.settings(), _tokens(parameters, graph, None)
        counts = visit_counts(tokens.graph, tokens.walks, None, settings.workers)
        weights = Weights(Rows(fresh_inputs(len(graph), settings)))
        weights.start_outputs(len(graph), settings)
        return cls(parameters, graph.nodes, counts, weights, tokens)

    def grown(self, parameters: GraphParameters, graph: Graph, *, freeze: bool) -> GraphCore:
        """A copy in the order of a graph with these nodes and perhaps others, to be trained on walks from the others.

        Raises:
            ValueError: a node is missing in the graph, or matrices are of other settings.
        """
        settings = parameters.settings()
        self.weights.require(settings)
        if self.vectors.shape[1] != settings.vector_size:
            raise ValueError("vector_size was changed: call fit")
        index = {node: row for row, node in enumerate(self.nodes)}
        rows = np.array([index.pop(node, -1) for node in graph.nodes], np.int64)
        if index:
            raise ValueError(
                f"the graph lacks {len(index):,} nodes of the model, such as {next(iter(index))!r}: give all of it"
            )
        new = np.flatnonzero(rows < 0)
        if len(new) and self.weights.syn1 is not None:
            raise ValueError("the tree of hierarchical softmax does not grow: call fit, or use negatives alone (hs=0)")
        order = np.concatenate([np.arange(len(self.nodes)), new])  # of the copies below: known rows, then new ones
        rows[new] = len(self.nodes) + np.arange(len(new))
        inputs = gathered(grown_inputs(self.vectors, len(order), settings.seed), rows)
        weights = Weights(Rows(inputs), self.weights.syn1neg, self.weights.syn1, self.weights.epochs_trained)
        weights.grow_outputs(len(order))
        if weights.syn1neg is not None:
            weights.syn1neg = gathered(weights.syn1neg, rows)
        tokens = _tokens(parameters, graph, new.astype(np.int32) if len(new) else None)
        counts = np.ones(len(rows), np.int64)
        known = rows < len(self.nodes)
        counts[known] = self.counts[rows[known]]
        counts += visit_counts(tokens.graph, tokens.walks, tokens.starts, settings.workers) * bool(len(new))
        made = GraphCore(parameters, graph.nodes, counts, weights, tokens)
        if len(new) and freeze:
            made.freeze_all_but(new)
            if parameters.takes_mean and weights.syn1neg is not None:
                made.kept_outputs = weights.syn1neg.copy()
        return made

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "tokens": None, "kept_outputs": None}

    @property
    def vectors(self) -> Matrix:
        """Input vectors, (nodes, vector_size)."""
        return self.weights.holder.vectors

    def node_vectors(self) -> Matrix:
        """What nodes are known by, (nodes, vector_size): the input vectors, or a new matrix of means, read-only."""
        outputs = self.weights.syn1neg
        if outputs is None or not self.parameters.takes_mean:
            return self.vectors
        means: Matrix = np.add(self.vectors, outputs)
        means *= 0.5
        means.flags.writeable = False  # a change would not reach what is trained and saved
        return means

    @property
    def words(self) -> int:
        """Places of nodes in the walks of a pass."""
        assert self.tokens is not None
        return self.tokens.walks.count(self.tokens.graph, self.tokens.starts) * self.tokens.walks.walk_length

    def task(self, *, want_loss: bool) -> Task:
        """What a run over the walks trains."""
        settings, tokens = self.parameters.settings(), self.tokens
        assert tokens is not None
        paths = huffman_paths(self.counts) if settings.hs else None
        return Task(settings, tokens, Tables.of(self.counts, settings, paths), self.weights, want_loss)

    def run(self) -> Run:
        """A run over all passes that has not begun; its blocks are of whole walks."""
        settings, length = self.parameters.settings(), self.parameters.walk_length
        block = max(1, block_words(self.words, flops_per_word(settings)) // length) * length
        schedule = Schedule(settings.alpha, settings.min_alpha, settings.epochs * self.words)
        return Run(settings.epochs, self.words, block, settings.seed, schedule)

    def restore_outputs(self) -> None:
        """Give known nodes the output vectors back that walks from new nodes have changed.

        A new node receives the mean of those of its known neighbours: its own has met few walks, as none begin at
        others, and would not fit theirs.
        """
        outputs, before = self.weights.syn1neg, self.kept_outputs
        if before is None or outputs is None or self.tokens is None or self.tokens.starts is None:
            return
        known = np.ones(len(self.nodes), bool)
        known[self.tokens.starts] = False
        outputs[known] = before[known]
        rows = self.tokens.rows
        for node in self.tokens.starts.tolist():
            entries = slice(rows.offsets[node], rows.offsets[node + 1])
            near = rows.neighbours[entries]
            chosen = known[near]
            if chosen.any():
                weights = None if rows.weights is None else rows.weights[entries][chosen]
                outputs[node] = np.average(before[near[chosen]], axis=0, weights=weights)

    def take_up(self, graph: Graph, starts: Ints | None, *, freeze: bool) -> None:
        """Go on with the walks of a checkpoint: the graph again, and where they begin.

        Raises:
            ValueError: the graph has other nodes.
        """
        if len(graph) != len(self.nodes) or list(graph.nodes) != list(self.nodes):
            raise ValueError("the nodes are others")
        self.tokens = _tokens(self.parameters, graph, starts)
        if freeze and starts is not None:
            self.freeze_all_but(starts)

    def freeze_all_but(self, rows: NDArray[Any]) -> None:
        """Let input vectors of these rows alone change."""
        factors = np.zeros(len(self.nodes), np.float32)
        factors[rows] = 1
        self.weights.holder = _Held(self.vectors, factors)


def _tokens(parameters: GraphParameters, graph: Graph, starts: Ints | None) -> WalkTokens:
    walks = parameters.walks()
    rows = graph._walkable(second_order=walks.is_second_order)
    return WalkTokens(rows, walks, starts, graph._rows(), graph.directed)
