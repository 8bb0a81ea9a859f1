"""Counting the pairs of neighbours in a corpus, by several threads."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._native import Sentences, count_ids, move_chains, move_pairs, pack_pairs
from ..corpus import Corpus
from ..corpus.vocabulary import Ids, Ints
from ..threads import in_threads
from .pairs import LAST_KEY, Pairs, Table, count_border, counts_column, pairs_above, require_keys_fit, word_keys
from .sizes import PhraseSizes

MAX_THREADS = 16


def count_pairs(corpus: Corpus, connector_words: Collection[str], most: int, workers: int, sizes: PhraseSizes) -> Pairs:
    """Count the words and pairs of a corpus; the result does not depend on the number of threads.

    Args:
        corpus: Its keys must be str.
        connector_words: Words that count as nothing between two others.
        most: Pairs held at once, roughly, and words and pairs kept; more cost more passes over the ids.
        workers: Threads.
        sizes: How much is done at a time.

    Raises:
        TypeError: a key of the corpus is no str.
        OverflowError: pairs cannot be numbered in 64 bits.
    """
    keys = word_keys(corpus.vocabulary)
    corpus.checked_sentences()
    counts, _ = count_words(corpus.ids, len(keys), sizes.block_tokens)
    connectors = connector_flags(corpus, connector_words)
    chain_slots, chains = _collect_chains(corpus, connectors, sizes.block_tokens)
    require_keys_fit(len(keys), len(chains))
    counts[connectors == 1] = 0
    sentences = Sentences(corpus.ids, corpus.offsets, connectors, chain_slots, len(chains))
    counter = _Counter(sentences, corpus.words, most, max(1, min(workers, MAX_THREADS)), sizes)
    counter.run()
    different = int(np.count_nonzero(counts)) + counter.different
    index = corpus.vocabulary.key_to_index
    return Pairs(keys, counts, chains, counter.tables, different, corpus.words, index).limited(most)


def connector_flags(corpus: Corpus, connector_words: Collection[str]) -> NDArray[np.uint8]:
    """For every word of a corpus whether it is a connector word."""
    flags = np.zeros(len(corpus.vocabulary), np.uint8)
    found = (corpus.vocabulary.key_to_index.get(word) for word in connector_words)
    flags[[index for index in found if index is not None]] = 1
    return flags


def count_words(ids: Ids, words: int, block_tokens: int) -> tuple[Ints, Ints]:
    """How often each word occurs, and where one of them is first."""
    counts, first = np.zeros(words, np.int64), np.zeros(words, np.int64)
    for begin in range(0, len(ids), block_tokens):
        count_ids(ids, begin, min(begin + block_tokens, len(ids)), counts, first)
    return counts, first


def empty_hash_table(entries: int, columns: int, dtype: type[Any]) -> NDArray[Any]:
    """An empty hash table that is at most three quarters full with so many entries."""
    return np.zeros((1 << max(4, (entries * 4 // 3).bit_length()), columns), dtype)


def _room(table: NDArray[Any]) -> int:
    return len(table) * 3 // 4


def _collect_chains(corpus: Corpus, connectors: NDArray[np.uint8], block_tokens: int) -> tuple[Ids, Ids]:
    """The chains of connector words that follow a word: a hash table, and rows as in `Pairs`."""
    slots: Ids = empty_hash_table(1 << 10, 3, np.int32)
    at = used = 0
    if connectors.any():
        sentences = Sentences(corpus.ids, corpus.offsets, connectors, slots, 1)
        while at < corpus.words:
            end = min(at + block_tokens, corpus.words)
            at, used = sentences.collect_chains(at, end, slots, used, min(_room(slots), 2**31 - 2))
            if at < end:
                larger: Ids = np.zeros((2 * len(slots), 3), np.int32)
                move_chains(slots, larger)
                slots = larger
    chains: Ids = np.zeros((used + 1, 2), np.int32)
    taken = slots[slots[:, 2] > 0]
    chains[taken[:, 2]] = taken[:, :2]
    return slots, chains


class _Counter:
    """Counts pairs in threads, each with the keys whose hash is in a range of its own.

    Attributes:
        tables: The most frequent pairs; roughly so many as are wanted.
        different: How many different pairs there are.
    """

    def __init__(self, sentences: Sentences, tokens: int, most: int, threads: int, sizes: PhraseSizes) -> None:
        self.tables: list[Table] = [np.empty((0, 2), np.uint64)]
        self.different = 0
        self._sentences = sentences
        self._tokens = tokens
        self._most = most
        self._threads = threads
        self._block_tokens = sizes.block_tokens
        self._room = max(most // threads, sizes.least_entries)
        self._least = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Count all pairs."""
        in_threads(self._threads, self._count, self._stopped.set)

    def _count(self, thread: int) -> None:
        low, last = ((LAST_KEY + 1) * number // self._threads for number in (thread, thread + 1))
        width = last - low
        while low < last and not self._stopped.is_set():
            table, width = self._count_range(low, min(width, last - low))
            low += width
            with self._lock:
                self._take(table)

    def _take(self, table: Table) -> None:
        self.different += len(table)
        self.tables.append(table if self._least == 0 else table[counts_column(table) >= self._least])
        if sum(map(len, self.tables)) > 2 * self._most:
            self._least, ties = count_border([*map(counts_column, self.tables)], self._most)
            self.tables = [pairs_above(self.tables, self._least, ties)]

    def _count_range(self, low: int, width: int) -> tuple[Table, int]:
        """Pairs with a hash from ``low`` on, and how wide a range was counted: as wide as there was room for."""
        slots: Table = empty_hash_table(min(self._tokens // (4 * self._threads), self._room), 2, np.uint64)
        at = used = 0
        while at < self._tokens and not self._stopped.is_set():
            end, room = min(at + self._block_tokens, self._tokens), min(_room(slots), self._room)
            at, used = self._sentences.count_pairs(at, end, low, low + width - 1, slots, used, room)
            if at < end:
                grow = room < self._room
                width = width if grow else width // 2
                larger: Table = np.zeros((len(slots) * (2 if grow else 1), 2), np.uint64)
                used = move_pairs(slots, low, low + width - 1, larger, used)
                slots = larger
        slots.resize((pack_pairs(slots), 2), refcheck=False)  # in place: a copy would take as much again
        return slots, width
