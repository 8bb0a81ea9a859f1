"""word2vec's formats: round trips, other programs' files, damaged files."""

import bz2
import gzip
import io
import lzma
import os
import struct
import sys
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fastemb.io.formats import VectorTable, word2vec_binary, word2vec_text
from fastemb.io.formats.binary_records import Records
from fastemb.io.formats.word2vec_counts import read_counts, write_counts
from fastemb.io.formats.word2vec_file import Buffers, Layout, Reading
from fastemb.io.unpack import TruncatedFileError, zstd_module

KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \t\n\v\f\r"), min_size=1, max_size=8)
SHARED_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def read_bytes(tmp_path, data, **options):
    path = tmp_path / "vectors"
    path.write_bytes(data)
    return read(path, **options)


def read(path, binary=False, no_header=False, **options):
    """Keys as a list, and vectors."""
    reading = Reading(**options)
    found = word2vec_binary.read(path, reading) if binary else word2vec_text.read(path, reading, not no_header)
    index, vectors, attributes, own = found
    assert list(index.values()) == list(range(len(vectors)))
    assert attributes["count"].tolist() == list(range(len(vectors), 0, -1))
    assert own == {}
    return list(index), vectors


def write_word2vec(path, keys, vectors, binary=False, **layout):
    (word2vec_binary if binary else word2vec_text).write(path, VectorTable(keys, vectors), Layout(**layout))


def record(key, *values):
    return key.encode() + b" " + struct.pack(f"<{len(values)}f", *values)


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


# ---- round trips ----


@SHARED_FOLDER
@given(data=st.data(), keys=st.lists(KEYS, unique=True, max_size=12), dims=st.integers(1, 7), binary=st.booleans())
def test_floats_come_back_bit_for_bit(tmp_path, data, keys, dims, binary):
    vectors = data.draw(arrays(np.float32, (len(keys), dims), elements=st.floats(width=32, allow_nan=False)))
    write_word2vec(tmp_path / "x", keys, vectors, binary=binary)
    got_keys, got = read(tmp_path / "x", binary=binary)
    assert got_keys == keys
    assert same_bits(got, vectors)


@SHARED_FOLDER
@given(vectors=arrays(np.float64, (5, 3), elements=st.floats(allow_nan=False)))
def test_doubles_come_back_from_text(tmp_path, vectors):
    write_word2vec(tmp_path / "x", list("abcde"), vectors)
    assert same_bits(read(tmp_path / "x", datatype=np.float64)[1], vectors)


def test_half_precision_comes_back_from_text(tmp_path):
    vectors = np.arange(0, 1 << 15, 3, dtype=np.uint16).view(np.float16)
    vectors = vectors[np.isfinite(vectors)][:1200].reshape(-1, 4)
    write_word2vec(tmp_path / "x", range(len(vectors)), vectors)
    assert same_bits(read(tmp_path / "x", datatype=np.float16)[1], vectors)


@pytest.mark.parametrize("binary", [False, True])
def test_more_than_one_block_and_strided_rows(tmp_path, binary):
    rng = np.random.default_rng(0)
    padded = rng.normal(size=(30_000, 112)).astype(np.float32)
    keys = [f"word{at}" for at in range(len(padded))]
    write_word2vec(tmp_path / "x", keys, padded[:, :100], binary=binary)
    got_keys, got = read(tmp_path / "x", binary=binary)
    assert got_keys == keys
    assert same_bits(got, np.ascontiguousarray(padded[:, :100]))


# Binary files in blocks of 64 bytes, by four threads.
SMALL_BLOCKS = {"binary": True, "threads": 4, "buffers": Buffers(block=64, longest_key=40)}


@SHARED_FOLDER
@given(
    seed=st.integers(0, 2**32 - 1), count=st.integers(0, 300), dims=st.integers(1, 9), end=st.sampled_from(["", "\n"])
)
def test_blocks_end_anywhere(tmp_path, seed, count, dims, end):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 2**32, (count, dims), np.uint32).view(np.float32)  # with line ends and spaces in them
    keys = [str(row).zfill(rng.integers(1, 20)) + "k" for row in range(count)]
    records = [key.encode() + b" " + row.tobytes() + end.encode() for key, row in zip(keys, rows, strict=True)]
    data = b"%d %d\n" % (count, dims) + b"".join(records)
    for given_data in (data, gzip.compress(data)):
        got_keys, got = read_bytes(tmp_path, given_data, **SMALL_BLOCKS)
        assert got_keys == keys
        assert same_bits(got, rows)
    limit = int(rng.integers(1, count + 2))
    got_keys, got = read_bytes(tmp_path, data, limit=limit, **SMALL_BLOCKS)
    assert got_keys == keys[:limit]
    assert same_bits(got, rows[:limit])


def test_errors_in_later_blocks(tmp_path):
    def records(*keys):
        return b"%d 2\n" % len(keys) + b"".join(record(key, 1, 2) for key in keys)

    names = [f"key{at}" for at in range(500)]
    with pytest.raises(TruncatedFileError, match="the file ends after 499 of 500 vectors"):
        read_bytes(tmp_path, gzip.compress(records(*names)[:-1]), **SMALL_BLOCKS)
    with pytest.raises(TruncatedFileError, match="the file ends after 500 of 501 vectors"):
        read_bytes(tmp_path, records(*names, "a" * 9)[:-1].replace(b"a" * 9, b"a"), **SMALL_BLOCKS)
    with pytest.raises(ValueError, match="record 301 is too long"):
        read_bytes(tmp_path, records(*names[:300], "k" * 99, *names[300:]), **SMALL_BLOCKS)
    with pytest.raises(ValueError, match="more after the 500 vectors"):
        read_bytes(tmp_path, records(*names) + b"\n" * 200 + b"x", **SMALL_BLOCKS)
    assert len(read_bytes(tmp_path, records(*names) + b"\n" * 200, **SMALL_BLOCKS)[0]) == 500
    with pytest.raises(UnicodeDecodeError, match="vector 401 of"):
        read_bytes(tmp_path, records(*names).replace(b"key400", b"key\xff00"), **SMALL_BLOCKS)
    with pytest.warns(UserWarning, match="vectors: 1 vectors are left out, whose key came before, such as 'key399'"):
        keys, _ = read_bytes(tmp_path, records(*names).replace(b"key400", b"key399"), **SMALL_BLOCKS)
    assert keys == names[:400] + names[401:]


def test_a_read_error_surfaces():
    class Failing(io.RawIOBase):
        def readinto(self, buffer):
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        Records(Failing(), np.empty((200, 1), np.float32), 200, 64).read(4)
    assert not [thread for thread in threading.enumerate() if "fastemb-read" in thread.name]


@pytest.mark.integration
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("binary", [False, True])
def test_compressed_files_are_unpacked(tmp_path, pack, binary):
    vectors = np.random.default_rng(0).normal(size=(12_000, 9)).astype(np.float32)
    write_word2vec(tmp_path / "x", range(len(vectors)), vectors, binary=binary)
    packed = pack((tmp_path / "x").read_bytes())
    keys, got = read_bytes(tmp_path, packed, binary=binary)
    assert (keys[0], keys[-1]) == ("0", "11999")
    assert same_bits(got, vectors)
    with pytest.raises(ValueError, match="vectors"):
        read_bytes(tmp_path, packed[: len(packed) // 2], binary=binary)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("binary", [False, True])
def test_a_pipe_is_read_once(tmp_path, pack, binary):
    vectors = np.random.default_rng(0).normal(size=(12_000, 9)).astype(np.float32)
    write_word2vec(tmp_path / "x", range(len(vectors)), vectors, binary=binary)
    os.mkfifo(tmp_path / "pipe")
    data = pack((tmp_path / "x").read_bytes())
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(data,), daemon=True)
    writer.start()
    assert same_bits(read(tmp_path / "pipe", binary=binary)[1], vectors)
    writer.join()
    with pytest.raises(ValueError, match="pipe: a pipe can be read once only"):
        read(tmp_path / "pipe", no_header=True)


def test_compressed_rows_grow_as_they_come(tmp_path):
    buffers = Buffers(first_rows=100)
    vectors = np.arange(3000, dtype=np.float32).reshape(1000, 3)
    write_word2vec(tmp_path / "x", range(1000), vectors)
    packed = gzip.compress((tmp_path / "x").read_bytes())
    assert same_bits(read_bytes(tmp_path, packed, buffers=buffers)[1], vectors)


# ---- what is written ----


def test_text_looks_like_word2vecs(tmp_path):
    write_word2vec(tmp_path / "x", ["a", 7], np.array([[1, 0.25], [-1e-9, 3]], np.float32))
    assert (tmp_path / "x").read_bytes() == b"2 2\na 1.0 0.25\n7 -1e-09 3.0\n"


def test_binary_looks_like_gensims(tmp_path):
    write_word2vec(tmp_path / "x", ["a", "b"], np.array([[1, 2], [3, 4]]), binary=True)
    assert (tmp_path / "x").read_bytes() == b"2 2\n" + record("a", 1, 2) + record("b", 3, 4)


def test_append_header_total_and_prefix(tmp_path):
    ones = np.ones((1, 2), np.float32)
    write_word2vec(tmp_path / "x", ["a"], ones, total=2)
    write_word2vec(tmp_path / "x", ["b"], ones, header=False, prefix="*", append=True)
    assert (tmp_path / "x").read_bytes() == b"2 2\na 1.0 1.0\n*b 1.0 1.0\n"


@pytest.mark.parametrize("key", ["", "a b", "a\tb", "\n", "a\r", "x\v", "x\f", None])
@pytest.mark.parametrize("append", [False, True])
def test_keys_that_cannot_be_written_leave_the_file_alone(tmp_path, key, append):
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(ValueError, match="key"):
        write_word2vec(tmp_path / "x", ["ok", key], np.ones((2, 1), np.float32), append=append)
    assert (tmp_path / "x").read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize(("ending", "unpack"), {".gz": gzip, ".BZ2": bz2, ".xz": lzma, ".zst": None}.items())
@pytest.mark.parametrize("binary", [False, True])
def test_names_of_compressed_files_make_such_files(tmp_path, ending, unpack, binary):
    if unpack is None:
        pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
        unpack = zstd_module()
    ones = np.ones((1, 2), np.float32)
    path = tmp_path / f"x.vec{ending}"
    for name in ("plain", path):
        write_word2vec(tmp_path / name, ["a"], ones, total=2, binary=binary)
        write_word2vec(tmp_path / name, ["b"], ones, header=False, append=True, binary=binary)
    assert unpack.decompress(path.read_bytes()) == (tmp_path / "plain").read_bytes()
    assert read(path, binary=binary)[0] == ["a", "b"]
    write_counts(path, ["a"], np.array([3]))
    assert unpack.decompress(path.read_bytes()) == b"a 3\n"
    assert read_counts(path) == {"a": 3}


def test_the_same_vectors_make_the_same_compressed_file(tmp_path):
    for name in ("x.gz", "y.gz"):
        write_word2vec(tmp_path / name, ["a"], np.ones((1, 2), np.float32))
    assert (tmp_path / "x.gz").read_bytes() == (tmp_path / "y.gz").read_bytes()


def test_an_open_file_is_written():
    file = io.BytesIO()
    write_word2vec(file, ["a"], np.ones((1, 2), np.float32))
    assert file.getvalue() == b"1 2\na 1.0 1.0\n"


# ---- what other programs write ----


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_binary_with_and_without_line_ends(tmp_path, end):
    keys, vectors = read_bytes(tmp_path, b"2 2\n" + record("a", 1, 2) + end + record("b", 3, 4) + end, binary=True)
    assert keys == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "text",
    [
        b"2 2\na 1 2\nb 3 4\n",
        b"2 2\na 1 2\nb 3 4",
        b"2 2\na 1 2 \nb 3 4 \n",
        b"2 2\r\na 1 2\r\nb 3 4\r\n",
        b"2 2\na  1\t2\nb 3 4\n\n \n",
        b"2 2\na +1 2.\nb 30e-1 0.4e1\n",
    ],
)
def test_ways_to_write_text(tmp_path, text):
    keys, vectors = read_bytes(tmp_path, text)
    assert keys == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("end", ["", "\n", "\n\n  \n", "\r\n"])
def test_text_without_header(tmp_path, end):
    keys, vectors = read_bytes(tmp_path, b"a 1 2\nb 3 4\nc 5 6" + end.encode(), no_header=True)
    assert keys == ["a", "b", "c"]
    assert vectors.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert read(tmp_path / "vectors", no_header=True, limit=2)[0] == ["a", "b"]


def test_text_without_header_longer_than_a_block(tmp_path):
    text = b"".join(b"k%d %d\n" % (at, at) for at in range(500))
    keys, vectors = read_bytes(tmp_path, text, no_header=True, buffers=Buffers(block=50))
    assert vectors[:, 0].tolist() == list(range(500))
    assert keys[-1] == "k499"


def test_infinite_and_missing_values(tmp_path):
    _, vectors = read_bytes(tmp_path, b"1 4\na nan inf -Infinity -NaN\n")
    np.testing.assert_array_equal(vectors, np.array([[np.nan, np.inf, -np.inf, np.nan]], np.float32))


def test_many_values_that_take_the_slow_way(tmp_path):
    text = b"40 3\n" + b"".join(b"k%d nan 1 1e-42\n" % at for at in range(40))
    keys, vectors = read_bytes(tmp_path, text, buffers=Buffers(slow_numbers=7))
    assert len(keys) == 40
    np.testing.assert_array_equal(vectors, np.tile(np.array([np.nan, 1, 1e-42], np.float32), (40, 1)))


def test_of_repeated_keys_the_first_is_kept(tmp_path):
    with pytest.warns(UserWarning, match="vectors: 1 vectors are left out, whose key came before, such as 'a'"):
        keys, vectors = read_bytes(tmp_path, b"4 1\na 1\nb 2\na 3\nc 4\n")
    assert keys == ["a", "b", "c"]
    assert vectors[:, 0].tolist() == [1, 2, 4]


@pytest.mark.parametrize("limit", [1, 2, 5, None, 0])
def test_limit(tmp_path, limit):
    expected = ["a", "b", "c"][: limit or None]
    assert read_bytes(tmp_path, b"3 1\na 1\nb 2\nc 3\n", limit=limit)[0] == expected
    data = b"3 1\n" + record("a", 1) + record("b", 1) + record("c", 1)
    assert read_bytes(tmp_path, data, limit=limit, binary=True)[0] == expected


def test_limit_reads_the_start_of_a_truncated_file(tmp_path):
    assert read_bytes(tmp_path, b"1000000 1\na 1\nb 2\nc ", limit=2)[0] == ["a", "b"]


def test_encodings(tmp_path):
    assert read_bytes(tmp_path, b"1 1\n\xe9 1\n", encoding="latin1")[0] == ["é"]
    assert read_bytes(tmp_path, "2 1\nж 1\nя 2\n".encode("koi8-r"), encoding="koi8-r")[0] == ["ж", "я"]
    assert read_bytes(tmp_path, b"2 1\n\xffa 1\nb\xc3 2\n", unicode_errors="ignore")[0] == ["a", "b"]
    assert read_bytes(tmp_path, b"1 1\nb\xc3 2\n", unicode_errors="replace")[0] == ["b\ufffd"]
    with pytest.raises(UnicodeDecodeError, match=r"vector 2 of .*unicode_errors"):
        read_bytes(tmp_path, b"2 1\na 1\nb\xc3 2\n")


def test_keys_with_unusual_white_space(tmp_path):
    keys = ["a\xa0b", "\x85", "\u2028", "\x1c", "\x00"]
    write_word2vec(tmp_path / "x", keys, np.ones((5, 2), np.float32))
    assert read(tmp_path / "x")[0] == keys


def test_no_vectors(tmp_path):
    for binary in (False, True):
        keys, vectors = read_bytes(tmp_path, b"0 3\n", binary=binary)
        assert keys == []
        assert vectors.shape == (0, 3)


# ---- damaged files ----


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "line 1"),
        (b"2 2", "line 1"),
        (b"2\na 1 2\n", "line 1"),
        (b"2 2 2\na 1 2\n", "line 1"),
        (b"-1 2\n", "line 1"),
        (b"a 1 2\nb 3 4\n", "line 1"),
        (b"x" * 5000, "line 1"),
        (b"1 0\na\n", "0 dimensions"),
        (b"1 99999999999\na 1\n", "dimensions"),
        (b"99999999999999999999 5\na 1\n", "bytes"),
        (b"3 2\na 1 2\nb 3 4\n", "2 of 3|need"),
        (b"2 2\na 1 2\nb 3\n", "line 3 has 1 values after the key b'b', expected 2"),
        (b"2 2\na 1 2 3\nb 3 4\n", "line 2 has 3 values"),
        (b"2 2\na 1 2\n\nb 3 4\n", "line 3 is empty"),
        (b"2 2\na 1 2\nb 3 x\n", "line 3: b'x' is not a number"),
        (b"2 2\na 1 1_0\nb 3 4\n", "line 2: b'1_0'"),
        (b"2 2\na\t1\t2\nb 3 4\n", "line 2: a tab follows the key"),
        (b"2 2\na 1 2\nb 3 4\nc 5 6\n", "more after the 2 vectors.*line 4"),
        (b"PK\x03\x04", "zip"),
    ],
)
def test_damaged_text(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_bytes(tmp_path, text)
    assert "vectors" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"2 2\n" + record("a", 1, 2) + record("b", 3, 4)[:-1], "2 of 3|need|1 of 2"),
        (b"2 2\n" + record("a", 1, 2) + record("b", 3, 4) + b"junk", "more after"),
        (b"1 2\n" + record("a", 1, 2) + record("b", 3, 4), "more after"),
        (b"1000000000 300\n" + record("a", 1, 2), "need"),
        (b"1 1000001\n" + b"a " + b"\0" * 100, "need"),
        (b"3 1\n" + b"\1" * 300_000, "0 of 3"),
    ],
)
def test_damaged_binary(tmp_path, data, message):
    with pytest.raises(ValueError, match=message):
        read_bytes(tmp_path, data, binary=True)


def test_truncation_is_also_the_error_that_gensim_raises(tmp_path):
    with pytest.raises(EOFError) as caught:
        read_bytes(tmp_path, b"3 1\na 1\nb 2\n")
    assert isinstance(caught.value, TruncatedFileError)
    with pytest.raises(TruncatedFileError):
        read_bytes(tmp_path, gzip.compress(b"999999999999 1\na 1\nb 2\n"))


def test_a_line_longer_than_the_buffer(tmp_path):
    with pytest.raises(ValueError, match="line 2 is too long"):
        read_bytes(tmp_path, b"1 1\na " + b"1" * (9 << 20) + b"\n")


def test_wrong_options(tmp_path):
    with pytest.raises(TypeError, match="datatype"):
        read_bytes(tmp_path, b"1 1\na 1\n", datatype=np.int32)


@SHARED_FOLDER
@given(
    data=st.data(),
    binary=st.booleans(),
    cut=st.integers(0, 200),
    junk=st.binary(max_size=6),
    no_header=st.booleans(),
)
def test_mangled_files_never_crash(tmp_path, data, binary, cut, junk, no_header):
    write_word2vec(tmp_path / "x", ["alpha", "b", "gamma"], np.arange(9.0).reshape(3, 3), binary=binary)
    whole = (tmp_path / "x").read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    mangled = (whole[:at] + junk + whole[at + len(junk) :])[: len(whole) - cut % len(whole)]
    try:
        keys, vectors = read_bytes(tmp_path, mangled, binary=binary, no_header=no_header and not binary)
    except ValueError:
        return
    assert len(keys) == len(vectors)


# ---- counts ----


def test_counts(tmp_path):
    (tmp_path / "v").write_bytes("a 3\nж 1\n".encode())
    assert read_counts(tmp_path / "v") == {"a": 3, "ж": 1}
    (tmp_path / "v").write_bytes(b"a 3\nb x\n")
    with pytest.raises(ValueError, match="line 2"):
        read_counts(tmp_path / "v")
