"""Vectors that people change by hand are saved as they are, or refused; what `save` writes can be read."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from interrupts import interrupted_everywhere

from fastemb import Word2Vec
from fastemb.io.formats import FORMATS
from fastemb.io.safetensors import write_tensors
from fastemb.vectors import KeyedVectors, load_vectors, save_vectors

SIZE = 3
WORDS = st.sampled_from(["a", "b", "c", "d", "ж", "long key", "e_f", "G"])


def made(keys="abcdef", counts=True):
    rows = np.arange(len(keys) * SIZE, dtype=np.float32).reshape(-1, SIZE) + 1
    return KeyedVectors._from_arrays(list(keys), rows, 10 * np.arange(len(keys), 0, -1) if counts else None)


def contents(vectors):
    """All that somebody can see, where keys have vectors."""
    found = {}
    for key in vectors.index_to_key:
        if key is not None:
            values = {name: vectors.get_vecattr(key, name) for name in vectors.expandos}
            found[key] = (vectors.get_index(key), vectors[key].tolist(), values)
    return found


def assert_saved(vectors, folder):
    """Every format holds them, or says why it does not."""
    path = folder / "own"
    vectors.save(path)
    before = contents(vectors)
    for loaded in (KeyedVectors.load(path), KeyedVectors.load(path, mmap="r"), load_vectors(path)):
        assert contents(loaded) == before
        assert loaded.vector_size == vectors.vector_size
    for known in FORMATS:
        for ending in known.ABOUT.endings:
            path = folder / f"v{ending}"
            try:
                save_vectors(vectors, path)
            except ValueError as error:
                assert "cannot hold" in str(error)  # noqa: PT017
                assert not before or any(" " in key for key in before)
                assert not path.exists()
            else:
                loaded = load_vectors(path)
                assert {key: row for key, (_, row, _) in contents(loaded).items()} == {
                    key: row for key, (_, row, _) in before.items()
                }
                path.unlink()


# ---- recipes that people follow ----


def cut_down(vectors, kept):
    rows = [vectors.key_to_index[key] for key in kept]
    vectors.vectors = vectors.vectors[rows]
    vectors.index_to_key = list(kept)
    vectors.key_to_index = {key: row for row, key in enumerate(kept)}


@pytest.mark.parametrize("kept", ["ace", "fa", "abc", "f"])
def test_vectors_cut_down_by_assigning(kept, tmp_path):
    vectors, whole = made(), made()
    cut_down(vectors, kept)
    assert_saved(vectors, tmp_path)
    assert {key: vectors.get_vecattr(key, "count") for key in kept} == {
        key: whole.get_vecattr(key, "count") for key in kept
    }
    vectors.save_word2vec_format(tmp_path / "text", fvocab=tmp_path / "counts")
    assert vectors.add_vector("new", np.ones(SIZE)) == len(kept)
    assert vectors.most_similar("new", topn=9)
    assert_saved(vectors, tmp_path)


def test_values_that_are_cut_down_with_the_keys_stay_as_they_were_assigned(tmp_path):
    for keys_first in (False, True):
        vectors = made()
        counts = vectors.expandos["count"][[4, 2]]
        if keys_first:
            cut_down(vectors, "ec")
        vectors.expandos["count"] = counts
        if not keys_first:
            cut_down(vectors, "ec")
        assert [vectors.get_vecattr(key, "count") for key in "ec"] == [20, 40]
        assert_saved(vectors, tmp_path)


def test_vectors_of_fewer_dimensions(tmp_path):
    vectors = made()
    vectors.vectors = vectors.vectors[:, :2]
    assert vectors.vector_size == 2
    assert len(vectors.get_mean_vector(["a", "b"])) == 2
    assert_saved(vectors, tmp_path)


@pytest.mark.parametrize("given", [[[1, 2], [3, 4]], np.eye(2, dtype=np.int64), np.eye(2, dtype=bool)])
def test_whole_numbers_become_floats(given, tmp_path):
    vectors = made("ab")
    vectors.vectors = given
    assert vectors.vectors.dtype == np.float32 or vectors.vectors.dtype == np.float64
    assert vectors.similarity("a", "a") == 1
    assert_saved(vectors, tmp_path)


@pytest.mark.parametrize("given", [None, "abc", 3, [1.0, 2.0], np.ones((2, 2, 2)), np.ones((2, 2), complex), [["a"]]])
def test_other_things_are_no_vectors(given):
    vectors = made("ab")
    with pytest.raises(TypeError, match="vectors must be an array of floats"):
        vectors.vectors = given
    assert vectors.vectors.shape == (2, SIZE)


def test_reserved_rows_are_left_out(tmp_path):
    vectors = KeyedVectors(SIZE, count=5)
    vectors.add_vectors(["a", "b"], np.ones((2, SIZE)), extras={"n": [1, 2]})
    assert_saved(vectors, tmp_path)
    assert len(KeyedVectors.load(tmp_path / "own")) == 2
    vectors.vectors[4] = 1
    with pytest.raises(ValueError, match="rows 2 to 4 have vectors, but no key"):
        vectors.save(tmp_path / "v")


def drop_a_row(vectors):
    del vectors.key_to_index["b"]


def rename_in_one(vectors):
    vectors.index_to_key[1] = "z"


def reorder_keys_only(vectors):
    vectors.index_to_key = vectors.index_to_key[::-1]


def keys_only(vectors):
    vectors.index_to_key = vectors.index_to_key[:2]


def vectors_only(vectors):
    vectors.vectors = vectors.vectors[:2]


def empty_row(vectors):
    del vectors.key_to_index["b"]
    vectors.index_to_key[1] = None


def key_twice(vectors):
    vectors.index_to_key[1] = "a"


def alias(vectors):
    vectors.key_to_index["alias"] = 0


def other_size(vectors):
    vectors.vector_size = 9


def two_columns(vectors):
    vectors.expandos["x"] = np.ones((6, 2))


def one_number(vectors):
    vectors.expandos["x"] = 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_a_row, "index_to_key and key_to_index do not agree.*'b' has row 1 in the one and no row in the other"),
        (rename_in_one, "do not agree.*'z' has row 1"),
        (reorder_keys_only, "do not agree.*'f' has row 0 in the one and row 5"),
        (keys_only, "6 vectors, but 2 keys"),
        (vectors_only, "2 vectors, but 6 keys"),
        (empty_row, "row 1 has no key"),
        (key_twice, "do not agree.*'a' has row 1 in the one and row 0"),
        (alias, "'alias' is in key_to_index only"),
        (other_size, "vector_size is 9"),
        (two_columns, "'x' must be an array of one value a key, not of shape"),
        (one_number, "'x' must be an array of one value a key, not of shape"),
    ],
)
def test_what_does_not_fit_is_refused_by_every_format(change, message, tmp_path):
    vectors = made()
    change(vectors)
    for save in (
        lambda: vectors.save(tmp_path / "v"),
        lambda: save_vectors(vectors, tmp_path / "v.txt"),
        lambda: save_vectors(vectors, tmp_path / "v.bin"),
        lambda: vectors.save_word2vec_format(tmp_path / "v.vec"),
    ):
        with pytest.raises(ValueError, match=message):
            save()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", [keys_only, vectors_only])
def test_rows_that_do_not_fit_are_refused_by_what_changes_them(change):
    for edit in (
        lambda vectors: vectors.add_vector("new", np.ones(SIZE)),
        lambda vectors: vectors.__setitem__("a", np.ones(SIZE)),
        lambda vectors: vectors.sort_by_descending_frequency(),
        lambda vectors: vectors.most_similar("a"),
        lambda vectors: vectors.most_similar_batch(["a"]),
        lambda vectors: vectors.distances("a"),
        lambda vectors: vectors.get_normed_vectors(),
    ):
        vectors = made()
        change(vectors)
        with pytest.raises(ValueError, match=r"there are \d vectors, but \d keys"):
            edit(vectors)


@pytest.mark.parametrize("name", ["save", "most_similar", "rank", "not a name", "__len__", "vectors "])
def test_attributes_that_load_would_refuse_are_left_out_with_a_warning(name, tmp_path):
    vectors = made()
    vars(vectors)[name] = 5
    with pytest.warns(UserWarning, match=f"not saved, as they are no names, or names of methods: '{name}'"):
        KeyedVectors.save(vectors, tmp_path / "v")
    assert contents(KeyedVectors.load(tmp_path / "v")) == contents(made())
    KeyedVectors.save(vectors, tmp_path / "v", ignore=[name])
    assert contents(KeyedVectors.load(tmp_path / "v")) == contents(made())


@pytest.mark.parametrize("key", [None, 2**63, -(2**63) - 1, np.uint64(2**63)])
def test_keys_that_no_file_can_hold_are_refused_at_once(key):
    vectors = KeyedVectors(SIZE)
    for add in (
        lambda: vectors.add_vector(key, np.ones(SIZE)),
        lambda: vectors.add_vectors(["a", key], np.ones((2, SIZE))),
        lambda: vectors.__setitem__(key, np.ones(SIZE)),
    ):
        with pytest.raises(ValueError, match=r"None cannot be a key|must fit in 64 bits"):
            add()
    assert len(vectors) == len(vectors.vectors) == 0


@pytest.mark.parametrize(
    ("keys", "kind", "message"),
    [
        ([("a", "b"), "c"], TypeError, r"keys must be .* to be saved, but one is \('a', 'b'\)"),
        ([True, 5], TypeError, "but one is True"),
        ([2**63, 5], OverflowError, "must fit in 64 bits with sign to be saved; make 9223372036854775808 a str"),
    ],
)
def test_keys_that_the_own_format_cannot_hold(keys, kind, message, tmp_path):
    vectors = made("ab")
    vectors.index_to_key, vectors.key_to_index = keys, {key: row for row, key in enumerate(keys)}
    with pytest.raises(kind, match=message):
        vectors.save(tmp_path / "v")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".txt", ".bin"])
def test_text_holds_keys_of_both_kinds_unless_they_become_the_same(ending, tmp_path):
    vectors = KeyedVectors(SIZE)
    vectors.add_vectors(["a", 1], np.ones((2, SIZE)))
    save_vectors(vectors, tmp_path / f"v{ending}")
    assert load_vectors(tmp_path / f"v{ending}").index_to_key == ["a", "1"]
    vectors.add_vector("1", np.zeros(SIZE))
    for save in (
        lambda: save_vectors(vectors, tmp_path / f"w{ending}"),
        lambda: vectors.save_word2vec_format(tmp_path / f"w{ending}"),
    ):
        with pytest.raises(ValueError, match="the keys 1 and '1' are written alike"):
            save()
    assert not (tmp_path / f"w{ending}").exists()


@pytest.mark.parametrize(
    "keys", [dict.fromkeys("xy").keys(), list(dict.fromkeys("xy")), iter("xy"), np.array(["x", "y"])]
)
def test_keys_in_any_container(keys):
    vectors = made()
    vectors.add_vectors(keys, np.ones((2, SIZE)))
    assert vectors.index_to_key[-2:] == ["x", "y"]


@pytest.mark.parametrize("name", ["index_to_key", "key_to_index", "expandos"])
@pytest.mark.parametrize("value", [None, 5, "abc"])
def test_attributes_of_another_kind_are_refused_when_they_are_assigned(name, value):
    vectors = made()
    with pytest.raises(TypeError, match=f"{name} must be a (list|dict)"):
        setattr(vectors, name, value)
    assert contents(vectors) == contents(made())


def test_a_matrix_of_numpy_becomes_an_array(tmp_path):
    vectors = made("ab")
    with pytest.warns(PendingDeprecationWarning, match="matrix"):
        vectors.vectors = np.matrix([[1.0, 2.0], [2.0, 4.0]])
    assert vectors.similarity("a", "b") == pytest.approx(1)
    assert_saved(vectors, tmp_path)


def test_a_row_without_a_vector_says_so():
    vectors = made()
    vectors_only(vectors)
    with pytest.raises(IndexError, match="the key 'f' has row 5, but there are 2 vectors: assign both"):
        vectors["f"]


# ---- Ctrl-C ----


@pytest.mark.parametrize(
    "change",
    [
        lambda vectors: vectors.add_vectors(["x", "a", "y"], np.ones((3, SIZE)), extras={"n": [1, 2, 3]}),
        lambda vectors: vectors.add_vector("x", np.ones(SIZE)),
        lambda vectors: vectors.__setitem__(["a", "x"], np.ones((2, SIZE))),
        lambda vectors: vectors.sort_by_descending_frequency(),
    ],
)
def test_an_interrupt_leaves_the_state_before_or_after(change):
    def start():
        vectors = made()
        vectors.expandos["count"] = np.arange(6)
        vectors.expandos["n"] = np.zeros(6)
        vectors.fill_norms()
        return vectors

    after = start()
    change(after)
    made_anew = [start()]

    def again():
        made_anew[0] = start()
        change(made_anew[0])

    moments = 0
    for _ in interrupted_everywhere(again):
        moments += 1
        vectors = made_anew[0]
        assert contents(vectors) in (contents(start()), contents(after))
        assert len(vectors) == len(vectors.vectors) == len(vectors.key_to_index)
        assert all(len(values) == len(vectors) for values in vectors.expandos.values())
        vectors.fill_norms()
        np.testing.assert_allclose(vectors.norms, np.linalg.norm(vectors.vectors, axis=1), rtol=1e-6)
    assert moments > 10


# ---- whatever people do ----


class ByHand(RuleBasedStateMachine):
    """Changes of all kinds in any order; a dict of keys says what should be there."""

    @initialize(counts=st.booleans(), reserved=st.integers(0, 3))
    def start(self, counts, reserved):
        self.vectors = KeyedVectors(SIZE, count=reserved)
        self.vectors.add_vectors(["a", "b", "long key"], np.ones((3, SIZE)))
        if counts:
            self.vectors.expandos["count"] = np.arange(len(self.vectors))
        self.rows = {key: [1.0] * SIZE for key in ("a", "b", "long key")}
        self.next = 2.0

    def fresh(self):
        self.next += 1
        return [self.next, 1.0, 0.5]

    @rule(key=WORDS)
    def add(self, key):
        row = self.fresh()
        self.vectors.add_vector(key, row)
        self.rows.setdefault(key, row)

    @rule(keys=st.lists(WORDS, unique=True), replace=st.booleans(), value=st.sampled_from([1, 2.5, True]))
    def add_many(self, keys, replace, value):
        rows = [self.fresh() for _ in keys]
        extras = {f"x{type(value).__name__}": [value] * len(keys)}
        self.vectors.add_vectors(keys, np.reshape(rows, (-1, SIZE)), extras=extras, replace=replace)
        for key, row in zip(keys, rows, strict=True):
            if replace or key not in self.rows:
                self.rows[key] = row

    @rule(key=WORDS)
    def set_item(self, key):
        self.vectors[key] = self.rows[key] = self.fresh()

    @rule(value=st.sampled_from([0, 7, 2.5, True, "tag", None]), data=st.data())
    def set_value(self, value, data):
        if self.rows:
            key = data.draw(st.sampled_from(sorted(self.rows)))
            self.vectors.set_vecattr(key, f"v{type(value).__name__}", value)

    @rule(data=st.data(), values_too=st.booleans())
    def keep_some(self, data, values_too):
        kept = data.draw(st.lists(st.sampled_from(sorted(self.rows)), unique=True)) if self.rows else []
        rows = [self.vectors.key_to_index[key] for key in kept]
        if values_too:
            self.vectors.allocate_vecattrs()
        cut_down(self.vectors, kept)
        if values_too:
            self.vectors.expandos = {name: values[rows] for name, values in self.vectors.expandos.items()}
        self.rows = {key: self.rows[key] for key in kept}

    @rule()
    def cut_the_end_in_place(self):
        self.vectors.vectors = self.vectors.vectors[:2].copy()
        for key in self.vectors.index_to_key[2:]:
            self.vectors.key_to_index.pop(key, None)
            self.rows.pop(key, None)
        del self.vectors.index_to_key[2:]

    @rule(data=st.data())
    def append_a_key_and_resize(self, data):
        if None not in self.vectors.index_to_key:
            key = f"new{len(self.rows)}{data.draw(st.integers(0, 99))}"
            if key not in self.rows:
                self.vectors.key_to_index[key] = len(self.vectors)
                self.vectors.index_to_key.append(key)
                self.vectors.resize_vectors(seed=1)
                self.rows[key] = self.vectors.vectors[-1].tolist()

    @rule()
    def double_in_place(self):
        self.vectors.vectors *= 2
        self.rows = {key: [2 * number for number in row] for key, row in self.rows.items()}

    @rule(dtype=st.sampled_from([np.float16, np.float32, np.float64]))
    def change_dtype(self, dtype):
        self.vectors.vectors = self.vectors.vectors.astype(dtype)

    @rule()
    def sort(self):
        if "count" in self.vectors.expandos and None not in self.vectors.index_to_key:
            self.vectors.sort_by_descending_frequency()

    @rule(force=st.booleans())
    def fill_norms(self, force):
        self.vectors.fill_norms(force)

    @rule(values=st.sampled_from([[1, 2], ["x"], np.arange(3), np.array(["p", "q"])]))
    def assign_values(self, values):
        self.vectors.expandos["mine"] = values

    @rule()
    def drop_values(self):
        self.vectors.expandos = {}

    @rule(name=st.sampled_from(["note", "tags"]), value=st.sampled_from([1, "x", None, [1, {"a": 2.5}], np.arange(3)]))
    def hang_on(self, name, value):
        setattr(self.vectors, name, value)

    @rule()
    def ask(self):
        for key in list(self.rows)[:2]:
            self.vectors.most_similar(key, topn=3)

    @invariant()
    def rows_follow_keys(self):
        if hasattr(self, "rows"):
            assert set(self.vectors.key_to_index) == set(self.rows)
            for key, row in self.rows.items():
                np.testing.assert_allclose(self.vectors[key], row, rtol=2e-3)

    @rule()
    def save_and_load(self):
        assert_saved(self.vectors, self.folder)
        note = getattr(self.vectors, "note", "nothing")
        self.vectors = KeyedVectors.load(self.folder / "own")
        np.testing.assert_equal(getattr(self.vectors, "note", "nothing"), note)

    def teardown(self):
        if hasattr(self, "rows"):
            assert_saved(self.vectors, self.folder)


def test_whatever_is_done_by_hand_is_saved_and_loaded(tmp_path):
    class Here(ByHand):
        folder = tmp_path

    Here.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
    Here.TestCase("runTest").debug()


@pytest.mark.parametrize(
    ("keys", "message"),
    [({"x", "y"}, "a set does not have"), (frozenset("xy"), "a set"), ({"y": 1, "x": 0}, "not a dict")],
)
def test_keys_without_the_order_of_rows_are_refused(keys, message, tmp_path):
    vectors = KeyedVectors(2)
    rows = np.array([[1, 0], [0, 1]], np.float32)
    with pytest.raises(TypeError, match=f"keys must be in the order of the rows.*{message}"):
        vectors.add_vectors(keys, rows)
    assert len(vectors) == 0
    write_tensors(tmp_path / "t", {"weight": rows}, {})
    with pytest.raises(TypeError, match=f"words must be in the order of the rows.*{message}"):
        load_vectors(tmp_path / "t", key="weight", words=keys)
    if isinstance(keys, dict):  # the remedy
        vectors.add_vectors(sorted(keys, key=keys.get), rows)
        assert vectors["x"].tolist() == [1, 0]


def test_rows_of_keys_that_are_no_whole_numbers_are_named(tmp_path):
    for wrong in ("0", True, 1.0):
        wv = KeyedVectors(2)
        wv.add_vectors(["a", "b"], np.eye(2))
        wv.key_to_index["b"] = wrong
        with pytest.raises(TypeError, match=rf"key_to_index\['b'\] must be the number of a row, not {wrong!r}"):
            wv.save(tmp_path / "v")
    wv.key_to_index["b"] = "1"
    for ask in (wv.get_vector, wv.most_similar):
        with pytest.raises(TypeError, match=r"key_to_index\['b'\] must be the number of a row, not '1'"):
            ask("b")


def test_another_vector_size_is_named(tmp_path):
    wv = KeyedVectors(2)
    wv.add_vectors(["a", "b"], np.eye(2))
    wv.vector_size = 3
    for ask in (lambda: wv.most_similar("a"), lambda: wv.most_similar_batch(["a"]), lambda: wv.save(tmp_path / "v")):
        with pytest.raises(ValueError, match=r"vector_size is 3, but vectors have shape \(2, 2\): assign vectors"):
            ask()


def test_lock_factors_that_are_no_numbers_are_named():
    model = Word2Vec([["a", "b"]], vector_size=2, min_count=1, epochs=1, sample=0, seed=1)
    for wrong in ("x", None, np.ones(2, complex), ["1", "1"], [[1], [1, 2]], object()):
        with pytest.raises(TypeError, match=r"vectors_lockf must be numbers, one or one for each word, not "):
            model.wv.vectors_lockf = wrong
    model.train([["a", "b"]], total_examples=1, epochs=1)
