"""Keys that stay packed, as those of a map do, against a list and a dict of the same keys."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb.io.keys import pack_keys, packed_keys
from fastemb.io.packed_keys import PackedKeys

TEXTS = st.lists(
    st.one_of(st.text(), st.text("ab", max_size=3), st.text(st.characters(categories=["Cs"]), max_size=2)), unique=True
)
INTEGERS = st.lists(
    st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=50, unique=True
)
OTHERS: list[Any] = [0, 1.5, None, b"a", ("a",), True, np.int64(1), np.float32(2), 2j, frozenset("a")]


class Colour(str, Enum):  # noqa: UP042  (its hash is not that of its text)
    RED = "red"


class Folded(str):
    """Equal to every str that differs by case alone."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.lower() == other.lower()

    def __hash__(self) -> int:
        return hash(self.lower())


def packed(keys: Sequence[str | int]) -> PackedKeys:
    arrays, kind = pack_keys(keys)
    found = packed_keys("some.file", arrays, kind)
    assert isinstance(found, PackedKeys)
    return found


@given(TEXTS, st.lists(st.text()))
def test_they_are_a_list_and_a_dict_of_the_same_keys(keys: list[str], others: list[str]) -> None:
    found = packed(keys)
    assert list(found) == [found[row] for row in range(len(found))] == keys
    assert len(found) == len(found.rows) == len(keys)
    expected = {key: row for row, key in enumerate(keys)}
    assert {key: found.rows[key] for key in keys} == found.rows.as_dict() == expected
    assert list(found.rows) == list(found.rows.as_dict()) == keys
    asked = [*keys, *others, *(np.str_(key) for key in keys), *OTHERS]
    assert [found.rows.get(key) for key in asked] == [expected.get(key) for key in asked]
    assert [key in found.rows for key in asked] == [key in expected for key in asked]


@given(INTEGERS, st.lists(st.one_of(st.integers(-(2**66), 2**66), st.text(), st.booleans(), st.floats())))
def test_integers_are_a_list_and_a_dict_of_the_same_keys(keys: list[int], others: list[Any]) -> None:
    found = packed(keys)
    expected = {key: row for row, key in enumerate(keys)}
    assert found.rows.are_integers
    assert list(found) == [found[row] for row in range(len(found))] == list(found.rows) == keys
    assert found.rows.as_dict() == expected
    numpys = [np.int64(key) for key in keys]
    asked = [*keys, *others, *numpys, np.uint64(2**64 - 1), np.int8(-1), *map(float, keys), *OTHERS]
    assert [found.rows.get(key) for key in asked] == [expected.get(key) for key in asked]
    assert {type(key) for key in found[:]} == {int}


@given(st.one_of(TEXTS, INTEGERS), st.slices(12), st.integers(-12, 12))
def test_places_and_slices_are_those_of_a_list(keys: list[Any], part: slice, place: int) -> None:
    found = packed(keys)
    assert found[part] == keys[part]
    if -len(keys) <= place < len(keys):
        assert found[place] == keys[place]
    else:
        with pytest.raises(IndexError, match=f"{len(keys)} keys"):
            found[place]


def test_objects_that_say_which_str_they_equal_are_found_as_by_a_dict() -> None:
    keys = ["red", "green", "RED"]
    expected = {key: row for row, key in enumerate(keys)}
    for asked in (Colour.RED, Folded("Green"), Folded("red"), Folded("blue")):
        assert packed(keys).rows.get(asked, -1) == expected.get(asked, -1)


def test_what_has_no_hash_is_no_key() -> None:
    for wrong in (["red"], {}, np.zeros(2), ("red", [])):
        with pytest.raises(TypeError):
            packed(["red"]).rows.get(wrong)
    with pytest.raises(KeyError, match="blue"):
        packed(["red"]).rows["blue"]


def test_an_integer_that_comes_twice_is_named() -> None:
    with pytest.raises(ValueError, match=r"some\.file: the key -5 occurs twice, in rows 0 and 2"):
        packed([-5, 3, -5]).rows[3]


def test_a_key_that_comes_twice_is_named_with_its_file_each_time() -> None:
    found = packed(["red", "green", "blue", "green"])
    assert found[3] == "green"
    for ask in (lambda: found.rows["red"], lambda: "red" in found.rows, found.rows.as_dict, lambda: found.rows["red"]):
        with pytest.raises(ValueError, match=r"some\.file: the key 'green' occurs twice, in rows 1 and 3"):
            ask()


@pytest.mark.parametrize(
    ("data", "offsets"),
    [
        (b"ab\xff", [0, 2, 3]),
        ("é".encode(), [0, 1, 2]),
        ("aéb".encode(), [0, 2, 2, 4]),
        ("🙂".encode(), [0, 0, 2, 4]),
        (b"\xc0\x80", [0, 2]),
        ("é".encode()[:1], [0, 1]),
    ],
)
def test_keys_that_are_no_utf8_are_refused_at_once(tmp_path: Path, data: bytes, offsets: list[int]) -> None:
    arrays = {"keys": np.frombuffer(data, np.uint8), "key_offsets": np.array(offsets, np.int64)}
    with pytest.raises(ValueError, match="some file: a key is not valid UTF-8"):
        packed_keys("some file", arrays, "str")


@given(st.lists(st.sampled_from([b"a", b"\xc3", b"\xa9", b"\xf0\x9f", b"\x99\x82", b"\xed\xa0\x80", b""]), min_size=1))
def test_what_is_taken_is_what_each_key_alone_allows(parts: list[bytes]) -> None:
    offsets = np.append(0, np.cumsum([len(part) for part in parts])).astype(np.int64)
    arrays = {"keys": np.frombuffer(b"".join(parts), np.uint8), "key_offsets": offsets}
    try:
        expected = [part.decode("utf-8", "surrogatepass") for part in parts]
    except UnicodeDecodeError:
        with pytest.raises(ValueError, match="not valid UTF-8"):
            packed_keys("f", arrays, "str")
    else:
        assert list(packed_keys("f", arrays, "str")) == expected


@pytest.mark.parametrize("keys", [["aé", "ü", "", "öx", "東京"], ["ab", "", "c", "def", "g"], [5, -7, 2**63 - 1, 0, 9]])
def test_every_part_of_some_keys(keys: list[Any]) -> None:
    found = packed(keys)
    for first in range(6):
        for stop in range(6):
            for step in (1, 2, -1):
                assert found[first:stop:step] == keys[first:stop:step]
