"""Phrases joined in lists of tokens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from ..corpus.lists import sentence_tokens
from .pairs import Phrase


class ListJoiner:
    """Joins phrases in lists of tokens.

    Args:
        scores: The score of every phrase, which is its first word, connector words and second word.
        delimiter: Stands between the words of a joined phrase.
        connector_words: Words that may stand inside a phrase.
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


class JoinedSentences:
    """Sentences with phrases joined as they are read.

    Args:
        joiner: Gives what joins them, each time when reading starts, as settings may have changed.
        sentences: Token lists.
        once: Whether they can be read once only.
    """

    def __init__(self, joiner: Callable[[], ListJoiner], sentences: Iterable[Any], once: bool) -> None:
        self._joiner = joiner
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
        return self._join_each(sentences)

    def __len__(self) -> int:
        """How many sentences there are, where what they come from can tell."""
        return len(self._sentences)  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        """True, also where nothing tells how many there are: they were made because there was one."""
        return True

    def _join_each(self, sentences: Iterable[Any]) -> Iterator[list[str]]:
        join = self._joiner().join
        return (join(sentence_tokens(sentence, number))[0] for number, sentence in enumerate(sentences))
