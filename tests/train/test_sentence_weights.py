"""Weights of sentences, events and edges: what moves, how often, and what stays."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, DeepWalk, FastText, Interactions, Item2Vec, Phrases, Word2Vec
from fastemb.graphs import Graph

PLENTY = [["a", "b", "c"], ["d", "e"], ["f", "g", "h", "i"], ["k", "l"]] * 3
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 8, "workers": 1, "sample": 0, "epochs": 6, "alpha": 0.05}
KINDS: list[tuple[type[Word2Vec], dict[str, Any]]] = [
    (Word2Vec, {"sg": 0}),
    (Word2Vec, {"sg": 1}),
    (Word2Vec, {"sg": 1, "negative": 0, "hs": 1}),
    (Word2Vec, {"sg": 1, "deterministic": True, "workers": 2}),
    (Word2Vec, {"sg": 0, "workers": 2}),
    (FastText, {"sg": 1, "min_n": 9, "max_n": 9, "bucket": 100}),
]


@pytest.fixture
def corpus() -> Corpus:
    return Corpus.from_sentences(PLENTY)


def moved(model: Word2Vec, before: dict[str, Any]) -> set[str]:
    return {word for word, vector in before.items() if (model.wv[word] != vector).any()}


def built(kind: type[Word2Vec], corpus: Corpus, **settings: Any) -> tuple[Word2Vec, dict[str, Any]]:
    """A model that has learned something, so that every change shows, and its vectors."""
    model = kind(corpus, **OPTIONS | settings)
    return model, {word: model.wv[word].copy() for word in model.wv.index_to_key}


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_words_of_sentences_of_weight_0_stay_to_the_last_bit(
    kind: type[Word2Vec], settings: dict[str, Any], corpus: Corpus
) -> None:
    model, before = built(kind, corpus, **settings)
    model.train(corpus.weighted([1, 0, 3, 0] * 3), epochs=12)
    assert moved(model, before) == set("abcfghi")


@pytest.mark.parametrize(("kind", "settings"), KINDS[:4])
def test_equal_weights_are_as_none(kind: type[Word2Vec], settings: dict[str, Any], corpus: Corpus) -> None:
    plain, weighted = (kind(each, **OPTIONS | settings) for each in (corpus, corpus.weighted(np.full(12, 7.5))))
    assert (plain.wv.vectors == weighted.wv.vectors).all()
    assert (corpus.weighted([1, 0] * 6).weighted(None).weights) is None


LENGTHS = np.array([2, 4, 8, 16])  # so that the number of words that an epoch trains says which sentences it had


def by_length(weights: Any = None) -> Corpus:
    ids = np.arange(LENGTHS.sum())
    keys = [f"w{number}" for number in ids]
    return Corpus.from_ids(ids, np.append(0, np.cumsum(LENGTHS)), keys=keys).weighted(weights)


def times(model: Word2Vec, corpus: Corpus, epochs: int) -> list[int]:
    """In how many epochs each sentence was trained on: always whole."""
    found = [0] * len(LENGTHS)
    for _ in range(epochs):
        words, _ = model.train(corpus, epochs=1, start_alpha=0.01, end_alpha=0.01)
        assert words % 2 == 0
        for place, length in enumerate(LENGTHS.tolist()):
            found[place] += bool(words & length)
    return found


def small(**settings: Any) -> Word2Vec:
    model = Word2Vec(**OPTIONS | {"sg": 1, "vector_size": 4} | settings)
    model.build_vocab(by_length())
    return model


@pytest.mark.parametrize("settings", [{}, {"deterministic": True, "workers": 2}, {"negative": 0, "hs": 1}])
def test_a_sentence_is_there_whole_in_its_share_of_the_epochs(settings: dict[str, Any]) -> None:
    first, second, third, last = times(small(**settings), by_length([2, 1, 0.5, 0]), 400)
    assert first == 400
    assert 160 < second < 240  # four standard deviations
    assert 65 < third < 135
    assert last == 0


def test_seeds_draw_other_sentences_and_epochs_do() -> None:
    weights = [1, 1e-9, 0.5, 0.5]
    drawn = []
    for seed in (1, 2):
        model = small(seed=seed)
        drawn.append([model.train(by_length(weights), epochs=1)[0] for _ in range(20)])
        assert len(set(drawn[-1])) > 1
    assert drawn[0] != drawn[1]


def test_words_lean_to_the_sentences_of_larger_weight() -> None:
    corpus = Corpus.from_sentences([["bank", "river", "water"], ["bank", "money", "loan"]] * 50)
    options = OPTIONS | {"sg": 1, "epochs": 30, "vector_size": 16}
    for weights, near, far in (([1, 0.1], "river", "loan"), ([0.1, 1], "loan", "river")):
        scores = Word2Vec(corpus.weighted(weights * 50), **options).predict_output_word(["bank"], topn=5)
        odds = dict(scores or ())
        assert odds[near] > 2 * odds[far]


def test_a_run_that_is_taken_up_again_draws_the_same(tmp_path: Path, corpus: Corpus) -> None:
    weighted = corpus.weighted(np.linspace(0, 1, 12))
    whole = Word2Vec(weighted, **OPTIONS)
    path = tmp_path / "model.ckpt"

    class Stop:
        def on_epoch_end(self, model: Word2Vec) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Word2Vec(weighted, **OPTIONS, callbacks=[Stop()], checkpoint=path, checkpoint_every="1w")
    with pytest.raises(ValueError, match=r"a corpus with weights.*give them again"):
        Word2Vec.resume(path)
    for other in (corpus, corpus.weighted(np.linspace(0, 0.9, 12) + 0.1)):
        with pytest.raises(ValueError, match="not the text that"):
            Word2Vec.resume(path, other)
    assert (Word2Vec.resume(path, weighted).wv.vectors == whole.wv.vectors).all()


def test_a_corpus_on_disk_and_a_copy_train_as_that_in_memory(tmp_path: Path, corpus: Corpus) -> None:
    weights = np.arange(12)
    corpus.save(tmp_path / "corpus")
    models = [
        Word2Vec(each.weighted(weights), **OPTIONS)
        for each in (corpus, Corpus.open(tmp_path / "corpus"), pickle.loads(pickle.dumps(corpus.weighted([1] * 12))))
    ]
    for model in models[1:]:
        assert (model.wv.vectors == models[0].wv.vectors).all()


# ---- the corpus ----


def fewer_words(corpus: Corpus) -> Corpus:
    return corpus.select(max_vocab_size=5)


def other_numbers(corpus: Corpus) -> Corpus:
    return corpus.encode_with(Corpus.from_sentences([["c", "b"]]).vocabulary)


def copied(corpus: Corpus) -> Corpus:
    return pickle.loads(pickle.dumps(corpus))  # type: ignore[no-any-return]


def joined(corpus: Corpus) -> Corpus:
    made = Phrases([["a", "b"]] * 20, min_count=1, threshold=0.01).apply(corpus)
    assert "a_b" in made.vocabulary.keys
    return made


@pytest.mark.parametrize("change", [fewer_words, other_numbers, joined, copied])
def test_a_corpus_made_of_another_has_its_weights(change: Callable[[Corpus], Corpus], corpus: Corpus) -> None:
    weights = np.arange(12.0)
    made = change(corpus.weighted(weights))
    assert len(made) == 12
    assert made.weights is not None
    assert made.weights.tolist() == weights.tolist()
    assert change(corpus).weights is None


def test_a_corpus_has_weights_of_its_own(corpus: Corpus) -> None:
    weights = np.ones(12)
    made = corpus.weighted(weights)
    weights[:] = np.nan
    assert made.weights is not None
    assert made.weights.tolist() == [1] * 12
    assert not made.weights.flags.writeable
    assert "weights" in made._repr_html_()
    assert "weighted" in repr(made)
    assert made.vocabulary is corpus.vocabulary


def test_a_file_holds_no_weights_and_the_remedy_works(corpus: Corpus, tmp_path: Path) -> None:
    made = corpus.weighted([1] * 12)
    with pytest.raises(ValueError, match=r"save corpus.weighted\(None\), and give the weights again"):
        made.save(tmp_path / "corpus")
    assert list(tmp_path.iterdir()) == []
    made.weighted(None).save(tmp_path / "corpus")
    assert Corpus.open(tmp_path / "corpus").weighted(made.weights).weights is not None


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1.0] * 11, ValueError, "one weight for each of the 12 sentences, not 11"),
        (np.ones((12, 2)), ValueError, r"not an array of shape \(12, 2\)"),
        (2.0, ValueError, r"not an array of shape \(\)"),
        ([1.0] * 11 + [-1], ValueError, "sentence 11 is -1"),
        ([np.nan] + [1.0] * 11, ValueError, "sentence 0 is nan"),
        ([1.0, np.inf] + [1.0] * 10, ValueError, "sentence 1 is inf"),
        ([None] * 12, ValueError, "sentence 0 is nan"),
        ([0] * 12, ValueError, "all weights are 0"),
        ("1" * 12, TypeError, "list of numbers, not the str"),
        (["1"] * 12, TypeError, "must be numbers"),
        ([[1], [1, 2]] * 6, TypeError, "must be numbers"),
        (np.ones(12, complex), TypeError, "must be numbers"),
        (np.ones(12, "M8[s]"), TypeError, "must be numbers"),
        (dict.fromkeys(range(12), 1.0), TypeError, "a dict"),
        (set(range(12)), TypeError, "a set"),
    ],
)
def test_wrong_weights_are_refused(weights: Any, error: type[Exception], message: str, corpus: Corpus) -> None:
    with pytest.raises(error, match=message):
        corpus.weighted(weights)


def test_weights_of_a_corpus_whose_sentences_were_changed_by_hand_are_refused(corpus: Corpus) -> None:
    weighted = corpus.weighted([1.0] * 12)
    weighted.offsets = weighted.offsets[[0, *range(2, 13)]]
    with pytest.raises(ValueError, match="12 weights of sentences, but 11 sentences"):
        Word2Vec(weighted, **OPTIONS)


# ---- events and edges ----


@pytest.mark.parametrize("sg", [0, 1])
@pytest.mark.parametrize("window", [None, 3])
def test_items_whose_events_weigh_nothing_beside_others_stay(sg: int, window: int | None) -> None:
    items, offsets = np.tile([0, 1, 2, 3, 4, 5], 10), np.arange(0, 61, 3)
    options: dict[str, Any] = {"vector_size": 8, "sg": sg, "window": window, "workers": 1, "epochs": 5, "negative": 2}
    model = Item2Vec(**options).fit(Interactions(items, offsets, range(6)))
    before = {item: model.wv[item].copy() for item in range(6)}
    weights = np.where(items < 3, 1.0, 1e-12)
    model.partial_fit(Interactions(items, offsets, range(6), weights=weights))
    assert {item for item, vector in before.items() if (model.wv[item] != vector).any()} == {0, 1, 2}


@pytest.mark.parametrize("directed", [False, True])
def test_nodes_behind_edges_without_weight_stay_strangers(directed: bool) -> None:
    """A hub between two rings: walks take the edges of larger weight."""
    ring, other = list(range(1, 7)), list(range(7, 13))
    edges = [(node, near) for part in (ring, other) for node, near in zip(part, part[1:] + part[:1], strict=True)]
    edges += [(0, node) for node in ring + other] + [(node, 0) for node in ring + other]
    for light, heavy in ((other, ring), (ring, other)):
        weight = [1e-3 if {0} < {*edge} <= {0, *light} else 1.0 for edge in edges]
        graph = Graph.from_edges(edges, weight=weight, directed=directed)
        model = DeepWalk(vector_size=8, window=2, walk_length=20, num_walks=20, workers=1).fit(graph)
        assert np.mean(model.wv.distances(0, heavy)) < np.mean(model.wv.distances(0, light)) - 0.2
