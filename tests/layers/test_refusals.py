"""Bad input of layers: an error that says what and where, and the table and the optimiser's state untouched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastemb.layers import (
    SGD,
    Adagrad,
    Adam,
    Embedding,
    EmbeddingBag,
    Linear,
    LogUniformSampler,
    PatchEmbedding,
    PositionalEncoding,
    PositionEmbedding,
    RotaryEmbedding,
    RowwiseAdagrad,
    SampledSoftmaxLoss,
    SparseRows,
    TokenAndPositionEmbedding,
)

NAN = np.ones((2, 3, 4), "f")
NAN[1, 0, 2] = np.nan
INFINITE = np.ones((2, 3, 4), "f")
INFINITE[0, 2, 3] = -np.inf
IDS = [[1, 2, 3], [4, 0, 1]]
ONES = np.ones((2, 3, 4))

BAD: dict[str, tuple[Any, Any, type[Exception], str]] = {
    "id past the end": ([[1, 2], [3, 5]], ONES[:, :2], IndexError, r"holds 5 at \(1, 1\).*from 0 to 4"),
    "negative id": ([1, -1], ONES[0, :2], IndexError, r"holds -1 at 1;"),
    "one id": (7, ONES[0, 0], IndexError, r"holds 7; "),
    "huge id": (np.array([1, 2**64 - 1], np.uint64), ONES[0, :2], IndexError, r"at 1; it must be below 2\*\*63"),
    "float ids": ([1.0, 2.0], ONES[0, :2], TypeError, "must be integers, not of dtype float64"),
    "bool ids": ([True, False], ONES[0, :2], TypeError, "must be integers, not of dtype bool"),
    "str ids": (["cat"], ONES[0, :1], TypeError, "must be integers.*words have them by Vocabulary.encode"),
    "ragged ids": ([[1, 2], [3]], ONES[0, :2], ValueError, "lists in it have different lengths"),
    "gradient of other ids": (IDS, ONES[:1], ValueError, r"shape .*\(2, 3, 4\), not \(1, 3, 4\)"),
    "gradient of another size": (IDS, ONES[..., :3], ValueError, r"\(2, 3, 4\), not \(2, 3, 3\)"),
    "flat gradient": (IDS, ONES.reshape(6, 4), ValueError, r"\(2, 3, 4\), not \(6, 4\)"),
    "NaN": (IDS, NAN, ValueError, r"grad holds nan at \(1, 0, 2\)"),
    "infinity": (IDS, INFINITE, ValueError, r"grad holds -inf at \(0, 2, 3\)"),
    "too large for float32": (IDS, ONES * 1e300, ValueError, r"grad holds 1e\+300 at \(0, 0, 0\), .*too large"),
    "complex gradient": (IDS, ONES * 1j, TypeError, "not of dtype complex128"),
    "masked id": (np.ma.array([1, 2], mask=[0, 1]), ONES[0, :2], ValueError, r"ids is masked at 1.*ids.filled\(0\)"),
    "masked gradient": (IDS, np.ma.masked_less(ONES * 0, 1), ValueError, r"grad is masked at \(0, 0, 0\)"),
    "ragged gradient": ([1, 2], [[1.0], [1.0, 2.0]], ValueError, "grad must be an array; lists in it"),
    "gradient of strings": (IDS, ONES.astype(str), TypeError, "must be an array of floats"),
}


def look_up_and_go_back(layer: Embedding, ids: Any, grad: Any) -> None:
    layer.forward(ids)
    layer.backward(grad)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", BAD)
def test_bad_updates_change_nothing(name: str, workers: int) -> None:
    ids, grad, kind, message = BAD[name]
    for optimizer in (SGD(), Adagrad(), RowwiseAdagrad(), Adam()):
        layer = Embedding(5, 4, optimizer=optimizer, seed=1, workers=workers)
        layer.update(IDS, ONES)
        assert layer.state is not None
        before = layer.weight.tobytes(), {n: a.tobytes() for n, a in layer.state.arrays.items()}, layer.state.step
        with pytest.raises(kind, match=message):
            layer.update(ids, grad)
        with pytest.raises(kind, match=message):
            look_up_and_go_back(layer, ids, grad)
        after = layer.weight.tobytes(), {n: a.tobytes() for n, a in layer.state.arrays.items()}, layer.state.step
        assert before == after
        assert not layer.gradients


def test_bad_ids_shorten_nothing() -> None:
    layer = Embedding(5, 4, max_norm=0.1, seed=1)
    before = layer.weight.copy()
    with pytest.raises(IndexError):
        layer([0, 1, 5])
    assert np.array_equal(layer.weight, before)


@pytest.mark.parametrize("sparse", [False, True])
def test_an_empty_batch_is_no_error(sparse: bool) -> None:
    for ids in ([], np.empty((0, 3), int), np.empty((2, 0), np.int32)):
        layer = Embedding(5, 4, sparse=sparse, optimizer=Adam(weight_decay=0.1), seed=1)
        before = layer.weight.copy()
        out = layer(ids)
        assert out.shape == (*np.shape(ids), 4)
        layer.backward(out)
        layer.update(ids, out)
        if sparse:
            layer.step()
        assert np.array_equal(layer.weight, before)
    with pytest.raises(TypeError, match="must be integers"):
        layer(np.empty(0))


BAG: dict[str, tuple[dict[str, Any], tuple[Any, ...], type[Exception], str]] = {
    "no offsets": ({}, ([1, 2],), ValueError, "needs offsets"),
    "offsets with two dimensions": ({}, ([[1, 2]], [0]), ValueError, "each row is a bag"),
    "three dimensions": ({}, ([[[1]]],), ValueError, "one dimension.*or two"),
    "offsets that begin later": ({}, ([1, 2], [1]), ValueError, "begin with 0, not 1"),
    "offsets that fall": ({}, ([1, 2, 3], [0, 2, 1]), ValueError, r"offsets\[2\] is 1 after 2"),
    "offsets past the end": ({}, ([1, 2], [0, 3]), ValueError, "end with 3, and there are 2 ids"),
    "float offsets": ({}, ([1, 2], [0.0]), TypeError, "offsets must be integers"),
    "offsets of two dimensions": ({}, ([1, 2], [[0]]), ValueError, "one dimension"),
    "ids without a bag": ({}, ([1, 2], []), ValueError, "offsets no bag"),
    "last offset missing": ({"include_last_offset": True}, ([1, 2], [0, 1]), ValueError, "end with 1"),
    "no last offset": ({"include_last_offset": True}, ([], []), ValueError, "one entry at least"),
    "weights with mean": ({}, ([1, 2], [0], [1.0, 1.0]), ValueError, "per_sample_weights go with mode='sum'"),
    "few weights": ({"mode": "sum"}, ([1, 2], [0], [1.0]), ValueError, r"shape of input, \(2,\), not \(1,\)"),
    "weights of strings": ({"mode": "sum"}, ([1], [0], ["a"]), TypeError, "per_sample_weights must be floats"),
    "NaN weights": ({"mode": "sum"}, ([1, 2], [0], [1.0, np.nan]), ValueError, "per_sample_weights holds nan at 1"),
    "id past the end": ({}, ([1, 5], [0]), IndexError, "input holds 5 at 1"),
    "float ids": ({}, ([1.0], [0]), TypeError, "input must be integers"),
}


@pytest.mark.parametrize("name", BAG)
def test_bad_bags_change_nothing(name: str) -> None:
    options, given, kind, message = BAG[name]
    layer = EmbeddingBag(5, 4, seed=1, max_norm=0.1, optimizer=Adam(), **options)
    before = layer.weight.copy()
    with pytest.raises(kind, match=message):
        layer(*given)
    with pytest.raises(kind, match=message):
        layer.update(given[0], np.ones((1, 4)), *given[1:])
    assert np.array_equal(layer.weight, before)


MAKERS: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "padding past the end": (lambda: Embedding(3, 2, 3), ValueError, "from -3 to 2, not 3"),
    "padding before the start": (lambda: Embedding(3, 2, -4), ValueError, "from -3 to 2, not -4"),
    "padding of a bag": (lambda: EmbeddingBag(3, 2, padding_idx=3), ValueError, "from -3 to 2, not 3"),
    "padding, pretrained": (lambda: Embedding.from_pretrained(np.eye(3), padding_idx=3), ValueError, "not 3"),
    "padding of 1.0": (lambda: Embedding(3, 2, 1.0), TypeError, "padding_idx must be a whole number"),  # type: ignore[arg-type]
    "no rows": (lambda: Embedding(0, 2), ValueError, "num_embeddings must be at least 1"),
    "no values": (lambda: Embedding(2, 0), ValueError, "embedding_dim must be at least 1"),
    "too many rows": (lambda: Embedding(2**32, 1), ValueError, "at most 4294967295"),
    "negative norm": (lambda: Embedding(2, 2, max_norm=-1), ValueError, "max_norm must be a finite number >= 0"),
    "p of 0": (lambda: Embedding(2, 2, norm_type=0), ValueError, "norm_type must be above 0"),
    "p of NaN": (lambda: Embedding(2, 2, norm_type=float("nan")), ValueError, "norm_type must be above 0"),
    "float16": (lambda: Embedding(2, 2, dtype=np.float16), TypeError, "float32 or float64, not float16"),
    "another weight": (lambda: Embedding(2, 2, weight=np.eye(3)), ValueError, r"= \(2, 2\), not \(3, 3\)"),
    "weight of strings": (lambda: Embedding(1, 1, weight=[["a"]]), TypeError, "matrix of floats"),
    "flat matrix": (lambda: Embedding.from_pretrained(np.ones(3)), ValueError, r"not \(3,\)"),
    "no matrix": (lambda: Embedding.from_pretrained(np.ones((0, 3))), ValueError, "both at least 1"),
    "mode": (lambda: EmbeddingBag(2, 2, mode="min"), ValueError, "'sum', 'mean' or 'max', not 'min'"),  # type: ignore[arg-type]
    "max by frequency": (lambda: EmbeddingBag(2, 2, mode="max", scale_grad_by_freq=True), ValueError, "no meaning"),
    "rate": (lambda: SGD(-1.0), ValueError, "lr must be a finite number >= 0"),
    "betas": (lambda: Adam(betas=(0.9, 1.0)), ValueError, "betas must be two numbers"),
    "three betas": (lambda: Adam(betas=(0.9, 0.9, 0.9)), ValueError, "betas must be two"),  # type: ignore[arg-type]
    "eps": (lambda: Adagrad(eps=float("nan")), ValueError, "eps must be a finite number"),
    "one beta": (lambda: Adam(betas=0.9), TypeError, "betas must be two numbers.*not 0.9"),  # type: ignore[arg-type]
    "optimizer by name": (lambda: Embedding(2, 2, optimizer="adam"), TypeError, r"such as .*Adam\(1e-3\), not 'adam'"),  # type: ignore[arg-type]
    "class of optimizer": (lambda: Linear(2, 2, optimizer=Adam), TypeError, "optimizer must be .* with its settings"),  # type: ignore[arg-type]
    "optimizer of bags": (lambda: EmbeddingBag(2, 2, optimizer=0.1), TypeError, "optimizer must be .*not 0.1"),  # type: ignore[arg-type]
    "optimizer of patches": (lambda: PatchEmbedding(2, 2, optimizer=SGD), TypeError, "optimizer must be "),  # type: ignore[arg-type]
    "optimizer of positions": (lambda: PositionEmbedding(2, 2, optimizer=SGD), TypeError, "optimizer must be "),  # type: ignore[arg-type]
    "optimizer of a loss": (
        lambda: SampledSoftmaxLoss(LogUniformSampler(3), 2, 1, optimizer="sgd"),  # type: ignore[arg-type]
        TypeError,
        "optimizer must be .*not 'sgd'",
    ),
    "number for a sampler": (
        lambda: SampledSoftmaxLoss(3, 2, 1),  # type: ignore[arg-type]
        TypeError,
        r"sampler must be .* LogUniformSampler\(1000\), not 3",
    ),
    "sum of two sizes": (
        lambda: TokenAndPositionEmbedding(Embedding(3, 4), PositionalEncoding(6)),
        ValueError,
        "tokens have vectors of 4 values and positions of 6",
    ),
    "sum of two tables of two sizes": (
        lambda: TokenAndPositionEmbedding(Embedding(3, 4), PositionEmbedding(4, 3)),
        ValueError,
        "tokens have vectors of 4 values and positions of 3",
    ),
    "rotations are not added": (
        lambda: TokenAndPositionEmbedding(Embedding(3, 4), RotaryEmbedding(4, layout="half")),  # type: ignore[arg-type]
        TypeError,
        "not RotaryEmbedding; it turns queries and keys",
    ),
    "positions before tokens": (
        lambda: TokenAndPositionEmbedding(PositionalEncoding(4), Embedding(3, 4)),  # type: ignore[arg-type]
        TypeError,
        "positions must be .*, not Embedding$",
    ),
    "tokens that are an array": (
        lambda: TokenAndPositionEmbedding(np.ones((3, 4)), PositionalEncoding(4)),  # type: ignore[arg-type]
        TypeError,
        "tokens must be a layer.* not ndarray$",
    ),
    "rows fall": (lambda: SparseRows(np.array([1, 0]), np.ones((2, 2)), (3, 2)), ValueError, "indices must rise"),
    "rows past the end": (lambda: SparseRows(np.array([3]), np.ones((1, 2)), (3, 2)), ValueError, "between 0 and 2"),
    "values of rows": (lambda: SparseRows(np.array([1]), np.ones((2, 2)), (3, 2)), ValueError, "values must be"),
    "step without backward": (lambda: Embedding(2, 2, optimizer=SGD()).step(), RuntimeError, "call backward"),
    "step without optimizer": (lambda: Embedding(2, 2).step(), RuntimeError, "has no optimizer"),
    "update without optimizer": (lambda: Embedding(2, 2).update([0], [[1, 1]]), RuntimeError, "has no optimizer"),
    "backward without forward": (lambda: Embedding(2, 2).backward([[1, 1]]), RuntimeError, "call forward"),
    "backward of bags": (lambda: EmbeddingBag(2, 2).backward([[1, 1]]), RuntimeError, "call forward"),
}


@pytest.mark.parametrize("name", MAKERS)
def test_refused(name: str) -> None:
    make, kind, message = MAKERS[name]
    with pytest.raises(kind, match=message):
        make()


def test_a_read_only_table_is_not_trained() -> None:
    matrix = np.eye(3, dtype="f")
    matrix.flags.writeable = False
    layer = Embedding.from_pretrained(matrix, freeze=False, optimizer=SGD())
    with pytest.raises(ValueError, match="read-only"):
        layer.update([0], np.ones((1, 3)))
    assert np.array_equal(Embedding.from_pretrained(matrix)([1]), [[0, 1, 0]])


def test_settings_given_as_text_are_numbers() -> None:
    assert SGD("0.5") == SGD(0.5)  # type: ignore[arg-type]
    assert Adam(betas=["0.5", 0.25]) == Adam(betas=(0.5, 0.25))  # type: ignore[arg-type, list-item]
    layer = Embedding(2, 2, optimizer=Adagrad("0.5"), seed=0)  # type: ignore[arg-type]
    layer.update([0], [[1, 1]])


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_loss_is_trained_on_a_weight_of_any_layout(order: Any) -> None:
    weight = np.array(np.eye(4, 3), "f", order=order)
    loss = SampledSoftmaxLoss(LogUniformSampler(4), 3, 2, weight=weight, optimizer=SGD(1.0), seed=1)
    assert np.shares_memory(loss.weight, weight) == (order == "C")
    loss(np.ones((2, 3), "f"), [0, 1])
    loss.backward()
    loss.step()
    assert not np.array_equal(loss.weight, np.eye(4, 3))
