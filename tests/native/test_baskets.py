"""Baskets without an order: which tokens are contexts of which, and training on them, against the oracle."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.harness import NativeRun, native_run, together
from reference.oracle import MOST_CONTEXTS, Model, basket_places, most_at_rate, train
from test_train_block import CORPUS, MODELS, TARGETS, WORDS, alpha_of, check_training, fresh_model, partitioned


def in_baskets(targets: str, size: int, basket: int, **options: object) -> Model:
    return fresh_model(targets, size, basket=basket, **options)


@pytest.mark.slow
@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("model_name", MODELS)
@pytest.mark.parametrize("basket", [1, 2, 5, 16, 17, 39, 1000])
@pytest.mark.parametrize("thinned", [False, True])
def test_every_model_agrees_with_the_oracle(
    isa: str, model_name: str, targets: str, basket: int, thinned: bool
) -> None:
    rng = np.random.default_rng(basket)
    tokens = sum(map(len, CORPUS))
    keep = rng.integers(2**30, 2**32, WORDS).tolist() if thinned else None
    event_keep = rng.integers(2**30, 2**32, tokens).tolist() if thinned and basket != 2 else None
    model = in_baskets(targets, 9, basket, keep=keep, event_keep=event_keep, seed=basket, **MODELS[model_name])
    run = native_run(isa, model, CORPUS)
    done = run.train(3, alpha_of(model_name))
    expected = train(model, CORPUS, 3, alpha_of(model_name))
    check_training(run, model, done, expected, True)


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "most"), [(0.025, 40), (0.05, 25), (0.11, 11), (0.3, 4)])
def test_fewer_contexts_share_negatives_the_higher_the_rate(isa: str, alpha: float, most: int) -> None:
    model = in_baskets("ns", 9, 1000)
    assert most_at_rate(alpha, False, MOST_CONTEXTS) == most
    baskets = [basket[:24] for basket in CORPUS]  # with more the highest rate makes much of rounding
    run = native_run(isa, model, baskets)
    done = run.train(0, alpha)
    check_training(run, model, done, train(model, baskets, 0, alpha), True, tolerance=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("model_name", ["skip-gram", "CBOW mean", "CBOW sum, exact"])
@pytest.mark.parametrize("negative", [32, 128])
def test_blocks_take_turns_with_draws_and_then_draw_anew(isa: str, model_name: str, negative: int) -> None:
    """90 blocks: of 32 negatives there are 32 shares, of 128 there are 8, so that the last 26 blocks have new ones."""
    rng = np.random.default_rng(negative)
    baskets = [rng.integers(0, 300, 9).tolist() for _ in range(40)]
    model = fresh_model("ns", 5, 300, basket=3, negative=negative, **MODELS[model_name])
    run = native_run(isa, model, baskets)
    done = run.train(0, 0.004)
    check_training(run, model, done, train(model, baskets, 0, 0.004), True, tolerance=5e-5)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    baskets=st.lists(st.lists(st.integers(0, WORDS - 1), max_size=30), max_size=8),
    cuts=st.lists(st.integers(0, 10**6), max_size=6),
    basket=st.integers(1, 35),
    threshold=st.sampled_from([None, 2**29, 2**32 - 1]),
    weight=st.sampled_from([None, 2**29, 2**32 - 1]),
    model_name=st.sampled_from(sorted(MODELS)),
)
def test_what_is_learned_does_not_depend_on_how_the_corpus_is_cut(
    baskets: list[list[int]],
    cuts: list[int],
    basket: int,
    threshold: int | None,
    weight: int | None,
    model_name: str,
) -> None:
    tokens = sum(map(len, baskets))
    model = in_baskets(
        "ns",
        3,
        basket,
        negative=2,
        keep=None if threshold is None else [threshold] * WORDS,
        event_keep=None if weight is None else [weight] * tokens,
        **MODELS[model_name],
    )
    whole, parts = (native_run("base", model, baskets) for _ in range(2))
    expected = whole.train(2, 0.05)
    done = partitioned(parts, cuts, 0.05)
    assert done[:2] == expected[:2]
    if model.negatives_per_pair:  # else blocks on both sides of a cut would share draws
        assert done[2] == expected[2]
        assert parts.bits() == whole.bits()
    oracle = train(model, baskets, 2, 0.05)
    assert (oracle.kept, oracle.pairs) == expected[1:3]


def frozen(isa: str, baskets: list[list[int]], **options: object) -> NativeRun:
    """A run in which every token is a word of its own, so that what changes tells who was a context of whom."""
    words = sum(map(len, baskets))
    model = Model(np.ones((words, 1)), out_ns=np.zeros((words, 1)), noise=[[0, 0]] * words, negative=1)
    for name, value in options.items():
        setattr(model, name, value)
    return native_run(isa, model, baskets)


@pytest.mark.parametrize(("size", "basket"), [(5, 1), (9, 3), (23, 16), (18, 16), (40, 7)])
def test_each_other_item_is_a_context_equally_often(size: int, basket: int) -> None:
    model = Model(np.zeros((1, 1)), basket=basket, seed=3)
    epochs = 6000
    counts = np.zeros((size, size))
    for epoch, centre in itertools.product(range(epochs // size), range(size)):
        drawn = basket_places(model, size, centre, epoch, without=centre)
        assert len(drawn) == len(set(drawn)) == basket
        counts[centre, drawn] += 1
    shares = counts / (epochs // size)
    assert (np.diag(shares) == 0).all()
    expected = basket / (size - 1)
    error = np.sqrt(expected * (1 - expected) / (epochs // size))
    others = shares[~np.eye(size, dtype=bool)]
    assert np.abs(others - expected).max() < 4.8 * error  # 1560 pairs at most: beyond it once in 400
    assert np.abs(shares.sum(axis=0) / (size - 1) - expected).max() < 4.8 * error / np.sqrt(size - 1)


def test_the_core_draws_what_the_oracle_draws(isa: str) -> None:
    """Both start from vectors that make every context visible, so the counts above are the core's too."""
    baskets = [list(range(40)), list(range(40, 43)), [43]]
    run = frozen(isa, baskets, basket=7)
    model = Model(np.ones((44, 1)), out_ns=np.zeros((44, 1)), noise=[[0, 0]] * 44, negative=1, basket=7)
    model.together = together(isa)
    expected = train(model, baskets, 4, 0.01)
    assert run.train(4, 0.01)[2] == expected.pairs
    assert len(expected.centres) == 44
    np.testing.assert_allclose(run.inputs[:, :1], model.inputs, atol=1e-6)


def test_all_items_of_a_small_basket_see_each_other(isa: str) -> None:
    run = frozen(isa, [list(range(6))], basket=5)
    words, kept, pairs, _ = run.train()
    assert (words, kept) == (6, 6)
    assert pairs >= 6 * 5


def test_an_event_stays_as_often_as_its_threshold_says(isa: str) -> None:
    tokens = 4000
    weights = np.array([0.25, 0.5, 1.0, 0.0])
    thresholds = np.maximum(np.round(weights * 2**32) - 1, 0).astype(np.int64)
    half = [2**31 - 1] * tokens
    for keep, share in ((None, 1.0), (half, 0.5)):
        run = frozen(
            isa, [list(range(tokens))], basket=1, keep=keep, event_keep=thresholds[[0, 1, 2, 3] * 1000].tolist()
        )
        kept = [
            sum(run.train(epoch, 0.0, at, at + 1)[1] for at in range(kind, tokens, 4))
            for epoch in (1,)
            for kind in range(4)
        ]
        expected = weights * share * 1000
        assert (np.abs(kept - expected) <= 5 * np.sqrt(expected * (1 - weights * share)) + 1e-9).all()


def test_one_large_basket_costs_no_more_than_many_small_ones(isa: str) -> None:
    """As many pairs and as much memory for 100,000 items in one basket as the contexts of a centre allow: eight, and
    those of four centres together meet seven negatives."""
    items = 100_000
    run = frozen(isa, [list(range(items))], basket=8)
    assert len(run.workspace) < 10**6
    words, kept, pairs, _ = run.train(0, 0.0)
    assert words == kept == items
    assert pairs <= items * 8 + items // 4 * 8 * 7


def test_the_seed_and_the_epoch_choose_the_contexts(isa: str) -> None:
    def learned(seed: int, epoch: int) -> bytes:
        run = native_run(isa, copy.deepcopy(in_baskets("ns", 5, 3, seed=seed)), CORPUS)
        run.train(epoch, 0.05)
        return run.bits()

    assert len({learned(1, 0), learned(1, 1), learned(2, 0)}) == 3
    assert learned(1, 0) == learned(1, 0)
