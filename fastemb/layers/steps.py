"""One step of an optimiser on an array that a layer owns."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np

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
        ValueError: The gradient has another shape.
    """
    if gradient.shape != array.shape:
        raise ValueError(f"the gradient has the shape {gradient.shape}, and the array {array.shape}")
    indices, values = (gradient.indices, gradient.values) if isinstance(gradient, SparseRows) else (None, gradient)
    rule = optimizer.rule(state.step + 1)
    rows_for(array).apply(array, remembered(state), rule, indices, values, workers)
    state.step += 1


def rows_for(array: Array) -> ModuleType:
    """The operations on rows of this dtype."""
    return plain_rows if array.dtype == np.float64 else native_rows


def remembered(state: OptimizerState) -> Sequence[Array]:
    """The arrays of a state in the order in which rules name them."""
    return list(state.arrays.values())
