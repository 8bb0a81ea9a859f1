"""Items and nodes of a graph: how good is what several nodes of a cluster learn, beside one machine?

Nodes are within this process, as in `bench.scale`. ``gowalla`` trains Item2Vec on baskets of places and prints
recall@20 and ndcg@20 of those held out; ``blogcatalog`` trains node2vec, with the settings of PecanPy, and prints
micro-F1 and
macro-F1 of classes, means of ``--splits`` with half of the nodes to train on. 0 nodes are one machine.

    python -m bench.scale_tasks gowalla --data DIR --set epochs=10 --nodes 0 2 4 8
    python -m bench.scale_tasks blogcatalog --edges FILE --labels FILE --nodes 0 2 4 8
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bench.graphs import SETTINGS, settings_of
from bench.items import K, gowalla
from bench.scale import within
from fastemb import Graph, Item2Vec, Node2Vec, scale
from fastemb.graphs import classify_nodes, read_labels
from fastemb.items import evaluate
from fastemb.scale import fitting


def fitted(model: Any, data: Any, nodes: int, rounds: int | None) -> Any:
    """The model, fitted by so many nodes, or by this machine alone."""
    if not nodes:
        return model.fit(data)
    return scale.fit(model, data, address="here", nodes=nodes, workers_per_node=1, rounds=rounds)


def items(options: argparse.Namespace) -> None:
    """Print a line for each number of nodes."""
    train, test = gowalla(options.data)
    for nodes in options.nodes:
        model = Item2Vec(workers=1, progress=False, random_state=1, **settings_of(options.set))
        found = evaluate(fitted(model, train, nodes, options.rounds), train, test, K).model
        print(f"{nodes} nodes: recall@{K} {found['recall']:.4f}  ndcg@{K} {found['ndcg']:.4f}", flush=True)


def graph(options: argparse.Namespace) -> None:
    """Print a line for each number of nodes."""
    edges, labels = Graph.from_file(options.edges), read_labels(options.labels)
    for nodes in options.nodes:
        model = Node2Vec(**SETTINGS | settings_of(options.set), workers=1, progress=False)
        vectors = fitted(model, edges, nodes, options.rounds).wv
        print(f"{nodes} nodes: {classify_nodes(vectors, labels, splits=options.splits)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("gowalla", "blogcatalog"))
    parser.add_argument("--data", type=Path, help="of gowalla: the folder of train.txt and test.txt")
    parser.add_argument("--edges", help="of blogcatalog: a file")
    parser.add_argument("--labels", help="and of its labels")
    parser.add_argument("--nodes", type=int, nargs="+", default=[0, 2, 4, 8])
    parser.add_argument("--rounds", type=int, help="of an epoch (6 a node)")
    parser.add_argument("--set", default="", help="settings of the model: A=1,B=2")
    parser.add_argument("--splits", type=int, default=10)
    options = parser.parse_args()
    fitting.OnRay = within  # type: ignore[assignment, misc]
    items(options) if options.what == "gowalla" else graph(options)


if __name__ == "__main__":
    main()
