"""A run of training as a value: how far it is, and all that the rest of it depends on besides matrices and corpus.

An epoch is cut into blocks of some ten milliseconds. The learning rate of a block and what is sampled in it follow from
its place in the corpus, never from the clock. So a run that is saved between two blocks, with the matrices, and taken
up later ends with the same bits as one that was never stopped, if one worker trains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from .schedule import Schedule, block_words, flops_per_word
from .settings import Settings


@dataclass
class Totals:
    """Sums over blocks: corpus words passed, centres trained, (input, output) pairs, loss."""

    words: int = 0
    kept: int = 0
    pairs: int = 0
    loss: float = 0.0

    def add(self, words: int, kept: int, pairs: int, loss: float) -> None:
        """Add one block."""
        self.words += words
        self.kept += kept
        self.pairs += pairs
        self.loss += loss


@dataclass
class Run:
    """Passes over a corpus: plain values only.

    Attributes:
        epochs: Passes to make.
        words: Tokens of a pass.
        block: Tokens of a block; the last one of an epoch may be shorter.
        seed: Key of everything that is sampled, together with ``draw_epoch`` and a token's place.
        schedule: The learning rate.
        epoch: Passes that have ended.
        next_word: Where the next block of the present epoch begins; all before it has been handed out.
        draw_epoch: Number of the present epoch among all that these matrices have seen, so that each draws anew.
        totals: Of the blocks that were trained.
        cut: How many nodes of a cluster train the present epoch, each its part of it, and in how many rounds; None
            where it is trained from its beginning to its end.
    """

    epochs: int
    words: int
    block: int
    seed: int
    schedule: Schedule
    epoch: int = 0
    next_word: int = 0
    draw_epoch: int = 0
    totals: Totals = field(default_factory=Totals)
    cut: tuple[int, int] | None = None

    @classmethod
    def planned(cls, settings: Settings, words: int, schedule: Schedule) -> Self:
        """A run of ``settings.epochs`` passes over ``words`` tokens that has not begun."""
        return cls(settings.epochs, words, block_words(words, flops_per_word(settings)), settings.seed, schedule)

    @property
    def ended(self) -> bool:
        """Whether all passes have ended."""
        return self.epoch >= self.epochs

    def take(self) -> tuple[int, int] | None:
        """Hand out the next block of this epoch, tokens [begin, end); None when there is none left."""
        begin = self.next_word
        if begin >= self.words:
            return None
        self.next_word = min(begin + self.block, self.words)
        return begin, self.next_word

    def alpha(self, begin: int) -> float:
        """Learning rate of the block that begins at this token of the present epoch."""
        return self.schedule.alpha(self.epoch * self.words + begin)

    def end_epoch(self) -> None:
        """Count the present epoch, all of whose blocks were trained."""
        self.epoch += 1
        self.next_word = 0

    @property
    def is_whole(self) -> bool:
        """Whether every block that was handed out was trained to its end, and added up."""
        return self.totals.words == self.epoch * self.words + self.next_word

    def to_dict(self) -> dict[str, Any]:
        """All of it as numbers in dicts, which JSON can hold."""
        values = asdict(self)
        if self.cut is None:
            del values["cut"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """What `to_dict` gave as a run again.

        Raises:
            TypeError: something is missing, or there is more.
        """
        parts = {"schedule": Schedule(**values["schedule"]), "totals": Totals(**values["totals"])}
        cut = values.get("cut")
        return cls(**{**values, **parts, "cut": None if cut is None else (int(cut[0]), int(cut[1]))})
