"""How good is what several nodes learn together, and how much do they exchange?

Skip-gram is trained on a text by one machine, and then by nodes within this process, which take turns: what they learn
is bit for bit what as many nodes of a Ray cluster with one worker each learn (tests/scale holds that), so no cluster is
needed. Seconds would mean nothing here and are not printed; with ``--ray`` nodes are processes of a local cluster.

Printed are analogies (3CosAdd among the 30,000 most frequent words) and Spearman's rho x 100 of pairs of words, means
of the seeds with the least and the most; rounds of an epoch; and what all nodes together send to others in an epoch.

    python -m bench.scale wiki10m.txt --nodes 1 2 4 8 --analogies questions-words.txt \\
        --similarity EN-WS-353-ALL.txt EN-MEN-TR-3k.txt
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from fastemb import KeyedVectors, Word2Vec, scale
from fastemb.evaluate import judge
from fastemb.scale import fitting
from fastemb.scale.on_ray import OnRay
from fastemb.scale.transport import InProcess, Transport

ANSWERS = 30_000  # most frequent words that an analogy's answer is looked for among


def within(address: str | None, nodes: int | None, workers: int | None) -> Transport:
    """Nodes of this process, in place of those of a cluster; what `scale.fit` asks for has an address of "here"."""
    if address != "here":
        return OnRay(address, nodes, workers)
    return InProcess(1 if nodes is None else nodes, 1 if workers is None else workers)


def trained(options: argparse.Namespace, nodes: int, seed: int) -> tuple[KeyedVectors, dict[str, Any]]:
    """The vectors of so many nodes, 0 for none, and what the nodes exchanged."""
    settings: dict[str, Any] = {"sg": 1, "vector_size": options.vector_size, "epochs": options.epochs, "seed": seed}
    if not nodes:
        return Word2Vec(corpus_file=options.text, workers=1, **settings).wv, {}
    model = scale.fit(
        Word2Vec(**settings),
        options.text,
        address="local" if options.ray else "here",
        nodes=nodes,
        workers_per_node=1,
        rounds=options.rounds,
        progress=False,
    )
    assert model.lifecycle_events is not None
    return model.wv, model.lifecycle_events[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--analogies", required=True)
    parser.add_argument("--similarity", nargs="+", required=True)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4, 8], help="0: one machine, without nodes")
    parser.add_argument("--rounds", type=int, help="of an epoch (6 a node)")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--ray", action="store_true", help="nodes are processes of a local Ray cluster")
    options = parser.parse_args()
    fitting.OnRay = within  # type: ignore[assignment, misc]

    def scores(wv: KeyedVectors) -> list[float]:
        found = judge(wv, analogies=options.analogies, similarity=options.similarity, restrict_vocab=ANSWERS, workers=1)
        return [100 * one.score for one in found.scores if one.level == "all"]

    for nodes in options.nodes:
        rows, told = [], dict[str, Any]()
        for seed in range(1, options.seeds + 1):
            wv, told = trained(options, nodes, seed)
            rows.append(scores(wv))
        shown = "  ".join(
            f"{mean:5.1f} ({least:.1f} to {most:.1f})"
            for mean, least, most in zip(np.mean(rows, axis=0), np.min(rows, axis=0), np.max(rows, axis=0), strict=True)
        )
        name = f"{nodes} node{'s' * (nodes != 1)}" if nodes else "one machine"
        if told:
            moved = told["bytes"] / options.epochs / 1e6
            shown += f"  {told['rounds'] // options.epochs:3} rounds and {moved:,.0f} MB an epoch"
        if options.ray:
            train, merging = told.get("seconds_to_train", 0.0), told.get("seconds_to_merge", 0.0)
            shown += f"  {train:.1f} s of training, {merging:.1f} of merging"
        print(f"{name:12} {shown}", flush=True)


if __name__ == "__main__":
    main()
