"""How wrong an output is, as one number, and the gradient of that."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..arguments import names_arguments
from ..checks import integer
from . import given
from .given import Bools, Floats

Reduction = Literal["mean", "sum"]


class BCEWithLogitsLoss:
    """Logistic loss: -log p where the target is 1 and -log(1 - p) where it is 0, with p = 1 / (1 + exp(-logit)).

    A target between 0 and 1 is the share of examples that are 1.

    Args:
        reduction: "mean" (default) over all logits, or "sum".

    Raises:
        ValueError: It is another reduction.
    """

    @names_arguments()
    def __init__(self, reduction: Reduction = "mean") -> None:
        self.reduction = checked_reduction(reduction)
        self._grad: Floats | None = None

    def __call__(self, logits: Any, targets: Any) -> float:
        """See `forward`."""
        return self.forward(logits, targets)

    def forward(self, logits: Any, targets: Any) -> float:
        """The loss, added up in float64.

        Args:
            logits: float32 or float64, of any shape.
            targets: As many numbers or booleans from 0 to 1.

        Raises:
            TypeError: ``logits`` are no floats, or ``targets`` no numbers.
            ValueError: The shapes differ, there is no logit, one is not finite, or a target is not between 0 and 1.
        """
        logits = _checked_logits(logits)
        given.require_finite("logits", logits)
        share = given.array_of("targets", targets)
        if share.dtype.kind not in "fiub":
            raise TypeError(f"targets must be numbers from 0 to 1, not {share.dtype}")
        if share.shape != logits.shape:
            raise ValueError(f"targets must have the shape of the logits, {logits.shape}, not {share.shape}")
        wrong = ~((share >= 0) & (share <= 1))
        if wrong.any():
            place = given.first(wrong)
            raise ValueError(f"targets holds {share[place]}{given.at(place)}; it must be from 0 to 1")
        x, y = logits.astype(np.float64), share.astype(np.float64)
        small = np.exp(-np.abs(x))
        losses = np.maximum(x, 0) - x * y + np.log1p(small)
        parts = x.size if self.reduction == "mean" else 1
        self._grad = ((np.where(x >= 0, 1, small) / (1 + small) - y) / parts).astype(logits.dtype)
        return float(losses.sum() / parts)

    def backward(self) -> Floats:
        """The gradient of the logits.

        Raises:
            RuntimeError: `forward` was not called before.
        """
        grad, self._grad = given.kept(self._grad), None
        return grad


class CrossEntropyLoss:
    """Softmax cross-entropy: -log of the probability of the right class, exp(logit) over the sum of all.

    The classes are on the last axis. (torch has them on the second, which is the same for two axes.)

    Args:
        reduction: "mean" (default) over the targets that count, or "sum".
        ignore_index: A target that does not count. Default -100, as in torch.

    Raises:
        ValueError: It is another reduction.
    """

    @names_arguments()
    def __init__(self, reduction: Reduction = "mean", *, ignore_index: int = -100) -> None:
        self.reduction = checked_reduction(reduction)
        self.ignore_index = integer("ignore_index", ignore_index)
        self._grad: Floats | None = None

    def __call__(self, logits: Any, targets: Any) -> float:
        """See `forward`."""
        return self.forward(logits, targets)

    def forward(self, logits: Any, targets: Any) -> float:
        """The loss, added up in float64.

        Args:
            logits: float32 or float64, (..., classes); minus infinity excludes a class.
            targets: Integers (...), the number of the right class.

        Raises:
            TypeError: ``logits`` are no floats, or ``targets`` no integers.
            ValueError: The shapes do not fit, a logit is NaN or infinity, all of a row are minus infinity, or no target
                counts.
            IndexError: A target is no class.
        """
        logits = _checked_logits(logits)
        if not logits.ndim:
            raise ValueError("logits must have the shape (..., classes), not ()")
        largest = logits.max(axis=-1)
        if not np.isfinite(largest).all():
            place = given.first(~np.isfinite(largest))
            raise ValueError(f"the largest of the logits{given.at(place)} is {largest[place]}; it must be finite")
        numbers = given.integers("targets", targets)
        counting: Bools = np.asarray(numbers != self.ignore_index)
        rows = given.whole_numbers("targets", np.where(counting, numbers, 0), logits.shape[-1], logits.shape[:-1])
        if not counting.any():
            raise ValueError(f"no target counts: all are ignore_index={self.ignore_index}, or there is none")
        x = logits.astype(np.float64)
        x -= x.max(axis=-1, keepdims=True)
        exponentials = np.exp(x)
        sums = exponentials.sum(axis=-1, keepdims=True)
        right = np.take_along_axis(x, rows[..., None], axis=-1)
        losses = (np.log(sums) - right)[..., 0]
        parts = int(counting.sum()) if self.reduction == "mean" else 1
        grad = exponentials / sums
        np.put_along_axis(grad, rows[..., None], np.take_along_axis(grad, rows[..., None], -1) - 1, axis=-1)
        self._grad = (grad * (counting[..., None] / parts)).astype(logits.dtype)
        return float(losses[counting].sum() / parts)

    def backward(self) -> Floats:
        """The gradient of the logits.

        Raises:
            RuntimeError: `forward` was not called before.
        """
        grad, self._grad = given.kept(self._grad), None
        return grad


def checked_reduction(reduction: Reduction) -> Reduction:
    """``reduction``, "mean" or "sum".

    Raises:
        ValueError: it is something else.
    """
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'mean' or 'sum', not {reduction!r}")
    return reduction


def _checked_logits(logits: Any) -> Floats:
    found = given.any_vectors("logits", logits)
    if not found.size:
        raise ValueError(f"logits must not be empty, but have the shape {found.shape}")
    if np.isnan(found).any():
        raise ValueError(f"logits holds nan{given.at(given.first(np.isnan(found)))}")
    return found
