"""Phrases joined in the ids of a corpus, by several threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from itertools import islice, pairwise

import numpy as np

from .._native import Sentences, add_to_filter, move_chains, move_pairs
from ..corpus import Corpus
from ..corpus.disk import map_pieces
from ..corpus.mapped import OnDisk
from ..corpus.vocabulary import Ids, Ints
from ..threads import in_threads
from .counting import MAX_THREADS, connector_flags, empty_hash_table
from .pairs import LAST_KEY, Phrase, Table, require_keys_fit
from .sizes import PhraseSizes

_FILTER_BITS = 16  # for each phrase: few enough for the cache, and one key in 16 is looked up in vain


class PhraseTable:
    """Pairs that are phrases, as ids of one corpus.

    Args:
        corpus: What is to be joined.
        phrases: First word, connector words and second word of each; those with a word that the corpus lacks are left
            out.
        connector_words: Words that count as nothing between two others.
        sizes: How much is joined at a time.
    """

    def __init__(
        self, corpus: Corpus, phrases: list[Phrase], connector_words: Collection[str], sizes: PhraseSizes
    ) -> None:
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
        connectors = connector_flags(corpus, connector_words)
        chain_rows = np.array([(*chain, number) for chain, number in chains.items()], np.int32).reshape(-1, 3)
        chain_slots = empty_hash_table(len(chain_rows), 3, np.int32)
        move_chains(chain_rows, chain_slots)
        rows: Table = np.empty((len(known), 2), np.uint64)
        a, c, b = (part[known].view(np.uint64) for part in (first, chain_numbers, second))
        rows[:, 0] = (a * np.uint64(len(chains) + 1) + c) * np.uint64(words) + b
        rows[:, 1] = np.arange(words + 1, words + 1 + len(known))
        self._slots: Table = empty_hash_table(len(rows), 2, np.uint64)
        move_pairs(rows, 0, LAST_KEY, self._slots, len(rows))
        self._filter: Table = np.zeros(1 << (len(rows) * _FILTER_BITS // 64).bit_length(), np.uint64)
        add_to_filter(rows, self._filter)
        self._corpus = corpus
        self._sizes = sizes
        self._known = connectors, chain_slots, len(chains) + 1

    def join(self, workers: int) -> tuple[Ids, Ints, OnDisk | None]:
        """Ids and offsets of the corpus with phrase p as the id ``words of the vocabulary + p``.

        They are on disk when those of the corpus are.
        """
        self._corpus.checked_sentences()
        on_disk = self._corpus._on_disk
        if on_disk is None:
            return *self._join_in_memory(workers), None
        words = len(self._corpus.vocabulary) + len(self.phrases)
        return map_pieces(on_disk, len(self._corpus.offsets), self._pieces(workers), words)

    def _pieces(self, workers: int) -> Iterator[tuple[Ids, Ints]]:
        """Some ids and some offsets after the other, as many at a time as there are threads."""
        offsets, words, piece = self._corpus.offsets, self._corpus.words, self._sizes.piece_tokens
        cuts = np.searchsorted(offsets, range(piece, words, piece))
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
        found: list[tuple[Ids, Ints]] = [(np.empty(0, np.int32), np.empty(0, np.int64))] * len(spans)
        block = self._sizes.block_tokens
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
                count = sentences.join(self._slots, self._filter, 0, end - begin, block, check, out, ends)
            found[number] = out[:count], ends

        in_threads(len(spans), work, stopped.set)
        return found

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
        block = self._sizes.block_tokens

        def work(thread: int) -> None:
            begin, end = spans[thread]
            out = ids[starts[thread] : starts[thread] + int(offsets[end] - offsets[begin]) + 1]
            written[thread] = sentences.join(self._slots, self._filter, begin, end, block, check, out, ends[1:])

        in_threads(threads, work, stopped.set)
        total = 0
        for (begin, end), start, count in zip(spans, starts, written, strict=True):
            ends[begin + 1 : end + 1] += total
            for at in range(0, count if start > total else 0, block):
                stop = min(at + block, count)
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
