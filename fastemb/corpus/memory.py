"""Blocks that wait in memory, where ids are held once."""

from __future__ import annotations

import mmap
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._native import remap_ids
from ..signals import deliver
from ..threads import in_threads
from .blocks import EncodedBlock, Parts
from .vocabulary import Ids, Ints, Vocabulary

PAGES_BYTES = 8 << 20
_SHORT = 1 << 16


class MemoryStore:
    """Blocks in memory, where ids are held once."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._blocks: list[EncodedBlock] = []
        self._pages = _Pages()

    def append(self, block: EncodedBlock) -> None:
        """See `BlockStore`."""
        ids = self._pages.room(4 * len(block.ids)).view(np.int32)
        ids[:] = block.ids
        block.ids = ids
        self._blocks.append(block)

    def finish(self, numbers: Sequence[Ids], vocabulary: Vocabulary, raw_words: int) -> Parts:
        """See `BlockStore`."""
        self._pages = _Pages()
        self._blocks.sort(key=lambda block: block.position)
        _number_blocks(self._blocks, numbers, self._workers)
        return Parts(*join_blocks(self._blocks, self._workers), vocabulary, raw_words)


@dataclass(frozen=True)
class _ShortBlock:
    """A block of ids, in two bytes each where most are below 2**16.

    Attributes:
        table: As in `EncodedBlock`.
        ends: As in `EncodedBlock`.
        low: The last 16 bits of each id; the whole ids where many are longer.
        places: Where longer ids are, of which ``low`` has 16 bits.
        long: These ids.
    """

    table: int
    ends: Ints
    low: NDArray[np.uint16] | Ids
    places: Ids
    long: Ids

    @classmethod
    def of(cls, block: EncodedBlock, pages: _Pages) -> _ShortBlock:
        """The same ids, in these pages."""
        ids = block.ids
        places = np.flatnonzero(ids >= _SHORT).astype(np.int32)
        low: NDArray[np.uint16] | Ids
        if len(places) > len(ids) // 4:  # a place and its id take eight bytes
            low, places = pages.room(4 * len(ids)).view(np.int32), places[:0].copy()
        else:
            low = pages.room(2 * len(ids)).view(np.uint16)
        np.copyto(low, ids, casting="unsafe")
        return cls(block.table, block.ends, low, places, ids.take(places))

    def copy_to(self, ids: Ids) -> None:
        """Write the ids there."""
        ids[:] = self.low
        ids.put(self.places, self.long)


class ShortStore:
    """Blocks in memory, which come in their order; most ids take two bytes while they wait, as those of lists do."""

    def __init__(self) -> None:
        self._blocks: deque[_ShortBlock] = deque()
        self._pages = _Pages()

    def append(self, block: EncodedBlock) -> None:
        """See `BlockStore`."""
        self._blocks.append(_ShortBlock.of(block, self._pages))

    def finish(self, numbers: Sequence[Ids], vocabulary: Vocabulary, raw_words: int) -> Parts:
        """See `BlockStore`."""
        self._pages = _Pages()
        sentences = sum(len(block.ends) for block in self._blocks)
        ids = np.empty(sum(len(block.low) for block in self._blocks), np.int32)
        offsets = np.zeros(sentences + 1, np.int64)
        words = ended = 0
        place = ids[:0]
        while self._blocks:
            block = self._blocks.popleft()  # its memory is needed no more
            place = ids[words : words + len(block.low)]
            block.copy_to(place)
            ends = block.ends
            kept = remap_ids(place, numbers[block.table], ends)
            offsets[ended + 1 : ended + 1 + len(ends)] = ends + words
            words, ended = words + kept, ended + len(ends)
            deliver()
        del place
        ids.resize(words, refcheck=False)  # in place: what is left over is given back
        return Parts(ids, offsets, vocabulary, raw_words)


class _Pages(threading.local):
    """Memory for the ids of blocks. The system gets a page back as soon as all ids in it are dropped."""

    def __init__(self) -> None:
        self._free = np.empty(0, np.uint8)

    def room(self, size: int) -> NDArray[np.uint8]:
        """So many bytes."""
        whole = -(-size // 4) * 4  # what follows is aligned
        if len(self._free) < whole:
            self._free = _huge_pages(max(whole, PAGES_BYTES))
        pages, self._free = self._free[:size], self._free[whole:]
        return pages


def _huge_pages(size: int) -> NDArray[np.uint8]:
    if sys.platform == "win32":
        memory = mmap.mmap(-1, size)
    else:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, np.uint8)


def _share_out(count: int, work: Callable[[int], None], workers: int) -> None:
    """Call work(0) ... work(count - 1), each once, in some threads."""
    todo = iter(range(count))
    lock = threading.Lock()
    stopped = threading.Event()

    def work_on(_: int) -> None:
        while not stopped.is_set():
            with lock:
                index = next(todo, None)
            if index is None:
                return
            work(index)

    in_threads(workers, work_on, stopped.set)


def _number_blocks(blocks: Sequence[EncodedBlock], numbers: Sequence[Ids], workers: int) -> None:
    """Give the ids of every block their final numbers."""

    def work(index: int) -> None:
        block = blocks[index]
        block.ids = block.ids[: remap_ids(block.ids, numbers[block.table], block.ends)]

    _share_out(len(blocks), work, workers)


def join_blocks(blocks: list[EncodedBlock], workers: int) -> tuple[Ids, Ints]:
    """All ids, and where sentences begin and end; empties ``blocks`` on the way, so that memory holds ids once."""
    words = np.cumsum([0, *(len(block.ids) for block in blocks)])
    sentences = np.cumsum([0, *(len(block.ends) for block in blocks)])
    ids, offsets = np.empty(words[-1], np.int32), np.zeros(sentences[-1] + 1, np.int64)

    def work(index: int) -> None:
        block = blocks[index]
        ids[words[index] : words[index + 1]] = block.ids
        offsets[sentences[index] + 1 : sentences[index + 1] + 1] = block.ends + words[index]
        block.ids, block.ends = block.ids[:0].copy(), block.ends[:0].copy()

    _share_out(len(blocks), work, workers)
    blocks.clear()
    return ids, offsets


def renumber_in_place(ids: Ids, offsets: Ints, numbers: Ids) -> tuple[Ids, Ints]:
    """Put numbers[id] in the place of every id, and leave out those with a negative number.

    Works in the arrays that are given, int32 (words,) and int64 (sentences + 1,).
    """
    kept = remap_ids(ids, numbers, offsets)
    return (ids if kept == len(ids) else ids[:kept].copy()), offsets
