"""Doc2Vec: training and inference beside gensim's, in turns.

    python -m bench.document_speed TEXT --peer PYTHON [--runs 3] [--epochs 5] [--texts 10000]

PYTHON has gensim. Documents are pieces of 200 words. Each run is a process of its own, which trains a model and then
infers the vectors of texts of 40 words in ten epochs, by gensim one after the other, which is its one way; by fastemb
all at once, and then a tenth of them one after the other, too. Shown are the best and the median of wall times, and
their ratios, by kind of model and number of threads; with ``--cpu`` of CPU times of all threads.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from typing import Any

KINDS: dict[str, dict[str, int]] = {"PV-DBOW": {"dm": 0}, "PV-DM": {"dm": 1}}
RUN = """
import json, sys, time
from importlib import import_module
library, path, texts, epochs, workers, kind, clock = sys.argv[1:8]
now = getattr(time, clock)
doc2vec = import_module(library + ".models.doc2vec")
with open(path, encoding="utf-8") as file:
    words = [sys.intern(word) for word in file.read().split()]
pieces = [words[at : at + 200] for at in range(0, len(words), 200)]
documents = [doc2vec.TaggedDocument(piece, [number]) for number, piece in enumerate(pieces)]
asked = [words[at : at + 40] for at in range(0, 40 * int(texts), 40)]
model = doc2vec.Doc2Vec(epochs=int(epochs), workers=int(workers), **json.loads(kind))
model.build_vocab(documents)
begun = now()
model.train(documents, total_examples=len(documents), epochs=int(epochs))
trained = now() - begun
begun = now()
if library == "gensim":
    for text in asked:
        model.infer_vector(text, epochs=10)
else:
    model.infer_vectors(asked, epochs=10)
inferred = (now() - begun) / len(asked)
begun = now()
if library == "fastemb":
    asked = asked[: len(asked) // 10]
    for text in asked:
        model.infer_vector(text, epochs=10)
    alone = (now() - begun) / len(asked)
else:
    alone = inferred
print(trained, inferred * 1e6, alone * 1e6)
"""


def run(python: str, library: str, options: argparse.Namespace, kind: dict[str, int], workers: int) -> list[float]:
    """Seconds of training, microseconds of inference a text, and of one text after the other."""
    texts = options.texts // 10 if library == "gensim" else options.texts
    clock = "process_time" if options.cpu else "perf_counter"
    given = [library, options.text, texts, options.epochs, workers, json.dumps(kind), clock]
    done = subprocess.run([python, "-c", RUN, *map(str, given)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return list(map(float, done.stdout.split()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--peer", required=True, metavar="PYTHON")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--texts", type=int, default=10_000, help="to infer; gensim infers a tenth of them")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--kind", choices=list(KINDS), nargs="+", default=list(KINDS), metavar="KIND")
    parser.add_argument("--cpu", action="store_true", help="CPU times, for a machine that others use, too")
    options = parser.parse_args()
    names = ("training, s", "inference, us a text", "one by one, us a text")
    print(f"{'':9} {'threads':>7} {'':22} {'fastemb':>17} {'gensim':>21} {'ratios':>13}   best (median)")
    for kind in options.kind:
        for workers in options.workers:
            ours, theirs = [], []
            for _ in range(options.runs):
                ours.append(run(sys.executable, "fastemb", options, KINDS[kind], workers))
                theirs.append(run(options.peer, "gensim", options, KINDS[kind], workers))
            for number, name in enumerate(names):
                show(kind, workers, name, [each[number] for each in ours], [each[number] for each in theirs])


def show(kind: str, workers: int, name: str, ours: list[float], theirs: list[float]) -> None:
    """One line: best and median of both, and their ratios."""
    cells: list[Any] = []
    for values in (ours, theirs):
        cells += [f"{min(values):.2f} ({statistics.median(values):.2f})"]
    ratios = f"{min(theirs) / min(ours):.1f} ({statistics.median(theirs) / statistics.median(ours):.1f})"
    print(f"{kind:9} {workers:7} {name:22} {cells[0]:>17} {cells[1]:>21} {ratios:>13}", flush=True)


if __name__ == "__main__":
    main()
