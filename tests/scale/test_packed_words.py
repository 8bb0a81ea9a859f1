"""Words on their way from nodes, in little memory: the same words, and strings only where they must be."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from fastemb.corpus.vocabulary import Selection
from fastemb.scale import packed
from fastemb.scale.packed import InOrder, PackedWords

WORDS = ["b", "ä", "c c", "", "日本"]


def numbered(selection: Selection, keys: list, all_differ: bool = True) -> tuple:
    counts, first = np.arange(1, len(keys) + 1), np.arange(len(keys))[::-1].copy()
    return selection.number(counts, first, lambda some: [keys[one] for one in some.tolist()], "text", all_differ)


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_words_are_those_of_a_selection_in_order(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_AT_ONCE", at_once)
    expected, expected_ids = numbered(Selection(in_order=True), WORDS)
    found, ids = numbered(InOrder(), WORDS)
    assert isinstance(found.keys, PackedWords)
    assert (list(found.keys), len(found.keys)) == (expected.keys, 5)
    assert (found.keys[2], found.keys[-2:]) == ("c c", ["ä", "b"])
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_array_equal(ids, expected_ids)
    assert found.keys == pickle.loads(pickle.dumps(found.keys))
    assert found.keys != numbered(InOrder(), WORDS[::-1])[0].keys


@pytest.mark.parametrize("keys", [["a", "b\0c"], [1, 2], ["a", 1]])
def test_what_cannot_be_packed_stays_a_list(keys: list) -> None:
    found, _ = numbered(InOrder(), keys)
    assert found.keys == keys[::-1]


def test_words_that_come_twice_are_noticed() -> None:
    with pytest.raises(ValueError, match="'a' comes more than once"):
        numbered(InOrder(), ["a", "a"], all_differ=False)
