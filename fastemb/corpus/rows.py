"""Rows of texts and of tables as blocks, which take the way that those of text files take."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .._native import TokenTable
from .blocks import BlockStore, Parts
from .encoder import encode_blocks
from .messages import INVALID_UTF8, NUL_BYTE
from .splitting import TextBlock, TextOptions, splitters
from .vocabulary import Ids, Ints, Selection, Vocabulary


@dataclass
class Rows:
    """Rows of text as UTF-8, each with a line end after it and none within it.

    Or rows of tokens: the tokens as UTF-8, each with a NUL byte after it, and in ``ends`` how many there are before the
    end of each row.
    """

    data: bytes
    count: int
    ends: Ints | None = None


@dataclass
class RowBlock(TextBlock):
    """Rows, as a block."""

    rows: Rows
    row_name: Callable[[int], str]

    def place(self, line: int) -> str:
        """What errors call a row."""
        return self.row_name(self.lines_before + line)

    def error(self, offset: int, what: str) -> ValueError:
        """What is wrong at this byte, without what helps with files only."""
        shorter = {NUL_BYTE: "a NUL byte, which no text has", INVALID_UTF8: "invalid UTF-8"}
        return super().error(offset, shorter.get(what, what))


class RowReader:
    """Blocks of rows, for any number of threads.

    Attributes:
        fault: what went wrong in getting rows, and the bytes before it.
    """

    def __init__(self, rows: Iterator[Rows], row_name: Callable[[int], str]) -> None:
        self.fault: tuple[int, Exception] | None = None
        self._rows = rows
        self._row_name = row_name
        self._lock = threading.Lock()
        self._stopped = False
        self._bytes = self._count = 0

    def __iter__(self) -> Iterator[TextBlock]:
        while (block := self._next_block()) is not None:
            yield block

    def stop(self) -> None:
        """Hand out no more blocks."""
        self._stopped = True

    def _next_block(self) -> TextBlock | None:
        with self._lock:
            try:
                rows = None if self._stopped else next(self._rows, None)
            except Exception as error:
                self.fault = self._bytes, error
                rows = None
            if rows is None:
                self._stopped = True
                return None
            block = RowBlock(rows.data, "", self._bytes, self._count, rows.count, 0, rows, self._row_name)
            self._bytes += max(len(rows.data), 1)  # blocks are told apart by it
            self._count += rows.count
            return block


class _Listed:
    """Takes tokens as they are listed."""

    def encode(self, block: RowBlock, table: TokenTable) -> tuple[Ids, Ints]:
        """See `Splitter`."""
        ends = block.rows.ends
        assert ends is not None
        ids = np.empty(ends[-1] if len(ends) else 0, np.int32)
        table.add(block.data, None, None, block.position, ids)
        return ids, ends


def encode_rows(
    rows: Iterator[Rows],
    name: str,
    row_name: Callable[[int], str],
    options: TextOptions | None,
    workers: int,
    target: Selection | Vocabulary,
    store: BlockStore,
) -> Parts:
    """A corpus of rows, each a sentence.

    name, row_name: what errors call all of it, and a row.
    options: how text becomes tokens; None for rows of tokens.
    """
    reader = RowReader(rows, row_name)
    if options is None:
        return encode_blocks(reader, _Listed, TextOptions(), workers, target, store, name)
    options = options.checked()
    return encode_blocks(reader, splitters(options), options, workers, target, store, name)
