"""A vocabulary and the matrices that belong to it."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..corpus import Vocabulary
from ..lifecycle import Lifecycle
from ..threads import checked_workers, thread_count
from ..train.matrices import Matrix, Padding, copy_of, random_rows, zeros
from ..train.sampling import HuffmanPaths, huffman_paths
from ..train.settings import Settings
from ..vectors import KeyedVectors
from .attributes import Attributes

_UNLOCKED = np.ones(1, dtype=np.float32)


class Weights(Lifecycle):
    """Input and output vectors of a model, by word; settings are attributes named as in `Settings`."""

    wv: KeyedVectors
    """The input vectors: ``wv.vectors`` has shape (words, vector_size), float32, contiguous."""

    vector_size: int
    alpha: float
    window: int
    min_count: int
    sample: float
    seed: int
    min_alpha: float
    sg: int
    hs: int
    negative: int
    ns_exponent: float
    cbow_mean: int
    epochs: int
    max_final_vocab: int | None
    shrink_windows: bool
    negatives_per_pair: bool
    cbow_exact: bool
    max_vocab_size: int | None
    null_word: int
    sorted_vocab: int
    compute_loss: bool
    corpus_count: int
    """Sentences of the corpus that the vocabulary comes from."""
    corpus_total_words: int
    """Tokens of that corpus, dropped ones included."""

    def _start_empty(self, settings: Settings) -> None:
        for name, value in settings.values().items():
            setattr(self, name, value)
        self._vocabulary: Vocabulary | None = None
        self._paths: HuffmanPaths | None = None
        self._syn1neg: Matrix | None = None
        self._syn1: Matrix | None = None
        self._paddings: dict[str, Padding] = {}  # while an epoch runs
        self._epochs_trained = 0  # every epoch ever trained draws its own samples
        self.wv = KeyedVectors(self.vector_size)
        self.wv.vectors_lockf = _UNLOCKED.copy()

    def _settings(self) -> Settings:
        return Settings(**{name: getattr(self, name) for name in Settings.declared()}).checked()

    @property
    def workers(self) -> int:
        """Threads that train; set it to None or -1 for as many as there are CPUs available."""
        return thread_count(self._workers)

    @workers.setter
    def workers(self, value: int | None) -> None:
        self._workers = checked_workers(value)

    # ---- making and growing ----

    def init_weights(self) -> None:
        """Fresh matrices for the vocabulary: small random input vectors, output vectors of zero."""
        settings = self._settings()
        words = len(self._known_vocabulary())
        vectors = zeros(words, settings.vector_size)
        random_rows(vectors, settings.seed)
        self.wv.vectors = vectors
        self._syn1neg = zeros(words, settings.vector_size) if settings.negative else None
        self._syn1 = zeros(words, settings.vector_size) if settings.hs else None
        self._epochs_trained = 0

    def _start(self, vocabulary: Vocabulary) -> None:
        self._take(vocabulary, zeros(len(vocabulary), self.vector_size), None)
        self.init_weights()

    def _grow(self, vocabulary: Vocabulary) -> None:
        """Take over a vocabulary that begins with the words of the present one; their vectors stay."""
        known, words = self._checked_inputs(), len(vocabulary)
        vectors = copy_of(known, words)
        random_rows(vectors, self._settings().seed, len(known))
        if self._syn1neg is not None:
            self._syn1neg = copy_of(self._syn1neg, words)
        if self._syn1 is not None:
            self._syn1 = copy_of(self._syn1, words)
        self._take(vocabulary, vectors, None)

    def _adopt(self, vocabulary: Vocabulary, matrices: dict[str, Any], paths: HuffmanPaths | None) -> None:
        """Take over a vocabulary and copies of its matrices: vectors, syn1neg, syn1, each taken out of ``matrices``."""
        vectors = copy_of(matrices.pop("vectors"))
        if self.negative:
            self._syn1neg = copy_of(matrices.pop("syn1neg"))
        if self.hs:
            self._syn1 = copy_of(matrices.pop("syn1"), len(vocabulary))
        self._take(vocabulary, vectors, paths)

    def _take(self, vocabulary: Vocabulary, vectors: Matrix, paths: HuffmanPaths | None) -> None:
        """Put words and vectors in ``wv``, which stays the same object; what people hung on known words stays too."""
        self._vocabulary = vocabulary
        self._paths = huffman_paths(vocabulary.counts) if self.hs and paths is None else paths
        kept: dict[str, NDArray[Any]] = {}
        factors = self._lock_factors()
        if self.wv.index_to_key == vocabulary.keys[: len(self.wv)]:
            own = ("count", *Attributes.derived)
            kept = {name: values for name, values in self.wv.expandos.items() if name not in own}
        else:
            factors = _UNLOCKED.copy()
        self.wv._become(vocabulary.keys, vectors)
        self.wv.expandos = Attributes({"count": vocabulary.counts, **kept}, self._settings().sample, self._paths)
        self.wv.allocate_vecattrs()
        self.wv.vectors_lockf = factors if len(factors) == 1 else _extended(factors, len(vocabulary))

    def reset_from(self, other_model: Weights) -> None:
        """Take over another model's vocabulary, with fresh matrices."""
        self._start(other_model._known_vocabulary())
        self.corpus_count = other_model.corpus_count
        self.corpus_total_words = other_model.corpus_total_words

    # ---- matrices ----

    @property
    def layer1_size(self) -> int:
        """Another name of ``vector_size``."""
        return self.vector_size

    @property
    def syn1neg(self) -> Matrix:
        """Output vectors of negative sampling: shape (words, vector_size), float32, contiguous."""
        if self._syn1neg is None:
            self._lacks("syn1neg", "negative > 0")
        return self._syn1neg

    @syn1neg.setter
    def syn1neg(self, value: ArrayLike) -> None:
        if self._syn1neg is None:
            self._lacks("syn1neg", "negative > 0")
        self._syn1neg = self._fitting("syn1neg", value)

    @property
    def syn1(self) -> Matrix:
        """Vectors of the Huffman tree's inner nodes: shape (words, vector_size), the last row unused."""
        if self._syn1 is None:
            self._lacks("syn1", "hs=1")
        return self._syn1

    @syn1.setter
    def syn1(self, value: ArrayLike) -> None:
        if self._syn1 is None:
            self._lacks("syn1", "hs=1")
        self._syn1 = self._fitting("syn1", value)

    def _fitting(self, name: str, value: ArrayLike) -> Matrix:
        matrix = np.require(value, np.float32, ["C", "W"])
        expected = (len(self._known_vocabulary()), self.vector_size)
        if matrix.shape != expected:
            raise ValueError(f"{name} must have shape {expected}, not {matrix.shape}")
        return matrix

    @property
    def wv_out(self) -> KeyedVectors:
        """Output vectors by word: what a retrieval system serves for queries made of input vectors.

        Shares memory with ``syn1neg``. The dot product of an input and an output vector is the model's score for
        the two words occurring together.
        """
        if self._syn1neg is None:
            self._lacks("wv_out", "negative > 0")
        vocabulary = self._known_vocabulary()
        return KeyedVectors._from_arrays(vocabulary.keys, self._syn1neg, vocabulary.counts)

    def _lacks(self, name: str, setting: str) -> NoReturn:
        raise AttributeError(f"this model has no {name}: it needs {setting} and a vocabulary")

    def _known_vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            raise RuntimeError("the model has no vocabulary yet: you must first build vocabulary with build_vocab")
        return self._vocabulary

    def _huffman_paths(self) -> HuffmanPaths:
        if self._paths is None:
            self._lacks("Huffman tree", "hs=1")
        return self._paths

    def _checked_inputs(self) -> NDArray[Any]:
        """``wv.vectors``, which may have been replaced from outside."""
        vectors = self.wv.vectors
        expected = (len(self._known_vocabulary()), self.vector_size)
        if vectors.shape != expected:
            raise ValueError(f"wv.vectors has shape {vectors.shape}; training needs {expected}")
        return vectors

    def _pad(self) -> None:
        """Make the matrices as the kernel wants them; nothing happens when they are."""
        if not self._paddings:
            self._checked_inputs()
            self._paddings = {"vectors": Padding(self.wv, "vectors")}
            for name in ("_syn1neg", "_syn1"):
                if getattr(self, name) is not None:
                    self._paddings[name] = Padding(self, name)

    def _unpad(self) -> None:
        """Make the matrices contiguous again, one after the other, with what was learned."""
        for name in list(self._paddings):
            self._paddings[name].undo()
            del self._paddings[name]

    def _lock_factors(self) -> NDArray[np.float32]:
        return np.asarray(getattr(self.wv, "vectors_lockf", _UNLOCKED), dtype=np.float32).ravel()

    def _input_scale(self) -> NDArray[np.float32] | None:
        """``wv.vectors_lockf``: a factor on every change of an input vector (0 freezes it), one or one a word."""
        factors, words = self._lock_factors(), len(self._known_vocabulary())
        if len(factors) == 1:
            return None if factors[0] == 1.0 else np.full(words, factors[0], dtype=np.float32)
        if len(factors) != words:
            raise ValueError(
                f"wv.vectors_lockf has {len(factors)} entries; it takes 1 or one for each of {words} words"
            )
        return np.ascontiguousarray(factors)

    def estimate_memory(self, vocab_size: int | None = None, report: dict[str, int] | None = None) -> dict[str, int]:
        """Bytes that a model of these settings takes.

        While it trains, rows are padded to a multiple of 64 bytes, and one more matrix is held for a moment.

        Args:
            vocab_size: Words; default: those of the vocabulary.
            report: A dict to add the entries to.

        Returns:
            Bytes by part: "vocab" (a rough guess), "vectors", "syn1neg", "syn1" where the model has them, and
            "total", the sum of all entries.
        """
        words = vocab_size or len(self.wv)
        matrix = words * self.vector_size * 4
        report = {} if report is None else report
        report["vocab"] = words * (700 if self.hs else 500)
        report["vectors"] = matrix
        if self.hs:
            report["syn1"] = matrix
        if self.negative:
            report["syn1neg"] = matrix
        report["total"] = sum(report.values())
        return report


def _extended(factors: NDArray[Any], count: int) -> NDArray[np.float32]:
    """Factors for ``count`` words, 1 for those that had none."""
    longer = np.ones(count, dtype=np.float32)
    longer[: len(factors)] = factors[:count]
    return longer
