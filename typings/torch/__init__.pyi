# What fastemb/torch uses of PyTorch 2.13, for type checkers: they need no PyTorch then.
import builtins
from collections.abc import Sequence
from typing import Any, Self, SupportsIndex

from numpy.typing import NDArray

from . import autograd as autograd
from . import compiler as compiler
from . import jit as jit
from . import nn as nn

class dtype:
    is_floating_point: builtins.bool
    is_complex: builtins.bool

class device:
    type: str
    def __init__(self, device: str | device) -> None: ...

class layout: ...

strided: layout
bool: dtype
float32: dtype
float64: dtype

class Tensor:
    dtype: dtype
    device: device
    layout: layout
    shape: tuple[int, ...]
    requires_grad: builtins.bool
    is_leaf: builtins.bool
    _version: int
    def __getitem__(self, item: SupportsIndex | Tensor) -> Tensor: ...
    def clone(self) -> Tensor: ...
    def copy_(self, other: Tensor) -> Self: ...
    def detach(self) -> Tensor: ...
    def is_contiguous(self) -> builtins.bool: ...
    def is_inference(self) -> builtins.bool: ...
    def numpy(self) -> NDArray[Any]: ...
    def to(self, dtype: dtype) -> Tensor: ...
    def zero_(self) -> Self: ...

def empty(*size: int, dtype: dtype | None = ...) -> Tensor: ...
def from_numpy(array: NDArray[Any]) -> Tensor: ...
def get_default_dtype() -> dtype: ...
def get_num_threads() -> int: ...
def is_grad_enabled() -> builtins.bool: ...
def sparse_coo_tensor(
    indices: Tensor,
    values: Tensor,
    size: Sequence[int],
    *,
    is_coalesced: builtins.bool,
    check_invariants: builtins.bool,
) -> Tensor: ...
