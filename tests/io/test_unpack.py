"""Compressed streams."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import sys
from collections.abc import Callable
from typing import Any

import pytest

from fastemb.io import unpack
from fastemb.io.unpack import START_BYTES, TruncatedFileError, Unpacked, compression

rng = random.Random(1)
TEXT = " ".join(f"w{rng.randrange(5000)}" for _ in range(2000)).encode()

Pack = Callable[[bytes], bytes]


def zstd(data: bytes) -> bytes:
    pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    packed: bytes = unpack.zstd_module().compress(data)
    return packed


PACKS: dict[str, Pack] = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd}


@pytest.fixture(params=PACKS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def unpacked(data: bytes, size: int = 1 << 16, at_once: int = 1 << 30) -> bytes:
    """What comes out in pieces of ``size`` bytes, of a file that gives ``at_once`` bytes at most."""
    file = io.BytesIO(data)
    start = file.read(START_BYTES)
    kind = compression(start, "a file")
    assert kind is not None
    stream = Unpacked(lambda count: file.read(min(count, at_once)), start, kind, "a file")
    found = []
    while piece := stream.read(size):
        assert len(piece) <= size
        found.append(piece)
    assert stream.read(size) == b""
    return b"".join(found)


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
def test_what_was_packed_comes_out(kind: str, size: int) -> None:
    for data in (b"", b"x", TEXT[:200] if size == 1 else TEXT):
        assert unpacked(PACKS[kind](data), size) == data


@pytest.mark.parametrize("at_once", [3, 1 << 18])
def test_parts_follow_each_other(kind: str, at_once: int) -> None:
    pack = PACKS[kind]
    parts = pack(b"one ") + pack(b"") + pack(b"two") + b"\0" * 8 + pack(b" three")
    assert unpacked(parts, at_once=at_once) == b"one two three"
    assert unpacked(pack(b"one") + b"\0" * 1000, at_once=at_once) == b"one"


@pytest.mark.integration
def test_memory_stays_small_however_much_comes_out(kind: str) -> None:
    data = PACKS[kind](bytes(50 << 20))
    file = io.BytesIO(data)
    stream = Unpacked(file.read, b"", kind, "a file")
    largest = total = 0
    while piece := stream.read(1 << 16):
        largest = max(largest, len(piece))
        total += len(piece)
    assert (largest, total) == (1 << 16, 50 << 20)


def test_data_that_end_early_are_an_error_wherever_they_do(kind: str) -> None:
    data = PACKS[kind](TEXT)
    for end in {*range(START_BYTES, 60), *range(len(data) - 40, len(data)), *range(60, len(data), 97)}:
        with pytest.raises(TruncatedFileError, match=r"a file: the .* data end early"):
            unpacked(data[:end])
    with pytest.raises(TruncatedFileError):
        unpacked(data + data[:-1])


def test_data_that_changed_are_an_error(kind: str) -> None:
    data = PACKS[kind](TEXT)
    if kind == "zstd":  # its checksum is optional
        zstandard: Any = unpack.zstd_module()
        data = zstandard.compress(TEXT, options={zstandard.CompressionParameter.checksum_flag: 1})
    for at in range(12, len(data), 11):
        changed = bytearray(data)
        changed[at] ^= 0x10
        with pytest.raises(ValueError, match="a file: "):
            unpacked(bytes(changed))


def test_other_data_at_the_end_are_an_error(kind: str) -> None:
    with pytest.raises(ValueError, match="a file: something that is not"):
        unpacked(PACKS[kind](TEXT) + b"and so on")


def test_zstd_may_begin_with_a_frame_to_skip() -> None:
    skipped = b"\x50\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc"
    assert unpacked(skipped + zstd(b"text") + skipped) == b"text"


@pytest.mark.parametrize("start", [b"text", b"", b"\x1f", b"BZh is how it starts", b"\xfd7zXY\x00", b"\x1f\x8b\x00"])
def test_other_files_are_not_compressed(start: bytes) -> None:
    assert compression(start[:START_BYTES], "a file") is None


@pytest.mark.parametrize(
    ("start", "kind"), [(b"PK\x03\x04", "zip"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"\x04\x22\x4d\x18", "lz4")]
)
def test_archives_are_named(start: bytes, kind: str) -> None:
    with pytest.raises(ValueError, match=f"a file: {kind} files are not supported; unpack it first"):
        compression(start, "a file")


def test_errors_of_the_system_stay_what_they_are() -> None:
    def read(size: int) -> bytes:
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        Unpacked(read, b"BZh9", "bzip2", "a file").read(1)


def test_without_a_package_for_zstd_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression.zstd", "compression", "backports.zstd", "backports"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"a file: .*pip install 'fastemb\[zstd\]'"):
        Unpacked(io.BytesIO().read, b"", "zstd", "a file")


@pytest.mark.parametrize("error", [TimeoutError("timed out"), OSError(5, "Input/output error"), OSError("lost")])
@pytest.mark.parametrize("before", [0, 100])
def test_errors_of_reading_are_not_taken_for_damaged_data(kind: str, before: int, error: OSError) -> None:
    data = PACKS[kind](TEXT)
    file = io.BytesIO(data[: START_BYTES + before])

    def read(count: int) -> bytes:
        if piece := file.read(count):
            return piece
        raise error

    stream = Unpacked(read, file.read(START_BYTES), kind, "a file")
    with pytest.raises(type(error)) as caught:
        list(iter(lambda: stream.read(1 << 16), b""))
    assert caught.value is error
