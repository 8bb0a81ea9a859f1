"""Training a model further, with other corpora, learning rates and vectors."""

from __future__ import annotations

import copy
import pickle
from contextlib import nullcontext, suppress
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference.planted import topic_sentences

from fastemb import Corpus, Word2Vec
from fastemb.train.hogwild import Hogwild
from fastemb.train.run import Run
from fastemb.train.schedule import Schedule, block_words
from fastemb.train.strategy import Watch

SENTENCES = topic_sentences()
WORDS = 2700
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 20, "workers": 1, "sample": 0, "epochs": 3}


def built(**settings: Any) -> Word2Vec:
    model = Word2Vec(**OPTIONS | settings)
    model.build_vocab(SENTENCES)
    return model


def bits(model: Word2Vec) -> bytes:
    return model.wv.vectors.tobytes() + model.syn1neg.tobytes()


class Alphas:
    """The learning rate of every block."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[float] = []
        alpha = Schedule.alpha

        def spy(schedule: Schedule, done: float) -> float:
            self.seen.append(alpha(schedule, done))
            return self.seen[-1]

        monkeypatch.setattr(Schedule, "alpha", spy)

    def take(self) -> list[float]:
        taken, self.seen[:] = list(self.seen), []
        return taken


# ---- again ----


def test_every_epoch_draws_new_samples() -> None:
    model = built(sample=0.01)
    kept = [model.train(SENTENCES, epochs=1, start_alpha=0, end_alpha=0)[0] for _ in range(4)]
    assert len(set(kept)) > 1
    whole = built(sample=0.01)
    assert whole.train(SENTENCES, epochs=4, start_alpha=0, end_alpha=0)[0] == sum(kept)


def test_two_calls_with_a_steady_learning_rate_equal_one() -> None:
    whole, parts = built(), built()
    whole.train(SENTENCES, epochs=4, start_alpha=0.05, end_alpha=0.05)
    for epochs in (1, 3):
        parts.train(SENTENCES, epochs=epochs, start_alpha=0.05, end_alpha=0.05)
    assert bits(whole) == bits(parts)


def test_building_the_vocabulary_again_starts_over() -> None:
    model, fresh = built(), built()
    model.train(SENTENCES)
    model.build_vocab(SENTENCES)
    model.train(SENTENCES)
    fresh.train(SENTENCES)
    assert bits(model) == bits(fresh)


def test_no_epochs_train_nothing() -> None:
    model = built()
    before = bits(model)
    with pytest.warns(UserWarning, match="nothing was trained: epochs is 0"):
        assert model.train(SENTENCES, epochs=0) == (0, 0)
    assert bits(model) == before


def test_training_says_how_many_words_it_passed_and_kept() -> None:
    model = built()
    assert model.train(SENTENCES, epochs=2) == (2 * WORDS, 2 * WORDS)
    assert model.total_train_time > 0
    assert model.get_latest_training_loss() == 0.0


def test_the_loss_is_that_of_the_last_call() -> None:
    model = built()
    model.train(SENTENCES, compute_loss=True, epochs=2)
    both = model.get_latest_training_loss()
    model.train(SENTENCES, compute_loss=True, epochs=1)
    assert 0 < model.get_latest_training_loss() < 0.7 * both
    model.train(SENTENCES)
    assert model.get_latest_training_loss() == 0.0


def test_asking_for_the_loss_does_not_change_what_is_learned() -> None:
    for kind in ({"sg": 1}, {"sg": 0}):
        with_loss, without = built(**kind), built(**kind)
        with_loss.train(SENTENCES, compute_loss=True)
        without.train(SENTENCES)
        np.testing.assert_allclose(with_loss.wv.vectors, without.wv.vectors, rtol=0, atol=1e-6)


def test_norms_are_those_of_the_trained_vectors() -> None:
    model = built()
    model.wv.fill_norms()
    model.train(SENTENCES)
    model.wv.fill_norms()
    np.testing.assert_allclose(model.wv.norms, np.linalg.norm(model.wv.vectors, axis=1), rtol=1e-6)


# ---- learning rates ----


def test_the_learning_rate_falls_linearly_and_stays_at_its_end() -> None:
    schedule = Schedule(0.1, 0.02, 1000)
    assert [schedule.alpha(done) for done in (0, 250, 1000, 5000)] == pytest.approx([0.1, 0.08, 0.02, 0.02])
    assert Schedule(0.02, 0.1, 1000).alpha(500) == pytest.approx(0.06)
    assert Schedule(0.1, 0.02, 0).alpha(0) == pytest.approx(0.02)


def test_blocks_follow_the_learning_rate_over_all_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    alphas = Alphas(monkeypatch)
    model = built(alpha=0.08, min_alpha=0.02)
    model.train(SENTENCES, epochs=2)
    begins = [epoch * WORDS + begin for epoch in range(2) for begin in range(0, WORDS, block_words(WORDS, 1e9))]
    blocks = [0.08 - 0.06 * begin / (2 * WORDS) for begin in begins]
    assert set(np.round(blocks, 12)) <= set(np.round(alphas.take(), 12))


@pytest.mark.parametrize(
    ("options", "first", "last"),
    [
        ({}, 0.08, 0.02),
        ({"start_alpha": 0.05}, 0.05, 0.02),
        ({"end_alpha": 0.04}, 0.08, 0.04),
        ({"start_alpha": 0.05, "end_alpha": 0.05}, 0.05, 0.05),
        ({"total_examples": 300}, 0.08, 0.02),
        ({"total_examples": 600}, 0.08, 0.05),
        ({"total_words": 2 * WORDS}, 0.08, 0.05),
        ({"total_words": 4 * WORDS, "total_examples": 300}, 0.08, 0.065),
        ({"total_words": WORDS / 2}, 0.08, 0.02),
    ],
)
def test_start_end_and_totals_set_the_learning_rates(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], first: float, last: float
) -> None:
    alphas = Alphas(monkeypatch)
    model = built(alpha=0.08, min_alpha=0.02)
    model.train(SENTENCES, **options)
    seen = alphas.take()
    assert seen[0] == pytest.approx(first)
    assert seen[-1] == pytest.approx(last)  # the display asks once more after the last word
    assert (model.alpha, model.min_alpha) == (0.08, 0.02)


def test_totals_count_words_that_the_vocabulary_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    alphas = Alphas(monkeypatch)
    model = built(alpha=0.08, min_alpha=0.02)
    model.train([[*sentence, "unknown"] for sentence in SENTENCES], total_words=2 * 3000, epochs=1)
    assert alphas.take()[-1] == pytest.approx(0.05)


@pytest.mark.parametrize("name", ["start_alpha", "end_alpha"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_a_learning_rate_that_makes_no_sense_is_named(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be a finite number >= 0"):
        built().train(SENTENCES, **{name: value})


@pytest.mark.parametrize("name", ["total_examples", "total_words"])
def test_a_total_that_makes_no_sense_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be a finite number >= 1"):
        built().train(SENTENCES, **{name: 0})
    with pytest.raises(TypeError, match=f"^{name} must be a number"):
        built().train(SENTENCES, **{name: "many"})


def test_epochs_that_make_no_sense_are_named() -> None:
    with pytest.raises(ValueError, match="epochs must be between"):
        built().train(SENTENCES, epochs=-1)


def test_a_block_is_short_enough_to_stop_soon_and_long_enough_to_be_cheap() -> None:
    assert block_words(10, 1e4) == 256
    assert block_words(10**9, 1.0) == 32768
    assert block_words(10**9, 1e5) == 10**4
    assert block_words(10**9, 1e9) == 256
    assert block_words(64_000, 1e5) == 1000


# ---- other corpora ----


def test_words_outside_the_vocabulary_are_skipped() -> None:
    # They leave no gap: their neighbours come together.
    strangers = [[token for word in sentence for token in (word, "stranger", "x y")] for sentence in SENTENCES]
    plain, mixed = built(), built()
    plain.train(SENTENCES)
    assert mixed.train(strangers) == (3 * WORDS, 9 * WORDS)
    assert bits(plain) == bits(mixed)


def test_a_corpus_without_a_known_word_trains_nothing_and_says_so(tmp_path: Path) -> None:
    model = built()
    path = tmp_path / "other.txt"
    path.write_text("other words\n", encoding="utf-8")
    before = model.wv.vectors.copy()
    for source in (
        {"corpus_iterable": [["other"]]},
        {"corpus_file": path},
        {"corpus_iterable": Corpus.from_file(path)},
    ):
        raw_words = 1 if isinstance(source.get("corpus_iterable"), list) else 2
        with pytest.warns(UserWarning, match="nothing was trained.*none of its words is in the vocabulary"):
            assert model.train(**source) == (0, 3 * raw_words)
    for empty in ([], [[]], [[], []]):
        with pytest.warns(UserWarning, match="nothing was trained.*there is no word"):
            assert model.train(empty) == (0, 0)
    assert np.array_equal(model.wv.vectors, before)
    model.train(SENTENCES)


def test_training_goes_on_with_a_corpus_of_another_vocabulary() -> None:
    tail = [["t2w7", *sentence] for sentence in SENTENCES[:100]]
    lists, corpus = built(), built()
    lists.train(tail)
    encoded = Corpus.from_sentences(tail)
    assert encoded.vocabulary.keys != corpus.wv.index_to_key
    corpus.train(encoded)
    assert bits(lists) == bits(corpus)


def test_training_without_a_vocabulary_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="no vocabulary yet: you must first build vocabulary"):
        Word2Vec().train(SENTENCES)


def test_training_is_over_before_the_corpus_may_change() -> None:
    sentences = copy.deepcopy(SENTENCES)
    model = built()
    model.train(sentences)
    sentences.clear()
    assert model.wv.most_similar("t0w0", topn=1)


# ---- vectors and output vectors ----


def test_replaced_vectors_are_taken_over() -> None:
    rng = np.random.default_rng(0)
    own = rng.normal(size=(24, 20)) / 20
    model, other = built(), built()
    model.wv.vectors = own  # float64, not padded
    other.wv.vectors[:] = own
    model.train(SENTENCES)
    other.train(SENTENCES)
    assert bits(model) == bits(other)
    assert model.wv.vectors.dtype == np.float32
    assert own.max() < 1  # the array itself stays as it was
    assert not np.shares_memory(model.wv.vectors, own)


def test_changing_vectors_in_place_reaches_the_model() -> None:
    model = built()
    model.wv.vectors[:] = 0
    model.train(SENTENCES, start_alpha=0, end_alpha=0)
    assert not model.wv.vectors.any()


@pytest.mark.parametrize("shape", [(24, 19), (23, 20), (25, 20), (20, 24)])
def test_vectors_of_another_shape_are_an_error(shape: tuple[int, ...]) -> None:
    model = built()
    model.wv.vectors = np.zeros(shape, np.float32)
    with pytest.raises(ValueError, match=r"wv.vectors has shape .*; the model needs \(24, 20\)"):
        model.train(SENTENCES)


def test_a_slice_of_the_vectors_is_not_taken_for_the_whole() -> None:
    model = built()
    model.wv.vectors = model.wv.vectors[:, :12]
    with pytest.raises(ValueError, match=r"wv.vectors has shape \(24, 12\); the model needs \(24, 20\)"):
        model.train(SENTENCES)


def test_another_vector_size_after_the_vocabulary_is_an_error() -> None:
    model = built()
    model.vector_size = 30
    with pytest.raises(ValueError, match=r"wv.vectors has shape \(24, 20\); the model needs \(24, 30\)"):
        model.train(SENTENCES)


def test_locked_rows_stay_as_they_are() -> None:
    for kind in ({"sg": 0}, {"sg": 1}, {"sg": 1, "hs": 1}):
        model = built(**kind)
        before = model.wv.vectors.copy()
        model.wv.vectors_lockf = np.ones(24, np.float32)
        model.wv.vectors_lockf[3:6] = 0
        model.train(SENTENCES)
        moved = (model.wv.vectors != before).any(axis=1)
        assert not moved[3:6].any()
        assert moved[:3].all()
        assert moved[6:].all()


def test_a_lock_factor_scales_changes() -> None:
    full, half = built(sg=1, epochs=1), built(sg=1, epochs=1)
    half.wv.vectors_lockf = [0.5]
    before = full.wv.vectors.copy()
    pair = [full.wv.index_to_key[:2]]
    for model in (full, half):
        model.syn1neg[:] = 0.1
        model.train(pair, start_alpha=1e-3, end_alpha=1e-3)
    changes = [model.wv.vectors[:2] - before[:2] for model in (full, half)]
    np.testing.assert_allclose(changes[1], changes[0] / 2, rtol=0.01, atol=1e-7)
    assert np.abs(changes[0]).max() > 1e-5


def test_a_lock_factor_of_one_changes_nothing() -> None:
    models = [built(), built(), built()]
    models[1].wv.vectors_lockf = np.ones(1, np.float32)
    models[2].wv.vectors_lockf = np.ones(24, np.float32)
    for model in models:
        model.train(SENTENCES)
    assert bits(models[0]) == bits(models[1])
    np.testing.assert_allclose(models[2].wv.vectors, models[0].wv.vectors, rtol=0, atol=1e-6)


def test_lock_factors_of_another_length_are_an_error() -> None:
    model = built()
    with pytest.raises(ValueError, match=r"wv.vectors_lockf has 5 entries; it takes 1 or one for each of 24 rows"):
        model.wv.vectors_lockf = np.ones(5)
    model.train(SENTENCES)
    vars(model.wv)["vectors_lockf"] = np.ones(5)  # as where rows were taken away afterwards
    with pytest.raises(ValueError, match=r"wv.vectors_lockf has 5 entries; it takes 1 or one for each of 24 words"):
        model.train(SENTENCES)


@pytest.mark.parametrize(
    ("kind", "there", "absent"),
    [
        ({}, ["syn1neg", "wv_out"], ["syn1"]),
        ({"hs": 1, "negative": 0}, ["syn1"], ["syn1neg", "wv_out"]),
        ({"hs": 1}, ["syn1", "syn1neg", "wv_out"], []),
    ],
)
def test_output_vectors_are_there_when_they_are_trained(
    kind: dict[str, int], there: list[str], absent: list[str]
) -> None:
    model = built(**kind)
    for name in there:
        assert len(getattr(model, name)) == 24
        with pytest.raises(AttributeError, match=f"this model has no {name}: it needs .* and a vocabulary"):
            getattr(Word2Vec(**kind), name)
    for name in absent:
        assert not hasattr(model, name)
        with pytest.raises(AttributeError, match=f"this model has no {name}: it needs"):
            getattr(model, name)


def test_output_vectors_are_views_of_the_model() -> None:
    model = built(hs=1)
    model.train(SENTENCES)
    assert np.array_equal(model.wv_out.vectors, model.syn1neg)
    assert model.wv_out.index_to_key == model.wv.index_to_key
    model.syn1neg[:] = 0
    model.syn1[:] = 0
    assert not model.wv_out.vectors.any()
    model.train(SENTENCES, start_alpha=0, end_alpha=0)
    assert not model.syn1neg.any()
    assert not model.syn1.any()


def test_the_score_of_a_pair_is_higher_within_a_topic() -> None:
    model = built(sg=1, alpha=0.05, epochs=10)
    model.train(SENTENCES)
    scores = model.wv.vectors @ model.wv_out.vectors.T
    same = np.array([[a[:2] == b[:2] for b in model.wv.index_to_key] for a in model.wv.index_to_key])
    assert scores[same].mean() > scores[~same].mean() + 1


@pytest.mark.parametrize(("before", "after"), [({}, {"hs": 1}), ({"hs": 1}, {"hs": 0}), ({"hs": 1}, {"negative": 0})])
def test_switching_targets_after_the_vocabulary_is_an_error(before: dict[str, int], after: dict[str, int]) -> None:
    model = built(**before)
    for name, value in after.items():
        setattr(model, name, value)
    with pytest.raises(ValueError, match="hs and negative cannot be switched on or off once the vocabulary is built"):
        model.train(SENTENCES)


def test_the_number_of_negatives_may_change_between_calls() -> None:
    model = built()
    model.train(SENTENCES)
    model.negative = 12
    assert model.train(SENTENCES) == (3 * WORDS, 3 * WORDS)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copied_model_trains_on_as_the_original_does(copied: Any) -> None:
    model = built(hs=1)
    model.train(SENTENCES)
    twin = copied(model)
    at_copy = bits(twin)
    assert at_copy == bits(model)
    model.train(SENTENCES)
    assert bits(twin) == at_copy
    twin.train(SENTENCES)
    assert bits(twin) == bits(model)


def test_a_model_tells_what_it_is() -> None:
    assert str(built()) == "Word2Vec<vocab=24, vector_size=20, alpha=0.025>"
    assert str(Word2Vec()) == "Word2Vec<vocab=0, vector_size=100, alpha=0.025>"
    assert built(comment="of topics").comment == "of topics"


# ---- divergence ----


@pytest.mark.parametrize("kind", [{"sg": 1}, {"sg": 0}, {"sg": 1, "hs": 1, "negative": 0}])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_absurd_learning_rate_is_an_error_that_names_it(kind: dict[str, int], workers: int) -> None:
    model = built(workers=workers, alpha=1e30, **kind)
    with (
        pytest.warns(UserWarning, match=r"alpha=1e\+30 is so large"),
        pytest.raises(FloatingPointError, match=r"training diverged.*Lower alpha \(now 1e\+30\)") as caught,
    ):
        model.train(SENTENCES)
    assert type(caught.value) is FloatingPointError
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("matrix", ["wv.vectors", "syn1neg", "syn1"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_matrices_that_are_no_numbers_are_noticed_before_training(matrix: str, value: float) -> None:
    model = built(hs=1)
    attrgetter(matrix)(model)[2, 3] = value
    before = bits(model)
    with pytest.raises(ValueError, match=rf"{matrix} holds NaN or infinite numbers, first in row 2 \('t"):
        model.train(SENTENCES)
    assert bits(model) == before
    model.build_vocab(SENTENCES)
    model.train(SENTENCES)
    assert np.isfinite(model.wv.vectors).all()


def test_when_the_main_thread_looks_does_not_change_how_the_loss_is_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    train = Hogwild.train_epoch

    def look_after_the_first_block(team: Hogwild, run: Run, trainer: Any, watch: Watch) -> None:
        def add(words: int, kept: int, pairs: int, loss: float) -> None:
            first = run.totals.words == 0
            run.totals.words += words
            run.totals.pairs += pairs
            run.totals.loss += 600.2 if first else 280.1
            if first:
                watch(nullcontext)

        monkeypatch.setattr(run.totals, "add", add)
        train(team, run, trainer, lambda _: None)

    monkeypatch.setattr(Hogwild, "train_epoch", look_after_the_first_block)
    model = built()
    model.train(SENTENCES, epochs=1, compute_loss=True)
    expected = 600.2
    for _ in range(256, WORDS, 256):  # words a block
        expected += 280.1
    assert expected != 600.2 + (expected - 600.2)
    assert model.get_latest_training_loss() == expected


RUINED = pytest.mark.filterwarnings("ignore:training does not learn but ruins the vectors")  # see test_lengths


@RUINED
@pytest.mark.parametrize("kind", [{"sg": 1}, {"sg": 0}, {"sg": 1, "hs": 1, "negative": 0}])
@pytest.mark.parametrize("alpha", [1.5, 1e3, 1e6])
def test_a_large_learning_rate_never_passes_without_a_word(kind: dict[str, int], alpha: float) -> None:
    model = built(**kind)
    warned = pytest.warns(
        UserWarning, match=r"alpha=.* is so large that nothing useful is learned: 0.025 to 0.2 is usual"
    )
    with warned, suppress(FloatingPointError):
        model.train([["a", "b", "c"]] * 3 + SENTENCES[:3], start_alpha=alpha)


@RUINED
def test_many_negatives_never_pass_without_a_word() -> None:
    model = built(negative=1000)
    with pytest.warns(UserWarning, match="negative=1000 takes long, and training easily diverges"):
        model.train(SENTENCES[:3])
    with (
        pytest.warns(UserWarning, match="negative=1000 takes long|so large"),
        pytest.raises(FloatingPointError, match=r"Lower alpha \(now 1000\) or negative \(now 1000\)"),
    ):
        model.train(SENTENCES, start_alpha=1e3, epochs=20)


@pytest.mark.parametrize("matrix", ["wv.vectors", "syn1neg"])
def test_matrices_that_are_no_numbers_after_training_are_an_error(matrix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, train = built(), Hogwild.train_epoch

    def overflowing(*arguments: Any) -> None:
        train(*arguments)
        attrgetter(matrix)(model)[3, 0] = np.inf

    monkeypatch.setattr(Hogwild, "train_epoch", overflowing)
    with pytest.raises(FloatingPointError, match=rf"diverged: {matrix} holds NaN or infinite numbers. Lower alpha"):
        model.train(SENTENCES, epochs=1)


@pytest.mark.parametrize("rates", [{"min_alpha": 5}, {"alpha": 0.00005}, {"alpha": 0, "min_alpha": 1e-9}])
def test_a_rate_that_would_rise_is_refused(rates: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"min_alpha=.* is above the first learning rate"):
        Word2Vec(**OPTIONS, **rates)
    model = built()
    vars(model).update(rates)
    with pytest.raises(ValueError, match=r"min_alpha=.* is above the first learning rate") as caught:
        model.train(SENTENCES)
    name, _, value = str(caught.value).partition(": give ")[2].split()[0].partition("=")
    Word2Vec(SENTENCES, **OPTIONS | rates | {name: float(value)})


def test_a_rate_of_one_call_that_would_rise_is_refused() -> None:
    model = built()
    with pytest.raises(ValueError, match=r"end_alpha=0.1 is above the first learning rate, 0.025"):
        model.train(SENTENCES, end_alpha=0.1)
    with pytest.raises(ValueError, match=r"min_alpha=0.0001 is above the first learning rate, 1e-05"):
        model.train(SENTENCES, start_alpha=0.00001)
    model.train(SENTENCES, start_alpha=0.1, end_alpha=0.1)
