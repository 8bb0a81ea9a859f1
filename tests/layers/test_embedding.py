"""`Embedding`: look-ups, gradients, steps; held to the float64 oracle, to differences and to known values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.layers_oracle import row_gradients, shortened, step

from fastemb import KeyedVectors
from fastemb.layers import SGD, Adagrad, Adam, Embedding, Optimizer, RowwiseAdagrad, SparseRows, table

OPTIMIZERS: list[Optimizer] = [
    SGD(0.1),
    Adagrad(0.1),
    Adagrad(0.1, lr_decay=0.1, initial_accumulator_value=0.2, eps=1e-3),
    RowwiseAdagrad(0.1, initial_accumulator_value=0.1),
    Adam(0.1),
    Adam(0.1, betas=(0.6, 0.9), eps=1e-3, weight_decay=0.4),
]
DTYPES = [np.float32, np.float64]
SIZES = [1, 3, 4, 7, 8, 15, 16, 17, 33, 64, 130]


@pytest.fixture(params=["base", "avx2", "avx512", "neon"])
def isa(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    from fastemb import _native
    from fastemb.layers import native_rows

    if request.param not in {name for name, _, works in _native.kernels() if works}:
        pytest.skip("not on this CPU")
    monkeypatch.setattr(native_rows, "isa", lambda: request.param)
    return str(request.param)


@pytest.fixture
def few_values_take_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_VALUES_FOR_THREADS", 1)


def numbers(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


def close(found: Any, expected: Any, tolerance: float = 2e-5) -> None:
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


# ---- the table ----


def test_a_new_table_is_normal_and_zero_at_the_padding() -> None:
    weight = Embedding(2000, 50, padding_idx=3, seed=1).weight
    assert weight.dtype == np.float32
    assert not weight[3].any()
    rest = np.delete(weight, 3, axis=0)
    assert abs(rest.mean()) < 0.01
    assert abs(rest.std() - 1) < 0.01


def test_the_seed_decides() -> None:
    assert np.array_equal(Embedding(5, 4, seed=7).weight, Embedding(5, 4, seed=7).weight)
    assert not np.array_equal(Embedding(5, 4, seed=7).weight, Embedding(5, 4, seed=8).weight)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_tables_and_states_begin_with_a_cache_line(optimizer: Optimizer, dtype: Any) -> None:
    for rows in range(1, 6):
        layer = Embedding(rows, 3, optimizer=optimizer, seed=1, dtype=dtype)
        assert layer.state is not None
        arrays = [layer.weight, *layer.state.arrays.values()]
        assert [array.ctypes.data % 64 for array in arrays] == [0] * len(arrays)
        assert all(array.dtype == dtype and array.flags.c_contiguous for array in arrays)
        assert np.array_equal(layer.weight, np.random.default_rng(1).standard_normal((rows, 3), dtype))


def test_parameters_are_the_table_itself() -> None:
    layer = Embedding(5, 4)
    assert layer.parameters()["weight"] is layer.weight
    given_table = np.ones((5, 4), np.float32)
    assert Embedding(5, 4, weight=given_table).weight is given_table


# ---- look-up ----


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3), (2, 0, 3), (2, 3, 4)])
@pytest.mark.parametrize("id_dtype", [np.int8, np.uint16, np.int32, np.int64, np.uint64])
def test_ids_of_any_shape_and_integer_dtype(shape: tuple[int, ...], id_dtype: Any, dtype: Any) -> None:
    layer = Embedding(9, 4, dtype=dtype, seed=1)
    ids = np.random.default_rng(0).integers(0, 9, shape).astype(id_dtype)
    out = layer(ids)
    assert out.dtype == dtype
    assert np.array_equal(out, layer.weight[ids.astype(int)])


def test_a_look_up_is_one_hot_times_the_table() -> None:
    layer = Embedding(6, 3, seed=2)
    ids = np.array([5, 0, 5, 2])
    close(layer(ids), np.eye(6)[ids] @ layer.weight)


@pytest.mark.usefixtures("few_values_take_threads")
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("p", [1.0, 2.0, 0.5, 3.5, float("inf")])
def test_rows_that_are_looked_up_are_shortened(p: float, workers: int, isa: str) -> None:
    for size in SIZES:
        weight = numbers(size, 40, size)
        ids = np.random.default_rng(size).integers(0, 40, 30)
        layer = Embedding(40, size, max_norm=0.7, norm_type=p, weight=weight.astype("f"), workers=workers)
        out = layer(ids)
        expected = shortened(weight.astype("f").astype(float), ids.tolist(), 0.7, p)
        close(layer.weight, expected)
        assert np.array_equal(out, layer.weight[ids])


@pytest.mark.parametrize("value", [1e30, 1e-30])
def test_norms_of_extreme_rows(value: float) -> None:
    for p in (1.0, 2.0, 3.0, float("inf")):
        layer = Embedding(1, 4, max_norm=1.0, norm_type=p, weight=np.full((1, 4), value, "f"))
        row = layer([0])[0]
        close(row, np.full(4, 4 ** (-1 / p) if value > 1 else value))


@pytest.mark.parametrize("dtype", DTYPES)
def test_norms_near_zero_are_divided_as_torch_does(dtype: Any) -> None:
    """By the norm plus 1e-7."""
    layer = Embedding(1, 1, max_norm=1e-7, weight=np.full((1, 1), 3e-7), dtype=dtype)
    assert layer([0])[0, 0] == pytest.approx(0.75e-7)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, float("inf")])
def test_rows_that_are_not_finite_stay(p: float, dtype: Any) -> None:
    weight = np.array([[np.nan, 1], [np.inf, 1]], dtype)
    layer = Embedding(2, 2, max_norm=0.1, norm_type=p, weight=weight.copy(), dtype=dtype)
    layer([0, 1])
    assert np.array_equal(layer.weight, weight, equal_nan=True)


# ---- gradients and steps ----


@pytest.mark.usefixtures("few_values_take_threads")
@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("padding", [None, 2])
@pytest.mark.parametrize("by_frequency", [False, True])
def test_gradients_are_those_of_the_oracle(by_frequency: bool, padding: int | None, workers: int, isa: str) -> None:
    for size in SIZES:
        ids = np.random.default_rng(size).integers(0, 30, 200)
        ids[:50] = 7
        grad = numbers(1, 200, size)
        options: dict[str, Any] = {"padding_idx": padding, "scale_grad_by_freq": by_frequency, "workers": workers}
        layer = Embedding(30, size, sparse=True, **options)
        layer(ids)
        found = layer.backward(grad)
        expected = row_gradients(ids.tolist(), grad, padding, by_frequency)
        assert isinstance(found, SparseRows)
        assert found.indices.tolist() == list(expected)
        close(found.values, np.array(list(expected.values())))
        dense = Embedding(30, size, **options)
        dense(ids)
        assert np.array_equal(dense.backward(grad), found.to_dense())
        assert layer.gradients["weight"] is found


@pytest.mark.usefixtures("few_values_take_threads")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", ["update", "sparse", "dense"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_steps_are_those_of_the_oracle(optimizer: Optimizer, way: str, dtype: Any, isa: str) -> None:
    for size in SIZES:
        weight = numbers(0, 12, size).astype("f").astype(float)
        layer = Embedding(
            12, size, 5, sparse=way == "sparse", weight=weight.astype(dtype), dtype=dtype, optimizer=optimizer
        )
        memory: list[dict[str, Any]] = [{} for _ in range(12)]
        for t in (1, 2, 3):
            ids = np.random.default_rng(t).integers(0, 9, (4, 3))
            grad = numbers(t, 4, 3, size).astype("f")
            if way == "update":
                layer.update(ids, grad)
            else:
                layer(ids)
                layer.backward(grad)
                layer.step()
                assert not layer.gradients
            sums = row_gradients(ids.ravel().tolist(), grad.reshape(12, size).astype(float), 5)
            zero = np.zeros(size)
            for row in range(12) if way == "dense" else sums:
                args = (type(optimizer).__name__, asdict(optimizer), weight[row], sums.get(row, zero), memory[row], t)
                weight[row] = step(*args)
        close(layer.weight, weight)
        assert layer.state is not None
        assert layer.state.step == 3


@pytest.mark.usefixtures("few_values_take_threads")
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
@given(
    ids=st.lists(st.integers(0, 40), max_size=60),
    size=st.sampled_from(SIZES),
    workers=st.integers(2, 6),
    by_frequency=st.booleans(),
    padding=st.none() | st.integers(0, 40),
)
def test_bits_do_not_depend_on_workers(
    optimizer: Optimizer, ids: list[int], size: int, workers: int, by_frequency: bool, padding: int | None
) -> None:
    grad = numbers(3, len(ids), size)
    layers = [
        Embedding(
            41,
            size,
            padding,
            scale_grad_by_freq=by_frequency,
            sparse=True,
            weight=numbers(0, 41, size).astype("f"),
            optimizer=optimizer,
            workers=count,
        )
        for count in (1, workers)
    ]
    for layer in layers:
        layer.update(ids, grad)
        layer(ids)
        layer.backward(grad)
    one, many = (layer.gradients["weight"] for layer in layers)
    assert isinstance(one, SparseRows)
    assert isinstance(many, SparseRows)
    assert layers[0].weight.tobytes() == layers[1].weight.tobytes()
    assert one.indices.tolist() == many.indices.tolist() == sorted(set(ids) - {padding})
    assert one.values.tobytes() == many.values.tobytes()


def test_the_gradient_is_that_of_differences() -> None:
    ids, toward = np.array([[1, 4], [4, 0]]), numbers(5, 2, 2, 3)
    layer = Embedding(5, 3, dtype=np.float64, seed=1)

    def loss() -> float:
        return float((np.sin(layer(ids)) * toward).sum())

    layer.backward(np.cos(layer(ids)) * toward)
    found = layer.gradients["weight"]
    assert isinstance(found, np.ndarray)
    for place in np.ndindex(5, 3):
        kept = layer.weight[place]
        layer.weight[place] = kept + 1e-6
        above = loss()
        layer.weight[place] = kept - 1e-6
        below = loss()
        layer.weight[place] = kept
        assert found[place] == pytest.approx((above - below) / 2e-6, abs=1e-8)


def test_many_ids_of_a_large_table() -> None:
    layer = Embedding(70_000, 2, sparse=True, workers=2, seed=1)
    ids = np.random.default_rng(1).integers(0, 70_000, 100_000)
    grad = numbers(2, 100_000, 2)
    layer(ids)
    found = layer.backward(grad)
    assert isinstance(found, SparseRows)
    expected = np.zeros((70_000, 2))
    np.add.at(expected, ids, grad)
    assert np.array_equal(found.indices, np.unique(ids))
    close(found.to_dense(), expected)


# ---- pretrained tables ----


def vectors() -> KeyedVectors:
    found = KeyedVectors(3)
    found.add_vectors(["cat", "sat", "mat"], numbers(0, 3, 3).astype("f"))
    return found


def test_a_layer_of_keyed_vectors_is_asked_by_key() -> None:
    known = vectors()
    layer = Embedding.from_pretrained(known)
    assert layer.frozen
    assert np.shares_memory(layer.weight, known.vectors)
    assert np.array_equal(layer.by_key(["mat", "cat"]), known[["mat", "cat"]])
    assert layer.by_key([["mat"], ["cat"]]).shape == (2, 1, 3)
    with pytest.raises(KeyError, match="no key 'dog'"):
        layer.by_key(["dog"])
    with pytest.raises(RuntimeError, match="has no keys"):
        Embedding(2, 2).by_key(["cat"])


def test_training_a_layer_leaves_the_keyed_vectors_as_they_are() -> None:
    known = vectors()
    before = known.vectors.copy()
    layer = Embedding.from_pretrained(known, freeze=False, optimizer=SGD(1.0))
    layer.update([0, 1], np.ones((2, 3)))
    Embedding.from_pretrained(known, max_norm=0.01)([0, 1, 2])
    assert np.array_equal(known.vectors, before)
    close(layer.weight[:2], before[:2] - 1)


def test_a_matrix_is_shared() -> None:
    for dtype in DTYPES:
        matrix = numbers(0, 4, 3).astype(dtype)
        assert Embedding.from_pretrained(matrix, freeze=False).weight is matrix
    assert Embedding.from_pretrained([[1, 2], [3, 4]]).weight.dtype == np.float32


def test_a_frozen_table_is_not_trained() -> None:
    layer = Embedding.from_pretrained(np.eye(3))
    layer([1])
    assert layer.parameters() == {}
    for train in (lambda: layer.backward(np.ones((1, 3))), layer.step, lambda: layer.update([1], np.ones((1, 3)))):
        with pytest.raises(RuntimeError, match=r"frozen.*freeze=False"):
            train()
    with pytest.raises(ValueError, match="a frozen table needs no optimizer"):
        Embedding.from_pretrained(np.eye(3), optimizer=SGD())


def test_the_last_row_may_be_named_from_the_end() -> None:
    layer = Embedding(4, 2, -1, optimizer=SGD(1.0))
    assert layer.padding_idx == 3
    layer.update([3, 3], np.ones((2, 2)))
    assert not layer.weight[3].any()
