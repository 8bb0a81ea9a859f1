"""Whole blocks of training, every model and instruction set, against the float64 oracle."""

from __future__ import annotations

import copy
import functools
import itertools
import mmap
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.harness import SIZES, Matrix, NativeRun, alias_table, native_run, random_rows, together, token_view
from reference.oracle import Done, Model, chunk_sizes, huffman_paths, most_inputs, sharing, train, windows

from fastemb import _native

WORDS = 12
BUFFER = 2048  # kept tokens that the core buffers, beside the contexts

# Sentences: empty at both ends and inside, of one word, shorter than any window, with a word next to itself, and long
# enough for a window of 50 to hold three blocks of contexts.
CORPUS: list[list[int]] = [
    [],
    [3],
    [0, 1],
    [],
    [],
    [2, 2, 2, 5],
    [7, 0, 4],
    [11],
    np.random.default_rng(0).integers(0, WORDS, 40).tolist(),
    [1, 10, 1],
    [],
]
ALPHA = 0.05
TOLERANCE = 1e-5  # of a learned value near one: many updates, each rounded to float32 (6e-8)

TARGETS = {"ns": (True, False), "hs": (False, True), "hs and ns": (True, True)}
MODELS = {
    "skip-gram": {"sg": True},
    "skip-gram, negatives per pair": {"sg": True, "negatives_per_pair": True},
    "CBOW mean": {"sg": False, "cbow_mean": True},
    "CBOW mean, negatives per pair": {"sg": False, "cbow_mean": True, "negatives_per_pair": True},
    "CBOW sum": {"sg": False, "cbow_mean": False},
    "CBOW mean, exact": {"sg": False, "cbow_mean": True, "cbow_exact": True},
    "CBOW sum, exact": {"sg": False, "cbow_mean": False, "cbow_exact": True},
}


def alpha_of(model_name: str) -> float:
    """The true gradient of a sum moves the hidden row once for every context: with 40 of them a usual learning rate
    overshoots, and the smallest difference grows from window to window."""
    return ALPHA / 25 if model_name == "CBOW sum, exact" else ALPHA


def fresh_model(targets: str, size: int, words: int = WORDS, **settings: object) -> Model:
    """Random matrices and skewed tables, the same ones every time."""
    rng = np.random.default_rng(size)
    ns, hs = TARGETS[targets]
    counts = [int(1000 / (rank + 1)) for rank in range(words)]
    model = Model(random_rows(rng, words, size))
    if ns:
        model.out_ns, model.negative = random_rows(rng, words, size), 5
        model.noise = alias_table(np.array(counts) ** 0.75).tolist()
    if hs:
        model.out_hs, model.paths = random_rows(rng, words - 1, size), huffman_paths(counts)
    for name, value in settings.items():
        assert hasattr(model, name)
        if name != "negative" or ns:
            setattr(model, name, value)
    return model


def check_training(
    run: NativeRun,
    model: Model,
    done: tuple[int, int, int, float],
    expected: Done,
    want_loss: bool,
    tolerance: float = TOLERANCE,
) -> None:
    """Matrices and counters agree."""
    words, kept, pairs, loss = done
    assert (words, kept, pairs) == (run.tokens, expected.kept, expected.pairs)
    np.testing.assert_allclose(loss, expected.loss if want_loss else 0.0, rtol=1e-5)
    for after, wanted in ((run.inputs, model.inputs), (run.out_ns, model.out_ns), (run.out_hs, model.out_hs)):
        if after is None or wanted is None:
            assert after is wanted is None
            continue
        size = wanted.shape[1]
        np.testing.assert_allclose(after[:, :size], wanted, rtol=0, atol=tolerance)
        assert not after[:, size:].any()


@functools.cache
def trained(model_name: str, targets: str, case: int, together: int) -> tuple[Model, Model, Done, bool]:
    """Before, after, what was done, and whether the loss is wanted: case 0 to 15 of a model."""
    shrink, keep, scale, want_loss = list(itertools.product([False, True], repeat=4))[case]
    turn = case + 16 * list(itertools.product(MODELS, TARGETS)).index((model_name, targets))
    rng = np.random.default_rng(case)
    before = fresh_model(
        targets,
        SIZES[turn % len(SIZES)],
        shrink_windows=shrink,
        seed=turn,
        window=[50, 1, 2, 5, 7][turn % 5],
        negative=[5, 1, 3][turn % 3],
        keep=rng.integers(2**30, 2**32, WORDS).tolist() if keep else None,
        in_scale=rng.choice([0.0, 0.5, 1.0, 1.5], WORDS).tolist() if scale else None,
        together=together,
        **MODELS[model_name],
    )
    after = copy.deepcopy(before)
    done = train(after, CORPUS, 3, alpha_of(model_name))
    # A mistake in any part of an update would stand out.
    assert np.abs(after.inputs - before.inputs).max() > 500 * TOLERANCE
    return before, after, done, want_loss


@pytest.mark.slow
@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("model_name", MODELS)
@pytest.mark.parametrize("case", range(16))
def test_every_model_agrees_with_the_oracle(isa: str, model_name: str, targets: str, case: int) -> None:
    before, after, expected, want_loss = trained(model_name, targets, case, together(isa))
    run = native_run(isa, before, CORPUS, want_loss)
    check_training(run, after, run.train(3, alpha_of(model_name)), expected, want_loss)


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "most"), [(0.0, 16), (0.01, 16), (0.025, 16), (0.06, 6), (0.1, 4), (0.5, 1)])
def test_a_path_has_fewer_inputs_at_once_the_higher_the_rate(isa: str, alpha: float, most: int) -> None:
    assert max(chunk_sizes(16, most_inputs(Model(np.zeros((1, 1)), paths=[]), alpha))) <= most
    model = fresh_model("hs", 9, window=10, shrink_windows=False)
    run = native_run(isa, model, CORPUS)
    done = run.train(0, alpha)
    check_training(run, model, done, train(model, CORPUS, 0, alpha), True, tolerance=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.0, 0.03, 0.07, 0.11, 0.3])
@pytest.mark.parametrize("window", [2, 5, 10, 14])
@pytest.mark.parametrize("negative", [1, 5, 9])
def test_fewer_contexts_share_negatives_the_higher_the_rate(isa: str, alpha: float, window: int, negative: int) -> None:
    model = fresh_model("ns", 9, words=60, window=window, negative=negative)
    sentences = [np.random.default_rng(length).integers(0, 60, length).tolist() for length in (40, 3, 2, 7, 30)]
    most = min(40, int(1.25 / alpha)) if alpha else 40
    found = [window for window in windows(model, sentences, 0) if window.contexts]
    blocks = [sum(len(window.contexts) for window in group) for group in sharing(model, found, alpha) if len(group) > 1]
    assert all(contexts <= most for contexts in blocks)
    assert blocks or alpha > 0.2
    run = native_run(isa, model, sentences)
    done = run.train(0, alpha)
    check_training(run, model, done, train(model, sentences, 0, alpha), True, tolerance=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize("window", [10, 12, 14, 20])
@pytest.mark.parametrize("shrink", [False, True])
def test_windows_join_as_long_as_their_tokens_have_room(isa: str, window: int, shrink: bool) -> None:
    rng = np.random.default_rng(window)
    sentences = [rng.permutation(300)[:length].tolist() for length in [300] + 30 * [13]]
    model = fresh_model("ns", 3, words=300, window=window, shrink_windows=shrink, negative=1)
    blocks = sharing(model, [window for window in windows(model, sentences, 0) if window.contexts], 0.0)
    tokens = [len({place for window in group for place in window.places}) for group in blocks if len(group) > 1]
    assert 22 <= max(tokens) <= 24
    run = native_run(isa, model, sentences)
    done = run.train(0, 0.01)
    check_training(run, model, done, train(model, sentences, 0, 0.01), True)


@pytest.mark.slow
@pytest.mark.parametrize("model_name", MODELS)
@pytest.mark.parametrize("negative", [6, 12, 25])
def test_more_negatives_than_one_tile(isa: str, model_name: str, negative: int) -> None:
    model = fresh_model("ns", 31, words=100, negative=negative, window=9, **MODELS[model_name])
    run = native_run(isa, model, CORPUS)
    done = run.train(0, 0.01)
    start = model.inputs.copy()
    expected = train(model, CORPUS, 0, 0.01)
    assert np.abs(model.inputs - start).max() > 20 * TOLERANCE
    check_training(run, model, done, expected, True)


@pytest.mark.slow
@pytest.mark.parametrize("window", [3, 50])
@pytest.mark.parametrize("subsampling", [False, True])
@pytest.mark.parametrize("model_name", ["skip-gram", "CBOW mean"])
def test_a_sentence_longer_than_the_buffer(isa: str, window: int, subsampling: bool, model_name: str) -> None:
    rng = np.random.default_rng(1)
    kept_share = 0.5 if subsampling else 1.0
    length = int((BUFFER + 2 * window) * 1.2 / kept_share)
    sentences = [[1, 2], rng.integers(0, WORDS, length).tolist(), [3, 4]]
    model = fresh_model(
        "ns",
        8,
        window=window,
        negative=1,
        shrink_windows=False,
        keep=[2**31] * WORDS if subsampling else None,
        **MODELS[model_name],
    )
    run = native_run(isa, model, sentences)
    done = run.train(0, 1e-3)
    expected = train(model, sentences, 0, 1e-3)
    assert expected.kept > BUFFER + 2 * window
    check_training(run, model, done, expected, True, tolerance=1e-4)


def test_a_window_larger_than_the_buffer(isa: str) -> None:
    sentences = [np.random.default_rng(2).integers(0, WORDS, 60).tolist(), [1, 2]]
    model = fresh_model("ns", 3, window=3000, negative=2)
    run = native_run(isa, model, sentences)
    done = run.train(0, ALPHA)
    check_training(run, model, done, train(model, sentences, 0, ALPHA), True)


def test_a_vocabulary_of_one_word(isa: str) -> None:
    # Every negative hits the centre and the path is empty: the centre alone is trained.
    for sg in (True, False):
        model = fresh_model("ns", 5, words=1, sg=sg, window=2)
        run = native_run(isa, model, [[0, 0, 0]])
        done = run.train(0, ALPHA)
        check_training(run, model, done, train(model, [[0, 0, 0]], 0, ALPHA), True)


def test_in_scale_of_zero_freezes_an_input(isa: str) -> None:
    for sg in (True, False):
        model = fresh_model("hs and ns", 16, sg=sg, in_scale=[0.0] + [1.0] * (WORDS - 1))
        run = native_run(isa, model, CORPUS)
        run.train(0, ALPHA)
        assert np.array_equal(run.inputs[0], model.inputs[0])
        assert not np.array_equal(run.inputs[1], model.inputs[1])


@pytest.mark.parametrize("model_name", MODELS)
def test_a_learning_rate_of_zero_changes_nothing(isa: str, model_name: str) -> None:
    run = native_run(isa, fresh_model("hs and ns", 9, **MODELS[model_name]), CORPUS)
    before = run.bits()
    assert run.train(0, 0.0)[3] > 0
    assert run.bits() == before


@pytest.mark.slow
@pytest.mark.parametrize("model_name", MODELS)
def test_several_epochs(isa: str, model_name: str) -> None:
    model = fresh_model("hs and ns", 17, window=4, **MODELS[model_name])
    run = native_run(isa, model, CORPUS)
    for epoch in range(3):
        done = run.train(epoch, ALPHA)
        check_training(run, model, done, train(model, CORPUS, epoch, ALPHA), True, tolerance=3e-5)


def test_divergence_is_an_error(isa: str) -> None:
    for sg in (True, False):
        model = fresh_model("ns", 4, sg=sg)
        model.inputs[7] = np.nan
        with pytest.raises(_native.DivergedError):
            native_run(isa, model, CORPUS).train(0, ALPHA)


def test_a_workspace_is_good_again_after_divergence(isa: str) -> None:
    model = fresh_model("ns", 4)
    run = native_run(isa, model, CORPUS)
    healthy = run.inputs.copy()
    run.inputs[:] = np.nan
    with pytest.raises(_native.DivergedError):
        run.train(0, ALPHA)
    run.inputs[:] = healthy
    done = run.train(0, ALPHA)
    check_training(run, model, done, train(model, CORPUS, 0, ALPHA), True)


# ---- the gradient ----


def window_loss(model: Model, position: int) -> float:
    """Loss of one window, nothing learned."""
    return train(copy.deepcopy(model), CORPUS, 0, 0.0, position, position + 1).loss


# Four contexts: word2vec's CBOW is that many times the gradient of the mean, gensim's a fourth of that of the sum. In
# skip-gram with paths each input meets nodes that those before it changed: no gradient of one loss.
FACTORS = {"skip-gram": 1.0, "CBOW mean, exact": 1.0, "CBOW sum, exact": 1.0, "CBOW mean": 4.0, "CBOW sum": 0.25}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model_name", "targets"),
    [pair for pair in itertools.product(FACTORS, TARGETS) if pair[0] != "skip-gram" or pair[1] == "ns"],
)
def test_a_window_moves_inputs_along_the_numeric_gradient(isa: str, model_name: str, targets: str) -> None:
    model = fresh_model(targets, 7, window=2, shrink_windows=False, negative=3, **MODELS[model_name])
    position = 20
    expected = train(copy.deepcopy(model), CORPUS, 0, 0.0, position, position + 1)
    assert len(expected.centres[0][1]) == 4
    alpha, nudge = 0.125, 1e-5
    gradient = np.zeros_like(model.inputs)
    for at in np.ndindex(*gradient.shape):
        here = model.inputs[at]
        model.inputs[at] = here + nudge
        above = window_loss(model, position)
        model.inputs[at] = here - nudge
        gradient[at] = (above - window_loss(model, position)) / (2 * nudge)
        model.inputs[at] = here
    run = native_run(isa, model, CORPUS)
    run.train(0, alpha, position, position + 1)
    change = (run.inputs[:, :7] - model.inputs) / -alpha
    np.testing.assert_allclose(change, FACTORS[model_name] * gradient, rtol=1e-5, atol=1e-5)


# ---- blocks ----


def partitioned(run: NativeRun, cuts: list[int], alpha: float) -> tuple[int, int, int, float]:
    """Train block by block; sums of what each block did."""
    edges = [0, *sorted(cut % (run.tokens + 1) for cut in cuts), run.tokens]
    blocks = [run.train(2, alpha, begin, end) for begin, end in itertools.pairwise(edges)]
    words, kept, pairs, loss = (sum(column) for column in zip(*blocks, strict=True))
    return int(words), int(kept), int(pairs), float(loss)


sentences_strategy = st.lists(st.lists(st.integers(0, WORDS - 1), max_size=30), max_size=8)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    sentences=sentences_strategy,
    cuts=st.lists(st.integers(0, 10**6), max_size=6),
    window=st.integers(1, 25),
    shrink=st.booleans(),
    threshold=st.sampled_from([None, 2**29, 2**31, 2**32 - 1]),
    model_name=st.sampled_from(sorted(MODELS)),
    targets=st.sampled_from(sorted(TARGETS)),
)
def test_what_is_learned_does_not_depend_on_how_the_corpus_is_cut(
    sentences: list[list[int]],
    cuts: list[int],
    window: int,
    shrink: bool,
    threshold: int | None,
    model_name: str,
    targets: str,
) -> None:
    model = fresh_model(
        targets,
        3,
        window=window,
        shrink_windows=shrink,
        negative=2,
        keep=None if threshold is None else [threshold] * WORDS,
        **MODELS[model_name],
    )
    whole, parts = (native_run("base", model, sentences) for _ in range(2))
    expected = whole.train(2, ALPHA)
    done = partitioned(parts, cuts, ALPHA)
    assert done[:2] == expected[:2]
    # Which centres share their negatives does depend on it.
    if model.out_ns is None or model.negatives_per_pair or (model.paths and not model.sg):
        assert done[:3] == expected[:3]
        assert done[3] == pytest.approx(expected[3], rel=1e-9)
        assert parts.bits() == whole.bits()
    oracle = train(copy.deepcopy(model), sentences, 2, ALPHA)
    assert (oracle.kept, oracle.pairs) == expected[1:3]
    edges = [0, *sorted(cut % (parts.tokens + 1) for cut in cuts), parts.tokens]
    blocks = [train(model, sentences, 2, ALPHA, begin, end) for begin, end in itertools.pairwise(edges)]
    assert (sum(block.kept for block in blocks), sum(block.pairs for block in blocks)) == done[1:3]


def test_blocks_of_one_token_make_the_same_samples(isa: str) -> None:
    model = fresh_model("hs and ns", 8, window=6, keep=[2**31] * WORDS, negatives_per_pair=True)
    run = native_run(isa, model, CORPUS)
    whole = run.train(2, 0.0)
    parts = partitioned(run, list(range(run.tokens)), 0.0)
    assert parts[:3] == whole[:3]
    assert parts[3] == pytest.approx(whole[3], rel=1e-9)


def test_a_block_far_inside_a_long_sentence_sees_its_contexts(isa: str) -> None:
    sentence = np.random.default_rng(3).integers(0, WORDS, 6000).tolist()
    model = fresh_model("ns", 8, window=5, negative=2, keep=[2**31] * WORDS)
    run = native_run(isa, model, [sentence])
    for begin, end in ((0, 10), (2990, 3010), (5990, 6000)):
        expected = train(copy.deepcopy(model), [sentence], 1, 0.0, begin, end)
        words, kept, pairs, loss = run.train(1, 0.0, begin, end)
        assert (words, kept, pairs) == (end - begin, expected.kept, expected.pairs)
        assert loss == pytest.approx(expected.loss, rel=1e-5)


def test_an_empty_block_does_nothing(isa: str) -> None:
    run = native_run(isa, fresh_model("ns", 8), CORPUS)
    before = run.bits()
    for at in (0, 1, 5, run.tokens):
        assert run.train(0, ALPHA, at, at) == (0, 0, 0, 0.0)
    assert run.bits() == before


@pytest.mark.parametrize("sentences", [[], [[]], [[], [], []]])
def test_a_corpus_without_tokens_does_nothing(isa: str, sentences: list[list[int]]) -> None:
    assert native_run(isa, fresh_model("ns", 8), sentences).train(0, ALPHA) == (0, 0, 0, 0.0)


# ---- determinism ----


@pytest.mark.parametrize("model_name", MODELS)
def test_the_same_seed_gives_the_same_bits(isa: str, model_name: str) -> None:
    def learned(seed: int, epoch: int) -> bytes:
        run = native_run(isa, fresh_model("hs and ns", 33, seed=seed, **MODELS[model_name]), CORPUS)
        run.train(epoch, ALPHA)
        return run.bits()

    results = [learned(1, 0), learned(2, 0), learned(1, 1), learned(2**64 - 1, 0)]
    assert learned(1, 0) == results[0]
    assert len(set(results)) == len(results)


def test_a_used_workspace_gives_the_same_bits(isa: str) -> None:
    first = native_run(isa, fresh_model("hs and ns", 33), CORPUS)
    first.train(0, ALPHA)
    wide = native_run(isa, fresh_model("hs and ns", 33, window=50, negative=25), CORPUS)
    wide.train(0, ALPHA)
    second = native_run(isa, fresh_model("hs and ns", 33), CORPUS)
    second.workspace = wide.workspace  # larger, and not zero any more
    second.train(0, ALPHA)
    assert second.bits() == first.bits()


# ---- rows far away ----


def test_rows_past_the_reach_of_32_bit_offsets(isa: str) -> None:
    """The last rows of matrices of 2^32 floats and more train as the same rows of small ones.

    Memory is reserved but never touched outside those rows.
    """
    near, far, stride, size = 8, 2**22, 1040, 1030
    rng = np.random.default_rng(4)
    sentences = [rng.integers(0, near, 30).tolist()]
    # Negatives: the high bits of the slot choose among the last rows, in the small table and in the large one.
    small = Model(
        random_rows(rng, near, size),
        random_rows(rng, near, size),
        window=3,
        negative=4,
        noise=[[0, row] for row in range(near)],
    )

    def reserved() -> Matrix:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | (0x4000 if sys.platform == "linux" else 0)  # MAP_NORESERVE
        try:
            memory = mmap.mmap(-1, far * stride * 4, flags=flags)
        except (OSError, ValueError, OverflowError) as error:
            pytest.skip(f"no room for 17 GB of virtual memory: {error}")
        return np.frombuffer(memory, np.float32).reshape(far, stride)

    first = far - near
    assert first * stride > 2**32
    inputs, outputs = reserved(), reserved()
    assert small.out_ns is not None
    inputs[first:, :size], outputs[first:, :size] = small.inputs, small.out_ns
    noise = np.zeros((far, 2), np.uint32)
    noise[:, 1] = first + np.arange(far) // (far // near)
    ids = np.array(sentences[0], np.int32) + np.int32(first)
    offsets = np.array([0, len(ids)], np.int64)
    view = _native.TokenView(ids, offsets, far)
    trainer = _native.Trainer(
        isa,
        _native.Matrices(inputs, outputs, None, size),
        _native.Contexts(window=3, shrink=True, longest_sentence=view.longest_sentence),
        _native.Inputs(sg=True),
        _native.Negatives(noise, 4),
        paths=None,
        keep=None,
        seed=1,
        want_loss=True,
    )
    done = trainer.train_block(view, 0, 0, len(ids), ALPHA, trainer.workspace())

    run = native_run(isa, small, sentences)
    assert run.train(0, ALPHA) == done
    assert run.out_ns is not None
    assert np.array_equal(inputs[first:], run.inputs)
    assert np.array_equal(outputs[first:], run.out_ns)


# ---- views ----


@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("model_name", MODELS)
@pytest.mark.parametrize("basket", [0, 3, 100])
def test_a_copied_part_of_a_corpus_trains_as_the_whole_does(
    isa: str, model_name: str, targets: str, basket: int
) -> None:
    rng = np.random.default_rng(basket)
    tokens = sum(map(len, CORPUS))
    model = fresh_model(
        targets,
        17,
        basket=basket,
        keep=rng.integers(2**31, 2**32, WORDS).tolist(),
        event_keep=rng.integers(2**31, 2**32, tokens).tolist(),
        **MODELS[model_name],
    )
    first, last = 2, 9  # sentences: from one of two words to the long one
    start = sum(map(len, CORPUS[:first]))
    begin, end = start + 1, start + 40  # within the first and the last of them
    whole, part, misplaced = (native_run(isa, model, CORPUS) for _ in range(3))
    done = whole.train(3, ALPHA, begin, end)
    part.view = token_view(model, CORPUS[first:last], first_position=start)
    assert part.train(3, ALPHA, begin - start, end - start) == done
    assert part.bits() == whole.bits()
    misplaced.view = token_view(model, CORPUS[first:last], first_position=start + 1)
    misplaced.train(3, ALPHA, begin - start, end - start)
    assert misplaced.bits() != whole.bits()


def test_many_views_may_be_trained_in_turn(isa: str) -> None:
    model = fresh_model("hs and ns", 17, sg=True)
    whole, parts = native_run(isa, model, CORPUS), native_run(isa, model, CORPUS)
    position = 0
    for sentence in CORPUS:
        parts.view = token_view(model, [sentence], first_position=position)
        parts.train(0, ALPHA, 0, len(sentence))
        whole.train(0, ALPHA, position, position + len(sentence))
        position += len(sentence)
    assert parts.bits() == whole.bits()


@pytest.mark.parametrize("model_name", MODELS)
def test_what_scratch_memory_held_before_does_not_matter(isa: str, model_name: str) -> None:
    fresh, used = (native_run(isa, fresh_model("hs and ns", 33, **MODELS[model_name]), CORPUS) for _ in range(2))
    used.workspace[:] = b"\x01" * len(used.workspace)
    assert fresh.train(0, ALPHA) == used.train(0, ALPHA)
    assert fresh.bits() == used.bits()


def test_a_window_beyond_every_sentence_costs_no_memory(isa: str) -> None:
    run = native_run(isa, fresh_model("ns", 8, sg=True, window=2**30, shrink_windows=False), CORPUS)
    assert len(run.workspace) < 10**6
    whole = native_run(isa, fresh_model("ns", 8, sg=True, window=50, shrink_windows=False), CORPUS)
    assert run.train(0, ALPHA) == whole.train(0, ALPHA)
    assert run.bits() == whole.bits()


@pytest.mark.parametrize("sg", [True, False])
def test_a_block_that_takes_long_is_broken_off(sg: bool) -> None:
    """What was done until then is what a block that ends there does, and the counts are of that."""
    words, window = 400, 600
    sentences = [np.random.default_rng(1).integers(0, words, 4000).tolist()]
    model = fresh_model("ns", 512, words, sg=sg, window=window, shrink_windows=False)
    stopped, prefix = (native_run("base", model, sentences) for _ in range(2))
    stopped.trainer.stop()
    done, kept, pairs, loss = stopped.train(2, 0.001)
    assert 0 < done < stopped.tokens
    if sg:  # it may end among the contexts of a centre
        assert kept - done in (0, 1)
    else:
        assert prefix.train(2, 0.001, 0, done) == (done, kept, pairs, loss)
        assert prefix.bits() == stopped.bits()


def test_a_block_of_usual_length_is_trained_to_its_end_though_stopped() -> None:
    model = fresh_model("ns", 64, 400, sg=True)
    sentences = [np.random.default_rng(1).integers(0, 400, 10_000).tolist()]
    stopped, whole = (native_run("base", model, sentences) for _ in range(2))
    stopped.trainer.stop()
    assert stopped.train(2, 0.01) == whole.train(2, 0.01)
    assert stopped.bits() == whole.bits()
