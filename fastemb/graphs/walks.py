"""Random walks: how they are asked for, in arrays, and as the tokens of training, made by the thread that trains."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from ..checks import number
from ..corpus.checksums import digest
from ..memory import memory_for
from ..signals import deliver
from ..threads import in_threads, thread_count
from ..train.settings import Checked, declare, whole_number
from ..train.strategy import Lane
from .rows import Ints, Offsets, Rows, filter_of, shares_of

_BLOCK_TOKENS = 1 << 17  # some milliseconds of walking
_COUNTED = 1 << 24  # tokens whose nodes are counted before training
_COUNTING_EPOCH = 2**40  # no epoch of training has such a number
_EXTREME = 1e30


def _bias(doc: str) -> Any:
    def check(name: str, value: Any) -> float:
        found = number(name, value)
        if not 1 / _EXTREME <= found <= _EXTREME:
            raise ValueError(f"{name} must be above 0 (from {1 / _EXTREME:g} to {_EXTREME:g}), not {value!r}")
        return found

    return declare(1.0, doc, float, check)


def _probability(doc: str) -> Any:
    def check(name: str, value: Any) -> float:
        found = number(name, value, at_least=0.0)
        if found >= 1:
            raise ValueError(f"{name} is a probability below 1, not {value!r}")
        return found

    return declare(0.0, doc, float, check)


@dataclass
class Walks(Checked):
    """Which walks are made."""

    num_walks: int = whole_number(10, "walks from each node in a pass", 1, 2**31 - 1)
    walk_length: int = whole_number(80, "nodes of a walk", 1, 2**24)
    p: float = _bias("return parameter: the edge back weighs 1/p")
    q: float = _bias("in-out parameter: edges away from the node before weigh 1/q")
    restart: float = _probability("probability of each step to lead back to the walk's begin")
    seed: int = whole_number(1, "of all random draws", 0, 2**64 - 1)

    @property
    def is_second_order(self) -> bool:
        """Whether a step looks for edges of the node before."""
        return self.q != 1.0

    def walker(self, graph: _native.RowGraph, starts: Ints | None) -> _native.Walker:
        """What makes them."""
        return _native.Walker(graph, self.walk_length, self.p, self.q, self.restart, starts, self.seed)

    def count(self, graph: _native.RowGraph, starts: Ints | None) -> int:
        """Walks of a pass."""
        return self.num_walks * (graph.nodes if starts is None else len(starts))


def walkable(rows: Rows, *, directed: bool, second_order: bool) -> _native.RowGraph:
    """A graph as the core takes it; with ``second_order`` also with what spares searches for edges."""
    edges = filter_of(rows) if second_order else None
    return _native.RowGraph(rows.offsets, rows.neighbours, shares_of(rows), edges, not directed, lambda _: deliver())


class _Blocks:
    """Gives out walks, some at a time, to threads that make them."""

    def __init__(self, count: int, walk_length: int) -> None:
        self._left = iter(range(0, count, max(1, _BLOCK_TOKENS // walk_length)))
        self._step = max(1, _BLOCK_TOKENS // walk_length)
        self._count = count
        self._lock = threading.Lock()
        self._stopped = False

    def take(self) -> tuple[int, int] | None:
        """The next walks, [first, last); None when none is left."""
        with self._lock:
            first = None if self._stopped else next(self._left, None)
        return None if first is None else (first, min(first + self._step, self._count))

    def stop(self) -> None:
        """Give out no more."""
        self._stopped = True


def walk_rows(graph: _native.RowGraph, walks: Walks, starts: Ints | None, workers: int | None) -> Ints:
    """Walks as rows, int32 (walks, walk_length), filled up with -1."""
    count, length = walks.count(graph, starts), walks.walk_length
    what = f"a table of {count:,} walks of {length:,} nodes"
    with memory_for(what, 4 * count * length, "the models store none"):
        made = np.empty((count, length), np.int32)
    walker, blocks = walks.walker(graph, starts), _Blocks(count, length)

    def work(_: int) -> None:
        while (span := blocks.take()) is not None:
            first, last = span
            rows = made[first:last]
            offsets = np.empty(last - first + 1, np.int64)
            walker.walk(0, first, rows.reshape(-1), offsets)
            if offsets[-1] < rows.size:
                _spread(rows, offsets)

    in_threads(min(thread_count(workers), max(count, 1)), work, blocks.stop, lambda: None)
    return made


def _spread(rows: Ints, offsets: Offsets) -> None:
    """Walks that lie one after the other at the start of ``rows``, each to a row of its own."""
    ids = rows.reshape(-1)[: offsets[-1]].copy()
    lengths = np.diff(offsets)
    rows[:] = -1
    rows[np.arange(rows.shape[1]) < lengths[:, None]] = ids


def tokens_of(rows: Ints) -> tuple[Ints, Offsets]:
    """Walks one after the other, of rows filled up with -1: ids (tokens), and where each begins, int64 (walks + 1)."""
    lengths = (rows >= 0).sum(axis=1)
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    ids = rows.reshape(-1)
    return (ids if offsets[-1] == ids.size else ids[ids >= 0]), offsets


def visit_counts(graph: _native.RowGraph, walks: Walks, starts: Ints | None, workers: int | None) -> NDArray[np.int64]:
    """How often walks come to each node, int64 (nodes), in those of a pass, or of as many as show it well."""
    count = min(walks.count(graph, starts), max(1, _COUNTED // walks.walk_length))
    total = np.zeros(graph.nodes, np.int64)
    walker, blocks, lock = walks.walker(graph, starts), _Blocks(count, walks.walk_length), threading.Lock()

    def work(_: int) -> None:
        visits, first = np.zeros(graph.nodes, np.int64), np.empty(graph.nodes, np.int64)
        while (span := blocks.take()) is not None:
            ids = np.empty((span[1] - span[0]) * walks.walk_length, np.int32)
            offsets = np.empty(span[1] - span[0] + 1, np.int64)
            walker.walk(_COUNTING_EPOCH, span[0], ids, offsets)
            _native.count_ids(ids, 0, int(offsets[-1]), visits, first)
        with lock:
            total[:] += visits

    in_threads(thread_count(workers), work, blocks.stop, lambda: None)
    return np.maximum(total, 1)


# ---- training ----


@dataclass(frozen=True)
class WalkTokens:
    """`Tokens` that are walks: each thread makes those of its block and trains on them at once; none is stored.

    Walk number w of an epoch has the positions w * walk_length and on; a block is a number of whole walks. Where walks
    end early, those of a block follow each other closely.
    """

    graph: _native.RowGraph
    walks: Walks
    starts: Ints | None
    rows: Rows
    directed: bool

    def __reduce__(self) -> tuple[Any, ...]:
        return walk_tokens, (self.rows, self.walks, self.starts, self.directed)

    def begin_epoch(self, rows: int) -> WalkTokens:
        """As `Tokens` says."""
        return self

    def passed(self, words: int) -> None:
        """As `Tokens` says."""

    def described(self) -> tuple[int, int, int, str]:
        """As `Tokens` says."""
        arrays: list[NDArray[Any] | None] = [self.rows.offsets, self.rows.neighbours, self.rows.weights, self.starts]
        walks = self.walks.count(self.graph, self.starts)
        words = walks * self.walks.walk_length
        return walks, words, words, digest(*[array for array in arrays if array is not None])

    @property
    def origin(self) -> None:
        """As `Tokens` says."""
        return None

    @property
    def longest_sentence(self) -> int:
        """In tokens."""
        return self.walks.walk_length

    def trained_by(self, trainer: _native.Trainer) -> _WalkTrainer:
        """As `EpochTokens` says."""
        return _WalkTrainer(trainer, self.walks.walker(self.graph, self.starts), self.walks.walk_length)


def walk_tokens(rows: Rows, walks: Walks, starts: Ints | None, directed: bool) -> WalkTokens:
    """Walks on a graph with these rows."""
    graph = walkable(rows, directed=directed, second_order=walks.is_second_order)
    return WalkTokens(graph, walks, starts, rows, directed)


@dataclass(frozen=True)
class _WalkTrainer:
    core: _native.Trainer
    walker: _native.Walker
    walk_length: int

    def workspace(self) -> _Scratch:
        return _Scratch(self.core.workspace())

    def train_block(
        self, epoch: int, begin: int, end: int, alpha: float, workspace: _Scratch
    ) -> tuple[int, int, int, float]:
        view, _, tokens = self._walked(epoch, begin, end, workspace)
        words, kept, pairs, loss = self.core.train_block(view, epoch, 0, tokens, alpha, workspace.core)
        return (end - begin if words == tokens else words), kept, pairs, loss

    @property
    def unit(self) -> int:
        return self.walk_length

    def lane(self, epoch: int, begin: int, end: int) -> Lane:
        return self._walked(epoch, begin, end, _Scratch(bytearray()))

    def _walked(self, epoch: int, begin: int, end: int, room: _Scratch) -> Lane:
        ids, offsets = room.room(end - begin, self.walk_length)
        self.walker.walk(epoch, begin // self.walk_length, ids, offsets)
        tokens = int(offsets[-1])
        return _native.TokenView(ids[:tokens], offsets, self.walker.graph.nodes, begin), 0, tokens

    def stop(self) -> None:
        self.core.stop()


class _Scratch:
    """Memory of one thread: the core's, and the walks of a block."""

    def __init__(self, core: bytearray) -> None:
        self.core = core
        self._ids = np.empty(0, np.int32)
        self._offsets = np.empty(0, np.int64)

    def room(self, tokens: int, walk_length: int) -> tuple[Ints, Offsets]:
        """For so many tokens of walks, and where each begins."""
        walks = tokens // walk_length
        if len(self._ids) < tokens:
            self._ids, self._offsets = np.empty(tokens, np.int32), np.empty(walks + 1, np.int64)
        return self._ids[:tokens], self._offsets[: walks + 1]
