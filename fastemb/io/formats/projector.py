"""Two texts as TensorFlow's Embedding Projector takes them: numbers parted by tabs, and what each row is called.

The first file, such as ``vectors.tsv``, has a vector a line. The second, ``metadata.tsv`` beside it, has a key a line;
or several columns, under their names: the first column is the keys, the others are values of each. A folder of both is
what TensorBoard opens, by ``projector_config.pbtxt``.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from typing import Any

import numpy as np

from ...signals import slices
from ..atomic import StrPath, atomic_write
from ..kinds import is_tab_separated
from ..pack import packed, split_packing
from . import word2vec_text
from .about import About, Values, is_plain
from .reading import DEFAULT, Reading
from .rows import column_of, key_rows, number_lines, refuse_none
from .table import VectorTable
from .words import line_bytes, read_words

ABOUT = About(
    name="TensorFlow projector",
    option="projector",
    endings=(".tsv",),
    holds=("vectors.tsv", "metadata.tsv"),
    options=frozenset(("encoding",)),
    packed=True,
    values=Values.PLAIN,
)

_VECTORS, _METADATA = ABOUT.holds
_CONFIG = "projector_config.pbtxt"
_KEY = "key"
_BLOCK_VALUES = 1 << 18
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?|-?inf|nan")


def recognises(start: bytes) -> bool:
    """Whether numbers that tabs part come first."""
    return is_tab_separated(start)


def metadata_beside(path: StrPath) -> str:
    """The file of keys that belongs to one of vectors: ``metadata.tsv`` to ``vectors.tsv``, ``x_metadata.tsv`` to x."""
    stem, packing = split_packing(os.fspath(path))
    folder, name = os.path.split(os.path.splitext(stem)[0])
    start = re.sub(r"(?i)_?(vectors?|tensors?)$", "", name)
    return os.path.join(folder, f"{start}_metadata.tsv{packing}" if start else f"metadata.tsv{packing}")


# ---- reading ----


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read a file of vectors and the one of keys that belongs to it, or a folder of both.

    Raises:
        ValueError: There are more or fewer keys than vectors, a key comes twice, a line has too many or too few numbers
            or columns, or there is no file of keys.
        UnicodeDecodeError: A line is not in the encoding.
    """
    name = os.fspath(path)
    if os.path.isdir(name):
        name = os.path.join(name, _VECTORS)
    vectors = word2vec_text.read_numbers(name)
    metadata = metadata_beside(name)
    try:
        rows = [line.split("\t") for line in read_words(metadata, reading.encoding)]
    except FileNotFoundError:
        raise ValueError(
            f"{name}: numbers without keys, and there is no {os.path.basename(metadata)} beside it: put a file of that "
            "name there, with the key of each vector in a line"
        ) from None
    while rows and rows[-1] == [""] and len(rows) > len(vectors):
        rows.pop()
    names = _names(metadata, rows)
    if len(rows) != len(vectors):
        hint = "; one column has no line of names above it" if names == [_KEY] and len(rows) == len(vectors) + 1 else ""
        raise ValueError(f"{metadata}: keys for {len(rows):,} vectors, and {name} has {len(vectors):,}{hint}")
    keys = key_rows(metadata, [row[0] for row in rows], "row")
    further = {column: _column([row[at] for row in rows]) for at, column in enumerate(names) if at}
    return VectorTable(keys, vectors, further)


def _names(path: str, rows: list[list[str]]) -> list[str]:
    """The names of the columns, which are taken from the rows where there are several."""
    width = len(rows[0]) if rows else 1
    names = [_KEY] if width == 1 else rows.pop(0)
    if len(set(names)) != len(names):
        raise ValueError(f"{path}: line 1: two columns have the same name: {', '.join(names)[:200]}")
    for number, row in enumerate(rows, start=1 + (width > 1)):
        if len(row) != width:
            raise ValueError(f"{path}: line {number} has {len(row)} columns, expected {width}")
    return names


def _column(texts: list[str]) -> Any:
    if texts and all(map(_INTEGER.fullmatch, texts)):
        return np.array(list(map(int, texts)), np.int64)
    if texts and all(map(_FLOAT.fullmatch, texts)):
        return np.array(list(map(float, texts)), np.float64)
    return column_of(texts)


# ---- writing ----


def write(path: StrPath, table: VectorTable) -> None:
    """Write both files, each whole or not at all; in a folder under their usual names, with TensorBoard's file beside.

    Raises:
        ValueError: A key is empty or white space alone, or has a line end or a tab in it.
    """
    name = os.fspath(path)
    is_folder = _is_folder(name)
    vectors = os.path.join(name, _VECTORS) if is_folder else name
    metadata = metadata_beside(vectors)
    refuse_none(name, "a table of TensorFlow's projector", table)
    lines = _metadata(name, table)
    if is_folder:
        os.makedirs(name, exist_ok=True)
    _, packing = split_packing(vectors)
    with ExitStack() as files:
        if is_folder:
            config = files.enter_context(atomic_write(os.path.join(name, _CONFIG)))
            config.write(f'embeddings {{\n  tensor_path: "{_VECTORS}"\n  metadata_path: "{_METADATA}"\n}}\n'.encode())
        keys = files.enter_context(packed(files.enter_context(atomic_write(metadata)), packing))
        numbers = files.enter_context(packed(files.enter_context(atomic_write(vectors)), packing))
        keys.writelines(lines)
        for part in slices(len(table.vectors), max(1, _BLOCK_VALUES // table.vectors.shape[1])):
            numbers.writelines(line + b"\n" for line in number_lines(table.vectors[part], b"\t"))


def _is_folder(name: str) -> bool:
    stem, _ = split_packing(name)
    return os.path.isdir(name) or name.endswith(("/", os.sep)) or not stem.lower().endswith(ABOUT.endings)


def _metadata(path: str, table: VectorTable) -> list[bytes]:
    """The lines of the file of keys."""
    further = {name: values.tolist() for name, values in table.attributes.items() if is_plain(values)}
    what = "a table of TensorFlow's projector"
    lines = [_line(path, what, [_KEY, *further], 1)] if further else []
    for row, key in enumerate(table.keys):
        if not str(key).strip():
            raise ValueError(f"{path}: {what} cannot hold the key {str(key)!r}, as lines without text are skipped")
        lines.append(_line(path, what, [key, *(values[row] for values in further.values())], row + len(lines)))
    return lines


def _line(path: str, what: str, cells: list[Any], row: int) -> bytes:
    for cell in cells:
        if "\t" in str(cell):
            raise ValueError(f"{path}: {what} cannot hold {str(cell)!r}, which has a tab in it")
    return b"\t".join(line_bytes(path, what, cell, row)[:-1] for cell in cells) + b"\n"
