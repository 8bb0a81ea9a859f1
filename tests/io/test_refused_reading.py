"""What readers and writers of formats refuse, and what maps, odd shapes and quantised rows give."""

from __future__ import annotations

import gzip
import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastemb
from fastemb import KeyedVectors
from fastemb.io.formats import npy, word_tokenizer
from fastemb.io.formats.about import Lost
from fastemb.io.formats.word_tokenizer import _translated
from fastemb.io.keys import pack_any_keys, unpack_any_keys, unpack_keys
from fastemb.io.quantised import Int8Rows, ProductRows, read_rows
from fastemb.io.safetensors import read_one, read_tensors, tensor_header, write_tensors
from fastemb.io.user_attributes import pack_attributes, set_attributes, unpack_attributes

WORDS = ["king", "queen", "man"]
VALUES = np.arange(6, dtype=np.float32).reshape(3, 2) / 4


def vectors() -> KeyedVectors:
    made = KeyedVectors(2)
    made.add_vectors(WORDS, VALUES)
    return made


# ---- arrays of NumPy ----


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("mmap", ["r", "c"])
def test_an_array_is_mapped(order: Any, mmap: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.asarray(VALUES, order=order))
    found = fastemb.load_vectors(path, words=WORDS, mmap=mmap)
    assert np.array_equal(found.vectors, VALUES)
    assert found.index_to_key == WORDS


def test_an_array_that_cannot_be_mapped(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, VALUES)
    whole = path.read_bytes()
    packed = tmp_path / "a.npy.gz"
    packed.write_bytes(gzip.compress(whole))
    with pytest.raises(ValueError, match=f"{packed}: a compressed file cannot be mapped"):
        fastemb.load_vectors(packed, words=WORDS, mmap="r")
    path.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match=f"{path}: the file ends early: float32 \\[3, 2\\] needs 24 bytes, 23 follow"):
        fastemb.load_vectors(path, words=WORDS, mmap="r")
    with pytest.raises(ValueError, match=f"{path}: the one array of this file has no name"):
        fastemb.load_vectors(path, words=WORDS, key="x")
    with pytest.raises(ValueError, match="mmap must be None, 'r', 'r\\+' or 'c', not 'w'"):
        fastemb.load_vectors(path, words=WORDS, mmap="w")  # type: ignore[arg-type]


def saved(array: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    np.save(file, array, **options)
    file.seek(0)
    return file


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(3, "V0"), "damaged, or holds no numbers"),
        (np.zeros(3, [("ж", "<f4")]), "names of fields that are not ASCII"),
        (np.array([None, 1]), "an array of objects is a pickle"),
    ],
)
@pytest.mark.filterwarnings("ignore:Stored array in format")
def test_arrays_without_numbers(array: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^here: .*{message}"):
        npy.read_header("here", saved(array))


def test_an_array_of_unknown_length_grows_as_it_is_read() -> None:
    many = np.arange(1_500_000, dtype=np.float64).reshape(-1, 2)
    file = saved(many)
    header = npy.read_header("here", file)
    assert np.array_equal(npy.read_array("here", file, header, None), many)
    file.seek(0)
    header = npy.read_header("here", file)
    with pytest.raises(ValueError, match="here: the file ends early, within the array"):
        npy.read_array("here", io.BytesIO(file.read(400)), header, None)
    file.seek(0)
    header = npy.read_header("here", file)
    with pytest.raises(ValueError, match="here: more follows after the array"):
        npy.read_array("here", io.BytesIO(file.read() + b"x"), header, None)


def test_an_array_without_rows_is_mapped(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.empty((0, 3), np.float32))
    with open(path, "rb") as file:
        found = npy.map_array(str(path), npy.read_header(str(path), file), file.tell(), "r")
    assert (found.shape, found.dtype) == ((0, 3), np.float32)


def test_an_array_without_rows() -> None:
    file = io.BytesIO()
    npy.write_array(file, np.empty((0, 3), np.float32))
    file.seek(0)
    assert np.load(file).shape == (0, 3)


# ---- files of vectors in another place or form ----


def test_what_is_packed_or_has_keys_of_its_own(tmp_path: Path) -> None:
    path, packed, text = tmp_path / "v.safetensors", tmp_path / "v.safetensors.gz", tmp_path / "v.txt"
    vectors().save(path)
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(ValueError, match=f"{packed}: fastemb's own files are not read while they are packed: unpack"):
        fastemb.load_vectors(packed)
    fastemb.save_vectors(vectors(), text)
    for options in ({"key": "x"}, {"words": WORDS}):
        with pytest.raises(
            ValueError, match="word2vec text format, which has its keys in it: leave key= and words= out"
        ):
            fastemb.load_vectors(text, **options)
    text.write_text(text.read_text().replace(" ", "\t").replace("3\t2", "3 2"))
    with pytest.raises(ValueError, match=r"line 2: a tab follows the key b'king', where a space must stand"):
        fastemb.load_vectors(text)


@pytest.mark.parametrize("load", [KeyedVectors.load, fastemb.Word2Vec.load, fastemb.Item2Vec.load])
def test_a_pipe_is_no_file_of_a_model(load: Callable[[Path], Any], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(
        ValueError, match=f"{tmp_path / 'pipe'}: a pipe can be read once only, and this takes more: save"
    ):
        load(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        (r"\w+\W", "ab, c.d e\u0301", ["ab,", "c.", "d ", "e\u0301"]),
        (r"[^\W\d]+", "ab1c_d é2", ["ab", "c_d", "é"]),
        (r"(?u)\b\w\w+\b", "a bc d_e", ["bc", "d_e"]),
    ],
)
def test_patterns_of_python_mean_the_same_to_the_library(pattern: str, text: str, words: list[str]) -> None:
    regex = pytest.importorskip("tokenizers").Regex(_translated(pattern))
    splitter = pytest.importorskip("tokenizers").pre_tokenizers.Split(regex, "removed", invert=True)
    assert [found for found, _ in splitter.pre_tokenize_str(text)] == words == re.findall(pattern, text)


def test_a_tokenizer_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_tokenizer, "_LONGEST_BYTES", 10)
    (tmp_path / "tokenizer.json").write_text("{}" + " " * 10)
    with pytest.raises(ValueError, match=f"{tmp_path / 'tokenizer.json'}: larger than 10 bytes, of which no such file"):
        word_tokenizer.read_json(str(tmp_path / "tokenizer.json"), 100)


# ---- Arrow ----


def test_arrow_files_are_mapped_from_one_piece(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    path = tmp_path / "v.arrow"
    fastemb.save_vectors(vectors(), path)
    found = fastemb.load_vectors(path, mmap="r")
    assert np.array_equal(found.vectors, VALUES)
    assert list(found.index_to_key) == WORDS
    with pytest.raises(ValueError, match=f"{path}: Arrow files are mapped read-only: give mmap='r'"):
        fastemb.load_vectors(path, mmap="r+")
    rows = pa.FixedSizeListArray.from_arrays(pa.array(VALUES.ravel()), 2)
    batch = pa.record_batch({"key": pa.array(WORDS), "vector": rows})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, batch.schema) as writer:
        writer.write_batch(batch)
        writer.write_batch(pa.record_batch({"key": pa.array(["a", "b", "c"]), "vector": rows}))
    with pytest.raises(ValueError, match=f"{path}: its vectors are in 2 pieces"):
        fastemb.load_vectors(path, mmap="r")
    assert len(fastemb.load_vectors(path)) == 6


def test_columns_are_chosen_by_name_or_refused(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "v.parquet"
    one, two = [[0.0, 1.0]] * 2, [[2.0, 3.0]] * 2
    table = pa.table({"a": one, "b": two, "name": ["x", "y"], "other": ["u", "v"]})
    parquet.write_table(table, path)
    with pytest.raises(ValueError, match=f"{path}: several columns may be the one called 'vector': key= names it"):
        fastemb.load_vectors(path)
    with pytest.raises(ValueError, match="several columns may be the one called 'key': words= names it"):
        fastemb.load_vectors(path, key="a")
    with pytest.raises(ValueError, match=f"{path}: there is no column 'c'; its columns: 'a'"):
        fastemb.load_vectors(path, key="c")
    with pytest.raises(ValueError, match="column 'name' has no lists of floats but string"):
        fastemb.load_vectors(path, key="name")
    with pytest.warns(UserWarning, match="columns that are neither numbers nor text are not read: a"):
        found = fastemb.load_vectors(path, key="b", words="other")
    assert found.index_to_key == ["u", "v"]
    assert np.array_equal(found["v"], [2, 3])


# ---- safetensors, keys, attributes ----


def test_what_a_safetensors_file_cannot_hold() -> None:
    with pytest.raises(TypeError, match="metadata must be strings"):
        tensor_header([], {"a": 1})  # type: ignore[dict-item]
    for name in ("__metadata__", 3):
        with pytest.raises(TypeError, match="an array cannot be called"):
            tensor_header([(name, VALUES)], {})  # type: ignore[list-item]
    with pytest.raises(TypeError, match="cannot store the array 'a' of dtype complex128"):
        tensor_header([("a", VALUES.astype(np.complex128))], {})


def renamed(whole: bytes, dtype: str, other: str) -> bytes:
    """A safetensors file whose header says another dtype."""
    length = int.from_bytes(whole[:8], "little")
    header = whole[8 : 8 + length].decode().rstrip().replace(f'"{dtype}"', f'"{other}"').encode()
    return len(header).to_bytes(8, "little") + header + whole[8 + length :]


def test_arrays_of_dtypes_that_numpy_has_not(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_tensors(path, {"a": np.array([1, 2], np.uint8), "b": np.array([0x3F80, 0x4000], np.uint16)}, {})
    whole = path.read_bytes()
    path.write_bytes(renamed(whole, "U16", "XYZ"))
    with pytest.raises(ValueError, match=f"{path}: damaged header: array 'b' has the unknown dtype 'XYZ'"):
        read_tensors(path)
    path.write_bytes(renamed(whole, "U8", "F8_E4M3"))
    with pytest.raises(ValueError, match=f"{path}: the array 'a' has the dtype 'F8_E4M3', which NumPy has not"):
        read_one(path, "a")
    path.write_bytes(renamed(whole, "U16", "XYZ"))
    with pytest.raises(ValueError, match=f"{path}: damaged header: array 'b' has the unknown dtype 'XYZ'"):
        read_one(path, "a")
    with pytest.raises(ValueError, match="mmap must be None"):
        read_tensors(path, "w")


def test_keys_of_mixed_kinds() -> None:
    keys = ["a", ("b", np.int64(3)), None, 1.5]
    arrays, kind = pack_any_keys(keys, "items", "")
    assert kind == "json"
    assert list(unpack_any_keys("f", arrays, kind)) == ["a", ("b", 3), None, 1.5]
    with pytest.raises(ValueError, match="f: the keys are of mixed kinds"):
        unpack_keys("f", arrays, kind)
    with pytest.raises(TypeError, match="items: a file holds str, numbers and tuples of them, not b'x'"):
        pack_any_keys([b"x"], "items", "")
    damaged, _ = pack_any_keys(['{"a": 1}'], "items", "")
    with pytest.raises(ValueError, match="a key is an object"):
        unpack_any_keys("f", damaged, "json")


def test_attributes_that_are_no_attributes() -> None:
    with pytest.warns(UserWarning, match="not saved, as they are neither plain values nor arrays of numbers: odd"):
        text, arrays = pack_attributes({"odd": object(), "plain": [1, (2,)], "many": VALUES}, "own.")
    assert unpack_attributes("f", text, arrays, "own.").keys() == {"plain", "many"}
    for damaged in ("[1]", "{"):
        with pytest.raises(ValueError, match="f: damaged attributes: "):
            unpack_attributes("f", damaged, {}, "own.")
    for name in ("most_similar", "no name", "__class__", "vectors"):
        with pytest.raises(ValueError, match=f"f: damaged attributes: {name!r} cannot be one"):
            set_attributes("f", vectors(), {name: 1}, {"vectors"})


@pytest.mark.parametrize("value", [[-1.0], ["x"], [1.0, 1.0], None])
def test_lock_factors_of_a_file_are_checked_when_they_are_read(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^f: damaged attributes: wv\.vectors_lockf"):
        set_attributes("f", vectors(), {"vectors_lockf": value}, set())


# ---- what is lost ----


@pytest.mark.parametrize(
    ("lost", "text"),
    [
        (Lost(), ""),
        (Lost(values=("a", "b")), "values of each key (a, b)"),
        (Lost(attributes=tuple("abcdefghijkl")), "attributes (a, b, c, d, e, f, g, h, i, j and 2 more)"),
        (
            Lost(integers=1200, precision="float64 to float32", order=True),
            "that 1,200 keys are integers, which are text now; digits of the vectors (float64 to float32); "
            "the order of the keys, which is that of their counts now",
        ),
    ],
)
def test_what_a_format_loses_is_told(lost: Lost, text: str) -> None:
    assert str(lost) == text
    assert bool(lost) == bool(text)


@pytest.mark.parametrize(
    ("dtype", "name", "message"),
    [
        ("int8", "v.txt", "int8 takes more than a change of dtype"),
        ("float8", "v.txt", "dtype must be 'float16', 'float32' or 'float64', not 'float8'"),
        ("float64", "v.bin", "cannot hold float64; these formats can: fastemb"),
        ("float16", "v.npz", "float16 cannot hold the vector of 'queen': its numbers are too large"),
    ],
)
def test_dtypes_that_are_not_written(dtype: str, name: str, message: str, tmp_path: Path) -> None:
    kv = vectors()
    kv.vectors[1] = 1e6
    with pytest.raises(ValueError, match=message):
        fastemb.save_vectors(kv, tmp_path / name, dtype=dtype)
    assert not list(tmp_path.iterdir())


# ---- quantised rows ----


def int8_rows() -> Int8Rows:
    return Int8Rows(np.array([[1, -2], [3, 4], [0, 127]], np.int8), np.array([1, 2, 0.5], np.float32))


def product_rows(lengths: bool) -> ProductRows:
    rng = np.random.default_rng(1)
    codes, centroids = rng.integers(0, 256, (3, 2), np.uint8), rng.standard_normal((2, 256, 2), np.float32)
    both = (np.array([0, 5, 255], np.uint8), np.arange(256, dtype=np.float32)) if lengths else (None, None)
    return ProductRows(codes, centroids, *both)


@pytest.mark.parametrize("make", [int8_rows, lambda: product_rows(True), lambda: product_rows(False)])
def test_quantised_rows_answer_as_their_array_does(make: Callable[[], Any]) -> None:
    rows = make()
    array = np.asarray(rows)
    other = np.arange(array.shape[1], dtype=np.float32) + 1
    assert np.allclose(rows @ other, array @ other)
    parts: list[Any] = [1, -1, slice(1, 3), [2, 0], (1, 0), (slice(0, 2), 1), (slice(None), slice(0, 1))]
    for index in [*parts, array[:, 0] > 0]:
        assert np.array_equal(np.asarray(rows[index]), array[index])
    assert rows[[]].shape == (0, array.shape[1])
    assert np.array_equal(np.asarray(rows.reordered(np.array([2, 0, 1]))), array[[2, 0, 1]])
    assert rows.nbytes == sum(part.nbytes for part in rows.tensors().values())
    assert rows.astype(np.float64).dtype == np.float64
    assert rows.any()
    with pytest.raises(ValueError, match="only by a copy"):
        np.array(rows, copy=False)
    with pytest.raises(TypeError, match="quantised vectors cannot be changed"):
        rows[0] = 1
    with pytest.raises(AttributeError, match="quantised vectors have no attribute 'mean'"):
        rows.mean()
    with pytest.raises(IndexError):
        rows[3]
    again = read_rows(rows.precision, rows.tensors())
    assert np.array_equal(np.asarray(again), array)


@pytest.mark.parametrize(
    ("rows", "name", "value", "message"),
    [
        ("int8", "vectors", None, "the int8 vectors are missing"),
        ("int8", "vectors", VALUES, "the int8 vectors are missing"),
        ("int8", "vectors.scale", None, "the scales of the int8 vectors are missing"),
        ("int8", "vectors.scale", np.ones(2, np.float32), "do not fit the 3 rows"),
        ("int8", "vectors.scale", np.array([1, np.nan, 1], np.float32), "the scales .* hold NaN or infinity"),
        ("pq", "vectors", None, "the codes of the vectors are missing"),
        ("pq", "vectors.centroids", None, "the centroids are missing"),
        ("pq", "vectors.centroids", np.ones((3, 256, 2), np.float32), "do not fit the 2 codes of a row"),
        ("pq", "vectors.centroids", np.full((2, 256, 2), np.inf, np.float32), "the centroids .* hold NaN"),
        ("pq", "vectors.length_codes", None, "the codes of the lengths are missing"),
        ("pq", "vectors.length_codes", np.ones(2, np.uint8), "do not fit the 3 rows"),
        ("pq", "vectors.lengths", None, "the lengths are missing or are not 256"),
        ("pq", "vectors.lengths", np.ones(255, np.float32), "the lengths are missing or are not 256"),
        ("pq", "vectors.lengths", np.full(256, -np.inf, np.float32), "the lengths .* hold NaN or infinity"),
    ],
)
def test_quantised_rows_that_do_not_fit(rows: str, name: str, value: Any, message: str) -> None:
    tensors = (int8_rows() if rows == "int8" else product_rows(True)).tensors()
    assert read_rows(rows, tensors).tensors().keys() == tensors.keys()
    tensors[name] = value
    with pytest.raises(ValueError, match=message):
        read_rows(rows, {key: array for key, array in tensors.items() if array is not None})
    with pytest.raises(ValueError, match="quantised in a way that is unknown here: 'int4'"):
        read_rows("int4", tensors)
