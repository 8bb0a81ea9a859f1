"""Columns of tables: Arrow, Parquet, and whatever speaks Arrow's PyCapsule interface. Needs pyarrow.

A column comes in chunks, never all of it.
"""

from __future__ import annotations

import glob
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ..checks import is_missing
from ..io.arrow import naming, pyarrow, rows_at_a_time
from ..io.input_file import require_file
from ..io.kinds import first_line_of_text
from ..io.paths import AnyPath, expanded
from .corpus_file import is_corpus
from .inputs import InputFile, find_inputs
from .messages import MissingColumnError, short
from .task import ReadSizes

PARQUET = (".parquet", ".pq")
_START_BYTES = 4096
_IS_TEXT = (
    "not a Parquet file, but text: Corpus.from_csv reads a table of text, and Interactions.from_file does where the "
    "name does not end in .parquet or .pq"
)

TableSource = AnyPath | Iterable[AnyPath]
"""A path, a folder, a pattern, a URL, or an iterable of these."""

DATASET_ROWS = 1 << 10


# ---- columns ----


@dataclass
class Column:
    """A column that is read once, chunk by chunk.

    Attributes:
        source: What errors call all of it.
        name: What errors add to a row: " of column 'x'", or nothing for a bare column.
        chunks: Arrow arrays, each to be read once.
        starts: The first row of each file that was begun.
        files: The name of each file that was begun.
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


def column_of(data: Any, name: str | None, sizes: ReadSizes) -> Column:
    """The column ``name`` of a table, or a column itself; see `Corpus.from_arrow`."""
    pa = pyarrow()
    if type(data).__module__.partition(".")[0] == "datasets" and hasattr(data, "with_format"):
        return _named(_dataset_chunks(data, name), name)
    if isinstance(data, (pa.Array, pa.ChunkedArray)):
        return _bare(data, name)
    is_dataset = hasattr(data, "scanner")  # of pyarrow.dataset
    if not is_dataset and not isinstance(data, (pa.Table, pa.RecordBatch, pa.RecordBatchReader)):
        try:
            return _foreign(data, name, sizes)
        except pa.ArrowException:
            mixed = _mixed_row(data, name)
            if mixed is None:
                raise
            raise TypeError(mixed) from None
    index = _index(data.schema.names, name)
    chosen = data.schema.names[index]
    if is_dataset:
        ahead = {"batch_readahead": 2, "fragment_readahead": 1}  # the defaults may take gigabytes
        index, data = 0, data.scanner(columns=[chosen], batch_size=sizes.table_rows, **ahead).to_reader()
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
        raise MissingColumnError(f"there is no column {name!r}, but {known}")
    if names.count(name) > 1:
        raise ValueError(f"there are {names.count(name)} columns {name!r}: rename them")
    return names.index(name)


def _foreign(data: Any, name: str | None, sizes: ReadSizes) -> Column:
    """What other libraries give through the PyCapsule interface."""
    pa = pyarrow()
    if hasattr(data, "to_frame") and not hasattr(data, "__arrow_c_stream__"):  # a column of pandas before version 3
        return _bare(pa.table(data.to_frame("column")).column("column"), name)
    if hasattr(data, "__arrow_c_stream__"):
        names = [] if not hasattr(data, "columns") else [str(column) for column in data.columns]
        if names:  # a frame: have only this column made into Arrow's
            index = _index(names, name)
            name = names[index]
            data = _only_column(data, list(data.columns)[index])
        try:
            reader = pa.RecordBatchReader.from_stream(data)
        except pa.ArrowInvalid:  # no table
            return _bare(pa.chunked_array(data), name)
        return column_of(reader, name, sizes)
    if hasattr(data, "__arrow_c_array__"):
        array = pa.array(data)
        return column_of(
            pa.RecordBatch.from_struct_array(array) if pa.types.is_struct(array.type) else array, name, sizes
        )
    if isinstance(data, Mapping):
        column = data[list(data)[_index(list(data), name)]]
        return column_of(pa.array(column) if isinstance(column, (list, tuple, np.ndarray)) else column, None, sizes)
    if hasattr(data, "collect_schema"):  # a lazy frame of polars
        names = data.collect_schema().names()
        return column_of(data.select(names[_index(names, name)]).collect(), None, sizes)
    hint = "; lists of tokens are for from_sentences, files for from_parquet"
    raise TypeError(f"data must be an Arrow array or table, or a frame that becomes one, not {short(data)}{hint}")


def _mixed_row(data: Any, name: str | None) -> str | None:
    """Which row of a column of Python's objects has another type than those before it, if one has."""
    if hasattr(data, "columns") or isinstance(data, Mapping):
        names = list(data if isinstance(data, Mapping) else data.columns)
        name = str(names[0]) if name is None else name
        data = next((data[one] for one in names if str(one) == name), ())
    place = "the column" if name is None else f"column {name!r}"
    types: dict[bool, type] = {}  # of rows, and of tokens within lists
    for row, value in enumerate(data):
        is_list = isinstance(value, list | tuple | np.ndarray)
        parts = [(False, list if is_list else type(value), value)]
        parts += [(True, type(token), token) for token in (value if is_list else ())]
        for within, kind, part in parts:
            before = types.setdefault(within, kind) if not is_missing(part) else kind
            if kind is not before:
                what = "holds" if within else "is"
                return f"row {row} of {place} {what} {short(part)}, but those before it {before.__name__}: convert it"
    return None


def _only_column(data: Any, name: Any) -> Any:
    """The table of this column alone, of a frame or of a relation of DuckDB."""
    if not hasattr(data, "project"):
        return data[[name]]
    quoted = name.replace('"', '""')
    return data.project(f'"{quoted}"')


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


def parquet_files(paths: TableSource) -> list[InputFile]:
    """Files, those in folders, and those that a pattern or URL names, in the order given, else by name.

    Raises:
        FileNotFoundError: there is nothing by one of these names.
        ValueError: nothing is named.
    """
    if isinstance(paths, (str, bytes, os.PathLike)):
        return _files_at(expanded(paths))
    if hasattr(paths, "read") or not isinstance(paths, Iterable) or getattr(paths, "ndim", 1) == 0:
        raise TypeError(f"Parquet is read from a path or a list of paths, not {short(paths)}")
    files = [file for path in paths for file in _files_at(expanded(path))]
    if not files:
        raise ValueError("there is no file to read: the list of files is empty")
    return files


def is_parquet(path: str) -> bool:
    """Whether this is a Parquet file, or a folder of nothing else."""
    if not os.path.isdir(path):
        return path.lower().endswith(PARQUET)
    files = [file for file in Path(path).rglob("[!_.]*") if file.is_file() and not is_corpus(file)]
    return bool(files) and all(file.name.lower().endswith(PARQUET) for file in files)


def _files_at(path: str) -> list[InputFile]:
    if path == "-":
        raise ValueError("Parquet cannot be read from standard input, as its end is read first")
    if not os.path.isdir(path):
        return find_inputs(path)
    found = sorted(glob.iglob(os.path.join(glob.escape(path), "**", "[!_.]*.parquet"), recursive=True))
    if not found:
        raise FileNotFoundError(f"{path}: there is no .parquet file in this folder")
    return [file for name in found for file in find_inputs(name)]


def parquet_column(files: list[InputFile], name: str | None, sizes: ReadSizes) -> Column:
    """The column ``name`` of Parquet files, one after the other."""
    pyarrow()
    if name is None:
        with open_parquet(files[0]) as file:
            names: list[str] = file.schema_arrow.names
        try:
            return parquet_column(files, names[_index(names, None)], sizes)
        except ValueError as error:
            raise ValueError(f"{files[0].name}: {error}") from None
    column = _named(iter([]), name)

    def chunks() -> Iterator[Any]:
        row = 0
        for source in files:
            column.starts.append(row)
            column.files.append(source.name)
            for chunk in _parquet_chunks(source, name, sizes):
                yield chunk
                row += len(chunk)

    column.chunks = chunks()
    if len(files) > 1:
        column.source = f"column {name!r} of {len(files)} files"
    else:
        column.source = f"{files[0].name}, column {name!r}"
    return column


@contextmanager
def open_parquet(source: InputFile) -> Iterator[Any]:
    """Open a Parquet file, wherever it is; gives a pyarrow.parquet.ParquetFile.

    Raises:
        ValueError: it is no Parquet file, or a damaged one.
        OSError: it cannot be read.
    """
    make = import_module("pyarrow.parquet").ParquetFile
    require_file(source.name)  # before a pipe is opened, which waits for who writes to it
    with source.open() as stream:
        if not stream.seekable():
            raise ValueError(f"{source.name}: a Parquet file is read from its end on: save it to a file first")
        is_text = first_line_of_text(stream.read(_START_BYTES)) is not None
        stream.seek(0)
        if is_text:
            raise ValueError(f"{source.name}: {_IS_TEXT}")
        with naming(source.name, "not a Parquet file, or a damaged one"):
            file = make(source.name if source.size is not None else stream)
        with file, naming(source.name, "the file is damaged, or has what pyarrow cannot read"):
            yield file


def _parquet_chunks(source: InputFile, name: str, sizes: ReadSizes) -> Iterator[Any]:
    with open_parquet(source) as file:
        names = file.schema_arrow.names
        try:
            _index(names, name)
        except ValueError as error:
            raise type(error)(f"{source.name}: {error}") from None
        rows = rows_at_a_time(file.metadata, sizes.table_rows, sizes.table_bytes)
        for batch in file.iter_batches(rows, columns=[name], use_threads=False):
            yield batch.column(0)
