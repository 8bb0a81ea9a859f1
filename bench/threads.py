"""What threads gain, with and without the GIL: the same work by one thread and by two, in interpreters that take turns.

    python bench/threads.py TEXT path/to/python3.13 path/to/python3.13t --rounds 5

Each interpreter must be able to import fastemb, or have a folder with its build after a colon. Of each kind of work the
medians are printed: how many times as much two threads do in the same time.

- training: one model, workers=1 and workers=2
- models: a model in each of two threads, workers=1, beside one after the other
- reading: lists of words encoded in each of two threads
- asking: most_similar of one word after the other in each of two threads
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

EPOCHS = 3
TIMES = 400  # questions of a thread


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("pythons", nargs="*", default=[sys.executable])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--here", action="store_true", help="one round in this interpreter, as JSON")
    options = parser.parse_args()
    if options.here:
        print(json.dumps(gains(options.text)))
        return
    found: dict[str, list[dict[str, float]]] = {python: [] for python in options.pythons}
    for number in range(options.rounds):
        for python in options.pythons if number % 2 else reversed(options.pythons):
            found[python].append(in_other(python, options.text))
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} CPUs, {options.rounds} rounds")
    for python, rounds in found.items():
        print(python)
        for kind in rounds[0]:
            values = sorted(one[kind] for one in rounds)
            print(f"    {kind:24} {statistics.median(values):.2f} ({values[0]:.2f} to {values[-1]:.2f})")


def in_other(python: str, text: Path) -> dict[str, float]:
    """A round in another interpreter."""
    command, _, folder = python.partition(":")
    environment = os.environ | ({"PYTHONPATH": folder} if folder else {})
    done = subprocess.run(
        [command, "-P", __file__, str(text), "--here"], env=environment, check=True, capture_output=True, text=True
    )
    made: dict[str, float] = json.loads(done.stdout)
    return made


def gains(text: Path) -> dict[str, float]:
    """How many times as much two threads do as one; and the speed of one, in words a second of training."""
    import fastemb

    corpus = fastemb.Corpus.from_file(text, min_count=5)
    sentences = [sentence for _, sentence in zip(range(20_000), corpus, strict=False)]
    models = [fastemb.Word2Vec(vector_size=100, sg=1, min_count=5, workers=workers) for workers in (1, 2, 1, 1)]
    for model in models:
        model.build_vocab(corpus)
    model, left = models[1], iter(models[2:])
    words = model.wv.index_to_key[:TIMES]

    def train(model: fastemb.Word2Vec = models[0]) -> None:
        model.train(corpus, epochs=EPOCHS)

    def read() -> None:
        fastemb.Corpus.from_sentences(sentences)

    def ask() -> None:
        for word in words:
            model.wv.most_similar(word)

    ask()  # what is computed once
    one = seconds(train)
    found = {
        "training": one / seconds(lambda: train(model)),
        "models": 2 * one / seconds(lambda: in_two_threads(lambda: train(next(left)))),
    }
    for name, work in (("reading", read), ("asking", ask)):
        found[name] = 2 * seconds(work) / seconds(lambda work=work: in_two_threads(work))
    return {**found, "million words a second": EPOCHS * corpus.words / one / 1e6}


def in_two_threads(work: Callable[[], None]) -> None:
    """Do it twice at once."""
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
