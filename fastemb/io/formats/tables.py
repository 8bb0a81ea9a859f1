"""Vectors as a table of Arrow's: a column of keys, one of vectors, and further columns of values of each key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...checks import warn
from ..arrow import compute, decoded, first_null, pyarrow
from .about import is_plain
from .reading import Reading
from .rows import Array, Rows, column_of, key_rows
from .table import VectorTable
from .words import given_words

_KEY, _VECTOR = "key", "vector"
_MOST_NAMES = 20
_LARGE = 1 << 31  # bytes of text that offsets of 32 bits cannot count
WRITTEN_ROWS = 1 << 16


# ---- reading ----


@dataclass
class Columns:
    """Which columns of a table are what, and what was read of them.

    Attributes:
        path: The file, for messages.
        vectors: Name of the column of vectors.
        keys: Name of that of keys; None where they are given otherwise.
        further: Names of those that have a value for each key.
    """

    path: str
    vectors: str
    keys: str | None
    further: list[str]
    _rows: Rows | None = None
    _keys: list[Any] = field(default_factory=list)
    _values: dict[str, list[Any]] = field(default_factory=dict)
    _done: int = 0

    @property
    def names(self) -> list[str]:
        """All columns that are read."""
        return [self.vectors, *([self.keys] if self.keys is not None else []), *self.further]

    def add(self, batch: Any) -> None:
        """Take the next rows, a record batch of Arrow's.

        Raises:
            ValueError: A key or a vector is null or not as long as the others.
        """
        where = f"{self.path}: row {self._done + 1} or one after it, column {self.vectors!r}"
        numbers = matrix_of(where, batch.column(self.vectors))
        if self._rows is None:
            self._rows = Rows(numbers.dtype)
        self._rows.add_all(where, numbers)
        self.add_keys(batch)

    def add_keys(self, batch: Any) -> None:
        """Take the keys and the values of the next rows alone."""
        if self.keys is not None:
            keys = decoded(batch.column(self.keys))
            if keys.null_count:
                row = self._done + first_null(keys) + 1
                raise ValueError(f"{self.path}: row {row}: the key in column {self.keys!r} is null: drop the row")
            self._keys += keys.to_pylist()
        for name in self.further:
            self._values.setdefault(name, []).extend(decoded(batch.column(name)).to_pylist())
        self._done += batch.num_rows

    def table(self, reading: Reading, vectors: Array | None = None, dims: int | None = None) -> VectorTable:
        """All that was read.

        Args:
            reading: Its ``words`` are the keys where no column has them.
            vectors: The vectors, where they were not read.
            dims: Their dimensions, as far as the type of the column tells.
        """
        if vectors is None:
            if self._rows is None and dims is None:
                raise ValueError(f"{self.path}: there is no row in it")
            vectors = np.empty((0, dims or 1), np.float32) if self._rows is None else self._rows.taken()
        if self.keys is None:
            rows = given_words(self.path, reading, len(vectors), f" of {self.vectors!r}")
        else:
            rows = key_rows(self.path, self._keys, "row")
        return VectorTable(rows, vectors, {name: column_of(values) for name, values in self._values.items()})


def columns_of(path: str, schema: Any, reading: Reading) -> Columns:
    """Choose the columns of a table.

    The vectors are the column that ``reading.key`` names, or "vector", or the only one of lists of floats; the keys are
    the column that ``reading.words`` names, or "key", or the only one of text, or of text or whole numbers.

    Raises:
        ValueError: There are no such columns, or more than one.
    """
    types = {name: schema.field(index).type for index, name in enumerate(schema.names)}
    if len(types) < len(schema.names):
        twice = next(name for name in types if schema.names.count(name) > 1)
        raise ValueError(f"{path}: two columns are called {twice!r}: rename one")
    lists = [name for name, kind in types.items() if list_size(kind) is not None]
    vectors = _column(path, types, reading.key, (_VECTOR, lists), "key=")
    if list_size(types[vectors]) is None:
        raise ValueError(f"{path}: column {vectors!r} has no lists of floats but {types[vectors]}{_choice(types)}")
    keys: str | None = None
    words = reading.words
    if words is None or (isinstance(words, str) and words in types):
        plain = [name for name, kind in types.items() if _is_text(kind) or pyarrow().types.is_integer(kind)]
        texts = [name for name in plain if _is_text(types[name])]
        keys = _column(path, types, words, (_KEY, texts if len(texts) == 1 else plain), "words=")
        if keys not in plain:
            what = f"has neither text nor whole numbers but {types[keys]}"
            raise ValueError(f"{path}: column {keys!r} {what}{_choice(types)}")
    further = [name for name, kind in types.items() if name not in (vectors, keys) and _is_simple(kind)]
    ignored = [name for name in types if name not in (vectors, keys, *further)]
    if ignored:
        warn(f"{path}: columns that are neither numbers nor text are not read: {', '.join(ignored[:_MOST_NAMES])}")
    return Columns(path, vectors, keys, further)


def _column(path: str, types: dict[str, Any], given: Any, usual: tuple[str, Sequence[str]], option: str) -> str:
    name, fitting = usual
    if given is not None:
        if given not in types:
            raise ValueError(f"{path}: there is no column {given!r}{_choice(types)}")
        return str(given)
    if name in types:
        return name
    if len(fitting) != 1:
        many = "several columns" if fitting else "no column"
        raise ValueError(f"{path}: {many} may be the one called {name!r}: {option} names it{_choice(types)}")
    return fitting[0]


def _choice(types: dict[str, Any]) -> str:
    shown = [f"{name!r} ({str(kind)[:40]})" for name, kind in types.items()]
    more = f" and {len(shown) - _MOST_NAMES} more" if len(shown) > _MOST_NAMES else ""
    return f"; its columns: {', '.join(shown[:_MOST_NAMES]) or 'none'}{more}"


def list_size(kind: Any) -> int | None:
    """Length of the lists of floats of a column: 0 where each has its own, None where they are something else."""
    types, kind = pyarrow().types, _stored(kind)
    if types.is_fixed_size_list(kind) and types.is_floating(kind.value_type):
        return int(kind.list_size)
    are_lists = types.is_list(kind) or types.is_large_list(kind)
    return 0 if are_lists and types.is_floating(kind.value_type) else None


def _stored(kind: Any) -> Any:
    """What an extension type is stored as; another type as it is."""
    while isinstance(kind, pyarrow().BaseExtensionType):
        kind = kind.storage_type
    return kind


def _is_text(kind: Any) -> bool:
    types, kind = pyarrow().types, _stored(kind)
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_simple(kind: Any) -> bool:
    types = pyarrow().types
    return bool(_is_text(kind) or types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))


def matrix_of(where: str, lists: Any) -> Array:
    """Lists of floats as an (n, d) array, which shares their memory.

    Raises:
        ValueError: One is null or has a null in it, or they differ in length.
    """
    lists = decoded(lists)
    if lists.null_count:
        raise ValueError(f"{where}: a vector is null: drop the row")
    numbers = lists.flatten()
    if numbers.null_count:
        raise ValueError(f"{where}: a number of a vector is null")
    size = list_size(lists.type)
    if size is None:
        raise ValueError(f"{where}: no lists of floats but {lists.type}")
    if size == 0 and len(lists):
        sizes = compute().unique(compute().list_value_length(lists)).to_pylist()
        if len(sizes) > 1:
            raise ValueError(f"{where}: vectors of {sizes[0]:,} and of {sizes[1]:,} numbers")
        size = sizes[0]
    if size == 0 and len(lists):
        raise ValueError(f"{where}: vectors of 0 numbers")
    made: Array = numbers.to_numpy(zero_copy_only=False).reshape(len(lists), size or 1)
    return made


# ---- writing ----


def arrow_table(path: str, what: str, table: VectorTable) -> Any:
    """The table of Arrow's with the columns ``key`` and ``vector``, and one for values of each key.

    Args:
        path: The file, for messages.
        what: The format, for messages.
        table: What is written.

    Raises:
        TypeError: A key is neither text nor an integer.
        ValueError: There are keys of both kinds, one has half a character in it or more than 64 bits, or values are
            called as one of the two columns.
    """
    pa = pyarrow()
    further = {name: values for name, values in table.attributes.items() if is_plain(values)}
    for name in further:
        if name in (_KEY, _VECTOR):
            raise ValueError(f"{path}: {what} cannot hold values called {name!r}: rename them")
    dims = table.vectors.shape[1]
    numbers = pa.array(_native(np.ascontiguousarray(table.vectors)).reshape(-1))
    columns = {_KEY: _keys(path, what, list(table.keys)), _VECTOR: pa.FixedSizeListArray.from_arrays(numbers, dims)}
    for name, values in further.items():
        columns[name] = _texts(path, what, values.tolist()) if values.dtype.kind in "OU" else pa.array(_native(values))
    return pa.table(columns)


def _native(values: Array) -> Array:
    """The same numbers in the machine's order of bytes, the only one that pyarrow takes."""
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _keys(path: str, what: str, keys: list[Any]) -> Any:
    integers = 0
    for key in keys:
        if isinstance(key, bool) or not isinstance(key, str | int | np.integer):
            raise TypeError(f"keys must be str or int to be saved, but one is {key!r}")
        integers += not isinstance(key, str)
    if not integers:
        return _texts(path, what, keys)
    if integers < len(keys):
        raise ValueError(f"{path}: {what} cannot hold keys that are text and keys that are integers together")
    if not all(-(2**63) <= key < 2**63 for key in keys):
        raise ValueError(f"{path}: {what} cannot hold integers of more than 64 bits as keys")
    return pyarrow().array(np.array(keys, np.int64))


def _texts(path: str, what: str, texts: Sequence[str]) -> Any:
    pa = pyarrow()
    try:
        size = sum(len(text.encode()) for text in texts)
    except UnicodeEncodeError as error:
        raise ValueError(f"{path}: {what} cannot hold {error.object!r}, which has half a character in it") from None
    return pa.array(texts, pa.large_string() if size >= _LARGE else pa.string())
