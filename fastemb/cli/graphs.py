"""``fastemb graph``: vectors of nodes from a list or table of edges."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import suppress

from ..corpus.inputs import UTF8
from ..graphs import DeepWalk, Graph, Node2Vec, classify_nodes, predict_links, read_labels, split_links
from ..graphs.model import WalkModel
from ..graphs.model_file import require_storable
from ..graphs.parameters import GraphParameters
from ..graphs.walks import Walks
from ..io.atomic import atomic_write
from ..io.pack import packed, split_packing
from ..signals import slices
from ..vectors import KeyedVectors
from .fields import add_fields, fields_of
from .learning import learn_and_save
from .outputs import check_writable, save_output
from .saying import add_quiet, progress_of, say
from .settings import add_settings, settings_of
from .values import STDOUT, Commands, file_path, positive, vectors_path
from .vectors_read import add_vectors, vectors_of

_MODELS: dict[str, Callable[..., WalkModel]] = {"node2vec": Node2Vec, "deepwalk": DeepWalk}
_SETTINGS = dict.fromkeys(GraphParameters.declared())
_WALKS = {name: None for name in Walks.declared() if name != "seed"}
_LINES = 1 << 14  # walks that are written at once


def add_graph(parser: argparse.ArgumentParser) -> None:
    """Add ``graph`` with its commands."""
    parser.description = "Learn vectors of the nodes of a graph from random walks, and judge them."
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_train, _add_walks, _add_eval):
        add(parts)


def _add_edges(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "edges",
        type=file_path,
        help="text with two nodes a line and perhaps a weight, parted by white space, also compressed; with --source "
        "and --target a CSV or Parquet table; or a graph that Graph.save wrote",
    )
    _add_edge_options(parser)
    parser.add_argument("--encoding", metavar="NAME", default=UTF8, help="of the text (%(default)s)")


def _add_edge_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("edges")
    group.add_argument("--directed", action="store_true", help="an edge leads from the first node to the second only")
    group.add_argument("--source", metavar="NAME", help="column of the nodes that edges begin at")
    group.add_argument("--target", metavar="NAME", help="column of the nodes that they lead to")
    group.add_argument("--weight", metavar="NAME", help="column of the weights")
    add_fields(group)


def _graph(options: argparse.Namespace) -> Graph:
    with suppress(OSError):
        with open(options.edges, "rb") as file:
            is_saved = b'"fastemb.Graph"' in file.read(1 << 16)
        if is_saved:
            return Graph.load(options.edges, mmap="r")
    graph = Graph.from_file(
        options.edges,
        source=options.source,
        target=options.target,
        weight=options.weight,
        **fields_of(options),
        directed=options.directed,
        encoding=options.encoding or UTF8,
    )
    if not getattr(options, "quiet", True):
        say(f"read {graph.num_edges:,} edges of {len(graph):,} nodes")
    return graph


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        choices=tuple(_MODELS),
        default="node2vec",
        help="node2vec, with negatives; or deepwalk: hierarchical softmax, without --p, --q, --restart, --negative, "
        "--hs, --ns-exponent and --combine, and 80 walks of 40 in one pass where these are not given (node2vec)",
    )
    group = parser.add_argument_group("model")
    add_settings(group, GraphParameters, _SETTINGS)
    parser.set_defaults(**_SETTINGS)  # None: not given, and the model's own default holds
    add_quiet(parser, "results and errors")


def _model(options: argparse.Namespace) -> WalkModel:
    """The model as it is asked for, checked before anything is read."""
    kind = _MODELS[options.model]
    known = kind().get_params()
    given = {name: value for name, value in settings_of(options, _SETTINGS).items() if value is not None}
    for name in given:
        if name not in known:
            raise ValueError(f"--{name.replace('_', '-')} is not for --model {options.model}")
    model = kind(**given, progress=progress_of(options))
    model._parameters()
    return model


def _add_train(commands: Commands) -> None:
    parser = commands.add_parser(
        "train",
        help="learn vectors of nodes",
        description="Learn vectors of nodes. Ctrl-C, SIGTERM and SIGHUP end the training and save what was learned.",
    )
    _add_edges(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=vectors_path,
        required=True,
        help="where to save vectors; - is text on standard output",
    )
    parser.add_argument("--save-model", type=file_path, metavar="FILE", help="where to save the whole model, to go on")
    _add_model(parser)
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    check_writable([options.edges], options.save_model, vectors=options.output)
    model = _model(options)
    graph = _graph(options)
    require_storable(graph.nodes)
    return learn_and_save(lambda: model.fit(graph), model.__sklearn_is_fitted__, lambda: _save(model, options))


def _save(model: WalkModel, options: argparse.Namespace) -> None:
    save_output(model.wv, options.output)
    if options.save_model is not None:
        model.save(options.save_model)
    if not options.quiet and options.output != STDOUT:
        say(f"saved vectors of {len(model.wv):,} nodes to {options.output}")


def _add_walks(commands: Commands) -> None:
    parser = commands.add_parser(
        "walks", help="write random walks as text", description="Write random walks as text, a walk a line."
    )
    _add_edges(parser)
    parser.add_argument(
        "-o", "--output", type=file_path, default=STDOUT, help="the file, also .gz, .bz2, .xz or .zst (standard output)"
    )
    group = parser.add_argument_group("walks")
    add_settings(group, Walks, _WALKS)
    group.add_argument("--seed", type=int, default=1, metavar="N", help="of all random draws (1)")
    group.add_argument("--workers", type=positive, metavar="N", help="threads (default: all CPUs)")
    parser.set_defaults(run=_walks)


def _walks(options: argparse.Namespace) -> int:
    check_writable([options.edges], text=options.output)
    asked = settings_of(options, _WALKS)
    Walks(**asked, seed=options.seed).checked()
    graph = _graph(options)
    rows = graph.walks(**asked, seed=options.seed, workers=options.workers)
    names = [str(node).encode() for node in graph.nodes]
    if any(not name or name.split() != [name] for name in names):
        wrong = next(name for name in names if not name or name.split() != [name])
        raise ValueError(f"the node {wrong.decode()!r} has white space in it, which parts nodes in text")

    def lines(part: slice) -> bytes:
        return b"".join(b" ".join(names[node] for node in row if node >= 0) + b"\n" for row in rows[part].tolist())

    if options.output == STDOUT:
        for part in slices(len(rows), _LINES):
            sys.stdout.buffer.write(lines(part))
        return 0
    with atomic_write(options.output) as raw, packed(raw, split_packing(options.output)[1]) as file:
        for part in slices(len(rows), _LINES):
            file.write(lines(part))
    return 0


def _add_eval(commands: Commands) -> None:
    parser = commands.add_parser(
        "eval",
        help="score vectors of nodes by labels, or settings by edges that are held out",
        description="With --labels: predict labels of nodes from a file of vectors. With --links: hold out edges of a "
        "graph, train on the rest, and tell them from pairs of nodes that no edge joins. Both need scikit-learn.",
    )
    add_vectors(parser, "vectors", nargs="?")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--labels", type=file_path, metavar="FILE", help="text with a node a line, and its labels after it"
    )
    how.add_argument("--links", dest="edges", type=file_path, metavar="EDGES", help="as 'graph train' takes them")
    group = parser.add_argument_group("labels")
    group.add_argument("--train", type=float, metavar="X", default=0.5, help="share of nodes to train on (%(default)s)")
    group.add_argument("--splits", type=positive, metavar="N", default=10, help="random splits (%(default)s)")
    group = parser.add_argument_group("links")
    group.add_argument("--share", type=float, metavar="X", default=0.5, help="share of edges to hold out (%(default)s)")
    _add_edge_options(parser)
    parser.add_argument("--split-seed", type=int, metavar="N", default=0, help="seed of the splits (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    _add_model(parser)
    parser.set_defaults(run=_eval)


def _eval(options: argparse.Namespace) -> int:
    if options.labels is not None:
        if options.vectors is None:
            raise ValueError("name the file of vectors to score: fastemb graph eval VECTORS --labels FILE")
        for name in ("directed", "source", "target", "weight", "columns", "sep"):
            if getattr(options, name):
                raise ValueError(f"--{name} is for --links: it says how edges are read")
        vectors: KeyedVectors = vectors_of(options, options.vectors)
        labels = read_labels(options.labels)
        scores = classify_nodes(vectors, labels, train=options.train, splits=options.splits, seed=options.split_seed)
        print(json.dumps(scores.to_dict()) if options.json else scores)
        return 0
    if options.vectors is not None:
        raise ValueError("--links trains vectors of its own: leave the file of vectors out")
    model = _model(options)
    split = split_links(_graph(options), options.share, seed=options.split_seed)
    links = predict_links(model.fit(split.graph).wv, split)
    print(json.dumps(links.to_dict()) if options.json else links)
    return 0
