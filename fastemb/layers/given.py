"""What layers are given: arrays of floats, gradients, sizes."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Kept = TypeVar("Kept")


def float_dtype(dtype: DTypeLike) -> np.dtype[np.floating[Any]]:
    """The dtype of a layer.

    Raises:
        TypeError: it is neither float32 nor float64.
    """
    found: np.dtype[Any] = np.dtype(dtype)
    if found not in (np.float32, np.float64):
        raise TypeError(f"dtype must be float32 or float64, not {found}")
    return found


def vectors(name: str, value: Any, dtype: np.dtype[np.floating[Any]], last: int | None = None) -> Floats:
    """``value`` as an array of floats whose last axis has ``last`` entries.

    Raises:
        TypeError: it holds no floats.
        ValueError: its last axis has another length.
    """
    given = np.asarray(value)
    if given.dtype.kind != "f":
        raise TypeError(f"{name} must be floats, not {given.dtype}")
    if last is not None and (given.ndim == 0 or given.shape[-1] != last):
        raise ValueError(f"{name} must have a last axis of {last}, not the shape {given.shape}")
    return given.astype(dtype, copy=False)


def any_vectors(name: str, value: Any) -> Floats:
    """``value`` as an array of float32 or float64, whichever it has.

    Raises:
        TypeError: it holds no floats, or floats of another width.
    """
    given = np.asarray(value)
    if given.dtype not in (np.float32, np.float64):
        raise TypeError(f"{name} must be float32 or float64, not {given.dtype}")
    found: Floats = given
    return found


def gradient(value: Any, shape: tuple[int, ...], dtype: np.dtype[np.floating[Any]]) -> Floats:
    """The gradient of an output that has this shape.

    Raises:
        TypeError: it holds no floats.
        ValueError: it has another shape, or an entry of it is NaN or infinite.
    """
    given = vectors("grad", value, dtype)
    if given.shape != shape:
        raise ValueError(f"grad must have the shape of the output, {shape}, not {given.shape}")
    require_finite("grad", given)
    return given


def require_finite(name: str, values: Floats) -> None:
    """Refuse NaN and infinite values.

    Raises:
        ValueError: there is one.
    """
    if not np.isfinite(values).all():
        place = first(~np.isfinite(values))
        raise ValueError(f"{name} holds {values[place]}{at(place)}; every value must be finite")


def first(wrong: Bools) -> tuple[int, ...]:
    """Where the first entry is that is True."""
    return tuple(int(index) for index in np.argwhere(wrong)[0])


def kept(value: Kept | None) -> Kept:
    """What ``forward`` kept for ``backward``.

    Raises:
        RuntimeError: there is nothing.
    """
    if value is None:
        raise RuntimeError("backward needs what forward kept: call forward first, once for each backward")
    return value


def at(place: tuple[int, ...]) -> str:
    """Where a value stands, for messages: at 3, at (1, 2), or nothing for a single number."""
    return f" at {place[0] if len(place) == 1 else place}" if place else ""


def integers(name: str, value: Any) -> Ints:
    """Integers of any shape and any integer dtype as C-contiguous int64; an empty list is one of integers.

    Raises:
        TypeError: they are no integers.
        ValueError: they are ragged.
        IndexError: one does not fit in int64.
    """
    try:
        found = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be an array; lists in it have different lengths") from None
    if found.size == 0 and not isinstance(value, np.ndarray):
        found = found.astype(np.int64)
    if found.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, not of dtype {found.dtype}; see .astype(int)")
    if found.dtype == np.uint64 and found.size and found.max() > np.iinfo(np.int64).max:
        raise IndexError(f"{name} holds {found.max()}{at(first(found == found.max()))}; it must be below 2**63")
    # not ascontiguousarray alone, which makes an array of one dimension out of a number
    return np.ascontiguousarray(found, np.int64).reshape(found.shape)


def whole_numbers(name: str, value: Any, most: int, shape: tuple[int, ...] | None = None) -> Ints:
    """``value`` as C-contiguous int64 numbers from 0 up to ``most``, which is excluded.

    Raises:
        TypeError: they are no integers.
        ValueError: they have another shape than ``shape``, or are ragged.
        IndexError: one is negative or too large.
    """
    found = integers(name, value)
    if shape is not None and found.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, not {found.shape}")
    if found.size and not (found.min() >= 0 and found.max() < most):
        place = first((found < 0) | (found >= most))
        raise IndexError(f"{name} holds {found[place]}{at(place)}; it must be from 0 to {most - 1}")
    return found
