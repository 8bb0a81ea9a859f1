"""What doors to Arrow's and Parquet's tables share; pyarrow is imported when it is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any


def pyarrow() -> Any:
    """The package pyarrow.

    Raises:
        ImportError: it is not installed.
    """
    try:
        return import_module("pyarrow")
    except ImportError:
        raise ImportError("tables and Parquet files are read by pyarrow: pip install 'fastemb[arrow]'") from None


def compute() -> Any:
    """Pyarrow's functions on arrays."""
    return import_module("pyarrow.compute")


@contextmanager
def naming(name: str, what: str) -> Iterator[None]:
    """Have errors of pyarrow name the file and say what is wrong; those of the system pass."""
    pa = pyarrow()
    try:
        yield
    except pa.lib.ArrowCancelled:  # by Ctrl-C
        raise
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{name}: {what}: {error}") from error


def rows_at_a_time(metadata: Any, most_rows: int, most_bytes: int) -> int:
    """How many rows of a Parquet file to read at a time, by the longest that rows of a group are on average.

    Rows with all their columns: to ask pyarrow for the size of one column of a damaged file may end the process.

    Args:
        metadata: Of the file.
        most_rows: At most so many rows.
        most_bytes: That have about so many bytes at most.
    """
    rows = most_rows
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        rows = min(rows, most_bytes * group.num_rows // max(group.total_byte_size, 1))
    return max(rows, 1)


def decoded(array: Any) -> Any:
    """The same values in an array of a type that all functions take."""
    types = pyarrow().types
    while isinstance(array.type, pyarrow().BaseExtensionType):
        array = array.storage
    if types.is_dictionary(array.type):
        return decoded(array.dictionary).take(array.indices)
    if types.is_run_end_encoded(array.type):
        return decoded(compute().run_end_decode(array))
    return array.cast(pyarrow().large_string()) if types.is_string_view(array.type) else array


def first_null(array: Any) -> int:
    """The index of the first null of an array, which must have one."""
    return int(compute().index(array.is_null(), True).as_py())
