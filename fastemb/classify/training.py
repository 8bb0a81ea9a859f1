"""Training of labels: matrices, texts as bags of rows, and the run over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..checks import warn
from ..config import isa
from ..corpus.checksums import digest
from ..memory import memory_for
from ..signals import slices
from ..threads import thread_count
from ..train.hogwild import Hogwild
from ..train.matrices import LINE, Matrix, padded_zeros
from ..train.run import Run
from ..train.sampling import HuffmanPaths
from ..train.schedule import Schedule
from ..train.strategy import Strategy
from .features import Documents
from .settings import ClassifierSettings

_BLOCK_FLOPS = 1e9
_BLOCK_MIN, _BLOCK_MAX = 32, 32768  # texts
_LARGE_ALPHA = 5.0
_NS_EXPONENT = 0.5  # fastText's for labels


@dataclass(eq=False)
class ClassWeights:
    """Input and output vectors, all the time as the kernel wants them: a copy of many n-grams would take seconds.

    Attributes:
        padded_inputs: Rows of words, then of n-grams, zeros past ``vector_size``.
        padded_outputs: Rows of labels, or of the nodes of a tree over them.
        vector_size: Numbers of a row that count.
        epochs_trained: Epochs that they have seen to the end.
    """

    padded_inputs: Matrix
    padded_outputs: Matrix
    vector_size: int
    epochs_trained: int = 0

    @classmethod
    def of(cls, inputs: Matrix, outputs: Matrix, epochs_trained: int = 0) -> Self:
        """Copies of matrices that are not padded."""
        return cls(_padded(inputs), _padded(outputs), inputs.shape[1], epochs_trained)

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is pickled: without the padding, as memory is not aligned when it is read again."""
        inputs, outputs = np.ascontiguousarray(self.inputs), np.ascontiguousarray(self.outputs)
        return ClassWeights.of, (inputs, outputs, self.epochs_trained)

    @property
    def inputs(self) -> Matrix:
        """(rows, vector_size), a view."""
        return self.padded_inputs[:, : self.vector_size]

    @property
    def outputs(self) -> Matrix:
        """(labels, vector_size), a view."""
        return self.padded_outputs[:, : self.vector_size]

    def unpad(self) -> None:
        """Do nothing: people are given copies."""

    def not_finite(self) -> tuple[str, int] | None:
        """The name of a matrix that holds NaN or infinite numbers, and the first row with one; None if none does."""
        for name, matrix in (("inputs", self.padded_inputs), ("outputs", self.padded_outputs)):
            for part in slices(len(matrix)):
                if not np.isfinite(matrix[part].sum(dtype=np.float64)):
                    rows = np.flatnonzero(~np.isfinite(matrix[part]).all(axis=1))
                    return name, part.start + int(rows[0]) if len(rows) else part.start
        return None

    def copy(self) -> tuple[Matrix, Matrix]:
        """Both matrices as they are, for `put_back`."""
        return self.padded_inputs.copy(), self.padded_outputs.copy()

    def put_back(self, matrices: tuple[Matrix, Matrix]) -> None:
        """Let them be what `copy` gave."""
        self.padded_inputs[:], self.padded_outputs[:] = matrices


def _padded(matrix: Matrix) -> Matrix:
    made = padded_zeros(*matrix.shape)
    for part in slices(len(matrix)):
        made[part, : matrix.shape[1]] = matrix[part]
    return made


def fresh_weights(
    rows: int, words: int, labels: int, used: NDArray[np.int32], settings: ClassifierSettings
) -> ClassWeights:
    """Small random rows for words; those of n-grams and labels are zero, and most take no memory until they occur.

    Args:
        rows: Of the inputs.
        words: How many of them are words'.
        labels: How many there are.
        used: Rows that texts have: they are random where there is no word.
        settings: vector_size and random_state are read.

    Raises:
        MemoryError: there is too little.
    """
    size = settings.vector_size
    stride = -(-size // LINE) * LINE
    advice = "lower vector_size or bucket, or leave n-grams out (word_ngrams=1, max_n=0)"
    with memory_for(f"a model of {rows:,} rows and {size:,} dimensions", 4 * rows * stride, advice):
        made = ClassWeights(padded_zeros(rows, size), padded_zeros(labels, size), size)
    chosen = np.arange(words) if words else np.unique(used)
    rng = np.random.default_rng(settings.random_state)
    for part in slices(len(chosen), 8192):
        values = rng.random((len(chosen[part]), size), dtype=np.float32)
        made.padded_inputs[chosen[part], :size] = (2.0 * values - 1.0) / np.float32(size)
    return made


@dataclass(frozen=True, eq=False)
class TextTokens:
    """Texts to learn from; what a run counts as words are texts."""

    documents: Documents
    weights: NDArray[np.float32] | None = None
    """A factor on the step of each text; None: 1."""

    origin: Any = None
    """How the same are had again, in plain values; None: they must be given."""

    def passed(self, words: int) -> None:
        """Do nothing: they stay in memory."""

    def described(self) -> tuple[int, int, int, str]:
        """Texts three times, and a digest of rows and labels."""
        documents = self.documents
        arrays: list[NDArray[Any]] = [documents.rows, documents.offsets, documents.labels, documents.label_offsets]
        if self.weights is not None:
            arrays.append(self.weights)
        return len(documents), len(documents), len(documents), digest(*arrays)


@dataclass(eq=False)
class ClassTask:
    """What a run over texts trains; see `Learning`.

    Attributes:
        settings: Checked.
        tokens: Whose rows and labels are those of the matrices.
        weights: What learns.
        counts: How often each label is in the texts, int64 (labels,).
        paths: Of the labels, with hierarchical softmax.
        class_weights: A factor on the steps of each label's texts, float32 (labels,); None: 1.
        want_loss: Whether to add up the loss.
    """

    settings: ClassifierSettings
    tokens: TextTokens
    weights: ClassWeights
    counts: NDArray[np.int64]
    paths: HuffmanPaths | None = None
    class_weights: NDArray[np.float32] | None = None
    want_loss: bool = False

    def __post_init__(self) -> None:
        self._texts = self.texts(self.tokens)

    @property
    def part(self) -> int:
        """There is but one."""
        return 1

    def texts(self, tokens: TextTokens) -> _native.Texts:
        """Texts for the core."""
        documents, rows, labels = tokens.documents, len(self.weights.inputs), len(self.counts)
        return _native.Texts(
            documents.offsets,
            documents.rows,
            documents.label_offsets,
            documents.labels,
            rows,
            labels,
            tokens.weights,
        )

    def run(self) -> Run:
        """A run over all passes that has not begun."""
        settings, texts = self.settings, len(self.tokens.documents)
        schedule = Schedule(settings.alpha, settings.min_alpha, settings.epochs * texts)
        return Run(settings.epochs, texts, self._block(), settings.random_state, schedule)

    def _block(self) -> int:
        """Texts a block: some milliseconds."""
        documents, texts = self.tokens.documents, len(self.tokens.documents)
        each = len(documents.rows) / max(texts, 1) + len(self.counts)
        by_time = int(_BLOCK_FLOPS / (6 * self.settings.vector_size * each))
        return max(min(by_time, texts // 64, _BLOCK_MAX), _BLOCK_MIN)

    def strategy(self) -> Strategy:
        """How threads share the blocks, as settings say."""
        return Hogwild(1 if self.settings.deterministic else thread_count(self.settings.workers))

    def bind(self, seed: int) -> _TextTrainer:
        """As `Learning` says; each epoch has an order of its own, which depends on the seed and its number."""
        if self.settings.shuffle:
            order = np.random.default_rng([seed, self.weights.epochs_trained]).permutation(len(self.tokens.documents))
            self._texts.arrange(order.astype(np.int64, copy=False))
        return _TextTrainer(self._core(seed, want_loss=self.want_loss), self._texts)

    def mean_loss(self, tokens: TextTokens, seed: int) -> float:
        """The mean loss of other texts, as the model is now; those without rows or labels do not count."""
        core, texts = self._core(seed, want_loss=True), self.texts(tokens)
        workspace, count, loss = core.workspace(), 0, 0.0
        for part in slices(len(tokens.documents), self._block()):
            done = core.train_block(texts, 0, part.start, part.stop, 0.0, workspace)
            count, loss = count + done[1], loss + done[3]
        return loss / count if count else float("nan")

    def _core(self, seed: int, *, want_loss: bool) -> _native.ClassTrainer:
        weights, targets = self.weights, self._targets()
        return _native.ClassTrainer(
            isa(), weights.padded_inputs, weights.padded_outputs, weights.vector_size, targets, seed, want_loss
        )

    def _targets(self) -> _native.ClassTargets:
        settings, labels = self.settings, len(self.counts)
        paths, negatives = None, None
        if self.paths is not None:
            paths = _native.Paths(self.paths.offsets, self.paths.nodes, self.paths.codes)
        elif settings.loss == "ns":
            noise = np.empty((labels, 2), np.uint32)
            _native.alias_table(np.maximum(self.counts, 1) ** _NS_EXPONENT, noise)
            negatives = _native.Negatives(noise, settings.negative)
        return _native.ClassTargets(labels, settings.loss == "ova", self.class_weights, negatives, paths)

    def begins(self, schedule: Schedule) -> None:
        """Warn of rates with which nothing useful is learned."""
        if schedule.start_alpha > _LARGE_ALPHA:
            warn(f"alpha={schedule.start_alpha:g} is so large that nothing useful is learned: 0.05 to 1 is usual")

    def epoch_ended(self, schedule: Schedule) -> None:
        """Do nothing: long vectors are no sign of ruin here."""

    def remedy(self, schedule: Schedule) -> str:
        """What to change when training diverged."""
        return f"Lower alpha (now {schedule.start_alpha:g})"


@dataclass(frozen=True)
class _TextTrainer:
    """The core's trainer with the texts that it trains on."""

    core: _native.ClassTrainer
    texts: _native.Texts

    def workspace(self) -> bytearray:
        return self.core.workspace()

    def train_block(
        self, epoch: int, begin: int, end: int, alpha: float, workspace: bytearray
    ) -> tuple[int, int, int, float]:
        return self.core.train_block(self.texts, epoch, begin, end, alpha, workspace)

    def stop(self) -> None:
        self.core.stop()
