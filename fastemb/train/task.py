"""What a run trains: settings, ids, tables and matrices, and how they are handed to the core."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..config import isa
from ..corpus import Corpus
from .sampling import Tables
from .settings import Settings
from .weights import Weights

Id = TypeVar("Id", np.int32, np.int64)


@dataclass
class Task:
    """All that a run needs besides its own state; ids are checked and tables made once.

    Attributes:
        settings: Checked.
        corpus: Ids are rows of the matrices.
        tables: Of the words that the rows stand for.
        weights: What learns.
        want_loss: Whether to add up the loss.
        contexts: Most contexts of a centre where sentences are baskets without order; 0 for windows.
        event_keep: Thresholds on 32 random bits below which a token stays, uint32 (tokens,); None where all stay.
    """

    settings: Settings
    corpus: Corpus
    tables: Tables
    weights: Weights
    want_loss: bool = False
    contexts: int = 0
    event_keep: NDArray[np.uint32] | None = None
    _ids: NDArray[np.int32] = field(init=False, repr=False)
    _offsets: NDArray[np.int64] = field(init=False, repr=False)
    _checked: _native.CheckedSentences = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.weights.require(self.settings)
        self._ids, self._offsets = _read_only(self.corpus.ids), _read_only(self.corpus.offsets)
        self._checked = self.corpus._checked() or _native.CheckedSentences(
            self._ids, self._offsets, self.tables.rows, _ignore
        )

    def bind(self, seed: int) -> _native.Trainer:
        """Pad the matrices, and hand them with everything else to the core, for an epoch.

        Raises:
            ValueError: a matrix or the lock factors do not fit the tables.
        """
        settings, tables = self.settings, self.tables
        matrices = self.weights.pad((tables.rows, settings.vector_size))
        paths = tables.paths
        return _native.Trainer(
            isa(),
            self._ids,
            self._offsets,
            matrices["vectors"],
            matrices.get("syn1neg"),
            matrices.get("syn1"),
            self.weights.input_scale(tables.rows),
            settings.vector_size,
            tables.keep,
            tables.noise,
            paths.offsets if paths else None,
            paths.nodes if paths else None,
            paths.codes if paths else None,
            paths.longest if paths else 0,
            min(settings.window, 2**30),
            settings.negative,
            bool(settings.sg),
            settings.shrink_windows,
            settings.negatives_per_pair,
            bool(settings.cbow_mean),
            settings.cbow_exact,
            self.want_loss,
            seed,
            self.contexts,
            self.event_keep,
            self._checked,
        )


def _read_only(values: NDArray[Id]) -> NDArray[Id]:
    """A view through which nobody writes."""
    view = values.view()
    view.flags.writeable = False
    return view


def _ignore(part: memoryview) -> None:
    """Do nothing with a part of the corpus that was checked."""
