"""Text files: blocks, read one after the other and encoded side by side.

Every thread has a token table of its own; in the end the tables are merged, tokens are numbered by falling count, and
the ids of each block are renumbered. Which thread takes which block leaves no trace in the result.

Where a vocabulary may be no larger than so much, a table that has grown large is put aside (see `spill`) and the thread
begins another.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np

from .._native import BadTextError, TokenTable, count_lines, count_words, lower_ascii
from ..checks import integer
from ..threads import in_threads
from .blocks import Encoded, Parts, Store
from .counting import Cleaning, Counting, counting_for
from .sources import UTF8, Source, check_encoding, open_stream
from .tokens import Tokenize, by_pattern, by_tokenizer, joined
from .vocabulary import Ids, Ints, Selection, Vocabulary

BLOCK_BYTES = 1 << 20
MAX_THREADS = 8  # each has a table of its own, so memory grows with them
POSITIONS_A_BYTE = 1 << 10  # more tokens than this no tokenizer makes of a byte
INVALID_UTF8 = (
    'invalid UTF-8; name its encoding, as with Corpus.from_file(path, encoding="latin-1"), or read it with '
    'unicode_errors="replace"'
)
NUL_BYTE = "NUL byte: this is a binary file, or text that is not UTF-8"

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
            integer("max_sentence_length", self.max_sentence_length, 1)
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
        line = self.data.count(b"\n", 0, offset)
        return ValueError(f"{self.place(line)}: {what}")

    def place(self, line: int) -> str:
        """What errors call the line of this number within the block."""
        return f"{self.source}, line {self.lines_before + line + 1}"


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
        pieces: list[bytes | memoryview] = [self._tail]
        self._tail = b""
        while fresh := self._read():
            cut = _last_cut(fresh, self._options.needs_lines)
            if cut or self._stopped:
                self._tail = fresh[cut:]
                pieces.append(memoryview(fresh)[:cut])
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
                error.add_note(block.place(self._failing(lines)))
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


class Splitter(Protocol):
    """What makes ids of blocks, for one thread."""

    def encode(self, block: Any, table: TokenTable) -> tuple[Ids, Ints]:
        """The block's ids in this table, which hold until the next call, and how many come before each line end."""
        ...


def splitters(options: TextOptions) -> Callable[[], Splitter]:
    """What makes a splitter for each thread."""
    tokenize = options.tokenize()
    if tokenize is None:
        return lambda: _BySpace(options)
    lock = threading.Lock()
    return lambda: _ByTokenizer(options, tokenize, lock)


class BlockReader(Protocol):
    """Gives blocks to any number of threads.

    Attributes:
        fault: what went wrong in reading, and the bytes before it.
    """

    fault: tuple[int, Exception] | None

    def __iter__(self) -> Iterator[Block]: ...

    def stop(self) -> None:
        """Hand out no more blocks."""


class Encoder:
    """Threads that encode the blocks of a reader.

    longest: of sentences.
    """

    def __init__(
        self,
        reader: BlockReader,
        make_splitter: Callable[[], Splitter],
        longest: int | None,
        counting: Counting,
        workers: int,
        store: Store,
    ) -> None:
        self.tables: dict[int, TokenTable] = {}  # those in use
        self._reader = reader
        self._make_splitter = make_splitter
        self._longest = longest
        self._counting = counting
        self._workers = workers
        self._store = store
        self._lock = threading.Lock()
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
        splitter = self._make_splitter()
        number, table = self._begin()
        for block in self._reader:
            try:
                ids, ends = splitter.encode(block, table)
            except Exception as error:
                self._reader.stop()
                self._faults.append((block.position, error))
                return
            if self._longest is not None:
                ends = cut_long(ends, len(ids), block.words_before, self._longest)
            self._store.append(Encoded(block.position, number, ids, ends))
            if table.memory > self._counting.table_bytes:
                self._counting.put_aside(number, table)
                del self.tables[number]
                number, table = self._begin()


def encode_blocks(
    reader: BlockReader,
    make_splitter: Callable[[], Splitter],
    options: TextOptions,
    workers: int,
    target: Selection | Vocabulary,
    store: Store,
    name: str,
) -> Parts:
    """The corpus that the blocks make; ``name`` is what errors call all of it."""
    clean = Cleaning(options.errors_in_blocks, options.lower, name)
    with counting_for(target, clean, workers) as counting:
        encoder = Encoder(reader, make_splitter, options.max_sentence_length, counting, workers, store)
        encoder.run()
        vocabulary, numbers, raw_words = counting.finish(encoder.tables)
        return store.finish(numbers, vocabulary, raw_words)


def read_text(
    sources: Sequence[Source], target: Selection | Vocabulary, options: TextOptions, workers: int, store: Store
) -> Parts:
    """The corpus of these files; the arguments and errors are those of `Corpus.from_file`."""
    options = options.checked()
    workers = min(workers, _most_threads(sources))
    name = sources[0].name if len(sources) == 1 else f"{sources[0].name} and {len(sources) - 1} more"
    with Reader(sources, options) as reader:
        return encode_blocks(reader, splitters(options), options, workers, target, store, name)


def _most_threads(sources: Sequence[Source]) -> int:
    """How many threads the files have work for."""
    if any(source.one_thread for source in sources):
        return 1
    if any(source.size is None for source in sources):
        return MAX_THREADS
    return sum(source.size or 0 for source in sources) // BLOCK_BYTES + 1
