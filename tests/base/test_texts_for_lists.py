"""A str or bytes where a list is meant: no method takes its characters one by one, and what errors advise works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, FrozenPhrases, Interactions, Item2Vec, KeyedVectors, Phrases, Word2Vec
from fastemb.corpus import Vocabulary

SENTENCES = [["king", "k", "i", "n", "g"], ["king", "queen"]] * 3
MODEL = Word2Vec(SENTENCES, vector_size=4, min_count=1, epochs=1, workers=1, sample=0)
ITEMS = Item2Vec(vector_size=4, epochs=1, workers=1, negative=1, progress=False).fit(SENTENCES)
PHRASES = Phrases(SENTENCES, min_count=1, threshold=0.1)


def empty() -> KeyedVectors:
    return KeyedVectors(2)


# Methods that take a list of keys, names or items, and nothing else.
LISTS: dict[str, Callable[[Any], object]] = {
    "Word2Vec.predict_output_word": MODEL.predict_output_word,
    "KeyedVectors.most_similar_to_given": lambda given: MODEL.wv.most_similar_to_given("k", given),
    "KeyedVectors.vectors_for_all": MODEL.wv.vectors_for_all,
    "KeyedVectors.allocate_vecattrs": lambda given: empty().allocate_vecattrs(given, [int] * len(given)),
    "KeyedVectors.index_to_key": lambda given: setattr(empty(), "index_to_key", given),
    "KeyedVectors.most_similar_batch": MODEL.wv.most_similar_batch,
    "KeyedVectors.save, ignore": lambda given: MODEL.wv.save("unwritten", ignore=given),
    "Word2Vec.save, ignore": lambda given: MODEL.save("unwritten", ignore=given),
    "Vocabulary": lambda given: Vocabulary(given, [1] * len(given)),
    "Vocabulary.ids_of": lambda given: Vocabulary(["k"], [1]).ids_of(given),
    "Corpus.from_ids, keys": lambda given: Corpus.from_ids([0, 1], [0, 2], keys=given),
    "Interactions.from_ids, keys": lambda given: Interactions.from_ids([0, 1], [0, 2], keys=given),
    "Interactions.from_csr, keys": lambda given: Interactions.from_csr(
        (np.array([0, 2]), np.array([0, 1])), keys=given
    ),
    "Interactions.from_baskets, session_keys": lambda given: Interactions.from_baskets(
        [["x", "y"]] * len(given), session_keys=given
    ),
    "Corpus.from_csv, columns": lambda given: Corpus.from_csv("table.csv", "k", columns=given),
    "Interactions.from_file, columns": lambda given: Interactions.from_file(
        "table.csv", columns=given, session="k", item="i"
    ),
    "Phrases, connector_words": lambda given: Phrases(SENTENCES, connector_words=given),
    "FrozenPhrases.analyze_sentence": PHRASES.freeze().analyze_sentence,
    "Phrases[...]": lambda given: PHRASES[given],
    "Phrases.add_vocab": PHRASES.add_vocab,
    "Phrases.find_phrases": PHRASES.find_phrases,
    "Item2Vec.recommend": ITEMS.recommend,
    "Item2Vec.recommend, exclude": lambda given: ITEMS.recommend(["k"], exclude=given),
    "Item2Vec.recommend, candidates": lambda given: ITEMS.recommend(["k"], candidates=given),
    "Item2Vec.recommend_many": ITEMS.recommend_many,
    "Item2Vec.recommend_many, a history": lambda given: ITEMS.recommend_many([given]),
    "Item2Vec.recommend_many, users": lambda given: ITEMS.recommend_many(users=given),
    "Item2Vec.recommend_many, exclude": lambda given: ITEMS.recommend_many([["k"]], exclude=given),
    "Item2Vec.recommend_many, candidates": lambda given: ITEMS.recommend_many([["k"]], candidates=given),
    "Item2Vec.transform": ITEMS.transform,
    "Item2Vec.fit": lambda given: Item2Vec().fit(given),
    "Word2Vec.build_vocab": lambda given: Word2Vec(min_count=1).build_vocab(given),
    "Word2Vec.train": lambda given: MODEL.train(given, total_examples=1, epochs=1),
    "Word2Vec.train, a sentence": lambda given: MODEL.train([given], total_examples=1, epochs=1),
}


@pytest.mark.parametrize("text", ["king", b"king"])
@pytest.mark.parametrize("method", LISTS)
def test_a_text_is_no_list(method: str, text: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text("1,2,3,4\n")
    with pytest.raises(TypeError, match=r"king|not one (str|bytes)"):
        LISTS[method](text)
    assert not Path("unwritten").exists()


# gensim takes a str as one key in these, and so does fastemb.
ONE_KEY: dict[str, Callable[[Any], Any]] = {
    "get_vector": lambda given: MODEL.wv[given],
    "most_similar": lambda given: MODEL.wv.most_similar(given, topn=3),
    "most_similar, positive": lambda given: MODEL.wv.most_similar(positive=given, topn=3),
    "most_similar, negative": lambda given: MODEL.wv.most_similar(positive=["k"], negative=given, topn=3),
    "most_similar_cosmul": lambda given: MODEL.wv.most_similar_cosmul(positive=given, topn=3),
    "n_similarity": lambda given: MODEL.wv.n_similarity(given, ["queen"]),
    "get_mean_vector": MODEL.wv.get_mean_vector,
    "doesnt_match": MODEL.wv.doesnt_match,
    "rank_by_centrality": MODEL.wv.rank_by_centrality,
    "distances": lambda given: MODEL.wv.distances("k", given),
}


@pytest.mark.parametrize("method", ONE_KEY)
def test_a_str_is_one_key_where_gensim_takes_it_so(method: str) -> None:
    one, listed = ONE_KEY[method]("king"), ONE_KEY[method](["king"])
    assert np.array_equal(np.ravel(np.asarray(one, object)), np.ravel(np.asarray(listed, object)))


def test_the_list_that_is_advised() -> None:
    with pytest.raises(TypeError, match=r"context_words_list must be a list of words, .* give \['king'\]$"):
        MODEL.predict_output_word("king")
    assert MODEL.predict_output_word(["king"]) is not None
    with pytest.raises(TypeError, match=r"not the str 'kkkkkkkk.*'\.\.\.: give"):
        MODEL.predict_output_word("k" * 1000)


def test_one_key_is_added_as_in_gensim() -> None:
    made = empty()
    made.add_vectors("king", np.ones(2))
    assert made.index_to_key == ["king"]


# ---- bytes as sentences ----


def test_bytes_as_a_sentence_are_told_to_become_text() -> None:
    sentence = b"the cat sat"
    with pytest.raises(TypeError, match=r"as with sentence\.decode\(\)\.split\(\)"):
        Corpus.from_sentences([sentence])
    assert list(Corpus.from_sentences([sentence.decode().split()])) == [["the", "cat", "sat"]]
    with pytest.raises(TypeError, match=r"sentence 0 must be a str, not .*: make text of it by its decode\(\)"):
        Corpus.from_sentences([sentence], split=True)
    assert list(Corpus.from_sentences([sentence.decode()], split=True)) == [["the", "cat", "sat"]]


@pytest.mark.parametrize("text", ["the cat\nthe dog", b"the cat\nthe dog"])
def test_one_text_as_all_sentences(text: Any) -> None:
    for take in (Corpus.from_sentences, Word2Vec(min_count=1).build_vocab, Phrases(min_count=1).add_vocab):
        with pytest.raises(TypeError, match=f"not one {type(text).__name__}: split it first, as with") as caught:
            take(text)
        advised = str(caught.value).partition("as with ")[2].partition(";")[0]
        take(eval(advised, {"text": text}))


@pytest.mark.parametrize("sentence", ["new york", b"new york"])
@pytest.mark.parametrize("phrases", [PHRASES, PHRASES.freeze()])
def test_a_text_as_the_sentence_of_phrases(phrases: Phrases | FrozenPhrases, sentence: str | bytes) -> None:
    for take in (phrases.__getitem__, phrases.analyze_sentence):
        with pytest.raises(TypeError, match="a sentence must be a list of words") as caught:
            take(sentence)  # type: ignore[arg-type]
        assert ("by its decode()" in str(caught.value)) == isinstance(sentence, bytes)
