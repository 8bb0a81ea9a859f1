"""What layers are given: arrays of floats, gradients, ids, seeds."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Kept = TypeVar("Kept")


def float_dtype(dtype: DTypeLike | None) -> np.dtype[np.floating[Any]]:
    """The dtype of a layer; None is float32, and not float64 as in NumPy.

    Raises:
        TypeError: it is neither float32 nor float64.
    """
    found: np.dtype[Any] = np.dtype(np.float32 if dtype is None else dtype)
    if found not in (np.float32, np.float64):
        raise TypeError(f"dtype must be float32 or float64, not {found}")
    return found


def chance_of(seed: int | None) -> np.random.Generator:
    """Where a layer's chance comes from; None: another one each time.

    Raises:
        TypeError: the seed is no whole number.
        ValueError: it is negative.
    """
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise type(error)(f"seed must be a whole number of at least 0, or None, not {seed!r}") from None


def array_of(name: str, value: Any) -> NDArray[Any]:
    """``value`` as an array.

    Raises:
        ValueError: it is ragged, or an entry of it is masked: what lies under a mask is no value.
    """
    if isinstance(value, np.ma.MaskedArray):
        masked = np.ma.getmaskarray(value)
        if masked.any():
            raise ValueError(f"{name} is masked{at(first(masked))}, so missing: fill it, as with {name}.filled(0)")
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be an array; lists in it have different lengths") from None


def narrowed(name: str, values: NDArray[Any], dtype: np.dtype[np.floating[Any]]) -> Floats:
    """Numbers as floats of this dtype; no copy is made if they have it.

    Raises:
        ValueError: one is finite, and too large for the dtype.
    """
    with np.errstate(over="ignore"):
        found: Floats = values.astype(dtype, copy=False)
    if values.dtype.kind == "f" and values.dtype.itemsize > dtype.itemsize:
        too_large = np.isinf(found) & np.isfinite(values)
        if too_large.any():
            place = first(too_large)
            raise ValueError(f"{name} holds {values[place]}{at(place)}, which is too large for {dtype}")
    return found


def vectors(name: str, value: Any, dtype: np.dtype[np.floating[Any]], last: int | None = None) -> Floats:
    """``value`` as an array of floats whose last axis has ``last`` entries.

    Raises:
        TypeError: it holds no floats.
        ValueError: its last axis has another length, or a value is too large for the dtype.
    """
    given = array_of(name, value)
    if given.dtype.kind != "f":
        raise TypeError(f"{name} must be floats, not {given.dtype}")
    if last is not None and (given.ndim == 0 or given.shape[-1] != last):
        raise ValueError(f"{name} must have a last axis of {last}, not the shape {given.shape}")
    return narrowed(name, given, dtype)


def any_vectors(name: str, value: Any) -> Floats:
    """``value`` as an array of float32 or float64, whichever it has.

    Raises:
        TypeError: it holds no floats, or floats of another width.
    """
    given = array_of(name, value)
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
        ValueError: they are ragged or masked.
        IndexError: one does not fit in int64.
    """
    found = array_of(name, value)
    if found.size == 0 and not isinstance(value, np.ndarray):
        found = found.astype(np.int64)
    if found.dtype.kind not in "iu":
        words = "words have them by Vocabulary.encode, and keys by a layer's ids_of"
        hint = words if found.dtype.kind in "US" else "see .astype(int)"
        raise TypeError(f"{name} must be integers, not of dtype {found.dtype}; {hint}")
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
