"""The layer that looks up bags of rows, and hands on the sum, mean or maximum of each."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..arguments import names_arguments
from ..checks import switch
from ..vectors import KeyedVectors
from .given import array_of, integers, narrowed, require_finite
from .gradients import Array, Bags, Gradients, Ids
from .optimizers import Optimizer
from .table import Gradient, Options, Table, given_weight, new_weight, pretrained

Mode = Literal["sum", "mean", "max"]


@dataclass(frozen=True, eq=False, slots=True)
class _Given:
    """What one look-up of bags was given."""

    ids: Ids  # (n,) all
    bags: Bags  # without padding
    kept: NDArray[np.bool_] | None  # (n,) whether an id is no padding; None: none is
    shape: tuple[int, ...]  # of the ids given


class EmbeddingBag(Table):
    """Sums, means or maxima of bags of rows of a table: torch's nn.EmbeddingBag on NumPy arrays.

    An empty bag gives zeros. Rows ``padding_idx`` are left out, and do not count for the mean.

    Args:
        num_embeddings: Rows.
        embedding_dim: Values of a row, D.
        max_norm: Rows whose norm is above this are shortened to it, in the table, before they are looked up.
        norm_type: p of that norm, above 0: 1, 2, any other, ``float("inf")``.
        scale_grad_by_freq: Divide the gradient of a row by how often it was looked up in the call; not with "max".
        mode: "sum", "mean" or "max".
        sparse: `backward` gives `SparseRows`, and not a matrix as large as the table; also with "max". Rows that were
            looked up are there, if only with zeros.
        include_last_offset: Offsets have one entry more than bags, the number of ids.
        padding_idx: A row that is zero at the start and never gets a gradient; a negative one counts from the end.
        weight: (num_embeddings, embedding_dim) table to use in place of a new one; shared, not copied, if it is a
            C-contiguous array of ``dtype``. Its row ``padding_idx`` stays as it is.
        optimizer: What `step` and `update` do; see `fastemb.layers.Optimizer`.
        seed: Of the new table, which is drawn from N(0, 1).
        dtype: float32, or float64, for which all work is done by NumPy on one thread.
        workers: Threads; None for all CPUs. The results have the same bits with any number.

    Raises:
        TypeError: A size or ``padding_idx`` is no integer, or ``dtype`` is another.
        ValueError: ``mode`` is another, or "max" with ``scale_grad_by_freq``; else as from `Embedding`.
    """

    @names_arguments()
    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Mode = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        *,
        weight: ArrayLike | None = None,
        optimizer: Optimizer | None = None,
        seed: int | None = None,
        dtype: DTypeLike = np.float32,
        workers: int | None = None,
    ) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"mode must be 'sum', 'mean' or 'max', not {mode!r}")
        if mode == "max" and scale_grad_by_freq:
            raise ValueError("scale_grad_by_freq has no meaning with mode='max'; use 'sum' or 'mean'")
        options = Options(padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, optimizer, workers)
        if weight is None:
            table = new_weight(num_embeddings, embedding_dim, padding_idx, seed, dtype)
        else:
            table = given_weight(weight, dtype, (num_embeddings, embedding_dim))
        super().__init__(table, options)
        self.mode: Mode = mode
        self.include_last_offset = switch("include_last_offset", include_last_offset)
        self._looked_up: tuple[_Given, NDArray[np.int64] | None] | None = None

    @classmethod
    @names_arguments()
    def from_pretrained(
        cls,
        embeddings: ArrayLike | KeyedVectors,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Mode = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        *,
        optimizer: Optimizer | None = None,
        workers: int | None = None,
    ) -> Self:
        """A layer with a given table; the arguments are those of `Embedding.from_pretrained` and the constructor.

        Raises:
            TypeError: ``embeddings`` are no numbers.
            ValueError: They are no matrix; or ``freeze`` with an optimiser, which would do nothing.
        """
        freeze = switch("freeze", freeze)
        table, keys = pretrained(embeddings, freeze and max_norm is None)
        if freeze and optimizer is not None:
            raise ValueError("a frozen table needs no optimizer: leave it out, or give freeze=False")
        rows, size = table.shape
        layer = cls(
            rows,
            size,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            mode,
            sparse,
            include_last_offset,
            padding_idx,
            weight=table,
            optimizer=optimizer,
            dtype=table.dtype,
            workers=workers,
        )
        layer.frozen, layer.key_to_index = freeze, keys
        return layer

    def __call__(
        self, input: ArrayLike, offsets: ArrayLike | None = None, per_sample_weights: ArrayLike | None = None
    ) -> Array:
        """As `forward`."""
        return self.forward(input, offsets, per_sample_weights)

    def __repr__(self) -> str:
        return f"EmbeddingBag({self._described()}, mode={self.mode!r})"

    @names_arguments()
    def forward(
        self, input: ArrayLike, offsets: ArrayLike | None = None, per_sample_weights: ArrayLike | None = None
    ) -> Array:
        """Look bags up.

        Args:
            input: (n,) integers, with ``offsets``; or (bags, length), each row a bag.
            offsets: (bags,) integers, where bags begin in ``input``: 0 first, never falling; with
                ``include_last_offset`` (bags + 1,), n last.
            per_sample_weights: Numbers of the shape of ``input``, with which rows are multiplied; only with "sum".

        Returns:
            (bags, D) array of the table's dtype.

        Raises:
            TypeError: ``input`` or ``offsets`` are no integers, or ``per_sample_weights`` no numbers.
            IndexError: An id is negative or no row.
            ValueError: The parts do not fit each other.
        """
        given = self._given(input, offsets, per_sample_weights)
        pooled, winners = self._pooled(given)
        # The caller's arrays may hold the next batch before `backward`.
        self._looked_up = replace(given, bags=deepcopy(given.bags)), winners
        return pooled

    def backward(self, grad: ArrayLike) -> Gradient:
        """The gradient of the table, for the last `forward`.

        Args:
            grad: (bags, D), the gradient of what `forward` returned.

        Returns:
            (num_embeddings, D) array, or with ``sparse`` `SparseRows`; it is also ``gradients["weight"]``. Where
            `forward` was given weights, their gradient, of the shape of ``input``, is
            ``gradients["per_sample_weights"]``.

        Raises:
            RuntimeError: There was no `forward`, or the layer is frozen.
            TypeError: ``grad`` is no array of real numbers.
            ValueError: It has another shape, or a value is NaN or infinite.
        """
        self._require_trained()
        if self._looked_up is None:
            raise RuntimeError("call forward before backward")
        given, winners = self._looked_up
        rows = self._checked_gradient(grad, (len(given.bags), self.embedding_dim))
        found = self._gradient(given.bags.ids, self._gradients(given.bags, rows, winners))
        if given.bags.factors is not None:
            self.gradients["per_sample_weights"] = self._gradient_of_weights(given, rows)
        self.gradients["weight"] = found
        return found

    @names_arguments()
    def update(
        self,
        input: ArrayLike,
        grad: ArrayLike,
        offsets: ArrayLike | None = None,
        per_sample_weights: ArrayLike | None = None,
    ) -> None:
        """`backward` and `step` in one pass over the rows of ``input``, which keeps nothing in the layer.

        Args:
            input: As for `forward`, like ``offsets`` and ``per_sample_weights``.
            grad: (bags, D), the gradient of what `forward` returns for them.
            offsets: See ``input``.
            per_sample_weights: See ``input``.

        Raises:
            RuntimeError: The layer has no optimiser, or is frozen.
            TypeError: As from `forward`, or ``grad`` is no array of real numbers.
            IndexError: An id is negative or no row.
            ValueError: The parts do not fit each other, or a value of ``grad`` is NaN or infinite.

        After an error the table and the state of the optimiser are as before.
        """
        self._training()
        given = self._given(input, offsets, per_sample_weights)
        rows = self._checked_gradient(grad, (len(given.bags), self.embedding_dim))
        winners = self._max(given.bags)[1] if self.mode == "max" else None
        self._learn(given.bags.ids, self._gradients(given.bags, rows, winners))

    def _settings(self) -> dict[str, Any]:
        return super()._settings() | {"mode": self.mode, "include_last_offset": self.include_last_offset}

    # ---- what was given ----

    def _given(self, input: ArrayLike, offsets: ArrayLike | None, weights: ArrayLike | None) -> _Given:
        ids = self._checked_ids("input", input)
        flat = ids.reshape(-1)
        ends = self._ends(ids, offsets)
        factors = None if weights is None else self._factors(weights, ids.shape)
        kept = None
        if self.padding_idx is not None and (flat == self.padding_idx).any():
            kept = flat != self.padding_idx
            ends = np.append(0, np.cumsum(kept))[ends].astype(np.int64)
            flat = flat[kept]
            factors = None if factors is None else factors[kept]
        return _Given(ids.reshape(-1), Bags(flat, ends, factors, self.mode == "mean"), kept, ids.shape)

    def _ends(self, ids: Ids, offsets: ArrayLike | None) -> Ids:
        """Where bags begin and, at last, end."""
        if ids.ndim == 2:
            if offsets is not None:
                raise ValueError("offsets go with input of one dimension; with two, each row is a bag")
            ends: Ids = np.arange(len(ids) + 1, dtype=np.int64) * ids.shape[1]
            return ends
        if ids.ndim != 1:
            raise ValueError(f"input must have one dimension, with offsets, or two, not the shape {ids.shape}")
        if offsets is None:
            raise ValueError("input of one dimension needs offsets: where each bag begins")
        begins = integers("offsets", offsets)
        if begins.ndim != 1 or (self.include_last_offset and not len(begins)):
            least = ", with include_last_offset of one entry at least" if self.include_last_offset else ""
            raise ValueError(f"offsets must have one dimension{least}, not the shape {begins.shape}")
        ends = begins if self.include_last_offset else np.append(begins, np.int64(ids.size))
        if ends[0] != 0:
            raise ValueError(
                f"offsets must begin with 0, not {ends[0]}" if len(begins) else "input has ids, and offsets no bag"
            )
        falling = np.flatnonzero(ends[1:] < ends[:-1])
        if len(falling) and falling[0] + 1 < len(begins):
            at = int(falling[0]) + 1
            raise ValueError(f"offsets must not fall; offsets[{at}] is {ends[at]} after {ends[at - 1]}")
        if len(falling) or ends[-1] != ids.size:
            raise ValueError(f"offsets end with {begins[-1]}, and there are {ids.size} ids")
        return ends

    def _factors(self, weights: ArrayLike, shape: tuple[int, ...]) -> Array:
        if self.mode != "sum":
            raise ValueError(f"per_sample_weights go with mode='sum', not {self.mode!r}")
        found = array_of("per_sample_weights", weights)
        if found.dtype.kind not in "fiu":
            raise TypeError(f"per_sample_weights must be floats, not of dtype {found.dtype}")
        if found.shape != shape:
            raise ValueError(f"per_sample_weights must have the shape of input, {shape}, not {found.shape}")
        factors = np.ascontiguousarray(narrowed("per_sample_weights", found, self.weight.dtype)).reshape(-1)
        require_finite("per_sample_weights", factors.reshape(shape))
        return factors

    # ---- the work ----

    def _pooled(self, given: _Given) -> tuple[Array, NDArray[np.int64] | None]:
        self._shorten(given.ids)  # padding too, as torch does
        if self.mode == "max":
            return self._max(given.bags)
        pooled: Array = self._rows.pool(
            self.weight, given.bags, self._threads(given.bags.ids.size * self.embedding_dim)
        )
        return pooled, None

    def _max(self, bags: Bags) -> tuple[Array, NDArray[np.int64]]:
        found: tuple[Array, NDArray[np.int64]] = self._rows.pool_max(
            self.weight, bags, self._threads(bags.ids.size * self.embedding_dim)
        )
        return found

    def _gradients(self, bags: Bags, rows: Array, winners: NDArray[np.int64] | None) -> Gradients:
        factors = bags.factors
        if self.mode == "mean":
            sizes = bags.sizes
            factors = np.repeat((1.0 / np.maximum(sizes, 1)).astype(rows.dtype), sizes)
        return Gradients(rows, bags.source(), factors, winners, self.scale_grad_by_freq)

    def _gradient_of_weights(self, given: _Given, rows: Array) -> Array:
        workers = self._threads(given.bags.ids.size * self.embedding_dim)
        found: Array = self._rows.products(self.weight, given.bags, rows, workers)
        if given.kept is not None:
            of_all = np.zeros(len(given.kept), found.dtype)
            of_all[given.kept] = found
            found = of_all
        return found.reshape(given.shape)
