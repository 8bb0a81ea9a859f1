"""Corpus.from_ids."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.corpus_oracle import check
from sized import Sized

from fastemb.corpus import Corpus, Vocabulary
from fastemb.corpus.ids import Numbering


def split_at(ids, offsets):
    return [list(ids[a:b]) for a, b in pairwise(offsets)]


@given(st.data())
def test_ids_are_numbered_as_sentences_of_them_are(data):
    biggest = data.draw(st.sampled_from([5, 100, 2000, 10**12, 2**63 - 1]))
    ids = data.draw(st.lists(st.integers(0, biggest), min_size=1, max_size=30))
    cuts = data.draw(st.lists(st.integers(0, len(ids)), max_size=6).map(sorted))
    offsets = [0, *cuts, len(ids)]
    sized = Sized(block_tokens=data.draw(st.sampled_from([1, 2, 7, 1 << 20])))
    corpus = sized.from_ids(np.array(ids, np.uint64), offsets)
    check(corpus, split_at(ids, offsets))
    assert all(type(key) is int for key in corpus.vocabulary.keys)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", ">i4"])
def test_every_integer_type_is_taken(dtype):
    check(Corpus.from_ids(np.array([3, 100, 3, 0], dtype)[::1]), [[3, 100, 3, 0]])
    check(Corpus.from_ids(np.array([3, 100, 3, 0], dtype)[::-2]), [[0, 100]])


@given(st.lists(st.lists(st.integers(-5, 40), max_size=20), max_size=8), st.sampled_from([0, 5, 20, 1000]))
def test_integers_are_numbered_as_they_first_occur_small_and_large_ones(parts, largest):
    numbering = Numbering(largest)
    numbers = [numbering.encode(np.array(part, np.int64)).tolist() for part in parts]
    seen = list(dict.fromkeys(value for part in parts for value in part))
    assert numbering.values == seen
    assert numbers == [[seen.index(value) for value in part] for part in parts]


def test_rows_are_sentences():
    check(Corpus.from_ids(np.array([[1, 2], [2, 0], [2, 2]])), [[1, 2], [2, 0], [2, 2]])
    check(Corpus.from_ids([[1, 2]]), [[1, 2]])


ragged = st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1, max_size=9).filter(any)


@given(ragged, st.sampled_from([1, 3, 512]))
def test_sequences_of_ids_are_sentences(sentences, batch):
    arrays = [np.array(sentence, np.int16) for sentence in sentences]
    objects = np.empty(len(sentences), object)
    objects[:] = arrays
    mixed = [array if number % 2 else tuple(array) for number, array in enumerate(arrays)]
    sized = Sized(id_rows=batch)
    for rows in (sentences, arrays, objects, tuple(map(tuple, sentences)), iter(sentences), iter(arrays), mixed):
        check(sized.from_ids(rows), sentences)


@pytest.mark.parametrize(
    "rows",
    [
        [[1], [2**63, 2]],
        [[1], [2**64 - 1]],
        [np.array([1]), np.array([2**63], np.uint64)],
        np.array([[1], [2**64 - 1]], np.uint64),
    ],
)
def test_ids_that_no_file_could_hold_as_keys_are_refused(rows):
    with pytest.raises(ValueError, match=r"ids must be from 0 to 2\*\*63 - 1"):
        Corpus.from_ids(rows)


def test_sequences_of_ids_of_other_types():
    rows = [np.array([2**63 - 1, 3], np.uint64), np.array([3], np.int8), np.array([])]
    check(Corpus.from_ids(rows), [[2**63 - 1, 3], [3], []])
    check(Corpus.from_ids([[2**63 - 1, 3], [3], []]), [[2**63 - 1, 3], [3], []])


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=1, max_size=6), st.sampled_from([1, 4, 99])
)
def test_rows_of_a_sparse_matrix_are_sentences(counts, part):
    sparse = pytest.importorskip("scipy.sparse")
    expected = [[item for item, times in enumerate(row) for _ in range(times)] for row in counts]
    if not any(expected):
        return
    sized = Sized(block_tokens=part)
    for make in (sparse.csr_matrix, sparse.csr_array, sparse.csc_array, sparse.coo_matrix):
        for dtype in (np.int8, np.uint64, np.float32):
            check(sized.from_ids(make(np.array(counts, dtype))), expected)
    check(sized.from_ids(sparse.csr_array(np.array(counts) > 0)), [sorted(set(row)) for row in expected])


def test_entries_of_a_sparse_matrix_stay_in_their_order_and_zeros_are_nothing():
    sparse = pytest.importorskip("scipy.sparse")
    data, indices, indptr = np.array([1.0, 0.0, 2.0, 1.0]), np.array([3, 1, 0, 2]), np.array([0, 3, 3, 4])
    matrix = sparse.csr_array((data, indices, indptr), shape=(3, 4))
    check(Corpus.from_ids(matrix), [[3, 0, 0], [], [2]])
    corpus = Corpus.from_ids(matrix, keys=["a", "b", "c", "d"])
    assert list(corpus) == [["d", "a", "a"], [], ["c"]]


@pytest.mark.parametrize("value", [0.5, -1.0, np.nan, np.inf, 1e30])
def test_values_of_a_sparse_matrix_must_be_whole(value):
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_array(np.array([[1.0, 0, 0], [0, 0, 0], [2.0, 0, value]]))
    with pytest.raises(ValueError, match=r"row 2, column 2 is .*give matrix != 0"):
        Corpus.from_ids(matrix)
    check(Corpus.from_ids(matrix != 0), [[0], [], [0, 2]])


def test_ids_of_a_memory_map(tmp_path):
    np.arange(5000, dtype=np.int32).tofile(tmp_path / "ids")
    ids = np.memmap(tmp_path / "ids", np.int32, "r")
    corpus = Corpus.from_ids(ids, [0, 2500, 5000], save_to=tmp_path / "corpus")
    check(corpus, [list(range(2500)), list(range(2500, 5000))])


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


def test_memory_holds_ids_once_besides_those_given():
    sized = Sized(block_tokens=10_000)
    ids = np.arange(1 << 20, dtype=np.int32) % 5000
    tracemalloc.start()
    corpus = sized.from_ids(ids)
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
        ([1, -3, -4], {}, ValueError, r"ids\[1\] \(row 0\) is -3"),
        ([0, 2, 5], {"keys": ["a", "b"]}, ValueError, r"ids\[1\] \(row 0\) is 2, but there are 2 keys"),
        ([0, 2], {"keys": ["a", "b"]}, ValueError, r"ids\[1\] \(row 0\) is 2, but there are 2 keys"),
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
        ([[0], [1, 2.5]], {}, TypeError, "row 1: ids must be integers, not float64"),
        ([[0], ["a"]], {}, TypeError, "row 1: ids must be integers"),
        ([[0], [2**64, 1]], {}, ValueError, "row 1: ids must be from 0 to"),
        ([[0], [2**63, -1]], {}, ValueError, "row 1: ids must be from 0 to"),
        ([[0], 1], {}, ValueError, "row 1 must be a sequence of ids in one dimension, not the int 1"),
        ([[0], [[1]]], {}, ValueError, "row 1 must be a sequence of ids in one dimension"),
        ([[0], [[1], [1, 2]]], {}, ValueError, "row 1 must be a sequence of ids in one dimension"),
        ([[0], {1}], {}, ValueError, "row 1 must be a sequence of ids in one dimension"),
        ([[0, 1], [2, -3]], {}, ValueError, r"ids\[3\] \(row 1\) is -3"),
        ([np.array([0]), range(0), [-3]], {}, ValueError, "row 2: ids must not be negative, but one is -3"),
        ([[0, 1], [], [2]], {"keys": ["a", "b"]}, ValueError, r"ids\[2\] \(row 2\) is 2, but there are 2 keys"),
        ([[0, 1]], {"keys": "ab"}, TypeError, "keys must be a list of keys, not the str 'ab'"),
        ([[], []], {}, ValueError, "no word"),
        (iter([]), {}, ValueError, "no word"),
        ([2**63, -1], {}, ValueError, "^ids must be from 0 to"),
        ([1, 2**64], {}, ValueError, "^ids must be from 0 to"),
        ([0, 1], {"min_count": 2}, ValueError, "ids: no word occurs 2 times"),
    ],
)
def test_what_does_not_fit_is_named(ids, options, error, pattern):
    with pytest.raises(error, match=pattern):
        Corpus.from_ids(ids, **options)


@pytest.mark.parametrize("make", [list, tuple, lambda keys: iter(keys), lambda keys: np.array(keys, object)])
@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        (None, "is missing"),
        (np.nan, "is missing"),
        (2**63, "is 9223372036854775808: integers must fit in 64 bits"),
        (-(2**63) - 1, "integers must fit in 64 bits"),
        ({1}, "must be hashable"),
    ],
)
def test_keys_that_name_nothing_are_refused(make, key, pattern):
    with pytest.raises(ValueError, match=r"keys\[1\] .*" + pattern):
        Corpus.from_ids([0, 2], keys=make(["a", key, "b"]))


@pytest.mark.parametrize("keys", [{0: "x", 1: "y"}, {"x", "y"}, frozenset("xy")])
def test_keys_without_the_order_of_ids_are_refused(keys):
    with pytest.raises(TypeError, match="keys must be in the order"):
        Corpus.from_ids([0, 1, 1], keys=keys)


def test_keys_of_any_list_are_taken_by_place():
    pandas = pytest.importorskip("pandas")
    pyarrow = pytest.importorskip("pyarrow")
    series = pandas.Series(["a", "b"], index=[1, 0])
    for keys in (
        series,
        pyarrow.array(["a", "b"]),
        list(pyarrow.array(["a", "b"])),
        iter("ab"),
        np.ma.array(["a", "b"]),
    ):
        assert list(Corpus.from_ids([0, 1, 1], keys=keys)) == [["a", "b", "b"]]
    assert Corpus.from_ids([0, 1, 1], keys=range(5, 7)).vocabulary.keys == [6, 5]


@pytest.mark.parametrize("keys", [3, np.array("a"), np.array([["a"], ["b"]])])
def test_keys_must_be_a_list(keys):
    with pytest.raises(TypeError, match="keys must be a list of keys"):
        Corpus.from_ids([0, 1, 1], keys=keys)


MASKED = np.ma.array([1, 0, 1], mask=[0, 1, 0])


@pytest.mark.parametrize(
    ("ids", "offsets", "pattern"),
    [
        (MASKED, None, r"ids\[1\] is masked"),
        (np.ma.array([[1, 0], [0, 1]], mask=[[0, 0], [1, 0]]), None, r"ids\[1, 0\] is masked"),
        ([np.array([1]), MASKED], None, r"row 1\[1\] is masked"),
        (iter([MASKED]), None, r"row 0\[1\] is masked"),
        ([1, 0], np.ma.array([0, 1, 2], mask=[0, 1, 0]), r"offsets\[1\] is masked"),
    ],
)
def test_masked_ids_are_refused(ids, offsets, pattern):
    with pytest.raises(ValueError, match=pattern):
        Corpus.from_ids(ids, offsets)


def test_masked_arrays_in_which_nothing_is_masked_are_taken():
    ids = np.ma.array([1, 0, 1])
    check(Corpus.from_ids(ids), [[1, 0, 1]])
    check(Corpus.from_ids([ids, ids]), [[1, 0, 1]] * 2)
    check(Corpus.from_ids(MASKED.compressed()), [[1, 1]])
