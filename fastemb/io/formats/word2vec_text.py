"""The text format of word2vec's tools: a key and its numbers a line; GloVe's files are the same without the header."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import numpy as np

from ... import _native
from ..atomic import StrPath
from ..input_file import BLOCK, open_text_source, require_file
from ..kinds import LONGEST_HEADER, has_header, header_shape, is_surely_binary, is_word2vec_text, tab_after_key
from ..numbers import parse_double, parse_float
from ..unpack import TruncatedFileError
from ..window import Window
from .about import About, Values
from .reading import DEFAULT, Reading
from .table import VectorTable
from .word2vec_file import (
    AS_USUAL,
    Floats,
    Layout,
    VectorFile,
    table_of,
    write_rows,
)

ABOUT = About(
    name="word2vec text",
    option="word2vec-text",
    endings=(".txt", ".vec"),
    options=frozenset(("encoding", "unicode_errors")),
    packed=True,
    values=Values.ORDER,
)

_NUMBER_BYTES = 64  # of one number, on average over the longest line that can be read


# ---- telling ----


def recognises(start: bytes) -> bool:
    """Whether a header and then nothing or text come first."""
    return has_header(start) and is_word2vec_text(start)


# ---- reading ----


def read(path: StrPath, reading: Reading = DEFAULT, header: bool | None = None) -> VectorTable:
    """Read a file; gzip, bzip2, xz and zstd are unpacked on the way. Attribute "count" falls by 1 from row to row.

    Args:
        path: File to read.
        reading: How to read it.
        header: Whether the first line is a header. None: if it looks like one. A file without a header is read twice.

    Raises:
        TruncatedFileError: The file ends early; it is both a ValueError and an EOFError.
        UnicodeDecodeError: A key is no valid text.
        ValueError: Anything else is wrong with the file; the message names the line.
    """
    if header is None:
        header = _has_header(path)
    if not header:
        require_file(path)
    shape = None if header else _count_lines(path, reading.buffers.block)
    with open_text_source(path) as (file, size):
        source = VectorFile(path, file, size, "line")
        stored, dims = source.header() if shape is None else shape
        count = reading.count_of(stored)
        try:
            source.check_room(count, dims, 2 * dims)
        except TruncatedFileError:
            if shape is not None:
                _refuse_uneven(path, dims)
            raise
        parsed = np.float32 if reading.dtype == np.float32 else np.float64
        rows = source.first_rows(count, dims, parsed, reading.buffers)
        lines = _Lines(source, rows, count, first_line=1 + header, reading=reading)
        try:
            left = lines.read()
        except ValueError as error:
            is_misread = dims == 1 and not header and has_header(_start(path))  # it is no line of a key and a number
            if (lines.done == 0 or is_misread) and is_surely_binary(_start(path)):
                raise ValueError(
                    f"{path}: this is word2vec's binary format: read it with binary=True, or in load_vectors with "
                    "format='word2vec-binary'"
                ) from None
            if is_misread and not isinstance(error, UnicodeError):
                what = "line 1 is a header, as word2vec's text format has: read it as that, format='word2vec-text'"
                raise ValueError(f"{error}; {what}") from None
            raise
        if count == stored:
            source.check_end(left, count, f"line {count + lines.first_line}")
    return table_of(path, lines.names, rows, reading)


def _start(path: StrPath) -> bytes:
    """The start of a file; nothing of a pipe, which is read once only."""
    if not os.path.isfile(path):
        return b""
    with open_text_source(path) as (file, _):
        return file.read(BLOCK)


def _has_header(path: StrPath) -> bool:
    require_file(path)
    with open_text_source(path) as (file, _):
        return header_shape(file.readline(LONGEST_HEADER)) is not None


def _count_lines(path: StrPath, block: int, keyed: bool = True) -> tuple[int, int]:
    """Lines and dimensions of text without a header; empty lines at the end do not count."""
    with open_text_source(path) as (file, _):
        window = Window(file, block)
        window.fill()
        line, end, _ = bytes(window.view).partition(b"\n")
        if not end and window.full():
            raise ValueError(f"{path}: line 1 is longer than {block:,} bytes, which a line of a vector is not")
        dims = _numbers_at_end(line) if keyed else len(line.split())
        if keyed and (tabbed := tab_after_key(line)) is not None:
            raise ValueError(f"{path}: line 1: {tabbed}")
        if dims == 0:
            raise ValueError(f"{path}: line 1 has no numbers after its key")
        line_ends = blank = 0
        while len(window.view):
            filled = len(bytes(window.view).rstrip())
            if filled:
                line_ends += blank + _native.count_lines(window.view[:filled])
                blank = 0
            blank += _native.count_lines(window.view[filled:])
            window.skip(len(window.view))
            window.fill()
        return line_ends + 1, dims


def _refuse_uneven(path: StrPath, dims: int) -> None:
    """Refuse a text without a header in which a line has fewer numbers than the first."""
    with open_text_source(path) as (file, _):
        for number, line in enumerate(file, 1):
            have = len(line.split()) - 1
            if have < dims:
                raise ValueError(
                    f"{path}: line {number} has {max(have, 0)} values after its key, and line 1 has {dims} numbers: "
                    "vectors need as many in each line; lists of words are for Corpus.from_file"
                )


def _numbers_at_end(line: bytes) -> int:
    """How many numbers end a line, whose key comes before them and may be several words."""
    fields = line.split()[1:]
    found = 0
    for text in reversed(fields):
        try:
            parse_double(text)
        except ValueError:
            break
        found += 1
    return found


class _Lines:
    """Reads lines into ``rows``, which is made longer as they come, until there are ``count``.

    Args:
        source: The file.
        rows: Where the numbers go, float32 or float64.
        count: How many lines to read.
        first_line: Number of the first one.
        reading: How to read them.
        keyed: Whether the keys are the file's own, for messages.

    Attributes:
        names: The keys, a line end after each, in pieces.
        done: How many lines were read.
    """

    def __init__(
        self, source: VectorFile, rows: Floats, count: int, first_line: int, reading: Reading, keyed: bool = True
    ) -> None:
        self.names: list[bytes] = []
        self.first_line = first_line
        self._source = source
        self._rows = rows
        self._count = count
        self._keyed = keyed
        self.done = 0
        self._dims = rows.shape[1]
        self._buffers = reading.buffers
        self._wide = rows.dtype == np.float64
        # begin and end, in the block, of each number that the core leaves to Python, after its place in the rows
        self._slow = np.empty((max(reading.buffers.slow_numbers, self._dims), 3), np.int64)

    def read(self) -> bytes:
        """Read all; returns what was read beyond them."""
        window = Window(self._source.file, self._source.block_size(self._dims * _NUMBER_BYTES, self._buffers))
        names = bytearray(window.size)
        while self.done < self._count:
            if self.done == len(self._rows):
                self._rows.resize((min(self._count, 2 * len(self._rows)), self._dims), refcheck=False)
            done, used = self._scan(window.view, names)
            self.done += done
            window.skip(used)
            if done == 0 and not window.fill() and (window.full() or not window.end_line()):
                if self._keyed:
                    self._refuse_tab(bytes(window.view).split(b"\n", 1)[0])
                raise self._source.incomplete(self.done, self._count, window.full(), self.first_line)
        return bytes(window.view)

    def _scan(self, data: memoryview, names: bytearray) -> tuple[int, int]:
        """Read the whole lines of ``data``; returns how many there were, and their bytes."""
        rows = self._rows[self.done :]
        narrow_rows, wide_rows = (None, rows) if self._wide else (rows, None)
        fits, done, names_used, slow, used = _native.read_text(data, narrow_rows, wide_rows, names, self._slow)
        parse = parse_double if self._wide else parse_float
        values = rows.reshape(-1)
        for index, begin, end in self._slow[:slow].tolist():
            if index < done * self._dims:
                with np.errstate(over="ignore"):  # too large for a float: infinite
                    values[index] = self._parse(parse, bytes(data[begin:end]), self.done + index // self._dims)
        if not fits and done == 0:
            self._refuse(bytes(data[used:]).split(b"\n", 1)[0])
        self.names.append(bytes(memoryview(names)[:names_used]))
        return done, used

    def _parse(self, parse: Callable[[bytes], float], field: bytes, row: int) -> float:
        try:
            return parse(field)
        except ValueError:
            raise ValueError(f"{self._line(row)}: {field[:60]!r} is not a number") from None

    def _refuse(self, line: bytes) -> None:
        where = self._line(self.done)
        if not line.strip():
            raise ValueError(f"{where} is empty")
        key, _, numbers = line.partition(b" ")
        if not self._keyed:
            raise ValueError(f"{where} has {len(numbers.split())} numbers, expected {self._dims}")
        self._refuse_tab(line)
        raise ValueError(f"{where} has {len(numbers.split())} values after the key {key[:60]!r}, expected {self._dims}")

    def _refuse_tab(self, line: bytes) -> None:
        if (tabbed := tab_after_key(line)) is not None:
            raise ValueError(f"{self._line(self.done)}: {tabbed}")

    def _line(self, row: int) -> str:
        return f"{self._source.path}: line {self.first_line + row}"


def read_numbers(path: StrPath) -> Floats:
    """Read lines of numbers without keys, parted by white space; compressed files are unpacked on the way.

    Raises:
        ValueError: As from `read`.
    """
    require_file(path)
    count, dims = _count_lines(path, DEFAULT.buffers.block, keyed=False)
    with open_text_source(path) as (file, _):  # room is made as lines come, as short ones take few bytes
        source = VectorFile(path, cast(BinaryIO, io.BufferedReader(_Keyed(file), BLOCK)), None, "line")
        source.check_room(0, dims, 0)
        rows = source.first_rows(count, dims, np.float32, DEFAULT.buffers)
        _Lines(source, rows, count, first_line=1, reading=DEFAULT, keyed=False).read()
    return rows


class _Keyed(io.RawIOBase):
    """A text with a key before each line."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._left = b""
        self._at_start = True

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a part of ``buffer`` and return its length, 0 at the end."""
        if not self._left:
            block = self._file.read(BLOCK)
            if self._at_start and block:
                block = b"\n" + block
            self._left = block.replace(b"\n", b"\n- ")
            if self._at_start:
                self._left = self._left[1:]
                self._at_start = False
        found = self._left[: len(buffer)]
        self._left = self._left[len(found) :]
        buffer[: len(found)] = found
        return len(found)


# ---- writing ----


def write(path: StrPath | BinaryIO, table: VectorTable, layout: Layout = AS_USUAL) -> None:
    """Write a file, which is there whole or not at all, or to one that is open.

    Numbers get the fewest digits that read back as the same ones.

    Raises:
        ValueError: A key is empty or has white space in it, which the format cannot hold.
    """
    write_rows(path, table, layout, _lines)


def _lines(names: list[bytes], rows: Floats) -> bytes | bytearray:
    if rows.dtype.itemsize > 4:
        numbers = (" ".join(map(repr, row)).encode() for row in rows.astype(np.float64).tolist())
        return b"".join(name + b" " + text + b"\n" for name, text in zip(names, numbers, strict=True))
    ends = np.cumsum([len(name) for name in names], dtype=np.int64)
    return _native.write_text(np.ascontiguousarray(rows, np.float32), b"".join(names), ends)
