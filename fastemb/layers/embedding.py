"""The layer that looks rows of a table up."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..arguments import names_arguments
from ..checks import switch
from ..vectors import KeyedVectors
from .gradients import Array, Gradients, Ids
from .optimizers import Optimizer
from .table import Gradient, Options, Table, given_weight, new_weight, pretrained


class Embedding(Table):
    """A table of vectors that are looked up by their row: torch's nn.Embedding on NumPy arrays.

    Args:
        num_embeddings: Rows.
        embedding_dim: Values of a row, D.
        padding_idx: A row that is zero at the start and never gets a gradient; a negative one counts from the end.
        max_norm: Rows whose norm is above this are shortened to it, in the table, before they are looked up.
        norm_type: p of that norm, above 0: 1, 2, any other, ``float("inf")``.
        scale_grad_by_freq: Divide the gradient of a row by how often the call looks it up; also with ``sparse``.
        sparse: `backward` gives `SparseRows`, and not a matrix as large as the table.
        weight: (num_embeddings, embedding_dim) table to use in place of a new one; shared, not copied, if it is a
            C-contiguous array of ``dtype``. Its row ``padding_idx`` stays as it is.
        optimizer: What `step` and `update` do; see `fastemb.layers.Optimizer`.
        seed: Of the new table, which is drawn from N(0, 1).
        dtype: float32, or float64, for which all work is done by NumPy on one thread.
        workers: Threads; None for all CPUs. The results have the same bits with any number.

    Raises:
        TypeError: A size or ``padding_idx`` is no integer, or ``dtype`` is another.
        ValueError: A size is less than 1, ``padding_idx`` is no row, ``norm_type`` is not above 0, ``max_norm`` is
            negative, or ``weight`` has another shape.
    """

    @names_arguments()
    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        weight: ArrayLike | None = None,
        optimizer: Optimizer | None = None,
        seed: int | None = None,
        dtype: DTypeLike = np.float32,
        workers: int | None = None,
    ) -> None:
        options = Options(padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, optimizer, workers)
        if weight is None:
            table = new_weight(num_embeddings, embedding_dim, padding_idx, seed, dtype)
        else:
            table = given_weight(weight, dtype, (num_embeddings, embedding_dim))
        super().__init__(table, options)
        self._looked_up: Ids | None = None

    @classmethod
    @names_arguments()
    def from_pretrained(
        cls,
        embeddings: ArrayLike | KeyedVectors,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        optimizer: Optimizer | None = None,
        workers: int | None = None,
    ) -> Self:
        """A layer with a given table.

        Args:
            embeddings: (rows, D) matrix, shared and not copied if it is a C-contiguous array of float32 or float64. Or
                KeyedVectors, whose keys the layer then has (`by_key`); their vectors are shared as long as the layer
                does not change them: with ``freeze`` and without ``max_norm``.
            freeze: The table is not trained: `backward`, `step` and `update` are refused.
            padding_idx: As for the constructor; the row stays as it is.
            max_norm: As for the constructor.
            norm_type: As for the constructor.
            scale_grad_by_freq: As for the constructor.
            sparse: As for the constructor.
            optimizer: As for the constructor; not with ``freeze``.
            workers: As for the constructor.

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
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            weight=table,
            optimizer=optimizer,
            dtype=table.dtype,
            workers=workers,
        )
        layer.frozen, layer.key_to_index = freeze, keys
        return layer

    def __call__(self, ids: ArrayLike) -> Array:
        """As `forward`."""
        return self.forward(ids)

    def __repr__(self) -> str:
        return f"Embedding({self._described()})"

    def forward(self, ids: ArrayLike) -> Array:
        """Look rows up.

        Args:
            ids: Integers of any shape, from 0 to num_embeddings - 1.

        Returns:
            (..., D) array of the table's dtype.

        Raises:
            TypeError: ``ids`` are no integers.
            IndexError: An id is negative or no row; nothing was changed.
        """
        found = self._checked_ids("ids", ids)
        self._shorten(found)
        self._looked_up = found.copy()  # a batch's array may hold the next batch before `backward`
        size = self.embedding_dim
        rows: Array = self._rows.look_up(self.weight, found.reshape(-1), self._threads(found.size * size))
        return rows.reshape(*found.shape, size)

    def by_key(self, keys: ArrayLike) -> Array:
        """Look rows up by the keys of the KeyedVectors that the layer was made from, of any shape.

        Raises:
            KeyError: A key is not there.
            RuntimeError: The layer has no keys.
        """
        return self.forward(self.ids_of(keys))

    def backward(self, grad: ArrayLike) -> Gradient:
        """The gradient of the table, for the last `forward`.

        Args:
            grad: (..., D), the gradient of what `forward` returned.

        Returns:
            (num_embeddings, D) array, or with ``sparse`` the `SparseRows` that were looked up; it is also
            ``gradients["weight"]``. The gradients of an id that is there several times are added in order.

        Raises:
            RuntimeError: There was no `forward`, or the layer is frozen.
            TypeError: ``grad`` is no array of real numbers.
            ValueError: It has another shape, or a value is NaN or infinite.
        """
        self._require_trained()
        if self._looked_up is None:
            raise RuntimeError("call forward before backward")
        found = self._gradient(*self._checked(self._looked_up, grad))
        self.gradients["weight"] = found
        return found

    def update(self, ids: ArrayLike, grad_rows: ArrayLike) -> None:
        """`backward` and `step` in one pass over the rows of ``ids``, which keeps nothing in the layer.

        Args:
            ids: Integers of any shape, from 0 to num_embeddings - 1.
            grad_rows: (..., D), the gradient of their rows.

        Raises:
            RuntimeError: The layer has no optimiser, or is frozen.
            TypeError: ``ids`` are no integers, or ``grad_rows`` no real numbers.
            IndexError: An id is negative or no row.
            ValueError: ``grad_rows`` has another shape, or a value is NaN or infinite.

        After an error the table and the state of the optimiser are as before.
        """
        self._training()
        self._learn(*self._checked(self._checked_ids("ids", ids), grad_rows))

    def _checked(self, ids: Ids, grad: ArrayLike) -> tuple[Ids, Gradients]:
        rows = self._checked_gradient(grad, (*ids.shape, self.embedding_dim))
        return ids.reshape(-1), Gradients(rows, by_frequency=self.scale_grad_by_freq)
