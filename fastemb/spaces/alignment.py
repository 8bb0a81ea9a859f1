"""Two or more spaces brought into one, and what moved between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer, number, warn
from ..vectors import KeyedVectors
from ..vectors.interface import Scored
from ..vectors.missing import MissingKeyError
from ..vectors.norms import row_norms, scaled
from ..vectors.store import Key
from .change import Change, change_between, change_of_pair, false_discovery_rates, pairwise_distances
from .procrustes import Turn, models_of, shared_keys, turns

Doubles = NDArray[np.float64]

_SAME = 1e-4  # 1 - cosine, above what rounding makes between copies


class Moved(NamedTuple):
    """How far a key moved.

    Attributes:
        key: The key.
        change: How much farther its vectors of different periods are from each other, as 1 - cosine, than those of
            the same period; 0 on average if nothing changed, and negative by chance then. With a single model of
            each period: its distance less the median of keys of like frequency.
        low: Lower end of its interval; NaN with a single model of each period, as the next ones.
        high: Upper end.
        p: Probability of a change at least so high if the key did not change.
        fdr: Share of unchanged keys to be expected among those whose p is not above this one's.
    """

    key: Key
    change: float
    low: float
    high: float
    p: float
    fdr: float


class Alignment:
    """Two periods in one space, made by `align`.

    Attributes:
        old: The old period's vectors, of length 1, turned into the axes of the new period's last model; with several
            models the mean of theirs, of the keys that all of them have.
        new: The same for the new period, so that any key of ``old`` may be compared with any of ``new``.
        keys: The n keys that all models have, in the order of the first new one.
        distance: (n,) float64, mean 1 - cosine of each key between models of different periods.
        change: (n,) float64; this and the others are explained at `Moved`.
        low: (n,) float64.
        high: (n,) float64.
        p: (n,) float64.
        fdr: (n,) float64.
    """

    def __init__(self, old: KeyedVectors, new: KeyedVectors, keys: list[Key], distance: Doubles, found: Change) -> None:
        self.old = old
        self.new = new
        self.keys = keys
        self.distance = distance
        self.change, self.low, self.high, self.p, self._sure = found
        self.fdr = false_discovery_rates(self.p)
        self._rows = {key: row for row, key in enumerate(keys)}

    def __len__(self) -> int:
        return len(self.keys)

    def __repr__(self) -> str:
        return f"Alignment({len(self):,} shared keys, {len(self.old):,} old, {len(self.new):,} new)"

    def __getitem__(self, key: Key) -> Moved:
        """How far a key moved.

        Raises:
            KeyError: Not all models have it.
        """
        row = self._rows.get(key, -1)
        if row < 0:
            raise MissingKeyError(f"Key '{key}' is not in all of the aligned vectors", key, self._rows)
        return self._moved(row)

    def moved(self, topn: int | None = 10) -> list[Moved]:
        """The keys that moved most surely, those with the highest lower end of the interval first.

        With a single model of each period there is no interval. Those come first then whose change is highest beside
        the spread of keys of like frequency.

        Args:
            topn: How many. None: all.
        """
        order = np.argsort(-self._sure, kind="stable")
        return [self._moved(row) for row in order[: None if topn is None else integer("topn", topn, 0)].tolist()]

    def neighbours(self, key: Key, topn: int = 10) -> tuple[Scored, Scored]:
        """The nearest keys of a key in the old period and in the new one, each as (key, cosine), nearest first.

        Raises:
            KeyError: A period does not have it.
            ValueError: ``topn`` is below 0.
        """
        integer("topn", topn, 0)
        return self.old.most_similar([key], topn=topn), self.new.most_similar([key], topn=topn)

    def _moved(self, row: int) -> Moved:
        values = (float(values[row]) for values in (self.change, self.low, self.high, self.p, self.fdr))
        return Moved(self.keys[row], *values)


Period = KeyedVectors | Sequence[KeyedVectors]
"""A model of a period, or several models, each of a part of its text that the others have not."""


@names_arguments()
def align(
    old: Period,
    new: Period,
    *,
    anchors: Iterable[Key] | None = None,
    center: bool = True,
    confidence: float = 0.95,
) -> Alignment:
    """Bring the vectors of two periods, or of any two texts, into one space, and find which keys moved.

    Vectors are scaled to length 1, centred, scaled again, and turned so that shared keys lie as near each other as they
    can (orthogonal Procrustes; Hamilton et al. 2016, ACL). What turns and shifts them all alike is no change of a key.

    Any two models differ, also of the same text, and the rarer a word is the more. To tell change from noise, cut each
    period's text at random into 4 or 5 parts that share no document, train a model of each, and give lists of these:
    then there are intervals. Without a change, models of different periods are as far from each other as models of one
    period; whether they are farther than chance explains is found by dealing out the models in all other ways.

    Models that differ by the seed alone are no replacement: they do not show how much depends on what happened to be
    written, so that hardly an interval of an unchanged word would hold 0.

    Args:
        old: Vectors of the old period, or a list of several.
        new: Vectors of the new period, or a list of several.
        anchors: Keys that fix the turn, in all models; such as function words, if much else changed. Default None: all
            shared ones.
        center: Subtract the anchors' mean vector first, as vectors of any training have a large common part. Default
            True.
        confidence: Of the intervals: the share of unchanged keys whose interval holds 0. Default 0.95. The change of a
            key that moved lies in its interval a little less often: 87% with four models of each in a simulation.

    Raises:
        ValueError: The models differ in dimensions, or have fewer anchors in common than dimensions; a vector is not
            finite; one period has one model and the other several; or two of several models are the same.
        KeyError: An anchor is missing in one of the models.
        TypeError: Something is neither vectors nor a list of them.
    """
    olds, news = models_of("old", old), models_of("new", new)
    if (len(olds) == 1) != (len(news) == 1):
        raise ValueError(
            f"there are {len(olds)} models of the old period and {len(news)} of the new one: give one of each, or at "
            "least two of each, which shows how models of one period differ"
        )
    confidence = number("confidence", confidence)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence!r}")
    found = turns([*olds, *news], anchors, center)
    keys = shared_keys([*news, *olds])
    spaces = np.stack([turn.of(model, keys) for turn, model in zip(found, [*olds, *news], strict=True)])
    without = np.flatnonzero(~spaces.any(axis=2).all(axis=0))
    if len(without):
        warn(
            f"{len(without):,} of {len(keys):,} keys, such as {keys[without[0]]!r}, have a vector of zeros in a model: "
            "their change means nothing"
        )
    distances = pairwise_distances(spaces)
    if len(olds) > 1:
        _refuse_copies(distances, len(olds))
    distance = distances[: len(olds), len(olds) :].mean(axis=(0, 1))
    if len(olds) == 1:
        ranks = np.array([max(olds[0].key_to_index[key], news[0].key_to_index[key]) for key in keys], np.intp)
        change = change_of_pair(distance, ranks)
    else:
        change = change_between(distances, len(olds), confidence)
    turned_old, turned_new = _mean_of(olds, found[: len(olds)]), _mean_of(news, found[len(olds) :])
    return Alignment(turned_old, turned_new, keys, distance, change)


@names_arguments()
def align_many(
    spaces: Sequence[KeyedVectors], *, anchors: Iterable[Key] | None = None, center: bool = True
) -> list[KeyedVectors]:
    """Bring several sets of vectors into one space: periods in a row, or models of several texts.

    They are turned to their common mean, so that none is special, and then into the axes of the last.

    Args:
        spaces: Two or more.
        anchors: Keys that fix the turns. Default None: all that are in each of them.
        center: As in `align`. Default True.

    Returns:
        As many sets of vectors, each with all its keys, in their order, and their counts; the vectors have length 1.

    Raises:
        ValueError: There are fewer than two, or as for `align`.
        KeyError: An anchor is missing in one of them.
        TypeError: Something is no vectors.
    """
    models = models_of("spaces", spaces)
    if len(models) < 2:
        raise ValueError("spaces must be at least two sets of vectors, not one")
    return [_mean_of([model], [turn]) for model, turn in zip(models, turns(models, anchors, center), strict=True)]


def _refuse_copies(distances: Doubles, old: int) -> None:
    """Refuse a model that is given twice, as nothing between copies shows chance, and any difference would seem sure.

    Args:
        distances: (models, models, n), as of `pairwise_distances`.
        old: How many of the models are old.
    """
    names = [f"old[{at}]" if at < old else f"new[{at - old}]" for at in range(len(distances))]
    for one, other in combinations(range(len(names)), 2):
        if (distances[one, other] < _SAME).all():
            raise ValueError(
                f"{names[one]} and {names[other]} are the same model, or copies: intervals need models that were "
                "trained each on a part of the text that the others have not"
            )


def _mean_of(models: Sequence[KeyedVectors], found: Sequence[Turn]) -> KeyedVectors:
    """The mean of the turned vectors of several models, of length 1, of the keys that all have."""
    keys = shared_keys(models)
    total = np.zeros((len(keys), models[0].vector_size), np.float32)
    for model, turn in zip(models, found, strict=True):
        total += turn.of(model, keys)
    made = KeyedVectors._from_arrays(keys, scaled(total, row_norms(total)))
    if all("count" in model.expandos for model in models):
        made.expandos["count"] = np.sum(
            [model.expandos["count"][[model.key_to_index[key] for key in keys]] for model in models], axis=0
        )
    return made
