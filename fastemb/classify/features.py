"""Texts as rows of the input matrix, and their labels: what fastText makes of a line, in C."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._native import DocumentReader, KeyTable
from ..io.formats.fasttext_parts import Arguments, Dictionary
from .dictionary import LABEL_PREFIX, key_table

_FIRST_ROOM = 1 << 16  # rows
_PER_BYTE = 16  # rows of a short text, with n-grams, at first
_PER_ROW = 4  # there is room for a label for each so many rows


@dataclass(frozen=True, eq=False)
class Documents:
    """Texts, each as a bag of rows of the input matrix, with its labels; either may be empty."""

    rows: NDArray[np.int32]
    offsets: NDArray[np.int64]
    """(documents + 1,): document d has rows[offsets[d]:offsets[d + 1]]."""

    labels: NDArray[np.int32]
    label_offsets: NDArray[np.int64]
    """(documents + 1,), the same of its labels."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def joined(cls, parts: Iterable[Documents]) -> Documents:
        """One after the other."""
        some = list(parts)
        if len(some) == 1:
            return some[0]
        return cls(
            np.concatenate([np.empty(0, np.int32), *(part.rows for part in some)]),
            _joined_offsets([part.offsets for part in some]),
            np.concatenate([np.empty(0, np.int32), *(part.labels for part in some)]),
            _joined_offsets([part.label_offsets for part in some]),
        )


def _joined_offsets(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    ends = np.cumsum([0, *(int(part[-1]) for part in parts)])
    return np.concatenate([np.zeros(1, np.int64), *(part[1:] + end for part, end in zip(parts, ends, strict=False))])


class Features:
    """Makes `Documents` of lines. Several threads may use it at once.

    A line is split at blanks, tabs, line ends of all kinds and zero bytes. A word of the dictionary has a row of its
    own. Each word, known or not, has the rows of its n-grams of ``minn`` to ``maxn`` characters, and up to
    ``word_ngrams`` words in a row have one, by their hash, modulo ``bucket``; ``</s>`` ends the line, and counts as a
    word. Words that begin with the prefix are labels, and left out where they are not known.

    Args:
        dictionary: Words and labels.
        arguments: ``minn``, ``maxn``, ``bucket`` and ``word_ngrams`` are used.
        prefix: With which labels begin.

    Raises:
        ValueError: A name is in the dictionary twice; there are n-grams, but no buckets for them; or there are more
            than 2**31 - 1 rows.
    """

    def __init__(self, dictionary: Dictionary, arguments: Arguments, prefix: bytes = LABEL_PREFIX) -> None:
        pruned = dictionary.pruned
        slots = None if pruned is None else np.zeros(1 << (2 * len(pruned)).bit_length(), np.uint64)
        self.names: KeyTable = key_table(dictionary)
        self._reader = DocumentReader(
            self.names,
            dictionary.words,
            prefix,
            max(0, arguments.minn),
            max(0, arguments.maxn),
            max(0, arguments.bucket),
            arguments.word_ngrams,
            pruned,
            slots,
        )
        self._spare: list[_Buffers] = []  # those that no thread uses, as memory costs more when it is new

    def _buffers(self, room: int) -> _Buffers:
        """Some with so much room; taking the last of a list is atomic."""
        try:
            found = self._spare.pop()
        except IndexError:
            return _Buffers(room)
        return found if found.room >= room else _Buffers(room)

    def documents(self, data: bytes | memoryview, *, whole: bool = True) -> Documents:
        """The documents of some lines.

        Args:
            data: Whole lines in UTF-8; a line end may be missing after the last.
            whole: The lines are a file: the word ``</s>`` ends a document within a line, and what follows is the next
                one. False: each line is a document, and what follows ``</s>`` in it is left out.
        """
        return Documents.joined(self.parts(data, whole=whole))

    def parts(self, data: bytes | memoryview, *, whole: bool = True) -> Iterator[Documents]:
        """The same in parts."""
        view = memoryview(data)
        room = max(min(_FIRST_ROOM, _PER_BYTE * (len(view) + _PER_BYTE)), len(view) // 2)
        while True:
            buffers = self._buffers(room)
            used, documents, rows, labels, needed = self._reader.read(view, whole, *buffers.arrays())
            if documents or not needed:
                yield buffers.documents(documents, rows, labels)
            self._spare.append(buffers)
            view = view[used:]
            if not len(view):
                return
            room = max(room, _PER_ROW * needed)


class _Buffers:
    def __init__(self, room: int) -> None:
        self.room = room
        few = room // _PER_ROW + 1
        self._rows, self._labels = np.empty(room, np.int32), np.empty(few, np.int32)
        self._offsets, self._label_offsets = np.empty(few + 1, np.int64), np.empty(few + 1, np.int64)
        self._scratch = np.empty(room, np.int64)

    def arrays(
        self,
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        return self._rows, self._offsets, self._labels, self._label_offsets, self._scratch

    def documents(self, count: int, rows: int, labels: int) -> Documents:
        return Documents(
            self._rows[:rows].copy(),
            self._offsets[: count + 1].copy(),
            self._labels[:labels].copy(),
            self._label_offsets[: count + 1].copy(),
        )
