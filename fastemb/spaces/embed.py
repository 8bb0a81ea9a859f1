"""Vectors of bags of keys: articles by their tags, users by what they like, sentences by their words."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _native
from ..checks import in_order, no_text, number, switch, warn
from ..config import isa
from ..corpus.messages import short
from ..threads import in_threads, thread_count
from ..vectors import KeyedVectors
from ..vectors.editing import check_key
from ..vectors.finite import check_finite
from ..vectors.interface import check_lengths, keys_by_row, rows_by_key
from ..vectors.norms import row_norms, scaled, unit
from ..vectors.questions import checked_vector
from ..vectors.store import Key
from .bags import Bags, read_bags
from .reduce import components

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

logger = logging.getLogger(__name__)

SMOOTHING = 1e-3  # the parameter a of Arora et al. 2017

_PART = 1 << 18  # keys whose vectors are added up in one call without the GIL
_MOST_UNKNOWN = 100  # unknown keys that are named


class BagVectors(KeyedVectors):
    """What `KeyedVectors.embed` returns: a vector for each bag, by its name.

    The attributes of keys "known" and "unknown" say how many keys of each bag had a vector and how many had none;
    `get_vecattr` and ``expandos`` give them.

    Attributes:
        unknown_share: Share of all keys of all bags that have no vector.
        unknown_keys: The most frequent of these, up to 100, as [key, how often].
        component: (vector_size,) float64, the direction that was removed, or None.
    """

    unknown_share: float
    unknown_keys: list[list[Any]]
    component: Doubles | None


def embed(
    self: KeyedVectors,
    bags: Any,
    weights: Literal["mean", "sif", "zipf", "counts"] | Mapping[Key, float] | ArrayLike = "mean",
    *,
    names: Iterable[Key] | None = None,
    column: str | None = None,
    pre_normalize: bool = False,
    counts: Mapping[Key, float] | ArrayLike | None = None,
    smoothing: float = SMOOTHING,
    remove: bool | ArrayLike | None = None,
    workers: int | None = None,
) -> BagVectors:
    """Return a vector for each of many bags of keys: the mean of its keys' vectors.

    Articles are found by tags that are like theirs, users by interests that are like theirs, sentences by words. Keys
    without a vector are left out and counted. A key that comes several times in a bag counts as often.

    Args:
        bags: Lists of keys: a dict from name to list, a list of lists, a column of lists (or of text, which is split
            at white space) of Arrow, pandas or polars, a table with such a ``column``, or a `Corpus`, whose sentences
            are the bags. With ``weights="counts"``, dicts from key to count in place of lists.
        weights: How much each key counts.

            - "mean" (default): all the same.
            - "counts": bags are dicts, whose values say how much each key counts in that bag.
            - "sif": frequent keys count less, by smoothing / (smoothing + probability), and the first principal
              component of all bags is removed (Arora et al. 2017, ICLR).
            - "zipf": the same for keys whose counts are not known, but which are sorted by them: the key in row r is
              taken to occur in proportion to 1 / (r + 1).
            - own weights: a dict from key to weight (0 for keys that are not in it), or an array with one for each row.
              The weighted sum is divided by the sum of the weights.
        names: A name for each bag. Default None: the names in a dict, the index of a column of pandas, and otherwise
            numbers from 0 on.
        column: Of a table.
        pre_normalize: Scale the keys' vectors to length 1 first. Default False.
        counts: For "sif", how often each key occurs, as a dict or an array with one number for each row. Default None:
            the attribute "count" of the vectors.
        smoothing: For "sif" and "zipf", the parameter a of the paper. Default 1e-3.
        remove: Whether to remove the first principal component (uncentred) of the bags' vectors; or the direction to
            remove, (vector_size,), such as ``component`` of an earlier result, so that later bags lie in the same
            space. Default None: True for "sif" and "zipf", False otherwise.
        workers: Threads. Default None: one for each CPU that the process may use.

    Returns:
        Vectors of the bags, float32, in their order. A bag without any known key gets a vector of zeros, and a warning
        tells how many there are.

    Raises:
        ValueError: There are no bags, or not as many names as bags; two bags have one name; a weight or count is
            negative or not finite; the vectors have no counts, which "sif" needs; or the vector of a key that
            is in a bag holds NaN or infinity.
        TypeError: A bag is a str or no list of keys; or a dict where counts are not asked for.
        ImportError: A column or table, but pyarrow is not installed.
    """
    kind = weights if isinstance(weights, str) else "own"
    if kind not in ("mean", "sif", "zipf", "counts", "own"):
        raise ValueError(f"weights must be 'mean', 'sif', 'zipf', 'counts' or own weights, not {weights!r}")
    if counts is not None and kind != "sif":
        raise ValueError("counts are for weights='sif' only, and would be ignored")
    by_row = None if kind == "counts" else key_weights(self, weights, counts, smoothing)
    is_smooth = kind in ("sif", "zipf")
    direction: bool | Doubles
    if remove is None or isinstance(remove, bool):
        direction = is_smooth if remove is None else remove
    else:
        direction = checked_vector(self, remove).astype(np.float64)
        if not (np.isfinite(direction).all() and direction.any()):
            raise ValueError("remove must be a direction, not a vector of zeros or one that holds NaN or infinity")
    pre_normalize = switch("pre_normalize", pre_normalize)

    given = read_bags(bags, kind == "counts", column)
    if names is not None:
        no_text("names", names, "names")
        in_order("names", names)
        given.names = list(names)
    if len(given.names) != len(given.offsets) - 1:
        raise ValueError(f"there are {len(given.offsets) - 1:,} bags, but {len(given.names):,} names")
    if not given.names:
        raise ValueError("there are no bags")
    for name in given.names:
        check_key(name)
    if len(set(given.names)) < len(given.names):
        twice = next(name for name, count in Counter(given.names).items() if count > 1)
        raise ValueError(f"two bags have the name {twice!r}: give other names=, or join these bags")

    row_of = rows_by_key(self)
    rows = np.array([row_of.get(key, -1) for key in given.keys], np.int64)
    known, offsets, factors = _known(given, rows, by_row)
    vectors = np.asarray(self.vectors, np.float32)
    _refuse_not_finite(self, vectors, known)
    if pre_normalize:
        vectors = scaled(vectors.copy(), row_norms(vectors))
    means = _means(vectors, known, offsets, factors, thread_count(workers))
    if is_smooth and factors is not None:  # the paper divides by the number of words, not by the sum of weights
        sums = np.diff(np.concatenate([[0.0], np.cumsum(factors)])[offsets])
        means *= (sums / np.maximum(np.diff(offsets), 1)).astype(np.float32)[:, np.newaxis]
    made = BagVectors._from_arrays(given.names, means)
    made.component = _removed(means, direction)
    made.expandos["known"] = np.diff(offsets)
    made.expandos["unknown"] = np.diff(given.offsets) - np.diff(offsets)
    _report(made, given, rows)
    return made


def _refuse_not_finite(of: KeyedVectors, vectors: Floats, rows: Ints) -> None:
    """Refuse NaN and infinity in the vectors of these rows."""
    used = np.unique(rows)
    for start in range(0, len(used), _PART):
        some = used[start : start + _PART]
        if not np.isfinite(vectors[some]).all():
            check_finite([keys_by_row(of)[row] for row in some.tolist()], vectors[some])


def of_rows(vectors: KeyedVectors, name: str, given: Any) -> Doubles:
    """One number for each row, of a dict from key to number or of an array.

    Raises:
        ValueError: A number is negative or not finite, or there are not as many as rows.
    """
    if isinstance(given, Mapping):
        given = [given.get(key, 0.0) for key in vectors.index_to_key]
    try:
        values = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be numbers, in a dict by key or in an array, not {short(given)}") from None
    if values.shape != (len(vectors),):
        raise ValueError(f"{name} must be a dict, or an array with one number for each of {len(vectors):,} keys")
    if not (np.isfinite(values) & (values >= 0)).all():
        raise ValueError(f"{name} must be finite and not negative")
    return values


def key_weights(vectors: KeyedVectors, weights: Any, counts: Any, smoothing: float) -> Doubles | None:
    """The weight of each row; None: all the same.

    Args:
        vectors: Whose.
        weights: "mean", "sif", "zipf", or own ones, as a dict or an array with one for each row.
        counts: For "sif"; None: those that the vectors know.
        smoothing: For "sif" and "zipf".

    Raises:
        ValueError: The name is none of these; a weight or count is negative or not finite; or "sif" has no counts.
    """
    check_lengths(vectors)
    if not isinstance(weights, str):
        return of_rows(vectors, "weights", weights)
    if weights == "mean":
        return None
    if weights not in ("sif", "zipf"):
        raise ValueError(f"weights must be 'mean', 'sif', 'zipf' or own weights, not {weights!r}")
    if number("smoothing", smoothing, 0.0) == 0.0:
        raise ValueError("smoothing must be above 0: all weights would be 0")
    occurrences = by_rank(len(vectors)) if weights == "zipf" else known_counts(vectors, counts)
    if occurrences is None:
        raise ValueError(
            "these vectors do not know how often each key occurs, as most formats of vectors do not say it: give "
            "counts=, a dict from key to count or an array in the order of the keys; or weights='zipf' for keys "
            "that are sorted by falling counts"
        )
    if not occurrences.sum() > 0:
        raise ValueError("counts must not all be 0")
    found: Doubles = smoothing / (smoothing + occurrences / occurrences.sum())
    return found


def known_counts(vectors: KeyedVectors, counts: Any) -> Doubles | None:
    """How often each row's key occurs, as given or as the vectors know; None: nobody knows."""
    if counts is None:
        counts = vectors.expandos.get("count")
        if counts is None or len(counts) != len(vectors) or _are_made_up(counts):
            return None
    return of_rows(vectors, "counts", counts)


def by_rank(rows: int) -> Doubles:
    """How often keys that are sorted by their counts occur by Zipf's law, up to a factor."""
    found: Doubles = 1.0 / np.arange(1, rows + 1, dtype=np.float64)
    return found


def _are_made_up(counts: NDArray[Any]) -> bool:
    """Whether these fall by 1 from row to row, as those do that readers of files without counts fill in."""
    return len(counts) > 1 and bool((np.diff(counts) == -1).all())


def _known(given: Bags, rows: Ints, by_row: Doubles | None) -> tuple[Ints, Ints, Doubles | None]:
    """The rows of known keys, where bags begin and end among them, and the weight of each, or None."""
    of_items = rows[given.items] if len(rows) else np.empty(0, np.int64)
    is_known = of_items >= 0
    known = of_items[is_known]
    offsets = np.concatenate([[0], np.cumsum(is_known)])[given.offsets].astype(np.int64)
    if by_row is not None:
        return known, offsets, by_row[known]
    return known, offsets, None if given.weights is None else given.weights[is_known]


def _means(vectors: Floats, rows: Ints, offsets: Ints, factors: Doubles | None, threads: int) -> Floats:
    """The weighted mean of each bag, (bags, d); zeros where nothing is to be added."""
    means = np.zeros((len(offsets) - 1, vectors.shape[1]), np.float32)
    if not len(rows):
        return means
    waiting = deque(_parts(offsets))
    stopped = threading.Event()

    def work(_: int) -> None:
        while waiting and not stopped.is_set():
            try:
                begin, end = waiting.popleft()  # atomic; another thread may have taken the last
            except IndexError:
                return
            some = slice(offsets[begin], offsets[end])
            own = None if factors is None else factors[some]
            _native.mean_rows(isa(), vectors, rows[some], offsets[begin : end + 1] - some.start, own, means[begin:end])

    in_threads(min(threads, len(waiting)), work, stopped.set)
    return means


def _parts(offsets: Ints) -> Iterator[tuple[int, int]]:
    """Ranges of bags that have about so many keys together, or one bag of more."""
    begin, bags = 0, len(offsets) - 1
    while begin < bags:
        end = int(np.searchsorted(offsets, offsets[begin] + _PART, side="right")) - 1
        end = min(max(end, begin + 1), bags)
        yield begin, end
        begin = end


def _removed(means: Floats, direction: bool | Doubles) -> Doubles | None:
    """Take a direction out of all vectors, in place: that of the most squares, or a given one; return it."""
    if isinstance(direction, bool):
        if not direction:
            return None
        direction = components(means, np.zeros(means.shape[1]))[1][:, 0]
    found = unit(direction)
    along = found.astype(np.float32)
    for start in range(0, len(means), _PART):
        block = means[start : start + _PART]
        block -= (block @ along)[:, np.newaxis] * along
    return found


def _report(made: BagVectors, given: Bags, rows: Ints) -> None:
    """Say what is unknown."""
    counts = np.bincount(given.items, minlength=len(rows)) if len(rows) else np.empty(0, np.int64)
    unknown = np.flatnonzero((rows < 0) & (counts > 0))
    most = unknown[np.argsort(-counts[unknown], kind="stable")[:_MOST_UNKNOWN]]
    made.unknown_share = float(counts[unknown].sum() / max(counts.sum(), 1))
    made.unknown_keys = [[given.keys[key], int(counts[key])] for key in most.tolist()]
    logger.info("%.2f%% of the keys of %d bags have no vector", 100 * made.unknown_share, len(made))
    empty = np.flatnonzero(made.expandos["known"] == 0)
    if len(empty):
        examples = f", such as {made.unknown_keys[0][0]!r}" if made.unknown_keys else ""
        warn(
            f"{len(empty):,} of {len(made):,} bags have no key with a vector and get zeros, the first of them "
            f"{made.index_to_key[empty[0]]!r}; {100 * made.unknown_share:.1f}% of all keys are unknown{examples}"
        )
