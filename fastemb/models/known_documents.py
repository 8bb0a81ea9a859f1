"""The words that a model of documents knows, and the tags of these."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus import Corpus
from ..memory import memory_for
from ..signals import Deferred
from ..train.documents import DocumentWeights
from ..train.matrices import Matrix, mapped_zeros, random_rows, zeros
from ..train.settings import Settings
from ..vectors import KeyedVectors
from .building import extended_factors
from .documents import Documents
from .known_words import Change, KnownWords
from .tags import KEY_BYTES
from .word2vec_file import Saved

_ADVICE = "lower vector_size, or keep them in a file (dv_mapfile)"
_VALUES = ("doc_count", "word_count")
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


def _row_bytes(settings: Settings, path: str | None) -> int:
    """That a vector takes in memory."""
    return 4 * settings.vector_size if path is None else 0


def _zeros(rows: int, settings: Settings, path: str | None) -> Matrix:
    size = settings.vector_size
    return zeros(rows, size) if path is None else mapped_zeros(path, rows, size)
