"""What several commands need."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

from ..checks import warn
from ..io.formats import format_of
from ..io.kinds import reader_of
from ..io.pack import split_packing
from ..io.paths import local_path
from ..io.safetensors import read_header
from ..vectors import KeyedVectors, load_vectors, save_vectors

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

FORMATS = (
    "by its ending: .txt or .vec for word2vec text, .bin for word2vec binary, both also with .gz, .bz2, .xz or .zst; "
    ".safetensors or none for fastemb's own; - is text on standard output"
)
STDOUT = "-"

_VECTORS = "fastemb.KeyedVectors"
_ITEMS = "an Item2Vec model"


def check_writable(sources: Iterable[str], *outputs: str | None, vectors: str | None = None) -> None:
    """Fail before training rather than after it, and never replace a file that is read.

    Args:
        sources: What is read.
        outputs: What is written; None is nothing.
        vectors: A file of vectors that is written, whose name says in which format, or ``STDOUT``.
    """
    taken = {os.path.realpath(source) for source in sources}
    for path, is_vectors in ((vectors, True), *((output, False) for output in outputs)):
        if path is None or (path == STDOUT and is_vectors):
            continue
        if path == STDOUT:
            raise ValueError("this output is no text, so it needs a file: - stands for standard output")
        if os.path.isdir(path):
            raise IsADirectoryError(f"cannot save to {path}: it is a folder")
        if os.path.exists(path) and not os.path.isfile(path):
            continue  # a pipe or a device
        _check_name(path, is_vectors)
        target = os.path.realpath(path)
        if target in taken:
            raise ValueError(f"cannot save to {path}: it is also the input or another output")
        taken.add(target)
        folder = Path(target).parent
        if not folder.is_dir():
            raise FileNotFoundError(f"cannot save to {path}: the folder {folder} does not exist")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(f"cannot save to {path}: the folder {folder} is not writable")


def _check_name(path: str, is_vectors: bool) -> None:
    if is_vectors:
        format_of(path)
    elif split_packing(path)[1]:
        raise ValueError(f"{path}: only text and binary files of vectors are compressed: leave the ending out")


def save_output(vectors: KeyedVectors, path: str) -> None:
    """Save to a file in the format that its name says, or print as word2vec's text to ``STDOUT``."""
    if path == STDOUT:
        vectors.save_word2vec_format(sys.stdout.buffer)
    else:
        save_vectors(vectors, path)


def file_path(text: str) -> str:
    """For argparse: the path of a file on this machine; also as ``~/...`` or ``file://...``."""
    try:
        return local_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def vectors_path(text: str) -> str:
    """As `file_path`, for vectors that are read."""
    if text == STDOUT:
        raise argparse.ArgumentTypeError("vectors are not read from standard input: save them to a file")
    return file_path(text)


def add_vectors(parser: argparse.ArgumentParser, name: str = "vectors", **options: Any) -> None:
    """Add a file of vectors, and how it is read where it does not say so itself."""
    parser.add_argument(name, type=vectors_path, help="file with vectors", **options)
    group = parser.add_argument_group("reading of vectors")
    group.add_argument("--key", metavar="NAME", help="of a safetensors file of another program: the array to read")
    group.add_argument(
        "--words",
        dest="rows",  # some commands take words
        type=file_path,
        metavar="FILE",
        help="with --key, or with an .npy file: a text with the word of each row, one a line",
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
    return load_vectors(
        path,
        key=options.key,
        words=options.rows,
        encoding=options.encoding,
        unicode_errors=options.unicode_errors,
    )


def kind_of_model(path: str) -> str | None:
    """What kind of fastemb's own files this is and what reads it, where it holds more than vectors; else None."""
    if not os.path.isfile(path):
        return None  # a pipe, which was read
    try:
        metadata = read_header(path)[1]
    except ValueError:
        return None
    return None if metadata.get("format") == _VECTORS else reader_of(metadata).removeprefix("; it is ") or None


def warn_of_item_model(path: str) -> None:
    """Warn that vectors are compared otherwise than the model in this file compares its items, if it is one."""
    kind = kind_of_model(path)
    if kind is not None and kind.startswith(_ITEMS):
        warn(
            f"{path} is {_ITEMS}, and only its input vectors are compared here, which tell less than the model knows: "
            "'fastemb items similar' compares items as the model does"
        )


def sources_of(options: argparse.Namespace, path: str) -> list[str]:
    """The files that `vectors_of` reads."""
    return [path] if options.rows is None else [path, options.rows]


def count_or_none(text: str) -> int:
    """For argparse: a whole number, 0 for none."""
    number = _whole(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 for none")
    return number


def positive(text: str) -> int:
    """For argparse: a whole number above 0."""
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def _whole(text: str) -> int:
    """The number, -1 where it is none."""
    try:
        return int(text)
    except ValueError:
        return -1
