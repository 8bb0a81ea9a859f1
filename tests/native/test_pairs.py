"""Counting and joining pairs in the core: tables that are too small, blocks that are cut anywhere, bad arguments."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb import _native as typed_native

_native: Any = typed_native  # the arguments of some tests are wrong on purpose

BAD = (TypeError, ValueError, OverflowError)
LAST = (1 << 64) - 1
WORDS = 6

sentences = st.lists(st.lists(st.integers(0, WORDS - 1), max_size=9), min_size=1, max_size=8).filter(any)


def text(words: list[list[int]], connectors: Any = (0,) * WORDS) -> Any:
    ids = np.array([word for sentence in words for word in sentence], np.int32)
    offsets = np.append(0, np.cumsum([len(sentence) for sentence in words])).astype(np.int64)
    return _native.Sentences(ids, offsets, np.array(connectors, np.uint8), np.zeros((2, 3), np.int32), 1), len(ids)


def table(slots: int = 64) -> Any:
    return np.zeros((slots, 2), np.uint64)


def rows(slots: Any) -> dict[int, int]:
    return {key: count for key, count in slots.tolist() if count}


def pairs(words: list[list[int]]) -> Counter[int]:
    """The keys of all neighbours, without connector words."""
    return Counter(a * WORDS + b for sentence in words for a, b in pairwise(sentence))


@given(sentences, st.lists(st.integers(0, 72), max_size=4), st.integers(0, LAST))
def test_blocks_and_ranges_add_up(words: Any, cuts: list[int], border: int) -> None:
    source, tokens = text(words)
    ends = sorted({min(cut, tokens) for cut in cuts} | {tokens})
    found: dict[int, int] = {}
    for low, high in ((0, border), (border + 1, LAST)) if border < LAST else ((0, LAST),):
        slots, at, used = table(), 0, 0
        for end in ends:
            reached, used = source.count_pairs(at, end, low, high, slots, used, 63)
            assert reached == end
            at = end
        assert len(rows(slots)) == used
        assert not found.keys() & rows(slots).keys()
        found |= rows(slots)
    assert found == pairs(words)


@given(sentences, st.integers(1, 6))
def test_counting_goes_on_where_there_was_no_room(words: Any, room: int) -> None:
    source, tokens = text(words)
    slots, at, used = table(8), 0, 0
    while at < tokens:
        at, used = source.count_pairs(at, tokens, 0, LAST, slots, used, room)
        assert used == len(rows(slots)) <= room
        if at < tokens:
            assert used == room
            larger = table(2 * len(slots))
            assert _native.move_pairs(slots, 0, LAST, larger, used) == used
            slots, room = larger, 2 * room
    assert rows(slots) == pairs(words)
    assert _native.pack_pairs(slots) == used
    assert dict(slots[:used].tolist()) == pairs(words)


def test_only_a_range_is_moved() -> None:
    source, tokens = text([[0, 1, 2, 3, 4, 5, 0, 2, 4, 0, 3]])
    slots = table()
    source.count_pairs(0, tokens, 0, LAST, slots, 0, 63)
    halves = [table(), table()]
    used = [
        _native.move_pairs(slots, 0, LAST // 2, halves[0], 20),
        _native.move_pairs(slots, LAST // 2 + 1, LAST, halves[1], 20),
    ]
    assert sum(used) == 10
    assert min(used) > 0
    assert rows(halves[0]) | rows(halves[1]) == rows(slots)


def test_chains_are_numbered_in_order() -> None:
    source, tokens = text([[0, 4, 5, 1, 5], [4, 0, 4, 1]], (0, 0, 0, 0, 1, 1))
    chains = np.zeros((8, 3), np.int32)
    assert source.collect_chains(0, tokens, chains, 0, 1) == (2, 1)
    assert source.collect_chains(2, tokens, chains, 1, 7) == (tokens, 3)
    found = sorted(chains[chains[:, 2] > 0].tolist(), key=lambda row: row[2])
    assert found == [[0, 4, 1], [1, 5, 2], [0, 5, 3]]
    larger = np.zeros((16, 3), np.int32)
    assert _native.move_chains(chains, larger) == 3
    assert sorted(larger.tolist())[-3:] == sorted(found)


def test_a_check_that_fails_ends_joining() -> None:
    source, tokens = text([[0, 1]] * 10)
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise InterruptedError

    out, ends = np.empty(tokens + 1, np.int32), np.empty(10, np.int64)
    with pytest.raises(InterruptedError):
        source.join(table(), np.zeros(1, np.uint64), 0, 10, 4, check, out, ends)
    assert len(calls) == 3


SENTENCES: dict[str, Any] = {
    "ids": np.array([0, 1, 2], np.int32),
    "offsets": np.array([0, 3], np.int64),
    "connectors": np.zeros(3, np.uint8),
    "chain_slots": np.zeros((2, 3), np.int32),
    "chains": 1,
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"ids": np.array([0, 1, 3], np.int32)},
        {"ids": np.array([0, -1, 2], np.int32)},
        {"ids": np.array([0, 1, 2], np.int64)},
        {"ids": np.array([], np.int32), "offsets": np.array([0, 0], np.int64)},
        {"offsets": np.array([0], np.int64)},
        {"offsets": np.array([0, 2], np.int64)},
        {"offsets": np.array([0, 4, 3], np.int64)},
        {"chain_slots": np.zeros((3, 3), np.int32)},
        {"chain_slots": np.zeros((0, 3), np.int32)},
        {"chain_slots": np.zeros((2, 2), np.int32)},
        {"chains": 0},
        {"chains": 3},
        {"chains": -1},
        {"connectors": None},
    ],
    ids=repr,
)
def test_bad_sentences_are_refused(wrong: dict[str, Any]) -> None:
    _native.Sentences(**SENTENCES)
    with pytest.raises(BAD):
        _native.Sentences(**{**SENTENCES, **wrong})


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("count_pairs", (-1, 3, 0, LAST, table(), 0, 63)),
        ("count_pairs", (0, 4, 0, LAST, table(), 0, 63)),
        ("count_pairs", (2, 1, 0, LAST, table(), 0, 63)),
        ("count_pairs", (0, 3, 1, 0, table(), 0, 63)),
        ("count_pairs", (0, 3, 0, LAST + 1, table(), 0, 63)),
        ("count_pairs", (0, 3, 0, LAST, table(), 0, 64)),
        ("count_pairs", (0, 3, 0, LAST, table(), 5, 4)),
        ("count_pairs", (0, 3, 0, LAST, table(48), 0, 4)),
        ("count_pairs", (0, 3, 0, LAST, np.zeros((64, 3), np.uint64), 0, 4)),
        ("collect_chains", (0, 4, np.zeros((4, 3), np.int32), 0, 3)),
        ("collect_chains", (0, 3, np.zeros((4, 3), np.int32), 0, 4)),
        ("collect_chains", (0, 3, np.zeros((4, 2), np.int32), 0, 3)),
        ("join", (table(), np.zeros(1, np.uint64), 0, 2, 9, list, np.empty(9, np.int32), np.empty(1, np.int64))),
        ("join", (table(), np.zeros(1, np.uint64), 0, 1, 0, list, np.empty(9, np.int32), np.empty(1, np.int64))),
        ("join", (table(), np.zeros(1, np.uint64), 0, 1, 9, list, np.empty(3, np.int32), np.empty(1, np.int64))),
        ("join", (table(), np.zeros(1, np.uint64), 0, 1, 9, list, np.empty(9, np.int32), np.empty(0, np.int64))),
        ("join", (table(), np.zeros(3, np.uint64), 0, 1, 9, list, np.empty(9, np.int32), np.empty(1, np.int64))),
        ("join", (table(5), np.zeros(1, np.uint64), 0, 1, 9, list, np.empty(9, np.int32), np.empty(1, np.int64))),
    ],
)
def test_bad_arguments_are_refused(method: str, arguments: Any) -> None:
    with pytest.raises(BAD):
        getattr(_native.Sentences(**SENTENCES), method)(*arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("move_pairs", (table(4), 0, LAST, table(4), 4)),
        ("move_pairs", (table(4), 0, LAST, table(6), 4)),
        ("move_pairs", (np.zeros((4, 3), np.uint64), 0, LAST, table(8), 4)),
        ("move_chains", (np.zeros((4, 3), np.int32), np.zeros((4, 3), np.int32))),
        ("move_chains", (np.zeros((4, 2), np.int32), np.zeros((8, 3), np.int32))),
        ("pack_pairs", (np.zeros((4, 3), np.uint64),)),
        ("pack_pairs", (table(0),)),
        ("add_to_filter", (table(4), np.zeros(3, np.uint64))),
        ("add_to_filter", (np.zeros((4, 3), np.uint64), np.zeros(2, np.uint64))),
        ("count_ids", (np.array([0, 3], np.int32), 0, 2, np.zeros(3, np.int64), np.zeros(3, np.int64))),
        ("count_ids", (np.array([0, 2], np.int32), 0, 3, np.zeros(3, np.int64), np.zeros(3, np.int64))),
        ("count_ids", (np.array([0, 2], np.int32), 0, 2, np.zeros(3, np.int64), np.zeros(2, np.int64))),
    ],
)
def test_bad_tables_are_refused(name: str, arguments: Any) -> None:
    with pytest.raises(BAD):
        getattr(_native, name)(*arguments)
