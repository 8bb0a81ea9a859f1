"""Columns of tables: Arrow, Parquet, and whatever speaks Arrow's PyCapsule interface. Needs pyarrow.

A column comes in chunks, never all of it. Text goes to the tables of tokens as lines, strings of lists as they are, a
batch a call.
"""

from __future__ import annotations

import glob
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._native import count_lines
from ..io.atomic import StrPath
from .blocks import Feed, Parts, Store
from .iterables import Numbering, short
from .rows import Rows, encode_rows
from .sources import Source, find_sources
from .text import TextOptions
from .vocabulary import Ints, Selection, Vocabulary

TableSource = StrPath | Iterable[StrPath]
"""A path, a folder, a pattern, a URL, or an iterable of these."""

BATCH_BYTES = 1 << 20  # of text
BATCH_TOKENS = 1 << 17  # of lists
SLICE_ROWS = 1 << 18
TABLE_ROWS = 1 << 14  # read at a time, or fewer where they are long
TABLE_BYTES = 32 << 20
DATASET_ROWS = 1 << 10
_LONGEST = 2**31 - 1  # string that 32-bit offsets allow


def _pyarrow() -> Any:
    try:
        return import_module("pyarrow")
    except ImportError:
        raise ImportError("tables and Parquet files are read by pyarrow: pip install 'fastemb[arrow]'") from None


def _compute() -> Any:
    return import_module("pyarrow.compute")


# ---- columns ----


@dataclass
class Column:
    """A column that is read once, chunk by chunk.

    source: what errors call all of it. starts, files: the first row of each file that was begun, and the file.
    """

    source: str
    name: str
    chunks: Iterator[Any]
    starts: list[int] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def place(self, row: int) -> str:
        """What errors call a row."""
        if not self.files:
            return f"row {row}{self.name}"
        file = bisect_right(self.starts, row) - 1
        return f"{self.files[file]}, row {row - self.starts[file]}{self.name}"


def column_of(data: Any, name: str | None) -> Column:
    """The column ``name`` of a table, or a column itself; see `Corpus.from_arrow`."""
    pa = _pyarrow()
    if type(data).__module__.partition(".")[0] == "datasets" and hasattr(data, "with_format"):
        return _named(_dataset_chunks(data, name), name)
    if isinstance(data, (pa.Array, pa.ChunkedArray)):
        return _bare(data, name)
    is_dataset = hasattr(data, "scanner")  # of pyarrow.dataset
    if not is_dataset and not isinstance(data, (pa.Table, pa.RecordBatch, pa.RecordBatchReader)):
        return _foreign(data, name)
    index = _index(data.schema.names, name)
    chosen = data.schema.names[index]
    if is_dataset:
        ahead = {"batch_readahead": 2, "fragment_readahead": 1}  # the defaults may take gigabytes
        index, data = 0, data.scanner(columns=[chosen], batch_size=TABLE_ROWS, **ahead).to_reader()
    if isinstance(data, pa.RecordBatchReader):
        return _named((batch.column(index) for batch in data), chosen)
    return _named(iter([data.column(index)]), chosen)


def _bare(data: Any, name: str | None) -> Column:
    if name is not None:
        raise ValueError(f"column={name!r} was given, but the data are one column: leave it out")
    return Column("the column", "", iter([data]))


def _named(chunks: Iterator[Any], name: str | None) -> Column:
    return Column(f"column {name!r}", f" of column {name!r}", chunks)


def _index(names: list[str], name: str | None) -> int:
    """Where the column is."""
    known = ", ".join(map(repr, names[:20])) + (", ..." if len(names) > 20 else "")
    if name is None:
        if len(names) != 1:
            raise ValueError(f"give column=, one of {known}" if names else "the table has no columns")
        return 0
    if name not in names:
        raise ValueError(f"there is no column {name!r}, but {known}")
    if names.count(name) > 1:
        raise ValueError(f"there are {names.count(name)} columns {name!r}: rename them")
    return names.index(name)


def _foreign(data: Any, name: str | None) -> Column:
    """What other libraries give through the PyCapsule interface."""
    pa = _pyarrow()
    if hasattr(data, "to_frame") and not hasattr(data, "__arrow_c_stream__"):  # a column of pandas before version 3
        return _bare(pa.table(data.to_frame("column")).column("column"), name)
    if hasattr(data, "__arrow_c_stream__"):
        names = [] if not hasattr(data, "columns") else [str(column) for column in data.columns]
        if names:  # a frame: have only this column made into Arrow's
            index = _index(names, name)
            data, name = data[[list(data.columns)[index]]], names[index]
        try:
            reader = pa.RecordBatchReader.from_stream(data)
        except pa.ArrowInvalid:  # no table
            return _bare(pa.chunked_array(data), name)
        return column_of(reader, name)
    if hasattr(data, "__arrow_c_array__"):
        array = pa.array(data)
        return column_of(pa.RecordBatch.from_struct_array(array) if pa.types.is_struct(array.type) else array, name)
    hint = "; lists of tokens are for from_sentences, files for from_parquet"
    if type(data).__name__ == "LazyFrame":
        hint = ": collect it first"
    raise TypeError(f"data must be an Arrow array or table, or a frame that becomes one, not {short(data)}{hint}")


def _dataset_chunks(data: Any, name: str | None) -> Iterator[Any]:
    """The column of a dataset of Hugging Face's, in memory, on disk or streamed."""
    if not hasattr(data, "iter"):
        raise TypeError(f"take one split of {short(data)}")
    if data.column_names is not None:
        name = data.column_names[_index(data.column_names, name)]
        data = data.select_columns([name])
    elif name is None:
        raise ValueError("give column=: a streamed dataset does not tell its columns")
    for table in data.with_format("arrow").iter(batch_size=DATASET_ROWS):
        yield table.column(_index(table.schema.names, name))


def parquet_files(paths: TableSource) -> list[Source]:
    """Files, those in folders, and those that a pattern or URL names, in the order given, else by name.

    Raises:
        FileNotFoundError: there is nothing by one of these names.
        ValueError: nothing is named.
    """
    if isinstance(paths, (str, os.PathLike)):
        return _files_at(os.fspath(paths))
    files = [file for path in paths for file in _files_at(os.fspath(path))]
    if not files:
        raise ValueError("there is no file to read: the list of files is empty")
    return files


def _files_at(path: str) -> list[Source]:
    if path == "-":
        raise ValueError("Parquet cannot be read from standard input, as its end is read first")
    if not os.path.isdir(path):
        return find_sources(path)
    found = sorted(glob.iglob(os.path.join(glob.escape(path), "**", "[!_.]*.parquet"), recursive=True))
    if not found:
        raise FileNotFoundError(f"{path}: there is no .parquet file in this folder")
    return [file for name in found for file in find_sources(name)]


def parquet_column(files: list[Source], name: str | None) -> Column:
    """The column ``name`` of Parquet files, one after the other."""
    _pyarrow()
    if name is None:
        with _opened(files[0]) as file:
            names: list[str] = file.schema_arrow.names
        return parquet_column(files, names[_index(names, None)])
    column = _named(iter([]), name)

    def chunks() -> Iterator[Any]:
        row = 0
        for source in files:
            column.starts.append(row)
            column.files.append(source.name)
            for chunk in _parquet_chunks(source, name):
                yield chunk
                row += len(chunk)

    column.chunks = chunks()
    if len(files) > 1:
        column.source = f"column {name!r} of {len(files)} files"
    else:
        column.source = f"{files[0].name}, column {name!r}"
    return column


@contextmanager
def _opened(source: Source) -> Iterator[Any]:
    pa = _pyarrow()
    make = import_module("pyarrow.parquet").ParquetFile
    with source.open() as stream:
        try:
            file = make(source.name if source.size is not None else stream)
        except pa.ArrowInvalid as error:
            raise ValueError(f"{source.name}: not a Parquet file, or a damaged one: {error}") from None
        with file:
            yield file


def _parquet_chunks(source: Source, name: str) -> Iterator[Any]:
    pa = _pyarrow()
    with _opened(source) as file:
        try:
            _index(file.schema_arrow.names, name)
            for batch in file.iter_batches(_rows_at_a_time(file.metadata, name), columns=[name], use_threads=False):
                yield batch.column(0)
        except (ValueError, OSError) as error:
            if isinstance(error, ValueError) and not isinstance(error, pa.ArrowInvalid):
                raise ValueError(f"{source.name}: {error}") from None
            raise ValueError(f"{source.name}: the file is damaged: {error}") from error


def _rows_at_a_time(metadata: Any, name: str) -> int:
    """How many rows to read at a time, by the longest that rows of a group are on average."""
    rows = TABLE_ROWS
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        parts = [group.column(index) for index in range(group.num_columns)]
        size = sum(part.total_uncompressed_size for part in parts if part.path_in_schema.split(".")[0] == name)
        rows = min(rows, TABLE_BYTES * group.num_rows // max(size, 1))
    return max(rows, 1)


# ---- encoding ----


def encode_column(
    column: Column, options: TextOptions, workers: int, target: Selection | Vocabulary, store: Store
) -> Parts:
    """The corpus of a column; the errors are those of `Corpus.from_arrow`."""
    slices = _slices(column)
    first = next(slices, None)
    if first is None:
        raise ValueError(f"{column.source}: there is no row in it")
    slices = chain([first], slices)
    if _is_text(first.type):
        return encode_rows(_lines(slices), column.source, column.place, options, workers, target, store)
    kind = _token_type(first.type, column)
    if options != TextOptions():
        raise ValueError(f"{column.source} holds lists: lower, token_pattern and the like are for text")
    parts = _flattened(slices, column)
    if _pyarrow().types.is_integer(kind):
        return _encode_integers(parts, column, target, store)
    return encode_rows(_listed(parts, column), column.source, column.place, None, workers, target, store)


def _slices(column: Column) -> Iterator[Any]:
    """The column as arrays of bearable length, of text or of lists, without nulls."""
    before, kind = 0, None
    for chunk in column.chunks:
        for array in getattr(chunk, "chunks", [chunk]):
            for start in range(0, len(array), SLICE_ROWS):
                rows = _plain(array.slice(start, SLICE_ROWS))
                if kind not in (None, rows.type):
                    raise ValueError(f"{column.place(before)} is of type {rows.type}, but those before it of {kind}")
                kind = rows.type
                if rows.null_count:
                    raise ValueError(f"{column.place(before + _first_null(rows))} is null: drop or fill nulls first")
                before += len(rows)
                yield rows


def _plain(array: Any) -> Any:
    """The same values in an array of a type that all functions take."""
    types = _pyarrow().types
    while isinstance(array.type, _pyarrow().BaseExtensionType):
        array = array.storage
    if types.is_dictionary(array.type):
        return _plain(array.dictionary).take(array.indices)
    if types.is_run_end_encoded(array.type):
        return _plain(_compute().run_end_decode(array))
    return array.cast(_pyarrow().large_string()) if types.is_string_view(array.type) else array


def _first_null(array: Any) -> int:
    return int(_compute().index(array.is_null(), True).as_py())


def _numpy(array: Any) -> NDArray[Any]:
    numbers: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return numbers


def _cuts(sizes: Any, most: int) -> Iterator[tuple[int, int]]:
    """Where to cut rows of these sizes: into pieces of at most so much in all, but of one row at least."""
    ends = np.cumsum(_numpy(sizes), dtype=np.int64)
    start = 0
    while start < len(ends):
        before = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, before + most, side="right")), start + 1)
        yield start, stop
        start = stop


# ---- text ----


def _is_text(kind: Any) -> bool:
    types = _pyarrow().types
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _lines(slices: Iterator[Any]) -> Iterator[Rows]:
    for rows in slices:
        for start, stop in _cuts(_compute().binary_length(rows), BATCH_BYTES):
            part = rows.slice(start, stop - start)
            lines = _joined(part, b"\n")
            if count_lines(lines) != len(part):
                lines = _joined(_compute().replace_substring(part, "\n", " "), b"\n")
            yield Rows(lines, len(part))


def _joined(values: Any, end: bytes) -> bytes:
    """The bytes of strings, with this one after each."""
    pa = _pyarrow()
    if len(values) == 1:
        return bytes(values[0].as_buffer()) + end
    if _compute().sum(_compute().binary_length(values)).as_py() + len(values) > _LONGEST:
        return end.join([*map(bytes, (value.as_buffer() for value in values)), b""])
    if pa.types.is_large_string(values.type):
        values = _with_short_offsets(values)
    whole = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
    return b"".join([_compute().binary_join(whole, end.decode())[0].as_buffer(), end])


def _with_short_offsets(values: Any) -> Any:
    """The same strings, which are short, as an array of type string."""
    pa = _pyarrow()
    _, starts, text = values.buffers()
    places = np.frombuffer(starts, np.int64, len(values) + 1, 8 * values.offset)
    begin, size = int(places[0]), int(places[-1] - places[0])
    text = pa.py_buffer(b"") if text is None else text.slice(begin, size)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer((places - begin).astype(np.int32)), text)


# ---- lists ----


def _token_type(kind: Any, column: Column) -> Any:
    """The type of the tokens of a column of lists."""
    types = _pyarrow().types
    lists = ("is_list", "is_large_list", "is_fixed_size_list", "is_list_view", "is_large_list_view")
    if not any(getattr(types, name)(kind) for name in lists):
        raise TypeError(
            f"{column.source} is of type {kind}: it must hold text, or lists of strings or of integers"
            + (", so cast it to string" if types.is_binary(kind) or types.is_large_binary(kind) else "")
        )
    tokens = kind.value_type
    while types.is_dictionary(tokens) or types.is_run_end_encoded(tokens):
        tokens = tokens.value_type
    if not (_is_text(tokens) or types.is_string_view(tokens) or types.is_integer(tokens)):
        raise TypeError(f"{column.source} is of type {kind}: lists must be of strings or of integers")
    return tokens


def _flattened(slices: Iterator[Any], column: Column) -> Iterator[tuple[Any, Ints]]:
    """The tokens of some rows, and how many there are before the end of each row."""
    before = 0
    for rows in slices:
        for start, stop in _cuts(_compute().list_value_length(rows), BATCH_TOKENS):
            part = rows.slice(start, stop - start)
            tokens, ends = _plain(part.flatten()), np.cumsum(_numpy(_compute().list_value_length(part)), dtype=np.int64)
            if tokens.null_count:
                row = before + start + int(np.searchsorted(ends, _first_null(tokens), side="right"))
                raise ValueError(f"{column.place(row)} holds a null: drop or fill nulls first")
            yield tokens, ends
        before += len(rows)


def _encode_integers(
    parts: Iterator[tuple[Any, Ints]], column: Column, target: Selection | Vocabulary, store: Store
) -> Parts:
    numbering, feed = Numbering(), Feed(store)
    for tokens, ends in parts:
        feed.add(numbering.encode(_numpy(tokens)), ends)
    keys = numbering.values
    return feed.finish(target, lambda numbers: [keys[number] for number in numbers.tolist()], len(keys), column.source)


def _listed(parts: Iterator[tuple[Any, Ints]], column: Column) -> Iterator[Rows]:
    before = 0
    for tokens, ends in parts:
        data = _joined(tokens, b"\0") if len(tokens) else b""
        if data.count(b"\0") != len(tokens):
            at = int(_compute().index(_compute().match_substring(tokens, "\0"), True).as_py())
            row = before + int(np.searchsorted(ends, at, side="right"))
            raise ValueError(f"{column.place(row)}: a token has a NUL byte, which no text has")
        _require_utf8(data, ends, before, column)
        yield Rows(data, len(ends), ends)
        before += len(ends)


def _require_utf8(data: bytes, ends: Ints, before: int, column: Column) -> None:
    if data.isascii():
        return
    try:
        data.decode()
    except UnicodeDecodeError as error:
        row = before + int(np.searchsorted(ends, data.count(b"\0", 0, error.start), side="right"))
        raise ValueError(f"{column.place(row)}: invalid UTF-8") from None
