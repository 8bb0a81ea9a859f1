"""The block step, m inputs by n outputs of D numbers, on each instruction set of this CPU.

All rows are near, so this is the step at its best. A call from Python takes longer than a small step: the rates leave
out the least time of a call that does next to nothing, the times do not. With one input the rest is a few ticks of the
clock: training in test_train.py says more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fastemb import _native

ROWS = 4096

SHAPES = {
    "next to nothing": (1, 1, 1),  # comes first
    "CBOW K=5": (1, 6, 100),
    "CBOW softmax": (1, 16, 100),
    "skip-gram K=5": (6, 6, 100),
    "skip-gram K=15 window 10": (12, 16, 100),
    "skip-gram softmax": (6, 16, 100),
    "skip-gram K=5 D=300": (6, 6, 300),
    "skip-gram four centres": (12, 11, 100),
    "skip-gram four centres D=300": (12, 11, 300),
    "skip-gram four centres K=15 window 10": (20, 19, 100),
    "one group of inputs": (3, 11, 100),
    "two inputs of two groups": (4, 11, 100),
}
PATHS = {"one context": (1, 12, 100), "six contexts": (6, 12, 100), "ten contexts D=300": (10, 12, 300)}

_call_s: dict[str, float] = {}


def _matrix(vector_size: int) -> NDArray[np.float32]:
    stride = -(-vector_size // 16) * 16
    memory = np.zeros(ROWS * stride + 16, dtype=np.float32)
    skip = -(memory.ctypes.data // 4) % 16
    matrix = memory[skip : skip + ROWS * stride].reshape(ROWS, stride)
    matrix[:, :vector_size] = np.random.default_rng(3).uniform(-0.1, 0.1, (ROWS, vector_size))
    return matrix


ISAS = [name for name, _, works in _native.kernels() if works]


def _step(benchmark: Any, rate: Callable[..., None], isa: str, shape: tuple[int, int, int], in_turn: bool) -> None:
    m, n, vector_size = shape
    rng = np.random.default_rng(4)
    h_rows, o_rows = (rng.choice(ROWS, size, replace=False).astype(np.int32) for size in (m, n))
    labels = np.zeros(n, dtype=np.uint8)
    labels[0] = 1
    h, o = _matrix(vector_size), _matrix(vector_size)
    benchmark(_native.step, isa, h, h_rows, o, o_rows, labels, vector_size, 1e-6, in_turn)
    if vector_size > 1:
        rate(6e-9 * m * n * vector_size, "GFLOP/s", _call_s.get(isa, 0.0))
    elif benchmark.stats is not None:
        _call_s[isa] = benchmark.stats.stats.min


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_step(benchmark: Any, rate: Callable[..., None], isa: str, shape: tuple[int, int, int]) -> None:
    benchmark.group = "step"
    _step(benchmark, rate, isa, shape, False)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("shape", PATHS.values(), ids=PATHS)
def test_step_of_a_path(benchmark: Any, rate: Callable[..., None], isa: str, shape: tuple[int, int, int]) -> None:
    benchmark.group = "step of a path"
    _step(benchmark, rate, isa, shape, True)
