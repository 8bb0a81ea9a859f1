"""Recommendations as a file: CSV, TSV, lines of JSON or Parquet, by its name."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, BinaryIO

import numpy as np

from ..io.arrow import pyarrow
from ..io.atomic import atomic_write
from ..items import Recommendations
from .values import STDOUT

_COLUMNS = ("user", "rank", "item", "score", "basis")
_ROW_GROUP = 1 << 16

Row = tuple[Any, ...]


def check_format(path: str) -> None:
    """Refuse a name that says no format, or one whose package is not installed, before there is anything to write.

    Raises:
        ValueError: the name has another ending.
        ImportError: it is Parquet, and pyarrow is not installed.
    """
    if _writer_of(path) is _write_parquet:
        pyarrow()


def write_ranked(path: str, users: Sequence[Hashable], found: Recommendations, titles: dict[Hashable, str]) -> None:
    """Write a row for each user and rank: user, rank, item, score, and whether they are from history or popularity.

    Args:
        path: The file, or "-" for CSV on standard output.
        users: A name for each row of ``found``.
        found: What was recommended.
        titles: Titles of items; if there are any, they are a column.
    """
    columns = (*_COLUMNS, "title") if titles else _COLUMNS
    opened: AbstractContextManager[BinaryIO]
    opened = nullcontext(sys.stdout.buffer) if path == STDOUT else atomic_write(path)
    with opened as file:
        _writer_of(path)(file, columns, _rows(users, found, titles))
        file.flush()


def _rows(users: Sequence[Hashable], found: Recommendations, titles: dict[Hashable, str]) -> Iterator[Row]:
    for user, items, scores, popular in zip(users, found.items, found.scores, found.popular, strict=True):
        reason = "popularity" if popular else "history"
        for rank, (item, score) in enumerate(zip(items.tolist(), scores.tolist(), strict=True), 1):
            if score > -np.inf:
                more = (titles.get(item, ""),) if titles else ()
                yield (user, rank, item, float(f"{score:.6g}"), reason, *more)


def _writer_of(path: str) -> Callable[[BinaryIO, Sequence[str], Iterator[Row]], None]:
    if path == STDOUT or (os.path.exists(path) and not os.path.isfile(path)):  # a pipe or a device
        return _write_csv
    ending = os.path.splitext(path.lower())[1]
    if ending not in _WRITERS:
        raise ValueError(
            f"cannot save to {path}: its name does not say in which format; let it end in {', '.join(_WRITERS)}, or "
            "give - for CSV on standard output"
        )
    return _WRITERS[ending]


def _write_csv(file: BinaryIO, columns: Sequence[str], rows: Iterator[Row], delimiter: str = ",") -> None:
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(columns)
    writer.writerows(rows)
    text.detach()


def _write_tsv(file: BinaryIO, columns: Sequence[str], rows: Iterator[Row]) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, str) and any(one in value for one in "\t\r\n"):
            raise ValueError(f"{value!r} has a tab or a line end, which a .tsv file cannot hold: write a .csv file")
        return value

    file.write(("\t".join(columns) + "\n").encode())
    for row in rows:
        file.write(("\t".join(str(plain(value)) for value in row) + "\n").encode())


def _write_json(file: BinaryIO, columns: Sequence[str], rows: Iterator[Row]) -> None:
    for row in rows:
        line = dict(zip(columns, row, strict=True))
        file.write(json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n")


def _write_parquet(file: BinaryIO, columns: Sequence[str], rows: Iterator[Row]) -> None:
    pa = pyarrow()
    from pyarrow import parquet

    found = list(zip(*rows, strict=True)) or [()] * len(columns)
    # Users after gaps are tuples, and kinds may be mixed: those become text.
    keyed = {0, 2}
    arrays = [_arrow_keys(pa, values) if number in keyed else pa.array(values) for number, values in enumerate(found)]
    parquet.write_table(pa.table(arrays, names=list(columns)), file, row_group_size=_ROW_GROUP)


def _arrow_keys(pa: Any, values: Sequence[Any]) -> Any:
    if {type(value) for value in values} <= {int} and all(-(2**63) <= value < 2**63 for value in values):
        return pa.array(values, pa.int64())
    return pa.array([value if isinstance(value, str) else str(value) for value in values], pa.string())


_WRITERS = {".csv": _write_csv, ".tsv": _write_tsv, ".jsonl": _write_json, ".parquet": _write_parquet}
