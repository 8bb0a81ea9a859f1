"""What doors hand over and stores take: blocks of ids, and the parts of a corpus that come out.

A door numbers tokens as it meets them and hands over block after block. When all are there it says what became of its
numbers, and the store makes a corpus of the blocks: in memory (`memory`) or in a file (`disk`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from .mapped import OnDisk
from .vocabulary import Ids, Ints, Vocabulary


@dataclass
class EncodedBlock:
    """A block's token ids in the table of this number, and the number of ids before each end of a sentence."""

    position: int
    table: int
    ids: Ids
    ends: Ints


class Parts(NamedTuple):
    """What a `Corpus` is made of."""

    ids: Ids
    offsets: Ints
    vocabulary: Vocabulary
    raw_words: int
    on_disk: OnDisk | None = None


class BlockStore(Protocol):
    """Where blocks wait until it is known which id each token gets."""

    def append(self, block: EncodedBlock) -> None:
        """Take a block, whose ids change afterwards; threads may call this at once, in any order of blocks."""

    def finish(self, numbers: Sequence[Ids], vocabulary: Vocabulary, raw_words: int) -> Parts:
        """Make the corpus.

        numbers: for every table the id of each of its tokens, -1 for what is dropped.
        """
        ...
