"""Central differences: what gradients are compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def central_differences(value: Callable[[], float], array: Array, step: float = 1e-6) -> Array:
    """The gradient of ``value()`` with respect to a float64 array that it reads."""
    found = np.empty_like(array)
    for place in np.ndindex(array.shape):
        old = array[place]
        array[place] = old + step
        above = value()
        array[place] = old - step
        found[place] = (above - value()) / (2 * step)
        array[place] = old
    return found


def check_layer(layer: Any, x: Array, *more: Any, tolerance: float = 1e-6) -> None:
    """Gradients of the input and of all arrays of a layer, for a random direction of the output."""
    direction = np.random.default_rng(0).normal(size=layer.forward(x, *more).shape)

    def value() -> float:
        return float((layer.forward(x, *more) * direction).sum())

    layer.forward(x, *more)
    of_input = layer.backward(direction)
    np.testing.assert_allclose(of_input, central_differences(value, x), atol=tolerance, rtol=tolerance)
    arrays = layer.parameters() if hasattr(layer, "parameters") else {}
    gradients = dict(getattr(layer, "gradients", {}))
    assert gradients.keys() == arrays.keys()
    for name, array in arrays.items():
        expected = central_differences(value, array)
        np.testing.assert_allclose(gradients[name], expected, atol=tolerance, rtol=tolerance, err_msg=name)


def check_loss(loss: Any, x: Array, *more: Any, tolerance: float = 1e-6) -> None:
    """The gradient of a loss."""
    loss.forward(x, *more)
    found = loss.backward()
    np.testing.assert_allclose(
        found, central_differences(lambda: loss.forward(x, *more), x), atol=tolerance, rtol=tolerance
    )
