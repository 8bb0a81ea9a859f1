"""Scores of pairs: how much more often two words are neighbours than their counts explain."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..corpus.messages import short

Scorer = Callable[..., float]
Floats = NDArray[np.float64]

NEVER = float("-inf")  # the score of what is no phrase, whatever the threshold


def original_scorer(
    worda_count: float,
    wordb_count: float,
    bigram_count: float,
    len_vocab: float,
    min_count: float,
    corpus_word_count: float,
) -> float:
    """word2vec's score: ``(bigram_count - min_count) / (worda_count * wordb_count) * len_vocab``.

    Mikolov et al. 2013, equation 6, times the number of different words and pairs.

    Args:
        worda_count: how often the first word occurs.
        wordb_count: how often the second word occurs.
        bigram_count: how often they are neighbours.
        len_vocab: how many different words and pairs of neighbours there are.
        min_count: taken off ``bigram_count``, so that rare pairs score low.
        corpus_word_count: without effect.

    Returns:
        The score, minus infinity when a word does not occur.
    """
    denominator = float(worda_count * wordb_count)
    return (bigram_count - min_count) / denominator * len_vocab if denominator else NEVER


def npmi_scorer(
    worda_count: float,
    wordb_count: float,
    bigram_count: float,
    len_vocab: float,
    min_count: float,
    corpus_word_count: float,
) -> float:
    """Normalized pointwise mutual information: ``ln(p(ab) / (p(a) p(b))) / -ln(p(ab))``, from -1 to 1.

    Bouma 2009; p is a count divided by ``corpus_word_count``.

    Args:
        worda_count: how often the first word occurs.
        wordb_count: how often the second word occurs.
        bigram_count: how often they are neighbours.
        len_vocab: without effect.
        min_count: pairs that occur less often score minus infinity.
        corpus_word_count: how many words the corpus has.

    Returns:
        The score, minus infinity also when a word or the pair does not occur.
    """
    if bigram_count < min_count or not (worda_count and wordb_count and bigram_count):
        return NEVER
    a, b, both = (count / float(corpus_word_count) for count in (worda_count, wordb_count, bigram_count))
    return math.log(both / (a * b)) / -math.log(both)


def _log(values: Floats) -> Floats:
    """As math.log: np.log may differ from it in the last bit."""
    return np.fromiter(map(math.log, values.tolist()), np.float64, len(values))


def _original_scores(a: Floats, b: Floats, both: Floats, different: int, min_count: float, words: int) -> Floats:
    return (both - min_count) / (a * b) * different


def _npmi_scores(a: Floats, b: Floats, both: Floats, different: int, min_count: float, words: int) -> Floats:
    a, b, both = a / words, b / words, both / words
    return _log(both / (a * b)) / -_log(both)


_SCORERS: dict[str, Scorer] = {"default": original_scorer, "npmi": npmi_scorer}
SCORES_OF = {original_scorer: _original_scores, npmi_scorer: _npmi_scores}
"""The same for all pairs at once. Neither lets a pair be a phrase that occurs less often than min_count."""


def find_scorer(scoring: str | Scorer) -> Scorer:
    """The scorer of this name, or the one that is given.

    Raises:
        TypeError: It is neither a name nor a function.
        ValueError: There is none of this name, or the function does not take the arguments of `original_scorer`.
    """
    if isinstance(scoring, str):
        if scoring not in _SCORERS:
            raise ValueError(f'scoring must be "default", "npmi" or a function, not {scoring!r}')
        return _SCORERS[scoring]
    if not callable(scoring):
        raise TypeError(f'scoring must be "default", "npmi" or a function, not {short(scoring)}')
    names = list(inspect.signature(original_scorer).parameters)
    try:
        inspect.signature(scoring).bind(**dict.fromkeys(names))
    except TypeError:
        raise ValueError(f"scoring must be a function that takes {', '.join(names)}") from None
    return scoring


def scoring_name(scorer: Scorer | None) -> str | None:
    """The name of a scorer of ours, None for another one."""
    return next((name for name, known in _SCORERS.items() if known is scorer), None)
