"""Layers as safetensors: their arrays, the state of their optimiser, and their settings as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import numpy as np

from .._version import __version__
from ..io.json_text import parse_json
from ..io.kinds import reader_of
from ..io.paths import AnyPath, local_path
from ..io.safetensors import read_tensors, write_tensors
from .gradients import Array
from .optimizers import SGD, Adagrad, Adam, Optimizer, OptimizerState, RowwiseAdagrad

_OPTIMIZERS: dict[str, type[Optimizer]] = {kind.__name__: kind for kind in (SGD, Adagrad, RowwiseAdagrad, Adam)}
_VERSION = "1"
_STATE = "optimizer."
_PART = "/"  # between the name of a part and those of what it holds
Layer = TypeVar("Layer")
Value = TypeVar("Value")
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
        parts: The layers that it consists of, by name.
    """

    kind: str
    arrays: dict[str, Array]
    settings: dict[str, Any]
    optimizer: Optimizer | None = None
    states: dict[str, OptimizerState] = field(default_factory=dict)
    parts: dict[str, LayerFile] = field(default_factory=dict)

    def write(self, path: AnyPath) -> None:
        """Write it; the file is there whole or not at all."""
        tensors, metadata = self._contents()
        write_tensors(path, tensors, {**metadata, "version": _VERSION, "fastemb_version": __version__})

    def _contents(self) -> tuple[dict[str, Array], dict[str, str]]:
        """Arrays and metadata, those of parts behind the name of the part."""
        tensors = dict(self.arrays)
        for name, state in self.states.items():
            tensors |= {f"{_STATE}{name}.{part}": array for part, array in state.arrays.items()}
        metadata = {"format": f"fastemb.{self.kind}", "settings": json.dumps(self.settings)}
        if self.optimizer is not None:
            metadata["optimizer"] = json.dumps({"name": type(self.optimizer).__name__, **asdict(self.optimizer)})
            metadata["steps"] = json.dumps({name: state.step for name, state in self.states.items()})
        for name, part in self.parts.items():
            of_part, about_part = part._contents()
            tensors |= {f"{name}{_PART}{key}": array for key, array in of_part.items()}
            metadata |= {f"{name}{_PART}{key}": text for key, text in about_part.items()}
        return tensors, metadata


def load_layer(path: AnyPath, kind: str, unpack: Callable[[LayerFile], Layer], mmap: str | None = None) -> Layer:
    """The layer that a file holds.

    Args:
        path: File.
        kind: Name of the class that is expected.
        unpack: Makes the layer; LookupError, TypeError and ValueError mean that the file is damaged.
        mmap: As for `read_tensors`.

    Raises:
        ValueError: The file is damaged, of a newer version, or holds something else.
    """
    path = local_path(path)
    tensors, metadata = read_tensors(path, mmap)
    if metadata.get("format") != f"fastemb.{kind}":
        raise ValueError(f"{path}: holds no {kind}{reader_of(metadata)}")
    if metadata.get("version") != _VERSION:
        raise ValueError(f"{path}: written by a newer fastemb (layer format {metadata.get('version')})")
    try:
        return unpack(_file_of(tensors, metadata))
    except (LookupError, OverflowError, TypeError, ValueError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else error
        raise ValueError(f"{path}: damaged: {why}") from None


def _file_of(tensors: Mapping[str, Array], metadata: Mapping[str, str]) -> LayerFile:
    own = {name: text for name, text in metadata.items() if _PART not in name}
    arrays = {name: array for name, array in tensors.items() if _PART not in name and not name.startswith(_STATE)}
    file = LayerFile(own["format"].removeprefix("fastemb."), arrays, _parsed(own["settings"]))
    if "optimizer" in own:
        file.optimizer = _optimizer_of(_parsed(own["optimizer"]))
        for name, step in _parsed(own["steps"]).items():
            file.states[name] = _state_of(file.optimizer, name, arrays[name], step, tensors)
    for part in dict.fromkeys(name.partition(_PART)[0] for name in metadata if _PART in name):
        start = part + _PART
        file.parts[part] = _file_of(_behind(start, tensors), _behind(start, metadata))
    return file


def _behind(start: str, named: Mapping[str, Value]) -> dict[str, Value]:
    """What has a name that starts so, by the rest of the name."""
    return {name.removeprefix(start): value for name, value in named.items() if name.startswith(start)}


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
