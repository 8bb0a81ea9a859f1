"""The binary format of word2vec's tools: a key, a space and little-endian float32, maybe a line end, and so on."""

from __future__ import annotations

import sys
from typing import BinaryIO

import numpy as np

from ...config import available_cpus
from ..atomic import StrPath
from ..input_file import open_text_source
from ..kinds import is_word2vec_binary
from .about import About, Values
from .binary_records import Records
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
    name="word2vec binary",
    option="word2vec-binary",
    endings=(".bin",),
    options=frozenset(("encoding", "unicode_errors")),
    packed=True,
    values=Values.ORDER,
)

_MOST_THREADS = 4  # more wait for the one that reads


def recognises(start: bytes) -> bool:
    """Whether a header comes first, and then no text."""
    return is_word2vec_binary(start)


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read a file; gzip, bzip2, xz and zstd are unpacked on the way. Attribute "count" falls by 1 from row to row.

    Raises:
        TruncatedFileError: The file ends early; it is both a ValueError and an EOFError.
        UnicodeDecodeError: A key is no valid text.
        ValueError: Anything else is wrong with the file; the message names the record.
    """
    with open_text_source(path) as (file, size):
        source = VectorFile(path, file, size, "record")
        stored, dims = source.header()
        source.refuse_text(dims)
        count = reading.count_of(stored)
        source.check_room(count, dims, 4 * dims + 1)
        rows = source.first_rows(count, dims, np.float32, reading.buffers)
        block = source.block_size(4 * dims, reading.buffers)
        records = Records(file, rows, count, block)
        records.read(1 if size is None else _threads(reading, rows.nbytes, block))
        if records.broken:
            what = f"record {records.broken} or one after it has a key with a line end in it"
            raise ValueError(f"{path}: {what}: the file is damaged, or not in word2vec's binary format")
        if records.done < count:
            raise source.incomplete(records.done, count, records.too_long, first=1)
        if count == stored:
            source.check_end(records.left, count, "data")
    if sys.byteorder == "big":
        rows.byteswap(inplace=True)
    return table_of(path, records.names, rows, reading)


def _threads(reading: Reading, size: int, block: int) -> int:
    most = min(available_cpus(), _MOST_THREADS) if reading.threads is None else reading.threads
    return min(most, 1 + size // block)


def write(path: StrPath | BinaryIO, table: VectorTable, layout: Layout = AS_USUAL) -> None:
    """Write a file, which is there whole or not at all, or to one that is open; vectors are written as float32.

    Raises:
        ValueError: A key is empty or has white space in it, which the format cannot hold.
    """
    write_rows(path, table, layout, _records)


def _records(names: list[bytes], rows: Floats) -> bytes:
    data = np.ascontiguousarray(rows, "<f4").tobytes()
    width = 4 * rows.shape[1]
    return b"".join(
        piece for at, name in enumerate(names) for piece in (name, b" ", data[at * width : (at + 1) * width])
    )
