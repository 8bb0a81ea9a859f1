"""Tensors as arrays on the same memory, and back; and which tensors can be a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from ..checks import integer
from ..layers import SparseRows
from ..layers.table import Gradient
from ..vectors import KeyedVectors

Array = NDArray[Any]
DTYPES = {torch.float32: np.float32, torch.float64: np.float64}
WHY = "fastemb's core works on arrays in the memory of the CPU"


def new_table(
    num_embeddings: int, embedding_dim: int, device: str | torch.device | None, dtype: torch.dtype | None
) -> Array:
    """Memory for a table."""
    if device is not None and torch.device(device).type != "cpu":
        raise RuntimeError(f"device must be 'cpu', not {str(device)!r}: {WHY}")
    wanted = torch.get_default_dtype() if dtype is None else dtype
    kind = DTYPES.get(wanted)
    if kind is None:
        default = ", torch's default dtype" if dtype is None else ""
        raise RuntimeError(f"dtype must be torch.float32 or torch.float64, not {wanted}{default}")
    return np.empty((integer("num_embeddings", num_embeddings, 1), integer("embedding_dim", embedding_dim, 1)), kind)


def draw(table: Tensor, padding_idx: int | None) -> None:
    """Fill a table from torch's generator."""
    nn.init.normal_(table)
    if padding_idx is not None:
        table[padding_idx].zero_()


def check_kind(table: Tensor) -> None:
    """Refuse a tensor that cannot be a table.

    Raises:
        RuntimeError: It is not on the CPU, or neither float32 nor float64.
    """
    if table.device.type != "cpu":
        raise RuntimeError(
            f"the table must stay on the CPU, not go to {table.device}: {WHY}. Move the other layers, and what this "
            "one returns"
        )
    if table.dtype not in DTYPES:
        raise RuntimeError(
            f"the table must be float32 or float64, not {table.dtype}: convert what the module returns, or use "
            "torch.autocast"
        )


def parameter_of(module: nn.Embedding | nn.EmbeddingBag) -> nn.Parameter:
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


def table_memory(table: Tensor) -> Array:
    """The memory of a table.

    Raises:
        RuntimeError: It is not on the CPU, contiguous, and float32 or float64.
    """
    check_kind(table)
    if table.layout != torch.strided or not table.is_contiguous():
        raise RuntimeError("the table must be contiguous: see .contiguous()")
    return _memory("the table", table.detach())


def given_table(embeddings: Tensor | ArrayLike | KeyedVectors) -> ArrayLike | KeyedVectors:
    """What ``from_pretrained`` was given, a tensor as an array.

    Raises:
        TypeError: It is a module, or a tensor of other things than numbers.
        RuntimeError: It is not on the CPU.
    """
    if isinstance(embeddings, nn.Module):
        kind = type(embeddings).__name__
        raise TypeError(f"embeddings must be a tensor, an array or KeyedVectors, not the module {kind}: see from_torch")
    return numbers("embeddings", embeddings) if isinstance(embeddings, Tensor) else embeddings


def numbers(name: str, values: object) -> Array:
    """A tensor of numbers as an array, of the same memory if it is float32 or float64.

    Raises:
        TypeError: It is no tensor, or one of complex numbers or booleans.
        RuntimeError: It is not on the CPU.
    """
    found = real_tensor(name, values)
    return _memory(name, found.detach().to(torch.float64 if found.dtype == torch.float64 else torch.float32))


def real_tensor(name: str, values: object) -> Tensor:
    """A tensor of real numbers.

    Raises:
        TypeError: It is no tensor, or one of complex numbers or booleans.
        RuntimeError: It is not on the CPU.
    """
    found = _on_cpu(name, values)
    if found.dtype.is_complex or found.dtype == torch.bool:
        raise TypeError(f"{name} must be real numbers, not {found.dtype}")
    return found


def whole_numbers(name: str, values: object) -> Array:
    """A tensor of integers as an array of the same memory.

    Raises:
        TypeError: It is no tensor, or not one of integers.
        RuntimeError: It is not on the CPU.
    """
    found = _on_cpu(name, values)
    if found.dtype.is_floating_point or found.dtype.is_complex or found.dtype == torch.bool:
        raise TypeError(f"{name} must be integers, not {found.dtype}; see .long()")
    return _memory(name, found)


def _memory(name: str, tensor: Tensor) -> Array:
    if torch.jit.is_tracing():  # type: ignore[attr-defined]  # torch does not list it among its names
        raise RuntimeError(
            "torch.jit.trace would keep the rows of this one look-up as constants: trace a network with torch's "
            "module, which to_torch() gives"
        )
    try:
        return tensor.numpy()
    except (RuntimeError, TypeError) as error:
        raise RuntimeError(
            f"{name} has no memory that NumPy can use, as a sparse tensor, or any inside torch.vmap, torch.func and "
            "torch.export; to_torch() gives torch's module"
        ) from error


def _on_cpu(name: str, values: object) -> Tensor:
    if not isinstance(values, Tensor):
        raise TypeError(f"{name} must be a tensor, not {type(values).__name__}")
    if values.device.type != "cpu":
        raise RuntimeError(f"{name} is on {values.device}, and the table on the CPU: see .cpu()")
    return values


def gradient_tensor(found: Gradient) -> Tensor:
    """A gradient as a tensor on the same memory; SparseRows as a coalesced one."""
    if not isinstance(found, SparseRows):
        return torch.from_numpy(found)
    return torch.sparse_coo_tensor(
        torch.from_numpy(found.indices[None]),
        torch.from_numpy(found.values),
        found.shape,
        is_coalesced=True,
        check_invariants=False,
    )
