"""Does the beginning of an article find the rest of it? Vectors trained on a text, exported to sentence-transformers.

The text is articles, each line of which holds 1000 words at most. Words are joined to phrases, skip-gram is trained,
and `save_sentence_transformers` writes a folder for each way to weight words. The first 12 words of an article, which
stand for its first sentence, as the text has no full stops, are the question; the rest of its first line is what is to
be found among those of all articles, by the cosine. It prints, for sentence-transformers and for `KeyedVectors.embed`,
the share of questions whose article comes first, and is among the first ten, and the mean of 1 / rank.

    python -m bench.retrieval wiki100m.txt
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastemb import Corpus, KeyedVectors, Phrases, Word2Vec, load_vectors

LINE = 1000  # words of a line that the article goes on after
QUESTION = 12  # words
LEAST = 30  # words of an article
WAYS: list[dict[str, Any]] = [
    {},
    {"remove": 1},
    {"weights": "sif", "remove": 0},
    {"weights": "sif"},
    {"weights": "sif", "smoothing": 1e-4},
    {"weights": "sif", "smoothing": 1e-4, "pre_normalize": True},
    {"weights": "zipf", "smoothing": 1e-4, "pre_normalize": True},
    {"weights": "sif", "smoothing": 1e-4, "pre_normalize": True, "remove": 5},
]


def articles(path: str, most: int) -> tuple[list[str], list[str]]:
    """The first words of each article, and the rest of its first line."""
    questions, rests, goes_on = [], [], False
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if len(words) >= LEAST and not goes_on and len(rests) < most:
                questions.append(" ".join(words[:QUESTION]))
                rests.append(" ".join(words[QUESTION:]))
            goes_on = len(words) == LINE
    return questions, rests


def trained(path: str, size: int, workers: int | None) -> tuple[Phrases, KeyedVectors]:
    """Phrases of the text, and vectors of its words and phrases."""
    corpus = Corpus.from_file(path)
    phrases = Phrases(corpus, min_count=20, scoring="npmi", threshold=0.4)
    return phrases, Word2Vec(phrases[corpus], vector_size=size, sg=1, min_count=5, epochs=5, workers=workers).wv


def show(name: str, questions: NDArray[Any], rests: NDArray[Any]) -> None:
    """Print how well each row of one array finds the same row of the other."""
    questions, rests = (
        rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12) for rows in (questions, rests)
    )
    ranks = np.empty(len(questions), np.int64)
    for start in range(0, len(questions), 500):
        block = questions[start : start + 500] @ rests.T
        right = block[np.arange(len(block)), np.arange(start, start + len(block))]
        ranks[start : start + 500] = (block > right[:, np.newaxis]).sum(axis=1)
    print(
        f"first {np.mean(ranks < 1):6.1%}  first ten {np.mean(ranks < 10):6.1%}  MRR {np.mean(1 / (1 + ranks)):.3f}  "
        f"{name}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--articles", type=int, default=1_000_000, help="at most (all)")
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--wordllama", action="store_true", help="also WordLlama's vectors, of 256 dimensions")
    options = parser.parse_args()
    texts = articles(options.text, options.articles)
    print(f"{len(texts[0]):,} articles")
    phrases, wv = trained(options.text, options.size, options.workers)
    bags = [[list(joined) for joined in phrases[[text.split() for text in part]]] for part in texts]
    show("embed", *(wv.embed(part).vectors for part in bags))
    rests = wv.embed(bags[1], "sif", smoothing=1e-4)
    questions = wv.embed(bags[0], "sif", smoothing=1e-4, remove=rests.component)
    show("embed, sif, smoothing 1e-4, and the articles' component", questions.vectors, rests.vectors)
    if options.wordllama:
        import wordllama

        here = Path(wordllama.__file__).parent  # all that it needs is in the package
        model = wordllama.WordLlama.load(cache_dir=here, disable_download=True)
        show("WordLlama", *(model.embed(part) for part in texts))
    for way in WAYS:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "model")
            wv.save_sentence_transformers(path, **way)
            encode = encoder(path)
            show(f"sentence-transformers, {way}", *(encode(part) for part in texts))
            exported = load_vectors(path)
            show("    the same by embed", *(exported.embed(part).vectors for part in bags))


def encoder(path: str) -> Callable[[list[str]], NDArray[Any]]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(path, device="cpu")
    return lambda texts: np.asarray(model.encode(texts, batch_size=256, show_progress_bar=False))


if __name__ == "__main__":
    main()
