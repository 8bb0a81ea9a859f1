"""Approximate search over item vectors, on usearch."""

from __future__ import annotations

import json
import zlib
from collections.abc import Hashable, Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import names_arguments
from ..checks import integer
from ..corpus.messages import short
from ..index.candidates import Candidates, products
from ..index.graph import PART_ROWS, Graph, GraphSettings, lengthened, usearch_index
from ..io.atomic import StrPath
from ..io.json_text import parse_json
from ..io.keys import pack_any_keys, unpack_any_keys
from ..io.safetensors import write_tensors
from ..threads import thread_count
from ..vectors import KeyedVectors
from ..vectors.topk import top_k
from .baskets import require_items
from .lookup import Lookup
from .model_file import read_own
from .names import HOW_MANY
from .parameters import check_count

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

FORMAT = "fastemb.ItemIndex"

_SIZES = ("connectivity", "expansion_add", "expansion_search")


class ItemIndex:
    """A graph index (HNSW, Malkov and Yashunin 2016) over vectors, for the highest dot products. Needs usearch.

    With hundreds of thousands of items and more it answers a query in a fraction of the time that looking at all of
    them takes, at the price of missing a few: see `recall`.

    Vectors get one more dimension, ``sqrt(M^2 - |v|^2)`` for the longest length M, so that they are all as long and the
    nearest by angle has the highest product (Bachrach et al. 2014).

    Args:
        vectors: The items: ``model.wv_out`` to answer the queries of ``model.transform``, ``model.wv`` for similar
            items.
        normalize: Index unit vectors, so that products are cosines. Default False.
        connectivity: Neighbours of a node in the graph. More find more, in more memory.
        expansion_add: Candidates looked at for each item when the index is built.
        expansion_search: The same for each query: the way to trade speed for recall.
        workers: Threads. Default None, or -1: one for each CPU that the process may use.
        users: Query vectors by user, such as ``model.user_vectors()``, to be saved with the index: a service that loads
            it needs no model to answer ``index.search(index.users[["anna"]])``. Default None.

    Raises:
        ImportError: usearch is not installed.
        ValueError: there are no vectors, or one is not finite; ``workers`` or a size is below 1; ``users`` have another
            length.
        TypeError: ``vectors`` or ``users`` are no `KeyedVectors`, or a size is no whole number.

    Attributes:
        index_to_key: The item of each row.
        key_to_index: The row of each item.
        normalize: Whether unit vectors are indexed, so that products are cosines.
        users: Query vectors by user, or None.
    """

    index_to_key: list[Hashable]
    key_to_index: dict[Hashable, int]
    normalize: bool
    users: KeyedVectors | None
    _rows: Floats
    _graph: Graph
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
        users: KeyedVectors | None = None,
    ) -> None:
        usearch_index()
        self.normalize = bool(normalize)
        self._settings = GraphSettings(
            integer("connectivity", connectivity, 1),
            integer("expansion_add", expansion_add, 1),
            integer("expansion_search", expansion_search, 1),
        )
        self._threads = thread_count(workers)
        rows = self._scaled(vectors)
        self.users = _checked_users(users, rows.shape[1])
        self._become(list(vectors.index_to_key), rows)

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
        graph = self._graph.copy()
        self._extend(graph, rows, len(self), self._longest)
        self._take(keys, rows, graph, self._longest)

    def save(self, path: StrPath) -> None:
        """Write the index to a safetensors file, which is there whole or not at all; `load` reads it.

        Raises:
            TypeError: an item is no str, number or tuple of such.
            ValueError: ``index_to_key`` was changed by hand so that it does not fit.
            OSError: the file cannot be written.
        """
        keys, key_type = pack_any_keys(self.index_to_key, "items", "")
        if not len(self.index_to_key) == len(set(self.index_to_key)) == len(self._rows):
            raise ValueError(
                f"index_to_key was changed by hand: it must hold {len(self._rows):,} different items, one a vector"
            )
        graph = self._graph.stored()
        build = {"normalize": self.normalize, **{name: getattr(self._settings, name) for name in _SIZES}}
        state = {**build, "longest": self._longest, "checksum": zlib.crc32(graph.data)}
        metadata = {"format": FORMAT, "version": "1", "key_type": key_type, "state": json.dumps(state)}
        arrays = {**keys, "vectors": self._rows, "graph": graph}
        if self.users is not None:
            users, metadata["user_type"] = pack_any_keys(self.users.index_to_key, "users", "")
            arrays |= {f"user_{name}": array for name, array in users.items()} | {"user_vectors": self.users.vectors}
        write_tensors(path, arrays, metadata)

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
        usearch_index()
        made = cls.__new__(cls)
        made._threads = thread_count(workers)
        arrays, metadata = read_own(path, FORMAT)
        try:
            state = parse_json(metadata["state"])
            made.normalize, made._settings = state["normalize"], GraphSettings(*(state[name] for name in _SIZES))
            made._settings.check()
            if type(made.normalize) is not bool:
                raise ValueError("normalize makes no sense")
            keys = unpack_any_keys(path, arrays, metadata.get("key_type"))
            rows, stored, longest = arrays["vectors"], arrays["graph"], state["longest"]
            if rows.ndim != 2 or rows.dtype != np.float32 or not 0 < len(rows) == len(keys) == len(set(keys)):
                raise ValueError("the vectors do not fit the keys")
            if stored.dtype != np.uint8 or stored.ndim != 1 or zlib.crc32(stored.data) != state["checksum"]:
                raise ValueError("the graph is not what was written")
            if type(longest) is not float or not longest >= 0:
                raise ValueError("the longest length makes no sense")
            graph = Graph.of_bytes(stored, made._settings, rows.shape[1] + 1)
            if len(graph) != len(rows):
                raise ValueError("the graph does not fit the vectors")
            made.users = _stored_users(path, arrays, metadata, rows.shape[1])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
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
        graph = Graph(self._settings.empty(rows.shape[1] + 1))
        self._extend(graph, rows, 0, longest)
        self._take(keys, rows, graph, longest)

    def _extend(self, graph: Graph, rows: Floats, begin: int, longest: float) -> None:
        """Add the rows from one on to a graph, some at a time, so that an interrupt is noticed between them."""
        for start in range(begin, len(rows), PART_ROWS):
            part = rows[start : start + PART_ROWS]
            longer = lengthened(part, np.linalg.norm(part, axis=1), longest)
            graph.add(np.arange(start, start + len(part)), longer, self._threads)

    def _take(self, keys: list[Hashable], rows: Floats, graph: Graph, longest: float) -> None:
        numbers = {key: row for row, key in enumerate(keys)}
        vars(self).update(index_to_key=keys, key_to_index=numbers, _rows=rows, _graph=graph, _longest=longest)

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
            ValueError: shapes do not fit, a query is not finite, ``n`` is below 1 or too large, or none of the
                candidates that are given as keys is in the index.
            TypeError: ``candidates`` is one str.
        """
        check_count("n", n)
        asked = np.ascontiguousarray(queries, np.float32)
        if asked.ndim != 2 or asked.shape[1] != self._rows.shape[1]:
            raise ValueError(f"queries must be of shape (q, {self._rows.shape[1]}), not {asked.shape}")
        wrong = ~np.isfinite(asked).all(axis=1)
        if wrong.any():
            raise ValueError(f"query {int(wrong.argmax())} (counting from 0) is not finite")
        mask = None if candidates is None else self._mask(candidates)

        def exact(some: Ints) -> tuple[Ints, Floats]:
            return top_k(asked[some], self._rows, n, mask=mask, workers=self._threads)

        def scores(some: Ints, rows: Ints) -> Floats:
            return products(asked[some], self._rows[rows])

        longer = np.hstack([asked, np.zeros((len(asked), 1), np.float32)])
        return Candidates(self._graph, len(self), scores, exact).best(longer, n, self._threads, mask)

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


def _checked_users(users: Any, size: int) -> KeyedVectors | None:
    if users is None:
        return None
    if not isinstance(users, KeyedVectors):
        raise TypeError(f"users must be KeyedVectors, such as model.user_vectors(), not {short(users)}")
    if users.vector_size != size:
        raise ValueError(f"users must have vectors of {size}, as the items have, not of {users.vector_size}")
    return users


def _stored_users(
    path: StrPath, arrays: dict[str, NDArray[Any]], metadata: dict[str, str], size: int
) -> KeyedVectors | None:
    if "user_vectors" not in arrays:
        return None
    own = {name.removeprefix("user_"): array for name, array in arrays.items() if name.startswith("user_")}
    keys, vectors = unpack_any_keys(path, own, metadata.get("user_type")), own["vectors"]
    if vectors.dtype.kind != "f" or vectors.shape != (len(keys), size) or len(set(keys)) != len(keys):
        raise ValueError("the users do not fit their vectors")
    return KeyedVectors._from_arrays(keys, vectors)
