"""A line of JSON for each key: {"key": "king", "vector": [0.1, -0.2], "count": 7}."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...signals import slices
from ..atomic import StrPath, atomic_write
from ..input_file import open_text_source
from ..json_text import parse_json
from ..pack import packed, split_packing
from .about import About, Values, is_plain
from .reading import DEFAULT, Reading
from .rows import Rows, column_of, key_rows, number_lines, refuse_none
from .table import VectorTable

ABOUT = About(
    name="JSON lines",
    option="jsonl",
    endings=(".jsonl", ".ndjson"),
    options=frozenset(("encoding",)),
    packed=True,
    integers=True,
    values=Values.PLAIN,
)

_BLOCK_VALUES = 1 << 18
_LONGEST_LINE = 64 << 20
_MOST_VALUES = 2_000_000  # of a line
_KEY, _VECTOR = "key", "vector"
_START = re.compile(rb'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:')


def recognises(start: bytes) -> bool:
    """Whether the first line begins with an object that has a vector."""
    line = start.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0]
    return _START.match(line) is not None and b'"vector"' in line and b'"key"' in line


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read a file; gzip, bzip2, xz and zstd are unpacked on the way.

    Raises:
        ValueError: A line is no object with a key and a vector, vectors differ in length, a key comes twice, or
            compressed data are damaged.
    """
    name = os.fspath(path)
    keys: list[Any] = []
    rows = Rows()
    further: dict[str, list[Any]] = {}
    with open_text_source(name) as (file, _):
        for where, found in _objects(name, file, reading.encoding):
            if not keys:
                further = {column: [] for column in found if column not in (_KEY, _VECTOR)}
            if set(found) != {_KEY, _VECTOR, *further}:
                expected = ", ".join([_KEY, _VECTOR, *further])
                raise ValueError(f"{where} has {', '.join(found)[:200]}, expected {expected}")
            keys.append(_key(where, found[_KEY]))
            rows.add(where, _numbers(where, found[_VECTOR]))
            for column, values in further.items():
                values.append(found[column])
    if not keys:
        raise ValueError(f"{name}: there is no line in it")
    return VectorTable(
        key_rows(name, keys, "line"), rows.taken(), {column: column_of(values) for column, values in further.items()}
    )


def _objects(path: str, file: BinaryIO, encoding: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line, and where it is; empty ones are left out."""
    number = 0
    while line := file.readline(_LONGEST_LINE + 1):
        number += 1
        where = f"{path}: line {number}"
        if len(line) > _LONGEST_LINE:
            raise ValueError(f"{where} is longer than {_LONGEST_LINE:,} bytes")
        if not line.strip():
            continue
        try:
            found = parse_json(line.decode(encoding), _without_repeats, _MOST_VALUES)
        except UnicodeDecodeError as error:
            what = f"{where} is not {encoding}: name its encoding by encoding="
            raise UnicodeDecodeError(error.encoding, error.object, error.start, error.end, what) from None
        except ValueError as error:
            cut = "" if line.endswith(b"\n") else "; the file ends within this line: was it cut off?"
            raise ValueError(f"{where} is no JSON: {error}{cut}") from None
        if not isinstance(found, dict) or _KEY not in found or _VECTOR not in found:
            raise ValueError(f'{where} is no object with "key" and "vector": {line[:60]!r}')
        yield where, found


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _key(where: str, key: Any) -> str | int:
    if not isinstance(key, str | int) or isinstance(key, bool):
        raise ValueError(f"{where}: the key {str(key)[:60]!r} is neither text nor a whole number")
    return key


def _numbers(where: str, values: Any) -> NDArray[np.float32]:
    if not isinstance(values, list) or not all(type(value) in (float, int) for value in values):
        raise ValueError(f"{where}: the vector is no list of numbers: {str(values)[:60]}")
    try:
        with np.errstate(over="ignore"):
            return np.array(values, np.float64).astype(np.float32)
    except OverflowError:
        raise ValueError(f"{where}: a number of the vector is too large") from None


def write(path: StrPath, table: VectorTable) -> None:
    """Write a file, which is there whole or not at all. Values of each key that are numbers or text go along.

    Raises:
        TypeError: A key is neither text nor an integer.
        ValueError: A number is NaN or infinite, which JSON does not have; or values of each key are called as the key
            or the vector is.
    """
    name = os.fspath(path)
    further = {column: values.tolist() for column, values in table.attributes.items() if is_plain(values)}
    for column in further:
        if column in (_KEY, _VECTOR):
            raise ValueError(f"{name}: JSON lines cannot hold values called {column!r}: rename them")
    refuse_none(name, "a file of JSON lines", table)
    keys = [_written(key) for key in table.keys]
    _, packing = split_packing(name)
    with atomic_write(name) as raw, packed(raw, packing) as file:
        for part in slices(len(keys), max(1, _BLOCK_VALUES // table.vectors.shape[1])):
            rows = table.vectors[part]
            finite = np.isfinite(rows).all(axis=1)
            if not finite.all():
                wrong = list(table.keys)[part.start + int(finite.argmin())]
                raise ValueError(f"{name}: JSON cannot hold the vector of {wrong!r}, which has NaN or infinite values")
            for row, numbers in enumerate(number_lines(rows, b", "), start=part.start):
                values = "".join(f", {json.dumps(column)}: {json.dumps(of[row])}" for column, of in further.items())
                file.write(f'{{"key": {keys[row]}, "vector": ['.encode() + numbers + f"]{values}}}\n".encode())


def _written(key: Any) -> str:
    if not isinstance(key, str | int | np.integer) or isinstance(key, bool):
        raise TypeError(f"keys must be str or int to be saved, but one is {key!r}")
    return json.dumps(key if isinstance(key, str) else int(key))
