"""The module that looks bags of rows up, and hands on the sum, mean or maximum of each."""

from __future__ import annotations

from typing import Self, cast

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from .. import layers
from ..arguments import names_arguments
from ..layers.bag import Mode
from ..vectors import KeyedVectors
from .look_up import Call, LookUp
from .table import Table
from .tensors import WHY, Array, given_table, new_table, numbers, parameter_of, real_tensor, table_memory, whole_numbers


class EmbeddingBag(Table[layers.EmbeddingBag]):
    """Sums, means or maxima of bags of rows of a table: nn.EmbeddingBag on fastemb's core.

    See `fastemb.torch` for training, devices, dtypes, saving and copies. An empty bag gives zeros. Rows ``padding_idx``
    are left out, and do not count for the mean.

    Args:
        num_embeddings: Rows.
        embedding_dim: Values of a row, D.
        max_norm: As for `Embedding`.
        norm_type: As for `Embedding`.
        scale_grad_by_freq: Divide the gradient of a row by how often it was looked up in the call; not with "max".
        mode: "sum", "mean" or "max".
        sparse: Gradients are coalesced COO tensors, and not as large as the table; also with "max", with which torch
            refuses it. Rows that were looked up are there, if only with zeros.
        include_last_offset: Offsets have one entry more than bags, the number of ids.
        padding_idx: As for `Embedding`.
        optimizer: As for `Embedding`.
        device: As for `Embedding`.
        dtype: As for `Embedding`.
        workers: As for `Embedding`.

    Raises:
        RuntimeError: ``device`` or ``dtype`` is another.
        TypeError: A size or ``padding_idx`` is no integer.
        ValueError: ``mode`` is another, or "max" with ``scale_grad_by_freq``; else as from `Embedding`.
    """

    _made_of = layers.EmbeddingBag

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
        optimizer: layers.Optimizer | None = None,
        device: str | torch.device | None = None,
        dtype: torch.dtype | None = None,
        workers: int | None = None,
    ) -> None:
        table = new_table(num_embeddings, embedding_dim, device, dtype)
        rows, size = table.shape
        super().__init__(
            layers.EmbeddingBag(
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
        )
        self.reset_parameters()

    @classmethod
    @names_arguments()
    def from_pretrained(
        cls,
        embeddings: Tensor | ArrayLike | KeyedVectors,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: Mode = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        *,
        optimizer: layers.Optimizer | None = None,
        workers: int | None = None,
    ) -> Self:
        """A module with a given table; the arguments are those of `Embedding.from_pretrained` and the constructor.

        Raises:
            RuntimeError: As from `Embedding.from_pretrained`, like TypeError and ValueError.
        """
        return cls.from_layer(
            layers.EmbeddingBag.from_pretrained(
                given_table(embeddings),
                freeze,
                max_norm,
                norm_type,
                scale_grad_by_freq,
                mode,
                sparse,
                include_last_offset,
                padding_idx,
                optimizer=optimizer,
                workers=workers,
            )
        )

    @classmethod
    @names_arguments()
    def from_torch(
        cls, module: nn.EmbeddingBag, *, optimizer: layers.Optimizer | None = None, workers: int | None = None
    ) -> Self:
        """A module with the Parameter of an nn.EmbeddingBag: the same object, nothing is copied.

        Args:
            module: It goes on working.
            optimizer: As for the constructor.
            workers: As for the constructor.

        Raises:
            TypeError: ``module`` is no nn.EmbeddingBag, or its table is computed by a parametrization.
            RuntimeError: Its table is not on the CPU, contiguous, and float32 or float64.
        """
        if not isinstance(module, nn.EmbeddingBag):
            raise TypeError(f"module must be a torch.nn.EmbeddingBag, not {type(module).__name__}")
        table = table_memory(parameter_of(module))
        rows, size = table.shape
        layer = layers.EmbeddingBag(
            rows,
            size,
            module.max_norm,
            module.norm_type,
            module.scale_grad_by_freq,
            cast("Mode", module.mode),
            module.sparse,
            module.include_last_offset,
            module.padding_idx,
            weight=table,
            optimizer=optimizer,
            dtype=table.dtype,
            workers=workers,
        )
        return cls._around(layer, parameter_of(module))

    @property
    def mode(self) -> Mode:
        """What is made of the rows of a bag: "sum", "mean" or "max"."""
        return self._layer.mode

    @property
    def include_last_offset(self) -> bool:
        """Whether offsets have one entry more than bags, the number of ids."""
        return self._layer.include_last_offset

    def to_torch(self) -> nn.EmbeddingBag:
        """An nn.EmbeddingBag with the Parameter of this module: the same object, nothing is copied.

        It has no ``optimizer``: a torch optimiser trains it.
        """
        found = nn.EmbeddingBag(
            self.num_embeddings,
            self.embedding_dim,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            _weight=self.weight.detach(),
            include_last_offset=self.include_last_offset,
            padding_idx=self.padding_idx,
        )
        found.weight = self.weight
        return found

    @torch.compiler.disable(reason=WHY)
    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """Look bags up.

        Args:
            input: (n,) integers, with ``offsets``; or (bags, length), each row a bag.
            offsets: (bags,) integers, where bags begin in ``input``: 0 first, never falling; with
                ``include_last_offset`` (bags + 1,), n last.
            per_sample_weights: Numbers of the shape of ``input``, with which rows are multiplied; only with "sum". They
                get a gradient if they need one.

        Returns:
            (bags, D) tensor of the table's dtype.

        Raises:
            RuntimeError: A tensor is not on the CPU, or the table is no float32 or float64.
            TypeError: ``input`` or ``offsets`` are no tensors of integers, or ``per_sample_weights`` none of numbers.
            IndexError: An id is negative or no row.
            ValueError: The parts do not fit each other.
        """
        ids, table = whole_numbers("input", input), self._for_one_call()
        begins = None if offsets is None else whole_numbers("offsets", offsets)
        factors = weights = None
        if per_sample_weights is not None:
            weights = real_tensor("per_sample_weights", per_sample_weights).to(self.weight.dtype)
            factors = numbers("per_sample_weights", weights)

        def look_up() -> Array:
            return table.forward(ids, begins, factors)

        def update(grad: Array) -> None:
            table.update(ids, grad, begins, factors)

        one_pass = None if self.mode == "max" else update  # the greatest values are those that forward saw
        return LookUp.of(Call(self, table, ids, look_up, one_pass), input, offsets, weights)
