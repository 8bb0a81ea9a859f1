"""The corpus of a column of a table, a sentence a row: of text, of lists of strings, or of lists of integers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._native import count_lines
from ..io.arrow import compute, decoded, first_null, pyarrow
from .arrow import Column
from .blocks import Parts
from .feed import Feed
from .ids import Numbering
from .messages import LARGE_INTEGER
from .rows import Rows, encode_rows
from .splitting import TextOptions
from .task import Task
from .vocabulary import Ints

LONGEST_STRING = 2**31 - 1  # that 32-bit offsets allow


def encode_column(column: Column, options: TextOptions, task: Task) -> Parts:
    """The corpus of a column; the errors are those of `Corpus.from_arrow`."""
    sizes = task.sizes
    slices = _slices(column, sizes.column_rows)
    first = next(slices, None)
    if first is None:
        raise ValueError(f"{column.source}: there is no row in it")
    slices = chain([first], slices)
    if _is_text(first.type):
        lines = _text_rows(slices, sizes.block_bytes)
        return encode_rows(lines, column.source, column.place, options, task)
    kind = _token_type(first.type, column)
    if options != TextOptions():
        raise ValueError(f"{column.source} holds lists: lower, token_pattern and the like are for text")
    parts = _flattened(slices, column, sizes.column_tokens)
    if pyarrow().types.is_integer(kind):
        return _encode_integers(parts, column, task)
    return encode_rows(_token_rows(parts, column), column.source, column.place, None, task)


def _slices(column: Column, most: int) -> Iterator[Any]:
    """The column as arrays of bearable length, of text or of lists, without nulls."""
    before, kind = 0, None
    for chunk in column.chunks:
        for array in getattr(chunk, "chunks", [chunk]):
            for start in range(0, len(array), most):
                rows = decoded(array.slice(start, most))
                if kind not in (None, rows.type):
                    raise ValueError(f"{column.place(before)} is of type {rows.type}, but those before it of {kind}")
                kind = rows.type
                if rows.null_count:
                    raise ValueError(f"{column.place(before + first_null(rows))} is null: drop or fill nulls first")
                before += len(rows)
                yield rows


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
    types = pyarrow().types
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _text_rows(slices: Iterator[Any], most: int) -> Iterator[Rows]:
    for rows in slices:
        for start, stop in _cuts(compute().binary_length(rows), most):
            part = rows.slice(start, stop - start)
            lines = string_bytes(part, b"\n")
            if count_lines(lines) != len(part):
                lines = string_bytes(compute().replace_substring(part, "\n", " "), b"\n")
            yield Rows(lines, len(part))


def string_bytes(values: Any, end: bytes, longest: int = LONGEST_STRING) -> bytes:
    """The bytes of strings, with this one after each.

    Args:
        values: An Arrow array of strings.
        end: One byte.
        longest: Strings that have more bytes together are joined one by one.
    """
    pa = pyarrow()
    if len(values) == 1:
        return bytes(values[0].as_buffer()) + end
    if compute().sum(compute().binary_length(values)).as_py() + len(values) > longest:
        return end.join([*map(bytes, (value.as_buffer() for value in values)), b""])
    if pa.types.is_large_string(values.type):
        values = _with_short_offsets(values)
    whole = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
    return b"".join([compute().binary_join(whole, end.decode())[0].as_buffer(), end])


def _with_short_offsets(values: Any) -> Any:
    """The same strings, which are short, as an array of type string."""
    pa = pyarrow()
    _, starts, text = values.buffers()
    places = np.frombuffer(starts, np.int64, len(values) + 1, 8 * values.offset)
    begin, size = int(places[0]), int(places[-1] - places[0])
    text = pa.py_buffer(b"") if text is None else text.slice(begin, size)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer((places - begin).astype(np.int32)), text)


# ---- lists ----


def _token_type(kind: Any, column: Column) -> Any:
    """The type of the tokens of a column of lists."""
    types = pyarrow().types
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


def _flattened(slices: Iterator[Any], column: Column, most: int) -> Iterator[tuple[Any, Ints]]:
    """The tokens of some rows, and how many there are before the end of each row."""
    before = 0
    for rows in slices:
        for start, stop in _cuts(compute().list_value_length(rows), most):
            part = rows.slice(start, stop - start)
            tokens, ends = decoded(part.flatten()), np.cumsum(_numpy(compute().list_value_length(part)), dtype=np.int64)
            if tokens.null_count:
                row = before + start + int(np.searchsorted(ends, first_null(tokens), side="right"))
                raise ValueError(f"{column.place(row)} holds a null: drop or fill nulls first")
            yield tokens, ends
        before += len(rows)


def _encode_integers(parts: Iterator[tuple[Any, Ints]], column: Column, task: Task) -> Parts:
    numbering, feed = Numbering(), Feed(task)
    for tokens, ends in parts:
        integers = _numpy(tokens)
        if len(integers) and integers.max() >= 2**63:
            at = int(np.argmax(integers >= 2**63))
            row = feed.sentences + int(np.searchsorted(ends, at, side="right"))
            raise ValueError(f"{column.place(row)} holds {integers[at]}: {LARGE_INTEGER}")
        feed.add(numbering.encode(integers), ends)
    keys = numbering.values
    return feed.finish(lambda numbers: [keys[number] for number in numbers.tolist()], len(keys), column.source)


def _token_rows(parts: Iterator[tuple[Any, Ints]], column: Column) -> Iterator[Rows]:
    before = 0
    for tokens, ends in parts:
        data = string_bytes(tokens, b"\0") if len(tokens) else b""
        if data.count(b"\0") != len(tokens):
            at = int(compute().index(compute().match_substring(tokens, "\0"), True).as_py())
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
