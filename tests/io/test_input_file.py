"""Files as they are opened, lines with their numbers, and what other doors to vectors refuse: bounds and messages."""

from __future__ import annotations

import errno
import gzip
import io
import os
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb.io import atomic, formats, input_file
from fastemb.io.formats import VectorTable, fastemb_file, foreign, glove, numpy_array, read_vectors, write_vectors
from fastemb.io.formats.reading import Buffers, Reading
from fastemb.io.formats.word2vec_counts import read_counts, write_counts
from fastemb.io.input_file import (
    hint,
    numbered_lines,
    open_source,
    open_text_source,
    read_into,
    require_file,
    size_of,
)
from fastemb.io.json_text import parse_json
from fastemb.io.safetensors import write_tensors
from fastemb.io.window import Window

ONES = np.ones((2, 3), np.float32)
TABLE = VectorTable(["a", "b"], ONES)


# ---- opening ----


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_mark_before_text_is_passed_over(pack: Any, mark: bytes, tmp_path: Path) -> None:
    for content in (b"", b"a", b"ab", b"abc\n" * 1000):
        (tmp_path / "x").write_bytes(pack(mark + content))
        with open_text_source(tmp_path / "x") as (file, size):
            assert file.read() == content
            assert size == (None if pack is gzip.compress else len(mark + content))
        with open_source(tmp_path / "x") as (file, _):
            assert file.read() == mark + content


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_text_of_16_bits_is_refused(mark: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(mark + b"a\0")
    with (
        pytest.raises(ValueError, match=r"x: this is UTF-16 or UTF-32 text; save it as UTF-8$"),
        open_text_source(tmp_path / "x"),
    ):
        pass


def test_the_size_of_a_file_and_its_start_again() -> None:
    file = io.BytesIO(b"12345")
    file.read(3)
    assert (size_of(file), file.tell()) == (5, 0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "; it is empty"),
        (b"PK\x03\x04", "; it looks like a zip archive: unpack it first"),
        (b"plain words", ""),
        (b"\x1f\x8b\x08broken", ""),
        (
            gzip.compress(b"\x89HDF\r\n", mtime=0),  # the name of this case must be the same in every process
            "; it looks like an HDF5 file, which is not read: save the vectors as text or sa",
        ),
    ],
)
def test_what_is_said_of_a_file(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    found = hint(str(tmp_path / "x"))
    assert found.startswith(told)
    assert bool(found) == bool(told)
    assert hint(str(tmp_path / "none")) == hint(str(tmp_path)) == ""
    (tmp_path / "x").write_bytes(b"a 1 2 3\n")
    assert hint(str(tmp_path / "x"), texts=False) == ""
    assert hint(str(tmp_path / "x")).startswith("; it looks like text without a header")


def test_what_can_be_read_once_only_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_bytes(b"")
    require_file(str(tmp_path / "x"))
    require_file(str(tmp_path / "none"))
    with pytest.raises(IsADirectoryError, match=f"^{tmp_path}: this is a folder: name a file in it$"):
        require_file(tmp_path)
    with pytest.raises(ValueError, match=r"^/dev/null: this is a device or a socket: give a file$"):
        require_file("/dev/null")
    os.mkfifo(tmp_path / "p")
    with pytest.raises(
        ValueError, match=r"p: a pipe can be read once only, and this takes more: save it to a file first$"
    ):
        require_file(tmp_path / "p")
    with socket.socket(socket.AF_UNIX) as made:
        monkeypatch.chdir(tmp_path)  # names of sockets are short
        made.bind("s")
        with pytest.raises(ValueError, match=r"s: this is a device or a socket: give a file$"):
            require_file(tmp_path / "s")


class Few(io.RawIOBase):
    """Gives two bytes at a time."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._rest = content

    def readinto(self, buffer: Any) -> int:
        some, self._rest = self._rest[:2], self._rest[2:]
        buffer[: len(some)] = some[: len(buffer)]
        return min(len(some), len(buffer))


def test_a_buffer_is_filled_as_far_as_the_file_goes() -> None:
    for size, count in ((0, 0), (4, 4), (6, 6), (8, 6)):
        buffer = bytearray(size)
        assert read_into(Few(b"abcdef"), memoryview(buffer)) == count  # type: ignore[arg-type]
        assert bytes(buffer) == b"abcdef"[:count] + bytes(size - count)


def test_a_window_moves_on() -> None:
    window = Window(io.BytesIO(b"abcdefg"), 4)
    assert not window.full()
    assert not window.end_line()
    assert window.fill()
    assert (bytes(window.view), window.full(), window.fill()) == (b"abcd", True, False)
    window.skip(3)
    assert (bytes(window.view), window.full()) == (b"d", False)
    assert window.fill()
    assert bytes(window.view) == b"defg"
    window.skip(1)
    assert not window.fill()
    assert window.end_line()
    assert bytes(window.view) == b"efg\n"
    assert not window.end_line()


# ---- lines ----


def lines_of(path: Path, content: bytes, encoding: str = "utf-8", errors: str = "strict") -> list[tuple[int, str]]:
    path.write_bytes(content)
    return list(numbered_lines(str(path), encoding, errors, "do this"))


def test_lines_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert lines_of(path, b"\xef\xbb\xbfa\n\n\xc3\xa4 b") == [(1, "a\n"), (2, "\n"), (3, "ä b")]
    assert lines_of(path, b"\xe4\n", "latin-1") == [(1, "ä\n")]
    assert lines_of(path, b"\xe4b\n", errors="ignore") == [(1, "b\n")]
    assert lines_of(path, b"") == []
    with pytest.raises(UnicodeDecodeError, match=rf"{path}: line 2 is not utf-8: b'\\xe4{'b' * 39}': do this"):
        lines_of(path, b"a\n\xe4" + b"b" * 60)
    for wrong in ("no-such", "base64"):
        with pytest.raises(ValueError, match=f"^encoding='{wrong}' is no encoding of text that Python knows$"):
            lines_of(path, b"a", wrong)


def test_lines_of_the_longest_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_file, "LONGEST_LINE", 50)
    assert len(lines_of(tmp_path / "x", b"a\n" + b"b" * 49 + b"\nc")) == 3
    with pytest.raises(ValueError, match=rf"x: line 2 is longer than 50 bytes: b'{'b' * 40}'\.\.\.$"):
        lines_of(tmp_path / "x", b"a\n" + b"b" * 50 + b"\nc")


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("[1, 2, 3]", 1, "more than 1 values"),
        ("[1, 2, 3]", 2, None),
        ('["a,b,c", 2, 3]', 2, None),
        ('["a\\",b,c", 2]', 1, None),
        ("[" * 100_000, None, "lists and objects are too deep in each other"),
    ],
)
def test_json_of_many_parts(text: str, values: int | None, message: str | None) -> None:
    if message is None:
        assert parse_json(text.encode(), None, values) == parse_json(text)
        return
    with pytest.raises(ValueError, match=f"^{message}$"):
        parse_json(text, None, values)


def test_json_of_many_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastemb.io.json_text._MOST_CONTAINERS", 2)
    for text in ("[[]]", '[{}, "[{["]', "[1, 2, 3, 4]"):
        parse_json(text)
    for text in ("[[[]]]", '[{"a": {}}]', '["[", [], []]'):
        with pytest.raises(ValueError, match=r"^more than 2 lists and objects$"):
            parse_json(text)


# ---- counts ----


def test_counts_of_18_digits(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_counts(path, ["a", "b"], np.array([10**18 - 1, 0]), prefix="*")
    assert path.read_bytes() == b"*a 999999999999999999\n*b 0\n"
    assert read_counts(path) == {"*a": 10**18 - 1, "*b": 0}
    path.write_bytes(b"a 000000000000000000001\n")
    assert read_counts(path) == {"a": 1}
    for line, message in (
        (f"a {10**18}", f"line 2: the count {10**18} is too large"),
        (f"a {'9' * 50}", f"line 2: the count {'9' * 40} is too large"),
        ("a", "line 2 is not a key and a count: 'a.n'"),
        ("a 1 2", "line 2 is not a key and a count"),
        ("a -1", "line 2 is not a key and a count"),
        ("a ٣", "line 2 is not a key and a count"),
        ("k" * 90, f"line 2 is not a key and a count: '{'k' * 60}'$"),
    ):
        path.write_text(f"x 1\n{line}\n", encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            read_counts(path)


# ---- files of other programs, and of GloVe and NumPy ----


def test_an_array_of_another_program(tmp_path: Path) -> None:
    path = str(tmp_path / "x")
    write_tensors(path, {"a": ONES, "n": np.arange(2), "v": np.ones(2)}, {})
    found = foreign.read(path, Reading(key="a", words=["x", "y"]))
    assert (list(found.keys), found.vectors.tolist()) == (["x", "y"], ONES.tolist())
    arrays = (
        r"; its arrays: 'n' \(I64 \[2\]\), 'v' \(F64 \[2\]\), 'a' \(F32 \[2, 3\]\); load_vectors reads one, with key="
    )
    for key, message in (
        ("z", "there is no array 'z'"),
        ("n", "the array 'n' is no matrix of floats"),
        ("v", "the array"),
    ):
        with pytest.raises(ValueError, match=f"^{path}: {message}.*{arrays}"):
            foreign.read(path, Reading(key=key, words=["x", "y"]))
    with pytest.raises(ValueError, match=r"key= names an array, and words= the keys of its rows: give words= too$"):
        foreign.read(path, Reading(key="a"))
    with pytest.raises(
        ValueError, match=r"this is no file of numpy.save, which has one; it looks like a safetensors file"
    ):
        foreign.read(path, Reading(words=["x", "y"]))
    with pytest.raises(ValueError, match=r"^words=: 1 words for the 2 rows of 'a' in "):
        foreign.read(path, Reading(key="a", words=["x"]))
    many = {f"a{number:02}": np.ones(1) for number in range(22)}
    write_tensors(path, many, {})
    assert "'a19' (F64 [1]) and 2 more; load_vectors" in foreign.choice(path)
    write_tensors(path, dict(list(many.items())[:20]), {})
    assert "'a19' (F64 [1]); load_vectors" in foreign.choice(path)
    write_tensors(path, {}, {})
    assert foreign.choice(path).startswith("; its arrays: none; ")


@pytest.mark.parametrize(
    ("key", "dims", "fits"),
    [("a", 1, True), ("7", 1, False), ("7", 2, True), ("a b", 2, False), ("\ufeffa", 2, False), ("7x", 1, True)],
)
def test_the_first_line_of_glove(key: str, dims: int, fits: bool, tmp_path: Path) -> None:
    table = VectorTable([key, "b c"], np.ones((2, dims), np.float32))
    if not fits:
        with pytest.raises(
            ValueError, match=r"x: GloVe files cannot hold the key '.*' in line 1: put another one first$"
        ):
            glove.write(tmp_path / "x", table)
        return
    glove.write(tmp_path / "x", table)
    assert list(glove.read(tmp_path / "x").keys) == [key, "b c"]
    assert (tmp_path / "x").read_bytes() == f"{key}{' 1.0' * dims}\nb c{' 1.0' * dims}\n".encode()
    with pytest.raises(ValueError, match="cannot hold no vectors at all"):
        glove.write(tmp_path / "x", VectorTable([], np.ones((0, dims), np.float32)))


def test_an_array_and_its_words(tmp_path: Path) -> None:
    for name, beside in (("v.npy", "v.words.txt"), ("w.npy.gz", "w.words.txt")):
        numpy_array.write(tmp_path / name, VectorTable(["a b", "c"], ONES))
        assert (tmp_path / beside).read_bytes() == b"a b\nc\n"
        assert list(numpy_array.read(tmp_path / name).keys) == ["a b", "c"]
    (tmp_path / "v.words.txt").write_text("a\n")
    with pytest.raises(ValueError, match=rf"v.words.txt: 1 words for the 2 rows in {tmp_path / 'v.npy'}$"):
        numpy_array.read(tmp_path / "v.npy")
    (tmp_path / "v.words.txt").unlink()
    with pytest.raises(
        ValueError, match=r"v.npy: an array of NumPy, without keys, and no v.words.txt beside it: load_vec"
    ):
        numpy_array.read(tmp_path / "v.npy")


# ---- all formats ----


def test_how_much_memory_vectors_take(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x" * 300)
    assert formats._estimated(str(path), glove, None) == 100
    assert formats._estimated(str(path), fastemb_file, None) == 300
    assert formats._estimated(str(path), fastemb_file, "r") == 0
    assert formats._estimated(str(tmp_path), fastemb_file, None) == 0


@pytest.mark.parametrize("name", ["x/", "folder/x/"])
def test_the_name_of_a_folder_says_no_format(name: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^{name}: the name of a folder does not say the format: give format=projector or"
    ):
        formats.format_of(name)
    assert formats.format_of(name, "spacy").ABOUT.option == "spacy"


def test_vectors_with_what_is_no_number_are_named(tmp_path: Path) -> None:
    for value, shown in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")):
        vectors = np.ones((4, 3), np.float32)
        vectors[2, 1] = value
        write_vectors(tmp_path / "x.txt", VectorTable(list("abcd"), vectors))
        with pytest.raises(
            ValueError, match=rf"x.txt: the vector of 'c', number 3, has {shown} in it: the training that"
        ):
            read_vectors(tmp_path / "x.txt")
        write_vectors(tmp_path / "x.safetensors", VectorTable(list("abcd"), vectors))
        assert len(read_vectors(tmp_path / "x.safetensors").keys) == 4


def test_numbers_that_are_too_large_are_named(tmp_path: Path) -> None:
    vectors = np.ones((4, 3))
    vectors[0, 0] = np.inf
    vectors[2, 1] = 1e6
    vectors[3, 1] = 1e7
    with pytest.raises(ValueError, match=r"x.npz: float16 cannot hold the vector of 'c': its numbers are too large$"):
        write_vectors(tmp_path / "x.npz", VectorTable(list("abcd"), vectors), dtype="float16")
    write_vectors(tmp_path / "x.npz", VectorTable(list("ab"), vectors[:2]), dtype="float16")
    with np.load(tmp_path / "x.npz") as found:
        assert found["vectors"].dtype == np.float16


@pytest.mark.parametrize(
    ("keys", "rows", "doubt"),
    [
        (["1.5", "-2.", "3e5", "nan"], [[0.5, 1]] * 4, "line 1 begins with '1.5', and so do all with a number"),
        (["a", "b"], [[1, 2], [3, 4]], "all numbers are whole"),
        (["1", "2"], [[1, 2], [3, 4.5]], None),
        (["1.5", "b"], [[1, 2], [3, 4.5]], None),
    ],
)
def test_lines_that_may_be_no_vectors(
    keys: list[str], rows: Any, doubt: str | None, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    text = "".join(f"{key} {' '.join(map(str, row))}\n" for key, row in zip(keys, rows, strict=True))
    for name in ("x.txt", "x.glove", "x.glove.gz"):
        (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    for name in ("x.glove", "x.glove.gz"):
        assert list(read_vectors(tmp_path / name).keys) == keys
    assert list(read_vectors(tmp_path / "x.txt", format="glove").keys) == keys
    assert not recwarn.list
    if doubt is not None and doubt.startswith("line"):
        with pytest.raises(ValueError, match=doubt):
            read_vectors(tmp_path / "x.txt")
        return
    assert list(read_vectors(tmp_path / "x.txt").keys) == keys
    assert [doubt in str(one.message) for one in recwarn.list if doubt] == [True] * (doubt is not None)


def test_how_files_are_read_by_default() -> None:
    assert Reading() == Reading("utf8", "strict", None, np.float32, None, Buffers(8 << 20, 1 << 16, 64 << 20, 1 << 15))
    assert [Reading(limit=limit).count_of(5) for limit in (None, 0, 3, 5, 9)] == [5, 5, 3, 5, 5]
    with pytest.raises(TypeError, match=r"^datatype must be float16, float32 or float64, not int32$"):
        Reading(datatype=np.int32)


# ---- fastemb's own files ----


def test_own_files_of_other_versions_and_kinds(tmp_path: Path) -> None:
    path = tmp_path / "x"
    tensors, metadata = fastemb_file.pack(TABLE)
    for version in ("1", "2"):
        write_tensors(path, tensors, metadata | {"format": "fastemb.Word2Vec", "version": version})
        assert list(fastemb_file.read(path).keys) == ["a", "b"]
    write_tensors(path, tensors, metadata | {"format": "fastemb.KeyedVectors", "version": "3"})
    with pytest.raises(ValueError, match=r"x: written by a newer fastemb \(vectors of format 3\)$"):
        fastemb_file.read(path)
    write_tensors(path, tensors, metadata | {"format": "fastemb.Graph", "version": "1"})
    with pytest.raises(ValueError, match=r"x: no file of vectors; it is a graph: "):
        fastemb_file.read(path)
    write_tensors(path, tensors, {})
    with pytest.raises(ValueError, match=r"x: no file of vectors; its arrays: "):
        fastemb_file.read(path)
    for start in (b"\x80", bytes(8) + b"{"):
        assert fastemb_file.recognises(start)
    assert not fastemb_file.recognises(b"x" + bytes(7) + b"[")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vectors": None}, "the vectors are missing or do not fit the 2 keys"),
        ({"vectors": np.ones((3, 3))}, "the vectors are missing or do not fit the 2 keys"),
        ({"vectors": np.ones(2)}, "the vectors are missing or do not fit the 2 keys"),
        ({"vectors": np.ones((2, 3), int)}, "the vectors are missing or do not fit the 2 keys"),
        ({"keys": np.frombuffer(b"aa", np.uint8)}, "a key occurs twice"),
        ({"attribute.n": np.ones(3)}, "the attribute 'n' does not fit the 2 keys"),
        ({"attribute.n": np.ones((2, 1))}, "the attribute 'n' does not fit the 2 keys"),
    ],
)
def test_arrays_that_do_not_fit(change: dict[str, Any], message: str) -> None:
    tensors, metadata = fastemb_file.pack(TABLE._replace(attributes={"n": np.array([1, 2])}))
    assert fastemb_file.unpack("f", dict(tensors), metadata).attributes["n"].tolist() == [1, 2]
    changed = {name: array for name, array in (tensors | change).items() if array is not None}
    with pytest.raises(ValueError, match=f"^f: {message}$"):
        fastemb_file.unpack("f", changed, metadata)


def test_values_that_are_lists_come_back() -> None:
    odd = np.empty(2, object)
    odd[:] = [[1, 2], None]
    tensors, metadata = fastemb_file.pack(TABLE._replace(attributes={"odd": odd}, own={"note": [1], "many": ONES}))
    for stay in (False, True):
        found = fastemb_file.unpack("f", tensors, metadata, stay=stay)
        assert found.attributes["odd"].tolist() == [[1, 2], None]
        assert found.own["note"] == [1]
        assert found.own["many"].tolist() == ONES.tolist()
    with pytest.raises(ValueError, match="the attribute 'odd' does not fit the 2 keys"):
        fastemb_file.unpack("f", tensors, metadata | {"attributes": '{"odd": [1]}'})
    with pytest.raises(ValueError, match="the attribute 'odd' does not fit the 2 keys"):
        fastemb_file.unpack("f", tensors, metadata | {"attributes": '{"odd": 5}'})
    with pytest.raises(ValueError, match=r"^f: .*: the file is damaged, or written by a newer fastemb$"):
        fastemb_file.unpack("f", tensors, metadata | {"precision": "int4"})


# ---- drafts ----


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (".fastemb-0123abcd-0123456789abcdef.tmp", True),
        (".fastemb-0123abcd-0123456789abcdef.tmp2", False),
        (".fastemb-0123abc-0123456789abcdef.tmp", False),
        (".fastemb-0123abcd-0123456789abcde.tmp", False),
        ("x.fastemb-0123abcd-0123456789abcdef.tmp", False),
    ],
)
def test_names_of_drafts(name: str, told: bool) -> None:
    assert atomic.is_draft(f"/some/folder/{name}") is told
    assert atomic.is_draft(atomic._draft_name())


def test_drafts_stay_for_as_long_as_they_may_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other, own = ".fastemb-00000000-0123456789abcdef.tmp", f".fastemb-{atomic._host()}-0123456789abcdef.tmp"
    for name, is_folder, quiet in ((other, False, 24 * 3600), (own, True, 60), (other, True, 24 * 3600)):
        path = tmp_path / name
        path.mkdir() if is_folder else path.touch()
        os.utime(path, (1000, 1000))
        monkeypatch.setattr(atomic.time, "time", lambda quiet=quiet: 1000 + quiet - 1)
        atomic.clear_drafts(str(tmp_path))
        assert path.exists()
        monkeypatch.setattr(atomic.time, "time", lambda quiet=quiet: 1000 + quiet)
        atomic.clear_drafts(str(tmp_path))
        assert not path.exists()


def test_without_locks_drafts_stay_for_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f".fastemb-{atomic._host()}-0123456789abcdef.tmp"
    path.touch()
    os.utime(path, (1000, 1000))
    monkeypatch.setattr(atomic, "fcntl", None)
    for now, there in ((1059, True), (1060, False)):
        monkeypatch.setattr(atomic.time, "time", lambda now=now: now)
        atomic.clear_drafts(str(tmp_path))
        assert path.exists() is there
    with atomic.atomic_write(tmp_path / "x") as file, atomic.draft_folder(str(tmp_path)) as folder:
        assert os.path.isdir(folder)
        file.write(b"new")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("x", b"new")]


def test_errors_that_have_no_number_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"^just text$") as told, atomic._naming("x"):
        raise OSError("just text")
    assert told.value.filename is None
    with pytest.raises(OSError, match="x") as told, atomic._naming("x"):
        raise OSError(errno.EIO, "text", "other")
    assert (told.value.errno, told.value.strerror, told.value.filename) == (errno.EIO, "text", "x")


def test_a_folder_in_place_of_another(tmp_path: Path) -> None:
    for content in (b"one", b"two"):
        with atomic.atomic_folder(tmp_path / "x", ["a"]) as made:
            Path(made, "a").write_bytes(content)
            assert Path(made).parent.stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "x" / "a").read_bytes() == content
        assert [one.name for one in tmp_path.iterdir()] == ["x"]
    (tmp_path / "link").symlink_to(tmp_path / "x")
    with atomic.atomic_folder(tmp_path / "link", ["a"]) as made:
        Path(made, "a").write_bytes(b"three")
    assert ((tmp_path / "x" / "a").read_bytes(), (tmp_path / "link").is_symlink()) == (b"three", True)
    (tmp_path / "dangling").symlink_to(tmp_path / "none" / "x")
    with pytest.raises(FileNotFoundError, match="does not exist"), atomic.atomic_folder(tmp_path / "dangling", []):
        pass


# ---- files at URLs ----


class Remote:
    """A file system elsewhere, whose opening fails or gives bytes; what is put there is noted."""

    def __init__(self, found: Any) -> None:
        self.found = found
        self.put: list[tuple[bytes, str]] = []

    def open(self, path: str, mode: str) -> Any:
        assert (path, mode) == ("there", "rb")
        if isinstance(self.found, Exception):
            raise self.found
        return Few(self.found)

    def put_file(self, local: str, path: str) -> None:
        if isinstance(self.found, Exception):
            raise self.found
        self.put.append((Path(local).read_bytes(), path))


class ProtocolError(Exception):
    """What a package may raise that speaks a protocol."""


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (FileNotFoundError("x"), FileNotFoundError, "^s3://b/v: there is no such file$"),
        (PermissionError(13, "denied"), PermissionError, r"^\[Errno 13\] denied$"),
        (ProtocolError("no route"), OSError, "^s3://b/v: ProtocolError: no route$"),
    ],
)
def test_errors_of_other_machines(
    error: Exception, kind: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_file, "file_system", lambda _: (Remote(error), "there"))
    with pytest.raises(kind, match=message), open_source("s3://b/v"):
        pass


def test_what_is_sent_to_another_machine_goes_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    system = Remote(b"")
    monkeypatch.setattr(atomic, "file_system", lambda _: (system, "there"))
    with atomic.atomic_write("s3://b/v") as file:
        file.write(b"new ")
        file.write(b"content")
        assert system.put == []
    assert system.put == [(b"new content", "there")]
    with pytest.raises(KeyError), atomic.atomic_write("s3://b/v") as file:
        raise KeyError
    assert len(system.put) == 1
    system.found = PermissionError(13, "denied", "draft")
    with pytest.raises(PermissionError, match=r"^\[Errno 13\] denied: 's3://b/v'$"), atomic.atomic_write("s3://b/v"):
        pass
