"""Arrays of safetensors files that other programs saved, as vectors, with keys from elsewhere."""

from __future__ import annotations

import os
from typing import Any

from numpy.typing import NDArray

from ..input_file import hint
from ..kinds import VECTOR_COMMANDS
from ..safetensors import read_header, read_one
from .reading import Reading
from .table import VectorTable
from .words import given_words

_MOST_NAMES = 20  # of arrays in a message


def read(path: str, reading: Reading) -> VectorTable:
    """Read an array of a safetensors file as vectors.

    Args:
        path: File to read.
        reading: Its ``key`` is the name of the array, of shape (n, dimensions), and ``words`` has the keys of the rows.

    Raises:
        ValueError: There is no such array, it is no matrix of floats, the words are not as many as its rows or one
            comes twice; or a file is damaged.
    """
    if reading.words is None:
        raise ValueError(f"{path}: key= names an array, and words= the keys of its rows: give words= too")
    vectors = _matrix(path, reading.key)
    return VectorTable(given_words(path, reading, len(vectors), f" of {reading.key!r}"), vectors)


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


def choice(path: str | os.PathLike[str]) -> str:
    """The end of an error: the arrays there are, and how to read one."""
    places, _ = read_header(path)
    names = [f"{name!r} ({place.code} {list(place.shape)})" for name, place in places.items()]
    how = f"load_vectors reads one, with key= its name and words= the keys of its rows (commands: {VECTOR_COMMANDS})"
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    some = ", ".join(names[:_MOST_NAMES]) or "none"
    return f"; its arrays: {some}{more}; {how}"
