"""Tokens to numbers through a dict, and ids that are checked once."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from fastemb import _native


def test_tokens_are_numbered_as_they_first_occur() -> None:
    indices: dict[object, int] = {"b": 0}
    ids = np.full(7, -1, np.int32)
    assert _native.number_tokens(indices, [["a", "b"], (), ("a", ("t",), None)], ids) == 5
    assert ids.tolist() == [1, 0, 1, 2, 3, -1, -1]
    assert indices == {"b": 0, "a": 1, ("t",): 2, None: 3}


class Strange:
    """Changes the dict while it is asked for, or fails."""

    def __init__(self, act: object) -> None:
        self.act = act

    def __hash__(self) -> int:
        self.act()  # type: ignore[operator]
        return 1


def test_more_tokens_than_there_is_room_for_are_refused() -> None:
    ids = np.full(3, -1, np.int32)
    with pytest.raises(ValueError, match="more tokens than ids has places"):
        _native.number_tokens({}, [["a", "b"], ["c", "d"]], ids[:2])
    assert ids.tolist() == [0, 1, -1]


def test_errors_of_tokens_surface() -> None:
    def fail() -> None:
        raise LookupError("mine")

    ids = np.empty(9, np.int32)
    with pytest.raises(TypeError, match="unhashable"):
        _native.number_tokens({}, [["a", []]], ids)
    with pytest.raises(LookupError, match="mine"):
        _native.number_tokens({}, [[Strange(fail)]], ids)
    with pytest.raises((TypeError, OverflowError)):
        _native.number_tokens({"a": "b"}, [["a"]], ids)  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        _native.number_tokens({}, [5], ids)  # type: ignore[list-item]


def test_a_dict_that_tokens_change_is_no_danger() -> None:
    indices: dict[object, int] = {}
    sentence: list[object] = []
    sentence += ["a", Strange(indices.clear), "b", Strange(sentence.clear), "c"]
    ids = np.empty(9, np.int32)
    assert _native.number_tokens(indices, [sentence], ids) in (4, 5)


def test_tokens_of_a_dict_are_found() -> None:
    rows: dict[object, int] = {"b": 7, "a": 0, 3: 2}
    found, ids = _native.FoundTokens(rows), np.full(7, -9, np.int32)
    assert found.write([["a", "c"], (), ("b", 3, 4), ["\ud800"]], ids) == 6
    assert ids.tolist() == [0, -1, 7, 2, -1, -1, -9]
    assert rows == {"b": 7, "a": 0, 3: 2}
    assert not found.odd


@pytest.mark.parametrize("token", [None, 1.5, float("nan"), b"a", np.int64(4), True])
def test_tokens_that_are_neither_text_nor_whole_numbers_are_noticed(token: object) -> None:
    found, ids = _native.FoundTokens({"a": 1}), np.empty(3, np.int32)
    found.write([["a", token, "a"]], ids)
    assert ids.tolist() == [1, -1, 1]
    assert found.odd


class Changing:
    """Equal to what it is told to be."""

    is_known = False

    def __hash__(self) -> int:
        return hash("a")

    def __eq__(self, other: object) -> bool:
        return self.is_known


def test_objects_that_are_met_again_are_found_as_in_the_dict() -> None:
    """In calls large enough for kept ones: the same objects, equal ones, objects that change, and new ones in the
    memory of old ones."""
    rows: dict[object, int] = {f"w{number}": number for number in range(30_000)}
    keys, found = list(rows), _native.FoundTokens(rows | {"a": -7})
    generator = np.random.default_rng(0)
    for _ in range(20):
        same = [keys[number] for number in generator.integers(0, 30_000, 3000)]
        other = [f"w{number}" for number in generator.integers(0, 60_000, 3000)]
        ids = np.empty(18_000, np.int32)
        found.write([same, other, [*same, *other], other + same], ids)
        assert ids.tolist() == [rows.get(token, -1) for token in (same + other) * 2 + other + same]
        del other
    changing = Changing()
    for changing.is_known in (False, True, False):
        found.write([[changing] * 2000], ids)
        assert (ids[:2000] == (-7 if changing.is_known else -1)).all()


def test_kept_objects_are_let_go_with_what_found_them() -> None:
    token = "".join(["a", " token"])
    before = sys.getrefcount(token)
    found = _native.FoundTokens({})
    found.write([[token] * 2000], np.empty(2000, np.int32))
    assert sys.getrefcount(token) == before + 1
    del found
    assert sys.getrefcount(token) == before


def test_what_cannot_be_found_is_refused() -> None:
    ids = np.full(3, -9, np.int32)
    with pytest.raises(ValueError, match="more tokens than ids has places"):
        _native.FoundTokens({"a": 1}).write([["a", "b"], ["a", "d"]], ids[:2])
    assert ids.tolist() == [1, -1, -9]
    with pytest.raises(TypeError, match="unhashable"):
        _native.FoundTokens({}).write([["a", []]], ids)
    with pytest.raises((TypeError, OverflowError)):
        _native.FoundTokens({"a": "b"}).write([["a"]], ids)  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        _native.FoundTokens({}).write([5], ids)  # type: ignore[list-item]


# ---- CheckedSentences ----


def read_only(values: list[int], dtype: type) -> np.ndarray:
    array = np.array(values, dtype)
    array.flags.writeable = False
    return array


def checked(ids: list[int], offsets: list[int], bound: int = 3) -> list[list[int]]:
    seen: list[list[int]] = []
    _native.CheckedSentences(
        read_only(ids, np.int32), read_only(offsets, np.int64), bound, lambda part: seen.append(list(part))
    )
    return seen


def test_all_parts_are_shown() -> None:
    assert checked([0, 1, 2], [0, 1, 1, 3]) == [[0, 1, 2], [0, 1, 1, 3]]
    assert checked([], [0]) == [[0]]


def test_parts_come_in_order() -> None:
    count = (1 << 22) + 5
    ids, offsets = np.zeros(count, np.int32), np.arange(count + 1)
    ids.flags.writeable = offsets.flags.writeable = False
    sizes: list[tuple[int, int]] = []
    _native.CheckedSentences(ids, offsets, 1, lambda part: sizes.append((part.itemsize, len(part))))
    assert sizes == [(4, 1 << 22), (4, 5), (8, 1 << 22), (8, 6)]


@pytest.mark.parametrize(
    ("ids", "offsets"),
    [
        ([0, 3], [0, 2]),
        ([0, -1], [0, 2]),
        ([0, 1], [0, 1]),
        ([0, 1], [1, 2]),
        ([0, 1], [0, 2, 1, 2]),
        ([0, 1], []),
    ],
)
def test_ids_and_offsets_that_do_not_fit_are_refused(ids: list[int], offsets: list[int]) -> None:
    with pytest.raises(ValueError, match=r"out of range|offsets"):
        checked(ids, offsets)


def test_a_fall_between_two_parts_is_found() -> None:
    count = (1 << 22) + 5
    ids, offsets = np.zeros(count, np.int32), np.arange(count + 1)
    offsets[1 << 22] = (1 << 22) - 2
    ids.flags.writeable = offsets.flags.writeable = False
    with pytest.raises(ValueError, match="offsets do not rise"):
        _native.CheckedSentences(ids, offsets, 1, lambda part: None)


def test_arrays_that_may_change_are_refused() -> None:
    ids, offsets = np.zeros(2, np.int32), np.array([0, 2])
    with pytest.raises(ValueError, match="read-only"):
        _native.CheckedSentences(ids, read_only([0, 2], np.int64), 3, lambda part: None)
    with pytest.raises(ValueError, match="read-only"):
        _native.CheckedSentences(read_only([0, 0], np.int32), offsets, 3, lambda part: None)
