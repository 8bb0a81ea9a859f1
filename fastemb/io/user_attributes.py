"""What people hang on a model or on vectors, for fastemb's own files: plain values as JSON, arrays as arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import warn
from .json_text import parse_json

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
        plain = parse_json(text or "{}")
    except ValueError as error:
        raise ValueError(f"{path}: damaged attributes: {error}") from None
    if not isinstance(plain, dict):
        raise ValueError(f"{path}: damaged attributes: {str(text)[:60]!r}")
    arrays = {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}
    return {**plain, **arrays}


def set_attributes(path: Any, made: Any, attributes: Mapping[str, Any], reserved: set[str]) -> None:
    """Hang attributes on ``made``.

    Raises:
        ValueError: One has a name that belongs to the class, or is no name; or its descriptor refuses the value.
    """
    checked = {}
    for name, value in attributes.items():
        if name in reserved or not can_be_set(type(made), name):
            raise ValueError(f"{path}: damaged attributes: {name!r} cannot be one")
        if hasattr(type(made), name) and hasattr(getattr(type(made), name), "__set__"):
            checked[name] = value  # beside the others, which it has to fit
        else:
            made.__dict__[name] = value
    for name, value in checked.items():
        try:
            setattr(made, name, value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: damaged attributes: {error}") from None


def storable(cls: type, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``attributes`` that `set_attributes` will hang on an object of ``cls`` again; warns of the others."""
    fit = {name: value for name, value in attributes.items() if can_be_set(cls, name)}
    if len(fit) < len(attributes):
        warn(
            "not saved, as they are no names, or names of methods: "
            f"{', '.join(repr(name) for name in attributes if name not in fit)}"
        )
    return fit


def can_be_set(cls: type, name: str) -> bool:
    """Whether an attribute of this name can be saved: it is a name, and not that of a method or property of the class.

    Values that a subclass sets for all may be set for one, and those that a descriptor with ``is_saved`` checks.
    """
    known = getattr(cls, name, None)
    is_own = callable(known) or (hasattr(known, "__get__") and not getattr(known, "is_saved", False))
    return name.isidentifier() and not name.startswith("__") and not is_own


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
