"""The words that a model of subwords knows, with rows for them and for their n-grams."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus import Vocabulary
from ..train.bags import BagWeights
from ..train.matrices import Matrix, random_rows, zeros
from ..train.settings import Settings, SubwordSettings
from ..train.weights import Bags, fresh_inputs
from ..vectors import KeyedVectors
from ..vectors.fasttext import FastTextKeyedVectors, Ngrams, fill_means, found_ngrams, numbered
from .building import extended_factors
from .known_words import Change, KnownWords
from .word2vec_file import Saved


@dataclass
class SubwordRows:
    """The rows of words and n-grams that are in a model's ``wv``, as training wants them: `HasBags`."""

    wv: FastTextKeyedVectors

    @property
    def vectors(self) -> NDArray[Any]:
        """A row for each word, then one for each n-gram."""
        return self.wv.input_vectors

    @vectors.setter
    def vectors(self, value: NDArray[Any]) -> None:
        self.wv.input_vectors = value

    @property
    def vectors_lockf(self) -> NDArray[Any]:
        """Factors on every change: one, or one a row."""
        return self.wv.row_lock_factors()

    def bags(self) -> Bags:
        """Which rows each word has."""
        return self.wv.bags()

    def learned(self) -> None:
        """Let the vectors of words follow."""
        self.wv.adjust_vectors()


@dataclass(frozen=True)
class SubwordChange(Change):
    """A `Change` whose ``vectors`` are those of words, which are made of rows.

    Attributes:
        inputs: A row for each word, then one for each n-gram.
        buckets: Of the n-grams; None where there is a row for each bucket.
        bags: Which rows each word has.
        settings: Which n-grams there are.
        own_factors: Lock factors of the rows of words, and of n-grams.
    """

    inputs: Matrix
    buckets: NDArray[np.int64] | None
    bags: Bags
    settings: SubwordSettings
    own_factors: tuple[NDArray[Any], NDArray[Any]]


class KnownSubwords(KnownWords):
    """`KnownWords` whose words are made of rows of their own and of their n-grams."""

    def __init__(self, wv: FastTextKeyedVectors) -> None:
        super().__init__(wv)
        self.weights = BagWeights(SubwordRows(wv), name="wv")

    def weights_of(self, wv: KeyedVectors) -> BagWeights:
        """The matrices, with the rows of ``wv``."""
        assert isinstance(self.weights, BagWeights)
        self.weights.holder = SubwordRows(_with_ngrams(wv))
        return self.weights

    def require_fitting(self, wv: Any, vector_size: int) -> None:
        """As in the base; and refuse vectors without n-grams."""
        super().require_fitting(wv, vector_size)
        _with_ngrams(wv)

    def followed(self, wv: KeyedVectors, sample: float) -> Vocabulary:
        """As in the base.

        Raises:
            ValueError: ``wv`` has no n-grams; or as in the base.
        """
        if self.vocabulary is not None:
            _with_ngrams(wv)
        return super().followed(wv, sample)

    def fresh(self, wv: KeyedVectors, vocabulary: Vocabulary, settings: Settings) -> Change:
        """Another vocabulary, with fresh matrices."""
        settings, words = _subwords(settings), len(vocabulary)
        ngrams = _ngrams(vocabulary, settings)
        weights = replace(self.weights)
        weights.start_outputs(words, settings)
        inputs = fresh_inputs(words + ngrams.count, settings)
        change = self._change(wv, vocabulary, inputs, weights, settings)
        return self._made(wv, inputs, ngrams.buckets, ngrams.bags(), change, settings)

    def grown(self, wv: KeyedVectors, vocabulary: Vocabulary, settings: Settings) -> Change:
        """A vocabulary that begins with the words of the present one; their rows stay, and those of their n-grams.

        Raises:
            ValueError: ``wv`` was changed by hand so that it does not fit.
        """
        settings, old = _subwords(settings), _with_ngrams(wv)
        self.require_same_ngrams(wv, settings)
        self.inputs(wv, settings.sample, settings.vector_size)
        before, words = len(old.vectors_vocab), len(vocabulary)
        ngrams = _ngrams(vocabulary, settings)
        buckets, count = old.buckets, ngrams.count
        if buckets is not None:
            assert ngrams.buckets is not None
            buckets = np.concatenate([buckets, ngrams.buckets[~np.isin(ngrams.buckets, buckets)]])
            count = len(buckets)
        inputs = zeros(words + count, settings.vector_size)
        random_rows(inputs, settings.seed, before)
        inputs[:before] = old.vectors_vocab
        inputs[words : words + len(old.vectors_ngrams)] = old.vectors_ngrams
        weights = replace(self.weights)
        weights.grow_outputs(words)
        change = self._change(wv, vocabulary, inputs, weights, settings)
        bags = _new_vectors(vocabulary, inputs, buckets, settings).bags()
        return self._made(wv, inputs, buckets, bags, change, settings)

    def require_same_ngrams(self, wv: KeyedVectors, settings: Settings) -> None:
        """Check that the n-grams of ``wv`` are those of these settings.

        Raises:
            ValueError: they are others: one of the two was changed after the rows were made.
        """
        there, settings = _with_ngrams(wv), _subwords(settings)
        found = (there.min_n, there.max_n, there.bucket)
        if found != (settings.min_n, _longest(settings), settings.bucket):
            raise ValueError(
                "min_n, max_n, bucket and word_ngrams cannot be changed once the vocabulary is built: model.wv has "
                f"min_n={found[0]}, max_n={found[1]} and bucket={found[2]}"
            )

    def restored(self, wv: KeyedVectors, saved: Saved) -> Change:
        """The vocabulary of a model that was read, with copies of its matrices, which are taken out of ``saved``."""
        old, settings = _with_ngrams(wv), _subwords(saved.settings)
        if "inputs" in saved.matrices:
            old.buckets = None
        else:  # a file of fastemb's has put them in ``wv`` already
            saved.matrices["inputs"] = old.input_vectors
        saved.matrices["vectors"] = saved.matrices.pop("inputs")
        change = super().restored(wv, saved)
        bags = _new_vectors(saved.vocabulary, change.vectors, old.buckets, settings).bags()
        return self._made(wv, change.vectors, old.buckets, bags, change, settings)

    def _made(
        self,
        wv: KeyedVectors,
        inputs: Matrix,
        buckets: NDArray[np.int64] | None,
        bags: Bags,
        change: Change,
        settings: SubwordSettings,
    ) -> SubwordChange:
        old, keys = _with_ngrams(wv), change.vocabulary.keys
        vectors = zeros(len(keys), inputs.shape[1])
        fill_means(vectors, inputs, bags)
        stays = old.index_to_key == keys[: len(old)] and len(old) > 0
        words, ngrams = (old.vectors_vocab_lockf, old.vectors_ngrams_lockf) if stays else (_FREE, _FREE)
        words = extended_factors(words, len(keys))
        ngrams = extended_factors(ngrams, len(inputs) - len(keys))
        return SubwordChange(
            **{**vars(change), "vectors": vectors},
            inputs=inputs,
            buckets=buckets,
            bags=bags,
            settings=settings,
            own_factors=(words, ngrams),
        )

    def _put(self, wv: KeyedVectors, change: Change) -> None:
        """Put words, their rows and those of n-grams in ``wv``."""
        assert isinstance(change, SubwordChange)
        there = _with_ngrams(wv)
        there._become(change.rows, change.vectors)
        there.min_n, there.max_n = change.settings.min_n, _longest(change.settings)
        there.bucket = change.settings.bucket
        there.input_vectors, there.buckets = change.inputs, change.buckets
        there.vectors_vocab_lockf, there.vectors_ngrams_lockf = change.own_factors
        there._keep_bags(change.bags)


_FREE = np.ones(1, np.float32)


def _with_ngrams(wv: KeyedVectors) -> FastTextKeyedVectors:
    if not isinstance(wv, FastTextKeyedVectors):
        raise ValueError(f"model.wv must be FastTextKeyedVectors, not {type(wv).__name__}")
    return wv


def _subwords(settings: Settings) -> SubwordSettings:
    assert isinstance(settings, SubwordSettings)
    return settings


def _longest(settings: SubwordSettings) -> int:
    return settings.max_n if settings.has_ngrams else 0


def _ngrams(vocabulary: Vocabulary, settings: SubwordSettings) -> Ngrams:
    """The n-grams of a vocabulary, with a row for each bucket where that is wanted."""
    keys, kinds = vocabulary.keys, (settings.min_n, _longest(settings), settings.bucket)
    if settings.all_buckets:
        return Ngrams(None, *numbered(keys, *kinds), settings.bucket if settings.has_ngrams else 0)
    return found_ngrams(keys, vocabulary.counts, *kinds)


def _new_vectors(
    vocabulary: Vocabulary, inputs: Matrix, buckets: NDArray[np.int64] | None, settings: SubwordSettings
) -> FastTextKeyedVectors:
    made = FastTextKeyedVectors(inputs.shape[1], settings.min_n, _longest(settings), settings.bucket)
    made.index_to_key = vocabulary.keys
    made.input_vectors, made.buckets = inputs, buckets
    return made
