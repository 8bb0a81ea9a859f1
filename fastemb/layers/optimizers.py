"""How gradients change an array: settings of optimisers, under torch's names and with its defaults.

An optimiser here holds settings only. What it remembers from step to step, such as moments, is an `OptimizerState`,
which belongs to the layer that it serves and is saved with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..arguments import names_arguments
from ..checks import number
from .memory import aligned_zeros

Array = NDArray[Any]
_KERAS = {"learning_rate": "lr", "epsilon": "eps", "beta_1": "betas", "beta_2": "betas"}


class Rule(NamedTuple):
    """One step of an optimiser, for every row alike. g is a gradient, w the value, m and v what is remembered."""

    name: str
    """"sgd", "adagrad", "rowwise_adagrad" or "adam"; the formulas are in csrc/rows/rows.h."""

    rate: float
    eps: float = 0.0
    beta1: float = 0.0
    beta2: float = 0.0
    keep: float = 1.0
    """w is multiplied by this first."""

    root: float = 1.0
    """Adam: the factor on sqrt(v)."""


@dataclass(eq=False)
class OptimizerState:
    """What an optimiser remembers of one array.

    Attributes:
        step: Steps so far.
        arrays: By torch's names: "sum" (Adagrad), "exp_avg" and "exp_avg_sq" (Adam).
    """

    step: int = 0
    arrays: dict[str, Array] = field(default_factory=dict)


@names_arguments(_KERAS)
@dataclass(frozen=True)
class SGD:
    """Plain gradient descent: w -= lr g.

    Attributes:
        lr: Learning rate.
    """

    name: ClassVar[str] = "sgd"
    lr: float = 1e-3

    def __post_init__(self) -> None:
        """Check the settings."""
        _take_numbers(self, "lr")

    def start(self, shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> OptimizerState:
        """The state before the first step on an array of this shape."""
        return _started(self, shape, dtype)

    def remembers(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """The shapes of what is remembered of an array of this shape, by name: nothing."""
        return {}

    def rule(self, step: int) -> Rule:
        """What step number ``step``, from 1 on, does."""
        return Rule(self.name, self.lr)


@names_arguments(_KERAS)
@dataclass(frozen=True)
class Adagrad:
    """Adagrad (Duchi et al. 2011): v += g^2, w -= lr g / (sqrt(v) + eps).

    Attributes:
        lr: Learning rate.
        lr_decay: Step t has the rate lr / (1 + (t - 1) lr_decay).
        initial_accumulator_value: v at the start.
        eps: Added to the root.
    """

    name: ClassVar[str] = "adagrad"
    lr: float = 1e-2
    lr_decay: float = 0.0
    initial_accumulator_value: float = 0.0
    eps: float = 1e-10

    def __post_init__(self) -> None:
        """Check the settings."""
        _take_numbers(self, "lr", "lr_decay", "initial_accumulator_value", "eps")

    def start(self, shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> OptimizerState:
        """The state before the first step on an array of this shape."""
        return _started(self, shape, dtype, self.initial_accumulator_value)

    def remembers(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """The shapes of what is remembered of an array of this shape, by name."""
        return {"sum": shape}

    def rule(self, step: int) -> Rule:
        """What step number ``step``, from 1 on, does."""
        return Rule(self.name, self.lr / (1.0 + (step - 1) * self.lr_decay), self.eps)


@names_arguments(_KERAS)
@dataclass(frozen=True)
class RowwiseAdagrad(Adagrad):
    """Adagrad with one v for each row: v += the mean of g^2 over the row. Its state is D times smaller."""

    name: ClassVar[str] = "rowwise_adagrad"

    def remembers(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """The shapes of what is remembered of an array of this shape, by name."""
        return {"sum": shape[:1]}


@names_arguments(_KERAS)
@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015), with weight decay apart from the gradient (Loshchilov and Hutter 2019).

    Of a table only the rows that have a gradient change, and their moments, as with torch.optim.SparseAdam ("lazy");
    steps are counted for the whole table. ``eps`` is added after the correction of v, as torch.optim.Adam does.

    Attributes:
        lr: Learning rate.
        betas: Decay of the first and of the second moment.
        eps: Added to the root.
        weight_decay: Each step first multiplies w by 1 - lr weight_decay.
    """

    name: ClassVar[str] = "adam"
    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        _take_numbers(self, "lr", "eps", "weight_decay")
        wanted = "betas must be two numbers from 0 up to, not including, 1"
        if not isinstance(self.betas, tuple | list):
            raise TypeError(f"{wanted}, not {self.betas!r}")
        betas = tuple(number("betas", beta, 0.0) for beta in self.betas)
        if len(betas) != 2 or max(betas) >= 1.0:
            raise ValueError(f"{wanted}, not {self.betas!r}")
        object.__setattr__(self, "betas", betas)

    def start(self, shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> OptimizerState:
        """The state before the first step on an array of this shape."""
        return _started(self, shape, dtype)

    def remembers(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """The shapes of what is remembered of an array of this shape, by name."""
        return {"exp_avg": shape, "exp_avg_sq": shape}

    def rule(self, step: int) -> Rule:
        """What step number ``step``, from 1 on, does."""
        beta1, beta2 = self.betas
        return Rule(
            self.name,
            self.lr / (1.0 - beta1**step),
            self.eps,
            beta1,
            beta2,
            1.0 - self.lr * self.weight_decay,
            1.0 / math.sqrt(1.0 - beta2**step),
        )


Optimizer: TypeAlias = SGD | Adagrad | RowwiseAdagrad | Adam


def checked_optimizer(optimizer: Optimizer | None) -> Optimizer | None:
    """What a layer was given as its optimiser.

    Raises:
        TypeError: It is something else, such as a name, a class or one of torch's.
    """
    if optimizer is None or isinstance(optimizer, SGD | Adagrad | Adam):
        return optimizer
    raise TypeError(
        "optimizer must be SGD, Adagrad, RowwiseAdagrad or Adam of fastemb.layers with its settings, such as "
        f"fastemb.layers.Adam(1e-3), not {optimizer!r}"
    )


def _take_numbers(settings: SGD | Adagrad | Adam, *names: str) -> None:
    """Check that settings are numbers of at least 0, and keep them as floats."""
    for name in names:
        object.__setattr__(settings, name, number(name, getattr(settings, name), 0.0))


def _started(
    optimizer: Optimizer, shape: tuple[int, ...], dtype: DTypeLike = np.float32, value: float = 0.0
) -> OptimizerState:
    """A state whose arrays hold ``value``."""
    arrays = {name: aligned_zeros(own, dtype) for name, own in optimizer.remembers(shape).items()}
    if value:
        for array in arrays.values():
            array[...] = value
    return OptimizerState(0, arrays)
