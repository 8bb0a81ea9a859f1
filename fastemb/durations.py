"""Lengths of time as people write them: "30s", "1.5min", "1h30m", "2 days"."""

from __future__ import annotations

import re

_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "min": 60, "m": 60, "s": 1, "ms": 1e-3}
_UNIT_NAMES = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("week", "weeks"), "w"),
}


def seconds_of(name: str, text: str) -> float:
    """Seconds of a text such as "30min", "1h30m" or "2 days"; a number alone is seconds.

    Raises:
        ValueError: it is no such text; ``name`` is what the message calls it.
    """
    plain = text.strip().lower()
    try:
        return float(plain)
    except ValueError:
        pass
    if not re.fullmatch(r"(\d+(\.\d+)?\s*[a-z]+\s*)+", plain):
        raise ValueError(f'{name}={text!r} is not read: give seconds, or as in "30min", "1h30m" or "2 days"')
    total = 0.0
    for amount, unit in re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)", plain):
        unit = _UNIT_NAMES.get(unit, unit)
        if unit not in _UNITS:
            raise ValueError(f"{name}={text!r}: the unit {unit!r} is none of w, d, h, min, s and ms")
        total += float(amount) * _UNITS[unit]
    return total
