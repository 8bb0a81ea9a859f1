"""KeyedVectors to files and back."""

import io
import json

import numpy as np
import pytest

from fastemb.io import write_tensors
from fastemb.vectors import KeyedVectors, load_vectors, save_vectors


def made(keys=("a", "b c", "", "ж\n"), counts=(1, 5, 3, 5)):
    padded = np.random.default_rng(0).normal(size=(len(keys), 16)).astype(np.float32)
    return KeyedVectors._from_arrays(list(keys), padded[:, :5], np.array(counts))


def assert_equal(a, b):
    assert a.index_to_key == b.index_to_key
    assert a.key_to_index == b.key_to_index
    assert a.vectors.tobytes() == b.vectors.tobytes()
    assert a.vectors.dtype == b.vectors.dtype


@pytest.mark.parametrize("mmap", [None, "r"])
@pytest.mark.parametrize("keys", [("a", "b c", "", "ж\n"), (5, -3, 2**40, 0)])
def test_own_format(tmp_path, mmap, keys):
    vectors = made(keys)
    vectors.set_vecattr(keys[1], "score", 0.5)
    vectors.set_vecattr(keys[2], "flag", True)
    vectors.save(tmp_path / "v")
    loaded = KeyedVectors.load(str(tmp_path / "v"), mmap=mmap)
    assert_equal(loaded, vectors)
    assert loaded.expandos.keys() == vectors.expandos.keys()
    for name, values in vectors.expandos.items():
        np.testing.assert_array_equal(loaded.expandos[name], values)
    assert loaded.vectors.flags.writeable == (mmap is None)
    loaded.add_vector("new" if keys[0] == "a" else 7, np.ones(5))
    assert len(loaded) == 5
    assert_equal(KeyedVectors.load(tmp_path / "v"), vectors)


def test_empty_and_other_dtypes(tmp_path):
    for dtype in (np.float16, np.float64):
        vectors = KeyedVectors(3, dtype=dtype)
        vectors.save(tmp_path / "v")
        assert_equal(KeyedVectors.load(tmp_path / "v"), vectors)
        assert_equal(KeyedVectors.load(tmp_path / "v", mmap="r"), vectors)


def test_own_attributes_and_values_of_keys_come_back(tmp_path):
    vectors = made()
    vectors.note, vectors.nested, vectors.numbers = "mine", {"a": [1, 2.5, None]}, np.arange(4)
    vectors.pair = (1, 2)
    for key, tag in zip(vectors.index_to_key, ["noun", None, 3, ["x"]], strict=True):
        vectors.set_vecattr(key, "tag", tag)
    vectors.save(tmp_path / "v", ignore=["nested"])
    loaded = KeyedVectors.load(tmp_path / "v")
    assert loaded.note == "mine"
    assert loaded.pair == [1, 2]
    np.testing.assert_array_equal(loaded.numbers, np.arange(4))
    assert not hasattr(loaded, "nested")
    assert loaded.expandos["tag"].tolist() == ["noun", None, 3, ["x"]]


def test_what_is_not_plain_is_left_out_with_a_warning(tmp_path):
    vectors = made()
    vectors.tool = open  # a function
    vectors.keys_of = {1: 2}
    vectors.set_vecattr("a", "thing", {1, 2})
    with pytest.warns(UserWarning, match=r"not saved.*: (tool, keys_of|thing)") as caught:
        vectors.save(tmp_path / "v")
    assert len(caught) == 2
    assert {warning.filename for warning in caught} == {__file__}
    loaded = KeyedVectors.load(tmp_path / "v")
    assert not hasattr(loaded, "tool")
    assert set(loaded.expandos) == {"count"}


class Named(KeyedVectors):
    """A subclass with arguments of its own."""

    kind = "plain"

    def __init__(self, name, kind):
        super().__init__(5)
        self.name = name
        self.kind = kind

    def hello(self):
        return self.name


def test_subclasses_with_other_arguments(tmp_path):
    vectors = Named("wiki", "rare")
    vectors.add_vectors(["a", "b"], np.ones((2, 5)))
    vectors.save(tmp_path / "v")
    loaded = Named.load(tmp_path / "v")
    assert type(loaded) is Named
    assert (loaded.hello(), loaded.kind, loaded.vector_size) == ("wiki", "rare", 5)
    assert_equal(loaded, vectors)


@pytest.mark.parametrize("name", ["vectors", "save", "key_to_index", "_store", "__class__", "hello", "not a name"])
def test_a_file_cannot_replace_what_the_class_has(tmp_path, name):
    vectors = Named("wiki", "rare")
    vectors.add_vectors(["a", "b"], np.ones((2, 5)))
    tensors, metadata = vectors._packed(set())
    about = {"format": "fastemb.KeyedVectors", "version": "1"}
    for own in ({"own": json.dumps({name: 1})}, {"own": "[1]"}, {"own": "{"}):
        write_tensors(tmp_path / "v", tensors, {**metadata, **about, **own})
        with pytest.raises(ValueError, match="damaged attributes"):
            Named.load(tmp_path / "v")
    write_tensors(tmp_path / "v", {**tensors, f"own.{name}": np.ones(3)}, {**metadata, **about})
    with pytest.raises(ValueError, match="damaged attributes"):
        Named.load(tmp_path / "v")
    for values in ('{"tag": 3}', '{"tag": ["x"]}', '["tag"]'):
        write_tensors(tmp_path / "v", tensors, {**metadata, **about, "attributes": values})
        with pytest.raises(ValueError, match=r"does not fit|damaged attributes"):
            Named.load(tmp_path / "v")


def test_gensims_arguments_of_save(tmp_path, recwarn):
    vectors = made()
    vectors.save(tmp_path / "v", separately=None, sep_limit=10 * 1024**2, ignore=frozenset(), pickle_protocol=4)
    assert len(recwarn) == 0
    for option in ({"separately": ["vectors"]}, {"sep_limit": 0}, {"pickle_protocol": 5}):
        with pytest.warns(UserWarning, match="have no effect: everything goes to one file") as caught:
            vectors.save(tmp_path / "w", **option)
        assert caught[0].filename == __file__
    with open(tmp_path / "x", "wb") as file:
        file.write(b"")
        vectors.save(file)
    buffer = io.BytesIO()
    vectors.save(buffer)
    assert (tmp_path / "v").read_bytes() == (tmp_path / "w").read_bytes() == (tmp_path / "x").read_bytes()
    assert (tmp_path / "v").read_bytes() == buffer.getvalue()


def test_mapped_vectors_can_be_changed_in_the_file_or_in_memory(tmp_path):
    made().save(tmp_path / "v")
    KeyedVectors.load(tmp_path / "v", mmap="c").vectors[0] = 7
    assert (KeyedVectors.load(tmp_path / "v").vectors != 7).all()
    mapped = KeyedVectors.load(tmp_path / "v", mmap="r+")
    mapped.vectors[0] = 7
    del mapped
    assert (KeyedVectors.load(tmp_path / "v").vectors[0] == 7).all()
    for wrong in ("w+", True, "rw"):
        with pytest.raises(ValueError, match="mmap must be"):
            KeyedVectors.load(tmp_path / "v", mmap=wrong)


CHANGES = {
    "setting": lambda vectors, _: vectors.__setitem__("a", np.ones(5)),
    "replacing": lambda vectors, _: vectors.add_vectors(["new", "a"], np.ones((2, 5)), replace=True),
    "scaling": lambda vectors, _: vectors.unit_normalize_all(),
    "intersecting": lambda vectors, path: vectors.intersect_word2vec_format(path),
}


@pytest.mark.parametrize("change", CHANGES)
def test_vectors_that_are_mapped_read_only_say_how_to_change_them(tmp_path, change):
    made(("a", "b", "c", "d")).save_word2vec_format(tmp_path / "text")
    made().save(tmp_path / "v")
    before = (tmp_path / "v").read_bytes()
    mapped = KeyedVectors.load(tmp_path / "v", mmap="r")
    with pytest.raises(ValueError, match=r"read-only.*load with mmap='c'.*vectors = vectors.copy\(\)"):
        CHANGES[change](mapped, tmp_path / "text")
    assert_equal(mapped, made())
    with pytest.raises(ValueError, match="read-only"):
        mapped.vectors[0] = 1
    mapped.vectors = mapped.vectors.copy()
    for writeable in (mapped, KeyedVectors.load(tmp_path / "v", mmap="c")):
        CHANGES[change](writeable, tmp_path / "text")
    assert (tmp_path / "v").read_bytes() == before


def test_mapped_vectors_take_new_keys_and_another_order(tmp_path):
    made().save(tmp_path / "v")
    mapped = KeyedVectors.load(tmp_path / "v", mmap="r")
    mapped.add_vector("new", np.ones(5))
    mapped.sort_by_descending_frequency()
    assert mapped["new"].tolist() == [1] * 5
    assert_equal(KeyedVectors.load(tmp_path / "v"), made())


def test_deleted_vectors_are_gone_until_there_are_new_ones():
    vectors = made()
    del vectors.vectors
    assert not hasattr(vectors, "vectors")
    vectors.vectors = np.ones((4, 5), np.float32)
    assert vectors.similarity("a", "b c") == 1


def test_what_cannot_be_saved(tmp_path):
    with pytest.raises(TypeError, match="keys must be"):
        made(("a", 1.5, "b", "c")).save(tmp_path / "v")
    assert list(tmp_path.iterdir()) == []


def test_loading_something_else(tmp_path):
    rows = {"vectors": np.ones((2, 3), np.float32), "keys": np.array([1, 2])}
    about = {"format": "fastemb.KeyedVectors", "version": "1", "key_type": "int"}
    for tensors, metadata, message in [
        (rows, {}, "no file of vectors"),
        (rows, {**about, "version": "9"}, "newer"),
        ({**rows, "keys": np.array([1])}, about, "do not fit"),
        ({**rows, "keys": np.array([1, 1])}, about, "twice"),
        ({**rows, "attribute.x": np.ones(3)}, about, "'x' does not fit"),
        ({"keys": rows["keys"]}, about, "missing"),
        ({"vectors": rows["vectors"]}, about, "keys are missing"),
    ]:
        write_tensors(tmp_path / "v", tensors, metadata)
        with pytest.raises(ValueError, match=message):
            KeyedVectors.load(tmp_path / "v")
    with pytest.raises(ValueError, match="mmap"):
        KeyedVectors.load(tmp_path / "v", mmap="w")


@pytest.mark.parametrize("binary", [False, True])
def test_word2vec_format_sorts_by_count(tmp_path, binary):
    vectors = made(("a", "b", "c", "d"))
    vectors.save_word2vec_format(tmp_path / "v", fvocab=tmp_path / "counts", binary=binary)
    assert (tmp_path / "counts").read_bytes() == b"b 5\nd 5\nc 3\na 1\n"
    loaded = KeyedVectors.load_word2vec_format(tmp_path / "v", binary=binary)
    assert loaded.index_to_key == ["b", "d", "c", "a"]
    assert loaded.expandos["count"].tolist() == [4, 3, 2, 1]
    for key in "abcd":
        assert loaded[key].tobytes() == vectors[key].tobytes()
    loaded = KeyedVectors.load_word2vec_format(tmp_path / "v", fvocab=tmp_path / "counts", binary=binary)
    assert loaded.expandos["count"].tolist() == [5, 5, 3, 1]
    assert vectors.index_to_key == ["a", "b", "c", "d"]


def test_word2vec_options(tmp_path):
    vectors = made(("a", "b", "c", "d"))
    vectors.save_word2vec_format(tmp_path / "v", total_vec=9, prefix="*", sort_attr="none")
    first = (tmp_path / "v").read_text().splitlines()
    assert first[0] == "9 5"
    assert [line.split()[0] for line in first[1:]] == ["*a", "*b", "*c", "*d"]
    vectors.save_word2vec_format(tmp_path / "v", write_header=False, append=True)
    assert len((tmp_path / "v").read_text().splitlines()) == 9
    with pytest.raises(ValueError, match="fvocab"):
        vectors.save_word2vec_format(tmp_path / "v", fvocab=tmp_path / "c", sort_attr="none")
    with pytest.raises(ValueError, match="'b c'"):
        made().save_word2vec_format(tmp_path / "v")
    (tmp_path / "c").write_text("a 5\n")
    (tmp_path / "v").write_text("a 1\nb 2\n")
    with pytest.warns(UserWarning, match="c lacks 1 keys, which get the count 0: 'b'"):
        loaded = KeyedVectors.load_word2vec_format(tmp_path / "v", tmp_path / "c", no_header=True, datatype=np.float64)
    assert loaded.expandos["count"].tolist() == [5, 0]
    assert loaded.vectors.dtype == np.float64
    with pytest.raises(ValueError, match="limit must be at least 0, not -1"):
        KeyedVectors.load_word2vec_format(tmp_path / "v", no_header=True, limit=-1)
    with pytest.raises(NotImplementedError, match="need their header"):
        KeyedVectors.load_word2vec_format(tmp_path / "v", no_header=True, binary=True)


@pytest.mark.parametrize("binary", [False, True])
def test_intersecting(tmp_path, binary):
    other = made(("z", "b", "a"), (1, 1, 1))
    other.save_word2vec_format(tmp_path / "v", binary=binary)
    vectors = made(("a", "b", "c", "d"))
    kept = vectors["c"].copy()
    vectors.fill_norms()
    vectors.intersect_word2vec_format(tmp_path / "v", lockf=0.5, binary=binary)
    assert vectors["a"].tobytes() == other["a"].tobytes()
    assert vectors["c"].tolist() == kept.tolist()
    assert vectors.vectors_lockf.tolist() == [0.5, 0.5, 1, 1]
    assert vectors.norms is None
    (tmp_path / "v").write_text("1 2\na 1 2\n")
    with pytest.raises(ValueError, match="2 dimensions, expected 5"):
        vectors.intersect_word2vec_format(tmp_path / "v")


def test_vectors_for_all():
    vectors = made(("a", "b", "c", "d"))
    chosen = vectors.vectors_for_all(["c", "zz", "a", "c"])
    assert chosen.index_to_key == ["c", "a"]
    np.testing.assert_array_equal(chosen.vectors, vectors[["c", "a"]])
    assert chosen.expandos["count"].tolist() == [2, 1]
    assert vectors.vectors_for_all(["c", "a"], copy_vecattrs=True).expandos["count"].tolist() == [3, 1]


@pytest.mark.parametrize("name", ["v.txt", "v.vec", "v.bin", "v.safetensors", "v"])
def test_any_format(tmp_path, name):
    vectors = made(("a", "b", "c"), (3, 2, 1))
    save_vectors(vectors, tmp_path / name)
    assert_equal(load_vectors(tmp_path / name), vectors)
    assert_equal(KeyedVectors.load(tmp_path / name), vectors)


@pytest.mark.parametrize("name", ["v.txt", "v.vec", "v.bin"])
@pytest.mark.parametrize("mmap", ["r", "r+", "c"])
def test_only_files_in_the_own_format_are_mapped_and_others_say_how(tmp_path, name, mmap):
    save_vectors(made(("a", "b", "c"), (3, 2, 1)), tmp_path / name)
    with pytest.raises(ValueError, match=r"load this one without mmap, write it with save\(\), and map that"):
        KeyedVectors.load(tmp_path / name, mmap=mmap)
    KeyedVectors.load(tmp_path / name).save(tmp_path / "own")
    assert_equal(KeyedVectors.load(tmp_path / "own", mmap=mmap), KeyedVectors.load(tmp_path / name))


def test_a_subclass_loads_any_format_as_itself(tmp_path):
    save_vectors(made(("a", "b", "c"), (3, 2, 1)), tmp_path / "v.txt")
    loaded = Named.load(tmp_path / "v.txt")
    assert type(loaded) is Named
    assert loaded.kind == "plain"


def test_any_format_without_header_or_not_at_all(tmp_path):
    (tmp_path / "v").write_text("a 1.5 2\nb 3 4\n")
    assert load_vectors(tmp_path / "v").vectors.tolist() == [[1.5, 2], [3, 4]]
    for content in (b"", b"\x80\x04pickled", b"just words", b"\0\1\2\3"):
        (tmp_path / "v").write_bytes(content)
        with pytest.raises(ValueError, match="v"):
            load_vectors(tmp_path / "v")


@pytest.mark.parametrize("binary", [False, True])
def test_any_format_with_a_brace_where_own_files_have_one(tmp_path, binary):
    keys = ["{", *map(str, range(199))]
    rows = np.arange(200 * 100, dtype=np.float32).reshape(200, 100)
    KeyedVectors._from_arrays(keys, rows).save_word2vec_format(tmp_path / "v", binary=binary)
    assert (tmp_path / "v").read_bytes().startswith(b"200 100\n{ ")
    loaded = load_vectors(tmp_path / "v")
    assert loaded.index_to_key == keys
    assert loaded.vectors.tolist() == rows.tolist()


def test_an_own_file_cut_short_in_its_header_is_recognised(tmp_path):
    made().save(tmp_path / "v")
    (tmp_path / "v").write_bytes((tmp_path / "v").read_bytes()[:100])
    with pytest.raises(ValueError, match="ends within its header"):
        load_vectors(tmp_path / "v")


def test_older_methods():
    vectors = made()
    with pytest.warns(DeprecationWarning, match="get_vector"):
        assert vectors.word_vec("a").tolist() == vectors["a"].tolist()
    with pytest.warns(DeprecationWarning, match="fill_norms"):
        vectors.init_sims(replace=True)
    assert vectors.norms.tolist() == [1, 1, 1, 1]
    vectors.add_lifecycle_event("tested", by="me")
    assert vectors.lifecycle_events[0]["event"] == "tested"
    with pytest.raises(NotImplementedError, match=r"use model.similarity_unseen_docs of a Doc2Vec model"):
        vectors.similarity_unseen_docs()
