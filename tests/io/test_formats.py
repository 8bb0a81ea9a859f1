"""Formats are told apart by content and by names, and a new one joins by one entry."""

import gzip
import pickle
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fastemb.io import formats
from fastemb.io.formats import (
    VectorTable,
    fastemb_file,
    glove,
    json_lines,
    read_vectors,
    word2vec_binary,
    word2vec_text,
    write_vectors,
)
from fastemb.io.formats.about import About
from fastemb.io.formats.reading import DEFAULT, Reading
from fastemb.io.input_file import open_source

TABLE = VectorTable(["b", "a"], np.array([[1, 2, 0.5], [3, -4, 1e-3]], np.float32), {"count": np.array([2, 1])})


def assert_equal(found: VectorTable, expected: VectorTable) -> None:
    assert list(found.keys) == list(expected.keys)
    assert found.vectors.dtype == np.float32
    assert found.vectors.tobytes() == expected.vectors.tobytes()
    if "count" in found.attributes:  # formats need not hold counts
        assert found.attributes["count"].tolist() == expected.attributes["count"].tolist()


@pytest.mark.parametrize("module", formats.FORMATS, ids=lambda module: module.ABOUT.option)
def test_what_a_format_writes_it_alone_recognises_and_reads(module: formats.Format, tmp_path: Path) -> None:
    for ending in module.ABOUT.endings:
        path = tmp_path / f"file{ending}"
        module.write(path, TABLE)
        start = path.read_bytes()
        assert [other for other in formats.FORMATS if other.recognises(start)] == [module]
        assert formats.recognised(str(path)) is formats.format_of(path) is module
        for found in (
            module.read(str(path), DEFAULT),
            read_vectors(path),
            read_vectors(path, format=module.ABOUT.option),
        ):
            assert_equal(found, TABLE)


@pytest.mark.parametrize("module", formats.FORMATS, ids=lambda module: module.ABOUT.option)
def test_a_name_of_a_format_counts_more_than_the_ending(module: formats.Format, tmp_path: Path) -> None:
    path = tmp_path / "x.other"
    write_vectors(path, TABLE, format=module.ABOUT.option)
    assert path.is_dir() == bool(module.ABOUT.holds)
    assert formats.recognised(str(path)) is module
    assert_equal(read_vectors(path), TABLE)


@pytest.mark.parametrize("named", formats.FORMATS, ids=lambda module: module.ABOUT.option)
@pytest.mark.parametrize("module", formats.FORMATS, ids=lambda module: module.ABOUT.option)
def test_a_file_that_is_said_to_be_in_another_format(
    module: formats.Format, named: formats.Format, tmp_path: Path
) -> None:
    path = tmp_path / "x"
    write_vectors(path, TABLE, format=module.ABOUT.option)
    if module is named or (module, named) == (glove, word2vec_text):  # which reads text without a header, too
        assert_equal(read_vectors(path, format=named.ABOUT.option), TABLE)
        return
    with pytest.raises((ValueError, IsADirectoryError), match="x") as caught:
        read_vectors(path, format=named.ABOUT.option)
    if isinstance(caught.value, IsADirectoryError):
        assert path.is_dir()
        return
    remedy = re.search("format='([^']*)'", str(caught.value))
    assert remedy is not None, caught.value
    assert_equal(read_vectors(path, format=remedy[1]), TABLE)


@pytest.mark.parametrize("module", formats.FORMATS, ids=lambda module: module.ABOUT.option)
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html><html>Not found</html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "a pointer of Git LFS"),
        (pickle.dumps({"a": [1.0]}, 4), "a pickle"),
    ],
)
def test_a_file_of_no_format_that_is_said_to_be_in_one(
    module: formats.Format, content: bytes, what: str, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises((ValueError, FileNotFoundError), match=f"x.*{what}"):
        read_vectors(tmp_path / "x", format=module.ABOUT.option)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("glov", r"there is no format 'glov'; did you mean 'glove'\?"),
        ("Parquet", r"did you mean 'parquet'\?"),
        ("word2vec", r"did you mean 'word2vec-text'\?"),
        ("xyz", r"there is no format 'xyz'; there are fastemb, word2vec-binary, .*jsonl"),
    ],
)
def test_wrong_names_of_formats(option: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        write_vectors(tmp_path / "x", TABLE, format=option)
    write_vectors(tmp_path / "x", TABLE)
    with pytest.raises(ValueError, match=message):
        read_vectors(tmp_path / "x", format=option)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("x.txt", word2vec_text),
        ("x.VEC", word2vec_text),
        ("x.bin", word2vec_binary),
        ("x.safetensors", fastemb_file),
        ("x", fastemb_file),
        ("folder.y/x", fastemb_file),
        ("x.vec.gz", word2vec_text),
        ("x.txt.BZ2", word2vec_text),
        ("x.bin.xz", word2vec_binary),
        ("x.glove.gz", glove),
        ("x.jsonl.bz2", json_lines),
    ],
)
def test_names_say_what_is_written(name: str, module: formats.Format, tmp_path: Path) -> None:
    (tmp_path / "folder.y").mkdir()
    write_vectors(tmp_path / name, TABLE)
    module.write(tmp_path / "other", TABLE)
    with open_source(tmp_path / name) as (file, size):
        assert file.read() == (tmp_path / "other").read_bytes()
    assert (size is None) == name.lower().endswith((".gz", ".bz2", ".xz"))
    assert_equal(read_vectors(tmp_path / name), TABLE)


@pytest.mark.parametrize("name", ["x.h5", "x.csv", "x.pkl", "x.y", "x.gz", "x.kv", "x.model", "x.h5.gz", "x.vec.pkl"])
def test_names_of_other_formats_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"x\..*ending says the format.*\.txt/\.vec \(word2vec text\)"):
        write_vectors(tmp_path / name, TABLE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.zip", "x.vec.zip", "x.vec.tar.gz", "x.tgz", "x.vec.lz4", "x.vec.7z", "x.vec.lzma"])
def test_compressed_files_that_are_not_written(name: str, tmp_path: Path) -> None:
    for write in (write_vectors, word2vec_text.write, word2vec_binary.write):
        with pytest.raises(ValueError, match=r"such files cannot be written; of compressed ones \.gz, \.bz2"):
            write(tmp_path / name, TABLE)  # type: ignore[operator]
    assert list(tmp_path.iterdir()) == []


def test_fastembs_own_files_are_not_compressed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not compressed: leave \.gz out"):
        write_vectors(tmp_path / "x.safetensors.gz", TABLE)


def test_word2vec_files_are_sorted_by_count_and_packed_ones_are_read(tmp_path: Path) -> None:
    rising = TABLE._replace(keys=["a", "b"], vectors=TABLE.vectors[::-1], attributes={"count": np.array([1, 2])})
    for module in (word2vec_text, word2vec_binary, glove):
        module.write(tmp_path / "file", rising)
        (tmp_path / "packed").write_bytes(gzip.compress((tmp_path / "file").read_bytes()))
        assert_equal(read_vectors(tmp_path / "packed"), TABLE)


def test_text_without_a_header_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"b 1 2 0.5\na 3 -4 1e-3\n")
    assert_equal(read_vectors(tmp_path / "file"), TABLE)


@pytest.mark.parametrize("content", [b"", b"just words", b"\0\1\2\3", b"one\ntwo 2\n", b"\n"])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=r"file: no file of vectors in a format that can be read \(.*word2vec text"):
        read_vectors(tmp_path / "file")


def test_what_users_set_comes_back_from_fastembs_own_files_only(tmp_path: Path) -> None:
    table = TABLE._replace(own={"note": "mine", "numbers": np.arange(3)})
    for name, expected in {"x.safetensors": ["note", "numbers"], "x.bin": []}.items():
        write_vectors(tmp_path / name, table)
        assert sorted(read_vectors(tmp_path / name).own) == expected


def test_a_new_format_joins_by_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: str, _: Reading) -> VectorTable:
        return VectorTable(Path(path).read_text().split()[1:], np.zeros((2, 1), np.float32))

    def write(path: Path, table: VectorTable) -> None:
        path.write_text(" ".join(["MINE", *table.keys]))

    def recognises(start: bytes) -> bool:
        return start.startswith(b"MINE")

    about = About(name="mine", option="mine", endings=(".mine",))
    mine = SimpleNamespace(ABOUT=about, recognises=recognises, read=read, write=write)
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, mine))
    write_vectors(tmp_path / "x.mine", TABLE)
    assert read_vectors(str(tmp_path / "x.mine")).keys == ["b", "a"]
    write_vectors(tmp_path / "x.other", TABLE, format="mine")
    assert read_vectors(str(tmp_path / "x.other"), format="mine").keys == ["b", "a"]
