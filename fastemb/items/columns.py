"""One column of a table as NumPy, wherever the table comes from."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..io.source import open_source

Array = NDArray[Any]
Codes = NDArray[np.int64]


def read_table(path: str | os.PathLike[str], columns: Sequence[str] | None = None) -> Any:
    """A CSV or Parquet file as a table. Text is unpacked when it is compressed with gzip, bz2 or xz.

    In a CSV file everything is text, so items are str; fields are parted by commas, or by tabs where the name ends in
    .tsv or .txt. Parquet needs pyarrow.

    Args:
        path: the file.
        columns: names of the columns of a CSV file whose first line is not a line of names.

    Raises:
        ImportError: it is a Parquet file and pyarrow is not installed.
        ValueError: the file is empty or damaged (with the line), or ``columns`` are given for Parquet.
        OSError: it cannot be read.
    """
    name = str(path).lower()
    if name.endswith((".parquet", ".pq")):
        if columns is not None:
            raise ValueError(f"{path}: a Parquet file names its columns itself")
        arrow = _pyarrow(f"reading {path}")
        import pyarrow.parquet

        try:
            return pyarrow.parquet.read_table(path)
        except arrow.ArrowInvalid as error:
            raise ValueError(f"{path}: {error}") from None
    with open_source(path) as (file, _), io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
        return _read_csv(path, text, "\t" if ".tsv" in name or ".txt" in name else ",", columns)


def _read_csv(path: Any, text: Iterable[str], delimiter: str, columns: Sequence[str] | None) -> dict[str, list[str]]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        names = next(reader, []) if columns is None else list(columns)
        if not names:
            raise ValueError(f"{path}: the file is empty")
        if len(set(names)) != len(names):
            raise ValueError(f"{path}: a column name comes twice: {', '.join(names)}")
        rows = [row for row in reader if row]
        wrong = next((row for row in rows if len(row) != len(names)), None)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8: {error}") from None
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}") from None
    if wrong is not None:
        raise ValueError(f"{path}: a line has {len(wrong)} fields instead of {len(names)}: {delimiter.join(wrong)!r}")
    found = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {name: list(column) for name, column in zip(names, found, strict=True)}


def columns_of(table: Any, names: Iterable[str]) -> list[Any]:
    """The named columns of a dict of arrays, a pandas, polars or Arrow table, or anything that exports an Arrow stream.

    Raises:
        KeyError: the table has no such column; the message lists those it has.
        TypeError: it is no table.
        ValueError: the columns differ in length.
        ImportError: it is an Arrow stream that needs pyarrow, and that is not installed.
    """
    if not isinstance(table, Mapping) and not hasattr(table, "columns") and hasattr(table, "__arrow_c_stream__"):
        table = _pyarrow("reading an Arrow stream").table(table)
    if isinstance(table, Mapping):
        present = list(table)
    elif hasattr(table, "column_names"):  # pyarrow
        present = list(table.column_names)
    elif hasattr(table, "columns"):  # pandas, polars
        present = list(table.columns)
    else:
        raise TypeError(
            f"not a table: {type(table).__name__}; give a pandas, polars or Arrow table, or a dict of arrays"
        )
    found = []
    for name in names:
        if name not in present:
            raise KeyError(f"the table has no column {name!r}; it has {', '.join(map(repr, present))}")
        found.append(table[name])
    lengths = [len(column) for column in found]
    if len(set(lengths)) > 1:
        raise ValueError(f"the columns differ in length: {lengths}")
    return found


def factorize(column: Any, name: str) -> tuple[Codes, list[Hashable]]:
    """A number for each value, in order of first occurrence, and the values by number.

    Raises:
        ValueError: a value is missing (None or NaN), with its row.
        TypeError: a value is not hashable.
    """
    column = getattr(column, "to_arrow", lambda: column)()  # polars
    if hasattr(column, "dictionary_encode") and not isinstance(column, np.ndarray):
        return _factorize_arrow(column, name)
    values = _values(column, name)
    if values.dtype.kind in "iub":
        return _factorize_numbers(values)
    if values.dtype.kind == "f":
        _refuse(np.isnan(values), name, "is missing")
        return _factorize_numbers(values)
    index: dict[Hashable, int] = {}
    codes = np.empty(len(values), np.int64)
    for row, value in enumerate(values.tolist()):
        if value is None or value != value or value == "":
            raise ValueError(f"row {row}: the {name} is missing")
        codes[row] = index.setdefault(value, len(index))
    return codes, list(index)


def _factorize_numbers(values: Array) -> tuple[Codes, list[Hashable]]:
    unique, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[inverse], unique[order].tolist()


def _factorize_arrow(column: Any, name: str) -> tuple[Codes, list[Hashable]]:
    column = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    chunks = getattr(column, "chunks", None)
    if chunks is not None:  # a chunked array of one chunk, or of none
        column = chunks[0] if chunks else column.cast(column.type)
    if len(column) == 0:
        return np.empty(0, np.int64), []
    if column.null_count:
        _refuse(np.asarray(column.is_null()), name, "is missing")
    encoded = column if hasattr(column, "indices") else column.dictionary_encode()
    codes = np.asarray(encoded.indices).astype(np.int64)
    keys: list[Hashable] = encoded.dictionary.to_pylist()
    for key in keys:
        if key != key:
            _refuse(codes == keys.index(key), name, "is missing")
    return codes, keys


def numbers_of(column: Any, name: str) -> NDArray[np.float64]:
    """A column of numbers, or of dates and times as seconds since 1970.

    Raises:
        ValueError: a value is missing (None or NaN) or infinite, with its row; the column is text.
    """
    column = getattr(column, "to_arrow", lambda: column)()
    if getattr(column, "null_count", 0):
        _refuse(np.asarray(column.is_null()), name, "is missing")
    values = _values(column, name)
    if values.dtype == object:
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError):
            values = _as_times(values, name)
    if values.dtype.kind == "M":
        _refuse(np.isnat(values), name, "is missing")
        nanoseconds = values.astype("datetime64[us]").astype(np.int64)
        return nanoseconds / 1e6
    if values.dtype.kind not in "iufb":
        raise ValueError(f"the column {name!r} must be numbers or times, not {values.dtype}")
    made: NDArray[np.float64] = values.astype(np.float64)
    _refuse(np.isnan(made), name, "is missing")
    _refuse(np.isinf(made), name, "is infinite")
    return made


def _values(column: Any, name: str) -> Array:
    """One dimension of numbers, times or, for all else, objects."""
    if isinstance(column, list | tuple):
        numbers = bool(column) and isinstance(column[0], int | float | np.generic)
        values = np.asarray(column) if numbers else np.fromiter(column, object, len(column))
    else:
        values = column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)
    if values.ndim != 1:
        raise ValueError(f"the column {name!r} must have one dimension, not shape {values.shape}")
    return values if values.dtype.kind in "iubfM" else values.astype(object)


def _as_times(values: Array, name: str) -> Array:
    try:
        return values.astype("datetime64[us]")
    except (TypeError, ValueError) as error:
        raise ValueError(f"the column {name!r} must be numbers or times: {error}") from None


def check_weights(weights: NDArray[np.float64], name: str = "weight") -> None:
    """Raise ValueError when a weight is negative, with its row."""
    _refuse(weights < 0, name, "is negative")


def _refuse(bad: Array, name: str, what: str) -> None:
    if bad.any():
        raise ValueError(f"row {int(bad.argmax())}: the {name} {what}")


def _pyarrow(what: str) -> Any:
    try:
        import pyarrow
    except ImportError:
        raise ImportError(f"{what} needs pyarrow: pip install pyarrow") from None
    return pyarrow
