"""Whatever people do to phrases: what is saved comes back, and what could not be loaded is not saved."""

from __future__ import annotations

import copy
import pickle
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fastemb import Corpus, FrozenPhrases, Phrases
from fastemb.models.phrases import npmi_scorer, original_scorer

sentences = st.lists(st.lists(st.sampled_from("abcdet"), max_size=8), min_size=1, max_size=6).filter(any)
right = {
    "min_count": st.sampled_from([1, 2, 0.5]),
    "threshold": st.sampled_from([0.1, 1, 0.7]),
    "delimiter": st.sampled_from(["_", "··", "a"]),
    "scoring": st.sampled_from(["default", "npmi", original_scorer, npmi_scorer]),
    "connector_words": st.sampled_from([frozenset(), frozenset("t"), ["t", "e"]]),
    "progress_per": st.sampled_from([1, 2.5]),
    "max_vocab_size": st.sampled_from([3, 1000]),
}
wrong = {
    "min_count": st.sampled_from([0, -1, None, "x", float("nan"), True]),
    "threshold": st.sampled_from([-5, None, "x", float("nan")]),
    "delimiter": st.sampled_from(["", None, 5, b"_"]),
    "scoring": st.sampled_from(["best", 5, len]),
    "connector_words": st.sampled_from(["t", None, [1]]),
    "progress_per": st.sampled_from([None, "x"]),
    "max_vocab_size": st.sampled_from([0, None, 2.5]),
}
names = st.sampled_from(sorted(right))


class PhrasesMachine(RuleBasedStateMachine):
    """A `Phrases`, beside the sentences that it was given and the settings that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "phrases"

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize(some=sentences, connectors=right["connector_words"])
    def begin(self, some: Any, connectors: Any) -> None:
        self.phrases = Phrases(some, min_count=1, threshold=0.1, connector_words=connectors, workers=1)
        self.given = list(some)
        self.counted_with = frozenset(connectors)

    @rule(some=sentences, as_corpus=st.booleans())
    def add(self, some: Any, as_corpus: bool) -> None:
        if frozenset(self.phrases.connector_words) == self.counted_with and self.phrases.max_vocab_size == 40_000_000:
            self.phrases.add_vocab(Corpus.from_sentences(some) if as_corpus else some)
            self.given += some

    @rule(name=names, data=st.data())
    def change(self, name: str, data: st.DataObject) -> None:
        setattr(self.phrases, name, data.draw(right[name]))

    @rule(name=names, data=st.data(), frozen=st.booleans())
    def break_and_mend(self, name: str, data: st.DataObject, frozen: bool) -> None:
        """A setting that makes no sense is refused by `save`, which leaves the file as it was."""
        phrases: Any = self.phrases.freeze() if frozen else self.phrases
        before = getattr(self.phrases, name)
        phrases.save(self.path)
        content = self.path.read_bytes()
        setattr(phrases, name, data.draw(wrong[name]))
        try:
            phrases.save(self.path)
        except (TypeError, ValueError):
            assert self.path.read_bytes() == content
        else:
            type(phrases).load(self.path)
            assert frozen, "no setting of counts may be wrong in a file"
        setattr(self.phrases, name, before)

    @rule(way=st.sampled_from(["load", "pickle", "copy", "deepcopy"]))
    def replace(self, way: str) -> None:
        if way == "load":
            self.phrases.save(self.path)
            self.phrases = Phrases.load(self.path)
        elif way == "pickle":
            self.phrases = pickle.loads(pickle.dumps(self.phrases))
        else:
            self.phrases = getattr(copy, way)(self.phrases)

    @rule()
    def look(self) -> None:
        self.phrases.export_phrases()
        repr(self.phrases)

    @invariant()
    def everything_was_counted(self) -> None:
        assert self.phrases.corpus_word_count == sum(map(len, self.given))
        fresh = Phrases(self.given, min_count=1, threshold=0.1, connector_words=self.counted_with, workers=1)
        fresh.delimiter = self.phrases.delimiter
        assert dict(self.phrases.vocab) == dict(fresh.vocab)

    @invariant()
    def what_is_saved_comes_back(self) -> None:
        for phrases in (self.phrases, self.phrases.freeze()):
            phrases.save(self.path)
            loaded = type(phrases).load(self.path)
            assert loaded._settings() == phrases._settings()
            assert loaded._joiner().scores == phrases._joiner().scores
            assert list(loaded[self.given]) == list(phrases[self.given])
            corpus = Corpus.from_sentences(self.given)
            assert list(loaded[corpus]) == list(phrases[corpus])
            assert repr(loaded) == repr(phrases)
            if isinstance(phrases, FrozenPhrases):
                assert loaded.phrasegrams == self.phrases.export_phrases()
            else:
                assert dict(loaded.vocab) == dict(phrases.vocab)


PhrasesMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=8, deadline=None)
TestPhrases = PhrasesMachine.TestCase
