"""Graph: nodes and edges, from wherever they come, in the form that walks are made on."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _native
from ..arguments import did_you_mean, names_arguments, nearest_name
from ..checks import flag, no_text, warn
from ..corpus import Corpus
from ..corpus.delimited import Delimited
from ..corpus.inputs import UTF8
from ..corpus.messages import short
from ..io.atomic import StrPath
from ..io.paths import AnyPath, any_path, local_path
from ..signals import deliver
from ..summary import table
from ..tables.columns import columns_of, weights_of
from ..tables.files import errors_name, read_table
from .edge_text import read_edge_text
from .given import (
    checked_nodes,
    checked_weights,
    columns_of_edges,
    in_range,
    is_networkx,
    node_count,
    numbered,
    shown,
)
from .graph_file import read_graph, write_graph
from .names import EDGES
from .rows import Ints, Rows, Weights, read_only, rows_of
from .walks import Walks, tokens_of, walk_rows, walkable

_FEW_ENTRIES = 10_000_000  # are looked through in no time


class Graph:
    """Nodes and their edges, directed or not, with weights or without.

    It is made by `from_edges`, `from_table`, `from_file`, `from_csr` or `from_networkx`. An edge that is given more
    than once is one edge: without weights it counts once, with weights theirs are added. A loop, an edge from a node to
    itself, is a step that stays. Edges of weight 0 are left out.

    Attributes:
        nodes: The nodes, by row: of any hashable kind.
        offsets: int64 (nodes + 1), read-only: row v of the next two is ``offsets[v]:offsets[v + 1]``.
        neighbours: int32 (entries), read-only: numbers of nodes that edges lead to, rising in each row. An undirected
            graph has each edge in both rows.
        weights: float32 (entries), read-only; or None where all edges are alike.
        directed: Whether edges lead one way.
    """

    @names_arguments(EDGES)
    def __init__(self, rows: Rows, nodes: Sequence[Hashable], *, directed: bool) -> None:
        self.nodes = nodes
        self.offsets, self.neighbours = read_only(rows.offsets), read_only(rows.neighbours)
        self.weights = None if rows.weights is None else read_only(rows.weights)
        self.directed = directed
        self._index: dict[Hashable, int] | None = None
        self._native: tuple[bool, _native.RowGraph] | None = None

    # ---- doors ----

    @classmethod
    @names_arguments(EDGES)
    def from_edges(
        cls,
        source: Any,
        target: Any = None,
        weight: ArrayLike | None = None,
        *,
        directed: bool = False,
        num_nodes: int | None = None,
    ) -> Self:
        """Take edges from memory.

        Args:
            source: Nodes that edges begin at, a list or an array; or, without ``target``, a list of pairs or triples
                (source, target, weight), or an array with such rows.
            target: Nodes that they lead to, as many.
            weight: Their weights, as many: numbers of 0 or more. Default: all edges are alike.
            directed: Whether an edge leads from source to target only.
            num_nodes: Nodes are the numbers 0 ... num_nodes - 1, with or without edges. Default: nodes are those that
                have edges. Whole numbers are put in order; others stay in the order in which they first occur.

        Raises:
            ValueError: a node is missing or no number below ``num_nodes``; a weight is negative, missing or infinite,
                with its place; there is no edge; the arguments differ in length.
            TypeError: these are no edges, or a node is not hashable.
        """
        switched = bool(flag("directed", directed))
        if target is None:
            source, target, weight = columns_of_edges(source, weight)
        no_text("source", source, "nodes")
        no_text("target", target, "nodes")
        weights = None if weight is None else checked_weights(weight)
        ends = [np.asarray(one) if not isinstance(one, list) else one for one in (source, target)]
        lengths = [len(one) for one in (*ends, *([] if weights is None else [weights]))]
        if len(set(lengths)) > 1:
            raise ValueError(f"source, target and weight must have the same length, not {lengths}")
        if num_nodes is not None:
            count = node_count(num_nodes)
            numbers = [in_range(name, one, count) for name, one in zip(("source", "target"), ends, strict=True)]
            return cls._of(numbers[0], numbers[1], range(count), weights, directed=switched)
        return cls._of(*numbered(*ends), directed=switched, weights=weights)

    @classmethod
    @names_arguments(EDGES)
    def from_table(
        cls, table: Any, *, source: str, target: str, weight: str | None = None, directed: bool = False
    ) -> Self:
        """A row an edge, of a table of pandas, polars, Arrow, DuckDB or Hugging Face, or a dict of arrays.

        Args:
            table: The table.
            source: Column of the nodes that edges begin at.
            target: Column of the nodes that they lead to.
            weight: Column of the weights, numbers of 0 or more. Default: all edges are alike.
            directed: Whether an edge leads from source to target only.

        Raises:
            KeyError: there is no such column.
            ValueError: a value is missing, or a weight negative or infinite, with its row; there is no edge.
            TypeError: it is no table.
            ImportError: its kind needs pyarrow.
        """
        switched = bool(flag("directed", directed))
        if source == target:
            raise ValueError(f"source and target are both the column {source!r}: name the two ends of edges")
        if isinstance(table, str | bytes | os.PathLike):
            raise TypeError(f"not a table but {short(table)}: Graph.from_file(path, source=..., target=...) reads it")
        names = [name for name in (source, target, weight) if name is not None]
        columns = dict(zip(names, columns_of(table, names), strict=True))
        weights = None if weight is None else checked_weights(weights_of(columns[weight], weight))
        return cls._of(*numbered(columns[source], columns[target]), weights=weights, directed=switched)

    @classmethod
    @names_arguments(EDGES)
    def from_file(
        cls,
        path: AnyPath,
        *,
        source: str | None = None,
        target: str | None = None,
        weight: str | None = None,
        columns: Sequence[str] | None = None,
        sep: str | None = None,
        weighted: bool | None = None,
        directed: bool = False,
        encoding: str = UTF8,
    ) -> Self:
        """An edge list: two nodes a line and perhaps a weight, parted by white space; or a CSV or Parquet file.

        Without ``source`` and ``target`` the file is a list of edges, whose first lines may be comments that begin with
        "# " or "% ". With them it is a table, text or Parquet, with columns of these names. Texts may be compressed;
        their nodes are str. Nodes of a list come with the most edges first.

        Args:
            path: The file, or a folder or pattern of files.
            source: Column of the nodes that edges begin at.
            target: Column of the nodes that they lead to.
            weight: Column of the weights.
            columns: Names of the columns of a text whose first line does not name them.
            sep: What stands between the fields of a table. Default: a tab where the name ends in .tsv, .tab or .txt,
                else a comma.
            weighted: Whether lines of a list have a weight. Default: they have where they have three fields.
            directed: Whether an edge leads from source to target only.
            encoding: Of a text.

        Raises:
            ValueError: a line is no edge, or a weight no number of 0 or more, with its line; or the text is damaged.
            KeyError: there is no such column.
            TypeError: an argument is missing, or is for the other kind of file.
            OSError: the file cannot be read.
            ImportError: a Parquet file, and pyarrow is not installed.
        """
        if source is None and target is None:
            given = {"weight": weight, "columns": columns, "sep": sep}
            for name, value in given.items():
                if value is not None:
                    raise TypeError(
                        f"{name} is for tables, whose columns are named, too: Graph.from_file(path, source=..., "
                        f"target=..., {name}=...)"
                    )
            if str(path).lower().endswith((".csv", ".parquet", ".pq")):
                raise TypeError(f"{short(path)}: name its columns: Graph.from_file(path, source=..., target=...)")
            edges = read_edge_text(path, encoding, None if weighted is None else bool(flag("weighted", weighted)), None)
            directed = bool(flag("directed", directed))
            with _named(path):
                return cls._of(*edges[:2], edges.nodes, edges.weights, directed=directed)
        if source is None or target is None:
            raise TypeError("name both source and target, the columns of the ends of edges, or neither")
        if weighted is not None:
            raise TypeError("weighted is for lists of edges; name the column of the weights by weight")
        measured = [] if weight is None else [weight]
        name = local_path(path)
        with errors_name(name):
            table = read_table(
                name, columns, keyed=[source, target], measured=measured, options=Delimited(sep, None, encoding)
            )
            return cls.from_table(table, source=source, target=target, weight=weight, directed=directed)

    @classmethod
    @names_arguments(EDGES)
    def from_csr(cls, matrix: Any, *, nodes: Sequence[Hashable] | None = None, directed: bool | None = None) -> Self:
        """A sparse adjacency matrix of SciPy: the value in row v and column w is the weight of the edge from v to w.

        Args:
            matrix: CSR, or any other sparse matrix or array, with as many rows as columns.
            nodes: The nodes by row. Default: the numbers of rows.
            directed: Default: it is found out; a symmetric matrix is an undirected graph.

        Raises:
            ValueError: it is not square, has no entry, or a value that is negative, NaN or infinite; or with
                ``directed=False`` it is not symmetric; ``nodes`` has another length, or one node twice.
            TypeError: it is no sparse matrix.
        """
        if not hasattr(matrix, "tocsr"):
            if is_networkx(matrix):
                raise TypeError("not a sparse matrix but a graph: Graph.from_networkx(graph)")
            raise TypeError(f"not a sparse matrix: {type(matrix).__name__}; scipy.sparse.csr_array(matrix) makes one")
        matrix = matrix.tocsr()
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            raise ValueError(f"an adjacency matrix has as many rows as columns, not shape {matrix.shape}")
        count = node_count(matrix.shape[0])
        used = int(matrix.indptr[-1])
        weights = checked_weights(matrix.data[:used])
        source = np.repeat(np.arange(count, dtype=np.int32), np.diff(matrix.indptr))
        target = in_range("a column", matrix.indices[:used], count)
        keys: Sequence[Hashable] = range(count) if nodes is None else checked_nodes(nodes, count)
        made = cls._of(source, target, keys, None if (weights == 1).all() else weights, directed=True)
        if directed is None or not flag("directed", directed):
            rows = made._rows()
            made.directed = not rows.same_as(rows.transposed())
            if made.directed and directed is not None:
                raise ValueError(
                    "directed=False, but the matrix is not symmetric: give matrix + matrix.T, or directed=True"
                )
        return made

    @classmethod
    @names_arguments(EDGES)
    def from_networkx(cls, graph: Any, *, weight: str | None = "weight") -> Self:
        """A graph of networkx, directed or not; parallel edges of its multigraphs are added up.

        Args:
            graph: The graph.
            weight: Attribute of edges with their weight, which is 1 for those that have none, as in networkx. With
                None, or where no edge has an attribute "weight", all edges are alike.

        Raises:
            ValueError: there is no edge; a weight is negative, NaN or infinite; no edge has the attribute, which is
                another one than "weight".
            TypeError: it is no graph of networkx.
        """
        if not is_networkx(graph):
            raise TypeError(f"not a graph of networkx: {short(graph)}")
        nodes = list(graph.nodes)
        index = {node: number for number, node in enumerate(nodes)}
        source, target, weights = [], [], []
        is_found = weight in (None, "weight")
        has_weights = bool(graph.is_multigraph())
        for number, (v, w, data) in enumerate(graph.edges(data=True)):
            source.append(index[v])
            target.append(index[w])
            weights.append(data.get(weight, 1) if weight is not None else 1)
            is_weight = weight is not None and weight in data
            has_weights, is_found = has_weights or is_weight, is_found or is_weight
            if number % 100_000 == 0:
                deliver()
        if source and not is_found:
            known = sorted({str(name) for _, _, data in graph.edges(data=True) for name in data})
            raise ValueError(
                f"no edge has the attribute {weight!r}{did_you_mean(nearest_name(str(weight), known))}; weight=None "
                "takes all edges as alike"
            )
        ends = np.array(source, np.int32), np.array(target, np.int32)
        return cls._of(
            *ends, nodes, checked_weights(weights) if has_weights else None, directed=bool(graph.is_directed())
        )

    @classmethod
    def _of(
        cls, source: Ints, target: Ints, nodes: Sequence[Hashable], weights: Weights | None = None, *, directed: bool
    ) -> Self:
        """One of edges by the numbers of their nodes."""
        if weights is not None and not weights.all():
            present = weights > 0
            source, target, weights = source[present], target[present], weights[present]
        if not len(source):
            raise ValueError("the graph has no edge" + (" of a weight above 0" if weights is not None else ""))
        return cls(rows_of(source, target, weights, len(nodes), both_ways=not directed), nodes, directed=directed)

    # ---- what it is ----

    @property
    def num_nodes(self) -> int:
        """How many nodes there are."""
        return len(self.offsets) - 1

    @property
    def num_edges(self) -> int:
        """How many edges there are; one that leads both ways counts once."""
        entries = len(self.neighbours)
        if self.directed:
            return entries
        owners = np.repeat(np.arange(self.num_nodes, dtype=np.int32), np.diff(self.offsets))
        loops = int((owners == self.neighbours).sum())
        return (entries - loops) // 2 + loops

    def degrees(self) -> NDArray[np.int64]:
        """For each node the number of edges that lead from it: int64 (nodes)."""
        return np.diff(self.offsets)

    def row(self, node: Hashable) -> int:
        """The number of a node.

        Raises:
            KeyError: there is no such node; the message names those spelled alike.
        """
        found = self._find(node)
        if found is None:
            texts = [key for key in self.nodes[:100_000] if isinstance(key, str)] if isinstance(node, str) else []
            meant = nearest_name(node, texts) if texts and isinstance(node, str) else self._twins(node)
            raise KeyError(f"the graph has no node {shown(node)}{did_you_mean(meant)}")
        return found

    def _find(self, node: Hashable) -> int | None:
        try:
            if isinstance(self.nodes, range):
                return self.nodes.index(node)  # type: ignore[arg-type]
            if self._index is None:
                self._index = {key: number for number, key in enumerate(self.nodes)}
            return self._index[node]
        except (KeyError, ValueError, TypeError):
            return None

    def _twins(self, node: Hashable) -> list[Hashable]:
        """The node that is this one as text, or as a number: nodes of files are text."""
        twin = str(node) if not isinstance(node, str) else int(node) if node.isdecimal() else None
        return [] if twin is None or self._find(twin) is None else [twin]

    def neighbors(self, node: Hashable) -> list[Hashable]:
        """The nodes that edges lead to from a node.

        Raises:
            KeyError: there is no such node.
        """
        row = self.row(node)
        return [self.nodes[w] for w in self.neighbours[self.offsets[row] : self.offsets[row + 1]].tolist()]

    def __len__(self) -> int:
        return self.num_nodes

    def __contains__(self, node: Hashable) -> bool:
        return self._find(node) is not None

    def __repr__(self) -> str:
        kinds = [*(["directed"] if self.directed else []), *([] if self.weights is None else ["weighted"])]
        kind = f", {', '.join(kinds)}" if kinds else ""
        return f"Graph({self.num_nodes:,} nodes, {self.num_edges:,} edges{kind})"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        entries = len(self.neighbours)
        few = self.directed or entries <= _FEW_ENTRIES
        rows = {
            "nodes": f"{self.num_nodes:,}",
            "edges": f"{self.num_edges:,}" if few else f"about {entries // 2:,}",
            "kind": f"{'directed' if self.directed else 'undirected'}, {'un' * (self.weights is None)}weighted",
            "edges of a node": f"{entries / self.num_nodes:.3g} on average" if self.num_nodes else None,
        }
        return table(type(self).__name__, rows, {"first nodes": self.nodes})

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._rows(), self.nodes, self.directed)

    def _rows(self) -> Rows:
        return Rows(self.offsets, self.neighbours, self.weights)

    def _walkable(self, *, second_order: bool) -> _native.RowGraph:
        """The graph as the core takes it; with ``second_order`` also with what spares searches for edges."""
        if self._native is None or (second_order and not self._native[0]):
            made = walkable(self._rows(), directed=self.directed, second_order=second_order)
            self._native = second_order, made
        return self._native[1]

    # ---- walks ----

    @names_arguments(EDGES)
    def walks(
        self,
        num_walks: int = 10,
        walk_length: int = 80,
        *,
        p: float = 1.0,
        q: float = 1.0,
        restart: float = 0.0,
        nodes: Iterable[Hashable] | None = None,
        seed: int = 1,
        workers: int | None = None,
    ) -> Ints:
        """Random walks from every node, by the numbers of their nodes.

        Node2vec's walks (Grover and Leskovec 2016) are drawn exactly. The result does not depend on ``workers``.

        Args:
            num_walks: Walks from each node.
            walk_length: Nodes of a walk. A walk ends earlier at a node that no edge leads from.
            p: Return parameter: the edge back to the node before weighs 1/p of its weight.
            q: In-out parameter: edges to nodes that no edge leads to from the node before weigh 1/q of theirs.
            restart: Probability of each step to lead back to where the walk began.
            nodes: Nodes to begin at. Default: all.
            seed: Of all random draws.
            workers: Threads; None (default) or -1 uses every CPU available.

        Returns:
            int32 (walks, walk_length), -1 after the end of a walk; ``num_walks`` rounds, in each of which every node
            begins one walk, in an order drawn anew.

        Raises:
            ValueError: an argument makes no sense. TypeError: it is of another type.
            KeyError: there is no such node.
            MemoryError: there is no room for so many walks. The models store none.
        """
        walks = Walks(num_walks, walk_length, p, q, restart, seed).checked()
        return walk_rows(self._walkable(second_order=walks.is_second_order), walks, self._starts(nodes), workers)

    @names_arguments(EDGES)
    def walk_corpus(self, walks: Ints, *, save_to: AnyPath | None = None) -> Corpus:
        """Walks as a `Corpus`, whose words are the nodes: for `Word2Vec`, or to be saved.

        Args:
            walks: What `walks` of this graph gave, or rows of such an array.
            save_to: A file to write the corpus to, as in `Corpus`.

        Raises:
            ValueError: these are no walks on this graph.
            TypeError: it is no array of whole numbers.
            OSError: ``save_to`` cannot be written.
        """
        if not isinstance(walks, np.ndarray) or walks.dtype.kind not in "iu":
            raise TypeError(f"walks must be what graph.walks(...) gave, not {short(walks)}")
        if walks.ndim != 2 or not walks.size:
            raise ValueError(f"walks must be an array with a walk a row, not of shape {walks.shape}")
        if walks.min() < -1 or walks.max() >= len(self) or ((walks[:, :-1] < 0) & (walks[:, 1:] >= 0)).any():
            raise ValueError(
                f"walks must be rows of numbers of nodes, 0 to {len(self) - 1}, with -1 after the end of a walk alone: "
                "give what graph.walks(...) of this graph gave"
            )
        ids, offsets = tokens_of(walks)
        return Corpus.from_ids(ids, offsets, keys=self.nodes, save_to=save_to)

    def _starts(self, nodes: Iterable[Hashable] | None) -> Ints | None:
        if nodes is None:
            return None
        no_text("nodes", nodes, "nodes")
        if not isinstance(nodes, Iterable):
            raise TypeError(f"nodes must be a list of nodes, not {short(nodes)}: give [{nodes!r}]")
        starts = np.array([self.row(node) for node in nodes], np.int32)
        if not len(starts):
            raise ValueError("nodes is empty: give those at which walks are to begin, or leave it out for all")
        return starts

    # ---- files ----

    def save(self, path: StrPath) -> None:
        """Write the graph to a safetensors file, whole or not at all.

        Raises:
            TypeError: a node is of a kind that no file holds.
            OSError: the file cannot be written.
        """
        write_graph(path, self._rows(), self.nodes, directed=self.directed)

    @classmethod
    def load(cls, path: AnyPath, mmap: str | None = None) -> Self:
        """Read what `save` wrote.

        Args:
            path: The file.
            mmap: "r" maps the file instead of reading it, so that a graph may be larger than memory, and several
                processes share it.

        Raises:
            ValueError: the file holds no graph, or is damaged.
            OSError: it cannot be read.
        """
        rows, nodes, directed = read_graph(path, mmap)
        return cls(rows, nodes, directed=directed)


@contextmanager
def _named(path: AnyPath) -> Iterator[None]:
    """Let errors of what a file holds name the file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{any_path(path)}: {error}") from None


def _restored(rows: Rows, nodes: Sequence[Hashable], directed: bool) -> Graph:
    return Graph(rows, nodes, directed=directed)


def warn_of_isolated(graph: Graph) -> None:
    """Say how many nodes have no edge that leads from them to another: walks from these teach nothing."""
    degrees = graph.degrees()
    is_alone = degrees == 0
    single = np.flatnonzero(degrees == 1)
    is_alone[single] = graph.neighbours[graph._rows().offsets[single]] == single  # a loop
    alone = int(is_alone.sum())
    if alone:
        warn(
            f"{alone:,} of {graph.num_nodes:,} nodes have no edge that leads from them to another, such as "
            f"{shown(graph.nodes[int(is_alone.argmax())])}: walks end or stay there, and a node that none leads to "
            "either keeps the random vector that it began with or learns from itself alone"
        )
