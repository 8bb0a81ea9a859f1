"""Text files: cut to blocks, one after the other, which several threads encode."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Self

from .._native import count_lines, count_words
from .blocks import BlockStore, Parts
from .encoder import MAX_THREADS, encode_blocks
from .inputs import InputFile, open_text
from .splitting import TextBlock, TextOptions, splitters
from .vocabulary import Selection, Vocabulary

BLOCK_BYTES = 1 << 20

_CUT_AT = b" \t\r\v\f\x1c\x1d\x1e\x1f"  # the white space of one byte that ends no line


class TextReader:
    """Blocks of files, for any number of threads; every line ends, the last one of a file too.

    Attributes:
        fault: what went wrong in reading, and the bytes before it.
    """

    def __init__(self, sources: Sequence[InputFile], options: TextOptions) -> None:
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
        source = next(self._sources, None)
        if source is None:
            return False
        stream = open_text(source, self._options.encoding, self._options.unicode_errors, BLOCK_BYTES)
        self._pieces = self._opened.enter_context(stream)
        self._name = source.name
        self._lines = self._words = 0
        return True

    def _cut_block(self) -> bytes:
        """The next lines, or a part of one where it is long; at the end of a file the rest, which may be nothing."""
        pieces: list[bytes | memoryview] = [self._tail]
        self._tail = b""
        while fresh := self._fresh():
            cut = _last_cut(fresh, self._options.needs_lines)
            if cut or self._stopped:
                self._tail = fresh[cut:]
                pieces.append(memoryview(fresh)[:cut])
                return b"".join(pieces)
            pieces.append(fresh)
        self._pieces = None
        rest = b"".join(pieces)
        return rest if rest.endswith(b"\n") or not (rest or self._in_line) else rest + b"\n"

    def _fresh(self) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in self._pieces or ():
            pieces.append(piece)
            size += len(piece)
            if size >= BLOCK_BYTES:
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
            cut = cut or data.rfind(space) + 1
    return cut


def encode_files(
    sources: Sequence[InputFile], target: Selection | Vocabulary, options: TextOptions, workers: int, store: BlockStore
) -> Parts:
    """The corpus of these files; the arguments and errors are those of `Corpus.from_file`."""
    options = options.checked()
    workers = min(workers, _most_threads(sources))
    name = sources[0].name if len(sources) == 1 else f"{sources[0].name} and {len(sources) - 1} more"
    with TextReader(sources, options) as reader:
        return encode_blocks(reader, splitters(options), options, workers, target, store, name)


def _most_threads(sources: Sequence[InputFile]) -> int:
    """How many threads the files have work for."""
    if any(source.one_thread for source in sources):
        return 1
    if any(source.size is None for source in sources):
        return MAX_THREADS
    return sum(source.size or 0 for source in sources) // BLOCK_BYTES + 1
