"""What every door is told about its work, and how much of it is done at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

from .blocks import BlockStore
from .spill import Spill
from .vocabulary import Ids, Ints, KeysAt, Selection, Vocabulary


@dataclass(frozen=True)
class ReadSizes:
    """How much is read, held or written at a time. What comes out does not depend on it.

    Attributes:
        block_bytes: Text that a thread encodes at once.
        block_tokens: Ids that are numbered, counted, written or read at once.
        list_tokens: Tokens of lists that are looked up at once, roughly.
        list_sentences: Lists of tokens that are asked for at once, at most.
        texts: Sentences as str that are joined at once.
        id_rows: Sequences of ids that are joined at once.
        column_tokens: Tokens of a column of lists that are taken at once.
        column_rows: Rows of a column that are looked through for nulls at once.
        table_rows: Rows of Parquet and Arrow files that are read at once, or fewer where they are long.
        table_bytes: Bytes of Parquet that are read at once, uncompressed, where a row is not longer.
        counting_bytes: All token tables together may always grow to this, however small the vocabulary is to be.
        counting_bytes_a_word: And to this for each word of the vocabulary.
        spill_bits: Token tables that wait in a file are cut to 2 ** spill_bits parts.
    """

    block_bytes: int = 1 << 20
    block_tokens: int = 1 << 20
    list_tokens: int = 1 << 16
    list_sentences: int = 2048
    texts: int = 1024
    id_rows: int = 512
    column_tokens: int = 1 << 17
    column_rows: int = 1 << 18
    table_rows: int = 1 << 14
    table_bytes: int = 32 << 20
    counting_bytes: int = 256 << 20
    counting_bytes_a_word: int = 256
    spill_bits: int = 8


@dataclass(frozen=True)
class CountsOnly:
    """In place of a vocabulary: words are counted, and neither numbered nor kept.

    Attributes:
        spill: Where counts go.
        table_bytes: The memory that the table of a thread may take before it goes there.
    """

    spill: Spill
    table_bytes: float

    def number(
        self, counts: Ints, first: Ints, keys_at: KeysAt, source: str, all_differ: bool = False
    ) -> tuple[Vocabulary, Ids]:
        """Refuse tokens that are no text."""
        raise TypeError(f"{source}: only words are counted, and these are integers: cast them to strings")


@dataclass(frozen=True)
class Task:
    """What a door is to make, where, and with what.

    Attributes:
        target: Rules for the words to keep, or the vocabulary to encode with; or where counts go, and nothing else is
            made.
        store: Where blocks of ids go.
        threads: How many encode.
        sizes: How much is done at a time.
    """

    target: Selection | Vocabulary | CountsOnly
    store: BlockStore
    threads: int = 1
    sizes: ReadSizes = field(default_factory=ReadSizes)
