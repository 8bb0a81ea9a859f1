"""What the text and the binary files of word2vec's tools share.

Both start with a line of two numbers, vectors and dimensions, and go on with keys and vectors. Neither holds counts:
keys are expected in the order of falling counts.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ...checks import warn
from ..atomic import StrPath, atomic_write, open_named
from ..input_file import BLOCK, hint
from ..kinds import LONGEST_HEADER, header_shape, is_text_after_all
from ..pack import packed, split_packing
from ..unpack import TruncatedFileError
from .reading import LONGEST_KEY, Buffers, Reading
from .rows import MOST_DIMENSIONS
from .table import VectorTable

Floats = NDArray[np.floating[Any]]

_TOLD_BYTES = 1 << 12  # of what follows a header, to tell text from binary
_WHITE_SPACE = b" \t\n\v\f\r"
_BLOCK_VALUES = 1 << 18  # floats that are written at once


# ---- reading ----


class VectorFile:
    """A file that is being read, and the errors that name what is wrong with it.

    Args:
        path: Where the file is, for messages.
        file: The file, at its start.
        size: Its length in bytes; None where that is unknown.
        unit: What a vector is called in messages: "line" or "record".
    """

    def __init__(self, path: StrPath, file: BinaryIO, size: int | None, unit: str) -> None:
        self.path = path
        self.file = file
        self.size = size
        self.unit = unit

    def header(self) -> tuple[int, int]:
        """Read the first line: how many vectors there are, and their dimensions."""
        line = self.file.readline(LONGEST_HEADER)
        shape = header_shape(line)
        fields = line.split()
        if shape is None and line.endswith(b"\n") and len(fields) == 2 and all(map(bytes.isdigit, fields)):
            raise ValueError(f"{self.path}: the header promises more than any file has bytes for: {line[:60]!r}")
        if not line.endswith(b"\n") or shape is None:
            what = f"line 1 is no header of two numbers, vectors and dimensions: {line[:60]!r}"
            raise ValueError(f"{self.path}: {what}{hint(self.path)}")
        if shape[1] == 0:
            raise ValueError(f"{self.path}: the header says 0 dimensions")
        return shape

    def refuse_text(self, dims: int) -> None:
        """Refuse what goes on as text after the header."""
        rest: bytes = self.file.peek(_TOLD_BYTES)[:_TOLD_BYTES]  # type: ignore[attr-defined]
        if rest and is_text_after_all(rest, dims):
            raise ValueError(f"{self.path}: this is word2vec's text format: read it with binary=False")

    def check_room(self, count: int, dims: int, smallest: int) -> None:
        """Refuse a header that promises more than can follow; a vector takes ``smallest`` bytes or more."""
        if dims > MOST_DIMENSIONS:
            raise ValueError(f"{self.path}: {dims} dimensions are more than can be read ({MOST_DIMENSIONS})")
        if self.size is None:
            return
        left = self.size - self.file.tell()
        if count * smallest > left:
            raise TruncatedFileError(
                f"{self.path}: {count} vectors of {dims} dimensions need {count * smallest} bytes or more, "
                f"but only {left} follow the header: the file was cut off, copy it again"
            )

    def first_rows(self, count: int, dims: int, dtype: DTypeLike, buffers: Buffers) -> Floats:
        """Room for all vectors, or for the first ones where it is uncertain that all follow."""
        known = self.size is not None
        return np.empty((count if known else min(count, buffers.first_rows // (8 * dims) + 1), dims), dtype)

    def block_size(self, vector_bytes: int, buffers: Buffers) -> int:
        """Bytes to read at once, so that a key and its vector of so many bytes fit."""
        size = max(buffers.block, buffers.longest_key + vector_bytes)
        return size if self.size is None else min(size, self.size + 1)

    def incomplete(self, done: int, count: int, too_long: bool, first: int) -> ValueError:
        """Why only ``done`` of ``count`` vectors were read; ``first``: number of the line or record of the first."""
        if too_long:
            limit = f"keys of {LONGEST_KEY:,} bytes can be read, longer ones may not"
            return ValueError(f"{self.path}: {self.unit} {first + done} is too long: {limit}")
        return TruncatedFileError(f"{self.path}: the file ends after {done} of {count} vectors")

    def check_end(self, rest: bytes, count: int, what: str) -> None:
        """Refuse a file that goes on, after ``rest``, with anything but white space; ``what`` goes on, for messages."""
        while not rest.strip():
            rest = self.file.read(BLOCK)
            if not rest:
                return
        raise ValueError(f"{self.path}: more after the {count} vectors that the header promises: {what}")


def table_of(
    path: StrPath, names: list[bytes], rows: Floats, reading: Reading, counts: NDArray[Any] | None = None
) -> VectorTable:
    """Keys and vectors as they were asked for; of a key that comes twice only the first vector is kept.

    Args:
        path: The file, for messages.
        names: The keys, a line end after each, in pieces.
        rows: Their vectors.
        reading: How to read them.
        counts: Their counts. Default None: they fall by 1 from row to row.

    Raises:
        UnicodeDecodeError: A key is no valid text.
    """
    with np.errstate(over="ignore"):  # what is too large for half precision is infinite
        wanted = rows.astype(reading.dtype, copy=False)
    keys = _decoded(path, b"".join(names), reading)
    index = {key: row for row, key in enumerate(keys)}
    if len(index) < len(keys):
        index, first = _first_of_each(path, keys, index)
        wanted, counts = wanted[first], None if counts is None else counts[first]
    return VectorTable(index, wanted, {"count": np.arange(len(index), 0, -1) if counts is None else counts})


def _decoded(path: StrPath, names: bytes, reading: Reading) -> list[str]:
    if not names:
        return []
    encoding, errors = reading.encoding, reading.unicode_errors
    try:
        if codecs.lookup(encoding).name in ("utf-8", "ascii", "iso8859-1"):  # a line end is one in these
            return names[:-1].decode(encoding, errors).split("\n")
        return [name.decode(encoding, errors) for name in names[:-1].split(b"\n")]
    except UnicodeDecodeError:
        for at, name in enumerate(names[:-1].split(b"\n"), start=1):
            try:
                name.decode(encoding, errors)
            except UnicodeDecodeError as error:
                remedy = 'name the encoding, such as encoding="latin-1", or give unicode_errors="replace"'
                what = f"{error.reason} in the key of vector {at} of {path}; {remedy}"
                raise UnicodeDecodeError(error.encoding, error.object, error.start, error.end, what) from None
        raise


def _first_of_each(path: StrPath, keys: list[str], index: dict[str, int]) -> tuple[dict[str, int], list[int]]:
    """The rows of keys that come once each, and where they were; ``index`` has the last place of each."""
    twice = next(key for row, key in enumerate(keys) if index[key] != row)
    lost = len(keys) - len(index)
    warn(f"{os.fspath(path)}: {lost:,} vectors are left out, whose key came before, such as {twice!r}")
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    return {key: row for row, key in enumerate(first)}, list(first.values())


# ---- writing ----


@dataclass(frozen=True)
class Layout:
    """What is written around the vectors, and in which order they come."""

    sort_by: str = "count"
    """Attribute by whose falling values the vectors are sorted, if it exists; equal ones keep their order."""

    total: int | None = None
    """Number of vectors to put in the header. None: as many as are written."""

    header: bool = True
    """Whether to write the header."""

    prefix: str = ""
    """Put before every key."""

    append: bool = False
    """Add to the end of the file. When that fails half way, what was added stays."""

    spaces: bool = False
    """Whether keys may have single spaces within them."""

    def order(self, table: VectorTable) -> NDArray[np.intp]:
        """Rows of the table in the order in which they are written."""
        values = table.attributes.get(self.sort_by)
        if values is None:
            return np.arange(len(table.keys))
        return np.argsort(-values.astype(np.float64), kind="stable")


AS_USUAL = Layout()


def write_rows(
    target: StrPath | BinaryIO,
    table: VectorTable,
    layout: Layout,
    encode: Callable[[list[bytes], Floats], bytes | bytearray],
) -> None:
    """Write a table; ``encode`` makes bytes of keys and their vectors, of which it gets some at a time.

    A file is compressed when its name ends in .gz, .bz2, .xz or .zst.

    Raises:
        ValueError: A key is empty or has white space in it, which the formats cannot hold.
    """
    keys, order, dims = list(table.keys), layout.order(table), table.vectors.shape[1]
    name = os.fspath(target) if isinstance(target, str | os.PathLike) else "the open file"
    for key in keys:
        key_bytes(name, key, layout.prefix, layout.spaces)
    with _opened(target, layout.append) as file:
        if layout.header:
            file.write(f"{len(order) if layout.total is None else layout.total} {dims}\n".encode())
        for rows in _blocks(order, dims):
            names = [key_bytes(name, keys[row], layout.prefix, layout.spaces) for row in rows.tolist()]
            file.write(encode(names, table.vectors[rows]))


@contextmanager
def _opened(target: StrPath | BinaryIO, append: bool) -> Iterator[BinaryIO]:
    if not isinstance(target, str | os.PathLike):
        yield target
        return
    path = os.fspath(target)
    _, packing = split_packing(path)
    with open_named(path, "ab") if append else atomic_write(path) as file, packed(file, packing) as content:
        yield content


def _blocks(order: NDArray[np.intp], dims: int) -> Iterator[NDArray[np.intp]]:
    step = max(1, _BLOCK_VALUES // dims)
    for start in range(0, len(order), step):
        yield order[start : start + step]


def key_bytes(path: str, key: Any, prefix: str = "", spaces: bool = False, what: str = "") -> bytes:
    """A key as it is written.

    Args:
        path: The file, for messages.
        key: The key.
        prefix: Put before it.
        spaces: Whether single spaces within it are allowed.
        what: The kind of file, for messages. Default "": GloVe's with ``spaces``, else word2vec's.

    Raises:
        ValueError: It is empty, too long or has white space in it, or is None, as that of a reserved row is.
    """
    try:
        name = f"{prefix}{key}".encode()
    except UnicodeEncodeError:
        raise ValueError(f"{path}: text cannot hold the key {key!r}, which has half a character in it") from None
    if key is None:
        raise ValueError(f"{path}: a row has no key")
    wrong = None
    allowed = b" ".join(name.split()) if spaces else name.translate(None, _WHITE_SPACE)
    if not name or allowed != name:
        wrong = f"{'this' if spaces else ''} white space in the key {key!r}".lstrip() if name else "an empty key"
    elif len(name) > LONGEST_KEY:
        wrong = f"a key of {len(name):,} bytes, {str(key)[:40]!r}..., as {LONGEST_KEY:,} are the most"
    if wrong is not None:
        those = what or ("GloVe files" if spaces else "word2vec's formats")
        raise ValueError(f"{path}: {those} cannot hold {wrong}; what KeyedVectors.save writes can")
    return name
