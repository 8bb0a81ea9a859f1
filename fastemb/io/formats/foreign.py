"""Arrays that other programs saved, by safetensors or NumPy, as vectors, with keys from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...checks import in_order
from ..input_file import hint, numbered_lines
from ..kinds import NUMPY, VECTOR_COMMANDS
from ..paths import AnyPath, local_path
from ..safetensors import read_header, read_one
from .table import VectorTable

UTF8 = "utf-8"

_MOST_NAMES = 20  # of arrays in a message


def read(path: str, key: str | None, words: AnyPath | Sequence[str], encoding: str) -> VectorTable:
    """Read an array of a safetensors file, or the one that NumPy saved to a file, as vectors.

    Args:
        path: File to read.
        key: Name of the array, of shape (n, dimensions), in a safetensors file; None for a file of NumPy.
        words: The key of each row, or a text file with one a line.
        encoding: Of that file.

    Raises:
        ValueError: There is no such array, it is no matrix of floats, the words are not as many as its rows or one
            comes twice; or a file is damaged.
    """
    with open(path, "rb") as file:
        is_numpys = file.read(len(NUMPY)) == NUMPY
    vectors = _numpys_matrix(path, key) if is_numpys else _matrix(path, key)
    if isinstance(words, str | bytes | os.PathLike):
        source = local_path(words)
        lines = numbered_lines(source, encoding, "strict", "save it as UTF-8, or name its encoding by encoding=")
        keys = [line.rstrip("\r\n") for _, line in lines]
    else:
        in_order("words", words)
        source, keys = "words=", list(words)
    if len(keys) != len(vectors):
        of = "" if key is None else f" of {key!r}"
        raise ValueError(f"{source}: {len(keys)} words for the {len(vectors)} rows{of} in {path}")
    rows = {word: row for row, word in enumerate(keys)}
    if len(rows) != len(keys):
        twice = next(word for row, word in enumerate(keys) if rows[word] != row)
        raise ValueError(f"{source}: the word {twice!r} comes twice")
    return VectorTable(rows, vectors)


def _matrix(path: str, key: str | None) -> NDArray[Any]:
    if key is None:
        what = "words= names the rows of an array, and this is no file of numpy.save, which has one"
        raise ValueError(f"{path}: {what}{hint(path) or '; give key= too, the name of the array'}")
    places, _ = read_header(path)
    if key not in places:
        raise ValueError(f"{path}: there is no array {key!r}{choice(path)}")
    vectors = read_one(path, key)
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise ValueError(f"{path}: the array {key!r} is no matrix of floats{choice(path)}")
    return vectors


def _numpys_matrix(path: str, key: str | None) -> NDArray[Any]:
    if key is not None:
        raise ValueError(f"{path}: the one array of this file has no name: leave key= out")
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)  # refuses a shape for which the file is too short
    except (ValueError, EOFError, OverflowError, TypeError) as error:
        raise ValueError(f"{path}: the file is damaged, or holds no numbers: {error}") from None
    if mapped.ndim != 2 or mapped.dtype.kind != "f" or mapped.itemsize > 8:
        raise ValueError(
            f"{path}: vectors are a matrix of float16, float32 or float64; this is {mapped.dtype} {list(mapped.shape)}"
        )
    return np.array(mapped, mapped.dtype.newbyteorder("="), order="C")


def choice(path: str | os.PathLike[str]) -> str:
    """The end of an error: the arrays there are, and how to read one."""
    places, _ = read_header(path)
    names = [f"{name!r} ({place.code} {list(place.shape)})" for name, place in places.items()]
    how = f"load_vectors reads one, with key= its name and words= the keys of its rows (commands: {VECTOR_COMMANDS})"
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    some = ", ".join(names[:_MOST_NAMES]) or "none"
    return f"; its arrays: {some}{more}; {how}"
