"""Pairs of neighbours, and how often each occurs.

Two words of a sentence are a pair when nothing or only connector words stand between them. Those are the pair's chain.
Words are ids of a vocabulary, chains are numbered, 0 being the empty one, and a pair is one number of 64 bits, its key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus.vocabulary import Ids, Ints, Vocabulary

Table = NDArray[np.uint64]
"""Rows of a key and a count; as a hash table also rows of zeros."""
Phrase = tuple[str, ...]
"""First word, connector words, second word."""

BLOCK_PAIRS = 1 << 20
LAST_KEY = (1 << 64) - 1
MOST_COUNT = 1 << 62  # in a file, so that the counts of two can be added up


@dataclass
class Pairs:
    """Words and pairs of neighbours, and how often each occurs.

    Attributes:
        keys: Words by id; connector words have an id too.
        counts: int64, how often each word occurs; 0 for connector words, and for words that are not kept.
        chains: int32 (chains, 2): every chain is an earlier one and one more connector word. The first row is that
            of the empty chain and means nothing.
        tables: uint64 (pairs, 2): key and count of every pair that is kept, in one or several arrays.
        different: How many different words and pairs there were, connector words left out.
        words: How many words were read, connector words included.
        key_to_index: The id of each word.
    """

    keys: list[str]
    counts: Ints
    chains: Ids
    tables: list[Table]
    different: int
    words: int
    key_to_index: dict[Any, int] = field(repr=False)
    ordered: bool = field(default=False, repr=False)

    def __len__(self) -> int:
        return int(np.count_nonzero(self.counts)) + sum(map(len, self.tables))

    @property
    def table(self) -> Table:
        """All pairs, by rising key."""
        if not self.ordered:
            self.tables = [added_up(np.concatenate(self.tables))]
            self.ordered = True
        return self.tables[0]

    def at_least(self, count: float) -> Table:
        """The pairs that occur so often, by rising key."""
        if self.ordered:
            return self.table[counts_column(self.table) >= count]
        return added_up(np.concatenate([table[counts_column(table) >= count] for table in self.tables]))

    def parts(self, table: Table) -> tuple[Ints, Ints, Ints]:
        """First word, chain and second word of pairs, each int64 (pairs,)."""
        rest, second = np.divmod(table[:, 0], np.uint64(len(self.keys)))
        first, chain = np.divmod(rest, np.uint64(len(self.chains)))
        return first.view(np.int64), chain.view(np.int64), second.view(np.int64)

    def counts_of_parts(self, table: Table) -> tuple[Ints, Ints, Ints]:
        """How often first words, second words and pairs occur, each int64 (pairs,)."""
        first, _, second = self.parts(table)
        return self.counts[first], self.counts[second], counts_column(table)

    def tuples(self, table: Table) -> Iterator[Phrase]:
        """First word, connector words and second word of every pair."""
        keys = self.keys
        first, chain, second = (part.tolist() for part in self.parts(table))
        words_of = {number: self._chain_words(number) for number in set(chain)}
        return ((keys[a], *words_of[c], keys[b]) for a, c, b in zip(first, chain, second, strict=True))

    def _chain_words(self, number: int) -> Phrase:
        words = []
        while number:
            number, word = self.chains[number].tolist()
            words.append(self.keys[word])
        return tuple(reversed(words))

    def used_chains(self) -> list[Phrase]:
        """The connector words of all pairs that have some."""
        return [self._chain_words(number) for number in np.unique(self.parts(self.table)[1]).tolist() if number]

    @cached_property
    def _chain_numbers(self) -> dict[tuple[int, int], int]:
        rows: list[list[int]] = self.chains[1:].tolist()
        return {(before, word): number for number, (before, word) in enumerate(rows, 1)}

    def word_count(self, word: Any) -> int:
        """How often a word occurs."""
        index = self.key_to_index.get(word)
        return 0 if index is None else int(self.counts[index])

    def pair_count(self, words: Sequence[Any]) -> int:
        """How often a pair occurs: first word, connector words, second word."""
        first, *between, second = (self.key_to_index.get(word) for word in words)
        chain: int | None = 0
        for word in between:
            chain = None if chain is None or word is None else self._chain_numbers.get((chain, word))
        if first is None or chain is None or second is None:
            return 0
        key = np.uint64((first * len(self.chains) + chain) * len(self.keys) + second)
        at = int(np.searchsorted(self.table[:, 0], key))
        return int(self.table[at, 1]) if at < len(self.table) and self.table[at, 0] == key else 0

    def is_sound(self) -> bool:
        """Whether chains are made of earlier ones and connector words, and pairs of words that are counted."""
        words, chains, table = len(self.keys), len(self.chains), self.table
        if chains == 0 or words * chains * words > LAST_KEY:
            return False
        before, word = self.chains[1:].T
        if not ((before >= 0) & (before <= np.arange(chains - 1)) & (word >= 0) & (word < words)).all():
            return False
        if len(table) and int(table[:, 0].max()) >= words * chains * words:
            return False
        if (self.counts[word] > 0).any() or (self.counts >= MOST_COUNT).any():
            return False
        return all(((counts > 0) & (counts < MOST_COUNT)).all() for counts in self.counts_of_parts(table))

    def limited(self, most: int) -> Pairs:
        """The most frequent words and pairs, so many in all; of equal ones words come before pairs."""
        if len(self) <= most:
            return self
        border, room = count_border([self.counts[self.counts > 0], *map(counts_column, self.tables)], most)
        counts = np.where(self.counts > border, self.counts, 0)
        ties = np.flatnonzero(self.counts == border)[:room]
        counts[ties] = border
        return replace(self, counts=counts, tables=[pairs_above(self.tables, border, room - len(ties))], ordered=False)

    def merged(self, other: Pairs) -> Pairs:
        """The counts of both added up."""
        index = dict(self.key_to_index)
        for key in other.keys:
            index.setdefault(key, len(index))
        chains: dict[tuple[int, int], int] = {}
        words, numbers = [], []
        for part in (self, other):
            word_ids = np.array([index[key] for key in part.keys], np.int32)
            ids = [0]
            for before, word in part.chains[1:].tolist():
                ids.append(chains.setdefault((ids[before], int(word_ids[word])), len(chains) + 1))
            words.append(word_ids)
            numbers.append(np.array(ids, np.uint64))
        require_keys_fit(len(index), len(chains) + 1)
        counts = np.zeros(len(index), np.int64)
        tables = []
        for part, word_ids, chain_ids in zip((self, other), words, numbers, strict=True):
            counts[word_ids] += part.counts
            first, chain, second = part.parts(part.table)
            heads = word_ids[first].astype(np.uint64) * np.uint64(len(chains) + 1) + chain_ids[chain]
            keys = heads * np.uint64(len(index)) + word_ids[second].astype(np.uint64)
            tables.append(np.stack([keys, part.table[:, 1]], axis=1))
        rows = np.array([(0, 0), *chains], np.int32)
        merged = Pairs(list(index), counts, rows, tables, 0, self.words + other.words, index)
        dropped = sum(part.different - len(part) for part in (self, other))  # they count as different ones
        merged.different = len(merged.table) + int(np.count_nonzero(counts)) + dropped
        return merged


def counts_column(table: Table) -> Ints:
    """How often each pair of a table occurs."""
    return table[:, 1].view(np.int64)


class CountsView(Mapping[str, int]):
    """How often each word and each pair occurs, by text; what is spelled alike is one entry."""

    def __init__(self, pairs: Pairs, delimiter: str) -> None:
        self._pairs = pairs
        self._delimiter = delimiter

    @cached_property
    def _ambiguous(self) -> bool:
        """Whether words and pairs may be spelled alike."""
        return any(character in key for key in self._pairs.keys for character in set(self._delimiter))

    @cached_property
    def _chains(self) -> dict[str, list[Phrase]]:
        """The connector words that are between the words of a pair, by their text."""
        chains: dict[str, list[Phrase]] = {}
        for chain in self._pairs.used_chains():
            chains.setdefault(self._delimiter.join(chain), []).append(chain)
        return chains

    def __getitem__(self, text: str) -> int:
        count = self._pairs.word_count(text)
        if isinstance(text, str):
            count += sum(map(self._pairs.pair_count, self._readings(text)))
        if not count:
            raise KeyError(text)
        return count

    def _readings(self, text: str) -> Iterator[Phrase]:
        """The pairs that may be spelled so."""
        length = len(self._delimiter)
        places = [place for place in range(len(text)) if text.startswith(self._delimiter, place)]
        for begin in places:
            yield text[:begin], text[begin + length :]
            for end in places:
                for chain in self._chains.get(text[begin + length : end], ()) if end > begin else ():
                    yield text[:begin], *chain, text[end + length :]

    def _texts(self) -> Iterator[str]:
        pairs = self._pairs
        yield from (pairs.keys[index] for index in np.flatnonzero(pairs.counts).tolist())
        for begin in range(0, len(pairs.table), BLOCK_PAIRS):
            yield from map(self._delimiter.join, pairs.tuples(pairs.table[begin : begin + BLOCK_PAIRS]))

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(self._texts())) if self._ambiguous else self._texts()

    def __len__(self) -> int:
        return sum(1 for _ in self) if self._ambiguous else len(self._pairs)

    def __repr__(self) -> str:
        return f"CountsView({len(self._pairs):,} words and pairs)"


def added_up(table: Table) -> Table:
    """Rows by rising key, those of one key made one row."""
    if not len(table):
        return table
    table = table[np.argsort(table[:, 0], kind="stable")]
    starts = np.flatnonzero(np.append(True, table[1:, 0] != table[:-1, 0]))
    if len(starts) == len(table):
        return table
    return np.stack([table[starts, 0], np.add.reduceat(table[:, 1], starts)], axis=1)


def count_border(counts: list[Ints], most: int) -> tuple[int, int]:
    """The count above which all are among the ``most`` highest, and how many that equal it are."""
    together = np.concatenate(counts)
    border = int(np.partition(together, len(together) - most)[len(together) - most])
    return border, most - int(np.count_nonzero(together > border))


def pairs_above(tables: list[Table], border: int, ties: int) -> Table:
    """The pairs that occur more often than ``border``, and so many of those that do as often: with the lowest keys."""
    equal = np.concatenate([table[counts_column(table) == border, 0] for table in tables])
    if ties < len(equal):
        equal = np.partition(equal, ties)[:ties]
    rest = np.stack([equal, np.full(len(equal), border, np.uint64)], axis=1)
    return np.concatenate([*(table[counts_column(table) > border] for table in tables), rest])


def require_keys_fit(words: int, chains: int) -> None:
    """Raise OverflowError when pairs of so many words and chains have no key of 64 bits."""
    if words * chains * words > LAST_KEY:
        raise OverflowError(
            f"{words:,} different words and {chains:,} different chains of connector words are too many for pairs to "
            "be numbered in 64 bits: use fewer connector words, or drop the words that occur once"
        )


def word_keys(vocabulary: Vocabulary) -> list[str]:
    """The words of a vocabulary, which must be str."""
    keys: list[Any] = vocabulary.keys
    if set(map(type, keys)) != {str}:
        other = next((key for key in keys if not isinstance(key, str)), None)
        if other is not None:
            raise TypeError(f"phrases are made of words, which must be str, but one is {other!r}")
    return keys
