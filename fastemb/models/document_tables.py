"""Tables whose rows are documents: a column of texts, and one of tags."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..corpus import Corpus
from ..corpus.arrow import is_parquet
from ..corpus.delimited import Delimited
from ..io.paths import AnyPath, expanded
from ..tables.columns import columns_of
from ..tables.files import errors_name, read_table
from ..tables.text_columns import TextColumn

FIELD_OPTIONS = ("sep", "quotechar", "encoding", "columns")
"""How the fields of a table as text are told apart."""


@dataclass(frozen=True)
class TableFiles:
    """Files of one table.

    Attributes:
        paths: Files, folders and patterns, in their order.
        are_parquet: Whether they are Parquet; else text, a row a line.
    """

    paths: Sequence[str]
    are_parquet: bool

    def corpus(self, column: str, options: Mapping[str, Any]) -> Corpus:
        """The texts of a column."""
        read = Corpus.from_parquet if self.are_parquet else Corpus.from_csv
        return read(self.paths, column, **options)

    def values(self, column: str, options: Mapping[str, Any]) -> Iterator[Any]:
        """The values of another column, with the same options."""
        fields = {name: options[name] for name in FIELD_OPTIONS if name in options}
        columns = fields.pop("columns", None)
        how = None if self.are_parquet else Delimited(**fields)
        for path in self.paths:
            with errors_name(path):
                values = list(values_of(read_table(path, columns, keyed=[column], options=how), column))
            yield from values


def table_files(table: Any) -> TableFiles | None:
    """The files that a table is in; None where it is no path.

    Raises:
        ValueError: some files are Parquet, and some are not.
    """
    one = isinstance(table, str | bytes | os.PathLike)
    if not one and not (isinstance(table, list | tuple) and all(isinstance(each, str | os.PathLike) for each in table)):
        return None
    given: Sequence[AnyPath] = [table] if one else table
    paths = [expanded(path) for path in given]
    kinds = {is_parquet(path) for path in paths}
    if len(kinds) > 1:
        raise ValueError("CSV and Parquet files cannot be read together")
    return TableFiles(paths, kinds == {True})


def values_of(table: Any, column: str) -> Iterable[Any]:
    """The values of a column of a table, of whatever library."""
    return python_values(columns_of(table, [column])[0])


def python_values(column: Any) -> Iterable[Any]:
    """The values of a column of whatever library, or of a text file."""
    if isinstance(column, TextColumn):
        keys = column.keys
        return [keys[code] for code in column.codes.tolist()]
    for name in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, name):
            values: Iterable[Any] = getattr(column, name)()
            return values
    return column  # type: ignore[no-any-return]
