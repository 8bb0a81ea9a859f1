"""Compressed files, recognised by their first bytes, as streams of what is in them."""

from __future__ import annotations

import bz2
import io
import lzma
import re
import zlib
from collections.abc import Callable
from typing import Any, Protocol

START_BYTES = 8  # enough to tell what a file is

_INPUT_BYTES = 1 << 18
_READABLE = {
    "gzip": rb"\x1f\x8b\x08",
    "bzip2": rb"BZh[1-9](1AY&|\x17rE8)",
    "xz": rb"\xfd7zXZ\x00",
    "zstd": rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18",
}
_UNREADABLE = {
    "zip": rb"PK\x03\x04",
    "7z": rb"7z\xbc\xaf\x27\x1c",
    "rar": rb"Rar!\x1a\x07",
    "lz4": rb"\x04\x22\x4d\x18",
    "compress": rb"\x1f\x9d",
}


class TruncatedFileError(ValueError, EOFError):
    """A file ends before what its header promises."""


class _Decompressor(Protocol):
    """One stream of compressed data, as bz2, lzma and zstd have it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """The same for gzip; its checksum is looked at when it ends."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not (self._stream.unconsumed_tail or self._stream.eof)

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)


def zstd_module() -> Any:
    """Python's own zstd (3.14), or the same as a package.

    Raises:
        ImportError: Neither is there.
    """
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        from backports import zstd  # type: ignore[import-not-found,unused-ignore]
    return zstd


def _zstd() -> _Decompressor:
    decompressor: _Decompressor = zstd_module().ZstdDecompressor()
    return decompressor


_MAKERS: dict[str, Callable[[], _Decompressor]] = {
    "gzip": _Gzip,
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
    "zstd": _zstd,
}


def compression(start: bytes, name: str) -> str | None:
    """How a file with these first bytes is compressed: None, or what `Unpacked` takes. ``name`` is for errors.

    Raises:
        ValueError: In a way that cannot be read.
    """
    for kind, magic in _UNREADABLE.items():
        if re.match(magic, start):
            more = (
                ", or load it with torch.load if PyTorch made it, or with load_vectors if NumPy did"
                if kind == "zip"
                else ""
            )
            raise ValueError(f"{name}: {kind} files are not supported; unpack it first{more}")
    return next((kind for kind, magic in _READABLE.items() if re.match(magic, start, re.DOTALL)), None)


class Unpacked(io.RawIOBase):
    """What is in a compressed file, of which any number of parts may follow each other.

    Args:
        read: Reads on in the file, so many bytes at most; nothing at its end.
        start: What was read of it already.
        kind: What `compression` told.
        name: The file, for errors.

    Raises:
        ValueError: From reading: the compressed data are damaged; as TruncatedFileError, they end early.
        ImportError: The package for this kind is not installed.
    """

    def __init__(self, read: Callable[[int], bytes], start: bytes, kind: str, name: str) -> None:
        super().__init__()
        self._read = read
        self._input = start
        self._kind = kind
        self._name = name
        self._make = _MAKERS[kind]
        try:
            self._stream = self._make()
        except ImportError:
            raise ImportError(f"{name}: reading zstd files takes a package: pip install 'fastemb[zstd]'") from None
        self._errors: tuple[type[Exception], ...] = (OSError, lzma.LZMAError, zlib.error)
        if kind == "zstd":
            self._errors += (zstd_module().ZstdError,)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a part of ``buffer`` and return its length, 0 at the end."""
        found = self._next(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def _next(self, size: int) -> bytes:
        while True:
            if self._stream.eof and not self._begin_next():
                return b""
            data = b""
            if self._stream.needs_input:
                data = self._input or self._read(_INPUT_BYTES)
                self._input = b""
                if not data:
                    raise TruncatedFileError(
                        f"{self._name}: the {self._kind} data end early; the file was cut off, copy it again"
                    )
            try:
                found = self._stream.decompress(data, size)
            except self._errors as error:
                raise ValueError(f"{self._name}: the {self._kind} data are damaged: {error}") from error
            if found:
                return found

    def _begin_next(self) -> bool:
        """Go on to the next part of the file; False when there is none."""
        self._input = self._stream.unused_data.lstrip(b"\0")  # zeros may stand between parts
        while len(self._input) < START_BYTES:
            more = self._read(_INPUT_BYTES)
            if not more:
                break
            self._input = (self._input + more).lstrip(b"\0")
        if not self._input:
            return False
        if re.match(_READABLE[self._kind], self._input, re.DOTALL) is None:
            raise ValueError(f"{self._name}: something that is not {self._kind} follows the {self._kind} data")
        self._stream = self._make()
        return True
