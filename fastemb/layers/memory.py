"""Arrays whose rows lie in as few cache lines as they can: NumPy's own begin anywhere."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..memory import memory_for
from ..signals import slices

_LINE = 64  # bytes
_PIECE = 1 << 20  # values: some milliseconds of chance


def aligned_zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Zeros in C order that begin with a cache line; they take no memory before they are first written to."""
    kind = np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    try:
        memory = np.zeros(size + _LINE, np.uint8)
    except (MemoryError, ValueError):  # the latter of more bytes than can be numbered
        raise MemoryError(f"an array of {shape} {kind} takes {size:,} bytes, more than there are") from None
    start = -memory.ctypes.data % _LINE
    return memory[start : start + size].view(kind).reshape(shape)


def drawn(shape: tuple[int, ...], dtype: DTypeLike, draw: Callable[[int], NDArray[Any]]) -> NDArray[Any]:
    """An array of values that ``draw(count)`` gives a piece at a time: Ctrl-C ends it between two of them."""
    what = f"a table of {' x '.join(f'{side:,}' for side in shape)} {np.dtype(dtype)}"
    with memory_for(what, math.prod(shape) * np.dtype(dtype).itemsize):
        found = aligned_zeros(shape, dtype)
    flat = found.reshape(-1)
    for part in slices(found.size, _PIECE):
        flat[part] = draw(part.stop - part.start)
    return found
