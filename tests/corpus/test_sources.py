"""What Corpus.from_file reads: files, folders, patterns, streams, URLs, compressed and in any encoding."""

import bz2
import gzip
import io
import lzma
import os
import random
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sized import Sized

from fastemb import Phrases, Word2Vec
from fastemb.corpus import Corpus, encoder, inputs
from fastemb.io import unpack
from fastemb.items import read_titles

TEXT = "the cat sat\non the mat\n\nein größerer Hund\n日本 語 😀\nlast"
SENTENCES = [line.split() for line in TEXT.split("\n")]


def zstd(data):
    pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    return unpack.zstd_module().compress(data)


PACKS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def same(corpus, other):
    assert corpus.vocabulary.keys == other.vocabulary.keys
    assert corpus.ids.tolist() == other.ids.tolist()
    assert corpus.offsets.tolist() == other.offsets.tolist()
    assert corpus.raw_words == other.raw_words


def many_words(seed, lines=300):
    rng = random.Random(seed)
    return "\n".join(" ".join(f"w{rng.randrange(400)}é" for _ in range(rng.randrange(9))) for _ in range(lines))


# ---- compressed ----


@pytest.mark.parametrize("ending", PACKS)
@pytest.mark.parametrize("workers", [1, 3])
def test_compressed_text_gives_the_same_ids_whatever_its_name(tmp_path, ending, workers):
    sized = Sized(block_bytes=100)
    content = many_words(1).encode()
    (tmp_path / "plain").write_bytes(content)
    packed = tmp_path / "packed"
    packed.write_bytes(PACKS[ending](content[:2000]) + PACKS[ending](content[2000:]))
    same(sized.from_file(packed, workers=workers), sized.from_file(tmp_path / "plain"))


@pytest.mark.parametrize("ending", PACKS)
@pytest.mark.parametrize("workers", [1, 2])
def test_compressed_text_that_is_cut_off_is_never_a_short_corpus(tmp_path, ending, workers):
    data = PACKS[ending](many_words(2, 2000).encode())
    path = tmp_path / f"cut.{ending}"
    for end in (20, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:end])
        with pytest.raises(ValueError, match=rf"cut\.{ending}: the .* data end early"):
            Corpus.from_file(path, workers=workers)


def test_damaged_data_are_an_error_that_names_the_file(tmp_path):
    data = bytearray(gzip.compress(many_words(3).encode()))
    data[len(data) // 2] ^= 1
    (tmp_path / "text.gz").write_bytes(data)
    with pytest.raises(ValueError, match=r"text\.gz: the gzip data are damaged"):
        Corpus.from_file(tmp_path / "text.gz")


@pytest.mark.integration
def test_of_a_fault_in_the_text_and_a_later_end_the_first_is_reported(tmp_path, monkeypatch):
    sized = Sized(block_bytes=1000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"\xff\n" + many_words(4).encode())[:-3])

    class Slow(encoder.TokenTable):
        def read(self, data, position, *rest):
            if position == 0:
                time.sleep(0.3)
            return super().read(data, position, *rest)

    monkeypatch.setattr(encoder, "TokenTable", Slow)
    for workers in (1, 2, 3):
        with pytest.raises(ValueError, match=r"a\.gz, line 1: invalid UTF-8"):
            sized.from_file(tmp_path / "a.gz", workers=workers)


def test_archives_are_named(tmp_path):
    (tmp_path / "a").write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(ValueError, match="a: zip files are not supported; unpack it first"):
        Corpus.from_file(tmp_path / "a")


def test_an_empty_compressed_file_has_no_word(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(ValueError, match="no word"):
        Corpus.from_file(tmp_path / "a.gz")


def test_a_fault_in_compressed_text_has_its_line(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"a\nb\n\xff\n"))
    with pytest.raises(ValueError, match=r"a\.gz, line 3: invalid UTF-8"):
        Corpus.from_file(tmp_path / "a.gz")


# ---- many files ----


@pytest.fixture
def folder(tmp_path):
    """Files of which each ends within a line, some compressed, one in a folder of its own, one empty."""
    root = tmp_path / "texts"
    (root / "b").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "a.txt").write_text("one two\nthree")
    (root / "b" / "c.txt").write_text("\ufefffour\n")
    (root / "c.txt.gz").write_bytes(gzip.compress(b"five\n\nsix"))
    (root / "d.txt").write_bytes(b"")
    (root / "e.txt").write_text("one")
    (root / ".hidden").write_text("hidden")
    (root / ".git" / "x").write_text("hidden")
    return root


ALL = [["one", "two"], ["three"], ["four"], ["five"], [], ["six"], ["one"]]


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("size", [1, 4, 1 << 20])
def test_a_folder_is_all_its_files_by_name_but_hidden_ones(folder, workers, size):
    sized = Sized(block_bytes=size)
    assert list(sized.from_file(folder, workers=workers)) == ALL
    assert list(sized.from_file(str(folder) + os.sep)) == ALL


def test_a_list_is_read_in_its_order(folder):
    paths = [folder / "e.txt", str(folder / "c.txt.gz"), folder / "b"]
    expected = [["one"], ["five"], [], ["six"], ["four"]]
    assert list(Corpus.from_file(paths)) == expected
    assert list(Corpus.from_file(tuple(paths))) == expected
    assert list(Corpus.from_file(path for path in paths)) == expected
    with open(folder / "e.txt") as file:
        assert list(Corpus.from_file([file, folder / "e.txt"])) == [["one"], ["one"]]


def test_a_pattern_is_the_files_that_match_by_name(folder, monkeypatch):
    assert list(Corpus.from_file(str(folder / "*.txt"))) == [["one", "two"], ["three"], ["one"]]
    assert list(Corpus.from_file(folder / "**" / "*.txt")) == [["one", "two"], ["three"], ["four"], ["one"]]
    monkeypatch.chdir(folder)
    assert list(Corpus.from_file("[ab]*")) == [["one", "two"], ["three"]]
    (folder / "[a].txt").write_text("brackets")
    assert list(Corpus.from_file("[a].txt")) == [["brackets"]], "a file of that name comes first"


def test_word2vec_takes_them_too(folder):
    model = Word2Vec(corpus_file=str(folder), min_count=1, vector_size=4, sample=0)
    assert model.corpus_count == len(ALL)


def test_faults_name_the_file_and_its_own_line(folder):
    (folder / "e.txt").write_bytes(b"fine\nalso fine\n\xff\n")
    (folder / "f.txt").write_bytes(b"\xff\n")
    for size in (1, 5, 1 << 20):
        sized = Sized(block_bytes=size)
        for workers in (1, 3):
            with pytest.raises(ValueError, match=r"e\.txt, line 3: invalid UTF-8"):
                sized.from_file(folder, workers=workers)


def test_what_is_not_there_is_named(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.txt"):
        Corpus.from_file([folder / "a.txt", folder / "absent.txt"])
    with pytest.raises(FileNotFoundError, match=r"\*\.csv: no file matches"):
        Corpus.from_file(str(folder / "*.csv"))
    (tmp_path / "empty" / "within").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="empty: there is no file in this folder"):
        Corpus.from_file(tmp_path / "empty")
    with pytest.raises(ValueError, match="list of files is empty"):
        Corpus.from_file([])
    (tmp_path / "empty" / "a").write_text("")
    (tmp_path / "empty" / "b").write_text("\n")
    with pytest.raises(ValueError, match="a and 1 more: there is no word"):
        Corpus.from_file(tmp_path / "empty")


@pytest.mark.parametrize("source", [7, None, b"two words", [b"two words"]])
def test_what_names_no_file_is_named(source):
    with pytest.raises(TypeError, match="text is read from a path"):
        Corpus.from_file(source)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(path):
    path.chmod(0)
    with pytest.raises(PermissionError, match=r"text\.txt"):
        Corpus.from_file(path)


# ---- streams ----


def test_standard_input_is_a_dash(path, monkeypatch):
    expected = Corpus.from_file(path)
    with open(path, encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdin", file)
        same(Corpus.from_file("-"), expected)
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    same(Corpus.from_file("-"), expected)


def test_open_files_of_bytes_and_of_text_are_read_and_stay_open(path):
    expected = Corpus.from_file(path)
    for mode in ("rb", "r"):
        with open(path, mode, encoding="utf-8" if mode == "r" else None) as file:
            same(Corpus.from_file(file, workers=4), expected)
            assert not file.closed
    same(Corpus.from_file(io.BytesIO(gzip.compress(TEXT.encode()))), expected)
    same(Corpus.from_file(io.StringIO("\ufeff" + TEXT)), expected)
    with gzip.open(io.BytesIO(gzip.compress(TEXT.encode()))) as packed:
        same(Corpus.from_file(packed), expected)


def test_faults_in_streams_name_them(path):
    with pytest.raises(ValueError, match="the open file, line 2: invalid UTF-8"):
        Corpus.from_file(io.BytesIO(b"a\n\xff\n"))
    with open(path, "rb") as file, pytest.raises(ValueError, match=r"text\.txt: .*encoding"):
        Corpus.from_file(io.TextIOWrapper(file), encoding="latin-1")
    with pytest.raises(ValueError, match="line 2: half a character"):
        Corpus.from_file(io.StringIO("a\nb \ud800"))


class Dripping(io.RawIOBase):
    """Gives a few bytes at a time, as a pipe may."""

    def __init__(self, data):
        self.left = data

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = self.left[: min(3, len(buffer))]
        self.left = self.left[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_streams_may_give_few_bytes_at_a_time(path, pack):
    same(Corpus.from_file(Dripping(pack(TEXT.encode()))), Corpus.from_file(path))


def test_an_object_with_read_is_enough(path):
    class Reader:
        def __init__(self):
            self.file = io.BytesIO(TEXT.encode())

        def read(self, size):
            return self.file.read(size)

    same(Corpus.from_file(Reader()), Corpus.from_file(path))


def test_errors_of_a_stream_surface(path):
    class Broken(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            raise OSError(5, "Input/output error")

    for many in ([Broken()], [path, Broken()]):
        with pytest.raises(OSError, match="Input/output error"):
            Corpus.from_file(many)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_compressed_pipe_can_be_read(tmp_path, path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(TEXT.encode()),))
    writer.start()
    same(Corpus.from_file(pipe), Corpus.from_file(path))
    writer.join()


# ---- URLs ----


@pytest.fixture
def memory():
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    system.pipe("/texts/b.txt", b"two\n")
    system.pipe("/texts/a.gz", gzip.compress(b"one"))
    system.pipe("/texts/more/c.txt", b"three")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def test_urls_are_read_by_fsspec(memory, path):
    assert list(Corpus.from_file("memory://texts/a.gz")) == [["one"]]
    assert list(Corpus.from_file("memory://texts/*.txt")) == [["two"]]
    assert list(Corpus.from_file("memory://texts")) == [["one"], ["two"], ["three"]]
    assert list(Corpus.from_file(["memory://texts/more", "memory://texts/b.txt"])) == [["three"], ["two"]]
    same(Corpus.from_file(f"file://{path}"), Corpus.from_file(path))


def test_faults_of_urls_name_them(memory):
    memory.pipe("/texts/bad.txt", b"a\nb\n\xff")
    with pytest.raises(ValueError, match=r"memory:///?texts/bad\.txt, line 3: invalid UTF-8"):
        Corpus.from_file("memory://texts/bad.txt")
    for absent in ("memory://texts/absent.txt", "memory://texts/*.csv"):
        with pytest.raises(FileNotFoundError):
            Corpus.from_file(absent)


def test_without_fsspec_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ImportError, match=r"s3://bucket/a: .*pip install 'fastemb\[fsspec\]'"):
        Corpus.from_file("s3://bucket/a")


# ---- encodings ----

ENCODINGS = ["utf-8", "utf-8-sig", "UTF8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "utf-7"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("size", [1, 2, 3, 1 << 20])
def test_text_in_any_encoding_gives_the_same_ids(tmp_path, path, encoding, size):
    expected = Corpus.from_file(path)
    sized = Sized(block_bytes=size)
    other = tmp_path / "other"
    other.write_bytes(TEXT.encode(encoding))
    for workers in (1, 3):
        same(sized.from_file(other, encoding=encoding, workers=workers), expected)
    other.write_bytes(gzip.compress(TEXT.encode(encoding)))
    same(sized.from_file(other, encoding=encoding), expected)
    if encoding.startswith("utf-16-") or encoding == "gb18030":
        other.write_bytes(("\ufeff" + TEXT).encode(encoding))
        same(sized.from_file(other, encoding=encoding), expected)


@given(st.text(st.characters(codec="shift_jis", exclude_characters="\0¥‾")).map(lambda text: "a " + text))
def test_other_encodings_are_read_as_by_python(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "encoded"
    data = content.encode("shift_jis")
    path.write_bytes(data)
    lines = data.decode("shift_jis").split("\n")
    expected = [line.split() for line in (lines[:-1] if lines[-1] == "" else lines)]
    assert list(Corpus.from_file(path, encoding="shift_jis")) == expected


@pytest.mark.parametrize("size", [2, 7, 1 << 20])
@pytest.mark.parametrize(
    ("encoding", "data", "line"),
    [
        ("ascii", b"a\nb\n\xe9\n", 3),
        ("gb18030", "日本\n語\n".encode("gb18030") + b"a\n\xff\xff\n", 4),
        ("utf-16", "a\nb\n".encode("utf-16") + b"\x00\xdc", 3),
        ("utf-16-be", "\n\n\n".encode("utf-16-be") + b"\x00", 4),
        ("utf-32", b"\xff\xfe\x00\x00a\x00\x00\x00\xff\xff\xff\xff", 1),
    ],
)
def test_text_that_is_not_of_the_encoding_named_is_an_error_with_its_line(tmp_path, encoding, data, line, size):
    sized = Sized(block_bytes=size)
    (tmp_path / "text").write_bytes(data)
    for workers in (1, 2):
        with pytest.raises(ValueError, match=rf"text, line {line}: this is not {encoding}"):
            sized.from_file(tmp_path / "text", encoding=encoding, workers=workers)


def test_unicode_errors_hold_for_every_encoding(tmp_path):
    (tmp_path / "text").write_bytes(b"a\xe9 \xe9 b\n")
    options = {"encoding": "ascii", "unicode_errors": "replace"}
    assert list(Corpus.from_file(tmp_path / "text", **options)) == [["a\ufffd", "\ufffd", "b"]]
    options["unicode_errors"] = "ignore"
    assert list(Corpus.from_file(tmp_path / "text", **options)) == [["a", "b"]]


@pytest.mark.parametrize("encoding", ["nonsense", "rot13", "base64", "hex"])
def test_unknown_encodings_are_named(path, encoding):
    with pytest.raises(ValueError, match=f"encoding='{encoding}' is no encoding of text"):
        Corpus.from_file(path, encoding=encoding)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_utf16_is_recognised_and_the_error_says_how_to_read_it(path, encoding, pack):
    path.write_bytes(pack("hello".encode(encoding)))
    with pytest.raises(ValueError, match='encoding="utf-16"'):
        Corpus.from_file(path, unicode_errors="replace")


def test_a_nul_character_is_an_error_in_every_encoding(path):
    path.write_bytes("a\nb\0c".encode("utf-16"))
    with pytest.raises(ValueError, match=r"text\.txt, line 2: NUL byte"):
        Corpus.from_file(path, encoding="utf-16")


def test_lines_of_an_encoding_are_counted_over_pieces():
    """The decoder's state is put back to find the line of a fault."""
    data = ("日\n本\n" * 20).encode("iso2022_jp") + b"\x1b$B\xff\xff"
    pieces = iter([data[i : i + 5] for i in range(0, len(data), 5)])
    with pytest.raises(ValueError, match="line 41: this is not iso2022_jp"):
        list(inputs._decoded(pieces, "iso2022_jp", "strict", "x"))
    with pytest.raises(ValueError, match="line 3: this is not iso2022_jp"):
        list(inputs._decoded(iter([b"a\nb\n\x1b$B\xff\xff"]), "iso2022_jp", "strict", "x"))


@pytest.mark.parametrize("read", [Corpus.from_file, Corpus.from_csv, Corpus.from_parquet, read_titles])
@pytest.mark.parametrize("path", ["a\0b", b"a\0b"])
def test_a_path_with_a_null_byte_is_told(read, path):
    if read == Corpus.from_parquet:
        pytest.importorskip("pyarrow")
    with pytest.raises(ValueError, match=r"'a\\x00b': no path has a null byte in it"):
        read(path)


@pytest.mark.parametrize("read", [Corpus.from_file, Corpus.from_csv, Corpus.from_parquet, read_titles])
def test_a_file_that_is_not_there_is_named_if_its_path_is_bytes(read, tmp_path):
    if read == Corpus.from_parquet:
        pytest.importorskip("pyarrow")
    with pytest.raises(FileNotFoundError, match=r"missing\.txt"):
        read(os.fsencode(tmp_path / "missing.txt"))


@pytest.mark.parametrize("given", [None, 3, np.array(3)])
@pytest.mark.parametrize(
    "read", [Corpus.from_file, Corpus.from_csv, Corpus.from_parquet, Corpus.from_sentences, Phrases]
)
def test_what_names_nothing_is_refused(read, given):
    if read == Phrases and given is None:
        return  # no sentences yet
    with pytest.raises(TypeError, match=r"(is read from a path|sentences must be an iterable)"):
        read(given)
