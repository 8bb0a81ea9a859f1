"""What Keras, timm and Transformers answered once, for every question; none of them is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastemb.layers import SGD, Embedding, PatchEmbedding, Pooling, PositionalEncoding, RotaryEmbedding
from peers import differences, plain, recorded
from peers.networks.questions import KERAS, PATCHES, RESIZED, ROTATED, SINES, VIT

ANSWERS = recorded("networks")["answers"]


def array(values: Any) -> Any:
    return np.array(values, np.float32)


def test_a_table_of_keras_goes_in_and_out() -> None:
    """get_weights() is [matrix]; mask_zero is padding id 0; both make the same step from the same table."""
    answer = ANSWERS["masked mean"]
    layer = Embedding.from_pretrained(array(KERAS["weight"]), freeze=False, padding_idx=0, optimizer=SGD(KERAS["lr"]))
    ids, means = np.array(KERAS["ids"]), Pooling("mean")
    mask = ids != 0
    vectors = layer(ids)
    found = {"vectors": plain(vectors), "mask": plain(mask.astype(int)), "means": plain(means(vectors, mask)[:3])}
    grad = array(KERAS["grad"]) * array([[1], [1], [1], [0]])  # as Keras was asked, whose mean of nothing is NaN
    found["grad"] = plain(layer.backward(means.backward(grad)))
    layer.step()
    found["trained"] = plain(layer.weight)  # what set_weights([layer.weight]) takes
    assert list(differences(answer, found)) == []
    assert np.array_equal(layer.weight[0], array(KERAS["weight"])[0])


def patch_layer(case: dict[str, Any], **options: Any) -> PatchEmbedding:
    weight = array(case["weight"])
    layer = PatchEmbedding(weight.shape[2:], weight.shape[0], in_channels=weight.shape[1], **options)  # type: ignore[arg-type]
    for name, values in layer.parameters().items():
        values[...] = array(case[name])
    return layer


@pytest.mark.parametrize("name", PATCHES)
def test_patches_are_timms(name: str) -> None:
    case = PATCHES[name]
    layer = patch_layer(case)
    found = {"out": plain(layer(array(case["images"]))), "grid": list(layer.grid(case["image_size"]))}
    found["images"] = plain(layer.backward(array(case["grad"])))
    found |= {name: plain(layer.gradients[name]) for name in ("weight", "bias")}
    assert list(differences(ANSWERS[name], found)) == []


@pytest.mark.parametrize("name", ["images", "other_images", "smaller_images"])
def test_a_vit_of_transformers(name: str) -> None:
    layer = patch_layer(VIT, image_size=VIT["image_size"], class_token=True)
    images = array(VIT[name])
    if name != "images":
        layer.resize(images.shape[2:], antialias=False)  # type: ignore[arg-type]
    assert list(differences(ANSWERS["vit"][name], plain(layer(images)))) == []


@pytest.mark.parametrize("name", RESIZED)
def test_positions_are_resized_as_timm_does(name: str) -> None:
    case = RESIZED[name]
    layer = PatchEmbedding(1, 2, image_size=case["old"], class_token=case["prefix"] == 1)
    assert layer.positions is not None
    layer.positions[...] = array(case["positions"])
    layer.resize(case["new"], mode=case["mode"])
    assert list(differences(ANSWERS[name], plain(layer.positions))) == []


@pytest.mark.parametrize("name", ROTATED)
def test_rotations_are_those_of_transformers(name: str) -> None:
    case = ROTATED[name]
    x = array(case["x"])
    layer = RotaryEmbedding(x.shape[-1], layout=case["layout"])
    np.testing.assert_allclose(layer(x, case["positions"]), ANSWERS[name], atol=1e-5)  # its angles are in float32


@pytest.mark.parametrize("name", SINES)
def test_sinusoids_are_those_of_transformers(name: str) -> None:
    """Marian's have the sines first and the cosines after them."""
    case = SINES[name]
    found = PositionalEncoding(case["size"]).encode(np.arange(case["positions"]))
    assert list(differences(ANSWERS[name], plain(np.concatenate([found[:, 0::2], found[:, 1::2]], axis=1)))) == []


def test_every_question_was_recorded() -> None:
    assert list(ANSWERS) == ["masked mean", "vit", *PATCHES, *RESIZED, *ROTATED, *SINES]
