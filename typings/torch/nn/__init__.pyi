from collections.abc import Callable
from typing import Any, Self

from torch import Tensor

from . import init as init

class Parameter(Tensor):
    def __init__(self, data: Tensor, requires_grad: bool = ...) -> None: ...

class Module:
    def __init__(self) -> None: ...
    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = ...) -> Self: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __setstate__(self, state: dict[str, Any]) -> None: ...
    def extra_repr(self) -> str: ...

class _Table(Module):
    weight: Tensor
    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    max_norm: float | None
    norm_type: float
    scale_grad_by_freq: bool
    sparse: bool

class Embedding(_Table):
    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = ...,
        max_norm: float | None = ...,
        norm_type: float = ...,
        scale_grad_by_freq: bool = ...,
        sparse: bool = ...,
        _weight: Tensor | None = ...,
    ) -> None: ...

class EmbeddingBag(_Table):
    mode: str
    include_last_offset: bool
    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = ...,
        norm_type: float = ...,
        scale_grad_by_freq: bool = ...,
        mode: str = ...,
        sparse: bool = ...,
        _weight: Tensor | None = ...,
        include_last_offset: bool = ...,
        padding_idx: int | None = ...,
    ) -> None: ...
