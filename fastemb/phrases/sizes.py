"""How much is counted and joined at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PhraseSizes:
    """How much is done at a time. What comes out does not depend on it.

    Attributes:
        block_tokens: Tokens that are counted or joined by one call into the core: some ten milliseconds.
        piece_tokens: Tokens of a corpus on disk that a thread joins at once, in memory.
        least_entries: Entries of a thread's hash table below which it is not worth the time to save memory.
    """

    block_tokens: int = 1 << 20
    piece_tokens: int = 1 << 22
    least_entries: int = 1 << 16
