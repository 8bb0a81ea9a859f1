"""What a trained model says of text: the likelihood of sentences, the word in the middle of a context."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .weights import Weights


class Scoring(Weights):
    """Questions that need the output vectors."""

    def predict_output_word(
        self, context_words_list: Sequence[Hashable | int], topn: int | None = 10
    ) -> list[tuple[Any, float]] | None:
        """The words that a CBOW model expects between the given ones, with their probabilities.

        Args:
            context_words_list: Words, or their numbers; unknown words are left out.
            topn: How many to return; None for all.

        Returns:
            (word, probability) pairs, the likeliest first, or None when no word is known. The probabilities are a
            softmax over the whole vocabulary.

        Raises:
            RuntimeError: the model was trained without negative sampling, or has no vocabulary.
        """
        if not self.negative:
            raise RuntimeError("predict_output_word needs a model with negative sampling (negative > 0)")
        self._known_vocabulary()
        known = [word for word in context_words_list if self.wv.has_index_for(word)]
        rows = [self.wv.get_index(word) for word in known]
        if not rows:
            warnings.warn("none of the given words is in the vocabulary", UserWarning, stacklevel=2)
            return None
        hidden = self.wv.vectors[rows].sum(axis=0)
        if self.cbow_mean:
            hidden /= len(rows)
        scores = (self.syn1neg @ hidden).astype(np.float64)
        odds = np.exp(scores - scores.max())
        odds /= odds.sum()
        best = np.argsort(-odds, kind="stable")[:topn]
        return [(self.wv.index_to_key[row], float(odds[row])) for row in best]

    def score(
        self,
        sentences: Iterable[Iterable[Hashable]],
        total_sentences: int | None = None,
        chunksize: int = 100,
        queue_factor: int = 2,
        report_delay: float = 1,
    ) -> NDArray[np.float32]:
        """Log probability of sentences under a model with hierarchical softmax (Taddy 2015).

        Every word of a sentence is predicted from its whole window, unknown words left out.

        Args:
            sentences: Token lists.
            total_sentences: Score at most so many; default: all.
            chunksize: Without effect.
            queue_factor: Without effect.
            report_delay: Without effect.

        Returns:
            One value a sentence, float32, shape (sentences,).

        Raises:
            RuntimeError: the model has no hierarchical softmax (hs=1), or no vocabulary.
        """
        if not self.hs:
            raise RuntimeError("score needs a model with hierarchical softmax (hs=1)")
        self._known_vocabulary()
        chosen = sentences if total_sentences is None else islice(sentences, total_sentences)
        return np.array([self._score_sentence(sentence) for sentence in chosen], dtype=np.float32)

    def _score_sentence(self, sentence: Iterable[Hashable]) -> float:
        rows = np.array([self.wv.key_to_index[word] for word in sentence if word in self.wv.key_to_index], dtype=int)
        total = 0.0
        for place, centre in enumerate(rows):
            first = max(0, place - self.window)
            context = np.concatenate([rows[first:place], rows[place + 1 : place + self.window + 1]])
            if len(context):
                total += self._score_word(int(centre), self.wv.vectors[context])
        return total

    def _score_word(self, centre: int, context: NDArray[np.float32]) -> float:
        """Log probability of the centre's path given each context vector (skip-gram) or their mean or sum (CBOW)."""
        paths = self._huffman_paths()
        path = slice(paths.offsets[centre], paths.offsets[centre + 1])
        signs = 1.0 - 2.0 * paths.codes[path]
        hidden = context if self.sg else context.sum(axis=0, keepdims=True)
        if self.cbow_mean and not self.sg:
            hidden = hidden / len(context)
        scores = (hidden @ self.syn1[paths.nodes[path]].T).astype(np.float64)
        return float(-np.logaddexp(0.0, -signs * scores).sum())
