"""How good predicted labels are, and the threshold that gives a precision."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class LabelScore:
    """How well one label is found."""

    precision: float
    """Of texts that were given the label, the share that have it; NaN where none was given it."""

    recall: float
    """Of texts that have the label, the share that were given it; NaN where none has it."""

    f1: float
    """The harmonic mean of the two; 0 where there is none."""

    texts: int
    """That have it."""


@dataclass(frozen=True)
class Measures:
    """How good predicted labels are, over all labels together, and of each."""

    texts: int
    """That have a label."""

    precision: float
    """Of labels that were given, the share that are right; NaN where none was given."""

    recall: float
    """Of labels that texts have, the share that were given."""

    f1: float
    """The harmonic mean of the two."""

    labels: Mapping[Hashable, LabelScore]
    """By label."""


def true_labels(codes: NDArray[np.int32], offsets: Ints, labels: int) -> Bools:
    """Which labels texts have, (texts, labels)."""
    made = np.zeros((len(offsets) - 1, labels), bool)
    made[np.repeat(np.arange(len(made)), np.diff(offsets)), codes] = True
    return made


def given_labels(probabilities: Floats, k: int | None, threshold: float) -> Bools:
    """Which labels texts are given: the ``k`` most probable ones (None: all) of ``threshold`` or more."""
    given = probabilities >= threshold
    if k is not None and k < probabilities.shape[1]:
        best = np.argpartition(-probabilities, k - 1, axis=1)[:, :k] if k > 1 else probabilities.argmax(axis=1)[:, None]
        among = np.zeros_like(given)
        np.put_along_axis(among, best, True, axis=1)
        given &= among
    return given


def measured(given: Bools, true: Bools, labels: Sequence[Hashable], more: int = 0) -> Measures:
    """Compare labels.

    Args:
        given: Predicted, (texts, labels).
        true: That texts have.
        labels: The labels.
        more: How many labels texts have besides, which the model does not know.
    """
    hits, predicted, actual = (given & true).sum(axis=0), given.sum(axis=0), true.sum(axis=0)
    scores = {
        label: LabelScore(*_scores(int(hits[one]), int(predicted[one]), int(actual[one])), int(actual[one]))
        for one, label in enumerate(labels)
    }
    together = _scores(int(hits.sum()), int(predicted.sum()), int(actual.sum()) + more)
    return Measures(len(true), *together, scores)


def _scores(hits: int, predicted: int, actual: int) -> tuple[float, float, float]:
    precision = hits / predicted if predicted else float("nan")
    recall = hits / actual if actual else float("nan")
    return precision, recall, 2 * hits / (predicted + actual) if hits else 0.0


def threshold_of(scores: Floats, right: Bools, precision: float) -> float | None:
    """The lowest threshold at which the share of ``right`` among ``scores`` of it or more is at least ``precision``.

    None where no threshold reaches it.
    """
    order = np.argsort(-scores, kind="stable")
    sorted_scores = scores[order]
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    ends = np.flatnonzero(np.append(sorted_scores[1:] != sorted_scores[:-1], True))  # equal scores stand together
    reached = ends[shares[ends] >= precision] if len(order) else ends
    return float(sorted_scores[reached[-1]]) if len(reached) else None
