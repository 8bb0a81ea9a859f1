"""Text files: blocks, read one after the other and encoded side by side.

Every thread has a token table of its own; in the end the tables are merged, tokens are numbered by falling count, and
the ids of each block are renumbered. Which thread takes which block leaves no trace in the result.
"""

from __future__ import annotations

import codecs
import mmap
import os
import re
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from .._native import BadTextError, TokenTable, count_lines, remap_ids
from .vocabulary import Ids, Ints, Selection, Vocabulary, check_whole

BLOCK_BYTES = 1 << 20
MAX_THREADS = 8  # each has a table of its own, so memory grows with them
INVALID_UTF8 = 'invalid UTF-8; convert it, or read it with Corpus.from_file(path, unicode_errors="replace")'

_POLL_SECONDS = 0.1
_CUT_AT = b" \t\r\v\f\x1c\x1d\x1e\x1f"  # the white space of one byte that ends no line
_START_BYTES = 8  # enough to tell what a file is
_COMPRESSED = {
    "gzip": rb"\x1f\x8b",
    "bzip2": rb"BZh[1-9]1AY&",
    "xz": rb"\xfd7zXZ\x00",
    "zstd": rb"\x28\xb5\x2f\xfd",
    "zip": rb"PK\x03\x04",
}


@dataclass
class Block:
    """A piece of the file, and how much of the file comes before it."""

    data: bytes
    position: int
    lines_before: int
    lines: int


@dataclass
class Encoded:
    """A block's token ids in the table of its thread, and the number of ids before each of its line ends."""

    position: int
    thread: int
    ids: Ids
    ends: Ints


class Reader:
    """Blocks of a file, for any number of threads; `stop` ends the supply."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        self.path = path
        self.stopped = False
        self.in_line = False  # what was read last is a line without its end
        self._file = file
        self._lock = threading.Lock()
        self._tail = _without_mark(file.read(_START_BYTES), path)
        self._position = 0
        self._lines = 0

    def __iter__(self) -> Iterator[Block]:
        while (block := self._next()) is not None:
            yield block

    def stop(self) -> None:
        """Hand out no more blocks."""
        self.stopped = True

    def _next(self) -> Block | None:
        with self._lock:
            data = b"" if self.stopped else self._cut_block()
            if not data:
                return None
            block = Block(data, self._position, self._lines, count_lines(data))
            self._position += len(data)
            self._lines += block.lines
            self.in_line = not data.endswith(b"\n")
            return block

    def _cut_block(self) -> bytes:
        pieces = [self._tail]
        self._tail = b""
        while fresh := self._file.read(BLOCK_BYTES):
            cut = _last_cut(fresh)
            if cut or self.stopped:
                self._tail = fresh[cut:]
                pieces.append(fresh[:cut])
                break
            pieces.append(fresh)
        return b"".join(pieces)


def _without_mark(start: bytes, path: str) -> bytes:
    """The start of a file without a byte order mark; an error when this is no UTF-8 text."""
    for name, magic in _COMPRESSED.items():
        if re.match(magic, start):
            raise ValueError(f"{path}: this is a {name} file, decompress it first")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError(f"{path}: this is UTF-16 or UTF-32 text, convert it to UTF-8 first")
    return start.removeprefix(codecs.BOM_UTF8)


def _last_cut(data: bytes) -> int:
    """The end of the last line, or else of the last white space; 0 when there is none."""
    cut = data.rfind(b"\n") + 1
    for space in _CUT_AT:
        cut = cut or data.rfind(space) + 1
    return cut


class Encoder:
    """The threads' token tables and the blocks that they encoded."""

    def __init__(self, reader: Reader, strict: bool, workers: int) -> None:
        self.tables = [TokenTable() for _ in range(workers)]
        self.blocks: list[Encoded] = []
        self._reader = reader
        self._strict = strict
        self._bad: list[tuple[int, str]] = []

    def run(self) -> None:
        """Encode the whole file; of several faults in the text the first one is raised, whatever the threads did."""
        in_threads(len(self.tables), self._encode, self._reader.stop)
        if self._bad:
            raise ValueError(min(self._bad)[1])
        self.blocks.sort(key=lambda block: block.position)

    def _encode(self, thread: int) -> None:
        table = self.tables[thread]
        scratch = np.empty(0, np.int32)
        for block in self._reader:
            room = (len(block.data) + 1) // 2
            if len(scratch) < room:
                scratch = np.empty(room, np.int32)
            ends = np.empty(block.lines + 1, np.int64)
            try:
                count = table.read(block.data, block.position, self._strict, scratch, ends)
            except BadTextError as error:
                self._fail(block, error)
                return
            self.blocks.append(Encoded(block.position, thread, _given_back(scratch[:count]), ends[:-1]))

    def _fail(self, block: Block, error: BadTextError) -> None:
        self._reader.stop()
        line = block.lines_before + block.data.count(b"\n", 0, error.offset) + 1
        what = "NUL byte: this is a binary file, or text that is not UTF-8" if error.nul else INVALID_UTF8
        self._bad.append((block.position + error.offset, f"{self._reader.path}, line {line}: {what}"))


def _given_back(ids: Ids) -> Ids:
    """A copy in pages of its own, which the system has back as soon as the copy is dropped."""
    if not len(ids):
        return ids.copy()
    if sys.platform == "win32":
        memory = mmap.mmap(-1, ids.nbytes)
    else:
        memory = mmap.mmap(-1, ids.nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    pages = np.frombuffer(memory, np.int32)
    pages[:] = ids
    return pages


def in_threads(count: int, work: Callable[[int], None], stop: Callable[[], None]) -> None:
    """Call work(0) ... work(count - 1) in threads of their own; when one fails, call `stop` and raise its error.

    A single one is called in this thread, where Ctrl-C also ends a read that waits for the writer of a pipe.
    """
    if count == 1:
        work(0)
        return
    with ThreadPoolExecutor(count) as pool:
        try:
            pending = {pool.submit(work, index) for index in range(count)}
            while pending:
                # with a timeout, as Ctrl-C would else have to wait for the threads on some systems
                done, pending = wait(pending, _POLL_SECONDS, FIRST_EXCEPTION)
                for future in done:
                    future.result()
        except BaseException:
            stop()
            raise


def merge_tables(tables: list[TokenTable]) -> tuple[TokenTable, list[Ids]]:
    """One table of all tokens, and for each table where its tokens went; empties ``tables`` to free each early."""
    whole = tables.pop(0)
    places = [np.arange(len(whole), dtype=np.int32)]
    while tables:
        table = tables.pop(0)
        place = np.empty(len(table) + 1, np.int32)
        whole.merge(table, place)
        places.append(place[:-1])
    return whole, places


def table_tokens(table: TokenTable, indices: Ids, errors: str) -> list[str]:
    """The tokens at these indices."""
    return table.list(indices).decode("utf-8", errors).split("\0")[:-1]


def table_counts(table: TokenTable) -> tuple[Ints, Ints]:
    """How often each token was read, and where it was first."""
    counts, first = np.empty(len(table) + 1, np.int64), np.empty(len(table) + 1, np.int64)
    table.counts(counts, first)
    return counts[:-1], first[:-1]


@dataclass
class Decoded:
    """Tokens that are equal once their invalid bytes are replaced or ignored, taken together.

    places: for every token of the table its place here, -1 where nothing is left of it.
    """

    keys: list[str]
    counts: Ints
    first: Ints
    places: Ids

    def keys_at(self, indices: Ids) -> list[str]:
        """The keys at these places."""
        return [self.keys[index] for index in indices.tolist()]


def decode_together(table: TokenTable, errors: str) -> Decoded:
    """The tokens of a table that was not read strictly."""
    counts, first = table_counts(table)
    place_of: dict[str, int] = {}
    tokens = table_tokens(table, np.arange(len(table), dtype=np.int32), errors)
    places = np.fromiter((place_of.setdefault(t, len(place_of)) if t else -1 for t in tokens), np.int32, len(tokens))
    kept = places >= 0
    counts_here = np.zeros(len(place_of), np.int64)
    np.add.at(counts_here, places[kept], counts[kept])
    first_here = np.full(len(place_of), np.iinfo(np.int64).max)
    np.minimum.at(first_here, places[kept], first[kept])
    return Decoded(list(place_of), counts_here, first_here, places)


def number_tokens(
    table: TokenTable, target: Selection | Vocabulary, errors: str, path: str
) -> tuple[Vocabulary, Ids, int]:
    """The vocabulary, the id of every token of the table or -1, and how many tokens were read."""
    if errors == "strict":
        counts, first = table_counts(table)
        _require_words(len(counts), path)
        vocabulary, ids = target.number(counts, first, lambda indices: table_tokens(table, indices, errors), path)
        return vocabulary, ids, int(counts.sum())
    decoded = decode_together(table, errors)
    _require_words(len(decoded.keys), path)
    vocabulary, ids = target.number(decoded.counts, decoded.first, decoded.keys_at, path)
    # the -1 of a place is the last of these
    return vocabulary, np.append(ids, np.int32(-1))[decoded.places], int(decoded.counts.sum())


def _require_words(count: int, path: str) -> None:
    if count == 0:
        raise ValueError(f"{path}: there is no word in it")


def renumber(blocks: Sequence[Encoded], places: Sequence[Ids]) -> None:
    """Give the ids of every block their final numbers, in as many threads as there are places."""
    todo = iter(range(len(blocks)))
    lock = threading.Lock()
    stopped = threading.Event()

    def work(_: int) -> None:
        while not stopped.is_set():
            with lock:
                index = next(todo, None)
            if index is None:
                return
            block = blocks[index]
            block.ids = block.ids[: remap_ids(block.ids, places[block.thread], block.ends)]

    in_threads(len(places), work, stopped.set)


def join(blocks: list[Encoded], in_line: bool) -> tuple[Ids, Ints]:
    """All ids, and where sentences begin and end; empties ``blocks`` on the way, so that memory holds ids once."""
    ids = np.empty(sum(len(block.ids) for block in blocks), np.int32)
    offsets = np.zeros(1 + sum(len(block.ends) for block in blocks) + in_line, np.int64)
    token, line = 0, 1
    blocks.reverse()
    while blocks:
        block = blocks.pop()
        ids[token : token + len(block.ids)] = block.ids
        offsets[line : line + len(block.ends)] = block.ends + token
        token += len(block.ids)
        line += len(block.ends)
    offsets[line:] = token
    return ids, offsets


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, int]]:
    """The file and how many blocks it has; a pipe has one."""
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        yield file, status.st_size // BLOCK_BYTES + 1 if stat.S_ISREG(status.st_mode) else 1


def read_text(
    path: str | os.PathLike[str], target: Selection | Vocabulary, workers: int, errors: str
) -> tuple[Ids, Ints, Vocabulary, int]:
    """Ids, offsets, vocabulary and number of words read; the arguments and errors are those of `Corpus.from_file`."""
    if errors not in ("strict", "replace", "ignore"):
        raise ValueError(f'unicode_errors must be "strict", "replace" or "ignore": {errors!r}')
    check_whole("workers", workers, 1)
    name = os.fspath(path)
    with _opened(path) as (file, block_count):
        reader = Reader(file, name)
        encoder = Encoder(reader, errors == "strict", min(workers, block_count, MAX_THREADS))
        encoder.run()
    table, places = merge_tables(encoder.tables)
    vocabulary, numbers, raw_words = number_tokens(table, target, errors, name)
    blocks = encoder.blocks
    del encoder, table
    renumber(blocks, [numbers[place] for place in places])
    return *join(blocks, reader.in_line), vocabulary, raw_words
