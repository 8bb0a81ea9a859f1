"""What colours stand for: values of an attribute, or clusters that are found and named by their most typical keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arguments import did_you_mean, nearest_name
from ..checks import is_missing
from ..evaluate.clusters import k_means
from ..signals import slices
from ..vectors import KeyedVectors
from ..vectors.store import Array, Key
from .colours import MOST_GROUPS

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_FEW = 8  # different whole numbers that are taken for names of groups
_CLUSTERED = 2000  # points by which centres of clusters are found
_NAMES = 3  # typical keys that name a cluster
_PART = 1 << 14


class Groups(NamedTuple):
    """Groups of keys.

    Attributes:
        names: Of the groups.
        of: (n,) int64, the group of each key; -1 for none.
    """

    names: list[str]
    of: Ints


class Values(NamedTuple):
    """Numbers of keys.

    Attributes:
        name: What they are.
        of: (n,) float64; NaN for none.
    """

    name: str
    of: Doubles


def coloured(color: Any, vectors: KeyedVectors, keys: Sequence[Key]) -> Groups | Values:
    """The groups or numbers that an attribute gives.

    Args:
        color: Name of an attribute of keys; a dict from key to value; or one value for each of ``keys``, or for each
            key of ``vectors``.
        vectors: Where the keys are from.
        keys: The n keys that are drawn.

    Raises:
        ValueError: There is no such attribute, there are other numbers of values than keys, none of the keys has a
            value, or a number is too large.
        TypeError: It is something else.
    """
    name, values = _values(color, vectors, keys)
    if any(isinstance(value, np.ndarray) for value in values):
        raise TypeError("color must have one value for each key, such as a text or a number, not an array for each")
    missing = np.array([is_missing(value) for value in values], bool)
    if missing.all():
        raise ValueError(f"color has no value for any of the {len(keys):,} keys that are drawn, such as {keys[0]!r}")
    given = [value for value, none in zip(values, missing.tolist(), strict=True) if not none]
    if given and all(isinstance(value, int | float | np.number) and not isinstance(value, bool) for value in given):
        try:
            numbers = np.array([np.nan if none else float(value) for value, none in zip(values, missing, strict=True)])
        except OverflowError:
            raise ValueError("color has a whole number that is too large for a scale: give its logarithm") from None
        whole = (numbers[~missing] == np.round(numbers[~missing])).all()
        if not whole or len(set(given)) > _FEW:
            return Values(name, numbers)
    return _grouped([None if none else str(value) for value, none in zip(values, missing.tolist(), strict=True)])


def _values(color: Any, vectors: KeyedVectors, keys: Sequence[Key]) -> tuple[str, list[Any]]:
    if isinstance(color, str):
        if color not in vectors.expandos:
            known = list(vectors.expandos)
            hint = did_you_mean(nearest_name(color, known)) or (
                f"; there are {', '.join(map(repr, known))}" if known else "; they have none"
            )
            raise ValueError(f"the vectors have no attribute {color!r}{hint}")
        return color, vectors.expandos[color][[vectors.get_index(key) for key in keys]].tolist()
    if isinstance(color, Mapping):
        return "", [color.get(key) for key in keys]
    try:
        values = list(color)
    except TypeError:
        raise TypeError(
            f"color must be the name of an attribute, a dict from key to value, or a value for each key, not {color!r}"
        ) from None
    if len(values) == len(keys):
        return "", values
    if len(values) == len(vectors):
        return "", [values[vectors.get_index(key)] for key in keys]
    raise ValueError(
        f"color has {len(values):,} values, but {len(keys):,} keys are drawn, of {len(vectors):,}: give one for each"
    )


def _grouped(values: list[str | None]) -> Groups:
    """Groups, the largest first; those beyond what can be told apart are one."""
    names, counts = np.unique([value for value in values if value is not None], return_counts=True)
    order = [str(names[at]) for at in np.argsort(-counts, kind="stable")]
    kept = order if len(order) <= MOST_GROUPS else order[: MOST_GROUPS - 1]
    numbers = {name: number for number, name in enumerate(kept)}
    rest = len(kept)
    found = np.array([-1 if value is None else numbers.get(value, rest) for value in values], np.int64)
    return Groups([*kept, *([f"{len(order) - rest:,} others"] if rest < len(order) else [])], found)


def clustered(units: Array, texts: Sequence[str], count: int, seed: int) -> Groups:
    """Clusters by k-means of directions (n, d), the largest first, each named by the keys nearest to its middle.

    The middles are found by 2,000 points, drawn at random, where there are more.
    """
    random = np.random.default_rng(seed)
    drawn = units if len(units) <= _CLUSTERED else units[np.sort(random.choice(len(units), _CLUSTERED, replace=False))]
    points = drawn.astype(np.float64)
    found = k_means(points, count, seed)
    centres = np.array([points[found == one].mean(axis=0) for one in range(count) if (found == one).any()])
    of = np.empty(len(units), np.int64)
    for part in slices(len(units), _PART):
        of[part] = (units[part] @ centres.T - (centres * centres).sum(axis=1) / 2).argmax(axis=1)
    sizes = np.bincount(of, minlength=len(centres))
    order = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]
    place = np.empty(len(centres), np.int64)
    place[order] = np.arange(len(order))
    names = []
    for one in order.tolist():
        rows = np.flatnonzero(of == one)
        typical = rows[np.argsort(-(units[rows] @ centres[one]), kind="stable")[:_NAMES]]
        names.append(", ".join(str(texts[row]) for row in typical.tolist()))
    return Groups(names, place[of])
