"""Which tokens get an id, and which id."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Ids = NDArray[np.int32]

RULE_DEFAULT = 0
RULE_DISCARD = 1
RULE_KEEP = 2

TrimRule = Callable[[Hashable, int, int], int | None]
KeysAt = Callable[[Ids], Sequence[Hashable]]


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise TypeError unless ``value`` is an integer, ValueError when it is less than ``least``."""
    try:
        operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, not {value!r}") from None
    if value < least:
        raise ValueError(f"{name} must be at least {least}: {value}")


class NothingKeptError(ValueError, RuntimeError):  # gensim raises a RuntimeError
    """A corpus has no word that a vocabulary takes.

    Attributes:
        raw_words: how many words it has.
    """

    def __init__(self, message: str, raw_words: int = 0) -> None:
        super().__init__(message)
        self.raw_words = raw_words


class Vocabulary:
    """Tokens and how often each occurs; a token's id is its place.

    Attributes:
        keys: the tokens, as a rule the most frequent first.
        counts: int64 array, how often each occurs.
        key_to_index: the id of each token.
        least_count: the count from which tokens were taken, when they were selected by it.

    Raises:
        ValueError: keys and counts differ in length, a key comes twice, or a count is negative.
    """

    def __init__(self, keys: Iterable[Hashable], counts: Sequence[int] | Ints, least_count: int = 0) -> None:
        self.least_count = least_count
        self.keys: list[Hashable] = list(keys)
        self.counts: Ints = np.ascontiguousarray(counts, dtype=np.int64)
        self.key_to_index: dict[Hashable, int] = {key: index for index, key in enumerate(self.keys)}
        if self.counts.shape != (len(self.keys),):
            raise ValueError(f"{len(self.keys)} keys need as many counts, not an array of shape {self.counts.shape}")
        if len(self.key_to_index) < len(self.keys):
            twice = next(key for index, key in enumerate(self.keys) if self.key_to_index[key] != index)
            raise ValueError(f"the key {twice!r} comes more than once")
        if len(self.counts) and self.counts.min() < 0:
            raise ValueError(f"counts must not be negative, but the one at {int(self.counts.argmin())} is")

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, key: object) -> bool:
        return key in self.key_to_index

    def __repr__(self) -> str:
        return f"Vocabulary({len(self):,} keys)"

    def extended(self, other: Vocabulary) -> Vocabulary:
        """This vocabulary with the new tokens of ``other`` at its end, and the counts of both added up."""
        new = [key for key in other.keys if key not in self]
        counts = np.concatenate([self.counts, np.zeros(len(new), np.int64)])
        keys = self.keys + new
        extended = Vocabulary(keys, counts)
        extended.counts[[extended.key_to_index[key] for key in other.keys]] += other.counts
        return extended

    def number(self, counts: Ints, first: Ints, keys_at: KeysAt, source: str) -> tuple[Vocabulary, Ids]:
        """The id in this vocabulary of every token of a corpus, -1 for those that it lacks; see `Selection`."""
        keys = keys_at(np.arange(len(counts), dtype=np.int32))
        ids = np.fromiter((self.key_to_index.get(key, -1) for key in keys), np.int32, len(counts))
        if not (ids >= 0).any():
            raise NothingKeptError(f"{source}: none of its words is in the vocabulary", int(counts.sum()))
        return self, ids


@dataclass(frozen=True)
class Selection:
    """Rules for what a vocabulary takes from a corpus.

    Attributes:
        min_count: tokens that occur less often are dropped.
        max_final_vocab: the most tokens to keep. Where the last of them would tie with the first one dropped, all
            tokens of that count are dropped. None: no limit.
        trim_rule: called as ``trim_rule(token, count, min_count)`` for every token, in the order in which they first
            occur; ``min_count`` is the larger of the one above and what ``max_final_vocab`` asks for. Returns
            RULE_KEEP, RULE_DISCARD, or RULE_DEFAULT or None to leave the token to its count.
        max_vocab_size: keep the most frequent tokens only, exactly so many of them.
        in_order: number tokens as they first occur, instead of the most frequent first.
    """

    min_count: int = 1
    max_final_vocab: int | None = None
    trim_rule: TrimRule | None = None
    max_vocab_size: int | None = None
    in_order: bool = False

    def __post_init__(self) -> None:
        check_whole("min_count", self.min_count, 0)
        for name in ("max_final_vocab", "max_vocab_size"):
            most = getattr(self, name)
            if most is not None:
                check_whole(name, most, 1)

    def number(self, counts: Ints, first: Ints, keys_at: KeysAt, source: str) -> tuple[Vocabulary, Ids]:
        """A vocabulary of the tokens to keep, and for every token its id there, -1 for those dropped.

        counts, first: how often each token occurs, and a number that is smaller the earlier it occurs first.
        keys_at: the keys of the tokens with these indices. source: what errors name.
        """
        kept = self._kept(counts, first, keys_at)
        if not len(kept):
            raise NothingKeptError(f"{source}: {self._nothing_kept(counts)}", int(counts.sum()))
        order = kept[np.lexsort((first[kept], -counts[kept]))][: self.max_vocab_size].astype(np.int32)
        if self.in_order:
            order = order[np.argsort(first[order])]
        ids = np.full(len(counts), -1, np.int32)
        ids[order] = np.arange(len(order), dtype=np.int32)
        return Vocabulary(keys_at(order), counts[order], self.least_count(counts)), ids

    def least_count(self, counts: Ints) -> int:
        """The count from which a token is kept."""
        least = max(self.min_count, 1)
        if self.max_final_vocab is None or self.max_final_vocab >= len(counts):
            return least
        border = len(counts) - 1 - self.max_final_vocab
        return max(least, int(np.partition(counts, border)[border]) + 1)

    def _kept(self, counts: Ints, first: Ints, keys_at: KeysAt) -> Ints:
        least = self.least_count(counts)
        if self.trim_rule is None:
            return np.flatnonzero(counts >= least)
        order = np.argsort(first)
        tokens = zip(keys_at(order.astype(np.int32)), counts[order].tolist(), strict=True)
        keeps = np.fromiter((self._keeps(key, count, least) for key, count in tokens), bool, len(order))
        kept: Ints = order[keeps]
        return kept

    def _keeps(self, key: Hashable, count: int, least: int) -> bool:
        assert self.trim_rule is not None
        rule = self.trim_rule(key, count, least)
        if rule is None or rule == RULE_DEFAULT:
            return count >= least
        if rule not in (RULE_DISCARD, RULE_KEEP):
            raise ValueError(
                f"trim_rule returned {rule!r} for {key!r}: it must return RULE_DEFAULT, RULE_DISCARD, RULE_KEEP or None"
            )
        return bool(rule == RULE_KEEP)

    def _nothing_kept(self, counts: Ints) -> str:
        highest = int(counts.max())
        if self.trim_rule is not None:
            return "trim_rule and min_count leave no word"
        if highest < self.min_count:
            return f"no word occurs {self.min_count} times (min_count), the most frequent {highest}: lower min_count"
        return (
            f"max_final_vocab={self.max_final_vocab} leaves no word, as more words than that occur {highest} times, "
            "the most that any does: raise max_final_vocab"
        )
