"""What a classifier learns in a call of fit or partial_fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..train.checkpoint import Contents
from ..train.run import Run
from .model_file import Fitted, contents_of
from .training import ClassTask, TextTokens


@dataclass(eq=False)
class ClassLesson:
    """A `Lesson` of one part: texts with labels.

    Attributes:
        params: Parameters of the model, as they are saved.
        fitted: What learns.
        tokens: The texts.
        class_weights: Factors on the steps of the labels' texts, in the order of rows; None: 1.
    """

    params: Mapping[str, Any]
    fitted: Fitted
    tokens: TextTokens
    class_weights: NDArray[np.float32] | None

    @property
    def words(self) -> list[int]:
        """Texts of all passes."""
        return [self.fitted.core.settings.epochs * len(self.tokens.documents)]

    def task(self, *, want_loss: bool) -> ClassTask:
        """What a run trains."""
        return self.fitted.core.task(self.tokens, self.class_weights, want_loss=want_loss)

    def part(self, number: int, want_loss: bool) -> tuple[Run, ClassTask]:
        """The run, not begun, and what it trains."""
        task = self.task(want_loss=want_loss)
        return task.run(), task

    def part_ended(self) -> None:
        """Do nothing."""

    def contents(self, standing: Any, want_loss: bool) -> Contents:
        """What a checkpoint holds."""
        return contents_of(self.params, self.fitted, {"want_loss": want_loss})
