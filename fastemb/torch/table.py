"""What both modules share: the Parameter, and the layer that works on its memory."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar, Generic, Self, TypeVar

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from .. import layers
from ..layers.table import for_one_call
from ..vectors.editing import check_writeable
from .tensors import WHY, check_kind, draw, numbers, table_memory

Layer = TypeVar("Layer", layers.Embedding, layers.EmbeddingBag)


class Table(nn.Module, Generic[Layer]):
    """What both modules share: the Parameter, and the layer that works on its memory."""

    weight: nn.Parameter
    _layer: Layer
    _made_of: ClassVar[type[layers.Embedding | layers.EmbeddingBag]]

    def __init__(self, layer: Layer, weight: nn.Parameter | None = None) -> None:
        super().__init__()
        if weight is None:
            check_writeable(layer.weight)
            weight = nn.Parameter(torch.from_numpy(layer.weight), requires_grad=not layer.frozen)
        self.weight = weight
        self._layer = layer
        self._shortenings = 0  # versions of the Parameter that only max_norm made

    @classmethod
    def from_layer(cls, layer: Layer) -> Self:
        """A module on the table, settings and state of a layer of `fastemb.layers`; nothing is copied.

        Raises:
            TypeError: ``layer`` is no layer of this kind.
            ValueError: The table is read-only.
        """
        if not isinstance(layer, cls._made_of):
            raise TypeError(f"layer must be a fastemb.layers.{cls._made_of.__name__}, not {type(layer).__name__}")
        return cls._around(layer, None)

    @classmethod
    def _around(cls, layer: Layer, weight: nn.Parameter | None) -> Self:
        module = cls.__new__(cls)
        Table.__init__(module, layer, weight)
        return module

    @property
    def layer(self) -> Layer:
        """The layer of `fastemb.layers` on this table, with its settings and the state of its optimiser.

        Raises:
            RuntimeError: The Parameter was replaced by one of another shape, dtype or device.
        """
        layer, array = self._layer, table_memory(self.weight)
        if array.shape != layer.weight.shape:
            raise RuntimeError(f"the table has the shape {array.shape}, and was made with {layer.weight.shape}")
        if layer.state is not None:
            for name, values in layer.state.arrays.items():
                layer.state.arrays[name] = values.astype(array.dtype, copy=False)
        layer.weight, layer.frozen = array, not self.weight.requires_grad
        return layer

    @property
    def num_embeddings(self) -> int:
        """Rows of the table."""
        return self.weight.shape[0]

    @property
    def embedding_dim(self) -> int:
        """Values of a row, D."""
        return self.weight.shape[1]

    @property
    def padding_idx(self) -> int | None:
        """Row that gets no gradient, from the front, or None."""
        return self._layer.padding_idx

    @property
    def max_norm(self) -> float | None:
        """Longer rows are shortened to it when they are looked up; or None."""
        return self._layer.max_norm

    @property
    def norm_type(self) -> float:
        """P of that norm."""
        return self._layer.norm_type

    @property
    def scale_grad_by_freq(self) -> bool:
        """Whether gradients are divided by how often their id is in the call."""
        return self._layer.scale_grad_by_freq

    @property
    def sparse(self) -> bool:
        """Whether gradients are sparse tensors."""
        return self._layer.sparse

    @property
    def optimizer(self) -> layers.Optimizer | None:
        """What changes the table in backward, or None."""
        return self._layer.optimizer

    def ids_of(self, keys: ArrayLike) -> Tensor:
        """The rows of keys, an int64 tensor of the same shape; for a module made from KeyedVectors.

        Raises:
            KeyError: A key is not there.
            RuntimeError: The module has no keys.
        """
        return torch.from_numpy(self._layer.ids_of(keys))

    def reset_parameters(self) -> None:
        """Draw the table anew from N(0, 1), with zeros in row ``padding_idx``; the optimiser starts afresh."""
        layer = self.layer
        draw(self.weight.detach(), self.padding_idx)
        layer.state = None if layer.optimizer is None else layer.optimizer.start(layer.weight.shape, layer.weight.dtype)

    def optimizer_state_dict(self) -> dict[str, int | Tensor]:
        """Steps so far ("step") and, under torch's names, copies of what ``optimizer`` remembers.

        Raises:
            RuntimeError: The module has no optimiser.
        """
        state = self._state()
        arrays = {name: torch.from_numpy(values).clone() for name, values in state.arrays.items()}
        return {"step": state.step, **arrays}

    def load_optimizer_state_dict(self, state: dict[str, int | Tensor]) -> None:
        """Go on from what `optimizer_state_dict` gave.

        Raises:
            RuntimeError: The module has no optimiser.
            TypeError: The state is no dict, or a value in it no tensor of numbers.
            ValueError: The state is of another optimiser or of a table of another shape.
        """
        own: layers.OptimizerState = self._state()
        if not isinstance(state, dict):
            raise TypeError(f"the state must be what optimizer_state_dict() gave, not {type(state).__name__}")
        if set(state) != {"step", *own.arrays}:
            raise ValueError(f"the state must have 'step' and {sorted(own.arrays)}, not {sorted(state)}")
        step = state["step"]
        if type(step) is not int or step < 0:
            raise ValueError(f"'step' of the state must be a whole number of at least 0, not {step!r}")
        found = {name: numbers(name, state[name]) for name in own.arrays}
        for name, values in own.arrays.items():
            if found[name].shape != values.shape:
                raise ValueError(f"{name!r} must have the shape {values.shape}, not {found[name].shape}")
        for name, values in own.arrays.items():
            values[...] = found[name]
        own.step = step

    def extra_repr(self) -> str:
        """What stands between the brackets of repr."""
        return repr(self._layer).partition("(")[2].removesuffix(")")

    def __getstate__(self) -> dict[str, Any]:
        """For copy and pickle: the Parameter has the table, the layer only the rest."""
        layer = copy.copy(self._layer)
        layer.weight, layer.gradients, layer._looked_up = layer.weight[:0], {}, None
        return self.__dict__ | {"_layer": layer}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._layer.weight = table_memory(self.weight)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """What ``to``, ``cuda``, ``half``, ``share_memory`` and their like do to the table."""
        try:
            would_be = fn(torch.empty(0, dtype=self.weight.dtype))
        except (AssertionError, RuntimeError) as error:  # of a torch, or a machine, without such a device
            raise RuntimeError(f"the table of {type(self).__name__} cannot be moved: {WHY} ({error})") from error
        check_kind(would_be)
        super()._apply(fn, recurse)
        return self

    def _state(self) -> layers.OptimizerState:
        state = self.layer.state
        if state is None:
            raise RuntimeError("the module has no optimizer; give it one, such as optimizer=fastemb.layers.Adam(1e-3)")
        return state

    def _was_changed(self) -> None:
        """Tell autograd, which checks tensors that it saved."""
        if not self.weight.is_inference():
            torch.autograd.graph.increment_version(self.weight)

    def _for_one_call(self) -> Layer:
        layer = self.layer
        if layer.optimizer is not None and not self.weight.is_leaf:
            raise RuntimeError(
                "the table is computed, as by a parametrization or by pruning, and a step of optimizer= on it would be "
                "lost: make the module without optimizer=, and train what it is computed of with a torch optimizer"
            )
        workers = torch.get_num_threads() if layer.workers is None else layer.workers
        return for_one_call(layer, workers, takes_unusual=layer.optimizer is None)
