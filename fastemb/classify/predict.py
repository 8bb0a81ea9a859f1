"""The labels of texts, by a model's rows."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .._native import LabelTable
from ..config import isa
from ..io.formats.fasttext_matrix import QuantisedMatrix
from ..io.formats.fasttext_model import stored_rows
from ..signals import slices
from ..threads import in_threads
from .features import Documents
from .state import HIERARCHICAL, ClassifierState

_TOGETHER = 1 << 10  # documents that a thread takes at once: some milliseconds
_MOST_VALUES = 1 << 22  # of labels that are answered at once
_SIGMOIDS, _FARTHEST = 512, 8.0


@dataclass(frozen=True, eq=False)
class Predictions:
    """The most probable labels of documents: those of document d are row d, the first counts[d] of them."""

    labels: NDArray[np.int32]
    """(documents, k) numbers of labels, the most probable first."""

    logs: NDArray[np.float32]
    """(documents, k), logarithms of their probabilities plus 1e-5."""

    counts: NDArray[np.int64]
    """(documents,) how many there are."""

    def __len__(self) -> int:
        return len(self.counts)

    @cached_property
    def probabilities(self) -> NDArray[np.float32]:
        """(documents, k) probabilities as fastText gives them, which are 1e-5 larger than they should be."""
        found: NDArray[np.float32] = np.exp(self.logs)
        return found


class Predictor:
    """Tells the labels of documents. Several threads may use it at once.

    Args:
        state: A model with labels.

    Raises:
        ValueError: The model has no labels, or they do not fit its matrices.
    """

    def __init__(self, state: ClassifierState) -> None:
        if not state.is_supervised:
            raise ValueError("Model needs to be supervised for prediction!")
        labels = len(state.dictionary) - state.dictionary.words
        if not labels:
            raise ValueError("the model has no labels")
        outputs = state.outputs
        if outputs.shape != (labels, state.arguments.dim):
            raise ValueError(
                f"the output matrix has the shape {outputs.shape}, where ({labels}, {state.arguments.dim}) is needed"
            )
        self.labels, self.dim = labels, state.arguments.dim
        self.loss = state.arguments.loss
        self._inputs = stored_rows(state.inputs)
        tree = self.loss == HIERARCHICAL
        turned = None if tree or isinstance(outputs, QuantisedMatrix) else np.ascontiguousarray(outputs.T)
        children = tree_children(state) if tree else None
        self._table = LabelTable(
            isa(), self._inputs, stored_rows(outputs), self.loss, turned, children, sigmoid_table()
        )

    def predict(self, documents: Documents, k: int = 1, threshold: float = 0.0, threads: int = 1) -> Predictions:
        """The most probable labels of each document.

        Args:
            documents: As `Features` makes them.
            k: How many labels at most; -1: all.
            threshold: Labels with a smaller probability are left out.
            threads: How many work at it.

        Raises:
            ValueError: ``k`` is neither -1 nor 1 or more.
            FloatingPointError: A score is no finite number.
        """
        if k != -1 and k < 1:
            raise ValueError("k needs to be 1 or higher!")
        many = self.labels if k == -1 else min(k, self.labels)
        count = len(documents)
        labels, logs = np.zeros((count, many), np.int32), np.full((count, many), -np.inf, np.float32)
        found = Predictions(labels, logs, np.empty(count, np.int64))
        step = max(1, min(_TOGETHER, _MOST_VALUES // self.labels))
        spans, stopped, lock = slices(count, step), threading.Event(), threading.Lock()

        def next_span() -> slice | None:
            with lock:
                return None if stopped.is_set() else next(spans, None)

        def work(_: int) -> None:
            space = self._table.workspace()
            while (span := next_span()) is not None:
                offsets = documents.offsets[span.start : span.stop + 1]
                self._table.predict(
                    documents.rows[offsets[0] : offsets[-1]],
                    offsets - offsets[0],
                    threshold,
                    logs[span],
                    labels[span],
                    found.counts[span],
                    space,
                )

        in_threads(min(threads, -(-count // step) or 1), work, stopped.set)
        return found

    def vectors(self, documents: Documents) -> NDArray[np.float32]:
        """The mean of each document's rows, (documents, dim); zero where it has none."""
        made = np.empty((len(documents), self.dim), np.float32)
        self._inputs.means(isa(), documents.rows, documents.offsets, made)
        return made


def tree_children(state: ClassifierState) -> NDArray[np.int32]:
    """What lies below each inner node of the tree, (labels, 2): labels, or inner nodes plus the number of labels.

    The last row is not used: there is an inner node less than labels.
    """
    paths, labels = state.paths, len(state.label_counts)
    children = np.zeros((labels, 2), np.int32)
    below = np.empty(int(paths.offsets[-1]), np.int32)
    if labels < 2:
        return children
    below[:-1] = paths.nodes[1 : len(below)] + labels
    below[paths.offsets[1:] - 1] = np.arange(labels)
    nodes, codes = paths.nodes[: len(below)], paths.codes[: len(below)]
    children[nodes, codes] = below
    return children


def sigmoid_table() -> NDArray[np.float32]:
    """FastText's values of the sigmoid from -8 to 8, by which it rounds probabilities down."""
    places = np.arange(_SIGMOIDS + 1, dtype=np.float32) * np.float32(2 * _FARTHEST / _SIGMOIDS) - np.float32(_FARTHEST)
    found: NDArray[np.float32] = (1.0 / (1.0 + np.exp(-places).astype(np.float64))).astype(np.float32)
    return found
