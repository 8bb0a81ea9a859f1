"""One column of a table as NumPy, wherever the table comes from."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Hashable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus.arrow import pyarrow
from ..corpus.ids import Numbering
from .csv_file import TextColumn

Array = NDArray[Any]
Codes = NDArray[np.int64]

_PART_ROWS = 1 << 20


def columns_of(table: Any, names: Iterable[str]) -> list[Any]:
    """The named columns of a dict of arrays, a pandas, polars or Arrow table, or anything that exports an Arrow stream.

    Raises:
        KeyError: the table has no such column; the message lists those it has.
        TypeError: it is no table.
        ValueError: the columns differ in length.
        ImportError: it is an Arrow stream that needs pyarrow, and that is not installed.
    """
    if not isinstance(table, Mapping) and not hasattr(table, "columns") and hasattr(table, "__arrow_c_stream__"):
        table = pyarrow().table(table)
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
    names = list(names)
    require_columns(present, names)
    found = [table[name] for name in names]
    lengths = [len(column) for column in found]
    if len(set(lengths)) > 1:
        raise ValueError(f"the columns differ in length: {lengths}")
    return found


def require_columns(present: Collection[Any], names: Iterable[str]) -> None:
    """Raise KeyError when a table with the columns ``present`` lacks one of these names."""
    for name in names:
        if name not in present:
            raise KeyError(f"the table has no column {name!r}; it has {', '.join(map(repr, present))}")


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
    if values.dtype.kind in "iu":
        return number_integers(values)
    if values.dtype.kind in "bf":
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


def number_integers(values: Array) -> tuple[Codes, list[Hashable]]:
    """A number for each integer, in order of first occurrence, and the integers by number."""
    numbering = Numbering()
    codes = np.empty(len(values), np.int64)
    for start in range(0, len(values), _PART_ROWS):
        codes[start : start + _PART_ROWS] = numbering.encode(values[start : start + _PART_ROWS])
    return codes, list(numbering.values)


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
    made = _text_numbers(column) if isinstance(column, TextColumn) else _numbers(column, name)
    _refuse(np.isnan(made), name, "is missing", column)
    _refuse(np.isinf(made), name, "is infinite", column)
    return made


def _text_numbers(column: TextColumn) -> NDArray[np.float64]:
    """Numbers, or seconds since 1970; NaN where the text is empty."""
    try:
        parts = [part.astype(np.float64) for part in column.texts]
    except ValueError:
        parts = [_as_seconds(np.char.decode(part, "utf-8"), column.name) for part in column.texts]
    return np.concatenate(parts) if parts else np.empty(0)


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
