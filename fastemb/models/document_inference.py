"""What `Doc2Vec` infers from: the known words of texts, and the tables that are kept from one call to the next."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..checks import no_text
from ..corpus.lists import Called, first_unhashable, list_batches, sentence_tokens
from ..corpus.messages import short
from ..corpus.task import ReadSizes
from ..train.inference import InferenceTables
from ..train.settings import DocumentSettings
from ..vectors import KeyedVectors

_TEXTS = Called("text", "texts", "text.split()", "a list")


@dataclass(frozen=True)
class Kept:
    """What inference draws by, with what it was made of."""

    parts: tuple[Any, ...]
    what: tuple[Any, ...]
    tables: InferenceTables

    @classmethod
    def of(
        cls,
        before: Self | None,
        words: KeyedVectors,
        settings: DocumentSettings,
        counts: Callable[[], NDArray[np.int64]],
    ) -> Self:
        """What was kept ``before`` where it fits; words are looked at again when their list, dict or counts change."""
        what = (len(words), settings.sample, settings.negative, settings.ns_exponent, settings.seed)
        if before is not None and before._fits(words, what):
            return before
        return cls(_parts_of(words), what, InferenceTables.of(counts(), settings))

    def _fits(self, words: KeyedVectors, what: tuple[Any, ...]) -> bool:
        return self.what == what and all(map(operator.is_, self.parts, _parts_of(words)))


def _parts_of(words: KeyedVectors) -> tuple[Any, ...]:
    return words.index_to_key, words.key_to_index, words.expandos.get("count")


def ids_of(rows: dict[Any, int], documents: Any) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Known words of texts as rows, one text after the other, and where each begins."""
    no_text("documents", documents, "texts", "[{}.split()]")
    if not (isinstance(documents, Iterable) or hasattr(documents, "__getitem__")):
        raise TypeError(f"documents must be a list of texts, each a list of tokens, not {short(documents)}")
    parts, ends = [np.empty(0, np.int32)], [np.zeros(1, np.int64)]
    read = words = 0
    for batch, bounds in list_batches(documents, ReadSizes(), _tokens_of):
        ids = np.empty(int(bounds[-1]), np.int32)
        try:
            _native.find_tokens(rows, batch, ids)
        except TypeError:
            found = first_unhashable(batch, read)
            if found is None:
                raise
            hint = "a text is a list of tokens, and infer_vectors takes a list of texts"
            raise TypeError(
                f"text {found[0]}: a token must be hashable, and {short(found[1])} is not: {hint}"
            ) from None
        is_known = ids >= 0
        if not is_known.all():
            _require_words(batch, read)
        parts.append(ids[is_known])
        ends.append(words + np.append(0, np.cumsum(is_known))[bounds])
        read, words = read + len(batch), words + len(parts[-1])
    return np.concatenate(parts), np.concatenate(ends)


def _tokens_of(document: Any, number: int) -> Sequence[Hashable]:
    return sentence_tokens(getattr(document, "words", document), number, _TEXTS)


def _require_words(texts: Sequence[Sequence[Any]], read: int) -> None:
    """Refuse what is no word, and so known to no model; ``read`` texts came before.

    Raises:
        ValueError: a token is missing (None, NaN).
        TypeError: a token is of a type that no model has.
    """
    for at, text in enumerate(texts, read):
        if {str, int}.issuperset(map(type, text)):
            continue
        for token in text:
            if token is None or token != token:
                raise ValueError(f"text {at}: a token is missing ({token}): leave it out, or put a word in its place")
            if not isinstance(token, str | int | np.integer):
                raise TypeError(f"text {at}: a token must be a str or an int, not {short(token)}")
