"""A corpus made on disk: blocks wait in a temporary file, and memory holds a few of them at a time."""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import BufferedRandom
from typing import NamedTuple, Self

import numpy as np

from .._native import remap_ids
from ..io.atomic import StrPath
from .blocks import EncodedBlock, Parts
from .corpus_file import PART_TOKENS, Layout, Region, naming, open_corpus, require_folder, write_corpus_file
from .mapped import OnDisk
from .vocabulary import Ids, Ints, Vocabulary


class _Waiting(NamedTuple):
    """A block in the temporary file."""

    position: int
    table: int
    start: int
    ids: int
    ends: int


class DiskStore:
    """A `BlockStore` whose blocks wait in a temporary file and become a corpus file. Memory holds a few at a time.

    Args:
        path: The file to make.
        source: What it is made from, for `open_cached`.
    """

    def __init__(self, path: StrPath, source: str = "") -> None:
        self._path = os.fspath(path)
        self._source = source
        self._folder = require_folder(self._path)
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()
        self._file = _nameless_file(self._folder)
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # that of a full disk, again
            self._file.close()

    def append(self, block: EncodedBlock) -> None:
        """See `BlockStore`."""
        with self._lock, naming(self._folder):
            self._waiting.append(_Waiting(block.position, block.table, self._end, len(block.ids), len(block.ends)))
            for array in (block.ids, block.ends):
                self._file.write(np.ascontiguousarray(array).view(np.uint8).data)
                self._end += array.nbytes

    def finish(self, numbers: Sequence[Ids], vocabulary: Vocabulary, raw_words: int) -> Parts:
        """See `BlockStore`."""
        self._waiting.sort()
        metadata = {"raw_words": str(raw_words), "source": self._source}
        sentences = sum(block.ends for block in self._waiting)
        layout = Layout(sentences, vocabulary, raw_words, metadata)
        write_corpus_file(self._path, layout, self._numbered(numbers))
        self._file.close()
        return open_corpus(self._path, verify=False)

    def _numbered(self, numbers: Sequence[Ids]) -> Iterator[tuple[Ids, Ints]]:
        yield np.empty(0, np.int32), np.zeros(1, np.int64)
        token = 0
        for block in self._waiting:
            self._file.seek(block.start)
            ids, ends = np.empty(block.ids, np.int32), np.empty(block.ends, np.int64)
            for array in (ids, ends):
                self._file.readinto(array.view(np.uint8).data)
            ids = ids[: remap_ids(ids, numbers[block.table], ends)]
            yield ids, ends + token
            token += len(ids)


def _nameless_file(folder: str) -> BufferedRandom:
    """A file without a name, which goes when it is closed and no longer mapped."""
    return tempfile.TemporaryFile(dir=folder)


def renumber_on_disk(parts: Parts, numbers: Ids, vocabulary: Vocabulary, part_tokens: int = PART_TOKENS) -> Parts:
    """A corpus with numbers[id] in the place of every id; ids with a negative number are left out.

    The corpus given is one on disk, and so is the result: in a file without a name, which goes when it is not used
    any more, beside the other, or in the folder for temporary files where that cannot be.
    """
    ids, offsets, _, raw_words, on_disk, _ = parts
    assert on_disk is not None
    on_disk.checked()

    def pieces() -> Iterator[tuple[Ids, Ints]]:
        kept = done = 0
        for start in range(0, len(ids), part_tokens):
            part = ids[start : start + part_tokens].copy()
            is_last = start + len(part) == len(ids)
            end = len(offsets) if is_last else int(np.searchsorted(offsets, start + len(part)))
            places = offsets[done:end] - start
            count = remap_ids(part, numbers, places)
            yield part[:count], places + kept
            kept += count
            done = end

    made = map_pieces(on_disk, len(offsets), pieces(), len(vocabulary))
    return Parts(*made[:2], vocabulary, raw_words, made[2])


def map_pieces(
    source: OnDisk, offsets: int, pieces: Iterable[tuple[Ids, Ints]], words: int
) -> tuple[Ids, Ints, OnDisk]:
    """Ids and offsets mapped from a file without a name, which goes when it is not used any more.

    It is beside the source, or in the folder for temporary files where that cannot be.

    Args:
        source: What the pieces are made from; its pages are given back after each.
        offsets: How many offsets there will be.
        pieces: Some ids, and some offsets.
        words: The size of the vocabulary that the ids are of.
    """
    folder = os.path.dirname(os.path.realpath(source.path))
    folder = folder if os.access(folder, os.W_OK) else tempfile.gettempdir()
    with _nameless_file(folder) as file, naming(folder):
        to_offsets, to_ids = Region(file, 0), Region(file, 8 * offsets)
        for some_ids, some_offsets in pieces:
            to_ids.write(some_ids)
            to_offsets.write(some_offsets)
            source.release()
        file.flush()
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    count = (to_ids.end - to_ids.start) // 4
    made_offsets = np.frombuffer(memory, np.int64, offsets)
    made_ids = np.frombuffer(memory, np.int32, count, to_ids.start if count else 0)
    return made_ids, made_offsets, OnDisk(source.path, made_ids, made_offsets, words)
