"""What a format does not keep of some vectors, told before they are written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb.io.formats import VectorTable
from fastemb.io.formats.about import About, Lost, Values, lost_by


def table(counts: list[int] | None = None, dtype: str = "float32", keys: list[Any] | None = None) -> VectorTable:
    attributes = {} if counts is None else {"count": np.array(counts)}
    return VectorTable(keys or ["a", "b", "c"], np.ones((3, 2), dtype), attributes)


def about(values: Values = Values.NONE, **more: Any) -> About:
    return About(name="it", option="it", endings=(), values=values, **more)


@pytest.mark.parametrize(
    ("counts", "kept"),
    [([3, 2, 1], True), ([4, 3, 2], False), ([3, 2, 2], False), ([2, 1, 0], False), ([1, 2, 3], True)],
)
def test_an_order_keeps_counts_that_follow_from_it(counts: list[int], kept: bool) -> None:
    lost = lost_by(about(Values.ORDER), table(counts))
    assert lost.values == (() if kept else ("count",))
    assert lost.order is (counts != sorted(counts, reverse=True))


@pytest.mark.parametrize(("counts", "kept"), [([3, 2, 1], True), ([9, 9, 1], True), ([9, 1, 0], False)])
def test_a_column_of_counts_keeps_those_above_0(counts: list[int], kept: bool) -> None:
    lost = lost_by(about(Values.COUNT), table(counts))
    assert lost == Lost(values=() if kept else ("count",))


@pytest.mark.parametrize("kind", [Values.ORDER, Values.COUNT])
def test_other_values_than_counts_are_lost(kind: Values) -> None:
    given = VectorTable(["a", "b"], np.ones((2, 2), np.float32), {"age": np.array([2, 1])})
    assert lost_by(about(kind), given) == Lost(values=("age",))


@pytest.mark.parametrize(
    ("values", "plain", "numbers"),
    [
        (np.array([True, False]), True, True),
        (np.array([1, 2]), True, True),
        (np.array([1, 2], np.uint8), True, True),
        (np.array([0.5, 2]), True, True),
        (np.array(["x", "y"]), True, False),
        (np.array(["x", "y"], object), True, False),
        (np.array(["x", 1], object), False, False),
        (np.array([None, "x"], object), False, False),
    ],
    ids=str,
)
def test_which_values_are_plain_or_numbers(values: Any, plain: bool, numbers: bool) -> None:
    given = VectorTable(["a", "b"], np.ones((2, 2), np.float32), {"of": values})
    expected = {Values.ALL: True, Values.PLAIN: plain, Values.NUMBERS: numbers, Values.NONE: False}
    for kind, kept in expected.items():
        assert lost_by(about(kind), given) == Lost(values=() if kept else ("of",)), kind


@pytest.mark.parametrize(
    ("was", "asked", "dtypes", "expected"),
    [
        ("float32", None, ("float32",), ""),
        ("float64", None, ("float32",), "float64 to float32"),
        ("float64", None, ("float32", "float64"), ""),
        ("float64", "float16", ("float32", "float16"), "float64 to float16"),
        ("float16", None, ("float32",), ""),
        ("float32", "float16", ("float32",), ""),
    ],
)
def test_digits_that_are_lost(was: str, asked: str | None, dtypes: tuple[str, ...], expected: str) -> None:
    assert lost_by(about(dtypes=dtypes), table(dtype=was), asked) == Lost(precision=expected)


def test_integers_among_keys_are_counted() -> None:
    given = table(keys=["a", 1, np.int64(2)])
    assert lost_by(about(), given) == Lost(integers=2)
    assert lost_by(about(integers=True), given) == Lost()


def test_what_is_lost_in_words() -> None:
    lost = Lost(tuple(f"v{number}" for number in range(12)), ("note",), 1234, "float64 to float32", True)
    assert str(lost) == (
        "values of each key (v0, v1, v2, v3, v4, v5, v6, v7, v8, v9 and 2 more); attributes (note); "
        "that 1,234 keys are integers, which are text now; digits of the vectors (float64 to float32); "
        "the order of the keys, which is that of their counts now"
    )
    ten = Lost(tuple(f"v{number}" for number in range(10)))
    assert str(ten).endswith("v8, v9)")
    assert bool(ten)
    assert not Lost()
    assert not str(Lost())
