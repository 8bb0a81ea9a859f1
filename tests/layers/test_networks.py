"""Linear, activations, pooling and losses: values, gradients, bad input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layers.differences import check_layer, check_loss

from fastemb.layers import SGD, Adagrad, Adam, BCEWithLogitsLoss, CrossEntropyLoss, Linear, Pooling, ReLU, Tanh

RANDOM = np.random.default_rng(1)
SIZES = st.integers(1, 4)


def normal(*shape: int, dtype: Any = np.float64) -> Any:
    return np.random.default_rng(3).normal(size=shape).astype(dtype)


# ---- values; those of the losses are torch 2.13's ----


def test_linear_is_a_product_and_a_sum() -> None:
    layer = Linear(2, 3, seed=0)
    layer.weight[:] = [[1, 2], [3, 4], [5, 6]]
    assert layer.bias is not None
    layer.bias[:] = [0.5, 0, -1]
    assert layer(np.float32([[1, -1], [2, 0]])).tolist() == [[-0.5, -1, -2], [2.5, 6, 9]]
    assert Linear(2, 3, bias=False, seed=0).bias is None


def test_linear_starts_as_torchs_does_and_the_same_for_a_seed() -> None:
    layer = Linear(100, 300, seed=0)
    for array in layer.parameters().values():
        assert 0.09 < np.abs(array).max() <= 0.1
        assert abs(array.std() - 0.1 / math.sqrt(3)) < 0.005
    assert (layer.weight == Linear(100, 300, seed=0).weight).all()
    assert (layer.weight != Linear(100, 300, seed=1).weight).any()


def test_activations() -> None:
    x = np.float32([-2, 0, 3])
    assert ReLU()(x).tolist() == [0, 0, 3]
    assert Tanh()(x).tolist() == np.tanh(x).tolist()
    relu = ReLU()
    relu(x)
    assert relu.backward(np.ones(3)).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("mode", "expected"), [("mean", [[2, 1], [0, 0]]), ("sum", [[4, 2], [0, 0]]), ("max", [[3, 2], [0, 0]])]
)
def test_pooling_honours_the_mask_whatever_stands_there(mode: Any, expected: Any) -> None:
    x = np.float32([[[1, 2], [3, 0], [np.nan, np.inf]], [[np.nan, 7], [7, 7], [7, 7]]])
    mask = np.array([[True, True, False], [False] * 3])
    layer = Pooling(mode)
    assert layer(x, mask).tolist() == expected
    grad = layer.backward(np.ones((2, 2)))
    assert (grad[~mask] == 0).all()
    assert grad[0].sum() == (4 if mode == "sum" else 2)


@pytest.mark.parametrize("mode", ["mean", "sum", "max"])
def test_rows_without_vectors_are_pooled_to_zero(mode: Any) -> None:
    layer = Pooling(mode)
    assert layer(np.zeros((2, 0, 3), np.float32)).tolist() == [[0, 0, 0]] * 2
    assert layer.backward(np.ones((2, 3))).shape == (2, 0, 3)


def test_the_maximum_sends_its_gradient_to_the_first_of_equals() -> None:
    layer = Pooling("max")
    layer(np.zeros((1, 3, 1), np.float32))
    assert layer.backward(np.ones((1, 1)))[0, :, 0].tolist() == [1, 0, 0]


LOGITS = np.array([[1.0, -2, 0.5], [3, 0, -1]])


def test_cross_entropy_is_torchs() -> None:
    loss = CrossEntropyLoss()
    assert loss(LOGITS, [2, 0]) == pytest.approx(0.5352404030498562, rel=1e-14)
    expected = [
        [0.3018744480743129, 0.015029443784787011, -0.3169038918590999],
        [-0.03188022406174712, 0.023306311288986945, 0.008573912772760194],
    ]
    np.testing.assert_allclose(loss.backward(), expected, rtol=1e-13)
    assert CrossEntropyLoss("sum")(LOGITS, [2, 0]) == pytest.approx(2 * 0.5352404030498562)
    assert loss(LOGITS, [2, -100]) == pytest.approx(CrossEntropyLoss()(LOGITS[:1], [2]))
    assert (loss.backward()[1] == 0).all()


def test_an_ignored_target_needs_no_class() -> None:
    assert CrossEntropyLoss()(np.float64([[2], [3]]), [0, -100]) == 0


def test_logistic_loss_is_torchs() -> None:
    loss = BCEWithLogitsLoss()
    assert loss(LOGITS, [[1, 0, 1], [0, 0.25, 1]]) == pytest.approx(0.9948771503988687, rel=1e-14)
    expected = [
        [-0.04482357022833252, 0.019867153670352924, -0.0629234447996909],
        [0.15876235447040557, 0.041666666666666664, -0.12184309643833414],
    ]
    np.testing.assert_allclose(loss.backward(), expected, rtol=1e-13)


@pytest.mark.parametrize("size", [1e3, -1e3, 1e30, -1e30])
def test_losses_of_large_logits_are_finite(size: float) -> None:
    logistic, softmax = BCEWithLogitsLoss(), CrossEntropyLoss()
    assert logistic(np.float64([size]), [1]) == max(-size, 0)
    assert logistic.backward().tolist() == [0.0 if size > 0 else -1.0]
    assert softmax(np.float64([[size, 0]]), [0]) == max(-size, 0)
    assert np.isfinite(softmax.backward()).all()


def test_rows_of_very_different_size_do_not_disturb_each_other() -> None:
    loss = CrossEntropyLoss("sum")
    assert loss(np.float64([[1000, 0], [-1000, -1000]]), [0, 0]) == pytest.approx(math.log(2))
    assert loss.backward().tolist() == [[0, 0], [-0.5, 0.5]]


@pytest.mark.parametrize("loss", [CrossEntropyLoss(), BCEWithLogitsLoss()], ids=["softmax", "logistic"])
def test_losses_go_back_once_for_each_forward(loss: Any) -> None:
    loss(np.zeros((1, 2)), [0] if isinstance(loss, CrossEntropyLoss) else [[0, 1]])
    loss.backward()
    with pytest.raises(RuntimeError, match="once for each backward"):
        loss.backward()


# ---- gradients ----


@given(st.lists(st.integers(0, 3), max_size=2), SIZES, SIZES, st.booleans())
def test_gradients_of_linear(lead: list[int], size: int, out: int, bias: bool) -> None:
    check_layer(Linear(size, out, bias, seed=0, dtype=np.float64), normal(*lead, size))


@pytest.mark.parametrize("layer", [Tanh(), ReLU()], ids=["tanh", "relu"])
def test_gradients_of_activations(layer: Any) -> None:
    check_layer(layer, normal(3, 4))


@given(SIZES, st.integers(0, 4), SIZES, st.sampled_from(["mean", "sum", "max"]), st.integers(0, 100))
def test_gradients_of_pooling(batch: int, length: int, size: int, mode: Any, seed: int) -> None:
    mask = np.random.default_rng(seed).random((batch, length)) < 0.6
    check_layer(Pooling(mode), normal(batch, length, size), mask)
    check_layer(Pooling(mode), normal(batch, length, size))


@given(SIZES, st.integers(2, 5), st.sampled_from(["mean", "sum"]))
def test_gradients_of_losses(batch: int, classes: int, reduction: Any) -> None:
    logits = 3 * normal(batch, classes)
    check_loss(BCEWithLogitsLoss(reduction), logits, np.random.default_rng(0).random((batch, classes)))
    targets = np.arange(batch) % classes
    check_loss(CrossEntropyLoss(reduction), logits, targets)
    check_loss(CrossEntropyLoss(reduction, ignore_index=classes - 1), logits, np.where(targets, 0, targets))


# ---- steps ----


@pytest.mark.parametrize("optimizer", [SGD(0.1), Adagrad(0.1), Adam(0.1)], ids=["sgd", "adagrad", "adam"])
def test_a_step_goes_down_and_forgets_the_gradients(optimizer: Any) -> None:
    layer = Linear(2, 1, optimizer=optimizer, seed=0)
    x, before = np.float32([[1, 2]]), {name: array.copy() for name, array in layer.parameters().items()}
    arrays = layer.parameters()
    layer(x)
    layer.backward(np.float32([[1]]))
    layer.step()
    for name, array in layer.parameters().items():
        assert array is arrays[name]
        assert (array < before[name]).all()
    assert layer.gradients == {}
    assert {state.step for state in layer.states.values()} == {1}


def test_networks_learn_xor() -> None:
    x, y = np.float32([[0, 0], [0, 1], [1, 0], [1, 1]]), np.float32([[0], [1], [1], [0]])
    layers: list[Any] = [Linear(2, 8, optimizer=Adam(0.05), seed=1), Tanh(), Linear(8, 1, optimizer=Adam(0.05), seed=2)]
    loss = BCEWithLogitsLoss()
    for _ in range(300):
        out = x
        for layer in layers:
            out = layer(out)
        loss(out, y)
        grad = loss.backward()
        for layer in reversed(layers):
            grad = layer.backward(grad)
        layers[0].step()
        layers[2].step()
    assert ((out > 0) == (y > 0)).all()


# ---- bad input ----


def of_shape(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


LAYERS = [
    (lambda: Linear(3, 2, seed=0), of_shape(4, 3), (4, 2)),
    (Tanh, of_shape(4, 3), (4, 3)),
    (ReLU, of_shape(4, 3), (4, 3)),
    (lambda: Pooling("mean"), of_shape(4, 5, 3), (4, 3)),
    (lambda: Pooling("max"), of_shape(4, 5, 3), (4, 3)),
]
NAMES = ["linear", "tanh", "relu", "mean", "max"]


@pytest.mark.parametrize(("make", "x", "shape"), LAYERS, ids=NAMES)
def test_bad_gradients(make: Any, x: Any, shape: tuple[int, ...]) -> None:
    layer = make()
    with pytest.raises(RuntimeError, match="call forward first"):
        layer.backward(np.zeros(shape))
    layer(x)
    with pytest.raises(ValueError, match=r"grad must have the shape of the output, \(4, .*not \(7,\)"):
        layer.backward(np.zeros(7))
    with pytest.raises(TypeError, match="grad must be floats, not int64"):
        layer.backward(np.zeros(shape, np.int64))
    grad = np.zeros(shape)
    grad[2, 1] = np.nan
    with pytest.raises(ValueError, match=r"grad holds nan at \(2, 1\)"):
        layer.backward(grad)
    layer.backward(np.zeros(shape))  # forward still counts after a mistake
    with pytest.raises(RuntimeError, match="once for each backward"):
        layer.backward(np.zeros(shape))


@pytest.mark.parametrize(("make", "x", "shape"), LAYERS, ids=NAMES)
def test_integers_are_no_vectors(make: Any, x: Any, shape: Any) -> None:
    with pytest.raises(TypeError, match="int64"):
        make()(x.astype(np.int64))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Linear(0, 2), ValueError, "in_features must be at least 1"),
        (lambda: Linear(2, 2.5), TypeError, "out_features must be a whole number"),  # type: ignore[arg-type]
        (lambda: Linear(2, 2, dtype=np.float16), TypeError, "float32 or float64, not float16"),
        (lambda: Linear(2, 2)(of_shape(4, 3)), ValueError, r"a last axis of 2, not the shape \(4, 3\)"),
        (lambda: Linear(2, 2)(np.float32(1)), ValueError, "a last axis of 2"),
        (lambda: Linear(2, 2).step(), RuntimeError, r"optimizer=fastemb.layers.Adam\(1e-3\)"),
        (lambda: Linear(2, 2, optimizer=SGD()).step(), RuntimeError, "call backward before step"),
        (lambda: Pooling("median"), ValueError, "'mean', 'sum', 'max'"),  # type: ignore[arg-type]
        (lambda: Pooling()(of_shape(3)), ValueError, r"\(\.\.\., L, D\)"),
        (lambda: Pooling()(of_shape(2, 3, 4), np.ones((2, 4), bool)), ValueError, r"mask must have the shape \(2, 3\)"),
        (lambda: Pooling()(of_shape(2, 3, 4), np.ones((2, 3))), TypeError, "give mask != 0"),
        (lambda: CrossEntropyLoss("none"), ValueError, "'mean' or 'sum'"),  # type: ignore[arg-type]
        (lambda: CrossEntropyLoss()(of_shape(2, 3), [0, 3]), IndexError, r"targets holds 3 at 1.* from 0 to 2"),
        (lambda: CrossEntropyLoss()(of_shape(2, 3), [0, -1]), IndexError, r"targets holds -1 at 1"),
        (lambda: CrossEntropyLoss()(of_shape(2, 3), [0.0, 1.0]), TypeError, "targets must be integers"),
        (lambda: CrossEntropyLoss()(of_shape(2, 3), [True, False]), TypeError, "targets must be integers"),
        (lambda: CrossEntropyLoss()(of_shape(2, 3), [[0], [1, 2]]), ValueError, "targets.*different lengths"),
        (lambda: CrossEntropyLoss()(of_shape(2, 3), [0]), ValueError, r"targets must have the shape \(2,\)"),
        (lambda: CrossEntropyLoss()(of_shape(0, 3), np.zeros(0, int)), ValueError, "must not be empty"),
        (lambda: CrossEntropyLoss()(of_shape(1, 3), [-100]), ValueError, "no target counts"),
        (lambda: CrossEntropyLoss()([[np.nan, 1.0]], [0]), ValueError, r"nan at \(0, 0\)"),
        (lambda: BCEWithLogitsLoss()(of_shape(2), [0, 1.5]), ValueError, r"targets holds 1.5 at 1"),
        (lambda: BCEWithLogitsLoss()(of_shape(2), [0, np.nan]), ValueError, r"targets holds nan at 1"),
        (lambda: BCEWithLogitsLoss()(of_shape(2), [[0], [1]]), ValueError, "shape of the logits"),
        (lambda: BCEWithLogitsLoss()(of_shape(2), ["a", "b"]), TypeError, "targets must be numbers"),
        (lambda: BCEWithLogitsLoss().backward(), RuntimeError, "call forward first"),
        (lambda: CrossEntropyLoss().backward(), RuntimeError, "call forward first"),
    ],
)
def test_bad_input(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
