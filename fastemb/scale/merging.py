"""Vectors that were trained apart, each on a part of the data, brought together in one space."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..arguments import did_you_mean, names_arguments, nearest_name
from ..checks import integer, warn
from ..io.formats import fastemb_file, recognised
from ..io.paths import AnyPath, any_path
from ..memory import memory_for
from ..vectors import KeyedVectors, load_vectors
from ..vectors.interface import check_lengths, rows_by_key
from .merge_maps import linear_maps, orthogonal_maps
from .merge_rows import Named, Union

MAPS = ("orthogonal", "linear")
WEIGHTS = ("counts", "equal")

_LOW_FIT = 0.1  # share of what chance leaves: vectors of unlike trainings are below this


class Part(NamedTuple):
    """What became of one of the parts that were merged.

    Attributes:
        name: The file, or "part 1", ... for vectors in memory.
        keys: How many keys it has.
        shared: How many of these another part has, too.
        fit: Mean cosine of its mapped vectors, of keys that it shares, and what the other parts together say of them.
    """

    name: str
    keys: int
    shared: int
    fit: float


class MergedVectors(KeyedVectors):
    """What `merge` returns.

    Attributes:
        parts: A `Part` for each of those that were merged, in their order.
        rounds: How often the maps of all parts were made anew.
        converged: Whether the last round changed next to nothing.
    """

    parts: list[Part]
    rounds: int
    converged: bool


@names_arguments()
def merge(
    parts: Iterable[KeyedVectors | AnyPath],
    *,
    maps: str = "orthogonal",
    weights: str = "counts",
    min_count: int = 1,
) -> MergedVectors:
    """Merge vectors that were trained apart, each on a part of the text, the baskets or the walks, into one set.

    Two trainings put the same words at other places: their axes differ. From the keys that parts share a linear map is
    learned for each part, such that the mapped vectors agree as well as they can, and a key's merged vector is the mean
    of its mapped ones (ALiR, alternating linear regression: Anand et al. 2019, WSDM). A key that only some parts have
    gets its vector from these. So all keys of all parts are in the result.

    Vectors that have fewer dimensions than others are put among the others' dimensions. Merged vectors have as many as
    the parts with the most.

    Args:
        parts: Two or more sets of vectors, or files of vectors in any format. Files in fastemb's own format are mapped:
            memory holds the result, and of the parts a few rows at a time.
        maps: "orthogonal" (default): turns and reflections, so that all cosines of a part stay what they were.
            "linear": any linear maps, which give less weight to directions in which parts disagree.
        weights: "counts" (default): a part's vector of a key weighs as much as the key's count there, as a vector that
            was learned from more occurrences is better. Where not all parts have counts, or with "equal", all weigh the
            same.
        min_count: Leave out keys whose counts of all parts together are below this. Default 1. Train parts with a low
            ``min_count``, as a key may be rare in every part and yet frequent in all.

    Returns:
        A KeyedVectors in float32 in the order of falling counts, with the counts of all parts added up as the attribute
        "count"; keys of one count come in the order of the parts. Where not all parts have counts there is no such
        attribute, and keys come in the order of their rows: all first ones, all second ones and so on.

    Raises:
        ValueError: There are fewer than two parts, or one comes twice; a vector is not finite; a part shares fewer keys
            with the others than it has dimensions, so that no map can be learned; nothing is left after ``min_count``,
            or it is given and a part has no counts; ``maps`` or ``weights`` is none of these.
        TypeError: A part is neither vectors nor a path.
        OSError: A file cannot be read.
    """
    _check_choice("maps", maps, MAPS)
    _check_choice("weights", weights, WEIGHTS)
    min_count = integer("min_count", min_count, 1)
    union = Union(_opened(parts), by_counts=weights == "counts", min_count=min_count)
    order = union.order()
    products = union.products(within=maps == "linear")
    found = orthogonal_maps(products, order)
    if maps == "linear":
        found = linear_maps(products, found)
    count, size = len(union.keys), products.size
    with memory_for(f"{count:,} merged vectors of {size} dimensions", 4.0 * count * size):
        vectors = np.zeros((count, size), np.float32)
    fits, chances = union.map(found.maps, vectors)
    made = MergedVectors._from_arrays(union.keys, vectors, union.counts)
    made.rounds, made.converged = found.rounds, found.converged
    made.parts = [
        Part(part.name, len(rows_by_key(part.vectors)), shared, fit)
        for part, shared, fit in zip(union.parts, union.shared.tolist(), fits.tolist(), strict=True)
    ]
    for part, chance in zip(made.parts, chances.tolist(), strict=True):
        if part.fit - chance < _LOW_FIT * (1 - chance):
            warn(
                f"{part.name}: its vectors hardly agree with the others' (mean cosine {part.fit:.2f}, and {chance:.2f} "
                f"by chance), though they share {part.shared:,} keys: were they trained on data of the same kind, and "
                "long enough?"
            )
    return made


# ---- what is given ----


def _check_choice(name: str, value: Any, known: Sequence[str]) -> None:
    if value not in known:
        hint = did_you_mean(nearest_name(value, known)) if isinstance(value, str) else ""
        raise ValueError(f"{name} must be {' or '.join(map(repr, known))}, not {value!r}{hint}")


def _opened(parts: Any) -> list[Named]:
    if isinstance(parts, KeyedVectors | str | bytes | os.PathLike) or not isinstance(parts, Iterable):
        raise TypeError(f"parts must be a list of vectors or of files, at least two, not {type(parts).__name__}")
    given = list(parts)
    if len(given) < 2:
        raise ValueError(f"merging needs at least two parts, not {len(given)}")
    found: list[Named] = []
    seen: dict[Any, str] = {}
    for number, part in enumerate(given, start=1):
        if isinstance(part, str | bytes | os.PathLike):
            name = any_path(part)
            same: Any = os.path.realpath(name)
        else:
            name, same = f"part {number}", id(part)
        other = seen.setdefault(same, name)
        if len(seen) < number:
            raise ValueError(
                f"{name} is {'' if other == name else f'the same as {other}, and '}given twice: each part counts once"
            )
        found.append(Named(name, _vectors_of(part, name)))
    return found


def _vectors_of(part: Any, name: str) -> KeyedVectors:
    if isinstance(part, KeyedVectors):
        vectors = part
    elif isinstance(part, str | bytes | os.PathLike):
        is_own = os.path.isfile(name) and recognised(name) is fastemb_file
        vectors = KeyedVectors.load(name, mmap="r") if is_own else load_vectors(name)
    else:
        hint = ": give its attribute wv" if hasattr(part, "wv") else ""
        raise TypeError(f"{name} must be KeyedVectors or a path, not {type(part).__name__}{hint}")
    check_lengths(vectors)
    if not len(rows_by_key(vectors)) or not vectors.vector_size:
        raise ValueError(f"{name}: there is no vector in it")
    return vectors
