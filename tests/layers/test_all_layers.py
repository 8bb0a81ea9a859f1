"""What all layers with arrays have in common: shapes, gradients, shared arrays, steps, and files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layers.differences import central_differences

import fastemb.layers
from fastemb.io.safetensors import read_tensors, write_tensors
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
    RowwiseAdagrad,
    SampledSoftmaxLoss,
    SparseRows,
    TokenAndPositionEmbedding,
    UnigramSampler,
)

OPTIMIZERS = [SGD(0.1), Adagrad(0.1), RowwiseAdagrad(0.1), Adam(0.1, (0.8, 0.9), weight_decay=0.1)]


def normal(*shape: int) -> Any:
    return np.random.default_rng(3).normal(size=shape)


@dataclass(frozen=True)
class Case:
    make: Callable[..., Any]  # with optimizer= and dtype=
    inputs: tuple[Any, ...]
    shape: tuple[int, ...] | None  # of the output; None of a loss


def sum_of(optimizer: Any, dtype: Any, learned: bool) -> TokenAndPositionEmbedding:
    tokens = Embedding(5, 4, optimizer=optimizer, seed=0, dtype=dtype)
    places: Any = PositionalEncoding(4, base=100.0, dtype=dtype)
    if learned:
        places = PositionEmbedding(4, 4, optimizer=optimizer, seed=1, dtype=dtype)
    return TokenAndPositionEmbedding(tokens, places, scale=1.5)


IDS = [[4, 0, 4], [1, 1, 2]]
IMAGES = normal(2, 2, 6, 4)
UNIGRAM = UnigramSampler([5, 1, 1, 9, 3, 2], power=0.75)
CASES = {
    "Embedding": Case(lambda **o: Embedding(5, 2, seed=0, **o), (IDS,), (2, 3, 2)),
    "Embedding, sparse": Case(lambda **o: Embedding(5, 2, sparse=True, seed=0, **o), (IDS,), (2, 3, 2)),
    "EmbeddingBag": Case(lambda **o: EmbeddingBag(5, 2, mode="sum", seed=0, **o), (IDS,), (2, 2)),
    "Linear": Case(lambda **o: Linear(3, 2, seed=0, **o), (normal(4, 5, 3),), (4, 5, 2)),
    "Linear, no bias": Case(lambda **o: Linear(3, 2, bias=False, seed=0, **o), (normal(3),), (2,)),
    "PositionEmbedding": Case(lambda **o: PositionEmbedding(4, 2, seed=0, **o), (normal(2, 3, 2),), (2, 3, 2)),
    "TokenAndPositionEmbedding": Case(lambda optimizer, dtype: sum_of(optimizer, dtype, True), (IDS,), (2, 3, 4)),
    "TokenAndPositionEmbedding, sines": Case(
        lambda optimizer, dtype: sum_of(optimizer, dtype, False), (IDS,), (2, 3, 4)
    ),
    "PatchEmbedding": Case(lambda **o: PatchEmbedding(2, 3, in_channels=2, seed=0, **o), (IMAGES,), (2, 6, 3)),
    "PatchEmbedding, all": Case(
        lambda **o: PatchEmbedding(
            (2, 1), 3, in_channels=2, stride=(4, 3), image_size=(6, 4), class_token=True, seed=0, **o
        ),
        (IMAGES,),
        (2, 5, 3),
    ),
    "PatchEmbedding, no bias": Case(
        lambda **o: PatchEmbedding(2, 3, in_channels=2, class_token=True, bias=False, seed=0, **o), (IMAGES,), (2, 7, 3)
    ),
    "SampledSoftmaxLoss": Case(
        lambda **o: SampledSoftmaxLoss(LogUniformSampler(6), 3, 6, seed=0, **o), (normal(2, 3), [5, 0]), None
    ),
    "SampledSoftmaxLoss, counts": Case(
        lambda **o: SampledSoftmaxLoss(UNIGRAM, 3, 6, reduction="sum", seed=0, **o), (normal(2, 3), [5, 5]), None
    ),
}
SAMPLES = {  # whose results are by chance
    "SampledSoftmaxLoss, part": Case(
        lambda **o: SampledSoftmaxLoss(UNIGRAM, 3, 2, seed=0, **o), (normal(2, 3), [5, 0]), None
    )
}
ALL = CASES | SAMPLES


def back(layer: Any, case: Case) -> None:
    """A forward and a backward."""
    out = layer(*case.inputs)
    if case.shape is None:
        layer.backward()
    else:
        layer.backward(np.random.default_rng(0).normal(size=out.shape).astype(out.dtype))


def gradients(layer: Any) -> dict[str, Any]:
    """Dense, by the names of `parameters`."""
    named = layer.gradients if hasattr(layer, "gradients") else {}
    for part in ("tokens", "positions") if isinstance(layer, TokenAndPositionEmbedding) else ():
        of_part = getattr(getattr(layer, part), "gradients", {})
        named = {**named, **{f"{part}.{name}": gradient for name, gradient in of_part.items()}}
    return {name: found.to_dense() if isinstance(found, SparseRows) else found for name, found in named.items()}


def bits(layer: Any) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in layer.parameters().items()}


def test_no_layer_is_left_out() -> None:
    named = {name.partition(",")[0] for name in CASES}
    with_arrays = {name for name in fastemb.layers.__all__ if hasattr(getattr(fastemb.layers, name), "parameters")}
    assert named == with_arrays
    assert all(hasattr(getattr(fastemb.layers, name), "load") for name in with_arrays)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ALL)
def test_shapes_and_dtypes(name: str, dtype: Any) -> None:
    case = ALL[name]
    layer, other = (case.make(optimizer=None, dtype=dtype) for _ in range(2))
    out = layer(*case.inputs)
    if case.shape is None:
        assert type(out) is float
        assert out == other.forward(*case.inputs)
    else:
        assert out.shape == case.shape
        assert out.dtype == dtype
        assert out.tobytes() == other.forward(*case.inputs).tobytes()
    assert all(array.dtype == dtype for array in layer.parameters().values())


@pytest.mark.parametrize("name", CASES)
def test_gradients_of_arrays_are_central_differences(name: str) -> None:
    case = CASES[name]
    layer = case.make(optimizer=None, dtype=np.float64)
    back(layer, case)
    found = gradients(layer)
    direction = 1.0 if case.shape is None else np.random.default_rng(0).normal(size=case.shape)
    assert found.keys() == layer.parameters().keys()
    for array_name, array in layer.parameters().items():
        expected = central_differences(lambda: float(np.sum(layer(*case.inputs) * direction)), array)
        np.testing.assert_allclose(found[array_name], expected, atol=1e-6, err_msg=array_name)


@pytest.mark.parametrize("name", ALL)
def test_parameters_are_the_arrays_before_and_after_a_step(name: str) -> None:
    case = ALL[name]
    layer = case.make(optimizer=SGD(0.1), dtype=np.float32)
    held, before = layer.parameters(), bits(layer)
    for path, array in held.items():
        *parts, last = path.split(".")
        owner = layer
        for part in parts:
            owner = getattr(owner, part)
        assert np.shares_memory(array, getattr(owner, last))
    back(layer, case)
    layer.step()
    after = {array_name: array.tobytes() for array_name, array in held.items()}
    assert after == bits(layer)
    assert all(after[array_name] != before[array_name] for array_name in held)


@pytest.mark.parametrize("name", ALL)
def test_steps_need_an_optimizer_and_a_gradient(name: str) -> None:
    case = ALL[name]
    layer = case.make(optimizer=None, dtype=np.float32)
    before = bits(layer)
    back(layer, case)
    with pytest.raises(RuntimeError, match=r"has no optimizer.*fastemb\.layers\.Adam\(1e-3\)"):
        layer.step()
    assert bits(layer) == before
    layer = case.make(optimizer=SGD(), dtype=np.float32)
    with pytest.raises(RuntimeError, match="call backward before step"):
        layer.step()
    back(layer, case)
    layer.step()
    with pytest.raises(RuntimeError, match="call backward before step"):
        layer.step()


@pytest.mark.parametrize("name", [name for name in ALL if not name.startswith("Embedding")])
def test_each_backward_needs_a_forward(name: str) -> None:
    case = ALL[name]
    layer = case.make(optimizer=None, dtype=np.float32)
    grad = [] if case.shape is None else [np.zeros(case.shape, np.float32)]
    with pytest.raises(RuntimeError, match="call forward first"):
        layer.backward(*grad)
    layer(*case.inputs)
    layer.backward(*grad)
    with pytest.raises(RuntimeError, match="once for each backward"):
        layer.backward(*grad)


# ---- files ----


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", [None, *OPTIMIZERS], ids=lambda optimizer: type(optimizer).__name__)
@pytest.mark.parametrize("name", ALL)
def test_a_saved_layer_goes_on_with_the_same_bits(name: str, optimizer: Any, dtype: Any, tmp_path: Path) -> None:
    case = ALL[name]
    layer = case.make(optimizer=optimizer, dtype=dtype)
    for _ in range(2 if optimizer else 0):
        back(layer, case)
        layer.step()
    layer.save(tmp_path / "layer")
    again = type(layer).load(tmp_path / "layer")
    assert bits(again) == bits(layer)
    for _ in range(2):
        assert np.array_equal(layer(*case.inputs), again(*case.inputs))
        for one in (layer, again) if optimizer else ():
            back(one, case)
            one.step()
        assert bits(again) == bits(layer)
    layer.save(tmp_path / "one")
    again.save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("name", ALL)
def test_damaged_files_are_named(name: str, tmp_path: Path) -> None:
    case, path = ALL[name], tmp_path / "layer"
    layer = case.make(optimizer=Adam(), dtype=np.float32)
    layer.save(path)
    tensors, metadata = read_tensors(path)
    whole = path.read_bytes()
    refused = re.escape(str(path)) + ": "

    for end in (0, 7, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        with pytest.raises(ValueError, match=refused):
            type(layer).load(path)
    for changed in tensors:
        array = tensors[changed]
        others: list[Any] = [None, array[None], array[:0], array.astype(np.float16), array.astype(np.int32)]
        for other in others:
            damaged = {key: value for key, value in tensors.items() if key != changed}
            write_tensors(path, damaged if other is None else {**damaged, changed: other}, metadata)
            with pytest.raises(ValueError, match=refused + "damaged: "):
                type(layer).load(path)
    for changed in metadata.keys() - {"fastemb_version"}:
        for text in (None, "5", "[]", '{"lr": 1}'):
            is_optimizer = changed.endswith("optimizer") and text is None  # a layer without one is whole
            if is_optimizer or (changed.endswith("settings") and text and text[0] == "{"):
                continue
            changed_metadata = {key: value for key, value in metadata.items() if key != changed}
            write_tensors(path, tensors, changed_metadata if text is None else {**changed_metadata, changed: text})
            with pytest.raises(ValueError, match=refused):
                type(layer).load(path)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("PatchEmbedding, all", '"image_size": [6, 4]', '"image_size": [6, 7]', "5 positions do not fit|4|positions"),
        ("PatchEmbedding, all", '"stride": [4, 3]', '"stride": [0, 3]', "stride must be at least 1"),
        ("SampledSoftmaxLoss", '"num_sampled": 6', '"num_sampled": 7', "at most the 6 classes, not 7"),
        ("SampledSoftmaxLoss", '"bit_generator": "PCG64"', '"bit_generator": "PCG65"', "PCG64"),
        ("SampledSoftmaxLoss, counts", '"reduction": "sum"', '"reduction": "none"', "reduction must be"),
        ("SampledSoftmaxLoss, counts", '"power": 0.75', '"power": null', "power must be"),
        ("TokenAndPositionEmbedding", '"scale": 1.5', '"scale": "x"', "scale must be"),
        (
            "TokenAndPositionEmbedding, sines",
            '"embedding_dim": 4',
            '"embedding_dim": 1000000000000',
            "positions of 1000000000000 values, and tokens of 4",
        ),
    ],
)
def test_settings_that_do_not_fit(name: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    layer = ALL[name].make(optimizer=None, dtype=np.float32)
    layer.save(tmp_path / "layer")
    tensors, metadata = read_tensors(tmp_path / "layer")
    assert any(old in text for text in metadata.values())
    write_tensors(tmp_path / "layer", tensors, {key: text.replace(old, new) for key, text in metadata.items()})
    with pytest.raises(ValueError, match=f"layer: damaged: .*({message})"):
        type(layer).load(tmp_path / "layer")


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    class Uniform(LogUniformSampler):
        pass

    class Tokens(Linear):
        pass

    with pytest.raises(TypeError, match="a LogUniformSampler or a UnigramSampler to be saved, not Uniform"):
        SampledSoftmaxLoss(Uniform(3), 2, 2).save(tmp_path / "x")
    with pytest.raises(TypeError, match="tokens must be an Embedding to be saved, not Tokens"):
        TokenAndPositionEmbedding(Tokens(2, 2), PositionalEncoding(2)).save(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_patch_layer_that_was_resized_is_saved_as_it_is(tmp_path: Path) -> None:
    layer = PatchEmbedding(2, 3, image_size=4, optimizer=Adam(), seed=0)
    layer.resize((6, 8))
    layer.save(tmp_path / "layer")
    assert PatchEmbedding.load(tmp_path / "layer").image_size == (6, 8)


def test_the_same_sample_comes_next_after_loading(tmp_path: Path) -> None:
    loss = SampledSoftmaxLoss(LogUniformSampler(1000), 2, 10, seed=3)
    hidden = np.ones((2, 2), np.float32)
    loss(hidden, [1, 2])
    loss.save(tmp_path / "loss")
    again = SampledSoftmaxLoss.load(tmp_path / "loss")
    assert [loss(hidden, [1, 2]) for _ in range(3)] == [again(hidden, [1, 2]) for _ in range(3)]
