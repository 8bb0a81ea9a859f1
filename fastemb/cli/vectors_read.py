"""Vectors that commands read: the options, and the vectors that they name."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..checks import warn
from ..io.formats import fastemb_file
from ..io.kinds import reader_of
from ..io.safetensors import read_header, read_tensors
from ..vectors import KeyedVectors, load_vectors
from .values import STDIN, file_path, format_option, vectors_path

_VECTORS = "fastemb.KeyedVectors"
_ITEMS = "an Item2Vec model"
_TAGS = "documents."  # begins the names of arrays of tags in a file of Doc2Vec
_DOCUMENTS = "a Doc2Vec model"


def add_vectors(parser: argparse.ArgumentParser, name: str = "vectors", **options: Any) -> None:
    """Add a file of vectors, and how it is read where it does not say so itself."""
    parser.add_argument(
        name, type=vectors_path, help="file or folder with vectors, or its URL; - is standard input", **options
    )
    group = parser.add_argument_group("reading of vectors")
    group.add_argument(
        "--from",
        dest="source_format",
        type=format_option,
        metavar="FORMAT",
        help="the format, where the file does not tell; 'fastemb convert --help' lists them",
    )
    group.add_argument("--key", metavar="NAME", help="of a file of another program: the array or column to read")
    group.add_argument(
        "--words",
        dest="rows",  # some commands take words
        type=file_path,
        metavar="FILE",
        help="with --key, or with an .npy file: a text with the word of each row, one a line; of a table: their column",
    )
    group.add_argument(
        "--encoding", metavar="NAME", help="of the words, in word2vec's formats and in the file of --words (utf-8)"
    )
    group.add_argument(
        "--unicode-errors",
        choices=("strict", "ignore", "replace"),
        help="what to do about words in word2vec's formats that are not of this encoding (strict)",
    )


def vectors_of(options: argparse.Namespace, path: str) -> KeyedVectors:
    """The vectors of a file, read as the command line says."""
    if path == STDIN:
        with spooled() as file:
            try:
                return vectors_of(options, file)
            except ValueError as error:
                raise ValueError(str(error).replace(file, "standard input")) from None
    return load_vectors(
        path,
        format=options.source_format,
        key=options.key,
        words=options.rows,
        encoding=options.encoding,
        unicode_errors=options.unicode_errors,
    )


def sources_of(options: argparse.Namespace, path: str) -> list[str]:
    """The files that `vectors_of` reads."""
    return [path] if options.rows is None else [path, options.rows]


def kind_of_model(path: str) -> str | None:
    """What kind of fastemb's own files this is and what reads it, where it holds more than vectors; else None."""
    if not os.path.isfile(path):
        return None  # a pipe, which was read
    try:
        metadata = read_header(path)[1]
    except ValueError:
        return None
    return None if metadata.get("format") == _VECTORS else reader_of(metadata).removeprefix("; it is ") or None


def tags_in(path: str) -> list[Any] | None:
    """The tags of a file of a Doc2Vec model; None where it is something else."""
    if not (kind_of_model(path) or "").startswith(_DOCUMENTS):
        return None
    tensors, metadata = read_tensors(path, "r")
    arrays = {name.removeprefix(_TAGS): array for name, array in tensors.items() if name.startswith(_TAGS)}
    texts = {name.removeprefix(_TAGS): text for name, text in metadata.items() if name.startswith(_TAGS)}
    return list(fastemb_file.unpack(path, arrays, texts).keys)


def warn_of_other_vectors(path: str) -> None:
    """Warn that vectors are compared otherwise than the model in this file compares what it is of."""
    kind = kind_of_model(path) or ""
    if kind.startswith(_ITEMS):
        warn(
            f"{path} is {_ITEMS}, and only its input vectors are compared here, which tell less than the model knows: "
            "'fastemb items similar' compares items as the model does"
        )
    elif kind.startswith(_DOCUMENTS):
        warn(f"{path} is {_DOCUMENTS}, and its words are compared here: 'fastemb documents similar' knows documents")


@contextmanager
def spooled() -> Iterator[str]:
    """A file with what standard input gives, as readers of vectors look at a file more than once."""
    with tempfile.NamedTemporaryFile() as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        yield file.name
