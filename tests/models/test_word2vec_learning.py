"""Every kind of model learns what is planted in a small corpus."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from reference.planted import analogies, analogy_sentences, nearest_are_of_one_topic, topic_sentences

from fastemb import Word2Vec

TARGETS = {"ns": {}, "hs": {"hs": 1, "negative": 0}, "ns and hs": {"hs": 1}}
MODELS: dict[str, dict[str, Any]] = {
    "skip-gram": {"sg": 1},
    "skip-gram, negatives per pair": {"sg": 1, "negatives_per_pair": True},
    "CBOW mean": {"cbow_mean": 1},
    "CBOW mean, exact": {"cbow_mean": 1, "cbow_exact": True},
    "CBOW sum": {"cbow_mean": 0},
    "CBOW sum, exact": {"cbow_mean": 0, "cbow_exact": True},
}
KINDS = [
    pytest.param(TARGETS[targets] | MODELS[model], id=f"{model}, {targets}")
    for targets, model in itertools.product(TARGETS, MODELS)
    if (targets, model) != ("hs", "skip-gram, negatives per pair")
]
SENTENCES = topic_sentences()
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 20, "workers": 1, "sample": 0, "alpha": 0.03, "epochs": 12}


def loss(model: Word2Vec, epochs: int = 3) -> float:
    """On the corpus, without learning."""
    model.train(SENTENCES, epochs=epochs, start_alpha=0, end_alpha=0, compute_loss=True)
    return model.get_latest_training_loss() / epochs


def expected_losses(model: Word2Vec, centres: int) -> tuple[float, float]:
    """Of a pair, before training and after, where so many centres of a topic share their negatives."""
    untrained, best = 0.0, 0.0
    if model.negative:
        # Of K draws (24 - centres) / 24 are no centre, each a loss of log 2 at first. In the end words of other topics
        # cost nothing, and one of the own topic is a centre with odds of 1 : K (8 - centres) / 24.
        odds = model.negative * (8 - centres) / 24
        untrained += (1 + model.negative * (24 - centres) / 24) * math.log(2)
        best += math.log(1 + odds) + odds * math.log((1 + odds) / odds)
    if model.hs:
        # 16 of 24 words at depth 5, 8 at depth 4, log 2 a turn; in the end all that is left is which of the topic's 8.
        untrained += (16 * 5 + 8 * 4) / 24 * math.log(2)
        best += math.log(8)
    return untrained, best


@pytest.mark.integration
@pytest.mark.parametrize("kind", KINDS)
def test_words_of_one_topic_become_neighbours_and_the_loss_falls(kind: dict[str, Any]) -> None:
    model = Word2Vec(**kind, **OPTIONS)
    model.build_vocab(SENTENCES)
    assert nearest_are_of_one_topic(model.wv) < 0.5
    before = loss(model)
    model.train(SENTENCES)
    assert nearest_are_of_one_topic(model.wv) > 0.95
    one, four = (best / untrained for untrained, best in (expected_losses(model, centres) for centres in (1, 4)))
    shares = bool(model.negative) and not model.hs and not model.negatives_per_pair
    assert 0.94 * (four if shares else one) < loss(model) / before < 1.06 * one


@pytest.mark.parametrize("kind", [{"sg": 1}, {}, {"hs": 1, "negative": 0, "sg": 1}])
def test_the_loss_falls_from_epoch_to_epoch(kind: dict[str, Any]) -> None:
    model = Word2Vec(**kind, **OPTIONS)
    model.build_vocab(SENTENCES)
    losses = [loss(model)]
    for _ in range(3):
        model.train(SENTENCES, epochs=1, start_alpha=0.01, end_alpha=0.01)
        losses.append(loss(model))
    assert all(after < before for before, after in itertools.pairwise(losses))


@pytest.mark.parametrize("kind", [{"sg": 1}, {}, {"hs": 1, "negative": 0, "sg": 1}])
def test_analogies_are_answered(kind: dict[str, Any]) -> None:
    model = Word2Vec(analogy_sentences(), window=4, **kind, **OPTIONS | {"alpha": 0.05, "epochs": 15})
    right = [
        model.wv.most_similar(positive=[b, c], negative=[a], topn=1)[0][0] == answer for a, b, c, answer in analogies()
    ]
    assert sum(right) >= len(right) - 2


def test_a_window_reaches_as_far_as_it_is_told() -> None:
    # "x" and "y" stand three words apart: only a window of three sees them together.
    sentences = [["x", "p", "q", "y"], ["u", "p", "q", "v"]] * 400
    options = OPTIONS | {"sg": 1, "shrink_windows": False}
    for window, seen in ((2, False), (3, True)):
        model = Word2Vec(sentences, window=window, **options)
        score = model.wv["x"] @ (model.wv_out["y"] - model.wv_out["v"])
        assert (score > 1) == seen, window


def test_shrunk_windows_give_far_contexts_less_weight() -> None:
    losses = {}
    for shrink in (True, False):
        model = Word2Vec(**OPTIONS, sg=1, shrink_windows=shrink)
        model.build_vocab(SENTENCES)
        losses[shrink] = loss(model)  # of untrained vectors: proportional to the number of pairs
    # A reach drawn from 1 .. 5 against always 5, cut at the ends of sentences of 9 words.
    expected = sum(2 * (9 - distance) * (6 - distance) / 5 for distance in range(1, 6)) / sum(
        2 * (9 - distance) for distance in range(1, 6)
    )
    assert losses[True] / losses[False] == pytest.approx(expected, rel=0.03)


def test_frequent_words_are_thinned_out() -> None:
    sentences = [["the", *sentence] for sentence in SENTENCES]
    kept = {}
    for sample in (0, 1e-2, 1e-3):
        model = Word2Vec(**OPTIONS | {"sample": sample})
        model.build_vocab(sentences)
        kept[sample], passed = model.train(sentences, epochs=2)
        assert passed == 2 * 3000
    assert kept[0] == 6000
    assert kept[1e-3] < kept[1e-2] < 6000


def test_more_negatives_are_drawn_from_frequent_words_with_a_higher_exponent() -> None:
    # A word that is drawn as a negative more often gets a larger output vector, away from the others' inputs.
    sentences = [["often"] * 30 + ["x", "y"], ["a", "b", "c", "d"]] * 50
    drawn = {}
    for exponent in (-1.0, 0.0, 1.0):
        model = Word2Vec(sentences, **OPTIONS | {"ns_exponent": exponent, "epochs": 3}, sg=1)
        drawn[exponent] = float((model.wv[["a", "b", "c", "d"]] @ model.wv_out["often"]).mean())
    assert drawn[1.0] < drawn[0.0] < drawn[-1.0]
