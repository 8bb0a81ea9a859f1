"""Do two halves of a text find each other? Doc2Vec of fastemb or of gensim, and means of words beside it.

    .venv/bin/python bench/documents.py TEXT [--library gensim] [--pairs 20000] [--words 400 | --articles 50]

The text is cut into pieces of ``--words`` words, or with ``--articles`` into articles of at least so many words, whose
last lines have fewer than 1,000 words. Each piece is cut into two halves, which are documents of their own: all halves
are trained on, and nobody tells which belong together. For the first half of each piece all other halves are ranked by
the cosine. It prints the mean rank of the second half and the share where it is among the first ten, for PV-DBOW and
PV-DM; the CPU seconds of training, the most memory so far, and a digest of the vectors. With fastemb it does so for the
same vectors inferred by the trained model, and for weighted means of words (`KeyedVectors.embed`), too. ``--shuffle``
hands the documents over in another order. Then texts are inferred, by gensim one after the other: word-epochs a CPU
second.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import itertools
import random
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

INFERRED = 500
FULL_LINE = 1000  # words: a shorter line is the last one of an article
KINDS: dict[str, dict[str, int]] = {
    "PV-DBOW": {"dm": 0},
    "PV-DBOW, words beside": {"dm": 0, "dbow_words": 1},
    "PV-DM": {},
}


def articles_of(path: str, least: int) -> Iterator[list[str]]:
    """Articles of at least so many words."""
    article: list[str] = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = [sys.intern(word) for word in line.split()]
            article += words
            if len(words) < FULL_LINE:
                if len(article) >= least:
                    yield article
                article = []
    if len(article) >= least:
        yield article


def pieces_of(path: str, pairs: int, words: int) -> list[list[str]]:
    """Pieces of so many words, wherever articles end."""
    with open(path, encoding="utf-8") as file:
        tokens = [sys.intern(word) for word in file.read(12 * pairs * words).split()]
    return [tokens[at : at + words] for at in range(0, len(tokens) // words * words, words)][:pairs]


def halves_of(pieces: list[list[str]]) -> list[list[str]]:
    """The first halves, then the second ones."""
    return [piece[: len(piece) // 2] for piece in pieces] + [piece[len(piece) // 2 :] for piece in pieces]


def show(name: str, vectors: NDArray[Any]) -> None:
    """The ranks of second halves, for the first ones."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    pairs = len(unit) // 2
    ranks = []
    for first in range(0, pairs, 500):
        rows = np.arange(first, min(first + 500, pairs))
        scores = unit[rows] @ unit.T
        scores[np.arange(len(rows)), rows] = -2.0
        ranks.append(1 + (scores > scores[np.arange(len(rows)), pairs + rows][:, None]).sum(axis=1))
    every = np.concatenate(ranks)
    print(f"{name}: mean rank {every.mean():.1f}, in the first ten {(every <= 10).mean():.3f}", flush=True)


def peak() -> float:
    """MiB that this process had in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--library", choices=("fastemb", "gensim"), default="fastemb")
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--words", type=int, default=400, help="of a piece")
    parser.add_argument("--articles", type=int, metavar="WORDS", help="pieces are articles of at least so many words")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--shuffle", type=int, metavar="SEED", help="order of the documents")
    parser.add_argument("--deterministic", action="store_true", help="of fastemb alone")
    parser.add_argument("--kind", choices=list(KINDS), nargs="+", default=list(KINDS), metavar="KIND")
    parser.add_argument("--training-only", action="store_true", help="leave inference and means of words out")
    options = parser.parse_args()
    library: Any = importlib.import_module(f"{options.library}.models.doc2vec")
    if options.articles is None:
        pieces = pieces_of(options.text, options.pairs, options.words)
    else:
        pieces = list(itertools.islice(articles_of(options.text, options.articles), options.pairs))
    texts = halves_of(pieces)
    del pieces
    documents = [library.TaggedDocument(words, [number]) for number, words in enumerate(texts)]
    if options.shuffle is not None:
        random.Random(options.shuffle).shuffle(documents)
    total = sum(map(len, texts[:INFERRED]))
    print(f"{len(texts):,} documents, {sum(map(len, texts)):,} words; {peak():.0f} MiB before training", flush=True)
    settings: dict[str, Any] = {"epochs": options.epochs, "workers": options.workers, "seed": options.seed}
    if options.deterministic:
        settings["deterministic"] = True
    for name in options.kind:
        model = library.Doc2Vec(**settings, **KINDS[name])
        model.build_vocab(documents)
        start = time.process_time()
        model.train(documents, total_examples=len(documents), epochs=options.epochs)
        seconds = time.process_time() - start
        show(f"{options.library}, {name}, {seconds:.1f} CPU s, {peak():.0f} MiB", model.dv.vectors)
        print(f"  bits: {hashlib.sha256(np.ascontiguousarray(model.dv.vectors).tobytes()).hexdigest()[:12]}")
        if options.training_only:
            continue
        start = time.process_time()
        if options.library == "gensim":
            for words in texts[:INFERRED]:
                model.infer_vector(words)
        else:
            model.infer_vectors(texts[:INFERRED], workers=1)
        rate = total * options.epochs / (time.process_time() - start)
        print(f"  inference: {rate / 1e6:.2f} million word-epochs a CPU s")
        if options.library == "fastemb":
            show("  inferred", model.infer_vectors(texts))
            if name == "PV-DM":
                show("means of the words of PV-DM, embed", model.wv.embed(texts).vectors)


if __name__ == "__main__":
    main()
