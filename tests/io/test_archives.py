"""Archives of NumPy, lists of words beside arrays, and what people hang on vectors: bounds and messages."""

from __future__ import annotations

import errno
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb.io import user_attributes
from fastemb.io.formats import VectorTable, numpy_archive
from fastemb.io.formats.reading import Reading
from fastemb.io.formats.words import given_words, line_bytes, read_words, rows_of
from fastemb.io.user_attributes import can_be_set, pack_attributes, set_attributes, storable, unpack_attributes

VECTORS = np.arange(6, dtype=np.float32).reshape(3, 2)

# ---- archives ----


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (b"PK\x03\x04" + bytes(22) + b"\x05\0\0\0a.npyrest", True),
        (b"PK\x03\x04" + bytes(22) + b"\x05\0\0\0a.npz", False),
        (b"PK\x03\x04" + bytes(22) + b"\x07\0\0\0a/b.npy", False),
        (b"PK\x03\x04" + bytes(22) + b"\x04\0\0\0a.npy", False),
        (b"PK\x03\x05" + bytes(22) + b"\x05\0\0\0a.npy", False),
        (b"PK\x03\x04" + bytes(22) + b"\x09\x01\0\0" + b"a" * 261 + b".npy", True),
    ],
)
def test_archives_are_recognised(start: bytes, told: bool) -> None:
    assert numpy_archive.recognises(start) is told


def test_an_archive_that_is_written(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    attributes = {"n": np.array([1, 2, 3]), "t": np.array(["x", "y", "z"], object), "u": np.array(["x", "y", "z"])}
    numpy_archive.write(path, VectorTable(["a", "bcd", ""], VECTORS, attributes))
    with np.load(path) as found:
        assert sorted(found) == ["keys", "n", "vectors"]
        assert found["keys"].tolist() == ["a", "bcd", ""]
        assert found["keys"].dtype == "<U3"
        assert found["vectors"].tolist() == VECTORS.tolist()
        assert found["n"].tolist() == [1, 2, 3]
    with zipfile.ZipFile(path) as archive:
        assert {info.external_attr for info in archive.infolist()} == {0o600 << 16}
        assert {info.extract_version for info in archive.infolist()} == {45}  # sizes of 64 bits
    table = numpy_archive.read(path)
    assert (list(table.keys), table.attributes["n"].tolist()) == (["a", "bcd", ""], [1, 2, 3])


def test_arrays_that_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    other = {"n": np.arange(3), "square": np.zeros((3, 3)), "few": np.arange(2), "many": np.arange(4)}
    np.savez(path, rows=VECTORS, names=["a", "b", "c"])
    assert list(numpy_archive.read(path).keys) == ["a", "b", "c"]
    np.savez(path, vectors=VECTORS, keys=["a", "b", "c"], **other)
    found = numpy_archive.read(path)
    assert found.vectors.tolist() == VECTORS.tolist()
    assert list(found.attributes) == ["n"]
    found = numpy_archive.read(path, Reading(key="square"))
    assert (found.vectors.shape, list(found.keys)) == ((3, 3), ["a", "b", "c"])
    np.savez(path, rows=VECTORS, **other)
    with pytest.raises(
        ValueError, match=r"^.*v.npz: 2 arrays are a matrix of floats, and none is called 'vectors': give"
    ):
        numpy_archive.read(path)
    np.savez(path, rows=VECTORS, n=np.arange(3), m=np.arange(3))
    with pytest.raises(
        ValueError, match=r"2 arrays are an array of text or whole numbers, and none is called 'keys': gi"
    ):
        numpy_archive.read(path)
    np.savez(path, rows=VECTORS, x=np.zeros(3))
    with pytest.raises(
        ValueError, match=r"no arrays are an array of text .*: give words= the keys of the rows; its arr"
    ):
        numpy_archive.read(path)
    found = numpy_archive.read(path, Reading(words=["a", "b", "c"]))
    assert (list(found.keys), list(found.attributes)) == (["a", "b", "c"], ["x"])


def test_arrays_that_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    np.savez(path, **{f"a{number}": VECTORS for number in range(22)})
    shown = ", ".join(rf"'a{number}' \(float32 \[3, 2\]\)" for number in range(20))
    with pytest.raises(ValueError, match=rf"there is no array 'z'; its arrays: {shown}$"):
        numpy_archive.read(path, Reading(key="z"))
    np.savez(path)
    with pytest.raises(ValueError, match=r"no arrays are .* give key= the name of the vectors; its arrays: none$"):
        numpy_archive.read(path)


def test_as_many_arrays_as_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v.npz"
    np.savez(path, vectors=VECTORS, keys=["a", "b", "c"])
    monkeypatch.setattr(numpy_archive, "_MOST_ARRAYS", 2)
    assert len(numpy_archive.read(path).keys) == 3
    monkeypatch.setattr(numpy_archive, "_MOST_ARRAYS", 1)
    with pytest.raises(ValueError, match=r"v.npz: 2 arrays, where vectors have some few$"):
        numpy_archive.read(path)


def test_bytes_that_are_packed_as_much_as_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "v.npz"
    np.savez_compressed(path, vectors=np.zeros((500, 100), np.float32), keys=np.arange(500))
    assert len(numpy_archive.read(path).keys) == 500
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("vectors.npy")
    monkeypatch.setattr(numpy_archive, "_MOST_RATIO", (info.file_size - 64) // info.compress_size)
    with pytest.raises(ValueError, match=rf"array 'vectors': {info.file_size:,} bytes are promised, and "):
        numpy_archive.read(path)
    monkeypatch.setattr(numpy_archive, "_MOST_RATIO", -(-(info.file_size - 64) // info.compress_size))
    assert len(numpy_archive.read(path).keys) == 500


def test_keys_as_an_array() -> None:
    def array(keys: list[Any]) -> Any:
        return numpy_archive._key_array("f", keys)

    assert array([]).dtype == "<U1"
    assert array(["", "äb"]).dtype == "<U2"
    ends = [-(2**63), np.int8(5), 2**63 - 1]
    assert (array(ends).dtype, array(ends).tolist()) == (np.int64, ends)
    for key in (2**63, -(2**63) - 1):
        with pytest.raises(ValueError, match=r"^f: a NumPy archive cannot hold integers of more than 64 bits as keys$"):
            array([5, key])
    for key in (True, 1.5, None, b"x"):
        with pytest.raises(TypeError, match=r"^keys must be str or int to be saved, but one is "):
            array(["a", key])
    with pytest.raises(
        ValueError, match=r"^f: a NumPy archive cannot hold keys that are text and keys that are integers"
    ):
        array([1, "a"])
    with pytest.raises(
        ValueError, match=r"^f: a NumPy archive cannot hold the key 'b\\x00', as null characters at its en"
    ):
        array(["a", "b\0"])


def test_long_keys_as_an_array(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_archive, "_ROOM", 800)
    assert numpy_archive._key_array("f", ["x" * 100, "y"]).dtype == "<U100"
    with pytest.raises(
        ValueError, match=rf"cannot hold the key '{'x' * 40}'\.\.\. of 101 characters, as all keys would"
    ):
        numpy_archive._key_array("f", ["x" * 101, *"abcdefgh"])
    assert numpy_archive._key_array("f", ["x" * 100] * 4).dtype == "<U100"  # where all are long
    assert numpy_archive._key_array("f", ["x" * 100, *"a" * 3, "x" * 97]).dtype == "<U100"
    with pytest.raises(ValueError, match="of 100 characters"):
        numpy_archive._key_array("f", ["x" * 100, *"a" * 4, "x" * 20])


def test_errors_of_the_system_stay_what_they_are() -> None:
    for number, kind in ((errno.EIO, OSError), (errno.EINVAL, ValueError)):
        with pytest.raises(kind), numpy_archive._named("here", numpy_archive._BROKEN):
            raise OSError(number, "x")
    with pytest.raises(ValueError, match=f"^here: {'y' * 200}$"), numpy_archive._named("here", numpy_archive._BROKEN):
        raise zipfile.BadZipFile("y" * 300)


# ---- words beside an array ----


def test_words_that_are_given(tmp_path: Path) -> None:
    assert given_words("f", Reading(words=["a", 7]), 2) == {"a": 0, 7: 1}
    (tmp_path / "w").write_bytes(b"a\r\nb c\n\xe4")
    for words in (tmp_path / "w", str(tmp_path / "w"), str(tmp_path / "w").encode()):
        assert given_words("f", Reading(words=words, encoding="latin-1"), 3) == {"a": 0, "b c": 1, "ä": 2}
    with pytest.raises(
        UnicodeDecodeError, match=r"w: line 3 is not utf8.*save it as UTF-8, or name its encoding by enc"
    ):
        read_words(str(tmp_path / "w"), "utf8")
    with pytest.raises(ValueError, match=rf"^{tmp_path / 'w'}: 3 words for the 4 rows of it in f$"):
        given_words("f", Reading(words=tmp_path / "w", encoding="latin-1"), 4, " of it")
    with pytest.raises(ValueError, match=r"^words=: 2 words for the 3 rows in f$"):
        given_words("f", Reading(words=["a", "b"]), 3)
    with pytest.raises(ValueError, match=r"^words=: the word 'b' comes twice$"):
        given_words("f", Reading(words=["a", "b", "c", "b", "a"][1:]), 4)
    with pytest.raises(ValueError, match=r"^words\[1\] is missing \(None\): put a word in its place$"):
        given_words("f", Reading(words=["a", None]), 2)
    with pytest.raises((TypeError, ValueError), match="words"):
        given_words("f", Reading(words={"a", "b"}), 2)  # type: ignore[arg-type]


def test_the_first_word_that_comes_twice_is_named() -> None:
    with pytest.raises(ValueError, match=r"^w: the word 'b' comes twice$"):
        rows_of("w", ["a", "b", "c", "b"], "4 rows", 4)


def test_a_key_as_a_line() -> None:
    assert line_bytes("f", "it", "äb c", 0) == "äb c\n".encode()
    assert line_bytes("f", "it", 7, 0) == b"7\n"
    assert line_bytes("f", "it", "\ufeffa", 1) == "\ufeffa\n".encode()
    for key in ("a\nb", "a\rb", "\n"):
        with pytest.raises(ValueError, match=r"^f: it cannot hold the key '.*', which has a line end in it$"):
            line_bytes("f", "it", key, 1)


# ---- what people hang on vectors ----


def nested(depth: int, kind: type = list) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if kind is dict else kind([value])
    return value


@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_lists_within_each_other(kind: type) -> None:
    most = user_attributes._DEEPEST
    text, _ = pack_attributes({"a": nested(most, kind)}, "own.")
    assert unpack_attributes("f", text, {}, "own.")["a"] == nested(most, dict if kind is dict else list)
    with pytest.warns(UserWarning, match=r"^not saved, as they are neither plain values nor arrays of numbers: a$"):
        pack_attributes({"a": nested(most + 1, kind)}, "own.")


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, "x", np.bool_(True), np.int32(3), np.float32(2.5), [1, (2, "x")], {"k": [1]}, [], {}],
)
def test_plain_values_come_back(value: Any) -> None:
    text, arrays = pack_attributes({"a": value}, "own.")
    found = unpack_attributes("f", text, arrays, "own.")["a"]
    assert found == ([1, [2, "x"]] if isinstance(value, list) and value else value)
    assert type(found).__module__ == "builtins"


@pytest.mark.parametrize("kind", ["?", "i1", "u8", "f2", "f8"])
def test_arrays_of_numbers_come_back(kind: str) -> None:
    text, arrays = pack_attributes({"a": np.ones(3, kind), "b": 1}, "own.")
    assert list(arrays) == ["own.a"]
    found = unpack_attributes("f", text, arrays | {"other.c": np.ones(1)}, "own.")
    assert found.keys() == {"a", "b"}
    assert found["a"].dtype == kind


@pytest.mark.parametrize(
    "value", [object(), {1: 2}, [object()], {"a": {2: 1}}, np.ones(2, "f16"), np.array(["x"]), {1}]
)
def test_values_that_are_not_plain(value: Any) -> None:
    with pytest.warns(
        UserWarning, match=r"^not saved, as they are neither plain values nor arrays of numbers: odd, two$"
    ):
        text, arrays = pack_attributes({"odd": value, "a": 1, "two": value}, "own.")
    assert (unpack_attributes("f", text, {}, "own."), arrays) == ({"a": 1}, {})


def test_damaged_attributes() -> None:
    assert unpack_attributes("f", None, {}, "own.") == unpack_attributes("f", "", {}, "own.") == {}
    with pytest.raises(ValueError, match=r"^f: damaged attributes: '\[1, 1, [1, ]*'$") as caught:
        unpack_attributes("f", str([1] * 100), {}, "own.")
    assert len(str(caught.value)) == len("f: damaged attributes: ''") + 60


class Holder:
    """Something that attributes hang on."""

    plain = 5

    def method(self) -> None:
        """Do nothing."""

    @property
    def made(self) -> int:
        """A number."""
        return 1


@pytest.mark.parametrize(
    ("name", "can"),
    [
        ("other", True),
        ("plain", True),
        ("_own", True),
        ("method", False),
        ("made", False),
        ("__other", False),
        ("no name", False),
        ("", False),
    ],
)
def test_names_that_attributes_may_have(name: str, can: bool) -> None:
    assert can_be_set(Holder, name) is can
    holder = Holder()
    if can:
        set_attributes("f", holder, {name: 7}, set())
        assert getattr(holder, name) == 7
        assert storable(Holder, {name: 7}) == {name: 7}
        with pytest.raises(ValueError, match=f"^f: damaged attributes: '{name}' cannot be one$"):
            set_attributes("f", holder, {name: 7}, {name})
    else:
        with pytest.raises(ValueError, match=f"^f: damaged attributes: '{name}' cannot be one$"):
            set_attributes("f", holder, {name: 7}, set())
        with pytest.warns(UserWarning, match=f"^not saved, as they are no names, or names of methods: '{name}'$"):
            assert storable(Holder, {name: 7, "a": 1}) == {"a": 1}
