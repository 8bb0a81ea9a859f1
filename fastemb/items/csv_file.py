"""Tables as text: fields parted by commas or tabs."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..io.input_file import open_source

Array = NDArray[Any]
Codes = NDArray[np.int64]

_CHUNK_ROWS = 1 << 14
_LONGEST_NUMBER = 64  # characters


class TextColumn:
    """A column of a text file: its different values by number, or short texts that are to become numbers."""

    def __init__(self, path: Any, name: str, *, keyed: bool, measured: bool) -> None:
        self.path = path
        self.name = name
        self._keyed = keyed
        self._measured = measured
        self._index: dict[Hashable, int] = {}
        self._codes: list[Codes] = []
        self._lines: list[Codes] = []
        self._texts: list[Array] = []

    @property
    def codes(self) -> Codes:
        """For each row the number of its value."""
        return _whole_array(self._codes)

    @property
    def keys(self) -> list[Hashable]:
        """The values, in order of first occurrence."""
        return list(self._index)

    @property
    def lines(self) -> Codes:
        """The line on which each row ends; the first is 1."""
        return _whole_array(self._lines)

    def __len__(self) -> int:
        return sum(map(len, self._lines))

    def add(self, values: list[str], lines: Codes) -> None:
        """Append some rows."""
        self._lines.append(lines)
        if self._keyed:
            index = self._index
            self._codes.append(np.array([index.setdefault(value, len(index)) for value in values], np.int64))
            if "" in index:
                raise ValueError(f"{self.path}, line {lines[values.index('')]}: the {self.name} is missing")
        if self._measured:
            longest = max(values, key=len)
            if len(longest) > _LONGEST_NUMBER:
                line = lines[values.index(longest)]
                raise ValueError(
                    f"{self.path}, line {line}: the {self.name} must be numbers or times, not {longest[:20]!r}..."
                )
            self._texts.append(np.array([value.encode() for value in values]))

    @property
    def texts(self) -> list[Array]:
        """The values in parts, as UTF-8 of fixed width: dtype S."""
        return self._texts


def _whole_array(parts: list[Codes]) -> Codes:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def read_csv(
    path: str | os.PathLike[str],
    delimiter: str,
    columns: Sequence[str] | None,
    keyed: Collection[str | None],
    measured: Collection[str | None],
) -> dict[str, TextColumn]:
    """The columns of a text file, which may be compressed with gzip, bz2, xz or zstd.

    Args:
        path: The file.
        delimiter: What stands between fields.
        columns: Names of the columns, when the first line is not a line of names.
        keyed: Columns to read as keys.
        measured: Columns to read as numbers or times. What is neither is skipped.

    Raises:
        ValueError: the file is empty or damaged; the message has the line.
        OSError: it cannot be read.
    """
    with open_source(path) as (file, _), io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            names = next(reader, []) if columns is None else list(columns)
            if not names:
                raise ValueError(f"{path}: the file is empty")
            if len(set(names)) != len(names):
                raise ValueError(f"{path}: a column name comes twice: {', '.join(names)}")
            table = {name: TextColumn(path, name, keyed=name in keyed, measured=name in measured) for name in names}
            for rows, lines in _chunks(path, reader, len(names)):
                for place, column in enumerate(table.values()):
                    column.add([row[place] for row in rows], lines)
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not UTF-8: {error}") from None
        except csv.Error as error:
            raise ValueError(f"{path}, line {reader.line_num}: {error}") from None
        return table


def _chunks(path: Any, reader: Any, width: int) -> Iterator[tuple[list[list[str]], Codes]]:
    """Some rows at a time, and the lines on which they end."""
    rows: list[list[str]] = []
    lines: list[int] = []
    for row in reader:
        if not row:
            continue
        if len(row) != width:
            raise ValueError(
                f"{path}, line {reader.line_num}: {len(row)} fields instead of {width}: {', '.join(row)[:200]}"
            )
        rows.append(row)
        lines.append(reader.line_num)
        if len(rows) == _CHUNK_ROWS:
            yield rows, np.array(lines, np.int64)
            rows, lines = [], []
    if rows:
        yield rows, np.array(lines, np.int64)
