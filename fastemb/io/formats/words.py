"""Lists of words that stand beside an array: given, or in a text file with one a line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ...checks import in_order
from ..input_file import numbered_lines
from ..keys import unfit_key
from ..paths import any_path
from .reading import Reading


def given_words(path: str, reading: Reading, count: int, what: str = "") -> dict[Any, int]:
    """The row of each key of an array with ``count`` rows, as the reading names them.

    Args:
        path: The file with the array, for messages.
        reading: Its ``words`` are the keys, or a text file with one a line in its ``encoding``.
        count: Rows of the array.
        what: The array in the file, for messages.

    Raises:
        ValueError: There are more or fewer keys than rows, or one comes twice; or the file is damaged.
        UnicodeDecodeError: A line is not in the encoding.
    """
    words = reading.words
    if isinstance(words, str | bytes | os.PathLike):
        source = any_path(words)
        keys: Sequence[Any] = read_words(source, reading.encoding)
    else:
        assert words is not None
        in_order("words", words)
        source, keys = "words=", list(words)
        unfit = unfit_key(keys)
        if unfit is not None:
            raise ValueError(f"words[{unfit[0]}] {unfit[1]}")
    return rows_of(source, keys, f"{count} rows{what} in {path}", count)


def read_words(path: str, encoding: str) -> list[str]:
    """The lines of a text file.

    Raises:
        UnicodeDecodeError: One is not in the encoding.
    """
    lines = numbered_lines(path, encoding, "strict", "save it as UTF-8, or name its encoding by encoding=")
    return [line.rstrip("\r\n") for _, line in lines]


def rows_of(source: str, keys: Sequence[Any], rows: str, count: int) -> dict[Any, int]:
    """The row of each key.

    Args:
        source: Where the keys are from, for messages.
        keys: One for each row.
        rows: What has the rows, for messages.
        count: How many rows there are.

    Raises:
        ValueError: There are more or fewer keys, or one comes twice.
    """
    if len(keys) != count:
        raise ValueError(f"{source}: {len(keys)} words for the {rows}")
    found = {word: row for row, word in enumerate(keys)}
    if len(found) != len(keys):
        twice = next(word for row, word in enumerate(keys) if found[word] != row)
        raise ValueError(f"{source}: the word {twice!r} comes twice")
    return found


def line_bytes(path: str, what: str, key: Any, row: int) -> bytes:
    """A key as a line.

    Args:
        path: The file, for messages.
        what: What is written, for messages.
        key: The key.
        row: Its number, from 0 on.

    Raises:
        ValueError: It has a line end in it, half a character, or is none; or it would be taken for a byte order mark.
    """
    text = str(key)
    if key is None:
        raise ValueError(f"{path}: a row has no key")
    if "\n" in text or "\r" in text:
        raise ValueError(f"{path}: {what} cannot hold the key {text!r}, which has a line end in it")
    if row == 0 and text.startswith("\ufeff"):
        raise ValueError(f"{path}: {what} cannot hold {text!r} in its first line: it begins like a byte order mark")
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        raise ValueError(f"{path}: {what} cannot hold the key {text!r}, which has half a character in it") from None
