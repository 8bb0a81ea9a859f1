"""What `deterministic=True` costs, and how good its vectors are; and what checkpoints cost.

    python -m bench.rounds speed text.txt --runs 7
    python -m bench.rounds quality text.txt --seeds 3 --analogies questions-words.txt \\
        --similarity EN-WS-353-ALL.txt EN-MEN-TR-3k.txt
    python -m bench.rounds checkpoints text.txt --every 1s

`speed` trains an epoch with and without, with as many threads each, in turn in one process, and prints seconds: the
best, the median, and how far the runs lie apart. Documents are parts of 100 words, each with a tag of its own, or with
another one, too, that it shares with a 20th of them; items are words in baskets of 20; nodes are words, with an edge
for each pair of neighbours; documents have one of ten labels, in turn, and these are learned in five epochs. `quality`
trains with the first number of threads, by default one, and prints means of the seeds and half their range: of words
analogies (3CosAdd among the 30,000 most frequent words) and Spearman's rho x 100 of pairs of words; of documents, how
many per cent have another part of the same line as the nearest. `checkpoints` trains with and without, in turn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from fastemb import Corpus, Doc2Vec, FastText, Graph, Interactions, Item2Vec, KeyedVectors, Node2Vec, Word2Vec
from fastemb.classify import TextClassifier
from fastemb.models.documents import Documents

ANSWERS = 30_000  # most frequent words that an analogy's answer is looked for among
PART = 100  # words of a document
BASKET = 20
SHARED_TAGS = 20
HS: dict[str, Any] = {"hs": 1, "negative": 0}
WORDS: dict[str, tuple[type[Word2Vec], dict[str, Any]]] = {
    "skip-gram": (Word2Vec, {"sg": 1}),
    "CBOW": (Word2Vec, {"sg": 0, "alpha": 0.05}),
    "skip-gram, hs": (Word2Vec, {"sg": 1, **HS}),
    "CBOW, hs": (Word2Vec, {"sg": 0, "alpha": 0.05, **HS}),
    "FastText": (FastText, {"sg": 1}),
    "FastText, CBOW": (FastText, {"sg": 0, "alpha": 0.05}),
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "PV-DBOW": {"dm": 0},
    "PV-DBOW with words": {"dm": 0, "dbow_words": 1},
    "PV-DM": {"dm": 1, "alpha": 0.05},
    "PV-DM, concatenation": {"dm": 1, "dm_concat": 1, "window": 2},
}
DOCUMENT_KINDS = [f"{name}{tags}" for name in DOCUMENTS for tags in ("", ", shared tags")]
OTHERS = ["Item2Vec", "Node2Vec", "TextClassifier"]


class Text:
    """What the kinds train on, made of one file when it is asked for."""

    def __init__(self, path: str) -> None:
        self.path = path

    @cached_property
    def corpus(self) -> Corpus:
        return Corpus.from_file(self.path, min_count=5)

    @cached_property
    def parts(self) -> list[tuple[int, list[str]]]:
        """Documents, each with the number of its line."""
        lines = [line.split() for line in Path(self.path).read_text().splitlines()]
        return [
            (number, words[at : at + PART])
            for number, words in enumerate(lines)
            for at in range(0, len(words) - PART + 1, PART)
        ]

    @cached_property
    def documents(self) -> Documents:
        return Documents.of(Corpus.from_sentences([words for _, words in self.parts], min_count=5))

    @cached_property
    def tagged(self) -> Documents:
        """The same documents, each with one more tag, which many share."""
        return Documents.of(
            self.documents, [[number, f"of {number % SHARED_TAGS}"] for number in range(len(self.parts))]
        )

    @cached_property
    def baskets(self) -> Interactions:
        ids = self.corpus.ids[: len(self.corpus.ids) // BASKET * BASKET]
        return Interactions.from_baskets(ids.reshape(-1, BASKET).tolist())

    @cached_property
    def graph(self) -> Graph:
        ids = self.corpus.ids[:30_000]
        pairs = np.stack([ids[:-1], ids[1:]], 1)
        return Graph.from_edges(pairs[pairs[:, 0] != pairs[:, 1]].tolist())

    @cached_property
    def labelled(self) -> tuple[list[str], list[str]]:
        texts = [" ".join(words) for _, words in self.parts]
        return texts, [f"label {number % 10}" for number in range(len(texts))]

    def of(self, kind: str) -> Corpus:
        """What a kind of words or documents trains on."""
        return self.corpus if kind in WORDS else self.tagged if kind.endswith("shared tags") else self.documents


def built(kind: str, text: Text, **options: Any) -> Word2Vec:
    """An untrained model of words or documents."""
    if kind in WORDS:
        made, settings = WORDS[kind]
    else:
        made, settings = Doc2Vec, DOCUMENTS[kind.removesuffix(", shared tags")]
    model = made(vector_size=100, min_count=5, **settings | options)
    model.build_vocab(text.of(kind))
    return model


def epoch(kind: str, text: Text, **options: Any) -> Callable[[], object]:
    """What trains an epoch."""
    if kind == "Item2Vec":
        return lambda: Item2Vec(vector_size=100, epochs=1, **options).fit(text.baskets)
    if kind == "Node2Vec":
        return lambda: Node2Vec(vector_size=100, num_walks=1, **options).fit(text.graph)
    if kind == "TextClassifier":
        return lambda: TextClassifier(vector_size=100, epochs=5, **options).fit(*text.labelled)
    model = built(kind, text, **options)
    return lambda: model.train(text.of(kind), epochs=1)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def told(times: list[float]) -> str:
    """Best, median and spread."""
    middle = statistics.median(times)
    return f"{min(times):.3f} ({middle:.3f}, {100 * (max(times) - min(times)) / middle:.0f}%)"


def speed(text: Text, options: argparse.Namespace) -> None:
    """Print a line for each kind and number of threads."""
    print("seconds of an epoch, best (median, spread)")
    for kind in options.kinds:
        for workers in options.workers:
            pair = [epoch(kind, text, workers=workers, deterministic=chosen) for chosen in (False, True)]
            pair[0]()  # the data is made
            times: list[list[float]] = [[], []]
            for _ in range(options.runs):
                for work, found in zip(pair, times, strict=True):
                    found.append(seconds(work))
            best, middle = (many(times[1]) / many(times[0]) for many in (min, statistics.median))
            print(
                f"{kind:33} {workers} threads  Hogwild {told(times[0])}  deterministic {told(times[1])}"
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


def nearest(model: Doc2Vec, text: Text) -> list[float]:
    """How many documents have another part of the same line as the nearest, in per cent."""
    lines = np.array([number for number, _ in text.parts])
    own = [model.dv.key_to_index[number] for number in range(len(lines))]
    vectors = model.dv.get_normed_vectors()[own]
    found = []
    for at in range(0, len(vectors), 1000):
        likeness = vectors[at : at + 1000] @ vectors.T
        np.fill_diagonal(likeness[:, at:], -1)
        found.append(lines[likeness.argmax(1)] == lines[at : at + 1000])
    return [100 * float(np.concatenate(found).mean())]


def about(values: Iterable[float]) -> str:
    """The mean, and half the range."""
    found = list(values)
    return f"{statistics.fmean(found):5.1f} ± {(max(found) - min(found)) / 2:.1f}"


def quality(text: Text, options: argparse.Namespace) -> None:
    """Print a line for each kind and way."""
    print(*([options.analogies] if options.analogies else []), *options.similarity)
    for kind in options.kinds:
        for chosen in options.ways:
            way = {"workers": options.workers[0], "deterministic": chosen == "deterministic"}
            rows = []
            for seed in range(1, options.seeds + 1):
                model = built(kind, text, epochs=options.epochs, seed=seed, **way)
                model.train(text.of(kind))
                rows.append(nearest(model, text) if isinstance(model, Doc2Vec) else scores(model.wv, options))
            print(f"{kind:33} {chosen:14}", *map(about, zip(*rows, strict=True)), flush=True)


def checkpoints(text: Text, options: argparse.Namespace) -> None:
    """Print what the same training takes with and without."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        pair: list[dict[str, Any]] = [{}, {"checkpoint": str(path), "checkpoint_every": options.every}]
        times: list[list[float]] = [[], []]
        for _ in range(options.runs):
            for settings, found in zip(pair, times, strict=True):
                model = built(options.kinds[0], text, workers=options.workers[-1], epochs=options.epochs)
                found.append(seconds(partial(model.train, text.corpus, **settings)))
        size = path.stat().st_size / 1e6
    print(f"without {told(times[0])}, with one every {options.every} {told(times[1])}, {size:.0f} MB each")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=["speed", "quality", "checkpoints"])
    parser.add_argument("text")
    parser.add_argument("--kinds", nargs="*", default=list(WORDS), choices=[*WORDS, *DOCUMENT_KINDS, *OTHERS])
    parser.add_argument("--workers", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--ways", nargs="*", default=["Hogwild", "deterministic"])
    parser.add_argument("--analogies")
    parser.add_argument("--similarity", nargs="*", default=[])
    parser.add_argument("--every", default="1s")
    options = parser.parse_args()
    text = Text(options.text)
    print(f"{text.corpus.words:,} words, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} CPUs")
    {"speed": speed, "quality": quality, "checkpoints": checkpoints}[options.what](text, options)


if __name__ == "__main__":
    main()
