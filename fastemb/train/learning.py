"""What a run trains, as the loop of training, checkpoints and displays see it."""

from __future__ import annotations

from typing import Any, Protocol

from .schedule import Schedule
from .settings import Checked
from .strategy import Strategy


class Learned(Protocol):
    """Matrices that learn."""

    epochs_trained: int
    """Epochs that they have seen to the end; each draws samples of its own."""

    def unpad(self) -> None:
        """Make them contiguous, for people."""
        ...

    def not_finite(self) -> tuple[str, int] | None:
        """The name of a matrix that holds NaN or infinite numbers, and the first row with one; None if none does."""
        ...


class Source(Protocol):
    """What is trained on."""

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


class Learning(Protocol):
    """All that a run needs besides its own state."""

    @property
    def settings(self) -> Checked:
        """By which it learns."""
        ...

    @property
    def weights(self) -> Learned:
        """What learns."""
        ...

    @property
    def tokens(self) -> Source:
        """What it learns from."""
        ...

    @property
    def want_loss(self) -> bool:
        """Whether the loss is added up."""
        ...

    @property
    def part(self) -> int:
        """A number for this part of a model, of which there may be several."""
        ...

    def strategy(self) -> Strategy:
        """How threads share the blocks."""
        ...

    def bind(self, seed: int) -> Any:
        """Make matrices ready for an epoch; returns what trains its blocks, as the strategy takes it."""
        ...

    def begins(self, schedule: Schedule) -> None:
        """Warn of rates and settings with which nothing useful is learned."""
        ...

    def epoch_ended(self, schedule: Schedule) -> None:
        """Warn where training ruins what it trains."""
        ...

    def remedy(self, schedule: Schedule) -> str:
        """What to change when training diverged."""
        ...
