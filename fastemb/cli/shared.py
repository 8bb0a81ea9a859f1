"""What several commands need."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from ..checks import warn
from ..io.formats import FORMATS as KNOWN
from ..io.formats import format_named, format_of
from ..io.kinds import reader_of
from ..io.pack import split_packing
from ..io.paths import any_path, is_url, local_path
from ..io.safetensors import read_header
from ..vectors import KeyedVectors, load_vectors, save_vectors

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

STDOUT = STDIN = "-"
TEXT = "word2vec-text"  # the format of vectors on standard output
FORMATS = (
    "by its ending: "
    + "; ".join(f"{' or '.join(known.ABOUT.endings)} for {known.ABOUT.name}" for known in KNOWN if known.ABOUT.endings)
    + "; none for fastemb's own; text formats also with .gz, .bz2, .xz or .zst after it; - is text on standard output"
)

_NO_MODELS = {".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".npy", ".npz", ".pkl", ".bin", ".vec"}
_VECTORS = "fastemb.KeyedVectors"
_ITEMS = "an Item2Vec model"
_DOCUMENTS = "a Doc2Vec model"


def check_writable(
    sources: Iterable[str],
    *outputs: str | None,
    vectors: str | None = None,
    option: str | None = None,
    text: str | None = None,
) -> None:
    """Fail before training rather than after it, and never replace a file that is read.

    Args:
        sources: What is read.
        outputs: What is written; None is nothing.
        vectors: A file of vectors that is written, or ``STDOUT``.
        option: Name of its format. Default None: the file's name says it.
        text: A text that is written, compressed where its name says so, or ``STDOUT``.
    """
    taken = {os.path.realpath(source) for source in sources}
    if vectors is not None and vectors != STDOUT:
        about = format_of(vectors, option).ABOUT
        if is_url(vectors) or (about.holds and os.path.isdir(vectors)):
            return
        if about.beside is not None and os.path.realpath(about.beside(vectors)) in taken:
            raise ValueError(f"cannot save to {vectors}: {about.beside(vectors)} belongs to it, and is also the input")
    for path, may_stream in ((vectors, True), (text, True), *((output, False) for output in outputs)):
        if path is None or (path == STDOUT and may_stream):
            continue
        if path == STDOUT:
            raise ValueError("this output is no text, so it needs a file: - stands for standard output")
        if os.path.isdir(path):
            raise IsADirectoryError(f"cannot save to {path}: it is a folder")
        if os.path.exists(path) and not os.path.isfile(path):
            continue  # a pipe or a device
        if not may_stream and split_packing(path)[1]:
            raise ValueError(f"{path}: only text and binary files of vectors are compressed: leave the ending out")
        target = os.path.realpath(path)
        if target in taken:
            raise ValueError(f"cannot save to {path}: it is also the input or another output")
        taken.add(target)
        folder = Path(target).parent
        if not folder.is_dir():
            raise FileNotFoundError(f"cannot save to {path}: the folder {folder} does not exist")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(f"cannot save to {path}: the folder {folder} is not writable")


def require_model_name(path: str, what: str) -> None:
    """Refuse a name whose ending says that the file is something else.

    Raises:
        ValueError: it does.
    """
    if Path(path).suffix.lower() in _NO_MODELS:
        raise ValueError(f"{path}: {what} are saved as safetensors: let the name end in .safetensors")


def save_output(vectors: KeyedVectors, path: str, option: str | None = None, dtype: str | None = None) -> None:
    """Save to a file, or print to ``STDOUT``.

    Args:
        vectors: What is saved.
        path: The file.
        option: Name of the format. Default None: the file's name says it, and word2vec's text goes to ``STDOUT``.
        dtype: Of the vectors in the file. Default None: that which they have.
    """
    if path != STDOUT:
        save_vectors(vectors, path, format=option, dtype=dtype)
        return
    if option is None and dtype is None:
        vectors.save_word2vec_format(sys.stdout.buffer)
        return
    about = format_named(option or TEXT).ABOUT
    if about.holds or about.beside:
        raise ValueError(f"{about.name} is more than one file, so it needs a name: - stands for standard output")
    with tempfile.TemporaryDirectory() as folder:
        draft = os.path.join(folder, "standard output")
        save_vectors(vectors, draft, format=about.option, dtype=dtype)
        with open(draft, "rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)


def file_path(text: str) -> str:
    """For argparse: the path of a file on this machine; also as ``~/...`` or ``file://...``."""
    try:
        return local_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def vectors_path(text: str) -> str:
    """For argparse: where vectors are read or written: as `file_path`, a URL, or "-"."""
    try:
        return any_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def format_option(text: str) -> str:
    """For argparse: the name of a format."""
    try:
        return format_named(text).ABOUT.option
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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


def kind_of_model(path: str) -> str | None:
    """What kind of fastemb's own files this is and what reads it, where it holds more than vectors; else None."""
    if not os.path.isfile(path):
        return None  # a pipe, which was read
    try:
        metadata = read_header(path)[1]
    except ValueError:
        return None
    return None if metadata.get("format") == _VECTORS else reader_of(metadata).removeprefix("; it is ") or None


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
