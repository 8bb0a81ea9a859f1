"""Ids and offsets that are mapped from a file."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._native import CheckedSentences
from .vocabulary import Ids, Ints

RELEASE_WORDS = 16 << 20


class DamagedError(ValueError):
    """A corpus file whose content is not what was written."""


class FileState(NamedTuple):
    """Which file this is, and what tells that somebody wrote to it."""

    place: tuple[int, int]
    size: int
    changed: int


def file_state(path: str) -> FileState | None:
    """The state of a file; None when there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return FileState((status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns)


class OnDisk:
    """The file that the ids and offsets of a corpus are mapped from.

    Pages that were read stay in the system's cache, but count as memory of this process only until `release`.

    Args:
        path: The file, or for one without a name the file that it was made from.
        ids: As in `Corpus`.
        offsets: As in `Corpus`.
        words: The size of the vocabulary that the ids are of.
        has_name: Whether the file is the one at ``path``, where others may change it.
    """

    def __init__(self, path: str, ids: Ids, offsets: Ints, words: int, has_name: bool = False) -> None:
        self.path = path
        self._state = file_state(path) if has_name else None
        self._arrays = ids, offsets, words
        self._memory = mapped_memory(ids)
        self._checked: CheckedSentences | None = None
        self._released = 0

    def release(self) -> None:
        """Drop all pages from the memory of this process; they are read again when they are used."""
        if self._memory is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
            self._memory.madvise(mmap.MADV_DONTNEED)

    def passed(self, words: int) -> None:
        """Drop pages now and then; ``words`` is how many were read since the beginning."""
        if abs(words - self._released) >= RELEASE_WORDS:
            self._released = words
            self.release()

    def require_unchanged(self) -> None:
        """Raise DamagedError when somebody wrote to the file; one that was replaced or removed is still mapped."""
        if self._state is not None:
            now = file_state(self.path)
            if now is not None and now.place == self._state.place and now != self._state:
                raise DamagedError(f"{self.path}: the file was changed while it was open: open it again")

    def sentence(self, number: int) -> Ids:
        """The ids of a sentence.

        Raises:
            DamagedError: they are out of range, or offsets are wrong there.
        """
        ids, offsets, words = self._arrays
        begin, end = offsets[number : number + 2].tolist()
        some = ids[max(begin, 0) : end]
        is_first, is_last = number == 0, number == len(offsets) - 2
        if self._checked is None and not (
            (begin == 0 if is_first else begin >= 0)
            and begin <= end
            and (end == len(ids) if is_last else end <= len(ids))
            and ((some >= 0) & (some < words)).all()
        ):
            raise DamagedError(
                f"{self.path}: damaged: sentence {number} has wrong offsets or ids that are out of range"
            )
        return some

    def checked(self, see: Callable[[memoryview], None] = lambda _: None) -> CheckedSentences:
        """Proof that all ids and offsets are in range, which the core asks for; they are looked at the first time only.

        Args:
            see: Is called with all parts of ids and offsets, in order, when they are looked at.

        Raises:
            DamagedError: an id is out of range, or the offsets are no offsets; the file was changed.
        """
        self.require_unchanged()
        if self._checked is None:

            def look(part: memoryview) -> None:
                see(part)
                self.release()

            try:
                self._checked = CheckedSentences(*self._arrays, look)
            except ValueError as error:
                raise DamagedError(f"{self.path}: damaged: {error}") from None
        return self._checked


def mapped_memory(array: NDArray[Any]) -> mmap.mmap | None:
    """The memory map that an array is a view of, if any."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    base = getattr(base, "obj", base)
    return base if isinstance(base, mmap.mmap) else None
