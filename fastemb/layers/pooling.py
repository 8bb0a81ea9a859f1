"""Several vectors to one: their mean, sum or maximum."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..arguments import names_arguments
from . import given
from .given import Bools, Floats, Ints

MODES = ("mean", "sum", "max")


class Pooling:
    """The mean, sum or maximum of the vectors of each row.

    Where a mask says that no vector of a row counts, the result is 0, as that of an empty bag.

    Args:
        mode: "mean" (default), "sum" or "max", each number of a vector by itself.

    Raises:
        ValueError: It is another mode.
    """

    @names_arguments()
    def __init__(self, mode: Literal["mean", "sum", "max"] = "mean") -> None:
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(map(repr, MODES))}, not {mode!r}")
        self.mode = mode
        self._counting: Bools | None = None
        self._first: Ints | None = None  # (..., 1, D): where the maximum was found first
        self._shape: tuple[int, ...] = ()
        self._dtype: np.dtype[np.floating[Any]] = np.dtype(np.float32)

    def __call__(self, x: Any, mask: Any = None) -> Floats:
        """See `forward`."""
        return self.forward(x, mask)

    def forward(self, x: Any, mask: Any = None) -> Floats:
        """Vectors (..., L, D) to vectors (..., D), of the same dtype.

        Args:
            x: float32 or float64.
            mask: Boolean (..., L), True for the vectors that count, as `Vocabulary.encode` gives it. Default None: all
                do. What the others hold does not matter, NaN included.

        Raises:
            TypeError: ``x`` holds no floats, or ``mask`` no booleans.
            ValueError: A shape is another one.
        """
        x = given.any_vectors("x", x)
        if x.ndim < 2:
            raise ValueError(f"x must have the shape (..., L, D), not {x.shape}")
        counting = _checked_mask(mask, x.shape[:-1])
        found = self._largest(x, counting) if self.mode == "max" else self._added(x, counting)
        self._counting, self._shape, self._dtype = counting.copy(), x.shape, x.dtype
        return found

    def backward(self, grad: Any) -> Floats:
        """The gradient of the input, (..., L, D), from that of the output.

        That of a maximum goes to the first vector that has it.

        Raises:
            ValueError: ``grad`` has another shape than the output, or is not finite.
            RuntimeError: `forward` was not called before.
        """
        counting = given.kept(self._counting)
        grad = given.gradient(grad, (*self._shape[:-2], self._shape[-1]), self._dtype)[..., None, :]
        self._counting = None
        if self.mode != "max":
            spread: Floats = grad * self._share(counting, self._dtype)[..., None]
            return spread
        found = np.zeros(self._shape, self._dtype)
        if self._shape[-2]:
            np.put_along_axis(found, given.kept(self._first), grad, axis=-2)
        return np.where(counting[..., None], found, self._dtype.type(0))

    def _share(self, counting: Bools, dtype: np.dtype[np.floating[Any]]) -> Floats:
        """By what each vector is multiplied, (..., L)."""
        ones: Floats = counting.astype(dtype)
        if self.mode == "mean":
            ones /= np.maximum(ones.sum(axis=-1, keepdims=True), 1)
        return ones

    def _added(self, x: Floats, counting: Bools) -> Floats:
        clean = np.where(counting[..., None], x, x.dtype.type(0))
        found: Floats = np.einsum("...ld,...l->...d", clean, self._share(counting, x.dtype))
        return found

    def _largest(self, x: Floats, counting: Bools) -> Floats:
        if not x.shape[-2]:
            return np.zeros((*x.shape[:-2], x.shape[-1]), x.dtype)
        low = np.where(counting[..., None], x, x.dtype.type(-np.inf))
        first: Ints = low.argmax(axis=-2, keepdims=True)
        self._first = first
        found = np.take_along_axis(low, first, axis=-2)[..., 0, :]
        return np.where(counting.any(axis=-1, keepdims=True), found, x.dtype.type(0))


def _checked_mask(mask: Any, shape: tuple[int, ...]) -> Bools:
    if mask is None:
        return np.ones(shape, bool)
    mask = given.array_of("mask", mask)
    if mask.dtype != bool:
        raise TypeError(f"mask must be booleans, True for the vectors that count, not {mask.dtype}: give mask != 0")
    if mask.shape != shape:
        raise ValueError(f"mask must have the shape {shape}, one entry a vector, not {mask.shape}")
    found: Bools = mask
    return found
