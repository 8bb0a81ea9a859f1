"""Files of Arrow (also called Feather, or IPC), and its streams, which are read only. Needs pyarrow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ..arrow import naming, pyarrow
from ..atomic import StrPath, atomic_write
from ..input_file import open_file
from ..paths import is_url
from .about import About, Values
from .reading import DEFAULT, Reading
from .rows import Array
from .table import VectorTable
from .tables import arrow_table, columns_of, list_size, matrix_of

ABOUT = About(
    name="Arrow",
    option="arrow",
    endings=(".arrow", ".feather"),
    options=frozenset(("key", "words", "mmap")),
    dtypes=("float32", "float16", "float64"),
    integers=True,
    values=Values.PLAIN,
)

_FILE, _STREAM = b"ARROW1", b"\xff\xff\xff\xff"
_DAMAGED = "the file is damaged, was cut off, or is none of Arrow"


def recognises(start: bytes) -> bool:
    """Whether it is a file or a stream of Arrow."""
    return start.startswith(_FILE) or (start.startswith(_STREAM) and len(start) > 8 and start[7] == 0)


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read a file; which columns are what, `columns_of` says.

    Raises:
        ValueError: The file is damaged, has no such columns, a value is null, vectors differ in length, or a key comes
            twice; or it cannot be mapped.
        ImportError: pyarrow is not installed.
    """
    name = os.fspath(path)
    if reading.mmap not in (None, "r"):
        raise ValueError(f"{name}: Arrow files are mapped read-only: give mmap='r'")
    with _batches(name, is_mapped=reading.mmap is not None) as (schema, batches):
        columns = columns_of(name, schema, reading)
        dims = list_size(schema.field(columns.vectors).type)
        if reading.mmap is None:
            for batch in batches:
                columns.add(batch)
            return columns.table(reading, dims=dims or None)
        mapped: list[Array] = []
        for batch in batches:
            mapped.append(matrix_of(name, batch.column(columns.vectors)))
            columns.add_keys(batch)
        if len(mapped) != 1:
            what = f"its vectors are in {len(mapped)} pieces, of which one alone can be mapped"
            raise ValueError(f"{name}: {what}: load it without mmap")
        return columns.table(reading, mapped[0])


@contextmanager
def _batches(path: str, is_mapped: bool) -> Iterator[tuple[Any, Iterator[Any]]]:
    """The schema of a file, and its record batches, each checked when its turn comes."""
    pa, ipc = pyarrow(), import_module("pyarrow.ipc")
    if is_mapped and is_url(path):
        raise ValueError(f"{path}: only files on this machine are mapped: download it first, or read it without mmap")
    with open_file(path) as file, naming(path, _DAMAGED):
        is_stream = file.read(len(_STREAM)) == _STREAM
        file.seek(0)
        source = file if is_url(path) else pa.memory_map(path)
        reader = ipc.open_stream(source) if is_stream else ipc.open_file(source)
        found = iter(reader) if is_stream else (reader.get_batch(at) for at in range(reader.num_record_batches))
        yield reader.schema, (_checked(batch) for batch in found)


def _checked(batch: Any) -> Any:
    batch.validate(full=True)
    return batch


def write(path: StrPath, table: VectorTable) -> None:
    """Write a file, which is there whole or not at all, in one piece so that it can be mapped.

    Raises:
        TypeError: A key is neither text nor an integer.
        ValueError: As from `arrow_table`.
        ImportError: pyarrow is not installed.
    """
    name = os.fspath(path)
    written = arrow_table(name, "an Arrow file", table)
    ipc = import_module("pyarrow.ipc")
    with atomic_write(name) as file, ipc.new_file(file, written.schema) as writer:
        writer.write_table(written)
