"""What `Doc2Vec` infers from: the known words of texts, and the tables that are kept from one call to the next."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..checks import no_document, no_text
from ..config import isa
from ..corpus.lists import Called, first_unhashable, list_batches, sentence_tokens
from ..corpus.messages import short
from ..corpus.task import ReadSizes
from ..train.inference import InferenceTables, core_tables
from ..train.settings import DocumentSettings
from ..vectors import KeyedVectors

_TEXTS = Called("text", "texts", "text.split()", "a list")


_values_of = operator.attrgetter(*DocumentSettings.declared())


@dataclass(frozen=True)
class Kept:
    """What a model keeps from one inference to the next: nothing that training changes.

    Attributes:
        given: The model's settings as they were, unchecked, and the kernel.
        settings: The same, checked.
        words: What told the words and their counts.
        tables: What is drawn by.
        by: The same for the core, or None.
    """

    given: tuple[Any, ...]
    settings: DocumentSettings
    words: tuple[Any, ...] = ()
    tables: InferenceTables | None = None
    by: _native.Inference | None = None

    @classmethod
    def checked(cls, before: Self | None, model: Any) -> Self:
        """What was kept ``before``, where the settings of the model are still these; else its settings, checked."""
        given = (isa(), *_values_of(model))
        return before if before is not None and before.given == given else cls(given, model._settings().checked())

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled and copied without tables, which the next inference makes anew."""
        return type(self), (self.given, self.settings)

    def with_tables(self, words: KeyedVectors, counts: Callable[[], NDArray[np.int64]]) -> Self:
        """The same with tables of these words, which are looked at again when their list, dict or counts change."""
        parts = words.index_to_key, words.key_to_index, words.expandos.get("count")
        if self.words and len(words) == self.words[0] and all(map(operator.is_, parts, self.words[1:])):
            return self
        tables = InferenceTables.of(counts(), self.settings)
        by = core_tables(self.settings, tables.pool.repeat(tables.often), tables.keep)
        return replace(self, words=(len(words), *parts), tables=tables, by=by)


def ids_of(rows: dict[Any, int], documents: Any) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Known words of texts as rows, one text after the other, and where each begins."""
    no_text("documents", documents, "texts", "[{}.split()]")
    no_document("documents", documents, "a list of texts", "give [document], or its words to infer_vector")
    if not (isinstance(documents, Iterable) or hasattr(documents, "__getitem__")):
        raise TypeError(f"documents must be a list of texts, each a list of tokens, not {short(documents)}")
    found, parts, ends = _native.FoundTokens(rows), [np.empty(0, np.int32)], [np.zeros(1, np.int64)]
    read = words = 0
    for batch, bounds in list_batches(documents, ReadSizes(), _tokens_of):
        ids = np.empty(int(bounds[-1]), np.int32)
        try:
            found.write(batch, ids)
        except TypeError:
            first = first_unhashable(batch, read)
            if first is None:
                raise
            hint = "a text is a list of tokens, and infer_vectors takes a list of texts"
            raise TypeError(
                f"text {first[0]}: a token must be hashable, and {short(first[1])} is not: {hint}"
            ) from None
        is_known = ids >= 0
        known = ids[is_known]
        if len(known) < len(ids):
            if found.odd:
                _require_words(batch, read)
            bounds = np.append(0, is_known.cumsum())[bounds] if len(batch) > 1 else np.array([len(known)])
        parts.append(known)
        ends.append(words + bounds)
        read, words = read + len(batch), words + len(known)
    return parts[-1] if len(parts) == 2 else np.concatenate(parts), np.concatenate(ends)


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
