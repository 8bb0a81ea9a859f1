"""Vocabulary files of word2vec's tools: a key and its count a line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from ..atomic import StrPath, atomic_write
from ..input_file import numbered_lines
from ..kinds import MOST_DIGITS
from ..pack import packed, split_packing
from .word2vec_file import key_bytes


def write_counts(path: StrPath, keys: Sequence[Any], counts: NDArray[Any], *, prefix: str = "") -> None:
    """Write a vocabulary file, which is there whole or not at all.

    Args:
        path: File to write.
        keys: One for each line.
        counts: Their counts.
        prefix: Put before every key.

    Raises:
        ValueError: A key is empty or has white space in it.
    """
    _, packing = split_packing(os.fspath(path))
    with atomic_write(path) as raw, packed(raw, packing) as file:
        for key, count in zip(keys, counts.tolist(), strict=True):
            file.write(key_bytes(os.fspath(path), key, prefix) + f" {count}\n".encode())


def read_counts(path: StrPath, unicode_errors: str = "strict") -> dict[str, int]:
    """Read a vocabulary file into a dict from key to count.

    Raises:
        ValueError: A line is not a key and a whole number of at most 18 digits.
        UnicodeDecodeError: A line is no UTF-8 text.
    """
    counts = {}
    for number, line in numbered_lines(os.fspath(path), "utf-8", unicode_errors, "see unicode_errors"):
        fields = line.split()
        if len(fields) != 2 or not fields[1].isdecimal() or not fields[1].isascii():
            raise ValueError(f"{path}: line {number} is not a key and a count: {line[:60]!r}")
        if len(fields[1].lstrip("0")) > MOST_DIGITS:
            raise ValueError(f"{path}: line {number}: the count {fields[1][:40]} is too large")
        counts[fields[0]] = int(fields[1])
    return counts
