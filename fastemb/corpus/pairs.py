"""Pairs of neighbours in a corpus: counting them, and joining those that are phrases.

Two words of a sentence are a pair when nothing or only connector words stand between them. Those are the pair's chain.
Words are ids of a vocabulary, chains are numbered, 0 being the empty one, and a pair is one number of 64 bits, its key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._native import Sentences, add_to_filter, count_ids, move_chains, move_pairs, pack_pairs
from ..threads import in_threads
from .corpus import Corpus
from .disk import map_pieces
from .mapped import OnDisk
from .vocabulary import Ids, Ints, Vocabulary

Table = NDArray[np.uint64]
"""Rows of a key and a count; as a hash table also rows of zeros."""
Phrase = tuple[str, ...]
"""First word, connector words, second word."""

BLOCK_TOKENS = 1 << 20  # some ten milliseconds
PIECE_TOKENS = 1 << 22  # of a corpus on disk, joined at once by a thread
LEAST_ROOM = 1 << 16  # entries of a table below which it is not worth the time to save memory
MAX_THREADS = 16
_LAST_HASH = (1 << 64) - 1
_FILTER_BITS = 16  # for each phrase: few enough for the cache, and one key in 16 is looked up in vain


@dataclass
class Pairs:
    """Words and pairs of neighbours, and how often each occurs.

    Attributes:
        keys: words by id; connector words have an id too.
        counts: int64, how often each word occurs; 0 for connector words, and for words that are not kept.
        chains: int32 (chains, 2): every chain is an earlier one and one more connector word. The first row is that
            of the empty chain and means nothing.
        tables: uint64 (pairs, 2): key and count of every pair that is kept, in one or several arrays.
        different: how many different words and pairs there were, connector words left out.
        words: how many words were read, connector words included.
        key_to_index: the id of each word.
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
            return self.table[_counts(self.table) >= count]
        return added_up(np.concatenate([table[_counts(table) >= count] for table in self.tables]))

    def parts(self, table: Table) -> tuple[Ints, Ints, Ints]:
        """First word, chain and second word of pairs, each int64 (pairs,)."""
        rest, second = np.divmod(table[:, 0], np.uint64(len(self.keys)))
        first, chain = np.divmod(rest, np.uint64(len(self.chains)))
        return first.view(np.int64), chain.view(np.int64), second.view(np.int64)

    def part_counts(self, table: Table) -> tuple[Ints, Ints, Ints]:
        """How often first words, second words and pairs occur, each int64 (pairs,)."""
        first, _, second = self.parts(table)
        return self.counts[first], self.counts[second], _counts(table)

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
        if chains == 0 or words * chains * words > _LAST_HASH:
            return False
        before, word = self.chains[1:].T
        if not ((before >= 0) & (before <= np.arange(chains - 1)) & (word >= 0) & (word < words)).all():
            return False
        if len(table) and int(table[:, 0].max()) >= words * chains * words:
            return False
        return not (self.counts[word] > 0).any() and all((counts > 0).all() for counts in self.part_counts(table))

    def limited(self, most: int) -> Pairs:
        """The most frequent words and pairs, so many in all; of equal ones words come before pairs."""
        if len(self) <= most:
            return self
        border, room = _border([self.counts[self.counts > 0], *map(_counts, self.tables)], most)
        counts = np.where(self.counts > border, self.counts, 0)
        ties = np.flatnonzero(self.counts == border)[:room]
        counts[ties] = border
        return replace(self, counts=counts, tables=[_above(self.tables, border, room - len(ties))], ordered=False)

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


def _counts(table: Table) -> Ints:
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
        for begin in range(0, len(pairs.table), BLOCK_TOKENS):
            yield from map(self._delimiter.join, pairs.tuples(pairs.table[begin : begin + BLOCK_TOKENS]))

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


def _border(counts: list[Ints], most: int) -> tuple[int, int]:
    """The count above which all are among the ``most`` highest, and how many that equal it are."""
    together = np.concatenate(counts)
    border = int(np.partition(together, len(together) - most)[len(together) - most])
    return border, most - int(np.count_nonzero(together > border))


def _above(tables: list[Table], border: int, ties: int) -> Table:
    """The pairs that occur more often than ``border``, and so many of those that do as often: with the lowest keys."""
    equal = np.concatenate([table[_counts(table) == border, 0] for table in tables])
    if ties < len(equal):
        equal = np.partition(equal, ties)[:ties]
    rest = np.stack([equal, np.full(len(equal), border, np.uint64)], axis=1)
    return np.concatenate([*(table[_counts(table) > border] for table in tables), rest])


def require_keys_fit(words: int, chains: int) -> None:
    """Raise OverflowError when pairs of so many words and chains have no key of 64 bits."""
    if words * chains * words > _LAST_HASH:
        raise OverflowError(
            f"{words:,} different words and {chains:,} different chains of connector words are too many for pairs to "
            "be numbered in 64 bits: use fewer connector words, or drop the words that occur once"
        )


# ---- counting ----


def count_pairs(corpus: Corpus, connector_words: Collection[str], most: int, workers: int) -> Pairs:
    """Count the words and pairs of a corpus; the result does not depend on the number of threads.

    Args:
        corpus: its keys must be str.
        connector_words: words that count as nothing between two others.
        most: pairs held at once, roughly, and words and pairs kept; more cost more passes over the ids.
        workers: threads.

    Raises:
        TypeError: a key of the corpus is no str.
        OverflowError: pairs cannot be numbered in 64 bits.
    """
    keys = word_keys(corpus.vocabulary)
    counts, _ = count_words(corpus.ids, len(keys))
    connectors = _connectors(corpus, connector_words)
    chain_slots, chains = _collect_chains(corpus, connectors)
    require_keys_fit(len(keys), len(chains))
    counts[connectors == 1] = 0
    sentences = Sentences(corpus.ids, corpus.offsets, connectors, chain_slots, len(chains))
    counter = _Counter(sentences, corpus.words, most, max(1, min(workers, MAX_THREADS)))
    counter.run()
    different = int(np.count_nonzero(counts)) + counter.different
    index = corpus.vocabulary.key_to_index
    return Pairs(keys, counts, chains, counter.tables, different, corpus.words, index).limited(most)


def word_keys(vocabulary: Vocabulary) -> list[str]:
    """The words of a vocabulary, which must be str."""
    keys: list[Any] = vocabulary.keys
    if set(map(type, keys)) != {str}:
        other = next((key for key in keys if not isinstance(key, str)), None)
        if other is not None:
            raise TypeError(f"phrases are made of words, which must be str, but one is {other!r}")
    return keys


def _connectors(corpus: Corpus, connector_words: Collection[str]) -> NDArray[np.uint8]:
    """For every word of a corpus whether it is a connector word."""
    flags = np.zeros(len(corpus.vocabulary), np.uint8)
    found = (corpus.vocabulary.key_to_index.get(word) for word in connector_words)
    flags[[index for index in found if index is not None]] = 1
    return flags


def count_words(ids: Ids, words: int) -> tuple[Ints, Ints]:
    """How often each word occurs, and where one of them is first."""
    counts, first = np.zeros(words, np.int64), np.zeros(words, np.int64)
    for begin in range(0, len(ids), BLOCK_TOKENS):
        count_ids(ids, begin, min(begin + BLOCK_TOKENS, len(ids)), counts, first)
    return counts, first


def _hash_table(entries: int, columns: int, dtype: type[Any]) -> NDArray[Any]:
    """An empty hash table that is at most three quarters full with so many entries."""
    return np.zeros((1 << max(4, (entries * 4 // 3).bit_length()), columns), dtype)


def _room(table: NDArray[Any]) -> int:
    return len(table) * 3 // 4


def _collect_chains(corpus: Corpus, connectors: NDArray[np.uint8]) -> tuple[Ids, Ids]:
    """The chains of connector words that follow a word: a hash table, and rows as in `Pairs`."""
    slots: Ids = _hash_table(1 << 10, 3, np.int32)
    at = used = 0
    if connectors.any():
        sentences = Sentences(corpus.ids, corpus.offsets, connectors, slots, 1)
        while at < corpus.words:
            end = min(at + BLOCK_TOKENS, corpus.words)
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
        tables: the most frequent pairs; roughly so many as are wanted.
        different: how many different pairs there are.
    """

    def __init__(self, sentences: Sentences, tokens: int, most: int, threads: int) -> None:
        self.tables: list[Table] = [np.empty((0, 2), np.uint64)]
        self.different = 0
        self._sentences = sentences
        self._tokens = tokens
        self._most = most
        self._threads = threads
        self._room = max(most // threads, LEAST_ROOM)
        self._least = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Count all pairs."""
        in_threads(self._threads, self._count, self._stopped.set)

    def _count(self, thread: int) -> None:
        low, last = ((_LAST_HASH + 1) * number // self._threads for number in (thread, thread + 1))
        width = last - low
        while low < last and not self._stopped.is_set():
            table, width = self._count_range(low, min(width, last - low))
            low += width
            with self._lock:
                self._take(table)

    def _take(self, table: Table) -> None:
        self.different += len(table)
        self.tables.append(table if self._least == 0 else table[_counts(table) >= self._least])
        if sum(map(len, self.tables)) > 2 * self._most:
            self._least, ties = _border([*map(_counts, self.tables)], self._most)
            self.tables = [_above(self.tables, self._least, ties)]

    def _count_range(self, low: int, width: int) -> tuple[Table, int]:
        """Pairs with a hash from ``low`` on, and how wide a range was counted: as wide as there was room for."""
        slots: Table = _hash_table(min(self._tokens // (4 * self._threads), self._room), 2, np.uint64)
        at = used = 0
        while at < self._tokens and not self._stopped.is_set():
            end, room = min(at + BLOCK_TOKENS, self._tokens), min(_room(slots), self._room)
            at, used = self._sentences.count_pairs(at, end, low, low + width - 1, slots, used, room)
            if at < end:
                grow = room < self._room
                width = width if grow else width // 2
                larger: Table = np.zeros((len(slots) * (2 if grow else 1), 2), np.uint64)
                used = move_pairs(slots, low, low + width - 1, larger, used)
                slots = larger
        slots.resize((pack_pairs(slots), 2), refcheck=False)  # in place: a copy would take as much again
        return slots, width


# ---- joining ----


class PhraseTable:
    """Pairs that are phrases, as ids of one corpus.

    Args:
        corpus: what is to be joined.
        phrases: first word, connector words and second word of each; those with a word that the corpus lacks are left
            out.
        connector_words: words that count as nothing between two others.
    """

    def __init__(self, corpus: Corpus, phrases: list[Phrase], connector_words: Collection[str]) -> None:
        words, index_of = len(corpus.vocabulary), corpus.vocabulary.key_to_index.get
        first = np.array([index_of(phrase[0], -1) for phrase in phrases], np.int64)
        second = np.array([index_of(phrase[-1], -1) for phrase in phrases], np.int64)
        chain_numbers = np.zeros(len(first), np.int64)
        chains: dict[tuple[int, int], int] = {}
        for place, phrase in enumerate(phrases):
            chain = 0
            for word in phrase[1:-1]:
                index = index_of(word, -1)
                chain = -1 if index < 0 or chain < 0 else chains.setdefault((chain, index), len(chains) + 1)
            chain_numbers[place] = chain
        known = np.flatnonzero((first >= 0) & (second >= 0) & (chain_numbers >= 0))
        self.phrases = phrases if len(known) == len(phrases) else [phrases[place] for place in known.tolist()]
        require_keys_fit(words, len(chains) + 1)
        if words + len(self.phrases) > 2**31 - 1:
            raise OverflowError("more than 2**31 - 1 different words and phrases")
        connectors = _connectors(corpus, connector_words)
        chain_rows = np.array([(*chain, number) for chain, number in chains.items()], np.int32).reshape(-1, 3)
        chain_slots = _hash_table(len(chain_rows), 3, np.int32)
        move_chains(chain_rows, chain_slots)
        rows: Table = np.empty((len(known), 2), np.uint64)
        a, c, b = (part[known].view(np.uint64) for part in (first, chain_numbers, second))
        rows[:, 0] = (a * np.uint64(len(chains) + 1) + c) * np.uint64(words) + b
        rows[:, 1] = np.arange(words + 1, words + 1 + len(known))
        self._slots: Table = _hash_table(len(rows), 2, np.uint64)
        move_pairs(rows, 0, _LAST_HASH, self._slots, len(rows))
        self._filter: Table = np.zeros(1 << (len(rows) * _FILTER_BITS // 64).bit_length(), np.uint64)
        add_to_filter(rows, self._filter)
        self._corpus = corpus
        self._known = connectors, chain_slots, len(chains) + 1

    def join(self, workers: int) -> tuple[Ids, Ints, OnDisk | None]:
        """Ids and offsets of the corpus with phrase p as the id ``words of the vocabulary + p``.

        They are on disk when those of the corpus are.
        """
        on_disk = self._corpus._on_disk
        if on_disk is None:
            return *self._join_in_memory(workers), None
        words = len(self._corpus.vocabulary) + len(self.phrases)
        return map_pieces(on_disk, len(self._corpus.offsets), self._pieces(workers), words)

    def _pieces(self, workers: int) -> Iterator[tuple[Ids, Ints]]:
        """Some ids and some offsets after the other, as many at a time as there are threads."""
        offsets, words = self._corpus.offsets, self._corpus.words
        cuts = np.searchsorted(offsets, range(PIECE_TOKENS, words, PIECE_TOKENS))
        spans = pairwise(np.unique(np.concatenate([[0], cuts, [len(self._corpus)]])).tolist())
        threads = max(1, min(workers, MAX_THREADS))
        written = 0
        yield np.empty(0, np.int32), np.zeros(1, np.int64)
        while some := list(islice(spans, threads)):
            for ids, ends in self._join_spans(some):
                yield ids, ends + written
                written += len(ids)

    def _join_spans(self, spans: list[tuple[int, int]]) -> list[tuple[Ids, Ints]]:
        """Ids, and how many come before each end of a sentence, for spans of sentences, each in a thread of its own."""
        joined: list[tuple[Ids, Ints]] = [(np.empty(0, np.int32), np.empty(0, np.int64))] * len(spans)
        stopped = threading.Event()

        def work(number: int) -> None:
            begin, end = spans[number]
            offsets = self._corpus.offsets[begin : end + 1]
            ids = self._corpus.ids[offsets[0] : offsets[-1]]
            ends = np.zeros(end - begin, np.int64)
            out: Ids = np.empty(len(ids) + 1, np.int32)
            count = 0
            if len(ids):
                sentences = Sentences(ids, offsets - offsets[0], *self._known)
                check = _raise_when(stopped)
                count = sentences.join(self._slots, self._filter, 0, end - begin, BLOCK_TOKENS, check, out, ends)
            joined[number] = out[:count], ends

        in_threads(len(spans), work, stopped.set)
        return joined

    def _join_in_memory(self, workers: int) -> tuple[Ids, Ints]:
        sentences = Sentences(self._corpus.ids, self._corpus.offsets, *self._known)
        offsets = self._corpus.offsets
        threads = max(1, min(workers, MAX_THREADS, len(self._corpus)))
        cuts = np.searchsorted(offsets, [self._corpus.words * k // threads for k in range(threads)]).tolist()
        spans = list(pairwise([*cuts, len(self._corpus)]))
        ids: Ids = np.empty(self._corpus.words + threads, np.int32)
        starts = [int(offsets[begin]) + thread for thread, (begin, _) in enumerate(spans)]
        written = [0] * threads
        ends = np.zeros(len(offsets), np.int64)
        stopped = threading.Event()
        check = _raise_when(stopped)

        def work(thread: int) -> None:
            begin, end = spans[thread]
            out = ids[starts[thread] : starts[thread] + int(offsets[end] - offsets[begin]) + 1]
            written[thread] = sentences.join(self._slots, self._filter, begin, end, BLOCK_TOKENS, check, out, ends[1:])

        in_threads(threads, work, stopped.set)
        total = 0
        for (begin, end), start, count in zip(spans, starts, written, strict=True):
            ends[begin + 1 : end + 1] += total
            for at in range(0, count if start > total else 0, BLOCK_TOKENS):
                stop = min(at + BLOCK_TOKENS, count)
                ids[total + at : total + stop] = ids[start + at : start + stop]
            total += count
        ids.resize(total, refcheck=False)
        return ids, ends


def _raise_when(stopped: threading.Event) -> Callable[[], None]:
    """A function that raises InterruptedError once the event is set."""

    def check() -> None:
        if stopped.is_set():
            raise InterruptedError

    return check
