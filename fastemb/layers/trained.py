"""What layers with dense arrays share: their arrays by name, the gradients of these, and the step that applies them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from ..io.paths import AnyPath
from ..signals import Deferred
from .files import LayerFile, load_layer
from .given import Floats
from .gradients import OwnGradients
from .optimizers import Optimizer, OptimizerState, checked_optimizer
from .steps import make_step, require_fitting


class Trained(OwnGradients):
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
        self.optimizer = checked_optimizer(optimizer)
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
        found = self.parameters()
        states = {
            name: require_fitting(self.optimizer, self.states.get(name), array, (f"states[{name!r}]", name))
            for name, array in found.items()
        }
        with Deferred():
            for name, array in found.items():
                make_step(self.optimizer, states[name], array, self.gradients[name])
            self.gradients.clear()

    def save(self, path: AnyPath) -> None:
        """Write the arrays, the settings and the state of the optimiser to a safetensors file.

        Raises:
            OSError: The file cannot be written.
        """
        self._packed().write(path)

    @classmethod
    def load(cls, path: AnyPath) -> Self:
        """Read what `save` wrote; training goes on as if it had not been saved.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is damaged, or of another kind.
        """
        return load_layer(path, cls.__name__, cls._unpacked)

    def _packed(self) -> LayerFile:
        """What a file holds of the layer."""
        return LayerFile(type(self).__name__, self.parameters(), self._settings(), self.optimizer, self.states)

    @classmethod
    def _unpacked(cls, file: LayerFile) -> Self:
        """The layer that was packed.

        Raises:
            KeyError: Something is missing.
            TypeError: Something is of another type.
            ValueError: The parts do not fit each other.
        """
        make: Any = cls  # its constructor has the arguments that `_arguments` names
        arguments = cls._arguments(file.arrays, file.settings)
        layer: Self = make(**arguments, optimizer=file.optimizer, dtype=file.arrays["weight"].dtype)
        own = layer.parameters()
        if own.keys() != file.arrays.keys():
            raise ValueError(f"its arrays are {sorted(file.arrays)}, not {sorted(own)}")
        for name, array in own.items():
            found = file.arrays[name]
            if found.shape != array.shape or found.dtype != array.dtype:
                shapes = f"{found.dtype} {found.shape}, not {array.dtype} {array.shape}"
                raise ValueError(f"the array {name!r} is {shapes}")
            np.copyto(array, found)
        layer.states = {name: file.states[name] for name in layer.states}
        return layer

    def _settings(self) -> dict[str, Any]:
        """What a file says of the layer beside its arrays, as JSON."""
        return {}

    @classmethod
    def _arguments(cls, arrays: Mapping[str, Floats], settings: Mapping[str, Any]) -> dict[str, Any]:
        """What the constructor is given for these arrays, from whose shapes all sizes come: no file makes others."""
        raise NotImplementedError
