"""Sentences from files, as iterables that can be read again: gensim's names."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ..arguments import names_arguments
from ..checks import integer
from ..io.atomic import is_draft
from ..io.input_file import open_text_source
from ..io.paths import AnyPath, local_path
from .messages import INVALID_UTF8, no_text_in, short
from .text import LONGEST_TOKEN

MAX_SENTENCE_LENGTH = 10000
PIECE = 1 << 20  # of a line that is held at once; at least 4, so that a byte order mark is in one
_END = object()


class LineSentence:
    """The lines of a text, each split at white space.

    Args:
        source: Path of a UTF-8 text, which may be compressed (gzip, bzip2, xz, zstd), or an iterable of lines (bytes
            or str) such as an open file, which is taken back to its beginning when it can be: a pipe is read once.
        max_sentence_length: Longer lines are cut into sentences of this many words; nothing is lost. A line of a file
            may be of any length: it is read in parts.
        limit: Read so many lines at most; None reads all.
    """

    @names_arguments()
    def __init__(self, source: Any, max_sentence_length: int = MAX_SENTENCE_LENGTH, limit: int | None = None) -> None:
        _check_lengths(max_sentence_length, limit)
        if not isinstance(source, str | bytes | os.PathLike | Iterable) and not hasattr(source, "__getitem__"):
            raise TypeError(f"source must be a path, an open file or an iterable of lines, not {short(source)}")
        self.source: Any = source
        self.max_sentence_length = max_sentence_length
        self.limit = limit

    def __iter__(self) -> Iterator[list[str]]:
        if isinstance(self.source, str | bytes | os.PathLike):
            path = local_path(self.source)
            with open_text_source(path) as (file, _):
                yield from self._sentences(file, path)
            return
        if hasattr(self.source, "seek") and getattr(self.source, "seekable", lambda: True)():
            self.source.seek(0)
        yield from self._sentences(self.source, getattr(self.source, "name", "source"))

    def _sentences(self, lines: Any, name: object) -> Iterator[list[str]]:
        most = self.max_sentence_length
        waiting: list[str] = []
        for words, ends in _words_of_lines(lines, name, self.limit):
            waiting = waiting + words if waiting else words
            whole = len(waiting) if ends else len(waiting) // most * most
            yield from _cut(waiting[:whole] if whole < len(waiting) else waiting, most)
            waiting = waiting[whole:]


class PathLineSentences:
    """`LineSentence` over every file of a folder, in the order of their names.

    Args:
        source: Path of a folder, or of one file.
        max_sentence_length: As for `LineSentence`.
        limit: Read so many lines of each file at most.
    """

    @names_arguments()
    def __init__(
        self, source: AnyPath, max_sentence_length: int = MAX_SENTENCE_LENGTH, limit: int | None = None
    ) -> None:
        _check_lengths(max_sentence_length, limit)
        self.source: Any = source
        self.max_sentence_length = max_sentence_length
        self.limit = limit
        path = Path(local_path(source))
        if not path.exists():
            raise ValueError(f"{path}: there is no such file or folder")
        files = [file for file in path.iterdir() if _is_text(file)] if path.is_dir() else [path]
        self.input_files = sorted(map(str, files))

    def __iter__(self) -> Iterator[list[str]]:
        for file in self.input_files:
            yield from LineSentence(file, self.max_sentence_length, self.limit)


class Text8Corpus:
    """One text without line ends, such as text8, cut into sentences of equal length.

    Args:
        fname: Path of the text.
        max_sentence_length: Words a sentence.
    """

    @names_arguments()
    def __init__(self, fname: AnyPath, max_sentence_length: int = MAX_SENTENCE_LENGTH) -> None:
        _check_lengths(max_sentence_length, None)
        self.fname = fname
        self.max_sentence_length = max_sentence_length

    def __iter__(self) -> Iterator[list[str]]:
        waiting: list[str] = []
        rest = b""
        position = 0
        with open_text_source(local_path(self.fname)) as (file, _):
            while block := file.read(1 << 20):
                text = rest + block
                end = max(text.rfind(b" "), text.rfind(b"\n")) + 1
                waiting.extend(self._words(text[:end], position))
                rest = text[end:]
                position += end
                if len(rest) > LONGEST_TOKEN:
                    name = os.fsdecode(self.fname)
                    raise ValueError(f"{name}, byte {position}: a word of more than {LONGEST_TOKEN:,} bytes: no text")
                while len(waiting) >= self.max_sentence_length:
                    yield waiting[: self.max_sentence_length]
                    del waiting[: self.max_sentence_length]
        waiting.extend(self._words(rest, position))
        if waiting:
            yield waiting

    def _words(self, text: bytes, position: int) -> list[str]:
        try:
            return text.decode("utf-8").split()
        except UnicodeDecodeError as error:
            name = local_path(self.fname)
            what = no_text_in(name, INVALID_UTF8)
            raise ValueError(f"{name}, byte {position + error.start}: {what}") from None


class BrownCorpus:
    """Sentences of the Brown corpus as NLTK ships it: words as ``word/TAG``, turned into ``word/ta`` in lower case.

    Args:
        dirname: Folder with the corpus' files.
    """

    @names_arguments()
    def __init__(self, dirname: AnyPath) -> None:
        self.dirname = dirname

    def __iter__(self) -> Iterator[list[str]]:
        for file in sorted(Path(local_path(self.dirname)).iterdir()):
            if not _is_text(file):
                continue
            for line in _text_of(file).splitlines():
                pairs = [token.split("/") for token in line.split() if token.count("/") == 1]
                words = [f"{word.lower()}/{tag[:2]}" for word, tag in pairs if tag[:2].isalpha()]
                if words:
                    yield words


def _text_of(path: Path) -> str:
    """The whole of a small file.

    Raises:
        ValueError: it is not UTF-8.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: {no_text_in(str(path), INVALID_UTF8)}") from None


def _is_text(path: Path) -> bool:
    """Whether what is in a folder is a file, and none that a save is writing there."""
    return path.is_file() and not is_draft(path.name)


def _check_lengths(max_sentence_length: int, limit: int | None) -> None:
    integer("max_sentence_length", max_sentence_length, 1)
    if limit is not None:
        integer("limit", limit, 0)


def _words_of_lines(lines: Any, name: object, limit: int | None) -> Iterator[tuple[list[str], bool]]:
    """Words of lines, of long ones in parts, and whether their line ends with them; ``limit`` is of lines.

    Raises:
        ValueError: a line is not UTF-8, or has a word that is too long to be one.
    """
    is_file = isinstance(lines, io.IOBase)
    pieces = iter(partial(lines.readline, PIECE), None) if is_file else iter(lines)
    decode = codecs.getincrementaldecoder("utf-8")().decode
    number, rest, starts = 1, "", True  # what was read of the word in which the last piece ended; a line starts
    while limit is None or number <= limit:
        piece = next(pieces, _END)
        if piece is _END or (is_file and not piece and starts):
            return
        if not isinstance(piece, bytes | str):
            raise TypeError(f"{name}, line {number}: a line is str or bytes, not {short(piece)}")
        ends = not is_file or len(piece) < PIECE or piece[-1:] in (b"\n", "\n")
        try:
            text: str = decode(piece, ends) if isinstance(piece, bytes) else piece
        except UnicodeDecodeError:
            raise ValueError(f"{name}, line {number}: {no_text_in(str(name), INVALID_UTF8)}") from None
        if number == 1 and starts:
            text = text.removeprefix("\ufeff")  # a byte order mark
        text = rest + text if rest else text
        words, rest = text.split(), ""
        if words and not ends and not text[-1].isspace():
            rest = words.pop()
            if len(rest) * 4 > LONGEST_TOKEN and len(rest.encode(errors="surrogatepass")) > LONGEST_TOKEN:
                raise ValueError(
                    f"{name}, line {number}: a word of more than {LONGEST_TOKEN:,} bytes, without white space: no text"
                )
        number, starts = number + ends, ends
        yield words, ends


def _cut(words: list[str], length: int) -> Iterator[list[str]]:
    """Pieces of at most ``length`` words; nothing for no words."""
    for start in range(0, len(words), length):
        yield words[start : start + length]
