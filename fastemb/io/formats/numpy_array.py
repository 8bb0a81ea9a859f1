"""An array of numpy.save, and beside it a text file with the key of each row, one a line.

``vectors.npy`` has its keys in ``vectors.words.txt``.
"""

from __future__ import annotations

import os
from contextlib import ExitStack

from ..atomic import StrPath, atomic_write
from ..input_file import open_source
from ..kinds import NUMPY, VECTOR_COMMANDS
from ..pack import packed, split_packing
from . import npy
from .about import About
from .reading import DEFAULT, Reading
from .table import VectorTable
from .words import given_words, line_bytes, read_words, rows_of

ABOUT = About(
    name="NumPy array",
    option="npy",
    endings=(".npy",),
    options=frozenset(("key", "words", "encoding", "mmap")),
    packed=True,
    dtypes=("float32", "float16", "float64"),
)


def recognises(start: bytes) -> bool:
    """Whether numpy.save wrote it."""
    return start.startswith(NUMPY)


def words_beside(path: StrPath) -> str:
    """The file of keys that belongs to an array."""
    stem, _ = split_packing(os.fspath(path))
    return f"{os.path.splitext(stem)[0]}.words.txt"


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read an array and its keys: those of ``reading.words``, or else of the file beside it.

    Raises:
        ValueError: The array is no matrix of floats or does not have as many rows as there are keys, a key comes twice,
            there are no keys, or a file is damaged.
    """
    name = os.fspath(path)
    if reading.key is not None:
        raise ValueError(f"{name}: the one array of this file has no name: leave key= out")
    with open_source(name) as (file, size):
        header = npy.read_header(name, file)
        npy.refuse_no_matrix(name, header)
        if reading.mmap is not None:
            if size is None:
                raise ValueError(f"{name}: a compressed file cannot be mapped: unpack it first")
            vectors = npy.map_array(name, header, file.tell(), reading.mmap)
        else:
            vectors = npy.read_array(name, file, header, None if size is None else size - file.tell())
    if reading.words is not None:
        return VectorTable(given_words(name, reading, len(vectors)), vectors)
    beside = words_beside(name)
    try:
        keys = read_words(beside, reading.encoding)
    except FileNotFoundError:
        raise ValueError(
            f"{name}: an array of NumPy, without keys, and no {os.path.basename(beside)} beside it: load_vectors reads "
            f"it, with words= the keys of its rows (commands: {VECTOR_COMMANDS})"
        ) from None
    return VectorTable(rows_of(beside, keys, f"{len(vectors)} rows in {name}", len(vectors)), vectors)


def write(path: StrPath, table: VectorTable) -> None:
    """Write an array, and its keys beside it; both are there whole, or neither.

    Raises:
        ValueError: A key has a line end in it.
    """
    name = os.fspath(path)
    beside = words_beside(name)
    lines = [line_bytes(name, "a text file of words", key, row) for row, key in enumerate(table.keys)]
    _, packing = split_packing(name)
    with ExitStack() as files:
        words = files.enter_context(atomic_write(beside))
        array = files.enter_context(packed(files.enter_context(atomic_write(name)), packing))
        words.writelines(lines)
        npy.write_array(array, table.vectors)
