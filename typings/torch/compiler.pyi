from collections.abc import Callable
from typing import TypeVar

_Function = TypeVar("_Function", bound=Callable[..., object])

def disable(*, recursive: bool = ..., reason: str | None = ...) -> Callable[[_Function], _Function]: ...
