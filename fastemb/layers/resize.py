"""Interpolation over a grid, as the product with a matrix for each axis."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .given import Floats

Mode = Literal["bicubic", "bilinear"]
_REACH = {"bicubic": 2, "bilinear": 1}  # from its centre to where a kernel is zero


def resize_matrix(old: int, new: int, mode: Mode, antialias: bool) -> Floats:
    """What turns ``old`` values of an axis into ``new`` ones, (new, old) float64, every row with the sum 1.

    Corners are not aligned: place i of the new axis lies at (i + 1/2) old / new - 1/2 of the old one. Without
    ``antialias`` values past an end are those of the end, and a cubic has the slope -3/4 (Keys 1981); with it kernels
    get wider where the axis gets shorter, what lies past an end is left out, and the slope is -1/2.

    Raises:
        ValueError: another mode.
    """
    if mode not in _REACH:
        raise ValueError(f"mode must be 'bicubic' or 'bilinear', not {mode!r}")
    width = max(old / new, 1.0) if antialias else 1.0
    centres = (np.arange(new) + 0.5) * (old / new) - 0.5
    reach = int(np.ceil(_REACH[mode] * width)) + 1
    places = np.floor(centres)[:, None].astype(np.int64) + np.arange(-reach, reach + 1)
    distances = np.abs(places - centres[:, None]) / width
    weights = np.maximum(1 - distances, 0) if mode == "bilinear" else _cubic(distances, -0.5 if antialias else -0.75)
    if antialias:
        weights = np.where((places >= 0) & (places < old), weights, 0)
        weights /= weights.sum(axis=1, keepdims=True)
    found = np.zeros((new, old))
    np.add.at(found, (np.arange(new)[:, None], np.clip(places, 0, old - 1)), weights)
    return found


def _cubic(distances: Floats, slope: float) -> Floats:
    """Keys' kernel at these distances."""
    x = distances
    inner = ((slope + 2) * x - (slope + 3)) * x * x + 1
    outer = ((x - 5) * x + 8) * x * slope - 4 * slope
    return np.where(x <= 1, inner, np.where(x < 2, outer, 0.0))
