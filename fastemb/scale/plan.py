"""How an epoch is cut: to rounds, after which all nodes have the same matrices, and rounds to beats.

In a beat every node trains a piece of its shard. After it the rows that are learned from most often are merged over
all nodes; after the last beat of a round all rows are. So rare rows, which are most of the bytes, travel once a round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..train.schedule import block_words, flops_per_word
from ..train.settings import Settings

ROUNDS_A_NODE = 6
"""Rounds of an epoch for each node, where a caller gives no number."""
BEATS = 4
"""Beats of a round."""
OFTEN = 2.0
"""From so many occurrences a beat and node on a row is merged after each beat."""


@dataclass(frozen=True)
class Plan:
    """The pieces of an epoch.

    Attributes:
        words: Tokens of each node's shard.
        block: Tokens of a block; pieces have whole ones but at the end of a shard.
        rounds: Of an epoch.
        beats: Of a round.
    """

    words: tuple[int, ...]
    block: int
    rounds: int
    beats: int

    @classmethod
    def of(cls, words: Sequence[int], settings: Settings, block: int, unit: int, rounds: int | None) -> Plan:
        """One for shards of so many tokens.

        Args:
            words: Tokens of each shard.
            settings: Of the run.
            block: Tokens of a block where one machine trains all.
            unit: A block has a multiple of so many tokens.
            rounds: Of an epoch; None for the default.
        """
        nodes = len(words)
        smaller = block_words(sum(words) // nodes, flops_per_word(settings))
        block = min(block, max(1, smaller // unit) * unit) if nodes > 1 else block
        most = max(1, -(-max(words) // block))
        rounds = min(ROUNDS_A_NODE * nodes if rounds is None else rounds, most)
        return cls(tuple(words), block, rounds, min(BEATS, -(-most // rounds)) if nodes > 1 else 1)

    def piece(self, node: int, beat: int) -> tuple[int, int]:
        """Tokens [begin, end) of its shard that a node trains in a beat, which are numbered through the epoch."""
        return self._begin(node, beat), self._begin(node, beat + 1)

    def done(self, beat: int) -> int:
        """Tokens that all nodes have trained before a beat."""
        return sum(self._begin(node, beat) for node in range(len(self.words)))

    def round_at(self, done: int) -> int:
        """The round that begins when so many tokens of the epoch are trained.

        Raises:
            ValueError: none does.
        """
        for number in range(self.rounds):
            if self.done(number * self.beats) == done:
                return number
        raise ValueError(f"no round begins after {done:,} tokens")

    def _begin(self, node: int, beat: int) -> int:
        words = self.words[node]
        blocks = -(-words // self.block)
        return min(words, blocks * beat // (self.rounds * self.beats) * self.block)


def often(occurrences: NDArray[np.float64], words: int, plan: Plan) -> NDArray[np.int64]:
    """The rows that are merged after every beat.

    Args:
        occurrences: How often training meets each row in an epoch, roughly.
        words: Tokens of the epoch.
        plan: Tells how many beats that has.
    """
    least = OFTEN * len(plan.words) * plan.rounds * plan.beats
    return np.flatnonzero(occurrences * (sum(plan.words) / max(words, 1)) >= least)
