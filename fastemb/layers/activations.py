"""Functions of each number by itself: tanh and ReLU."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import given
from .given import Floats


class Tanh:
    """The hyperbolic tangent of every number; the result has the dtype of the input."""

    def __init__(self) -> None:
        self._output: Floats | None = None

    def __call__(self, x: Any) -> Floats:
        """See `forward`."""
        return self.forward(x)

    def forward(self, x: Any) -> Floats:
        """tanh(x), of any shape.

        Raises:
            TypeError: ``x`` holds no floats.
        """
        found: Floats = np.tanh(given.any_vectors("x", x))
        self._output = found.copy()  # what is handed out may be written to before `backward`
        return found

    def backward(self, grad: Any) -> Floats:
        """The gradient of the input, grad * (1 - tanh(x)^2), from that of the output.

        Raises:
            ValueError: ``grad`` has another shape than the output, or is not finite.
            RuntimeError: `forward` was not called before.
        """
        output = given.kept(self._output)
        found: Floats = given.gradient(grad, output.shape, output.dtype) * (1 - output * output)
        self._output = None
        return found


class ReLU:
    """The larger of every number and 0 (NaN stays); the result has the dtype of the input."""

    def __init__(self) -> None:
        self._positive: given.Bools | None = None
        self._dtype: np.dtype[np.floating[Any]] = np.dtype(np.float32)

    def __call__(self, x: Any) -> Floats:
        """See `forward`."""
        return self.forward(x)

    def forward(self, x: Any) -> Floats:
        """max(x, 0), of any shape.

        Raises:
            TypeError: ``x`` holds no floats.
        """
        x = given.any_vectors("x", x)
        self._positive, self._dtype = x > 0, x.dtype
        found: Floats = np.maximum(x, x.dtype.type(0))
        return found

    def backward(self, grad: Any) -> Floats:
        """The gradient of the input, that of the output where the input was above 0, and 0 elsewhere.

        Raises:
            ValueError: ``grad`` has another shape than the output, or is not finite.
            RuntimeError: `forward` was not called before.
        """
        positive = given.kept(self._positive)
        found: Floats = given.gradient(grad, positive.shape, self._dtype) * positive
        self._positive = None
        return found
