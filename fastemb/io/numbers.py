"""Decimal numbers, exactly: the slow way for the few that the native reader leaves."""

from __future__ import annotations

import math
import struct
from decimal import Decimal


def parse_double(field: bytes) -> float:
    """Return the double nearest to a decimal number; also "nan" and "inf".

    Raises:
        ValueError: ``field`` is no number.
    """
    if b"_" in field:
        raise ValueError(f"not a number: {field!r}")
    return float(field)


def parse_float(field: bytes) -> float:
    """As `parse_double`, but a result that becomes the nearest float32 when it is rounded to one.

    A number a little off the middle between two floats may round to that very middle as a double, and then to the
    wrong float. So an inexact result is moved to the one of its two neighbouring doubles that is odd.
    """
    near = parse_double(field)
    if not math.isfinite(near) or near == 0.0:
        return near
    exact = Decimal(field.decode("ascii"))
    if exact == Decimal(near) or struct.pack("<d", near)[0] & 1:
        return near
    return math.nextafter(near, math.inf if exact > Decimal(near) else -math.inf)
