"""Corpus.from_ids."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from corpus_oracle import check
from hypothesis import given
from hypothesis import strategies as st

from fastemb.corpus import Corpus, Vocabulary, iterables


def split_at(ids, offsets):
    return [list(ids[a:b]) for a, b in pairwise(offsets)]


@given(st.data())
def test_ids_are_numbered_as_sentences_of_them_are(data):
    biggest = data.draw(st.sampled_from([5, 100, 2000, 10**12, 2**63]))
    ids = data.draw(st.lists(st.integers(0, biggest), min_size=1, max_size=30))
    cuts = data.draw(st.lists(st.integers(0, len(ids)), max_size=6).map(sorted))
    offsets = [0, *cuts, len(ids)]
    corpus = Corpus.from_ids(np.array(ids, np.uint64), offsets)
    check(corpus, split_at(ids, offsets))
    assert all(type(key) is int for key in corpus.vocabulary.keys)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", ">i4"])
def test_every_integer_type_is_taken(dtype):
    check(Corpus.from_ids(np.array([3, 100, 3, 0], dtype)[::1]), [[3, 100, 3, 0]])
    check(Corpus.from_ids(np.array([3, 100, 3, 0], dtype)[::-2]), [[0, 100]])


def test_first_places_are_found_across_chunks():
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 50, (1 << 20) + 1000)
    ids[: (1 << 20) + 10] %= 40
    values, first, indices, counts = iterables._different(ids)
    expected = np.unique(ids, return_index=True, return_inverse=True, return_counts=True)
    for found, right in zip((values, first, indices, counts), expected, strict=True):
        assert (found == right).all()


def test_rows_are_sentences():
    check(Corpus.from_ids(np.array([[1, 2], [2, 0], [2, 2]])), [[1, 2], [2, 0], [2, 2]])
    check(Corpus.from_ids([[1, 2]]), [[1, 2]])


def test_keys_name_the_ids():
    check(Corpus.from_ids([2, 0, 2], keys=["a", "b", "c"]), [["c", "a", "c"]])
    corpus = Corpus.from_ids([2, 0, 2], keys=np.array(["a", "b", "c"]))
    assert [type(key) for key in corpus.vocabulary.keys] == [str, str]


def test_options_choose_the_words():
    check(Corpus.from_ids([4, 4, 5, 5, 6], min_count=2), [[4, 4, 5, 5, 6]], min_count=2)
    corpus = Corpus.from_ids([1, 0, 1], keys=["a", "b"], vocabulary=Vocabulary(["b"], [1]))
    assert list(corpus) == [["b", "b"]]


def test_the_array_that_is_given_stays_as_it_is():
    ids = np.array([5, 5, 7], np.int32)
    offsets = np.array([0, 1, 3])
    Corpus.from_ids(ids, offsets, min_count=2)
    assert ids.tolist() == [5, 5, 7]
    assert offsets.tolist() == [0, 1, 3]
    ids.flags.writeable = offsets.flags.writeable = False
    check(Corpus.from_ids(ids, offsets), [[5], [5, 7]])


def test_memory_holds_ids_once_besides_those_given(monkeypatch):
    monkeypatch.setattr(iterables, "PART_TOKENS", 1000)
    ids = np.arange(1 << 20, dtype=np.int32) % 5000
    tracemalloc.start()
    corpus = Corpus.from_ids(ids)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * len(ids)
    check(corpus, [ids.tolist()])


@pytest.mark.parametrize(
    ("ids", "options", "error", "pattern"),
    [
        ([], {}, ValueError, "no id"),
        ([1.0, 2.0], {}, TypeError, "float64"),
        ([True], {}, TypeError, "bool"),
        (["a"], {}, TypeError, "integers"),
        ([1, -3, -4], {}, ValueError, r"ids\[1\] is -3"),
        ([0, 2, 5], {"keys": ["a", "b"]}, ValueError, r"ids\[1\] is 2, but there are 2 keys"),
        ([0, 2], {"keys": ["a", "b"]}, ValueError, r"ids\[1\] is 2, but there are 2 keys"),
        ([0, 1], {"keys": ["a", "a"]}, ValueError, "'a' comes more than once"),
        ([0, 1], {"offsets": [1, 2]}, ValueError, "start with 0, not 1"),
        ([0, 1], {"offsets": [0, 2, 1, 2]}, ValueError, r"offsets\[2\] is 1 after 2"),
        ([0, 1], {"offsets": np.array([0, 2, 1, 2], np.uint8)}, ValueError, r"offsets\[2\] is 1 after 2"),
        ([0, 1], {"offsets": [0, 1]}, ValueError, "2, not 1"),
        ([0, 1], {"offsets": [0]}, ValueError, "1 entries"),
        ([0, 1], {"offsets": [0.0, 2.0]}, TypeError, "float64"),
        ([0, 1], {"offsets": [[0, 2]]}, TypeError, "one dimension"),
        ([[0, 1]], {"offsets": [0, 2]}, ValueError, "one dimension"),
        ([[[0, 1]]], {}, ValueError, "one dimension"),
        ([0, 1], {"min_count": 2}, ValueError, "ids: no word occurs 2 times"),
    ],
)
def test_what_does_not_fit_is_named(ids, options, error, pattern):
    with pytest.raises(error, match=pattern):
        Corpus.from_ids(ids, **options)
