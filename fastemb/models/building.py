"""From a corpus, or from counts, to a vocabulary."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import whole
from ..corpus import Corpus, TrimRule, Vocabulary
from ..corpus.vocabulary import NothingKeptError, Selection
from ..io.paths import AnyPath
from ..train.sampling import keep_probabilities
from ..train.settings import Settings

Sentences = Iterable[Iterable[Hashable]] | Corpus
CorpusFile = AnyPath
Counts = dict[Any, int]


def one_source(sentences: Sentences | None, corpus_file: CorpusFile | None) -> Any:
    """The one of the two that is given.

    Raises:
        TypeError: both are, or none.
    """
    if (sentences is None) == (corpus_file is None):
        raise TypeError("give either sentences or corpus_file")
    return corpus_file if sentences is None else sentences


def selection_of(settings: Settings, trim_rule: TrimRule | None, min_count: int) -> Selection:
    """Which words of a corpus a model of these settings keeps, with this ``min_count``."""
    return Selection(
        min_count, settings.max_final_vocab, trim_rule, settings.max_vocab_size, in_order=not settings.sorted_vocab
    )


def counts_of(vocabulary: Vocabulary) -> Counts:
    """How often each word occurs."""
    return dict(zip(vocabulary.keys, vocabulary.counts.tolist(), strict=True))


def checked_counts(word_freq: Mapping[Hashable, int]) -> Counts:
    """The same of a caller's counts.

    Raises:
        ValueError: there are no words, or a count is negative.
        TypeError: a count is no whole number.
    """
    if not word_freq:
        raise ValueError("word_freq must hold at least one word")
    return {word: whole(f"word_freq[{word!r}]", count, 0, 2**40) for word, count in word_freq.items()}


def chosen(raw: Counts, selection: Selection, known: Vocabulary | None) -> Vocabulary:
    """The vocabulary that these counts give, or what becomes of a ``known`` one.

    New words come at its end, in the order in which they occur; counts are added for all words that are there.

    Raises:
        NothingKeptError: no word is kept, and there is no known vocabulary.
    """
    keys, counts = list(raw), np.array(list(raw.values()), dtype=np.int64)
    try:
        made, _ = selection.number(
            counts, np.arange(len(keys)), lambda rows: [keys[row] for row in rows.tolist()], "the corpus"
        )
    except NothingKeptError:
        if known is None:
            raise
        made = Vocabulary([], [])
    if known is None:
        return made
    taken = [word for word in keys if word in known or word in made]
    extended = known.extended(Vocabulary(taken, [raw[word] for word in taken]))
    extended.least_count = made.least_count
    return extended


def with_null_word(vocabulary: Vocabulary) -> Vocabulary:
    r"""The same with a word "\0" that occurs nowhere, at the end."""
    if "\0" in vocabulary:
        return vocabulary
    return Vocabulary([*vocabulary.keys, "\0"], [*vocabulary.counts.tolist(), 1])


def report(raw: Counts, vocabulary: Vocabulary, sample: float) -> dict[str, int]:
    """What `Word2Vec.prepare_vocab` tells of choosing ``vocabulary`` from these counts."""
    staying = keep_probabilities(vocabulary.counts, sample)
    return {
        "drop_unique": sum(word not in vocabulary for word in raw),
        "retain_total": int(vocabulary.counts.sum()),
        "downsample_unique": int((staying < 1.0).sum()),
        "downsample_total": int(vocabulary.counts @ staying),
        "num_retained_words": len(vocabulary),
    }


def extended_factors(factors: NDArray[Any], count: int) -> NDArray[np.float32]:
    """Lock factors for ``count`` words, 1 for those that had none; a single factor stays single."""
    if len(factors) == 1:
        return factors
    longer = np.ones(count, dtype=np.float32)
    longer[: len(factors)] = factors[:count]
    return longer
