"""From a block of text to token numbers: split at white space, or by a pattern, function or other tokenizer."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np

from .._native import BadTextError, TokenTable, lower_ascii
from ..checks import integer
from .inputs import UTF8, check_encoding
from .messages import INVALID_UTF8, NUL_BYTE, no_text_in
from .tokenizers import Tokenize, by_pattern, by_tokenizer, join_tokens
from .vocabulary import Ids, Ints

POSITIONS_A_BYTE = 1 << 10  # more tokens than this no tokenizer makes of a byte

_MOST_LINES = 1 << 10  # that a tokenizer is given at once
_LEAST_SECONDS, _MOST_SECONDS = 0.01, 0.05  # that it is meant to take for them


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
        """What to do with invalid UTF-8 in a block: other encodings were decoded, and checked, when they were read."""
        return self.unicode_errors if self.encoding == UTF8 else "strict"

    def tokenize(self) -> Tokenize | None:
        """The function that makes tokens of lines; None when lines are split at white space."""
        if self.token_pattern is not None:
            return by_pattern(self.token_pattern)
        return None if self.tokenizer is None else by_tokenizer(self.tokenizer)


@dataclass
class TextBlock:
    """A piece of the text; its last line may go on in the next.

    Attributes:
        source: The name of the file.
        position: The bytes of all files before it.
        lines_before: The line ends of this file before it.
        lines: Those in it.
        words_before: Words of its first line before it; counted only when sentences have a largest length.
    """

    data: bytes
    source: str
    position: int
    lines_before: int
    lines: int
    words_before: int

    def error(self, offset: int, what: str) -> ValueError:
        """An error that names the line of this byte, and says ``what`` is wrong there, or what the file is instead."""
        line = self.data.count(b"\n", 0, offset)
        return ValueError(f"{self.place(line)}: {no_text_in(self.source, what)}")

    def place(self, line: int) -> str:
        """The file and line that errors name, for this line of the block."""
        return f"{self.source}, line {self.lines_before + line + 1}"


class InterruptedSplitError(Exception):
    """Nobody waits for the block any more."""


class Splitter(Protocol):
    """Makes token numbers of blocks, for one thread."""

    def encode(self, block: Any, table: TokenTable) -> tuple[Ids, Ints]:
        """The number of each of the block's tokens in ``table``, and how many tokens come before each line end.

        Both arrays may be overwritten by the next call.

        Raises:
            InterruptedSplitError: it was interrupted.
        """
        ...


SplitterMaker = Callable[[Callable[[], bool]], Splitter]
"""Makes a splitter for a thread of what tells whether it is interrupted."""


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
    """Splits lines by a function, which is called by one thread at a time, and with few enough lines to end soon."""

    def __init__(
        self, options: TextOptions, tokenize: Tokenize, lock: threading.Lock, is_interrupted: Callable[[], bool]
    ) -> None:
        self._options = options
        self._tokenize = tokenize
        self._lock = lock
        self._is_interrupted = is_interrupted
        self._at_once = 1  # lines

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
        parts: list[bytes] = []
        lengths: list[int] = []
        at = 0
        while at < len(lines):
            some = lines[at : at + self._at_once]
            with self._lock:
                if self._is_interrupted():
                    raise InterruptedSplitError
                begun = time.perf_counter()
                try:
                    tokens, counts = self._tokens_of(some)
                except Exception as error:
                    error.add_note(block.place(at + self._failing(some)))
                    raise
                taken = time.perf_counter() - begun
            parts.append(tokens)
            lengths += counts
            at += len(some)
            if taken < _LEAST_SECONDS:
                self._at_once = min(2 * self._at_once, _MOST_LINES)
            elif taken > _MOST_SECONDS:
                self._at_once = max(self._at_once // 2, 1)
        return b"".join(parts), lengths

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


def splitters(options: TextOptions) -> SplitterMaker:
    """What makes a splitter for each thread."""
    tokenize = options.tokenize()
    if tokenize is None:
        return lambda _: _BySpace(options)
    lock = threading.Lock()
    return lambda is_interrupted: _ByTokenizer(options, tokenize, lock, is_interrupted)
