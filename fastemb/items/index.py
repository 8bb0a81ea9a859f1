"""Approximate search over item vectors, on usearch."""

from __future__ import annotations

import json
import zlib
from collections.abc import Hashable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import names_arguments
from ..checks import integer
from ..corpus.messages import short
from ..io.atomic import StrPath
from ..io.safetensors import write_tensors
from ..threads import thread_count
from ..vectors import KeyedVectors
from ..vectors.topk import top_k
from .baskets import require_items
from .lookup import Lookup
from .model_file import packed, read_own, unpacked
from .names import HOW_MANY

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

FORMAT = "fastemb.ItemIndex"

_ADDED = 1 << 12  # rows at a time
_FEW = 0.05  # share of items below which a mask is searched exactly


@dataclass(frozen=True)
class _Build:
    """How a graph is built and searched."""

    normalize: bool
    connectivity: int
    expansion_add: int
    expansion_search: int

    def check(self) -> None:
        """Refuse what was not written by an index.

        Raises:
            ValueError: a value is of another type.
        """
        if type(self.normalize) is not bool:
            raise ValueError("normalize makes no sense")
        for name in ("connectivity", "expansion_add", "expansion_search"):
            if type(getattr(self, name)) is not int or not 0 < getattr(self, name) < 2**20:
                raise ValueError(f"{name} makes no sense")

    def empty(self, dimensions: int) -> Any:
        """A graph without anything in it."""
        return _usearch()(
            ndim=dimensions,
            metric="cos",
            dtype="f32",
            connectivity=self.connectivity,
            expansion_add=self.expansion_add,
            expansion_search=self.expansion_search,
        )


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
        ValueError: there are no vectors, or one is not finite; ``workers`` or a size is below 1.
        TypeError: ``vectors`` are no `KeyedVectors`, or a size is no whole number.

    Attributes:
        index_to_key: The item of each row.
        key_to_index: The row of each item.
    """

    index_to_key: list[Hashable]
    key_to_index: dict[Hashable, int]
    _rows: Floats
    _index: Any
    _longest: float

    @names_arguments()
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
        _usearch()
        sizes = {"connectivity": connectivity, "expansion_add": expansion_add, "expansion_search": expansion_search}
        self._build = _Build(bool(normalize), *(integer(name, value, 1) for name, value in sizes.items()))
        self._threads = thread_count(workers)
        rows = self._scaled(vectors)
        self._become(list(vectors.index_to_key), rows)

    @property
    def normalize(self) -> bool:
        """Whether unit vectors are indexed, so that products are cosines."""
        return self._build.normalize

    def add(self, vectors: KeyedVectors) -> None:
        """Add more items, after those there are. If it fails, the index stays as it was.

        Where one of them is longer than all that are there, the whole index is built anew.

        Args:
            vectors: The items: all are new.

        Raises:
            ValueError: an item is in the index already, vectors are of another length, or one is not finite.
        """
        more = self._scaled(vectors)
        known = [key for key in vectors.index_to_key if key in self.key_to_index]
        if known:
            raise ValueError(f"{known[0]!r} is in the index already; {len(known)} of these items are")
        if vectors.vector_size != self._rows.shape[1]:
            raise ValueError(f"the index holds vectors of {self._rows.shape[1]}, not {vectors.vector_size}")
        keys, rows = [*self.index_to_key, *vectors.index_to_key], np.vstack([self._rows, more])
        if np.linalg.norm(more, axis=1).max() > self._longest:
            self._become(keys, rows)
            return
        graph = self._index.copy()
        self._extend(graph, rows, len(self), self._longest)
        self._take(keys, rows, graph, self._longest)

    def save(self, path: StrPath) -> None:
        """Write the index to a safetensors file, which is there whole or not at all; `load` reads it.

        Raises:
            TypeError: an item is no str, number or tuple of such.
            ValueError: ``index_to_key`` was changed by hand so that it does not fit.
            OSError: the file cannot be written.
        """
        keys, key_type = packed(self.index_to_key, "items", "")
        if not len(self.index_to_key) == len(set(self.index_to_key)) == len(self._rows):
            raise ValueError(
                f"index_to_key was changed by hand: it must hold {len(self._rows):,} different items, one a vector"
            )
        graph = np.frombuffer(bytes(self._index.save()), np.uint8)
        state = {**asdict(self._build), "longest": self._longest, "checksum": zlib.crc32(graph.data)}
        metadata = {"format": FORMAT, "version": "1", "key_type": key_type, "state": json.dumps(state)}
        write_tensors(path, {**keys, "vectors": self._rows, "graph": graph}, metadata)

    @classmethod
    @names_arguments()
    def load(cls, path: StrPath, *, workers: int | None = None) -> Self:
        """Read what `save` wrote, of a source that you trust: the graph is read by usearch.

        Args:
            path: The file.
            workers: Threads, as for a new index.

        Raises:
            ImportError: usearch is not installed.
            ValueError: the file is something else, or damaged; ``workers`` is below 1.
            OSError: it cannot be read.
        """
        _usearch()
        made = cls.__new__(cls)
        made._threads = thread_count(workers)
        arrays, metadata = read_own(path, FORMAT)
        try:
            state = json.loads(metadata["state"])
            made._build = _Build(*(state[field] for field in _Build.__annotations__))
            made._build.check()
            keys = unpacked(path, arrays, metadata.get("key_type"))
            rows, stored, longest = arrays["vectors"], arrays["graph"], state["longest"]
            if rows.ndim != 2 or rows.dtype != np.float32 or not 0 < len(rows) == len(keys) == len(set(keys)):
                raise ValueError("the vectors do not fit the keys")
            if stored.dtype != np.uint8 or stored.ndim != 1 or zlib.crc32(stored.data) != state["checksum"]:
                raise ValueError("the graph is not what was written")
            if type(longest) is not float or not longest >= 0:
                raise ValueError("the longest length makes no sense")
            graph = made._build.empty(rows.shape[1] + 1)
            graph.load(stored.tobytes())
            if len(graph) != len(rows) or graph.ndim != rows.shape[1] + 1:
                raise ValueError("the graph does not fit the vectors")
        except (KeyError, TypeError, ValueError, RuntimeError, OverflowError) as error:
            missing = "there is no " if isinstance(error, KeyError) else ""
            raise ValueError(f"{path}: damaged: {missing}{str(error).removeprefix(f'{path}: ')}") from None
        made._take(list(keys), rows, graph, longest)
        return made

    def _scaled(self, vectors: KeyedVectors) -> Floats:
        """The vectors as they are indexed: float32 (items, d)."""
        if not isinstance(vectors, KeyedVectors):
            raise TypeError(f"give KeyedVectors, such as model.wv_out or model.wv, not {short(vectors)}")
        rows: Floats = np.array(vectors.vectors, np.float32, order="C")
        if not len(rows) or not np.isfinite(rows).all():
            raise ValueError("an index needs vectors, all of them finite")
        if not self.normalize:
            return rows
        lengths = np.linalg.norm(rows, axis=1)
        return np.divide(rows, np.where(lengths > 0, lengths, 1)[:, None], dtype=np.float32)

    def _become(self, keys: list[Hashable], rows: Floats) -> None:
        """Build the index anew."""
        longest = float(np.linalg.norm(rows, axis=1).max())
        graph = self._build.empty(rows.shape[1] + 1)
        self._extend(graph, rows, 0, longest)
        self._take(keys, rows, graph, longest)

    def _extend(self, graph: Any, rows: Floats, begin: int, longest: float) -> None:
        """Add the rows from one on to a graph, some at a time, so that an interrupt is noticed between them."""
        for start in range(begin, len(rows), _ADDED):
            part = rows[start : start + _ADDED]
            lengths = np.linalg.norm(part, axis=1)
            missing = np.sqrt(np.maximum(longest**2 - lengths**2, 0))[:, None].astype(np.float32)
            graph.add(np.arange(start, start + len(part)), np.hstack([part, missing]), threads=self._threads)

    def _take(self, keys: list[Hashable], rows: Floats, graph: Any, longest: float) -> None:
        numbers = {key: row for row, key in enumerate(keys)}
        vars(self).update(index_to_key=keys, key_to_index=numbers, _rows=rows, _index=graph, _longest=longest)

    def __repr__(self) -> str:
        cosines = ", normalize=True" if self.normalize else ""
        return f"ItemIndex({len(self):,} items, {self._rows.shape[1]} dimensions{cosines})"

    def __len__(self) -> int:
        return len(self.index_to_key)

    @names_arguments(HOW_MANY)
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
            end is -1 and -infinity, so look up rows of 0 and more only.

        Raises:
            ValueError: shapes do not fit, a query is not finite, ``n`` is below 1, or none of the candidates that are
                given as keys is in the index.
            TypeError: ``candidates`` is one str.
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

    @names_arguments(HOW_MANY)
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
        mask, rows = np.zeros(len(self), bool), Lookup(self.key_to_index)
        mask[[row for key in require_items("candidates", candidates) if (row := rows.get(key, -1)) >= 0]] = True
        if not mask.any():
            raise ValueError("none of the candidates is a known item")
        return mask


def _usearch() -> Any:
    try:
        from usearch.index import Index
    except ImportError:
        raise ImportError('an index needs usearch: pip install "fastemb[index]"') from None
    return Index
