"""A vocabulary and the matrices that belong to it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..corpus import Vocabulary
from ..vectors import KeyedVectors
from .matrices import Matrix, is_view_of, padded_copy, padded_zeros, random_rows
from .sampling import HuffmanPaths, huffman_paths
from .settings import Settings

_UNLOCKED = np.ones(1, dtype=np.float32)


class Weights:
    """Input and output vectors of a model, by word; settings are attributes named as in `Settings`."""

    wv: KeyedVectors
    """The input vectors: shape (words, vector_size), float32, a view of rows padded to 64 bytes."""

    vector_size: int
    window: int
    negative: int
    hs: int
    sg: int
    cbow_mean: int
    corpus_count: int
    corpus_total_words: int

    def __init__(self) -> None:
        self._vocabulary: Vocabulary | None = None
        self._paths: HuffmanPaths | None = None
        self._in = self._out_ns = self._out_hs = padded_zeros(0, self.vector_size)
        self._epochs_trained = 0  # every epoch ever trained draws its own samples
        self.wv = KeyedVectors(self.vector_size)

    def _settings(self) -> Settings:
        settings = Settings(**{field.name: getattr(self, field.name) for field in fields(Settings)})
        settings.check()
        return settings

    # ---- making and growing ----

    def init_weights(self) -> None:
        """Fresh matrices for the vocabulary: small random input vectors, output vectors of zero."""
        settings = self._settings()
        words = len(self._known_vocabulary())
        self._in = padded_zeros(words, settings.vector_size)
        random_rows(self._in, settings.vector_size, settings.seed)
        self._out_ns = padded_zeros(words if settings.negative else 0, settings.vector_size)
        self._out_hs = padded_zeros(words if settings.hs else 0, settings.vector_size)
        self._expose_inputs()
        self._epochs_trained = 0

    def _expose_inputs(self) -> None:
        self.wv = self._keyed(self._in)
        self.wv.vectors_lockf = _UNLOCKED.copy()

    def _start(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._paths = None
        self.init_weights()

    def _grow(self, vocabulary: Vocabulary) -> None:
        """Take over a vocabulary that begins with the words of the present one; their vectors stay."""
        self._gather_inputs()
        known, words = len(self._in), len(vocabulary)
        self._vocabulary = vocabulary
        self._paths = None
        self._in = padded_copy(self._in[:, : self.vector_size], words)
        random_rows(self._in, self.vector_size, self._settings().seed, known)
        self._out_ns = padded_copy(self.syn1neg, words) if self.negative else self._out_ns
        self._out_hs = padded_copy(self.syn1, words) if self.hs else self._out_hs
        factors = getattr(self.wv, "vectors_lockf", _UNLOCKED)
        self._expose_inputs()
        self.wv.vectors_lockf = factors if len(factors) == 1 else _extended(factors, words)

    def _adopt(self, vocabulary: Vocabulary, matrices: dict[str, Any], paths: HuffmanPaths | None) -> None:
        """Take over a vocabulary and copies of its matrices: vectors, syn1neg, syn1, each taken out of ``matrices``."""
        self._vocabulary = vocabulary
        self._paths = paths
        self._in = padded_copy(matrices.pop("vectors"))
        if self.negative:
            self._out_ns = padded_copy(matrices.pop("syn1neg"))
        if self.hs:
            self._out_hs = padded_copy(matrices.pop("syn1"), len(vocabulary))
        self._expose_inputs()

    def reset_from(self, other_model: Weights) -> None:
        """Take over another model's vocabulary, with fresh matrices."""
        self._start(other_model._known_vocabulary())
        self._paths = other_model._paths
        self.corpus_count = other_model.corpus_count
        self.corpus_total_words = other_model.corpus_total_words

    # ---- matrices ----

    @property
    def layer1_size(self) -> int:
        """Another name of ``vector_size``."""
        return self.vector_size

    @property
    def syn1neg(self) -> Matrix:
        """Output vectors of negative sampling, shape (words, vector_size); a view, so writes reach the model."""
        if not len(self._out_ns):
            self._lacks("syn1neg", "negative > 0")
        return self._out_ns[:, : self.vector_size]

    @property
    def syn1(self) -> Matrix:
        """Vectors of the Huffman tree's inner nodes, shape (words, vector_size), the last row unused; a view."""
        if not len(self._out_hs):
            self._lacks("syn1", "hs=1")
        return self._out_hs[:, : self.vector_size]

    @property
    def wv_out(self) -> KeyedVectors:
        """Output vectors by word: what a retrieval system serves for queries made of input vectors.

        Shares memory with ``syn1neg``. The dot product of an input and an output vector is the model's score for
        the two words occurring together.
        """
        if not len(self._out_ns):
            self._lacks("wv_out", "negative > 0")
        return self._keyed(self._out_ns)

    def _lacks(self, name: str, setting: str) -> NoReturn:
        raise AttributeError(f"this model has no {name}: it needs {setting} and a vocabulary")

    def _keyed(self, matrix: Matrix) -> KeyedVectors:
        vocabulary = self._known_vocabulary()
        return KeyedVectors._from_arrays(vocabulary.keys, matrix[:, : self.vector_size], vocabulary.counts)

    def _known_vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            raise RuntimeError("the model has no vocabulary yet: you must first build vocabulary with build_vocab")
        return self._vocabulary

    def _huffman_paths(self) -> HuffmanPaths:
        if self._paths is None:
            self._paths = huffman_paths(self._known_vocabulary().counts)
        return self._paths

    def _gather_inputs(self) -> None:
        """Take over input vectors that were replaced from outside (``model.wv.vectors = ...``)."""
        vectors = self.wv.vectors
        expected = (len(self._known_vocabulary()), self.vector_size)
        if vectors.shape != expected:
            raise ValueError(f"wv.vectors has shape {vectors.shape}; training needs {expected}")
        if not is_view_of(vectors, self._in):
            self._in = padded_copy(vectors)
            self.wv.vectors = self._in[:, : self.vector_size]

    def _input_scale(self) -> NDArray[np.float32] | None:
        """``wv.vectors_lockf``: a factor on every change of an input vector (0 freezes it), one or one a word."""
        factors = np.asarray(getattr(self.wv, "vectors_lockf", _UNLOCKED), dtype=np.float32).ravel()
        if len(factors) == 1:
            return None if factors[0] == 1.0 else np.full(len(self._in), factors[0], dtype=np.float32)
        if len(factors) != len(self._in):
            raise ValueError(
                f"wv.vectors_lockf has {len(factors)} entries; it takes 1 or one for each of {len(self._in)} words"
            )
        return np.ascontiguousarray(factors)

    def estimate_memory(self, vocab_size: int | None = None, report: dict[str, int] | None = None) -> dict[str, int]:
        """Bytes that a model of these settings takes.

        Args:
            vocab_size: Words; default: those of the vocabulary.
            report: A dict to add the entries to.

        Returns:
            Bytes by part: "vocab" (a rough 500 a word), "vectors", "syn1neg", "syn1" where the model has them, and
            "total".
        """
        words = len(self.wv) if vocab_size is None else vocab_size
        matrix = words * padded_zeros(1, self.vector_size).nbytes
        report = {} if report is None else report
        report["vocab"] = words * 500
        report["vectors"] = matrix
        if self.negative:
            report["syn1neg"] = matrix
        if self.hs:
            report["syn1"] = matrix
        report["total"] = sum(report[part] for part in ("vocab", "vectors", "syn1neg", "syn1") if part in report)
        return report


def _extended(factors: NDArray[Any], count: int) -> NDArray[np.float32]:
    """Factors for ``count`` words, 1 for those that had none."""
    longer = np.ones(count, dtype=np.float32)
    longer[: len(factors)] = factors
    return longer
