"""The words and labels of a text: counted, and found by their bytes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._native import KeyTable, TokenTable, list_words
from ..config import available_cpus
from ..io.formats.fasttext_parts import Dictionary
from ..signals import slices
from ..threads import in_threads

LABEL_PREFIX = b"__label__"
"""With which labels begin in a text."""

_PIECE = 1 << 18  # bytes of text that are split at once: a few milliseconds
_MOST_THREADS = 4


@dataclass(frozen=True)
class Limits:
    """Which words and labels are kept.

    Attributes:
        min_count: Words that occur less often are left out.
        min_count_label: The same of labels.
        prefix: With which labels begin.
    """

    min_count: int = 1
    min_count_label: int = 0
    prefix: bytes = LABEL_PREFIX


def counted(source: Iterator[bytes], limits: Limits, threads: int | None = None) -> Dictionary:
    """Count the words and labels of a text; words are split as fastText does, and the end of each line is ``</s>``.

    The most frequent ones come first, of equally frequent ones the one that occurs first; labels stand behind words.

    Args:
        source: Pieces of a text in UTF-8, each of which ends with white space, as `lines.blocks` gives them.
        limits: What is kept.
        threads: Default None: a few.

    Raises:
        OverflowError: There are 2**31 different words or more.
    """
    pieces = _Numbered(source)
    count = threads or min(available_cpus(), _MOST_THREADS)
    tables = [TokenTable() for _ in range(count)]

    def work(thread: int) -> None:
        words, ids = np.empty(0, np.uint8), np.empty(0, np.int32)
        while (piece := pieces.next()) is not None:
            position, data = piece
            for part in _parts(data):
                if len(words) <= 5 * len(part):
                    words = np.empty(5 * len(part) + 1, np.uint8)
                used = list_words(part, words)
                found = int(np.count_nonzero(words[:used] == 0))
                if len(ids) < found:
                    ids = np.empty(2 * found, np.int32)
                tables[thread].add(words[:used].data, None, None, position, ids[:found])
                position += len(part)
                if pieces.stopped:
                    return

    in_threads(count, work, pieces.stop)
    table = tables[0]
    for other in tables[1:]:
        table.merge(other, np.empty(len(other) + 1, np.int32))
    return _kept(table, limits)


class _Numbered:
    """Pieces of a text with the number of bytes before each, for several threads."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self.stopped = False
        self._source = source
        self._position = 0
        self._lock = threading.Lock()

    def next(self) -> tuple[int, bytes] | None:
        with self._lock:
            data = None if self.stopped else next(self._source, None)
            if data is None:
                return None
            self._position += len(data)
            return self._position - len(data), data

    def stop(self) -> None:
        self.stopped = True


def _parts(data: bytes) -> Iterator[memoryview]:
    """Pieces of a text, each of which ends with a line or is the last."""
    view, begin = memoryview(data), 0
    while begin < len(data):
        end = data.find(b"\n", begin + _PIECE) + 1 or len(data)
        yield view[begin:end]
        begin = end


def _kept(table: TokenTable, limits: Limits) -> Dictionary:
    """The dictionary of what was counted, without what is too rare."""
    count = len(table)
    counts, firsts = np.empty(count + 1, np.int64), np.empty(count + 1, np.int64)
    table.counts(counts, firsts)
    counts, firsts = counts[:count], firsts[:count]
    tokens = int(counts.sum())
    data = np.frombuffer(table.list(np.arange(count, dtype=np.int32)), np.uint8)
    ends = np.flatnonzero(data == 0)
    begins = np.concatenate(([0], ends[:-1] + 1)) if count else ends
    is_label = _begin_with(data, begins, ends, limits.prefix)
    stays = counts >= np.where(is_label, limits.min_count_label, limits.min_count)
    order = np.lexsort((firsts, -counts, is_label))
    order = order[stays[order]]
    lengths = (ends - begins)[order]
    offsets = np.zeros(len(order) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    names = np.empty(int(offsets[-1]), np.uint8)
    for part in slices(len(order)):
        first, last = int(offsets[part.start]), int(offsets[part.stop])
        places = np.arange(first, last) + np.repeat(begins[order[part]] - offsets[part], lengths[part])
        names[first:last] = data[places]
    words = int(len(order) - np.count_nonzero(is_label[order]))
    return Dictionary(names, offsets, words, counts[order], tokens)


def _begin_with(
    data: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64], prefix: bytes
) -> NDArray[np.bool_]:
    """Which of the names data[begins[i]:ends[i]] begin with ``prefix``."""
    found = ends - begins >= len(prefix)
    for place, byte in enumerate(prefix):
        found[found] = data[begins[found] + place] == byte
    return found


def key_table(dictionary: Dictionary) -> KeyTable:
    """A table that finds the number of each name, words first.

    Raises:
        ValueError: A name is there twice.
    """
    count = len(dictionary)
    slots = np.zeros(1 << (2 * count).bit_length(), np.uint64)
    table = KeyTable(dictionary.data, dictionary.offsets, slots, int.from_bytes(os.urandom(8), "little"))
    for part in slices(count):
        twice = table.enter(part.start, part.stop)
        if twice is not None:
            name = bytes(dictionary.data[dictionary.offsets[twice[0]] : dictionary.offsets[twice[0] + 1]])
            raise ValueError(f"the name {name.decode('utf-8', 'replace')!r} is in the dictionary twice")
    return table


def names_of(dictionary: Dictionary, rows: Sequence[int]) -> list[bytes]:
    """The names with these numbers."""
    data, offsets = dictionary.data, dictionary.offsets
    return [data[offsets[row] : offsets[row + 1]].tobytes() for row in rows]
