"""Methods of `Word2Vec` that choose its words: a vocabulary is counted, made, and grown, with matrices for it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace

from ..arguments import names_arguments
from ..checks import number, whole
from ..corpus import TrimRule
from ..corpus.vocabulary import Selection
from ..io.paths import AnyPath
from ..signals import Allowed, Deferred
from ..train.weights import fresh_inputs
from ..vectors import KeyedVectors
from .building import (
    CorpusFile,
    Counts,
    Sentences,
    checked_counts,
    chosen,
    counts_of,
    report,
    require_words,
    selection_of,
    with_null_word,
)
from .interface import WordModel
from .known_words import NewWords
from .training import alone_with
from .warm_start import WarmStart


@names_arguments({"sentences": "corpus_iterable", "documents": "corpus_iterable"})
def build_vocab(
    self: WordModel,
    corpus_iterable: Sentences | None = None,
    corpus_file: CorpusFile | None = None,
    update: bool = False,
    progress_per: int = 10000,
    keep_raw_vocab: bool = False,
    trim_rule: TrimRule | None = None,
    *,
    min_count: int | None = None,
    sample: float | None = None,
    init_vectors: AnyPath | KeyedVectors | None = None,
) -> None:
    """Count the words of a corpus, drop the rare ones, and make fresh matrices or let those there are grow.

    A generator is used up by this: make a `Corpus` of it first, of documents by `Documents.from_tagged`, and give that
    to both `build_vocab` and `train`.

    Args:
        corpus_iterable: Token lists or a `Corpus`, for `Doc2Vec` documents; or give ``corpus_file``.
        corpus_file: Path of a text file.
        update: Keep what was learned: new words that reach ``min_count`` in this corpus get small random vectors
            at the end of the vocabulary, known ones keep theirs, and counts are added up.
        progress_per: Without effect.
        keep_raw_vocab: Keep the counts of all words, dropped ones included, in ``raw_vocab``.
        trim_rule: As in the constructor.
        min_count: In place of the model's; without ``update`` it becomes the model's.
        sample: Becomes the model's.
        init_vectors: As in the constructor; with ``update`` for new words alone.

    Raises:
        RuntimeError: an update of a model that has no vocabulary yet; another thread trains the model or builds its
            vocabulary.
        ValueError: the corpus is empty or unreadable, or no word reaches ``min_count``; or ``init_vectors`` have
            another length, or NaN.
    """
    with Deferred(), alone_with(self, trains=False), Allowed():
        start = WarmStart.of(init_vectors, self.vector_size)
        source = self._source_type.of(corpus_iterable, corpus_file)
        self._settings().check()  # before the corpus is read
        if update:
            _require_vocabulary(self)
        least = _least_count(self, min_count)
        sample = self.sample if sample is None else number("sample", sample, at_least=0.0)
        selection = selection_of(self._settings(), trim_rule, least)
        raw: Counts = {}
        if update or keep_raw_vocab:
            corpus = source.read(Selection(in_order=True), self._workers)
            raw = counts_of(corpus.vocabulary)
            vocabulary = chosen(raw, selection, self._known_vocabulary() if update else None)
        else:
            corpus = source.read(selection, self._workers)
            vocabulary = corpus.vocabulary
        further = {
            "sample": sample,
            "raw_vocab": raw if keep_raw_vocab else {},
            "corpus_count": len(corpus),
            "corpus_total_words": corpus.raw_words,
            **self._further_of(corpus),
        }
        self._take_vocabulary(NewWords(vocabulary, least, update, further, start))
        self.add_lifecycle_event("build_vocab", update=update, trim_rule=str(trim_rule))


@names_arguments()
def build_vocab_from_freq(
    self: WordModel,
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
        RuntimeError: an update of a model that has no vocabulary yet; another thread trains the model or builds its
            vocabulary.
        ValueError: there are no words, or none reaches ``min_count``; a count is negative.
    """
    raw = checked_counts(word_freq)
    if update:
        _require_vocabulary(self)
    further = {
        "raw_vocab": raw if keep_raw_vocab else {},
        "corpus_count": corpus_count or 0,
        "corpus_total_words": sum(raw.values()),
    }
    least = _least_count(self, None)
    selection = selection_of(self._settings(), trim_rule, least)
    vocabulary = chosen(raw, selection, self._known_vocabulary() if update else None)
    self._take_vocabulary(NewWords(vocabulary, least, update, further))


@names_arguments()
def scan_vocab(
    self: WordModel,
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
    corpus = self._source_type.of(corpus_iterable, corpus_file).read(Selection(in_order=True), self._workers)
    self.raw_vocab = counts_of(corpus.vocabulary)
    return corpus.raw_words, len(corpus)


@names_arguments()
def prepare_vocab(
    self: WordModel,
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
        RuntimeError: an update of a model that has no vocabulary yet; another thread trains the model or builds its
            vocabulary.
        ValueError: there are no counts, or no word reaches ``min_count``.
    """
    if update:
        _require_vocabulary(self)
    if not self.raw_vocab:
        raise ValueError("there are no counts: call scan_vocab first")
    least = _least_count(self, min_count)
    sample = self.sample if sample is None else number("sample", sample, at_least=0.0)
    raw = self.raw_vocab
    selection = selection_of(self._settings(), trim_rule, least)
    vocabulary = chosen(raw, selection, self._known_vocabulary() if update else None)
    if not dry_run:
        further = {"sample": sample, "raw_vocab": raw if keep_raw_vocab else {}}
        self._take_vocabulary(NewWords(vocabulary, least, update, further))
    return report(raw, vocabulary, sample)


def prepare_weights(self: WordModel, update: bool = False) -> None:
    """Do nothing: `prepare_vocab` makes the matrices, too. It is there for programs that call both."""
    self._known_vocabulary()


def init_weights(self: WordModel) -> None:
    """Fresh matrices for the vocabulary: small random input vectors, output vectors of zero.

    Raises:
        RuntimeError: the model has no vocabulary yet; another thread trains the model or builds its vocabulary.
        ValueError: a setting makes no sense, or ``wv`` was changed by hand so that it does not fit.
    """
    with Deferred(), alone_with(self, trains=False), Allowed():
        settings = self._settings().checked()
        rows = len(self._known_vocabulary())
        vectors, weights = fresh_inputs(rows, settings), replace(self._known.weights)
        weights.start_outputs(rows, settings)
        with Deferred():
            self.wv.vectors = vectors
            self._known.weights.take_outputs(weights)


def reset_from(self: WordModel, other_model: WordModel) -> None:
    """Take over another model's vocabulary, with fresh matrices.

    Args:
        other_model: The model that has the vocabulary. It stays as it is.

    Raises:
        RuntimeError: the other model has no vocabulary yet; another thread trains this model or builds its
            vocabulary.
        ValueError: a setting makes no sense, or the other model's ``wv`` was changed by hand so that it does not
            fit.
    """
    with Deferred(), alone_with(self, trains=False), Allowed():
        further = {
            "corpus_count": other_model.corpus_count,
            "corpus_total_words": other_model.corpus_total_words,
            "effective_min_count": self.effective_min_count,
        }
        settings = self._settings().checked()
        self._take(self._known.fresh(self.wv, other_model._known_vocabulary(), settings), further)


def take_vocabulary(self: WordModel, words: NewWords) -> None:
    """Take over a vocabulary, with matrices for it: everything changes at one moment, or nothing by an interrupt."""
    vocabulary, update = words.vocabulary, words.update
    require_words(vocabulary)
    further = words.further | {"effective_min_count": max(words.min_count, vocabulary.least_count)}
    if not update:
        further["min_count"] = words.min_count
    if self.null_word:
        vocabulary = with_null_word(vocabulary)
    settings = replace(self._settings(), sample=further.get("sample", self.sample)).checked()
    with Deferred(), alone_with(self, trains=False), Allowed():
        known = self._known
        change = (known.grown if update else known.fresh)(self.wv, vocabulary, settings)
        if words.start is not None:
            words.start.fill(change.rows, change.vectors, len(self.wv) if update else 0)
        self._take(change, further)


def _least_count(self: WordModel, min_count: int | None) -> int:
    """The model's ``min_count`` or the one given."""
    return whole("min_count", self.min_count if min_count is None else min_count, 0, 2**62)


def _require_vocabulary(self: WordModel) -> None:
    if self._known.vocabulary is None:
        raise RuntimeError(
            "You cannot do an online vocabulary-update of a model which has no prior vocabulary: "
            "first call build_vocab without update"
        )
