"""A fully connected layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..arguments import names_arguments
from ..checks import integer, switch
from . import given
from .given import Floats
from .optimizers import Optimizer
from .trained import Trained


class Linear(Trained):
    """y = x W^T + b.

    Both arrays start uniform between -1/sqrt(in_features) and 1/sqrt(in_features), as in torch.

    Attributes:
        weight: (out_features, in_features).
        bias: (out_features,), or None.
        gradients: What `backward` found, by name.

    Args:
        in_features: The length of an input vector.
        out_features: The length of an output vector.
        bias: Whether b is added. Default True.
        optimizer: What `step` applies, such as ``fastemb.layers.Adam(1e-3)``. Default None: there is no `step`.
        seed: Of the start; None for another one each time.
        dtype: float32 (default) or float64.

    Raises:
        TypeError: A size is no whole number; another dtype.
        ValueError: A size is below 1.
    """

    _names = ("weight", "bias")

    @names_arguments()
    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        optimizer: Optimizer | None = None,
        seed: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.in_features = integer("in_features", in_features, 1)
        self.out_features = integer("out_features", out_features, 1)
        kind = given.float_dtype(dtype)
        has_bias = switch("bias", bias)
        random, bound = given.chance_of(seed), self.in_features**-0.5
        self.weight: Floats = random.uniform(-bound, bound, (self.out_features, self.in_features)).astype(kind)
        self.bias: Floats | None = random.uniform(-bound, bound, self.out_features).astype(kind) if has_bias else None
        self._x: Floats | None = None
        self._train(optimizer)

    def __call__(self, x: Any) -> Floats:
        """See `forward`."""
        return self.forward(x)

    def forward(self, x: Any) -> Floats:
        """Vectors (..., in_features) to vectors (..., out_features).

        Raises:
            TypeError: ``x`` holds no floats.
            ValueError: Its last axis is not in_features.
        """
        x = given.vectors("x", x, self.weight.dtype, self.in_features)
        self._x = x.copy()  # the array may hold the next batch before `backward`
        y: Floats = x @ self.weight.T
        if self.bias is not None:
            y += self.bias
        return y

    def backward(self, grad: Any) -> Floats:
        """The gradient of the input from that of the output; those of weight and bias go to ``gradients``.

        Raises:
            ValueError: ``grad`` has another shape than the output, or is not finite.
            RuntimeError: `forward` was not called before.
        """
        x = given.kept(self._x)
        grad = given.gradient(grad, (*x.shape[:-1], self.out_features), self.weight.dtype)
        rows = grad.reshape(-1, self.out_features)
        self.gradients["weight"] = rows.T @ x.reshape(-1, self.in_features)
        if self.bias is not None:
            self.gradients["bias"] = rows.sum(axis=0)
        self._x = None
        found: Floats = grad @ self.weight
        return found

    @classmethod
    def _arguments(cls, arrays: Mapping[str, Floats], settings: Mapping[str, Any]) -> dict[str, Any]:
        out_features, in_features = arrays["weight"].shape
        return {"in_features": in_features, "out_features": out_features, "bias": "bias" in arrays}
