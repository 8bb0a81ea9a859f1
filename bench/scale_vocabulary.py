"""A vocabulary of millions of words, counted by several processes: is it exact, and what memory does each take?

A text is generated in which every word occurs, and most of the rest of its tokens are the frequent ones (Zipf's law).
It is counted by `fastemb.scale.count_vocabulary`, whose processes are watched, and by `Corpus.from_file`, and the two
vocabularies are compared, order and all. Memory is the largest resident size of each process, less that of a process
that has counted one word.

With ``--nodes`` it is counted and numbered by so many nodes of a Ray cluster on this machine instead, as by
`fastemb.scale.fit`; memory is that of each node above what it took before.

    python -m bench.scale_vocabulary --words 20000000 --tokens 60000000 --processes 8 --folder DIR
    python -m bench.scale_vocabulary --nodes 8 --folder DIR
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from fastemb import Corpus
from fastemb.corpus import Vocabulary
from fastemb.corpus.splitting import TextOptions
from fastemb.corpus.vocabulary import Selection
from fastemb.scale import count_vocabulary
from fastemb.scale.on_ray import OnRay
from fastemb.scale.shards import text_shards
from fastemb.scale.spreading import SpreadText

LETTERS = np.frombuffer(b"etaoinshrdlucmfwypvbgkjqxz", np.uint8)
LENGTH = 6  # letters of a word
A_LINE = 20  # words
PIECE = 1_000_000


def generate(path: Path, words: int, tokens: int, seed: int) -> None:
    """Write a text of all words, each once and as often again as Zipf's law has it."""
    random = np.random.default_rng(seed)
    every = random.permutation(words)
    with open(path, "wb") as file:
        for start in range(0, tokens, PIECE):
            count = min(PIECE, tokens - start)
            ids = np.minimum(words ** random.random(count), words - 1).astype(np.int64)  # density 1 / rank
            once = every[start * words // tokens : (start + count) * words // tokens]
            ids[random.permutation(count)[: len(once)]] = once
            text = np.full((count, LENGTH + 1), ord(" "), np.uint8)
            for place in range(LENGTH):
                text[:, place] = LETTERS[ids % len(LETTERS)]
                ids //= len(LETTERS)
            text[A_LINE - 1 :: A_LINE, LENGTH] = ord("\n")
            file.write(text.tobytes())


def peak_of(process: int) -> float:
    """The largest resident size of a process so far, in MB; 0 when it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1000 if found else 0.0


class Watch:
    """Peaks of all processes that this one starts meanwhile."""

    def __init__(self) -> None:
        self.peaks: dict[int, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        task = Path(f"/proc/self/task/{threading.main_thread().native_id}/children")
        while not self._done.wait(0.02):
            for process in map(int, task.read_text(encoding="ascii").split()):
                self.peaks[process] = max(self.peaks.get(process, 0.0), peak_of(process))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=20_000_000)
    parser.add_argument("--tokens", type=int, default=60_000_000)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--nodes", type=int, default=0, help="of a Ray cluster, in place of processes")
    parser.add_argument("--memory", type=int, default=256, help="MiB of each process (256)")
    parser.add_argument("--folder", default=tempfile.gettempdir())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--alone", metavar="TEXT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        begun = time.perf_counter()
        vocabulary = Corpus.from_file(options.alone, workers=1).vocabulary
        print(f"Corpus.from_file: {time.perf_counter() - begun:.1f} s, peak {peak_of(os.getpid()):,.0f} MB", flush=True)
        save(vocabulary, options.alone + ".words")
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        text, small = Path(folder) / "text.txt", Path(folder) / "small.txt"
        small.write_text("one two\n", encoding="ascii")
        with Watch() as watch:
            count_vocabulary(str(small), processes=2)
        idle = max(watch.peaks.values())
        generate(text, options.words, options.tokens, options.seed)
        print(f"text: {text.stat().st_size / 1e6:,.0f} MB, {options.tokens:,} tokens; an idle process {idle:.0f} MB")
        if options.nodes:
            made = counted_by_nodes(str(text), options.nodes)
        else:
            begun = time.perf_counter()
            with Watch() as watch:
                made = count_vocabulary(
                    str(text), processes=options.processes, memory=options.memory << 20, folder=folder
                )
            seconds = time.perf_counter() - begun
            above = sorted(peak - idle for peak in watch.peaks.values())
            print(f"{len(made):,} words by {len(above)} processes in {seconds:.1f} s")
            print(f"memory of each above an idle process: {above[0]:,.0f} to {above[-1]:,.0f} MB")
        print(f"this process, which holds the vocabulary: {peak_of(os.getpid()):,.0f} MB", flush=True)
        mine = Path(folder) / "mine.words"
        save(made, str(mine))
        del made
        subprocess.run([sys.executable, "-m", "bench.scale_vocabulary", "--alone", str(text)], check=True)
        theirs = Path(f"{text}.words")
        same = subprocess.run(["cmp", str(mine), str(theirs)], check=False).returncode == 0
        print("the same words, counts and order" if same else "DIFFERENT")


def counted_by_nodes(text: str, nodes: int) -> Vocabulary:
    """The vocabulary by nodes of a Ray cluster, of which each has numbered its part of the text."""
    transport = OnRay("local", nodes, 1)
    try:
        asked = [(node, transport.call(node, "about")[0]) for node in range(nodes)]
        processes = [int(about["process"]) for about in transport.gather(asked)]
        idle = [peak_of(process) for process in processes]
        begun = time.perf_counter()
        spread = SpreadText(transport, text_shards(text, TextOptions(), nodes), text, None)
        vocabulary = spread._numbered_by(Selection()).vocabulary
        seconds = time.perf_counter() - begun
        above = sorted(peak_of(process) - before for process, before in zip(processes, idle, strict=True))
        print(f"{len(vocabulary):,} words by {nodes} nodes in {seconds:.1f} s; an idle one {max(idle):,.0f} MB")
        print(f"memory of each above an idle one: {above[0]:,.0f} to {above[-1]:,.0f} MB", flush=True)
        return vocabulary
    finally:
        transport.close()


def save(vocabulary: object, path: str) -> None:
    """A word and its count a line, in the order of ids."""
    keys, counts = vocabulary.keys, vocabulary.counts.tolist()  # type: ignore[attr-defined]
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"{key} {count}\n" for key, count in zip(keys, counts, strict=True))


if __name__ == "__main__":
    main()
