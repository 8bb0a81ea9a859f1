"""Columns of tables as text, read block by block."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus.delimited import Delimited, RowBlock, open_table
from ..corpus.inputs import InputFile

Codes = NDArray[np.int64]

_LONGEST_NUMBER = 64  # characters
_NAMES_SHOWN, _NAME_SHOWN = 20, 40


def shown_names(names: Collection[Any]) -> str:
    """Names of columns for messages."""
    shown = [repr(one) if len(repr(one)) <= _NAME_SHOWN else f"{repr(one)[:_NAME_SHOWN]}..." for one in names]
    more = f", and {len(shown) - _NAMES_SHOWN} more" if len(shown) > _NAMES_SHOWN else ""
    return f"{', '.join(shown[:_NAMES_SHOWN])}{more}"


class TextColumn:
    """A column of text files: its different values by number, or short texts that are to become numbers.

    Attributes:
        texts: The values in parts, as UTF-8 of fixed width, where they are to become numbers.
    """

    def __init__(self, name: str, *, keyed: bool, measured: bool) -> None:
        self.name = name
        self.texts: list[NDArray[np.bytes_]] = []
        self._keyed = keyed
        self._measured = measured
        self._index: dict[Hashable, int] = {}
        self._codes: list[Codes] = []
        self._lines: list[Codes] = []
        self._files: list[str] = []
        self._starts: list[int] = []  # the first row of each file
        self._rows = 0

    @property
    def codes(self) -> Codes:
        """For each row the number of its value."""
        return np.concatenate(self._codes) if self._codes else np.empty(0, np.int64)

    @property
    def keys(self) -> list[Hashable]:
        """The values, in order of first occurrence."""
        return list(self._index)

    def __len__(self) -> int:
        return self._rows

    def begin(self, file: str) -> None:
        """The rows that follow are of this file."""
        self._files.append(file)
        self._starts.append(self._rows)

    def add(self, values: list[str], lines: Codes) -> None:
        """Append some rows, which begin on these lines of the file."""
        self._lines.append(lines)
        first, self._rows = self._rows, self._rows + len(values)
        if self._keyed:
            index = self._index
            self._codes.append(np.array([index.setdefault(value, len(index)) for value in values], np.int64))
            if "" in index:
                raise ValueError(f"{self.place(first + values.index(''))}: the {self.name} is missing (it is empty)")
        if self._measured:
            longest = max(values, key=len)
            if len(longest) > _LONGEST_NUMBER:
                where = self.place(first + values.index(longest))
                raise ValueError(f"{where}: the {self.name} must be numbers or times, not {longest[:20]!r}...")
            self.texts.append(np.array([value.encode() for value in values]))

    def place(self, row: int) -> str:
        """What errors call a row: its file and line."""
        file = self._files[bisect_right(self._starts, row) - 1]
        before = 0
        for lines in self._lines:
            if row < before + len(lines):
                return f"{file}, line {lines[row - before]}"
            before += len(lines)
        raise IndexError(row)


def read_text_columns(
    sources: Iterable[InputFile],
    options: Delimited,
    columns: Sequence[str] | None,
    keyed: Collection[str],
    measured: Collection[str],
) -> dict[str, TextColumn | None]:
    """The columns of text files, one after the other, which may be compressed.

    Args:
        sources: The files, all with the same columns.
        options: How fields are told apart.
        columns: Names of the columns, when the first line is not a line of names.
        keyed: Columns to read as keys.
        measured: Columns to read as numbers or times.

    Returns:
        All columns by name; None for those that were not to be read.

    Raises:
        ValueError: a file is empty or damaged, with the line; two files have different columns.
        OSError: one cannot be read.
    """
    table: dict[str, TextColumn | None] = {}
    first = ""
    for source in sources:
        with open_table(source, options, columns) as rows:
            if not table:
                first = source.name
                table = {
                    name: TextColumn(name, keyed=name in keyed, measured=name in measured)
                    if name in keyed or name in measured
                    else None
                    for name in rows.names
                }
            elif list(table) != rows.names:
                raise ValueError(
                    f"{source.name}: all files must have the same columns, but this one has {shown_names(rows.names)}, "
                    f"and {first} has {shown_names(table)}: name those files alone, as by a pattern"
                )
            wanted = [(place, column) for place, column in enumerate(table.values()) if column is not None]
            _read_rows(source.name, rows, wanted)
    return table


def _read_rows(name: str, blocks: Iterable[RowBlock], wanted: list[tuple[int, TextColumn]]) -> None:
    for _, column in wanted:
        column.begin(name)
    for rows, lines in blocks:
        numbers = np.array(lines, np.int64)
        for place, column in wanted:
            column.add([row[place] for row in rows], numbers)
