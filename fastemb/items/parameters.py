"""Parameters of Item2Vec, declared once, and the settings of training that they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..checks import integer, number, whole
from ..estimator import seed_of
from ..train.schedule import require_falling
from ..train.settings import Checked, Settings, declare, real_number, switch, thread_number, whole_number

# What None stands for, by sg; chosen on held-out parts of training data.
_DEFAULTS: dict[int, dict[str, Any]] = {
    0: {"vector_size": 128, "contexts": 8, "negative": 100, "ns_exponent": -0.2, "epochs": 30, "alpha": 0.2},
    1: {"vector_size": 128, "contexts": 16, "negative": 20, "ns_exponent": 0.4, "epochs": 50, "alpha": 0.03},
}
_ITEMS_PER_NEGATIVE = 4  # more negatives by default, and one item is drawn so often for a prediction that it diverges


def check_count(name: str, value: Any, least: int = 1) -> None:
    """Check a number of things, which must be an integer.

    Raises:
        TypeError: it is something else.
        ValueError: it is below ``least``, or too large.
    """
    if integer(name, value, least) >= 2**30:
        raise ValueError(f"{name} must be below 2**30, not {value!r}")


def _optional_count(doc: str) -> Any:
    def check(name: str, value: Any) -> Any:
        if value is None:
            return None
        found = whole(name, value, -(2**63), 2**63)
        check_count(name, found)
        return found

    return declare(None, doc, int, check)


def _kind(doc: str) -> Any:
    def check(name: str, value: Any) -> Any:
        if value not in (None, 0, 1):
            raise ValueError(f"{name} must be 0 or 1, not {value!r}: leave it out to train both kinds")
        return value

    return declare(None, doc, int, check)


def _share(doc: str) -> Any:
    return declare(0.0, doc, float, lambda name, value: 0.0 if value is None else number(name, value, at_least=0.0))


def _any_seed(doc: str) -> Any:
    return declare(1, doc, int, lambda name, value: value)  # see `seed_of`


@dataclass
class Parameters(Checked):
    """What an Item2Vec model is asked to be; None stands for what does best for the kind of model."""

    vector_size: int | None = _optional_count("dimensions of the vectors")
    window: int | None = whole_number(
        None,
        "sessions have an order, and contexts are at most so far away (default: baskets without an order)",
        1,
        2**63,
    )
    contexts: int | None = _optional_count("in baskets: items that an item is predicted from, at most")
    sg: int | None = _kind(
        "1 predicts from each context alone, 0 from their mean (default: both, half of the vector each)"
    )
    negative: int | None = _optional_count("negatives for each item predicted")
    ns_exponent: float | None = real_number(None, "negatives are drawn by count to this power; may be negative")
    sample: float | None = _share("thin out items above this share of the events; 0 or None: none")
    epochs: int | None = whole_number(None, "passes over the data", 0, 2**40)
    alpha: float | None = real_number(None, "first learning rate", at_least=0.0)
    min_alpha: float = real_number(0.0001, "last learning rate", at_least=0.0)
    min_count: int = whole_number(1, "drop items that occur less often", 0, 2**62)
    random_state: Any = _any_seed("seed")  # noqa: RUF009 (a declaration, not a value)
    workers: int | None = thread_number("threads (default: all CPUs)")
    deterministic: bool = switch(False, "the same vectors with any number of threads, in about twice the time")

    def check(self) -> None:
        """As in the base; and refuse parameters that do not go together."""
        if self.vector_size is not None and self.sg is None:
            check_count(
                "vector_size", whole("vector_size", self.vector_size, -(2**63), 2**63), 2
            )  # half of it for each kind of model
        super().check()
        if self.window is not None and self.contexts is not None:
            raise ValueError(
                f"contexts={self.contexts} is for baskets without an order, and window={self.window} for sessions with "
                "one: leave one of the two out"
            )


@dataclass(frozen=True)
class Plan:
    """How one kind of model is trained.

    Attributes:
        settings: Of training, checked.
        contexts: Most contexts of an item in a basket without order; 0 for windows.
    """

    settings: Settings
    contexts: int


def plans(given: Parameters, seed: int = 1, items: int | None = None) -> list[Plan]:
    """One for each kind of model that is trained: with both, each has half of the dimensions.

    Args:
        given: Parameters, unchecked.
        seed: Of everything random.
        items: The size of the vocabulary once it is known, which bounds the default of ``negative``.

    Raises:
        ValueError: a parameter makes no sense.
        TypeError: one is of another type.
    """
    asked = given.checked()
    kinds = [0, 1] if asked.sg is None else [asked.sg]
    sizes: list[int | None] = [asked.vector_size]
    if len(kinds) == 2:
        sizes = [None, None] if asked.vector_size is None else [asked.vector_size // 2, -(-asked.vector_size // 2)]
    return [_plan(asked, kind, size, seed, items) for kind, size in zip(kinds, sizes, strict=True)]


def _plan(asked: Parameters, kind: int, size: int | None, seed: int, items: int | None) -> Plan:
    chosen: dict[str, Any] = {name: getattr(asked, name) for name in _DEFAULTS[kind]} | {"vector_size": size}
    chosen = {name: _DEFAULTS[kind][name] if value is None else value for name, value in chosen.items()}
    if asked.negative is None and items is not None:
        chosen["negative"] = max(1, min(chosen["negative"], items // _ITEMS_PER_NEGATIVE))
    contexts = chosen.pop("contexts")
    settings = Settings(
        **chosen,
        window=(contexts + 1) // 2 if asked.window is None else asked.window,
        sg=kind,
        cbow_exact=not kind,
        sample=asked.sample or 0.0,
        min_alpha=asked.min_alpha,
        min_count=asked.min_count,
        workers=asked.workers,
        deterministic=asked.deterministic,
        seed=seed,
    )
    require_falling(settings.alpha, settings.min_alpha)
    return Plan(settings.checked(), contexts if asked.window is None else 0)


def check_parameters(params: Mapping[str, Any]) -> None:
    """Refuse parameters of a model that make no sense, before its data are read.

    Raises:
        ValueError: one makes no sense.
        TypeError: one is of another type.
    """
    plans(Parameters.among(params))
    seed_of(params["random_state"])
