"""Images to vectors: the convolution that it is, gradients, class token, positions and their resizing, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layers.differences import check_layer

from fastemb.layers import SGD, Adam, PatchEmbedding
from fastemb.layers.resize import resize_matrix

PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
MODES = ["bicubic", "bilinear"]


def normal(*shape: int) -> Any:
    return np.random.default_rng(3).normal(size=shape)


def by_loops(images: Any, layer: PatchEmbedding) -> Any:
    """The definition: a product for each patch."""
    (height, width), (down, right) = layer.patch_size, layer.stride
    rows, columns = layer.grid(images.shape[2:])
    out = np.empty((len(images), rows * columns, layer.embedding_dim))
    for image, row, column in np.ndindex(len(images), rows, columns):
        patch = images[image, :, row * down : row * down + height, column * right : column * right + width]
        out[image, row * columns + column] = np.tensordot(layer.weight, patch, 3)
    return out if layer.bias is None else out + layer.bias


# ---- values; torch 2.13's conv2d and interpolate on the same numbers ----


@pytest.mark.parametrize(
    ("stride", "expected"),
    [
        (2, [[-3.5, 3], [-9.5, -2], [0.5, -10], [-12.5, 13]]),
        (
            1,
            [
                [-3.5, 3],
                [0.5, -10],
                [-9.5, -2],
                [-1.5, 7],
                [-18.5, 8],
                [-14.5, -5],
                [0.5, -10],
                [-9.5, -2],
                [-12.5, 13],
            ],
        ),
    ],
)
def test_it_is_torchs_convolution(stride: int, expected: list[list[float]]) -> None:
    layer = PatchEmbedding(2, 2, in_channels=2, stride=stride, dtype=np.float64)
    layer.weight[:] = np.arange(16.0).reshape(layer.weight.shape) % 5 - 2
    assert layer.bias is not None
    layer.bias[:] = [0.5, -1]
    images = np.arange(32.0).reshape(1, 2, 4, 4) % 7
    assert layer(images)[0].tolist() == expected


TABLE = np.float64([[1, 2, 4], [8, 16, 32], [-1, 0, 5]])
RESIZED = [
    ("bicubic", True, [[4.821358, 12.4624], [3.35785, 12.428056]]),
    ("bicubic", False, [[3.348557, 10.133163], [1.646088, 10.392166]]),
    ("bilinear", True, [[4.984375, 11.78125], [3.734375, 11.703125]]),
    ("bilinear", False, [[3.4375, 9.625], [1.9375, 9.8125]]),
    (
        "bicubic",
        True,
        [
            [0.634328, 1.268657, 2.537313],
            [6.018709, 11.8971, 23.443405],
            [5.131899, 11.01029, 23.88681],
            [-1.470149, -0.835821, 3.589552],
        ],
    ),
    (
        "bicubic",
        False,
        [
            [0.497559, 0.995117, 1.990234],
            [6.466309, 12.712891, 24.876465],
            [5.525879, 11.772461, 25.34668],
            [-1.645996, -1.148438, 3.062012],
        ],
    ),
    ("bilinear", True, [[1, 2, 4], [5.375, 10.75, 21.5], [4.625, 10, 21.875], [-1, 0, 5]]),
    ("bilinear", False, [[1, 2, 4], [5.375, 10.75, 21.5], [4.625, 10, 21.875], [-1, 0, 5]]),
]


@pytest.mark.parametrize(("mode", "antialias", "expected"), RESIZED)
def test_positions_are_resized_as_torch_interpolates(mode: Any, antialias: bool, expected: Any) -> None:
    """timm resizes bicubic with antialias, Hugging Face's ViT bicubic without, both with the class token apart."""
    layer = PatchEmbedding(2, 1, image_size=6, class_token=True, dtype=np.float64, seed=0)
    assert layer.positions is not None
    layer.positions[0] = 77
    layer.positions[1:, 0] = TABLE.ravel()
    rows, columns = np.shape(expected)
    layer.resize((2 * rows, 2 * columns), mode=mode, antialias=antialias)
    assert layer.positions[0].tolist() == [77]
    np.testing.assert_allclose(layer.positions[1:, 0], np.ravel(expected), atol=1e-6)
    assert layer(np.zeros((1, 3, 2 * rows, 2 * columns))).shape == (1, 1 + rows * columns, 1)


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(MODES), st.booleans())
def test_resizing_keeps_what_is_constant_and_the_same_size(old: int, new: int, mode: Any, antialias: bool) -> None:
    np.testing.assert_allclose(resize_matrix(old, new, mode, antialias).sum(axis=1), 1)
    np.testing.assert_allclose(resize_matrix(old, old, mode, antialias), np.eye(old), atol=1e-15)


def test_a_grid_may_get_as_narrow_as_one_patch() -> None:
    """torch 2.13 gives 1.5 in every row here, (2, 2) to (5, 1) with antialias."""
    down, right = resize_matrix(2, 5, "bilinear", True), resize_matrix(2, 1, "bilinear", True)
    found = down @ np.float64([[1, 2], [3, 4]]) @ right.T
    np.testing.assert_allclose(found[:, 0], [1.5, 1.6, 2.5, 3.4, 3.5], atol=0.11)
    assert found[0, 0] == 1.5
    assert found[-1, 0] == 3.5


@given(st.integers(1, 2), PAIR, PAIR, PAIR, st.booleans(), st.booleans(), st.booleans())
def test_every_patch_is_a_product_and_gradients_are_right(
    batch: int,
    patch: tuple[int, int],
    stride: tuple[int, int],
    more: tuple[int, int],
    bias: bool,
    token: bool,
    places: bool,
) -> None:
    size = tuple(p + s * (m - 1) for p, s, m in zip(patch, stride, more, strict=True))
    layer = PatchEmbedding(
        patch,
        2,
        in_channels=2,
        stride=stride,
        image_size=size if places else None,  # type: ignore[arg-type]
        class_token=token,
        bias=bias,
        seed=0,
        dtype=np.float64,
    )
    images = normal(batch, 2, *size)
    expected = by_loops(images, layer)
    if layer.class_token is not None:
        expected = np.concatenate([np.broadcast_to(layer.class_token, (batch, 1, 2)), expected], axis=1)
    if layer.positions is not None:
        expected = expected + layer.positions
    np.testing.assert_allclose(layer(images), expected, atol=1e-12)
    check_layer(layer, images)


def test_the_start() -> None:
    layer = PatchEmbedding(16, 300, image_size=(224, 160), class_token=True, seed=0)
    assert {name: array.shape for name, array in layer.parameters().items()} == {
        "weight": (300, 3, 16, 16),
        "bias": (300,),
        "class_token": (300,),
        "positions": (14 * 10 + 1, 300),
    }
    assert np.abs(layer.weight).max() <= 768**-0.5
    assert layer.positions is not None
    assert abs(layer.positions.std() - 0.02) < 0.001
    assert all(array.dtype == np.float32 for array in layer.parameters().values())


def test_a_step_after_resizing_starts_anew_for_positions() -> None:
    layer = PatchEmbedding(2, 3, image_size=4, optimizer=SGD(1.0), seed=0)
    layer.resize(6)
    assert layer.positions is not None
    before = layer.positions.copy()
    layer(np.zeros((2, 3, 6, 6), np.float32))
    layer.backward(np.ones((2, 9, 3)))
    layer.step()
    np.testing.assert_allclose(before - layer.positions, 2, rtol=1e-6)


def test_resizing_forgets_gradients_and_what_is_remembered_of_positions() -> None:
    layer = PatchEmbedding(2, 3, image_size=4, optimizer=Adam(), seed=0)
    small, ones = np.ones((2, 3, 4, 4), np.float32), np.ones((2, 4, 3))
    layer(small)
    layer.backward(ones)
    layer.step()
    assert layer.states["positions"].step == 1
    layer(small)
    layer.backward(ones)
    layer(small)
    layer.resize(6)
    with pytest.raises(RuntimeError, match="call backward before step"):
        layer.step()
    with pytest.raises(RuntimeError, match="call forward first"):
        layer.backward(ones)
    assert layer.states["positions"].step == 0
    assert {array.shape for array in layer.states["positions"].arrays.values()} == {(9, 3)}
    assert layer.states["weight"].step == 1
    layer(np.ones((2, 3, 6, 6), np.float32))
    layer.backward(np.ones((2, 9, 3)))
    layer.step()


# ---- bad input ----


def images(*shape: int, dtype: Any = np.float32) -> Any:
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    ("given_images", "error", "message"),
    [
        (images(1, 3, 8, 8, dtype=np.uint8), TypeError, "floats, not uint8: divide by 255"),
        (images(1, 3, 8, 8, dtype=np.int64), TypeError, "floats, not int64"),
        (images(1, 8, 8, 3), ValueError, r"\(1, 8, 8, 3\).*transpose\(0, 3, 1, 2\)"),
        (images(3, 8, 8), ValueError, r"images\[None\]"),
        (images(1, 4, 8, 8), ValueError, r"\(B, 3, H, W\), not \(1, 4, 8, 8\)"),
        (images(1, 3, 10, 8), ValueError, "the height of an image must be a multiple of 4, not 10"),
        (images(1, 3, 8, 2), ValueError, "the width of an image must be a multiple of 4, not 2"),
    ],
)
def test_bad_images(given_images: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        PatchEmbedding(4, 2)(given_images)


def test_an_image_of_another_size_says_how_to_take_it() -> None:
    layer = PatchEmbedding(4, 2, image_size=8, seed=0)
    with pytest.raises(ValueError, match=r"8 x 8 pixels, not 12 x 8, .*call resize\(\(12, 8\)\)"):
        layer(images(1, 3, 12, 8))
    layer.resize((12, 8))
    assert layer(images(1, 3, 12, 8)).shape == (1, 6, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: PatchEmbedding(0, 2), ValueError, "patch_size must be at least 1"),
        (lambda: PatchEmbedding((2, 2, 2), 2), ValueError, "a number or a pair"),  # type: ignore[arg-type]
        (lambda: PatchEmbedding(2.5, 2), TypeError, "patch_size must be a whole number"),  # type: ignore[arg-type]
        (lambda: PatchEmbedding(4, 2, image_size=10), ValueError, "the height of an image must be a multiple of 4"),
        (lambda: PatchEmbedding(4, 2, stride=3, image_size=9), ValueError, "must be 4 plus a multiple of the stride 3"),
        (lambda: PatchEmbedding(4, 2).resize(8), RuntimeError, "make it with image_size="),
        (lambda: PatchEmbedding(4, 2, image_size=8).resize(9), ValueError, "a multiple of 4, not 9"),
        (lambda: PatchEmbedding(4, 2, image_size=8).resize(12, mode="nearest"), ValueError, "'bicubic' or 'bilinear'"),  # type: ignore[arg-type]
        (lambda: PatchEmbedding(4, 2).backward(images(1, 1, 2)), RuntimeError, "call forward first"),
    ],
)
def test_bad_settings(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_bad_gradients() -> None:
    layer = PatchEmbedding(4, 2, class_token=True)
    layer(images(1, 3, 8, 4))
    with pytest.raises(ValueError, match=r"shape of the output, \(1, 3, 2\), not \(1, 2, 2\)"):
        layer.backward(np.zeros((1, 2, 2)))
    with pytest.raises(ValueError, match=r"grad holds nan at \(0, 0, 0\)"):
        layer.backward(np.full((1, 3, 2), np.nan))
    assert layer.gradients == {}
    layer.backward(np.zeros((1, 3, 2)))  # forward still counts after a mistake
    with pytest.raises(RuntimeError, match="once for each backward"):
        layer.backward(np.zeros((1, 3, 2)))
