"""What a trained model says of text: the likelihood of sentences, the word in the middle of a context."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..train.matrices import Matrix
from ..train.sampling import HuffmanPaths


def likeliest_words(
    context: NDArray[np.float32], outputs: Matrix, mean: bool, topn: int | None
) -> list[tuple[int, float]]:
    """Rows of the words that CBOW expects in a context, with their probabilities, the likeliest first.

    Args:
        context: Input vectors of the context, (words, vector_size).
        outputs: Output vectors of all words, (rows, vector_size).
        mean: Whether the model averages its contexts.
        topn: How many rows; None for all.
    """
    hidden = context.sum(axis=0)
    if mean:
        hidden /= len(context)
    scores = (outputs @ hidden).astype(np.float64)
    odds = np.exp(scores - scores.max())
    odds /= odds.sum()
    best = np.argsort(-odds, kind="stable")[:topn]
    return [(int(row), float(odds[row])) for row in best]


@dataclass(frozen=True)
class SentenceScores:
    """Log probabilities of sentences under a model with hierarchical softmax (Taddy 2015).

    Attributes:
        rows: Row of each word.
        inputs: Input vectors, (rows, vector_size).
        syn1: Vectors of the Huffman tree's inner nodes.
        paths: Through that tree.
        window: Words of context on either side.
        sg: 1 predicts from each context, 0 from their mean or sum.
        cbow_mean: 1 averages.
    """

    rows: dict[Hashable, int]
    inputs: NDArray[np.float32]
    syn1: Matrix
    paths: HuffmanPaths
    window: int
    sg: int
    cbow_mean: int

    def of(self, sentence: Iterable[Hashable]) -> float:
        """Every word is predicted from its whole window, unknown words left out."""
        rows = np.array([self.rows[word] for word in sentence if word in self.rows], dtype=int)
        total = 0.0
        for place, centre in enumerate(rows):
            first = max(0, place - self.window)
            context = np.concatenate([rows[first:place], rows[place + 1 : place + self.window + 1]])
            if len(context) or not self.sg:  # without a context CBOW's hidden layer is 0, each turn 1/2, as in gensim
                total += self._of_word(int(centre), self.inputs[context])
        return total

    def _of_word(self, centre: int, context: NDArray[np.float32]) -> float:
        """Log probability of the centre's path given each context vector (skip-gram) or their mean or sum (CBOW)."""
        path = slice(self.paths.offsets[centre], self.paths.offsets[centre + 1])
        signs = 1.0 - 2.0 * self.paths.codes[path]
        hidden = context if self.sg else context.sum(axis=0, keepdims=True)
        if self.cbow_mean and not self.sg:
            hidden = hidden / max(len(context), 1)
        scores = (hidden @ self.syn1[self.paths.nodes[path]].T).astype(np.float64)
        return float(-np.logaddexp(0.0, -signs * scores).sum())
