"""The module that looks rows up."""

from __future__ import annotations

from typing import Self

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from .. import layers
from ..arguments import names_arguments
from ..vectors import KeyedVectors
from .look_up import Call, LookUp
from .table import Table
from .tensors import WHY, Array, given_table, new_table, parameter_of, table_memory, whole_numbers


class Embedding(Table[layers.Embedding]):
    """A table of vectors that are looked up by their row: nn.Embedding on fastemb's core.

    See `fastemb.torch` for training, devices, dtypes, saving and copies.

    Args:
        num_embeddings: Rows.
        embedding_dim: Values of a row, D.
        padding_idx: A row that is zero at the start and never gets a gradient; a negative one counts from the end.
        max_norm: Rows whose norm is above this are shortened to it, in the table, before they are looked up.
        norm_type: p of that norm, above 0: 1, 2, any other, ``float("inf")``.
        scale_grad_by_freq: Divide the gradient of a row by how often the call looks it up; also with ``sparse``, with
            which torch refuses it.
        sparse: Gradients are coalesced COO tensors, and not as large as the table.
        optimizer: Backward changes the table itself; see `fastemb.layers.Optimizer`. None: it gives a gradient.
        device: "cpu" or None.
        dtype: torch.float32 or torch.float64; None for torch's default.
        workers: Threads; None for torch's. The results have the same bits with any number.

    Raises:
        RuntimeError: ``device`` or ``dtype`` is another.
        TypeError: A size or ``padding_idx`` is no integer.
        ValueError: A size is less than 1, ``padding_idx`` is no row, ``norm_type`` is not above 0, or ``max_norm`` is
            negative.
    """

    _made_of = layers.Embedding

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
        optimizer: layers.Optimizer | None = None,
        device: str | torch.device | None = None,
        dtype: torch.dtype | None = None,
        workers: int | None = None,
    ) -> None:
        table = new_table(num_embeddings, embedding_dim, device, dtype)
        rows, size = table.shape
        super().__init__(
            layers.Embedding(
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
        )
        self.reset_parameters()

    @classmethod
    @names_arguments()
    def from_pretrained(
        cls,
        embeddings: Tensor | ArrayLike | KeyedVectors,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        optimizer: layers.Optimizer | None = None,
        workers: int | None = None,
    ) -> Self:
        """A module with a given table.

        Args:
            embeddings: (rows, D) tensor or array, shared and not copied if it is contiguous and float32 or float64. Or
                KeyedVectors, whose keys the module then has (`ids_of`); their vectors are shared with ``freeze`` and
                without ``max_norm``, else copied.
            freeze: The table is not trained: the Parameter needs no gradient.
            padding_idx: As for the constructor; the row stays as it is.
            max_norm: As for the constructor.
            norm_type: As for the constructor.
            scale_grad_by_freq: As for the constructor.
            sparse: As for the constructor.
            optimizer: As for the constructor; not with ``freeze``.
            workers: As for the constructor.

        Raises:
            RuntimeError: A tensor is not on the CPU.
            TypeError: ``embeddings`` are no numbers.
            ValueError: They are no matrix, or read-only, as those opened with mmap="r" are; or ``freeze`` with an
                optimiser, which would do nothing.
        """
        return cls.from_layer(
            layers.Embedding.from_pretrained(
                given_table(embeddings),
                freeze,
                padding_idx,
                max_norm,
                norm_type,
                scale_grad_by_freq,
                sparse,
                optimizer=optimizer,
                workers=workers,
            )
        )

    @classmethod
    @names_arguments()
    def from_torch(
        cls, module: nn.Embedding, *, optimizer: layers.Optimizer | None = None, workers: int | None = None
    ) -> Self:
        """A module with the Parameter of an nn.Embedding: the same object, nothing is copied.

        Args:
            module: It goes on working.
            optimizer: As for the constructor.
            workers: As for the constructor.

        Raises:
            TypeError: ``module`` is no nn.Embedding, or its table is computed by a parametrization.
            RuntimeError: Its table is not on the CPU, contiguous, and float32 or float64.
        """
        if not isinstance(module, nn.Embedding):
            raise TypeError(f"module must be a torch.nn.Embedding, not {type(module).__name__}")
        table = table_memory(parameter_of(module))
        rows, size = table.shape
        layer = layers.Embedding(
            rows,
            size,
            module.padding_idx,
            module.max_norm,
            module.norm_type,
            module.scale_grad_by_freq,
            module.sparse,
            weight=table,
            optimizer=optimizer,
            dtype=table.dtype,
            workers=workers,
        )
        return cls._around(layer, parameter_of(module))

    def to_torch(self) -> nn.Embedding:
        """An nn.Embedding with the Parameter of this module: the same object, nothing is copied.

        It has no ``optimizer``: a torch optimiser trains it.
        """
        found = nn.Embedding(
            self.num_embeddings,
            self.embedding_dim,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
            _weight=self.weight.detach(),
        )
        found.weight = self.weight
        return found

    @torch.compiler.disable(reason=WHY)
    def forward(self, input: Tensor) -> Tensor:
        """Look rows up.

        Args:
            input: Integers of any shape, from 0 to num_embeddings - 1.

        Returns:
            (..., D) tensor of the table's dtype.

        Raises:
            RuntimeError: ``input`` or the table is not on the CPU, or the table is no float32 or float64.
            TypeError: ``input`` is no tensor of integers.
            IndexError: An id is negative or no row.
        """
        ids, table = whole_numbers("input", input), self._for_one_call()

        def look_up() -> Array:
            return table.forward(ids)

        def update(grad: Array) -> None:
            table.update(ids, grad)

        return LookUp.of(Call(self, table, ids, look_up, update), input)
