from typing import Any

from . import function as function
from . import graph as graph

class Function:
    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any: ...
    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any: ...
    @classmethod
    def apply(cls, *args: Any) -> Any: ...
