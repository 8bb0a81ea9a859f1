"""`fastemb.layers` as modules of PyTorch: tables that are looked up and trained by fastemb's core, on the CPU.

`Embedding` and `EmbeddingBag` have torch's arguments and meaning and stand in a network where nn.Embedding and
nn.EmbeddingBag stand. Their Parameter ``weight`` and the layer of `fastemb.layers` inside (``module.layer``) are one
memory. Under torch.manual_seed a new table is drawn as torch draws it.

Training:
    A torch optimiser trains the table as usual. Gradients are dense, or with ``sparse=True`` coalesced COO tensors, for
    torch.optim.SparseAdam, SGD and Adagrad. (torch does not mark what it puts into ``.grad`` as coalesced; each row is
    there once all the same.) They add up over several calls of backward until ``zero_grad()``.
    Clipping works as with torch's modules; ``clip_grad_norm_`` and ``clip_grad_value_`` take dense gradients only.

    With ``optimizer=fastemb.layers.Adam(...)``, or one of its fellows, backward itself changes the rows that were
    looked up, and no gradient is kept: ``weight.grad`` stays None, so that a torch optimiser leaves the table alone.
    Each look-up then makes a step of its own, in each call of backward: gradients are not accumulated, clipped or
    scaled (torch.amp.GradScaler) before it. A gradient with NaN or infinite values is refused, and the table unchanged.
    A further use of ``weight`` in the network, such as tied output weights, gives it a ``.grad`` as usual.

What to know:
    - Under ``torch.no_grad()`` and ``torch.inference_mode()`` look-ups are not recorded.
      ``weight.requires_grad_(False)`` freezes the table.
    - ``max_norm`` shortens rows in the table before they are looked up. The gradient is that of the look-up of the
      shortened row. Look-ups can follow each other in a network; torch reports a table that was changed in place only
      where a row did become shorter after another operation used the whole ``weight``.
    - Tables stay on the CPU, as float32 or float64: ``.to("cuda")``, ``.cuda()``, ``.to("meta")``, ``.half()`` and
      ``.bfloat16()`` raise a RuntimeError, also of a network that holds the module. Move the other layers, and what
      this one returns. ``.double()`` and ``.float()`` convert the table, and the state of the optimiser with it.
    - Under torch.autocast it returns the table's dtype; gradients of any float dtype are taken.
    - ``copy.deepcopy``, pickle and ``torch.save`` of the module take the state of the optimiser with them.
      ``state_dict`` has the one name "weight", as torch's, and loads from and into nn.Embedding and nn.EmbeddingBag;
      for the state of the optimiser there are `optimizer_state_dict` and `load_optimizer_state_dict`.
    - Processes that fork, such as the workers of a DataLoader, may look up. ``share_memory()`` shares the table among
      processes; the state of ``optimizer=`` is then each process's own.
    - torch.compile leaves look-ups to fastemb, with one graph break; with ``fullgraph=True`` it raises its own error.
    - There is no second derivative: it is refused with a RuntimeError.
    - Threads are those of ``torch.set_num_threads`` unless ``workers`` says otherwise.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, Self, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

try:
    import torch
    from torch import Tensor, nn
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ImportError("fastemb.torch needs PyTorch: pip install 'fastemb[torch]'") from None

from . import layers
from .arguments import names_arguments
from .checks import integer
from .layers.bag import Mode
from .layers.table import Gradient, for_one_call
from .vectors import KeyedVectors
from .vectors.editing import check_writeable

__all__ = ["Embedding", "EmbeddingBag"]

Array = NDArray[Any]
Layer = TypeVar("Layer", layers.Embedding, layers.EmbeddingBag)
_DTYPES = {torch.float32: np.float32, torch.float64: np.float64}
_WHY = "fastemb's core works on arrays in the memory of the CPU"


class _Table(nn.Module, Generic[Layer]):
    """What both modules share: the Parameter, and the layer that works on its memory."""

    weight: nn.Parameter
    _layer: Layer

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
            ValueError: The table is read-only.
        """
        return cls._around(layer, None)

    @classmethod
    def _around(cls, layer: Layer, weight: nn.Parameter | None) -> Self:
        module = cls.__new__(cls)
        _Table.__init__(module, layer, weight)
        return module

    @property
    def layer(self) -> Layer:
        """The layer of `fastemb.layers` on this table, with its settings and the state of its optimiser.

        Raises:
            RuntimeError: The Parameter was replaced by one of another shape, dtype or device.
        """
        layer, array = self._layer, _array(self.weight)
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
        _draw(self.weight.detach(), self.padding_idx)
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
            ValueError: The state is of another optimiser or of a table of another shape.
        """
        own: layers.OptimizerState = self._state()
        step = state.get("step")
        if set(state) != {"step", *own.arrays} or not isinstance(step, int) or step < 0:
            raise ValueError(f"the state must have 'step' and {sorted(own.arrays)}, not {sorted(state)}")
        found = {name: _given(name, state[name]) for name in own.arrays}
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
        self._layer.weight = _array(self.weight)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """What ``to``, ``cuda``, ``half``, ``share_memory`` and their like do to the table."""
        try:
            would_be = fn(torch.empty(0, dtype=self.weight.dtype))
        except (AssertionError, RuntimeError) as error:  # of a torch, or a machine, without such a device
            raise RuntimeError(f"the table of {type(self).__name__} cannot be moved: {_WHY} ({error})") from error
        _check_kind(would_be)
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
        workers = torch.get_num_threads() if layer.workers is None else layer.workers
        return for_one_call(layer, workers, takes_unusual=layer.optimizer is None)


class Embedding(_Table[layers.Embedding]):
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
        table = _new(num_embeddings, embedding_dim, device, dtype)
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
                _given("embeddings", embeddings) if isinstance(embeddings, Tensor) else embeddings,
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
        table = _array(_parameter(module))
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
        return cls._around(layer, _parameter(module))

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

    @torch.compiler.disable(reason=_WHY)
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
        ids, table = _integers("input", input), self._for_one_call()

        def look_up() -> Array:
            return table.forward(ids)

        def update(grad: Array) -> None:
            table.update(ids, grad)

        return _LookUp.of(_Call(self, table, ids, look_up, update), input)


class EmbeddingBag(_Table[layers.EmbeddingBag]):
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
        table = _new(num_embeddings, embedding_dim, device, dtype)
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
                _given("embeddings", embeddings) if isinstance(embeddings, Tensor) else embeddings,
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
        table = _array(_parameter(module))
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
        return cls._around(layer, _parameter(module))

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

    @torch.compiler.disable(reason=_WHY)
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
            TypeError: ``input`` or ``offsets`` are no tensors of integers.
            IndexError: An id is negative or no row.
            ValueError: The parts do not fit each other.
        """
        ids, table = _integers("input", input), self._for_one_call()
        begins = None if offsets is None else _integers("offsets", offsets)
        factors = weights = None
        if per_sample_weights is not None:
            weights = per_sample_weights.to(self.weight.dtype)
            factors = _given("per_sample_weights", weights)

        def look_up() -> Array:
            return table.forward(ids, begins, factors)

        def update(grad: Array) -> None:
            table.update(ids, grad, begins, factors)

        one_pass = None if self.mode == "max" else update  # the greatest values are those that forward saw
        return _LookUp.of(_Call(self, table, ids, look_up, one_pass), input, offsets, weights)


@dataclass(eq=False, slots=True)
class _Call:
    """One look-up, and its way back.

    Attributes:
        module: Whose table it is.
        table: The layer, for this call alone.
        ids: What is looked up.
        look_up: Does it.
        update: Changes the table by the gradient of what ``look_up`` returned, in one pass; None: it takes two.
        version: The state of the table, apart from what `max_norm` did, when it was looked up.
    """

    module: _Table[Any]
    table: layers.Embedding | layers.EmbeddingBag
    ids: Array
    look_up: Callable[[], Array]
    update: Callable[[Array], None] | None
    version: int = 0

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
        self.version = self._version()
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
            return _tensor(found) if of_table else None, self._of_weights(of_weights)
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
        return _tensor(self.table.gradients["per_sample_weights"]) if is_wanted else None

    def _version(self) -> int:
        weight = self.module.weight
        return 0 if weight.is_inference() else weight._version - self.module._shortenings


class _Context(torch.autograd.function.FunctionCtx):
    call: _Call
    needs_input_grad: tuple[bool, ...]  # this and the next are torch's, which declares them elsewhere
    saved_tensors: tuple[Tensor | None, ...]


class _LookUp(torch.autograd.Function):
    """A `_Call` as autograd sees it."""

    @classmethod
    def of(cls, call: _Call, ids: Tensor, offsets: Tensor | None = None, weights: Tensor | None = None) -> Tensor:
        found: Tensor = cls.apply(call.module.weight, weights, ids, offsets, call)
        return found

    @staticmethod
    def forward(
        ctx: _Context, table: Tensor, weights: Tensor | None, ids: Tensor, offsets: Tensor | None, call: _Call
    ) -> Tensor:
        ctx.save_for_backward(weights, ids, offsets)  # type: ignore[arg-type]  # None may be saved
        ctx.call = call
        return call.forward()

    @staticmethod
    def backward(ctx: _Context, *grads: Tensor) -> tuple[Tensor | None, ...]:
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


def _new(
    num_embeddings: int, embedding_dim: int, device: str | torch.device | None, dtype: torch.dtype | None
) -> Array:
    """Memory for a table."""
    if device is not None and torch.device(device).type != "cpu":
        raise RuntimeError(f"device must be 'cpu', not {str(device)!r}: {_WHY}")
    kind = _DTYPES.get(torch.get_default_dtype() if dtype is None else dtype)
    if kind is None:
        raise RuntimeError(f"dtype must be torch.float32 or torch.float64, not {dtype}")
    return np.empty((integer("num_embeddings", num_embeddings, 1), integer("embedding_dim", embedding_dim, 1)), kind)


def _draw(table: Tensor, padding_idx: int | None) -> None:
    """Fill a table from torch's generator."""
    nn.init.normal_(table)
    if padding_idx is not None:
        table[padding_idx].zero_()


def _check_kind(table: Tensor) -> None:
    if table.device.type != "cpu":
        raise RuntimeError(
            f"the table must stay on the CPU, not go to {table.device}: {_WHY}. Move the other layers, and what this "
            "one returns"
        )
    if table.dtype not in _DTYPES:
        raise RuntimeError(
            f"the table must be float32 or float64, not {table.dtype}: convert what the module returns, or use "
            "torch.autocast"
        )


def _parameter(module: nn.Embedding | nn.EmbeddingBag) -> nn.Parameter:
    """The table of one of torch's modules.

    Raises:
        TypeError: It is computed from other tensors, as torch.nn.utils.parametrize does.
    """
    if not isinstance(module.weight, nn.Parameter):
        raise TypeError(
            "the weight of module must be a Parameter, not a tensor that is computed, as by a parametrization: see "
            "torch.nn.utils.parametrize.remove_parametrizations"
        )
    return module.weight


def _array(table: Tensor) -> Array:
    """The memory of a table."""
    _check_kind(table)
    if table.layout != torch.strided or not table.is_contiguous():
        raise RuntimeError("the table must be contiguous: see .contiguous()")
    return table.detach().numpy()


def _given(name: str, values: object) -> Array:
    """A tensor of numbers as an array, of the same memory if it is float32 or float64."""
    found = _on_cpu(name, values)
    return found.detach().to(torch.float64 if found.dtype == torch.float64 else torch.float32).numpy()


def _integers(name: str, values: object) -> Array:
    found = _on_cpu(name, values)
    if found.dtype.is_floating_point or found.dtype.is_complex or found.dtype == torch.bool:
        raise TypeError(f"{name} must be integers, not {found.dtype}; see .long()")
    return found.numpy()


def _on_cpu(name: str, values: object) -> Tensor:
    if not isinstance(values, Tensor):
        raise TypeError(f"{name} must be a tensor, not {type(values).__name__}")
    if values.device.type != "cpu":
        raise RuntimeError(f"{name} is on {values.device}, and the table on the CPU: see .cpu()")
    return values


def _tensor(found: Gradient) -> Tensor:
    if not isinstance(found, layers.SparseRows):
        return torch.from_numpy(found)
    return torch.sparse_coo_tensor(
        torch.from_numpy(found.indices[None]),
        torch.from_numpy(found.values),
        found.shape,
        is_coalesced=True,
        check_invariants=False,
    )
