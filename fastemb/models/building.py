"""From a corpus, or from counts, to a vocabulary with matrices."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np

from ..checks import number, whole
from ..corpus import Corpus, TrimRule, Vocabulary, read_corpus
from ..corpus.vocabulary import NothingKeptError, Selection
from ..train.sampling import keep_probabilities
from .weights import Weights

Sentences = Iterable[Iterable[Hashable]] | Corpus
CorpusFile = str | os.PathLike[str]


class Building(Weights):
    """Choosing the words of a model."""

    raw_vocab: dict[Any, int]
    """Counts of all words of the corpus, when `build_vocab` was asked to keep them or after `scan_vocab`."""
    effective_min_count: int
    """The count from which words were kept, after ``max_final_vocab``."""

    def build_vocab(
        self,
        corpus_iterable: Sentences | None = None,
        corpus_file: CorpusFile | None = None,
        update: bool = False,
        progress_per: int = 10000,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        *,
        min_count: int | None = None,
        sample: float | None = None,
    ) -> None:
        """Count the words of a corpus, drop the rare ones, and make fresh matrices or let those there are grow.

        A generator is used up by this: make a `Corpus` of it first and give that to both `build_vocab` and `train`.

        Args:
            corpus_iterable: Token lists or a `Corpus`; or give ``corpus_file``.
            corpus_file: Path of a text file.
            update: Keep what was learned: new words that reach ``min_count`` in this corpus get small random vectors
                at the end of the vocabulary, known ones keep theirs, and counts are added up.
            progress_per: Without effect.
            keep_raw_vocab: Keep the counts of all words, dropped ones included, in ``raw_vocab``.
            trim_rule: As in the constructor.
            min_count: In place of the model's; without ``update`` it becomes the model's.
            sample: Becomes the model's.

        Raises:
            RuntimeError: an update of a model that has no vocabulary yet.
            ValueError: the corpus is empty or unreadable, or no word reaches ``min_count``.
        """
        if update:
            self._require_vocabulary()
        least = self._least_count(min_count, keep=not update)
        self.sample = self.sample if sample is None else number("sample", sample, at_least=0.0)
        source = one_source(corpus_iterable, corpus_file)
        self.raw_vocab = {}
        selection = self._selection(trim_rule, least)
        if update or keep_raw_vocab:
            corpus = self._scanned(source, corpus_file is not None)
            vocabulary = self._chosen(selection, update)
            self.raw_vocab = self.raw_vocab if keep_raw_vocab else {}
        else:
            corpus = self._read(source, corpus_file is not None, selection)
            vocabulary = corpus.vocabulary
        self.corpus_count = len(corpus)
        self.corpus_total_words = corpus.raw_words
        self._take_vocabulary(vocabulary, least, update)
        self.add_lifecycle_event("build_vocab", update=update, trim_rule=str(trim_rule))

    def build_vocab_from_freq(
        self,
        word_freq: Mapping[Hashable, int],
        keep_raw_vocab: bool = False,
        corpus_count: int | None = None,
        trim_rule: TrimRule | None = None,
        update: bool = False,
    ) -> None:
        """Make the vocabulary from counts that are known already.

        Args:
            word_freq: How often each word occurs.
            keep_raw_vocab: Keep ``word_freq`` in ``raw_vocab``.
            corpus_count: Sentences of the corpus, to be kept in the attribute of this name.
            trim_rule: As in the constructor.
            update: As in `build_vocab`.

        Raises:
            RuntimeError: an update of a model that has no vocabulary yet.
            ValueError: there are no words, or none reaches ``min_count``; a count is negative.
        """
        if not word_freq:
            raise ValueError("word_freq must hold at least one word")
        self.raw_vocab = {word: whole(f"word_freq[{word!r}]", count, 0, 2**40) for word, count in word_freq.items()}
        total = sum(self.raw_vocab.values())
        self.prepare_vocab(update, keep_raw_vocab, trim_rule)
        self.corpus_count = corpus_count or 0
        self.corpus_total_words = total

    def scan_vocab(
        self,
        corpus_iterable: Sentences | None = None,
        corpus_file: CorpusFile | None = None,
        progress_per: int = 10000,
        workers: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> tuple[int, int]:
        """Count the words of a corpus in ``raw_vocab``: the first half of `build_vocab`, before `prepare_vocab`.

        Args:
            corpus_iterable: Token lists or a `Corpus`; or give ``corpus_file``.
            corpus_file: Path of a text file.
            progress_per: Without effect.
            workers: Without effect.
            trim_rule: Without effect; give it to `prepare_vocab`.

        Returns:
            How many words and how many sentences were read.

        Raises:
            ValueError: the corpus is empty or unreadable.
        """
        corpus = self._scanned(one_source(corpus_iterable, corpus_file), corpus_file is not None)
        return corpus.raw_words, len(corpus)

    def prepare_vocab(
        self,
        update: bool = False,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        min_count: int | None = None,
        sample: float | None = None,
        dry_run: bool = False,
    ) -> dict[str, int]:
        """Choose words by their counts in ``raw_vocab``, and make the matrices.

        Args:
            update: As in `build_vocab`.
            keep_raw_vocab: Leave ``raw_vocab`` as it is, instead of making it empty.
            trim_rule: As in the constructor.
            min_count: In place of the model's; without ``update`` it becomes the model's.
            sample: Becomes the model's.
            dry_run: Change nothing, only report.

        Returns:
            How many words are dropped ("drop_unique"), kept ("num_retained_words") and thinned out
            ("downsample_unique"), and how many tokens are kept before and after that ("retain_total" and
            "downsample_total", the latter as it is expected).

        Raises:
            RuntimeError: an update of a model that has no vocabulary yet.
            ValueError: there are no counts, or no word reaches ``min_count``.
        """
        if update:
            self._require_vocabulary()
        if not self.raw_vocab:
            raise ValueError("there are no counts: call scan_vocab first")
        least = self._least_count(min_count, keep=not (update or dry_run))
        sample = self.sample if sample is None else number("sample", sample, at_least=0.0)
        vocabulary = self._chosen(self._selection(trim_rule, least), update)
        dropped = sum(word not in vocabulary for word in self.raw_vocab)
        staying = keep_probabilities(vocabulary.counts, sample)
        if not dry_run:
            self.sample = sample
            self._take_vocabulary(vocabulary, least, update)
            self.raw_vocab = self.raw_vocab if keep_raw_vocab else {}
        return {
            "drop_unique": dropped,
            "retain_total": int(vocabulary.counts.sum()),
            "downsample_unique": int((staying < 1.0).sum()),
            "downsample_total": int(vocabulary.counts @ staying),
            "num_retained_words": len(vocabulary),
        }

    def prepare_weights(self, update: bool = False) -> None:
        """Do nothing: `prepare_vocab` makes the matrices, too. It is there for programs that call both."""
        self._known_vocabulary()

    def _least_count(self, min_count: int | None, keep: bool) -> int:
        """The model's ``min_count`` or the one given, which becomes the model's with ``keep``."""
        least = whole("min_count", self.min_count if min_count is None else min_count, 0, 2**62)
        if keep:
            self.min_count = least
        return least

    def _require_vocabulary(self) -> None:
        if self._vocabulary is None:
            raise RuntimeError(
                "You cannot do an online vocabulary-update of a model which has no prior vocabulary: "
                "first call build_vocab without update"
            )

    def _scanned(self, source: Any, is_file: bool) -> Corpus:
        corpus = self._read(source, is_file, Selection(in_order=True))
        words = corpus.vocabulary
        self.raw_vocab = dict(zip(words.keys, words.counts.tolist(), strict=True))
        return corpus

    def _chosen(self, selection: Selection, update: bool) -> Vocabulary:
        """The vocabulary that ``raw_vocab`` gives, or with ``update`` what becomes of the present one.

        New words come at its end, in the order in which they occur; counts are added for all words that are there.
        """
        keys, counts = list(self.raw_vocab), np.array(list(self.raw_vocab.values()), dtype=np.int64)
        try:
            chosen, _ = selection.number(
                counts, np.arange(len(keys)), lambda rows: [keys[row] for row in rows.tolist()], "the corpus"
            )
        except NothingKeptError:
            if not update:
                raise
            chosen = Vocabulary([], [])
        if not update:
            return chosen
        known = self._known_vocabulary()
        taken = [word for word in keys if word in known or word in chosen]
        extended = known.extended(Vocabulary(taken, [self.raw_vocab[word] for word in taken]))
        extended.least_count = chosen.least_count
        return extended

    def _take_vocabulary(self, vocabulary: Vocabulary, min_count: int, update: bool) -> None:
        self.effective_min_count = max(min_count, vocabulary.least_count)
        if self.null_word and "\0" not in vocabulary:
            vocabulary = Vocabulary([*vocabulary.keys, "\0"], [*vocabulary.counts.tolist(), 1])
        if update:
            self._grow(vocabulary)
        else:
            self._start(vocabulary)

    def _selection(self, trim_rule: TrimRule | None, min_count: int) -> Selection:
        return Selection(
            min_count, self.max_final_vocab, trim_rule, self.max_vocab_size, in_order=not self.sorted_vocab
        )

    def _read(self, source: Any, is_file: bool, target: Selection | Vocabulary) -> Corpus:
        return read_corpus(source, is_file, target, self.workers)


def one_source(sentences: Sentences | None, corpus_file: CorpusFile | None) -> Any:
    """The one of the two that is given.

    Raises:
        TypeError: both are, or none.
    """
    if (sentences is None) == (corpus_file is None):
        raise TypeError("give either sentences or corpus_file")
    return corpus_file if sentences is None else sentences
