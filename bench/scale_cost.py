"""What would a cluster take? A model of its seconds, fitted on few nodes, held to more of them, and a prediction.

Nodes are processes of a Ray cluster on this machine, with one worker each. An epoch of n nodes on c CPUs takes

    compute  seconds a word x words / min(n, c)
    bytes    seconds a byte x bytes / min(n, c), of finding, packing, adding and taking what was changed
    beats    seconds a beat x beats, as one program tells all nodes what to do next, and waits for the last of them

These three rates are fitted on the numbers of nodes of ``--fit`` (each the median of ``--runs``), by the least relative
errors among rates that are not negative. Words a second are then predicted for those of ``--check``, and measured. Last
comes a PREDICTION, which nobody has measured: ``--machines`` of ``--cores``, joined by ``--gigabits`` a second each.
There

- words share all cores, each as fast as a worker here
- bytes cost a core of each machine what they cost here, and cross the network besides, a share from each machine
- bytes are estimated from how often each word occurs; beside the measured ones this estimate is printed, too
- the text is ``--times`` as long as the one given, with the same words as often

    python -m bench.scale_cost wiki30m.txt --times 100
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np

from fastemb import Corpus, Word2Vec, scale
from fastemb.config import available_cpus
from fastemb.scale.meetings import Meetings
from fastemb.scale.plan import Plan, often
from fastemb.train.run import Run
from fastemb.train.sampling import Tables, noise_weights
from fastemb.train.schedule import Schedule
from fastemb.train.settings import Settings

Quantities = list[float]
"""Words, bytes and beats of an epoch; of words and bytes, those that one CPU has."""

_DRAWS = 4  # centres have one draw of negatives in common


def plan_of(words: int, settings: Settings, nodes: int, rounds: int | None) -> Plan:
    """How an epoch is cut."""
    block = Run.planned(settings, words, Schedule(0.025, 0.0001, words)).block
    return Plan.of([words // nodes] * nodes, settings, block, 1, rounds)


def estimated_bytes(counts: np.ndarray, settings: Settings, plan: Plan) -> float:
    """What all nodes send and get in an epoch: rows that are met at all, if words occur anywhere."""
    nodes = len(plan.words)
    if nodes == 1:
        return 0.0
    tables = Tables.of(counts, settings, None)
    met = Meetings(settings, tables, None)
    noise = noise_weights(counts, settings.ns_exponent)
    drawn = settings.negative / _DRAWS * met.hidden.sum() * noise / noise.sum()
    times = {"vectors": met.hidden, "syn1neg": met.hidden + drawn}
    moved = 0.0
    for name, of_epoch in times.items():
        frequent = often(met.occurrences[name], int(counts.sum()), plan)
        for rows, mergings in ((slice(None), plan.rounds), (frequent, plan.rounds * (plan.beats - 1))):
            each = of_epoch[rows] / (plan.rounds if mergings == plan.rounds else plan.rounds * plan.beats)
            sent = nodes * (1 - np.exp(-each / nodes)).sum()
            came = nodes * (1 - np.exp(-each)).sum()
            moved += mergings * (sent + came) * (nodes - 1) / nodes
    return float(moved * (4 * settings.vector_size + 8))


def measured(options: argparse.Namespace, nodes: int) -> tuple[float, float, dict[str, Any]]:
    """Seconds of an epoch: the median, their spread in percent, and what the nodes told."""
    found, told = [], dict[str, Any]()
    for _ in range(options.runs):
        model = scale.fit(
            Word2Vec(sg=1, vector_size=options.vector_size, epochs=options.epochs, seed=1),
            options.text,
            address="local",
            nodes=nodes,
            workers_per_node=1,
            rounds=options.rounds,
            progress=False,
        )
        told = (model.lifecycle_events or [{}])[-1]
        found.append((told["seconds_to_train"] + told["seconds_to_merge"]) / options.epochs)
    return median(found), 100 * (max(found) - min(found)) / median(found), told


def fitted(quantities: Sequence[Quantities], seconds: Sequence[float]) -> np.ndarray:
    """The rates, none of them negative, whose relative errors have the least squares."""
    rows = np.array(quantities) / np.array(seconds)[:, None]
    size = np.maximum(rows.max(axis=0), 1e-300)
    best, error = np.zeros(rows.shape[1]), np.inf
    for count in range(1, rows.shape[1] + 1):
        for some in map(list, combinations(range(rows.shape[1]), count)):
            found = np.linalg.lstsq(rows[:, some] / size[some], np.ones(len(rows)), rcond=None)[0]
            wrong = float(((rows[:, some] / size[some]) @ found - 1) @ ((rows[:, some] / size[some]) @ found - 1))
            if (found >= 0).all() and wrong < error - 1e-12:
                best, error = np.zeros(rows.shape[1]), wrong
                best[some] = found / size[some]
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--fit", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--check", type=int, nargs="+", default=[8])
    parser.add_argument("--rounds", type=int, help="of an epoch (6 a node)")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--machines", type=int, default=8)
    parser.add_argument("--cores", type=int, default=16)
    parser.add_argument("--gigabits", type=float, default=10.0)
    parser.add_argument("--times", type=float, default=1.0)
    options = parser.parse_args()
    settings = Settings(sg=1, vector_size=options.vector_size, epochs=options.epochs)
    counts = np.asarray(Corpus.from_file(options.text, min_count=settings.min_count).vocabulary.counts)
    words, cpus = int(counts.sum()), available_cpus()

    def quantities(nodes: int, moved: float) -> Quantities:
        plan, shared = plan_of(words, settings, nodes, options.rounds), min(nodes, cpus)
        return [words / shared, moved / shared, plan.rounds * plan.beats]

    def run(nodes: int) -> tuple[Quantities, float]:
        seconds, spread, told = measured(options, nodes)
        moved = told["bytes"] / options.epochs
        guess = estimated_bytes(counts, settings, plan_of(words, settings, nodes, options.rounds))
        print(
            f"{nodes} node{'s' * (nodes != 1)}: {seconds:.2f} s (spread {spread:.0f}%), {words / seconds / 1e3:,.0f}k "
            f"words/s, {moved / 1e6:,.0f} MB (estimated {guess / 1e6:,.0f})",
            flush=True,
        )
        return quantities(nodes, moved), seconds

    known = [run(nodes) for nodes in options.fit]
    rates = fitted([one for one, _ in known], [seconds for _, seconds in known])
    print(f"a word {1e9 * rates[0]:.0f} ns, a byte {1e9 * rates[1]:.2f} ns, a beat {1e3 * rates[2]:.0f} ms")
    for nodes in options.check:
        guess = estimated_bytes(counts, settings, plan_of(words, settings, nodes, options.rounds))
        expected = float(np.array(quantities(nodes, guess)) @ rates)
        print(f"{nodes} nodes by the model: {expected:.2f} s, {words / expected / 1e3:,.0f}k words/s", flush=True)
        _, seconds = run(nodes)
        print(f"{nodes} nodes: the model gives {100 * (seconds / expected - 1):+.0f}% of the words a second measured")
    machines, longer = options.machines, np.rint(counts * options.times).astype(np.int64)
    plan = plan_of(int(longer.sum()), settings, machines, options.rounds)
    moved = estimated_bytes(longer, settings, plan)
    parts = {
        "compute": float(longer.sum()) * rates[0] / (machines * options.cores),
        "bytes": moved * rates[1] / machines,
        "network": moved / 2 / machines / (options.gigabits * 1e9 / 8),  # each byte is sent once, and comes once
        "beats": plan.rounds * plan.beats * rates[2],
    }
    total = sum(parts.values())
    alone = float(longer.sum()) * rates[0] / options.cores
    print(
        f"PREDICTION, not measured: {machines} machines of {options.cores} cores, {options.gigabits:g} Gbit/s, "
        f"{longer.sum() / 1e6:,.0f}M words: {total:,.1f} s an epoch ("
        + ", ".join(f"{name} {seconds:,.1f}" for name, seconds in parts.items())
        + f"), {longer.sum() / total / 1e6:,.1f}M words/s; one such machine {alone:,.1f} s"
    )


if __name__ == "__main__":
    main()
