"""Text files: cut to blocks, one after the other, which several threads encode."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Self

from .._native import count_lines, count_words
from .blocks import Parts
from .encoder import MAX_THREADS, encode_blocks
from .inputs import InputFile, open_text
from .splitting import TextBlock, TextOptions, splitters
from .task import Task

LONGEST_TOKEN = 1 << 24  # bytes
LONGEST_LINE = 1 << 28  # bytes, where lines are split whole

# White space that ends no line, the usual first.
_CUT_AT = [space.encode() for space in " \t\r\v\f\x1c\x1d\x1e\x1f\u3000\x85\xa0\u1680\u2028\u2029\u202f\u205f"]
_CUT_AT += [chr(space).encode() for space in range(0x2000, 0x200B)]


class TextReader:
    """Blocks of files, for any number of threads; every line ends, the last one of a file too.

    Attributes:
        fault: What went wrong in reading, and the bytes before it.
    """

    def __init__(self, files: Sequence[InputFile], options: TextOptions, block_bytes: int) -> None:
        self.fault: tuple[int, Exception] | None = None
        self._files = iter(files)
        self._options = options
        self._block_bytes = block_bytes
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

    def __iter__(self) -> Iterator[TextBlock]:
        while (block := self._next_block()) is not None:
            yield block

    def stop(self) -> None:
        """Hand out no more blocks."""
        self._stopped = True

    def _next_block(self) -> TextBlock | None:
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
        file = next(self._files, None)
        if file is None:
            return False
        stream = open_text(file, self._options.encoding, self._options.unicode_errors, self._block_bytes)
        self._pieces = self._opened.enter_context(stream)
        self._name = file.name
        self._lines = self._words = 0
        return True

    def _cut_block(self) -> bytes:
        """The next lines, or a part of one where it is long; at the end of a file the rest, which may be nothing."""
        pieces: list[bytes | memoryview] = [self._tail]
        size = len(self._tail)
        self._tail = b""
        while fresh := self._fresh():
            cut = _last_cut(fresh, self._options.needs_lines)
            if cut or self._stopped:
                self._tail = fresh[cut:]
                pieces.append(memoryview(fresh)[:cut])
                return b"".join(pieces)
            pieces.append(fresh)
            size += len(fresh)
            self._require_bearable(size)
        self._pieces = None
        rest = b"".join(pieces)
        return rest if rest.endswith(b"\n") or not (rest or self._in_line) else rest + b"\n"

    def _require_bearable(self, size: int) -> None:
        """Raise ValueError when so many bytes without a place to cut are too many to hold."""
        at = f"{self._name}, line {self._lines + 1}"
        if self._options.needs_lines and size > LONGEST_LINE:
            raise ValueError(
                f"{at}: a line of more than {LONGEST_LINE:,} bytes, and token_pattern and tokenizer take whole lines: "
                "cut it to several"
            )
        if not self._options.needs_lines and size > LONGEST_TOKEN:
            raise ValueError(
                f"{at}: a word of more than {LONGEST_TOKEN:,} bytes, without white space: this is no text, or in an "
                'encoding that is to be given, such as encoding="utf-16"'
            )

    def _fresh(self) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in self._pieces or ():
            pieces.append(piece)
            size += len(piece)
            if size >= self._block_bytes:
                break
        return b"".join(pieces)

    def _block(self, data: bytes) -> TextBlock:
        block = TextBlock(data, self._name, self._position, self._lines, count_lines(data), self._words)
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
            cut = cut or _end_of(space, data)
    return cut


def _end_of(space: bytes, data: bytes) -> int:
    at = data.rfind(space)
    return 0 if at < 0 else at + len(space)


def encode_files(files: Sequence[InputFile], options: TextOptions, task: Task) -> Parts:
    """The corpus of these files; the errors are those of `Corpus.from_file`."""
    options = options.checked()
    block_bytes = task.sizes.block_bytes
    task = replace(task, threads=min(task.threads, _most_threads(files, block_bytes)))
    name = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
    with TextReader(files, options, block_bytes) as reader:
        return encode_blocks(reader, splitters(options), options, name, task)


def _most_threads(files: Sequence[InputFile], block_bytes: int) -> int:
    """How many threads the files have work for."""
    if any(file.one_thread for file in files):
        return 1
    if any(file.size is None for file in files):
        return MAX_THREADS
    return sum(file.size or 0 for file in files) // block_bytes + 1
