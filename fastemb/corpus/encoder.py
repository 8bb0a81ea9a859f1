"""Blocks of text to a corpus, by several threads.

Every thread has a token table of its own; in the end the tables are merged, tokens are numbered by falling count, and
the ids of each block are renumbered. Which thread takes which block leaves no trace in the result.

Where a vocabulary may be no larger than so much, a table that has grown large is put aside (see `spill`) and the thread
begins another.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from .._native import TokenTable
from ..threads import in_threads
from .blocks import EncodedBlock, Parts
from .counting import Cleaning, Counting, counting_for
from .splitting import InterruptedSplitError, SplitterMaker, TextBlock, TextOptions
from .task import Task
from .vocabulary import Ints

MAX_THREADS = 8  # each has a table of its own, so memory grows with them


class BlockReader(Protocol):
    """Gives blocks to any number of threads.

    Attributes:
        fault: What went wrong in reading, and the bytes before it.
    """

    fault: tuple[int, Exception] | None

    def __iter__(self) -> Iterator[TextBlock]: ...

    def stop(self) -> None:
        """Hand out no more blocks."""


class Encoder:
    """Threads that encode the blocks of a reader.

    Args:
        reader: Gives the blocks.
        make_splitter: Makes what splits blocks, for each thread.
        longest: The most words of a sentence; None for no limit.
        counting: Takes token tables that have grown large.
        task: How many threads, and where ids go.
    """

    def __init__(
        self,
        reader: BlockReader,
        make_splitter: SplitterMaker,
        longest: int | None,
        counting: Counting,
        task: Task,
    ) -> None:
        self.tables: dict[int, TokenTable] = {}  # those in use
        self._reader = reader
        self._make_splitter = make_splitter
        self._longest = longest
        self._counting = counting
        self._threads = task.threads
        self._store = task.store
        self._lock = threading.Lock()
        self._begun = 0
        self._interrupted = False
        self._faults: list[tuple[int, Exception]] = []

    def run(self) -> None:
        """Encode all blocks; of several faults the first one is raised, whatever the threads did."""
        in_threads(self._threads, self._encode, self._interrupt)
        if self._reader.fault is not None:
            self._faults.append(self._reader.fault)
        if self._faults:
            raise min(self._faults, key=lambda fault: fault[0])[1]

    def _interrupt(self) -> None:
        """End at once; a fault only has no more blocks begun, as an earlier one may lie in those that were."""
        self._interrupted = True
        self._reader.stop()

    def _begin(self) -> tuple[int, TokenTable]:
        table = TokenTable()
        with self._lock:
            number = self._begun
            self._begun += 1
            self.tables[number] = table
        return number, table

    def _encode(self, _: int) -> None:
        splitter = self._make_splitter(lambda: self._interrupted)
        number, table = self._begin()
        for block in self._reader:
            try:
                ids, ends = splitter.encode(block, table)
            except InterruptedSplitError:
                return
            except Exception as error:
                self._reader.stop()
                self._faults.append((block.position, error))
                return
            if self._longest is not None:
                ends = cut_long(ends, len(ids), block.words_before, self._longest)
            self._store.append(EncodedBlock(block.position, number, ids, ends))
            if table.memory > self._counting.table_bytes:
                self._counting.put_aside(number, table)
                del self.tables[number]
                number, table = self._begin()


def encode_blocks(
    reader: BlockReader, make_splitter: SplitterMaker, options: TextOptions, name: str, task: Task
) -> Parts:
    """The corpus that the blocks make; ``name`` is what errors call all of it."""
    clean = Cleaning(options.errors_in_blocks, options.lower, name)
    with counting_for(task, clean) as counting:
        encoder = Encoder(reader, make_splitter, options.max_sentence_length, counting, task)
        encoder.run()
        vocabulary, numbers, raw_words = counting.finish(encoder.tables)
        return task.store.finish(numbers, vocabulary, raw_words)


def cut_long(ends: Ints, words: int, words_before: int, longest: int) -> Ints:
    """The ends of sentences in a block when lines are cut to sentences of at most so many words.

    Args:
        ends: How many of the block's words come before each line end, int64 (lines,).
        words: How many words the block has.
        words_before: How many words its first line has in the blocks before.
        longest: The most words of a sentence.
    """
    starts = np.concatenate([[-words_before], ends])
    stops = np.append(ends, words)
    cuts = [
        np.arange(start + longest, stop, longest)
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)
        if stop - start > longest
    ]
    if not cuts:
        return ends
    inside = np.concatenate(cuts)
    return np.sort(np.concatenate([ends, inside[inside >= 0]]))
