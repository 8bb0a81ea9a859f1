"""Vectors from and to files in whatever format."""

from __future__ import annotations

from collections.abc import Sequence

from ..io.formats import fastemb_file, format_of, write_vectors
from ..io.paths import AnyPath, local_path
from .files import check_text, read_table
from .keyedvectors import KeyedVectors


def load_vectors(
    path: AnyPath, *, key: str | None = None, words: AnyPath | Sequence[str] | None = None
) -> KeyedVectors:
    """Read vectors from fastemb's own file or from word2vec text or binary, whichever it is.

    Text may lack the header; gzip, bzip2, xz and zstd are unpacked on the way.

    Args:
        path: The file.
        key: For a safetensors file of another program, the name of an array in it, of shape (n, dimensions). Default
            None: the file is in one of the formats above.
        words: With ``key``, the keys of its rows, or a UTF-8 text file with one a line. Default None.

    Raises:
        ValueError: The file is damaged or in none of these formats, or a pipe; or the array or the words do not fit.
    """
    path = local_path(path)
    return KeyedVectors._from_table(path, read_table(path, key=key, words=words))


def save_vectors(vectors: KeyedVectors, path: AnyPath) -> None:
    """Write vectors in the format that the name's ending says.

    ``.txt`` and ``.vec``: word2vec text; ``.bin``: word2vec binary, each also with ``.gz``, ``.bz2``, ``.xz`` or
    ``.zst`` after it; ``.safetensors`` and names without an ending: fastemb's own.

    Raises:
        ValueError: The format cannot hold a key, or two keys are the same as text, or the ending is another one; or
            something was assigned that does not fit the rest, as in `KeyedVectors.save`.
    """
    path = local_path(path)
    table = vectors._table(set())
    if format_of(path) is not fastemb_file:
        check_text(table.keys)
    write_vectors(path, table)
