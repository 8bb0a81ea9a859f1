"""Encoded blocks, kept until it is known which id each token gets.

A door numbers tokens as it meets them and hands over block after block. When all are there it says what became of its
numbers, and the blocks become a corpus: in memory here, in a file in `disk`.
"""

from __future__ import annotations

import mmap
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from .._native import remap_ids
from ..threads import in_threads
from .vocabulary import Ids, Ints, KeysAt, NothingKeptError, Selection, Vocabulary

if TYPE_CHECKING:
    from .disk import OnDisk

BLOCK_TOKENS = 1 << 20
PAGES_BYTES = 8 << 20


@dataclass
class Encoded:
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


class Store(Protocol):
    """Where blocks wait until it is known which id each token gets."""

    def append(self, block: Encoded) -> None:
        """Take a block, whose ids change afterwards; threads may call this at once, in any order of blocks."""

    def finish(self, numbers: Sequence[Ids], vocabulary: Vocabulary, raw_words: int) -> Parts:
        """Make the corpus.

        numbers: for every table the id of each of its tokens, -1 for what is dropped.
        """
        ...


class MemoryStore:
    """Blocks in memory, where ids are held once."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._blocks: list[Encoded] = []
        self._pages = _Pages()

    def append(self, block: Encoded) -> None:
        """See `Store`."""
        block.ids = self._pages.copy(block.ids)
        self._blocks.append(block)

    def finish(self, numbers: Sequence[Ids], vocabulary: Vocabulary, raw_words: int) -> Parts:
        """See `Store`."""
        self._pages = _Pages()
        self._blocks.sort(key=lambda block: block.position)
        renumber(self._blocks, numbers, self._workers)
        return Parts(*join(self._blocks, self._workers), vocabulary, raw_words)


class _Pages(threading.local):
    """Memory for the ids of blocks, which the system has back as soon as all copies in it are dropped."""

    def __init__(self) -> None:
        self._free = np.empty(0, np.int32)

    def copy(self, ids: Ids) -> Ids:
        """A copy of these ids."""
        if len(self._free) < len(ids):
            self._free = _mapped(max(4 * len(ids), PAGES_BYTES))
        pages, self._free = self._free[: len(ids)], self._free[len(ids) :]
        pages[:] = ids
        return pages


def _mapped(size: int) -> Ids:
    if sys.platform == "win32":
        memory = mmap.mmap(-1, size)
    else:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, np.int32)


def _each(count: int, work: Callable[[int], None], workers: int) -> None:
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


def renumber(blocks: Sequence[Encoded], numbers: Sequence[Ids], workers: int) -> None:
    """Give the ids of every block their final numbers."""

    def work(index: int) -> None:
        block = blocks[index]
        block.ids = block.ids[: remap_ids(block.ids, numbers[block.table], block.ends)]

    _each(len(blocks), work, workers)


def join(blocks: list[Encoded], workers: int) -> tuple[Ids, Ints]:
    """All ids, and where sentences begin and end; empties ``blocks`` on the way, so that memory holds ids once."""
    words = np.cumsum([0, *(len(block.ids) for block in blocks)])
    sentences = np.cumsum([0, *(len(block.ends) for block in blocks)])
    ids, offsets = np.empty(words[-1], np.int32), np.zeros(sentences[-1] + 1, np.int64)

    def work(index: int) -> None:
        block = blocks[index]
        ids[words[index] : words[index + 1]] = block.ids
        offsets[sentences[index] + 1 : sentences[index + 1] + 1] = block.ends + words[index]
        block.ids, block.ends = block.ids[:0].copy(), block.ends[:0].copy()

    _each(len(blocks), work, workers)
    blocks.clear()
    return ids, offsets


# ---- doors with one numbering ----


class Feed:
    """Words on their way from a door that has one numbering and hands them over in order.

    Attributes:
        words: how many have come.
        sentences: how many have ended.
    """

    def __init__(self, store: Store) -> None:
        self.words = 0
        self.sentences = 0
        self._store = store
        self._counts = np.zeros(1024, np.int64)
        self._ids: list[Ids] = []
        self._ends: list[Ints] = []
        self._waiting = self._size = 0

    def add(self, ids: Ids, ends: Ints) -> None:
        """Take words, and how many of them come before each end of a sentence; the array must not change any more."""
        self._ids.append(ids)
        self._ends.append(ends + self._waiting)
        self._waiting += len(ids)
        self._size += len(ids) + len(ends)
        self.words += len(ids)
        self.sentences += len(ends)
        if self._size >= BLOCK_TOKENS:
            self._flush()

    def _flush(self) -> None:
        ids = np.concatenate(self._ids) if len(self._ids) > 1 else self._ids[0]
        for start in range(0, len(ids), BLOCK_TOKENS):  # as bincount makes eight bytes of every number
            self._count(ids[start : start + BLOCK_TOKENS])
        self._store.append(Encoded(self.words, 0, ids, np.concatenate(self._ends)))
        self._ids, self._ends = [], []
        self._waiting = self._size = 0

    def _count(self, ids: Ids) -> None:
        found = np.bincount(ids)
        if len(found) > len(self._counts):
            self._counts = np.concatenate([self._counts, np.zeros(len(found), np.int64)])
        self._counts[: len(found)] += found

    def finish(self, target: Selection | Vocabulary, keys_at: KeysAt, different: int, source: str) -> Parts:
        """Number the tokens as ``target`` says; the arguments are those of `Selection.number`.

        different: how many numbers were given.
        """
        if self._size:
            self._flush()
        if self.words == 0:
            raise NothingKeptError(f"{source}: there is no word in {'them' if source == 'sentences' else 'it'}")
        vocabulary, numbers = target.number(self._counts[:different], np.arange(different), keys_at, source)
        return self._store.finish([numbers], vocabulary, self.words)
