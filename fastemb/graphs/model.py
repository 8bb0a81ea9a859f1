"""DeepWalk and node2vec: vectors of nodes, learned from random walks that each training thread makes for itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import flag, warn
from ..corpus.messages import short
from ..estimator import Estimator
from ..io.atomic import StrPath
from ..io.paths import AnyPath
from ..items.watcher import Watcher
from ..models.callbacks import StopTraining
from ..models.training import alone_with, checked_callbacks
from ..signals import Allowed, Deferred
from ..train.progress import checked_progress, make_progress
from ..train.training import NO_EPOCHS
from ..vectors import KeyedVectors
from .core import GraphCore
from .graph import Graph, warn_of_isolated
from .model_file import read_model, require_storable, write_model
from .names import MODELS
from .parameters import GraphParameters

Floats = NDArray[np.float32]


class WalkModel(Estimator):
    """What `Node2Vec` and `DeepWalk` share: all but their parameters."""

    _other_names = MODELS
    _fixed: ClassVar[dict[str, Any]] = {}
    """Parameters of `GraphParameters` that the model does not have, and what they are."""

    callbacks: Sequence[Any]
    compute_loss: bool
    progress: bool | None

    def _begin(self) -> None:
        self._trained: GraphCore | None = None
        self._loss = 0.0

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` was called."""
        return self._trained is not None

    def __repr__(self) -> str:
        made = self._made()
        return made if self._trained is None else f"{made}, fitted: {len(self._trained.nodes):,} nodes"

    # ---- learning ----

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803
        """Learn from scratch.

        If it fails or is interrupted, as by Ctrl-C, the model stays as it was. A callback that raises `StopTraining`
        ends it and keeps what was learned.

        Args:
            X: A `Graph`; or a graph of networkx, a sparse matrix of SciPy, or edges, as `Graph.from_networkx`,
                `Graph.from_csr` and `Graph.from_edges` take them.
            y: Not used.

        Raises:
            ValueError: a parameter makes no sense, or the graph has no edge.
            TypeError: a parameter is of another type, or ``X`` is no graph.
            RuntimeError: another thread trains the model, or a callback calls this.
            FloatingPointError: training diverged: lower ``alpha``.
        """
        parameters = self._parameters()
        graph = _graph_of(X)
        require_storable(graph.nodes)
        warn_of_isolated(graph)
        with Deferred(), alone_with(self, trains=True):
            self._learn(lambda: GraphCore.fresh(parameters, graph), parameters.epochs)
        return self

    @names_arguments(MODELS)
    def partial_fit(self, X: Any, y: Any = None, *, freeze: bool = True) -> Self:  # noqa: N803
        """Learn nodes that have joined the graph, from walks that begin at them, or learn on where none has.

        Args:
            X: The graph as it is now, with all nodes that the model knows; as in `fit`.
            y: Not used.
            freeze: Whether vectors of nodes that are known stay as they are. Without new nodes they are trained on.

        Raises:
            ValueError: as in `fit`; a node of the model is missing in the graph; or ``hs=1``, whose tree does not grow.
            TypeError: as in `fit`.
            RuntimeError: as in `fit`.
            FloatingPointError: as in `fit`.
        """
        known = self._trained
        if known is None:
            return self.fit(X)
        parameters, graph = self._parameters(), _graph_of(X)
        require_storable(graph.nodes)
        keep = bool(flag("freeze", freeze))
        with Deferred(), alone_with(self, trains=True):
            self._learn(lambda: known.grown(parameters, graph, freeze=keep), parameters.epochs)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Floats:  # noqa: N803
        """`fit`, and the vectors of all nodes in the order of the graph: float32 (nodes, vector_size)."""
        return self.fit(X)._known().vectors.copy()

    def transform(self, nodes: Iterable[Hashable]) -> Floats:
        """The vectors of nodes: float32 (nodes, vector_size).

        Raises:
            KeyError: a node is unknown.
        """
        vectors: Floats = self.wv[list(nodes)]
        return vectors

    def _parameters(self) -> GraphParameters:
        names = GraphParameters.declared()
        given = {name: value for name, value in self.get_params().items() if name in names}
        return GraphParameters(**{**self._fixed, **given}).checked()

    def _learn(self, make: Callable[[], GraphCore], epochs: int) -> None:
        before = self._trained, self._loss
        with Allowed():
            callbacks, want_loss = checked_callbacks(self.callbacks), bool(flag("compute_loss", self.compute_loss))
            progress = checked_progress(self.progress)
            core = make()

        def show(watcher: Watcher) -> None:
            self._trained, self._loss = core, watcher.loss
            self._wv = None

        watcher = Watcher(make_progress(progress, epochs * core.words), callbacks, self, show)
        try:
            with Allowed():
                with suppress(StopTraining):
                    watcher.train_begins()
                    core.train(watcher, want_loss=want_loss)
                show(watcher)
                with suppress(StopTraining):
                    watcher.train_ends()
        except BaseException:
            self._trained, self._loss = before
            self._wv = None
            raise
        finally:
            watcher.close()
            core.tokens = None  # and so the graph
        if not epochs:
            warn(NO_EPOCHS)

    # ---- what was learned ----

    _wv: KeyedVectors | None = None

    @property
    def wv(self) -> KeyedVectors:
        """Vectors by node, in the order of the graph; the attribute "count" tells how often walks came to each."""
        known = self._known()
        if self._wv is None:
            self._wv = KeyedVectors._from_arrays(list(known.nodes), known.vectors, known.counts.copy())
        return self._wv

    def get_latest_training_loss(self) -> float:
        """The sum of the loss over all epochs of the latest `fit`, with ``compute_loss``; else 0."""
        return self._loss

    def _known(self) -> GraphCore:
        if self._trained is None:
            raise self._not_fitted()
        return self._trained

    # ---- files ----

    def save(self, path: StrPath) -> None:
        """Write the model to a safetensors file, whole or not at all; `KeyedVectors.load` reads its vectors, too.

        Raises:
            ValueError: the model is not fitted.
            TypeError: a node is of a kind that no file holds.
            OSError: the file cannot be written.
        """
        write_model(path, type(self).__name__, self._saved_params(), self._known())

    @classmethod
    def load(cls, path: AnyPath) -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: the file holds no such model, or is damaged.
            OSError: it cannot be read.
        """
        params, core = read_model(path, cls.__name__, cls._parameter_names(), cls._fixed)
        made = cls(**params)
        made._trained = core
        return made

    def _saved_params(self) -> dict[str, Any]:
        return {name: value for name, value in self.get_params().items() if name not in ("callbacks", "progress")}


class Node2Vec(WalkModel):
    """Vectors of nodes, learned from biased random walks.

    Grover and Leskovec 2016, "node2vec: scalable feature learning for networks". Walks are sentences, and nodes are
    words of skip-gram. Every thread makes the walks that it trains on; none is stored, and none comes twice: each pass
    makes its own. Walks depend on ``random_state`` alone, never on the number of threads.

    Args:
        vector_size: Length of the vectors.
        walk_length: Nodes of a walk.
        num_walks: Walks from each node in a pass.
        p: Return parameter: the edge back to the node before weighs 1/p. Small ones keep walks near.
        q: In-out parameter: edges that lead away from the node before weigh 1/q. Small ones lead walks far.
        window: Nodes of a walk on either side that are contexts.
        restart: Probability of each step to lead back to where the walk began.
        epochs: Passes, each with walks of its own.
        negative: Negatives drawn at once; 0: none.
        hs: 1 for hierarchical softmax, beside negatives or alone with ``negative=0``.
        ns_exponent: Negatives are drawn by how often walks come to a node, to the power of this.
        alpha: Learning rate at the start; it falls linearly to ``min_alpha``.
        min_alpha: Learning rate at the end.
        random_state: Seed of everything random: a number, a NumPy generator, or None to pick one. With ``workers=1``
            the same number gives the same bits.
        workers: Threads; None (default) or -1 uses every CPU available.
        progress: True or False; None (default) shows progress in a notebook, and when standard error is a terminal.
        callbacks: Objects with any of on_train_begin, on_epoch_begin, on_epoch_end, on_train_end, each taking the
            model. One that raises `StopTraining` ends the training, and what was learned stays.
        compute_loss: Add up the loss; see `get_latest_training_loss`.

    Attributes:
        wv: Vectors by node, in the order of the graph.

    It follows scikit-learn's conventions (parameters are checked by ``fit``, not before), without needing it.
    """

    @names_arguments(MODELS)
    def __init__(
        self,
        vector_size: int = 128,
        walk_length: int = 80,
        num_walks: int = 10,
        p: float = 1.0,
        q: float = 1.0,
        window: int = 10,
        restart: float = 0.0,
        epochs: int = 1,
        negative: int = 5,
        hs: int = 0,
        ns_exponent: float = 0.75,
        alpha: float = 0.025,
        min_alpha: float = 0.0001,
        random_state: Any = 1,
        workers: int | None = None,
        progress: bool | None = None,
        *,
        callbacks: Sequence[Any] = (),
        compute_loss: bool = False,
    ) -> None:
        self.vector_size = vector_size
        self.walk_length = walk_length
        self.num_walks = num_walks
        self.p = p
        self.q = q
        self.window = window
        self.restart = restart
        self.epochs = epochs
        self.negative = negative
        self.hs = hs
        self.ns_exponent = ns_exponent
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.random_state = random_state
        self.workers = workers
        self.progress = progress
        self.callbacks = callbacks
        self.compute_loss = compute_loss
        self._begin()


class DeepWalk(WalkModel):
    """Vectors of nodes, learned from uniform random walks with hierarchical softmax.

    Perozzi, Al-Rfou and Skiena 2014, "DeepWalk: online learning of social representations". With weights, walks take
    heavy edges more often. What is said of walks at `Node2Vec` holds here, too.

    Args:
        vector_size: Length of the vectors.
        walk_length: Nodes of a walk.
        num_walks: Walks from each node in a pass.
        window: Nodes of a walk on either side that are contexts.
        epochs: Passes, each with walks of its own.
        alpha: Learning rate at the start; it falls linearly to ``min_alpha``.
        min_alpha: Learning rate at the end.
        random_state: Seed, as in `Node2Vec`.
        workers: Threads; None (default) or -1 uses every CPU available.
        progress: As in `Node2Vec`.
        callbacks: As in `Node2Vec`.
        compute_loss: Add up the loss; see `get_latest_training_loss`.

    Attributes:
        wv: Vectors by node, in the order of the graph.
    """

    _fixed: ClassVar[dict[str, Any]] = {"hs": 1, "negative": 0}

    @names_arguments(MODELS)
    def __init__(
        self,
        vector_size: int = 128,
        walk_length: int = 40,
        num_walks: int = 80,
        window: int = 10,
        epochs: int = 1,
        alpha: float = 0.025,
        min_alpha: float = 0.0001,
        random_state: Any = 1,
        workers: int | None = None,
        progress: bool | None = None,
        *,
        callbacks: Sequence[Any] = (),
        compute_loss: bool = False,
    ) -> None:
        self.vector_size = vector_size
        self.walk_length = walk_length
        self.num_walks = num_walks
        self.window = window
        self.epochs = epochs
        self.alpha = alpha
        self.min_alpha = min_alpha
        self.random_state = random_state
        self.workers = workers
        self.progress = progress
        self.callbacks = callbacks
        self.compute_loss = compute_loss
        self._begin()


def _graph_of(data: Any) -> Graph:
    """A graph of what `WalkModel.fit` takes.

    Raises:
        ValueError: it has no edge.
        TypeError: it is no graph.
    """
    if isinstance(data, Graph):
        return data
    if hasattr(data, "tocsr"):
        return Graph.from_csr(data)
    if hasattr(data, "is_directed"):
        return Graph.from_networkx(data)
    if isinstance(data, WalkModel):
        raise TypeError(f"X must be a graph, not the model {short(data)}")
    return Graph.from_edges(data)
