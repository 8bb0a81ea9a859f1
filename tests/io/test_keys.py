"""Keys as arrays: what is refused, what is said of it, and what comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb.io.keys import pack_any_keys, pack_keys, packed_keys, unfit_key, unpack_any_keys, unpack_keys
from fastemb.io.packed_keys import PackedKeys

ENDS = [-(2**63), 2**63 - 1]


def test_how_keys_are_stored() -> None:
    arrays, kind = pack_keys(["a", "äö", ""])
    assert kind == "str"
    assert arrays["keys"].tobytes() == "aäö".encode()
    assert arrays["keys"].dtype == np.uint8
    assert (arrays["key_offsets"].tolist(), arrays["key_offsets"].dtype) == ([0, 1, 5, 5], np.int64)
    arrays, kind = pack_keys([np.int32(7), *ENDS])
    assert (arrays.keys(), kind, arrays["keys"].tolist()) == ({"keys"}, "int", [7, *ENDS])
    arrays, kind = pack_keys(["a", 7, -1])
    assert (kind, arrays["keys"].tobytes(), arrays["key_offsets"].tolist()) == ("mixed", b"sai7i-1", [0, 2, 4, 7])
    assert pack_keys([])[1] == "str"


@pytest.mark.parametrize("key", ["a", "", *ENDS, 0, np.int64(3), np.uint8(3)])
@pytest.mark.parametrize("saved", [True, False])
def test_keys_that_are_fit(key: Any, saved: bool) -> None:
    assert unfit_key(["x", key], saved=saved) is None


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (None, r"is missing (None): put a word in its place"),
        (float("nan"), r"is missing (nan): put a word in its place"),
        (2**63, "is 9223372036854775808: integers must fit in 64 bits with sign; make it a str"),
        (-(2**63) - 1, "is -9223372036854775809: integers must fit in 64 bits with sign; make it a str"),
        (np.uint64(2**63), "is 9223372036854775808: integers must fit in 64 bits with sign; make it a str"),
    ],
)
@pytest.mark.parametrize("saved", [True, False])
def test_keys_that_are_unfit(key: Any, why: str, saved: bool) -> None:
    assert unfit_key(["x", "y", key, None], saved=saved) == (2, why)


@pytest.mark.parametrize("key", [1.5, True, ("a",), b"x", np.float32(2)])
def test_keys_that_no_file_holds(key: Any) -> None:
    kind = type(key).__name__
    assert unfit_key([key]) == (0, f"is the {kind} {key!r}: keys must be str or int; make it one, as with str(key)")
    assert unfit_key([key], saved=False) is None


def test_keys_without_a_hash() -> None:
    assert unfit_key(["a", ["b"]], saved=False) == (1, "is ['b']: a key must be hashable, such as a str")


@pytest.mark.parametrize("key", ENDS)
def test_whole_numbers_that_fit(key: int) -> None:
    assert unpack_keys("f", *pack_keys([key])) == [key]
    with pytest.raises(
        OverflowError, match=rf"^integer keys must fit in 64 bits with sign to be saved; make {2 * key} a"
    ):
        pack_keys([2 * key])


DAMAGED: list[tuple[dict[str, Any], str | None]] = [
    ({"keys": np.zeros(2, np.int32)}, "int"),
    ({"keys": np.zeros((2, 1), np.int64)}, "int"),
    ({}, "int"),
    ({"keys": np.zeros(2, np.int64)}, "str"),
    ({"keys": np.zeros(2, np.int64)}, None),
    ({"keys": np.zeros(2, np.uint8)}, "str"),
    ({"key_offsets": np.array([0, 2])}, "str"),
    ({"keys": np.zeros(2, np.int8), "key_offsets": np.array([0, 2])}, "str"),
    ({"keys": np.zeros((2, 1), np.uint8), "key_offsets": np.array([0, 2])}, "str"),
    ({"keys": np.zeros(2, np.uint8), "key_offsets": np.array([0, 2], np.int32)}, "str"),
    ({"keys": np.zeros(2, np.uint8), "key_offsets": np.array([0, 1])}, "mixed"),
    ({"keys": np.zeros(2, np.uint8), "key_offsets": np.array([0, 2])}, "text"),
]


@pytest.mark.parametrize(("arrays", "kind"), DAMAGED)
@pytest.mark.parametrize("unpack", [unpack_keys, packed_keys])
def test_keys_that_are_damaged(arrays: dict[str, Any], kind: str | None, unpack: Any) -> None:
    with pytest.raises(ValueError, match=r"^f: the keys are missing or damaged$"):
        unpack("f", arrays, kind)


def test_mixed_keys_of_every_length() -> None:
    for text, key in (("i0", 0), ("i-7", -7), ("s", ""), ("si7", "i7"), (f"i{ENDS[0]}", ENDS[0])):
        assert unpack_keys("f", pack_keys([text])[0], "mixed") == [key]
    for text in ("i00000000000000000000", "i", "i-", "i+7", "i7 ", "t7", "", f"i{2**63}", f"i{-(2**63) - 1}"):
        with pytest.raises(ValueError, match=r"^f: the keys are missing or damaged$"):
            unpack_keys("f", pack_keys([text])[0], "mixed")


def test_kinds_of_packed_keys() -> None:
    assert isinstance(packed_keys("f", *pack_keys(["a", "b"])), PackedKeys)
    assert isinstance(packed_keys("f", *pack_keys([1, 2])), PackedKeys)
    assert packed_keys("f", *pack_keys(["a", 2])) == ["a", 2]
    for unpack in (unpack_keys, packed_keys):
        with pytest.raises(
            ValueError, match=r"^f: the keys are of mixed kinds, which only the class reads that wrote the"
        ):
            unpack("f", pack_keys(["1"])[0], "json")


ANY: list[Any] = ["a", 1, 1.5, None, ("b", 2, ("c",)), True, np.float32(0.5), np.int64(4), 2**70]


def test_keys_of_any_kind_come_back() -> None:
    arrays, kind = pack_any_keys(ANY, "it", "")
    assert kind == "json"
    assert unpack_any_keys("f", arrays, kind) == ["a", 1, 1.5, None, ("b", 2, ("c",)), True, 0.5, 4, 2**70]
    for keys, kind in ((["a", "b"], "str"), ([1, 2], "int"), (["a", 1], "mixed")):
        arrays, found = pack_any_keys(keys, "it", "")
        assert found == kind
        assert unpack_any_keys("f", arrays, kind) == keys


def test_keys_that_json_does_not_hold() -> None:
    for key in (b"x", frozenset("a"), 1j):
        with pytest.raises(TypeError, match=r"^it: a file holds str, numbers and tuples of them, not .*, so$"):
            pack_any_keys(["a", (1, key)], "it", ", so")
    with pytest.raises(ValueError, match=r"^a key is an object$"):
        unpack_any_keys("f", pack_keys(['["a", {}]'])[0], "json")
