"""What a trained model says of text: the likelihood of sentences, the word in the middle of a context, the loss."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer, no_text, warn
from ..corpus.lists import require_sentences, sentence_tokens
from ..signals import Allowed, Deferred
from ..threads import thread_count
from ..train.held_out import pair_loss
from ..train.matrices import Matrix
from ..train.sampling import HuffmanPaths
from ..train.settings import Settings
from .building import CorpusFile, Sentences
from .interface import WordModel
from .training import alone_with


@names_arguments({"corpus_iterable": "sentences", "documents": "sentences"})
def held_out_loss(
    self: WordModel,
    sentences: Sentences | None = None,
    corpus_file: CorpusFile | None = None,
    *,
    workers: int | None = None,
) -> float:
    """The loss on sentences that are not trained on, for comparing epochs, and models of the same settings.

    The mean of -log sigmoid over all pairs of an input and an output, in float64: a model that has learned nothing
    has log 2 = 0.693. What is drawn (windows, negatives) depends on ``seed`` alone, and no word is thinned out, so
    two calls measure the same. Words outside the vocabulary are skipped. Nothing is learned.

    Args:
        sentences: Token lists or a `Corpus`, for `Doc2Vec` documents; or give ``corpus_file``.
        corpus_file: Path of a text file.
        workers: Threads; default: the model's.

    Raises:
        ValueError: no word of the sentences is in the vocabulary, or no sentence has two of them.
        FloatingPointError: a score is no finite number.
        RuntimeError: the model has no vocabulary yet; another thread trains it or builds its vocabulary.
    """
    threads = self.workers if workers is None else thread_count(workers)
    with Deferred(), alone_with(self, trains=False), Allowed():
        vocabulary = self._known.trainable(self.wv, self.sample, self.vector_size)
        corpus = self._source_type.of(sentences, corpus_file, "sentences").read(vocabulary, self._workers)
        task = self._task(replace(self._settings(), sample=0.0).checked(), corpus, True)
        found = pair_loss(task, corpus.words, threads)
    if found != found:
        raise ValueError("there is no loss: no sentence has two words of the vocabulary")
    return found


@names_arguments()
def predict_output_word(
    self: WordModel, context_words_list: Sequence[Hashable | int], topn: int | None = 10
) -> list[tuple[Any, float]] | None:
    """The words that a CBOW model expects between the given ones, with their probabilities.

    Args:
        context_words_list: Words, or their numbers; unknown words are left out.
        topn: How many to return; None for all; none for a number below 1.

    Returns:
        (word, probability) pairs, the likeliest first, or None when no word is known. The probabilities are a
        softmax over the whole vocabulary.

    Raises:
        RuntimeError: the model was trained without negative sampling or with ``dm_concat``, or has no vocabulary.
        TypeError: ``context_words_list`` is one word as a str.
    """
    no_text("context_words_list", context_words_list, "words")
    if not self.negative:
        raise RuntimeError("predict_output_word needs a model with negative sampling (negative > 0)")
    settings, vectors = self._settings().checked(), self._checked_inputs()
    _refuse_concatenation(settings, "predict_output_word")
    rows = [self.wv.get_index(word) for word in context_words_list if self.wv.has_index_for(word)]
    if not rows:
        warn("none of the given words is in the vocabulary")
        return None
    most = None if topn is None else max(integer("topn", topn), 0)
    found = _likeliest_words(vectors[rows], self.syn1neg, bool(settings.cbow_mean), most)
    return [(self.wv.index_to_key[row], odds) for row, odds in found]


@names_arguments()
def score(
    self: WordModel,
    sentences: Iterable[Iterable[Hashable]],
    total_sentences: int | None = None,
    chunksize: int = 100,
    queue_factor: int = 2,
    report_delay: float = 1,
) -> NDArray[np.float32]:
    """Log probability of sentences under a model with hierarchical softmax (Taddy 2015).

    Every word of a sentence is predicted from its whole window, unknown words left out.

    Args:
        sentences: Token lists, for `Doc2Vec`, too.
        total_sentences: Score at most so many; default: all.
        chunksize: Without effect.
        queue_factor: Without effect.
        report_delay: Without effect.

    Returns:
        One value a sentence, float32, shape (sentences,).

    Raises:
        RuntimeError: the model has no hierarchical softmax (hs=1), or no vocabulary; or it has ``dm_concat``.
        TypeError: the sentences are no token lists.
    """
    if not self.hs:
        raise RuntimeError("score needs a model with hierarchical softmax (hs=1)")
    settings, vectors = self._settings().checked(), self._checked_inputs()
    _refuse_concatenation(settings, "score")
    rows, paths = self.wv.key_to_index, self._huffman_paths()
    scores = _SentenceScores(rows, vectors, self.syn1, paths, settings.window, settings.sg, settings.cbow_mean)
    require_sentences(sentences)
    some = sentences if total_sentences is None else islice(sentences, total_sentences)
    lists = (sentence_tokens(sentence, number) for number, sentence in enumerate(some))
    return np.array([scores.of(sentence) for sentence in lists], dtype=np.float32)


def _refuse_concatenation(settings: Settings, name: str) -> None:
    """Refuse output vectors that are longer than those of words."""
    if settings.layer1_size != settings.vector_size:
        raise RuntimeError(
            f"{name} has no meaning with dm_concat=1: the model predicts from tags and words side by side, not from "
            "words alone"
        )


def _likeliest_words(
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
class _SentenceScores:
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
