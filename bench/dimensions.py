"""How many dimensions are enough for a text of some size? Models of several sizes, and a large one that was reduced.

Skip-gram is trained on the start of a text, by several seeds, with each number of dimensions. A line is printed for
each: analogies (3CosAdd among the 30,000 most frequent words) and Spearman's rho of pairs of words, the mean of the
seeds; how many of the 10 nearest words of the 10,000 most frequent ones the models of two seeds have in common; seconds
of CPU of one training, and MB of vectors. The lines "reduced" are the models of most dimensions after `reduce`.

    python -m bench.dimensions wiki100m.txt --analogies questions-words.txt --similarity EN-MEN-TR-3k.txt
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fastemb import Corpus, KeyedVectors, Word2Vec
from fastemb.spaces import stability

ANSWERS = 30_000  # most frequent words that an analogy's answer is looked for among
NEIGHBOURS = 10_000  # most frequent words whose neighbours are compared


def start_of(path: str, megabytes: int, folder: str) -> Corpus:
    """The whole lines of the first so many MB of a text."""
    part = Path(folder) / f"{megabytes}.txt"
    with open(path, "rb") as source:
        text = source.read(megabytes * 1_000_000)
    part.write_bytes(text[: text.rindex(b"\n") + 1])
    return Corpus.from_file(str(part), min_count=5)


def scored(models: Sequence[KeyedVectors], options: argparse.Namespace) -> str:
    """The mean scores of models of several seeds."""
    analogies = [wv.evaluate_word_analogies(options.analogies, ANSWERS)[0] for wv in models]
    pairs = [wv.evaluate_word_pairs(options.similarity, restrict_vocab=None)[1][0] for wv in models]
    agree = float(stability(models, restrict_vocab=NEIGHBOURS).overlap.mean()) if len(models) > 1 else np.nan
    megabytes = models[0].vectors.nbytes / 1e6
    return f"analogies {np.mean(analogies):5.1%}  pairs {np.mean(pairs):.3f}  agree {agree:5.1%}  {megabytes:6.1f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--analogies", required=True)
    parser.add_argument("--similarity", required=True)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--dimensions", type=int, nargs="+", default=[300, 200, 100, 50, 25])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    for megabytes in options.megabytes:
        with tempfile.TemporaryDirectory() as folder:
            corpus = start_of(options.text, megabytes, folder)
            print(f"{megabytes} MB, {corpus.words:,} words, {len(corpus.vocabulary):,} of them different", flush=True)
            largest: list[KeyedVectors] = []
            for size in sorted(options.dimensions, reverse=True):
                begun = time.process_time()
                models = [
                    Word2Vec(corpus, vector_size=size, sg=1, epochs=options.epochs, seed=seed, workers=1).wv
                    for seed in range(1, options.seeds + 1)
                ]
                seconds = (time.process_time() - begun) / options.seeds
                print(f"  trained {size:4}  {scored(models, options)}  {seconds:6.1f} s", flush=True)
                if largest:
                    small = [wv.reduce(size) for wv in largest]
                    variance = np.mean([wv.variance_kept for wv in small])
                    print(f"  reduced {size:4}  {scored(small, options)}  variance {variance:.1%}", flush=True)
                largest = largest or models


if __name__ == "__main__":
    main()
