"""The words that a model of documents knows, and the tags of these."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import warn
from ..corpus import Corpus
from ..memory import memory_for
from ..signals import Deferred, slices
from ..train.documents import DocumentWeights
from ..train.matrices import LINE, Matrix, copy_of, mapped_zeros, random_rows, zeros
from ..train.settings import Settings
from ..vectors import KeyedVectors
from .building import extended_factors
from .documents import Documents
from .known_words import Change, KnownWords
from .tags import KEY_BYTES, TagLists
from .word2vec_file import Saved

_ADVICE = "lower vector_size, or keep them in a file (dv_mapfile)"
_VALUES = ("doc_count", "word_count")
_WORDS, _TAGS = "words are in the model's wv", "tags of documents are in the model's dv"
_OTHER_SEED = 7919
"""Added to the seed of words: rows of documents are others."""


class KnownDocuments(KnownWords):
    """`KnownWords` of a model whose documents have rows, too.

    Args:
        wv: Has the words.
        dv: Has the tags.
    """

    def __init__(self, wv: KeyedVectors, dv: KeyedVectors) -> None:
        super().__init__(wv)
        self.weights = DocumentWeights(wv, name="wv", documents=dv)

    def weights_with(self, wv: KeyedVectors, dv: KeyedVectors) -> DocumentWeights:
        """The matrices, with the vectors of both."""
        weights = self.weights_of(wv)
        assert isinstance(weights, DocumentWeights)
        weights.documents = dv
        wv._store.others, dv._store.others = _TAGS, _WORDS
        return weights

    def restored(self, wv: KeyedVectors, saved: Saved) -> Change:
        """As in the base."""
        change = super().restored(wv, saved)
        assert isinstance(change.weights, DocumentWeights)
        change.weights.output_size = saved.settings.layer1_size
        return change


@dataclass(frozen=True)
class DocumentChange:
    """Tags that a model is about to take over, with rows for them.

    Attributes:
        rows: Tag -> row.
        vectors: (tags, vector_size).
        values: Of each tag, by name: how many documents and words it has.
        factors: Lock factors of the rows.
    """

    rows: dict[Hashable, int]
    vectors: Matrix
    values: dict[str, NDArray[Any]]
    factors: NDArray[Any]

    @classmethod
    def of(
        cls, dv: KeyedVectors, documents: Corpus, settings: Settings, *, update: bool, path: str | None
    ) -> DocumentChange:
        """Fresh rows for the tags of ``documents``; with ``update`` those of ``dv`` stay and new ones follow.

        Raises:
            MemoryError: there is not enough for them.
        """
        tagged = Documents.of(documents)
        total = len(tagged.tags.keys) + (len(dv) if update else 0)
        with memory_for(f"vectors of {total:,} tags", total * (KEY_BYTES + _row_bytes(settings, path)), _ADVICE):
            return cls._of(dv, tagged, settings, update=update, path=path)

    @classmethod
    def _of(
        cls, dv: KeyedVectors, tagged: Documents, settings: Settings, *, update: bool, path: str | None
    ) -> DocumentChange:
        tags, words = tagged.tags, np.diff(tagged.offsets)
        known = list(dv.index_to_key) if update else []
        rows = {key: row for row, key in enumerate(known)}
        for key in tags.keys:
            rows.setdefault(key, len(rows))
        numbers = np.fromiter((rows[key] for key in tags.keys), np.int64, len(tags.keys))
        vectors = _zeros(len(rows), settings, path)
        vectors[: len(known)] = dv.vectors[: len(known)]
        random_rows(vectors, settings.seed + _OTHER_SEED, len(known))
        values = {}
        for name, found in zip(_VALUES, tags.counts(words), strict=True):
            values[name] = np.zeros(len(rows), np.int64)
            before = dv.expandos.get(name) if update else None
            if before is not None:
                values[name][: len(before)] = before
            values[name][numbers] += found
        _warn_of_rows(tags, known, numbers, values[_VALUES[0]])
        factors = dv.vectors_lockf if update else np.ones(1, np.float32)
        return cls(rows, vectors, values, extended_factors(factors, len(rows)))

    @classmethod
    def fresh(cls, dv: KeyedVectors, settings: Settings, path: str | None) -> DocumentChange:
        """Fresh rows for the tags of ``dv``."""
        rows = {key: row for row, key in enumerate(dv.index_to_key)}
        vectors = _zeros(len(rows), settings, path)
        random_rows(vectors, settings.seed + _OTHER_SEED)
        values = {name: dv.expandos[name] for name in _VALUES if name in dv.expandos}
        return cls(rows, vectors, values, dv.vectors_lockf)

    def take(self, dv: KeyedVectors) -> None:
        """Become these, with signals deferred."""
        with Deferred():
            dv._become(self.rows, self.vectors)
            dv.expandos.update(self.values)
            dv.vectors_lockf = self.factors


def _warn_of_rows(
    tags: TagLists, known: list[Hashable], numbers: NDArray[np.int64], documents: NDArray[np.int64]
) -> None:
    """Tell of whole numbers that are no document's tag and have rows all the same, and of such that are not their rows.

    Args:
        tags: Those of new documents.
        known: Those there were before.
        numbers: Rows of the new ones.
        documents: How many documents each row has.
    """
    whole = tags.whole_numbers
    is_new = numbers[:whole] >= len(known)
    unused = np.flatnonzero(is_new & (documents[numbers[:whole]] == 0))
    if len(unused) and not tags.has_large_gaps:
        warn(
            f"{len(unused):,} of {whole:,} rows are of whole numbers that no document has as its tag, such as "
            f"{int(unused[0])}: they keep random vectors, and most_similar answers with them, too. Number documents "
            "from 0 on, or make a str of each tag"
        )
    moved = np.flatnonzero(is_new & (numbers[:whole] != np.arange(whole)))
    if len(moved):
        tag, row = int(moved[0]), int(numbers[moved[0]])
        warn(
            f"the tag {tag} has row {row:,}, as row {tag} is that of {known[tag]!r}: ask for it by dv[{tag}], not by "
            "rows of dv.vectors"
        )


def _row_bytes(settings: Settings, path: str | None) -> int:
    """That a vector takes in memory."""
    return 4 * settings.vector_size if path is None else 0


def _is_mapped_rows(path: str, vectors: NDArray[Any]) -> bool:
    """Whether the file is one that `mapped_zeros` makes for as many vectors of this size."""
    try:
        there = np.lib.format.open_memmap(path, "r")
    except (OSError, ValueError):
        return False
    return there.dtype == np.float32 and there.shape == (len(vectors), -(-vectors.shape[1] // LINE) * LINE)


def copied_rows(vectors: NDArray[Any], path: str | None) -> Matrix:
    """A copy of vectors of tags, in the file at ``path`` if it holds such vectors.

    The path comes from a checkpoint, which somebody else may have made: no other file is made or replaced.

    Raises:
        MemoryError: there is not enough for it.
    """
    if path is not None and _is_mapped_rows(path, vectors):
        made = mapped_zeros(path, *vectors.shape)
        for part in slices(len(vectors)):
            made[part] = vectors[part]
        return made
    if path is not None:
        warn(f"vectors of tags are in memory, and no more in {path}: it is no file of as many of them")
    return copy_of(vectors)


def _zeros(rows: int, settings: Settings, path: str | None) -> Matrix:
    size = settings.vector_size
    return zeros(rows, size) if path is None else mapped_zeros(path, rows, size)
