"""Tags of documents: what documents are called, and the rows that belong to these names."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..checks import is_missing, warn
from ..corpus.messages import short
from ..memory import memory_for
from ..train.documents import Tags
from ..vectors.store import is_integer

MOST = 2**31 - 1
"""Rows of documents: they have numbers of 32 bits."""
KEY_BYTES = 150
"""That finding the row of a tag takes, about."""
_STR = "make a str of each tag, for one row each"


@dataclass(frozen=True)
class TagLists:
    """The tags of documents, each a str or a whole number from 0.

    Attributes:
        keys: Different tags. Whole numbers are rows, as in gensim: 0 up to the highest one come first, and then each
            str as it first occurs.
        rows: Numbers of tags in ``keys``, those of a document after another's, int32.
        offsets: Document i has ``rows[offsets[i]:offsets[i + 1]]``; int64 (documents + 1,).
    """

    keys: Sequence[Hashable]
    rows: NDArray[np.int32]
    offsets: NDArray[np.int64]

    @classmethod
    def numbered(cls, count: int) -> Self:
        """Each of so many documents has its number as its tag."""
        return cls(range(count), np.arange(count, dtype=np.int32), np.arange(count + 1))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def whole_numbers(self) -> int:
        """How many keys are whole numbers: these come first."""
        if isinstance(self.keys, range):
            return len(self.keys)
        return next((number for number, key in enumerate(self.keys) if isinstance(key, str)), len(self.keys))

    @property
    def has_large_gaps(self) -> bool:
        """Whether there are many more rows of whole numbers than documents, of which `TagReader` has warned."""
        return self.whole_numbers > 10 * len(self) + 1000

    def of(self, document: int) -> list[Hashable]:
        """The tags of a document, by its number from 0.

        Raises:
            TypeError: ``document`` is no whole number.
            IndexError: there is no such document.
        """
        if not is_integer(document):
            raise TypeError(f"a document is asked for by its number from 0, not by {short(document)}")
        if not 0 <= document < len(self):
            raise IndexError(f"there is no document {document}: there are {len(self):,}, from number 0 on")
        begin, end = self.offsets[document : document + 2]
        return [self.keys[row] for row in self.rows[begin:end].tolist()]

    def rows_in(self, known: Mapping[Any, int], count: int) -> Tags:
        """As rows of a matrix of ``count``; tags that are not known are left out, with a warning."""
        if isinstance(self.keys, range) and len(self.keys) <= count and _are_numbers(known, len(self.keys)):
            return Tags(self.rows, self.offsets, count)
        numbers = np.fromiter((known.get(key, -1) for key in self.keys), np.int64, len(self.keys))
        rows = numbers[self.rows]
        is_there, offsets = rows >= 0, self.offsets
        if not is_there.all():
            missing = self.keys[int(self.rows[np.argmin(is_there)])]
            warn(
                f"{len(set(self.rows[~is_there].tolist())):,} tags are not in the model, such as {missing!r}, and are "
                "left out: build_vocab(documents, update=True) adds them"
            )
            offsets = np.concatenate(([0], np.cumsum(is_there)))[offsets]
            rows = rows[is_there]
        return Tags(np.ascontiguousarray(rows, np.int32), np.ascontiguousarray(offsets, np.int64), count)

    def counts(self, words: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How many documents each tag has, and how many words in them; ``words`` are those of each document."""
        total = len(self.keys)
        each = np.repeat(words, np.diff(self.offsets))
        documents = np.bincount(self.rows, minlength=total)
        return documents, np.bincount(self.rows, each, total).astype(np.int64)


def _are_numbers(known: Mapping[Any, int], count: int) -> bool:
    """Whether 0 ... count - 1 are keys whose rows are these numbers, as where all tags are numbers of documents."""
    return all(known.get(number) == number for number in range(count))


class TagReader:
    """Numbers tags as documents come."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._found: list[int] = []  # a whole number as it is, and a str as -1 less its number
        self._ends = [0]
        self._most = -1

    def add(self, tags: Iterable[Any], number: int) -> None:
        """Take the tags of document ``number``.

        Raises:
            TypeError: they are no list, or one is neither a str nor a whole number.
            ValueError: a whole number is negative or too large.
        """
        for tag in _as_list(tags, number):
            if type(tag) is str:
                self._found.append(-1 - self._texts.setdefault(tag, len(self._texts)))
            elif is_integer(tag):
                self._add_number(int(tag), number)
            elif isinstance(tag, str):
                self._found.append(-1 - self._texts.setdefault(str(tag), len(self._texts)))
            else:
                kind = (
                    "missing"
                    if is_missing(tag)
                    else f"{short(tag)}, neither a str nor a whole number: make a str of it"
                )
                raise TypeError(f"a tag of document {number} is {kind}")
        self._ends.append(len(self._found))

    def _add_number(self, tag: int, document: int) -> None:
        if not 0 <= tag < MOST:
            raise ValueError(
                f"a tag of document {document} is {tag}: a whole number is the row of the document's vector, so it "
                "must be small and not negative; make a str of it for a name"
            )
        self._most = max(self._most, tag)
        self._found.append(tag)

    def lists(self) -> TagLists:
        """All tags so far."""
        numbers, documents = self._most + 1, len(self._ends) - 1
        found = np.array(self._found, np.int64)
        with memory_for(f"finding {numbers:,} rows, as {self._most:,} is a tag,", KEY_BYTES * numbers, _STR):
            rows = np.where(found >= 0, found, numbers - 1 - found).astype(np.int32)
            keys: Sequence[Hashable] = [*range(numbers), *self._texts] if self._texts else range(numbers)
        if numbers > 10 * documents + 1000:
            warn(
                f"the highest tag is {self._most:,}, of {documents:,} documents: a whole number is the row of a "
                f"vector, so {numbers:,} rows are made: {_STR}"
            )
        return TagLists(keys, rows, np.array(self._ends, np.int64))


def _as_list(tags: Any, number: int) -> Iterable[Any]:
    if isinstance(tags, str | bytes) or not isinstance(tags, Iterable):
        hint = "leave the document out, or give it []" if is_missing(tags) else "TaggedDocument(words, [tag])"
        raise TypeError(f"the tags of document {number} must be a list, not {short(tags)}: {hint}")
    return tags.tolist() if isinstance(tags, np.ndarray) else tags
