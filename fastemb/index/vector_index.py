"""An index of KeyedVectors: it is built of them, saved beside them, and asked through them."""

from __future__ import annotations

import json
import weakref
import zlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from ..arguments import names_arguments
from ..checks import integer
from ..io.atomic import StrPath
from ..io.json_text import parse_json
from ..io.kinds import reader_of
from ..io.paths import AnyPath, local_path
from ..io.safetensors import read_tensors, write_tensors
from ..threads import thread_count
from ..vectors import KeyedVectors
from ..vectors.interface import KeyedVectorsLike, Mask, keys_by_row, norms_of
from ..vectors.mapped import is_mapped
from ..vectors.nearest import METRICS, Metric
from ..vectors.norms import row_norms, scaled
from ..vectors.search import Scope, Scores, nearest
from ..vectors.store import Array, Key
from ..vectors.topk import Floats, Indices
from .candidates import Candidates, Exclusions, products
from .faiss_graph import FaissGraph
from .fingerprint import Fingerprint
from .graph import PART_ROWS, Bytes, Graph, GraphSettings, lengthened

FORMAT = "fastemb.VectorIndex"

_VERSION = "1"
_SAMPLE = 1000  # keys that recall is measured with
_FAISS_SAMPLE = 100_000  # rows that faiss finds clusters of


class _Built(NamedTuple):
    """What is known of an index beside its graph."""

    metric: Metric
    settings: GraphSettings | None  # of usearch
    fingerprint: Fingerprint
    longest: float


class VectorIndex:
    """A graph index of vectors, made by `KeyedVectors.build_index`.

    It holds no keys, and copies of the vectors only to walk along: candidates are ranked by exact scores with the
    vectors themselves, to which it must be given: ``vectors.most_similar(..., indexer=index)``. Scores are those of
    exact search; what may differ is that a neighbour is missed, see `recall`.

    Attributes:
        metric: "cosine" or "dot".
    """

    metric: Metric

    def __init__(self, built: _Built, graph: Graph | FaissGraph) -> None:
        self.metric = built.metric
        self._built = built
        self._graph = graph
        self._known: tuple[weakref.ref[Array], weakref.ref[Array] | None] | None = (
            None  # vectors that were checked, and their norms
        )

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles are made of: which vectors were checked is looked at anew."""
        return vars(self) | {"_known": None}

    def __repr__(self) -> str:
        made, by = self._built.fingerprint, "usearch"
        if isinstance(self._graph, FaissGraph):
            by = f"faiss's {self._graph.kind}"
        return f"VectorIndex({made.rows:,} vectors of {made.vector_size} dimensions, {self.metric}, {by})"

    def __len__(self) -> int:
        return self._built.fingerprint.rows

    @property
    def expansion_search(self) -> int:
        """Candidates looked at for each query: more find more, and take longer. It may be set at any time.

        Of an inverted file of faiss it is the number of lists that are looked at.
        """
        return self._graph.expansion_search

    @expansion_search.setter
    def expansion_search(self, value: int) -> None:
        self._graph.expansion_search = integer("expansion_search", value, 1)

    # ---- asking ----

    def nearest_rows(
        self,
        vectors: KeyedVectorsLike,
        directions: Array,
        topn: int,
        *,
        allowed: Mask | None = None,
        without: Exclusions | None = None,
        dot: bool = False,
        workers: int | None = None,
    ) -> tuple[Indices, Scores]:
        """What `KeyedVectors.most_similar` asks: rows and scores, both (q, topn), for directions (q, d).

        Raises:
            ValueError: The vectors are not those that the index was built from, or it has the other metric.
        """
        self._require(vectors, dot)
        queries = np.ascontiguousarray(directions, np.float32)

        def exact(some: Indices) -> tuple[Indices, Scores]:
            less = None if without is None else _of_some(without, some)
            return nearest(vectors, directions[some], topn, Scope(mask=allowed, dot=dot, workers=workers), without=less)

        def scores(some: Indices, rows: Indices) -> Floats:
            flat = vectors.vectors[rows.reshape(-1)]
            flat = flat.astype(np.result_type(flat, np.float32), copy=False)
            if not dot:
                flat = scaled(flat, self._lengths(vectors, rows.reshape(-1), flat))
            return products(queries[some], flat.astype(np.float32, copy=False).reshape(*rows.shape, flat.shape[1]))

        asked = np.hstack([queries, np.zeros((len(queries), 1), np.float32)]) if dot else queries
        search = Candidates(self._graph, len(self), scores, exact)
        return search.best(asked, max(topn, 0), thread_count(workers), allowed, without)

    @staticmethod
    def _lengths(vectors: KeyedVectorsLike, rows: Indices, found: Array) -> Array:
        """Lengths of the vectors that were found at these rows; those of all are not computed for their sake."""
        norms = vectors.norms
        known = norms is not None and len(norms) == len(vectors.vectors)
        return norms[rows] if norms is not None and known else row_norms(found)

    def _require(self, vectors: KeyedVectorsLike, dot: bool) -> None:
        wanted = "dot" if dot else "cosine"
        if wanted != self.metric:
            raise ValueError(
                f"this index ranks by metric={self.metric!r}: ask with that, or build another one by "
                f"build_index(metric={wanted!r})"
            )
        array = vectors.vectors
        if not is_mapped(array):
            norms_of(vectors)  # which are made anew after a change, and tell of it so
        norms, known = vectors.norms, self._known
        if known is not None and known[0]() is array and norms is (None if known[1] is None else known[1]()):
            return
        difference = self._built.fingerprint.difference(array)
        if difference:
            raise ValueError(
                f"the index was built from other vectors ({difference}): build it anew by build_index(), or load the "
                "vectors that it was built from"
            )
        self._known = (weakref.ref(array), None if norms is None else weakref.ref(norms))

    @names_arguments(dict.fromkeys(("topn", "top_n", "k", "top_k"), "n"))
    def recall(
        self,
        vectors: KeyedVectors,
        n: int = 10,
        *,
        queries: Iterable[Key] | Array | None = None,
        workers: int | None = None,
    ) -> float:
        """Share of the ``n`` nearest by exact search that the index finds: look at it before you trust the index.

        Args:
            vectors: Those that the index was built from.
            n: How many neighbours.
            queries: Keys or vectors to ask with. Default None: a thousand keys, picked at random but the same each
                time.
            workers: Threads. Default None: one for each CPU that the process may use.

        Raises:
            ValueError: The vectors are others, there are no queries, or ``n`` is below 1.
        """
        n = integer("n", n, 1)
        if queries is None:
            rows = np.random.default_rng(0).choice(len(vectors), min(_SAMPLE, len(vectors)), replace=False)
            keys = keys_by_row(vectors)
            queries = [keys[row] for row in np.sort(rows).tolist()]
        asked: Any = queries if isinstance(queries, np.ndarray) else list(queries)
        if not len(asked):
            raise ValueError("there are no queries")
        found, _ = vectors.most_similar_rows(asked, n, metric=self.metric, indexer=self, workers=workers)
        exact, _ = vectors.most_similar_rows(asked, n, metric=self.metric, workers=workers)
        there = exact >= 0
        hits = sum(len(np.intersect1d(a, b[good])) for a, b, good in zip(found, exact, there, strict=True))
        return hits / max(int(there.sum()), 1)

    # ---- files ----

    def save(self, path: AnyPath) -> None:
        """Write the index to a safetensors file, which is there whole or not at all; `load` reads it.

        The vectors are not in it: save them beside it.

        Raises:
            OSError: The file cannot be written.
        """
        built, graph = self._built, self._graph.stored()
        state = {
            "metric": built.metric,
            "settings": self._settings(),
            "fingerprint": asdict(built.fingerprint),
            "longest": built.longest,
            "checksum": zlib.crc32(graph.data),
        }
        metadata = {"format": FORMAT, "version": _VERSION, "state": json.dumps(state)}
        write_tensors(local_path(path), {"graph": graph}, metadata)

    def _settings(self) -> dict[str, Any] | None:
        if self._built.settings is None:
            return None
        return asdict(self._built.settings) | {"expansion_search": self.expansion_search}

    @classmethod
    @names_arguments()
    def load(cls, path: AnyPath, mmap: Literal["r"] | None = None) -> Self:
        """Read what `save` wrote, of a source that you trust: the graph is read by usearch, or faiss.

        Args:
            path: The file.
            mmap: "r" maps the graph from the file instead of reading it, so that several processes share it. Needs
                usearch. Default None.

        Raises:
            ImportError: usearch or faiss, whichever it is of, is not installed.
            ValueError: The file is something else, or damaged; ``mmap`` is something else, or given for faiss.
            OSError: It cannot be read.
        """
        if mmap not in (None, "r"):
            raise ValueError(f"mmap must be None or 'r', not {mmap!r}")
        path = local_path(path)
        arrays, metadata = read_tensors(path, mmap)
        if metadata.get("format") != FORMAT:
            raise ValueError(f"{path}: holds no VectorIndex{reader_of(metadata)}")
        if metadata.get("version") != _VERSION:
            raise ValueError(f"{path}: written by a newer fastemb (index of format {metadata.get('version')})")
        try:
            state = parse_json(metadata["state"])
            built, stored = _built_of(state), arrays["graph"]
            if stored.dtype != np.uint8 or stored.ndim != 1:
                raise ValueError("the graph is no graph")
            if mmap is None and zlib.crc32(stored.data) != state["checksum"]:
                raise ValueError("the graph is not what was written")
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(path, error) from None
        if built.settings is None and mmap is not None:
            raise ValueError(f"{path}: an index of faiss is read, not mapped: load it without mmap")
        try:
            return cls(built, _graph_of(built, stored, view=mmap is not None))
        except ValueError as error:
            raise _damaged(path, error) from None


def _damaged(path: StrPath, error: Exception) -> ValueError:
    missing = "there is no " if isinstance(error, KeyError) else ""
    return ValueError(f"{path}: damaged: {missing}{error}")


def _built_of(state: Any) -> _Built:
    built = _Built(
        state["metric"],
        None if state["settings"] is None else GraphSettings(**state["settings"]),
        Fingerprint(**state["fingerprint"]),
        state["longest"],
    )
    if built.settings is not None:
        built.settings.check()
    built.fingerprint.check()
    if built.metric not in METRICS:
        raise ValueError("the metric makes no sense")
    if type(built.longest) is not float or not 0 <= built.longest < np.inf:
        raise ValueError("the longest length makes no sense")
    return built


def _graph_of(built: _Built, stored: Bytes, *, view: bool) -> Graph | FaissGraph:
    dimensions = built.fingerprint.vector_size + (built.metric == "dot")
    graph: Graph | FaissGraph
    if built.settings is None:
        graph = FaissGraph.of_bytes(stored, dimensions)
    else:
        graph = Graph.of_bytes(stored, built.settings, dimensions, view=view)
    if len(graph) > built.fingerprint.rows:
        raise ValueError("the graph does not fit the vectors")
    return graph


def _of_some(without: Exclusions, some: Indices) -> Exclusions:
    """The exclusions of some of the queries."""
    offsets, rows = without
    parts = [rows[offsets[query] : offsets[query + 1]] for query in some.tolist()]
    return np.append(0, np.cumsum([len(part) for part in parts])).astype(np.int64), np.concatenate(parts)


# ---- building ----


def build_index(
    self: KeyedVectors,
    *,
    metric: Metric = "cosine",
    connectivity: int | None = None,
    expansion_add: int | None = None,
    expansion_search: int | None = None,
    faiss: Any = None,
    workers: int | None = None,
) -> VectorIndex:
    """Build an index of these vectors, which finds neighbours without looking at all of them. Needs usearch.

    Give it to ``most_similar`` and its relatives as ``indexer``. It pays off from some hundred thousand vectors on;
    look at its `VectorIndex.recall`. After a change of the vectors build it anew: asking it raises an error then.

    Args:
        metric: "cosine" (the default) or "dot": what it can be asked for.
        connectivity: Neighbours of a node in the graph: more find more, in more memory. Default None: 16.
        expansion_add: Candidates looked at for each vector when the index is built. Default None: 128.
        expansion_search: The same for each query: the way to trade speed for recall. Default None: 128.
        faiss: An index of faiss without vectors, such as ``faiss.IndexHNSWFlat(100, 32)``, to fill in place of
            usearch's; the three sizes above are its own then. For dot products it needs one dimension more than the
            vectors have. Default None.
        workers: Threads. Default None: one for each CPU that the process may use.

    Raises:
        ImportError: usearch, or faiss, is not installed.
        ValueError: There are no vectors, or one is not finite; a size is below 1, or ``metric`` unknown; or ``faiss``
            has other dimensions or is not empty.
        TypeError: A size is no whole number, or ``faiss`` no index of faiss.
    """
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(map(repr, METRICS))}, not {metric!r}")
    sizes = {"connectivity": connectivity, "expansion_add": expansion_add, "expansion_search": expansion_search}
    given = {name: integer(name, value, 1) for name, value in sizes.items() if value is not None}
    threads, vectors = thread_count(workers), self.vectors
    dimensions, settings = self.vector_size + (metric == "dot"), None
    graph: Graph | FaissGraph
    if faiss is None:
        settings = GraphSettings(
            **{"connectivity": 16, "expansion_add": 128, "expansion_search": 128} | given, dtype="bf16"
        )
        graph = Graph(settings.empty(dimensions))
    elif given:
        raise ValueError(f"{next(iter(given))} is a size of usearch's graph: set faiss's own on its index")
    else:
        graph = FaissGraph.of_empty(faiss, dimensions, metric)
    norms = norms_of(self)
    if not len(vectors):
        raise ValueError("there are no vectors to build an index of")
    if not np.isfinite(norms).all():
        row = int(np.flatnonzero(~np.isfinite(norms))[0])
        raise ValueError(
            f"the vector of {keys_by_row(self)[row]!r} (row {row}) is not finite: an index needs vectors that are"
        )
    longest = float(norms.max())
    if isinstance(graph, FaissGraph):
        some = np.unique(np.linspace(0, len(vectors) - 1, _FAISS_SAMPLE).astype(np.int64))
        graph.train(_prepared(vectors[some], norms[some], metric, longest), threads)
    for start in range(0, len(vectors), PART_ROWS):
        part = slice(start, min(start + PART_ROWS, len(vectors)))
        graph.add(np.arange(part.start, part.stop), _prepared(vectors[part], norms[part], metric, longest), threads)
    return VectorIndex(_Built(metric, settings, Fingerprint.of(vectors), longest), graph)


def _prepared(rows: Array, norms: Array, metric: Metric, longest: float) -> Floats:
    """Rows as they are indexed: all as long, so that the nearest by angle has the highest score."""
    if metric == "dot":
        return lengthened(rows.astype(np.float32), norms, longest)
    units: Floats = scaled(rows.astype(norms.dtype), norms).astype(np.float32, copy=False)
    return units
