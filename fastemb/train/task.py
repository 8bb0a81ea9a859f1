"""What a run trains: settings, ids, tables and matrices, and how they are handed to the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..config import isa
from ..corpus import Corpus
from ..corpus.checksums import digest
from ..signals import deliver
from .sampling import Tables
from .sentence_draws import SentenceDraws
from .settings import Settings
from .strategy import Lane, LaneTrainer
from .weights import Weights

THINNED_FROM = 50_000
"""From so many words on a centre trains a part of the top nodes of its path: others train them too. With fewer, all."""

Id = TypeVar("Id", np.int32, np.int64)


class EpochTokens(Protocol):
    """The tokens of an epoch, ready to be trained on."""

    @property
    def longest_sentence(self) -> int:
        """In tokens; no view that is trained on has a longer one."""
        ...

    def trained_by(self, trainer: _native.Trainer) -> LaneTrainer:
        """What trains a block of them."""
        ...


class Tokens(Protocol):
    """Where ids come from: a corpus, or walks that each thread makes for itself."""

    def begin_epoch(self, rows: int) -> EpochTokens:
        """Make ready; ids must be below ``rows``."""
        ...

    def passed(self, words: int) -> None:
        """Hear that so many words were trained on since the run began."""
        ...

    def described(self) -> tuple[int, int, int, str]:
        """Sentences, words that are kept, all words, and a digest of all that is trained on: for checkpoints."""
        ...

    @property
    def origin(self) -> Any:
        """How the same are had again, in plain values; None where nobody knows."""
        ...


@dataclass
class Task:
    """All that a run needs besides its own state; tables are made once.

    Attributes:
        settings: Checked.
        tokens: Their ids are rows of the matrices.
        tables: Of the words that the rows stand for.
        weights: What learns.
        want_loss: Whether to add up the loss.
        contexts: Most contexts of a centre where sentences are baskets without order; 0 for windows.
    """

    settings: Settings
    tokens: Tokens
    tables: Tables
    weights: Weights
    want_loss: bool = False
    contexts: int = 0

    def __post_init__(self) -> None:
        self.weights.require(self.settings)

    def bind(self, seed: int) -> LaneTrainer:
        """Pad the matrices, and hand them with everything else to the core, for an epoch.

        Raises:
            ValueError: a matrix or the lock factors do not fit the tables.
        """
        settings, tables = self.settings, self.tables
        matrices, bags = self.weights.pad((tables.rows, settings.vector_size)), self.weights.bags()
        paths, tokens = tables.paths, self.tokens.begin_epoch(tables.rows)
        thinned = not settings.hs_exact and tables.rows >= THINNED_FROM
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
            None if paths is None else _native.Paths(paths.offsets, paths.nodes, paths.codes, thinned),
            tables.keep,
            seed,
            self.want_loss,
            None if bags is None else _native.Subwords(bags.offsets, bags.rows),
        )
        return tokens.trained_by(trainer)


@dataclass(frozen=True)
class CorpusTokens:
    """`Tokens` of a corpus.

    Attributes:
        corpus: Its ids are rows of the matrices.
        event_keep: Thresholds on 32 random bits below which a token stays, uint32 (tokens,); None where all stay. Not
            for a corpus whose sentences have weights.
    """

    corpus: Corpus
    event_keep: NDArray[np.uint32] | None = None

    def begin_epoch(self, rows: int) -> EpochTokens:
        """As `Tokens` says; ids in memory are checked each time, as a callback may have changed them."""
        ids, offsets = _read_only(self.corpus.ids), _read_only(self.corpus.offsets)
        checked = self.corpus.checked_sentences() or _native.CheckedSentences(ids, offsets, rows, _part_checked)
        weights = self.corpus.weights
        if weights is not None:
            return SentenceDraws(ids, offsets, rows, weights / weights.max(), checked)
        return _CorpusEpoch(_native.TokenView(ids, offsets, rows, keep=self.event_keep, checked=checked))

    def passed(self, words: int) -> None:
        """As `Tokens` says."""
        self.corpus.passed(words)

    def described(self) -> tuple[int, int, int, str]:
        """As `Tokens` says."""
        corpus = self.corpus
        further = [array for array in (self.event_keep, corpus.weights) if array is not None]
        found = digest(corpus.ids, corpus.offsets, *further, passed=corpus.passed)
        return len(corpus), corpus.words, corpus.raw_words, found

    @property
    def origin(self) -> Any:
        """As `Tokens` says; nothing says where weights come from."""
        return None if self.corpus.weights is not None else self.corpus._origin


@dataclass(frozen=True)
class _CorpusEpoch:
    view: _native.TokenView

    @property
    def longest_sentence(self) -> int:
        return self.view.longest_sentence

    def trained_by(self, trainer: _native.Trainer) -> _CorpusTrainer:
        return _CorpusTrainer(trainer, self.view)


@dataclass(frozen=True)
class _CorpusTrainer:
    """The core's trainer, with a whole corpus as the view of tokens that it trains on."""

    core: _native.Trainer
    view: _native.TokenView

    def workspace(self) -> bytearray:
        return self.core.workspace()

    def train_block(
        self, epoch: int, begin: int, end: int, alpha: float, workspace: bytearray
    ) -> tuple[int, int, int, float]:
        return self.core.train_block(self.view, epoch, begin, end, alpha, workspace)

    @property
    def unit(self) -> int:
        return 1

    def lane(self, epoch: int, begin: int, end: int) -> Lane:
        return self.view, begin, end

    def stop(self) -> None:
        self.core.stop()


def _read_only(values: NDArray[Id]) -> NDArray[Id]:
    """A view through which nobody writes."""
    view = values.view()
    view.flags.writeable = False
    return view


def _part_checked(part: memoryview) -> None:
    """Let Ctrl-C through after each part of a large corpus."""
    deliver()
