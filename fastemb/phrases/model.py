"""The models: `Phrases`, which counts and finds phrases, and `FrozenPhrases`, which only joins them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any, Self, overload

import numpy as np

from ..arguments import names_arguments
from ..checks import integer
from ..corpus import Corpus
from ..corpus.blocks import Parts
from ..corpus.disk import renumber_on_disk
from ..corpus.lists import require_sentences, sentence_tokens
from ..corpus.mapped import OnDisk
from ..corpus.memory import renumber_in_place
from ..corpus.messages import short
from ..corpus.vocabulary import Ids, Ints, Selection
from ..io.paths import AnyPath, local_path
from ..signals import Deferred
from ..threads import thread_count
from .counting import count_pairs, count_words
from .files import plain_number, read_frozen, read_pairs, write_frozen, write_pairs
from .joining import PhraseTable
from .pairs import CountsView, Pairs, Phrase
from .scoring import NEVER, SCORES_OF, Scorer, find_scorer, scoring_name
from .settings import check_settings, checked_connectors
from .sizes import PhraseSizes
from .token_lists import JoinedSentences, ListJoiner

Sentences = Iterable[Iterable[Hashable]]


class PhrasesBase(ABC):
    """What `Phrases` and `FrozenPhrases` share: the use of phrases."""

    min_count: float
    threshold: float
    delimiter: str
    scoring: Any
    connector_words: frozenset[str]
    _made: tuple[Any, ListJoiner] | None = None
    _sizes = PhraseSizes()

    def _scorer(self) -> Scorer | None:
        """The scorer, which may have been changed to the name of one; None for one that a file did not hold."""
        return None if self.scoring is None else find_scorer(self.scoring)

    @abstractmethod
    def _scores(self) -> dict[Phrase, float]:
        """The score of every phrase, the highest first."""

    def _joiner(self) -> ListJoiner:
        """The phrases by the present settings."""
        settings = (self.min_count, self.threshold, self.delimiter, self.scoring, self.connector_words)
        if self._made is None or self._made[0] != settings:
            self._made = settings, ListJoiner(self._scores(), self.delimiter, self.connector_words)
        return self._made[1]

    def _settings(self) -> dict[str, Any]:
        """The settings as a file holds them."""
        return {
            "min_count": plain_number("min_count", self.min_count),
            "threshold": plain_number("threshold", self.threshold),
            "delimiter": self.delimiter,
            "scoring": scoring_name(self._scorer()),
            "connector_words": sorted(checked_connectors(self.connector_words)),
        }

    @names_arguments()
    def apply(self, corpus: Corpus, workers: int | None = None) -> Corpus:
        """A corpus with its phrases joined, as ids from ids: no text is made.

        What is returned is what ``Corpus.from_sentences(phrases[corpus_as_lists])`` would be: words that are left and
        phrases are counted anew and numbered by falling count. A phrase that is spelled like another word or phrase
        of the corpus is the same word.

        Args:
            corpus: It should have all its words (``min_count=1``): once rare ones are dropped, words count as
                neighbours that were apart. Drop them afterwards; `Word2Vec` does so itself.
            workers: Threads. Default: one for each CPU. The result does not depend on it.

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
        counts, first = count_words(ids, words + len(texts), self._sizes.block_tokens)
        same = _merge_texts(corpus, texts, counts, first)
        keys = [*corpus.vocabulary.keys, *texts]
        vocabulary, numbers = Selection().number(
            counts, first, lambda indices: [keys[index] for index in indices.tolist()], "phrases"
        )
        numbers[words:] = numbers[same]
        raw_words = corpus.raw_words - (corpus.words - len(ids))
        if on_disk is not None:
            parts = renumber_on_disk(Parts(ids, offsets, vocabulary, raw_words, on_disk), numbers, vocabulary)
            return Corpus(*parts).weighted(corpus.weights)
        return Corpus(*renumber_in_place(ids, offsets, numbers), vocabulary, raw_words).weighted(corpus.weights)

    def _join_ids(self, corpus: Corpus, workers: int | None) -> tuple[PhraseTable, Ids, Ints, OnDisk | None]:
        table = PhraseTable(corpus, list(self._joiner().scores), self.connector_words, self._sizes)
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
            sentence: A list of words; or an iterable of such lists; or a `Corpus`.

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
            raise _not_split(sentence)
        if not isinstance(sentence, Iterable) and not hasattr(sentence, "__getitem__"):
            raise TypeError(f"a sentence must be a list of words, not {short(sentence)}")
        require_sentences(sentence)
        tokens: Iterator[Any] = iter(sentence)
        once = tokens is sentence
        for token in tokens:
            whole = chain([token], tokens) if once else sentence
            if isinstance(token, str):
                return self._joiner().join(whole)[0]
            sentence_tokens(token, 0)
            return JoinedSentences(self._joiner, whole, once)
        return []

    def analyze_sentence(self, sentence: Iterable[str]) -> Iterator[tuple[str, float | None]]:
        """The words of a sentence with its phrases joined, each with the score of the phrase or None for a word.

        Raises:
            TypeError: the sentence is a str.
        """
        if isinstance(sentence, str | bytes):
            raise _not_split(sentence)
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
            counts, _ = count_words(ids, words + len(table.phrases), self._sizes.block_tokens)
            scores = self._joiner().scores
            return {
                self.delimiter.join(table.phrases[place]): scores[table.phrases[place]]
                for place in np.flatnonzero(counts[words:]).tolist()
            }
        require_sentences(sentences)
        join = self._joiner().join
        found: dict[str, float] = {}
        for number, sentence in enumerate(sentences):
            tokens, places = join(sentence_tokens(sentence, number))
            found.update((tokens[place], score) for place, score in places.items())
        return found

    def score_candidate(
        self, word_a: str, word_b: str, in_between: Sequence[str]
    ) -> tuple[str, float] | tuple[None, None]:
        """The text and the score of a phrase; (None, None) for what is no phrase.

        Args:
            word_a: Its first word.
            word_b: Its last word.
            in_between: The connector words between them.
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


class Phrases(PhrasesBase):
    """Finds phrases in a corpus: words that are neighbours more often than their counts explain.

    Of a list of words it makes one with phrases joined (``phrases[words]``), of a `Corpus` a corpus. Joined corpora
    may be searched for phrases again: ``Phrases(phrases[corpus])`` finds those of three and four words.

    Two words are neighbours when only connector words, or nothing, stand between them. A pair of neighbours with the
    same connector words is a phrase when its score is above ``threshold``.

    Args:
        sentences: A `Corpus`, best with all its words (``min_count=1``), or token lists, of which a generator is read
            once. Without them call `add_vocab`.
        min_count: Words and pairs that occur less often make no phrase.
        threshold: The score that phrases exceed: the higher, the fewer there are.
        max_vocab_size: How many words and pairs are kept: the most frequent ones, exactly. About as many are held in
            memory at once, up to 60 bytes each; where there are more, the corpus is passed several times. Scores are
            those that they would have without a limit.
        delimiter: Stands between the words of a phrase.
        progress_per: Without effect.
        scoring: "default" (`original_scorer`), "npmi" (`npmi_scorer`), or a function that takes the arguments of these
            by name and returns a score; it is called for every pair that was counted.
        connector_words: Words that may stand inside a phrase but neither begin nor end it, and that are not counted;
            for English `ENGLISH_CONNECTOR_WORDS`.
        workers: Threads. Default: one for each CPU. The result does not depend on it.

    Attributes:
        scoring: The scorer, a function.
        corpus_word_count: How many words were read.

    Raises:
        TypeError: a sentence is a str, a word is no str, or an argument has the wrong type.
        ValueError: there is no word in the sentences, or a setting makes no sense.
    """

    @names_arguments()
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
        self.scoring: Scorer = find_scorer(scoring)
        check_settings(min_count, threshold, delimiter, self.scoring)
        integer("max_vocab_size", max_vocab_size, 1)
        self.workers = thread_count(workers)
        self.min_count = min_count
        self.threshold = threshold
        self.max_vocab_size = max_vocab_size
        self.delimiter = delimiter
        self.progress_per = progress_per
        self.connector_words = checked_connectors(connector_words)
        self.corpus_word_count = 0
        self._parts: list[Pairs] = []  # what was counted, to be added up when it is asked for
        if sentences is not None:
            self.add_vocab(sentences)

    def add_vocab(self, sentences: Sentences | Corpus) -> None:
        """Count the words and pairs of more sentences.

        Args:
            sentences: A `Corpus` or token lists.

        Raises:
            TypeError: a sentence is a str, or a word is no str.
            ValueError: there is no word in the sentences.
        """
        corpus = sentences if isinstance(sentences, Corpus) else Corpus.from_sentences(sentences)
        if not corpus.words:
            raise ValueError("the corpus has no word in it")
        counted = count_pairs(corpus, self.connector_words, self.max_vocab_size, self.workers, self._sizes)
        parts = [*self._parts, counted]
        while len(parts) > 1 and len(parts[-2]) < 2 * len(parts[-1]):  # so each is moved rarely
            parts = self._with_last_merged(parts)
        with Deferred():
            self._parts = parts
            self.corpus_word_count += corpus.words
            self._made = None

    def _with_last_merged(self, parts: list[Pairs]) -> list[Pairs]:
        return [*parts[:-2], parts[-2].merged(parts[-1]).limited(self.max_vocab_size)]

    def _pairs(self) -> Pairs | None:
        while len(self._parts) > 1:
            self._parts = self._with_last_merged(self._parts)
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
            worda: Its first word.
            wordb: Its last word.
            in_between: The connector words between them.
        """
        pairs = self._pairs()
        count = 0 if pairs is None else pairs.pair_count((worda, *in_between, wordb))
        if pairs is None or not count:
            return NEVER
        return self._score(find_scorer(self.scoring), pairs, pairs.word_count(worda), pairs.word_count(wordb), count)

    def _score(self, scorer: Scorer, pairs: Pairs, first: int, second: int, count: int) -> float:
        score = scorer(
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
        scorer = find_scorer(self.scoring)
        check_settings(self.min_count, self.threshold, self.delimiter, scorer)
        pairs = self._pairs()
        if pairs is None:
            return {}
        if scorer in SCORES_OF:
            table = pairs.at_least(self.min_count)
            a, b, both = (part.astype(np.float64) for part in pairs.counts_of_parts(table))
            score_all = SCORES_OF[scorer]
            scores = score_all(a, b, both, pairs.different, self.min_count, self.corpus_word_count)
        else:
            table = pairs.table
            counts = zip(*(part.tolist() for part in pairs.counts_of_parts(table)), strict=True)
            scores = np.fromiter((self._score(scorer, pairs, *three) for three in counts), np.float64, len(table))
        chosen = np.flatnonzero(scores > self.threshold)
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
        return dict(zip(pairs.tuples(table[chosen]), scores[chosen].tolist(), strict=True))

    def save(self, path: AnyPath) -> None:
        """Write counts and settings to a file, in the safetensors format; it is there whole or not at all.

        A scoring function of your own is not written: give it to `load`.

        Raises:
            ValueError: nothing was counted yet; a setting was changed to what makes no sense.
            TypeError: a setting was changed to something of another type.
        """
        pairs = self._pairs()
        if pairs is None:
            raise ValueError("there is nothing to save: give sentences to add_vocab first")
        settings = {
            **self._settings(),
            "max_vocab_size": integer("max_vocab_size", self.max_vocab_size, 1),
            "progress_per": plain_number("progress_per", self.progress_per),
            "corpus_word_count": self.corpus_word_count,
        }
        write_pairs(local_path(path), pairs, settings)

    @classmethod
    @names_arguments()
    def load(cls, path: AnyPath, *, scoring: str | Scorer | None = None) -> Self:
        """Read what `save` wrote.

        Args:
            path: The file.
            scoring: A scorer instead of the one that is named in the file; needed when that was a function of
                your own.

        Raises:
            ValueError: the file is something else or damaged; or it was saved with a function of your own as scorer,
                and none is given.
        """
        path = local_path(path)
        pairs, settings = read_pairs(path)
        scoring = settings["scoring"] if scoring is None else scoring
        if scoring is None:
            raise ValueError(f"{path}: it was saved with a scoring function of its own; give that: scoring=...")
        names = ("min_count", "threshold", "max_vocab_size", "delimiter", "progress_per", "connector_words")
        loaded = cls(None, **{name: settings[name] for name in names}, scoring=scoring)
        loaded._parts = [pairs]
        loaded.corpus_word_count = settings["corpus_word_count"]
        return loaded

    def __repr__(self) -> str:
        return (
            f"Phrases<{len(self._pairs() or ())} vocab, min_count={self.min_count}, threshold={self.threshold}, "
            f"max_vocab_size={self.max_vocab_size}>"
        )


def _not_split(sentence: str | bytes) -> TypeError:
    how = "split it first" if isinstance(sentence, str) else "make text of it by its decode(), and split that"
    return TypeError(f"a sentence must be a list of words, not {short(sentence)}: {how}")


class FrozenPhrases(PhrasesBase):
    """Phrases that were found, for use on any text: what `Phrases` has less its counts.

    Args:
        phrases_model: Where the phrases come from.

    Attributes:
        scoring: The scorer that they were found with; None when it was a function that a file does not hold.
    """

    def __init__(self, phrases_model: Phrases) -> None:
        self.min_count = phrases_model.min_count
        self.threshold = phrases_model.threshold
        self.delimiter = phrases_model.delimiter
        self.scoring: Scorer | None = phrases_model.scoring
        self.connector_words = phrases_model.connector_words
        self._all = dict(phrases_model._joiner().scores)
        self._sizes = phrases_model._sizes

    def _scores(self) -> dict[Phrase, float]:
        return {phrase: score for phrase, score in self._all.items() if score > self.threshold}

    @property
    def phrasegrams(self) -> Mapping[str, float]:
        """The score of every phrase by its text, the highest first: a read-only view."""
        return MappingProxyType(self._joiner().texts)

    def save(self, path: AnyPath) -> None:
        """Write the phrases to a file, in the safetensors format; it is there whole or not at all."""
        write_frozen(local_path(path), self._all, self._settings())

    @classmethod
    def load(cls, path: AnyPath) -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: the file is something else or damaged.
        """
        scores, settings = read_frozen(local_path(path))
        loaded = cls.__new__(cls)
        loaded.min_count = settings["min_count"]
        loaded.threshold = settings["threshold"]
        loaded.delimiter = settings["delimiter"]
        loaded.scoring = None if settings["scoring"] is None else find_scorer(settings["scoring"])
        loaded.connector_words = checked_connectors(settings["connector_words"])
        loaded._all = scores
        return loaded

    def __repr__(self) -> str:
        return f"FrozenPhrases<{len(self._all)} phrases, min_count={self.min_count}, threshold={self.threshold}>"
