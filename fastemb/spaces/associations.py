"""Word embedding association tests: is one set of words nearer to one attribute than another set is?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations, islice
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arguments import names_arguments
from ..checks import integer, warn
from ..vectors import KeyedVectors
from ..vectors.finite import check_directions
from ..vectors.questions import single_keys
from ..vectors.store import Key

Doubles = NDArray[np.float64]

_BLOCK = 1 << 14  # splits that are looked at together
_ROUNDING = 1e-9  # by which equal sums of cosines may differ


class Association(NamedTuple):
    """The outcome of a test.

    Attributes:
        effect_size: Difference of the two means in standard deviations, between -2 and 2.
        p: One-sided: the share of splits of the words into two sets of these sizes whose difference is at least as
            large; the split that was given is one of them.
        splits: How many splits were looked at.
        exact: Whether these were all there are; otherwise they were drawn at random.
        missing: Words without a vector, which were left out.
    """

    effect_size: float
    p: float
    splits: int
    exact: bool
    missing: list[Key]


@names_arguments()
def weat(
    vectors: KeyedVectors,
    x: Iterable[Key],
    y: Iterable[Key],
    a: Iterable[Key],
    b: Iterable[Key],
    *,
    permutations: int = 100_000,
    seed: int = 0,
) -> Association:
    """Test whether the words of ``x`` are nearer to ``a`` than to ``b``, compared with those of ``y``.

    The word embedding association test of Caliskan et al. 2017 (Science 356): a word's association is its mean cosine
    with ``a`` less that with ``b``. The effect size is the mean association of ``x`` less that of ``y``, divided by the
    standard deviation (n - 1) over all words of both.

    Args:
        vectors: Where the words are.
        x: Words of one target, such as names of flowers.
        y: Words of the other target, such as names of insects.
        a: Words of one attribute, such as pleasant ones.
        b: Words of the other attribute.
        permutations: Look at all splits if there are at most so many; otherwise at so many that are drawn at random.
        seed: Of the draws.

    Returns:
        The effect size, the p-value, and what it rests on. A warning names words without a vector.

    Raises:
        ValueError: Fewer than two words of ``x`` or ``y``, or none of ``a`` or ``b``, have a vector; a word is in
            both sets of a kind; or a vector holds NaN or infinity, or zeros alone.
        TypeError: A set is no list of words.
    """
    seed = integer("seed", seed, 0)
    sets, missing = _known(vectors, x=x, y=y, a=a, b=b)
    _check(sets, "x", "y", 2)
    _check(sets, "a", "b", 1)
    words, a_rows, b_rows = (_units(vectors, keys) for keys in (sets["x"] + sets["y"], sets["a"], sets["b"]))
    associations = (words @ a_rows.T).mean(axis=1) - (words @ b_rows.T).mean(axis=1)
    return _test(associations, len(sets["x"]), integer("permutations", permutations, 1), seed, missing)


@names_arguments()
def sc_weat(
    vectors: KeyedVectors,
    word: Key,
    a: Iterable[Key],
    b: Iterable[Key],
    *,
    permutations: int = 100_000,
    seed: int = 0,
) -> Association:
    """Test whether a single word is nearer to ``a`` than to ``b`` (SC-WEAT of Caliskan et al. 2017, there WEFAT).

    The effect size is the mean cosine with ``a`` less that with ``b``, divided by the standard deviation (n - 1) over
    the cosines with all of both.

    Args:
        vectors: Where the words are.
        word: A word.
        a: Words of one attribute.
        b: Words of the other attribute.
        permutations: As in `weat`.
        seed: Of the draws.

    Returns:
        The effect size, the p-value, and what it rests on. A warning names words without a vector.

    Raises:
        KeyError: ``word`` has no vector.
        ValueError: Fewer than two words of ``a`` or ``b`` have a vector, or a word is in both; or a vector holds NaN or
            infinity, or zeros alone.
        TypeError: A set is no list of words.
    """
    seed = integer("seed", seed, 0)
    own = _units(vectors, [word])[0]
    sets, missing = _known(vectors, a=a, b=b)
    _check(sets, "a", "b", 2)
    cosines = _units(vectors, sets["a"] + sets["b"]) @ own
    return _test(cosines, len(sets["a"]), integer("permutations", permutations, 1), seed, missing)


def _known(vectors: KeyedVectors, **given: Iterable[Key]) -> tuple[dict[str, list[Key]], list[Key]]:
    """The words of each set that have a vector, none twice; and those without."""
    words = {name: list(dict.fromkeys(single_keys(name, keys))) for name, keys in given.items()}
    missing = list(dict.fromkeys(key for keys in words.values() for key in keys if key not in vectors))
    if missing:
        warn(f"these words have no vector and are left out: {', '.join(map(repr, missing))}")
    return {name: [key for key in keys if key in vectors] for name, keys in words.items()}, missing


def _check(sets: dict[str, list[Key]], one: str, other: str, least: int) -> None:
    for name in (one, other):
        if len(sets[name]) < least:
            raise ValueError(f"{name} has {len(sets[name])} words with a vector, and at least {least} are needed")
    both = [key for key in sets[one] if key in sets[other]]
    if both:
        raise ValueError(f"{both[0]!r} is in both {one} and {other}: leave it out of one")


def _units(vectors: KeyedVectors, keys: list[Key]) -> Doubles:
    check_directions(keys, np.array([vectors.get_vector(key) for key in keys]))
    return np.array([vectors.get_vector(key, norm=True) for key in keys], np.float64)


def _test(values: Doubles, first: int, permutations: int, seed: int, missing: list[Key]) -> Association:
    """Compare the mean of the ``first`` values with that of the others."""
    count = len(values)
    difference = float(values[:first].mean() - values[first:].mean())
    deviation = float(values.std(ddof=1))
    effect = difference / deviation if deviation > 0 else 0.0
    exact = comb(count, first) <= permutations
    splits = _all_splits(count, first) if exact else _drawn_splits(count, first, permutations, seed)
    # the difference of means rises with the sum of the first set, as the sum of all is the same
    least = float(values[:first].sum()) - _ROUNDING * first
    found, as_large = (0, 0) if exact else (1, 1)  # the split that was given; it is among all
    for chosen in splits:
        found += len(chosen)
        as_large += int((values[chosen].sum(axis=1) >= least).sum())
    return Association(effect, as_large / found, found, exact, missing)


def _all_splits(count: int, first: int) -> Iterator[NDArray[np.intp]]:
    ways = combinations(range(count), first)
    while block := list(islice(ways, _BLOCK)):
        yield np.fromiter(chain.from_iterable(block), np.intp, len(block) * first).reshape(-1, first)


def _drawn_splits(count: int, first: int, permutations: int, seed: int) -> Iterator[NDArray[np.intp]]:
    random = np.random.default_rng(seed)
    for start in range(0, permutations, _BLOCK):
        drawn = random.random((min(_BLOCK, permutations - start), count))
        yield np.argpartition(drawn, first, axis=1)[:, :first]
