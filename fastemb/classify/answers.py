"""Labels in the order in which answers have them, and the best of them for each text."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .core import ClassCore
from .features import Documents
from .probabilities import Floats

_MANY, _TEXTS = 1 << 22, 1 << 12  # probabilities and texts that are answered at once: some ten milliseconds

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Best:
    """The most probable labels of texts: those of text i are row i, the first counts[i] of them."""

    numbers: Ints
    """(texts, k), of labels in order, the most probable first."""

    values: Floats
    """(texts, k), their probabilities."""

    counts: Ints
    """(texts,)."""

    def named(self, classes: Sequence[Any]) -> list[list[Any]]:
        """The labels of each text."""
        if self._has_one():
            return [[classes[number]] for number in self.numbers[:, 0].tolist()]
        return [
            [classes[number] for number in row[:count]]
            for row, count in zip(self.numbers.tolist(), self.counts.tolist(), strict=True)
        ]

    def pairs(self, classes: Sequence[Any]) -> list[list[tuple[Any, float]]]:
        """The labels of each text, each with its probability."""
        if self._has_one():
            both = zip(self.numbers[:, 0].tolist(), self.values[:, 0].tolist(), strict=True)
            return [[(classes[number], value)] for number, value in both]
        rows = zip(self.named(classes), self.values.tolist(), strict=True)
        return [list(zip(names, row, strict=False)) for names, row in rows]

    def lines(self, classes: Sequence[Any], *, probabilities: bool = False) -> str:
        """The labels of each text in a line, parted by tabs; with ``probabilities`` each followed by its own."""
        if probabilities:
            rows = ("\t".join(f"{label}\t{value:.6g}" for label, value in own) for own in self.pairs(classes))
            return "".join([f"{row}\n" for row in rows])
        texts = [f"{label}\n" for label in classes]
        if self._has_one():
            return "".join([texts[number] for number in self.numbers[:, 0].tolist()])
        return "".join(["\t".join(map(str, own)) + "\n" for own in self.named(classes)])

    def matrix(self, labels: int) -> Ints:
        """1 for each label of each text, else 0: (texts, labels)."""
        made = np.zeros((len(self.counts), labels), np.int64)
        given = np.arange(self.numbers.shape[1]) < self.counts[:, None]
        np.put_along_axis(made, self.numbers, given.astype(np.int64), axis=1)
        return made

    def _has_one(self) -> bool:
        """Whether each text has one label."""
        return self.numbers.shape[1] == 1 and bool((self.counts == 1).all())


def sorted_classes(core: ClassCore) -> tuple[list[Hashable], Ints]:
    """The labels in order, and the row of each."""
    labels = list(core.classes)
    try:
        order = sorted(range(len(labels)), key=cast(Any, labels.__getitem__))
    except TypeError:
        order = sorted(range(len(labels)), key=lambda one: (type(labels[one]).__name__, str(labels[one])))
    return [labels[one] for one in order], np.array(order, np.int64)


def as_array(classes: Sequence[Hashable]) -> NDArray[Any]:
    """Labels as an array: of texts or numbers where all are, else of objects."""
    if all(type(label) is str for label in classes) or all(type(label) in (bool, int) for label in classes):
        return np.array(classes)
    made = np.empty(len(classes), object)
    made[:] = classes
    return made


def best_labels(probabilities: Floats, k: int | None, threshold: float) -> Best:
    """The ``k`` most probable labels of each text (None: all), those of less than ``threshold`` left out."""
    labels = probabilities.shape[1]
    if k == 1:
        numbers = probabilities.argmax(axis=1)[:, None]
    elif k is None or k >= labels:
        numbers = np.argsort(-probabilities, axis=1, kind="stable")
    else:
        among = np.sort(np.argpartition(-probabilities, k - 1, axis=1)[:, :k], axis=1)
        order = np.argsort(-np.take_along_axis(probabilities, among, axis=1), axis=1, kind="stable")
        numbers = np.take_along_axis(among, order, axis=1)
    values = np.take_along_axis(probabilities, numbers, axis=1)
    return Best(numbers, values, (values >= threshold).sum(axis=1))


def parts(texts: int, labels: int) -> list[slice]:
    """Texts that are answered at once; between two parts a call can be interrupted."""
    step = max(1, min(_TEXTS, _MANY // max(labels, 1)))
    return [slice(start, min(start + step, texts)) for start in range(0, texts, step)]


def part_of(documents: Documents, part: slice) -> Documents:
    """Some of the texts, one after the other."""
    if part.start == 0 and part.stop == len(documents):
        return documents
    offsets = documents.offsets[part.start : part.stop + 1]
    own = documents.label_offsets[part.start : part.stop + 1]
    return Documents(
        documents.rows[offsets[0] : offsets[-1]], offsets - offsets[0], documents.labels[own[0] : own[-1]], own - own[0]
    )
