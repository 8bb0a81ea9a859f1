"""How a file of vectors is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..input_file import BLOCK
from ..paths import AnyPath

LONGEST_KEY = 1 << 16
"""Bytes of the longest key that is written as text; all such keys can be read."""


@dataclass(frozen=True)
class Buffers:
    """How much of a file is held in memory beside its vectors; smaller sizes let small files take every path."""

    block: int = BLOCK
    """Bytes to read at once."""

    longest_key: int = LONGEST_KEY
    """Bytes of the longest key that can be read, if a block is not longer anyway."""

    first_rows: int = 64 << 20
    """Bytes of vectors to reserve at first when the length of the file is unknown, as it is compressed."""

    slow_numbers: int = 1 << 15
    """Numbers of a block of text that can be left to Python's exact arithmetic."""


@dataclass(frozen=True)
class Reading:
    """How to read a file. A format looks at those of the fields that its `About.options` names; see `read_vectors`.

    Raises:
        TypeError: ``datatype`` is none of the three.
    """

    encoding: str = "utf8"
    """Of the keys."""

    unicode_errors: str = "strict"
    """What to do about keys that are no valid text, as in ``bytes.decode``."""

    limit: int | None = None
    """Read only so many vectors from the start; None or 0: all. For word2vec's formats, as is what follows."""

    datatype: DTypeLike = np.float32
    """Of the vectors: np.float16, np.float32 or np.float64."""

    threads: int | None = None
    """Threads that read binary files. None: a few, where the file is long enough."""

    buffers: Buffers = field(default_factory=Buffers)

    key: str | None = None
    """Name of an array or a column of vectors. None: the file has one only, or is one of fastemb's own."""

    words: AnyPath | Sequence[Any] | None = None
    """The keys of the rows, a text file with one a line, or in a table the name of their column."""

    mmap: str | None = None
    """How to map the vectors from the file: "r", "r+" or "c". None: read them."""

    def __post_init__(self) -> None:
        if self.dtype not in (np.float16, np.float32, np.float64):
            raise TypeError(f"datatype must be float16, float32 or float64, not {self.dtype}")

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that ``datatype`` stands for."""
        return np.dtype(self.datatype)

    def count_of(self, stored: int) -> int:
        """How many of the vectors in the file to read."""
        return min(stored, self.limit or stored)


DEFAULT = Reading()
