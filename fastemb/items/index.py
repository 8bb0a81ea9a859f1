"""Approximate search over item vectors, on usearch."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import integer
from ..threads import thread_count
from ..vectors import KeyedVectors
from ..vectors.topk import top_k

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_FEW = 0.05  # share of items below which a mask is searched exactly


class ItemIndex:
    """A graph index (HNSW, Malkov and Yashunin 2016) over vectors, for the highest dot products. Needs usearch.

    With hundreds of thousands of items and more it answers a query in a fraction of the time that looking at all of
    them takes, at the price of missing a few: see `recall`.

    Vectors get one more dimension, sqrt(M^2 - |v|^2) for the longest length M, so that they are all as long and the
    nearest by angle has the highest product (Bachrach et al. 2014).

    Args:
        vectors: The items: ``model.wv_out`` to answer the queries of ``model.transform``, ``model.wv`` for similar
            items.
        normalize: Index unit vectors, so that products are cosines. Default False.
        connectivity: Neighbours of a node in the graph. More find more, in more memory.
        expansion_add: Candidates looked at for each item when the index is built.
        expansion_search: The same for each query: the way to trade speed for recall.
        workers: Threads. Default None, or -1: one for each CPU that the process may use.

    Raises:
        ImportError: usearch is not installed.
        ValueError: there are no vectors, or one is not finite; ``workers`` is below 1.
    """

    def __init__(
        self,
        vectors: KeyedVectors,
        *,
        normalize: bool = False,
        connectivity: int = 32,
        expansion_add: int = 200,
        expansion_search: int = 512,
        workers: int | None = None,
    ) -> None:
        index_class = _usearch()
        rows: Floats = np.ascontiguousarray(vectors.vectors, np.float32)
        if not len(rows) or not np.isfinite(rows).all():
            raise ValueError("an index needs vectors, all of them finite")
        lengths = np.linalg.norm(rows, axis=1)
        if normalize:
            rows = np.divide(rows, np.where(lengths > 0, lengths, 1)[:, None], dtype=np.float32)
            lengths = np.linalg.norm(rows, axis=1)
        self.index_to_key = list(vectors.index_to_key)
        self.key_to_index = dict(vectors.key_to_index)
        self.normalize = normalize
        self._rows = rows
        self._threads = thread_count(workers)
        longest = float(lengths.max())
        missing = np.sqrt(np.maximum(longest**2 - lengths**2, 0))
        self._index = index_class(
            ndim=rows.shape[1] + 1,
            metric="cos",
            dtype="f32",
            connectivity=connectivity,
            expansion_add=expansion_add,
            expansion_search=expansion_search,
        )
        self._index.add(np.arange(len(rows)), np.hstack([rows, missing[:, None]]), threads=self._threads)

    def __len__(self) -> int:
        return len(self.index_to_key)

    def search(
        self, queries: ArrayLike, n: int = 10, *, candidates: Iterable[Hashable] | NDArray[np.bool_] | None = None
    ) -> tuple[Ints, Floats]:
        """The ``n`` items with about the highest products with each query.

        Args:
            queries: (q, d). All products with a query of zeros are 0, and it finds the first items.
            n: How many.
            candidates: Find only these: a mask (items,) of bool, or keys, of which unknown ones are skipped. Where
                they are few all of them are looked at; else the search is widened until it has found enough.

        Returns:
            Rows of ``index_to_key``, int64 (q, n), and products, float32 (q, n), best first. What is missing at the
            end is -1 and -infinity.

        Raises:
            ValueError: shapes do not fit, a query is not finite, or ``n`` is below 1.
        """
        if integer("n", n) < 1:
            raise ValueError(f"n must be at least 1, not {n!r}")
        asked = np.ascontiguousarray(queries, np.float32)
        if asked.ndim != 2 or asked.shape[1] != self._rows.shape[1]:
            raise ValueError(f"queries must be of shape (q, {self._rows.shape[1]}), not {asked.shape}")
        wrong = ~np.isfinite(asked).all(axis=1)
        if wrong.any():
            raise ValueError(f"query {int(wrong.argmax())} (counting from 0) is not finite")
        mask = None if candidates is None else self._mask(candidates)
        if mask is not None and mask.sum() <= max(n, _FEW * len(self)):
            return top_k(asked, self._rows, n, mask=mask, workers=self._threads)
        rows, scores = self._search(asked, n, mask)
        empty = ~asked.any(axis=1)  # has no angle
        if empty.any():
            rows[empty], scores[empty] = top_k(asked[empty], self._rows, n, mask=mask, workers=self._threads)
        return rows, scores

    def recall(self, queries: ArrayLike, n: int = 10) -> float:
        """Share of the ``n`` best items by exact search that `search` finds, over all queries (q, d).

        Raises:
            ValueError: as in `search`; or there are no queries.
        """
        found, _ = self.search(queries, n)
        exact, _ = top_k(queries, self._rows, n, workers=self._threads)
        if not len(exact):
            raise ValueError("there are no queries")
        hits = sum(len(np.intersect1d(a, b[b >= 0])) for a, b in zip(found, exact, strict=True))
        return hits / int((exact >= 0).sum())

    def _search(self, queries: Floats, n: int, mask: NDArray[np.bool_] | None) -> tuple[Ints, Floats]:
        wanted = min(n, len(self)) if mask is None else min(n, int(mask.sum()))
        count = wanted if mask is None else min(len(self), 2 * int(np.ceil(wanted / mask.mean())))
        rows = np.full((len(queries), n), -1, np.int64)
        scores = np.full((len(queries), n), -np.inf, np.float32)
        left = np.arange(len(queries))
        while len(left) and count:
            found = self._neighbours(queries[left], count)
            allowed = found >= 0 if mask is None else (found >= 0) & mask[found]
            enough = allowed.sum(axis=1) >= wanted if count < len(self) else np.ones(len(left), bool)
            for query, near, good in zip(left[enough], found[enough], allowed[enough], strict=True):
                best = near[good][:wanted]
                products = self._rows[best] @ queries[query]
                order = np.argsort(-products, kind="stable")
                rows[query, : len(best)], scores[query, : len(best)] = best[order], products[order]
            left = left[~enough]
            if mask is None or count == len(self):
                break
            count = min(4 * count, len(self))
        return rows, scores

    def _neighbours(self, queries: Floats, count: int) -> Ints:
        """Rows found for each query, nearest first, -1 for nothing: (q, count)."""
        longer = np.hstack([queries, np.zeros((len(queries), 1), np.float32)])
        matches = self._index.search(longer, count, threads=self._threads)
        keys = np.asarray(matches.keys).reshape(len(queries), -1).astype(np.int64)
        counts = np.asarray(getattr(matches, "counts", [keys.shape[1]]))
        keys[np.arange(keys.shape[1]) >= counts.reshape(-1, 1)] = -1
        return keys

    def _mask(self, candidates: Any) -> NDArray[np.bool_]:
        if isinstance(candidates, np.ndarray) and candidates.dtype == bool:
            if candidates.shape != (len(self),):
                raise ValueError(f"a mask must have the shape ({len(self)},), not {candidates.shape}")
            return candidates
        mask = np.zeros(len(self), bool)
        mask[[self.key_to_index[key] for key in candidates if key in self.key_to_index]] = True
        return mask


def _usearch() -> Any:
    try:
        from usearch.index import Index
    except ImportError:
        raise ImportError('an index needs usearch: pip install "fastemb[index]"') from None
    return Index
