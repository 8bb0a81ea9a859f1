"""Whatever people do to a corpus: it holds the sentences it should, and what is saved comes back."""

from __future__ import annotations

import copy
import pickle
import tempfile
from collections import Counter
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fastemb import Corpus, Phrases, Vocabulary
from fastemb.corpus.corpus_file import save_corpus

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


def assigned(name: str, make: Callable[[Corpus], Any]) -> Callable[[Corpus], None]:
    return lambda corpus: setattr(corpus, name, make(corpus))


def in_vocabulary(name: str, make: Callable[[Vocabulary], Any]) -> Callable[[Corpus], None]:
    return lambda corpus: setattr(corpus.vocabulary, name, make(corpus.vocabulary))


BREAKS: dict[str, Callable[[Corpus], object]] = {
    "ids too large": assigned("ids", lambda corpus: corpus.ids + 3),
    "ids below 0": assigned("ids", lambda corpus: corpus.ids - 1),
    "one id too large": assigned("ids", lambda corpus: np.append(corpus.ids[:-1], np.int32(3)).astype(np.int32)),
    "ids of 64 bits": assigned("ids", lambda corpus: corpus.ids.astype(np.int64)),
    "ids that are floats": assigned("ids", lambda corpus: corpus.ids.astype(float)),
    "a list of ids": assigned("ids", lambda corpus: corpus.ids.tolist()),
    "fewer ids": assigned("ids", lambda corpus: corpus.ids[:-1]),
    "ids in two dimensions": assigned("ids", lambda corpus: corpus.ids[None]),
    "offsets of 32 bits": assigned("offsets", lambda corpus: corpus.offsets.astype(np.int32)),
    "offsets from 1 on": assigned("offsets", lambda corpus: corpus.offsets + 1),
    "offsets that fall": assigned("offsets", lambda corpus: corpus.offsets[[0, 2, 1, 3]]),
    "no offsets": assigned("offsets", lambda corpus: corpus.offsets[:0]),
    "raw_words, text": assigned("raw_words", lambda _: "x"),
    "raw_words, a part": assigned("raw_words", lambda _: 2.5),
    "raw_words below 0": assigned("raw_words", lambda _: -1),
    "another vocabulary": assigned("vocabulary", lambda _: Vocabulary(["a"], [1])),
    "an empty vocabulary": assigned("vocabulary", lambda _: Vocabulary([], [])),
    "a word more": lambda corpus: corpus.vocabulary.keys.append("more"),
    "a word twice": lambda corpus: corpus.vocabulary.keys.__setitem__(1, corpus.vocabulary.keys[0]),
    "a tuple as a word": lambda corpus: corpus.vocabulary.keys.__setitem__(1, (1, 2)),
    "None as a word": lambda corpus: corpus.vocabulary.keys.__setitem__(1, None),
    "a count below 0": lambda corpus: corpus.vocabulary.counts.__setitem__(0, -5),
    "counts with parts": in_vocabulary("counts", lambda words: words.counts + 0.5),
    "fewer counts": in_vocabulary("counts", lambda words: words.counts[:-1]),
    "least_count, text": in_vocabulary("least_count", lambda _: "x"),
    "least_count, None": in_vocabulary("least_count", lambda _: None),
}
"""What people may do to the parts of a corpus that makes no corpus of it."""


@pytest.mark.parametrize("on_disk", [False, True], ids=["in memory", "on disk"])
@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize("part_tokens", [1, 2, 1 << 20])
def test_parts_that_do_not_fit_are_not_saved(name: str, on_disk: bool, part_tokens: int, tmp_path: Path) -> None:
    sentences = [["a", "b"], ["a", "c", "b"], ["b"]]
    corpus = Corpus.from_sentences(sentences, save_to=tmp_path / "source" if on_disk else None)
    BREAKS[name](corpus)
    with pytest.raises((ValueError, TypeError)) as caught:
        save_corpus(tmp_path / "saved", corpus._parts(), part_tokens)
    assert "damaged" not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} <= {"source"}


@pytest.mark.parametrize("part_tokens", [1, 2, 3, 1 << 20])
def test_a_corpus_is_saved_part_by_part(part_tokens: int, tmp_path: Path) -> None:
    corpus = Corpus.from_sentences([[], ["a", "b"], [], ["a", "c", "b"], ["b"], []])
    save_corpus(tmp_path / "saved", corpus._parts(), part_tokens)
    assert list(Corpus.open(tmp_path / "saved")) == list(corpus)


def test_counts_of_another_type_are_saved(tmp_path: Path) -> None:
    corpus = Corpus.from_sentences([["a", "b"], ["a"]])
    counts: Any = corpus.vocabulary.counts.tolist()
    corpus.vocabulary.counts = counts
    corpus.save(tmp_path / "saved")
    assert Corpus.open(tmp_path / "saved").vocabulary.counts.tolist() == [2, 1]
