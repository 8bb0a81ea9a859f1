"""Settings of phrases, and their checks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

from ..corpus.messages import short
from .scoring import Scorer, npmi_scorer, original_scorer

ENGLISH_CONNECTOR_WORDS = frozenset(
    # articles, prepositions, conjunctions
    ["a", "an", "the", "at", "by", "for", "from", "in", "of", "on", "to", "with", "without", "and", "or"]
)
"""English words that may stand inside a phrase, as in ``bank_of_america``."""


def _check_number(name: str, value: Any) -> None:
    if not isinstance(value, Real) or isinstance(value, bool) or math.isnan(value):
        raise TypeError(f"{name} must be a number, not {value!r}")


def check_settings(min_count: float, threshold: float, delimiter: str, scorer: Scorer) -> None:
    """Raise TypeError or ValueError for a setting that makes no sense."""
    _check_number("min_count", min_count)
    _check_number("threshold", threshold)
    if min_count <= 0:
        raise ValueError(f"min_count must be above 0, not {min_count!r}")
    if scorer is original_scorer and threshold <= 0:
        raise ValueError(f"threshold must be above 0 for the default scoring, not {threshold!r}")
    if scorer is npmi_scorer and not -1 <= threshold <= 1:
        raise ValueError(f"threshold must be between -1 and 1 for npmi scoring, not {threshold!r}")
    if not isinstance(delimiter, str):
        raise TypeError(f"delimiter must be a str, not {delimiter!r}")
    if not delimiter:
        raise ValueError("delimiter must not be empty, or phrases could not be told from words")


def checked_connectors(connector_words: Iterable[str]) -> frozenset[str]:
    """Connector words as a set; TypeError when one is no str."""
    if isinstance(connector_words, str | bytes):
        raise TypeError(f"connector_words must be a collection of words, not {short(connector_words)}")
    words = frozenset(connector_words)
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"connector_words must be str, but one is {short(word)}")
    return words
