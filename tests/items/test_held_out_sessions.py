"""The loss of items on sessions that they are not learned from, and training that ends by it."""

from __future__ import annotations

import math
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

from fastemb import EarlyStopping, Interactions, Item2Vec, Word2Vec

KINDS: list[dict[str, Any]] = [{"sg": sg, "window": window} for sg in (0, 1, None) for window in (None, 3)]
OPTIONS: dict[str, Any] = {"vector_size": 12, "epochs": 4, "workers": 1, "progress": False, "negative": 5}


def sessions(count: int, seed: int = 0) -> list[list[int]]:
    """Four different items of one of five themes each."""
    rng = np.random.default_rng(seed)
    return [(10 * theme + rng.permutation(10)[:4]).tolist() for theme in rng.integers(0, 5, count)]


LEARNED, HELD_OUT = sessions(300), sessions(80, 1)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_an_untrained_model_has_log_2_and_a_trained_one_less(kind: dict[str, Any]) -> None:
    model = Item2Vec(**OPTIONS | kind | {"epochs": 0})
    with pytest.warns(UserWarning, match="epochs is 0"):
        model.fit(LEARNED)
    assert model.held_out_loss(HELD_OUT) == pytest.approx(math.log(2), rel=1e-6)
    model.set_params(epochs=8).fit(LEARNED)
    before = pickle.dumps(model.wv.vectors), pickle.dumps(model.wv_out.vectors)
    found = model.held_out_loss(HELD_OUT)
    assert found < 0.8 * math.log(2)
    assert (pickle.dumps(model.wv.vectors), pickle.dumps(model.wv_out.vectors)) == before
    assert model.held_out_loss(HELD_OUT) == found
    assert model.held_out_loss(HELD_OUT, workers=3) == pytest.approx(found, rel=1e-9)
    assert model.held_out_loss(Interactions.from_any(HELD_OUT)) == found
    strangers = sessions(80, 1)[::-1]
    shuffled = [[item for session in strangers for item in session][start::80] for start in range(80)]
    assert model.held_out_loss(shuffled) > found + 0.1


@pytest.mark.parametrize("sg", [0, 1])
def test_it_is_that_of_words_with_the_same_matrices(sg: int) -> None:
    model = Item2Vec(**OPTIONS | {"sg": sg, "window": 3, "ns_exponent": 0.75, "alpha": 0.05}).fit(LEARNED)
    words = Word2Vec(
        vector_size=12,
        sg=sg,
        window=3,
        negative=5,
        min_count=1,
        ns_exponent=0.75,
        sample=0,
        workers=1,
        cbow_exact=not sg,
    )
    counts = {item: int(model.wv.get_vecattr(item, "count")) for item in model.wv.index_to_key}
    words.build_vocab_from_freq(counts)
    assert words.wv.index_to_key == model.wv.index_to_key
    words.wv.vectors, words.syn1neg = model.wv.vectors.copy(), model.wv_out.vectors.copy()
    assert model.held_out_loss(HELD_OUT) == pytest.approx(words.held_out_loss(HELD_OUT), rel=1e-9)


def test_both_kinds_have_the_mean_of_their_losses() -> None:
    both = Item2Vec(**OPTIONS).fit(LEARNED)
    cores = both._known().current_cores()
    alone = []
    for core in cores:
        one = Item2Vec(**OPTIONS | {"sg": core.plan.settings.sg, "vector_size": 6}).fit(LEARNED)
        one.wv.vectors[:], one.wv_out.vectors[:] = core.inputs, core.outputs
        alone.append(one.held_out_loss(HELD_OUT))
    assert both.held_out_loss(HELD_OUT) == pytest.approx(sum(alone) / 2, rel=1e-9)


def test_events_of_larger_weight_count_more() -> None:
    model = Item2Vec(**OPTIONS | {"sg": 1, "epochs": 10}).fit(LEARNED)
    strange = [[0, 10, 20, 30]] * 80
    data = Interactions.from_any([*HELD_OUT, *strange])
    found = {}
    for name, weights in (("known", [1, 1e-6]), ("strange", [1e-6, 1])):
        weighted = Interactions(data.items, data.offsets, data.item_keys, weights=np.repeat(weights, 320))
        found[name] = model.held_out_loss(weighted)
    assert found["known"] == pytest.approx(model.held_out_loss(HELD_OUT), rel=0.1)
    assert found["strange"] > found["known"] + 0.3


def test_what_says_nothing_is_refused() -> None:
    model = Item2Vec(**OPTIONS)
    with pytest.raises(ValueError, match="not fitted yet: call fit"):
        model.held_out_loss(HELD_OUT)
    model.fit(LEARNED)
    assert model.held_out_loss([[1, 2, 9999]]) == model.held_out_loss([[1, 2]])
    for wrong, error, message in (
        ([[1], [9999, 2]], ValueError, "no session has two items of the model"),
        ([[9998, 9999]], ValueError, "no session has two items of the model"),
        ([["1", "2"]], TypeError, "the model's items are int"),
        ("text", TypeError, "no list of baskets"),
        (None, TypeError, "not the NoneType None"),
    ):
        with pytest.raises(error, match=message):
            model.held_out_loss(wrong)
    with pytest.raises(TypeError, match="workers"):
        model.held_out_loss(HELD_OUT, worker=2)  # type: ignore[call-arg]
    model.wv.vectors[3] = np.nan
    with pytest.raises(ValueError, match="holds NaN or infinite numbers"):
        model.held_out_loss(HELD_OUT)
    model.wv.vectors = np.ones((2, 2), np.float32)
    with pytest.raises(ValueError, match=r"model.wv were changed by hand"):
        model.held_out_loss(HELD_OUT)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_training_ends_when_it_stops_to_fall(kind: dict[str, Any]) -> None:
    stop = EarlyStopping(HELD_OUT, patience=2)
    model = Item2Vec(**OPTIONS | kind | {"epochs": 200, "callbacks": [stop]}).fit(LEARNED)
    assert stop.stopped
    assert 2 < len(stop.scores) < 200
    assert stop.best_score == min(stop.scores)
    assert stop.best_epoch == len(stop.scores) - 2
    assert stop.scores[-1] == pytest.approx(model.held_out_loss(HELD_OUT), rel=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.score(HELD_OUT)


def test_a_score_of_nothing_ends_training_before_it_begins() -> None:
    model = Item2Vec(**OPTIONS | {"callbacks": [EarlyStopping([[9998, 9999]])]})
    with pytest.raises(ValueError, match="no session has two items"):
        model.fit(LEARNED)
    assert not model.__sklearn_is_fitted__()
