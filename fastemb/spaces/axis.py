"""A direction that examples of both its ends name, and where keys lie along it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import integer
from ..vectors import KeyedVectors
from ..vectors.finite import check_directions
from ..vectors.interface import Scored, keys_by_row, norms_of, rows_by_key
from ..vectors.norms import unit
from ..vectors.questions import single_keys
from ..vectors.search import best, cosines_with
from ..vectors.store import Key
from .reduce import components

Doubles = NDArray[np.float64]
Method = Literal["mean", "pairs", "pca"]

_TINY = 1e-7  # of differences of vectors of length 1: what rounding makes of equal ones

METHODS: tuple[Method, ...] = ("mean", "pairs", "pca")


class Axis:
    """A direction in a space, and every key's place along it, made by `KeyedVectors.axis`.

    Attributes:
        direction: (vector_size,) float64 of length 1, from the negative end to the positive one.
        scores: (n,), the cosine of each key's vector with ``direction``, in the order of ``index_to_key``.
        positive: The examples of the positive end.
        negative: The examples of the negative end.
        method: How the direction was made.
        told_apart: Share of the examples that lie on their own side of the middle when the direction and the middle are
            made without them (with "pairs" and "pca", without their pair): 1 for a clear axis, 0.5 for one that tells
            nothing. NaN where an end has a single example.
        variance: With "pca", the share of the pairs' variance along the direction; otherwise NaN.
    """

    def __init__(self, vectors: KeyedVectors, positive: list[Key], negative: list[Key], method: Method) -> None:
        self.positive = positive
        self.negative = negative
        self.method = method
        for end in (positive, negative):
            check_directions(end, np.array([vectors.get_vector(key) for key in end]))
        high, low = (
            np.array([vectors.get_vector(key, norm=True) for key in end], np.float64) for end in (positive, negative)
        )
        self.direction, self.variance = _direction(high, low, method)
        if not self.direction.any():
            raise ValueError("both ends are at the same place, so there is no direction from one to the other")
        self.told_apart = _told_apart(high, low, method)
        self.scores = cosines_with(vectors.vectors, norms_of(vectors), self.direction.astype(vectors.vectors.dtype))
        self._vectors = vectors

    def __repr__(self) -> str:
        ends = " to ".join(
            ", ".join(map(str, end[:3])) + ", ..." * (len(end) > 3) for end in (self.negative, self.positive)
        )
        apart = "" if np.isnan(self.told_apart) else f", {self.told_apart:.0%} of the examples told apart"
        return f"Axis({ends}; method={self.method!r}{apart})"

    def __getitem__(self, key: Key) -> float:
        """The score of a key: the cosine of its vector with the direction.

        Raises:
            KeyError: There is no such key.
        """
        return float(self.scores[self._vectors.get_index(key)])

    def scores_of(self, keys: Sequence[Key]) -> NDArray[Any]:
        """The scores of these keys, (k,), in their order.

        Raises:
            ValueError: One has no score.
        """
        all_keys = keys_by_row(self._vectors)
        if len(keys) == len(all_keys) and (keys is all_keys or keys == self._vectors.index_to_key):
            return self.scores
        rows = rows_by_key(self._vectors)
        unknown = [key for key in keys if key not in rows]
        if unknown:
            raise ValueError(
                f"{unknown[0]!r} has no place along {self!r}, nor have {len(unknown) - 1:,} others: make the axis of "
                "vectors that have all keys"
            )
        return self.scores[[rows[key] for key in keys]]

    def ends(self, topn: int = 10, *, restrict_vocab: int | None = None) -> tuple[Scored, Scored]:
        """The keys nearest to the negative end and to the positive one, without the examples.

        Args:
            topn: How many of each.
            restrict_vocab: Look at the first so many keys only.

        Returns:
            Two lists of (key, score): the lowest scores, lowest first, and the highest, highest first.
        """
        scores = self.scores[: None if restrict_vocab is None else integer("restrict_vocab", restrict_vocab, 0)]
        topn, examples = integer("topn", topn, 0), {*self.positive, *self.negative}
        return self._best(-scores, topn, examples), self._best(scores, topn, examples)

    def _best(self, scores: NDArray[Any], topn: int, without: set[Key]) -> Scored:
        keys = keys_by_row(self._vectors)
        rows = [row for row in best(scores, topn + len(without)).tolist() if keys[row] not in without]
        return [(keys[row], float(self.scores[row])) for row in rows[:topn]]


def axis(self: KeyedVectors, positive: Iterable[Key], negative: Iterable[Key], *, method: Method = "mean") -> Axis:
    """Return the direction from some keys to others, and score every key along it.

    ``axis(["adult", "war"], ["child", "toy"])`` scores films from those for children to those for adults;
    ``axis(["she", "woman"], ["he", "man"], method="pairs")`` is how social scientists name a dimension of meaning.
    All vectors count with length 1.

    Args:
        positive: Keys at the end of high scores; one or several.
        negative: Keys at the end of low scores.
        method: How the direction is made.

            - "mean" (default): the mean of ``positive`` less that of ``negative``; as many of each are not needed.
            - "pairs": positive[i] and negative[i] are a pair; each pair's difference is scaled to length 1, and the
              direction is their mean: no pair counts more because it is farther apart (as in Kozlowski et al. 2019,
              who do not scale).
            - "pca": the first principal component of the pairs, each less its own middle (Bolukbasi et al. 2016),
              turned so that ``positive`` is positive.

    Raises:
        KeyError: A key does not exist.
        ValueError: An end has no key, or a key is at both; pairs have ends of different numbers; both ends are at the
            same place; the vector of an example holds NaN or infinity, or zeros alone; ``method`` is none of these.
        TypeError: An end is no list of keys.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}, not {method!r}")
    high, low = single_keys("positive", positive), single_keys("negative", negative)
    for name, end in (("positive", high), ("negative", low)):
        if not end:
            raise ValueError(f"{name} is empty: give one key at least")
    both = [key for key in high if key in low]
    if both:
        raise ValueError(f"{both[0]!r} is both positive and negative: leave it out of one")
    if method != "mean" and len(high) != len(low):
        raise ValueError(
            f"method={method!r} needs pairs, so as many positive keys as negative ones, not {len(high)} and "
            f"{len(low)}; method='mean' does not"
        )
    return Axis(self, high, low, method)


def _direction(positive: Doubles, negative: Doubles, method: Method) -> tuple[Doubles, float]:
    """The direction, of length 1, or zero if there is none; and the share of the variance along it."""
    variance = float("nan")
    if method == "mean":
        found = positive.mean(axis=0) - negative.mean(axis=0)
    elif method == "pairs":
        found = np.mean([unit(difference) for difference in positive - negative], axis=0)
    else:  # a pair less its middle is half its difference, and the reverse of that
        differences = positive - negative
        values, directions = components(differences, np.zeros(differences.shape[1]))
        found = directions[:, 0] * np.sign((differences @ directions[:, 0]).sum())
        variance = float(values[0] / max(values.sum(), _TINY))
    length = float(np.linalg.norm(found))
    return (found / length if length > _TINY else np.zeros_like(found)), variance


def _told_apart(positive: Doubles, negative: Doubles, method: Method) -> float:
    """Share of examples that lie on their side of the middle of an axis that is made without them."""
    if min(len(positive), len(negative)) < 2:
        return float("nan")
    right = []
    for sign, end in ((1, positive), (-1, negative)):
        for at, example in enumerate(end):
            high, low = (
                np.delete(one, at, axis=0) if one is end or method != "mean" else one for one in (positive, negative)
            )
            middle = (high.mean(axis=0) + low.mean(axis=0)) / 2
            right.append(sign * float((example - middle) @ _direction(high, low, method)[0]) > 0)
    return sum(right) / len(right)
