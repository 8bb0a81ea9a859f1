"""What a graph model learns in a call of fit or partial_fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..models.fitting import Standing
from ..train.checkpoint import Contents
from ..train.run import Run
from ..train.task import Task
from .core import GraphCore
from .model_file import contents_of


@dataclass(frozen=True)
class GraphLesson:
    """A `Lesson` of one part: the walks of a core.

    Attributes:
        model: The name of the class of the model.
        params: Its parameters, as they are saved.
        core: What learns.
        freeze: Whether known nodes stay as they are.
    """

    model: str
    params: Mapping[str, Any]
    core: GraphCore
    freeze: bool

    @property
    def words(self) -> list[int]:
        """Places of nodes in the walks of all passes."""
        return [self.core.parameters.epochs * self.core.words]

    def part(self, number: int, want_loss: bool) -> tuple[Run, Task]:
        """The run, not begun, and what it trains."""
        return self.core.run(), self.core.task(want_loss=want_loss)

    def part_ended(self) -> None:
        """Put back what training has changed of nodes that stay."""
        self.core.restore_outputs()

    def contents(self, standing: Standing, want_loss: bool) -> Contents:
        """What a checkpoint holds."""
        return contents_of(self.model, self.params, self.core, freeze=self.freeze)
