"""How a run goes on: the learning rate over its words, and how many words a block has."""

from __future__ import annotations

from dataclasses import dataclass

from .settings import Settings

_BLOCK_FLOPS = 1e9
_BLOCK_MIN, _BLOCK_MAX = 256, 32768


@dataclass(frozen=True)
class Schedule:
    """Linear decay from ``start_alpha`` to ``end_alpha`` over ``total`` words (all epochs), ``before`` of them done."""

    start_alpha: float
    end_alpha: float
    total: float
    before: int = 0

    def alpha(self, done: float) -> float:
        """Learning rate after ``done`` words of this run."""
        share = min((self.before + done) / self.total, 1.0) if self.total > 0 else 1.0
        return self.start_alpha - (self.start_alpha - self.end_alpha) * share


def require_falling(alpha: float, min_alpha: float, name: str = "min_alpha") -> None:
    """Check that the learning rate falls or stays; ``name`` is what the user calls the last one.

    Raises:
        ValueError: it would rise.
    """
    if min_alpha > alpha:
        raise ValueError(
            f"{name}={min_alpha:g} is above the first learning rate, {alpha:g}, from which it falls: "
            f"give {name}={alpha:g} for a rate that stays"
        )


def block_words(words: int, flops_per_word: float) -> int:
    """Tokens a block: short enough to stop soon and to decay smoothly, long enough to make calls cheap."""
    by_time = int(_BLOCK_FLOPS / max(flops_per_word, 1.0))
    return max(min(by_time, words // 64, _BLOCK_MAX), _BLOCK_MIN)


def flops_per_word(settings: Settings) -> float:
    """A rough cost of one token: 6 flops for each number in each (input, output) pair of its window."""
    window = min(settings.window, 1000)
    inputs = window + 1 if settings.sg else 1
    outputs = settings.negative + 1 + 15 * settings.hs
    return 6.0 * settings.vector_size * (inputs * outputs + window)
