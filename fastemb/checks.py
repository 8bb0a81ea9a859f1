"""Checks of arguments, so that the same mistake gets the same message everywhere."""

from __future__ import annotations

import math
import operator
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def integer(name: str, value: Any, least: int | None = None) -> int:
    """``value``, an integer of Python or NumPy, as an int.

    Raises:
        TypeError: it is no integer, or True or False.
        ValueError: it is less than ``least``.
    """
    _refuse_bool(name, value, "a whole number")
    try:
        found = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None
    if least is not None and found < least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}")
    return found


def whole(name: str, value: Any, low: int, high: int) -> int:
    """``value`` as an int: it may be a float without a fraction or a string of digits, as in gensim.

    Raises:
        TypeError: it is no whole number, or True or False.
        ValueError: it does not lie between ``low`` and ``high``.
    """
    _refuse_bool(name, value, "a whole number")
    try:
        found = int(value) if isinstance(value, str) or _is_whole_float(value) else operator.index(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None
    if not low <= found <= high:
        raise ValueError(f"{name} must be between {low} and {high}, not {value!r}")
    return found


def no_text(name: str, value: Any, what: str, instead: str = "[{}]") -> None:
    """Refuse a str or bytes where a list of ``what`` is meant: its characters would be taken one by one.

    ``instead`` is what to give, with {} where the text stands.

    Raises:
        TypeError: it is one.
    """
    if isinstance(value, str | bytes):
        shown = repr(value) if len(value) <= 40 else f"{value[:40]!r}..."
        raise TypeError(
            f"{name} must be a list of {what}, not the {type(value).__name__} {shown}: give {instead.format(shown)}"
        )


def no_document(name: str, value: Any, what: str, instead: str) -> None:
    """Refuse one tuple of words and tags, such as TaggedDocument, where ``what`` is meant: it would be taken as two.

    Raises:
        TypeError: it is one.
    """
    if isinstance(value, tuple) and hasattr(value, "words") and hasattr(value, "tags"):
        raise TypeError(f"{name} must be {what}, not one {type(value).__name__}: {instead}")


def in_order(name: str, keys: Any) -> None:
    """Refuse keys whose order is not that of rows: those of a set, and of a dict, which often are words with ids.

    Raises:
        TypeError: they are.
    """
    if isinstance(keys, set | frozenset):
        raise TypeError(f"{name} must be in the order of the rows, which a set does not have: give a list")
    if isinstance(keys, dict):
        raise TypeError(
            f"{name} must be in the order of the rows, not a dict: give list(words) if that is the order in which it "
            "was filled, or sorted(words, key=words.get) if its values are the numbers of the rows"
        )


_MASKED = np.ma.masked


def is_missing(value: Any) -> bool:
    """Whether this is None, NaN, or what pandas or a masked array of NumPy has in their place."""
    if value is None or value is _MASKED:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas' NA cannot be compared; an array gives several answers
        return type(value).__name__ == "NAType"


def flag(name: str, value: Any) -> int:
    """``value`` as 0 or 1.

    Raises:
        ValueError: it is neither.
    """
    try:
        return int(value) if isinstance(value, bool | np.bool_) else whole(name, value, 0, 1)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be 0 or 1, not {value!r}") from None


def switch(name: str, value: Any) -> bool:
    """``value`` as a bool; it may be 0 or 1.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, bool | np.bool_ | int | np.integer) and value in (0, 1):
        return bool(value)
    raise TypeError(f"{name} must be True or False, not {value!r}")


def number(name: str, value: Any, at_least: float = -math.inf) -> float:
    """``value`` as a float; it may be a string.

    Raises:
        TypeError: it is no real number, or True or False.
        ValueError: it is not finite, or too small.
    """
    _refuse_bool(name, value, "a number")
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, not {value!r}") from None
    except OverflowError:
        found = math.inf
    if not math.isfinite(found) or found < at_least:
        raise ValueError(f"{name} must be a finite number{'' if at_least < 0 else f' >= {at_least:g}'}, not {value!r}")
    return found


def _refuse_bool(name: str, value: Any, wanted: str) -> None:
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be {wanted}, not {value!r}")


def warn(message: str) -> None:
    """Give a UserWarning at the line that called fastemb, however deep within it this is called."""
    package = __name__.partition(".")[0]
    rooms = set()
    depth, frame = 1, sys._getframe(0)
    while frame.f_back is not None and (name := frame.f_globals.get("__name__", "")).partition(".")[0] == package:
        rooms.add(".".join(name.split(".")[:2]))
        depth, frame = depth + 1, frame.f_back
    for room in rooms & _wordings.keys():
        message = _wordings[room](message)
    warnings.warn(message, UserWarning, stacklevel=depth)


_wordings: dict[str, Callable[[str], str]] = {}


def reword_warnings(room: str, wording: Callable[[str], str]) -> None:
    """Warnings that are given while a function of the package ``room`` runs say what ``wording`` makes of them.

    Warnings look for it on the stack: a setting that is taken back at the end would stay where Ctrl-C comes in between.
    """
    _wordings[room] = wording


def are_offsets(offsets: NDArray[Any], total: int) -> bool:
    """Whether these (n + 1,) integers cut ``total`` things into n pieces: from 0 up to ``total``, never falling."""
    return bool(
        offsets.ndim == 1
        and len(offsets)
        and offsets[0] == 0
        and offsets[-1] == total
        and (offsets[1:] >= offsets[:-1]).all()
    )


def _is_whole_float(value: Any) -> bool:
    is_integer = getattr(value, "is_integer", None)  # floats have it, of Python and of NumPy
    return bool(is_integer is not None and is_integer())
