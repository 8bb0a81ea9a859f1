"""Training of Item2Vec as a value, with what a checkpoint of it has: which kind of model is being trained, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..checks import number, switch, whole
from ..corpus import Corpus, Vocabulary
from ..models.fitting import Standing
from ..train.checkpoint import Contents
from ..train.run import Run
from ..train.sampling import keep_shares
from ..train.settings import Settings
from ..train.task import CorpusTokens, Task
from .core import Core
from .fitted import Fitted, side_by_side
from .interactions import Interactions
from .model_file import Learned, packed_data, packed_items, packed_state
from .parameters import Plan


@dataclass(frozen=True)
class Noted:
    """What a checkpoint notes of a call of fit.

    Attributes:
        plans: Of all kinds of model; each is a part of the training.
        standing: How far it is.
        want_loss: Whether the loss is added up.
    """

    plans: list[Plan]
    standing: Standing
    want_loss: bool

    def values(self) -> dict[str, Any]:
        """As plain values."""
        plans = [{"settings": plan.settings.values(), "contexts": plan.contexts} for plan in self.plans]
        return {**vars(self.standing), "plans": plans, "want_loss": self.want_loss}

    @classmethod
    def read(cls, path: str, values: Mapping[str, Any], cores: list[Core]) -> Self:
        """From plain values; ``cores`` are those of the model.

        Raises:
            ValueError: they are damaged.
        """
        try:
            plans = [
                Plan(Settings(**plan["settings"]).checked(), whole("contexts", plan["contexts"], 0, 2**30))
                for plan in values["plans"]
            ]
            sizes = [plan.settings.vector_size for plan in plans]
            if sizes != [core.plan.settings.vector_size for core in cores]:
                raise ValueError("the kinds of model are others")
            standing = Standing(
                whole("part", values["part"], 0, len(plans) - 1),
                number("loss", values["loss"]),
                number("loss_before", values["loss_before"]),
                switch("taught", values["taught"]),
            )
            return cls(plans, standing, switch("want_loss", values["want_loss"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{path}: damaged checkpoint: {error}") from None


@dataclass(eq=False)
class Lesson:
    """What a call of fit or partial_fit learns, and from what; a `Lesson` of `models.fitting`.

    Attributes:
        params: The parameters of the model, as they are saved.
        titles: Of the items, by row.
        cores: One for each kind of model, which is a part of the training.
        vocabulary: The items, by row.
        data: What they learn from.
        histories: What the model knows of sessions afterwards: the data, or more.
        sessions: How many of these hold something, where not all are kept; None counts them.
    """

    params: Mapping[str, Any]
    titles: list[str]
    cores: list[Core]
    vocabulary: Vocabulary
    data: Interactions
    histories: Interactions
    sessions: int | None = None
    _packed: tuple[dict[str, Any], dict[str, str]] | None = field(default=None, init=False)

    def fitted(self) -> Fitted:
        """What the model is, as far as it is trained."""
        return Fitted(self.cores, self.vocabulary, self.histories, self.sessions)

    @property
    def words(self) -> list[int]:
        """Events of each part over all of its epochs."""
        return [core.plan.settings.epochs * len(self.data.items) for core in self.cores]

    def part(self, number: int, want_loss: bool) -> tuple[Run, Task]:
        """A run of this part that has not begun, and what it trains."""
        core = self.cores[number]
        return core.run(self._tokens.corpus.words), core.task(self._tokens, want_loss=want_loss)

    def part_ended(self) -> None:
        """Nothing is left to do."""

    @cached_property
    def _tokens(self) -> CorpusTokens:
        """The data with a sentence a session."""
        data = self.data
        corpus = Corpus(data.items.astype(np.int32), data.offsets, self.vocabulary, len(data.items))
        weights = data.weights
        return CorpusTokens(corpus, None if weights is None else keep_shares(weights / weights.max()))

    def contents(self, standing: Standing, want_loss: bool) -> Contents:
        """What a checkpoint holds; what stays the same is packed once."""
        if self._packed is None:
            learned = Learned(self.vocabulary, *self._vectors(), self.titles)
            arrays, metadata = packed_items(learned, self._state(), self.histories)
            own = {} if self.data is self.histories else packed_data(self.data)
            self._packed = {**arrays, **own}, metadata
        arrays, metadata = self._packed
        noted = Noted([core.plan for core in self.cores], standing, want_loss)

        def contents() -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
            inputs, outputs = self._vectors()
            now = {**metadata, "state": packed_state(self._state())}
            return {**arrays, "vectors": inputs, "syn1neg": outputs}, now, noted.values()

        return contents

    def _vectors(self) -> tuple[Any, Any]:
        return side_by_side([core.inputs for core in self.cores]), side_by_side([core.outputs for core in self.cores])

    def _state(self) -> dict[str, Any]:
        sessions = self.sessions
        if sessions is None:
            sessions = int((np.diff(self.histories.offsets) > 0).sum())
        epochs = [core.weights.epochs_trained for core in self.cores]
        return {"params": dict(self.params), "sessions": sessions, "epochs": epochs}
