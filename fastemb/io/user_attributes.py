"""What people hang on a model or on vectors, for fastemb's own files: plain values as JSON, arrays as arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import warn

Array = NDArray[Any]

_DEEPEST = 100  # lists and dicts within each other: deeper ones cannot be read everywhere


def pack_attributes(attributes: Mapping[str, Any], prefix: str) -> tuple[str, dict[str, Array]]:
    """JSON of the plain values, and the arrays by ``prefix`` and name. What is neither is left out, with a warning.

    Plain are None, bool, int, float, str, and lists, tuples (which come back as lists) and dicts with str keys of
    these.
    """
    plain = {name: value for name, value in attributes.items() if _is_plain(value)}
    arrays = {prefix + name: value for name, value in attributes.items() if _is_numeric(value)}
    lost = [name for name in attributes if name not in plain and prefix + name not in arrays]
    if lost:
        warn(f"not saved, as they are neither plain values nor arrays of numbers: {', '.join(lost)}")
    return json.dumps(plain, default=_number), arrays


def unpack_attributes(path: Any, text: str | None, tensors: Mapping[str, Array], prefix: str) -> dict[str, Any]:
    """What `pack_attributes` packed; ``path`` is for messages.

    Raises:
        ValueError: It is damaged.
    """
    try:
        plain = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: damaged attributes: {error}") from None
    if not isinstance(plain, dict):
        raise ValueError(f"{path}: damaged attributes: {text!r}")
    arrays = {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}
    return {**plain, **arrays}


def set_attributes(path: Any, made: Any, attributes: Mapping[str, Any], reserved: set[str]) -> None:
    """Hang attributes on ``made``.

    Raises:
        ValueError: One has a name that belongs to the class, or is no name.
    """
    for name, value in attributes.items():
        if name in reserved or _is_unfit(type(made), name):
            raise ValueError(f"{path}: damaged attributes: {name!r} cannot be one")
        made.__dict__[name] = value


def storable(cls: type, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``attributes`` that `set_attributes` will hang on an object of ``cls`` again; warns of the others."""
    fit = {name: value for name, value in attributes.items() if not _is_unfit(cls, name)}
    if len(fit) < len(attributes):
        warn(
            "not saved, as they are no names, or names of methods: "
            f"{', '.join(repr(name) for name in attributes if name not in fit)}"
        )
    return fit


def _is_unfit(cls: type, name: str) -> bool:
    return not name.isidentifier() or name.startswith("__") or _is_taken(cls, name)


def _is_taken(cls: type, name: str) -> bool:
    """Whether a name is that of a method or property; values that a subclass sets for all may be set for one."""
    known = getattr(cls, name, None)
    return callable(known) or hasattr(known, "__get__")


def _is_plain(value: Any, room: int = _DEEPEST) -> bool:
    if isinstance(value, dict):
        return room > 0 and all(isinstance(key, str) and _is_plain(entry, room - 1) for key, entry in value.items())
    if isinstance(value, list | tuple):
        return room > 0 and all(_is_plain(entry, room - 1) for entry in value)
    return value is None or isinstance(value, bool | int | float | str | np.bool_ | np.integer | np.floating)


def _is_numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8


def _number(value: Any) -> Any:
    return value.item()
