"""Positions: sinusoids, a learned table, rotations, and the sum with tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layers.differences import check_layer

from fastemb.layers import (
    SGD,
    Embedding,
    PositionalEncoding,
    PositionEmbedding,
    RotaryEmbedding,
    TokenAndPositionEmbedding,
)

LAYOUTS = ["interleaved", "half"]


def normal(*shape: int) -> Any:
    return np.random.default_rng(3).normal(size=shape)


# ---- values that others give: torch 2.13 in float64, by the formulas of the papers ----


def test_sinusoids_are_those_of_the_paper() -> None:
    expected = [
        [0.0, 1.0, 0.0, 1.0],
        [0.8414709848078965, 0.5403023058681398, 0.00999983333416666, 0.9999500004166653],
        [0.9092974268256817, -0.4161468365471424, 0.01999866669333307, 0.9998000066665778],
    ]
    layer = PositionalEncoding(4, dtype=np.float64)
    np.testing.assert_allclose(layer.encode([0, 1, 2]), expected, rtol=1e-14)
    np.testing.assert_allclose(layer(np.ones((2, 3, 4))), np.float64([expected] * 2) + 1, rtol=1e-14)


def test_sinusoids_have_no_end_and_no_error_that_grows() -> None:
    far = 1_000_000_007
    single, double = PositionalEncoding(64).encode([far]), PositionalEncoding(64, dtype=np.float64).encode([far])
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, atol=1e-7)
    assert double[0, 0] == np.sin(float(far))


def test_an_odd_dimension_ends_with_a_sine() -> None:
    odd = PositionalEncoding(3, dtype=np.float64).encode([[2]])
    assert odd.shape == (1, 1, 3)
    np.testing.assert_allclose(odd[0, 0], [np.sin(2), np.cos(2), np.sin(2 * 10000 ** (-2 / 3))])


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("interleaved", [-1.27223251272018, -1.8388649851410237, 2.87866810043698, 4.088186635603437]),
        ("half", [-1.413352520780047, 1.8791180666879925, -2.828857481741469, 4.058191135400942]),
    ],
)
def test_rotations_of_both_layouts(layout: Any, expected: list[float]) -> None:
    layer = RotaryEmbedding(4, layout=layout, dtype=np.float64)
    np.testing.assert_allclose(layer(np.float64([[1, 2, 3, 4]]), [3])[0], expected, rtol=1e-14)


def test_one_layout_is_the_other_with_its_numbers_in_another_order() -> None:
    x = normal(2, 5, 6)
    order = [0, 2, 4, 1, 3, 5]
    half = RotaryEmbedding(6, layout="half", dtype=np.float64)(x[..., order])
    np.testing.assert_array_equal(half, RotaryEmbedding(6, layout="interleaved", dtype=np.float64)(x)[..., order])


@given(st.sampled_from(LAYOUTS), st.integers(1, 4), st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_products_of_rotated_vectors_depend_on_the_distance_only(
    layout: Any, half: int, first: int, second: int, moved: int
) -> None:
    layer = RotaryEmbedding(2 * half, layout=layout, dtype=np.float64)
    query, key = normal(2, 1, 2 * half)
    here = layer(query, [first]) @ layer(key, [second]).T
    there = layer(query, [first + moved]) @ layer(key, [second + moved]).T
    np.testing.assert_allclose(here, there, atol=1e-10)
    np.testing.assert_allclose(np.linalg.norm(layer(query, [first])), np.linalg.norm(query))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rotations_in_float32_are_right_at_far_positions(layout: Any) -> None:
    x, far = normal(1, 8), [1_000_000_007]
    single = RotaryEmbedding(8, layout=layout)(x.astype(np.float32), far)
    np.testing.assert_allclose(single, RotaryEmbedding(8, layout=layout, dtype=np.float64)(x, far), atol=1e-6)


def test_a_learned_position_is_a_row_of_its_table() -> None:
    layer = PositionEmbedding(4, 2, seed=0)
    assert layer(np.zeros((3, 2, 2), np.float32)).tolist() == [layer.weight[:2].tolist()] * 3
    assert layer(np.zeros((1, 2, 2), np.float32), [[3, 1]]).tolist() == [layer.weight[[3, 1]].tolist()]
    assert abs(PositionEmbedding(1000, 20, seed=0).weight.std() - 0.02) < 0.001


def test_positions_of_each_row() -> None:
    positions = np.array([[0, 1], [5, 5]])
    for layer in (PositionalEncoding(2, dtype=np.float64), RotaryEmbedding(2, layout="half", dtype=np.float64)):
        x = normal(2, 2, 2)
        found = layer(x, positions)
        for row in range(2):
            np.testing.assert_array_equal(found[row], layer(x[row], positions[row]))


# ---- gradients ----


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.integers(1, 3), st.booleans())
def test_gradients(lead: list[int], half: int, own: bool) -> None:
    x = normal(*lead, 2 * half)
    positions = np.arange(int(np.prod(lead))).reshape(lead) % 3 if own else None
    check_layer(PositionalEncoding(2 * half, dtype=np.float64), x, positions)
    check_layer(PositionEmbedding(3, 2 * half, dtype=np.float64, seed=0), x, positions)
    for layout in LAYOUTS:
        check_layer(RotaryEmbedding(2 * half, layout=layout, dtype=np.float64), x, positions)  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_the_sum_of_tokens_and_positions(scale: float) -> None:
    tokens = Embedding(5, 2, optimizer=SGD(1.0), seed=0)
    places = PositionEmbedding(3, 2, optimizer=SGD(1.0), seed=1)
    layer = TokenAndPositionEmbedding(tokens, places, scale=scale)
    words, table = tokens.weight.copy(), places.weight.copy()
    ids = np.array([[4, 0, 4], [1, 1, 2]])
    np.testing.assert_allclose(layer(ids), scale * words[ids] + table[:3], rtol=1e-6)
    layer.backward(np.ones((2, 3, 2)))
    layer.step()
    np.testing.assert_allclose(
        words - tokens.weight, scale * np.float32([[1, 1], [2, 2], [1, 1], [0, 0], [2, 2]]), rtol=1e-6
    )
    np.testing.assert_allclose(table - places.weight, np.full((3, 2), 2.0), rtol=1e-6)


def test_tokens_with_positions_that_are_not_learned() -> None:
    layer = TokenAndPositionEmbedding(Embedding(5, 2, optimizer=SGD(), seed=0), PositionalEncoding(2))
    np.testing.assert_array_equal(layer([[3]])[0, 0], layer.tokens.weight[3] + np.float32([0, 1]))  # type: ignore[attr-defined]
    layer.backward(np.ones((1, 1, 2)))
    layer.step()


# ---- bad input ----

ZEROS = np.zeros((2, 3, 4), np.float32)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PositionalEncoding(4),
        lambda: PositionEmbedding(3, 4, seed=0),
        lambda: RotaryEmbedding(4, layout="half"),
    ],
    ids=["sinusoid", "learned", "rotary"],
)
@pytest.mark.parametrize(
    ("x", "positions", "error", "message"),
    [
        (ZEROS[..., :2], None, ValueError, r"a last axis of 4, not the shape \(2, 3, 2\)"),
        (ZEROS[0, 0], None, ValueError, r"\(\.\.\., L, D\), not \(4,\)"),
        (ZEROS.astype(int), None, TypeError, "x must be floats"),
        (ZEROS, [0, 1], ValueError, r"positions must have the shape \(3,\) or \(2, 3\), not \(2,\)"),
        (ZEROS, [0], ValueError, r"positions must have the shape \(3,\) or \(2, 3\), not \(1,\)"),
        (ZEROS, [[0], [1]], ValueError, r"positions must have the shape \(3,\) or \(2, 3\), not \(2, 1\)"),
        (ZEROS, [0, 1, -1], IndexError, r"positions holds -1 at 2"),
        (ZEROS, [0.0, 1.0, 2.0], TypeError, "positions must be integers"),
    ],
)
def test_bad_vectors(make: Any, x: Any, positions: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()(x, positions)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PositionalEncoding(4),
        lambda: PositionEmbedding(3, 4, seed=0),
        lambda: RotaryEmbedding(4, layout="interleaved"),
    ],
    ids=["sinusoid", "learned", "rotary"],
)
def test_bad_gradients(make: Any) -> None:
    layer = make()
    with pytest.raises(RuntimeError, match="call forward first"):
        layer.backward(ZEROS)
    layer(ZEROS)
    bad = ZEROS.copy()
    bad[1, 2, 3] = np.inf
    with pytest.raises(ValueError, match=r"grad holds inf at \(1, 2, 3\)"):
        layer.backward(bad)
    with pytest.raises(ValueError, match="shape of the output"):
        layer.backward(ZEROS[0])
    layer.backward(ZEROS)
    with pytest.raises(RuntimeError, match="once for each backward"):
        layer.backward(ZEROS)


def test_rows_that_are_too_long_say_what_to_do() -> None:
    layer = PositionEmbedding(3, 4, seed=0)
    for length in (4, 5):
        message = rf"rows of {length} vectors, and the table 3 positions.*PositionalEncoding"
        with pytest.raises(ValueError, match=message):
            layer(np.zeros((1, length, 4), np.float32))
    with pytest.raises(IndexError, match=r"positions holds 3 at 0; it must be from 0 to 2"):
        layer(np.zeros((1, 1, 4), np.float32), [3])
    assert PositionalEncoding(4)(np.zeros((1, 5, 4), np.float32)).shape == (1, 5, 4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: PositionalEncoding(0), ValueError, "embedding_dim must be at least 1"),
        (lambda: PositionalEncoding(4, base=1), ValueError, "base must be above 1"),
        (lambda: PositionalEncoding(4, dtype=int), TypeError, "float32 or float64"),
        (lambda: PositionEmbedding(0, 4), ValueError, "num_positions must be at least 1"),
        (lambda: PositionEmbedding(2, 4, std=-1), ValueError, "std"),
        (lambda: RotaryEmbedding(5, layout="half"), ValueError, "must be even"),
        (lambda: RotaryEmbedding(4, layout="both"), ValueError, "'interleaved' or 'half'"),  # type: ignore[arg-type]
    ],
)
def test_bad_settings(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
