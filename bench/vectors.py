"""Loading vectors, and neighbours of many at once, beside gensim and NumPy: python -m bench.vectors

Every measurement is a process of its own, and they take turns. What is compared with runs as it comes, with all the
threads that its BLAS takes, and again with one BLAS thread, which is faster where CPUs are shared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

CHOICES = ("load", "text", "map", "neighbours", "retrieval", "million", "alone")
Times = tuple[float, float]  # seconds by the clock and of CPU, for the whole amount of work

NEIGHBOURS = {"rows": 77_000, "dims": 100, "queries": 10_000, "n": 10}
MILLION = {"rows": 1_000_000, "dims": 100, "queries": 10_000, "n": 10, "centres": 10_000, "expansion_search": 24}
RETRIEVAL = {"rows": 41_000, "dims": 128, "queries": 30_000, "n": 20}
SAMPLE = 500  # queries that the slow loops answer; their times are scaled up


def timed(work: Callable[[], Any], scale: float = 1.0) -> Times:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) * scale, (time.process_time() - cpu) * scale


# ---- what runs in a process of its own ----


def load_fastemb(path: str) -> Times:
    from fastemb import KeyedVectors

    return timed(lambda: KeyedVectors.load_word2vec_format(path, binary=True))


def load_gensim(path: str) -> Times:
    from gensim.models import KeyedVectors

    return timed(lambda: KeyedVectors.load_word2vec_format(path, binary=True))


def _random(seed: int, rows: int, dims: int) -> Any:
    return np.random.default_rng(seed).standard_normal((rows, dims), dtype=np.float32)


def _filled(keyed: Any) -> tuple[Any, list[str]]:
    keys = [f"word{row}" for row in range(NEIGHBOURS["rows"])]
    keyed.add_vectors(keys, _random(1, NEIGHBOURS["rows"], NEIGHBOURS["dims"]))
    keyed.fill_norms()
    return keyed, [keys[row] for row in np.random.default_rng(2).integers(0, len(keys), NEIGHBOURS["queries"])]


def neighbours_fastemb(workers: int) -> Times:
    from fastemb import KeyedVectors

    keyed, queries = _filled(KeyedVectors(NEIGHBOURS["dims"]))
    return timed(lambda: keyed.most_similar_batch(queries, topn=NEIGHBOURS["n"], workers=workers))


def neighbours_gensim() -> Times:
    from gensim.models import KeyedVectors

    keyed, queries = _filled(KeyedVectors(NEIGHBOURS["dims"]))
    keyed.most_similar(queries[0])
    some = queries[:SAMPLE]
    return timed(lambda: [keyed.most_similar(key, topn=NEIGHBOURS["n"]) for key in some], len(queries) / SAMPLE)


def _retrieval() -> tuple[Any, Any, Any, Any]:
    """Users, items, and 5 to 200 items of each user that are not to be found, in CSR form."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(5, 200, RETRIEVAL["queries"])
    offsets = np.append(0, np.cumsum(lengths))
    excluded = rng.integers(0, RETRIEVAL["rows"], offsets[-1])
    users, items = (_random(seed, RETRIEVAL[what], RETRIEVAL["dims"]) for seed, what in ((4, "queries"), (5, "rows")))
    return users, items, offsets, excluded


def retrieval_fastemb(workers: int) -> Times:
    from fastemb.vectors.topk import top_k

    users, items, offsets, excluded = _retrieval()
    return timed(lambda: top_k(users, items, RETRIEVAL["n"], exclude=(offsets, excluded), workers=workers))


def retrieval_numpy() -> Times:
    users, items, offsets, excluded = _retrieval()

    def loop() -> None:
        for user in range(SAMPLE):
            scores = items @ users[user]
            scores[excluded[offsets[user] : offsets[user + 1]]] = -np.inf
            best = np.argpartition(-scores, RETRIEVAL["n"])[: RETRIEVAL["n"]]
            best[np.argsort(-scores[best])]

    return timed(loop, len(users) / SAMPLE)


# ---- a million clustered vectors, in a file ----


def write_million(path: Path) -> None:
    """Normal noise of 0.7 around ten thousand normal centres, and an index beside them."""
    from fastemb import KeyedVectors

    rows = _random(1, MILLION["centres"], MILLION["dims"])
    rows = rows[np.random.default_rng(0).integers(0, len(rows), MILLION["rows"])]
    rows += np.float32(0.7) * _random(2, *rows.shape)
    keyed = KeyedVectors._from_arrays([f"w{row}" for row in range(len(rows))], rows)
    keyed.save(path)
    index = keyed.build_index()
    index.expansion_search = MILLION["expansion_search"]
    index.save(path.with_suffix(".index"))
    print(f"recall@10 of the index: {index.recall(keyed):.4f}, expansion_search={index.expansion_search}")


def _million(path: str) -> tuple[Any, list[str]]:
    from fastemb import KeyedVectors

    keyed = KeyedVectors.load(path)
    keyed.fill_norms()
    return keyed, [f"w{row}" for row in range(0, MILLION["rows"], MILLION["rows"] // MILLION["queries"])]


def _as_gensims(path: str) -> tuple[Any, list[str]]:
    from gensim.models import KeyedVectors

    ours, queries = _million(path)
    keyed = KeyedVectors(ours.vector_size)
    keyed.vectors, keyed.index_to_key, keyed.key_to_index = ours.vectors, ours.index_to_key, ours.key_to_index
    keyed.fill_norms()
    keyed.most_similar(queries[0])
    return keyed, queries


def million_fastemb(path: str) -> Times:
    keyed, queries = _million(path)
    return timed(lambda: keyed.most_similar_batch(queries, topn=MILLION["n"]))


def million_index(path: str) -> Times:
    from fastemb.index import VectorIndex

    keyed, queries = _million(path)
    index = VectorIndex.load(Path(path).with_suffix(".index"))
    keyed.most_similar_batch(queries[:100], indexer=index)
    return timed(lambda: keyed.most_similar_batch(queries, topn=MILLION["n"], indexer=index))


def million_gensim(path: str) -> Times:
    keyed, queries = _as_gensims(path)
    some = queries[: SAMPLE // 5]
    return timed(lambda: [keyed.most_similar(key, topn=MILLION["n"]) for key in some], len(queries) / len(some))


# ---- one question, which reads all vectors ----


def alone_fastemb(rows: int, workers: int) -> Times:
    from fastemb import KeyedVectors

    keyed = KeyedVectors._from_arrays(list(range(rows)), _random(1, rows, 300))
    keyed.fill_norms()
    keyed.most_similar(0)
    return timed(lambda: [keyed.most_similar(key, workers=workers) for key in range(20)], 1 / 20)


def alone_gensim(rows: int) -> Times:
    from gensim.models import KeyedVectors

    keyed = KeyedVectors(300)
    keyed.vectors, keyed.index_to_key = _random(1, rows, 300), list(range(rows))
    keyed.key_to_index = {key: key for key in range(rows)}
    keyed.fill_norms()
    keyed.most_similar(0)
    return timed(lambda: [keyed.most_similar(key) for key in range(20)], 1 / 20)


def alone_copy(rows: int) -> Times:
    """What copying half as many bytes takes, which reads and writes as many as a question reads."""
    source = _random(1, rows // 2, 300)
    target = source.copy()
    return timed(lambda: [np.copyto(target, source) for _ in range(20)], 1 / 20)


# ---- loading text, and mapping ----


def text_fastemb(path: str) -> Times:
    from fastemb import KeyedVectors

    return timed(lambda: KeyedVectors.load_word2vec_format(path))


def text_gensim(path: str) -> Times:
    from gensim.models import KeyedVectors

    return timed(lambda: KeyedVectors.load_word2vec_format(path))


def map_fastemb(path: str) -> Times:
    from fastemb import KeyedVectors

    return timed(lambda: KeyedVectors.load(path, mmap="r"))


def first_key(path: str) -> Times:
    """The first key that is looked up, for which a table of all keys is made."""
    from fastemb import KeyedVectors

    vectors = KeyedVectors.load(path, mmap="r")
    return timed(lambda: vectors["wff"])


def later_keys(path: str) -> Times:
    """Ten thousand keys after the first."""
    from fastemb import KeyedVectors

    vectors = KeyedVectors.load(path, mmap="r")
    keys = [f"w{row:x}" for row in range(0, len(vectors), len(vectors) // 10_000)]
    vectors[keys[0]]
    return timed(lambda: [vectors[key] for key in keys])


def all_keys(path: str) -> Times:
    """The list and the dict of all keys."""
    from fastemb import KeyedVectors

    vectors = KeyedVectors.load(path, mmap="r")
    return timed(lambda: (vectors.index_to_key, vectors.key_to_index))


TASKS = (load_fastemb, load_gensim, neighbours_fastemb, neighbours_gensim, retrieval_fastemb, retrieval_numpy)
TASKS += (million_fastemb, million_index, million_gensim, alone_fastemb, alone_gensim, alone_copy)
TASKS += (text_fastemb, text_gensim, map_fastemb, first_key, later_keys, all_keys)


# ---- what starts them ----


def write_vectors(path: Path, rows: int, dims: int) -> None:
    """A binary file whose keys have the lengths of words: short ones first."""
    with path.open("wb") as file:
        file.write(b"%d %d\n" % (rows, dims))
        for start in range(0, rows, 20_000):
            block = _random(start, min(20_000, rows - start), dims)
            file.write(b"".join(b"w%x %b\n" % (start + at, row.tobytes()) for at, row in enumerate(block)))


def run(task: Callable[..., Times], arguments: list[Any], one_thread: bool) -> Times:
    environment = dict(os.environ, **({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"} if one_thread else {}))
    command = [sys.executable, "-m", "bench.vectors", "--child", task.__name__, json.dumps(arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{task.__name__} failed:\n{done.stderr}")
    wall, cpu = json.loads(done.stdout)
    return wall, cpu


def measure(title: str, runs: dict[str, tuple[Callable[..., Times], list[Any], bool]], rounds: int) -> None:
    times: dict[str, list[Times]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (task, arguments, one_thread) in runs.items():
            times[name].append(run(task, arguments, one_thread))
    print(f"\n{title}\n{'':<34}{'best s':>10}{'median s':>10}{'CPU s':>10}{'best':>9}{'median':>9}{'CPU':>9}")
    walls = {name: [wall for wall, _ in found] for name, found in times.items()}
    cpus = {name: min(cpu for _, cpu in found) for name, found in times.items()}
    ours = next(iter(runs))
    for name in runs:
        best, median = min(walls[name]), statistics.median(walls[name])
        ratios = best / min(walls[ours]), median / statistics.median(walls[ours]), cpus[name] / cpus[ours]
        print(f"{name:<34}{best:>10.2f}{median:>10.2f}{cpus[name]:>10.2f}", *(f"{ratio:>8.1f}x" for ratio in ratios))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.vectors", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each (%(default)s)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="vectors of 300 dimensions to load (%(default)s)")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="threads (%(default)s)")
    parser.add_argument("--only", choices=CHOICES, help="one of them")
    parser.add_argument("--million", type=Path, metavar="FILE", help="keep what 'million' is measured with here")
    parser.add_argument("--child", nargs=2, metavar=("TASK", "ARGUMENTS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        task = {task.__name__: task for task in TASKS}[options.child[0]]
        print(json.dumps(task(*json.loads(options.child[1]))))
        return
    if options.only in (None, "load"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "vectors.bin"
            write_vectors(path, options.rows, 300)
            runs: dict[str, Any] = {
                "fastemb": (load_fastemb, [str(path)], False),
                "gensim": (load_gensim, [str(path)], False),
            }
            measure(f"load_word2vec_format, binary, {options.rows:,} x 300", runs, options.rounds)
    if options.only in (None, "text"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "vectors.bin"
            write_vectors(path, options.rows, 300)
            from fastemb import load_vectors, save_vectors

            save_vectors(load_vectors(path), path.with_suffix(".txt"))
            runs = {
                "fastemb, text": (text_fastemb, [str(path.with_suffix(".txt"))], False),
                "gensim, text": (text_gensim, [str(path.with_suffix(".txt"))], False),
            }
            measure(f"load_word2vec_format, text, {options.rows:,} x 300", runs, options.rounds)
    if options.only in (None, "map"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "vectors.bin"
            write_vectors(path, options.rows, 300)
            from fastemb import load_vectors

            own = path.with_suffix(".safetensors")
            load_vectors(path).save(own)
            path.unlink()
            runs = {
                "load": (map_fastemb, [str(own)], False),
                "the first key": (first_key, [str(own)], False),
                "10,000 more": (later_keys, [str(own)], False),
                "index_to_key, key_to_index": (all_keys, [str(own)], False),
            }
            measure(f"a map of a file of its own, {options.rows:,} x 300", runs, options.rounds)
    if options.only in (None, "million"):
        with tempfile.TemporaryDirectory() as folder:
            path = options.million or Path(folder) / "million.safetensors"
            if not path.exists():
                write_million(path)
            runs = {
                "fastemb": (million_fastemb, [str(path)], False),
                "fastemb, index": (million_index, [str(path)], False),
                "gensim's loop": (million_gensim, [str(path)], False),
            }
            measure("10,000 queries, 1,000,000 x 100, best 10", runs, options.rounds)
    if options.only in (None, "alone"):
        runs = {
            "fastemb, 1 thread": (alone_fastemb, [options.rows, 1], False),
            f"fastemb, {options.workers} threads": (alone_fastemb, [options.rows, options.workers], False),
            "gensim, 1 BLAS thread": (alone_gensim, [options.rows], True),
            "copying half the bytes, 1 thread": (alone_copy, [options.rows], True),
        }
        measure(f"one question, {options.rows:,} x 300", runs, options.rounds)
    for name, ours, theirs, other, sizes in (
        ("neighbours", neighbours_fastemb, neighbours_gensim, "gensim's loop", NEIGHBOURS),
        ("retrieval", retrieval_fastemb, retrieval_numpy, "NumPy's loop", RETRIEVAL),
    ):
        if options.only not in (None, name):
            continue
        runs = {
            "fastemb, 1 thread": (ours, [1], False),
            other: (theirs, [], False),
            f"{other}, 1 BLAS thread": (theirs, [], True),
        }
        if options.workers > 1:
            runs[f"fastemb, {options.workers} threads"] = (ours, [options.workers], False)
        size = f"{sizes['queries']:,} queries, {sizes['rows']:,} x {sizes['dims']}, best {sizes['n']}"
        measure(f"{name}: {size}", runs, options.rounds)


if __name__ == "__main__":
    main()
