"""Phrases: words that are found side by side more often than their counts explain, made one word.

Mikolov et al. 2013, "Distributed representations of words and phrases and their compositionality", section 4;
Bouma 2009, "Normalized (pointwise) mutual information in collocation extraction". Names and defaults are gensim's.
"""

from __future__ import annotations

import inspect
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, pairwise
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from ..checks import are_offsets, integer
from ..io.atomic import StrPath
from ..io.keys import pack_keys, unpack_keys
from ..io.safetensors import read_tensors, write_tensors
from ..threads import thread_count
from .blocks import Parts
from .corpus import Corpus
from .disk import OnDisk, renumbered
from .iterables import renumber, require_sentences, short, tokens_of
from .pairs import CountsView, Pairs, Phrase, PhraseTable, count_pairs, count_words, word_keys
from .vocabulary import Ids, Ints, Selection, Vocabulary

Sentences = Iterable[Iterable[Hashable]]
Scorer = Callable[..., float]
Floats = NDArray[np.float64]

ENGLISH_CONNECTOR_WORDS = frozenset(
    # articles, prepositions, conjunctions
    ["a", "an", "the", "at", "by", "for", "from", "in", "of", "on", "to", "with", "without", "and", "or"]
)
"""English words that may stand inside a phrase, as in ``bank_of_america``."""

_NEVER = float("-inf")
_PHRASES, _FROZEN, _VERSION = "fastemb.Phrases", "fastemb.FrozenPhrases", "1"


# ---- scores ----


def original_scorer(
    worda_count: float,
    wordb_count: float,
    bigram_count: float,
    len_vocab: float,
    min_count: float,
    corpus_word_count: float,
) -> float:
    """word2vec's score: ``(bigram_count - min_count) / (worda_count * wordb_count) * len_vocab``.

    Mikolov et al. 2013, equation 6, times the number of different words and pairs.

    Args:
        worda_count: how often the first word occurs.
        wordb_count: how often the second word occurs.
        bigram_count: how often they are neighbours.
        len_vocab: how many different words and pairs of neighbours there are.
        min_count: taken off ``bigram_count``, so that rare pairs score low.
        corpus_word_count: without effect.

    Returns:
        The score, minus infinity when a word does not occur.
    """
    denominator = float(worda_count * wordb_count)
    return (bigram_count - min_count) / denominator * len_vocab if denominator else _NEVER


def npmi_scorer(
    worda_count: float,
    wordb_count: float,
    bigram_count: float,
    len_vocab: float,
    min_count: float,
    corpus_word_count: float,
) -> float:
    """Normalized pointwise mutual information: ``ln(p(ab) / (p(a) p(b))) / -ln(p(ab))``, from -1 to 1.

    Bouma 2009; p is a count divided by ``corpus_word_count``.

    Args:
        worda_count: how often the first word occurs.
        wordb_count: how often the second word occurs.
        bigram_count: how often they are neighbours.
        len_vocab: without effect.
        min_count: pairs that occur less often score minus infinity.
        corpus_word_count: how many words the corpus has.

    Returns:
        The score, minus infinity also when a word or the pair does not occur.
    """
    if bigram_count < min_count or not (worda_count and wordb_count and bigram_count):
        return _NEVER
    a, b, both = (count / float(corpus_word_count) for count in (worda_count, wordb_count, bigram_count))
    return math.log(both / (a * b)) / -math.log(both)


def _log(values: Floats) -> Floats:
    """As math.log: np.log may differ from it in the last bit."""
    return np.fromiter(map(math.log, values.tolist()), np.float64, len(values))


def _original_scores(a: Floats, b: Floats, both: Floats, different: int, min_count: float, words: int) -> Floats:
    return (both - min_count) / (a * b) * different


def _npmi_scores(a: Floats, b: Floats, both: Floats, different: int, min_count: float, words: int) -> Floats:
    a, b, both = a / words, b / words, both / words
    return _log(both / (a * b)) / -_log(both)


_SCORERS: dict[str, Scorer] = {"default": original_scorer, "npmi": npmi_scorer}
_SCORES_OF = {original_scorer: _original_scores, npmi_scorer: _npmi_scores}
"""The same for all pairs at once. Neither lets a pair be a phrase that occurs less often than min_count."""


def _scorer(scoring: str | Scorer) -> Scorer:
    if isinstance(scoring, str):
        if scoring not in _SCORERS:
            raise ValueError(f'scoring must be "default", "npmi" or a function, not {scoring!r}')
        return _SCORERS[scoring]
    if not callable(scoring):
        raise TypeError(f'scoring must be "default", "npmi" or a function, not {short(scoring)}')
    names = list(inspect.signature(original_scorer).parameters)
    try:
        inspect.signature(scoring).bind(**dict.fromkeys(names))
    except TypeError:
        raise ValueError(f"scoring must be a function that takes {', '.join(names)}") from None
    return scoring


def _scoring_name(scorer: Scorer | None) -> str | None:
    return next((name for name, known in _SCORERS.items() if known is scorer), None)


def _check_number(name: str, value: Any) -> None:
    if not isinstance(value, Real) or isinstance(value, bool) or math.isnan(value):
        raise TypeError(f"{name} must be a number, not {value!r}")


def _check_settings(min_count: float, threshold: float, delimiter: str, scorer: Scorer) -> None:
    _check_number("min_count", min_count)
    _check_number("threshold", threshold)
    if min_count <= 0:
        raise ValueError(f"min_count should be at least 1: {min_count}")
    if scorer is original_scorer and threshold <= 0:
        raise ValueError(f"threshold should be positive for default scoring: {threshold}")
    if scorer is npmi_scorer and not -1 <= threshold <= 1:
        raise ValueError(f"threshold should be between -1 and 1 for npmi scoring: {threshold}")
    if not isinstance(delimiter, str):
        raise TypeError(f"delimiter must be a str, not {delimiter!r}")
    if not delimiter:
        raise ValueError("delimiter must not be empty, or phrases could not be told from words")


def _checked_connectors(connector_words: Iterable[str]) -> frozenset[str]:
    if isinstance(connector_words, str | bytes):
        raise TypeError(f"connector_words must be a collection of words, not {short(connector_words)}")
    words = frozenset(connector_words)
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"connector_words must be str, but one is {short(word)}")
    return words


# ---- token lists ----


class _Joiner:
    """Joins phrases in lists of tokens.

    scores: the score of every phrase: its first word, connector words and second word.
    """

    def __init__(self, scores: Mapping[Phrase, float], delimiter: str, connector_words: Collection[str]) -> None:
        self.scores = scores
        self.delimiter = delimiter
        self.connector_words = connector_words

    @cached_property
    def _followers(self) -> dict[Any, dict[Any, tuple[str, float]]]:
        """Text and score of every phrase, by its first word and then by the rest of it."""
        followers: dict[Any, dict[Any, tuple[str, float]]] = {}
        for phrase, score in self.scores.items():
            rest = phrase[1] if len(phrase) == 2 else phrase[1:]
            followers.setdefault(phrase[0], {})[rest] = (self.delimiter.join(phrase), score)
        return followers

    @cached_property
    def texts(self) -> dict[str, float]:
        """The score of every phrase by its text; of several that are spelled alike the first one's."""
        texts: dict[str, float] = {}
        for phrase, score in self.scores.items():
            texts.setdefault(self.delimiter.join(phrase), score)
        return texts

    def join(self, sentence: Iterable[Any]) -> tuple[list[Any], dict[int, float]]:
        """The tokens with phrases joined from left to right, and the scores of those by their places."""
        tokens: list[Any] = []
        scores: dict[int, float] = {}
        candidate: list[Any] = []  # a word and connector words that may become a phrase
        connector_words, followers_of = self.connector_words, self._followers.get
        for token in sentence:
            if token in connector_words:
                (candidate or tokens).append(token)
                continue
            if candidate:
                followers = followers_of(candidate[0])
                if followers:
                    phrase = followers.get((*candidate[1:], token) if len(candidate) > 1 else token)
                    if phrase:
                        scores[len(tokens)] = phrase[1]
                        tokens.append(phrase[0])
                        candidate = []
                        continue
                tokens += candidate
            candidate = [token]
        return tokens + candidate, scores


class _PhrasedSentences:
    """Sentences with phrases joined as they are read."""

    def __init__(self, phraser: _Phraser, sentences: Iterable[Any], once: bool) -> None:
        self._phraser = phraser
        self._sentences: Iterable[Any] | None = sentences
        self._once = once

    def __iter__(self) -> Iterator[list[str]]:
        sentences = self._sentences
        if sentences is None:
            raise ValueError(
                "these sentences came from a generator, which can be read once only, and were read: give a list, a "
                "Corpus, or an object that starts anew each time, such as LineSentence"
            )
        if self._once:
            self._sentences = None
        return self._joined(sentences)

    def _joined(self, sentences: Iterable[Any]) -> Iterator[list[str]]:
        join = self._phraser._joiner().join
        return (join(tokens_of(sentence, number))[0] for number, sentence in enumerate(sentences))


class _Phraser(ABC):
    """What `Phrases` and `FrozenPhrases` share: the use of phrases."""

    min_count: float
    threshold: float
    delimiter: str
    scoring: Any
    connector_words: frozenset[str]
    _made: tuple[Any, _Joiner] | None = None

    @abstractmethod
    def _scores(self) -> dict[Phrase, float]:
        """The score of every phrase, the highest first."""

    def _joiner(self) -> _Joiner:
        """The phrases by the present settings."""
        settings = (self.min_count, self.threshold, self.delimiter, self.scoring, self.connector_words)
        if self._made is None or self._made[0] != settings:
            self._made = settings, _Joiner(self._scores(), self.delimiter, self.connector_words)
        return self._made[1]

    def apply(self, corpus: Corpus, workers: int | None = None) -> Corpus:
        """A corpus with its phrases joined, as ids from ids: no text is made.

        What is returned is what ``Corpus.from_sentences(phrases[corpus_as_lists])`` would be: words that are left and
        phrases are counted anew and numbered by falling count. A phrase that is spelled like another word or phrase
        of the corpus is the same word.

        Args:
            corpus: it should have all its words (``min_count=1``): once rare ones are dropped, words count as
                neighbours that were apart. Drop them afterwards; `Word2Vec` does so itself.
            workers: threads. Default: one for each CPU. The result does not depend on it.

        Returns:
            A corpus in memory; or on disk when ``corpus`` is on disk, as of `Corpus.open`. It is then in a temporary
            file beside the other one, which goes when it is not used any more (`Corpus.save` keeps it), and on the way
            there ids take their space twice. Memory holds some million of them at a time, and the longest sentence.

        Raises:
            OSError: the temporary file cannot be written, as when the disk is full.
        """
        if not corpus.words:
            return corpus
        words = len(corpus.vocabulary)
        table, ids, offsets, on_disk = self._join_ids(corpus, workers)
        texts = list(map(self.delimiter.join, table.phrases))
        counts, first = count_words(ids, words + len(texts))
        same = _merge_texts(corpus, texts, counts, first)
        keys = [*corpus.vocabulary.keys, *texts]
        vocabulary, numbers = Selection().number(
            counts, first, lambda indices: [keys[index] for index in indices.tolist()], "phrases"
        )
        numbers[words:] = numbers[same]
        raw_words = corpus.raw_words - (corpus.words - len(ids))
        if on_disk is not None:
            return Corpus(*renumbered(Parts(ids, offsets, vocabulary, raw_words, on_disk), numbers, vocabulary))
        return Corpus(*renumber(ids, offsets, numbers), vocabulary, raw_words)

    def _join_ids(self, corpus: Corpus, workers: int | None) -> tuple[PhraseTable, Ids, Ints, OnDisk | None]:
        table = PhraseTable(corpus, list(self._joiner().scores), self.connector_words)
        return table, *table.join(thread_count(workers))

    @overload
    def __getitem__(self, sentence: Corpus) -> Corpus: ...

    @overload
    def __getitem__(self, sentence: Iterable[str]) -> list[str]: ...  # type: ignore[overload-overlap]

    @overload
    def __getitem__(self, sentence: Iterable[Iterable[str]]) -> Iterable[list[str]]: ...

    def __getitem__(self, sentence: Any) -> Any:
        """Join the phrases of a sentence, of sentences, or of a corpus.

        Args:
            sentence: a list of words; or an iterable of such lists; or a `Corpus`.

        Returns:
            A list of words; or an iterable that joins the phrases of one sentence after the other as it is read, as
            often as what was given can be read; or what `apply` returns.

        Raises:
            TypeError: a str, or something that is no list of words.
            ValueError: when what was returned for a generator is read a second time.
        """
        if isinstance(sentence, Corpus):
            return self.apply(sentence)
        if isinstance(sentence, str | bytes):
            raise TypeError(f"a sentence must be a list of words, not {short(sentence)}: split it first")
        if not isinstance(sentence, Iterable) and not hasattr(sentence, "__getitem__"):
            raise TypeError(f"a sentence must be a list of words, not {short(sentence)}")
        tokens: Iterator[Any] = iter(sentence)
        once = tokens is sentence
        for token in tokens:
            whole = chain([token], tokens) if once else sentence
            if isinstance(token, str):
                return self._joiner().join(whole)[0]
            tokens_of(token, 0)
            return _PhrasedSentences(self, whole, once)
        return []

    def analyze_sentence(self, sentence: Iterable[str]) -> Iterator[tuple[str, float | None]]:
        """The words of a sentence with its phrases joined, each with the score of the phrase or None for a word.

        Raises:
            TypeError: the sentence is a str.
        """
        if isinstance(sentence, str | bytes):
            raise TypeError(f"a sentence must be a list of words, not {short(sentence)}: split it first")
        tokens, scores = self._joiner().join(sentence)
        return ((token, scores.get(place)) for place, token in enumerate(tokens))

    def find_phrases(self, sentences: Corpus | Iterable[Iterable[str]]) -> dict[str, float]:
        """The score of every phrase that occurs in these sentences.

        Raises:
            TypeError: the sentences are a str, or one of them is.
        """
        if isinstance(sentences, Corpus):
            if not sentences.words:
                return {}
            words = len(sentences.vocabulary)
            table, ids, *_ = self._join_ids(sentences, None)
            counts, _ = count_words(ids, words + len(table.phrases))
            scores = self._joiner().scores
            return {
                self.delimiter.join(table.phrases[place]): scores[table.phrases[place]]
                for place in np.flatnonzero(counts[words:]).tolist()
            }
        require_sentences(sentences)
        join = self._joiner().join
        found: dict[str, float] = {}
        for number, sentence in enumerate(sentences):
            tokens, places = join(tokens_of(sentence, number))
            found.update((tokens[place], score) for place, score in places.items())
        return found

    def score_candidate(
        self, word_a: str, word_b: str, in_between: Sequence[str]
    ) -> tuple[str, float] | tuple[None, None]:
        """The text and the score of a phrase; (None, None) for what is no phrase.

        Args:
            word_a: its first word.
            word_b: its last word.
            in_between: the connector words between them.
        """
        phrase = (word_a, *in_between, word_b)
        score = self._joiner().scores.get(phrase)
        return (None, None) if score is None else (self.delimiter.join(phrase), score)


def _merge_texts(corpus: Corpus, texts: list[str], counts: Ints, first: Ints) -> Ints:
    """The id of each phrase: that of a word or an earlier phrase which is spelled alike, to which its count goes."""
    known, own = corpus.vocabulary.key_to_index.get, dict[str, int]()
    ids = np.arange(len(counts) - len(texts), len(counts))
    if len(set(texts)) == len(texts) and corpus.vocabulary.key_to_index.keys().isdisjoint(texts):
        return ids
    for place, text in enumerate(texts):
        number = int(ids[place])
        same = known(text)
        same = own.setdefault(text, number) if same is None else same
        if same != number and counts[number]:
            first[same] = min(first[same], first[number]) if counts[same] else first[number]
            counts[same] += counts[number]
            counts[number] = 0
        ids[place] = same
    return ids


class Phrases(_Phraser):
    """Finds phrases in a corpus: words that are neighbours more often than their counts explain.

    Of a list of words it makes one with phrases joined (``phrases[words]``), of a `Corpus` a corpus. Joined corpora
    may be searched for phrases again: ``Phrases(phrases[corpus])`` finds those of three and four words.

    Two words are neighbours when only connector words, or nothing, stand between them. A pair of neighbours with the
    same connector words is a phrase when its score is above ``threshold``.

    Args:
        sentences: a `Corpus`, best with all its words (``min_count=1``), or token lists, of which a generator is read
            once. Without them call `add_vocab`.
        min_count: words and pairs that occur less often make no phrase.
        threshold: the score that phrases exceed: the higher, the fewer there are.
        max_vocab_size: how many words and pairs are kept: the most frequent ones, exactly. About as many are held in
            memory at once, up to 60 bytes each; where there are more, the corpus is passed several times. Scores are
            those that they would have without a limit.
        delimiter: stands between the words of a phrase.
        progress_per: without effect.
        scoring: "default" (`original_scorer`), "npmi" (`npmi_scorer`), or a function that takes the arguments of these
            by name and returns a score; it is called for every pair that was counted.
        connector_words: words that may stand inside a phrase but neither begin nor end it, and that are not counted;
            for English `ENGLISH_CONNECTOR_WORDS`.
        workers: threads. Default: one for each CPU. The result does not depend on it.

    Attributes:
        scoring: the scorer, a function.
        corpus_word_count: how many words were read.

    Raises:
        TypeError: a sentence is a str, a word is no str, or an argument has the wrong type.
        ValueError: there is no word in the sentences, or a setting makes no sense.
    """

    def __init__(
        self,
        sentences: Sentences | Corpus | None = None,
        min_count: float = 5,
        threshold: float = 10.0,
        max_vocab_size: int = 40_000_000,
        delimiter: str = "_",
        progress_per: int = 10000,
        scoring: str | Scorer = "default",
        connector_words: Iterable[str] = frozenset(),
        *,
        workers: int | None = None,
    ) -> None:
        self.scoring: Scorer = _scorer(scoring)
        _check_settings(min_count, threshold, delimiter, self.scoring)
        integer("max_vocab_size", max_vocab_size, 1)
        self.workers = thread_count(workers)
        self.min_count = min_count
        self.threshold = threshold
        self.max_vocab_size = max_vocab_size
        self.delimiter = delimiter
        self.progress_per = progress_per
        self.connector_words = _checked_connectors(connector_words)
        self.corpus_word_count = 0
        self._parts: list[Pairs] = []  # what was counted, to be added up when it is asked for
        if sentences is not None:
            self.add_vocab(sentences)

    def add_vocab(self, sentences: Sentences | Corpus) -> None:
        """Count the words and pairs of more sentences.

        Args:
            sentences: a `Corpus` or token lists.

        Raises:
            TypeError: a sentence is a str, or a word is no str.
            ValueError: there is no word in the sentences.
        """
        corpus = sentences if isinstance(sentences, Corpus) else Corpus.from_sentences(sentences)
        if not corpus.words:
            raise ValueError("the corpus has no word in it")
        self._parts.append(count_pairs(corpus, self.connector_words, self.max_vocab_size, self.workers))
        self.corpus_word_count += corpus.words
        self._made = None
        while len(self._parts) > 1 and len(self._parts[-2]) < 2 * len(self._parts[-1]):  # so each is moved rarely
            self._merge_last()

    def _merge_last(self) -> None:
        last = self._parts.pop()
        self._parts[-1] = self._parts[-1].merged(last).limited(self.max_vocab_size)

    def _pairs(self) -> Pairs | None:
        while len(self._parts) > 1:
            self._merge_last()
        return self._parts[0] if self._parts else None

    @property
    def vocab(self) -> Mapping[str, int]:
        """How often each word and each pair of neighbours occurs, by its text: a read-only view.

        Where words and pairs are spelled alike their counts are added up. Connector words are not in it.
        """
        pairs = self._pairs()
        return {} if pairs is None else CountsView(pairs, self.delimiter)

    def score_item(self, worda: str, wordb: str, in_between: Sequence[str] = ()) -> float:
        """The score of any pair, phrase or not; minus infinity when it never occurs.

        Args:
            worda: its first word.
            wordb: its last word.
            in_between: the connector words between them.
        """
        pairs = self._pairs()
        count = 0 if pairs is None else pairs.pair_count((worda, *in_between, wordb))
        if pairs is None or not count:
            return _NEVER
        return self._score(pairs, pairs.word_count(worda), pairs.word_count(wordb), count)

    def _score(self, pairs: Pairs, first: int, second: int, count: int) -> float:
        score = self.scoring(
            worda_count=first,
            wordb_count=second,
            bigram_count=count,
            len_vocab=pairs.different,
            min_count=self.min_count,
            corpus_word_count=self.corpus_word_count,
        )
        try:
            return float(score)
        except (TypeError, ValueError):
            raise TypeError(f"scoring must return a number, not {short(score)}") from None

    def export_phrases(self) -> dict[str, float]:
        """The score of every phrase, the highest first."""
        return dict(self._joiner().texts)

    def freeze(self) -> FrozenPhrases:
        """The phrases alone, for use on any text: small, and without what is needed to count more."""
        return FrozenPhrases(self)

    def _scores(self) -> dict[Phrase, float]:
        _check_settings(self.min_count, self.threshold, self.delimiter, self.scoring)
        pairs = self._pairs()
        if pairs is None:
            return {}
        if self.scoring in _SCORES_OF:
            table = pairs.at_least(self.min_count)
            a, b, both = (part.astype(np.float64) for part in pairs.part_counts(table))
            score_all = _SCORES_OF[self.scoring]
            scores = score_all(a, b, both, pairs.different, self.min_count, self.corpus_word_count)
        else:
            table = pairs.table
            counts = zip(*(part.tolist() for part in pairs.part_counts(table)), strict=True)
            scores = np.fromiter((self._score(pairs, *three) for three in counts), np.float64, len(table))
        chosen = np.flatnonzero(scores > self.threshold)
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
        return dict(zip(pairs.tuples(table[chosen]), scores[chosen].tolist(), strict=True))

    def save(self, path: StrPath) -> None:
        """Write counts and settings to a file, in the safetensors format; it is there whole or not at all.

        A scoring function of your own is not written: give it to `load`.

        Raises:
            ValueError: nothing was counted yet.
        """
        pairs = self._pairs()
        if pairs is None:
            raise ValueError("there is nothing to save: give sentences to add_vocab first")
        keys, key_type = pack_keys(pairs.keys)
        arrays = {**keys, "counts": pairs.counts, "chains": pairs.chains, "pairs": pairs.table}
        settings = {
            **_settings(self),
            "max_vocab_size": int(self.max_vocab_size),
            "progress_per": _plain(self.progress_per),
            "corpus_word_count": self.corpus_word_count,
            "different": pairs.different,
        }
        metadata = {"format": _PHRASES, "version": _VERSION, "key_type": key_type, "settings": json.dumps(settings)}
        write_tensors(path, arrays, metadata)

    @classmethod
    def load(cls, path: StrPath, *, scoring: str | Scorer | None = None) -> Self:
        """Read what `save` wrote.

        Args:
            path: the file.
            scoring: a scorer instead of the one that is named in the file; needed when that was a function of
                your own.

        Raises:
            ValueError: the file is something else or damaged; or it was saved with a function of your own as scorer,
                and none is given.
        """
        arrays, metadata, settings = _read(path, _PHRASES)
        scoring = settings["scoring"] if scoring is None else scoring
        if scoring is None:
            raise ValueError(f"{path}: it was saved with a scoring function of its own; give that: scoring=...")
        names = ("min_count", "threshold", "max_vocab_size", "delimiter", "progress_per", "connector_words")
        loaded = cls(None, **{name: settings[name] for name in names}, scoring=scoring)
        loaded._parts = [_read_pairs(path, arrays, metadata, settings)]
        loaded.corpus_word_count = settings["corpus_word_count"]
        return loaded

    def __repr__(self) -> str:
        return (
            f"Phrases<{len(self._pairs() or ())} vocab, min_count={self.min_count}, threshold={self.threshold}, "
            f"max_vocab_size={self.max_vocab_size}>"
        )


class FrozenPhrases(_Phraser):
    """Phrases that were found, for use on any text: what `Phrases` has less its counts.

    Args:
        phrases_model: where the phrases come from.

    Attributes:
        scoring: the scorer that they were found with; None when it was a function that a file does not hold.
    """

    def __init__(self, phrases_model: Phrases) -> None:
        self.min_count = phrases_model.min_count
        self.threshold = phrases_model.threshold
        self.delimiter = phrases_model.delimiter
        self.scoring: Scorer | None = phrases_model.scoring
        self.connector_words = phrases_model.connector_words
        self._all = dict(phrases_model._joiner().scores)

    def _scores(self) -> dict[Phrase, float]:
        return {phrase: score for phrase, score in self._all.items() if score > self.threshold}

    @property
    def phrasegrams(self) -> Mapping[str, float]:
        """The score of every phrase by its text, the highest first: a read-only view."""
        return MappingProxyType(self._joiner().texts)

    def save(self, path: StrPath) -> None:
        """Write the phrases to a file, in the safetensors format; it is there whole or not at all."""
        keys, _ = pack_keys([word for phrase in self._all for word in phrase])
        arrays = {**keys, "phrase_offsets": _offsets(self._all), "scores": np.array([*self._all.values()], np.float64)}
        metadata = {"format": _FROZEN, "version": _VERSION, "settings": json.dumps(_settings(self))}
        write_tensors(path, arrays, metadata)

    @classmethod
    def load(cls, path: StrPath) -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: the file is something else or damaged.
        """
        arrays, _, settings = _read(path, _FROZEN)
        words, scores = unpack_keys(path, arrays, "str"), arrays.get("scores")
        phrases = _groups(arrays.get("phrase_offsets"), words)
        if (
            phrases is None
            or any(len(phrase) < 2 for phrase in phrases)
            or scores is None
            or scores.dtype != np.float64
            or scores.shape != (len(phrases),)
        ):
            raise ValueError(f"{path}: the phrases are missing or damaged")
        loaded = cls.__new__(cls)
        loaded.min_count = settings["min_count"]
        loaded.threshold = settings["threshold"]
        loaded.delimiter = settings["delimiter"]
        loaded.scoring = None if settings["scoring"] is None else _scorer(settings["scoring"])
        loaded.connector_words = _checked_connectors(settings["connector_words"])
        loaded._all = dict(zip(phrases, scores.tolist(), strict=True))
        return loaded

    def __repr__(self) -> str:
        return f"FrozenPhrases<{len(self._all)} phrases, min_count={self.min_count}, threshold={self.threshold}>"


Phraser = FrozenPhrases
"""gensim's old name."""


# ---- files ----


def _plain(number: Any) -> int | float:
    """A number of NumPy or another library as Python's, which JSON holds."""
    return int(number) if isinstance(number, Integral) else float(number)


def _settings(phraser: _Phraser) -> dict[str, Any]:
    return {
        "min_count": _plain(phraser.min_count),
        "threshold": _plain(phraser.threshold),
        "delimiter": phraser.delimiter,
        "scoring": _scoring_name(phraser.scoring),
        "connector_words": sorted(phraser.connector_words),
    }


def _offsets(groups: Iterable[Phrase]) -> Ints:
    return np.append(0, np.cumsum([len(group) for group in groups], dtype=np.int64))


def _groups(offsets: Any, words: Sequence[Any]) -> list[Phrase] | None:
    """The words from each offset to the next; None when these are no offsets."""
    if offsets is None or offsets.dtype != np.int64 or not are_offsets(offsets, len(words)):
        return None
    return [tuple(words[begin:end]) for begin, end in pairwise(offsets.tolist())]


def _read(path: StrPath, wanted: str) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    arrays, metadata = read_tensors(path)
    found = metadata.get("format", "")
    if found != wanted:
        hint = f"; {found.removeprefix('fastemb.')}.load reads it" if found.startswith("fastemb.") else ""
        raise ValueError(f"{path}: holds no {wanted.removeprefix('fastemb.')}{hint}")
    if metadata.get("version") != _VERSION:
        raise ValueError(f"{path}: written by a newer fastemb (phrases format {metadata.get('version')})")
    try:
        settings = json.loads(metadata["settings"])
        scorer = _scorer(settings["scoring"] or (lambda **_: 0.0))
        _check_settings(settings["min_count"], settings["threshold"], settings["delimiter"], scorer)
        _checked_connectors(settings["connector_words"])
        if wanted == _PHRASES:
            for name in ("max_vocab_size", "corpus_word_count", "different"):
                integer(name, settings[name], 1)
            settings["progress_per"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: damaged settings: {error}") from None
    return arrays, metadata, settings


def _read_pairs(path: StrPath, arrays: dict[str, Any], metadata: dict[str, str], settings: dict[str, Any]) -> Pairs:
    keys, counts = unpack_keys(path, arrays, metadata.get("key_type")), arrays.get("counts")
    if counts is None or counts.dtype != np.int64:
        raise ValueError(f"{path}: the counts are missing or damaged")
    try:
        words = word_keys(vocabulary := Vocabulary(keys, counts))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: damaged vocabulary: {error}") from None
    chains, table = (arrays.get(name, np.empty(0)) for name in ("chains", "pairs"))
    if (chains.dtype, chains.shape[1:], table.dtype, table.shape[1:]) == (np.int32, (2,), np.uint64, (2,)):
        different, read = settings["different"], settings["corpus_word_count"]
        pairs = Pairs(words, counts, chains, [table], different, read, vocabulary.key_to_index)
        if pairs.is_sound():
            return pairs
    raise ValueError(f"{path}: the pairs are missing or damaged")
