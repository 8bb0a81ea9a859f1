"""What layers with dense arrays share: their arrays by name, the gradients of these, and the step that applies them."""

from __future__ import annotations

from typing import Any

from .given import Floats
from .optimizers import Optimizer, OptimizerState
from .steps import make_step


class Trained:
    """A layer whose arrays are trained as a whole.

    Attributes:
        gradients: What `backward` found, by the name of the array, until a step is made.
        optimizer: Settings of an optimiser, or None.
        states: What it remembers of each array, by name.
    """

    _names: tuple[str, ...] = ()  # attributes that are arrays to train; one that is None is left out

    def _train(self, optimizer: Optimizer | None) -> None:
        """Get ready to train; the arrays are there."""
        self.gradients: dict[str, Floats] = {}
        self.optimizer = optimizer
        self.states: dict[str, OptimizerState] = {}
        if optimizer is not None:
            self.states = {name: optimizer.start(array.shape, array.dtype) for name, array in self.parameters().items()}

    def parameters(self) -> dict[str, Floats]:
        """The arrays that are trained, by name; no copies."""
        arrays: dict[str, Any] = {name: getattr(self, name) for name in self._names}
        return {name: array for name, array in arrays.items() if array is not None}

    def step(self) -> None:
        """Change the arrays by their gradients, and forget these.

        Raises:
            RuntimeError: There is no optimiser, or no gradient.
        """
        if self.optimizer is None:
            raise RuntimeError("the layer has no optimizer; give it one, such as optimizer=fastemb.layers.Adam(1e-3)")
        if not self.gradients:
            raise RuntimeError("there is no gradient: call backward before step")
        for name, array in self.parameters().items():
            make_step(self.optimizer, self.states[name], array, self.gradients[name])
        self.gradients.clear()
