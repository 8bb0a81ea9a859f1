"""Classes of sentences: ids of words, their vectors, the mean of these, a linear layer, softmax.

    python examples/sentences.py reviews.tsv

The file has a sentence a line: its class, a tab, and its words. A tenth of the lines, chosen at random, is held out.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastemb import Corpus, Vocabulary
from fastemb.layers import Adam, CrossEntropyLoss, Embedding, Linear, Pooling

Ints = NDArray[np.int64]
WORD = re.compile(r"[\w']+|[^\w\s]")


def read(path: Path) -> tuple[list[list[str]], Ints, list[str]]:
    """The words of each sentence in lower case, the number of its class, and the names of classes."""
    sentences, labels = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        label, tab, text = line.partition("\t")
        if not tab:
            raise SystemExit(f"{path}:{number}: a class, a tab and a sentence are wanted")
        sentences.append(WORD.findall(text.lower()))
        labels.append(label)
    names = sorted(set(labels))
    if len(names) < 2:
        raise SystemExit(f"{path}: there must be sentences of two classes at least")
    return sentences, np.array([names.index(label) for label in labels]), names


class Network:
    """Ids -> embedding -> mean -> linear -> softmax."""

    def __init__(self, words: int, classes: int, options: argparse.Namespace) -> None:
        adam = Adam(options.rate)
        self.table = Embedding(words + 1, options.dimension, padding_idx=words, optimizer=adam, seed=options.seed)
        self.table.weight *= 0.1
        self.pooling = Pooling("mean")
        self.out = Linear(options.dimension, classes, optimizer=adam, seed=options.seed)
        self.loss = CrossEntropyLoss()

    def logits(self, ids: Ints, mask: NDArray[np.bool_]) -> Any:
        """(B, L) to (B, classes)."""
        return self.out(self.pooling(self.table(ids), mask))

    def learn(self, ids: Ints, mask: NDArray[np.bool_], labels: Ints) -> float:
        """Make a step; the loss."""
        loss = self.loss(self.logits(ids, mask), labels)
        grad = self.pooling.backward(self.out.backward(self.loss.backward()))
        self.out.step()
        self.table.update(ids, grad)
        return loss


class TorchNetwork:
    """The same: fastemb's table, and above it torch's autograd."""

    def __init__(self, words: int, classes: int, options: argparse.Namespace) -> None:
        import torch

        torch.manual_seed(options.seed)
        self._torch = torch
        adam = Adam(options.rate)
        self.table = Embedding(words + 1, options.dimension, padding_idx=words, optimizer=adam, seed=options.seed)
        self.table.weight *= 0.1
        self._out = torch.nn.Linear(options.dimension, classes)
        self._optimizer = torch.optim.Adam(self._out.parameters(), options.rate)

    def _above(self, vectors: Any, mask: NDArray[np.bool_]) -> Any:
        real = self._torch.from_numpy(mask)[..., None]
        return self._out((vectors * real).sum(1) / real.sum(1).clamp(min=1))

    def logits(self, ids: Ints, mask: NDArray[np.bool_]) -> Any:
        """(B, L) to (B, classes)."""
        with self._torch.no_grad():
            return self._above(self._torch.from_numpy(self.table(ids)), mask).numpy()

    def learn(self, ids: Ints, mask: NDArray[np.bool_], labels: Ints) -> float:
        """Make a step; the loss."""
        vectors = self._torch.from_numpy(self.table(ids)).requires_grad_()
        self._optimizer.zero_grad()
        loss = self._torch.nn.functional.cross_entropy(self._above(vectors, mask), self._torch.from_numpy(labels))
        loss.backward()
        self._optimizer.step()
        self.table.update(ids, vectors.grad.numpy())
        return float(loss.item())


def encoded(vocabulary: Vocabulary, sentences: list[list[str]], length: int) -> tuple[Ints, NDArray[np.bool_]]:
    return vocabulary.encode(sentences, length=length, unknown="skip")


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, help="a line a sentence: class, tab, words")
    parser.add_argument("--epochs", type=int, default=8, help="passes (8)")
    parser.add_argument("--dimension", type=int, default=50, help="of the vectors (50)")
    parser.add_argument("--length", type=int, default=60, help="words of a sentence that count (60)")
    parser.add_argument("--min-count", type=int, default=2, help="how often a word must occur (2)")
    parser.add_argument("--batch", type=int, default=64, help="sentences of a step (64)")
    parser.add_argument("--rate", type=float, default=3e-3, help="learning rate (0.003)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--torch", action="store_true", help="what is above the table in torch")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> float:
    """Train; the accuracy on what was held out."""
    options = parsed(arguments)
    sentences, labels, names = read(options.file)
    random = np.random.default_rng(options.seed)
    order = random.permutation(len(sentences))
    held = len(order) // 10
    parts = [[sentences[number] for number in some] for some in (order[:held], order[held:])]
    vocabulary = Corpus.from_sentences(parts[1], min_count=options.min_count).vocabulary
    (test, test_mask), (ids, mask) = (encoded(vocabulary, part, options.length) for part in parts)
    truth, answers = labels[order[:held]], labels[order[held:]]
    network = (TorchNetwork if options.torch else Network)(len(vocabulary), len(names), options)
    print(f"{len(ids):,} sentences of {', '.join(names)} to learn from, {held:,} held out; {len(vocabulary):,} words")
    accuracy = 0.0
    for epoch in range(1, options.epochs + 1):
        rows = random.permutation(len(ids))
        batches = [rows[start : start + options.batch] for start in range(0, len(rows), options.batch)]
        loss = np.mean([network.learn(ids[batch], mask[batch], answers[batch]) for batch in batches])
        accuracy = float((network.logits(test, test_mask).argmax(axis=1) == truth).mean())
        print(f"epoch {epoch}: loss {loss:.4f}, accuracy on unseen sentences {accuracy:.4f}", flush=True)
    return accuracy


if __name__ == "__main__":
    main()
