"""A slow twin of the training of texts that are given to classes: float64, plain loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reference.oracle import Vectors, below, draw, sigmoid, stream_key

LABELS, NEGATIVES = 16, 2  # streams
TRIES = 16

Path = list[tuple[int, int]]


@dataclass
class ClassModel:
    """Matrices and what a text learns from; `loss` is one of softmax, ova, hs, ns."""

    inputs: Vectors
    outputs: Vectors
    loss: str = "softmax"
    paths: list[Path] = field(default_factory=list)
    noise: NDArray[np.uint32] | None = None
    negatives: int = 5
    class_weights: Sequence[float] | None = None
    seed: int = 1

    def train(
        self,
        texts: list[list[int]],
        classes: list[list[int]],
        epoch: int,
        alpha: float,
        weights: Sequence[float] | None = None,
    ) -> float:
        """One pass; the loss of all texts."""
        total = 0.0
        for number, (rows, own) in enumerate(zip(texts, classes, strict=True)):
            if rows and (own or self.loss == "ova"):
                total += self._text(number, rows, own, epoch, alpha, 1.0 if weights is None else weights[number])
        return total

    def _text(self, number: int, rows: list[int], own: list[int], epoch: int, alpha: float, weight: float) -> float:
        label = own[0] if own else 0
        if len(own) > 1:
            label = own[below(draw(stream_key(self.seed, epoch, LABELS), number) >> 32, len(own))]
        if self.class_weights is not None and own:
            chosen = own if self.loss == "ova" else [label]
            weight *= float(np.mean([self.class_weights[one] for one in chosen]))
        hidden = self.inputs[rows].mean(axis=0)
        outputs, labels = self._targets(number, label, own, epoch)
        scores = self.outputs[outputs] @ hidden
        if self.loss == "softmax":
            powers = np.exp(scores - scores.max())
            given = powers / powers.sum()
            loss = np.log(powers.sum()) + scores.max() - scores[label]
        else:
            given = sigmoid(scores)
            loss = -np.log(np.where(labels == 1, given, 1 - given)).sum()
        gradient = alpha * weight * (labels - given)
        change = np.zeros_like(hidden)
        for row, step in zip(outputs, gradient.tolist(), strict=True):  # one that is drawn twice has changed meanwhile
            change += step * self.outputs[row]
            self.outputs[row] += step * hidden
        np.add.at(self.inputs, rows, np.tile(change / len(rows), (len(rows), 1)))
        return weight * float(loss)

    def _targets(self, number: int, label: int, own: list[int], epoch: int) -> tuple[list[int], Vectors]:
        if self.loss == "hs":
            return [node for node, _ in self.paths[label]], np.array([code for _, code in self.paths[label]], float)
        if self.loss == "ns":
            rows = [label, *self._negatives(number, label, epoch)]
            return rows, np.array([1.0] + [0.0] * (len(rows) - 1))
        labels = np.zeros(len(self.outputs))
        labels[own if self.loss == "ova" else [label]] = 1
        return list(range(len(self.outputs))), labels

    def _negatives(self, number: int, label: int, epoch: int) -> list[int]:
        assert self.noise is not None
        key, found = draw(stream_key(self.seed, epoch, NEGATIVES), number), []
        for k in range(TRIES * self.negatives):
            bits = draw(key, k)
            slot = below(bits >> 32, len(self.noise))
            threshold, other = self.noise[slot].tolist()
            row = slot if (bits & 0xFFFFFFFF) < threshold else other
            if row != label and len(found) < self.negatives:
                found.append(row)
        return found
