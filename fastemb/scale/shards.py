"""What a node reads: ranges of text files, files, row groups of Parquet, tables, and sentences that are ids already."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..corpus import Corpus
from ..corpus.arrow import Column, open_parquet, parquet_column, parquet_files
from ..corpus.inputs import find_inputs
from ..corpus.memory import MemoryStore
from ..corpus.splitting import TextOptions
from ..corpus.tables import encode_column
from ..corpus.task import ReadSizes, Task
from ..corpus.text import encode_files
from ..corpus.vocabulary import NothingKeptError, Selection, Vocabulary
from .packed import InOrder
from .pieces import Piece, cut


class Shard(Protocol):
    """A part of the input, which any node can read."""

    def read(self, threads: int) -> Corpus:
        """All its words, numbered as they first occur.

        Raises:
            NothingKeptError: there is no word in it.
            OSError: it cannot be read.
            ValueError: it is damaged, or holds something else.
        """
        ...


@dataclass(frozen=True)
class TextShard:
    """Text, a sentence a line.

    Attributes:
        pieces: Of files, one after the other.
        options: How it becomes words.
    """

    pieces: tuple[Piece, ...]
    options: TextOptions

    def read(self, threads: int) -> Corpus:
        """As `Shard` says."""
        if not self.pieces:
            raise NothingKeptError("there is nothing to read")
        files = [piece.opened() for piece in self.pieces]
        return Corpus(*encode_files(files, self.options, _all_words(threads)))


@dataclass(frozen=True)
class ParquetShard:
    """Row groups of Parquet files.

    Attributes:
        groups: Files, each with the numbers of its row groups, one after the other.
        column: That holds the sentences.
        options: How text becomes words.
    """

    groups: tuple[tuple[str, tuple[int, ...]], ...]
    column: str
    options: TextOptions

    def read(self, threads: int) -> Corpus:
        """As `Shard` says."""
        if not self.groups:
            raise NothingKeptError("there is nothing to read")
        first = self.groups[0][0]
        column = Column(f"{first}, column {self.column!r}", f" of column {self.column!r}", self._chunks())
        return Corpus(*encode_column(column, self.options, _all_words(threads)))

    def _chunks(self) -> Iterator[Any]:
        for path, groups in self.groups:
            with open_parquet(find_inputs(path)[0]) as file:
                for batch in file.iter_batches(
                    ReadSizes().table_rows, row_groups=list(groups), columns=[self.column], use_threads=False
                ):
                    yield batch.column(0)


@dataclass(frozen=True)
class TableShard:
    """Arrow tables that a node gets when it reads them.

    Attributes:
        get: Gives them, one after the other.
        column: That holds the sentences.
        options: How text becomes words.
    """

    get: Callable[[], Iterator[Any]]
    column: str
    options: TextOptions

    def read(self, threads: int) -> Corpus:
        """As `Shard` says."""
        chunks = (table.column(self.column) for table in self.get())
        column = Column(f"column {self.column!r}", f" of column {self.column!r}", chunks)
        try:
            return Corpus(*encode_column(column, self.options, _all_words(threads)))
        except ValueError as error:
            if "there is no row in it" in str(error):
                raise NothingKeptError("there is nothing to read") from None
            raise


def _all_words(threads: int) -> Task:
    return Task(InOrder(), MemoryStore(threads), threads)


# ---- cutting ----


def text_shards(source: Any, options: TextOptions, nodes: int) -> list[TextShard]:
    """The text files that ``source`` names, cut to as many parts of about equal bytes, in their order.

    Raises:
        OSError: there is no such file here.
        TypeError: this names no file, or an open one, which no node can read.
        ValueError: nothing is named.
    """
    options = options.checked()
    files = find_inputs(source)
    for file in files:
        if file.one_thread:
            raise TypeError(
                f"{file.name}: nodes read files by their paths: give a path instead of standard input, a pipe or an "
                "open file; or encode it first, and give the Corpus"
            )
    return [TextShard(tuple(pieces), options) for pieces in cut(files, nodes, options)]


def parquet_shards(source: Any, column: str | None, options: TextOptions, nodes: int) -> list[ParquetShard]:
    """The row groups of the Parquet files that ``source`` names, cut to parts of about as many rows.

    Raises:
        OSError: there is no such file here.
        ValueError: a file is damaged, or has no such column.
        ImportError: pyarrow is not installed.
    """
    files = parquet_files(source)
    with open_parquet(files[0]) as opened:
        names: list[str] = opened.schema_arrow.names
    next(iter(parquet_column(files[:1], column, ReadSizes()).chunks), None)  # tells what is wrong with the column
    name = names[0] if column is None else column
    sizes: list[tuple[str, int, int]] = []
    for file in files:
        with open_parquet(file) as opened:
            metadata = opened.metadata
            sizes += [
                (_shared(file.name), group, metadata.row_group(group).num_rows)
                for group in range(metadata.num_row_groups)
            ]
    total, before = max(sum(rows for _, _, rows in sizes), 1), 0
    found: list[list[tuple[str, tuple[int, ...]]]] = [[] for _ in range(nodes)]
    for path, group, rows in sizes:
        of_node = found[min((2 * before + rows) * nodes // (2 * total), nodes - 1)]
        if of_node and of_node[-1][0] == path:
            of_node[-1] = (path, (*of_node[-1][1], group))
        else:
            of_node.append((path, (group,)))
        before += rows
    return [ParquetShard(tuple(groups), name, options.checked()) for groups in found]


def _shared(path: str) -> str:
    return path if "://" in path else os.path.abspath(path)


# ---- counting ----


def counted(parts: Sequence[tuple[list[Any], NDArray[np.int64]]], selection: Selection, source: str) -> Vocabulary:
    """The vocabulary of all parts, which is the one that a single machine makes of them.

    Args:
        parts: The words of each part, as they first occur in it, with their counts.
        selection: Which are kept.
        source: What errors name.

    Raises:
        NothingKeptError: there is no word, or none that is kept.
    """
    rows: dict[Any, int] = {}
    places = []
    for keys, _ in parts:
        places.append(np.fromiter((rows.setdefault(key, len(rows)) for key in keys), np.int64, len(keys)))
    if not rows:
        raise NothingKeptError(f"{source}: there is no word in it")
    counts = np.zeros(len(rows), np.int64)
    for place, (_, some) in zip(places, parts, strict=True):
        counts[place] += some  # no word comes twice in a part
    keys = list(rows)
    vocabulary, _ = selection.number(
        counts, np.arange(len(keys)), lambda indices: [keys[index] for index in indices.tolist()], source
    )
    return vocabulary
