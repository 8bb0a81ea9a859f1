"""The corpus of a column of delimited text, a sentence a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .blocks import Parts
from .delimited import Delimited, open_table
from .inputs import InputFile
from .messages import MissingColumnError
from .rows import Rows, encode_rows
from .splitting import TextOptions
from .task import Task


@dataclass
class _LineNames:
    """Names rows by the line of a file on which each begins."""

    file: str
    lines: Sequence[int]

    def __call__(self, row: int) -> str:
        return f"{self.file}, line {self.lines[row]}"


class CsvColumn:
    """A column of files, one after the other.

    Args:
        files: The files.
        column: Its name; None where there is only one.
        columns: The columns of files without a header.
        delimited: How fields are told apart.
    """

    def __init__(
        self, files: Sequence[InputFile], column: str | None, columns: Sequence[str] | None, delimited: Delimited
    ) -> None:
        self._files = files
        self._column = column
        self._columns = columns
        self._delimited = delimited

    def rows(self) -> Iterator[Rows]:
        """The texts, some at a time."""
        for file in self._files:
            with open_table(file, self._delimited, self._columns) as table:
                index = self._index(file.name, table.names)
                for block in table:
                    texts = [row[index] for row in block.rows]
                    text = "\n".join([*texts, ""])
                    if text.count("\n") != len(texts):
                        text = "\n".join([*(one.replace("\n", " ") for one in texts), ""])
                    yield Rows(text.encode(), len(texts), name=_LineNames(file.name, block.lines))

    def _index(self, file: str, names: list[str]) -> int:
        known = ", ".join(map(repr, names[:20])) + (", ..." if len(names) > 20 else "")
        hint = "; columns= names them where the first line does not" if self._columns is None else ""
        hint = "; sep= tells what parts them" if len(names) == 1 else hint
        if self._column is None and len(names) != 1:
            raise ValueError(f"{file}: give column=, one of {known}")
        if self._column is not None and self._column not in names:
            raise MissingColumnError(f"{file}: there is no column {self._column!r}, but {known}{hint}")
        return 0 if self._column is None else names.index(self._column)


def encode_csv(files: Sequence[InputFile], column: CsvColumn, options: TextOptions, task: Task) -> Parts:
    """The corpus of a column; the errors are those of `Corpus.from_csv`."""
    if any(file.one_thread for file in files):
        task = replace(task, threads=1)
    name = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
    return encode_rows(column.rows(), name, "row {}".format, options, task)
