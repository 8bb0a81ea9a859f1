"""What people ask with: forms of keys and vectors, slices, misspelt keys, and mistakes that get a clear answer."""

import pickle
import traceback

import numpy as np
import pytest

from fastemb.vectors import KeyedVectors
from fastemb.vectors.missing import MissingKeyError, absent, spelled_alike

KEYS = ["London", "Paris", "Rome", "new_york", "Москва", "3"]


@pytest.fixture
def cities():
    rows = np.random.default_rng(3).normal(size=(len(KEYS), 3)).astype(np.float32)
    return KeyedVectors._from_arrays(KEYS, rows)


class Tensor:
    """An array of another library."""

    def __init__(self, numbers):
        self.numbers = numbers

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numbers, dtype)

    def __iter__(self):
        return map(Tensor, self.numbers)


FORMS = {
    "list": list,
    "tuple": tuple,
    "array": np.asarray,
    "tensor": Tensor,
    "doubles": np.float64,
    "list of one": lambda v: [v],
}
ASKED = {
    "most_similar": lambda wv, vector: wv.most_similar(vector, topn=2),
    "most_similar of several": lambda wv, vector: wv.most_similar([vector, "Rome"], topn=2),
    "most_similar without": lambda wv, vector: wv.most_similar("Rome", negative=[vector], topn=2),
    "most_similar with weight": lambda wv, vector: wv.most_similar([(vector, 2.0)], topn=2),
    "most_similar_cosmul": lambda wv, vector: wv.most_similar_cosmul(vector, topn=2),
    "most_similar_batch": lambda wv, vector: wv.most_similar_batch([vector, vector], topn=2),
    "similar_by_vector": lambda wv, vector: wv.similar_by_vector(vector, topn=2),
    "distances": lambda wv, vector: wv.distances(vector).tolist(),
    "get_mean_vector": lambda wv, vector: wv.get_mean_vector([vector, "Rome"]).tolist(),
}
TAKE_ONE = {"most_similar", "most_similar_cosmul"}  # or several, also where one is asked for


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("asked", ASKED)
def test_a_vector_in_any_form(cities, asked, form):
    if form == "list of one" and asked not in TAKE_ONE:
        return
    numbers = [0.5, 1.0, -0.25]
    assert ASKED[asked](cities, FORMS[form](numbers)) == ASKED[asked](cities, np.array(numbers))


@pytest.mark.parametrize("numbers", [[0.5, 1.0], [0.5] * 4, [0.5]])
@pytest.mark.parametrize("form", [list, np.asarray])
@pytest.mark.parametrize("asked", ASKED)
def test_a_vector_of_another_length(cities, asked, form, numbers):
    with pytest.raises((ValueError, TypeError), match=r"expected a vector of 3 numbers, as|expected a key, a vector"):
        ASKED[asked](cities, form(numbers))


def test_a_row_and_its_weight_are_no_vector():
    two = KeyedVectors(2)
    two.add_vectors(["a", "b", "c"], [[1, 0], [1, 1], [0, 1]])
    assert two.most_similar([(2, 1.0)], topn=1) == two.most_similar("c", topn=1)
    assert two.most_similar([[2, 0.5], ("a", 1)], topn=1) == two.most_similar([("c", 0.5), ("a", 1.0)], topn=1)
    assert two.most_similar([0.0, 1.0], topn=1) == [("c", 1.0)]
    assert two.most_similar([[0.0, 1.0], [1.0, 0.0]], topn=1) == [("b", pytest.approx(1))]


def test_lists_and_arrays_of_keys_are_keys(cities):
    expected = cities.most_similar(["London", "Rome"])
    assert cities.most_similar(np.array(["London", "Rome"])) == expected
    assert cities.most_similar([0, 2]) == cities.most_similar(("London", "Rome")) == expected


# ---- as a container ----


def test_iterating_gives_the_keys(cities):
    assert list(cities) == KEYS
    reserved = KeyedVectors(2, count=3)
    reserved.add_vector("a", [1, 2])
    assert list(reserved) == ["a"]


def test_as_an_array(cities):
    assert np.asarray(cities) is cities.vectors
    assert np.asarray(cities, np.float64).dtype == np.float64
    copied = np.array(cities)
    assert copied.tolist() == cities.vectors.tolist()
    assert not np.shares_memory(copied, cities.vectors)
    with pytest.raises(ValueError, match="only by a copy"):
        cities.__array__(np.float64, copy=False)


def test_slices_are_of_rows(cities):
    np.testing.assert_array_equal(cities[:2], cities.vectors[:2])
    np.testing.assert_array_equal(cities[::-2], cities.vectors[::-2])
    assert not cities[:2].flags.writeable
    assert cities.vectors.flags.writeable
    with pytest.raises(TypeError, match="rows of the attribute vectors"):
        cities[:2] = np.ones((2, 3))
    cities.vectors[:2] = np.ones((2, 3))  # what the message says
    assert len(cities) == len(KEYS)


def test_what_it_is(cities):
    assert repr(cities) == str(cities) == "KeyedVectors<vector_size=3, 6 keys>"


# ---- misspelt keys ----


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("Londn", ["London"]),
        ("london", ["London"]),
        ("LONDON", ["London"]),
        ("Lnodon", ["London"]),
        ("lomdon", ["London"]),
        (" London ", ["London"]),
        ("new york", ["new_york"]),
        ("New York", ["new_york"]),
        ("new-york", ["new_york"]),
        ("Моква", ["Москва"]),
        ("Rom", ["Rome"]),
        (33, []),
        ("Berlin", []),
        ("", []),
        ("33", []),
        ("London2", ["London"]),
    ],
)
def test_keys_that_are_spelled_alike_are_named(cities, key, found):
    assert (spelled_alike(key, cities.key_to_index) if isinstance(key, str) else []) == found
    for ask in (
        cities.get_vector,
        cities.get_index,
        cities.most_similar,
        cities.__getitem__,
        cities.most_similar_cosmul,
        lambda key: cities[[key]],
        lambda key: cities.similarity("Rome", key),
        lambda key: cities.rank("Rome", key),
        lambda key: cities.most_similar_batch([key]),
        lambda key: cities.get_mean_vector([key], ignore_missing=False),
        lambda key: cities.set_vecattr(key, "x", 1),
    ):
        with pytest.raises(KeyError) as caught:
            ask(key)
        hint = f"; did you mean {found[0]!r}?" if found else ""
        assert str(caught.value) == f"Key {key!r} not present{hint}"
        assert caught.value.args == (f"Key {key!r} not present",)


def test_numbers_and_digits():
    rows = {3: 0, 4: 1}
    assert str(MissingKeyError("no", "3", rows)) == "no; did you mean 3?"
    assert str(MissingKeyError("no", 3, {"3": 0})) == "no; did you mean '3'?"
    assert str(MissingKeyError("no", 9, {0: 0, 1: 1, "a": 2})) == "no"
    assert str(absent(np.int64(9), {n: n for n in range(3)})) == "Key 9 not present; whole numbers here go from 0 to 2"
    assert str(MissingKeyError("no", True, rows)) == "no; for a mask of rows use the attribute vectors"


def test_common_keys_come_first_and_three_at_most():
    rows = {key: row for row, key in enumerate(["cat", "bat", "hat", "mat", "rat"])}
    assert spelled_alike("aat", rows) == ["cat", "bat", "hat"]


@pytest.mark.parametrize("key", ["a" * 30, "a" * 10_000, "я" * 30, "\U0001f600я" * 15])
def test_the_number_of_lookups_is_bounded(key):
    class Counting(dict):
        looked_up = 0

        def __contains__(self, key):
            self.looked_up += 1
            return super().__contains__(key)

    rows = Counting()
    assert spelled_alike(key, rows) == []
    assert rows.looked_up < 60_000


def test_a_missing_key_goes_to_other_processes_without_the_vectors(cities):
    with pytest.raises(KeyError) as caught:
        cities.get_vector("Londn")
    sent = pickle.loads(pickle.dumps(caught.value))
    assert type(sent) is KeyError
    assert sent.args == ("Key 'Londn' not present; did you mean 'London'?",)
    assert "did you mean 'London'?" in "".join(traceback.format_exception(caught.value))


# ---- mistakes ----


@pytest.mark.parametrize(
    ("ask", "kind", "message"),
    [
        (lambda wv: wv.most_similar(), ValueError, "no input: give one key or vector"),
        (lambda wv: wv.most_similar({"Rome": 2.0}), TypeError, r"give pairs \(key, weight\)"),
        (lambda wv: wv.most_similar([("Rome", "Paris")]), TypeError, "or a pair"),
        (lambda wv: wv.most_similar([("Rome", "Paris", "London")]), TypeError, "or a pair"),
        (
            lambda wv: wv.most_similar("Rome", restrict_vocab=-1),
            ValueError,
            "restrict_vocab must be at least 0, not -1",
        ),
        (lambda wv: wv.most_similar_cosmul("Rome", restrict_vocab=-1), ValueError, "restrict_vocab must be at least 0"),
        (lambda wv: wv.most_similar("Rome", clip_start=1.5), TypeError, "clip_start must be a whole number"),
        (lambda wv: wv.most_similar("Rome", clip_end="5"), TypeError, "clip_end must be a whole number"),
        (lambda wv: wv.most_similar_batch(["Rome"], topn="2"), TypeError, "topn must be a whole number, not '2'"),
        (lambda wv: wv.most_similar_batch([0.1, 0.2, 0.3]), TypeError, "most_similar for one vector"),
        (lambda wv: wv.similar_by_vector("Rome"), TypeError, "expected a vector of 3 numbers, not 'Rome'"),
        (lambda wv: wv.similar_by_vector(None), ValueError, "expected a vector of 3 numbers"),
        (
            lambda wv: wv.similarity("Rome", ["Paris"]),
            TypeError,
            r"expected one key, a str or an int, not list: \['Par",
        ),
        (lambda wv: wv.similarity(np.ones(3), "Paris"), TypeError, "expected one key.*not ndarray"),
        (lambda wv: wv.rank("Rome", ["Paris"]), TypeError, "expected one key"),
        (lambda wv: wv.distances(["Rome", "Paris"]), TypeError, "expected a vector of 3 numbers"),
        (lambda wv: wv.doesnt_match("Rome Paris"), TypeError, r"words must be a list of keys.*'one two'.split\(\)"),
        (lambda wv: wv.doesnt_match(None), TypeError, "words must be a list of keys, not None"),
        (lambda wv: wv.doesnt_match(["x", "y"]), ValueError, r"none of these has a vector: \['x', 'y'\]"),
        (lambda wv: wv.n_similarity(None, ["Rome"]), TypeError, "ws1 must be a list of keys, not None"),
        (lambda wv: wv.n_similarity(["Rome"], []), ZeroDivisionError, "ws1 and ws2 must have at least 1 key"),
        (lambda wv: wv.most_similar_to_given("Rome", []), ValueError, "keys_list is empty"),
        (lambda wv: wv.most_similar_to_given("Rome", "Paris"), TypeError, "keys_list must be a list of keys"),
        (lambda wv: wv.relative_cosine_similarity("Rome", "Paris", 0), ValueError, "topn must be at least 1, not 0"),
        (lambda wv: wv.vectors_for_all("Rome"), TypeError, "keys must be a list of keys, not 'Rome'"),
        (lambda wv: wv.cosine_similarities(np.ones(2), wv.vectors), ValueError, r"not \(2,\) and \(6, 3\)"),
        (lambda wv: wv.add_vector(["x"], np.ones(3)), TypeError, "a key must be a str or an int, not list"),
        (lambda wv: wv.get_vecattr("Rome", "count"), KeyError, "there is no attribute 'count'"),
        (lambda wv: wv[[True, False]], KeyError, "for a mask of rows use the attribute vectors"),
        (lambda wv: wv[np.array([True, False])], KeyError, "for a mask of rows use the attribute vectors"),
        (lambda wv: KeyedVectors("3"), TypeError, "vector_size must be a whole number, not '3'"),
        (lambda wv: KeyedVectors(-1), ValueError, "vector_size must be at least 0, not -1"),
        (lambda wv: KeyedVectors(3, count=-1), ValueError, "count must be at least 0, not -1"),
        (lambda wv: wv.keys, AttributeError, "use index_to_key"),
        (lambda wv: wv.accuracy, AttributeError, "use evaluate_word_analogies"),
    ],
)
def test_mistakes(cities, ask, kind, message):
    with pytest.raises(kind, match=message):
        ask(cities)


@pytest.mark.parametrize("rows", [[[1, 0]], [[1, 0], [0, 1]], [[1, 0], [0, 0]], [[0, 0], [1, 0]]])
def test_cosines_that_add_up_to_0_have_no_share(rows):
    vectors = KeyedVectors._from_arrays(["x", "y"][: len(rows)], np.array(rows, np.float32))
    with pytest.raises(ValueError, match="the cosines of 'x' with its neighbours, if it has any, add up to 0"):
        vectors.relative_cosine_similarity("x", "x")
