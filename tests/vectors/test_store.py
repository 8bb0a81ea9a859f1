"""Looking up, adding and sorting keys and vectors."""

import copy
import pickle

import numpy as np
import pytest

from fastemb.vectors import KeyedVectors


def strided(rows, columns, seed=0):
    padded = np.zeros((rows, 16), np.float32)
    padded[:, :columns] = np.random.default_rng(seed).normal(size=(rows, columns))
    return padded[:, :columns]


@pytest.fixture
def vectors():
    return KeyedVectors._from_arrays([f"w{at}" for at in range(6)], strided(6, 4), np.array([3, 9, 1, 9, 3, 5]))


# ---- looking up ----


def test_from_arrays_shares_memory():
    rows = strided(3, 4)
    vectors = KeyedVectors._from_arrays(list("abc"), rows, np.array([3, 2, 1]))
    assert vectors.vectors is rows
    assert vectors.get_vecattr("b", "count") == 2
    assert str(vectors) == "KeyedVectors<vector_size=4, 3 keys>"
    with pytest.raises(ValueError, match="key"):
        KeyedVectors._from_arrays(["a", "a", "b"], rows)
    with pytest.raises(ValueError, match="key"):
        KeyedVectors._from_arrays(["a"], rows)


def test_one_key_gives_a_read_only_view(vectors):
    vector = vectors["w2"]
    assert np.shares_memory(vector, vectors.vectors)
    assert not vector.flags.writeable
    assert vectors.vectors.flags.writeable


def test_several_keys_and_none(vectors):
    np.testing.assert_array_equal(vectors[["w2", 0]], vectors.vectors[[2, 0]])
    np.testing.assert_array_equal(vectors[("w2", "w1")], vectors.vectors[[2, 1]])
    assert vectors[[]].shape == (0, 4)


@pytest.mark.parametrize("key", ["zz", 6, -1, np.int64(6), None, 1.5])
def test_missing_keys(vectors, key):
    assert key not in vectors
    assert not vectors.has_index_for(key)
    assert vectors.get_index(key, 3) == 3
    for look_up in (vectors.get_vector, vectors.get_index, vectors.__getitem__):
        with pytest.raises(KeyError) as caught:
            look_up(key)
        assert caught.value.args == (f"Key {'6' if key == 6 else repr(key)} not present",)


def test_integers_are_rows_when_no_key_is_an_integer(vectors):
    assert vectors.get_index(5) == 5
    assert vectors.get_index(np.int32(5)) == 5
    assert 5 in vectors
    np.testing.assert_array_equal(vectors[1], vectors["w1"])


def test_integers_are_keys_when_some_key_is_an_integer(vectors):
    numbers = KeyedVectors(2)
    numbers.add_vectors([10, 0], [[1, 2], [3, 4]])
    assert numbers[0].tolist() == [3, 4]
    assert 1 not in numbers
    vectors.add_vector(17, np.ones(4))
    assert vectors[17].tolist() == [1, 1, 1, 1]
    assert 0 not in vectors


def test_names_of_older_gensims_raise_with_a_hint(vectors):
    for name in ("vocab", "index2word", "index2entity", "vectors_norm", "wv", "syn0"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'; ") as caught:
            getattr(vectors, name)
        assert "\n" not in str(caught.value)
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        _ = vectors.nonsense


def test_copies_and_pickles(vectors):
    vectors.add_vector("new", np.ones(4))
    for clone in (copy.deepcopy(vectors), pickle.loads(pickle.dumps(vectors))):
        assert clone.index_to_key == vectors.index_to_key
        np.testing.assert_array_equal(clone.vectors, vectors.vectors)
        clone.add_vector("newer", np.ones(4))
        assert "newer" not in vectors


def test_keys_added_to_a_shallow_copy_are_not_in_the_original(vectors):
    vectors.note = "mine"
    clone = copy.copy(vectors)
    clone.add_vector("new", np.ones(4))
    clone.set_vecattr("new", "count", 7)
    assert (len(clone), len(vectors), len(vectors.vectors), "new" in vectors) == (7, 6, 6, False)
    assert clone.note == "mine"
    vectors.add_vector("other", np.ones(4))
    assert "other" not in clone


def test_a_shallow_copy_has_other_vectors_when_it_gets_some(vectors):
    clone = copy.copy(vectors)
    assert clone.vectors is not None
    assert np.shares_memory(clone.vectors, vectors.vectors)
    before = vectors.vectors
    clone.vectors = np.ones((6, 4), np.float32)
    clone.vector_size = 9
    assert vectors.vectors is before
    assert vectors.vector_size == 4


def test_what_is_pickled_has_the_names_of_the_attributes(vectors):
    vectors.note = "mine"
    state = vectors.__getstate__()
    names = {"vector_size", "index_to_key", "key_to_index", "next_index", "expandos", "norms", "mapfile_path", "note"}
    assert names <= set(state)
    assert "_store" not in state
    made = KeyedVectors.__new__(KeyedVectors)
    made.__setstate__(state)
    assert made.note == "mine"
    assert vars(made).keys() == {"_store", "mapfile_path", "note"}
    np.testing.assert_array_equal(made["w3"], vectors["w3"])


def test_answers_of_a_subclass_are_used_everywhere():
    class Doubling(KeyedVectors):
        """Makes up vectors of words with "!" from those without."""

        def get_index(self, key, default=None):
            return super().get_index(key.removesuffix("!") if isinstance(key, str) else key, default)

        def most_similar(self, *args, topn=10, **options):
            return super().most_similar(*args, topn=1, **options)

    doubling = Doubling(2)
    doubling.add_vectors(["a", "b", "c"], [[1, 0], [1, 1], [0, 1]])
    assert "a!" in doubling
    assert doubling.similarity("a!", "c!") == 0
    assert doubling.similar_by_word("a!") == [("b", pytest.approx(0.5**0.5))]
    assert doubling.most_similar_batch(["c!"], topn=1) == [[("b", pytest.approx(0.5**0.5))]]
    assert doubling.get_mean_vector(["a!", "c!"]).tolist() == [0.5, 0.5]


class Shown(KeyedVectors):
    """Shows keys in upper case, vectors without their last number, and lengths of 2."""

    keys = ("A", "B", "C")

    @property
    def vectors(self):
        return KeyedVectors.vectors.__get__(self)[:, :2]

    @property
    def vector_size(self):
        return 2

    @property
    def index_to_key(self):
        return list(self.keys)

    @property
    def key_to_index(self):
        return {key: row for row, key in enumerate(self.keys)}

    @property
    def expandos(self):
        return {"count": np.array([5, 6, 7])}

    def fill_norms(self, force=False):
        self.norms = np.full(3, 2, np.float32)

    def __len__(self):
        return 3


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda shown: shown["B"].tolist(), [1, 1]),
        (lambda shown: shown[["C", 0]].tolist(), [[0, 1], [1, 0]]),
        (lambda shown: shown.get_vector("A", norm=True).tolist(), [0.5, 0]),
        (lambda shown: shown.get_normed_vectors()[0].tolist(), [0.5, 0]),
        (lambda shown: (2 in shown, 3 in shown, "a" in shown), (True, False, False)),
        (lambda shown: shown.most_similar("A", topn=3), [("B", 0.5), ("C", 0)]),
        (lambda shown: shown.most_similar("A", topn=None).tolist(), [0.5, 0.5, 0]),
        (lambda shown: shown.most_similar_batch(["A"], topn=3), [[("B", 0.25), ("C", 0)]]),
        (lambda shown: [key for key, _ in shown.most_similar_cosmul("A", topn=3)], ["B", "C"]),
        (lambda shown: shown.distances("A").tolist(), [0.5, 0.5, 1]),
        (lambda shown: shown.closer_than("A", "C"), ["B"]),
        (lambda shown: shown.get_mean_vector(["A", "C"]).tolist(), [0.25, 0.25]),
        (lambda shown: shown.get_vecattr("C", "count"), 7),
        (lambda shown: shown.vectors_for_all(["C"]).vectors.tolist(), [[0, 1]]),
        (str, "Shown<vector_size=2, 3 keys>"),
    ],
)
def test_what_a_subclass_overrides_is_read_by_every_method(ask, expected):
    shown = Shown(3)
    shown._store.vectors = np.array([[1, 0, 9], [1, 1, 9], [0, 1, 9]], np.float32)
    assert ask(shown) == expected


def test_files_hold_what_a_subclass_shows(tmp_path):
    shown = Shown(3)
    shown._store.vectors = np.array([[1, 0, 9], [1, 1, 9], [0, 1, 9]], np.float32)
    shown.save(tmp_path / "own")
    shown.save_word2vec_format(tmp_path / "text")
    for loaded in (KeyedVectors.load(tmp_path / "own"), KeyedVectors.load_word2vec_format(tmp_path / "text")):
        assert {key: loaded[key].tolist() for key in loaded.index_to_key} == {"A": [1, 0], "B": [1, 1], "C": [0, 1]}


class MadeUp(KeyedVectors):
    """Has a vector for every key that starts with a known letter, as FastText's vectors have."""

    def __contains__(self, key):
        return self.has_index_for(key[0])

    def get_vector(self, key, norm=False):
        return super().get_vector(key if self.has_index_for(key) else key[0], norm)


@pytest.mark.parametrize(
    "ask",
    [
        lambda wv, key: wv[key].tolist(),
        lambda wv, key: wv[[key, "b"]].tolist(),
        lambda wv, key: wv.similarity(key, "b"),
        lambda wv, key: wv.most_similar(key, topn=None).tolist(),
        lambda wv, key: dict(wv.most_similar([key, "b"]))["c"],
        lambda wv, key: dict(wv.most_similar_cosmul([key, "b"]))["c"],
        lambda wv, key: wv.most_similar_batch([key, "b"], topn=3)[0][-1],
        lambda wv, key: wv.get_mean_vector([key, "b"]).tolist(),
        lambda wv, key: wv.distances(key).tolist(),
        lambda wv, key: wv.n_similarity([key], ["b"]),
        lambda wv, key: wv.vectors_for_all([key, "b"]).vectors.tolist(),
        lambda wv, key: wv.rank_by_centrality(["b", key])[0][0],
    ],
)
def test_a_subclass_can_make_up_vectors_of_keys_without_a_row(ask):
    made_up = MadeUp(2)
    made_up.add_vectors(["a", "b", "c"], [[1, 0], [1, 1], [0, 1]])
    assert ask(made_up, "apple") == ask(made_up, "a")
    with pytest.raises(KeyError, match="not present"):
        made_up["zoo"]


def test_a_subclass_that_makes_no_store_is_told():
    class Empty(KeyedVectors):
        def __init__(self):
            pass

    with pytest.raises(AttributeError, match=r"must call super\(\)\.__init__"):
        len(Empty())


def test_methods_that_a_subclass_overrides_are_called_when_keys_are_added():
    calls = []

    class Watched(KeyedVectors):
        def add_vectors(self, *args, **options):
            calls.append("add_vectors")
            super().add_vectors(*args, **options)

        def allocate_vecattrs(self, *args, **options):
            calls.append("allocate_vecattrs")
            super().allocate_vecattrs(*args, **options)

        def get_index(self, key, default=None):
            calls.append("get_index")
            return super().get_index(key, default)

    watched = Watched(2)
    watched.add_vector("a", [1, 2])
    assert calls == ["add_vectors", "allocate_vecattrs"]
    watched["a"] = [3, 4]
    assert calls[2:] == ["get_index", "get_index", "add_vectors", "allocate_vecattrs"]


# ---- norms ----


def test_norms(vectors):
    expected = np.linalg.norm(vectors.vectors, axis=1)
    np.testing.assert_allclose(np.linalg.norm(vectors.get_normed_vectors(), axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(vectors.norms, expected, rtol=1e-6)
    np.testing.assert_allclose(vectors.get_vector("w3", norm=True), vectors["w3"] / expected[3], rtol=1e-6)
    vectors.vectors[0] *= 2
    vectors.fill_norms()
    assert vectors.norms[0] == pytest.approx(expected[0])
    vectors.fill_norms(force=True)
    assert vectors.norms[0] == pytest.approx(2 * expected[0])


def test_norms_do_not_outlive_a_change(vectors):
    for change in (
        lambda: vectors.add_vector("new", np.ones(4)),
        lambda: vectors.add_vectors(["w1"], np.ones((1, 4)), replace=True),
        lambda: vectors.__setitem__("w2", np.ones(4)),
        vectors.sort_by_descending_frequency,
        vectors.resize_vectors,
        lambda: setattr(vectors, "vectors", vectors.vectors.copy()),
    ):
        vectors.fill_norms()
        change()
        assert vectors.norms is None


def test_unit_normalize_all(vectors):
    vectors["w1"] = np.zeros(4)
    vectors.unit_normalize_all()
    np.testing.assert_allclose(np.linalg.norm(vectors.vectors, axis=1), [1, 0, 1, 1, 1, 1], rtol=1e-6)
    np.testing.assert_array_equal(vectors.norms, [1, 0, 1, 1, 1, 1])
    assert vectors.vectors.dtype == vectors.norms.dtype == np.float32


def test_vectors_of_zeros_have_cosine_zero(vectors):
    vectors["w1"] = np.zeros(4)
    assert vectors.similarity("w0", "w1") == 0
    assert vectors.get_vector("w1", norm=True).tolist() == [0, 0, 0, 0]
    assert dict(vectors.most_similar("w0"))["w1"] == 0
    assert not np.isnan(vectors.get_normed_vectors()).any()
    assert vectors.cosine_similarities(vectors["w0"], vectors.vectors)[1] == 0


# ---- adding ----


def test_adding_grows_without_moving_every_time():
    vectors = KeyedVectors(3)
    moves, where = 0, None
    for at in range(1000):
        assert vectors.add_vector(f"k{at}", np.full(3, at)) == at
        moves += where != vectors.vectors.ctypes.data
        where = vectors.vectors.ctypes.data
    assert moves < 20
    assert vectors.vectors.shape == (1000, 3)
    assert vectors.vectors[:, 1].tolist() == list(range(1000))


def test_reserved_rows_are_used_first():
    vectors = KeyedVectors(2, 3)
    assert vectors.vectors.shape == (3, 2)
    assert vectors.add_vector("a", [1, 2]) == 0
    vectors.add_vectors(["b", "c", "d"], np.ones((3, 2)))
    assert vectors.index_to_key == ["a", "b", "c", "d"]
    assert vectors.vectors.shape == (4, 2)


def test_existing_keys_are_kept_or_replaced(vectors):
    old = vectors["w1"].copy()
    vectors.add_vectors(["w1", "n", "n"], [[1] * 4, [2] * 4, [3] * 4])
    assert vectors["w1"].tolist() == old.tolist()
    assert vectors["n"].tolist() == [2] * 4
    vectors.add_vectors(["w1", "m", "m"], [[1] * 4, [2] * 4, [3] * 4], replace=True)
    assert vectors["w1"].tolist() == [1] * 4
    assert vectors["m"].tolist() == [3] * 4
    assert len(vectors) == len(vectors.vectors) == len(vectors.expandos["count"]) == 8
    assert vectors.add_vector("w1", np.zeros(4)) == 1


def test_extras(vectors):
    vectors.add_vectors(["a", "w0"], np.ones((2, 4)), extras={"count": [7, 8], "new": [0.5, 1.5]})
    assert vectors.get_vecattr("a", "count") == 7
    assert vectors.get_vecattr("w0", "count") == 3
    assert vectors.get_vecattr("a", "new") == 0.5


@pytest.mark.parametrize(
    "arguments",
    [
        (["a"], np.ones((1, 3))),
        (["a", "b"], np.ones((1, 4))),
        (["a"], np.ones((2, 4))),
        (["a"], np.ones((1, 4)), {"count": [1, 2]}),
        (["a"], np.ones((1, 4)), {"count": ["x"]}),
    ],
)
def test_wrong_sizes_change_nothing(vectors, arguments):
    before = vectors.vectors.copy()
    with pytest.raises((ValueError, TypeError)):
        vectors.add_vectors(*arguments)
    assert len(vectors) == len(vectors.key_to_index) == 6
    np.testing.assert_array_equal(vectors.vectors, before)


def test_set_item(vectors):
    vectors["w2"] = np.ones(4)
    vectors[["w3", "new"]] = np.full((2, 4), 2)
    vectors[0] = np.full(4, 3)
    assert vectors["w2"].tolist() == [1] * 4
    assert vectors["new"].tolist() == vectors["w3"].tolist() == [2] * 4
    assert vectors["w0"].tolist() == [3] * 4
    assert len(vectors) == 7
    with pytest.raises(ValueError, match="shape"):
        vectors["w2"] = np.ones(3)


def test_resize_vectors(vectors):
    vectors.index_to_key.append("new")
    vectors.key_to_index["new"] = 6
    vectors.resize_vectors(seed=1)
    assert vectors.vectors.shape == (7, 4)
    assert 0 < abs(vectors["new"]).max() <= 0.25
    assert len(vectors.expandos["count"]) == 7
    vectors.index_to_key = vectors.index_to_key[:3]
    with pytest.raises(ValueError, match="7 vectors for 3 keys"):
        vectors.resize_vectors()


def test_rows_that_resize_vectors_adds_later_are_other_ones():
    kv = KeyedVectors(3)
    for keys in ("ab", "c", "de"):
        kv.index_to_key.extend(keys)
        kv.resize_vectors()
    whole = KeyedVectors(3, count=0)
    whole.index_to_key.extend("abcde")
    whole.resize_vectors()
    assert len(np.unique(kv.vectors, axis=0)) == 5
    assert np.array_equal(kv.vectors, whole.vectors)


def test_sorting(vectors):
    before = {key: vectors[key].copy() for key in vectors.index_to_key}
    vectors.sort_by_descending_frequency()
    assert vectors.index_to_key == ["w1", "w3", "w5", "w0", "w4", "w2"]
    assert vectors.expandos["count"].tolist() == [9, 9, 5, 3, 3, 1]
    for key, vector in before.items():
        assert vectors[key].tolist() == vector.tolist()
    with pytest.raises(KeyError, match="count"):
        KeyedVectors._from_arrays(["a"], np.ones((1, 1))).sort_by_descending_frequency()


# ---- attributes ----


def test_attributes(vectors):
    vectors.set_vecattr("w1", "score", 1.5)
    vectors.set_vecattr("w2", "score", 2)
    vectors.set_vecattr("w1", "tag", "noun")
    vectors.set_vecattr(3, "flag", True)
    assert vectors.get_vecattr("w2", "score") == 2.0
    assert vectors.get_vecattr("w1", "tag") == "noun"
    assert vectors.expandos["flag"].tolist() == [False, False, False, True, False, False]
    for value in (1.5, "x"):
        with pytest.raises(TypeError, match="count"):
            vectors.set_vecattr("w1", "count", value)
    with pytest.raises(KeyError, match="zz"):
        vectors.set_vecattr("zz", "count", 1)
    with pytest.raises(KeyError, match="nothing"):
        vectors.get_vecattr("w1", "nothing")


def test_allocating_attributes(vectors):
    vectors.allocate_vecattrs(["x", "y"], [int, float])
    assert (vectors.expandos["x"].dtype, vectors.expandos["y"].dtype) == (np.int64, np.float64)
    with pytest.raises(TypeError, match="x"):
        vectors.allocate_vecattrs(["x"], [float])
    vectors.index_to_key.append("new")
    vectors.allocate_vecattrs()
    assert {len(values) for values in vectors.expandos.values()} == {7}


def test_normed_vectors_have_length_one_whatever_a_subclass_shows(vectors):
    class Doubled(KeyedVectors):
        @property
        def vectors(self):
            return KeyedVectors.vectors.__get__(self) * 2

    doubled = Doubled._from_arrays(vectors.index_to_key, KeyedVectors.vectors.__get__(vectors).copy())
    np.testing.assert_allclose(np.linalg.norm(doubled.get_normed_vectors(), axis=1), 1, rtol=1e-6)
    with pytest.raises(AttributeError, match="setter"):
        doubled.unit_normalize_all()
    np.testing.assert_allclose(np.linalg.norm(doubled.get_normed_vectors(), axis=1), 1, rtol=1e-6)


def test_queries_of_deleted_vectors_say_so(vectors):
    key = vectors.index_to_key[0]
    del vectors.vectors
    assert not hasattr(vectors, "vectors")
    for ask in (lambda: vectors.most_similar(key), lambda: vectors[key], vectors.get_normed_vectors):
        with pytest.raises(AttributeError, match="'vectors', which was deleted"):
            ask()


def test_factors_on_changes_follow_their_words_when_sorted(vectors):
    vectors.vectors_lockf = np.arange(6, dtype=np.float32)
    vectors.sort_by_descending_frequency()
    assert vectors.vectors_lockf.tolist() == [1, 3, 5, 0, 4, 2]
    vectors.vectors_lockf = np.ones(1, np.float32)
    vectors.sort_by_descending_frequency()
    assert vectors.vectors_lockf.tolist() == [1]
