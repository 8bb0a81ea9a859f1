"""Probabilities of all labels for texts. They are exact: those of one label a text add up to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..config import isa
from ..signals import slices
from ..train.matrices import Matrix
from ..train.sampling import HuffmanPaths
from .features import Documents

_PART = 1024  # texts

Floats = NDArray[np.float64]


def text_vectors(inputs: Matrix, documents: Documents) -> Matrix:
    """The mean of the rows of each text, zero for one without rows: float32 (texts, vector_size)."""
    vectors = np.zeros((len(documents), inputs.shape[1]), np.float32)
    for part in slices(len(documents), _PART):
        first, last = int(documents.offsets[part.start]), int(documents.offsets[part.stop])
        rows = documents.rows[first:last].astype(np.int64)
        offsets = documents.offsets[part.start : part.stop + 1] - first
        _native.RowBags(isa(), inputs, rows, offsets, None, True).pool(0, len(offsets) - 1, vectors[part])
    return vectors


def label_probabilities(
    vectors: Matrix, outputs: Matrix, loss: str, paths: HuffmanPaths | None, *, one: bool
) -> Floats:
    """The probability of each label for each text.

    Args:
        vectors: Of the texts, (texts, vector_size).
        outputs: Of the labels, or of the nodes of a tree over them.
        loss: By which they were trained.
        paths: Of the labels, if there is a tree.
        one: Whether a text has one label: then the probabilities of a text add up to 1 with any loss.

    Returns:
        float64 (texts, labels).

    Raises:
        FloatingPointError: a score is no finite number.
    """
    labels = len(outputs) if paths is None else len(paths.offsets) - 1
    found = np.empty((len(vectors), labels), np.float64)
    for part in slices(len(vectors), _PART):
        with np.errstate(invalid="ignore", over="ignore"):
            scores = (vectors[part] @ outputs.T).astype(np.float64)
            if not np.isfinite(scores.sum()):
                raise FloatingPointError("a score is not a finite number")
        if loss == "softmax":
            scores -= scores.max(axis=1, keepdims=True)
            found[part] = np.exp(scores)
        elif paths is not None:
            found[part] = _of_paths(scores, paths)
            continue
        else:
            found[part] = _sigmoid(scores)
        if one or loss == "softmax":
            sums = found[part].sum(axis=1, keepdims=True)
            found[part] /= np.where(sums > 0, sums, 1)
    return found


def _sigmoid(scores: Floats) -> Floats:
    made: Floats = np.exp(-np.logaddexp(0, -scores))
    return made


def _of_paths(scores: Floats, paths: HuffmanPaths) -> Floats:
    """The product over each label's path of the probabilities of its turns."""
    ones, zeros = -np.logaddexp(0, -scores), -np.logaddexp(0, scores)
    lengths = np.diff(paths.offsets)
    total = np.zeros((len(scores), len(lengths)))
    for level in range(int(lengths.max(initial=0))):
        labels = np.flatnonzero(lengths > level)
        places = paths.offsets[labels] + level
        nodes, turns = paths.nodes[places], paths.codes[places].astype(bool)
        total[:, labels] += np.where(turns, ones[:, nodes], zeros[:, nodes])
    made: Floats = np.exp(total)
    return made
