"""Data that would be taken for something else are refused: times in milliseconds, masked values, keys without order."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb.cli import main
from fastemb.items import Interactions

START = 1_577_836_800  # 2020-01-01
SECONDS = [START, START + 5, START + 10_000]
UNITS = [(10**3, "milliseconds"), (10**6, "microseconds"), (10**9, "nanoseconds")]
MASKED = np.ma.masked_array([1, 2, 3], mask=[False, True, False])  # type: ignore[no-untyped-call]


def visits(times: Any, gap: Any = None) -> Interactions:
    table = {"user": ["u"] * len(times), "item": [f"i{row}" for row in range(len(times))], "at": times}
    return Interactions.from_table(table, session="user", item="item", time="at", gap=gap)


@pytest.mark.parametrize("gap", ["30min", timedelta(minutes=30), np.timedelta64(30, "m")])
@pytest.mark.parametrize(("parts", "unit"), UNITS)
def test_a_gap_in_seconds_does_not_count_times_in_parts_of_them(parts: int, unit: str, gap: Any) -> None:
    times = [second * parts for second in SECONDS]
    assert list(map(len, visits(SECONDS, gap))) == [2, 1]
    remedies = f"divide the at by {parts}, or give gap={1800 * parts}, in {unit}"
    with pytest.raises(ValueError, match=f"the at has {times[-1]}, which looks like {unit}.*{remedies}"):
        visits(times, gap)
    with pytest.raises(ValueError, match=f"the time has {times[-1]}, which looks like {unit}"):
        visits(times).split_at_gaps(gap)
    for made in (
        visits([time / parts for time in times], gap),
        visits(times, 1800 * parts),
        visits(times, str(1800 * parts)),
    ):
        assert list(map(len, made)) == [2, 1]


def test_dates_of_all_years_have_gaps_in_seconds() -> None:
    for year in ("1900", "2024", "9999"):
        assert list(map(len, visits([f"{year}-12-31 00:00:00", f"{year}-12-31 00:00:05"], "30min"))) == [2]
    with pytest.raises(ValueError, match="the time looks like dates written as 20200101"):
        visits([20200101, 20200102]).split_at_gaps("2 days")


@pytest.mark.parametrize("parts", [parts for parts, _ in UNITS])
def test_times_of_several_units_are_refused(parts: int) -> None:
    told = r"row 1 \(counting from 0\): the at is .* but row 0 .* another unit of time: give all in seconds"
    for gap in (None, "30min", 1800):
        with pytest.raises(ValueError, match=told):
            visits([START, (START + 5) * parts, START + 10], gap)
    assert list(map(len, visits(SECONDS))) == [3]
    assert list(map(len, visits([0, 5, START * parts]))) == [3]  # no times since 1970


def test_the_command_refuses_times_in_milliseconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{user},i{at % 3},{(START + at) * 1000}\n" for user in "abcd" for at in range(4)]
    (tmp_path / "v.csv").write_text("user,item,ts\n" + "".join(rows))
    train = ["items", "train", str(tmp_path / "v.csv"), "--session", "user", "--item", "item", "--time", "ts"]
    train += ["--vector-size", "4", "--epochs", "1", "-o", str(tmp_path / "m")]
    assert main([*train, "--gap", "30min"]) != 0
    told = capsys.readouterr().err
    assert "v.csv: the ts has 1577836803000, which looks like milliseconds" in told
    assert "1800000, in milliseconds" in told
    assert main([*train, "--gap", "1800000"]) == 0
    assert "in 4 sessions" in capsys.readouterr().err


@pytest.mark.parametrize("column", ["user", "item", "time", "weight"])
@pytest.mark.parametrize("values", [MASKED, [1, np.ma.masked, 3], MASKED.astype(float)])
def test_masked_values_of_a_table_are_missing(column: str, values: Any) -> None:
    names = {"session": "user", "item": "item", "time": "time", "weight": "weight"}
    table: dict[str, Any] = {column: [1, 1, 1] for column in names.values()}
    assert Interactions.from_table(table | {column: MASKED.data}, **names).shape[0]
    with pytest.raises(ValueError, match=rf"row 1 \(counting from 0\): the {column} is missing"):
        Interactions.from_table(table | {column: values}, **names)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Interactions.from_ids(MASKED, [0, 3]),
        lambda: Interactions.from_ids([7, 8], MASKED),
        lambda: Interactions.from_csr(([0, 3], MASKED)),
        lambda: Interactions.from_csr(([0, 3], [0, 1, 2], MASKED)),
        lambda: Interactions.from_baskets([MASKED]),
        lambda: Interactions(MASKED, [0, 3], range(4)),
        lambda: Interactions([0, 1, 2], [0, 3], range(3), weights=MASKED),
        lambda: Interactions([0, 1, 2], [0, 3], range(3), times=MASKED),
    ],
)
def test_masked_values_elsewhere_are_missing(make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="is missing"):
        make()


DOORS: list[Callable[[Any], Any]] = [
    lambda keys: Interactions.from_ids([0, 1], [0, 1, 2], keys=keys).item_keys,
    lambda keys: Interactions.from_csr(([0, 1, 2], [0, 1]), keys=keys).item_keys,
    lambda keys: Interactions.from_baskets([["p"], ["q"]], session_keys=keys).session_keys,
    lambda keys: Interactions([0, 1], [0, 1, 2], keys).item_keys,
    lambda keys: Interactions([0, 1], [0, 1, 2], ["p", "q"], keys).session_keys,
]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("keys", "error", "told"),
    [
        ({0: "x", 1: "y"}, TypeError, r"not a dict: give list\(d.values\(\)\)"),
        ({"x": 0, "y": 1}, TypeError, r"or sorted\(d, key=d.get\) if its values are the numbers"),
        ({"x", "y"}, TypeError, "which a set does not have: give a list"),
        (frozenset("xy"), TypeError, "which a set does not have: give a list"),
        ("ab", TypeError, "not the str 'ab'"),
        (b"ab", TypeError, "not the bytes b'ab'"),
        (5, TypeError, "must be a list of keys, not the int 5"),
        ([["x"], ["y"]], TypeError, r"key 0 \(counting from 0\) is the list \['x'\], which cannot be a key"),
        (["x", None], ValueError, r"key 1 \(counting from 0\) is missing"),
        ([math.nan, "x"], ValueError, r"key 0 \(counting from 0\) is missing"),
        (["x", "x"], ValueError, "the key 'x' comes more than once"),
    ],
)
def test_keys_without_an_order_are_refused(door: Any, keys: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        door(keys)


@pytest.mark.parametrize("door", DOORS)
def test_lists_of_the_keys_of_a_dict_are_taken(door: Any) -> None:
    of_numbers, of_keys = {0: "x", 1: "y"}, {"y": 1, "x": 0}
    assert list(door(list(of_numbers.values()))) == list(door(sorted(of_keys, key=of_keys.__getitem__))) == ["x", "y"]
    assert list(door(iter(["x", "y"]))) == ["x", "y"]


@pytest.mark.parametrize(
    ("parts", "error", "told"),
    [
        ({"items": [0, 9]}, ValueError, "items must be between 0 and 1"),
        ({"items": [0.5, 1.0]}, TypeError, "items must be integers, not float64"),
        ({"offsets": [0, 1]}, ValueError, "offsets must rise from 0 to the number of items, 2"),
        ({"session_keys": ["s", "t"]}, ValueError, "1 sessions need as many different keys; there are 2"),
        ({"times": [0.0, math.nan]}, ValueError, "times is missing"),
        ({"times": [1.0]}, ValueError, "1 times for 2 events"),
        ({"times": [2.0, 1.0]}, ValueError, "times must not fall within a session, but number 1 does"),
        ({"weights": [1.0, math.nan]}, ValueError, "weights is missing"),
        ({"weights": [1.0, 0.0]}, ValueError, "weights must be above 0, but number 1 is 0"),
        ({"weights": [1.0, -1.0]}, ValueError, "weights is negative"),
        ({"weights": [1.0]}, ValueError, "1 weights for 2 events"),
    ],
)
def test_what_does_not_fit_is_refused_when_one_is_made(
    parts: dict[str, Any], error: type[Exception], told: str
) -> None:
    right: dict[str, Any] = {"items": [0, 1], "offsets": [0, 2], "item_keys": ["a", "b"], "times": [1.0, 2.0]}
    assert list(Interactions(**right)) == [["a", "b"]]
    assert len(Interactions([0, 1], [0, 1, 2], ["a", "b"], times=[2.0, 1.0])) == 2  # of two sessions
    with pytest.raises(error, match=told):
        Interactions(**(right | parts))
