"""Vectors of words from the question whether five words in a row are real (Collobert and Weston 2008; Bottou 2011).

    python examples/five_grams.py text.txt --pairs word-pairs.txt

Half of the 5-grams that the network sees are from the text. The others are broken: their middle word was replaced by
a random one. A table of words makes vectors of the five, W; two layers above it, R, say whether they are real. Both are
trained together, and on the way words that can stand in the same places get vectors that are alike.

The text is plain, a sentence or an article a line, words parted by white space. The file of pairs, if given, has a
line for each: two words, and how alike people found them, such as WordSim-353.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastemb import Corpus, KeyedVectors, Word2Vec
from fastemb.evaluate import spearman
from fastemb.layers import Adagrad, BCEWithLogitsLoss, Embedding, Linear, Tanh

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
HELD_OUT = 20_000  # 5-grams at most, and at most a tenth of all
NEIGHBOURS_OF = ["france", "king", "river", "january", "music", "water", "university", "german", "red", "war"]


class Text:
    """Ids of the words of a text, frequent words left out at random, and where five of a line follow each other."""

    def __init__(self, corpus: Corpus, sample: float, random: np.random.Generator) -> None:
        counts = corpus.vocabulary.counts
        share = counts / counts.sum()
        stays = np.minimum(np.sqrt(sample / share) + sample / share, 1) if sample else np.ones(len(counts))
        kept = random.random(len(corpus.ids)) < stays[corpus.ids]
        self.ids: Ints = corpus.ids[kept].astype(np.int64)
        line = np.repeat(np.arange(len(corpus)), np.diff(corpus.offsets))[kept]
        places = np.flatnonzero(line[4:] == line[:-4])
        if len(places) < 10:
            raise SystemExit("the text has too few lines of five words or more")
        random.shuffle(places)
        held = min(HELD_OUT, len(places) // 10)
        self.unseen, self.seen = places[:held], places[held:]
        often = counts**0.75
        self._ends: NDArray[np.float64] = np.cumsum(often / often.sum())

    def examples(self, places: Ints, random: np.random.Generator) -> tuple[Ints, Floats]:
        """The 5-grams at these places and the same ones broken, (2 n, 5), and 1 for those that are real, (2 n,)."""
        real = self.ids[places[:, None] + np.arange(5)]
        broken = real.copy()
        others = np.searchsorted(self._ends, random.random(len(places)) * self._ends[-1], side="right")
        broken[:, 2] = np.minimum(others, len(self._ends) - 1)
        return np.concatenate([real, broken]), np.repeat(np.array([1, 0], np.float32), len(places))


class Upper:
    """R: a hidden layer of tanh, and a number that is above 0 where the words are real."""

    def __init__(self, inputs: int, hidden: int, rate: float, seed: int) -> None:
        self._hidden = Linear(inputs, hidden, optimizer=Adagrad(rate), seed=seed)
        self._tanh = Tanh()
        self._out = Linear(hidden, 1, optimizer=Adagrad(rate), seed=seed + 1)
        self._loss = BCEWithLogitsLoss("sum")

    def logits(self, vectors: Floats) -> Floats:
        """(n, 5 D) to (n,)."""
        return self._out(self._tanh(self._hidden(vectors)))[:, 0].astype(np.float32)

    def learn(self, vectors: Floats, real: Floats) -> tuple[float, Floats]:
        """Make a step; the loss and the gradient of the vectors."""
        loss = self._loss(self.logits(vectors), real)
        grad = self._hidden.backward(self._tanh.backward(self._out.backward(self._loss.backward()[:, None])))
        self._out.step()
        self._hidden.step()
        return loss, grad.astype(np.float32)


class TorchUpper:
    """The same in torch: its autograd above the table."""

    def __init__(self, inputs: int, hidden: int, rate: float, seed: int) -> None:
        import torch

        torch.manual_seed(seed)
        self._torch = torch
        self._layers = torch.nn.Sequential(
            torch.nn.Linear(inputs, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, 1), torch.nn.Flatten(0)
        )
        self._optimizer = torch.optim.Adagrad(self._layers.parameters(), rate)
        self._loss = torch.nn.BCEWithLogitsLoss(reduction="sum")

    def logits(self, vectors: Floats) -> Floats:
        """(n, 5 D) to (n,)."""
        with self._torch.no_grad():
            found: Floats = self._layers(self._torch.from_numpy(vectors)).numpy()
        return found

    def learn(self, vectors: Floats, real: Floats) -> tuple[float, Floats]:
        """Make a step; the loss and the gradient of the vectors."""
        inputs = self._torch.from_numpy(vectors).requires_grad_()
        self._optimizer.zero_grad()
        loss = self._loss(self._layers(inputs), self._torch.from_numpy(real))
        loss.backward()
        self._optimizer.step()
        return loss.item(), inputs.grad.numpy()


def train(text: Text, table: Embedding, upper: Any, options: argparse.Namespace) -> Iterator[tuple[float, float]]:
    """The mean loss of each pass, and the accuracy on 5-grams that were held out."""
    random = np.random.default_rng(options.seed)
    unseen, are_real = text.examples(text.unseen, random)
    for _ in range(options.passes):
        places = random.permutation(text.seen)[: options.ngrams // 2]
        total = 0.0
        for start in range(0, len(places), options.batch // 2):
            ids, real = text.examples(places[start : start + options.batch // 2], random)
            loss, grad = upper.learn(table(ids).reshape(len(ids), -1), real)
            table.update(ids, grad.reshape(*ids.shape, -1))
            total += loss
        right = (upper.logits(table(unseen).reshape(len(unseen), -1)) > 0) == (are_real > 0)
        yield total / (2 * len(places)), float(right.mean())


def agreement(vectors: KeyedVectors, path: Path) -> str:
    """Spearman's correlation with people, and where 95 of 100 bootstrap samples of the pairs have it."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    pairs = [(a.lower(), b.lower(), float(score)) for a, b, score in (line[:3] for line in lines if len(line) >= 3)]
    known = [pair for pair in pairs if pair[0] in vectors and pair[1] in vectors]
    if len(known) < 10:
        return f"only {len(known)} of {len(pairs)} pairs are known"
    theirs = np.array([score for *_, score in known])
    ours = np.array([float(vectors.similarity(a, b)) for a, b, _ in known])
    random = np.random.default_rng(0)
    samples = (random.integers(len(known), size=len(known)) for _ in range(1000))
    low, high = np.percentile([spearman(theirs[some], ours[some])[0] for some in samples], [2.5, 97.5])
    rho = spearman(theirs, ours)[0]
    return f"rho {100 * rho:.1f}, from {100 * low:.1f} to {100 * high:.1f}; {len(known)} of {len(pairs)} pairs known"


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("text", type=Path, help="plain text")
    parser.add_argument("--pairs", type=Path, help="file of word pairs with a score")
    parser.add_argument("--words", type=int, default=20_000, help="size of the vocabulary (20,000)")
    parser.add_argument("--passes", type=int, default=10, help="passes (10)")
    parser.add_argument("--ngrams", type=int, default=1_000_000, help="5-grams of a pass, broken ones included (1e6)")
    parser.add_argument("--batch", type=int, default=1000, help="5-grams of a step (1000)")
    parser.add_argument("--dimension", type=int, default=50, help="of the vectors (50)")
    parser.add_argument("--hidden", type=int, default=100, help="size of the hidden layer (100)")
    parser.add_argument("--rate", type=float, default=0.6, help="learning rate of the table (0.6)")
    parser.add_argument("--upper-rate", type=float, default=0.03, help="learning rate of the layers above (0.03)")
    parser.add_argument("--sample", type=float, default=1e-4, help="words of a larger share are thinned out; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="threads of the table (1)")
    parser.add_argument("--skip-gram", action="store_true", help="train skip-gram on the same text, to compare")
    parser.add_argument("--torch", action="store_true", help="the layers above the table in torch")
    parser.add_argument("--save", type=Path, help="where to save the vectors")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Train, and say what was learned."""
    options = parsed(arguments)
    corpus = Corpus.from_file(options.text, max_vocab_size=options.words)
    text = Text(corpus, options.sample, np.random.default_rng(options.seed))
    print(f"{len(corpus.vocabulary):,} words, {len(text.seen):,} 5-grams to learn from, {len(text.unseen):,} held out")
    start = np.random.default_rng(options.seed).normal(0, 0.05, (len(corpus.vocabulary), options.dimension))
    table = Embedding(
        *start.shape,
        weight=start.astype(np.float32),
        optimizer=Adagrad(options.rate, initial_accumulator_value=0.1),
        workers=options.workers,
    )
    kind = TorchUpper if options.torch else Upper
    upper = kind(5 * options.dimension, options.hidden, options.upper_rate, options.seed)
    vectors, began = KeyedVectors(options.dimension), time.perf_counter()
    vectors.add_vectors(corpus.vocabulary.keys, table.weight)
    for number, (loss, accuracy) in enumerate(train(text, table, upper, options), 1):
        vectors.vectors[:] = table.weight
        vectors.fill_norms(force=True)
        told = f"pass {number}: loss {loss:.4f}, accuracy {accuracy:.4f}, {time.perf_counter() - began:.0f} s"
        print(told + (f"; {agreement(vectors, options.pairs)}" if options.pairs else ""), flush=True)
    for word in NEIGHBOURS_OF:
        if word in vectors:
            print(f"{word:12}", *(near for near, _ in vectors.most_similar(word, topn=6)))
    if options.save:
        vectors.save(options.save)
    if options.skip_gram:
        model = Word2Vec(corpus, sg=1, vector_size=options.dimension, seed=options.seed, workers=options.workers)
        print("skip-gram:", agreement(model.wv, options.pairs) if options.pairs else model)


if __name__ == "__main__":
    main()
