"""What every layer refuses in the same words, and what holds for every step, whatever happens in the middle of it."""

from __future__ import annotations

import copy
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastemb.layers import (
    SGD,
    Adagrad,
    Adam,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    Embedding,
    EmbeddingBag,
    Linear,
    LogUniformSampler,
    PatchEmbedding,
    Pooling,
    PositionalEncoding,
    PositionEmbedding,
    ReLU,
    RotaryEmbedding,
    RowwiseAdagrad,
    SampledSoftmaxLoss,
    SparseRows,
    Tanh,
    TokenAndPositionEmbedding,
    UnigramSampler,
    memory,
    native_rows,
    plain_rows,
)

OPTIMIZERS = (SGD(0.1), Adagrad(0.1), RowwiseAdagrad(0.1), Adam(0.1))
X = np.ones((2, 3, 4))
IDS = np.array([1, 2])


def bag(**options: Any) -> EmbeddingBag:
    return EmbeddingBag(5, 4, **options)


def loss() -> SampledSoftmaxLoss:
    return SampledSoftmaxLoss(LogUniformSampler(5), 4, 2, seed=1)


# A good value, and who is given it: it is then given masked, and as lists of different lengths.
DOORS: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "ids": (IDS, lambda ids: Embedding(5, 4)(ids)),
    "weight": (np.ones((5, 4)), lambda weight: Embedding(5, 4, weight=weight)),
    "embeddings": (np.ones((5, 4)), Embedding.from_pretrained),
    "grad": (X[0, :2], lambda grad: Embedding(5, 4, optimizer=SGD()).update(IDS, grad)),
    "input": (IDS, lambda ids: bag()(ids, [0])),
    "offsets": (np.array([0, 1]), lambda offsets: bag()(IDS, offsets)),
    "per_sample_weights": (np.ones(2), lambda weights: bag(mode="sum")(IDS, [0], weights)),
    "x": (X, lambda x: Linear(4, 2)(x)),
    "x of tanh": (X, lambda x: Tanh()(x)),
    "x of ReLU": (X, lambda x: ReLU()(x)),
    "x of a pooling": (X, lambda x: Pooling()(x)),
    "x of sinusoids": (X, lambda x: PositionalEncoding(4)(x)),
    "x of rotations": (X, lambda x: RotaryEmbedding(4, layout="half")(x)),
    "positions": (np.arange(3), lambda positions: PositionEmbedding(5, 4)(X, positions)),
    "mask": (np.ones((2, 3), bool), lambda mask: Pooling()(X, mask)),
    "images": (np.ones((1, 3, 4, 4)), lambda images: PatchEmbedding(2, 4)(images)),
    "logits": (np.ones((2, 2)), lambda logits: CrossEntropyLoss()(logits, [0, 1])),
    "targets": (np.array([0, 1]), lambda targets: CrossEntropyLoss()(np.ones((2, 2)), targets)),
    "targets of a logistic loss": (np.array([0, 1]), lambda targets: BCEWithLogitsLoss()(np.ones(2), targets)),
    "hidden": (X[0, :2], lambda hidden: loss()(hidden, [0, 1])),
    "targets of a sample": (np.array([0, 1]), lambda targets: loss()(X[0, :2], targets)),
    "counts": (np.ones(3), UnigramSampler),
    "indices": (IDS, lambda indices: SparseRows(indices, X[0, :2], (5, 4))),
    "values": (X[0, :2], lambda values: SparseRows(IDS, values, (5, 4))),
}


@pytest.mark.parametrize("door", DOORS)
def test_what_is_masked_is_no_value(door: str) -> None:
    good, give = DOORS[door]
    give(good)
    give(np.ma.array(good, mask=False))
    mask = np.zeros(good.shape, bool)
    mask.flat[-1] = True
    name = door.partition(" ")[0]
    with pytest.raises(ValueError, match=rf"^{name} is masked at .*{name}\.filled\(0\)"):
        give(np.ma.array(good, mask=mask))
    give(np.ma.array(good, mask=mask).filled(good.flat[-1]))


@pytest.mark.parametrize("door", DOORS)
def test_lists_of_different_lengths(door: str) -> None:
    with pytest.raises(ValueError, match=rf"^{door.partition(' ')[0]} must be an array; lists in it have different"):
        DOORS[door][1]([[1.0], [1.0, 2.0]])


LARGE = {name: DOORS[name] for name in ("weight", "grad", "per_sample_weights", "x", "images", "hidden")}


@pytest.mark.parametrize("door", LARGE)
def test_float64_that_does_not_fit_in_float32(door: str) -> None:
    good, give = LARGE[door]
    with pytest.raises(ValueError, match=rf"^{door} holds 1e\+300 at .*, which is too large for float32"):
        give(good * 1e300)


SWITCHES: dict[str, Callable[[Any], object]] = {
    "sparse": lambda value: Embedding(5, 4, sparse=value),
    "scale_grad_by_freq": lambda value: Embedding(5, 4, scale_grad_by_freq=value),
    "freeze": lambda value: Embedding.from_pretrained(np.eye(3), freeze=value),
    "sparse of bags": lambda value: bag(sparse=value),
    "freeze of bags": lambda value: EmbeddingBag.from_pretrained(np.eye(3), freeze=value),
    "include_last_offset": lambda value: bag(include_last_offset=value),
    "bias": lambda value: Linear(2, 2, bias=value),
    "bias of patches": lambda value: PatchEmbedding(2, 4, bias=value),
    "class_token": lambda value: PatchEmbedding(2, 4, image_size=4, class_token=value),
    "antialias": lambda value: PatchEmbedding(2, 4, image_size=4).resize(8, antialias=value),
}


@pytest.mark.parametrize("value", ["no", "False", 2, 0.0, None, []])
@pytest.mark.parametrize("name", SWITCHES)
def test_switches_are_true_or_false(name: str, value: Any) -> None:
    SWITCHES[name](np.True_)
    SWITCHES[name](0)
    with pytest.raises(TypeError, match=rf"^{name.partition(' ')[0]} must be True or False, not "):
        SWITCHES[name](value)


@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), ("one", TypeError), (1.5, TypeError)])
def test_seeds(seed: Any, error: type[Exception]) -> None:
    makers: list[Callable[..., object]] = [
        lambda seed: Embedding(2, 2, seed=seed),
        lambda seed: Linear(2, 2, seed=seed),
        lambda seed: PositionEmbedding(2, 2, seed=seed),
        lambda seed: PatchEmbedding(2, 2, seed=seed),
        lambda seed: SampledSoftmaxLoss(LogUniformSampler(3), 2, 1, seed=seed),
    ]
    for make in makers:
        with pytest.raises(error, match=rf"^seed must be a whole number of at least 0, or None, not {seed!r}"):
            make(seed)


def test_no_dtype_is_float32() -> None:
    assert Embedding(2, 2, dtype=None).weight.dtype == np.float32
    assert Linear(2, 2, dtype=None).weight.dtype == np.float32


def test_a_table_that_no_memory_holds() -> None:
    for sizes in ((2**31, 2**31), (10**6, 10**11)):
        with pytest.raises(MemoryError, match=r"a table of [\d,]+ x [\d,]+ float32 takes about .* of memory are left"):
            Embedding(*sizes)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_table_is_drawn_in_pieces_of_one_sequence(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = np.random.default_rng(3).standard_normal((7, 5), dtype)
    of_loss = np.random.default_rng(3).normal(0, 5**-0.5, (7, 5)).astype(dtype)
    for piece in (1, 3, 35, 1000):
        monkeypatch.setattr(memory, "_PIECE", piece)
        assert np.array_equal(Embedding(7, 5, seed=3, dtype=dtype).weight, expected)
        loss = SampledSoftmaxLoss(LogUniformSampler(7), 5, 2, seed=3, dtype=dtype)
        assert np.array_equal(loss.weight, of_loss)


def test_an_interrupt_ends_the_making_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_PIECE", 4)
    drawn = 0

    def draw(count: int) -> Any:
        nonlocal drawn
        drawn += count
        signal.raise_signal(signal.SIGINT)
        return np.zeros(count)

    with pytest.raises(KeyboardInterrupt):
        memory.drawn((100,), np.float32, draw)
    assert drawn == 4


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_losses_of_infinite_logits(value: float) -> None:
    with pytest.raises(ValueError, match=r"logits holds -?inf at 1; every value must be finite"):
        BCEWithLogitsLoss()([0.0, value], [0, 1])
    with pytest.raises(ValueError, match=r"largest of the logits at 1 is -?inf"):
        CrossEntropyLoss()([[0.0, 1.0], [value, value]], [0, 1])


def test_a_logit_of_minus_infinity_excludes_its_class() -> None:
    loss = CrossEntropyLoss()
    assert loss([[0.0, 0.0, -np.inf]], [0]) == pytest.approx(np.log(2))
    assert loss.backward().tolist() == [[-0.5, 0.5, 0.0]]


@pytest.mark.parametrize(("counts", "power"), [([1e300, 1.0], 3), ([1e-200, 1.0], 3), ([1e308, 1e308], 1)])
def test_counts_that_no_power_fits(counts: list[float], power: float) -> None:
    with pytest.raises(ValueError, match=f"counts to the power of {float(power)} are too large or too small"):
        UnigramSampler(counts, power=power)


def test_tokens_that_are_a_class() -> None:
    with pytest.raises(TypeError, match=r"tokens must be a layer that looks ids up, .* not Embedding$"):
        TokenAndPositionEmbedding(Embedding, PositionalEncoding(4))  # type: ignore[arg-type]


# ---- steps ----

EMPTY: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "Embedding": (lambda **options: Embedding(5, 4, **options), ([],)),
    "Embedding, sparse": (lambda **options: Embedding(5, 4, sparse=True, **options), (np.empty((0, 3), int),)),
    "EmbeddingBag": (lambda **options: bag(**options), (np.empty((0, 3), int),)),
    "EmbeddingBag, sparse": (lambda **options: bag(sparse=True, **options), ([], [])),
    "EmbeddingBag, max": (lambda **options: bag(sparse=True, mode="max", **options), (np.empty((2, 0), int),)),
    "Linear": (lambda **options: Linear(4, 3, **options), (np.empty((0, 4)),)),
    "Linear of no rows": (lambda **options: Linear(4, 3, **options), (np.empty((2, 0, 4)),)),
    "PositionEmbedding": (lambda **options: PositionEmbedding(5, 4, **options), (np.empty((0, 3, 4)),)),
    "PositionEmbedding of no rows": (lambda **options: PositionEmbedding(5, 4, **options), (np.empty((2, 0, 4)),)),
    "PatchEmbedding": (
        lambda **options: PatchEmbedding(2, 4, image_size=4, class_token=True, **options),
        (np.empty((0, 3, 4, 4)),),
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", EMPTY)
def test_a_batch_of_nothing_changes_nothing(name: str, optimizer: Any, dtype: Any) -> None:
    make, inputs = EMPTY[name]
    layer = make(optimizer=optimizer, dtype=dtype, seed=1)
    before = {name: array.copy() for name, array in layer.parameters().items()}
    out = layer(*inputs)
    layer.backward(np.zeros_like(out))
    layer.step()
    for name, array in layer.parameters().items():
        assert np.array_equal(array, before[name])


def state_of(layer: Any) -> tuple[Any, ...]:
    return layer.weight.tobytes(), {n: a.tobytes() for n, a in layer.state.arrays.items()}, layer.state.step


def update(layer: Embedding) -> None:
    layer.update([1, 2, 1], np.ones((3, 4)))


def backward_and_step(layer: Embedding) -> None:
    layer.sparse = True
    layer([1, 2, 1])
    layer.backward(np.ones((3, 4)))
    layer.step()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("train", [update, backward_and_step])
@pytest.mark.parametrize("which", ["weight", "state"])
def test_a_read_only_table_and_its_state_stay(train: Any, optimizer: Any, dtype: Any, which: str) -> None:
    layer = Embedding(5, 4, optimizer=optimizer, seed=1, dtype=dtype)
    assert layer.state is not None
    arrays = [layer.weight] if which == "weight" else [*layer.state.arrays.values()]
    for array in arrays:
        array.flags.writeable = False
    if not arrays:
        return  # SGD remembers nothing
    before = state_of(layer)
    with pytest.raises(ValueError, match=r"the table is read-only, .*mmap='r'.*mmap='c'"):
        train(layer)
    assert state_of(layer) == before


def test_a_read_only_table_is_not_shortened() -> None:
    matrix = np.eye(3)
    matrix.flags.writeable = False
    with pytest.raises(ValueError, match="the table is read-only"):
        Embedding.from_pretrained(matrix, max_norm=0.1)([1])


@pytest.mark.parametrize("train", [update, backward_and_step])
def test_another_optimizer_needs_a_state_of_its_own(train: Any) -> None:
    for old in (None, *OPTIMIZERS):
        for new in OPTIMIZERS:
            layer = Embedding(5, 4, optimizer=old, seed=1)
            layer.optimizer = new
            if old is not None and type(old) is type(new):  # another rate, say
                train(layer)
                continue
            before = layer.weight.copy()
            with pytest.raises(RuntimeError, match=r"not of \w+ and an array of float32 \(5, 4\)") as caught:
                train(layer)
            assert np.array_equal(layer.weight, before)
            exec(str(caught.value).partition("Start anew with ")[2], {"layer": layer})
            train(layer)
            fresh = Embedding(5, 4, optimizer=new, seed=1)
            train(fresh)
            assert state_of(layer) == state_of(fresh)


def test_another_table_needs_a_state_of_its_own() -> None:
    for weight in (np.ones((7, 4), "f"), np.ones((3, 4), "f"), np.ones((5, 4))):
        layer = Embedding(5, 4, optimizer=Adam(0.1))
        layer.weight = weight
        before = weight.copy()
        with pytest.raises(RuntimeError, match="one of them was replaced") as caught:
            update(layer)
        assert np.array_equal(layer.weight, before)
        exec(str(caught.value).partition("Start anew with ")[2], {"layer": layer})
        update(layer)


def test_an_optimizer_that_comes_later_needs_a_state_for_each_array() -> None:
    layer = Linear(3, 2, seed=1)
    layer.optimizer = Adam(0.1)
    layer(np.ones((4, 3)))
    layer.backward(np.ones((4, 2)))
    for _ in ("weight", "bias"):
        before = layer.weight.copy(), layer.bias
        with pytest.raises(RuntimeError, match="Start anew with") as caught:
            layer.step()
        assert np.array_equal(layer.weight, before[0])
        exec(str(caught.value).partition("Start anew with ")[2], {"layer": layer})
    layer.step()
    assert layer.states["weight"].step == layer.states["bias"].step == 1


COPIED: dict[str, tuple[Callable[[], Any], tuple[Any, ...], tuple[Any, ...]]] = {
    "Embedding": (lambda: Embedding(5, 4, optimizer=SGD(1.0), seed=1), ([1],), ([2, 3],)),
    "EmbeddingBag": (lambda: bag(optimizer=SGD(1.0), seed=1), ([[1, 2]],), ([[3, 4], [0, 0]],)),
    "Linear": (lambda: Linear(4, 2, optimizer=SGD(1.0), seed=1), (X[0, :1],), (X[0] * 3,)),
    "PositionEmbedding": (lambda: PositionEmbedding(5, 4, optimizer=SGD(1.0), seed=1), (X[0],), (X[0, :1],)),
    "SampledSoftmaxLoss": (
        lambda: SampledSoftmaxLoss(LogUniformSampler(5), 4, 5, optimizer=SGD(1.0), seed=1),
        (X[0, :1], [0]),
        (X[0], [1, 2, 3]),
    ),
}


@pytest.mark.parametrize("name", COPIED)
def test_a_copy_has_the_same_arrays_and_gradients_of_its_own(name: str) -> None:
    make, inputs, others = COPIED[name]

    def backward(layer: Any, out: Any) -> None:
        layer.backward(*([] if isinstance(out, float) else [np.ones_like(out)]))

    alone, layer = make(), make()
    backward(alone, alone(*inputs))
    alone.step()
    other = copy.copy(layer)
    assert np.shares_memory(other.weight, layer.weight)
    out, others_out = layer(*inputs), other(*others)
    backward(layer, out)
    backward(other, others_out)
    layer.step()
    assert np.array_equal(layer.weight, alone.weight)
    other.step()
    assert not np.array_equal(layer.weight, alone.weight)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("train", [update, backward_and_step])
def test_an_interrupt_finds_a_whole_step(train: Any, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Embedding(5, 4, optimizer=Adam(0.1), seed=1, dtype=dtype)
    train(done)
    layer = Embedding(5, 4, optimizer=Adam(0.1), seed=1, dtype=dtype)
    rows = native_rows if dtype == np.float32 else plain_rows
    for name in ("learn", "apply"):
        function = getattr(rows, name)

        def and_interrupt(*given: Any, function: Any = function) -> None:
            signal.raise_signal(signal.SIGINT)
            function(*given)
            signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(rows, name, and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(layer)
    assert state_of(layer) == state_of(done)
    assert not layer.gradients


def test_an_interrupt_finds_all_arrays_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [Linear(3, 2, optimizer=Adam(0.1), seed=1) for _ in range(2)]
    for layer in layers:
        layer(np.ones((4, 3)))
        layer.backward(np.ones((4, 2)))
    layers[0].step()
    apply = native_rows.apply
    monkeypatch.setattr(native_rows, "apply", lambda *given: (apply(*given), signal.raise_signal(signal.SIGINT)))
    with pytest.raises(KeyboardInterrupt):
        layers[1].step()
    for name, array in layers[0].parameters().items():
        assert np.array_equal(layers[1].parameters()[name], array)
        assert layers[1].states[name].step == 1
    assert not layers[1].gradients
