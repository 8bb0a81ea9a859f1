from torch import Tensor

class FunctionCtx:
    needs_input_grad: tuple[bool, ...]
    saved_tensors: tuple[Tensor | None, ...]
    def save_for_backward(self, *tensors: Tensor | None) -> None: ...
