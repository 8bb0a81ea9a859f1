"""How many of the predicted labels are right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classify.features import Documents
from ..classify.predict import Predictions

Floats = NDArray[np.float64]

_ALL = -1
_MISSED = -1.0  # in place of the probability of a label that was not predicted


class Meter:
    """Precision and recall of predicted labels, by label and of all.

    Args:
        labels: All labels, in the order of their rows.
        missed: Whether labels that were not predicted count in the curves, as ones that are never found.
    """

    def __init__(self, labels: list[bytes], *, missed: bool = False) -> None:
        self.texts = 0
        self._rows = {label: row for row, label in enumerate(labels)}
        self._missed = missed
        self._counts = np.zeros((3, len(labels)), np.int64)  # predicted, in the file, and both
        self._labels: list[NDArray[np.int32]] = []
        self._scores: list[Floats] = []
        self._right: list[NDArray[np.bool_]] = []

    def add(self, documents: Documents, found: Predictions) -> None:
        """Count texts and what was predicted of them; those without labels or without words do not count."""
        own = np.diff(documents.label_offsets)
        counts = (own > 0) & (np.diff(documents.offsets) > 0)
        self.texts += int(counts.sum())
        labels = len(self._rows)
        gold_texts = np.repeat(np.arange(len(documents)), own)
        gold = documents.labels.astype(np.int64)[counts[gold_texts]]
        gold_texts = gold_texts[counts[gold_texts]]
        there = (np.arange(found.labels.shape[1]) < found.counts[:, np.newaxis]) & counts[:, np.newaxis]
        texts, places = np.nonzero(there)
        predicted = found.labels[texts, places]
        pairs, known = texts * labels + predicted, np.unique(gold_texts * labels + gold)
        right = np.isin(pairs, known)
        self._counts[0] += np.bincount(predicted, minlength=labels)
        self._counts[1] += np.bincount(gold, minlength=labels)
        self._counts[2] += np.bincount(predicted[right], minlength=labels)
        if not self._missed:
            return
        self._labels.append(predicted)
        self._scores.append(np.minimum(found.probabilities[texts, places], 1.0).astype(np.float64))
        self._right.append(right)
        lost = ~np.isin(gold_texts * labels + gold, pairs)
        self._labels.append(gold[lost].astype(np.int32))
        self._scores.append(np.full(int(lost.sum()), _MISSED))
        self._right.append(np.ones(int(lost.sum()), bool))

    # ---- counts ----

    def _counted(self, row: int) -> list[float]:
        return [float(one) for one in (self._counts.sum(axis=1) if row == _ALL else self._counts[:, row])]

    def precision(self, row: int = _ALL) -> float:
        """The share of right ones among the predicted labels; NaN if there are none."""
        predicted, _, both = self._counted(row)
        return both / predicted if predicted else float("nan")

    def recall(self, row: int = _ALL) -> float:
        """The share of predicted ones among the labels in the file; NaN if there are none."""
        _, gold, both = self._counted(row)
        return both / gold if gold else float("nan")

    def f1_score(self, row: int = _ALL) -> float:
        """The harmonic mean of both; NaN if there are neither predicted nor right labels."""
        predicted, gold, both = self._counted(row)
        return 2 * both / (predicted + gold) if predicted + gold else float("nan")

    # ---- curves ----

    def _row(self, label: str | None) -> int:
        if not label:
            return _ALL
        row = self._rows.get(label.encode("utf-8"), _ALL)
        if row == _ALL:
            raise ValueError(f"the model does not know the label {label!r}")
        return row

    def _sorted(self, row: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Probabilities with which a label was predicted, rising, and whether it was right."""
        labels = np.concatenate([np.empty(0, np.int32), *self._labels])
        scores, right = np.concatenate([np.empty(0), *self._scores]), np.concatenate([np.empty(0, bool), *self._right])
        if row != _ALL:
            scores, right = scores[labels == row], right[labels == row]
        order = np.lexsort((right, scores))
        return scores[order], right[order]

    def score_vs_true(self, label: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the probabilities of a label, rising, -1 where it was not predicted; and 1 where it was right."""
        scores, right = self._sorted(self._row(label))
        return scores.astype(np.float32), right.astype(np.float32)

    def precision_recall_curve(self, label: str | None = None) -> tuple[Floats, Floats]:
        """Return precision and recall at each threshold, for one label or all, and 1 and 0 at the end."""
        row = self._row(label)
        scores, right = self._sorted(row)
        first = int(np.searchsorted(scores, 0.0))
        scores, right = scores[first:][::-1], right[first:][::-1]
        if not len(scores):
            return np.empty(0), np.empty(0)
        hits, seen = np.cumsum(right), np.arange(1, len(right) + 1)
        last = np.append(scores[1:] != scores[:-1], True)
        hits, seen = hits[last], seen[last]
        gold = self._counted(row)[1]
        full = int(np.searchsorted(hits, gold)) + 1
        with np.errstate(divide="ignore", invalid="ignore"):
            precision, recall = hits[:full] / seen[:full], hits[:full] / np.float64(gold)
        return np.append(precision, 1.0), np.append(recall, 0.0)

    def precision_at_recall(self, recall: float, label: str | None = None) -> float:
        """Return the best precision at a recall of this or more; 0 where there is none."""
        precisions, recalls = self.precision_recall_curve(label)
        return _best(precisions, recalls, recall)

    def recall_at_precision(self, precision: float, label: str | None = None) -> float:
        """Return the best recall at a precision of this or more; 0 where there is none."""
        precisions, recalls = self.precision_recall_curve(label)
        return _best(recalls, precisions, precision)


def _best(values: Floats, others: Floats, least: float) -> float:
    found: Any = values[others >= least]
    return float(found.max(initial=0.0))
