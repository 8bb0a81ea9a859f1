"""What people give in place of lists and texts: values of other libraries, tables, missing values."""

from __future__ import annotations

from typing import Any

import numpy as np

_MASKED = np.ma.masked
_TABLES = frozenset(["pandas", "polars", "pyarrow", "duckdb", "dask", "modin", "cudf", "pyspark"])
_SIGNS = ("columns", "column_names", "read_next_batch", "scanner")


def is_table(value: Any) -> bool:
    """Whether this has columns with names: a frame of pandas or polars, a table of Arrow or DuckDB, a dataset."""
    kind, library = type(value), library_of(value)
    if library == "datasets":  # a module of anybody may be called so
        return hasattr(kind, "with_format")
    return library in _TABLES and any(hasattr(kind, name) for name in _SIGNS)


def python_value(value: Any) -> Any:
    """An array or a value of pyarrow as objects of Python; the same object for anything else."""
    if library_of(value) == "pyarrow":
        for name in ("as_py", "to_pylist"):
            convert = getattr(value, name, None)
            if convert is not None:
                return convert()
    return value


def is_missing(value: Any) -> bool:
    """Whether this is None, NaN, or what pandas or a masked array of NumPy has in their place."""
    if value is None or value is _MASKED:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas' NA cannot be compared; an array gives several answers
        return type(value).__name__ == "NAType"


def library_of(value: Any) -> str:
    """The name of the package that made the type of a value."""
    return type(value).__module__.partition(".")[0]
