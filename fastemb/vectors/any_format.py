"""Vectors from and to files in whatever format."""

from __future__ import annotations

from ..io.atomic import StrPath
from ..io.formats import write_vectors
from .files import check_text, read_table
from .keyedvectors import KeyedVectors


def load_vectors(path: StrPath) -> KeyedVectors:
    """Read vectors from fastemb's own file or from word2vec text or binary, whichever it is.

    Text may lack the header; gzip, bzip2, xz and zstd are unpacked on the way.

    Raises:
        ValueError: The file is damaged or in none of these formats, or a pipe.
    """
    return KeyedVectors._from_table(path, read_table(path))


def save_vectors(vectors: KeyedVectors, path: StrPath) -> None:
    """Write vectors in the format that the name's ending says.

    ``.txt`` and ``.vec``: word2vec text; ``.bin``: word2vec binary; anything else: fastemb's own.

    Raises:
        ValueError: The format cannot hold a key, or two keys are the same as text; or something was assigned that does
            not fit the rest, as in `KeyedVectors.save`.
    """
    table = vectors._table(set())
    check_text(table.keys)
    write_vectors(path, table)
