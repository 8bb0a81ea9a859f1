"""The block step of every instruction set against the float64 oracle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from reference.harness import SIZES, Matrix, padded, random_rows, together
from reference.oracle import Vectors, block_loss, block_step, sigmoid

from fastemb import _native

OUTPUTS = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 16, 21, 26]
UNIT = 2.0**-24  # relative error of one float32 operation


def run_step(
    isa: str,
    h: Matrix,
    h_rows: list[int],
    o: Matrix,
    o_rows: list[int],
    labels: list[int],
    size: int,
    alpha: float,
    in_turn: bool = False,
) -> float:
    rows = np.array(h_rows, np.int32), np.array(o_rows, np.int32)
    loss: float = _native.step(isa, h, rows[0], o, rows[1], np.array(labels, np.uint8), size, alpha, in_turn)
    return loss


def error_bounds(h: Vectors, o: Vectors, labels: npt.ArrayLike, alpha: float) -> tuple[Vectors, Vectors, Vectors]:
    """What rounding to float32 may do to the changes of h and o, and to the scores.

    A dot product of D terms errs by at most D units of the sum of their magnitudes; the slope of the sigmoid is at
    most 1/4, and its own value errs by a few units.
    """
    size, (m, n) = h.shape[1], (len(h), len(o))
    scores = (size + 2) * UNIT * (np.abs(h) @ np.abs(o).T)
    g = np.abs(alpha * (np.asarray(labels) - sigmoid(h @ o.T)))
    g_error = alpha * (scores / 4 + 8 * UNIT)
    dh = (g_error + (n + 2) * UNIT * g) @ np.abs(o)
    do = (g_error + (m + 2) * UNIT * g).T @ np.abs(h)
    return dh, do, scores


def check_step(
    isa: str,
    h: Vectors,
    h_rows: list[int],
    o: Vectors,
    o_rows: list[int],
    labels: list[int],
    alpha: float,
    in_turn: bool = False,
) -> None:
    """One step against the oracle: rows in the block, rows outside, padding, loss."""
    size = h.shape[1]
    native_h, native_o = padded(h), padded(o)
    loss = run_step(isa, native_h, h_rows, native_o, o_rows, labels, size, alpha, in_turn)

    dh, do, expected_loss = block_step(
        h[h_rows], o[o_rows], labels, alpha, h_rows, 1.0, o_rows, in_turn, together=together(isa)
    )
    dh_error, do_error, score_error = error_bounds(h[h_rows], o[o_rows], labels, alpha)
    # What a row errs by when it is seen again after a change.
    h_again = (dh_error + len(h_rows) * UNIT * (np.abs(h[h_rows]) + np.abs(dh))).sum(axis=0)
    o_again = (do_error + len(o_rows) * UNIT * (np.abs(o[o_rows]) + np.abs(do))).sum(axis=0)
    dh_error, do_error = dh_error + alpha * len(o_rows) * o_again, do_error + alpha * len(h_rows) * h_again
    for before, rows, change, error, after in (
        (h, h_rows, dh, dh_error, native_h),
        (o, o_rows, do, do_error, native_o),
    ):
        expected, bound = before.copy(), np.zeros_like(before)
        np.add.at(expected, rows, change)
        # Each addition to the row rounds once more.
        np.add.at(bound, rows, error + 2 * UNIT * (np.abs(before[rows]) + len(rows) * np.abs(change).max(axis=0)))
        assert (np.abs(after[:, :size] - expected) <= bound).all(), f"shape {len(h_rows)} x {len(o_rows)} x {size}"
        outside = np.setdiff1d(np.arange(len(before)), rows)
        assert np.array_equal(after[outside, :size], before[outside])
        assert not after[:, size:].any()
    # The logarithm is taken of float32 factors: each errs by its relative error.
    assert abs(loss - expected_loss) <= 1e-5 * expected_loss + score_error.sum() + 4 * UNIT * dh.shape[0] * len(labels)


@pytest.mark.slow
@pytest.mark.parametrize("in_turn", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_every_shape_agrees_with_the_oracle(isa: str, size: int, in_turn: bool) -> None:
    rng = np.random.default_rng(size)
    h, o = random_rows(rng, 26, size), random_rows(rng, 30, size)
    for m in range(1, 25):
        for n in OUTPUTS:
            h_rows, o_rows = rng.permutation(26)[:m].tolist(), rng.permutation(30)[:n].tolist()
            check_step(isa, h, h_rows, o, o_rows, rng.integers(0, 2, n).tolist(), 0.05, in_turn)


@pytest.mark.slow
@pytest.mark.parametrize("size", [64, 255, 256, 257, 272, 513, 1030])
@pytest.mark.parametrize("in_turn", [False, True])
def test_long_vectors_agree_with_the_oracle(isa: str, size: int, in_turn: bool) -> None:
    rng = np.random.default_rng(size)
    h, o = random_rows(rng, 24, size), random_rows(rng, 26, size)
    for m in (1, 2, 3, 5, 8, 13, 24):
        for n in (1, 5, 6, 7, 13):
            check_step(
                isa,
                h,
                rng.permutation(24)[:m].tolist(),
                o,
                rng.permutation(26)[:n].tolist(),
                rng.integers(0, 2, n).tolist(),
                0.05,
                in_turn,
            )


@pytest.mark.parametrize("alpha", [0.0, 1e-4, 0.025, 1.0])
def test_learning_rates_from_none_to_one(isa: str, alpha: float) -> None:
    rng = np.random.default_rng(1)
    h, o = random_rows(rng, 20, 33), random_rows(rng, 30, 33)
    check_step(isa, h, list(range(7)), o, list(range(6)), [1, 0, 0, 0, 0, 0], alpha)


@pytest.mark.parametrize("label", [0, 1])
def test_labels_all_alike(isa: str, label: int) -> None:
    rng = np.random.default_rng(2)
    h, o = random_rows(rng, 20, 17), random_rows(rng, 30, 17)
    check_step(isa, h, [3, 1, 2], o, list(range(13)), [label] * 13, 0.1)


@pytest.mark.slow
@pytest.mark.parametrize("in_turn", [False, True])
def test_an_input_that_stands_twice_receives_both_changes(isa: str, in_turn: bool) -> None:
    rng = np.random.default_rng(3)
    for size in SIZES:
        h, o = random_rows(rng, 5, size), random_rows(rng, 30, size)
        for m in range(2, 17):
            for n in (1, 6, 13):
                h_rows = rng.integers(0, 4, m).tolist()
                o_rows, labels = rng.permutation(30)[:n].tolist(), rng.integers(0, 2, n).tolist()
                check_step(isa, h, h_rows, o, o_rows, labels, 0.1, in_turn)


@pytest.mark.integration
def test_an_output_that_stands_twice_receives_both_changes(isa: str) -> None:
    rng = np.random.default_rng(4)
    for size in SIZES:
        h, o = random_rows(rng, 20, size), random_rows(rng, 5, size)
        for m in (1, 2, 3, 5, 6, 7, 16):
            for n in range(2, 7):
                o_rows = rng.integers(0, 4, n).tolist()
                check_step(isa, h, rng.permutation(20)[:m].tolist(), o, o_rows, rng.integers(0, 2, n).tolist(), 0.1)


@pytest.mark.integration
def test_outputs_repeated_in_a_wide_block_accumulate(isa: str) -> None:
    rng = np.random.default_rng(5)
    for size in SIZES:
        h, o = random_rows(rng, 20, size), random_rows(rng, 8, size)
        for m in (1, 6, 7, 16):
            for n in (7, 12, 13, 26):
                h_rows, o_rows = rng.permutation(20)[:m].tolist(), rng.integers(0, 8, n).tolist()
                check_step(isa, h, h_rows, o, o_rows, rng.integers(0, 2, n).tolist(), 0.1)


@pytest.mark.parametrize("score", [0.0, 5.0, 15.0, 30.0, 80.0, 86.9, 87.1, 88.8, 100.0, 200.0, 1e4])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("label", [0, 1])
def test_large_scores_saturate_exactly(isa: str, score: float, sign: float, label: int) -> None:
    alpha, m, n = 0.5, 3, 7
    # Every score is h[0] o[0]; o[1] starts at 0 and so ends as the sum of G over the inputs, with nothing rounded off.
    h, o = padded(np.array([[1.0, 1.0]] * m)), padded(np.array([[sign * float(np.float32(score)), 0.0]] * n))
    s = o[0, :1].astype(np.float64)
    loss = run_step(isa, h, list(range(m)), o, list(range(n)), [label] * n, 2, alpha)

    g = m * alpha * (sigmoid(-s) if label else -sigmoid(s))
    # Label 1: alpha - alpha sigmoid(s) in float32. Label 0: the sigmoid itself, down to e^-87.
    np.testing.assert_allclose(o[:, 1], np.repeat(g, n), rtol=1e-6, atol=m * alpha * 4 * UNIT if label else 1e-37)
    expected = m * n * np.logaddexp(0.0, -s if label else s).item()
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=m * n * 2e-7 * max(1.0, min(score, 87.0)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_an_error_and_changes_nothing(isa: str, value: float) -> None:
    rng = np.random.default_rng(6)
    for m in (1, 2, 3, 4, 5, 7, 16):
        for n in (1, 2, 6, 7, 13):
            for side in ("h", "o"):
                h, o = padded(random_rows(rng, m, 9)), padded(random_rows(rng, n, 9))
                spoilt = h if side == "h" else o
                spoilt[rng.integers(len(spoilt)), rng.integers(9)] = value
                before = h.tobytes(), o.tobytes()
                with pytest.raises(_native.DivergedError):
                    run_step(isa, h, list(range(m)), o, list(range(n)), [0] * n, 9, 0.1)
                assert (h.tobytes(), o.tobytes()) == before


def test_a_score_that_overflows_is_an_error(isa: str) -> None:
    h, o = padded(np.full((1, 3), 1e30)), padded(np.full((1, 3), 1e30))
    with pytest.raises(_native.DivergedError):
        run_step(isa, h, [0], o, [0], [1], 3, 0.1)


def test_a_bad_row_outside_the_block_does_not_matter(isa: str) -> None:
    h, o = padded(np.array([[1.0], [np.nan]])), padded(np.array([[1.0], [np.inf]]))
    run_step(isa, h, [0], o, [0], [1], 1, 0.1)
    assert np.isfinite(h[0, 0])
    assert np.isnan(h[1, 0])


@pytest.mark.parametrize(("m", "n", "size"), [(1, 1, 1), (2, 6, 3), (5, 4, 9), (16, 6, 17)])
def test_the_change_is_the_numeric_gradient_of_the_loss(isa: str, m: int, n: int, size: int) -> None:
    rng = np.random.default_rng(m)
    h, o = random_rows(rng, m, size), random_rows(rng, n, size)
    labels = rng.integers(0, 2, n).tolist()
    alpha, nudge = 0.25, 1e-5
    native_h, native_o = padded(h), padded(o)
    run_step(isa, native_h, list(range(m)), native_o, list(range(n)), labels, size, alpha)
    for before, after in ((h, native_h), (o, native_o)):
        gradient = np.empty_like(before)
        for at in np.ndindex(*before.shape):
            here = before[at]
            before[at] = here + nudge
            above = block_loss(h, o, labels)
            before[at] = here - nudge
            gradient[at] = (above - block_loss(h, o, labels)) / (2 * nudge)
            before[at] = here
        # float32 resolves a change of a value near one to UNIT, so the gradient to UNIT / alpha, a few times over.
        np.testing.assert_allclose((after[:, :size] - before) / -alpha, gradient, rtol=1e-5, atol=64 * UNIT / alpha)


def test_instruction_sets_agree_with_each_other() -> None:
    rng = np.random.default_rng(7)
    results = []
    h, o = random_rows(rng, 16, 100), random_rows(rng, 6, 100)
    for name, _, supported in _native.kernels():
        if supported:
            native_h, native_o = padded(h), padded(o)
            run_step(name, native_h, list(range(16)), native_o, list(range(6)), [1, 0, 0, 0, 0, 0], 100, 0.05)
            results.append(np.concatenate([native_h, native_o]))
    for other in results[1:]:
        np.testing.assert_allclose(other, results[0], rtol=0, atol=1e-6)
