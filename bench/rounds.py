"""What `deterministic=True` costs, and how good its vectors are; and what checkpoints cost.

    python -m bench.rounds speed text.txt --runs 7
    python -m bench.rounds quality text.txt --seeds 3 --analogies questions-words.txt \\
        --similarity EN-WS-353-ALL.txt EN-MEN-TR-3k.txt
    python -m bench.rounds checkpoints text.txt --every 1s

`speed` trains an epoch with and without, with as many threads each, in turn in one process, and prints seconds: the
best, the median, and how far the runs lie apart. `quality` trains with the first number of threads, by default one, and
prints means of the seeds and half their range: analogies (3CosAdd among the 30,000 most frequent words) and
Spearman's rho x 100 of pairs of words. `checkpoints` trains with and without, in turn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from fastemb import Corpus, FastText, KeyedVectors, Word2Vec

ANSWERS = 30_000  # most frequent words that an analogy's answer is looked for among
HS: dict[str, Any] = {"hs": 1, "negative": 0}
KINDS: dict[str, tuple[type[Word2Vec], dict[str, Any]]] = {
    "skip-gram": (Word2Vec, {"sg": 1}),
    "CBOW": (Word2Vec, {"sg": 0, "alpha": 0.05}),
    "skip-gram, hs": (Word2Vec, {"sg": 1, **HS}),
    "CBOW, hs": (Word2Vec, {"sg": 0, "alpha": 0.05, **HS}),
    "FastText": (FastText, {"sg": 1}),
    "FastText, CBOW": (FastText, {"sg": 0, "alpha": 0.05}),
}


def built(kind: str, corpus: Corpus, **options: Any) -> Word2Vec:
    """An untrained model."""
    made, settings = KINDS[kind]
    model = made(vector_size=100, min_count=5, **settings | options)
    model.build_vocab(corpus)
    return model


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def told(times: list[float]) -> str:
    """Best, median and spread."""
    middle = statistics.median(times)
    return f"{min(times):.3f} ({middle:.3f}, {100 * (max(times) - min(times)) / middle:.0f}%)"


def speed(corpus: Corpus, options: argparse.Namespace) -> None:
    """Print a line for each kind and number of threads."""
    print("seconds of an epoch, best (median, spread)")
    for kind in options.kinds:
        for workers in options.workers:
            pair = [built(kind, corpus, workers=workers, deterministic=chosen) for chosen in (False, True)]
            times: list[list[float]] = [[], []]
            for _ in range(options.runs):
                for model, found in zip(pair, times, strict=True):
                    found.append(seconds(lambda model=model: model.train(corpus, epochs=1)))
            best, middle = (many(times[1]) / many(times[0]) for many in (min, statistics.median))
            print(
                f"{kind:16} {workers} threads  Hogwild {told(times[0])}  deterministic {told(times[1])}"
                f"  times {best:.2f} ({middle:.2f})",
                flush=True,
            )


def scores(vectors: KeyedVectors, options: argparse.Namespace) -> list[float]:
    """Of the analogies, and of each file of pairs, in per cent."""
    found = [100 * vectors.evaluate_word_analogies(options.analogies, ANSWERS)[0]] if options.analogies else []
    return found + [
        100 * vectors.evaluate_word_pairs(path, delimiter=None, restrict_vocab=None)[1][0]
        for path in options.similarity
    ]


def about(values: Iterable[float]) -> str:
    """The mean, and half the range."""
    found = list(values)
    return f"{statistics.fmean(found):5.1f} ± {(max(found) - min(found)) / 2:.1f}"


def quality(corpus: Corpus, options: argparse.Namespace) -> None:
    """Print a line for each kind and way."""
    print(*([options.analogies] if options.analogies else []), *options.similarity)
    for kind in options.kinds:
        for chosen in options.ways:
            way = {"workers": options.workers[0], "deterministic": chosen == "deterministic"}
            rows = []
            for seed in range(1, options.seeds + 1):
                model = built(kind, corpus, epochs=options.epochs, seed=seed, **way)
                model.train(corpus)
                rows.append(scores(model.wv, options))
            print(f"{kind:16} {chosen:14}", *map(about, zip(*rows, strict=True)), flush=True)


def checkpoints(corpus: Corpus, options: argparse.Namespace) -> None:
    """Print what the same training takes with and without."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        pair: list[dict[str, Any]] = [{}, {"checkpoint": str(path), "checkpoint_every": options.every}]
        times: list[list[float]] = [[], []]
        for _ in range(options.runs):
            for settings, found in zip(pair, times, strict=True):
                model = built(options.kinds[0], corpus, workers=options.workers[-1], epochs=options.epochs)
                found.append(seconds(lambda model=model, settings=settings: model.train(corpus, **settings)))
        size = path.stat().st_size / 1e6
    print(f"without {told(times[0])}, with one every {options.every} {told(times[1])}, {size:.0f} MB each")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=["speed", "quality", "checkpoints"])
    parser.add_argument("text")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--workers", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--ways", nargs="*", default=["Hogwild", "deterministic"])
    parser.add_argument("--analogies")
    parser.add_argument("--similarity", nargs="*", default=[])
    parser.add_argument("--every", default="1s")
    options = parser.parse_args()
    corpus = Corpus.from_file(options.text, min_count=5)
    print(f"{corpus.words:,} words, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} CPUs")
    {"speed": speed, "quality": quality, "checkpoints": checkpoints}[options.what](corpus, options)


if __name__ == "__main__":
    main()
