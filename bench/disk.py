"""Training from disk beside training from memory: python -m bench.disk --words 5e9 --folder /data

A corpus of words drawn by Zipf's law is encoded straight to a file in the folder. Then stretches of training take
turns, each in a process of its own: from the whole file, and from its first words in memory. The file goes in the end.
Give this process less memory than the file takes, or it is read from the system's cache:

    systemd-run --scope -p MemoryMax=1G python -m bench.disk ...
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from fastemb import Corpus, Word2Vec

VOCABULARY = 200_000
SENTENCE = 40
PART = 1_000_000


def sentences(words: int) -> Iterator[Any]:
    """Rows of ids, the one of rank r drawn in proportion to 1 / r."""
    weights = 1 / np.arange(1, VOCABULARY + 1)
    edges = np.cumsum(weights) / weights.sum()
    ranks = np.searchsorted(edges, (np.arange(1 << 22) + 0.5) / (1 << 22)).astype(np.int32)
    rng = np.random.default_rng(1)
    for _ in range(max(words // PART, 1)):
        yield from ranks[rng.integers(0, len(ranks), PART, dtype=np.int32)].reshape(-1, SENTENCE)


def status(name: str) -> int:
    """MB, from /proc: VmRSS, VmHWM, ..."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) // 1000
    return 0


def build(path: Path, words: int) -> None:
    start = time.perf_counter()
    corpus = Corpus.from_ids(sentences(words), save_to=path)
    seconds = time.perf_counter() - start
    print(f"{corpus.words:,} words, {path.stat().st_size / 1e9:.2f} GB, encoded in {seconds:.0f} s; peak memory "
          f"{status('VmHWM')} MB")  # fmt: skip


def stretch(path: Path, in_memory: int, seconds: float, workers: int) -> None:
    """Train for some seconds; prints thousand words a second, by the clock and by CPU time, and MB of memory."""
    corpus = Corpus.open(path, verify=False)
    if in_memory:
        count = int(np.searchsorted(corpus.offsets, min(in_memory, corpus.words), side="right")) - 1
        offsets = np.array(corpus.offsets[: count + 1])
        corpus = Corpus(np.array(corpus.ids[: offsets[-1]]), offsets, corpus.vocabulary, int(offsets[-1]))
    model = Word2Vec(vector_size=100, sg=1, min_count=1, workers=workers, epochs=1000)
    model.build_vocab(corpus)
    seen: list[tuple[float, float, int]] = []
    most = 0
    passed = Corpus.passed

    def watch(self: Corpus, words: int) -> None:
        nonlocal most
        passed(self, words)
        if words:
            seen.append((time.perf_counter(), time.process_time(), words))
            most = max(most, status("VmRSS"))
            if seen[-1][0] - seen[0][0] > seconds:
                raise KeyboardInterrupt

    Corpus.passed = watch  # type: ignore[method-assign]
    with suppress(KeyboardInterrupt):
        model.train(corpus, progress=False)
    wall, cpu, words = (last - first for first, last in zip(seen[0], seen[-1], strict=True))
    print(words / wall / 1e3, words / cpu / 1e3, most)


def compare(path: Path, in_memory: int, seconds: float, workers: int, rounds: int) -> None:
    results: dict[str, list[list[float]]] = {"disk": [], "memory": []}
    for _ in range(rounds):
        for name, some in (("disk", 0), ("memory", in_memory)):
            command = [sys.executable, "-m", "bench.disk", "--stretch", path, some, seconds, workers]
            done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
            results[name].append([float(part) for part in done.stdout.split()])
    print(f"| {workers} threads, from | k words/s: best, median | k words/CPU s: best, median | most memory, MB |")
    print("|---|---:|---:|---:|")
    for name, runs in results.items():
        wall, cpu, memory = zip(*runs, strict=True)
        print(f"| {name} | {max(wall):,.0f}, {statistics.median(wall):,.0f} | {max(cpu):,.0f}, "
              f"{statistics.median(cpu):,.0f} | {max(memory):,.0f} |")  # fmt: skip


def main() -> None:
    if sys.argv[1:2] == ["--stretch"]:
        path, in_memory, seconds, workers = sys.argv[2:]
        stretch(Path(path), int(in_memory), float(seconds), int(workers))
        return
    parser = argparse.ArgumentParser(prog="python -m bench.disk", description=__doc__)
    parser.add_argument("--words", type=float, default=5e9, help="four bytes each, twice while encoding (%(default)g)")
    parser.add_argument("--in-memory", type=float, default=1e8, help="words of the runs in memory (%(default)g)")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where to put the corpus")
    parser.add_argument("--seconds", type=float, default=20, help="of a stretch (%(default)g)")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="threads (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "zipf.corpus"
        build(path, int(options.words))
        print(f"load {os.getloadavg()[0]:.1f}", flush=True)
        compare(path, int(options.in_memory), options.seconds, options.workers, options.rounds)


if __name__ == "__main__":
    main()
