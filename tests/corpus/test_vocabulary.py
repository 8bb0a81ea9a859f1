"""Which words a vocabulary takes, and in which order."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.corpus_oracle import check, encode, least_count

from fastemb.corpus import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP, Corpus, Vocabulary

sentences = st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=8), max_size=12).filter(any)


@given(sentences, st.integers(0, 4), st.none() | st.integers(1, 12))
def test_min_count_and_max_final_vocab_choose_as_gensim_does(words, min_count, most):
    if not encode(words, min_count, most)[0]:
        with pytest.raises(ValueError, match="sentences: "):
            Corpus.from_sentences(words, min_count=min_count, max_final_vocab=most)
        return
    corpus = Corpus.from_sentences(words, min_count=min_count, max_final_vocab=most)
    check(corpus, words, min_count=min_count, max_final_vocab=most)


@given(sentences)
def test_ids_are_those_of_counter_most_common(words):
    common = Counter(word for sentence in words for word in sentence).most_common()
    vocabulary = Corpus.from_sentences(words).vocabulary
    assert list(zip(vocabulary.keys, vocabulary.counts.tolist(), strict=True)) == common


rules = st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from([RULE_DEFAULT, RULE_DISCARD, RULE_KEEP, None]))


@given(sentences, rules, st.integers(1, 3), st.none() | st.integers(1, 5))
def test_trim_rule_has_the_last_word(words, rule_of, min_count, most):
    counter = Counter(word for sentence in words for word in sentence)
    least = least_count(counter, min_count, most)
    calls = []

    def rule(word, count, threshold):
        calls.append((word, count, threshold))
        return rule_of.get(word)

    kept = [
        word
        for word, count in counter.most_common()
        if rule_of.get(word) == RULE_KEEP or (count >= least and rule_of.get(word) != RULE_DISCARD)
    ]
    options = {"min_count": min_count, "max_final_vocab": most, "trim_rule": rule}
    if kept:
        assert Corpus.from_sentences(words, **options).vocabulary.keys == kept
    else:
        with pytest.raises(ValueError, match="trim_rule"):
            Corpus.from_sentences(words, **options)
    assert calls == [(word, count, least) for word, count in counter.items()]


@pytest.mark.parametrize("result", [3, -1, "keep"])
def test_an_unknown_rule_is_named(result):
    with pytest.raises(ValueError, match=f"returned {result!r} for 'a'"):
        Corpus.from_sentences([["a"]], trim_rule=lambda *_: result)


@pytest.mark.parametrize("name", ["min_count", "max_final_vocab"])
@pytest.mark.parametrize("value", ["1", 1.5, 2.0])
def test_options_that_are_no_whole_numbers_are_named(tmp_path, name, value):
    (tmp_path / "text").write_text("a a")
    with pytest.raises(TypeError, match=f"{name} must be a whole number, not {value!r}"):
        Corpus.from_file(tmp_path / "text", **{name: value})


def test_rules_have_the_numbers_of_gensim():
    assert (RULE_DEFAULT, RULE_DISCARD, RULE_KEEP) == (0, 1, 2)


def test_max_final_vocab_that_ties_away_everything_says_so():
    with pytest.raises(ValueError, match="raise max_final_vocab"):
        Corpus.from_sentences([["a", "b", "c"]], max_final_vocab=2)


def test_vocabulary_looks_up_keys():
    vocabulary = Vocabulary(["a", 7], [2, 1])
    assert len(vocabulary) == 2
    assert 7 in vocabulary
    assert "b" not in vocabulary
    assert vocabulary.key_to_index == {"a": 0, 7: 1}
    assert vocabulary.counts.dtype == np.int64
    assert repr(vocabulary) == "Vocabulary(2 keys)"


@pytest.mark.parametrize(
    ("keys", "counts", "pattern"),
    [
        (["a"], [2, 1], "1 keys"),
        (["a", "b", "a"], [3, 2, 1], "'a' comes more than once"),
        (["a", "b"], [1, -2], "the one at 1"),
        (["a", "b"], [2, 1.9], "whole numbers below .*, but one is 1.9"),
        (["a"], [float("nan")], "one is nan"),
        (["a"], np.array([2**63], np.uint64), "one is 9223372036854775808"),
    ],
)
def test_vocabulary_rejects_what_does_not_fit(keys, counts, pattern):
    with pytest.raises(ValueError, match=pattern):
        Vocabulary(keys, counts)


@pytest.mark.parametrize("counts", [["2", "1"], [True, False], [2, None]])
def test_counts_must_be_numbers(counts):
    with pytest.raises(TypeError):
        Vocabulary(["a", "b"], counts)


@pytest.mark.parametrize("counts", [[2.0, 1.0], np.array([2, 1], object), np.array([2, 1], np.uint64)])
def test_whole_counts_of_any_type_will_do(counts):
    vocabulary = Vocabulary(["a", "b"], counts)
    assert vocabulary.counts.tolist() == [2, 1]
    assert vocabulary.counts.dtype == np.int64


class Watched:
    """A word that notes when it is looked up."""

    lookups = 0

    def __hash__(self) -> int:
        Watched.lookups += 1
        return id(self)


def test_no_word_is_looked_up_where_none_changes() -> None:
    words = [Watched(), Watched()]
    corpus = Corpus.from_sentences([[words[0], words[1], words[0]]])
    twin = Vocabulary(corpus.vocabulary.keys, [9, 8])
    Watched.lookups = 0
    assert corpus.select() is corpus
    assert corpus.select(max_final_vocab=2, max_vocab_size=2) is corpus
    assert corpus.encode_with(corpus.vocabulary) is corpus
    encoded = corpus.encode_with(twin)
    assert encoded.vocabulary is twin
    assert encoded.ids is corpus.ids
    assert Watched.lookups == 0
    assert corpus.select(min_count=2).words == 2
    assert Watched.lookups > 0


def test_a_vocabulary_of_other_order_or_length_gives_other_ids() -> None:
    corpus = Corpus.from_sentences([["a", "b", "a"]])
    assert corpus.encode_with(Vocabulary(["b", "a"], [1, 1])).ids.tolist() == [1, 0, 1]
    assert corpus.encode_with(Vocabulary(["a", "b", "c"], [1, 1, 1])).ids.tolist() == [0, 1, 0]
    rare_first = corpus.encode_with(Vocabulary(["a", "b"], [1, 5]))
    assert rare_first.select().vocabulary.keys == ["b", "a"]
    assert rare_first.select().ids.tolist() == [1, 0, 1]
