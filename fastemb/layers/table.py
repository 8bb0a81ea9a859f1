"""The table of an embedding: checked look-ups, gradients of the rows that were looked up, and steps on them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..checks import integer, number, switch
from ..io.keys import pack_keys, unpack_keys
from ..io.paths import AnyPath
from ..signals import Deferred
from ..threads import checked_workers, thread_count
from ..vectors import KeyedVectors
from .files import LayerFile, load_layer
from .given import array_of, chance_of, float_dtype, narrowed, require_finite, whole_numbers
from .gradients import Array, Gradients, Ids, OwnGradients
from .memory import drawn
from .optimizers import Optimizer, OptimizerState, checked_optimizer
from .sparse import SparseRows
from .steps import make_step, remembered, require_changeable, require_fitting, rows_for

Gradient: TypeAlias = Array | SparseRows
_VALUES_FOR_THREADS = 1 << 18  # fewer take less time than two threads need to take up their parts
MOST_ROWS = 2**32 - 1  # rows, and ids of one call, are counted in 32 bits in the core


@dataclass(frozen=True)
class Options:
    """What a layer with a table is told, as its constructor names it."""

    padding_idx: int | None = None
    max_norm: float | None = None
    norm_type: float = 2.0
    scale_grad_by_freq: bool = False
    sparse: bool = False
    optimizer: Optimizer | None = None
    workers: int | None = None


class Table(OwnGradients):
    """What `Embedding` and `EmbeddingBag` share: not made by itself.

    Attributes:
        weight: (num_embeddings, embedding_dim) float32 or float64; shared memory, not a copy.
        padding_idx: Row that gets no gradient, from the front, or None.
        max_norm: Longer rows are shortened to it when they are looked up; or None.
        norm_type: p of that norm.
        scale_grad_by_freq: Gradients are divided by how often their id is in the call.
        sparse: Whether gradients are SparseRows.
        optimizer: Settings of an optimiser, or None.
        state: What it remembers, or None.
        frozen: Whether the table is not trained.
        key_to_index: Dict from key to row, of a layer made from KeyedVectors; else None.
        workers: Threads; None for all CPUs.
        gradients: The gradients of the last `backward`, the table's under "weight", until `step`.
    """

    def __init__(self, weight: Array, options: Options) -> None:
        self.weight = weight
        self.padding_idx = checked_padding(options.padding_idx, len(weight))
        self.max_norm = None if options.max_norm is None else number("max_norm", options.max_norm, 0.0)
        self.norm_type = checked_norm(options.norm_type)
        self.scale_grad_by_freq = switch("scale_grad_by_freq", options.scale_grad_by_freq)
        self.sparse = switch("sparse", options.sparse)
        self.optimizer = checked_optimizer(options.optimizer)
        self.state = None if self.optimizer is None else self.optimizer.start(weight.shape, weight.dtype)
        self.workers = checked_workers(options.workers)
        self.frozen = False
        self.key_to_index: dict[Any, int] | None = None
        self.gradients: dict[str, Gradient] = {}
        self._takes_unusual = False

    @property
    def num_embeddings(self) -> int:
        """Rows of the table."""
        return len(self.weight)

    @property
    def embedding_dim(self) -> int:
        """Values of a row, D."""
        return int(self.weight.shape[1])

    def parameters(self) -> dict[str, Array]:
        """What is trained, by name: ``weight`` itself, not a copy; nothing of a frozen layer."""
        return {} if self.frozen else {"weight": self.weight}

    def step(self) -> None:
        """Change the table by its gradient, as the optimiser does, and forget the gradient.

        Raises:
            RuntimeError: There is no optimiser, no gradient, or the layer is frozen.
        """
        optimizer, state = self._training()
        if "weight" not in self.gradients:
            raise RuntimeError("there is no gradient: call backward before step")
        found = self.gradients["weight"]
        values = found.values if isinstance(found, SparseRows) else found
        with Deferred():
            make_step(optimizer, state, self.weight, found, self._threads(values.size))
            self.gradients.clear()

    def ids_of(self, keys: ArrayLike) -> Ids:
        """The rows of keys, of the same shape; for a layer that was made from KeyedVectors.

        Raises:
            KeyError: A key is not there.
            RuntimeError: The layer has no keys.
        """
        if self.key_to_index is None:
            raise RuntimeError("the layer has no keys: make it with from_pretrained(KeyedVectors)")
        found = np.asarray(keys, object)
        try:
            rows = [self.key_to_index[key] for key in found.reshape(-1)]
        except KeyError as error:
            raise KeyError(f"the layer has no key {error.args[0]!r}") from None
        return np.array(rows, np.int64).reshape(found.shape)

    def save(self, path: AnyPath) -> None:
        """Write the table, the settings, the state of the optimiser and the keys to a safetensors file.

        Raises:
            TypeError: A key is neither a str nor an int.
            OSError: The file cannot be written.
        """
        self._packed().write(path)

    @classmethod
    def load(cls, path: AnyPath, *, mmap: str | None = None) -> Self:
        """Read what `save` wrote; training goes on as if it had not been saved.

        Args:
            path: File.
            mmap: Map the file in place of reading it: "r" read-only, "r+" with changes written to it, "c" with
                changes in memory only.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is damaged, or of another kind.
        """
        return load_layer(path, cls.__name__, cls._unpacked, mmap)

    def _packed(self) -> LayerFile:
        """What a file holds of the layer."""
        arrays, settings = {"weight": self.weight}, self._settings()
        if self.key_to_index is not None:
            keys, settings["key_type"] = pack_keys(sorted(self.key_to_index, key=self.key_to_index.__getitem__))
            arrays |= keys
        states = {} if self.state is None else {"weight": self.state}
        return LayerFile(type(self).__name__, arrays, settings, self.optimizer, states)

    @classmethod
    def _unpacked(cls, file: LayerFile) -> Self:
        """The layer that was packed.

        Raises:
            KeyError: Something is missing.
            TypeError: Something is of another type.
            ValueError: The parts do not fit each other.
        """
        settings, weight = dict(file.settings), file.arrays["weight"]
        make: Any = cls  # its constructor has the arguments that `_settings` names
        frozen, key_type = settings.pop("frozen"), settings.pop("key_type", None)
        settings["norm_type"] = float(settings["norm_type"])
        layer: Self = make(*weight.shape, **settings, weight=weight, optimizer=file.optimizer, dtype=weight.dtype)
        layer.frozen = switch("frozen", frozen)
        if file.optimizer is not None:
            layer.state = file.states["weight"]
        if key_type is not None:
            keys = unpack_keys("keys", file.arrays, key_type)
            if len(keys) != len(weight):
                raise ValueError(f"{len(keys)} keys for {len(weight)} rows")
            layer.key_to_index = {key: row for row, key in enumerate(keys)}
        return layer

    def _settings(self) -> dict[str, Any]:
        """What a file says of the layer beside its arrays, by the constructor's names."""
        names = ("padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse", "frozen")
        found = {name: getattr(self, name) for name in names}
        return found | {"norm_type": str(self.norm_type)}  # JSON has no infinity

    def _described(self) -> str:
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        for name, default in (("padding_idx", None), ("max_norm", None), ("norm_type", 2.0), ("optimizer", None)):
            value = getattr(self, name)
            if value != default:
                parts.append(f"{name}={value!r}")
        parts += [f"{name}=True" for name in ("scale_grad_by_freq", "sparse", "frozen") if getattr(self, name)]
        return ", ".join(parts)

    # ---- forward ----

    @property
    def _rows(self) -> ModuleType:
        return rows_for(self.weight)

    @property
    def _padding(self) -> int:
        return -1 if self.padding_idx is None else self.padding_idx

    def _threads(self, values: int) -> int:
        """Threads that pay for work on so many values."""
        return thread_count(self.workers) if values >= _VALUES_FOR_THREADS else 1

    def _checked_ids(self, name: str, ids: ArrayLike) -> Ids:
        """Ids of any shape as a C-contiguous int64 array, all of them rows of the table.

        Raises:
            TypeError: They are no integers.
            IndexError: One is negative or no row.
        """
        return whole_numbers(name, ids, len(self.weight))

    def _shorten(self, ids: Ids) -> None:
        """Shorten the rows that are about to be looked up, where max_norm says so."""
        if self.max_norm is not None and ids.size:
            require_changeable(self.weight)
            workers = self._threads(ids.size * self.embedding_dim)
            self._rows.shorten(self.weight, ids.reshape(-1), self.max_norm, self.norm_type, workers)

    # ---- backward ----

    def _checked_gradient(self, grad: ArrayLike, shape: tuple[int, ...]) -> Array:
        """A gradient of this shape as (n, D) in the table's dtype, without NaN.

        Raises:
            TypeError: It is no array of real numbers.
            ValueError: It has another shape, or a value is NaN or infinite.
        """
        found = array_of("grad", grad)
        if found.dtype.kind not in "fiub":
            raise TypeError(f"grad must be an array of floats, not of dtype {found.dtype}")
        if found.shape != shape:
            raise ValueError(f"grad must have the shape of what forward returns, {shape}, not {found.shape}")
        of_dtype = narrowed("grad", found, self.weight.dtype)
        rows: Array = np.ascontiguousarray(of_dtype).reshape(-1, self.embedding_dim)
        if not self._takes_unusual and self._rows.find_unusual(rows, self._threads(rows.size)):
            require_finite("grad", rows.reshape(shape))
        return rows

    def _gradient(self, ids: Ids, gradients: Gradients) -> Gradient:
        """The gradient of the table."""
        workers = self._threads(ids.size * self.embedding_dim)
        indices, values = self._rows.sums(ids, gradients, len(self.weight), self._padding, workers)
        found = SparseRows(indices, values, (self.num_embeddings, self.embedding_dim))
        return found if self.sparse else found.to_dense()

    def _learn(self, ids: Ids, gradients: Gradients) -> None:
        """The gradient of the table and a step in one pass, without an array of gradients."""
        optimizer, state = self._training()
        with Deferred():
            if ids.size:
                workers = self._threads(ids.size * self.embedding_dim)
                rule = optimizer.rule(state.step + 1)
                self._rows.learn(self.weight, remembered(state), rule, ids, gradients, self._padding, workers)
            state.step += 1

    def _require_trained(self) -> None:
        """Refuse to train a table that is frozen.

        Raises:
            RuntimeError: It is.
        """
        if self.frozen:
            raise RuntimeError("the table is frozen; make the layer with freeze=False to train it")

    def _training(self) -> tuple[Optimizer, OptimizerState]:
        self._require_trained()
        if self.optimizer is None:
            raise RuntimeError("the layer has no optimizer; give it one, such as optimizer=fastemb.layers.Adam(1e-3)")
        return self.optimizer, require_fitting(self.optimizer, self.state, self.weight)


AnyTable = TypeVar("AnyTable", bound=Table)


def for_one_call(layer: AnyTable, workers: int, takes_unusual: bool) -> AnyTable:
    """A layer on the same table, settings and state whose `forward` and `backward` are its own.

    So several may wait for their `backward`, also of a table that is frozen.

    Args:
        layer: Stays as it is.
        workers: Threads.
        takes_unusual: Gradients may be infinite or NaN.
    """
    found = copy.copy(layer)
    found.frozen = False
    found.workers, found._takes_unusual = workers, takes_unusual
    return found


def new_weight(
    num_embeddings: int, embedding_dim: int, padding_idx: int | None, seed: int | None, dtype: DTypeLike
) -> Array:
    """A table drawn from N(0, 1), with zeros in row ``padding_idx``.

    Raises:
        TypeError: A size is no integer, or the dtype is not float32 or float64.
        ValueError: A size is less than 1, or there is no row ``padding_idx``.
    """
    rows = integer("num_embeddings", num_embeddings, 1)
    size = integer("embedding_dim", embedding_dim, 1)
    if rows > MOST_ROWS:
        raise ValueError(f"num_embeddings must be at most {MOST_ROWS}, not {rows}")
    padding = checked_padding(padding_idx, rows)
    generator = chance_of(seed)
    kind = float_dtype(dtype)
    exact: Any = kind.type  # NumPy draws other numbers for float32, not those of float64 cast
    weight = drawn((rows, size), kind, lambda count: generator.standard_normal(count, exact))
    if padding is not None:
        weight[padding] = 0
    return weight


def given_weight(weight: ArrayLike, dtype: DTypeLike, shape: tuple[int, int]) -> Array:
    """A matrix of this shape as a table: the same memory if it is C-contiguous and has this dtype.

    Raises:
        TypeError: It is no matrix of numbers.
        ValueError: It has another shape, or is empty.
    """
    found = _as_matrix("weight", weight)
    if found.shape != tuple(shape):
        raise ValueError(f"weight must be of shape (num_embeddings, embedding_dim) = {tuple(shape)}, not {found.shape}")
    wanted = float_dtype(dtype)
    return found if _is_table(found, wanted) else _copied("weight", found, wanted)


def pretrained(embeddings: ArrayLike | KeyedVectors, is_unchanged: bool) -> tuple[Array, dict[Any, int] | None]:
    """A table and its keys: the memory of a matrix, and of KeyedVectors that will stay unchanged.

    Raises:
        TypeError: It is no matrix of numbers.
        ValueError: It has not two dimensions, is empty, or a value is too large for float32.
    """
    keyed = embeddings if isinstance(embeddings, KeyedVectors) else None
    found = _as_matrix("embeddings", embeddings if keyed is None else keyed.vectors)
    dtype = float_dtype(np.float64 if found.dtype == np.float64 else np.float32)
    if not _is_table(found, dtype) or (keyed is not None and not is_unchanged):
        found = _copied("embeddings", found, dtype)
    return found, None if keyed is None else dict(keyed.key_to_index)


def _as_matrix(name: str, values: ArrayLike) -> Array:
    found = array_of(name, values)
    if found.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be a matrix of floats, not of dtype {found.dtype}")
    if found.ndim != 2 or 0 in found.shape:
        raise ValueError(f"{name} must be of shape (num_embeddings, embedding_dim), both at least 1, not {found.shape}")
    if len(found) > MOST_ROWS:
        raise ValueError(f"{name} must have at most {MOST_ROWS} rows, not {len(found)}")
    return found


def _copied(name: str, matrix: Array, dtype: np.dtype[np.floating[Any]]) -> Array:
    found = narrowed(name, matrix, dtype)
    return np.array(found, order="C") if found is matrix else np.ascontiguousarray(found)


def _is_table(array: Array, dtype: np.dtype[Any]) -> bool:
    return array.dtype == dtype and array.flags.c_contiguous and array.flags.aligned


def checked_padding(padding_idx: int | None, rows: int) -> int | None:
    """The row of padding from the front; a negative one counts from the end, as torch's.

    Raises:
        TypeError: It is no integer.
        ValueError: There is no such row.
    """
    if padding_idx is None:
        return None
    found = integer("padding_idx", padding_idx)
    if not -rows <= found < rows:
        raise ValueError(f"padding_idx must be a row of the table, from {-rows} to {rows - 1}, not {found}")
    return found % rows


def checked_norm(norm_type: float) -> float:
    """P of a norm.

    Raises:
        TypeError: It is no number.
        ValueError: It is not above 0.
    """
    if isinstance(norm_type, bool | str):
        raise TypeError(f"norm_type must be a number, not {norm_type!r}")
    try:
        found = float(norm_type)
    except (TypeError, ValueError):
        raise TypeError(f"norm_type must be a number, not {norm_type!r}") from None
    if not found > 0:
        raise ValueError(f"norm_type must be above 0, such as 1, 2 or float('inf'), not {norm_type!r}")
    return found
