"""The text format of GloVe: a key and its numbers a line, as word2vec's without the header.

Keys may have spaces in them, as some of glove.840B.300d have, since numbers are counted from the end of a line.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from ..atomic import StrPath
from ..kinds import is_glove
from . import word2vec_text
from .about import About, Values
from .reading import DEFAULT, Reading
from .rows import refuse_none
from .table import VectorTable
from .word2vec_file import Layout

ABOUT = About(
    name="GloVe",
    option="glove",
    endings=(".glove",),
    options=frozenset(("encoding", "unicode_errors")),
    packed=True,
    values=Values.ORDER,
)

_LAYOUT = Layout(header=False, spaces=True)


def recognises(start: bytes) -> bool:
    """Whether a key and numbers come first, two at least."""
    return is_glove(start)


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read a file; gzip, bzip2, xz and zstd are unpacked on the way. Attribute "count" falls by 1 from row to row.

    Raises:
        ValueError: As from `word2vec_text.read`.
    """
    return word2vec_text.read(path, reading, header=False)


def write(path: StrPath | BinaryIO, table: VectorTable) -> None:
    """Write a file, which is there whole or not at all.

    Raises:
        ValueError: A key is empty, or has other white space in it than single spaces; or the first line would not tell
            how many numbers a line has.
    """
    name = os.fspath(path) if isinstance(path, str | os.PathLike) else "the open file"
    refuse_none(name, "a GloVe file", table)
    first = list(table.keys)[_LAYOUT.order(table)[0]]
    if _is_ambiguous(str(first), table.vectors.shape[1]):
        raise ValueError(f"{name}: GloVe files cannot hold the key {first!r} in line 1: put another one first")
    word2vec_text.write(path, table, _LAYOUT)


def _is_ambiguous(key: str, dims: int) -> bool:
    """Whether a first line with this key may be read otherwise: as a header, or with a number in it more."""
    return " " in key or key.startswith("\ufeff") or (dims == 1 and key.isdecimal())
