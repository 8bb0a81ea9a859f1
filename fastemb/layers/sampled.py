"""Softmax over many classes, of which a sample is compared with the right one."""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import DTypeLike

from ..arguments import names_arguments
from ..checks import integer, number
from ..io.paths import AnyPath
from ..signals import Deferred
from . import given
from .files import LayerFile, load_layer
from .given import Bools, Floats, Ints
from .gradients import OwnGradients
from .losses import Reduction, checked_reduction
from .memory import drawn
from .optimizers import Optimizer, OptimizerState, checked_optimizer
from .sparse import SparseRows
from .steps import make_step, require_fitting

_TRIES = 16  # draws for each class of a sample, at most


class Sampler(Protocol):
    """A distribution over classes."""

    num_classes: int

    def draw(self, size: int, random: np.random.Generator) -> Ints:
        """So many classes, any of them perhaps several times."""
        ...

    def probabilities(self, classes: Ints) -> Floats:
        """How probable each of these classes is in one draw, float64, above 0."""
        ...


class LogUniformSampler:
    """Zipf's law for classes that are sorted by falling frequency: p(k) = log((k + 2) / (k + 1)) / log(n + 1).

    Args:
        num_classes: n.

    Raises:
        TypeError: num_classes is no whole number.
        ValueError: It is below 1.
    """

    @names_arguments()
    def __init__(self, num_classes: int) -> None:
        self.num_classes = integer("num_classes", num_classes, 1)
        self._range = float(np.log(self.num_classes + 1))

    def draw(self, size: int, random: np.random.Generator) -> Ints:
        """So many classes, any of them perhaps several times."""
        classes = np.exp(random.random(size) * self._range).astype(np.int64) - 1
        found: Ints = np.minimum(classes, self.num_classes - 1)
        return found

    def probabilities(self, classes: Ints) -> Floats:
        """How probable each of these classes is in one draw, float64."""
        found: Floats = np.log1p(1 / (classes + 1.0)) / self._range
        return found


class UnigramSampler:
    """Classes as often as they were counted: p(k) = count(k)^power / sum.

    Attributes:
        counts: (n,) float64.
        power: To which they are raised.

    Args:
        counts: (n,) numbers above 0. A class that was never seen could not be corrected for: give counts + 1.
        power: Default 1; 0.75 draws rare classes more often, 0 all alike.

    Raises:
        TypeError: power is no number, or counts are none.
        ValueError: A count is not above 0 and finite, or not after the power; there is none, or they are no vector.
    """

    @names_arguments()
    def __init__(self, counts: Any, *, power: float = 1.0) -> None:
        found = given.array_of("counts", counts)
        if found.dtype.kind not in "fiu":
            raise TypeError(f"counts must be numbers, not {found.dtype}")
        if found.ndim != 1 or not len(found):
            raise ValueError(f"counts must be a vector of at least one number, not of the shape {found.shape}")
        wrong = ~((found > 0) & np.isfinite(found))
        if wrong.any():
            place = given.first(wrong)[0]
            raise ValueError(
                f"counts holds {found[place]} at {place}; it must be above 0: give counts + 1, for example"
            )
        self.counts: Floats = found.astype(np.float64)
        self.power = number("power", power)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            weights = self.counts**self.power
            total = weights.sum()
            self._shares: Floats = weights / total
        if not (np.isfinite(total) and self._shares.all()):
            raise ValueError(f"counts to the power of {self.power} are too large or too small: some are 0 or infinite")
        self.num_classes = len(found)
        self._ends: Floats = np.cumsum(self._shares)

    def draw(self, size: int, random: np.random.Generator) -> Ints:
        """So many classes, any of them perhaps several times."""
        classes = np.searchsorted(self._ends, random.random(size) * self._ends[-1], side="right")
        found: Ints = np.minimum(classes, self.num_classes - 1).astype(np.int64)
        return found

    def probabilities(self, classes: Ints) -> Floats:
        """How probable each of these classes is in one draw, float64."""
        found: Floats = self._shares[classes]
        return found


def sample_classes(sampler: Sampler, size: int, by_draws: bool, random: np.random.Generator) -> tuple[Ints, float]:
    """The first ``size`` different classes, and how many draws come before that of one more.

    The sample is what t draws hold, so a class is in it with the probability 1 - (1 - p)^t, which `chance` gives. (t is
    set by the class that comes next, not by the last of the sample: else it would be too small.) Where that would
    take too many draws, classes ring at random times instead, each at the rate p, and t is the time at which the next
    one rings.

    Args:
        sampler: Draws classes.
        size: How many, at most all of them.
        by_draws: Whether to draw, or to look at all classes; see `draws_suffice`.
        random: Where chance comes from.

    Returns:
        (size,) classes, and t.
    """
    if size == sampler.num_classes:
        return np.arange(size), np.inf
    drawn = np.empty(0, np.int64)
    while by_draws:
        drawn = np.concatenate([drawn, sampler.draw(max(2 * size, len(drawn)), random)])
        classes, first = np.unique(drawn, return_index=True)
        if len(classes) > size:
            order = np.argsort(first)
            return classes[order[:size]], float(first[order[size]])
    times = random.exponential(size=sampler.num_classes) / sampler.probabilities(np.arange(sampler.num_classes))
    order = np.argpartition(times, size).astype(np.int64)
    return order[:size], float(times[order[size]])


def draws_suffice(sampler: Sampler, size: int) -> bool:
    """Whether a few draws for each class of a sample hold enough different ones."""
    expected = chance(sampler.probabilities(np.arange(sampler.num_classes)), _TRIES * size).sum()
    return bool(expected >= 1.5 * size + 1)


def chance(probabilities: Floats, draws: float) -> Floats:
    """How probable it is that a class is in the sample, 1 - (1 - p)^draws."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = -np.expm1(draws * np.log1p(-np.minimum(probabilities, 1.0)))
    return found


class SampledSoftmaxLoss(OwnGradients):
    """Softmax cross-entropy whose sum goes over the right class and a sample, drawn anew for each batch.

    A class y has the logit h . w(y) - log Q(y), where Q(y) is how probable it is that the sample holds y: so the
    gradient is that of the whole softmax as the sample grows (Bengio and Senecal 2008; Jean et al. 2015), and the same
    when all classes are in it. All examples of a batch share one sample of different classes. Where it holds the right
    class of an example, that one is left out for this example (an accidental hit).

    To predict, use logits h . w(y) of all classes, without the correction.

    Attributes:
        weight: (num_classes, embedding_dim), starts normal with standard deviation 1 / sqrt(embedding_dim). Its rows
            are the vectors of classes, as those of items.
        gradients: {"weight": SparseRows} after `backward`, of the classes of the batch and the sample.

    Args:
        sampler: Draws classes and knows how probable each is: `LogUniformSampler`, `UnigramSampler`.
        embedding_dim: D.
        num_sampled: Classes in a sample, at most all of them.
        reduction: "mean" (default) over the examples, or "sum".
        weight: (num_classes, embedding_dim) to use instead of a new one; no copy is made if its dtype is
            right and its rows lie one after another (C-contiguous).
        optimizer: What `step` applies to the rows that have a gradient. Default None: there is no `step`.
        seed: Of the start and of the samples; None for others each time.
        dtype: float32 (default) or float64.

    Raises:
        TypeError: A size is no whole number; another dtype; no sampler or optimiser.
        ValueError: A size is below 1, num_sampled above the number of classes, another reduction, or the weight has
            another shape.
    """

    @names_arguments()
    def __init__(
        self,
        sampler: Sampler,
        embedding_dim: int,
        num_sampled: int,
        *,
        reduction: Reduction = "mean",
        weight: Floats | None = None,
        optimizer: Optimizer | None = None,
        seed: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if not hasattr(sampler, "num_classes"):
            raise TypeError(f"sampler must be one of classes, such as LogUniformSampler(1000), not {sampler!r}")
        self.sampler = sampler
        self.embedding_dim = integer("embedding_dim", embedding_dim, 1)
        self.num_sampled = integer("num_sampled", num_sampled, 1)
        if self.num_sampled > sampler.num_classes:
            raise ValueError(f"num_sampled must be at most the {sampler.num_classes} classes, not {num_sampled}")
        self._by_draws = draws_suffice(sampler, self.num_sampled)
        self.reduction = checked_reduction(reduction)
        kind, shape = given.float_dtype(dtype), (sampler.num_classes, self.embedding_dim)
        self._random = given.chance_of(seed)
        if weight is None:
            weight = drawn(shape, kind, lambda count: self._random.normal(0, self.embedding_dim**-0.5, count))
        self.weight: Floats = np.ascontiguousarray(given.vectors("weight", weight, kind))
        if self.weight.shape != shape:
            raise ValueError(f"weight must have the shape {shape}, not {self.weight.shape}")
        self.gradients: dict[str, SparseRows] = {}
        self.optimizer = checked_optimizer(optimizer)
        self.state: OptimizerState | None = None if optimizer is None else optimizer.start(shape, kind)
        self._kept: tuple[Floats, Ints, Ints, Floats] | None = None  # hidden, targets, sample, gradient of the logits

    def __call__(self, hidden: Any, targets: Any) -> float:
        """See `forward`."""
        return self.forward(hidden, targets)

    def parameters(self) -> dict[str, Floats]:
        """The array that is trained, by name; no copy."""
        return {"weight": self.weight}

    def forward(self, hidden: Any, targets: Any) -> float:
        """The loss with a new sample, added up in float64.

        Args:
            hidden: (B, D) floats h, what the network makes of each example.
            targets: (B,) integers, the right class of each.

        Raises:
            TypeError: ``hidden`` holds no floats, or ``targets`` no integers.
            ValueError: A shape does not fit, the batch is empty, or a value of ``hidden`` is not finite.
            IndexError: A target is no class.
        """
        hidden = given.vectors("hidden", hidden, self.weight.dtype, self.embedding_dim)
        if hidden.ndim != 2 or not len(hidden):
            raise ValueError(f"hidden must have the shape (B, {self.embedding_dim}), not {hidden.shape}")
        given.require_finite("hidden", hidden)
        right = given.whole_numbers("targets", targets, self.sampler.num_classes, hidden.shape[:1])
        sample, draws = sample_classes(self.sampler, self.num_sampled, self._by_draws, self._random)
        logits = np.empty((len(hidden), 1 + len(sample)), self.weight.dtype)  # the right class comes first
        logits[:, 0] = np.einsum("bd,bd->b", hidden, self.weight[right]) - self._correction(right, draws)
        logits[:, 1:] = hidden @ self.weight[sample].T - self._correction(sample, draws)
        hits: Bools = sample == right[:, None]
        logits[:, 1:][hits] = -np.inf
        logits -= logits.max(axis=1, keepdims=True)
        grad = np.exp(logits)
        sums = grad.sum(axis=1, keepdims=True, dtype=np.float64)
        losses = np.log(sums[:, 0]) - logits[:, 0]
        parts = len(hidden) if self.reduction == "mean" else 1
        grad *= (1 / (sums * parts)).astype(grad.dtype)
        grad[:, 0] -= 1 / parts
        self._kept = hidden.copy(), right.copy(), sample, grad
        return float(losses.sum() / parts)

    def backward(self) -> Floats:
        """The gradient of ``hidden``; that of the classes goes to ``gradients`` as SparseRows.

        Raises:
            RuntimeError: `forward` was not called before.
        """
        hidden, right, sample, grad = given.kept(self._kept)
        self._kept = None
        classes, places = np.unique(np.concatenate([sample, right]), return_inverse=True)
        values = np.zeros((len(classes), self.embedding_dim), self.weight.dtype)
        values[places[: len(sample)]] = grad[:, 1:].T @ hidden
        np.add.at(values, places[len(sample) :], grad[:, :1] * hidden)
        self.gradients["weight"] = SparseRows(classes, values, self.weight.shape)
        found: Floats = grad[:, 1:] @ self.weight[sample] + grad[:, :1] * self.weight[right]
        return found

    def step(self) -> None:
        """Change the rows that have a gradient, and forget it.

        Raises:
            RuntimeError: There is no optimiser, or no gradient.
        """
        if self.optimizer is None:
            raise RuntimeError("the loss has no optimizer; give it one, such as optimizer=fastemb.layers.Adam(1e-3)")
        if "weight" not in self.gradients:
            raise RuntimeError("there is no gradient: call backward before step")
        state = require_fitting(self.optimizer, self.state, self.weight)
        with Deferred():
            make_step(self.optimizer, state, self.weight, self.gradients["weight"])
            self.gradients.clear()

    def save(self, path: AnyPath) -> None:
        """Write the table, the sampler, the state of the optimiser and of chance to a safetensors file.

        Raises:
            TypeError: The sampler is neither a `LogUniformSampler` nor a `UnigramSampler`.
            OSError: The file cannot be written.
        """
        arrays: dict[str, Any] = {"weight": self.weight}
        settings: dict[str, Any] = {"num_sampled": self.num_sampled, "reduction": self.reduction}
        if type(self.sampler) is UnigramSampler:
            arrays["counts"], settings["power"] = self.sampler.counts, self.sampler.power
        elif type(self.sampler) is not LogUniformSampler:
            kinds = "a LogUniformSampler or a UnigramSampler"
            raise TypeError(f"the sampler must be {kinds} to be saved, not {type(self.sampler).__name__}")
        settings["random"] = self._random.bit_generator.state
        states = {} if self.state is None else {"weight": self.state}
        LayerFile(type(self).__name__, arrays, settings, self.optimizer, states).write(path)

    @classmethod
    def load(cls, path: AnyPath) -> Self:
        """Read what `save` wrote; training goes on as if it had not been saved.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is damaged, or of another kind.
        """
        return load_layer(path, cls.__name__, cls._unpacked)

    @classmethod
    def _unpacked(cls, file: LayerFile) -> Self:
        settings, weight = file.settings, file.arrays["weight"]
        sampler: Sampler = LogUniformSampler(len(weight))
        if "power" in settings:
            counts = file.arrays["counts"]
            if counts.dtype != np.float64:
                raise TypeError(f"counts must be float64, not {counts.dtype}")
            sampler = UnigramSampler(counts, power=settings["power"])
        loss = cls(
            sampler,
            weight.shape[-1],
            settings["num_sampled"],
            reduction=settings["reduction"],
            weight=weight,
            optimizer=file.optimizer,
            dtype=weight.dtype,
        )
        loss._random.bit_generator.state = settings["random"]
        if file.optimizer is not None:
            loss.state = file.states["weight"]
        return loss

    def _correction(self, classes: Ints, draws: float) -> Floats:
        """Log Q of these classes."""
        return np.log(chance(self.sampler.probabilities(classes), draws)).astype(self.weight.dtype)
