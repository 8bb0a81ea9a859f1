"""Files that commands write: whether they can be, and vectors in them or on standard output."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..io.formats import FORMATS as KNOWN
from ..io.formats import format_named, format_of
from ..io.pack import split_packing
from ..io.paths import is_url
from ..vectors import KeyedVectors, save_vectors
from .values import STDOUT

TEXT = "word2vec-text"  # the format of vectors on standard output
FORMATS = (
    "by its ending: "
    + "; ".join(f"{' or '.join(known.ABOUT.endings)} for {known.ABOUT.name}" for known in KNOWN if known.ABOUT.endings)
    + "; none for fastemb's own; text formats also with .gz, .bz2, .xz or .zst after it; - is text on standard output"
)

_NO_MODELS = {".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".npy", ".npz", ".pkl", ".bin", ".vec"}


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
