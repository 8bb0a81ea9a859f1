"""Contiguous matrices for people, padded and aligned ones for the kernel."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb.train.matrices import Padding, copy_of, is_padded, mapped_zeros, padded_zeros, random_rows, zeros


class Owner:
    """Something with a matrix."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix


@pytest.mark.parametrize("size", [1, 15, 16, 17, 100, 300])
@pytest.mark.parametrize("rows", [1, 2, 7, 1000])
def test_padded_rows_are_whole_cache_lines_and_aligned(rows: int, size: int) -> None:
    matrix = padded_zeros(rows, size)
    assert matrix.shape[0] == rows
    assert matrix.shape[1] % 16 == 0
    assert 0 <= matrix.shape[1] - size < 16
    assert is_padded(matrix)
    assert matrix.ctypes.data % 64 == 0
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    assert not matrix.any()


@pytest.mark.parametrize("size", [1, 15, 16, 17, 100, 304])
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_matrices_for_people_are_contiguous_and_padded_where_that_is_the_same(rows: int, size: int) -> None:
    for matrix in (zeros(rows, size), copy_of(np.ones((rows, size)))):
        assert matrix.shape == (rows, size)
        assert matrix.flags.c_contiguous
        assert matrix.dtype == np.float32
        assert is_padded(matrix) == (size % 16 == 0)


def test_a_copy_holds_the_values_and_zeros_below() -> None:
    values = np.arange(12.0).reshape(3, 4)
    copy = copy_of(values, rows=5)
    assert copy.shape == (5, 4)
    assert np.array_equal(copy[:3], values)
    assert not copy[3:].any()
    copy[:] = 9
    assert values.max() == 11


def test_a_strided_array_is_copied_right() -> None:
    values = np.arange(60.0).reshape(6, 10)[::2, ::3]
    assert np.array_equal(copy_of(values), values)


def test_what_the_kernel_cannot_use_as_it_is() -> None:
    matrix = padded_zeros(6, 32)
    assert is_padded(matrix)
    assert not is_padded(matrix[:, :16])
    assert not is_padded(matrix[:, ::2])
    assert not is_padded(matrix.reshape(-1)[1:161].reshape(5, 32))
    assert not is_padded(matrix.astype(np.float64))
    assert not is_padded(zeros(6, 20))
    matrix.flags.writeable = False
    assert not is_padded(matrix)


def test_padding_goes_and_comes_back_into_the_array_that_somebody_holds() -> None:
    held = np.arange(60, dtype=np.float32).reshape(3, 20)
    owner = Owner(held)
    padding = Padding(owner, "matrix")
    assert is_padded(padding.padded)
    assert np.array_equal(padding.padded[:, :20], held)
    assert not padding.padded[:, 20:].any()
    padding.padded[:, :20] += 1
    assert np.array_equal(owner.matrix, np.arange(1, 61).reshape(3, 20))  # right at any time
    for _ in range(2):
        padding.undo()
        assert owner.matrix is held
        assert np.array_equal(held, np.arange(1, 61).reshape(3, 20))


def test_an_array_that_nobody_holds_is_not_kept_beside_the_padded_one() -> None:
    owner = Owner(np.ones((3, 20), np.float32))
    gone = weakref.ref(owner.matrix)
    padding = Padding(owner, "matrix")
    gc.collect()
    assert gone() is None
    padding.padded[:, :20] = 5
    padding.undo()
    assert owner.matrix.flags.c_contiguous
    assert owner.matrix.shape == (3, 20)
    assert (owner.matrix == 5).all()
    assert not np.shares_memory(owner.matrix, padding.padded)


def test_an_array_of_another_kind_is_replaced() -> None:
    for given in (np.ones((3, 20)), np.ones((3, 20), np.float32, order="F"), np.ones((3, 40), np.float32)[:, ::2]):
        owner = Owner(given)
        padding = Padding(owner, "matrix")
        padding.padded[:, :20] = 2
        padding.undo()
        assert owner.matrix.dtype == np.float32
        assert owner.matrix.flags.c_contiguous
        assert (owner.matrix == 2).all()
        assert (given == 1).all()


def test_padded_arrays_are_used_in_place() -> None:
    owner = Owner(zeros(3, 32))
    held = owner.matrix
    padding = Padding(owner, "matrix")
    assert padding.padded is held
    padding.undo()
    assert owner.matrix is held


def test_a_misaligned_array_is_copied_and_gets_the_values_back() -> None:
    held = np.zeros(5 * 32 + 16, np.float32)[1 : 5 * 32 + 1].reshape(5, 32)
    held = held if held.ctypes.data % 64 else np.zeros(5 * 32 + 16, np.float32)[2 : 5 * 32 + 2].reshape(5, 32)
    owner = Owner(held)
    padding = Padding(owner, "matrix")
    assert is_padded(padding.padded)
    padding.padded[:] = 3
    padding.undo()
    assert owner.matrix is held
    assert (held == 3).all()


def test_random_rows_are_small_uniform_numbers() -> None:
    matrix = zeros(20_000, 10)
    random_rows(matrix, seed=1)
    assert matrix.min() >= -0.1
    assert matrix.max() < 0.1
    assert abs(matrix.mean()) < 1e-3
    assert matrix.std() == pytest.approx(0.1 / 3**0.5, rel=0.01)


def test_random_rows_depend_on_the_seed_alone() -> None:
    first, again, other = (zeros(9000, 5) for _ in range(3))
    random_rows(first, seed=1)
    random_rows(again, seed=1)
    random_rows(other, seed=2)
    assert np.array_equal(first, again)
    assert (first != other).mean() > 0.99


def test_random_rows_can_start_below_rows_that_stay() -> None:
    matrix = zeros(10, 4)
    matrix[:6] = 7
    random_rows(matrix, seed=1, first=6)
    assert (matrix[:6] == 7).all()
    assert (matrix[6:] != 0).all()


def test_a_mapped_matrix_is_trained_where_it_lies(tmp_path: Path) -> None:
    owner = Owner(mapped_zeros(str(tmp_path / "rows"), 5, 6))
    padding = Padding(owner, "matrix")
    padding.padded[:, :6] = 7
    assert (owner.matrix == 7).all()
    padding.undo()
    assert (np.load(tmp_path / "rows")[:, :6] == 7).all()


@pytest.mark.parametrize("part", [slice(1, None), slice(None, None, -1)])
def test_a_part_of_a_mapped_matrix_is_copied(part: slice, tmp_path: Path) -> None:
    whole = mapped_zeros(str(tmp_path / "rows"), 5, 6)
    owner = Owner(whole[part])
    padding = Padding(owner, "matrix")
    padding.padded[:, :6] = 7
    assert not whole.any()
    padding.undo()
    assert (owner.matrix == 7).all()
    assert owner.matrix.shape == whole[part].shape


def test_a_mapped_matrix_with_other_numbers_beside_it_is_copied(tmp_path: Path) -> None:
    whole = mapped_zeros(str(tmp_path / "rows"), 5, 16)
    whole[:] = 3
    owner = Owner(whole.base[:, :6])
    padding = Padding(owner, "matrix")
    assert not padding.padded[:, 6:].any()
    assert (padding.padded[:, :6] == 3).all()
