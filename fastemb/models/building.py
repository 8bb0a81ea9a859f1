"""From a corpus, or from counts, to a vocabulary."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..checks import is_missing, whole
from ..corpus import Corpus, TrimRule, Vocabulary, read_corpus
from ..corpus.messages import short
from ..corpus.vocabulary import NothingKeptError, Selection
from ..io.keys import unfit_key
from ..io.paths import AnyPath
from ..train.sampling import keep_probabilities
from ..train.settings import Settings

Sentences = Iterable[Iterable[Hashable]] | Corpus
CorpusFile = AnyPath
Counts = dict[Any, int]


@dataclass(frozen=True)
class Source:
    """What a model is given to read.

    Attributes:
        what: Token lists or a `Corpus`; or what `Corpus.from_file` reads.
        is_file: Whether ``what`` names files.
    """

    called: ClassVar[str] = "sentences"
    """What the constructor calls token lists."""

    what: Any
    is_file: bool

    @classmethod
    def of(cls, sentences: Sentences | None, corpus_file: CorpusFile | None, name: str = "corpus_iterable") -> Self:
        """The one of the two that is given; ``name`` is what the caller calls the first.

        Raises:
            TypeError: both are, or none; or one is given in place of the other.
        """
        if (sentences is None) == (corpus_file is None):
            raise TypeError(f"give either {name} or corpus_file")
        if isinstance(corpus_file, Corpus):
            raise TypeError(f"corpus_file must name a file: give {short(corpus_file)} as {name}")
        return cls(corpus_file, True) if sentences is None else cls(sentences, False)

    def read(self, target: Selection | Vocabulary, workers: int | None) -> Corpus:
        """All of it as a corpus; see `read_corpus`."""
        made = self._read(target, workers)
        made._is_read_by_a_model = made._is_read_by_a_model or made is not self.what
        return made

    def _read(self, target: Selection | Vocabulary, workers: int | None) -> Corpus:
        return read_corpus(self.what, self.is_file, target, workers)

    def read_known(self, vocabulary: Vocabulary, workers: int | None) -> Corpus | NothingKeptError:
        """As `read`, of words that are known; or why nothing is left.

        Raises:
            ValueError: a generator has nothing more to give.
        """
        try:
            return self.read(vocabulary, workers)
        except NothingKeptError as error:
            if not error.raw_words and isinstance(self.what, Iterator) and not self.is_file:
                raise ValueError(str(error)) from None
            return error


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


def require_words(vocabulary: Vocabulary) -> None:
    """Refuse words that no file could hold before a model is trained on them.

    Raises:
        TypeError: one is neither str nor int.
        ValueError: one is missing, or an integer of more than 64 bits.
    """
    unfit = unfit_key(vocabulary.keys)
    if unfit is None:
        return
    key = vocabulary.keys[unfit[0]]
    if is_missing(key) or (isinstance(key, int | np.integer) and not isinstance(key, bool)):
        raise ValueError(f"a token {unfit[1]}")
    raise TypeError(
        f"tokens must be str or int, for a model to be saved, but one is {short(key)}: make them str, as with "
        "[[str(token) for token in sentence] for sentence in sentences]"
    )


def rows_of(vocabulary: Vocabulary, keys: list[Any]) -> NDArray[np.intp]:
    """Where each of these keys, the same ones in another order, stands in the vocabulary.

    Raises:
        ValueError: they are others.
    """
    known, given = vocabulary.key_to_index, set(keys)
    new = [f"{key!r} is new" for key in keys if key not in known]
    gone = [f"{key!r} is missing" for key in known if key not in given]
    if new or gone or len(keys) != len(known):
        raise ValueError(
            f"model.wv has {len(keys):,} words, and the model's vocabulary {len(known):,}: "
            f"{'; '.join(new[:1] + gone[:1]) or 'a word comes twice'}. "
            "Vectors of other words are asked and saved on their own; words are added to a model by build_vocab(..., "
            "update=True)"
        )
    return np.array([known[key] for key in keys], dtype=np.intp)


def require_counts(counts: NDArray[np.int64]) -> None:
    """Check counts that were changed by hand, or that a file held.

    Raises:
        ValueError: one is negative, or their sum is 2**62 or more.
    """
    if (counts < 0).any():
        raise ValueError(f"counts must not be negative, but one is {counts.min()}")
    if counts.sum(dtype=np.float64) >= 2.0**62:
        raise ValueError("counts add up to 2**62 or more")


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
