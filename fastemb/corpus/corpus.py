"""What a model is trained on: sentences as ids."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..config import available_cpus
from .iterables import encode_ids, encode_sentences, renumber
from .text import read_text
from .vocabulary import Ids, Ints, Selection, TrimRule, Vocabulary


class Corpus:
    """Sentences as ids of a vocabulary, encoded once and read by every epoch.

    Make one with `from_file`, `from_sentences` or `from_ids`. They share these options:

    - ``min_count``: words that occur less often are dropped. Default 1.
    - ``max_final_vocab``: the most words to keep; those that tie at the border are all dropped. Default None: all.
    - ``trim_rule``: ``trim_rule(word, count, min_count)`` returns RULE_KEEP, RULE_DISCARD, or RULE_DEFAULT or None to
      leave it to the count.
    - ``vocabulary``: encode with this one and drop what it lacks, instead of making a new one. Not together with the
      three above.

    Ids are given by falling count, and to words of one count in the order in which they first occur.

    Attributes:
        ids: int32 array, C-contiguous: all words that were kept.
        offsets: int64 array, one more than there are sentences: sentence s is ``ids[offsets[s]:offsets[s + 1]]``.
            A sentence of which nothing was kept stays, empty.
        vocabulary: the words and their counts.
        raw_words: how many words were read, dropped ones included.

    ``len(corpus)`` is the number of sentences; iterating yields each as a list of words.
    """

    def __init__(self, ids: Ids, offsets: Ints, vocabulary: Vocabulary, raw_words: int) -> None:
        self.ids = ids
        self.offsets = offsets
        self.vocabulary = vocabulary
        self.raw_words = raw_words

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        *,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
        workers: int | None = None,
        unicode_errors: str = "strict",
    ) -> Corpus:
        r"""Read UTF-8 text: a sentence a line, of any length, words parted by white space as by ``str.split``.

        Only ``"\n"`` ends a line. A byte order mark at the start is skipped.

        Args:
            path: the file; a pipe will do.
            min_count: the least count of a word that is kept.
            max_final_vocab: the most words to keep.
            trim_rule: decides on each word.
            vocabulary: encode with this one instead of making a new one.
            workers: threads, of which 8 are used at most. Default: one for each CPU. The result does not depend on it.
            unicode_errors: what to do with bytes that are no UTF-8: "strict" raises an error, "replace" puts U+FFFD
                in their place, "ignore" leaves them out. Words that this makes equal are one word; a word of which
                nothing is left is dropped and not counted.

        Raises:
            OSError: the file cannot be opened or read: FileNotFoundError, IsADirectoryError, ...
            ValueError: no word in it, or none that is kept; invalid UTF-8 or a NUL byte, with its line; a compressed
                file; UTF-16; an option that makes no sense.
        """
        target = _target(min_count, max_final_vocab, trim_rule, vocabulary)
        return cls(*read_text(path, target, available_cpus() if workers is None else workers, unicode_errors))

    @classmethod
    def from_sentences(
        cls,
        sentences: Iterable[Iterable[Hashable]],
        *,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> Corpus:
        """Encode lists of tokens, in one pass: a generator will do.

        Args:
            sentences: iterable of iterables of tokens. A token may be anything hashable; equal ones are the same.
            min_count: the least count of a word that is kept.
            max_final_vocab: the most words to keep.
            trim_rule: decides on each word.
            vocabulary: encode with this one instead of making a new one.

        Raises:
            TypeError: a sentence is a str (split it first) or not iterable, or a token is not hashable.
            ValueError: there is no token, or none that is kept; an option that makes no sense.
        """
        return cls(*encode_sentences(sentences, _target(min_count, max_final_vocab, trim_rule, vocabulary)))

    @classmethod
    def from_ids(
        cls,
        ids: ArrayLike,
        offsets: ArrayLike | None = None,
        *,
        keys: Sequence[Hashable] | None = None,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> Corpus:
        """Take ids that something else gave; they are numbered anew, by falling count.

        Args:
            ids: integers of any width, not negative, however large: one dimension, or two with a sentence a row.
            offsets: where sentences begin and end, as in the class. Default: all ids are one sentence.
            keys: the token of each id. Default: the ids themselves, as int.
            min_count: the least count of a word that is kept.
            max_final_vocab: the most words to keep.
            trim_rule: decides on each word.
            vocabulary: encode with this one instead of making a new one.

        Raises:
            TypeError: ids or offsets are not integers.
            ValueError: an id is negative or has no key; offsets do not start with 0, decrease, or do not end with the
                number of ids; two ids with the same key; no id, or none that is kept; an option that makes no sense.
        """
        return cls(*encode_ids(ids, offsets, keys, _target(min_count, max_final_vocab, trim_rule, vocabulary)))

    def select(
        self, *, min_count: int = 1, max_final_vocab: int | None = None, trim_rule: TrimRule | None = None
    ) -> Corpus:
        """This corpus with fewer words, by the counts of its vocabulary; itself when none is dropped.

        Raises:
            ValueError: no word is kept, or an option makes no sense.
        """
        return self._renumbered(Selection(min_count, max_final_vocab, trim_rule))

    def encode_with(self, vocabulary: Vocabulary) -> Corpus:
        """This corpus in another vocabulary; words that it lacks are dropped.

        Raises:
            ValueError: it lacks all of them.
        """
        return self._renumbered(vocabulary)

    @classmethod
    def _read(cls, source: Any, is_file: bool, target: Selection | Vocabulary, workers: int) -> Corpus:
        """A file, sentences or another corpus, numbered as ``target`` says."""
        if isinstance(source, Corpus):
            return source._renumbered(target)
        return cls(*(read_text(source, target, workers, "strict") if is_file else encode_sentences(source, target)))

    def _renumbered(self, target: Selection | Vocabulary) -> Corpus:
        keys = self.vocabulary.keys
        vocabulary, numbers = target.number(
            self.vocabulary.counts,
            np.arange(len(keys)),
            lambda indices: [keys[index] for index in indices.tolist()],
            "the corpus",
        )
        if vocabulary is self.vocabulary or np.array_equal(numbers, np.arange(len(vocabulary))):
            return self if vocabulary.keys == keys else Corpus(self.ids, self.offsets, vocabulary, self.raw_words)
        return Corpus(*renumber(self.ids.copy(), self.offsets.copy(), numbers), vocabulary, self.raw_words)

    @property
    def words(self) -> int:
        """How many words were kept: ``len(ids)``."""
        return len(self.ids)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[list[Hashable]]:
        keys = self.vocabulary.keys
        for sentence in range(len(self)):
            begin, end = self.offsets[sentence : sentence + 2]
            yield [keys[index] for index in self.ids[begin:end].tolist()]

    def __repr__(self) -> str:
        return f"Corpus({len(self):,} sentences, {self.words:,} words, {len(self.vocabulary):,} different)"


def _target(
    min_count: int, max_final_vocab: int | None, trim_rule: TrimRule | None, vocabulary: Vocabulary | None
) -> Selection | Vocabulary:
    selection = Selection(min_count, max_final_vocab, trim_rule)
    if vocabulary is None:
        return selection
    if selection != Selection():
        raise ValueError("with vocabulary=, min_count, max_final_vocab and trim_rule must not be given")
    return vocabulary
