"""One column of a table as NumPy, wherever the table comes from."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import is_missing, no_text
from ..corpus.given import library_of
from ..corpus.ids import Numbering
from ..corpus.messages import short
from ..io.arrow import decoded, pyarrow
from .text_columns import TextColumn, shown_names
from .times import Values, first_of_other_unit, seconds_of_dates

Array = NDArray[Any]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

_PART_ROWS = 1 << 18  # between two parts an interrupt is noticed
_DATASET_ROWS = 1 << 16


def columns_of(table: Any, names: Iterable[str]) -> list[Any]:
    """The named columns of a table of pandas, polars, Arrow, DuckDB or Hugging Face, a dict of columns, or dicts.

    Raises:
        KeyError: the table has no such column; the message lists those it has.
        TypeError: it is no table, or one of which something has to be called first.
        ValueError: the columns differ in length.
        ImportError: it is an Arrow stream that needs pyarrow, and that is not installed.
    """
    names = list(names)
    table = _as_table(table, names)
    if isinstance(table, Mapping):
        present = list(table)
    elif hasattr(table, "column_names"):  # pyarrow
        present = list(table.column_names)
    else:  # pandas, polars
        present = list(table.columns)
    require_columns(present, names)
    found = [table[name] for name in names]
    for name, column in zip(names, found, strict=True):
        if isinstance(column, str | Mapping) or not hasattr(column, "__len__"):
            raise TypeError(f"{name!r} is no column but a {type(column).__name__}: give a list or an array")
    lengths = [len(column) for column in found]
    if len(set(lengths)) > 1:
        raise ValueError(f"the columns differ in length: {lengths}")
    return found


def _as_table(table: Any, names: list[str]) -> Any:
    """The same as a dict of columns, or as a table of pandas, polars or Arrow."""
    library = type(table).__module__.partition(".")[0]
    if isinstance(table, Mapping):
        return table
    refuse_lazy_frame(table)
    if library == "datasets":
        return _of_dataset(table, names)
    if library in ("pandas", "polars") and hasattr(table, "columns"):
        return table
    if hasattr(table, "column_names") and hasattr(table, "schema"):  # pyarrow
        return table
    if hasattr(table, "__arrow_c_stream__"):
        return pyarrow().table(table)
    if hasattr(table, "to_arrow_table") or hasattr(table, "fetch_arrow_table"):  # DuckDB before it spoke of streams
        return getattr(table, "to_arrow_table", None) or table.fetch_arrow_table()
    if hasattr(table, "columns"):
        return table
    if isinstance(table, list | tuple) and table and all(isinstance(row, Mapping) for row in table):
        require_columns(list(dict.fromkeys(name for row in islice(table, 1000) for name in row)), names)
        return {name: [row.get(name) for row in table] for name in names}
    if isinstance(table, Iterator):
        raise TypeError(
            f"a {type(table).__name__} is read but once: give list(rows) where it yields a dict for each row"
        )
    raise TypeError(
        f"not a table: {type(table).__name__}; give a pandas, polars or Arrow table, a dict of arrays, or a list of "
        "dicts, one for each row"
    )


def refuse_lazy_frame(table: Any) -> None:
    """Raise TypeError when this is a LazyFrame of polars, with what to give instead."""
    if type(table).__name__ == "LazyFrame":
        raise TypeError("a LazyFrame holds no rows yet: give frame.collect()")


def _of_dataset(data: Any, names: list[str]) -> Any:
    """The columns of a dataset of Hugging Face's, in memory, on disk or streamed."""
    if not hasattr(data, "iter"):
        raise TypeError(f"a {type(data).__name__} holds several splits: take one, as in data['train']")
    if data.column_names is not None:
        require_columns(data.column_names, names)
        data = data.select_columns(list(dict.fromkeys(names)))
    parts = list(data.with_format("arrow").iter(batch_size=_DATASET_ROWS))
    return pyarrow().concat_tables(parts) if parts else {name: [] for name in names}


def require_columns(present: Collection[Any], names: Iterable[str], hint: str = "") -> None:
    """Raise KeyError when a table with the columns ``present`` lacks one of these names."""
    for name in names:
        if name not in present:
            raise KeyError(f"the table has no column {name!r}; it has {shown_names(present)}{hint}")


# ---- keys ----


def factorize(column: Any, name: str) -> tuple[Codes, list[Hashable]]:
    """A number for each value, in order of first occurrence, and the values by number.

    Numbers that are all whole become int, whatever type they have.

    Raises:
        ValueError: a value is missing (None, NaN or empty text), with its row.
        TypeError: a value is not hashable.
    """
    if isinstance(column, TextColumn):
        return column.codes, column.keys
    column = _without_polars(column)
    if library_of(column) == "pyarrow":
        codes, keys = _factorize_arrow(column, name)
        return codes, whole(keys)
    missing = getattr(column, "isna", None)  # pandas
    if missing is not None:
        _refuse_missing(np.asarray(missing()), name)
    values = _values(column, name)
    if values.dtype.kind == "f":
        _refuse_missing(np.isnan(values), name)
    if values.dtype.kind in "iu":
        return number_integers(values)
    if values.dtype.kind in "bf":
        codes, keys = _number_floats(values)
        return codes, whole(keys)
    index: dict[Hashable, int] = {}
    codes = np.empty(len(values), np.int64)
    for begin in range(0, len(values), _PART_ROWS):
        for row, value in enumerate(values[begin : begin + _PART_ROWS].tolist(), begin):
            if is_missing(value) or (isinstance(value, str) and not value):
                Values(name, _table_row, times=False).missing(row, value)
            try:
                codes[row] = index.setdefault(value, len(index))
            except TypeError:
                raise TypeError(
                    f"{_table_row(row)}: the {name} is a {type(value).__name__}, not a key such as a str or an int: "
                    "a row has one of them, and several are several rows"
                ) from None
    return codes, whole(list(index))


def ordered_keys(name: str, keys: Iterable[Hashable]) -> list[Hashable]:
    """Keys that are given as a list, each for the number that is its place.

    Raises:
        TypeError: they are one str, a dict or a set, which have no such order, or one cannot be hashed.
        ValueError: one is missing (None or NaN), or comes more than once.
    """
    no_text(name, keys, "keys")
    if isinstance(keys, set | frozenset):
        raise TypeError(f"{name} must be in the order of their numbers, which a set does not have: give a list")
    if isinstance(keys, Mapping):
        raise TypeError(
            f"{name} must be a list in the order of their numbers, not a dict: give list(d.values()) of a dict d that "
            "holds the keys in that order, or sorted(d, key=d.get) if its values are the numbers"
        )
    if not isinstance(keys, Iterable):
        raise TypeError(f"{name} must be a list of keys, not {short(keys)}")
    seen: set[Hashable] = set()
    made = list(keys)
    for number, key in enumerate(made):
        if is_missing(key):
            raise ValueError(f"{name}: key {number} (counting from 0) is missing ({key})")
        try:
            seen.add(key)
        except TypeError:
            raise TypeError(
                f"{name}: key {number} (counting from 0) is {short(key)}, which cannot be a key: give a str or an int"
            ) from None
        if len(seen) <= number:
            raise ValueError(f"{name}: the key {key!r} comes more than once")
    return made


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


def _number_floats(values: Array) -> tuple[Codes, list[Hashable]]:
    """The same for floats and switches, which have no other order than that of their bits."""
    bits = (values.astype(np.float64) + 0.0).view(np.int64)  # -0 becomes 0
    codes, found = number_integers(bits)
    keys = np.array(found, np.int64).view(np.float64)
    return codes, (keys.astype(bool) if values.dtype.kind == "b" else keys).tolist()


def _factorize_arrow(column: Any, name: str) -> tuple[Codes, list[Hashable]]:
    column = _one_array(column)
    if len(column) == 0:
        return np.empty(0, np.int64), []
    if column.null_count:
        _refuse_missing(np.asarray(column.is_null()), name)
    pa = pyarrow()
    if not pa.types.is_dictionary(column.type):
        column = decoded(column)
        if pa.types.is_nested(column.type):
            raise TypeError(
                f"the column {name!r} holds {column.type}: a row has one key, such as a text or a number, not a list"
            )
        column = column.dictionary_encode()
    codes, used = number_integers(np.asarray(column.indices).astype(np.int64))
    try:
        values = column.dictionary.to_pylist()
    except UnicodeDecodeError as error:
        raise ValueError(f"the {name} is not UTF-8: {error}") from None
    index: dict[Hashable, int] = {}  # a dictionary may have nulls, repeats, and values that no row has
    places = np.empty(len(used), np.int64)
    for place, number in enumerate(used):
        value = values[int(number)]  # type: ignore[call-overload]
        if is_missing(value) or value == "":
            Values(name, _table_row, times=False).missing(int((codes == place).argmax()), value)
        places[place] = index.setdefault(value, len(index))
    return places[codes], list(index)


# ---- numbers and times ----


def times_of(column: Any, name: str) -> Floats:
    """A column of numbers, or of dates and times as seconds since 1970; those without a time zone are in UTC.

    Raises:
        ValueError: a value is missing (None, NaN, masked or empty text), infinite, or neither number nor date, with its
            row; some are numbers and some are dates, or some are in seconds and some in milliseconds.
    """
    return _measured(column, name, times=True)


def weights_of(column: Any, name: str) -> Floats:
    """A column of numbers that are not negative; the errors are those of `times_of`."""
    return _measured(column, name, times=False)


def _measured(column: Any, name: str, *, times: bool) -> Floats:
    if isinstance(column, TextColumn):
        place = column.place
        made = Values(name, place, times=times).read_text(column.texts)
    else:
        place = _table_row
        made = _numbers(column, name, Values(name, place, times=times), times=times)
    for bad, what in ((np.isnan(made), "missing"), (np.isinf(made), "infinite"), (made < 0, "negative")):
        if bad.any() and not (times and what == "negative"):
            row = int(bad.argmax())
            shown = "it is nan" if what == "missing" else f"{made[row]:g}"
            raise ValueError(f"{place(row)}: the {name} is {what} ({shown})")
    other = first_of_other_unit(made) if times else None
    if other is not None:
        raise ValueError(
            f"{place(other)}: the {name} is {made[other]:.0f}, but {place(0)}: it is {made[0]:.0f}, which looks like "
            "another unit of time: give all in seconds"
        )
    return made


def _numbers(column: Any, name: str, values: Values, *, times: bool) -> Floats:
    column = _without_polars(column)
    if library_of(column) == "pyarrow":
        column = _one_array(column)
        if column.null_count:
            values.missing(int(np.asarray(column.is_null()).argmax()), None)
        found = _arrow_values(column)
    else:
        missing = getattr(column, "isna", None)  # pandas
        if missing is not None and (bad := np.asarray(missing())).any():
            row = int(bad.argmax())
            values.missing(row, np.asarray(column, object)[row])
        found = _values(column, name)
    if found.dtype.kind in "iufb":
        return found.astype(np.float64)
    if times and found.dtype.kind == "M":
        return seconds_of_dates(found)
    if times and found.dtype.kind == "m":
        return np.asarray(found / np.timedelta64(1, "s"), np.float64)
    if found.dtype.kind in "Mm":
        what = "dates and times" if found.dtype.kind == "M" else "lengths of time"
        raise ValueError(f"the {name} must be numbers, not {what}")
    return values.read_objects(found)


def _arrow_values(column: Any) -> Array:
    """An array of Arrow without nulls: numbers, NumPy's dates, or objects of Python."""
    types, column = pyarrow().types, decoded(column)
    kind = column.type
    if types.is_timestamp(kind):
        column = column.cast(pyarrow().timestamp(kind.unit))  # of a time zone too, in UTC
    elif types.is_decimal(kind):
        column = column.cast(pyarrow().float64())
    elif not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_date(kind)):
        try:
            return np.fromiter(column.to_pylist(), object, len(column))
        except UnicodeDecodeError as error:
            raise ValueError(f"the text is not UTF-8: {error}") from None
    return np.asarray(column.to_numpy(zero_copy_only=False))


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
        if np.ma.isMaskedArray(column):
            _refuse_missing(np.ma.getmaskarray(column), name)
        convert = getattr(column, "to_numpy", None)
        values = np.asarray(column) if convert is None else convert()
    if values.ndim != 1:
        raise ValueError(f"the column {name!r} must have one dimension, not shape {values.shape}")
    return values if values.dtype.kind in "iubfMm" else values.astype(object)


def _without_polars(column: Any) -> Any:
    """A series of polars as an array of Arrow, anything else as it is."""
    if type(column).__module__.partition(".")[0] != "polars":
        return column
    try:
        return column.to_arrow()
    except Exception:  # a series of objects, of which polars' own error says nothing
        return column.to_list()


def _one_array(column: Any) -> Any:
    """An array of Arrow, also of one in chunks."""
    if not hasattr(column, "chunks"):
        return column
    pa = pyarrow()
    if column.type in (pa.string(), pa.binary()) and column.nbytes >= 2**31:  # one array of these holds no more
        column = column.cast(pa.large_string())
    column = column.combine_chunks()
    chunks = getattr(column, "chunks", None)
    if chunks is None:
        return column
    return chunks[0] if chunks else pyarrow().array([], column.type)


def _table_row(row: int) -> str:
    return f"row {row} (counting from 0)"


def _refuse_missing(bad: Array, name: str) -> None:
    if bad.any():
        raise ValueError(f"{_table_row(int(bad.argmax()))}: the {name} is missing")
