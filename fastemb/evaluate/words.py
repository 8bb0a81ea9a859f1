"""Words of files of questions, looked up among the keys of vectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..checks import integer
from ..signals import slices
from ..vectors.store import Key

Ints = NDArray[np.int64]


def rows_by_word(keys: list[Key], restrict_vocab: int | None, case_insensitive: bool) -> dict[Any, int]:
    """Rows of the first ``restrict_vocab`` keys, or of all; of keys that differ only in case, the first one's.

    Raises:
        ValueError: ``restrict_vocab`` is below 1.
        TypeError: It is no whole number.
    """
    if restrict_vocab is not None:
        integer("restrict_vocab", restrict_vocab, 1)
    rows: dict[Any, int] = {}
    for row, key in enumerate(keys[:restrict_vocab]):
        rows.setdefault(folded(key, case_insensitive), row)
    return rows


def folded(key: Key, case_insensitive: bool) -> Any:
    """A key as it is compared: a string in upper case, unless case counts."""
    return key.upper() if case_insensitive and isinstance(key, str) else key


class Found(NamedTuple):
    """Where numbered words are among the keys of one model.

    Attributes:
        rows: (w,) the row of each word, of keys that differ only in case the first one's; -1 for an unknown word.
        words: (r,) the word of each row that is looked at; -1 for keys that are none of the words.
        spellings: Rows of all keys that are a word but for case, as (offsets, rows): those of word w are
            ``rows[offsets[w]:offsets[w + 1]]``.
    """

    rows: Ints
    words: Ints
    spellings: tuple[Ints, Ints]


class Words:
    """Words of questions, numbered from 0 on; in upper case unless case counts."""

    def __init__(self, case_insensitive: bool) -> None:
        self.case_insensitive = case_insensitive
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, word: str) -> int:
        """The number of a word, which is a new one where the word is."""
        return self._numbers.setdefault(folded(word, self.case_insensitive), len(self._numbers))

    def find(self, keys: list[Key], restrict_vocab: int | None) -> Found:
        """Where the words are among the first ``restrict_vocab`` keys."""
        count = min(len(keys), restrict_vocab or len(keys))
        words = np.full(count, -1, np.int64)
        for part in slices(count):
            words[part] = [self._numbers.get(folded(key, self.case_insensitive), -1) for key in keys[:count][part]]
        spelled = np.flatnonzero(words >= 0)
        order = spelled[np.argsort(words[spelled], kind="stable")]
        offsets = np.append(0, np.cumsum(np.bincount(words[order], minlength=len(self)))).astype(np.int64)
        rows = np.full(len(self), -1, np.int64)
        has = offsets[1:] > offsets[:-1]
        rows[has] = order[offsets[:-1][has]]
        return Found(rows, words, (offsets, order))
