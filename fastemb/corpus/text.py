"""Text files: blocks, read one after the other and encoded side by side.

Every thread has a token table of its own; in the end the tables are merged, tokens are numbered by falling count, and
the ids of each block are renumbered. Which thread takes which block leaves no trace in the result.

Where a vocabulary may be no larger than so much, a table that has grown large is put aside (see `spill`) and the thread
begins another.
"""

from __future__ import annotations

import mmap
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np

from .._native import BadTextError, TokenTable, count_lines, count_words, lower_ascii, remap_ids
from .counting import Cleaning, Counting, counting_for
from .sources import UTF8, Source, check_encoding, find_sources, open_stream
from .tokens import Tokenize, by_pattern, by_tokenizer, joined
from .vocabulary import Ids, Ints, Selection, Vocabulary, check_whole

BLOCK_BYTES = 1 << 20
PAGES_BYTES = 8 << 20
MAX_THREADS = 8  # each has a table of its own, so memory grows with them
POSITIONS_A_BYTE = 1 << 10  # more tokens than this no tokenizer makes of a byte
INVALID_UTF8 = (
    'invalid UTF-8; name its encoding, as with Corpus.from_file(path, encoding="latin-1"), or read it with '
    'unicode_errors="replace"'
)
NUL_BYTE = "NUL byte: this is a binary file, or text that is not UTF-8"

_POLL_SECONDS = 0.1
_CUT_AT = b" \t\r\v\f\x1c\x1d\x1e\x1f"  # the white space of one byte that ends no line


@dataclass(frozen=True)
class TextOptions:
    """How text becomes sentences of tokens; see `Corpus.from_file`."""

    encoding: str = UTF8
    unicode_errors: str = "strict"
    lower: bool = False
    token_pattern: str | re.Pattern[str] | None = None
    tokenizer: Any = None
    max_sentence_length: int | None = None

    def checked(self) -> Self:
        """These options with the encoding's own name.

        Raises:
            ValueError: one makes no sense, or would be ignored.
            TypeError: one is of another type.
        """
        if self.unicode_errors not in ("strict", "replace", "ignore"):
            raise ValueError(f'unicode_errors must be "strict", "replace" or "ignore": {self.unicode_errors!r}')
        if self.token_pattern is not None and self.tokenizer is not None:
            raise ValueError("give either token_pattern or tokenizer, not both")
        if self.max_sentence_length is not None:
            check_whole("max_sentence_length", self.max_sentence_length, 1)
        return replace(self, encoding=check_encoding(self.encoding))

    @property
    def needs_lines(self) -> bool:
        """Whether lines must be whole to be split."""
        return self.token_pattern is not None or self.tokenizer is not None

    @property
    def errors_in_blocks(self) -> str:
        """How to take invalid UTF-8 that is still there once text is read."""
        return self.unicode_errors if self.encoding == UTF8 else "strict"

    def tokenize(self) -> Tokenize | None:
        """The function that makes tokens of lines; None when that is white space's task."""
        if self.token_pattern is not None:
            return by_pattern(self.token_pattern)
        return None if self.tokenizer is None else by_tokenizer(self.tokenizer)


@dataclass
class Block:
    """A piece of the text; its last line may go on in the next.

    Attributes:
        source: the name of the file.
        position: the bytes of all files before it.
        lines_before: the line ends of this file before it.
        lines: those in it.
        words_before: words of its first line before it; counted only when sentences have a largest length.
    """

    data: bytes
    source: str
    position: int
    lines_before: int
    lines: int
    words_before: int

    def error(self, offset: int, what: str) -> ValueError:
        """What is wrong at this byte."""
        line = self.lines_before + self.data.count(b"\n", 0, offset) + 1
        return ValueError(f"{self.source}, line {line}: {what}")


@dataclass
class Encoded:
    """A block's token ids in the table of this number, and the number of ids before each end of a sentence."""

    position: int
    table: int
    ids: Ids
    ends: Ints


class Reader:
    """Blocks of files, for any number of threads; every line ends, the last one of a file too.

    Attributes:
        fault: what went wrong in reading, and the bytes before it.
    """

    def __init__(self, sources: Sequence[Source], options: TextOptions) -> None:
        self.fault: tuple[int, Exception] | None = None
        self._sources = iter(sources)
        self._options = options
        self._stopped = False
        self._lock = threading.Lock()
        self._opened = ExitStack()
        self._name = ""
        self._pieces: Iterator[bytes] | None = None  # of the file that is open
        self._tail = b""
        self._position = self._lines = self._words = 0
        self._in_line = False  # what was handed out last is a line without its end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def __iter__(self) -> Iterator[Block]:
        while (block := self._next()) is not None:
            yield block

    def stop(self) -> None:
        """Hand out no more blocks."""
        self._stopped = True

    def _next(self) -> Block | None:
        with self._lock:
            try:
                while not self._stopped and (self._pieces is not None or self._open_next()):
                    data = self._cut_block()
                    if data:
                        return self._block(data)
            except Exception as error:
                self._stopped = True
                self.fault = self._position, error
            return None

    def _open_next(self) -> bool:
        self._opened.close()
        source = next(self._sources, None)
        if source is None:
            return False
        stream = open_stream(source, self._options.encoding, self._options.unicode_errors, BLOCK_BYTES)
        self._pieces = self._opened.enter_context(stream)
        self._name = source.name
        self._lines = self._words = 0
        return True

    def _cut_block(self) -> bytes:
        """The next lines, or a part of one where it is long; at the end of a file the rest, which may be nothing."""
        pieces = [self._tail]
        self._tail = b""
        while fresh := self._read():
            cut = _last_cut(fresh, self._options.needs_lines)
            if cut or self._stopped:
                self._tail = fresh[cut:]
                pieces.append(fresh[:cut])
                return b"".join(pieces)
            pieces.append(fresh)
        self._pieces = None
        rest = b"".join(pieces)
        return rest if rest.endswith(b"\n") or not (rest or self._in_line) else rest + b"\n"

    def _read(self) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in self._pieces or ():
            pieces.append(piece)
            size += len(piece)
            if size >= BLOCK_BYTES:
                break
        return b"".join(pieces)

    def _block(self, data: bytes) -> Block:
        block = Block(data, self._name, self._position, self._lines, count_lines(data), self._words)
        self._position += len(data)
        self._lines += block.lines
        self._in_line = not data.endswith(b"\n")
        if self._options.max_sentence_length is not None:
            last = data.rfind(b"\n") + 1
            self._words = (0 if last else self._words) + count_words(memoryview(data)[last:])
        return block


def _last_cut(data: bytes, only_lines: bool) -> int:
    """The end of the last line, or else of the last white space; 0 when there is none."""
    cut = data.rfind(b"\n") + 1
    if not only_lines:
        for space in _CUT_AT:
            cut = cut or data.rfind(space) + 1
    return cut


# ---- blocks to ids ----


class _BySpace:
    """Splits blocks at white space."""

    def __init__(self, options: TextOptions) -> None:
        self._lower = options.lower
        self._strict = options.errors_in_blocks == "strict"
        self._scratch = np.empty(0, np.int32)

    def encode(self, block: Block, table: TokenTable) -> tuple[Ids, Ints]:
        """The block's ids in this table, which hold until the next call, and how many come before each line end."""
        room = (len(block.data) + 1) // 2
        if len(self._scratch) < room:
            self._scratch = np.empty(room, np.int32)
        ends = np.empty(block.lines + 1, np.int64)
        data = lower_ascii(block.data) if self._lower else block.data
        try:
            count = table.read(data, block.position, self._strict, self._scratch, ends)
        except BadTextError as error:
            raise block.error(error.offset, NUL_BYTE if error.nul else INVALID_UTF8) from None
        return self._scratch[:count], ends[:-1]


class _ByTokenizer:
    """Has the tokens of lines made by a function, which is called by one thread at a time."""

    def __init__(self, options: TextOptions, tokenize: Tokenize, lock: threading.Lock) -> None:
        self._options = options
        self._tokenize = tokenize
        self._lock = lock

    def encode(self, block: Block, table: TokenTable) -> tuple[Ids, Ints]:
        """See `_BySpace`."""
        tokens, lengths = self._tokens(block, self._lines(block))
        ids = np.empty(sum(lengths), np.int32)
        table.add(tokens, None, None, block.position * POSITIONS_A_BYTE, ids)
        return ids, np.cumsum(lengths, dtype=np.int64)

    def _lines(self, block: Block) -> list[str]:
        try:
            text = block.data.decode("utf-8", self._options.errors_in_blocks)
        except UnicodeDecodeError as error:
            raise block.error(error.start, INVALID_UTF8) from None
        if "\0" in text:
            raise block.error(block.data.index(b"\0"), NUL_BYTE)
        if self._options.lower:
            text = text.lower()
        return text.replace("\r\n", "\n").split("\n")[:-1]

    def _tokens(self, block: Block, lines: list[str]) -> tuple[bytes, list[int]]:
        with self._lock:
            try:
                return self._encoded(lines)
            except Exception as error:
                error.add_note(f"{block.source}, line {block.lines_before + 1 + self._failing(lines)}")
                raise

    def _encoded(self, lines: list[str]) -> tuple[bytes, list[int]]:
        tokens, lengths = joined(self._tokenize(lines))
        try:
            return tokens.encode(), lengths
        except UnicodeEncodeError as error:
            raise ValueError(f"the tokenizer made half a character: {tokens[error.start]!r}") from None

    def _failing(self, lines: list[str]) -> int:
        for index, line in enumerate(lines):
            try:
                self._encoded([line])
            except Exception:
                return index
        return 0


def cut_long(ends: Ints, words: int, words_before: int, longest: int) -> Ints:
    """The ends of sentences in a block when lines are cut to sentences of at most so many words.

    ends: how many of the block's words come before each line end. words: how many it has. words_before: how many its
    first line has before it.
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


class Encoder:
    """Threads that encode the blocks of a reader."""

    def __init__(self, reader: Reader, options: TextOptions, counting: Counting, workers: int, store: Store) -> None:
        self.tables: dict[int, TokenTable] = {}  # those in use
        self._reader = reader
        self._options = options
        self._counting = counting
        self._workers = workers
        self._store = store
        self._tokenize = options.tokenize()
        self._lock = threading.Lock()
        self._tokenizer_lock = threading.Lock()
        self._begun = 0
        self._faults: list[tuple[int, Exception]] = []

    def run(self) -> None:
        """Encode all blocks; of several faults the first one is raised, whatever the threads did."""
        in_threads(self._workers, self._encode, self._reader.stop)
        if self._reader.fault is not None:
            self._faults.append(self._reader.fault)
        if self._faults:
            raise min(self._faults, key=lambda fault: fault[0])[1]

    def _begin(self) -> tuple[int, TokenTable]:
        table = TokenTable()
        with self._lock:
            number = self._begun
            self._begun += 1
            self.tables[number] = table
        return number, table

    def _encode(self, _: int) -> None:
        splitter: _BySpace | _ByTokenizer = _BySpace(self._options)
        if self._tokenize is not None:
            splitter = _ByTokenizer(self._options, self._tokenize, self._tokenizer_lock)
        number, table = self._begin()
        for block in self._reader:
            try:
                ids, ends = splitter.encode(block, table)
            except Exception as error:
                self._reader.stop()
                self._faults.append((block.position, error))
                return
            if self._options.max_sentence_length is not None:
                ends = cut_long(ends, len(ids), block.words_before, self._options.max_sentence_length)
            self._store.append(Encoded(block.position, number, ids, ends))
            if table.memory > self._counting.table_bytes:
                self._counting.put_aside(number, table)
                del self.tables[number]
                number, table = self._begin()


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


# ---- ids to a corpus ----


class Store(Protocol):
    """Where blocks wait until it is known which id each token gets."""

    def append(self, block: Encoded) -> None:
        """Take a block, whose ids change afterwards; threads may call this at once, in any order of blocks."""


class MemoryStore:
    """Blocks in memory, where ids are held once."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._blocks: list[Encoded] = []
        self._pages = _Pages()

    def append(self, block: Encoded) -> None:
        """See `Store`."""
        block.ids = self._pages.copy(block.ids)
        self._blocks.append(block)

    def finish(self, numbers: Sequence[Ids]) -> tuple[Ids, Ints]:
        """All ids, and where sentences begin and end.

        numbers: for every table the id of each of its tokens, -1 for what is dropped.
        """
        self._pages = _Pages()
        self._blocks.sort(key=lambda block: block.position)
        renumber(self._blocks, numbers, self._workers)
        return join(self._blocks, self._workers)


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


def read_text(
    source: Any, target: Selection | Vocabulary, options: TextOptions, workers: int
) -> tuple[Ids, Ints, Vocabulary, int]:
    """Ids, offsets, vocabulary and number of words read; the arguments and errors are those of `Corpus.from_file`."""
    options = options.checked()
    check_whole("workers", workers, 1)
    sources = find_sources(source)
    workers = min(workers, MAX_THREADS, _most_threads(sources))
    store = MemoryStore(workers)
    name = sources[0].name if len(sources) == 1 else f"{sources[0].name} and {len(sources) - 1} more"
    clean = Cleaning(options.errors_in_blocks, options.lower, name)
    with Reader(sources, options) as reader, counting_for(target, clean, workers) as counting:
        encoder = Encoder(reader, options, counting, workers, store)
        encoder.run()
        vocabulary, numbers, raw_words = counting.finish(encoder.tables)
        return *store.finish(numbers), vocabulary, raw_words


def _most_threads(sources: Sequence[Source]) -> int:
    """How many threads the files have work for."""
    if any(source.one_thread for source in sources):
        return 1
    if any(source.size is None for source in sources):
        return MAX_THREADS
    return sum(source.size or 0 for source in sources) // BLOCK_BYTES + 1
