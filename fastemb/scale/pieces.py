"""Text files cut into parts of like size: where lines end, or for counting where words do."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import IO, Any, cast

from ..corpus.inputs import UTF8, InputFile, find_inputs
from ..corpus.splitting import TextOptions
from ..io.unpack import START_BYTES, compression

_LOOK = 1 << 16  # bytes in which a place to cut is looked for at once


@dataclass(frozen=True)
class Piece:
    """A part of a file, or all of it.

    Attributes:
        path: The file.
        begin: The first byte; the first cut from here on is where the piece begins.
        end: The first cut from here on is where it ends. None: at the end of the file.
        cuts: Bytes after which a file may be cut.
    """

    path: str
    begin: int = 0
    end: int | None = None
    cuts: bytes = b"\n"

    def opened(self) -> InputFile:
        """As the readers of text take it."""
        if self.begin == 0 and self.end is None:
            return find_inputs(self.path)[0]
        name = self.path if self.begin == 0 else f"{self.path} from byte {self.begin:,} on"
        size = (os.path.getsize(self.path) if self.end is None else self.end) - self.begin
        return InputFile(name, partial(_opened, self), size)


class _Range(io.RawIOBase):
    """The bytes of a piece."""

    def __init__(self, piece: Piece) -> None:
        self._file: IO[bytes] = open(piece.path, "rb")  # noqa: SIM115 (closed with this)
        try:
            size = os.fstat(self._file.fileno()).st_size
            end = size if piece.end is None else _cut_from(self._file, piece.end, size, piece.cuts)
            begin = _cut_from(self._file, piece.begin, size, piece.cuts)
            self._file.seek(begin)
            # Marks of byte order and signs of compressed files are looked for at the start only; ours is taken away.
            self._first = codecs.BOM_UTF8 if begin else b""
            self._left = end - begin
        except BaseException:
            self._file.close()
            raise

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._first and size:
            found, self._first = self._first, b""
            return found
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def _opened(piece: Piece) -> IO[Any]:
    return cast(IO[Any], _Range(piece))


def _cut_from(file: IO[bytes], at: int, size: int, cuts: bytes) -> int:
    """The first place from ``at`` on before which there is one of these bytes; or the start or end of the file."""
    if at <= 0 or at >= size:
        return min(max(at, 0), size)
    file.seek(at - 1)
    begin = at - 1
    while piece := file.read(_LOOK):
        found = [place for place in (piece.find(bytes([cut])) for cut in cuts) if place >= 0]
        if found:
            return begin + min(found) + 1
        begin += len(piece)
    return size


def cut(files: Sequence[InputFile], count: int, options: TextOptions, cuts: bytes = b"\n") -> list[list[Piece]]:
    """Cut files, one after the other, into ``count`` parts of like size, of which some may be empty.

    A file that is compressed, remote, or not UTF-8 goes to one part, as its lines are found by reading it only.

    Args:
        files: The files, all of which others can open by their names.
        count: How many parts.
        options: How they become words.
        cuts: Bytes after which a file may be cut.
    """
    total = max(sum(file.size or 1 for file in files), 1)
    found: list[list[Piece]] = [[] for _ in range(count)]
    before = 0
    for file in files:
        size, path = file.size or 1, file.name if "://" in file.name else os.path.abspath(file.name)
        if file.size is None or options.encoding != UTF8 or _is_compressed(path):
            found[min((2 * before + size) * count // (2 * total), count - 1)].append(Piece(path))
        else:
            places = [part * total // count - before for part in range(1, count)]
            ends = [0, *(place for place in places if 0 < place < size), size]
            first = sum(place <= 0 for place in places)
            for number, (begin, end) in enumerate(pairwise(ends)):
                found[first + number].append(Piece(path, begin, None if end == size else end, cuts))
        before += size
    return found


def _is_compressed(path: str) -> bool:
    with open(path, "rb") as file:
        return compression(file.read(START_BYTES), path) is not None
