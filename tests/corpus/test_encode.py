"""Texts as ids: rows with a mask, bags with offsets, and what becomes of unknown words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastemb
from fastemb import Corpus, KeyedVectors, Vocabulary, Word2Vec

VOCABULARY = Vocabulary(["the", "cat", "sat", "<unk>"], [4, 3, 2, 1])
SENTENCES = [["the", "cat", "sat"], ["the", "cat"], ["the"]]


def vectors(counts: list[int] | None = None) -> KeyedVectors:
    made = KeyedVectors(2)
    made.add_vectors(["the", "cat", "sat"], np.eye(3, 2, dtype=np.float32))
    if counts:
        for key, count in zip(made.index_to_key, counts, strict=True):
            made.set_vecattr(key, "count", count)
    return made


def built() -> Word2Vec:
    model = Word2Vec(min_count=1, vector_size=4)
    model.build_vocab(SENTENCES)
    return model


def test_rows_are_cut_at_the_end_and_filled_up_at_the_end() -> None:
    ids, mask = VOCABULARY.encode(["the cat sat the", "cat", ""], length=3, padding_idx=9)
    assert ids.tolist() == [[0, 1, 2], [1, 9, 9], [9, 9, 9]]
    assert mask.tolist() == [[True] * 3, [True, False, False], [False] * 3]
    assert ids.dtype == np.int64
    assert mask.dtype == bool


def test_padding_is_the_first_id_without_a_word() -> None:
    assert VOCABULARY.encode(["cat"], length=2)[0].tolist() == [[1, 4]]


def test_the_longest_text_sets_the_length() -> None:
    ids, mask = VOCABULARY.encode(["the", " the\tcat \n"], length="longest")
    assert ids.tolist() == [[0, 4], [0, 1]]
    assert mask.sum() == 3


def test_bags_have_an_offset_for_each_text() -> None:
    ids, offsets = VOCABULARY.encode(["the cat", "", ["sat"]])
    assert ids.tolist() == [0, 1, 2]
    assert offsets.tolist() == [0, 2, 2]


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [("skip", [0, 2]), (7, [0, 7, 2]), (np.int64(7), [0, 7, 2]), ("<unk>", [0, 3, 2])],
    ids=["skipped", "id", "id of NumPy", "key"],
)
def test_unknown_words(unknown: Any, expected: list[int]) -> None:
    assert VOCABULARY.encode(["the dog sat"], unknown=unknown)[0].tolist() == expected


def test_an_unknown_word_is_named_with_its_place_and_the_remedy_works() -> None:
    texts = ["the cat", "the old dog"]
    with pytest.raises(KeyError, match=r"text 1 holds 'old' at 1, .*unknown='skip'"):
        VOCABULARY.encode(texts)
    assert VOCABULARY.encode(texts, unknown="skip")[0].tolist() == [0, 1, 0]


@pytest.mark.parametrize("texts", [[], iter([])], ids=["list", "iterator"])
def test_no_texts(texts: Any) -> None:
    ids, mask = VOCABULARY.encode(texts, length=3)
    assert ids.shape == mask.shape == (0, 3)


def test_no_texts_make_no_bags() -> None:
    ids, offsets = VOCABULARY.encode([])
    assert ids.shape == offsets.shape == (0,)
    assert ids.dtype == offsets.dtype == np.int64
    assert VOCABULARY.encode([], length="longest")[0].shape == (0, 0)


def test_a_tokenizer_splits_texts() -> None:
    ids, _ = VOCABULARY.encode(["the-cat"], tokenizer=lambda text: text.split("-"))
    assert ids.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("texts", "options", "error", "message"),
    [
        ("the cat", {}, TypeError, r"give \[text\]"),
        (b"the cat", {}, TypeError, r"give \[text\]"),
        ({"the"}, {}, TypeError, "not a set"),
        ({"the": 1}, {}, TypeError, "not a dict"),
        (["the", None], {}, TypeError, "text 1 must be a str or a list of tokens, not None"),
        (["the", b"cat"], {}, TypeError, "text 1"),
        ([["the", ["cat"]]], {}, TypeError, "text 0 holds a token that cannot be a key"),
        ([["the"]], {"tokenizer": str.split}, TypeError, "a tokenizer takes texts that are str"),
        (["the"], {"length": 0}, ValueError, "length must be at least 1"),
        (["the"], {"length": "shortest"}, ValueError, "'longest'"),
        (["the"], {"length": 2.5}, TypeError, "length"),
        (["the"], {"length": True}, TypeError, "length"),
        (["the"], {"padding_idx": 0}, ValueError, "give length="),
        (["the"], {"length": 2, "padding_idx": -1}, ValueError, "padding_idx must be at least 0"),
        (["the"], {"unknown": -1}, ValueError, "unknown must be at least 0"),
        (["the"], {"unknown": "dog"}, ValueError, "'dog' is no key"),
        (["the"], {"unknown": True}, TypeError, "unknown"),
    ],
)
def test_bad_input(texts: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        VOCABULARY.encode(texts, **options)


def test_a_frame_is_refused_and_its_column_taken() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["the cat", "sat"]})
    with pytest.raises(TypeError, match="a column"):
        VOCABULARY.encode(frame)
    assert VOCABULARY.encode(frame["text"])[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "vocabulary",
    [
        lambda: Corpus.from_sentences(SENTENCES).vocabulary,
        lambda: vectors().vocabulary,
        lambda: vectors([3, 2, 1]).vocabulary,
        lambda: built().wv.vocabulary,
        lambda: Vocabulary(["the", "cat", "sat"], [3, 2, 1]),
    ],
    ids=["corpus", "vectors", "vectors with counts", "word2vec", "vocabulary"],
)
def test_every_kind_of_vocabulary_encodes(vocabulary: Any) -> None:
    assert vocabulary().encode(["cat the sat"])[0].tolist() == [1, 0, 2]


def test_vectors_hand_on_their_counts() -> None:
    assert vectors([3, 2, 1]).vocabulary.counts.tolist() == [3, 2, 1]
    assert vectors().vocabulary.counts.tolist() == [0, 0, 0]


def test_vectors_with_a_reserved_row_have_no_vocabulary() -> None:
    with pytest.raises(ValueError, match="row 0 is reserved"):
        _ = fastemb.KeyedVectors(2, count=1).vocabulary


def test_a_vocabulary_of_vectors_does_not_change_with_them() -> None:
    wv = vectors()
    vocabulary = wv.vocabulary
    wv.add_vector("dog", np.ones(2, np.float32))
    assert "dog" not in vocabulary


words = st.lists(st.sampled_from(["the", "cat", "sat", "dog"]), max_size=6)


@given(st.lists(words, max_size=6), st.integers(1, 5))
def test_rows_and_bags_hold_the_same_ids(texts: list[list[str]], length: int) -> None:
    rows, mask = VOCABULARY.encode(texts, length=length, unknown=5)
    ids, offsets = VOCABULARY.encode([" ".join(text) for text in texts], unknown=5)
    assert mask.shape == (len(texts), length)
    assert (rows[~mask] == len(VOCABULARY)).all()
    for row, real, text in zip(rows, mask, np.split(ids, offsets[1:]) if texts else [], strict=True):
        assert row[real].tolist() == text.tolist()[:length]
