"""DeepWalk and node2vec: vectors of nodes, learned from random walks that each training thread makes for itself."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import flag
from ..corpus.messages import short
from ..estimator import Estimator
from ..io.atomic import StrPath
from ..io.paths import AnyPath, local_path
from ..models.fitting import Standing, learn
from ..models.training import SavesCheckpoints, alone_with
from ..signals import Allowed, Deferred
from ..summary import table
from ..threads import checked_workers, thread_count
from ..train.checkpoint import Target, Text, mark_of
from ..train.history import Row
from ..train.run import Run
from ..vectors import KeyedVectors
from .core import GraphCore
from .graph import Graph, warn_of_isolated
from .held_out import held_out_loss
from .lesson import GraphLesson
from .model_file import read_model, require_storable, write_model
from .names import MODELS
from .parameters import GraphParameters

Floats = NDArray[np.float32]


class WalkModel(SavesCheckpoints, Estimator):
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
        self._history: list[Row] = []

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` was called."""
        return self._trained is not None

    def __repr__(self) -> str:
        made = self._made()
        return made if self._trained is None else f"{made}, fitted: {len(self._trained.nodes):,} nodes"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        core = self._trained
        rows = {"parameters": self._changed() or "the defaults"}
        if core is None:
            return table(type(self).__name__, rows | {"fitted": "not yet"}, {})
        rows["fitted"] = f"{len(core.nodes):,} nodes, {core.weights.holder.vectors.shape[1]:,} dimensions"
        return table(type(self).__name__, rows, {"first nodes": core.nodes})

    # ---- learning ----

    @names_arguments(MODELS)
    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any = None,
        *,
        checkpoint: AnyPath | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> Self:
        """Learn from scratch.

        If it fails or is interrupted, as by Ctrl-C, the model stays as it was. A callback that raises `StopTraining`
        ends it and keeps what was learned.

        Args:
            X: A `Graph`; or a graph of networkx, a sparse matrix of SciPy, or edges, as `Graph.from_networkx`,
                `Graph.from_csr` and `Graph.from_edges` take them.
            y: Not used.
            checkpoint: A file to which all that `resume` needs besides the graph is written before, during and after
                training. It is a whole checkpoint at any time, and `load` reads it as a model.
            checkpoint_every: How often: a time, such as "30s" or "1.5min", a number of nodes of walks, such as
                "1000000w", or a timedelta. Default None: every 10 minutes, and less often where writing takes more than
                6 seconds.

        Raises:
            ValueError: a parameter makes no sense, or the graph has no edge; ``checkpoint`` is a file that would be
                lost.
            OSError: no checkpoint can be written before training begins. A failure later gives a warning.
            TypeError: a parameter is of another type, or ``X`` is no graph.
            RuntimeError: another thread trains the model, or a callback calls this.
            FloatingPointError: training diverged: lower ``alpha``.
        """
        parameters, target = self._parameters(), Target.of(checkpoint, checkpoint_every)
        graph = _graph_of(X)
        require_storable(graph.nodes)
        warn_of_isolated(graph)
        with Deferred(), alone_with(self, trains=True):
            with Allowed():
                core = GraphCore.fresh(parameters, graph)
            self._learn(core, target)
        return self

    @names_arguments(MODELS)
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any = None,
        *,
        freeze: bool = True,
        checkpoint: AnyPath | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> Self:
        """Learn nodes that have joined the graph, from walks that begin at them, or learn on where none has.

        Args:
            X: The graph as it is now, with all nodes that the model knows; as in `fit`.
            y: Not used.
            freeze: Whether vectors of nodes that are known stay as they are. Without new nodes they are trained on.
            checkpoint: As in `fit`.
            checkpoint_every: As in `fit`.

        Raises:
            ValueError: as in `fit`; a node of the model is missing in the graph; or ``hs=1``, whose tree does not grow;
                or rows of ``wv`` were changed by hand.
            TypeError: as in `fit`.
            RuntimeError: as in `fit`.
            FloatingPointError: as in `fit`.
        """
        known = self._trained
        if known is None:
            return self.fit(X, checkpoint=checkpoint, checkpoint_every=checkpoint_every)
        self._require_untouched()
        target = Target.of(checkpoint, checkpoint_every)
        parameters, graph = self._parameters(), _graph_of(X)
        require_storable(graph.nodes)
        warn_of_isolated(graph)
        keep = bool(flag("freeze", freeze))
        with Deferred(), alone_with(self, trains=True):
            with Allowed():
                core = known.grown(parameters, graph, freeze=keep)
            self._learn(core, target, freeze=keep)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Floats:  # noqa: N803
        """`fit`, and the vectors of all nodes in the order of the graph: float32 (nodes, vector_size)."""
        return self.fit(X).wv.vectors.copy()

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

    def _learn(
        self, core: GraphCore, target: Target | None, *, freeze: bool = False, begun: tuple[Run, bool] | None = None
    ) -> None:
        """Train a core, and become it, or stay what this is if that fails. To be called with signals deferred.

        Args:
            core: It has walks to train on.
            target: Where checkpoints go.
            freeze: Whether known nodes stay as they are.
            begun: The run of a checkpoint, to be gone on with, and whether the loss is added up.
        """
        before = self._trained, self._loss, self._history

        def show(loss: float, histories: dict[int, list[Row]]) -> None:
            self._trained, self._loss, self._wv = core, loss, None
            self._history = histories.get(1, [])

        start = None if begun is None else (Standing(0, begun[0].totals.loss), *begun)
        try:
            learn(self, GraphLesson(type(self).__name__, self._saved_params(), core, freeze), show, target, start)
        except BaseException:
            self._trained, self._loss, self._history = before
            self._wv = None
            raise
        finally:
            core.tokens = None  # and so the graph

    @classmethod
    @names_arguments()
    def resume(
        cls,
        path: AnyPath,
        X: Any = None,  # noqa: N803
        *,
        workers: int | None = None,
        callbacks: Sequence[Any] = (),
        progress: bool | None = None,
        checkpoint_every: str | timedelta | None = None,
    ) -> Self:
        """Go on with `fit` or `partial_fit` from a checkpoint, to its end.

        With one worker the model has the same bits as one whose training never stopped. More checkpoints are written
        to the same file on the way. From one that was written when training had ended nothing is left to do.

        Args:
            path: A file that ``checkpoint`` of `fit`, or `save_checkpoint`, wrote.
            X: The same graph again, as in `fit`; a checkpoint does not hold it.
            workers: Threads; -1 uses every CPU available. Default None: as many as before.
            callbacks: As in the class. ``on_train_begin`` is called again, ``on_epoch_begin`` only of epochs that had
                not begun.
            progress: As in the class.
            checkpoint_every: As in `fit`. Default None: as before.

        Returns:
            The model, as `fit` leaves it.

        Raises:
            ValueError: the file is no checkpoint, or damaged; the graph is another one, or is not given.
            TypeError: ``X`` is no graph.
            OSError: the file cannot be read, or its folder is not writable.
            KeyboardInterrupt: after Ctrl-C; the checkpoint stays, and this can be called again.
            FloatingPointError: training diverged.
        """
        path = local_path(path)
        params, core, metadata, starts = read_model(path, cls.__name__, cls._parameter_names(), cls._fixed)
        mark = mark_of(path, metadata)
        made = cls(**params | {"progress": progress, "callbacks": callbacks})
        if workers is not None:
            made.set_params(workers=checked_workers(workers))
            core.parameters.workers = checked_workers(workers)
        target = Target.again(path, mark, checkpoint_every)
        made._trained, made._loss = core, mark.run.totals.loss
        if mark.ended:
            return made
        if X is None:
            raise ValueError(f"{path}: a checkpoint does not hold the graph: give it again, as in resume(path, graph)")
        graph = _graph_of(X)
        freeze = mark.model.get("freeze") is True
        try:
            core.take_up(graph, starts, freeze=freeze)
            mark.text.require(path, Text.of(core.task(want_loss=False)))
        except ValueError:
            raise ValueError(
                f"{path}: this is not the graph of {len(core.nodes):,} nodes that the checkpoint was made with: "
                "give the same one, with its nodes in the same order"
            ) from None
        with Deferred(), alone_with(made, trains=True):
            made._learn(core, target, freeze=freeze, begun=(mark.run, bool(flag("compute_loss", made.compute_loss))))
        return made

    # ---- what was learned ----

    _wv: KeyedVectors | None = None
    _shown: Floats | None = None  # its vectors, when it was made

    @property
    def wv(self) -> KeyedVectors:
        """Vectors by node, in the order of the graph; the attribute "count" tells how often walks came to each.

        Means of input and output vectors, see ``combine``, are read-only.
        """
        known = self._known()
        if self._wv is None:
            self._shown = known.node_vectors()
            self._wv = KeyedVectors._from_arrays(list(known.nodes), self._shown, known.counts.copy())
        return self._wv

    def _require_untouched(self) -> None:
        """Check that ``wv`` has the rows of the model, whatever is in them.

        Raises:
            ValueError: its rows, keys or counts were changed by hand, which the model does not take over.
        """
        known, shown = self._known(), self._wv
        if shown is None:
            return
        counts = shown.expandos.get("count")
        if (
            shown.vectors is self._shown
            and shown.index_to_key == list(known.nodes)
            and counts is not None
            and np.array_equal(counts, known.counts)
        ):
            return
        raise ValueError(
            "the rows, keys or counts of model.wv were changed by hand, which the model does not take over: change a "
            "copy, copy.deepcopy(model.wv), and save that by its own method save"
        )

    @names_arguments(MODELS)
    def held_out_loss(self, X: Any, *, workers: int | None = None) -> float:  # noqa: N803
        """The loss on walks through a graph that is not learned from, such as one of edges that were left out.

        The mean of -log sigmoid over all pairs of nodes in walks by the model's parameters, in float64: a model that
        has learned nothing has log 2 = 0.693. What is drawn depends on ``random_state`` alone, so two calls measure the
        same. Of graphs of many nodes fewer walks are made, as many as tell the loss well. Nothing is learned.

        Args:
            X: A graph, as in `fit`.
            workers: Threads; default: the model's.

        Raises:
            ValueError: the model lacks a node; no walk has two nodes; the graph has no edge.
            TypeError: this is no graph.
            FloatingPointError: a score is no finite number.
            RuntimeError: another thread trains the model.
        """
        threads = thread_count(self._parameters().settings().workers if workers is None else workers)
        known, graph = self._known(), _graph_of(X)
        with Deferred(), alone_with(self, trains=False), Allowed():
            return held_out_loss(known, graph, threads)

    def get_latest_training_loss(self) -> float:
        """The sum of the loss over all epochs of the latest `fit`, with ``compute_loss``; else 0."""
        return self._loss

    @property
    def history(self) -> list[Row]:
        """How the latest `fit` or `partial_fit` went, as `Word2Vec.history`. It is not saved."""
        return self._history

    def _known(self) -> GraphCore:
        if self._trained is None:
            raise self._not_fitted()
        return self._trained

    # ---- files ----

    def save(self, path: StrPath) -> None:
        """Write the model to a safetensors file, whole or not at all; `KeyedVectors.load` reads its vectors, too.

        Raises:
            ValueError: the model is not fitted; or rows of ``wv`` were changed by hand.
            TypeError: a node is of a kind that no file holds.
            OSError: the file cannot be written.
        """
        self._require_untouched()
        write_model(path, type(self).__name__, self._saved_params(), self._known())

    @classmethod
    def load(cls, path: AnyPath) -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: the file holds no such model, or is damaged.
            OSError: it cannot be read.
        """
        params, core, _, _ = read_model(path, cls.__name__, cls._parameter_names(), cls._fixed)
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
        q: In-out parameter: edges that lead away from the node before weigh 1/q. Small ones lead walks far. ``p=1,
            q=1`` are uniform walks.
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
        combine: What a node's vector in `wv` is: "mean" of its input and output vector, or "in", its input vector
            alone, as in other libraries. None (default): "mean", and "in" with ``negative=0``, where nodes have no
            output vectors.
        callbacks: Objects with any of on_train_begin, on_epoch_begin, on_epoch_end, on_train_end, each taking the
            model. One that raises `StopTraining` ends the training, and what was learned stays.
        compute_loss: Add up the loss; see `get_latest_training_loss`.
        deterministic: Let the same number give the same bits with any number of ``workers``, in up to twice
            the time; as `Word2Vec`.

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
        p: float = 0.5,
        q: float = 1.0,
        window: int = 10,
        restart: float = 0.0,
        epochs: int = 15,
        negative: int = 5,
        hs: int = 0,
        ns_exponent: float = 0.5,
        alpha: float = 0.025,
        min_alpha: float = 0.0001,
        random_state: Any = 1,
        workers: int | None = None,
        progress: bool | None = None,
        *,
        combine: str | None = None,
        callbacks: Sequence[Any] = (),
        compute_loss: bool = False,
        deterministic: bool = False,
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
        self.combine = combine
        self.callbacks = callbacks
        self.compute_loss = compute_loss
        self.deterministic = deterministic
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
        deterministic: Let the same number give the same bits with any number of ``workers``, in up to twice
            the time; as `Word2Vec`.

    Attributes:
        wv: Vectors by node, in the order of the graph.
    """

    _fixed: ClassVar[dict[str, Any]] = {"hs": 1, "negative": 0, "p": 1.0, "q": 1.0}

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
        deterministic: bool = False,
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
        self.deterministic = deterministic
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
