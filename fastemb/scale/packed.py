"""Many words in little memory, for their way from nodes to the program that trains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from ..corpus.vocabulary import Ids, Ints, KeysAt, Selection, Vocabulary
from ..signals import slices

_AT_ONCE = 1 << 16  # words that are strings of Python at a time


@dataclass(frozen=True)
class PackedWords(Sequence[str]):
    """Words as one text; strings are made of some at a time.

    Attributes:
        text: The words in UTF-8, each with a NUL after it, in parts of 65,536 words.
        words: How many.
    """

    text: tuple[bytes, ...]
    words: int

    def __len__(self) -> int:
        return self.words

    def __iter__(self) -> Iterator[str]:
        for part in self.text:
            yield from part.decode().split("\0")[:-1]

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return list(self)[index]


class InOrder(Selection):
    """All words, numbered as they first occur, and packed where they are text."""

    def __init__(self) -> None:
        super().__init__(in_order=True)

    def number(
        self, counts: Ints, first: Ints, keys_at: KeysAt, source: str, all_differ: bool = False
    ) -> tuple[Vocabulary, Ids]:
        """See `Selection`."""
        order = np.argsort(first, kind="stable").astype(np.int32)
        parts = []
        for part in slices(len(order), _AT_ONCE):
            keys: Any = keys_at(order[part])
            if not all_differ or not all(isinstance(key, str) and "\0" not in key for key in keys):
                return super().number(counts, first, keys_at, source, all_differ)
            parts.append("".join(f"{key}\0" for key in keys).encode())
        ids = np.empty(len(order), np.int32)
        ids[order] = np.arange(len(order), dtype=np.int32)
        packed: Any = PackedWords(tuple(parts), len(order))
        return Vocabulary._of(packed, counts[order], 1), ids
