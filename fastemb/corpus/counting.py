"""From the token tables of threads to a vocabulary, in bounded memory where the vocabulary is bounded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from .._native import TokenTable
from .blocks import EncodedBlock, Parts
from .spill import Spill, SpilledNumbers
from .task import CountsOnly, Task
from .tokentables import clean_table, merge_tables, require_words, tokens_of
from .vocabulary import Ids, Selection, Vocabulary, require_known


class Counting(Protocol):
    """Makes a vocabulary of the token tables of threads.

    Attributes:
        table_bytes: The memory that a table may take before it is put aside.
    """

    table_bytes: float

    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...

    def put_aside(self, number: int, table: TokenTable) -> None:
        """Take the table of this number; threads may call this at once."""

    def finish(self, tables: dict[int, TokenTable]) -> tuple[Vocabulary, Sequence[Ids], int]:
        """Take the rest of the tables, and empty ``tables``.

        Returns:
            The vocabulary; for each table the id of every token, -1 for what is dropped; how many words were read.
        """
        ...


@dataclass(frozen=True)
class Cleaning:
    """How tokens are cleaned, see `clean_table`; ``source`` is what errors name."""

    errors: str
    lower: bool
    source: str

    def __call__(self, table: TokenTable) -> tuple[TokenTable, Ids | None]:
        """See `clean_table`."""
        return clean_table(table, self.errors, self.lower)


def counting_for(task: Task, clean: Cleaning) -> Counting:
    """How to count for a vocabulary that is to be made, or with one that there is."""
    target, sizes = task.target, task.sizes
    if isinstance(target, Vocabulary):
        return _Known(target, clean, sizes.counting_bytes / task.threads)
    if isinstance(target, CountsOnly):
        return _Only(target, clean)
    if target.max_vocab_size is None:
        return _Whole(target, clean)
    most = max(sizes.counting_bytes, sizes.counting_bytes_a_word * target.max_vocab_size)
    return _Bounded(target, clean, most / task.threads, sizes.spill_bits)


class _Whole:
    """Keeps all tables in memory, and merges them."""

    table_bytes = math.inf

    def __init__(self, selection: Selection, clean: Cleaning) -> None:
        self._selection = selection
        self._clean = clean

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def put_aside(self, number: int, table: TokenTable) -> None:
        raise AssertionError("no table is too large")

    def finish(self, tables: dict[int, TokenTable]) -> tuple[Vocabulary, Sequence[Ids], int]:
        return number_tables(tables, self._selection, self._clean)


def number_tables(
    tables: dict[int, TokenTable], selection: Selection, clean: Cleaning
) -> tuple[Vocabulary, Sequence[Ids], int]:
    """See `Counting.finish`."""
    whole, places = merge_tables([tables.pop(number) for number in sorted(tables)])
    made, moved = clean(whole)
    require_words(len(made), clean.source)
    tokens = tokens_of(made)
    vocabulary, numbers = selection.number(*tokens, clean.source, all_differ=True)
    if moved is not None:
        numbers = np.append(numbers, np.int32(-1))[moved]  # the -1 of what moved nowhere is the last of these
    return vocabulary, [numbers[place] for place in places], int(tokens.counts.sum())


class _Known:
    """Looks up each table in a vocabulary that there is."""

    def __init__(self, vocabulary: Vocabulary, clean: Cleaning, table_bytes: float) -> None:
        self.table_bytes = table_bytes
        self._vocabulary = vocabulary
        self._clean = clean
        self._numbers: dict[int, Ids] = {}
        self._words: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def put_aside(self, number: int, table: TokenTable) -> None:
        made, moved = self._clean(table)
        counts, _, keys_at = tokens_of(made)
        numbers = self._vocabulary.ids_of(keys_at(np.arange(len(made), dtype=np.int32)))
        self._numbers[number] = numbers if moved is None else np.append(numbers, np.int32(-1))[moved]
        self._words.append(int(counts.sum()))

    def finish(self, tables: dict[int, TokenTable]) -> tuple[Vocabulary, Sequence[Ids], int]:
        for number in list(tables):
            self.put_aside(number, tables.pop(number))
        require_words(sum(self._words), self._clean.source)
        numbers = [self._numbers[number] for number in sorted(self._numbers)]
        require_known(numbers, self._clean.source, sum(self._words))
        return self._vocabulary, numbers, sum(self._words)


class _Bounded:
    """Writes tables to a file when they grow large; memory then holds some ``max_vocab_size`` tokens at a time."""

    def __init__(self, selection: Selection, clean: Cleaning, table_bytes: float, spill_bits: int) -> None:
        self.table_bytes = table_bytes
        self._selection = selection
        self._clean = clean
        self._spill = Spill(spill_bits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spill.close()

    def put_aside(self, number: int, table: TokenTable) -> None:
        self._spill.write(number, *self._clean(table))

    def finish(self, tables: dict[int, TokenTable]) -> tuple[Vocabulary, Sequence[Ids], int]:
        if not len(self._spill):
            return number_tables(tables, self._selection, self._clean)
        for number in list(tables):
            self.put_aside(number, tables.pop(number))
        require_words(self._spill.words, self._clean.source)
        vocabulary = self._selection.choose(self._spill.parts, self._clean.source)
        return vocabulary, SpilledNumbers(self._spill, vocabulary), self._spill.words


class _Only:
    """Writes all tables to a file, from which a vocabulary is made later; see `CountsOnly`."""

    def __init__(self, target: CountsOnly, clean: Cleaning) -> None:
        self.table_bytes = target.table_bytes
        self._spill = target.spill
        self._clean = clean

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def put_aside(self, number: int, table: TokenTable) -> None:
        self._spill.write(number, *self._clean(table))

    def finish(self, tables: dict[int, TokenTable]) -> tuple[Vocabulary, Sequence[Ids], int]:
        for number in list(tables):
            self.put_aside(number, tables.pop(number))
        return Vocabulary([], []), [], self._spill.words


class NoStore:
    """A `BlockStore` for `CountsOnly`: it forgets all blocks."""

    def append(self, block: EncodedBlock) -> None:
        """See `BlockStore`."""

    def finish(self, numbers: Sequence[Ids], vocabulary: Vocabulary, raw_words: int) -> Parts:
        """A corpus without sentences."""
        return Parts(np.empty(0, np.int32), np.zeros(1, np.int64), vocabulary, raw_words)
