"""Do two halves of a text find each other? Doc2Vec of fastemb or of gensim, and means of words beside it.

    .venv/bin/python bench/documents.py TEXT [--library gensim] [--pairs 20000] [--words 400]

The text is cut into pieces of ``--words`` words, and each piece into two halves, which are documents of their own: all
halves are trained on, and nobody tells which belong together. For the first half of each piece all other halves are
ranked by the cosine. It prints the mean rank of the second half, the share where it is among the first ten, and the
CPU seconds of training, for PV-DBOW and PV-DM; with fastemb for the same vectors inferred by the trained model, and for
weighted means of words (`KeyedVectors.embed`), too. One worker trains. Then texts are inferred, by gensim one after the
other: word-epochs a CPU second.
"""

from __future__ import annotations

import argparse
import importlib
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

INFERRED = 500


def halves_of(path: str, pairs: int, words: int) -> list[list[str]]:
    """The first halves, then the second ones."""
    with open(path, encoding="utf-8") as file:
        tokens = file.read(12 * pairs * words).split()
    pairs = min(pairs, len(tokens) // words)
    pieces = [tokens[number * words : (number + 1) * words] for number in range(pairs)]
    return [piece[: words // 2] for piece in pieces] + [piece[words // 2 :] for piece in pieces]


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--library", choices=("fastemb", "gensim"), default="fastemb")
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--words", type=int, default=400, help="of a piece")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    library: Any = importlib.import_module(f"{options.library}.models.doc2vec")
    texts = halves_of(options.text, options.pairs, options.words)
    documents = [library.TaggedDocument(words, [number]) for number, words in enumerate(texts)]
    total = sum(map(len, texts[:INFERRED]))
    for name, kind in {"PV-DBOW": {"dm": 0}, "PV-DBOW, words beside": {"dm": 0, "dbow_words": 1}, "PV-DM": {}}.items():
        model = library.Doc2Vec(epochs=options.epochs, workers=1, seed=options.seed, **kind)
        model.build_vocab(documents)
        start = time.process_time()
        model.train(documents, total_examples=len(documents), epochs=options.epochs)
        seconds = time.process_time() - start
        show(f"{options.library}, {name}, {seconds:.1f} CPU s", model.dv.vectors)
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
        if options.library == "fastemb" and kind.get("dm", 1):
            show("means of the words of PV-DM, embed", model.wv.embed(texts).vectors)


if __name__ == "__main__":
    main()
