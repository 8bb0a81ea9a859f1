"""Files of Parquet. Needs pyarrow."""

from __future__ import annotations

import os
from importlib import import_module

from ..arrow import naming, pyarrow, rows_at_a_time
from ..atomic import StrPath, atomic_write
from ..input_file import open_file
from ..kinds import PARQUET
from .about import About, Values
from .reading import DEFAULT, Reading
from .table import VectorTable
from .tables import WRITTEN_ROWS, arrow_table, columns_of, list_size

ABOUT = About(
    name="Parquet",
    option="parquet",
    endings=(".parquet", ".pq"),
    options=frozenset(("key", "words")),
    dtypes=("float32", "float16", "float64"),
    integers=True,
    values=Values.PLAIN,
)

_READ_ROWS, _READ_BYTES = 1 << 14, 16 << 20


def recognises(start: bytes) -> bool:
    """Whether it is a file of Parquet."""
    return start.startswith(PARQUET)


def read(path: StrPath, reading: Reading = DEFAULT) -> VectorTable:
    """Read a file; which columns are what, `columns_of` says.

    Raises:
        ValueError: The file is damaged, has no such columns, a value is null, vectors differ in length, or a key comes
            twice.
        ImportError: pyarrow is not installed.
    """
    name = os.fspath(path)
    pyarrow()
    parquet = import_module("pyarrow.parquet")
    with open_file(name) as raw:
        with naming(name, "the file is damaged, was cut off, or is none of Parquet"):
            file = parquet.ParquetFile(raw)
        with file, naming(name, "the file is damaged, or has what pyarrow cannot read"):
            schema = file.schema_arrow
            columns = columns_of(name, schema, reading)
            rows = rows_at_a_time(file.metadata, _READ_ROWS, _READ_BYTES)
            for batch in file.iter_batches(rows, columns=columns.names, use_threads=False):
                columns.add(batch)
            return columns.table(reading, dims=list_size(schema.field(columns.vectors).type) or None)


def write(path: StrPath, table: VectorTable) -> None:
    """Write a file, which is there whole or not at all.

    Raises:
        TypeError: A key is neither text nor an integer.
        ValueError: As from `arrow_table`.
        ImportError: pyarrow is not installed.
    """
    name = os.fspath(path)
    written = arrow_table(name, "a Parquet file", table)
    parquet = import_module("pyarrow.parquet")
    with atomic_write(name) as file, parquet.ParquetWriter(file, written.schema) as writer:
        for start in range(0, max(1, len(written)), WRITTEN_ROWS):
            writer.write_table(written.slice(start, WRITTEN_ROWS))
