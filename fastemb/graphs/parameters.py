"""Parameters of graph models, declared once, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..estimator import seed_of
from ..train.schedule import require_falling
from ..train.settings import Checked, Settings, declare, real_number, switch, thread_number, whole_number
from .walks import Walks

_WALKS = Walks.declared()
COMBINATIONS = ("mean", "in")


def _of_walks(name: str, default: Any) -> Any:
    """A parameter that is a setting of walks."""
    declared = _WALKS[name]
    return declare(default, declared.doc, declared.kind, declared.check)


def _combination(doc: str) -> Any:
    def check(name: str, value: Any) -> str | None:
        if value is not None and (not isinstance(value, str) or value not in COMBINATIONS):
            raise ValueError(f"{name} must be 'mean', 'in' or None, not {value!r}")
        return value

    return declare(None, doc, str, check)


@dataclass
class GraphParameters(Checked):
    """What a graph model is asked to be."""

    vector_size: int = whole_number(128, "length of the vectors", 1, 2**24)
    walk_length: int = _of_walks("walk_length", 80)
    num_walks: int = _of_walks("num_walks", 10)
    p: float = _of_walks("p", 0.5)
    q: float = _of_walks("q", 1.0)
    window: int = whole_number(10, "nodes of a walk on either side that are contexts", 1, 2**63)
    restart: float = _of_walks("restart", 0.0)
    epochs: int = whole_number(15, "passes, each with walks of its own", 0, 2**40)
    negative: int = whole_number(5, "negatives drawn at once; 0: none", 0, 2**20)
    hs: int = switch(0, "1 for hierarchical softmax")
    ns_exponent: float = real_number(0.5, "negatives are drawn by visits to the power of this")
    alpha: float = real_number(0.025, "first learning rate", at_least=0.0)
    min_alpha: float = real_number(0.0001, "last learning rate", at_least=0.0)
    combine: str | None = _combination(
        "a node's vector: mean of its input and output vector, or in, the input vector alone (default: mean; in where "
        "there are no negatives)"
    )
    random_state: Any = declare(1, "seed", int, lambda name, value: seed_of(value))  # noqa: RUF009 (a declaration)
    workers: int | None = thread_number("threads (default: all CPUs)")
    deterministic: bool = switch(False, "the same vectors with any number of threads, in about twice the time")

    def check(self) -> None:
        """As in the base; and refuse parameters that do not go together."""
        super().check()
        require_falling(self.alpha, self.min_alpha)
        if self.walk_length == 1:
            raise ValueError(
                "walk_length=1: walks of one node teach nothing, as it has no neighbour in them; give 2 or more"
            )
        if self.combine == "mean" and not self.negative:
            raise ValueError(
                "combine='mean' needs output vectors of nodes, which negatives alone give: set negative > 0, or leave "
                "combine out"
            )
        self.settings()

    @property
    def takes_mean(self) -> bool:
        """Whether a node's vector is the mean of its input and output vector."""
        return self.combine != "in" and self.negative > 0

    def walks(self) -> Walks:
        """The walks that they ask for."""
        return Walks(self.num_walks, self.walk_length, self.p, self.q, self.restart, self.random_state)

    def settings(self) -> Settings:
        """The settings of training."""
        return Settings(
            vector_size=self.vector_size,
            alpha=self.alpha,
            window=self.window,
            min_count=0,
            sample=0.0,
            seed=self.random_state,
            workers=self.workers,
            deterministic=self.deterministic,
            min_alpha=self.min_alpha,
            sg=1,
            hs=self.hs,
            negative=self.negative,
            ns_exponent=self.ns_exponent,
            epochs=self.epochs,
        ).checked()
