"""Padded, aligned matrices."""

from __future__ import annotations

import numpy as np
import pytest

from fastemb.train.matrices import is_view_of, padded_copy, padded_zeros, random_rows


@pytest.mark.parametrize("size", [1, 15, 16, 17, 100, 300])
@pytest.mark.parametrize("rows", [1, 2, 7, 1000])
def test_rows_are_whole_cache_lines_and_aligned(rows: int, size: int) -> None:
    for matrix in (padded_zeros(rows, size), padded_copy(np.ones((rows, size)))):
        assert matrix.shape[0] == rows
        assert matrix.shape[1] % 16 == 0
        assert 0 <= matrix.shape[1] - size < 16
        assert matrix.ctypes.data % 64 == 0
        assert matrix.dtype == np.float32
        assert matrix.flags.c_contiguous
    assert not padded_zeros(rows, size).any()


def test_no_rows() -> None:
    assert padded_zeros(0, 100).shape == (0, 112)


def test_a_copy_holds_the_values_and_zeros_beside_and_below() -> None:
    values = np.arange(12.0).reshape(3, 4)
    copy = padded_copy(values, rows=5)
    assert copy.shape == (5, 16)
    assert np.array_equal(copy[:3, :4], values)
    assert not copy[:, 4:].any()
    assert not copy[3:].any()
    copy[:] = 9
    assert values.max() == 11


def test_a_strided_array_is_copied_right() -> None:
    values = np.arange(60.0).reshape(6, 10)[::2, ::3]
    assert np.array_equal(padded_copy(values)[:, :4], values)


def test_the_unpadded_part_is_a_view_and_others_are_not() -> None:
    matrix = padded_zeros(5, 20)
    assert is_view_of(matrix[:, :20], matrix)
    assert not is_view_of(matrix[:, :20].copy(), matrix)
    assert not is_view_of(matrix[:, 1:20], matrix)
    assert not is_view_of(matrix[:4, :20], matrix)
    assert not is_view_of(matrix[1:, :20], matrix)
    assert not is_view_of(matrix[:, :20].view(np.int32), matrix)
    assert not is_view_of(matrix[:, ::2], matrix)
    assert not is_view_of(padded_zeros(5, 20)[:, :20], matrix)


def test_random_rows_are_small_uniform_numbers_and_the_padding_stays_zero() -> None:
    matrix = padded_zeros(20_000, 10)
    random_rows(matrix, 10, seed=1)
    values = matrix[:, :10]
    assert values.min() >= -0.1
    assert values.max() < 0.1
    assert abs(values.mean()) < 1e-3
    assert values.std() == pytest.approx(0.1 / 3**0.5, rel=0.01)
    assert not matrix[:, 10:].any()


def test_random_rows_depend_on_the_seed_alone() -> None:
    first, again, other = (padded_zeros(9000, 5) for _ in range(3))
    random_rows(first, 5, seed=1)
    random_rows(again, 5, seed=1)
    random_rows(other, 5, seed=2)
    assert np.array_equal(first, again)
    assert (first != other)[:, :5].mean() > 0.99


def test_random_rows_can_start_below_rows_that_stay() -> None:
    matrix = padded_zeros(10, 4)
    matrix[:6] = 7
    random_rows(matrix, 4, seed=1, first=6)
    assert (matrix[:6] == 7).all()
    assert (matrix[6:, :4] != 0).all()
