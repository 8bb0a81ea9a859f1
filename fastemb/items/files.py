"""Files of interactions: Parquet, or text with a row a line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ..corpus.arrow import open_parquet, parquet_files, pyarrow
from .columns import require_columns
from .csv_file import read_csv


def read_table(
    path: str | os.PathLike[str],
    columns: Sequence[str] | None = None,
    *,
    keyed: Sequence[str | None] = (),
    measured: Sequence[str | None] = (),
) -> Any:
    """A CSV or Parquet file as a table, of which only the columns that are asked for are read.

    In a CSV file everything is text, so items are str; fields are parted by commas, or by tabs where the file's name
    ends in .tsv or .txt, before the ending of its compression if it has one. Parquet needs pyarrow.

    Args:
        path: The file.
        columns: Names of the columns of a CSV file whose first line is not a line of names.
        keyed: Columns to read as keys.
        measured: Columns to read as numbers or times.

    Raises:
        ImportError: it is a Parquet file and pyarrow is not installed.
        KeyError: a Parquet file has no such column.
        ValueError: the file is empty or damaged (with the line), or ``columns`` are given for Parquet.
        OSError: it cannot be read.
    """
    stem, ending = os.path.splitext(os.path.basename(os.fspath(path)).lower())
    if ending in (".parquet", ".pq"):
        if columns is not None:
            raise ValueError(f"{path}: a Parquet file names its columns itself")
        return _read_parquet(path, [name for name in (*keyed, *measured) if name is not None])
    if ending in (".gz", ".bz2", ".xz", ".zst"):
        ending = os.path.splitext(stem)[1]
    return read_csv(path, "\t" if ending in (".tsv", ".txt") else ",", columns, keyed, measured)


def _read_parquet(path: str | os.PathLike[str], names: list[str]) -> Any:
    """The columns of these names, as a table of pyarrow; of a folder those of all its files."""
    pa = pyarrow()
    tables = []
    for source in parquet_files(path):
        with open_parquet(source) as file:
            require_columns(file.schema_arrow.names, names)
            try:
                tables.append(file.read(columns=list(dict.fromkeys(names))))
            except pa.ArrowInvalid as error:
                raise ValueError(f"{source.name}: the file is damaged: {error}") from None
    return pa.concat_tables(tables)
