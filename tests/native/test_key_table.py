"""The table of a file's keys, by their bytes, against a dict."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb import _native

LIKE = st.lists(st.sampled_from([0, 1, 255]), max_size=20).map(bytes)  # bytes that are easily the same
KEYS = st.lists(st.one_of(LIKE, st.binary(max_size=40)), max_size=200)


def table_of(keys: list[bytes], places: int = 0, seed: int = 1) -> _native.KeyTable:
    data = np.frombuffer(b"".join(keys), np.uint8)
    offsets = np.append(0, np.cumsum([len(key) for key in keys], dtype=np.int64)).astype(np.int64)
    return _native.KeyTable(data, offsets, np.zeros(places or 1 << len(keys).bit_length(), np.uint64), seed)


@given(KEYS, KEYS, st.integers(0, 2**64 - 1))
def test_every_key_is_found_and_no_other(keys: list[bytes], others: list[bytes], seed: int) -> None:
    keys = list(dict.fromkeys(keys))
    table = table_of(keys, seed=seed)
    middle = len(keys) // 2
    assert table.enter(0, middle) is None
    assert [table.find(key) for key in keys[:middle]] == list(range(middle))
    assert {table.find(key) for key in keys[middle:]} <= {-1}
    assert table.enter(middle, len(keys)) is None
    expected = {key: number for number, key in enumerate(keys)}
    for key in [*keys, *others]:
        assert table.find(key) == expected.get(key, -1)


@given(KEYS)
def test_the_first_key_that_comes_again_is_named(keys: list[bytes]) -> None:
    first: dict[bytes, int] = {}
    expected = next(
        ((number, first[key]) for number, key in enumerate(keys) if first.setdefault(key, number) < number), None
    )
    assert table_of(keys).enter(0, len(keys)) == expected


def test_a_full_table_and_one_without_keys() -> None:
    keys = [b"%d" % number for number in range(1023)]
    table = table_of(keys, 1024)
    assert table.enter(0, 1023) is None
    assert [table.find(key) for key in [*keys, b"1023", b""]] == [*range(1023), -1, -1]
    assert table_of([]).find(b"") == -1


def test_keys_of_eight_bytes_need_no_offsets() -> None:
    numbers = np.array([5, -1, 2**63 - 1, 0], np.int64)
    table = _native.KeyTable(numbers.view(np.uint8), None, np.zeros(8, np.uint64), 3)
    assert table.enter(0, 4) is None
    assert [table.find(number.tobytes()) for number in numbers] == [0, 1, 2, 3]
    assert table.find(bytes(7)) == table.find(bytes(9)) == -1


@pytest.mark.parametrize("damage", [(1, -5), (1, 1 << 40), (2, 0), (3, 1 << 62), (0, 99), (2, -(1 << 63))])
def test_offsets_that_change_later_are_no_way_out_of_the_bytes(damage: tuple[int, int]) -> None:
    data, offsets = np.frombuffer(b"onetwothree", np.uint8), np.array([0, 3, 6, 11], np.int64)
    at, wrong = damage
    for early in (True, False):
        offsets = np.array([0, 3, 6, 11], np.int64)
        table = _native.KeyTable(data, offsets, np.zeros(4, np.uint64), 1)
        if early:
            offsets[at] = wrong
        table.enter(0, 3)
        offsets[at] = wrong
        assert {table.find(key) for key in (b"one", b"two", b"three", b"")} <= {-1, 0, 1, 2}


@pytest.mark.parametrize(
    ("data", "offsets", "places", "message"),
    [
        (b"abc", [0, 2], 4, "offsets"),
        (b"abc", [0, 2, 1, 3], 4, "offsets"),
        (b"abc", [0, 1, 2, 3], 3, "power of two"),
        (b"abc", [0, 1, 2, 3], 2, "power of two"),
        (b"abc", [0, 3], 0, "power of two"),
        (b"abc", None, 4, "eight bytes"),
    ],
)
def test_what_does_not_fit_is_refused(data: bytes, offsets: list[int] | None, places: int, message: str) -> None:
    numbers = None if offsets is None else np.array(offsets, np.int64)
    with pytest.raises(ValueError, match=message):
        _native.KeyTable(np.frombuffer(data, np.uint8), numbers, np.zeros(places, np.uint64), 0)


def test_a_range_beyond_the_keys_is_refused() -> None:
    for begin, end in ((0, 3), (-1, 1), (2, 1)):
        with pytest.raises(ValueError, match="within the keys"):
            table_of([b"a", b"b"]).enter(begin, end)
