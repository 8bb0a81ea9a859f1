"""Files as a stream of blocks, unpacked when they are compressed."""

from __future__ import annotations

import codecs
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, BinaryIO, cast

from .atomic import StrPath
from .kinds import START_BYTES as KIND_BYTES
from .kinds import kind_of
from .paths import AnyPath, any_path, file_system, is_url
from .unpack import START_BYTES, Unpacked, compression

BLOCK = 8 << 20

LONGEST_LINE = 1 << 20
"""Bytes of a line of a word list, of questions and the like; vectors have longer ones."""


@contextmanager
def open_file(path: str) -> Iterator[BinaryIO]:
    """Open a file for reading bytes, on this machine or at a URL.

    Raises:
        OSError: It is not there, or cannot be read.
        ImportError: A package for the URL is not installed.
    """
    if not is_url(path):
        with open(path, "rb") as file:
            yield file
        return
    system, there = file_system(path)
    try:
        remote = system.open(there, "rb")
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: there is no such file") from None
    except OSError:
        raise
    except Exception as error:  # of the package that speaks the protocol
        raise OSError(f"{path}: {type(error).__name__}: {error}") from error
    with remote:
        yield remote


def size_of(file: BinaryIO) -> int:
    """Bytes of a file that can be sought in, which is at its start afterwards."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


@contextmanager
def open_source(path: AnyPath) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a file for reading, through a decompressor when its first bytes say so; yields it and its size.

    The size is in bytes and None when the file is compressed, by gzip, bzip2, xz or zstd, or a pipe.

    Raises:
        ValueError: The file is compressed in a way that is not supported, or its compressed data are damaged.
        ImportError: The package for its kind of compression is not installed.
    """
    name = any_path(path)
    with open_file(name) as raw:
        start = raw.read(START_BYTES)
        kind = compression(start, name)
        if kind is None and not raw.seekable():  # a pipe
            yield cast(BinaryIO, io.BufferedReader(_Begun(start, raw), 1 << 20)), None
            return
        if kind is None:
            size = size_of(raw)
            yield raw if hasattr(raw, "peek") else cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, raw))), size
            return
        yield cast(BinaryIO, io.BufferedReader(Unpacked(raw.read, start, kind, name), 1 << 20)), None


def hint(path: StrPath, *, texts: bool = True) -> str:
    """The end of an error about a file that is not what its reader takes: what it is and who reads it, if known.

    Args:
        path: The file.
        texts: Whether it may be a text, such as vectors in word2vec's format.
    """
    if not os.path.isfile(path):
        return ""
    try:
        with open(path, "rb") as raw:
            start = raw.read(KIND_BYTES)
        if not start:
            return "; it is empty"
        what = kind_of(start, texts=texts)
        if what is None:
            with open_source(path) as (file, _):
                what = kind_of(file.read(KIND_BYTES), texts=texts)
    except (OSError, ValueError, ImportError):
        return ""
    return "" if what is None else f"; it looks like {what}"


@contextmanager
def open_text_source(path: AnyPath) -> Iterator[tuple[BinaryIO, int | None]]:
    """As `open_source`, after the mark that some programs put before UTF-8 text.

    Raises:
        ValueError: As `open_source`; or the mark is that of UTF-16 or UTF-32.
    """
    with open_source(path) as (file, size):
        start = file.read(len(codecs.BOM_UTF8))
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ValueError(f"{any_path(path)}: this is UTF-16 or UTF-32 text; save it as UTF-8")
        if start == codecs.BOM_UTF8:
            yield file, size
        elif file.seekable():
            file.seek(0)
            yield file, size
        else:
            yield cast(BinaryIO, io.BufferedReader(_Begun(start, file), 1 << 20)), size


def numbered_lines(path: str, encoding: str, errors: str, remedy: str) -> Iterator[tuple[int, str]]:
    """Lines of a text with their numbers, from 1 on.

    Args:
        path: The file.
        encoding: Of the text.
        errors: What to do about bytes that are not in it, as in ``bytes.decode``.
        remedy: What to do then, for the message.

    Raises:
        ValueError: A line is longer than any that makes sense, or there is no such encoding.
        UnicodeDecodeError: A line is not in the encoding.
    """
    try:
        "".encode(encoding)
    except LookupError:
        raise ValueError(f"encoding={encoding!r} is no encoding of text that Python knows") from None
    with open_text_source(path) as (file, _):
        for number in count(1):
            line = file.readline(LONGEST_LINE + 1)
            if not line:
                return
            if len(line) > LONGEST_LINE:
                raise ValueError(f"{path}: line {number} is longer than {LONGEST_LINE:,} bytes: {line[:40]!r}...")
            try:
                text = line.decode(encoding, errors)
            except UnicodeDecodeError as error:
                rest = hint(path, texts=False) or f": {line[:40]!r}: {remedy}"
                what = f"{path}: line {number} is not {encoding}{rest}"
                raise UnicodeDecodeError(error.encoding, error.object, error.start, error.end, what) from None
            yield number, text


class _Begun(io.RawIOBase):
    """A file of which the start was read already."""

    def __init__(self, start: bytes, file: BinaryIO) -> None:
        super().__init__()
        self._start = start
        self._file = file

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a part of ``buffer`` and return its length, 0 at the end."""
        found = self._start[: len(buffer)] or self._file.read(len(buffer))
        self._start = self._start[len(found) :]
        buffer[: len(found)] = found
        return len(found)


def require_file(path: StrPath) -> None:
    """Refuse what can be read once only, and folders.

    Raises:
        ValueError: ``path`` is a pipe, a device or a socket.
        IsADirectoryError: It is a folder.
    """
    if not os.path.exists(path) or os.path.isfile(path):  # also not a URL's
        return
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{os.fspath(path)}: this is a folder: name a file in it")
    if stat.S_ISFIFO(mode):
        raise ValueError(
            f"{os.fspath(path)}: a pipe can be read once only, and this takes more: save it to a file first"
        )
    raise ValueError(f"{os.fspath(path)}: this is a device or a socket: give a file")


def read_into(file: BinaryIO, buffer: memoryview) -> int:
    """Read until the buffer is full or the file ends; returns the number of bytes."""
    have = 0
    while have < len(buffer):
        got = file.readinto(buffer[have:])  # type: ignore[attr-defined]
        if not got:
            break
        have += got
    return have
