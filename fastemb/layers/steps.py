"""One step of an optimiser on an array that a layer owns."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from ..signals import Deferred
from . import native_rows, plain_rows
from .gradients import Array
from .optimizers import Optimizer, OptimizerState
from .sparse import SparseRows


def make_step(
    optimizer: Optimizer, state: OptimizerState, array: Array, gradient: Array | SparseRows, workers: int = 1
) -> None:
    """Change an array by its gradient, and the state with it.

    Args:
        optimizer: Its settings.
        state: What ``optimizer.start(array.shape, array.dtype)`` gave; it is changed.
        array: C-contiguous, of any shape and float32 or float64; it is changed.
        gradient: Of the same shape and dtype; of SparseRows only the rows that are there change.
        workers: Threads.

    Raises:
        RuntimeError: The state is of another optimiser, or of another array.
        ValueError: The gradient has another shape, or the array is read-only.
    """
    if gradient.shape != array.shape:
        raise ValueError(f"the gradient has the shape {gradient.shape}, and the array {array.shape}")
    indices, values = (gradient.indices, gradient.values) if isinstance(gradient, SparseRows) else (None, gradient)
    require_fitting(optimizer, state, array)
    with Deferred():
        rule = optimizer.rule(state.step + 1)
        rows_for(array).apply(array, remembered(state), rule, indices, values, workers)
        state.step += 1


def require_changeable(*arrays: Array) -> None:
    """Refuse to change a table, or what an optimiser remembers of it, that is read-only.

    Raises:
        ValueError: One is.
    """
    if not all(array.flags.writeable for array in arrays):
        raise ValueError(
            "the table is read-only, as one opened with mmap='r' is, or the state of its optimizer: open the file "
            "with mmap='c', which keeps changes in memory, or give the layer copies"
        )


def require_fitting(
    optimizer: Optimizer, state: OptimizerState | None, array: Array, names: tuple[str, str] = ("state", "weight")
) -> OptimizerState:
    """What an optimiser remembers of an array that it is about to change.

    Args:
        optimizer: Its settings.
        state: What is there.
        array: What is to be changed.
        names: What the layer calls the state and the array, for the message.

    Raises:
        RuntimeError: It remembers something else: the optimiser or the array was replaced by another kind.
        ValueError: The array or the state is read-only.
    """
    require_changeable(array, *(() if state is None else state.arrays.values()))
    found = None if state is None else {name: (one.shape, one.dtype) for name, one in state.arrays.items()}
    wanted = {name: (shape, array.dtype) for name, shape in optimizer.remembers(array.shape).items()}
    if state is None or found != wanted:
        raise RuntimeError(
            f"what the optimizer remembers is not of {type(optimizer).__name__} and an array of {array.dtype} "
            f"{array.shape}: one of them was replaced. Start anew with layer.{names[0]} = "
            f"layer.optimizer.start(layer.{names[1]}.shape, layer.{names[1]}.dtype)"
        )
    return state


def rows_for(array: Array) -> ModuleType:
    """The operations on rows of this dtype."""
    return plain_rows if array.dtype == np.float64 else native_rows


def remembered(state: OptimizerState) -> Sequence[Array]:
    """The arrays of a state in the order in which rules name them."""
    return list(state.arrays.values())
