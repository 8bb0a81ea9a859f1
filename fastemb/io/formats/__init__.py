"""Formats of files of vectors: one module each, told apart by content when reading, by a file's name when writing.

A new format is a new module with what `Format` lists, and one more entry in `FORMATS`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from ..atomic import StrPath
from ..input_file import hint, open_source, require_file
from ..kinds import first_line_of_text
from ..pack import split_packing
from ..paths import AnyPath
from . import fastemb_file, foreign, word2vec_binary, word2vec_text
from .table import VectorTable

__all__ = ["FORMATS", "Format", "VectorTable", "format_of", "read_vectors", "write_vectors"]

_START_BYTES = 1 << 20


class Format(Protocol):
    """What the module of a format has.

    Attributes:
        NAME: What users call the format, for messages.
        ENDINGS: Endings of names, in lower case and with their dot, to which the format is written.
        recognises: Whether a file that starts with these bytes is in the format; of a short file they are all.
        read: Reads a file, which may be compressed if the format allows for it.
        write: Writes a file, which is there whole or not at all.
    """

    NAME: str
    ENDINGS: tuple[str, ...]

    def recognises(self, start: bytes, /) -> bool: ...  # noqa: D102
    def read(self, path: StrPath, /) -> VectorTable: ...  # noqa: D102
    def write(self, path: StrPath, table: VectorTable, /) -> None: ...  # noqa: D102


FORMATS: tuple[Format, ...] = (fastemb_file, word2vec_binary, word2vec_text)
"""All formats. The first one that recognises a file reads it; names without an ending belong to the first."""


def read_vectors(path: StrPath, *, key: str | None = None, words: AnyPath | Sequence[str] | None = None) -> VectorTable:
    """Read vectors from a file in any of the formats.

    Args:
        path: The file.
        key: Name of an array in a safetensors file of another program. Default None: the file is in one of the formats.
        words: The keys of its rows, or a text file with one a line.

    Raises:
        ValueError: The file is in none of the formats, is damaged, or is a pipe; or one of ``key`` and ``words`` is
            given without the other.
    """
    require_file(path)
    if key is not None and words is not None:
        return foreign.read(os.fspath(path), key, words)
    if key is not None or words is not None:
        raise ValueError(f"{path}: key= names an array of a safetensors file, and words= its rows: give both or none")
    with open_source(path) as (file, _):
        start = file.read(_START_BYTES)
    for candidate in FORMATS:
        if candidate.recognises(start):
            return candidate.read(path)
    names = ", ".join(known.NAME for known in FORMATS)
    line = first_line_of_text(start)
    wrong = "" if line is None else f"; line 1 is neither a header of two numbers nor a key and numbers: {line[:60]!r}"
    raise ValueError(f"{path}: no file of vectors in a format that can be read ({names}){hint(path) or wrong}")


def write_vectors(path: StrPath, table: VectorTable) -> None:
    """Write vectors in the format that `format_of` tells.

    Raises:
        ValueError: The format cannot hold a key, or the name belongs to none.
        TypeError: The format cannot hold a key.
    """
    format_of(path).write(path, table)


def format_of(path: StrPath) -> Format:
    """The format to which a file's name belongs by its ending; without one, fastemb's own.

    Raises:
        ValueError: The ending is that of no format, or of a compressed file that the format is not.
        ImportError: The package for this kind of compression is not installed.
    """
    name = os.fspath(path)
    stem, packing = split_packing(name)
    ending = os.path.splitext(stem)[1].lower()
    fitting = [known for known in FORMATS if ending in known.ENDINGS]
    found = fitting[0] if fitting else None
    if found is None and (ending or packing):
        known = ", ".join(f"{'/'.join(known.ENDINGS)} ({known.NAME})" for known in FORMATS)
        raise ValueError(f"{name}: the name's ending says the format, and {ending or packing} is none of {known}")
    if found in (None, fastemb_file) and packing:
        raise ValueError(f"{name}: fastemb's own files are not compressed: leave {packing} out of the name")
    return found or FORMATS[0]
