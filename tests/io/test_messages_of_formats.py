"""What is wrong with a file of vectors is said by its name, with the place in it; and what a format cannot hold."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb.vectors import KeyedVectors, load_vectors, save_vectors

VECTORS = np.arange(6, dtype=np.float32).reshape(3, 2)

# ---- a line of JSON for each key ----


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"key": "a", "vector": [1]}\n{"key": "b", "vector": [2], "n": 1}\n', "line 2 has key, vector, n, expected"),
        ('{"key": "a", "vector": [1], "n": 1}\n{"key": "b", "vector": [2]}\n', "line 2 has key, vector, expected"),
        ("\n\n", "there is no line in it"),
        ('{"key": "a"}\n', 'line 1 is no object with "key" and "vector"'),
        ('["key", "vector"]\n', "line 1 is no object"),
        ('{"key": "a", "vector": [1]}\n{"key": "b", "vec', "line 2 is no JSON.*was it cut off"),
        ('{"key": "a", "key": "b", "vector": [1]}\n', "line 1 is no JSON: a name occurs twice"),
        ('{"key": 1.5, "vector": [1]}\n', "line 1: the key '1.5' is neither text nor a whole number"),
        ('{"key": true, "vector": [1]}\n', "line 1: the key 'True' is neither"),
        ('{"key": "a", "vector": "1"}\n', "line 1: the vector is no list of numbers"),
        ('{"key": "a", "vector": [true]}\n', "line 1: the vector is no list of numbers"),
        (f'{{"key": "a", "vector": [1{"0" * 400}]}}\n', "line 1: a number of the vector is too large"),
        ('{"key": "a", "vector": [1]}\n{"key": "b", "vector": [1, 2]}\n', "line 2"),
        ('{"key": "a", "vector": [1]}\n{"key": "a", "vector": [2]}\n', "key 'a' comes twice, as line 1 and 2"),
    ],
)
def test_lines_of_json(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"(?s){path}.*{message}"):
        load_vectors(path, format="jsonl")


def test_lines_of_json_that_never_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text('{"key": "a", "vector": [1, 2]}\n{"key": "b", "vector": [1, 2' + " " * 100)
    monkeypatch.setattr("fastemb.io.formats.json_lines._LONGEST_LINE", 100)
    with pytest.raises(ValueError, match=f"{path}: line 2 is longer than 100 bytes"):
        load_vectors(path)


def test_lines_of_json_in_another_encoding_and_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    path.write_text('{"key": "ä", "vector": [1, 2]}\n', encoding="latin-1")
    with pytest.raises(UnicodeDecodeError, match="line 1 is not utf8: name its encoding by encoding="):
        load_vectors(path)
    assert load_vectors(path, encoding="latin-1").index_to_key == ["ä"]


# ---- tables of Arrow and Parquet ----


def parquet(path: Path, columns: dict[str, Any], names: list[str] | None = None) -> None:
    import pyarrow as pa
    from pyarrow import parquet as files

    table = pa.table([pa.array(value, type=kind) for value, kind in columns.values()], names or list(columns))
    files.write_table(table, path)


def floats(size: int = -1) -> Any:
    import pyarrow as pa

    return pa.list_(pa.float32(), size) if size >= 0 else pa.list_(pa.float32())


def tables() -> list[tuple[dict[str, Any], dict[str, Any], str]]:
    try:
        import pyarrow as pa
    except ImportError:
        return []
    text, key, two = pa.string(), (["a", "b"], pa.string()), ([[1.0], [2.0]], floats())
    return [
        ({"key": (["a", None], text), "vector": two}, {}, "row 2: the key in column 'key' is null: drop the row"),
        ({"key": key, "vector": ([[1.0], None], floats())}, {}, "column 'vector': a vector is null: drop the row"),
        ({"key": key, "vector": ([[1.0], [None]], floats())}, {}, "a number of a vector is null"),
        ({"key": key, "vector": ([[1.0], [1.0, 2.0]], floats())}, {}, "vectors of 1 and of 2 numbers"),
        ({"key": key, "vector": ([[], []], floats())}, {}, "vectors of 0 numbers"),
        ({"key": key, "vector": ([1, 2], pa.int64())}, {}, "column 'vector' has no lists of floats but int64"),
        ({"key": key, "one": two, "two": two}, {}, "several columns may be the one called 'vector': key= names it"),
        ({"key": key, "x": ([1, 2], pa.int64())}, {}, "no column may be the one called 'vector'"),
        ({"key": key, "vector": two}, {"key": "z"}, "there is no column 'z'; its columns: 'key'"),
        ({"key": ([1.5, 2.5], pa.float64()), "vector": two}, {}, "column 'key' has neither text nor whole numbers"),
        ({"one": key, "two": key, "vector": two}, {}, "several columns may be the one called 'key': words= names it"),
        ({"vector": two}, {}, "no column may be the one called 'key'"),
        ({"key": (["a", "a"], text), "vector": two}, {}, "'a'"),
        ({"key": ([], text), "vector": ([], floats())}, {}, "there is no row in it"),
    ]


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
@pytest.mark.parametrize(("columns", "options", "message"), tables())
def test_tables(columns: dict[str, Any], options: dict[str, Any], message: str, ending: str, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    path = tmp_path / f"v.{ending}"
    if ending == "parquet":
        parquet(path, columns)
    else:
        table = pa.table({name: pa.array(value, type=kind) for name, (value, kind) in columns.items()})
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table)
    with pytest.raises(ValueError, match=f"{path}.*{message}"):
        load_vectors(path, **options)


def test_keys_and_vectors_in_other_layouts_of_arrow(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")

    class Named(pa.ExtensionType):  # type: ignore[misc]
        def __init__(self, kind: Any) -> None:
            super().__init__(kind, "fastemb.test")

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage_type: Any, serialized: bytes) -> Any:
            return cls(storage_type)

    values = pa.array([[1.0, 2.0], [3.0, 4.0]], floats(2))
    texts = pa.array(["a", "b"])
    for number, (keys, rows) in enumerate(
        [
            (texts.dictionary_encode(), values),
            (pa.array(["a", "b"], pa.string_view()), values),
            (texts, pa.ExtensionArray.from_storage(Named(values.type), values)),
            (pa.ExtensionArray.from_storage(Named(texts.type), texts), values),
        ]
    ):
        path = tmp_path / f"{number}.arrow"
        table = pa.table({"key": keys, "vector": rows})
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table)
        for is_known in (False, True):  # Arrow gives what a type that it does not know is stored as
            if is_known:
                pa.register_extension_type(Named(values.type))
            try:
                found = load_vectors(path, words="key")
            finally:
                if is_known:
                    pa.unregister_extension_type("fastemb.test")
            assert found.index_to_key == ["a", "b"]
            assert found.vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("ending", ["parquet", "arrow", "npz"])
def test_words_in_place_of_a_column_of_keys(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"v.{ending}"
    if ending == "npz":
        np.savez(path, VECTORS)
    else:
        pytest.importorskip("pyarrow")
        save_vectors(vectors(["x", "y", "z"]), path)
    found = load_vectors(path, words=["a", "b", "c"])
    assert found.index_to_key == ["a", "b", "c"]
    assert found.vectors.shape[0] == 3
    with pytest.raises(ValueError, match="2 words for the 3 rows"):
        load_vectors(path, words=["a", "b"])


@pytest.mark.parametrize("ending", ["parquet", "arrow", "npz"])
def test_integers_as_keys_stay_integers(ending: str, tmp_path: Path) -> None:
    if ending != "npz":
        pytest.importorskip("pyarrow")
    save_vectors(vectors([3, -(2**63), 2**63 - 1]), tmp_path / f"v.{ending}")
    assert load_vectors(tmp_path / f"v.{ending}").index_to_key == [3, -(2**63), 2**63 - 1]


def test_columns_of_one_name_and_others_that_are_not_read(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    key, two = (["a", "b"], pa.string()), ([[1.0], [2.0]], floats(1))
    parquet(tmp_path / "v.parquet", {"key": key, "vector": two, "k": key}, ["key", "vector", "key"])
    with pytest.raises(ValueError, match="two columns are called 'key': rename one"):
        load_vectors(tmp_path / "v.parquet")
    further = {"n": ([1, 2], pa.int64()), "when": ([0, 1], pa.timestamp("s"))}
    parquet(tmp_path / "w.parquet", {"key": key, "vector": two, **further})
    with pytest.warns(UserWarning, match="columns that are neither numbers nor text are not read: when"):
        loaded = load_vectors(tmp_path / "w.parquet")
    assert loaded.get_vecattr("b", "n") == 2


# ---- archives of NumPy ----


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        ({"one": VECTORS, "two": VECTORS, "keys": ["a", "b", "c"]}, {}, "2 arrays are a matrix of floats.*give key="),
        ({"keys": ["a", "b"]}, {}, "no arrays are a matrix of floats, and none is called 'vectors'"),
        ({"vectors": VECTORS, "keys": ["a", "b"]}, {}, r"keys 'keys' of shape \[2\] for vectors of shape \[3, 2\]"),
        ({"vectors": VECTORS}, {}, "no arrays are an array of text or whole numbers.*words="),
        ({"vectors": VECTORS, "keys": ["a", "b", "c"]}, {"key": "z"}, "there is no array 'z'; its arrays: 'vectors'"),
        ({"vectors": VECTORS, "keys": ["a", "b", "a"]}, {}, "'a'"),
        ({"vectors": VECTORS[0], "keys": ["a", "b"]}, {}, "array 'vectors': vectors are a matrix of float16, float32"),
        ({"vectors": VECTORS, "keys": ["a", "b", "c"]}, {"key": "keys"}, "array 'keys': vectors are a matrix"),
    ],
)
def test_archives_of_numpy(arrays: dict[str, Any], options: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=f"{path}.*{message}"):
        load_vectors(path, **options)


def twice(path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("vectors.npy", b"")


def packed_otherwise(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.npy", b"x" * 100, zipfile.ZIP_BZIP2)


def shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def changed_within(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[data.index(VECTORS.tobytes())] ^= 1
    path.write_bytes(data)


def promising_much(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.npy", b"x" * 100)
    data = path.read_bytes()
    sizes = (100).to_bytes(4, "little") * 2
    at = data.rindex(sizes)  # of the directory at the end
    path.write_bytes(data[: at + 4] + (2**31).to_bytes(4, "little") + data[at + 8 :])


def named_in_bytes_that_are_no_text(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[7] |= 8  # the flag of names in UTF-8
    data[31] = 0x92
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (named_in_bytes_that_are_no_text, "array 'vectors': the archive is damaged: 'utf-8' codec can't decode"),
        (promising_much, "array 'more': 2,147,483,648 bytes are promised, and 100 bytes cannot hold them"),
        (twice, "array 'vectors': two arrays have this name"),
        (packed_otherwise, "array 'more': packed in a way that NumPy does not write"),
        (shortened, "the archive is damaged, or was cut off"),
        (changed_within, "array 'vectors': the archive is damaged: Bad CRC"),
    ],
)
def test_damaged_archives_of_numpy(damage: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    np.savez(path, vectors=VECTORS, keys=["a", "b", "c"])
    damage(path)
    with pytest.raises(ValueError, match=f"{path}.*{message}"):
        load_vectors(path)


def test_an_archive_of_many_arrays_is_no_file_of_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v.npz"
    np.savez(path, *[VECTORS] * 12)
    monkeypatch.setattr("fastemb.io.formats.numpy_archive._MOST_ARRAYS", 10)
    with pytest.raises(ValueError, match=f"{path}: 12 arrays, where vectors have some few"):
        load_vectors(path, key="arr_0", words=["a", "b", "c"])


# ---- tables of the projector ----


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("word\tword\na\t1\nb\t2\n", r"m.tsv: line 1: two columns have the same name: word, word"),
        ("a\nb\nc\n", "m.tsv: keys for 3 vectors, and .*v.tsv has 2; one column has no line of names above it"),
        ("word\tn\na\t1\nb\n", "m.tsv: line 3"),
    ],
)
def test_keys_beside_vectors(metadata: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "vectors.tsv").write_text("1\t2\n3\t4\n")
    (tmp_path / "metadata.tsv").write_text("a\nb\n\n\n")  # lines at the end that are empty do not count
    assert load_vectors(tmp_path / "vectors.tsv", format="projector").index_to_key == ["a", "b"]
    (tmp_path / "metadata.tsv").write_text(metadata)
    with pytest.raises(ValueError, match=message.replace("m.tsv", "metadata.tsv").replace("v.tsv", "vectors.tsv")):
        load_vectors(tmp_path / "vectors.tsv", format="projector")


# ---- what a format cannot hold ----


def vectors(names: list[Any], **values: Any) -> KeyedVectors:
    made = KeyedVectors(2)
    made.add_vectors(names, np.ones((len(names), 2)), extras={name: np.asarray(each) for name, each in values.items()})
    return made


@pytest.mark.parametrize(
    ("name", "given", "error", "message"),
    [
        ("v.jsonl", lambda: vectors(["a"], key=[1]), ValueError, "cannot hold values called 'key': rename them"),
        (
            "v.npz",
            lambda: vectors(["a\0", "b"]),
            ValueError,
            r"cannot hold the key 'a\\x00', as null characters at its",
        ),
        (
            "vectors.tsv",
            lambda: vectors([" "]),
            ValueError,
            "cannot hold the key ' ', as lines without text are skipped",
        ),
        ("vectors.tsv", lambda: vectors(["a\tb"]), ValueError, r"cannot hold 'a\\tb', which has a tab in it"),
        (
            "vectors.tsv",
            lambda: vectors(["a\nb"]),
            ValueError,
            r"cannot hold the key 'a\\nb', which has a line end in it",
        ),
        (
            "vectors.tsv",
            lambda: vectors(["\ufeffa"]),
            ValueError,
            "in its first line: it begins like a byte order mark",
        ),
        ("v.jsonl", lambda: vectors([("a", 1)]), TypeError, "keys must be str or int to be saved"),
        ("v.npz", lambda: vectors(["a"], keys=[1]), ValueError, "cannot hold values called 'keys': rename them"),
        ("v.npz", lambda: vectors([("a", 1)]), TypeError, "keys must be str or int to be saved"),
        ("v.npz", lambda: vectors(["a", 1]), ValueError, "keys that are text and keys that are integers together"),
        ("v.npz", lambda: vectors(["a" * 100_000, *map(str, range(300))]), ValueError, "of 100,000 characters"),
        ("v.parquet", lambda: vectors(["a"], vector=[1]), ValueError, "cannot hold values called 'vector': rename"),
        ("v.parquet", lambda: vectors([("a", 1)]), TypeError, "keys must be str or int to be saved"),
        ("v.parquet", lambda: vectors(["a", 1]), ValueError, "keys that are text and keys that are integers together"),
        ("v.parquet", lambda: vectors(["a", "\ud800"]), ValueError, r"hold '\\ud800', which has half a character"),
        ("v.arrow", lambda: vectors(["a", 1]), ValueError, "keys that are text and keys that are integers together"),
    ],
)
def test_what_a_format_cannot_hold(
    name: str, given: Callable[[], KeyedVectors], error: type[Exception], message: str, tmp_path: Path
) -> None:
    if not name.endswith(("jsonl", "npz")):
        pytest.importorskip("pyarrow")
    with pytest.raises(error, match=message):
        save_vectors(given(), tmp_path / name)
    assert not any(tmp_path.iterdir())
