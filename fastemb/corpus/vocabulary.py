"""Which tokens get an id, and which id."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer, no_text
from .texts import Bools, Length, bags, ids_of_texts, padded

Ints = NDArray[np.int64]
Ids = NDArray[np.int32]

RULE_DEFAULT = 0
RULE_DISCARD = 1
RULE_KEEP = 2

TrimRule = Callable[[Hashable, int, int], int | None]
KeysAt = Callable[[Ids], Sequence[Hashable]]


def _whole_counts(counts: Any) -> Ints:
    """Counts as int64; floats will do when they are whole."""
    given = np.asarray(counts)
    if given.dtype == object and given.ndim == 1:
        given = np.asarray([operator.index(count) for count in given])
    if given.size and given.dtype.kind not in "iuf":
        raise TypeError(f"counts must be whole numbers, not {given.dtype}")
    with np.errstate(invalid="ignore"):
        whole = np.ascontiguousarray(given, dtype=np.int64)
    wrong = np.flatnonzero(whole != given)
    if len(wrong):
        raise ValueError(f"counts must be whole numbers below 2**63, but one is {given.flat[wrong[0]]}")
    return whole


class NothingKeptError(ValueError, RuntimeError):  # gensim raises a RuntimeError
    """A corpus has no word that a vocabulary takes.

    Attributes:
        raw_words: How many words it has.
    """

    def __init__(self, message: str, raw_words: int = 0) -> None:
        super().__init__(message)
        self.raw_words = raw_words


class Tokens(NamedTuple):
    """Different tokens: how often each occurs, a number that is smaller the earlier it occurs first, and keys.

    Attributes:
        counts: How often each token occurs.
        first: A number of each token that is smaller the earlier it occurs first.
        keys_at: Gives the keys of the tokens with these indices.
    """

    counts: Ints
    first: Ints
    keys_at: KeysAt


class Vocabulary:
    """Tokens and how often each occurs; a token's id is its place.

    Attributes:
        keys: The tokens, as a rule the most frequent first.
        counts: int64 array, how often each occurs.
        least_count: The count from which tokens were taken, when they were selected by it.

    Raises:
        ValueError: keys and counts differ in length, a key comes twice, or a count is negative or not whole.
        TypeError: counts are no numbers.
    """

    @names_arguments()
    def __init__(self, keys: Iterable[Hashable], counts: Sequence[int] | Ints, least_count: int = 0) -> None:
        no_text("keys", keys, "keys")
        self.least_count = least_count
        self.keys: list[Hashable] = list(keys)
        self.counts: Ints = _whole_counts(counts)
        if self.counts.shape != (len(self.keys),):
            raise ValueError(f"{len(self.keys)} keys need as many counts, not an array of shape {self.counts.shape}")
        if len(self.key_to_index) < len(self.keys):
            twice = next(key for index, key in enumerate(self.keys) if self.key_to_index[key] != index)
            raise ValueError(f"the key {twice!r} comes more than once")
        if len(self.counts) and self.counts.min() < 0:
            raise ValueError(f"counts must not be negative, but the one at {int(self.counts.argmin())} is")

    @classmethod
    def _of(cls, keys: list[Hashable], counts: Ints, least_count: int) -> Vocabulary:
        """Keys and counts that are known to be right."""
        vocabulary = cls.__new__(cls)
        vocabulary.keys, vocabulary.counts, vocabulary.least_count = keys, counts, least_count
        return vocabulary

    @cached_property
    def key_to_index(self) -> dict[Hashable, int]:
        """The id of each token."""
        return {key: index for index, key in enumerate(self.keys)}  # Ctrl-C breaks it off, unlike dict(zip(...))

    @classmethod
    @names_arguments()
    def merged(
        cls,
        vocabularies: Iterable[Vocabulary],
        *,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        max_vocab_size: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> Vocabulary:
        """One vocabulary of several, as of the parts of a corpus: counts of equal tokens are added up.

        Make those of the parts with ``min_count=1`` and no other limit, as a token may be rare in every part and yet
        frequent in all. Ids are given by falling count, and to tokens of one count in the order in which they first
        come in ``vocabularies``.

        Args:
            vocabularies: Those of the parts.
            min_count: The least count, over all parts, of a token that is kept.
            max_final_vocab: The most tokens to keep; those that tie at the border are all dropped.
            max_vocab_size: The most tokens to keep; of those that tie at the border the first are kept.
            trim_rule: Decides on each token; see `Corpus`.

        Raises:
            ValueError: there is no token, or none that is kept; an option makes no sense.
        """
        total: Counter[Hashable] = Counter()
        for vocabulary in vocabularies:
            total.update(dict(zip(vocabulary.keys, vocabulary.counts.tolist(), strict=True)))
        if not total:
            raise ValueError("the vocabularies hold no token")
        keys, counts = list(total), np.fromiter(total.values(), np.int64, len(total))
        tokens = Tokens(counts, np.arange(len(keys)), lambda indices: [keys[index] for index in indices.tolist()])
        selection = Selection(min_count, max_final_vocab, trim_rule, max_vocab_size)
        return selection.number(*tokens, "the vocabularies")[0]

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, key: object) -> bool:
        return key in self.key_to_index

    def __repr__(self) -> str:
        return f"Vocabulary({len(self):,} keys)"

    @overload
    def encode(
        self,
        texts: Iterable[Any],
        *,
        length: Length,
        padding_idx: int | None = None,
        unknown: Hashable = "error",
        tokenizer: Any = None,
    ) -> tuple[Ints, Bools]: ...

    @overload
    def encode(
        self,
        texts: Iterable[Any],
        *,
        length: None = None,
        padding_idx: None = None,
        unknown: Hashable = "error",
        tokenizer: Any = None,
    ) -> tuple[Ints, Ints]: ...

    @names_arguments()
    def encode(
        self,
        texts: Iterable[Any],
        *,
        length: Length | None = None,
        padding_idx: int | None = None,
        unknown: Hashable = "error",
        tokenizer: Any = None,
    ) -> tuple[Ints, Ints] | tuple[Ints, Bools]:
        """Texts as ids: rows of one length with a mask, or bags with offsets.

        Args:
            texts: B texts, each a str, which is split at white space, or a list of tokens. Upper and lower case are
                different words: give ``text.lower()`` where the vocabulary was made so.
            length: How many ids a row has: the first so many of a longer text stay, its others are cut off, and a
                shorter one is filled up at its end. "longest": as many as the longest text has. Default None: bags.
            padding_idx: The id that fills rows up. Default None: len(vocabulary), the first id without a word; a table
                needs one row more for it.
            unknown: What becomes of a word that the vocabulary lacks. "error" (default): KeyError. "skip": it is left
                out. An integer: this id stands in its place, also one that no word has. A key: its id does.
            tokenizer: What splits a str instead: a function from a str to its tokens, or a tokenizer of another
                library; see `Corpus.from_file`.

        Returns:
            With ``length`` (B, L) int64 ids, and a (B, L) boolean mask, True where they come from a word. Without, all
            ids one after the other, and (B,) int64 offsets where each text begins, as `EmbeddingBag` takes them.

        Raises:
            KeyError: A word is not in the vocabulary, and ``unknown`` is "error".
            TypeError: A text is neither a str nor a list of tokens; a number is no integer.
            ValueError: ``length`` is below 1, ``padding_idx`` is given without ``length`` or negative, or ``unknown``
                is negative or no key.
        """
        if length is None and padding_idx is not None:
            raise ValueError("padding_idx fills rows of one length: give length=, or leave padding_idx out")
        padding = len(self) if padding_idx is None else integer("padding_idx", padding_idx, 0)
        rows = ids_of_texts(self.key_to_index, texts, unknown, tokenizer)
        return bags(rows) if length is None else padded(rows, length, padding)

    def extended(self, other: Vocabulary) -> Vocabulary:
        """This vocabulary with the new tokens of ``other`` at its end, and the counts of both added up."""
        new = [key for key in other.keys if key not in self]
        counts = np.concatenate([self.counts, np.zeros(len(new), np.int64)])
        keys = self.keys + new
        extended = Vocabulary(keys, counts)
        extended.counts[[extended.key_to_index[key] for key in other.keys]] += other.counts
        return extended

    def number(
        self, counts: Ints, first: Ints, keys_at: KeysAt, source: str, all_differ: bool = False
    ) -> tuple[Vocabulary, Ids]:
        """The id in this vocabulary of every token of a corpus, -1 for those that it lacks; see ``Selection``."""
        ids = self.ids_of(keys_at(np.arange(len(counts), dtype=np.int32)))
        require_known([ids], source, int(counts.sum()))
        return self, ids

    def _keeps_ids(self, vocabulary: Vocabulary) -> bool:
        """Whether words of ``vocabulary`` have the same ids here, as this one has the same words."""
        return len(self.keys) > 0 and self.keys == vocabulary.keys

    def ids_of(self, keys: Sequence[Hashable]) -> Ids:
        """The id of each of these tokens, -1 for those that are not here."""
        no_text("keys", keys, "keys")
        return np.fromiter((self.key_to_index.get(key, -1) for key in keys), np.int32, len(keys))


def require_known(ids: Iterable[Ids], source: str, raw_words: int) -> None:
    """Raise NothingKeptError unless there is an id that is not negative."""
    if not any((some >= 0).any() for some in ids):
        raise NothingKeptError(f"{source}: none of its words is in the vocabulary", raw_words)


@dataclass(frozen=True)
class Selection:
    """Rules for what a vocabulary takes from a corpus.

    Attributes:
        min_count: Tokens that occur less often are dropped.
        max_final_vocab: The most tokens to keep. Where the last of them would tie with the first one dropped, all
            tokens of that count are dropped. None: no limit.
        trim_rule: Called as ``trim_rule(token, count, min_count)`` for every token, in the order in which they first
            occur (but part by part, where counts had to wait in a file); ``min_count`` is the larger of the one above
            and what ``max_final_vocab`` asks for. Returns RULE_KEEP, RULE_DISCARD, or RULE_DEFAULT or None to leave
            the token to its count.
        max_vocab_size: Keep the most frequent tokens only, exactly so many of them. Where the last of them ties with
            others, those that occur first stay.
        in_order: Number tokens as they first occur, instead of the most frequent first.
    """

    min_count: int = 1
    max_final_vocab: int | None = None
    trim_rule: TrimRule | None = None
    max_vocab_size: int | None = None
    in_order: bool = False

    def __post_init__(self) -> None:
        integer("min_count", self.min_count, 0)
        for name in ("max_final_vocab", "max_vocab_size"):
            most = getattr(self, name)
            if most is not None:
                integer(name, most, 1)
        if self.trim_rule is not None and not callable(self.trim_rule):
            raise TypeError(f"trim_rule must be a function of word, count and min_count, not {self.trim_rule!r}")

    def number(
        self, counts: Ints, first: Ints, keys_at: KeysAt, source: str, all_differ: bool = False
    ) -> tuple[Vocabulary, Ids]:
        """A vocabulary of the tokens to keep, and for every token its id there, -1 for those dropped.

        Args:
            counts: As in `Tokens`.
            first: As in `Tokens`.
            keys_at: As in `Tokens`.
            source: What errors name.
            all_differ: Whether it is known that no key comes twice.

        Raises:
            NothingKeptError: no token is kept.
            ValueError: a key comes twice.
        """
        least = self.least_count(counts)
        kept = self._kept(Tokens(counts, first, keys_at), least)
        if not len(kept):
            raise NothingKeptError(f"{source}: {self._nothing_kept(int(counts.max()))}", int(counts.sum()))
        order = kept[self._order(counts[kept], first[kept])].astype(np.int32)
        ids = np.full(len(counts), -1, np.int32)
        ids[order] = np.arange(len(order), dtype=np.int32)
        make = Vocabulary._of if all_differ else Vocabulary
        return make(list(keys_at(order)), counts[order], least), ids

    def _keeps_ids(self, vocabulary: Vocabulary) -> bool:
        """Whether all words of ``vocabulary`` stay with their ids, as far as their counts tell."""
        counts = vocabulary.counts
        return (
            len(counts) > 0
            and self.trim_rule is None
            and (self.max_vocab_size is None or self.max_vocab_size >= len(counts))
            and bool(self.in_order or (counts[1:] <= counts[:-1]).all())
            and bool(counts.min() >= self.least_count(counts))
        )

    def choose(self, parts: Callable[[], Iterable[Tokens]], source: str) -> Vocabulary:
        """The same vocabulary from tokens in parts: one part and some ``max_vocab_size`` tokens are held at a time.

        Args:
            parts: Gives all parts, and the same ones when it is called again. No token may be in two of them.
            source: What errors name.
        """
        least = self._least_of_parts(parts)
        best = _Best(self)
        highest = words = 0
        for part in parts():
            words += int(part.counts.sum())
            highest = max(highest, int(part.counts.max(initial=0)))
            best.add(part, self._kept(part, least))
        if not best.keys:
            raise NothingKeptError(f"{source}: {self._nothing_kept(highest)}", words)
        best.cut(in_order=self.in_order)
        return Vocabulary._of(best.keys, best.counts, least)

    def least_count(self, counts: Ints) -> int:
        """The count from which a token is kept."""
        least = max(self.min_count, 1)
        if self.max_final_vocab is None or self.max_final_vocab >= len(counts):
            return least
        border = len(counts) - 1 - self.max_final_vocab
        return max(least, int(np.partition(counts, border)[border]) + 1)

    def _least_of_parts(self, parts: Callable[[], Iterable[Tokens]]) -> int:
        least = max(self.min_count, 1)
        if self.max_final_vocab is None:
            return least
        tokens_of: Counter[int] = Counter()  # how many tokens have this count
        for part in parts():
            values, times = np.unique(part.counts, return_counts=True)
            tokens_of.update(dict(zip(values.tolist(), times.tolist(), strict=True)))
        above = 0
        for count in sorted(tokens_of, reverse=True):
            above += tokens_of[count]
            if above > self.max_final_vocab:
                return max(least, count + 1)
        return least

    def _order(self, counts: Ints, first: Ints, in_order: bool | None = None) -> Ints:
        """Which of these tokens stay, as they are numbered."""
        order: Ints = np.lexsort((first, -counts))[: self.max_vocab_size]
        return order[np.argsort(first[order])] if (self.in_order if in_order is None else in_order) else order

    def _kept(self, tokens: Tokens, least: int) -> Ints:
        counts, first, keys_at = tokens
        if self.trim_rule is None:
            return np.flatnonzero(counts >= least)
        order = np.argsort(first)
        pairs = zip(keys_at(order.astype(np.int32)), counts[order].tolist(), strict=True)
        keeps = np.fromiter((self._keeps(key, count, least) for key, count in pairs), bool, len(order))
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

    def _nothing_kept(self, highest: int) -> str:
        if self.trim_rule is not None:
            return "trim_rule and min_count leave no word"
        if highest < self.min_count:
            return f"no word occurs {self.min_count} times (min_count), the most frequent {highest}: lower min_count"
        return (
            f"max_final_vocab={self.max_final_vocab} leaves no word, as more words than that occur {highest} times, "
            "the most that any does: raise max_final_vocab"
        )


class _Best:
    """The tokens that may stay, of those seen so far; at most twice as many as do."""

    def __init__(self, selection: Selection) -> None:
        self.keys: list[Hashable] = []
        self._parts: list[tuple[Ints, Ints]] = []  # counts and first places of those keys, put together by `cut`
        self._selection = selection
        self._least = 0  # tokens below this count are no candidates any more

    def add(self, tokens: Tokens, kept: Ints) -> None:
        """Take the tokens with these indices."""
        kept = kept[tokens.counts[kept] >= self._least]
        self._parts.append((tokens.counts[kept], tokens.first[kept]))
        self.keys += tokens.keys_at(kept.astype(np.int32))
        most = self._selection.max_vocab_size
        if most is not None and len(self.keys) > 2 * most:
            self.cut(in_order=False)
            self._least = int(self.counts[-1])

    def cut(self, in_order: bool) -> None:
        """Drop what does not stay, and sort the rest."""
        counts, first = (np.concatenate(arrays) for arrays in zip(*self._parts, strict=True))
        order = self._selection._order(counts, first, in_order)
        self.counts = counts[order]
        self._parts = [(self.counts, first[order])]
        self.keys = [self.keys[index] for index in order.tolist()]
