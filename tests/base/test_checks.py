"""Checks of arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb.checks import are_offsets, flag, integer, number, whole


def test_integers_of_python_and_numpy() -> None:
    assert [integer("n", value) for value in (3, np.int8(-4), np.uint64(2**63))] == [3, -4, 2**63]
    for wrong in (1.0, "1", None):
        with pytest.raises(TypeError, match=f"n must be a whole number, not {wrong!r}"):
            integer("n", wrong)
    with pytest.raises(ValueError, match="n must be at least 1, not 0"):
        integer("n", 0, 1)


def test_whole_numbers_in_other_clothes() -> None:
    assert [whole("n", value, 0, 9) for value in (3, 4.0, "5", np.float32(6), np.int64(7))] == [3, 4, 5, 6, 7]
    for wrong in (1.5, "x", None, [1]):
        with pytest.raises(TypeError, match="n must be a whole number"):
            whole("n", wrong, 0, 9)
    for wrong in (-1, 10, "10"):
        with pytest.raises(ValueError, match=f"n must be between 0 and 9, not {wrong!r}"):
            whole("n", wrong, 0, 9)


def test_flags() -> None:
    assert [flag("f", value) for value in (0, 1, True, "1", 0.0)] == [0, 1, 1, 1, 0]
    for wrong in (2, "yes", None):
        with pytest.raises(ValueError, match="f must be 0 or 1"):
            flag("f", wrong)


def test_numbers() -> None:
    assert [number("x", value) for value in (1, "2.5", np.float32(3))] == [1.0, 2.5, 3.0]
    for wrong in (float("nan"), "inf", 10**400):
        with pytest.raises(ValueError, match="x must be a finite number, not"):
            number("x", wrong)
    with pytest.raises(ValueError, match="x must be a finite number >= 0, not -1"):
        number("x", -1, at_least=0.0)
    with pytest.raises(TypeError, match="x must be a number, not None"):
        number("x", None)


@pytest.mark.parametrize(
    ("offsets", "total", "right"),
    [
        ([0], 0, True),
        ([0, 2, 2, 5], 5, True),
        ([], 0, False),
        ([1, 5], 5, False),
        ([0, 3, 2, 5], 5, False),
        ([0, 4], 5, False),
        ([[0, 5]], 5, False),
    ],
)
def test_offsets(offsets: Any, total: int, right: bool) -> None:
    assert are_offsets(np.array(offsets, np.int64), total) is right
