"""Layers as safetensors: their arrays, the state of their optimiser, and their settings as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .._version import __version__
from ..io.json_text import parse_json
from ..io.kinds import reader_of
from ..io.paths import AnyPath, local_path
from ..io.safetensors import read_tensors, write_tensors
from .gradients import Array
from .optimizers import SGD, Adagrad, Adam, Optimizer, OptimizerState, RowwiseAdagrad

_OPTIMIZERS: dict[str, type[Optimizer]] = {kind.__name__: kind for kind in (SGD, Adagrad, RowwiseAdagrad, Adam)}
_STATE = "optimizer."
_MOST_SETTINGS = 10_000


@dataclass
class LayerFile:
    """What a file of a layer holds.

    Attributes:
        kind: Name of the layer's class.
        arrays: What the layer owns, by name, such as "weight".
        settings: By the names of the constructor; JSON.
        optimizer: Settings of its optimiser, or None.
        states: What that remembers of arrays, by their name.
    """

    kind: str
    arrays: dict[str, Array]
    settings: dict[str, Any]
    optimizer: Optimizer | None = None
    states: dict[str, OptimizerState] = field(default_factory=dict)

    def write(self, path: AnyPath) -> None:
        """Write it; the file is there whole or not at all."""
        tensors = dict(self.arrays)
        for name, state in self.states.items():
            tensors |= {f"{_STATE}{name}.{part}": array for part, array in state.arrays.items()}
        metadata = {
            "format": f"fastemb.{self.kind}",
            "fastemb_version": __version__,
            "settings": json.dumps(self.settings),
        }
        if self.optimizer is not None:
            metadata["optimizer"] = json.dumps({"name": type(self.optimizer).__name__, **asdict(self.optimizer)})
            metadata["steps"] = json.dumps({name: state.step for name, state in self.states.items()})
        write_tensors(path, tensors, metadata)


def read_layer(path: AnyPath, kind: str, mmap: str | None = None) -> LayerFile:
    """Read what `LayerFile.write` wrote.

    Args:
        path: File.
        kind: Name of the class that is expected.
        mmap: As for `read_tensors`.

    Raises:
        ValueError: The file is damaged, or holds something else.
    """
    path = local_path(path)
    tensors, metadata = read_tensors(path, mmap)
    if metadata.get("format") != f"fastemb.{kind}":
        raise ValueError(f"{path}: holds no {kind}{reader_of(metadata)}")
    arrays = {name: array for name, array in tensors.items() if not name.startswith(_STATE)}
    optimizer = None
    states: dict[str, OptimizerState] = {}
    try:
        settings = _parsed(metadata["settings"])
        if "optimizer" in metadata:
            optimizer = _optimizer_of(_parsed(metadata["optimizer"]))
            steps = _parsed(metadata["steps"])
            states = {name: _state_of(optimizer, name, arrays[name], step, tensors) for name, step in steps.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: damaged settings: {error}") from None
    return LayerFile(kind, arrays, settings, optimizer, states)


def _parsed(text: str) -> dict[str, Any]:
    found = parse_json(text.encode(), dict, _MOST_SETTINGS)
    if not isinstance(found, dict):
        raise ValueError("they are no JSON object")
    return found


def _optimizer_of(settings: Mapping[str, Any]) -> Optimizer:
    given = dict(settings)
    kind = _OPTIMIZERS.get(given.pop("name", ""))
    if kind is None:
        raise ValueError(f"there is no optimizer {settings.get('name')!r}")
    if isinstance(given.get("betas"), list):
        given["betas"] = tuple(given["betas"])
    return kind(**given)


def _state_of(optimizer: Optimizer, name: str, array: Array, step: Any, tensors: Mapping[str, Array]) -> OptimizerState:
    if type(step) is not int or step < 0:
        raise ValueError(f"the number of steps of {name!r} is {step!r}")
    state = optimizer.start(array.shape, array.dtype)
    for part, fresh in state.arrays.items():
        found = tensors[f"{_STATE}{name}.{part}"]
        if found.shape != fresh.shape or found.dtype != fresh.dtype:
            raise ValueError(f"the array {part!r} of the optimizer is of another shape or dtype than {name!r}")
        state.arrays[part] = np.ascontiguousarray(found)
    state.step = step
    return state
