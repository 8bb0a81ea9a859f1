"""What a run trains: settings, ids, tables and matrices, and how they are handed to the core."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..checks import warn
from ..config import isa
from ..corpus import Corpus
from ..signals import deliver
from ..threads import thread_count
from .hogwild import Hogwild
from .lengths import LengthWatch
from .rounds import Rounds
from .sampling import Tables
from .schedule import Schedule
from .sentence_draws import SentenceDraws
from .settings import Settings
from .strategy import Lane, LaneTrainer, Strategy
from .weights import Weights

THINNED_FROM = 50_000
"""From so many words on a centre trains a part of the top nodes of its path: others train them too. With fewer, all."""

_LARGE_ALPHA = 1.0
_MANY_NEGATIVES = 256

Id = TypeVar("Id", np.int32, np.int64)


def strategy_of(settings: Settings) -> Strategy:
    """How threads share the blocks, as settings say."""
    threads = thread_count(settings.workers)
    return Rounds(threads) if settings.deterministic else Hogwild(threads)


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

    nothing_left: ClassVar[str] = "no sentence was left with two words that min_count and sample keep"
    """Why a run may have trained nothing, but for what `why_nothing` finds."""

    settings: Settings
    tokens: Tokens
    tables: Tables
    weights: Weights
    want_loss: bool = False
    contexts: int = 0
    _lengths: LengthWatch | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.weights.require(self.settings)

    @property
    def part(self) -> int:
        """Of a model of items, which has one of each kind: ``sg``."""
        return self.settings.sg

    def strategy(self) -> Strategy:
        """How threads share the blocks."""
        return strategy_of(self.settings)

    def why_nothing(self) -> str:
        """Why this run has trained nothing, and what to do where words were thinned out."""
        return self.nothing_left + "; sample=0 thins out none" * bool(self.settings.sample)

    def begins(self, schedule: Schedule) -> None:
        """Warn of rates and numbers of negatives with which nothing useful is learned."""
        self._lengths = LengthWatch(self.weights)
        warn_of_large_alpha(schedule.start_alpha)
        if self.settings.negative > _MANY_NEGATIVES and not self.settings.cbow_exact:  # with which many do well
            warn(
                f"negative={self.settings.negative} takes long, and training easily diverges with so many negatives: "
                "5 to 20 is usual"
            )

    def epoch_ended(self, schedule: Schedule) -> None:
        """Warn where vectors have grown so long that scores say nothing any more."""
        if self._lengths is not None:
            self._lengths.look(schedule.start_alpha, self.settings.negative)

    def remedy(self, schedule: Schedule) -> str:
        """What to change when training diverged."""
        alpha, negative = schedule.start_alpha, self.settings.negative
        return f"Lower alpha (now {alpha:g})" + f" or negative (now {negative})" * (negative > _MANY_NEGATIVES)

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
                **self.weights.further_matrices(matrices),
            ),
            _native.Contexts(
                max(1, min(settings.window, 2**30)), settings.shrink_windows, tokens.longest_sentence, self.contexts
            ),
            _native.Inputs(
                bool(settings.sg),
                bool(settings.cbow_mean),
                settings.cbow_exact,
                settings.negatives_per_pair,
                self.documents(),
            ),
            None if tables.noise is None else _native.Negatives(tables.noise, settings.negative),
            None if paths is None else _native.Paths(paths.offsets, paths.nodes, paths.codes, thinned),
            tables.keep,
            seed,
            self.want_loss,
            None if bags is None else _native.Subwords(bags.offsets, bags.rows),
        )
        return tokens.trained_by(trainer)

    def documents(self) -> _native.Documents | None:
        """How sentences learn as documents; None where they are none."""
        return None


@dataclass(frozen=True)
class CorpusTokens:
    """`Tokens` of a corpus.

    Attributes:
        corpus: Its ids are rows of the matrices.
        event_keep: Thresholds on 32 random bits below which a token stays, uint32 (tokens,); None where all stay. Not
            for a corpus whose sentences have weights.
        first_position: The place of the first token in the whole of which this is a part, as draws are keyed by that.
    """

    corpus: Corpus
    event_keep: NDArray[np.uint32] | None = None
    first_position: int = 0

    def begin_epoch(self, rows: int) -> EpochTokens:
        """As `Tokens` says."""
        weights = self.corpus.weights
        if weights is None:
            return CorpusEpoch(self.view(rows))
        ids, offsets, checked = self._checked(rows)
        return SentenceDraws(ids, offsets, rows, weights / weights.max(), checked)

    def view(self, rows: int, **tags: Any) -> _native.TokenView:
        """A view of all tokens."""
        ids, offsets, checked = self._checked(rows)
        return _native.TokenView(ids, offsets, rows, self.first_position, keep=self.event_keep, checked=checked, **tags)

    def _checked(self, rows: int) -> tuple[NDArray[np.int32], NDArray[np.int64], _native.CheckedSentences]:
        """Ids and ends of sentences; those in memory are checked each time, as a callback may have changed them."""
        ids, offsets = _read_only(self.corpus.ids), _read_only(self.corpus.offsets)
        checked = self.corpus.checked_sentences() or _native.CheckedSentences(ids, offsets, rows, _part_checked)
        return ids, offsets, checked

    def passed(self, words: int) -> None:
        """As `Tokens` says."""
        self.corpus.passed(words)

    def described(self) -> tuple[int, int, int, str]:
        """As `Tokens` says."""
        return self.described_with()

    def described_with(self, *further: NDArray[Any]) -> tuple[int, int, int, str]:
        """`described`, where the digest is of further arrays, too."""
        corpus = self.corpus
        arrays = [array for array in (self.event_keep, corpus.weights) if array is not None]
        return len(corpus), corpus.words, corpus.raw_words, corpus._digest(*arrays, *further)

    @property
    def origin(self) -> Any:
        """As `Tokens` says; nothing says where weights come from."""
        return None if self.corpus.weights is not None else self.corpus._origin


@dataclass(frozen=True)
class CorpusEpoch:
    """`EpochTokens` of a corpus."""

    view: _native.TokenView

    @property
    def longest_sentence(self) -> int:
        """As `EpochTokens` says."""
        return self.view.longest_sentence

    def trained_by(self, trainer: _native.Trainer) -> _CorpusTrainer:
        """As `EpochTokens` says."""
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


def warn_of_large_alpha(alpha: float) -> None:
    """Warn of a learning rate with which nothing useful is learned."""
    if alpha > _LARGE_ALPHA:
        warn(f"alpha={alpha:g} is so large that nothing useful is learned: 0.025 to 0.2 is usual")
