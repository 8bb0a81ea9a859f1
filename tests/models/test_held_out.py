"""The loss on sentences that are not trained on, and callbacks that look at training."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from reference.harness import alias_table, together
from reference.oracle import Model, huffman_paths, train
from reference.planted import topic_sentences

from fastemb import Corpus, DeepWalk, EarlyStopping, Item2Vec, Metrics, StopTraining, Word2Vec
from fastemb.config import isa
from fastemb.graphs import Graph

SENTENCES = topic_sentences(200)
HELD_OUT = topic_sentences(40, seed=9)
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 12, "sample": 0.01, "epochs": 2, "workers": 1}
KINDS: dict[str, dict[str, Any]] = {
    "skip-gram": {"sg": 1},
    "skip-gram, negatives per pair": {"sg": 1, "negatives_per_pair": True},
    "skip-gram, paths": {"sg": 1, "hs": 1, "negative": 0},
    "CBOW": {},
    "CBOW, sum": {"cbow_mean": 0},
    "CBOW, paths and negatives": {"hs": 1},
    "whole windows": {"sg": 1, "shrink_windows": False, "window": 2},
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_mean_over_all_pairs_of_the_oracle(kind: str) -> None:
    model = Word2Vec(SENTENCES, **OPTIONS | KINDS[kind])
    counts = model.wv.expandos["count"]
    oracle = Model(model.wv.vectors.astype(np.float64), seed=1, window=model.window, sg=bool(model.sg))
    oracle.shrink_windows, oracle.cbow_mean = bool(model.shrink_windows), bool(model.cbow_mean)
    if model.negative:
        oracle.negative, oracle.negatives_per_pair = model.negative, True
        oracle.out_ns = model.syn1neg.astype(np.float64)
        oracle.noise = alias_table(counts**0.75).tolist()
    if model.hs:
        oracle.out_hs = model.syn1.astype(np.float64)
        oracle.paths = huffman_paths(counts.tolist())
    oracle.together = together(isa())
    ids = [[model.wv.key_to_index[word] for word in sentence] for sentence in HELD_OUT]
    done = train(oracle, ids, 0, 0.0, 0, sum(map(len, ids)))
    assert model.held_out_loss(HELD_OUT) == pytest.approx(done.loss / done.pairs, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_an_untrained_model_has_log_2_and_nothing_is_learned(kind: str) -> None:
    model = Word2Vec(**OPTIONS | KINDS[kind])
    model.build_vocab(SENTENCES)
    before = model.wv.vectors.copy()
    assert model.held_out_loss(HELD_OUT) == pytest.approx(math.log(2), rel=1e-6)
    model.train(SENTENCES)
    trained, epochs = model.wv.vectors.copy(), model._known.weights.epochs_trained
    assert model.held_out_loss(HELD_OUT) < 0.95 * math.log(2)
    np.testing.assert_array_equal(model.wv.vectors, trained)
    assert (trained != before).any()
    assert model._known.weights.epochs_trained == epochs
    assert model.wv.vectors.flags.c_contiguous


def test_it_does_not_depend_on_workers_doors_or_thinning() -> None:
    model = Word2Vec(SENTENCES, **OPTIONS)
    loss = model.held_out_loss(HELD_OUT)
    assert model.held_out_loss(Corpus.from_sentences(HELD_OUT)) == loss
    assert model.held_out_loss(iter(HELD_OUT), workers=3) == pytest.approx(loss, rel=1e-12)
    model.sample = 1e-9
    assert model.held_out_loss(HELD_OUT) == loss


def test_the_loss_of_training_does_not_depend_on_workers_but_for_noise() -> None:
    one, two = (
        Word2Vec(SENTENCES * 20, **OPTIONS | {"workers": workers, "compute_loss": True, "sg": 1}) for workers in (1, 2)
    )
    for row, other in zip(one.history, two.history, strict=False):
        if row["epoch"] == other["epoch"] in (1.0, 2.0):
            assert row["loss"] == pytest.approx(other["loss"], rel=0.03)


def test_what_cannot_be_measured_is_refused() -> None:
    model = Word2Vec(SENTENCES, **OPTIONS)
    with pytest.raises(ValueError, match="none of"):
        model.held_out_loss([["other", "words"]])
    with pytest.raises(ValueError, match="no sentence has two words of the vocabulary"):
        model.held_out_loss([["t0w0"], ["t1w1", "new"]])
    with pytest.raises(RuntimeError, match="build_vocab"):
        Word2Vec().held_out_loss(HELD_OUT)
    with pytest.raises(TypeError, match="give either sentences or corpus_file"):
        model.held_out_loss()
    model.wv.vectors[3] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model.held_out_loss(HELD_OUT)
    model.wv.vectors[3], model.syn1neg[:] = 3e38, 3e38
    with pytest.raises(FloatingPointError, match="no finite number"):
        model.held_out_loss(HELD_OUT)


# ---- early stopping ----


class Scores:
    """Gives these numbers, one after the other."""

    def __init__(self, *scores: float) -> None:
        self.left = list(scores)

    def __call__(self, _: Any) -> float:
        return self.left.pop(0)


@pytest.mark.parametrize(
    ("scores", "options", "best", "epochs"),
    [
        ([1, 2, 3, 4, 5], {}, 5, 5),
        ([1, 3, 2, 2.5, 4], {"patience": 2}, 2, 4),
        ([1, 3, 2, 3.5, 3], {"patience": 2}, 4, 5),
        ([1, 3, 3, 9, 9], {"patience": 1}, 2, 3),
        ([1, 1.4, 1.9, 9, 9], {"patience": 2, "min_delta": 1}, 1, 3),
        ([5, 4, 4.5, 3, 9], {"mode": "min"}, 4, 5),
        ([-1, -2, -3, 0, 0], {"mode": "max"}, 1, 3),
    ],
)
def test_patience_runs_out(scores: list[float], options: dict[str, Any], best: int, epochs: int) -> None:
    stop = EarlyStopping(Scores(*scores), **options)
    model = Word2Vec(SENTENCES, **OPTIONS | {"epochs": 5}, callbacks=[stop])
    assert (stop.best_epoch, len(stop.scores)) == (best, epochs)
    assert stop.scores == scores[:epochs]
    assert stop.best_score == scores[best - 1]
    assert stop.stopped == (epochs - best >= options.get("patience", 2))
    assert model._known.weights.epochs_trained == epochs


def test_the_loss_of_held_out_sentences_ends_training() -> None:
    rng = np.random.default_rng(0)
    words = [f"w{number}" for number in range(40)]
    noise = [[words[word] for word in row] for row in rng.integers(0, 40, (60, 8)).tolist()]  # nothing to be learned
    stop = EarlyStopping(iter(noise[30:]), patience=2)
    options = OPTIONS | {"epochs": 200, "sample": 0, "alpha": 0.1, "min_count": 0}
    model = Word2Vec(noise[:30], **options, callbacks=[stop])
    assert stop.stopped
    assert len(stop.scores) < 200
    assert stop.scores[-1] == model.held_out_loss(noise[30:])
    assert stop.best_score == min(stop.scores)


@pytest.mark.parametrize("kind", ["CBOW", "CBOW, paths and negatives", "skip-gram, paths"])
@pytest.mark.parametrize("epochs", [4, 40])  # the last epoch comes before patience runs out, and after
def test_the_best_matrices_come_back(kind: str, epochs: int) -> None:
    class Keep:
        def on_epoch_end(self, model: Word2Vec) -> None:
            self.kept = [*getattr(self, "kept", []), model.wv.vectors.copy()]

    keep, stop = Keep(), EarlyStopping(Scores(1, 3, 2, 2, 2), patience=3, restore_best=True)
    model = Word2Vec(SENTENCES, **OPTIONS | KINDS[kind] | {"epochs": epochs}, callbacks=[keep, stop])
    assert stop.stopped == (epochs == 40)
    np.testing.assert_array_equal(model.wv.vectors, keep.kept[1])
    twin = Word2Vec(
        SENTENCES, **OPTIONS | KINDS[kind] | {"epochs": epochs}, callbacks=[EarlyStopping(Scores(2, 1), patience=1)]
    )
    if model.negative:
        assert (model.syn1neg == twin.syn1neg).all()
    assert model.wv.most_similar("t0w0") == twin.wv.most_similar("t0w0")


def test_sentences_without_a_known_word_are_refused_before_training() -> None:
    model = Word2Vec(SENTENCES, **OPTIONS)
    before = model.wv.vectors.copy()
    with pytest.raises(ValueError, match="none of"):
        model.train(SENTENCES, callbacks=[EarlyStopping([["other", "words"]])])
    np.testing.assert_array_equal(model.wv.vectors, before)


@pytest.mark.parametrize("kind", KINDS)
def test_looking_at_the_loss_changes_nothing_that_is_learned(kind: str) -> None:
    plain = Word2Vec(SENTENCES, **OPTIONS | KINDS[kind])
    watched = Word2Vec(SENTENCES, **OPTIONS | KINDS[kind], callbacks=[EarlyStopping(HELD_OUT, patience=9)])
    np.testing.assert_array_equal(watched.wv.vectors, plain.wv.vectors)


def test_each_training_begins_anew() -> None:
    stop = EarlyStopping(lambda model: 1.0, patience=1)
    model = Word2Vec(SENTENCES, **OPTIONS, callbacks=[stop])
    assert stop.scores == [1.0, 1.0]
    model.train(SENTENCES, callbacks=[stop], epochs=9)
    assert stop.scores == [1.0, 1.0]


def test_items_and_graphs_stop_on_any_score() -> None:
    baskets = [[1, 2, 3], [2, 3, 4], [1, 4]] * 20
    stop = EarlyStopping(lambda model: 1.0, patience=1)
    model = Item2Vec(vector_size=4, epochs=5, progress=False, callbacks=[stop]).fit(baskets)
    assert {row["sg"] for row in model.history} == {0.0, 1.0}  # the second kind was trained, too
    assert [row["epoch"] for row in model.history if row["sg"] == 1.0][-1] == 2.0
    nodes = DeepWalk(vector_size=4, epochs=5, num_walks=2, progress=False, callbacks=[stop])
    nodes.fit(Graph.from_edges([(1, 2), (2, 3), (3, 1)]))
    assert nodes._history[-1]["epoch"] == 2.0


def test_wrong_options_are_refused() -> None:
    for wrong, message in (
        ({"score": "text.txt"}, "score must be sentences that are held out, or a function"),
        ({"score": 3}, "score must be sentences"),
        ({"score": [], "patience": 0}, "patience must be between 1"),
        ({"score": [], "min_delta": -1}, "min_delta must be a finite number >= 0"),
        ({"score": [], "mode": "auto"}, "mode must be 'min', 'max' or None, not 'auto'"),
        ({"score": [], "restore_best_weights": True}, "did you mean 'restore_best'"),
        ({"score": [], "restore_best": 2}, "restore_best must be True or False"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            EarlyStopping(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="score must be a finite number, not nan"):
        Word2Vec(SENTENCES, **OPTIONS, callbacks=[EarlyStopping(lambda model: math.nan)])
    with pytest.raises(TypeError, match="score must be a number, not None"):
        Word2Vec(SENTENCES, **OPTIONS, callbacks=[EarlyStopping(lambda model: None)])  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match="object has no held-out loss: give EarlyStopping a function"):
        EarlyStopping([[1, 2]]).on_train_begin(object())
    with pytest.raises(TypeError, match="restore_best is for Word2Vec, not Item2Vec"):
        Item2Vec(callbacks=[EarlyStopping(len, restore_best=True)], progress=False).fit([[1, 2], [2, 1]])


# ---- numbers for others ----


def test_metrics_are_plain_numbers_of_each_epoch() -> None:
    seen: list[dict[str, float]] = []
    metrics = Metrics(seen.append, further={"held_out": lambda model: model.held_out_loss(HELD_OUT)})
    model = Word2Vec(SENTENCES, **OPTIONS, compute_loss=True, callbacks=[metrics])
    assert [row["epoch"] for row in seen] == [1.0, 2.0]
    assert {type(value) for row in seen for value in row.values()} == {float}
    assert list(seen[0]) == ["epoch", "words", "seconds", "alpha", "loss", "words_per_second", "held_out"]
    assert seen[1]["held_out"] == model.held_out_loss(HELD_OUT)
    Word2Vec(SENTENCES, **OPTIONS, callbacks=[Metrics(seen.append)])
    assert "loss" not in seen[-1]
    stream = io.StringIO()
    Item2Vec(vector_size=2, epochs=1, progress=False, callbacks=[Metrics(lambda row: print(row, file=stream))]).fit(
        [[1, 2], [2, 3]]
    )
    assert [line[:13] for line in stream.getvalue().splitlines()] == ["{'epoch': 1.0"] * 2


def test_metrics_of_what_is_no_function_are_refused() -> None:
    with pytest.raises(TypeError, match="log must be a function, not 'wandb'"):
        Metrics("wandb")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="recall must be a function"):
        Metrics(print, further={"recall": 0.5})  # type: ignore[dict-item]

    with pytest.raises(TypeError, match="further must be a dict of names and functions, not"):
        Metrics(print, further=[print])  # type: ignore[arg-type]


def test_a_metric_may_stop_training() -> None:
    def stop(_: dict[str, float]) -> None:
        raise StopTraining

    assert Word2Vec(SENTENCES, **OPTIONS, callbacks=[Metrics(stop)]).history[-1]["epoch"] == 1.0
