"""Ids and offsets that are mapped from a file."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._native import CheckedSentences
from .vocabulary import Ids, Ints

RELEASE_WORDS = 16 << 20


class DamagedError(ValueError):
    """A corpus file whose content is not what was written."""


class OnDisk:
    """The file that the ids and offsets of a corpus are mapped from.

    Pages that were read stay in the system's cache, but count as memory of this process only until `release`.
    """

    def __init__(self, path: str, ids: Ids, offsets: Ints, words: int) -> None:
        self.path = path
        self._arrays = ids, offsets, words
        self._memory = mapped_memory(ids)
        self._checked: CheckedSentences | None = None
        self._released = 0

    def release(self) -> None:
        """Give back all pages; reading them again is no error."""
        if self._memory is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
            self._memory.madvise(mmap.MADV_DONTNEED)

    def passed(self, words: int) -> None:
        """Give pages back now and then; ``words``: how many were read in all."""
        if abs(words - self._released) >= RELEASE_WORDS:
            self._released = words
            self.release()

    def checked(self, see: Callable[[memoryview], None] = lambda _: None) -> CheckedSentences:
        """The ids and offsets, once it is known that they can be trusted; ``see`` sees all parts of them, in order.

        Raises:
            DamagedError: an id is out of range, or the offsets are no offsets.
        """
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
    """What the array is mapped from."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    base = getattr(base, "obj", base)
    return base if isinstance(base, mmap.mmap) else None
