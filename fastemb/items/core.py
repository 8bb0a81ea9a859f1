"""One kind of item model: its plan, its matrices, and how they are trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ..train.matrices import Matrix, copy_of
from ..train.run import Run
from ..train.sampling import Tables
from ..train.schedule import Schedule
from ..train.task import CorpusTokens, Task
from ..train.weights import Rows, Weights, fresh_inputs, grown_inputs
from .parameters import Plan


@dataclass(eq=False)
class Core:
    """Matrices with a row for each item, and the plan by which they learn."""

    plan: Plan
    weights: Weights

    @classmethod
    def fresh(cls, plan: Plan, items: int) -> Self:
        """One that has learned nothing."""
        weights = Weights(Rows(fresh_inputs(items, plan.settings)))
        weights.start_outputs(items, plan.settings)
        return cls(plan, weights)

    @classmethod
    def of(cls, plan: Plan, inputs: Matrix, outputs: Matrix, epochs_trained: int) -> Self:
        """One with copies of these matrices, (items, vector_size)."""
        return cls(plan, Weights(Rows(copy_of(inputs)), copy_of(outputs), None, epochs_trained))

    def grown(self, plan: Plan, items: int) -> Core:
        """A copy for more items, which come after those there are, to go on by another plan."""
        inputs = grown_inputs(self.inputs, items, plan.settings.seed)
        return Core(plan, Weights(Rows(inputs), copy_of(self.outputs, items), None, self.weights.epochs_trained))

    @property
    def inputs(self) -> Matrix:
        """Input vectors, (items, vector_size)."""
        return self.weights.holder.vectors

    @property
    def outputs(self) -> Matrix:
        """Output vectors, (items, vector_size)."""
        assert self.weights.syn1neg is not None  # every plan has negatives
        return self.weights.syn1neg

    def task(self, tokens: CorpusTokens, *, want_loss: bool = False) -> Task:
        """What a run over sessions trains.

        Args:
            tokens: A sentence a session; the vocabulary of their corpus are the items.
            want_loss: Whether to add up the loss.
        """
        tables = Tables.of(tokens.corpus.vocabulary.counts, self.plan.settings, None)
        return Task(self.plan.settings, tokens, tables, self.weights, want_loss, self.plan.contexts)

    def run(self, words: int) -> Run:
        """A run over so many events that has not begun."""
        settings = self.plan.settings
        schedule = Schedule(settings.alpha, settings.min_alpha, settings.epochs * words)
        return Run.planned(settings, words, schedule)
