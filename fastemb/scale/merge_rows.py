"""The keys of all parts that are merged, and their vectors, some rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..checks import warn
from ..signals import slices
from ..vectors import KeyedVectors
from ..vectors.finite import not_finite
from ..vectors.interface import rows_by_key
from ..vectors.norms import row_norms
from ..vectors.store import Key
from .merge_maps import Products

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.int32]

_PIECE = 1 << 21  # numbers of all parts' vectors that are in memory at once, for some hundredths of a second
_IMPORTANCE = 0.5  # a key counts as the root of its count does when maps are learned


class Named(NamedTuple):
    """Vectors of a part, and what errors call it."""

    name: str
    vectors: KeyedVectors


class Union:
    """All keys, and where their vectors are.

    Args:
        parts: The parts.
        by_counts: Whether counts are weights, where all parts have them.
        min_count: The least count, over all parts, of a key that is kept.

    Attributes:
        parts: The parts.
        keys: The n keys, in the order of the result.
        counts: (n,), those of all parts added up; None where not all have counts.
        shared: (parts,), how many keys of each part another one has, too.

    Raises:
        ValueError: A vector is not finite; no key is kept; ``min_count`` is given, and a part has no counts.
    """

    def __init__(self, parts: Sequence[Named], *, by_counts: bool, min_count: int) -> None:
        self.parts = parts
        counts = _counts_of(parts, min_count)
        names, at = _numbered(parts)
        total = np.zeros(len(names), np.int64)
        first = np.full(len(names), np.iinfo(np.int32).max, np.int32)
        for part, (rows, of_keys) in enumerate(at):
            first[of_keys] = np.minimum(first[of_keys], rows)
            if counts is not None:
                total[of_keys] += counts[part][rows]
        if counts is not None and total.max() < min_count:
            raise ValueError(
                f"no key occurs {min_count} times (min_count), the most frequent {total.max()}: lower min_count"
            )
        order = np.argsort(first if counts is None else -total, kind="stable")
        if counts is not None:
            order = order[total[order] >= min_count]
        self.keys: list[Key] = [names[place] for place in order.tolist()]
        self.counts: Ints | None = None if counts is None else total[order]
        self._weights = counts if by_counts else None
        wide = np.full((len(parts), len(names)), -1, np.int32)
        for part, (rows, of_keys) in enumerate(at):
            wide[part, of_keys] = rows
        self._rows: Rows = wide[:, order]
        lengths = [self._lengths(part) for part in range(len(parts))]
        has = self._rows >= 0
        self._is_shared: NDArray[np.bool_] = has.sum(axis=0) > 1
        self.shared: Ints = (has & self._is_shared).sum(axis=1)
        self._scales = self._scales_of(lengths)

    def order(self) -> list[int]:
        """All parts, the one that shares most first, each after others that it shares keys with.

        Raises:
            ValueError: A part shares fewer keys with those before it than it has dimensions.
        """
        has = self._rows >= 0
        order = [int(self.shared.argmax())]
        known = has[order[0]].copy()
        while len(order) < len(self.parts):
            left = [part for part in range(len(self.parts)) if part not in order]
            shared = [int((has[part] & known).sum()) for part in left]
            enough = [count >= self.parts[part].vectors.vector_size for part, count in zip(left, shared, strict=True)]
            best = max(range(len(left)), key=lambda place: (enough[place], shared[place]))
            if not enough[best]:
                raise ValueError(self._apart(left[best], shared[best], order))
            order.append(left[best])
            known |= has[left[best]]
        return order

    def products(self, *, within: bool) -> Products:
        """The products of all vectors of keys that two parts or more share.

        Args:
            within: Whether those of vectors of one part are needed.

        Raises:
            ValueError: Vectors are too long for that.
        """
        made = Products([part.vectors.vector_size for part in self.parts])
        places = np.flatnonzero(self._is_shared)
        for piece in slices(len(places), self._piece_rows()):
            some = places[piece]
            shares, importance = self._shares(some)
            roots = np.sqrt(importance)
            blocks = []
            for part, share in enumerate(shares):
                block = self._block(part, some) * roots[:, np.newaxis]
                if within:
                    weighted = block * np.sqrt(share)[:, np.newaxis]
                    made.within[part] += weighted.T @ weighted
                blocks.append(block * share[:, np.newaxis])
            wide = np.concatenate(blocks, axis=1)
            made.between += wide.T @ wide
        if not np.isfinite(made.between).all():
            raise ValueError("vectors differ in length so much that their products are not finite: scale them")
        return made

    def map(self, maps: Sequence[Doubles], out: Floats) -> tuple[Doubles, Doubles]:
        """Fill ``out`` (n, d) with the merged vectors.

        Returns:
            For each part the mean cosine of its mapped vectors, of keys that it shares, and the mean of what the other
            parts say; and the same of these vectors and those of other keys: what chance gives.
        """
        scale = float(np.mean(self._scales))
        cosines, total = np.zeros((2, len(maps))), np.zeros(len(maps))
        for piece in slices(len(self.keys), self._piece_rows()):
            places = np.arange(piece.start, piece.stop)
            shares, importance = self._shares(places)
            mapped = [
                (self._block(part, places) @ one.astype(np.float32)) * share[:, np.newaxis]
                for part, (one, share) in enumerate(zip(maps, shares, strict=True))
            ]
            merged = np.sum(mapped, axis=0)
            out[piece] = merged * scale
            for part, own in enumerate(mapped):
                some = np.flatnonzero((shares[part] > 0) & (shares[part] < 1))
                others = merged[some] - own[some]
                weight = importance[some]
                for place, other in enumerate((others, np.roll(others, 1, axis=0))):
                    cosines[place, part] += float(weight @ _cosines(own[some], other))
                total[part] += weight.sum()
        found: Doubles = cosines / np.maximum(total, 1e-300)
        return found[0], found[1]

    def _piece_rows(self) -> int:
        return max(1, _PIECE // sum(part.vectors.vector_size for part in self.parts))

    def _lengths(self, part: int) -> Doubles:
        """The length of the vector of each key, 0 where there is none; vectors of zeros count as none from now on."""
        name, vectors = self.parts[part]
        lengths = np.zeros(len(self.keys))
        places = np.flatnonzero(self._rows[part] >= 0)
        for piece in slices(len(places), max(1, _PIECE // vectors.vector_size)):
            lengths[places[piece]] = row_norms(np.asarray(vectors.vectors[self._rows[part, places[piece]]]))
            wrong = np.flatnonzero(~np.isfinite(lengths[places[piece]]))
            if len(wrong):
                raise ValueError(f"{name}: {not_finite(self.keys[places[piece][wrong[0]]])}")
        zeros = places[lengths[places] == 0]
        if len(zeros) == len(places):
            raise ValueError(f"{name}: all of its vectors are zeros: it was not trained")
        if len(zeros):
            warn(
                f"{name}: {len(zeros):,} keys, such as {self.keys[zeros[0]]!r}, have a vector of zeros, which says "
                "nothing of them"
            )
            self._rows[part, zeros] = -1
        return lengths

    def _scales_of(self, lengths: Sequence[Doubles]) -> list[float]:
        """The root of the mean square length of the vectors of each part, of keys that it shares."""
        squares, total = np.zeros(len(lengths)), np.zeros(len(lengths))
        places = np.flatnonzero(self._is_shared)
        for piece in slices(len(places)):
            shares, importance = self._shares(places[piece])
            for part, share in enumerate(shares):
                weight = share * importance
                squares[part] += float(weight @ np.square(lengths[part][places[piece]]))
                total[part] += weight.sum()
        scales = np.sqrt(squares / np.maximum(total, 1e-300))
        return [float(scale) or 1.0 for scale in scales]

    def _shares(self, places: NDArray[Any]) -> tuple[Floats, Floats]:
        """How much each part's vector of these keys weighs, (parts, k), and how important the keys are, (k,)."""
        rows = self._rows[:, places]
        has = rows >= 0
        found = has.astype(np.float64)
        importance = has.sum(axis=0, dtype=np.float64)
        if self._weights is not None:
            counts = np.stack([of[row] for of, row in zip(self._weights, rows, strict=True)]) * has
            total = counts.sum(axis=0)
            found = np.where(total > 0, counts, found)
            importance = np.maximum(total, 1.0) ** _IMPORTANCE
        found /= np.maximum(found.sum(axis=0), 1e-300)
        return found.astype(np.float32), importance.astype(np.float32)

    def _block(self, part: int, places: NDArray[Any]) -> Floats:
        """The vectors of these keys, (k, d_i), at the common scale, zeros where there are none."""
        vectors = self.parts[part].vectors
        rows = self._rows[part, places]
        found = np.zeros((len(rows), vectors.vector_size), np.float32)
        some = np.flatnonzero(rows >= 0)
        found[some] = np.asarray(vectors.vectors[rows[some]]) / self._scales[part]
        return found

    def _apart(self, part: int, shared: int, order: Sequence[int]) -> str:
        name, vectors = self.parts[part]
        others = self.parts[order[0]].name if len(order) == 1 else f"{self.parts[order[0]].name} and others"
        one, other = next(iter(rows_by_key(vectors))), next(iter(rows_by_key(self.parts[order[0]].vectors)))
        hint = "are these of the same language, items or nodes, written alike?"
        if type(one) is not type(other):
            hint = f"keys such as {one!r} and {other!r} are of different types"
        return (
            f"{name} shares {shared:,} keys with {others}, too few to learn a map of {vectors.vector_size} dimensions, "
            f"which needs as many, better several times as many; its first key is {one!r}, theirs {other!r}: {hint}"
        )


def _numbered(parts: Sequence[Named]) -> tuple[list[Key], list[tuple[Rows, Rows]]]:
    """All keys, as they first come; and of each part its rows, and the numbers of their keys among all."""
    numbers: dict[Key, int] = {}
    at: list[tuple[Rows, Rows]] = []
    for _, vectors in parts:
        known = rows_by_key(vectors)
        rows = np.fromiter(known.values(), np.int32, len(known))
        at.append((rows, np.fromiter((numbers.setdefault(key, len(numbers)) for key in known), np.int32, len(known))))
    return list(numbers), at


def _counts_of(parts: Sequence[Named], min_count: int) -> list[Ints] | None:
    """The counts of each part by row; None where not all have any."""
    found = [vectors.expandos.get("count") for _, vectors in parts]
    without = [name for (name, _), counts in zip(parts, found, strict=True) if counts is None]
    if without and min_count > 1:
        raise ValueError(f"{without[0]}: its keys have no counts, which min_count={min_count} needs: leave it out")
    if without:
        return None
    return [np.asarray(counts).astype(np.int64) for counts in found]


def _cosines(one: Floats, other: Floats) -> Floats:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    found: Floats = np.einsum("nd,nd->n", one, other) / np.maximum(lengths, np.float32(1e-30))
    return found
