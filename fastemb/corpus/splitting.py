"""From a block of text to ids: at white space, or by what makes tokens of lines."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np

from .._native import BadTextError, TokenTable, lower_ascii
from ..checks import integer
from .inputs import UTF8, check_encoding
from .messages import INVALID_UTF8, NUL_BYTE
from .tokenizers import Tokenize, by_pattern, by_tokenizer, join_tokens
from .vocabulary import Ids, Ints

POSITIONS_A_BYTE = 1 << 10  # more tokens than this no tokenizer makes of a byte


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
class TextBlock:
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


class Splitter(Protocol):
    """What makes ids of blocks, for one thread."""

    def encode(self, block: Any, table: TokenTable) -> tuple[Ids, Ints]:
        """The block's ids in this table, which hold until the next call, and how many come before each line end."""
        ...


class _BySpace:
    """Splits blocks at white space."""

    def __init__(self, options: TextOptions) -> None:
        self._lower = options.lower
        self._strict = options.errors_in_blocks == "strict"
        self._scratch = np.empty(0, np.int32)

    def encode(self, block: TextBlock, table: TokenTable) -> tuple[Ids, Ints]:
        """See `Splitter`."""
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

    def encode(self, block: TextBlock, table: TokenTable) -> tuple[Ids, Ints]:
        """See `Splitter`."""
        tokens, lengths = self._tokens(block, self._lines(block))
        ids = np.empty(sum(lengths), np.int32)
        table.add(tokens, None, None, block.position * POSITIONS_A_BYTE, ids)
        return ids, np.cumsum(lengths, dtype=np.int64)

    def _lines(self, block: TextBlock) -> list[str]:
        try:
            text = block.data.decode("utf-8", self._options.errors_in_blocks)
        except UnicodeDecodeError as error:
            raise block.error(error.start, INVALID_UTF8) from None
        if "\0" in text:
            raise block.error(block.data.index(b"\0"), NUL_BYTE)
        if self._options.lower:
            text = text.lower()
        return text.replace("\r\n", "\n").split("\n")[:-1]

    def _tokens(self, block: TextBlock, lines: list[str]) -> tuple[bytes, list[int]]:
        with self._lock:
            try:
                return self._tokens_of(lines)
            except Exception as error:
                error.add_note(block.place(self._failing(lines)))
                raise

    def _tokens_of(self, lines: list[str]) -> tuple[bytes, list[int]]:
        tokens, lengths = join_tokens(self._tokenize(lines))
        try:
            return tokens.encode(), lengths
        except UnicodeEncodeError as error:
            raise ValueError(f"the tokenizer made half a character: {tokens[error.start]!r}") from None

    def _failing(self, lines: list[str]) -> int:
        for index, line in enumerate(lines):
            try:
                self._tokens_of([line])
            except Exception:
                return index
        return 0


def splitters(options: TextOptions) -> Callable[[], Splitter]:
    """What makes a splitter for each thread."""
    tokenize = options.tokenize()
    if tokenize is None:
        return lambda: _BySpace(options)
    lock = threading.Lock()
    return lambda: _ByTokenizer(options, tokenize, lock)
