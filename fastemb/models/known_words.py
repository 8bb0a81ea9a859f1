"""The words that a model knows, which follow its `wv`, as people change that by hand."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..corpus import Vocabulary
from ..io.quantised import QuantisedRows
from ..signals import Deferred
from ..train.matrices import Matrix, copy_of
from ..train.sampling import HuffmanPaths, huffman_paths
from ..train.settings import Settings
from ..train.weights import Weights, fresh_inputs, grown_inputs
from ..vectors import KeyedVectors
from ..vectors.interface import say_where_keys_stand
from .attributes import Attributes
from .building import extended_factors, require_counts, rows_of
from .warm_start import WarmStart
from .word2vec_file import Saved


@dataclass(frozen=True)
class NewWords:
    """A vocabulary that a model is to take over.

    Attributes:
        vocabulary: The words, with their counts.
        min_count: From which count words were kept; without ``update`` it becomes the model's.
        update: Whether the vocabulary begins with the words of the present one, whose vectors stay.
        further: Attributes of the model to set with it.
        start: What words start from that are new.
    """

    vocabulary: Vocabulary
    min_count: int
    update: bool
    further: dict[str, Any]
    start: WarmStart | None = None


@dataclass(frozen=True)
class Change:
    """Words that a model is about to take over, with matrices for them; nothing has been changed yet.

    Attributes:
        vocabulary: The words, with counts that nobody else holds.
        rows: Word -> row, as ``wv`` will hold it.
        vectors: Input vectors, (words, vector_size).
        weights: Has the output vectors.
        paths: Through the Huffman tree, or None.
        sample: The setting of this name.
        kept: What people hung on the words, by name.
        factors: Lock factors of the input vectors.
    """

    vocabulary: Vocabulary
    rows: dict[Hashable, int]
    vectors: Matrix
    weights: Weights
    paths: HuffmanPaths | None
    sample: float
    kept: dict[str, NDArray[Any]]
    factors: NDArray[np.float32]


class KnownWords:
    """The vocabulary of a model, with its Huffman tree and its matrices.

    The input vectors are in the model's ``wv``, which belongs to people: they sort it, change its counts, or put
    another in its place. So the methods are given the one that the model has now, and bring all else into its order.

    Attributes:
        vocabulary: None until there is one. Where ``wv`` may have been changed since, ask `followed`.
        paths: Through the Huffman tree, of hs=1; else None.
        weights: The matrices.
    """

    def __init__(self, wv: KeyedVectors) -> None:
        self.vocabulary: Vocabulary | None = None
        self.paths: HuffmanPaths | None = None
        self.weights = Weights(wv, name="wv")
        self._keys = wv.index_to_key  # whose order the vocabulary was last found to have

    def copy(self) -> Self:
        """One of its own that shares the arrays, until one of the two replaces or grows its own."""
        made = type(self).__new__(type(self))
        vars(made).update(vars(self))
        made.weights = replace(self.weights)
        return made

    # ---- after wv ----

    def are_behind(self, wv: KeyedVectors) -> bool:
        """Whether ``wv`` has other keys than when it was last looked at, or perhaps the same in another order."""
        return wv.index_to_key is not self._keys

    def followed(self, wv: KeyedVectors, sample: float) -> Vocabulary:
        """The vocabulary, in the order and with the counts that ``wv`` has.

        Raises:
            RuntimeError: there is none yet.
            ValueError: ``wv`` was changed by hand so that it does not fit.
        """
        if self.vocabulary is None:
            raise RuntimeError("the model has no vocabulary yet: you must first build vocabulary with build_vocab")
        keys, rows = wv.index_to_key, wv.key_to_index
        order = None if keys == self.vocabulary.keys else rows_of(self.vocabulary, keys)
        if not say_where_keys_stand(rows, keys):
            raise ValueError("model.wv.key_to_index does not say where the keys of model.wv.index_to_key stand")
        if order is not None:
            self._reorder(self.vocabulary, order)
        self._keys = keys
        self._take_counts(self.vocabulary, wv, sample)
        return self.vocabulary

    def require_fitting(self, wv: Any, vector_size: int) -> None:
        """Check vectors that are to be the model's.

        Raises:
            TypeError: they are no KeyedVectors.
            ValueError: they are of other words, or of another size.
        """
        if not isinstance(wv, KeyedVectors):
            raise TypeError(f"model.wv must be KeyedVectors, not {type(wv).__name__}; gensim's go through from_gensim")
        if self.vocabulary is None:
            return  # they can be asked, as in gensim; to train from them there is init_vectors
        rows_of(self.vocabulary, wv.index_to_key)
        require_floats("wv", wv)
        if wv.vectors.shape != (len(wv), vector_size):
            raise ValueError(
                f"model.wv cannot have vectors of shape {wv.vectors.shape}; the model needs {(len(wv), vector_size)}"
            )

    def _reorder(self, known: Vocabulary, order: NDArray[np.intp]) -> None:
        """Put what belongs to each word in this order of the words."""
        paths = None if self.paths is None else self.paths.of_words(order)
        vocabulary = Vocabulary([known.keys[row] for row in order.tolist()], known.counts[order], known.least_count)
        weights = self.weights.reordered(order)
        with Deferred():
            self.weights.take_outputs(weights)
            self.paths, self.vocabulary = paths, vocabulary

    def _take_counts(self, vocabulary: Vocabulary, wv: KeyedVectors, sample: float) -> None:
        """Let the counts be those of ``wv``, where it has counts, as gensim's models do."""
        values = wv.expandos
        if "count" not in values:
            values["count"] = vocabulary.counts
        elif values["count"] is not vocabulary.counts:
            try:
                vocabulary.counts = Vocabulary(vocabulary.keys, values["count"]).counts
            except (TypeError, ValueError) as error:
                raise ValueError(f"model.wv's attribute 'count' does not fit: {error}") from None
            values["count"] = vocabulary.counts
        require_counts(vocabulary.counts)
        if not isinstance(values, Attributes):
            known = {name: value for name, value in values.items() if name not in Attributes.derived}
            wv.expandos = Attributes(known, sample, self.paths)

    def weights_of(self, wv: KeyedVectors) -> Weights:
        """The matrices, with the input vectors of ``wv``."""
        self.weights.holder = wv
        return self.weights

    def inputs(self, wv: KeyedVectors, sample: float, vector_size: int) -> NDArray[Any]:
        """The input vectors of ``wv``.

        Raises:
            RuntimeError: there is no vocabulary yet.
            ValueError: ``wv`` was changed by hand so that it does not fit, or its vectors have another shape.
        """
        return self.weights_of(wv).inputs((len(self.followed(wv, sample)), vector_size))

    def trainable(self, wv: KeyedVectors, sample: float, vector_size: int) -> Vocabulary:
        """The vocabulary of a model that can be trained.

        Raises:
            RuntimeError: there is no vocabulary yet.
            ValueError: ``wv`` does not fit; matrices of other shapes, or with NaN.
        """
        vocabulary = self.followed(wv, sample)
        self.inputs(wv, sample, vector_size)
        self.require_finite(vocabulary, "training")
        return vocabulary

    def require_finite(self, vocabulary: Vocabulary, before: str) -> None:
        """Check the numbers of the matrices.

        Raises:
            ValueError: one is NaN or infinite.
        """
        found = self.weights.not_finite()
        if found is not None:
            name, row = found
            of = repr(vocabulary.keys[row]) if row < len(vocabulary) else "of an n-gram"
            raise ValueError(
                f"{name} holds NaN or infinite numbers, first in row {row} ({of}): "
                f"set them to numbers before {before}, or build the model anew"
            )

    # ---- another vocabulary ----

    def fresh(self, wv: KeyedVectors, vocabulary: Vocabulary, settings: Settings) -> Change:
        """Another vocabulary, with fresh matrices."""
        vectors, weights = fresh_inputs(len(vocabulary), settings), replace(self.weights)
        weights.start_outputs(len(vocabulary), settings)
        return self._change(wv, vocabulary, vectors, weights, settings)

    def grown(self, wv: KeyedVectors, vocabulary: Vocabulary, settings: Settings) -> Change:
        """A vocabulary that begins with the words of the present one, whose vectors stay.

        Raises:
            ValueError: ``wv`` was changed by hand so that it does not fit.
        """
        known = self.inputs(wv, settings.sample, settings.vector_size)
        vectors, weights = grown_inputs(known, len(vocabulary), settings.seed), replace(self.weights)
        weights.grow_outputs(len(vocabulary))
        return self._change(wv, vocabulary, vectors, weights, settings)

    def restored(self, wv: KeyedVectors, saved: Saved) -> Change:
        """The vocabulary of a model that was read, with its matrices, or copies of them, taken out of ``saved``."""
        matrices, settings = saved.matrices, saved.settings

        def taken(name: str) -> Matrix:
            return matrices.pop(name) if saved.owned else copy_of(matrices.pop(name), rows.get(name))

        rows = {"syn1": len(saved.vocabulary)}
        vectors = taken("vectors")
        weights = replace(self.weights, epochs_trained=saved.epochs_trained)
        if settings.negative:
            weights.syn1neg = taken("syn1neg")
        if settings.hs:
            weights.syn1 = taken("syn1")
        return self._change(wv, saved.vocabulary, vectors, weights, settings, saved.paths)

    def _change(
        self,
        wv: KeyedVectors,
        vocabulary: Vocabulary,
        vectors: Matrix,
        weights: Weights,
        settings: Settings,
        paths: HuffmanPaths | None = None,
    ) -> Change:
        """What people hung on known words stays."""
        vocabulary = Vocabulary._of(vocabulary.keys, vocabulary.counts.copy(), vocabulary.least_count)
        paths = huffman_paths(vocabulary.counts) if settings.hs and paths is None else paths
        kept: dict[str, NDArray[Any]] = {}
        factors = np.ones(1, dtype=np.float32)
        if wv.index_to_key == vocabulary.keys[: len(wv)]:
            own = ("count", *Attributes.derived)
            kept = {name: values for name, values in wv.expandos.items() if name not in own}
            factors = self.weights_of(wv).lock_factors()
        rows = {key: row for row, key in enumerate(vocabulary.keys)}
        return Change(vocabulary, rows, vectors, weights, paths, settings.sample, kept, factors)

    def take(self, wv: KeyedVectors, change: Change) -> None:
        """Become what ``change`` says, and put words and vectors in ``wv``, which stays the same object.

        With signals deferred, so that all that changes together does, or nothing.
        """
        vocabulary = change.vocabulary
        with Deferred():
            self.vocabulary, self.paths = vocabulary, change.paths
            self.weights.take_outputs(change.weights)
            self._put(wv, change)
            self._keys = wv.index_to_key
            wv.expandos = Attributes({"count": vocabulary.counts, **change.kept}, change.sample, change.paths)
            wv.allocate_vecattrs()

    def _put(self, wv: KeyedVectors, change: Change) -> None:
        """Put words and vectors in ``wv``, and their lock factors."""
        wv._become(change.rows, change.vectors)
        wv.vectors_lockf = extended_factors(change.factors, len(change.vocabulary))


def require_floats(name: str, vectors: KeyedVectors) -> None:
    """Refuse quantised vectors, which no model can change.

    Raises:
        ValueError: they are.
    """
    if isinstance(vectors.vectors, QuantisedRows):
        raise ValueError(f"model.{name} cannot have quantised vectors, which cannot be trained: give its dequantize()")
