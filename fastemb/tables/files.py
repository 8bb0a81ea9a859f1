"""Files as tables: Parquet, or text with a row a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..corpus.arrow import is_parquet, open_parquet, parquet_files
from ..corpus.delimited import Delimited
from ..corpus.inputs import find_inputs
from ..io.arrow import pyarrow
from .columns import require_columns
from .text_columns import read_text_columns

_NO_NAMES = "; if the first line of the file does not name its columns, name them by columns="
_NOT_PARTED = "; if something else stands between its fields, such as ';', give that by sep="


@contextmanager
def errors_name(path: str) -> Iterator[None]:
    """What is wrong with the columns of a file, or with what they hold, is told with the file's name.

    Raises:
        KeyError: as within, with the file in front.
        ValueError: likewise.
    """
    try:
        yield
    except (KeyError, ValueError) as error:
        kind = KeyError if isinstance(error, KeyError) else ValueError
        message = str(error.args[0] if kind is KeyError and error.args else error)
        raise kind(message if path in message else f"{path}: {message}") from None


def read_table(
    path: str,
    columns: Sequence[str] | None = None,
    *,
    keyed: Sequence[str] = (),
    measured: Sequence[str] = (),
    options: Delimited | None = None,
) -> Any:
    """A text or Parquet file, a folder or pattern of them, as a table of the columns that are asked for.

    In a text everything is text, so items are str. Parquet, by the ending .parquet or .pq, or a folder of such files,
    needs pyarrow.

    Args:
        path: The file.
        columns: Names of the columns of a text whose first line is not a line of names.
        keyed: Columns to read as keys.
        measured: Columns to read as numbers or times.
        options: How the fields of a text are told apart.

    Raises:
        ImportError: it is a Parquet file and pyarrow is not installed.
        KeyError: there is no such column.
        ValueError: the file is empty or damaged (with the line); an option is given that Parquet does not have.
        OSError: it cannot be read.
    """
    options = Delimited() if options is None else options
    if is_parquet(path):
        if columns is not None:
            raise ValueError(f"{path}: a Parquet file names its columns itself")
        if options != Delimited():
            raise ValueError(f"{path}: sep, quotechar and encoding are for text: Parquet has none")
        return _read_parquet(path, [*keyed, *measured])
    table = read_text_columns(find_inputs(path), options, columns, keyed, measured)
    alone = len(table) == 1  # all of a line is one field
    require_columns(table, [*keyed, *measured], _NOT_PARTED if alone else "" if columns else _NO_NAMES)
    return table


def _read_parquet(path: str, names: list[str]) -> Any:
    """The columns of these names, as a table of pyarrow; of a folder those of all its files."""
    pa = pyarrow()
    tables = []
    for source in parquet_files(path):
        with open_parquet(source) as file:
            try:
                require_columns(file.schema_arrow.names, names)
            except KeyError as error:
                raise KeyError(f"{source.name}: {error.args[0]}") from None
            try:
                tables.append(file.read(columns=list(dict.fromkeys(names))))
            except (pa.ArrowInvalid, OSError) as error:
                raise ValueError(f"{source.name}: the file is damaged: {error}") from None
    try:
        return pa.concat_tables(tables)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: the files have columns of different types: {error}") from None
