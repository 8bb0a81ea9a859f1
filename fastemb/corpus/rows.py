"""Rows of texts and of tables as blocks, which are encoded as those of text files are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .._native import TokenTable
from .blocks import Parts
from .encoder import encode_blocks
from .messages import INVALID_UTF8, NUL_BYTE
from .splitting import TextBlock, TextOptions, splitters
from .task import Task
from .vocabulary import Ids, Ints


@dataclass
class Rows:
    """Rows of text as UTF-8, each with a line end after it and none within it.

    Or rows of tokens: the tokens as UTF-8, each with a NUL byte after it, and in ``ends`` how many there are before the
    end of each row.

    Attributes:
        name: What errors call the row of this number among these. Default: what `encode_rows` calls it by its number
            among all.
    """

    data: bytes
    count: int
    ends: Ints | None = None
    name: Callable[[int], str] | None = None


@dataclass
class RowBlock(TextBlock):
    """Rows, as a block."""

    rows: Rows
    row_name: Callable[[int], str]

    def place(self, line: int) -> str:
        """The row that errors name, for this line of the block."""
        return self.row_name(self.lines_before + line) if self.rows.name is None else self.rows.name(line)

    def error(self, offset: int, what: str) -> ValueError:
        """An error as of other blocks, without the advice that is for files only."""
        shorter = {NUL_BYTE: "a NUL byte, which no text has", INVALID_UTF8: "invalid UTF-8"}
        return super().error(offset, shorter.get(what, what))


class RowReader:
    """Blocks of rows, for any number of threads.

    Attributes:
        fault: What went wrong in getting rows, and the bytes before it.
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


class _ListedTokens:
    """Looks up the tokens of `Rows` that are split already."""

    def encode(self, block: RowBlock, table: TokenTable) -> tuple[Ids, Ints]:
        """See `Splitter`."""
        ends = block.rows.ends
        assert ends is not None
        ids = np.empty(ends[-1] if len(ends) else 0, np.int32)
        table.add(block.data, None, None, block.position, ids)
        return ids, ends


def encode_rows(
    rows: Iterator[Rows], name: str, row_name: Callable[[int], str], options: TextOptions | None, task: Task
) -> Parts:
    """A corpus of rows, each a sentence.

    Args:
        rows: Some rows at a time.
        name: What errors call all of it.
        row_name: What errors call the row of this number among all.
        options: How text becomes tokens; None for rows of tokens.
        task: What is made, and where.
    """
    reader = RowReader(rows, row_name)
    if options is None:
        return encode_blocks(reader, lambda _: _ListedTokens(), TextOptions(), name, task)
    options = options.checked()
    return encode_blocks(reader, splitters(options), options, name, task)
