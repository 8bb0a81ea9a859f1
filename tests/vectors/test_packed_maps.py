"""Vectors of a map whose keys stay packed: they answer and change as vectors in memory do, and unpack when asked."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastemb import KeyedVectors, load_vectors
from fastemb.io.packed_keys import PackedRows
from fastemb.io.safetensors import read_tensors, write_tensors

KEYS = [f"w{row}" for row in range(40)] + ["", "é", "🙂", "a b\n", "\udc80", "W1", "w_1"]
TEXTS = st.lists(st.text(max_size=4), min_size=1, max_size=20, unique=True)


def written(path: Path, keys: list[Any]) -> Path:
    vectors = KeyedVectors(4)
    vectors.add_vectors(keys, np.random.default_rng(0).standard_normal((len(keys), 4), np.float32))
    vectors.set_vecattr(keys[0], "count", 5)
    vectors.save(path)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "some.safetensors", KEYS)


def is_packed(vectors: KeyedVectors) -> bool:
    return vectors._store.packed is not None


LEAVE: dict[str, Callable[[KeyedVectors], Any]] = {  # what needs some keys only
    "one": lambda wv: wv["é"].tolist(),
    "several": lambda wv: wv[["w1", "\udc80", 3]].tolist(),
    "part": lambda wv: wv[2:4].tolist(),
    "rows": lambda wv: [wv.get_index(key, -1) for key in ("", "🙂", "none", 3, 1.5, None, np.str_("w7"), b"w1")],
    "in": lambda wv: [key in wv for key in ("w1", "none", 2, 99, None)],
    "len": len,
    "str": str,
    "keys": list,
    "most_similar": lambda wv: wv.most_similar("w1", topn=50),
    "where": lambda wv: wv.most_similar("w1", where=["w2", "é"]),
    "mask": lambda wv: wv.most_similar("w1", where=np.arange(len(wv)) % 2 == 0),
    "attribute": lambda wv: wv.most_similar("w1", where={"count": 5}),
    "batch": lambda wv: wv.most_similar_batch(["w1", ""], topn=50),
    "table": lambda wv: wv.most_similar_table(["w1"], topn=3).to_pylist(),
    "cosmul": lambda wv: wv.most_similar_cosmul(["w1"], ["w2"]),
    "closer_than": lambda wv: wv.closer_than("w1", "w2"),
    "for all": lambda wv: wv.vectors_for_all(["w3", "none"], allow_inference=False).vectors.tolist(),
    "bags": lambda wv: wv.embed([["w1", "none"]]).vectors.tolist(),
    "axis": lambda wv: wv.axis(["w1"], ["w2"]).ends(3),
    "attributes": lambda wv: (wv.get_vecattr("w0", "count"), wv.get_vecattr("w1", "count")),
}


@pytest.mark.parametrize("mmap", ["r", "c", "r+"])
@pytest.mark.parametrize("name", LEAVE)
def test_what_asks_for_some_keys_leaves_the_others_packed(path: Path, name: str, mmap: str) -> None:
    if name == "table":
        pytest.importorskip("pyarrow")
    mapped, read = KeyedVectors.load(path, mmap=mmap), KeyedVectors.load(path)
    assert is_packed(mapped)
    assert not is_packed(read)
    assert LEAVE[name](mapped) == LEAVE[name](read)
    assert is_packed(mapped)


@pytest.mark.parametrize("key", ["w_9", "none", 99, "W2"])
def test_a_key_that_is_missing_gets_the_same_message(path: Path, key: Any) -> None:
    mapped, read = load_vectors(path, mmap="r"), KeyedVectors.load(path)
    for ask in (lambda wv: wv[key], lambda wv: wv.most_similar("w1", where=[key])):
        with pytest.raises(KeyError) as expected:
            ask(read)
        with pytest.raises(KeyError) as caught:
            ask(mapped)
        assert str(caught.value) == str(expected.value)
    assert is_packed(mapped)


def state(vectors: KeyedVectors) -> Any:
    return (
        vectors.index_to_key,
        vectors.key_to_index,
        vectors.vectors.tolist(),
        {name: values.tolist() for name, values in vectors.expandos.items()},
        len(vectors),
        [vectors.get_index(key, -1) for key in [*KEYS, "new", 2]],
    )


def _append(wv: KeyedVectors) -> None:
    wv.index_to_key.append("new")
    wv.key_to_index["new"] = len(KEYS)
    wv.resize_vectors()


def _other_rows(wv: KeyedVectors) -> None:
    wv.key_to_index = {"new": 0}


def _other_keys(wv: KeyedVectors) -> None:
    wv.index_to_key = wv.index_to_key[::-1]
    wv.allocate_vecattrs()


CHANGES: dict[str, Callable[[KeyedVectors], Any]] = {
    "nothing": lambda wv: None,
    "add": lambda wv: wv.add_vector("new", np.ones(4)),
    "add integers": lambda wv: wv.add_vector(2, np.ones(4)),
    "set": lambda wv: wv.__setitem__(["w3", "new"], np.ones((2, 4))),
    "replace": lambda wv: wv.add_vectors(["w3"], np.ones((1, 4)), replace=True),
    "add what is there": lambda wv: wv.add_vector("w3", np.ones(4)),
    "sort": lambda wv: wv.sort_by_descending_frequency(),
    "value": lambda wv: wv.set_vecattr("w3", "count", 9),
    "unit": lambda wv: wv.unit_normalize_all(),
    "append": _append,
    "other rows": _other_rows,
    "other keys": _other_keys,
    "become": lambda wv: wv._become(["new"], np.ones((1, 4), np.float32)),
}


@pytest.mark.parametrize("keys", [[7, 0, -(2**63), 2**63 - 1], [1, 2, 3, 0]])
def test_integers_stay_packed_and_are_no_rows(tmp_path: Path, keys: list[int]) -> None:
    path = written(tmp_path / "vectors", keys)
    mapped, read = KeyedVectors.load(path, mmap="r"), KeyedVectors.load(path)
    for key in [*keys, 1, 3, 4, 2**63, "7", np.int64(7), np.uint64(2**64 - 1), None, "x"]:
        assert (key in mapped) == (key in read)
        assert mapped.get_index(key, -1) == read.get_index(key, -1)
    assert mapped.most_similar(keys[0]) == read.most_similar(keys[0])
    assert mapped.most_similar_batch(keys) == read.most_similar_batch(keys)
    with pytest.raises(KeyError, match="did you mean 7" if 7 in keys else "not present"):
        mapped["7"]
    assert is_packed(mapped)
    for key in (7.0, True):
        assert (key in mapped) == (key in read)
    assert state(mapped) == state(read)


@pytest.mark.parametrize("keys", [["a", 1], ["1", 1], [1, "", 2**63 - 1]])
def test_strings_among_integers_are_unpacked_at_once(tmp_path: Path, keys: list[Any]) -> None:
    path = written(tmp_path / "vectors", keys)
    mapped, read = KeyedVectors.load(path, mmap="r"), KeyedVectors.load(path)
    assert state(mapped) == state(read)


@pytest.mark.parametrize("name", CHANGES)
def test_changes_are_those_of_vectors_in_memory(path: Path, name: str) -> None:
    mapped, read = KeyedVectors.load(path, mmap="c"), KeyedVectors.load(path)
    for vectors in (mapped, read):
        CHANGES[name](vectors)
    assert state(mapped) == state(read)
    assert mapped.index_to_key is mapped.index_to_key
    assert mapped.key_to_index is mapped.key_to_index
    assert type(mapped.index_to_key) is list
    assert type(mapped.key_to_index) is dict


def test_a_change_that_fails_changes_nothing(path: Path) -> None:
    mapped = KeyedVectors.load(path, mmap="r")
    with pytest.raises(ValueError, match="read-only"):
        mapped["w3"] = np.ones(4)
    with pytest.raises(ValueError, match="need vectors of shape"):
        mapped.add_vectors(["new"], np.ones((1, 3)))
    assert is_packed(mapped)
    assert state(mapped) == state(KeyedVectors.load(path))


def test_a_vector_that_is_set_does_not_unpack_the_keys(path: Path) -> None:
    mapped = KeyedVectors.load(path, mmap="c")
    mapped["w3"] = np.ones(4)
    assert mapped["w3"].tolist() == [1] * 4
    assert is_packed(mapped)


COPIES: dict[str, Callable[[KeyedVectors], KeyedVectors]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda wv: pickle.loads(pickle.dumps(wv)),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_and_files_hold_all_keys(path: Path, tmp_path: Path, name: str) -> None:
    mapped = KeyedVectors.load(path, mmap="r")
    clone = COPIES[name](mapped)
    clone.add_vector("new", np.ones(4))
    assert "new" not in mapped
    mapped.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    assert clone.index_to_key == [*KEYS, "new"]


@given(keys=TEXTS, asked=st.lists(st.text(max_size=4)))
def test_a_map_finds_what_memory_finds(tmp_path_factory: pytest.TempPathFactory, keys: list[str], asked: Any) -> None:
    path = written(tmp_path_factory.mktemp("maps") / "vectors", keys)
    mapped, read = KeyedVectors.load(path, mmap="r"), KeyedVectors.load(path)
    for key in [*keys, *asked]:
        assert (key in mapped) == (key in read)
        assert mapped.get_index(key, -1) == read.get_index(key, -1)
    assert mapped.most_similar(keys[0]) == read.most_similar(keys[0])
    assert is_packed(mapped)
    assert list(mapped) == mapped.index_to_key == read.index_to_key
    assert mapped.key_to_index == read.key_to_index


def with_keys(path: Path, keys: bytes, offsets: list[int]) -> Path:
    """The file with other keys, which `save` would not write."""
    arrays, metadata = read_tensors(path)
    arrays |= {"keys": np.frombuffer(keys, np.uint8), "key_offsets": np.array(offsets, np.int64)}
    count = len(offsets) - 1
    arrays = {name: array if name.startswith("key") else array[:count] for name, array in arrays.items()}
    write_tensors(path, arrays, metadata)
    return path


def test_a_key_that_comes_twice_is_named_when_one_is_looked_up(path: Path) -> None:
    mapped = KeyedVectors.load(with_keys(path, b"onetwoone", [0, 3, 6, 9]), mmap="r")
    assert len(mapped) == 3
    for ask in (
        lambda: mapped["one"],
        lambda: "two" in mapped,
        lambda: mapped.get_index("none", -1),
        lambda: mapped.index_to_key,
        lambda: mapped.key_to_index,
        lambda: mapped.add_vector("new", np.ones(4)),
        lambda: mapped.save(path),
    ):
        with pytest.raises(ValueError, match=r"some\.safetensors: the key 'one' occurs twice, in rows 0 and 2"):
            ask()
    with pytest.raises(ValueError, match=r"some\.safetensors: a key occurs twice"):
        KeyedVectors.load(path)


@pytest.mark.parametrize(
    ("keys", "offsets", "message"),
    [
        (b"one\xfftwo", [0, 4, 7], "a key is not valid UTF-8"),
        ("éa".encode(), [0, 1, 3], "a key is not valid UTF-8"),
        (b"onetwo", [0, 4, 3, 6], "the keys are missing or damaged"),
        (b"onetwo", [0, 3, 7], "the keys are missing or damaged"),
        (b"onetwo", [1, 3, 6], "the keys are missing or damaged"),
    ],
)
def test_damaged_keys_are_refused_when_a_file_is_mapped(
    path: Path, keys: bytes, offsets: list[int], message: str
) -> None:
    with_keys(path, keys, offsets)
    for mmap in (None, "r", "c", "r+"):
        with pytest.raises(ValueError, match=rf"some\.safetensors: {message}"):
            KeyedVectors.load(path, mmap=mmap)


def test_a_file_that_is_changed_while_it_is_mapped_does_not_end_the_process(path: Path) -> None:
    mapped = KeyedVectors.load(path, mmap="r")
    assert "w1" in mapped
    header = int.from_bytes(path.read_bytes()[:8], "little")
    with open(path, "r+b") as file:
        file.seek(8 + header)
        file.write(b"\xff" * (os.path.getsize(path) - 8 - header))
    assert not any(key in mapped for key in KEYS if key)


class Upper(KeyedVectors):
    """Shows its keys in upper case."""

    @property
    def index_to_key(self) -> list[str]:  # type: ignore[override]
        return [key.upper() for key in KeyedVectors.index_to_key.__get__(self)]  # type: ignore[attr-defined]

    @property
    def key_to_index(self) -> dict[str, int]:  # type: ignore[override]
        return {key: row for row, key in enumerate(self.index_to_key)}


def test_what_a_subclass_shows_is_asked(tmp_path: Path) -> None:
    mapped = Upper.load(written(tmp_path / "vectors", ["one", "two"]), mmap="r")
    assert "ONE" in mapped
    assert "one" not in mapped
    assert [key for key, _ in mapped.most_similar("ONE")] == ["TWO"]


def test_threads_that_ask_at_once_get_the_same_list(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapped = KeyedVectors.load(path, mmap="r")
    found: list[Any] = []
    everybody, make = threading.Barrier(4), PackedRows.as_dict

    def slowly(rows: PackedRows) -> dict[Any, int]:
        everybody.wait(10)
        return make(rows)

    def ask() -> None:
        row = mapped.get_index("w7")
        found.append((row, mapped.index_to_key, mapped.key_to_index))

    monkeypatch.setattr(PackedRows, "as_dict", slowly)
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row for row, _, _ in found] == [7] * 4
    assert all(keys is mapped.index_to_key and rows is mapped.key_to_index for _, keys, rows in found)


ASK = """
import sys
from fastemb import KeyedVectors
print(KeyedVectors.load(sys.argv[1], mmap="r").most_similar("w1"))
"""


@pytest.mark.integration
def test_processes_that_share_a_map_give_the_same_answers(path: Path) -> None:
    command = [sys.executable, "-c", ASK, str(path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {process.communicate()[0].strip() for process in running} == {
        str(KeyedVectors.load(path).most_similar("w1"))
    }


FORK = """
import os, sys
from fastemb import KeyedVectors
wv = KeyedVectors.load(sys.argv[1], mmap="r")
wv["w1"]
for _ in range(4):
    if os.fork() == 0:
        os._exit(wv.get_index("w7") + ("none" in wv))
print([os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(4)])
"""


@pytest.mark.integration
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_children_of_a_fork_look_up_in_the_same_table(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FORK, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[7, 7, 7, 7]"
