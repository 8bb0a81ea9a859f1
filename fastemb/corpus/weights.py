"""Weights of sentences: how often each is trained on beside the others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import in_order, no_text

Weights = NDArray[np.float64]


def checked_weights(weights: Any, sentences: int) -> Weights:
    """One weight a sentence, as an array of its own that nobody writes to.

    Raises:
        TypeError: they are no numbers, or have no order.
        ValueError: there are more or fewer than sentences; one is negative, NaN or infinite; all are 0.
    """
    no_text("weights", weights, "numbers")
    in_order("weights", weights)
    try:
        given = np.asarray(weights)
        made = given.astype(np.float64) if given.dtype.kind in "biufO" else None
    except (TypeError, ValueError):
        made = None
    if made is None:
        raise TypeError("weights must be numbers, one for each sentence")
    if made.shape != (sentences,):
        what = f"{len(made):,}" if made.ndim == 1 else f"an array of shape {made.shape}"
        raise ValueError(f"there must be one weight for each of the {sentences:,} sentences, not {what}")
    wrong = ~((made >= 0) & (made < np.inf))
    if wrong.any():
        sentence = int(wrong.argmax())
        raise ValueError(
            f"weights must be finite numbers of 0 or more, but that of sentence {sentence} is {made[sentence]}"
        )
    if not made.any():
        raise ValueError("all weights are 0: no sentence would be trained on")
    made.flags.writeable = False
    return made
