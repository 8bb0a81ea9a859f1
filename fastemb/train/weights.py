"""The matrices that learn, as one object that a model has."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..io.quantised import QuantisedRows
from ..memory import memory_for
from ..signals import deliver, slices
from .matrices import LINE, Matrix, Padding, copy_of, gathered, random_rows, zeros
from .settings import Settings


class HasVectors(Protocol):
    """What holds the input vectors, shape (rows, vector_size): they may be replaced there between two epochs.

    It may also have ``vectors_lockf``, factors on every change of an input vector (0 freezes it): one, or one a row.
    """

    @property
    def vectors(self) -> NDArray[Any]:
        """The input vectors."""
        ...

    @vectors.setter
    def vectors(self, value: NDArray[Any]) -> None: ...


@dataclass(frozen=True)
class Bags:
    """Rows of input vectors whose mean is the input of a word.

    Attributes:
        offsets: Word i has ``rows[offsets[i]:offsets[i + 1]]``; int64 (words + 1,).
        rows: int32, none of them outside the input vectors.
        count: How many input vectors there are.
    """

    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    count: int


@dataclass
class Rows:
    """Input vectors that nobody else holds."""

    vectors: NDArray[Any]


@dataclass(eq=False)
class Weights:
    """Input vectors and output vectors, contiguous for people, and padded for the kernel while an epoch runs.

    Attributes:
        holder: Has the input vectors.
        syn1neg: Output vectors of negative sampling, float32 (rows, vector_size), or None.
        syn1: Vectors of the Huffman tree's inner nodes, of the same shape, the last row unused; or None.
        epochs_trained: Epochs that these matrices have seen to the end; each draws samples of its own.
        name: What messages call the holder.
    """

    holder: HasVectors
    syn1neg: Matrix | None = None
    syn1: Matrix | None = None
    epochs_trained: int = 0
    name: str = "the model"
    _paddings: dict[str, Padding] = field(default_factory=dict, init=False, repr=False)

    @property
    def input_name(self) -> str:
        """What messages call the input vectors."""
        return f"{self.name}.vectors"

    def bags(self) -> Bags | None:
        """Which input vectors each word has; None where that of a word is its row."""
        return None

    def input_rows(self, words: int) -> int:
        """How many input vectors belong to so many words."""
        return words

    def output_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """That of output vectors, of input vectors whose shape is (words, vector_size)."""
        return shape

    def places(self) -> dict[str, tuple[Any, str]]:
        """Where each matrix is: an object, and the name of its attribute."""
        return {"vectors": (self.holder, "vectors"), "syn1neg": (self, "syn1neg"), "syn1": (self, "syn1")}

    def further_matrices(self, padded: dict[str, Matrix]) -> dict[str, Any]:
        """What else than input and output vectors the core is handed, by the names that it has for it."""
        return {}

    # ---- making and growing ----

    def start_outputs(self, rows: int, settings: Settings) -> None:
        """Output vectors of zero, for input vectors that are fresh."""
        self.syn1neg = zeros(rows, settings.layer1_size) if settings.negative else None
        self.syn1 = zeros(rows, settings.layer1_size) if settings.hs else None
        self.epochs_trained = 0

    def grow_outputs(self, rows: int) -> None:
        """So many rows: those there are stay, new ones are zero."""
        if self.syn1neg is not None:
            self.syn1neg = copy_of(self.syn1neg, rows)
        if self.syn1 is not None:
            self.syn1 = copy_of(self.syn1, rows)

    def take_outputs(self, other: Weights) -> None:
        """Take over another's output vectors, and its number of epochs."""
        self.syn1neg, self.syn1, self.epochs_trained = other.syn1neg, other.syn1, other.epochs_trained

    def have_learned(self) -> bool:
        """Whether anything was ever learned: output vectors begin at zero."""
        outputs = [matrix for matrix in (self.syn1neg, self.syn1) if matrix is not None]
        return any(matrix[rows].any() for matrix in outputs for rows in slices(len(matrix)))

    def reordered(self, order: NDArray[np.intp]) -> Weights:
        """The same with output vectors of which row i was row ``order[i]``, for words in that order."""
        if self.syn1neg is None:  # the rows of syn1 are nodes of the tree, not words
            return self
        return replace(self, syn1neg=gathered(self.syn1neg, order))

    # ---- training ----

    def inputs(self, shape: tuple[int, int]) -> NDArray[Any]:
        """The input vectors, which may have been replaced; ``shape`` is (words, vector_size).

        Raises:
            ValueError: they are no numbers, or not as many as belong to so many words, or of another size.
        """
        shape = (self.input_rows(shape[0]), shape[1])
        vectors = self.holder.vectors
        if not isinstance(vectors, np.ndarray) or vectors.dtype.kind not in "fiu":
            kind = vectors.dtype if isinstance(vectors, np.ndarray) else type(vectors).__name__
            if isinstance(vectors, QuantisedRows):
                kind = "quantised vectors, which cannot be trained: take those of dequantize()"
            raise ValueError(f"{self.input_name} must be an array of real numbers, not {kind}")
        if vectors.shape != shape:
            raise ValueError(f"{self.input_name} has shape {vectors.shape}; the model needs {shape}")
        return vectors

    def require(self, settings: Settings) -> None:
        """Check that there are the output vectors that ``settings`` train.

        Raises:
            ValueError: there are others.
        """
        if bool(settings.negative) != (self.syn1neg is not None) or bool(settings.hs) != (self.syn1 is not None):
            raise ValueError("hs and negative cannot be switched on or off once the vocabulary is built")

    def pad(self, shape: tuple[int, int]) -> dict[str, Matrix]:
        """Make the matrices, of this shape, as the kernel wants them, and return them by name; repeating it is cheap.

        Raises:
            ValueError: a matrix has another shape.
        """
        self.check_shapes(shape)
        for name, (owner, attribute) in self.places().items():
            if name in self._paddings and self._paddings[name].replaced:
                del self._paddings[name]
            if getattr(owner, attribute) is not None and name not in self._paddings:
                self._paddings[name] = Padding(owner, attribute)
                deliver()  # each is a copy of a matrix
        return {name: padding.padded for name, padding in self._paddings.items()}

    def check_shapes(self, shape: tuple[int, int]) -> None:
        """Check that each matrix fits (words, vector_size).

        Raises:
            ValueError: one has another.
        """
        self.inputs(shape)
        shape = self.output_shape(shape)
        for name in ("syn1neg", "syn1"):
            matrix: Matrix | None = getattr(self, name)
            if matrix is not None and matrix.shape != shape:
                raise ValueError(f"{name} has shape {matrix.shape}; the model needs {shape}")

    def not_finite(self) -> tuple[str, int] | None:
        """The name of a matrix that holds NaN or infinite numbers, and the first row with one; None if none does."""
        matrices = {self.input_name: self.holder.vectors, "syn1neg": self.syn1neg, "syn1": self.syn1}
        for name, matrix in matrices.items():
            row = None if matrix is None else _first_not_finite(matrix)
            if row is not None:
                return name, row
        return None

    def unpad(self) -> None:
        """Make the matrices contiguous again, with what was learned: each one, even when another fails.

        Raises:
            BaseException: the first failure; that matrix stays padded, and a further call tries again.
        """
        failure: BaseException | None = None
        for name in list(self._paddings):
            try:
                self._paddings[name].undo()
                del self._paddings[name]
            except BaseException as error:
                failure = failure or error
        if failure is not None:
            raise failure

    def learned(self) -> None:
        """Hear that the matrices were changed, and that all that is made of them follows."""

    def lock_factors(self) -> NDArray[np.float32]:
        """``vectors_lockf`` of the holder, float32 (1,) or (rows,).

        Raises:
            TypeError: they are no numbers.
            ValueError: one is negative, NaN or infinite.
        """
        return checked_factors(f"{self.name}.vectors_lockf", getattr(self.holder, "vectors_lockf", np.ones(1)))

    def input_scale(self, words: int) -> NDArray[np.float32] | None:
        """The same for each input vector of so many words, or None where nothing is held back.

        Raises:
            ValueError: there are neither 1 nor as many factors as rows.
        """
        rows, factors = self.input_rows(words), self.lock_factors()
        if len(factors) == 1:
            return None if factors[0] == 1.0 else np.full(rows, factors[0], dtype=np.float32)
        if len(factors) != rows:
            raise ValueError(
                f"{self.name}.vectors_lockf has {len(factors)} entries; it takes 1 or one for each of {rows} words"
            )
        return np.ascontiguousarray(factors)


def fresh_inputs(rows: int, settings: Settings) -> Matrix:
    """Small random input vectors: shape (rows, vector_size).

    Raises:
        MemoryError: there is too little for all matrices of a model.
    """
    with memory_for(*_needed(rows, settings.vector_size, 1 + bool(settings.negative) + bool(settings.hs))):
        vectors = zeros(rows, settings.vector_size)
        random_rows(vectors, settings.seed)
    return vectors


def grown_inputs(known: NDArray[Any], rows: int, seed: int) -> Matrix:
    """A copy of ``known`` with ``rows`` rows, the new ones small and random.

    Raises:
        MemoryError: there is too little for the copy and that of output vectors.
    """
    with memory_for(*_needed(rows, known.shape[1], 2)):
        vectors = copy_of(known, rows)
        random_rows(vectors, seed, len(known))
    return vectors


def _needed(rows: int, vector_size: int, matrices: int) -> tuple[str, int, str]:
    """What so many matrices take while they are trained, for `memory_for`."""
    what = f"a model of {rows:,} rows and {vector_size:,} dimensions"
    padded = -(-vector_size // LINE) * LINE
    one_more = padded * (padded != vector_size)  # a matrix is copied where its rows are padded
    advice = "lower vector_size, or keep fewer rows, as by min_count or max_final_vocab"
    return what, 4 * rows * (padded * matrices + one_more), advice


def checked_factors(name: str, given: Any) -> NDArray[np.float32]:
    """Lock factors as float32, of one dimension.

    Raises:
        TypeError: they are no numbers.
        ValueError: one is negative, NaN or infinite.
    """
    try:
        array = np.asarray(given)
        factors = array.astype(np.float32, copy=False).ravel() if array.dtype.kind in "biuf" else None
    except (TypeError, ValueError):
        factors = None
    if factors is None:
        raise TypeError(f"{name} must be numbers, one or one for each word, not {given!r}")
    wrong = ~((factors >= 0) & (factors < np.inf))
    if wrong.any():
        raise ValueError(
            f"{name} must be factors from 0, which freezes a vector, but entry {int(wrong.argmax())} is "
            f"{factors[wrong.argmax()]}"
        )
    return factors


def fitting(name: str, value: ArrayLike, shape: tuple[int, int]) -> Matrix:
    """``value`` as a matrix that can be trained, the same array where it is one.

    Raises:
        TypeError: it is no array of real numbers.
        ValueError: it is not of this shape, or holds NaN or infinite numbers.
    """
    try:
        given = np.asarray(value)
    except ValueError:  # rows of several lengths
        given = np.asarray(None)
    if given.dtype.kind not in "biuf":
        kind = given.dtype if isinstance(value, np.ndarray) else type(value).__name__
        raise TypeError(f"{name} must be an array of real numbers of shape {shape}, not {kind}")
    if given.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, not {given.shape}")
    with np.errstate(over="ignore"):
        matrix = np.require(given, np.float32, ["C", "W"])
    found = _first_not_finite(matrix)
    if found is not None:
        raise ValueError(f"{name} holds NaN or infinite numbers, first in row {found}: give finite ones")
    return matrix


def _first_not_finite(matrix: NDArray[Any]) -> int | None:
    """The first row that holds NaN or an infinite number; None where all are finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        for part in slices(len(matrix)):
            if not np.isfinite(matrix[part].sum(dtype=np.float64)):
                wrong = np.flatnonzero(~np.isfinite(matrix[part]).all(axis=1))
                if len(wrong):
                    return int(part.start) + int(wrong[0])
    return None
