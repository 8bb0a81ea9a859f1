"""Mean vectors, and sets of keys that are compared by them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import names_arguments
from ..checks import warn
from .finite import check_finite
from .interface import KeyedVectorsLike
from .norms import cosine, unit
from .questions import items_of, keys_of, several
from .store import Array, Key


@names_arguments()
def get_mean_vector(
    self: KeyedVectorsLike,
    keys: Any,
    weights: ArrayLike | None = None,
    pre_normalize: bool = True,
    post_normalize: bool = False,
    ignore_missing: bool = True,
) -> Array:
    """Return the weighted mean of vectors: their weighted sum over the sum of the weights' sizes.

    Args:
        keys: Keys, or vectors as arrays or lists of floats; one or several.
        weights: One number for each. Default None: all 1.
        pre_normalize: Scale the keys' vectors (but no vectors given as arrays) to length 1 first.
        post_normalize: Scale the result to length 1.
        ignore_missing: Leave out keys that do not exist; with none left the result is zero.

    Returns:
        An array (vector_size,) of the vectors' dtype.

    Raises:
        KeyError: A key does not exist and ``ignore_missing`` is False.
        ValueError: No keys, or not as many weights as keys; or a vector has another length.
    """
    items = items_of(self, keys)
    if not items:
        raise ValueError("cannot compute mean with no input: give one key or vector at least")
    factors = np.ones(len(items)) if weights is None else np.asarray(weights, np.float64)
    if factors.shape != (len(items),):
        raise ValueError("keys and weights must have the same number of elements")
    total, size = np.zeros(self.vector_size), 0.0
    for item, factor in zip(items, factors.tolist(), strict=True):
        if isinstance(item, np.ndarray):
            total += factor * item
        elif item in self:
            total += factor * self.get_vector(item, norm=pre_normalize)
        elif ignore_missing:
            continue
        else:
            self.get_vector(item)  # which raises
        size += abs(factor)
    mean = total / size if size > 0 else total
    return (unit(mean) if post_normalize else mean).astype(self.vectors.dtype)


def rank_by_centrality(self: KeyedVectorsLike, words: Iterable[Key], use_norm: bool = True) -> list[tuple[float, Key]]:
    """Sort keys by the cosine with their mean, highest first; keys that do not exist are left out.

    Of equal cosines the key that sorts last comes first; keys that cannot be sorted keep their order.

    Args:
        words: Keys.
        use_norm: Scale their vectors to length 1 first.

    Returns:
        Pairs (cosine, or dot product without ``use_norm``, and key).

    Raises:
        ValueError: None of the keys exists, or the vector of one holds NaN or infinity.
        TypeError: ``words`` is no list of keys.
    """
    given = keys_of("words", words) if not isinstance(words, str) or words in self else several("words", words)
    if not any(word in self for word in given):
        missing = f": none of these has a vector: {given!r}" if given else ""
        raise ValueError(f"cannot select a word from an empty list{missing}")
    used = _known(self, given)
    check_finite(used, np.stack([self.get_vector(word) for word in used]))
    vectors = np.stack([self.get_vector(word, norm=use_norm) for word in used])
    mean = self.get_mean_vector(list(vectors), post_normalize=True)
    pairs = list(zip(vectors @ mean, used, strict=True))
    try:
        return sorted(pairs, reverse=True)
    except TypeError:  # equal cosines, of keys that cannot be compared
        return sorted(pairs, reverse=True, key=lambda pair: pair[0])


def doesnt_match(self: KeyedVectorsLike, words: Iterable[Key]) -> Key:
    """Return the key that fits least with the others, by `rank_by_centrality`.

    Raises:
        ValueError: None of the keys exists, or the vector of one holds NaN or infinity.
        TypeError: ``words`` is no list of keys, such as a str of several words.
    """
    return self.rank_by_centrality(words)[-1][1]


def n_similarity(self: KeyedVectorsLike, ws1: Iterable[Key], ws2: Iterable[Key]) -> Any:
    """Return the cosine of the mean vectors of two sets of keys; keys that do not exist are left out.

    With none left on a side it is 0; it is NaN if the vector of one holds NaN or infinity.

    Raises:
        ZeroDivisionError: A set is empty.
        TypeError: A set is no list of keys.
    """
    sets = [keys_of("ws1", ws1), keys_of("ws2", ws2)]
    if not all(sets):
        raise ZeroDivisionError("ws1 and ws2 must have at least 1 key, not 0")
    for keys in sets:
        _known(self, keys)
    return cosine(*(self.get_mean_vector(keys, pre_normalize=False) for keys in sets))


def _known(vectors: KeyedVectorsLike, keys: list[Key]) -> list[Key]:
    """Those keys that exist, with a warning about the others."""
    known = [key for key in keys if key in vectors]
    if len(known) < len(keys):
        missing = [key for key in keys if key not in vectors]
        shown = ", ".join(map(repr, missing[:5])) + ", ..." * (len(missing) > 5)
        warn(f"these words have no vectors and are left out: {shown}")
    return known
