"""The way of doors that number tokens one after the other, in one thread."""

from __future__ import annotations

import numpy as np

from ..memory import give_back
from .blocks import EncodedBlock, Parts
from .task import Task
from .vocabulary import Ids, Ints, KeysAt, NothingKeptError, Vocabulary, require_known

_COUNTED = 1 << 16  # numbers at a time, or as many as there are different ones


class Feed:
    """Words on their way from a door that has one numbering and hands them over in order.

    Attributes:
        words: How many have come.
        sentences: How many have ended.
    """

    def __init__(self, task: Task) -> None:
        self.words = 0
        self.sentences = 0
        self._store = task.store
        self._target = task.target
        self._block_tokens = task.sizes.block_tokens
        self._counts = np.zeros(1024, np.int64)
        self._ids: list[Ids] = []
        self._ends: list[Ints] = []
        self._waiting = self._size = 0
        self._has_blocks = False
        self._numbered: tuple[Vocabulary, Ids] | None = None

    def add(self, ids: Ids, ends: Ints) -> None:
        """Take words, and how many of them come before each end of a sentence; the array must not change any more."""
        self._ids.append(ids)
        self._ends.append(ends + self._waiting)
        self._waiting += len(ids)
        self._size += len(ids) + len(ends)
        self.words += len(ids)
        self.sentences += len(ends)
        if self._size >= self._block_tokens:
            self._flush()

    def _flush(self) -> None:
        if not self._has_blocks:
            give_back(self.words)  # what was free before, as lists that grew leave it
            self._has_blocks = True
        ids = np.concatenate(self._ids) if len(self._ids) > 1 else self._ids[0]
        part = max(_COUNTED, len(self._counts))  # as bincount makes eight bytes of every number
        for start in range(0, len(ids), part):
            self._count(ids[start : start + part])
        self._store.append(EncodedBlock(self.words, 0, ids, np.concatenate(self._ends)))
        self._ids, self._ends = [], []
        self._waiting = self._size = 0

    def _count(self, ids: Ids) -> None:
        found = np.bincount(ids)
        if len(found) > len(self._counts):
            self._counts = np.concatenate([self._counts, np.zeros(len(found), np.int64)])
        self._counts[: len(found)] += found

    def finish(self, keys_at: KeysAt, different: int, source: str) -> Parts:
        """Number the tokens as the task says, and make the corpus; the arguments are those of `number`."""
        self.number(keys_at, different, source)
        return self.parts()

    def number(self, keys_at: KeysAt, different: int, source: str) -> None:
        """Number the tokens as the task says.

        Args:
            keys_at: The keys of the tokens with these numbers.
            different: How many numbers were given.
            source: What errors name.
        """
        self._require_words(source)
        self._numbered = self._target.number(self._counts[:different], np.arange(different), keys_at, source)

    def parts(self) -> Parts:
        """The corpus of tokens that are numbered."""
        assert self._numbered is not None
        vocabulary, numbers = self._numbered
        return self._store.finish([numbers], vocabulary, self.words)

    def _require_words(self, source: str) -> None:
        if self._size:
            self._flush()
        if self.words == 0:
            raise NothingKeptError(
                f"{source}: there is no word in {'them' if source in ('sentences', 'documents') else 'it'}"
            )


class KnownFeed(Feed):
    """`Feed` of words that come with their ids in a vocabulary, and those that it lacks with ``len(vocabulary)``."""

    def __init__(self, task: Task, vocabulary: Vocabulary) -> None:
        super().__init__(task)
        self._vocabulary = vocabulary
        self._is_known = False

    def _count(self, ids: Ids) -> None:
        self._is_known = self._is_known or bool(ids.min() < len(self._vocabulary))

    def number(self, keys_at: KeysAt, different: int, source: str) -> None:
        """As in the base, where the words have their numbers."""
        self._require_words(source)
        require_known([np.array([0 if self._is_known else -1], np.int32)], source, self.words)
        numbers = np.arange(len(self._vocabulary) + 1, dtype=np.int32)
        numbers[-1] = -1
        self._numbered = self._vocabulary, numbers
