"""Safetensors files of other programs: one of their arrays as vectors, with keys from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..input_file import numbered_lines
from ..paths import AnyPath, local_path
from ..safetensors import read_header, read_one
from .table import VectorTable

_MOST_NAMES = 20  # of arrays in a message


def read(path: str, key: str, words: AnyPath | Sequence[str]) -> VectorTable:
    """Read an array of a safetensors file as vectors.

    Args:
        path: File to read.
        key: Name of the array, of shape (n, dimensions).
        words: The key of each row, or a UTF-8 text file with one a line.

    Raises:
        ValueError: There is no such array, it is no matrix of floats, the words are not as many as its rows or one
            comes twice; or a file is damaged.
    """
    places, _ = read_header(path)
    if key not in places:
        raise ValueError(f"{path}: there is no array {key!r}{choice(path)}")
    vectors = read_one(path, key)
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise ValueError(f"{path}: the array {key!r} is no matrix of floats{choice(path)}")
    if isinstance(words, str | bytes | os.PathLike):
        source = local_path(words)
        lines = numbered_lines(source, "utf-8", "strict", "save it as UTF-8")
        keys = [line.rstrip("\r\n") for _, line in lines]
    else:
        source, keys = "words=", list(words)
    if len(keys) != len(vectors):
        raise ValueError(f"{source}: {len(keys)} words for the {len(vectors)} rows of {key!r} in {path}")
    rows = {word: row for row, word in enumerate(keys)}
    if len(rows) != len(keys):
        twice = next(word for row, word in enumerate(keys) if rows[word] != row)
        raise ValueError(f"{source}: the word {twice!r} comes twice")
    return VectorTable(rows, vectors)


def choice(path: str | os.PathLike[str]) -> str:
    """The end of an error: the arrays there are, and how to read one."""
    places, _ = read_header(path)
    names = [f"{name!r} ({place.code} {list(place.shape)})" for name, place in places.items()]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    some = ", ".join(names[:_MOST_NAMES]) or "none"
    return f"; its arrays: {some}{more}; load_vectors reads one, with key= its name and words= the keys of its rows"
