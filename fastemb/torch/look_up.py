"""A look-up and its way back, as autograd sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from .. import layers
from .table import Table
from .tensors import Array, gradient_tensor


@dataclass(eq=False, slots=True)
class Call:
    """One look-up, and its way back.

    Attributes:
        module: Whose table it is.
        table: The layer, for this call alone.
        ids: What is looked up.
        look_up: Does it.
        update: Changes the table by the gradient of what ``look_up`` returned, in one pass; None: it takes two.
        version: The state of the table, apart from what `max_norm` did, when it was looked up.
        weight: The tensor that was the table then.
    """

    module: Table[Any]
    table: layers.Embedding | layers.EmbeddingBag
    ids: Array
    look_up: Callable[[], Array]
    update: Callable[[Array], None] | None
    version: int = 0
    weight: Tensor | None = None

    def forward(self) -> Tensor:
        """Look up, and tell autograd if rows became shorter."""
        table, module = self.table, self.module
        if table.max_norm is None:
            found = self.look_up()
        else:
            before = np.take(table.weight, self.ids, axis=0, mode="clip")
            found = self.look_up()
            if not np.array_equal(before, np.take(table.weight, self.ids, axis=0, mode="clip"), equal_nan=True):
                module._was_changed()
                module._shortenings += 1
        self.version, self.weight = self._version(), module.weight
        return torch.from_numpy(found)

    def backward(self, grad: Tensor, of_table: bool, of_weights: bool) -> tuple[Tensor | None, Tensor | None]:
        """The gradients of the table and of per-sample weights; or a step on the table in place of its own."""
        if of_weights and self.version != self._version():
            raise RuntimeError(
                "the table was changed after the look-up, and the gradient of per_sample_weights needs it as it was: "
                "call backward before the table is changed"
            )
        table, rows = self.table, grad.detach().numpy()
        if not (of_table and table.optimizer is not None):
            table.sparse = table.sparse or not of_table
            found = table.backward(rows)
            return gradient_tensor(found) if of_table else None, self._of_weights(of_weights)
        if self.weight is None or self.weight.data_ptr() != table.weight.ctypes.data:
            raise RuntimeError(
                "the table was converted or moved between the look-up and backward, so that a step would be lost: call "
                "backward before .double(), .float(), .share_memory() and their like"
            )
        weights = None
        if self.update is not None and not of_weights:
            self.update(rows)
        else:
            table.sparse = True
            table.backward(rows)
            weights = self._of_weights(of_weights)
            table.step()
        self.module._was_changed()
        return None, weights

    def _of_weights(self, is_wanted: bool) -> Tensor | None:
        return gradient_tensor(self.table.gradients["per_sample_weights"]) if is_wanted else None

    def _version(self) -> int:
        weight = self.module.weight
        return 0 if weight.is_inference() else weight._version - self.module._shortenings


class _Context(torch.autograd.function.FunctionCtx):
    call: Call
    needs_input_grad: tuple[bool, ...]  # this and the next are torch's, which declares them elsewhere
    saved_tensors: tuple[Tensor | None, ...]


class LookUp(torch.autograd.Function):
    """A `Call` as autograd sees it."""

    @classmethod
    def of(cls, call: Call, ids: Tensor, offsets: Tensor | None = None, weights: Tensor | None = None) -> Tensor:
        """What a call finds; ``ids``, ``offsets`` and ``weights`` are what torch is to know of."""
        found: Tensor = cls.apply(call.module.weight, weights, ids, offsets, call)
        return found

    @staticmethod
    def forward(
        ctx: _Context, table: Tensor, weights: Tensor | None, ids: Tensor, offsets: Tensor | None, call: Call
    ) -> Tensor:
        """Make the look-up."""
        ctx.save_for_backward(weights, ids, offsets)  # type: ignore[arg-type]  # None may be saved
        ctx.call = call
        return call.forward()

    @staticmethod
    def backward(ctx: _Context, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients of what `forward` was given."""
        (grad,) = grads
        ctx.saved_tensors  # noqa: B018  # torch checks here that they are as they were
        of_table, of_weights = ctx.needs_input_grad[:2]
        found = ctx.call.backward(grad, of_table, of_weights)
        if torch.is_grad_enabled() and grad.requires_grad:
            return (*(None if one is None else _Last.apply(grad, one) for one in found), None, None, None)
        return (*found, None, None, None)


class _Last(torch.autograd.Function):
    """A gradient that has no gradient."""

    @staticmethod
    def forward(ctx: _Context, grad: Tensor, found: Tensor) -> Tensor:
        return found.detach()

    @staticmethod
    def backward(ctx: _Context, *grads: Tensor) -> NoReturn:
        raise RuntimeError(
            "fastemb.torch has no second derivative of a table: use torch's module for it, which to_torch() gives"
        )
