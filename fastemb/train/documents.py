"""Documents: rows for their tags, which learn beside words, or alone."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .matrices import Matrix
from .schedule import Schedule
from .settings import DocumentSettings, Settings
from .task import CorpusEpoch, CorpusTokens, Task
from .weights import HasVectors, Weights

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tags:
    """The tags of documents, as rows of a matrix.

    Attributes:
        rows: Those of a document after another's, int32.
        offsets: Document i has ``rows[offsets[i]:offsets[i + 1]]``; int64 (documents + 1,).
        count: Rows in all.
    """

    rows: NDArray[np.int32]
    offsets: NDArray[np.int64]
    count: int

    @property
    def longest(self) -> int:
        """The most tags of a document."""
        return int(np.diff(self.offsets).max(initial=0))


@dataclass(eq=False)
class DocumentWeights(Weights):
    """`Weights` with rows for tags of documents.

    Attributes:
        documents: Has these rows as its ``vectors``, and perhaps factors on their changes.
        output_size: Length of output vectors; 0: that of the others.
    """

    documents: HasVectors | None = None
    output_size: int = 0

    def start_outputs(self, rows: int, settings: Settings) -> None:
        """As in the base; with concatenation output vectors are as long as all that lies side by side."""
        self.output_size = settings.layer1_size
        super().start_outputs(rows, settings)

    def take_outputs(self, other: Weights) -> None:
        """As in the base."""
        super().take_outputs(other)
        assert isinstance(other, DocumentWeights)
        self.output_size = other.output_size

    def output_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """As in the base."""
        return shape[0], self.output_size or shape[1]

    def places(self) -> dict[str, tuple[Any, str]]:
        """As in the base, with the rows of documents."""
        return {**super().places(), "documents": (self.documents, "vectors")}

    def further_matrices(self, padded: dict[str, Matrix]) -> dict[str, Any]:
        """As in the base."""
        rows = padded.get("documents")
        if rows is None:
            return {}
        factors = self.of_documents().input_scale(len(rows))
        is_longer = self.output_size not in (0, self.holder.vectors.shape[1])
        return {"tags": rows, "tag_scale": factors, "out_size": self.output_size if is_longer else 0}

    def of_documents(self) -> Weights:
        """The rows of documents, as the input vectors of weights."""
        assert self.documents is not None
        return Weights(self.documents, name="dv")

    def check_shapes(self, shape: tuple[int, int]) -> None:
        """As in the base.

        Raises:
            ValueError: rows of documents have another size; or as in the base.
        """
        super().check_shapes(shape)
        assert self.documents is not None
        self.of_documents().inputs((len(self.documents.vectors), shape[1]))

    def not_finite(self) -> tuple[str, int] | None:
        """As in the base."""
        return super().not_finite() or self.of_documents().not_finite()

    def unpad(self) -> None:
        """As in the base; lengths that were computed before are those of other vectors."""
        trained = bool(self._paddings)
        super().unpad()
        if trained and self.documents is not None and hasattr(self.documents, "norms"):
            setattr(self.documents, "norms", None)  # noqa: B010 (not all that hold vectors know their lengths)


@dataclass(frozen=True)
class DocumentTokens(CorpusTokens):
    """`CorpusTokens` of documents.

    Attributes:
        tags: A document a sentence of the corpus.
    """

    tags: Tags | None = None

    def begin_epoch(self, rows: int) -> CorpusEpoch:
        """As in the base."""
        tags = self._there()
        return CorpusEpoch(self.view(rows, tags=tags.rows, tag_offsets=tags.offsets, tag_rows=tags.count))

    def described(self) -> tuple[int, int, int, str]:
        """As in the base; the digest is of the tags, too."""
        tags = self._there()
        return self.described_with(tags.rows, tags.offsets)

    def _there(self) -> Tags:
        assert self.tags is not None
        return self.tags


@dataclass
class DocumentTask(Task):
    """`Task` of documents."""

    nothing_left: ClassVar[str] = "min_count and sample keep no word of a document with tags"

    def begins(self, schedule: Schedule) -> None:
        """As in the base; and log where words learn nothing."""
        super().begins(schedule)
        settings = self.settings
        assert isinstance(settings, DocumentSettings)
        if not settings.dm and not settings.dbow_words:
            logger.info("words learn nothing with dm=0, and neighbours of words say nothing: dbow_words=1 trains them")

    def why_nothing(self) -> str:
        """As in the base; with concatenation documents without the right number of tags are passed over."""
        settings, tokens = self.settings, self.tokens
        assert isinstance(settings, DocumentSettings)
        assert isinstance(tokens, DocumentTokens)
        assert tokens.tags is not None
        if settings.concatenates and not (np.diff(tokens.tags.offsets) == settings.dm_tag_count).any():
            return f"no document has dm_tag_count={settings.dm_tag_count} tags"
        return super().why_nothing()

    def documents(self) -> _native.Documents:
        """As in the base."""
        settings, tokens = self.settings, self.tokens
        assert isinstance(settings, DocumentSettings)
        assert isinstance(tokens, DocumentTokens)
        assert tokens.tags is not None
        return bound(settings, tokens.tags.longest, self.tables.rows - 1, tags_only=False)


def bound(settings: DocumentSettings, longest: int, null_word: int, *, tags_only: bool) -> _native.Documents:
    """How documents learn that have up to ``longest`` tags; with ``tags_only`` nothing else learns."""
    return _native.Documents(
        longest,
        bool(settings.dm),
        bool(settings.dbow_words) and not settings.dm and not tags_only,
        settings.dm_tag_count if settings.concatenates else 0,
        null_word if settings.concatenates else 0,
        tags_only,
    )
