"""What is said where a model's numbers give no score."""

from __future__ import annotations

import numpy as np

from ..io.formats.fasttext_matrix import Matrix, QuantisedMatrix
from ..io.formats.fasttext_parts import Dictionary
from ..signals import slices

_PART = 1 << 14  # rows that are looked at together


def no_score(origin: str | None, dictionary: Dictionary, inputs: Matrix, outputs: Matrix, *, has_tree: bool) -> str:
    """Why a score is no finite number: the first row that holds NaN or infinity.

    Args:
        origin: The file of the model; None for one that came from none.
        dictionary: Words, then labels.
        inputs: Rows of words and n-grams.
        outputs: Rows of labels, or of the nodes of a tree over them.
        has_tree: Whether ``outputs`` are of nodes.
    """
    words = dictionary.words
    wrong = _first(inputs)
    if wrong is not None:
        what = f"the word {_text(dictionary.names[wrong])!r}" if wrong < words else f"n-gram number {wrong - words}"
    else:
        wrong = _first(outputs)
        what = f"node {wrong} of the tree"
        if wrong is not None and not has_tree:
            what = f"the label {_text(dictionary.names[words + wrong])!r}"
    why = "its numbers are too large" if wrong is None else f"the row of {what} holds NaN or infinity"
    return (
        f"{origin or 'the model'}: a score is not a finite number, so no label can be told: {why}. The file is "
        "damaged, or training diverged: train anew, with a lower learning rate"
    )


def _first(matrix: Matrix) -> int | None:
    """The first row that has a number that is not finite."""
    for part in slices(len(matrix), _PART):
        rows = matrix.rows(part) if isinstance(matrix, QuantisedMatrix) else matrix[part]
        wrong = ~np.isfinite(rows).all(axis=1)
        if wrong.any():
            return int(part.start) + int(wrong.argmax())
    return None


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
