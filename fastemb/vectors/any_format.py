"""Vectors from and to files in whatever format."""

from __future__ import annotations

from collections.abc import Sequence

from ..arguments import names_arguments
from ..io.formats import Format, VectorTable, fastemb_file, format_of, read_vectors, write_vectors
from ..io.paths import AnyPath, any_path
from .files import check_text
from .keyedvectors import KeyedVectors


@names_arguments()
def load_vectors(
    path: AnyPath,
    *,
    format: str | None = None,
    key: str | None = None,
    words: AnyPath | Sequence[str] | None = None,
    encoding: str | None = None,
    unicode_errors: str | None = None,
    mmap: str | None = None,
) -> KeyedVectors:
    """Read vectors from a file in any of the formats, or from a folder, whose content tells which it is.

    The formats are fastemb's own, word2vec's text and binary, GloVe's and fastText's text, models of fastText, arrays
    of NumPy with a list of words, tables of Arrow, lines of JSON, and folders of sentence-transformers, model2vec and
    spaCy; the guide "Vectors of other programs" has all. Text may be packed by gzip, bzip2, xz or zstd. Of a key that
    comes twice in a text the first vector is kept, with a warning; elsewhere it is an error.

    Args:
        path: The file.
        format: Name of the format, such as "glove", for a file that does not tell. Default None: the content tells.
        key: For a safetensors file of another program, the name of an array in it, of shape (n, dimensions). Default
            None: the file is in one of the formats above.
        words: The keys of the rows of an array, or a text file with one a line: with ``key``, or without it for a file
            of numpy.save. Default None: for ``vectors.npy`` those in ``vectors.words.txt``.
        encoding: Of the keys in formats of text, or of the file of ``words``. Default None: UTF-8.
        unicode_errors: What to do about keys in formats of text that are not of this encoding: "strict" (the default),
            "ignore" or "replace".
        mmap: Maps the vectors from a file in fastemb's own format or of numpy.save, as in `KeyedVectors.load`. Default
            None: they are read.

    Raises:
        ValueError: The file is damaged or in none of these formats, or a pipe; the array or the words do not fit; a
            vector has NaN or infinite values; or an option is given that files of its kind do not have.
        UnicodeDecodeError: A key is not of the encoding.
    """
    path = any_path(path)
    table = read_vectors(
        path, format=format, key=key, words=words, encoding=encoding, unicode_errors=unicode_errors, mmap=mmap
    )
    return KeyedVectors._from_table(path, table)


@names_arguments()
def save_vectors(vectors: KeyedVectors, path: AnyPath, *, format: str | None = None, dtype: str | None = None) -> None:
    """Write vectors in the format that the name's ending says.

    ``.txt`` and ``.vec``: word2vec text; ``.bin``: word2vec binary; ``.glove``: GloVe; each also with ``.gz``,
    ``.bz2``, ``.xz`` or ``.zst`` after it; ``.npy``: an array of NumPy, with the keys in ``.words.txt`` beside it;
    ``.safetensors`` and names without an ending: fastemb's own. Models of fastText and folders for spaCy and
    sentence-transformers are written by ``format`` alone. The guide "Vectors of other programs" has a table of
    what each format keeps.

    Args:
        vectors: What is written.
        path: The file.
        format: Name of the format, such as "word2vec-text". Default None: the ending says it.
        dtype: Of the vectors in the file, "float16", "float32" or "float64", where the format has it. Default None:
            that of the vectors.

    Raises:
        ValueError: The format cannot hold a key or the dtype, or two keys are the same as text, or the ending is
            another one; or something was assigned that does not fit the rest, as in `KeyedVectors.save`.
        TypeError: ``vectors`` are none.
    """
    if not isinstance(vectors, KeyedVectors):
        hint = ": give its attribute wv" if hasattr(vectors, "wv") else ""
        raise TypeError(f"vectors must be KeyedVectors, not {type(vectors).__name__}{hint}")
    path = any_path(path)
    table = checked_table(vectors, format_of(path, format))
    write_vectors(path, table, format=format, dtype=dtype)


def checked_table(vectors: KeyedVectors, found: Format) -> VectorTable:
    """What is written of vectors in a format.

    Raises:
        ValueError: Two keys are the same as text, as which the format holds them.
    """
    table = vectors._table(set())
    if found is not fastemb_file:
        check_text(table.keys)
    return table
