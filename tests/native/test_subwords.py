"""Words that are bags of rows, their own and those of their n-grams, against the float64 oracle."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
from reference.harness import alias_table, flat_bags, native_run, random_rows
from reference.oracle import Model, huffman_paths, train, windows

from fastemb import _native

WORDS, ROWS = 12, 30
ALPHA = 0.05
TOLERANCE = 2e-5
SENTENCES: list[list[int]] = [
    [],
    [3],
    [0, 1],
    [],
    [2, 2, 2, 5],
    [7, 0, 4],
    *[[word] for word in range(10)] * 20,  # a window's number is far from that of the one before
    np.random.default_rng(0).integers(0, WORDS, 70).tolist(),
    [1, 10, 1],
]
TARGETS = {"ns": (True, False), "hs": (False, True), "hs and ns": (True, True)}
MODELS = {
    "skip-gram": {"sg": True},
    "skip-gram, negatives per pair": {"sg": True, "negatives_per_pair": True},
    "skip-gram, baskets": {"sg": True, "basket": 7},
    "CBOW mean": {"sg": False, "cbow_mean": True},
    "CBOW mean, baskets": {"sg": False, "cbow_mean": True, "basket": 7},
    "CBOW sum": {"sg": False, "cbow_mean": False},
    "CBOW mean, exact": {"sg": False, "cbow_mean": True, "cbow_exact": True},
    "CBOW sum, exact": {"sg": False, "cbow_mean": False, "cbow_exact": True},
}


def alpha_of(model_name: str) -> float:
    """Where each row of a sum receives the whole change, the sum moves by a multiple of it."""
    return ALPHA / 100 if "sum" in model_name else ALPHA / 10 if "CBOW" in model_name else ALPHA


def bags() -> list[list[int]]:
    """Of one to nine rows, some in several bags, one twice in a bag; a word's own row comes first."""
    rng = np.random.default_rng(4)
    made = [[word, *rng.integers(WORDS, ROWS, word % 9).tolist()] for word in range(WORDS)]
    made[5].append(made[5][-1])
    return made


def fresh_model(targets: str, size: int = 20, **settings: object) -> Model:
    rng = np.random.default_rng(size)
    ns, hs = TARGETS[targets]
    counts = [int(1000 / (rank + 1)) for rank in range(WORDS)]
    model = Model(random_rows(rng, ROWS, size), bags=bags())
    if ns:
        model.out_ns, model.negative = random_rows(rng, WORDS, size), 5
        model.noise = alias_table(np.array(counts) ** 0.75).tolist()
    if hs:
        model.out_hs, model.paths = random_rows(rng, WORDS - 1, size), huffman_paths(counts)
    for name, value in settings.items():
        assert hasattr(model, name)
        setattr(model, name, value)
    return model


def check(isa: str, model: Model, sentences: list[list[int]], alpha: float, begin: int = 0) -> None:
    run = native_run(isa, model, sentences)
    before = copy.deepcopy(model)
    _, kept, pairs, loss = run.train(2, alpha, begin)
    expected = train(model, sentences, 2, alpha, begin)
    assert (kept, pairs) == (expected.kept, expected.pairs)
    np.testing.assert_allclose(loss, expected.loss, rtol=1e-5)
    size = model.inputs.shape[1]
    for after, wanted, was in (
        (run.inputs, model.inputs, before.inputs),
        (run.out_ns, model.out_ns, before.out_ns),
        (run.out_hs, model.out_hs, before.out_hs),
    ):
        if after is None or wanted is None or was is None:
            continue
        np.testing.assert_allclose(after[:, :size], wanted, rtol=0, atol=TOLERANCE)
        assert not after[:, size:].any()
        assert np.abs(wanted - was).max() > 50 * TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("window", [1, 5, 50])
@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("model_name", MODELS)
def test_bags_agree_with_the_oracle(isa: str, model_name: str, targets: str, window: int, scaled: bool) -> None:
    if "per pair" in model_name and targets == "hs":
        pytest.skip("there are no negatives")
    scale = np.random.default_rng(1).choice([0.0, 0.5, 1.0, 1.5], ROWS).tolist()
    model = fresh_model(targets, window=window, in_scale=scale if scaled else None, **MODELS[model_name])
    check(isa, model, SENTENCES, alpha_of(model_name))


@pytest.mark.parametrize("model_name", ["skip-gram", "CBOW mean"])
@pytest.mark.parametrize("size", [1, 16, 33])
def test_bags_of_every_length_of_vectors(isa: str, model_name: str, size: int) -> None:
    keep = np.random.default_rng(size).integers(2**30, 2**32, WORDS).tolist()
    check(isa, fresh_model("ns", size, keep=keep, **MODELS[model_name]), SENTENCES, alpha_of(model_name))


def test_a_word_all_of_whose_rows_are_locked_does_not_change(isa: str) -> None:
    model = fresh_model("ns", in_scale=[0.0] * ROWS)
    model.in_scale = [float(row not in bags()[3]) for row in range(ROWS)]
    run = native_run(isa, model, SENTENCES)
    run.train(0, ALPHA)
    assert np.isfinite(run.inputs).all()
    np.testing.assert_array_equal(run.inputs[bags()[3], :20], model.inputs[bags()[3]].astype(np.float32))


def test_windows_far_from_each_other_share_no_block(isa: str) -> None:
    sentences = [[0, 1], *[[2]] * 70, [3, 4], [5, 6]]
    model = fresh_model("ns", window=2)
    numbers = [(window.needed, window.last) for window in windows(model, sentences, 0) if window.contexts]
    assert numbers[2][1] - numbers[1][0] > 128
    check(isa, model, sentences, ALPHA)


@pytest.mark.parametrize("model_name", ["skip-gram", "CBOW mean"])
def test_training_is_the_same_wherever_it_was_cut(isa: str, model_name: str) -> None:
    cuts = [0, 3, 90, 233, sum(map(len, SENTENCES))]
    model = fresh_model("ns", **MODELS[model_name])
    run = native_run(isa, model, SENTENCES)
    for begin, end in itertools.pairwise(cuts):
        run.train(0, 0.01, begin, end)
        train(model, SENTENCES, 0, 0.01, begin, end)
    np.testing.assert_allclose(run.inputs[:, :20], model.inputs, rtol=0, atol=TOLERANCE)


def test_bags_of_one_row_learn_what_rows_learn(isa: str) -> None:
    alone = fresh_model("ns", bags=[[word] for word in range(WORDS)])
    plain = fresh_model("ns", bags=None)
    sentence = [np.random.default_rng(3).permutation(WORDS).tolist()]  # no word is in two windows as two tokens
    first, second = native_run(isa, alone, sentence), native_run(isa, plain, sentence)
    assert first.train(0, ALPHA)[:3] == second.train(0, ALPHA)[:3]
    np.testing.assert_allclose(first.inputs, second.inputs, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("offsets", "rows", "message"),
    [
        ([0], [0], "one offset more"),
        ([0, 0], [], "one offset more"),
        ([0, 2, 2], [0, 1], "a word has no row"),
        ([0, 2, 1, 3], [0, 1, 2], "must rise"),
        ([0, 1], [0, 1], "must rise"),
    ],
)
def test_bags_that_make_no_sense_are_refused(offsets: list[int], rows: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _native.Subwords(np.array(offsets, np.int64), np.array(rows, np.int32))


@pytest.mark.parametrize(("spoil", "message"), [("row", "out of range"), ("word", "one bag of rows for each word")])
def test_bags_that_do_not_fit_the_matrices_are_refused(spoil: str, message: str) -> None:
    model = fresh_model("ns")
    assert model.bags is not None
    if spoil == "row":
        model.bags[2].append(ROWS)
    else:
        model.bags.append([0])
    with pytest.raises(ValueError, match=message):
        native_run("base", model, SENTENCES)


def test_offsets_and_rows_of_bags() -> None:
    offsets, rows = flat_bags([[0], [1, 5]])
    assert (offsets.tolist(), rows.tolist()) == ([0, 1, 3], [0, 1, 5])
