"""What a run trains: settings, ids, tables and matrices, and how they are handed to the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..config import isa
from ..corpus import Corpus
from ..signals import deliver
from .sampling import Tables
from .settings import Settings
from .weights import Weights

Id = TypeVar("Id", np.int32, np.int64)


@dataclass
class Task:
    """All that a run needs besides its own state; tables are made once.

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

    def __post_init__(self) -> None:
        self.weights.require(self.settings)

    def _tokens(self) -> _native.TokenView:
        """The corpus for an epoch; ids in memory are checked each time, as a callback may have changed them."""
        rows, ids, offsets = self.tables.rows, _read_only(self.corpus.ids), _read_only(self.corpus.offsets)
        checked = self.corpus.checked_sentences() or _native.CheckedSentences(ids, offsets, rows, _part_checked)
        return _native.TokenView(ids, offsets, rows, keep=self.event_keep, checked=checked)

    def bind(self, seed: int) -> CorpusTrainer:
        """Pad the matrices, and hand them with everything else to the core, for an epoch.

        Raises:
            ValueError: a matrix or the lock factors do not fit the tables.
        """
        settings, tables = self.settings, self.tables
        matrices = self.weights.pad((tables.rows, settings.vector_size))
        paths, tokens = tables.paths, self._tokens()
        trainer = _native.Trainer(
            isa(),
            _native.Matrices(
                matrices["vectors"],
                matrices.get("syn1neg"),
                matrices.get("syn1"),
                settings.vector_size,
                self.weights.input_scale(tables.rows),
            ),
            _native.Contexts(
                min(settings.window, 2**30), settings.shrink_windows, tokens.longest_sentence, self.contexts
            ),
            _native.Inputs(
                bool(settings.sg), bool(settings.cbow_mean), settings.cbow_exact, settings.negatives_per_pair
            ),
            None if tables.noise is None else _native.Negatives(tables.noise, settings.negative),
            None if paths is None else _native.Paths(paths.offsets, paths.nodes, paths.codes),
            tables.keep,
            seed,
            self.want_loss,
        )
        return CorpusTrainer(trainer, tokens)


@dataclass(frozen=True)
class CorpusTrainer:
    """The core's trainer, with a whole corpus as the view of tokens that it trains on."""

    trainer: _native.Trainer
    tokens: _native.TokenView

    def workspace(self) -> bytearray:
        """Scratch memory for one thread."""
        return self.trainer.workspace()

    def train_block(
        self, epoch: int, begin: int, end: int, alpha: float, workspace: bytearray
    ) -> tuple[int, int, int, float]:
        """Train tokens [begin, end) of the corpus; returns words, kept, pairs and loss."""
        return self.trainer.train_block(self.tokens, epoch, begin, end, alpha, workspace)

    def stop(self) -> None:
        """Break off blocks that take long, in whatever thread."""
        self.trainer.stop()


def _read_only(values: NDArray[Id]) -> NDArray[Id]:
    """A view through which nobody writes."""
    view = values.view()
    view.flags.writeable = False
    return view


def _part_checked(part: memoryview) -> None:
    """Let Ctrl-C through after each part of a large corpus."""
    deliver()
