"""Which phrases are found, what they score, and what joining them gives."""

from __future__ import annotations

import itertools
import json
import math
import mmap
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference import phrases_oracle as oracle
from reference.corpus_oracle import check_shape

from fastemb import ENGLISH_CONNECTOR_WORDS, Corpus, FrozenPhrases, Phrases, Word2Vec
from fastemb.corpus import corpus_file
from fastemb.io.safetensors import read_tensors, write_tensors
from fastemb.models.phrases import npmi_scorer, original_scorer
from fastemb.models.word2vec import LineSentence
from fastemb.phrases import pairs
from fastemb.phrases.sizes import PhraseSizes

SCORERS = {"default": oracle.original, "npmi": oracle.npmi}
CONNECTORS = frozenset(["o", "t"])

words = st.sampled_from("abcdeot")
sentences = st.lists(st.lists(words, max_size=12), max_size=12).filter(any)
connectors = st.sampled_from([frozenset(), CONNECTORS])
scorings = st.sampled_from([("default", 0.1), ("default", 1.0), ("npmi", -0.5), ("npmi", 0.2)])
workers = st.integers(1, 4)


class CutPhrases(Phrases):
    """Phrases of the library, which the tests of "cut" use in their place."""

    _sizes = PhraseSizes(block_tokens=3, least_entries=1)


@pytest.fixture(autouse=True, params=["whole", "cut"])
def cut(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything also with blocks of three tokens, and tables that are full at once."""
    if request.param == "cut":
        monkeypatch.setitem(globals(), "Phrases", CutPhrases)


def zipf(seed: int, count: int = 400) -> list[list[str]]:
    """Sentences in which some words keep company."""
    draw = random.Random(seed)
    vocabulary = [f"w{number}" for number in range(60)] + ["of", "the"]
    pieces = [["new", "york"], ["bank", "of", "america"], ["of", "the"], ["new", "york", "city"], ["a", "b", "c", "d"]]

    def piece() -> list[str]:
        return draw.choice(pieces) if draw.random() < 0.2 else [vocabulary[int(62 * draw.random() ** 3)]]

    return [[word for _ in range(draw.randrange(12)) for word in piece()] for _ in range(count)]


def same_corpus(one: Corpus, other: Corpus) -> None:
    assert one.vocabulary.keys == other.vocabulary.keys
    assert one.vocabulary.counts.tolist() == other.vocabulary.counts.tolist()
    assert one.ids.tolist() == other.ids.tolist()
    assert one.offsets.tolist() == other.offsets.tolist()
    assert one.raw_words == other.raw_words
    check_shape(one)


# ---- against the oracle ----


@given(sentences, connectors, workers)
def test_words_and_pairs_are_counted(text: Any, links: Any, threads: int) -> None:
    vocab = Phrases(text, connector_words=links, workers=threads).vocab
    one, two = oracle.count(text, links)
    expected = one + oracle.Counter({"_".join(pair): count for pair, count in two.items()})
    assert dict(vocab) == expected
    assert len(vocab) == len(expected)


@pytest.mark.integration
@settings(max_examples=300)
@given(sentences, scorings, connectors, st.sampled_from([0.5, 1, 2, 2.5]), workers)
def test_phrases_scores_and_joined_text_are_the_oracles(
    text: Any, scoring: Any, links: Any, least: float, threads: int
) -> None:
    name, threshold = scoring
    expected = oracle.phrases(text, SCORERS[name], least, threshold, links)
    found = Phrases(text, scoring=name, threshold=threshold, min_count=least, connector_words=links, workers=threads)
    assert found.export_phrases() == oracle.texts(expected)
    joined = [oracle.join(sentence, expected, links) for sentence in text]
    assert list(found[iter(text)]) == joined
    assert [found[sentence] for sentence in text] == joined
    frozen = found.freeze()
    assert list(frozen[text]) == joined
    corpus = Corpus.from_sentences(text)
    for phraser in (found, frozen):
        same_corpus(phraser.apply(corpus, workers=threads), Corpus.from_sentences(joined))
        used = {token for sentence in joined for token in sentence if "_" in token}
        assert phraser.find_phrases(text).keys() == phraser.find_phrases(corpus).keys() == used
        for sentence in text:
            scores = [(token, oracle.texts(expected).get(token)) for token in oracle.join(sentence, expected, links)]
            assert list(phraser.analyze_sentence(sentence)) == scores


@pytest.mark.integration
@given(sentences, sentences, connectors)
def test_phrases_of_one_text_join_another(text: Any, other: Any, links: Any) -> None:
    expected = oracle.phrases(text, oracle.original, 1, 0.3, links)
    found = Phrases(text, min_count=1, threshold=0.3, connector_words=links)
    joined = [oracle.join(sentence, expected, links) for sentence in other]
    assert list(found[other]) == joined
    same_corpus(found[Corpus.from_sentences(other)], Corpus.from_sentences(joined))


@pytest.mark.integration
@given(sentences, scorings, connectors, workers, st.integers(1, 9))
def test_a_corpus_on_disk_is_joined_on_disk(text: Any, scoring: Any, links: Any, threads: int, piece: int) -> None:
    phrases = Phrases(text, 1, scoring[1], scoring=scoring[0], connector_words=links)
    phrases._sizes = replace(phrases._sizes, piece_tokens=piece)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Corpus.from_sentences(text).save(os.path.join(folder, "c"))
        joined = phrases.apply(Corpus.open(os.path.join(folder, "c")), threads)
        assert is_mapped(joined.ids)
        assert is_mapped(joined.offsets)
        same_corpus(joined, phrases[Corpus.from_sentences(text)])
        again = Phrases(joined, 1, scoring[1], scoring=scoring[0], connector_words=links)
        same_corpus(again[joined], again[phrases[Corpus.from_sentences(text)]])
        assert os.listdir(folder) == ["c"]


def is_mapped(array: Any) -> bool:
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(getattr(array, "obj", array), mmap.mmap)


def test_joining_on_disk_can_be_broken_off(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text = zipf(5)
    Corpus.from_sentences(text).save(tmp_path / "c")
    corpus = Corpus.open(tmp_path / "c")
    phrases = Phrases(corpus, threshold=1)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(corpus_file.Region, "write", full)
    with pytest.raises(OSError, match="No space left on device"):
        phrases.apply(corpus)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["c"]
    same_corpus(phrases[corpus], phrases[Corpus.from_sentences(text)])


@pytest.mark.integration
@given(sentences, connectors)
def test_a_second_pass_finds_longer_phrases(text: Any, links: Any) -> None:
    joined: Any = text
    corpus = Corpus.from_sentences(text)
    for _ in range(2):
        expected = oracle.phrases(joined, oracle.npmi, 1, 0.3, links)
        level = Phrases(corpus, 1, 0.3, scoring="npmi", connector_words=links)
        corpus, joined = level[corpus], [oracle.join(sentence, expected, links) for sentence in joined]
        same_corpus(corpus, Corpus.from_sentences(joined))


@pytest.mark.integration
@given(sentences, st.integers(1, 40), connectors, workers)
def test_max_vocab_size_keeps_the_most_frequent_and_changes_no_score(
    text: Any, most: int, links: Any, threads: int
) -> None:
    whole = Phrases(text, 1, 0.1, connector_words=links)
    limited = Phrases(text, 1, 0.1, most, connector_words=links, workers=threads)
    counts = sorted(whole.vocab.values(), reverse=True)
    assert sorted(limited.vocab.values(), reverse=True) == counts[:most]
    assert all(whole.vocab[token] == count for token, count in limited.vocab.items())
    scores = whole.export_phrases()
    assert all(scores[phrase] == score for phrase, score in limited.export_phrases().items())
    assert limited.export_phrases().keys() == {phrase for phrase in scores if phrase in limited.vocab}
    assert dict(Phrases(text, 1, 0.1, most, connector_words=links, workers=1).vocab) == dict(limited.vocab)


@pytest.mark.integration
@given(sentences, st.integers(1, 40), workers)
@example([[first, second] for first in "gfedcba" for second in "abcdefg"], 12, 1)
def test_of_equally_frequent_ones_words_are_kept_first_and_pairs_by_their_words(
    text: Any, most: int, threads: int
) -> None:
    one, two = oracle.count(text)
    ids = Corpus.from_sentences(text).vocabulary.key_to_index
    ranked = sorted(one, key=lambda word: (-one[word], ids[word])) + sorted(two, key=lambda pair: [*map(ids.get, pair)])
    both = {**one, **two}
    kept = sorted(ranked, key=lambda entry: -both[entry])[:most]  # which keeps their order
    texts = {entry if isinstance(entry, str) else "_".join(entry) for entry in kept}
    assert set(Phrases(text, max_vocab_size=most, workers=threads).vocab) == texts


def test_what_is_not_kept_still_counts_as_different() -> None:
    found = Phrases([["a", "b"]] * 3, min_count=1, max_vocab_size=3)
    found.add_vocab([["a", "c"], ["d", "c"]])  # of a, c, d, a_c and d_c there is room for three
    assert dict(found.vocab) == {"a": 4, "b": 3, "a_b": 3}
    assert found.score_item("a", "b") == (3 - 1) / (4 * 3) * (3 + 2 + 2)


@pytest.mark.integration
@given(st.lists(st.lists(st.sampled_from(["a", "b", "a_b", "_", "b_a"]), max_size=8), max_size=8).filter(any))
def test_phrases_that_are_spelled_like_words_are_those_words(text: Any) -> None:
    expected = oracle.phrases(text, oracle.original, 0.5, 0.2)
    joined = [oracle.join(sentence, expected) for sentence in text]
    same_corpus(Phrases(text, 0.5, 0.2)[Corpus.from_sentences(text)], Corpus.from_sentences(joined))


@pytest.mark.integration
@given(st.lists(sentences, min_size=1, max_size=6), connectors)
def test_added_sentences_count_as_if_they_had_been_there(texts: Any, links: Any) -> None:
    whole = Phrases(list(itertools.chain(*texts)), 1, 0.5, connector_words=links)
    added = Phrases(min_count=1, threshold=0.5, connector_words=links)
    for text in texts:
        added.add_vocab(iter(text))
        added.export_phrases()  # between two, too
    assert dict(added.vocab) == dict(whole.vocab)
    assert added.export_phrases() == whole.export_phrases()
    assert added.corpus_word_count == whole.corpus_word_count


@given(sentences, connectors)
def test_a_scorer_of_ones_own_is_asked_about_every_pair(text: Any, links: Any) -> None:
    one, two = oracle.count(text, links)
    calls = []

    def score(**counts: float) -> float:
        calls.append(counts)
        return counts["bigram_count"] / counts["worda_count"]

    found = Phrases(text, min_count=3, threshold=0.5, scoring=score, connector_words=links)
    expected = {"_".join(p): n / one[p[0]] for p, n in two.items() if n / one[p[0]] > 0.5}
    assert found.export_phrases() == expected
    assert len(calls) == len(two)
    if calls:
        assert calls[0]["len_vocab"] == len(one) + len(two)
        assert calls[0]["min_count"] == 3
        assert calls[0]["corpus_word_count"] == sum(map(len, text))


# ---- known values ----

TEXT = [["new", "york", "is", "new"], ["in", "new", "york"], ["york", "in", "new", "york"]]


def test_the_scores_of_a_small_text() -> None:
    found = Phrases(TEXT, min_count=1, threshold=0.1)
    # 4 words and 5 pairs; new 4 times, york 4, in 2, new_york 3, in_new 2
    assert len(found.vocab) == 9
    assert found.corpus_word_count == 11
    assert found.export_phrases() == {"new_york": (3 - 1) / 16 * 9, "in_new": (2 - 1) / 8 * 9}
    assert found[["in", "new", "york"]] == ["in_new", "york"], "from left to right"
    npmi = Phrases(TEXT, min_count=1, threshold=0.3, scoring="npmi").export_phrases()
    assert npmi["new_york"] == pytest.approx(math.log(3 * 11 / 16) / math.log(11 / 3))


def test_the_scorers_by_name() -> None:
    counts = {"len_vocab": 100, "min_count": 2, "corpus_word_count": 1000}
    assert original_scorer(worda_count=5, wordb_count=4, bigram_count=3, **counts) == 1 / 20 * 100
    assert original_scorer(worda_count=0, wordb_count=4, bigram_count=0, **counts) == -math.inf
    assert npmi_scorer(worda_count=10, wordb_count=10, bigram_count=10, **counts) == pytest.approx(1)
    assert npmi_scorer(worda_count=10, wordb_count=10, bigram_count=1, **counts) == -math.inf
    assert npmi_scorer(worda_count=10, wordb_count=0, bigram_count=10, **counts) == -math.inf


def test_phrases_come_by_falling_score() -> None:
    found = Phrases(zipf(1), threshold=0.5)
    scores = list(found.export_phrases().values())
    assert len(scores) > 5
    assert scores == sorted(scores, reverse=True)
    assert list(found.freeze().phrasegrams.items()) == list(found.export_phrases().items())


def test_connector_words_are_inside_of_phrases_only() -> None:
    text = [["the", "bank", "of", "america", "of"], ["bank", "of", "the", "america"]] * 5
    found = Phrases(text, 1, 0.1, connector_words=["of", "the"])
    assert set(found.export_phrases()) == {"bank_of_america", "bank_of_the_america"}
    assert found[text[0]] == ["the", "bank_of_america", "of"]
    assert found[["of", "bank", "of", "of", "america"]] == ["of", "bank", "of", "of", "america"]
    assert "of" not in found.vocab
    assert found.vocab["bank"] == 10
    assert found.corpus_word_count == 45


def test_score_candidate_and_score_item() -> None:
    found = Phrases(TEXT, min_count=1, threshold=1)
    for phraser in (found, found.freeze()):
        assert phraser.score_candidate("new", "york", []) == ("new_york", 2 / 16 * 9)
        assert phraser.score_candidate("york", "in", []) == (None, None)
        assert phraser.score_candidate("new", "york", ["x"]) == (None, None)
    assert found.score_item("york", "in") == 0.0
    assert found.score_item("york", "york") == -math.inf
    assert found.score_item("york", "nobody") == -math.inf
    assert Phrases().score_item("a", "b") == -math.inf


def test_settings_may_be_changed_afterwards() -> None:
    found = Phrases(TEXT, min_count=1, threshold=0.1)
    frozen = found.freeze()
    assert len(found.export_phrases()) == len(frozen.phrasegrams) == 2
    found.threshold = frozen.threshold = 1.125
    found.delimiter = frozen.delimiter = " "
    assert set(found.export_phrases()) == set(frozen.phrasegrams) == set()
    found.threshold = frozen.threshold = 1.12
    assert set(found.export_phrases()) == set(frozen.phrasegrams) == {"new york", "in new"}
    found.threshold = -1
    with pytest.raises(ValueError, match="threshold must be above 0"):
        found.export_phrases()


def test_a_phrase_that_is_spelled_like_a_word_is_that_word() -> None:
    text = [["a", "b"], ["a", "b"], ["a_b"], ["x_a", "b"], ["x_a", "b"], ["x", "a_b"], ["x", "a_b"]]
    found = Phrases(text, 1, 0.1)
    joined = found[Corpus.from_sentences(text)]
    assert dict(zip(joined.vocabulary.keys, joined.vocabulary.counts.tolist(), strict=True)) == {"x_a_b": 4, "a_b": 3}
    same_corpus(joined, Corpus.from_sentences(found[text]))
    assert found.vocab["a_b"] == 3 + 2
    assert found.vocab["x_a_b"] == 2 + 2
    assert len(found.vocab) == len(list(found.vocab)) == len(set(found.vocab)) == 6
    assert found.score_item("a", "b") == pytest.approx((2 - 1) / (2 * 4) * (5 + 3))


def test_the_vocabulary_of_an_unusual_delimiter() -> None:
    text = [["a", "o", "o", "b"], ["a-", "b"], ["a", "-b"], ["a--b"]]
    vocab = Phrases(text, delimiter="--", connector_words=["o"]).vocab
    assert dict(vocab) == {"a": 2, "b": 2, "a-": 1, "-b": 1, "a--b": 1, "a---b": 2, "a--o--o--b": 1}
    assert "a--o--b" not in vocab
    assert 7 not in vocab
    with pytest.raises(KeyError):
        vocab["o"]


def test_a_text_that_lacks_a_connector_word() -> None:
    found = Phrases([["a", "o", "b"]] * 3, 1, 0.1, connector_words=["o"])
    assert found[["a", "o", "b"]] == ["a_o_b"]
    for text in ([["a", "b"]], [["a", "b", "o"]], [["o", "a"]]):
        same_corpus(found[Corpus.from_sentences(text)], Corpus.from_sentences(text))


def test_a_long_run_of_connector_words() -> None:
    text = [["a", *["o"] * 2_000, "b"], ["o"] * 1000, ["a", *["o"] * 2_000, "b"]]
    found = Phrases(text, 1, 0.1, connector_words=["o"])
    assert list(map(len, found.export_phrases())) == [2 * 2_002 - 1]
    assert [len(sentence) for sentence in found[Corpus.from_sentences(text)]] == [1, 1000, 1]


def test_english_connector_words() -> None:
    assert {"a", "an", "the", "of", "and"} < ENGLISH_CONNECTOR_WORDS


def test_words_that_a_given_vocabulary_lacks_are_not_counted() -> None:
    corpus = Corpus.from_sentences([["a", "b", "c"], ["a", "c"]])
    left = Corpus.from_sentences([["a", "x", "c"], ["a", "c"]], vocabulary=corpus.vocabulary)
    found = Phrases(left, 1, 0.1)
    assert dict(found.vocab) == {"a": 2, "c": 2, "a_c": 2}
    joined = found[left]
    assert joined.vocabulary.keys == ["a_c"]
    assert joined.raw_words == 3, "two phrases, and the word that was dropped"


def test_a_model_learns_vectors_of_phrases() -> None:
    corpus = Corpus.from_sentences(zipf(2))
    model = Word2Vec(Phrases(corpus, threshold=1)[corpus], vector_size=8, epochs=1, min_count=3, workers=1)
    assert "new_york" in model.wv


# ---- one sentence or many ----


def test_what_is_given_decides_what_comes_back() -> None:
    found = Phrases(TEXT, min_count=1, threshold=1)
    assert found[("new", "york")] == ["new_york"]
    assert found[np.array(["new", "york"])] == ["new_york"]
    assert found[(word for word in ["new", "york"])] == ["new_york"]
    assert found[[]] == []
    assert list(found[[["new", "york"], []]]) == [["new_york"], []]
    assert list(found[[[], ["new", "york"]]]) == [[], ["new_york"]]
    assert isinstance(found[Corpus.from_sentences(TEXT)], Corpus)


def test_sentences_are_joined_as_they_are_read() -> None:
    read = []

    def source() -> Any:
        for sentence in TEXT:
            read.append(sentence)
            yield sentence

    joined = iter(Phrases(TEXT, min_count=1, threshold=1)[source()])
    assert next(joined) == ["new_york", "is", "new"]
    assert len(read) == 1


def test_a_list_can_be_read_again_and_a_generator_cannot() -> None:
    found = Phrases(TEXT, min_count=1, threshold=1)
    again = found[TEXT]
    assert list(again) == list(again) != []
    once = found[iter(TEXT)]
    assert list(once) == list(again)
    with pytest.raises(ValueError, match="came from a generator"):
        list(once)


def test_joined_sentences_are_as_many_as_those_given_where_these_can_be_counted(tmp_path: Path) -> None:
    found = Phrases(TEXT, min_count=1, threshold=1)
    assert len(found[TEXT]) == len(found.freeze()[TEXT]) == len(TEXT)
    (tmp_path / "text").write_text("a b\n", encoding="utf-8")
    for uncounted in (found[iter(TEXT)], found[LineSentence(str(tmp_path / "text"))]):
        assert uncounted
        with pytest.raises(TypeError, match="has no len"):
            len(uncounted)


def test_an_empty_model_finds_nothing() -> None:
    empty = Phrases()
    assert empty[["a", "b"]] == ["a", "b"]
    assert dict(empty.vocab) == empty.export_phrases() == empty.freeze().phrasegrams == {}
    corpus = Corpus.from_sentences(TEXT)
    same_corpus(empty[corpus], corpus)
    assert repr(empty) == "Phrases<0 vocab, min_count=5, threshold=10.0, max_vocab_size=40000000>"
    assert repr(empty.freeze()) == "FrozenPhrases<0 phrases, min_count=5, threshold=10.0>"


def test_a_corpus_without_words() -> None:
    empty = Corpus(np.empty(0, np.int32), np.zeros(3, np.int64), Corpus.from_sentences(TEXT).vocabulary, 0)
    found = Phrases(TEXT, threshold=0.1, min_count=1)
    assert found[empty] is empty
    assert found.find_phrases(empty) == {}
    with pytest.raises(ValueError, match="no word in it"):
        found.add_vocab(empty)


# ---- bad input ----


@pytest.mark.parametrize(
    ("options", "error", "pattern"),
    [
        ({"min_count": 0}, ValueError, "min_count must be above 0, not 0"),
        ({"min_count": "5"}, TypeError, "min_count must be a number, not '5'"),
        ({"threshold": 0}, ValueError, "threshold must be above 0 for the default scoring, not 0"),
        ({"threshold": math.nan}, TypeError, "threshold must be a number, not nan"),
        ({"threshold": -1.5, "scoring": "npmi"}, ValueError, "between -1 and 1 for npmi scoring, not -1.5"),
        ({"threshold": 10, "scoring": npmi_scorer}, ValueError, "between -1 and 1 for npmi scoring, not 10"),
        ({"threshold": -1, "scoring": original_scorer}, ValueError, "must be above 0"),
        ({"scoring": "pmi"}, ValueError, 'scoring must be "default", "npmi" or a function, not \'pmi\''),
        ({"scoring": 3}, TypeError, "or a function, not the int 3"),
        ({"scoring": lambda worda_count: 0}, ValueError, "takes worda_count, wordb_count, bigram_count, len_vocab"),
        ({"delimiter": ""}, ValueError, "delimiter must not be empty"),
        ({"delimiter": b"_"}, TypeError, "delimiter must be a str, not b'_'"),
        ({"max_vocab_size": 0}, ValueError, "max_vocab_size must be at least 1, not 0"),
        ({"max_vocab_size": 1e6}, TypeError, "max_vocab_size must be a whole number"),
        ({"workers": 0}, ValueError, "workers must be between 1 and 4096, not 0"),
        ({"connector_words": "of the"}, TypeError, "a collection of words, not the str 'of the'"),
        ({"connector_words": [1]}, TypeError, "connector_words must be str, but one is the int 1"),
    ],
)
def test_settings_that_make_no_sense(options: Any, error: Any, pattern: str) -> None:
    with pytest.raises(error, match=pattern):
        Phrases(**options)


@pytest.mark.parametrize(
    ("sentences", "error", "pattern"),
    [
        ("a b", TypeError, "not one str"),
        (["a b"], TypeError, "sentence 0 is the str 'a b', not a list of tokens: split it first"),
        ([["a"], "a b"], TypeError, "sentence 1 is the str"),
        ([], ValueError, "there is no word"),
        ([[]], ValueError, "there is no word"),
        (7, TypeError, "iterable of lists of tokens"),
        ([["a", 1]], TypeError, "words, which must be str, but one is 1"),
    ],
)
def test_sentences_that_are_none(sentences: Any, error: Any, pattern: str) -> None:
    with pytest.raises(error, match=pattern):
        Phrases(sentences)


@pytest.mark.parametrize(
    ("sentence", "pattern"),
    [
        ("new york", "not the str 'new york': split it first"),
        (b"new york", "not the bytes"),
        (3, "must be a list of words, not the int 3"),
        ([1, 2], "sentence 0 must be a list of tokens, not the int 1"),
    ],
)
def test_what_cannot_be_joined(sentence: Any, pattern: str) -> None:
    for phraser in (Phrases(TEXT), Phrases(TEXT).freeze()):
        with pytest.raises(TypeError, match=pattern):
            phraser[sentence]


def test_sentences_that_are_str_are_named() -> None:
    found = Phrases(TEXT)
    with pytest.raises(TypeError, match="sentence 1 is the str 'b c'"):
        list(found[[["a"], "b c"]])
    with pytest.raises(TypeError, match="sentence 0 is the str 'b c'"):
        found.find_phrases(["b c"])
    with pytest.raises(TypeError, match="sentences must be lists of tokens"):
        found.find_phrases("b c")
    with pytest.raises(TypeError, match="split it first"):
        found.analyze_sentence("b c")


def test_a_scorer_must_return_numbers() -> None:
    found = Phrases(TEXT, scoring=lambda **counts: "high")
    with pytest.raises(TypeError, match="scoring must return a number, not the str 'high'"):
        found.export_phrases()
    assert Phrases(TEXT, scoring=lambda **counts: math.nan).export_phrases() == {}


def test_an_error_in_a_scorer_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        Phrases(TEXT, scoring=lambda **counts: 1 / 0).export_phrases()


def test_too_many_words_to_number_pairs() -> None:
    with pytest.raises(OverflowError, match=r"too many for pairs to be numbered in 64 bits: use fewer connector words"):
        pairs.require_keys_fit(1 << 30, 1 << 5)
    pairs.require_keys_fit((1 << 31) - 1, 4)


# ---- files ----


@pytest.fixture
def rich() -> Phrases:
    """With everything that a file must hold."""
    return Phrases(zipf(3), 2, 0.5, 5000, "··", connector_words=["of", "the"])


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.float64])
def test_settings_of_numpy_are_saved(tmp_path: Any, kind: Any) -> None:
    found = Phrases([["a", "b"]] * 9, min_count=kind(2), threshold=kind(1), progress_per=np.int64(9))
    found.save(tmp_path / "p")
    found.freeze().save(tmp_path / "f")
    for loaded in (Phrases.load(tmp_path / "p"), FrozenPhrases.load(tmp_path / "f")):
        assert (loaded.min_count, loaded.threshold) == (2, 1)


def test_what_was_saved_comes_back(rich: Phrases, tmp_path: Any) -> None:
    path = tmp_path / "phrases"
    rich.save(path)
    loaded = Phrases.load(path)
    assert dict(loaded.vocab) == dict(rich.vocab)
    assert loaded.export_phrases() == rich.export_phrases() != {}
    for name in ("min_count", "threshold", "max_vocab_size", "delimiter", "connector_words", "corpus_word_count"):
        assert getattr(loaded, name) == getattr(rich, name)
    loaded.add_vocab(zipf(4))
    rich.add_vocab(zipf(4))
    assert loaded.export_phrases() == rich.export_phrases()
    frozen = rich.freeze()
    frozen.save(path)
    again = FrozenPhrases.load(path)
    assert again.phrasegrams == frozen.phrasegrams
    assert list(again[zipf(5)]) == list(frozen[zipf(5)])
    assert (again.min_count, again.threshold, again.scoring) == (2, 0.5, original_scorer)
    Phrases().freeze().save(path)
    assert FrozenPhrases.load(path).phrasegrams == {}


def test_a_scorer_of_ones_own_is_given_again(tmp_path: Any) -> None:
    path = tmp_path / "phrases"

    def score(**counts: float) -> float:
        return counts["bigram_count"]

    found = Phrases(TEXT, threshold=1, scoring=score)
    found.save(path)
    with pytest.raises(ValueError, match=r"scoring function of its own; give that: scoring="):
        Phrases.load(path)
    assert Phrases.load(path, scoring=score).export_phrases() == found.export_phrases() != {}
    found.freeze().save(path)
    frozen = FrozenPhrases.load(path)
    assert frozen.scoring is None
    assert frozen.phrasegrams == found.export_phrases()


def test_files_that_hold_something_else(rich: Phrases, tmp_path: Any) -> None:
    path = tmp_path / "file"
    with pytest.raises(ValueError, match="nothing to save"):
        Phrases().save(path)
    assert not path.exists()
    rich.save(path)
    with pytest.raises(ValueError, match=r"holds no FrozenPhrases; it is counts of phrases: Phrases\.load reads it"):
        FrozenPhrases.load(path)
    rich.freeze().save(path)
    with pytest.raises(ValueError, match=r"holds no Phrases; it is phrases with scores: FrozenPhrases\.load reads it"):
        Phrases.load(path)
    path.write_bytes(b"\x80\x04 pickle")
    with pytest.raises(ValueError, match="not a safetensors file"):
        Phrases.load(path)


@contextmanager
def suppress_named(path: Any) -> Iterator[None]:
    """Let a ValueError pass that names this file."""
    try:
        yield
    except ValueError as error:
        if str(path) not in str(error):
            raise


SETTINGS = ["min_count", "threshold", "delimiter", "scoring", "connector_words"]
COUNTED = ["max_vocab_size", "progress_per", "corpus_word_count", "different"]


@pytest.mark.parametrize(
    ("frozen", "name"), [*((False, name) for name in SETTINGS + COUNTED), *((True, name) for name in SETTINGS)]
)
@pytest.mark.parametrize(
    "value",
    [None, True, "x", "", [], {}, [1], 0, -1, 1e308, 10**30, 10**3000, math.inf, math.nan, "missing"],
    ids=lambda value: repr(value)[:9],
)
def test_settings_of_a_file_that_are_wrong_are_found_when_it_is_loaded(
    rich: Phrases, tmp_path: Any, frozen: bool, name: str, value: Any
) -> None:
    path, again = tmp_path / "file", tmp_path / "again"
    kind: Any = FrozenPhrases if frozen else Phrases
    (rich.freeze() if frozen else rich).save(path)
    arrays, metadata = read_tensors(path)
    changed = {**json.loads(metadata["settings"]), name: value}
    if value == "missing":
        del changed[name]
    write_tensors(path, arrays, {**metadata, "settings": json.dumps(changed)})
    loaded = None
    with suppress_named(path):
        loaded = kind.load(path)
    if loaded is None:
        return
    loaded[["new", "york", "of", "w1"]]
    loaded[Corpus.from_sentences(TEXT)]
    loaded.find_phrases(TEXT)
    loaded.save(again)
    assert kind.load(again)._settings() == loaded._settings()


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(
    "text", ["[" * 10**5 + "]" * 10**5, '{"a":' * 10**5 + "1" + "}" * 10**5, "[1]", "7", "null", ""]
)
def test_settings_that_are_nested_or_of_another_kind_are_damaged(
    rich: Phrases, tmp_path: Any, frozen: bool, text: str
) -> None:
    path = tmp_path / "file"
    (rich.freeze() if frozen else rich).save(path)
    arrays, metadata = read_tensors(path)
    write_tensors(path, arrays, {**metadata, "settings": text})
    with pytest.raises(ValueError, match=f"{path}: damaged settings"):
        (FrozenPhrases if frozen else Phrases).load(path)


@pytest.mark.parametrize("name", ["counts", "pairs"])
def test_counts_of_a_file_that_cannot_be_added_up_are_damaged(rich: Phrases, tmp_path: Any, name: str) -> None:
    path = tmp_path / "file"
    rich.save(path)
    arrays, metadata = read_tensors(path)
    column = arrays[name] if name == "counts" else arrays[name][:, 1]
    column[column > 0] = 2**62
    write_tensors(path, arrays, metadata)
    with pytest.raises(ValueError, match=f"{path}: the pairs are missing or damaged"):
        Phrases.load(path)


@pytest.mark.integration
@pytest.mark.parametrize("kind", [Phrases, FrozenPhrases])
def test_damaged_files_are_errors(kind: Any, rich: Phrases, tmp_path: Any) -> None:
    path = tmp_path / "file"
    (rich if kind is Phrases else rich.freeze()).save(path)
    data = path.read_bytes()
    draw = random.Random(1)
    header = 8 + int.from_bytes(data[:8], "little")
    for at in [*range(0, header, 7), *(draw.randrange(len(data)) for _ in range(150))]:
        path.write_bytes(data[:at])
        with pytest.raises(ValueError, match=str(path)):
            kind.load(path)
        changed = bytearray(data)
        changed[at] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        with suppress(ValueError):  # it may also go unnoticed, as in a count; but nothing else may happen
            loaded = kind.load(path)
            loaded[["new", "york", "of", "w1"]]
            loaded[Corpus.from_sentences(TEXT)]
