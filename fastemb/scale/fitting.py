"""The doors: a model that is trained on a cluster, by one call."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

from ..arguments import names_arguments
from ..checks import whole
from ..corpus import Corpus
from ..corpus.arrow import parquet_files
from ..corpus.given import is_table
from ..corpus.inputs import find_inputs
from ..corpus.messages import short
from ..corpus.origin import Origin, origin_of_files
from ..corpus.splitting import TextOptions
from ..graphs import DeepWalk, Node2Vec
from ..graphs.walks import WalkTokens
from ..io.paths import AnyPath, local_path
from ..io.safetensors import read_header
from ..items import Item2Vec
from ..models.fasttext import FastText
from ..models.word2vec import Word2Vec
from ..signals import Deferred
from ..threads import checked_workers
from ..train.checkpoint import Target, mark_of
from ..train.learning import Learning
from ..train.task import CorpusTokens, Task
from ..train.training import elsewhere
from .on_ray import OnRay, ray_module
from .shards import Shard, TableShard, parquet_shards, text_shards
from .spreading import SpreadText, spread_corpus, spread_walks
from .together import Spread, Tally, Together
from .transport import Transport

_PARQUET = (".parquet", ".pq")
Model = TypeVar("Model", Word2Vec, Item2Vec, Node2Vec, DeepWalk)
Trained = TypeVar("Trained")
_MODELS: dict[str, Any] = {one.__name__: one for one in (Word2Vec, FastText, Item2Vec, Node2Vec, DeepWalk)}


@names_arguments({"sentences": "data", "corpus": "data", "corpus_file": "data", "workers": "workers_per_node"})
def fit(
    model: Model,
    data: Any,
    *,
    address: str | None = None,
    nodes: int | None = None,
    workers_per_node: int | None = None,
    rounds: int | None = None,
    column: str | None = None,
    encoding: str = "utf-8",
    unicode_errors: str = "strict",
    lower: bool = False,
    token_pattern: str | re.Pattern[str] | None = None,
    tokenizer: Any = None,
    max_sentence_length: int | None = None,
    callbacks: Sequence[Any] | None = None,
    progress: bool | None = None,
    checkpoint: AnyPath | None = None,
    checkpoint_every: str | timedelta | None = None,
) -> Model:
    """Train a model on the machines of a Ray cluster.

    Every node reads a part of the text, which it keeps, and learns from it. In each of the ``rounds`` of an epoch the
    nodes train, and then merge what they have changed. What is sampled is the same on any number of nodes. With one
    node of one worker the vectors are, to the last bit, those of the model without Ray.

    A node that dies is replaced, and the round that it was in begins anew. Ctrl-C ends the training on all nodes, and
    the model keeps what was learned.

    Args:
        model: One that was made without a corpus, as ``Word2Vec(sg=1, vector_size=300)``. It is trained from scratch.
        data: What it learns from. For `Word2Vec` and `FastText` the path of a text, of a folder or a list of these, as
            for `Corpus.from_file`; of Parquet files (by ``column``); or a dataset of Ray Data (by ``column``). The
            paths must be there on all machines, as on a shared file system or by a URL. Or a `Corpus` or lists of
            words of this process, of which each node is sent a part. For other models what their ``fit`` takes.
        address: "local" for nodes that are processes of this machine; "auto" for the cluster that runs on this machine;
            "HOST:6379" or "ray://HOST:10001" for another. Default None: the cluster that the program is connected to,
            or that the variable RAY_ADDRESS names, or else "auto".
        nodes: How many parts the data have, with a process for each. Default: one for each machine of the cluster.
        workers_per_node: Threads of each. Default: the CPUs of a machine, or their share where it has several nodes.
        rounds: Of an epoch. More of them keep the nodes closer together, and let them exchange more. Default: 6 for
            each node.
        column: Of Parquet files and datasets: which has the text, or lists of words.
        encoding: As for `Corpus.from_file`, like all up to ``max_sentence_length``.
        unicode_errors: What to do with bytes that are not of this encoding.
        lower: Put words in lower case.
        token_pattern: A regular expression whose matches are the words.
        tokenizer: What splits lines. It is sent to the nodes, and so must be one that can be pickled.
        max_sentence_length: Cut longer sentences to so many words.
        callbacks: For `Word2Vec` and `FastText`, as of its ``train``. Others have theirs.
        progress: The same.
        checkpoint: A file from which `resume` goes on, also after this process was killed.
        checkpoint_every: As of the model.

    Returns:
        The same model, trained. Its ``lifecycle_events`` tell what the nodes exchanged.

    Raises:
        ImportError: Ray is not installed, or a node lacks fastemb.
        ConnectionError: no cluster answers at the address.
        ValueError: the cluster is too small; its machines have other versions; a setting makes no sense; what a node
            reads is damaged, which names the node and the file; or there is no word in it.
        OSError: a file is not there on a node.
        TypeError: this is no such model, or nothing that it can learn from.
        FloatingPointError: training diverged.
        RuntimeError: nodes die again and again.
    """
    text = TextOptions(encoding, unicode_errors, lower, token_pattern, tokenizer, max_sentence_length)
    _require_model(model)
    if not isinstance(model, Word2Vec):
        for name, value in {"column": column, "callbacks": callbacks, "progress": progress}.items():
            if value is not None:
                raise ValueError(f"{name} is for text: {type(model).__name__} has its own, or needs none")
        if text != TextOptions():
            raise ValueError(
                f"encoding, lower, token_pattern and the like are for text, not for {type(model).__name__}"
            )
        with _cluster(address, nodes, workers_per_node, rounds) as cluster:
            cluster.train(partial(model.fit, data, checkpoint=checkpoint, checkpoint_every=checkpoint_every))
        return model
    Target.of(checkpoint, checkpoint_every)  # before anything is started
    cut = _cutter(data, column, text.checked())
    with _cluster(address, nodes, workers_per_node, rounds) as cluster:
        corpus = cut(cluster.transport)
        model.build_vocab(corpus)
        given = () if callbacks is None else callbacks
        files: dict[str, Any] = {"checkpoint": checkpoint, "checkpoint_every": checkpoint_every}
        cluster.train(partial(model.train, corpus, callbacks=given, progress=progress, **files))
        cluster.tell(model)
    return model


@names_arguments({"corpus": "data", "workers": "workers_per_node"})
def resume(
    path: AnyPath,
    data: Any = None,
    *,
    address: str | None = None,
    nodes: int | None = None,
    workers_per_node: int | None = None,
    callbacks: Sequence[Any] = (),
    progress: bool | None = None,
    checkpoint_every: str | timedelta | None = None,
) -> Any:
    """Go on with training on a cluster, from a checkpoint that `fit` wrote, to its end.

    A checkpoint that was written between two epochs may come from one machine, or from other numbers of nodes, and a
    model's own ``resume`` can go on from one of a cluster. Within an epoch the nodes must be as many as before.

    Args:
        path: The file.
        data: What the model was trained on. Default None: the files that the checkpoint names.
        address: As in `fit`.
        nodes: Default: as many as before; as in `fit` where the checkpoint is from before the first round.
        workers_per_node: As in `fit`.
        callbacks: As in `fit`, and for every model.
        progress: The same.
        checkpoint_every: Default: as before.

    Returns:
        The model.

    Raises:
        ValueError: the file is no checkpoint; or as in `fit`.
        ImportError: as in `fit`, like all others.
    """
    path = local_path(path)
    metadata = read_header(path)[1]
    mark = mark_of(path, metadata)
    kind = metadata.get("format", "").removeprefix("fastemb.")
    if kind not in _MODELS:
        raise ValueError(f"{path}: a checkpoint of {kind}, which no cluster trains")
    further: dict[str, Any] = {"callbacks": callbacks, "progress": progress, "checkpoint_every": checkpoint_every}
    model = _MODELS[kind]
    if mark.ended:
        return model.resume(path, **further)
    nodes, rounds = mark.run.cut if nodes is None and mark.run.cut else (nodes, None)
    if not issubclass(model, Word2Vec):
        given = () if model is Item2Vec else (data,)
        with _cluster(address, nodes, workers_per_node, rounds) as cluster:
            return cluster.train(partial(model.resume, path, *given, **further))
    cut = _cutter_again(path, mark.origin) if data is None else _cutter(data, None, TextOptions())
    with _cluster(address, nodes, workers_per_node, rounds) as cluster:
        trained = cluster.train(partial(model.resume, path, cut(cluster.transport), **further))
        cluster.tell(trained)
        return trained


# ---- a cluster ----


@dataclass(frozen=True)
class _Cluster:
    """Nodes that models are trained on, in how many rounds of an epoch, and what was counted."""

    transport: Transport
    rounds: int | None
    tally: Tally

    def train(self, work: Callable[[], Trained]) -> Trained:
        """What ``work`` gives; models that it trains learn on the nodes.

        It runs in a copy of the context, which ends with it: a variable that is set and set back would stay set where
        Ctrl-C comes in between.
        """
        context = copy_context()
        context.run(elsewhere.set, self._together)
        return context.run(work)

    def _together(self, task: Learning) -> Together:
        if not isinstance(task, Task):
            raise TypeError("this kind of model is not trained on a cluster")
        return Together(self.transport, task, spread_of(task, self.transport), self.rounds, self.tally)

    def tell(self, model: Word2Vec) -> None:
        """Add to the model's ``lifecycle_events`` what the nodes exchanged."""
        told: dict[str, Any] = self.tally.told()
        model.add_lifecycle_event("trained on a cluster", nodes=self.transport.nodes, **told)


@contextmanager
def _cluster(address: str | None, nodes: int | None, workers: int | None, rounds: int | None) -> Iterator[_Cluster]:
    """Nodes, which are started for a training and ended afterwards."""
    nodes = None if nodes is None else whole("nodes", nodes, 1, 2**16)
    rounds = None if rounds is None else whole("rounds", rounds, 1, 2**31)
    transport = OnRay(address, nodes, checked_workers(workers))
    try:
        yield _Cluster(transport, rounds, Tally())
    finally:
        with Deferred():
            transport.close()


def spread_of(task: Task, transport: Transport) -> Spread:
    """Where the tokens of a task are, on nodes, or how they come there."""
    tokens = task.tokens
    if isinstance(tokens, WalkTokens):
        return spread_walks(tokens, transport)
    assert isinstance(tokens, CorpusTokens)
    if isinstance(tokens.corpus, SpreadText):
        return tokens.corpus.spread()
    return spread_corpus(tokens, transport.nodes)


# ---- what is read ----

Cutter = Callable[[Transport], Any]
"""Makes what a model takes, of the transport to the nodes that read it."""


def _cutter(data: Any, column: str | None, text: TextOptions) -> Cutter:
    if isinstance(data, Corpus):
        _require_no_options(column, text, "a Corpus is encoded already")
        return lambda _: data
    if type(data).__module__.startswith("ray.data"):
        return lambda transport: _of_dataset(data, column, text, transport)
    if _names_files(data):
        paths = [data] if isinstance(data, str | bytes | os.PathLike) else list(data)
        if column is not None or all(os.fsdecode(path).lower().endswith(_PARQUET) for path in paths):
            return lambda transport: _of_parquet(paths, column, text, transport)
        find_inputs(paths)  # what is not there is named before a cluster is started
        return lambda transport: _of_text(paths, text, transport)
    if hasattr(data, "read"):
        raise TypeError("nodes read files by their paths: give a path in place of an open file")
    if is_table(data):
        corpus = Corpus.from_arrow(data, column, **_options(text))
        return lambda _: corpus
    _require_no_options(column, text, "lists of words are split already")
    corpus = Corpus.from_sentences(data)
    return lambda _: corpus


def _cutter_again(path: str, origin: Origin | None) -> Cutter:
    """The same files as before."""
    door = None if origin is None else origin.get("door")
    if origin is None or door not in ("from_file", "from_parquet"):
        raise ValueError(f"{path}: the checkpoint does not know where its text is: give it, as in resume(path, data)")
    options = dict(origin["options"])
    column = options.pop("column", None)
    text = TextOptions(**options)
    if door == "from_file":
        return lambda transport: _of_text(origin["source"], text, transport)
    return lambda transport: _of_parquet(origin["source"], column, text, transport)


def _of_text(paths: Any, text: TextOptions, transport: Transport) -> SpreadText:
    shards = text_shards(paths, text, transport.nodes)
    origin = origin_of_files("from_file", find_inputs(paths), text)
    return SpreadText(transport, shards, _source(paths), origin)


def _of_parquet(paths: Any, column: str | None, text: TextOptions, transport: Transport) -> SpreadText:
    shards = parquet_shards(paths, column, text, transport.nodes)
    column = next((shard.column for shard in shards), column)
    origin = origin_of_files("from_parquet", parquet_files(paths), text, column=column)
    return SpreadText(transport, shards, _source(paths), origin)


def _of_dataset(data: Any, column: str | None, text: TextOptions, transport: Transport) -> SpreadText:
    names = data.schema().names
    if column is None and len(names) == 1:
        column = names[0]
    if column is None or column not in names:
        raise ValueError(f"give column=, one of {', '.join(map(repr, names))}")
    blocks = data.to_arrow_refs()
    cuts = [len(blocks) * node // transport.nodes for node in range(transport.nodes + 1)]
    shards: list[Shard] = [TableShard(_Blocks(blocks[first:last]), column, text) for first, last in pairwise(cuts)]
    return SpreadText(transport, shards, "the dataset", None)


@dataclass(frozen=True)
class _Blocks:
    """Blocks of a dataset of Ray Data, which a node gets when it asks for them."""

    handles: Sequence[Any]

    def __call__(self) -> Iterator[Any]:
        ray = ray_module()
        for handle in self.handles:
            yield ray.get(handle)


def _names_files(data: Any) -> bool:
    if isinstance(data, str | bytes | os.PathLike):
        return True
    if not isinstance(data, list | tuple) or not data:
        return False
    return all(isinstance(one, str | bytes | os.PathLike) for one in data)


def _source(paths: Any) -> str:
    files = find_inputs(paths)
    return files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"


def _options(text: TextOptions) -> dict[str, Any]:
    return {name: value for name, value in vars(text).items() if value != getattr(TextOptions(), name)}


def _require_no_options(column: str | None, text: TextOptions, why: str) -> None:
    given = ["column"] * (column is not None) + list(_options(text))
    if given:
        raise ValueError(f"{why}, so {', '.join(given)} would have no effect")


def _require_model(model: Any) -> None:
    if isinstance(model, type):
        raise TypeError(f"model must be an object, not a class: give {model.__name__}() with its settings")
    if not isinstance(model, tuple(_MODELS.values())):
        raise TypeError(f"model must be one of {', '.join(_MODELS)}, not {short(model)}")
