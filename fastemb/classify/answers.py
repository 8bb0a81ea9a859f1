"""Labels in the order in which answers have them, and the best of them for each text."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .core import ClassCore
from .features import Documents
from .probabilities import Floats

_MANY = 1 << 24  # probabilities that are held at once

Ints = NDArray[np.int64]


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


def best_labels(probabilities: Floats, given: NDArray[np.bool_]) -> list[list[tuple[int, float]]]:
    """For each text the numbers and probabilities of the labels that it is given, the most probable first."""
    found: list[list[tuple[int, float]]] = []
    for row, own in zip(probabilities, given, strict=True):
        best = np.flatnonzero(own)
        best = best[np.argsort(-row[best], kind="stable")]
        found.append(list(zip(best.tolist(), row[best].tolist(), strict=True)))
    return found


def parts(texts: int, labels: int) -> list[slice]:
    """Texts whose probabilities are held at once."""
    step = max(1, _MANY // max(labels, 1))
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
