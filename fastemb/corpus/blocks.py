"""What doors hand over and stores take: blocks of ids, and the parts of a corpus that come out.

A door numbers tokens as it meets them and hands over block after block. When all are there it says what became of its
numbers, and the store makes a corpus of the blocks: in memory (`memory`) or in a file (`disk`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from .mapped import OnDisk
from .origin import Origin
from .vocabulary import Ids, Ints, Vocabulary


@dataclass
class EncodedBlock:
    """A piece of a corpus, whose tokens have the numbers of a token table and not yet their ids.

    Attributes:
        position: Orders the blocks.
        table: Which token table the numbers are of.
        ids: The numbers, one a token.
        ends: How many tokens of the block come before each end of a sentence.
    """

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
    origin: Origin | None = None


class BlockStore(Protocol):
    """Where blocks wait until it is known which id each token gets."""

    def append(self, block: EncodedBlock) -> None:
        """Take a block, whose ids change afterwards; threads may call this at once, in any order of blocks."""

    def finish(self, numbers: Sequence[Ids], vocabulary: Vocabulary, raw_words: int) -> Parts:
        """Make the corpus.

        Args:
            numbers: For every token table the id of each of its tokens, -1 for tokens that are dropped.
            vocabulary: The words by id.
            raw_words: How many words were read, dropped ones included.
        """
        ...
