"""The text and binary formats of word2vec's tools.

A file starts with a line of two numbers, vectors and dimensions. In text each further line is a key and its numbers;
in binary a key, a space and little-endian float32, with or without a line end after each vector.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _native
from ..config import available_cpus
from .atomic import StrPath, atomic_write
from .input_file import BLOCK, Window, open_source, refuse_compressed_name, require_file
from .numbers import parse_double, parse_float
from .records import Records
from .unpack import TruncatedFileError

Floats = NDArray[np.floating[Any]]

_LONGEST_KEY = 1 << 16
_MOST_DIMENSIONS = 1 << 20
_TEXT_BYTES = 64  # for one number, on average over a line
_FIRST_ROWS_BYTES = 64 << 20
_MOST_THREADS = 4  # more wait for the one that reads
_HARD_FIELDS = 1 << 15

# (bytes, rows to fill, buffer for keys) -> (rows read, bytes of keys, bytes used)
Scan = Callable[[memoryview, Floats, bytearray], tuple[int, int, int]]


def read_word2vec(
    path: StrPath,
    *,
    binary: bool = False,
    encoding: str = "utf8",
    unicode_errors: str = "strict",
    limit: int | None = None,
    datatype: DTypeLike = np.float32,
    no_header: bool = False,
) -> tuple[dict[str, int], Floats]:
    """Read a dict from key to row, in the order of the rows, and the rows, an (n, dimensions) array of ``datatype``.

    Of a key that comes twice only the first row is kept.

    Args:
        path: file; gzip, bzip2, xz and zstd are unpacked on the way.
        binary: whether it is word2vec's binary format.
        encoding: of the keys.
        unicode_errors: what to do about keys that are no valid text, as in ``bytes.decode``.
        limit: read only that many rows from the start. Default None (or 0): all.
        datatype: np.float16, np.float32 or np.float64.
        no_header: the file is text without the first line of counts.

    Raises:
        TruncatedFileError: the file ends early; it is both a ValueError and an EOFError.
        UnicodeDecodeError: a key is no valid text.
        ValueError: anything else is wrong with the file; the message names it and the line or record.
        TypeError: ``datatype`` is no float type.

    """
    wanted = np.dtype(datatype)
    if wanted not in (np.float16, np.float32, np.float64):
        raise TypeError(f"datatype must be float16, float32 or float64, not {wanted}")
    if binary and no_header:
        raise NotImplementedError("no_header works only with text: binary files need their header")
    if no_header:
        require_file(path)
    shape = _count_lines(path) if no_header else None
    with open_source(path) as (file, size):
        return _Reader(path, file, size, binary, encoding, unicode_errors).read(shape, limit or None, wanted)


class _Reader:
    def __init__(
        self, path: StrPath, file: BinaryIO, size: int | None, binary: bool, encoding: str, unicode_errors: str
    ) -> None:
        self.path = path
        self.file = file
        self.size = size
        self.binary = binary
        self.encoding = encoding
        self.unicode_errors = unicode_errors
        self.first_line = 1  # number of the line with the first row
        self.names: list[bytes] = []  # keys, a space after each, in pieces
        self.done = 0  # rows

    def read(
        self, shape: tuple[int, int] | None, limit: int | None, wanted: np.dtype[Any]
    ) -> tuple[dict[str, int], Floats]:
        if shape is None:
            shape = self._header()
            self.first_line = 2
        stored, dims = shape
        count = stored if limit is None else min(stored, limit)
        wide = not self.binary and wanted != np.float32
        self._check_plausible(count, dims)
        rows = np.empty((self._first_room(count, dims), dims), np.float64 if wide else np.float32)
        left = self._fill_binary(rows, count) if self.binary else self._fill_text(rows, count)
        if count == stored:
            self._check_end(left, count)
        if self.binary and sys.byteorder == "big":
            rows.byteswap(inplace=True)
        with np.errstate(over="ignore"):
            return _first_of_each(self._keys(), rows.astype(wanted, copy=False))

    def _header(self) -> tuple[int, int]:
        line = self.file.readline(1000)
        fields = line.split()
        if not line.endswith(b"\n") or len(fields) != 2 or not all(field.isdigit() for field in fields):
            raise ValueError(f"{self.path}: line 1 is no header of two numbers, vectors and dimensions: {line[:60]!r}")
        count, dims = int(fields[0]), int(fields[1])
        if dims == 0:
            raise ValueError(f"{self.path}: the header says 0 dimensions")
        return count, dims

    def _check_plausible(self, count: int, dims: int) -> None:
        if dims > _MOST_DIMENSIONS:
            raise ValueError(f"{self.path}: {dims} dimensions are more than can be read ({_MOST_DIMENSIONS})")
        if self.size is None:
            return
        left = self.size - self.file.tell()
        smallest = 4 * dims + 1 if self.binary else 2 * dims
        if count * smallest > left:
            raise TruncatedFileError(
                f"{self.path}: {count} vectors of {dims} dimensions need {count * smallest} bytes or more, "
                f"but only {left} follow the header"
            )

    def _first_room(self, count: int, dims: int) -> int:
        return count if self.size is not None else min(count, _FIRST_ROWS_BYTES // (8 * dims) + 1)

    def _window_size(self, dims: int) -> int:
        size = max(BLOCK, _LONGEST_KEY + dims * (4 if self.binary else _TEXT_BYTES))
        return size if self.size is None else min(size, self.size + 1)

    def _fill_binary(self, rows: Floats, count: int) -> bytes:
        """Read ``count`` rows into ``rows``, which is made longer as they come; returns what was read beyond them."""
        block = self._window_size(rows.shape[1])
        threads = min(available_cpus(), _MOST_THREADS, 1 + rows.nbytes // block)
        records = Records(self.file, rows, count, block)
        records.read(1 if self.size is None else threads)
        self.names, self.done = records.names, records.done
        if self.done < count:
            self._stop(records.too_long, count)
        return records.left

    def _fill_text(self, rows: Floats, count: int) -> bytes:
        """Do the same with text."""
        dims = rows.shape[1]
        window = Window(self.file, self._window_size(dims))
        names = bytearray(window.size)
        scan = self._text_scanner(dims)
        while self.done < count:
            if self.done == len(rows):
                rows.resize((min(count, 2 * len(rows)), dims), refcheck=False)
            done, names_used, used = scan(window.view, rows[self.done :], names)
            self.names.append(bytes(memoryview(names)[:names_used]))
            self.done += done
            window.skip(used)
            if done == 0 and not window.fill() and (window.full() or not window.end_line()):
                self._stop(window.full(), count)
        return bytes(window.view)

    def _text_scanner(self, dims: int) -> Scan:
        hard = np.empty((max(_HARD_FIELDS, dims), 3), np.int64)

        def scan(data: memoryview, rows: Floats, names: bytearray) -> tuple[int, int, int]:
            wide = rows.dtype == np.float64
            found = _native.read_text(data, None if wide else rows, rows if wide else None, names, hard)
            fits, done, names_used, hard_count, used = found
            parse = parse_double if wide else parse_float
            values = rows.reshape(-1)
            for index, begin, end in hard[:hard_count].tolist():
                if index < done * dims:
                    with np.errstate(over="ignore"):  # too large for a float: infinite
                        values[index] = self._parse(parse, bytes(data[begin:end]), self.done + index // dims)
            if not fits and done == 0:
                self._refuse_line(bytes(data[used:]).split(b"\n", 1)[0], self.done, dims)
            return done, names_used, used

        return scan

    def _parse(self, parse: Callable[[bytes], float], field: bytes, row: int) -> float:
        try:
            return parse(field)
        except ValueError:
            raise ValueError(f"{self.path}: line {self.first_line + row}: {field[:60]!r} is not a number") from None

    def _refuse_line(self, line: bytes, row: int, dims: int) -> None:
        where = f"{self.path}: line {self.first_line + row}"
        if not line.strip():
            raise ValueError(f"{where} is empty")
        numbers = len(line.partition(b" ")[2].split())
        raise ValueError(f"{where} has {numbers} values after the key {line.split(b' ')[0][:60]!r}, expected {dims}")

    def _keys(self) -> list[str]:
        names = b"".join(self.names)
        if not names:
            return []
        try:
            if codecs.lookup(self.encoding).name in ("utf-8", "ascii", "iso8859-1"):
                return names[:-1].decode(self.encoding, self.unicode_errors).split(" ")
            return [name.decode(self.encoding, self.unicode_errors) for name in names[:-1].split(b" ")]
        except UnicodeDecodeError:
            for at, name in enumerate(names[:-1].split(b" ")):
                self._decode_one(name, at)
            raise

    def _decode_one(self, name: bytes, row: int) -> None:
        try:
            name.decode(self.encoding, self.unicode_errors)
        except UnicodeDecodeError as error:
            what = f"{error.reason} in the key of vector {row + 1} of {self.path}; see unicode_errors"
            raise UnicodeDecodeError(error.encoding, error.object, error.start, error.end, what) from None

    def _stop(self, too_long: bool, count: int) -> None:
        if too_long:
            what = "record" if self.binary else "line"
            raise ValueError(f"{self.path}: {what} {self.done + self.first_line - self.binary} is too long")
        raise TruncatedFileError(f"{self.path}: the file ends after {self.done} of {count} vectors")

    def _check_end(self, rest: bytes, count: int) -> None:
        while not rest.strip():
            rest = self.file.read(BLOCK)
            if not rest:
                return
        what = "data" if self.binary else f"line {count + self.first_line}"
        raise ValueError(f"{self.path}: more after the {count} vectors that the header promises: {what}")


def _first_of_each(keys: list[str], rows: Floats) -> tuple[dict[str, int], Floats]:
    index = dict(zip(keys, range(len(keys)), strict=True))
    if len(index) == len(keys):
        return index, rows
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    return dict(zip(first, range(len(first)), strict=True)), rows[list(first.values())]


def _count_lines(path: StrPath) -> tuple[int, int]:
    """Lines and dimensions of text without a header; empty lines at the end do not count."""
    with open_source(path) as (file, _):
        window = Window(file, BLOCK)
        window.fill()
        dims = len(bytes(window.view).partition(b"\n")[0].partition(b" ")[2].split())
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


# ---- writing ----

_WHITE_SPACE = b" \t\n\v\f\r"
_BLOCK_VALUES = 1 << 18


def write_word2vec(
    path: StrPath,
    keys: Sequence[Any],
    vectors: Floats,
    *,
    order: NDArray[np.intp] | None = None,
    binary: bool = False,
    total: int | None = None,
    header: bool = True,
    prefix: str = "",
    append: bool = False,
) -> None:
    """Write keys and their rows of ``vectors`` (n x dimensions), as float32 in binary.

    Text holds the fewest digits that read back as the same number.

    Args:
        path: file to write, whole or not at all unless ``append`` is set.
        keys: what the rows are called; anything that ``str`` turns into a word.
        vectors: the rows; they may be strided.
        order: row numbers in the order to write. Default None: all rows as they come.
        binary: word2vec's binary format instead of text.
        total: number of vectors to put in the header. Default None: as many as are written.
        header: whether to write the header.
        prefix: put before every key.
        append: add to the end of the file. When that fails half way, what was added stays.

    Raises:
        ValueError: a key is empty or has white space in it, which the format cannot hold.

    """
    refuse_compressed_name(path)
    order = np.arange(len(keys)) if order is None else order
    for row in order.tolist():
        _name(keys[row], prefix)
    with _opened(path, append) as file:
        if header:
            file.write(f"{len(order) if total is None else total} {vectors.shape[1]}\n".encode())
        for rows in _blocks(order, vectors.shape[1]):
            names = [_name(keys[row], prefix) for row in rows.tolist()]
            file.write((_binary_records if binary else _text_lines)(names, vectors[rows]))


def _opened(path: StrPath, append: bool) -> AbstractContextManager[BinaryIO]:
    return open(path, "ab") if append else atomic_write(path)


def write_counts(path: StrPath, keys: Sequence[Any], counts: NDArray[Any], *, prefix: str = "") -> None:
    """Write a vocabulary file: one line a key, with its count after a space.

    Raises:
        ValueError: a key is empty or has white space in it.

    """
    with atomic_write(path) as file:
        for key, count in zip(keys, counts.tolist(), strict=True):
            file.write(_name(key, prefix) + f" {count}\n".encode())


def read_counts(path: StrPath, unicode_errors: str = "strict") -> dict[str, int]:
    """Read a vocabulary file into a dict from key to count.

    Raises:
        ValueError: a line is not a key and a whole number.

    """
    counts = {}
    with open_source(path) as (file, _):
        for number, line in enumerate(file, start=1):
            fields = line.decode("utf-8", unicode_errors).split()
            if len(fields) != 2 or not fields[1].isdecimal():
                raise ValueError(f"{path}: line {number} is not a key and a count: {line[:60]!r}")
            counts[fields[0]] = int(fields[1])
    return counts


def _name(key: Any, prefix: str) -> bytes:
    name = f"{prefix}{key}".encode()
    if key is None:
        raise ValueError("a row has no key")
    if not name or name.translate(None, _WHITE_SPACE) != name:
        what = f"white space in the key {key!r}" if name else "an empty key"
        raise ValueError(f"word2vec's formats cannot hold {what}; save() can")
    return name


def _blocks(order: NDArray[np.intp], dims: int) -> Iterator[NDArray[np.intp]]:
    step = max(1, _BLOCK_VALUES // dims)
    for start in range(0, len(order), step):
        yield order[start : start + step]


def _binary_records(names: list[bytes], rows: Floats) -> bytes:
    data = np.ascontiguousarray(rows, "<f4").tobytes()
    width = 4 * rows.shape[1]
    return b"".join(
        piece for at, name in enumerate(names) for piece in (name, b" ", data[at * width : (at + 1) * width])
    )


def _text_lines(names: list[bytes], rows: Floats) -> bytes | bytearray:
    if rows.dtype.itemsize > 4:
        numbers = (" ".join(map(repr, row)).encode() for row in rows.astype(np.float64).tolist())
        return b"".join(name + b" " + text + b"\n" for name, text in zip(names, numbers, strict=True))
    ends = np.cumsum([len(name) for name in names], dtype=np.int64)
    return _native.write_text(np.ascontiguousarray(rows, np.float32), b"".join(names), ends)
