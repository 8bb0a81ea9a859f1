"""The labels of texts by a model that was made smaller, which can be asked for them and not trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..io.paths import AnyPath
from ..threads import thread_count
from .answering import Question, answered
from .answers import Best
from .asking import least_probability
from .given import as_lines, pieces_of
from .lines import blocks
from .not_finite import no_score
from .predict import Predictor
from .state import HIERARCHICAL, ClassifierState


class QuantisedLabels:
    """A quantised model of fastText, whose probabilities are fastText's: some 1e-5 larger than they should be.

    Args:
        state: What its file holds.
        path: The file.

    Raises:
        ValueError: The model has no labels, or they do not fit its matrices.
    """

    def __init__(self, state: ClassifierState, path: str) -> None:
        try:
            self._predictor = Predictor(state)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        self._state, self._path = state, path
        self._classes = [name.removeprefix(state.prefix).decode("utf-8", "replace") for name in state.labels]

    def _lines_of_file(self, path: AnyPath, k: int, threshold: float, *, probabilities: bool) -> Iterator[str]:
        """As `TellsLabels` does."""
        pieces = (piece if piece.endswith(b"\n") else piece + b"\n" for piece in blocks(path))
        return self._lines(pieces, k, threshold, probabilities)

    def _lines_of_texts(self, texts: Any, k: int, threshold: float, *, probabilities: bool) -> Iterator[str]:
        """As `TellsLabels` does."""
        return self._lines(pieces_of(as_lines(texts)), k, threshold, probabilities)

    def _lines(self, pieces: Iterator[bytes], k: int, threshold: float, probabilities: bool) -> Iterator[str]:
        question = Question(k, least_probability(threshold))
        found = answered(pieces, self._state.features, self._predictor, question, thread_count(None))
        try:
            for _, some in found:
                best = Best(some.labels.astype(np.int64), some.probabilities.astype(np.float64), some.counts)
                yield best.lines(self._classes, probabilities=probabilities)
        except FloatingPointError:
            state = self._state
            tree = state.arguments.loss == HIERARCHICAL
            raise FloatingPointError(
                no_score(self._path, state.dictionary, state.inputs, state.outputs, has_tree=tree)
            ) from None
