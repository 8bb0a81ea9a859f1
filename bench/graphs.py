"""Vectors of nodes: speed, memory and quality, beside PecanPy.

    python -m bench.graphs quality EDGES LABELS [--set p=0.25,q=0.25 ...] [--seed 0] [--pecanpy]
    python -m bench.graphs links EDGES [--set ...] [--pecanpy]
    python -m bench.graphs peer EDGES [--runs 3]                  # walks and training, one thread and two
    python -m bench.graphs large [--nodes 1000000] [--edges 20000000]    # walks, training and memory, generated
    python -m bench.graphs youtube [--set num_walks=10]           # a generated graph of that size, as papers time it

EDGES is a list of edges, LABELS a node a line with its labels. Each run is a process of its own: peak memory is the
largest that it was, and "above" is what it took above Python with NumPy. Scores need scikit-learn.
"""

from __future__ import annotations

import argparse
import ast
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Graph = Any
SETTINGS: dict[str, Any] = {  # PecanPy's defaults, not ours
    "num_walks": 10,
    "walk_length": 80,
    "window": 10,
    "vector_size": 128,
    "epochs": 1,
    "p": 1.0,
    "q": 1.0,
}
BIASES = [(1.0, 1.0), (0.5, 2.0), (0.25, 0.25), (0.25, 4.0), (4.0, 0.25)]


def power_law(nodes: int, edges: int, seed: int = 0, exponent: float = 0.6) -> tuple[Any, Any]:
    """Ends of edges, drawn by weights that fall with a node's rank to the power of ``exponent``; nodes are shuffled."""
    rng = np.random.default_rng(seed)
    shares = np.arange(1, nodes + 1) ** -exponent
    limits = np.cumsum(shares / shares.sum())
    names = rng.permutation(nodes).astype(np.int32)
    ends = [names[np.minimum(np.searchsorted(limits, rng.random(edges)), nodes - 1)] for _ in range(2)]
    return ends[0], ends[1]


def peak() -> float:
    """The most memory that this process took so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3 * 1.024


def in_process(task: str, **arguments: Any) -> dict[str, Any]:
    """What a function of this module returns, called in a process of its own."""
    code = f"import json, bench.graphs as b; print(json.dumps(b.{task}(**{arguments!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# ---- what is timed, each in a process of its own ----


def ours(edges: str, settings: dict[str, Any], workers: int, vectors: str | None = None) -> dict[str, Any]:
    before = peak()
    import fastemb.graphs as graphs

    begun = time.perf_counter()
    graph = graphs.Graph.load(edges) if edges.endswith(".safetensors") else graphs.Graph.from_file(edges)
    read, loaded = time.perf_counter() - begun, peak()
    begun = time.perf_counter()
    model = graphs.Node2Vec(**settings, workers=workers, progress=False).fit(graph)
    took = time.perf_counter() - begun
    tokens = settings["num_walks"] * settings["walk_length"] * settings["epochs"] * len(graph)
    if vectors is not None:
        model.wv.save(vectors)
    size = graph.offsets.nbytes + graph.neighbours.nbytes + 2 * 4 * len(graph) * settings["vector_size"]
    return {
        "read": read,
        "s": took,
        "words": tokens / took,
        "peak": peak() - before,
        "loading": loaded - before,
        "needed": size / 1e6,
    }


def pecanpy(edges: str, settings: dict[str, Any], workers: int, vectors: str | None = None) -> dict[str, Any]:
    import numba
    from pecanpy import pecanpy as peer

    before = peak()
    numba.set_num_threads(workers)
    p, q = settings.get("p", 1.0), settings.get("q", 1.0)
    kind = peer.FirstOrderUnweighted if p == q == 1 else peer.SparseOTF
    model = kind(p, q, workers, random_state=1)
    begun = time.perf_counter()
    with open(edges) as file:  # it parts fields by one character alone
        delimiter = "\t" if "\t" in file.readline() else " "
    model.read_edg(edges, weighted=False, directed=False, delimiter=delimiter)
    read = time.perf_counter() - begun
    warm = kind(p, q, workers)  # numba compiles at the first call
    with tempfile.NamedTemporaryFile("w", suffix=".edg") as small:
        small.write("a\tb\nb\tc\nc\ta\n")
        small.flush()
        warm.read_edg(small.name, weighted=False, directed=False)
        warm.simulate_walks(1, 5)
    begun = time.perf_counter()
    found = model.embed(
        settings["vector_size"], settings["num_walks"], settings["walk_length"], settings["window"], settings["epochs"]
    )
    took = time.perf_counter() - begun
    if vectors is not None:
        import fastemb

        wv = fastemb.KeyedVectors(found.shape[1])
        wv.add_vectors(model.nodes, found.astype(np.float32))
        wv.save(vectors)
    tokens = settings["num_walks"] * settings["walk_length"] * settings["epochs"] * len(model.nodes)
    return {"read": read, "s": took, "words": tokens / took, "peak": peak() - before}


def our_walks(edges: str, p: float, q: float, workers: int) -> dict[str, Any]:
    from fastemb import _native
    from fastemb.graphs import Graph
    from fastemb.threads import in_threads

    graph = Graph.load(edges)
    begun = time.perf_counter()
    native = graph._walkable(second_order=q != 1.0)
    made = time.perf_counter() - begun
    walker = _native.Walker(native, 80, p, q, 0.0, None, 1)
    done: list[tuple[int, int]] = []

    def work(thread: int) -> None:
        ids, offsets = np.empty(80 * 1000, np.int32), np.empty(1001, np.int64)
        for part in range(50):
            done.append(walker.walk(0, (thread * 50 + part) * 1000, ids, offsets))

    begun = time.perf_counter()
    in_threads(workers, work, lambda: None, lambda: None)
    took = time.perf_counter() - begun
    steps, trials = (sum(column) for column in zip(*done, strict=True))
    return {"steps": steps / took, "trials": trials / steps, "tables": made}


def pecanpy_walks(edges: str, p: float, q: float, workers: int) -> dict[str, Any]:
    import numba
    from pecanpy import pecanpy as peer

    from fastemb.graphs import Graph

    numba.set_num_threads(workers)
    graph = Graph.load(edges)
    model = (peer.FirstOrderUnweighted if p == q == 1 else peer.SparseOTF)(p, q, workers, random_state=1)
    model.indptr, model.indices = graph.offsets.astype(np.uint32), graph.neighbours.astype(np.uint32)
    model.data = np.ones(len(graph.neighbours), np.float32)
    model.set_node_ids([str(node) for node in graph.nodes])
    took = []
    for count, length in ((100, 5), (20_000, 80)):  # the first call compiles
        starts = np.random.default_rng(0).integers(0, len(graph), count).astype(np.uint32)
        walk, has = model.get_move_forward(), model.get_has_nbrs()
        with peer.ProgressBar(total=count, disable=True) as progress:
            begun = time.perf_counter()
            model._random_walks(count, length, 1, starts, has, walk, progress)
            took.append(time.perf_counter() - begun)
    return {"steps": 20_000 * 79 / took[1]}


def ready_corpus(edges: str, settings: dict[str, Any], workers: int) -> dict[str, Any]:
    """Words a second of training on walks that lie ready."""
    import fastemb
    from fastemb.graphs import Graph

    graph = Graph.load(edges)
    corpus = graph.walk_corpus(graph.walks(settings["num_walks"], settings["walk_length"]))
    model = fastemb.Word2Vec(
        sg=1, min_count=1, sample=0, workers=workers, window=settings["window"], vector_size=settings["vector_size"]
    )
    model.build_vocab(corpus)
    begun = time.perf_counter()
    model.train(corpus, epochs=1, progress=False)
    return {"words": corpus.words / (time.perf_counter() - begun)}


def written_power_law(path: str, nodes: int, edges: int, exponent: float) -> dict[str, Any]:
    from fastemb.graphs import Graph

    begun = time.perf_counter()
    ends = power_law(nodes, edges, exponent=exponent)
    drawn = time.perf_counter() - begun
    begun = time.perf_counter()
    graph = Graph.from_edges(*ends, num_nodes=nodes)
    took = time.perf_counter() - begun
    graph.save(path)
    degrees = graph.degrees()
    return {
        "drawn": drawn,
        "built": took,
        "edges": graph.num_edges,
        "most": int(degrees.max()),
        "alone": int((degrees == 0).sum()),
        "peak": peak(),
    }


# ---- commands ----


def settings_of(text: str) -> dict[str, Any]:
    pairs = (part.split("=") for part in text.split(",") if part)
    return {name: ast.literal_eval(value) for name, value in pairs}


def quality(options: argparse.Namespace) -> None:
    import fastemb
    from fastemb.graphs import classify_nodes, read_labels

    labels = read_labels(options.labels)
    runs: list[tuple[str, Callable[..., dict[str, Any]], dict[str, Any]]] = []
    for text in options.set or [""]:
        settings = SETTINGS | settings_of(text)
        runs.append((f"fastemb {text}", ours, settings))
        if options.pecanpy:
            runs.append((f"PecanPy {text}", pecanpy, settings))
    for name, task, settings in runs:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "vectors.safetensors")
            done = in_process(
                task.__name__, edges=options.edges, settings=settings, workers=options.workers, vectors=path
            )
            vectors = fastemb.KeyedVectors.load(path)
        print(f"\n{name}: {done['s']:.1f} s with {options.workers} threads")
        print(classify_nodes(vectors, labels, seed=options.seed, splits=options.splits), flush=True)


def links(options: argparse.Namespace) -> None:
    import fastemb
    from fastemb.graphs import Graph, predict_links, split_links

    split = split_links(Graph.from_file(options.edges), seed=options.seed)
    rest = split.graph
    with tempfile.TemporaryDirectory() as folder:
        edges, path = str(Path(folder) / "edges.txt"), str(Path(folder) / "vectors.safetensors")
        rows = np.repeat(np.arange(len(rest)), rest.degrees())
        pairs = [(rest.nodes[a], rest.nodes[b]) for a, b in zip(rows, rest.neighbours, strict=True) if a <= b]
        Path(edges).write_text("".join(f"{a}\t{b}\n" for a, b in pairs))
        for text in options.set or [""]:
            for task in [ours, *([pecanpy] if options.pecanpy else [])]:
                settings = SETTINGS | settings_of(text)
                in_process(task.__name__, edges=edges, settings=settings, workers=options.workers, vectors=path)
                print(f"\n{task.__name__} {text}")
                print(predict_links(fastemb.KeyedVectors.load(path), split), flush=True)


def peer(options: argparse.Namespace) -> None:
    print("walks and training: s (words a second); peak memory above Python with NumPy, MB")
    for text in options.set or ["", "p=0.5,q=2.0"]:
        settings = SETTINGS | settings_of(text)
        for workers in (1, 2):
            times: dict[str, list[float]] = {"ours": [], "pecanpy": []}
            last: dict[str, dict[str, Any]] = {}
            for _ in range(options.runs):
                for name, taken in times.items():
                    last[name] = in_process(name, edges=options.edges, settings=settings, workers=workers)
                    taken.append(last[name]["s"])
            for name, taken in times.items():
                spread = f"best {min(taken):.2f}, median {statistics.median(taken):.2f}, worst {max(taken):.2f}"
                size, words = last[name]["peak"], last[name]["words"]
                print(f"{text or 'p=q=1':14} {workers} threads  {name:8} {spread}  ({words:,.0f})  {size:.0f} MB")
            print(f"{'':14} ratio of best times: {min(times['pecanpy']) / min(times['ours']):.1f}", flush=True)


def large(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "graph.safetensors")
        made = in_process("written_power_law", path=path, nodes=options.nodes, edges=options.edges, exponent=0.6)
        print(
            f"{options.nodes:,} nodes, {made['edges']:,} different edges, {made['most']:,} at most at a node; "
            f"from arrays in {made['built']:.1f} s, peak {made['peak']:.0f} MB"
        )
        for workers in (1, 2) if options.part != "training" else ():
            for p, q in BIASES:
                runs = [in_process("our_walks", edges=path, p=p, q=q, workers=workers) for _ in range(options.runs)]
                best = max(runs, key=lambda run: run["steps"])
                line = f"walks p={p:g} q={q:g}, {workers} threads: {best['steps'] / 1e6:.1f} M steps/s"
                line += f", {best['trials']:.2f} trials a step"
                if options.pecanpy:
                    other = in_process("pecanpy_walks", edges=path, p=p, q=q, workers=workers)["steps"]
                    line += f"; PecanPy {other / 1e6:.2f} M steps/s, ratio {best['steps'] / other:.0f}"
                print(line, flush=True)
        settings = SETTINGS | {"num_walks": 1, "walk_length": 40}
        for workers in (1, 2) if options.part != "walks" else ():
            own, corpus = [], []
            for _ in range(options.runs):
                own.append(in_process("ours", edges=path, settings=settings, workers=workers))
                corpus.append(in_process("ready_corpus", edges=path, settings=settings, workers=workers)["words"])
            best = max(own, key=lambda run: run["words"])
            print(
                f"training, {workers} threads: {best['words']:,.0f} words/s with its walks, {max(corpus):,.0f} on "
                f"ready ones, {best['words'] / max(corpus):.0%}; peak {best['peak']:.0f} MB, of which matrices and "
                f"rows {best['needed']:.0f} MB",
                flush=True,
            )


def youtube(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "graph.safetensors")
        made = in_process("written_power_law", path=path, nodes=1_138_499, edges=2_990_443, exponent=0.75)
        settings = SETTINGS | {"window": 5} | settings_of((options.set or [""])[0])
        done = in_process("ours", edges=path, settings=settings, workers=options.workers)
        words = done["words"] * (1 - made["alone"] / 1_138_499)
        print(
            f"{made['edges']:,} edges, {made['most']:,} at most at a node, {made['alone']:,} nodes without any; "
            f"{settings['num_walks']} walks of 80, window 5, {options.workers} threads: {done['s']:.0f} s, "
            f"{words:,.0f} words/s, peak {done['peak']:.0f} MB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for task, files in (
        (quality, ["edges", "labels"]),
        (links, ["edges"]),
        (peer, ["edges"]),
        (large, []),
        (youtube, []),
    ):
        command = commands.add_parser(task.__name__)
        for name in files:
            command.add_argument(name)
        command.add_argument("--set", action="append", metavar="NAME=VALUE,...", help="settings; may be given again")
        command.add_argument("--seed", type=int, default=0, help="of the splits")
        command.add_argument("--splits", type=int, default=10)
        command.add_argument("--runs", type=int, default=3)
        command.add_argument("--workers", type=int, default=2)
        command.add_argument("--nodes", type=int, default=1_000_000)
        command.add_argument("--edges", dest="edges" if not files else "count", type=int, default=20_000_000)
        command.add_argument("--pecanpy", action="store_true")
        command.add_argument("--part", choices=["walks", "training"], help="of large: this alone")
        command.set_defaults(task=task)
    options = parser.parse_args()
    options.task(options)


if __name__ == "__main__":
    main()
