"""One column of a table as NumPy, wherever the table comes from."""

from __future__ import annotations

import csv
import io
import math
import os
import warnings
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..io.input_file import open_source

Array = NDArray[Any]
Codes = NDArray[np.int64]

_CHUNK_ROWS = 1 << 14
_LONGEST_NUMBER = 64  # characters


class TextColumn:
    """A column of a text file: its different values by number, or short texts that are to become numbers."""

    def __init__(self, path: Any, name: str, *, keyed: bool, measured: bool) -> None:
        self.path = path
        self.name = name
        self._keyed = keyed
        self._measured = measured
        self._index: dict[Hashable, int] = {}
        self._codes: list[Codes] = []
        self._lines: list[Codes] = []
        self._texts: list[Array] = []

    @property
    def codes(self) -> Codes:
        """For each row the number of its value."""
        return _joined(self._codes)

    @property
    def keys(self) -> list[Hashable]:
        """The values, in order of first occurrence."""
        return list(self._index)

    @property
    def lines(self) -> Codes:
        """The line on which each row ends; the first is 1."""
        return _joined(self._lines)

    def __len__(self) -> int:
        return sum(map(len, self._lines))

    def add(self, values: list[str], lines: Codes) -> None:
        """Append some rows."""
        self._lines.append(lines)
        if self._keyed:
            index = self._index
            self._codes.append(np.array([index.setdefault(value, len(index)) for value in values], np.int64))
            if "" in index:
                raise ValueError(f"{self.path}, line {lines[values.index('')]}: the {self.name} is missing")
        if self._measured:
            longest = max(values, key=len)
            if len(longest) > _LONGEST_NUMBER:
                line = lines[values.index(longest)]
                raise ValueError(
                    f"{self.path}, line {line}: the {self.name} must be numbers or times, not {longest[:20]!r}..."
                )
            self._texts.append(np.array([value.encode() for value in values]))

    def numbers(self) -> NDArray[np.float64]:
        """Numbers, or seconds since 1970; NaN where the text is empty."""
        try:
            parts = [part.astype(np.float64) for part in self._texts]
        except ValueError:
            parts = [_as_seconds(np.char.decode(part, "utf-8"), self.name) for part in self._texts]
        return np.concatenate(parts) if parts else np.empty(0)


def _joined(parts: list[Codes]) -> Codes:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def read_table(
    path: str | os.PathLike[str],
    columns: Sequence[str] | None = None,
    *,
    keyed: Collection[str | None] = (),
    measured: Collection[str | None] = (),
) -> Any:
    """A CSV or Parquet file as a table. Text is unpacked when it is compressed with gzip, bz2, xz or zstd.

    In a CSV file everything is text, so items are str; fields are parted by commas, or by tabs where the file's name
    ends in .tsv or .txt, before the ending of its compression if it has one. Parquet needs pyarrow.

    Args:
        path: the file.
        columns: names of the columns of a CSV file whose first line is not a line of names.
        keyed: columns of a CSV file to read as keys.
        measured: those to read as numbers or times. What is neither is skipped.

    Raises:
        ImportError: it is a Parquet file and pyarrow is not installed.
        ValueError: the file is empty or damaged (with the line), or ``columns`` are given for Parquet.
        OSError: it cannot be read.
    """
    stem, ending = os.path.splitext(os.path.basename(os.fspath(path)).lower())
    if ending in (".parquet", ".pq"):
        if columns is not None:
            raise ValueError(f"{path}: a Parquet file names its columns itself")
        arrow = _pyarrow(f"reading {path}")
        import pyarrow.parquet

        try:
            return pyarrow.parquet.read_table(path)
        except arrow.ArrowInvalid as error:
            raise ValueError(f"{path}: {error}") from None
    if ending in (".gz", ".bz2", ".xz", ".zst"):
        ending = os.path.splitext(stem)[1]
    with open_source(path) as (file, _), io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter="\t" if ending in (".tsv", ".txt") else ",", strict=True)
        try:
            names = next(reader, []) if columns is None else list(columns)
            if not names:
                raise ValueError(f"{path}: the file is empty")
            if len(set(names)) != len(names):
                raise ValueError(f"{path}: a column name comes twice: {', '.join(names)}")
            table = {name: TextColumn(path, name, keyed=name in keyed, measured=name in measured) for name in names}
            for rows, lines in _chunks(path, reader, len(names)):
                for place, column in enumerate(table.values()):
                    column.add([row[place] for row in rows], lines)
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not UTF-8: {error}") from None
        except csv.Error as error:
            raise ValueError(f"{path}, line {reader.line_num}: {error}") from None
        return table


def _chunks(path: Any, reader: Any, width: int) -> Iterator[tuple[list[list[str]], Codes]]:
    """Some rows at a time, and the lines on which they end."""
    rows: list[list[str]] = []
    lines: list[int] = []
    for row in reader:
        if not row:
            continue
        if len(row) != width:
            raise ValueError(
                f"{path}, line {reader.line_num}: {len(row)} fields instead of {width}: {', '.join(row)[:200]}"
            )
        rows.append(row)
        lines.append(reader.line_num)
        if len(rows) == _CHUNK_ROWS:
            yield rows, np.array(lines, np.int64)
            rows, lines = [], []
    if rows:
        yield rows, np.array(lines, np.int64)


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

    Numbers that are all whole become int, whatever type they have.

    Raises:
        ValueError: a value is missing (None, NaN or empty text), with its row.
        TypeError: a value is not hashable.
    """
    if isinstance(column, TextColumn):
        return column.codes, column.keys
    column = getattr(column, "to_arrow", lambda: column)()  # polars
    if hasattr(column, "dictionary_encode") and not isinstance(column, np.ndarray):
        codes, keys = _factorize_arrow(column, name)
        return codes, whole(keys)
    missing = getattr(column, "isna", None)  # pandas
    if missing is not None:
        _refuse(np.asarray(missing()), name, "is missing")
    values = _values(column, name)
    if values.dtype.kind == "f":
        _refuse(np.isnan(values), name, "is missing")
    if values.dtype.kind in "iubf":
        codes, keys = _factorize_numbers(values)
        return codes, whole(keys)
    index: dict[Hashable, int] = {}
    codes = np.empty(len(values), np.int64)
    for row, value in enumerate(values.tolist()):
        if is_missing(value) or value == "":
            _refuse(np.arange(row + 1) == row, name, "is missing")
        codes[row] = index.setdefault(value, len(index))
    return codes, whole(list(index))


def is_missing(value: Any) -> bool:
    """Whether it is None, NaN, or pandas' NA or NaT."""
    try:
        return value is None or bool(value != value)
    except TypeError:  # NA, of which nothing is known
        return True


def whole(keys: list[Hashable]) -> list[Hashable]:
    """The same keys, as int where all are whole numbers: integers with gaps are read as floats by many a library."""
    if not any(isinstance(key, float) for key in keys):
        return keys
    if not all(
        isinstance(key, int) or (isinstance(key, float) and key.is_integer() and abs(key) < 2**63) for key in keys
    ):
        return keys
    return [int(key) for key in keys]  # type: ignore[call-overload]


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
    codes, used = _factorize_numbers(np.asarray(encoded.indices).astype(np.int64))
    try:
        values = encoded.dictionary.to_pylist()
    except UnicodeDecodeError as error:
        raise ValueError(f"the {name} is not UTF-8: {error}") from None
    index: dict[Hashable, int] = {}  # a dictionary may have nulls, repeats, and values that no row has
    places = np.empty(len(used), np.int64)
    for place, number in enumerate(used):
        value = values[number]
        if is_missing(value) or value == "":
            _refuse(codes == place, name, "is missing")
        places[place] = index.setdefault(value, len(index))
    return places[codes], list(index)


def numbers_of(column: Any, name: str) -> NDArray[np.float64]:
    """A column of numbers, or of dates and times as seconds since 1970; those without a time zone are in UTC.

    Raises:
        ValueError: a value is missing (None or NaN) or infinite, with its row; the column is text.
    """
    made = column.numbers() if isinstance(column, TextColumn) else _numbers(column, name)
    _refuse(np.isnan(made), name, "is missing", column)
    _refuse(np.isinf(made), name, "is infinite", column)
    return made


def _numbers(column: Any, name: str) -> NDArray[np.float64]:
    column = getattr(column, "to_arrow", lambda: column)()
    if getattr(column, "null_count", 0):
        _refuse(np.asarray(column.is_null()), name, "is missing")
    if hasattr(column, "isna"):
        _refuse(np.asarray(column.isna()), name, "is missing")
    values = _values(column, name)
    if values.dtype == object:
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError):
            return _as_seconds(values, name)
    if values.dtype.kind == "M":
        return _seconds(values)
    if values.dtype.kind not in "iufb":
        raise ValueError(f"the column {name!r} must be numbers or times, not {values.dtype}")
    return values.astype(np.float64)


def _values(column: Any, name: str) -> Array:
    """One dimension of numbers, times or, for all else, objects."""
    if isinstance(column, list | tuple):
        values: Array = np.fromiter(column, object, len(column))
        kinds = set(map(type, column))
        if len(kinds) == 1 and issubclass(kinds.pop(), int | float | np.generic):
            typed = np.asarray(column)
            # integers that no type holds become floats, which confuses some of them
            if typed.dtype.kind != "f" or isinstance(column[0], float | np.floating):
                values = typed
    else:
        values = column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)
    if values.ndim != 1:
        raise ValueError(f"the column {name!r} must have one dimension, not shape {values.shape}")
    return values if values.dtype.kind in "iubfM" else values.astype(object)


def _as_seconds(values: Array, name: str) -> NDArray[np.float64]:
    """Times as text or objects; NaN where there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy's, of time zones
            return _seconds(values.astype("datetime64[us]"))
    except (TypeError, ValueError, Warning):
        pass
    try:
        return np.array([_moment(value) for value in values.tolist()], np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the column {name!r} must be numbers or times: {error}") from None


def _seconds(values: Array) -> NDArray[np.float64]:
    seconds: NDArray[np.float64] = values.astype("datetime64[us]").astype(np.int64) / 1e6
    seconds[np.isnat(values)] = np.nan
    return seconds


def _moment(value: Any) -> float:
    if value is None or value == "":
        return math.nan
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def check_weights(weights: NDArray[np.float64], name: str, column: Any = None) -> None:
    """Raise ValueError when a weight is negative, with its row in the column."""
    _refuse(weights < 0, name, "is negative", column)


def _refuse(bad: Array, name: str, what: str, column: Any = None) -> None:
    if bad.any():
        row = int(bad.argmax())
        place = f"row {row} (counting from 0)"
        if isinstance(column, TextColumn):
            place = f"{column.path}, line {column.lines[row]}"
        raise ValueError(f"{place}: the {name} {what}")


def _pyarrow(what: str) -> Any:
    try:
        import pyarrow
    except ImportError:
        raise ImportError(f"{what} needs pyarrow: pip install 'fastemb[arrow]'") from None
    return pyarrow
