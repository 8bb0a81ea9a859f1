"""The loss of graph models on walks that they do not learn from, and vectors that were changed by hand."""

from __future__ import annotations

import argparse
import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest

from fastemb import Corpus, DeepWalk, EarlyStopping, KeyedVectors, Node2Vec, Word2Vec
from fastemb.graphs import Graph

OPTIONS: dict[str, Any] = {"vector_size": 8, "walk_length": 10, "num_walks": 4, "window": 3, "workers": 1, "epochs": 2}
KINDS: list[tuple[type[Any], dict[str, Any]]] = [
    (DeepWalk, {}),
    (DeepWalk, {"deterministic": True}),
    (Node2Vec, {"q": 0.5}),
    (Node2Vec, {"hs": 1, "negative": 0}),
    (Node2Vec, {"hs": 1, "combine": "in"}),
]


def edges(seed: int = 0) -> list[tuple[str, str]]:
    """Of four groups of ten, most of them within a group."""
    rng = np.random.default_rng(seed)
    ring = [(f"n{node}", f"n{node // 10 * 10 + (node + 1) % 10}") for node in range(40)]
    pairs = [
        (10 * group + int(one), 10 * group + int(two))
        for group in range(4)
        for one, two in rng.integers(0, 10, (30, 2))
    ]
    return ring + [(f"n{one}", f"n{two}") for one, two in pairs if one != two]


LEARNED, HELD_OUT = Graph.from_edges(edges()), Graph.from_edges(edges(1)[40:])


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=str)
def test_an_untrained_model_has_log_2_and_a_trained_one_less(kind: type[Any], options: dict[str, Any]) -> None:
    model = kind(**OPTIONS | options | {"epochs": 0})
    with pytest.warns(UserWarning, match="epochs is 0"):
        model.fit(LEARNED)
    assert model.held_out_loss(HELD_OUT) == pytest.approx(math.log(2), rel=1e-6)
    model.set_params(epochs=40).fit(LEARNED)
    before = model.wv.vectors.copy()
    found = model.held_out_loss(HELD_OUT)
    assert found < 0.9 * math.log(2)
    assert (model.wv.vectors == before).all()
    assert model.held_out_loss(HELD_OUT) == found
    assert model.held_out_loss(HELD_OUT, workers=3) == pytest.approx(found, rel=1e-9)
    assert model.held_out_loss(edges(1)[40:]) == found
    strangers = Graph.from_edges([(f"n{node}", f"n{(node + 13) % 40}") for node in range(40)])
    assert model.held_out_loss(strangers) > found + 0.1


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=str)
def test_it_is_that_of_words_with_the_same_matrices(kind: type[Any], options: dict[str, Any]) -> None:
    model = kind(**OPTIONS | options).fit(LEARNED)
    core = model._known()
    words = Word2Vec(
        vector_size=8,
        window=3,
        sg=1,
        workers=1,
        sample=0,
        min_count=0,
        sorted_vocab=0,
        hs=core.parameters.hs,
        negative=core.parameters.negative,
        ns_exponent=core.parameters.ns_exponent,
    )
    words.build_vocab_from_freq(dict(zip(core.nodes, core.counts.tolist(), strict=True)))
    assert words.wv.index_to_key == list(core.nodes)
    words.wv.vectors = core.vectors.copy()
    for name in ("syn1neg", "syn1"):
        if hasattr(words, name):
            setattr(words, name, getattr(core.weights, name))
    seed = (1 + 0x9E3779B97F4A7C15) % 2**64
    made = HELD_OUT.walks(4, 10, p=core.parameters.p, q=core.parameters.q, seed=seed)
    walks = HELD_OUT.walk_corpus(made)
    assert model.held_out_loss(HELD_OUT) == pytest.approx(words.held_out_loss(list(walks)), rel=1e-9)


def test_walks_of_a_large_graph_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    model = DeepWalk(**OPTIONS | {"num_walks": 50, "epochs": 20}).fit(LEARNED)
    found = model.held_out_loss(HELD_OUT)
    monkeypatch.setattr("fastemb.graphs.held_out._MOST_TOKENS", 5 * len(HELD_OUT) * 10)
    assert found != model.held_out_loss(HELD_OUT) == pytest.approx(found, rel=0.05)


def test_what_says_nothing_is_refused() -> None:
    model = DeepWalk(**OPTIONS)
    with pytest.raises(ValueError, match="not fitted yet: call fit"):
        model.held_out_loss(HELD_OUT)
    model.fit(LEARNED)
    for wrong, error, message in (
        ([("n1", "stranger"), ("n2", "other")], ValueError, "2 nodes that the model lacks, such as '(stranger|other)'"),
        ([], ValueError, "the graph has no edge"),
        ("text", TypeError, "not edges but the str"),
        (model, TypeError, "X must be a graph, not the model"),
        (None, TypeError, "must be pairs of nodes"),
    ):
        with pytest.raises(error, match=message):
            model.held_out_loss(wrong)
    assert model.held_out_loss(networkx.Graph(edges(1)[40:])) > 0


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=str)
def test_training_ends_when_it_stops_to_fall(kind: type[Any], options: dict[str, Any]) -> None:
    stop = EarlyStopping(HELD_OUT, patience=2)
    model = kind(**OPTIONS | options | {"epochs": 300, "alpha": 0.1}, callbacks=[stop]).fit(LEARNED)
    assert stop.stopped
    assert 2 < len(stop.scores) < 300
    assert stop.best_score == min(stop.scores)
    assert stop.scores[-1] == pytest.approx(model.held_out_loss(HELD_OUT), rel=1e-9)


# ---- vectors changed by hand ----


def other_rows(model: Any) -> None:
    model.wv.vectors = np.ones((40, 8), np.float32)


def fewer_rows(model: Any) -> None:
    model.wv.vectors = model.wv.vectors[:3]


def a_key_more(model: Any) -> None:
    model.wv.add_vector("new", np.ones(8))


def other_order(model: Any) -> None:
    model.wv.expandos["count"] = np.arange(40)
    model.wv.sort_by_descending_frequency()


def other_counts(model: Any) -> None:
    model.wv.set_vecattr("n1", "count", 10**6)


@pytest.mark.parametrize("change", [other_rows, fewer_rows, a_key_more, other_order, other_counts])
@pytest.mark.parametrize("combine", ["in", "mean"])
def test_rows_that_the_model_does_not_take_over_are_refused(
    change: Callable[[Any], None], combine: str, tmp_path: Path
) -> None:
    model = Node2Vec(**OPTIONS | {"combine": combine}).fit(LEARNED)
    change(model)
    for use in (lambda: model.save(tmp_path / "model"), lambda: model.partial_fit(LEARNED)):
        with pytest.raises(ValueError, match=r"model.wv were changed by hand.*copy.deepcopy\(model.wv\)"):
            use()
    assert not any(tmp_path.iterdir())
    model.fit(LEARNED)
    own = copy.deepcopy(model.wv)
    if change is not fewer_rows:  # its keys do not fit yet
        change(own_model := argparse.Namespace(wv=own))
        own_model.wv.save(tmp_path / "own")
        assert KeyedVectors.load(tmp_path / "own").index_to_key == own.index_to_key
    model.save(tmp_path / "model")


def test_numbers_written_into_the_vectors_are_saved_or_refused_at_once(tmp_path: Path) -> None:
    model = Node2Vec(**OPTIONS | {"combine": "in"}).fit(LEARNED)
    model.wv.vectors[3] = 7
    model.save(tmp_path / "model")
    assert (Node2Vec.load(tmp_path / "model").wv.vectors[3] == 7).all()
    mean = Node2Vec(**OPTIONS).fit(LEARNED)
    with pytest.raises(ValueError, match="read-only"):
        mean.wv.vectors[3] = 7
    for wv in (KeyedVectors(8), None):
        with pytest.raises(AttributeError):
            model.wv = wv


def test_a_corpus_of_walks_may_be_weighted() -> None:
    walks = LEARNED.walk_corpus(LEARNED.walks(4, 10))
    assert isinstance(walks, Corpus)
    model = Word2Vec(walks.weighted([1.0] * 4 + [0.0] * (len(walks) - 4)), vector_size=4, min_count=1, sg=1, epochs=2)
    assert 4 < model.syn1neg.any(axis=1).sum() <= 40
