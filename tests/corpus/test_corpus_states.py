"""Whatever people do to a corpus: it holds the sentences it should, and what is saved comes back."""

from __future__ import annotations

import copy
import pickle
import tempfile
from collections import Counter
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fastemb import Corpus, Phrases, Vocabulary

words = st.one_of(st.sampled_from("abcde"), st.text(min_size=1, max_size=3))
numbers = st.one_of(st.integers(0, 4), st.sampled_from([0, 2**31, 2**62, 2**63 - 1]))
texts = st.lists(st.lists(words, max_size=6), min_size=1, max_size=6).filter(any)
baskets = st.lists(st.lists(numbers, max_size=6), min_size=1, max_size=6).filter(any)


class CorpusMachine(RuleBasedStateMachine):
    """A `Corpus`, beside the sentences that it should hold."""

    corpus: Corpus
    expected: list[list[Hashable]]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.files = 0

    def teardown(self) -> None:
        vars(self).pop("corpus", None)  # whose file may be mapped
        self.folder.cleanup()

    def path(self) -> Path:
        self.files += 1
        return Path(self.folder.name) / f"{self.files}.corpus"

    @initialize(some=st.one_of(texts, baskets), on_disk=st.booleans(), door=st.sampled_from(["sentences", "ids"]))
    def begin(self, some: Any, on_disk: bool, door: str) -> None:
        save_to = self.path() if on_disk else None
        if door == "ids" and all(isinstance(token, int) for sentence in some for token in sentence):
            self.corpus = Corpus.from_ids([np.array(row, np.uint64) for row in some], save_to=save_to)
        else:
            self.corpus = Corpus.from_sentences(some, save_to=save_to)
        self.expected = some
        self.raw_words = sum(map(len, some))

    def counts(self) -> Counter[Hashable]:
        return Counter(token for sentence in self.expected for token in sentence)

    def keep(self, kept: set[Hashable]) -> None:
        self.expected = [[token for token in sentence if token in kept] for sentence in self.expected]

    @rule(most=st.integers(1, 4), least=st.integers(1, 2))
    def select(self, most: int, least: int) -> None:
        counts = self.counts()
        try:
            chosen = self.corpus.select(min_count=least, max_vocab_size=most)
        except ValueError:
            assert max(counts.values()) < least
            return
        self.corpus = chosen
        kept = set(chosen.vocabulary.keys)
        assert len(kept) == min(most, sum(count >= least for count in counts.values()))
        self.keep(kept)

    @rule(data=st.data())
    def encode_with(self, data: st.DataObject) -> None:
        keys = data.draw(st.permutations(self.corpus.vocabulary.keys))
        keys = keys[: data.draw(st.integers(1, len(keys)))]
        counts = self.counts()
        self.corpus = self.corpus.encode_with(Vocabulary([*keys, "new"], [*(counts[key] for key in keys), 0]))
        assert self.corpus.vocabulary.keys == [*keys, "new"]
        self.corpus = self.corpus.encode_with(Vocabulary(keys, [counts[key] for key in keys]))
        self.keep(set(keys))

    @precondition(lambda self: all(isinstance(key, str) for key in self.corpus.vocabulary.keys))
    @rule()
    def join_phrases(self) -> None:
        phrases = Phrases(self.corpus, min_count=1, threshold=0.2, workers=1)
        self.expected = list(phrases[self.expected])
        before, self.corpus = self.corpus, phrases[self.corpus]
        self.raw_words -= before.words - self.corpus.words

    @rule(way=st.sampled_from(["pickle", "copy", "deepcopy"]))
    def replace(self, way: str) -> None:
        if way == "pickle":
            self.corpus = pickle.loads(pickle.dumps(self.corpus))
        else:
            self.corpus = getattr(copy, way)(self.corpus)

    @rule(verify=st.booleans(), again=st.booleans())
    def save_and_open(self, verify: bool, again: bool) -> None:
        path = self.path()
        self.corpus.save(path)
        self.corpus = Corpus.open(path, verify=verify)
        if again:
            self.corpus.save(path)  # over the file that is open

    @invariant()
    def it_holds_what_it_should(self) -> None:
        corpus = self.corpus
        assert list(corpus) == self.expected
        assert len(corpus) == len(self.expected)
        assert corpus.words == sum(map(len, self.expected))
        assert corpus.raw_words == self.raw_words
        counts = self.counts()
        assert dict(zip(corpus.vocabulary.keys, corpus.vocabulary.counts.tolist(), strict=True)) == dict(counts)

    @invariant()
    def what_is_saved_comes_back(self) -> None:
        path = self.path()
        self.corpus.save(path)
        opened = Corpus.open(path)
        path.unlink()
        assert opened.ids.tolist() == self.corpus.ids.tolist()
        assert opened.offsets.tolist() == self.corpus.offsets.tolist()
        assert opened.vocabulary.keys == self.corpus.vocabulary.keys
        assert opened.vocabulary.counts.tolist() == self.corpus.vocabulary.counts.tolist()
        assert opened.vocabulary.least_count == self.corpus.vocabulary.least_count
        assert opened.raw_words == self.corpus.raw_words
        assert repr(opened) == repr(self.corpus)


CorpusMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=8, deadline=None)
TestCorpus = CorpusMachine.TestCase
