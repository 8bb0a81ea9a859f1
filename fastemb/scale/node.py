"""A node: its shard, its copy of the matrices, and what it is told to do with them.

It knows neither Ray nor who asks: its methods take and return plain values. See `together` for the order in which they
are called.
"""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._version import __version__
from ..config import isa
from ..corpus import Corpus, Vocabulary
from ..corpus.checksums import ArraySum
from ..corpus.memory import renumber_in_place
from ..corpus.vocabulary import NothingKeptError
from ..train.matrices import zeros
from ..train.run import Run
from ..train.sampling import Tables
from ..train.schedule import Schedule
from ..train.settings import Settings
from ..train.strategy import LaneTrainer, Pause
from ..train.task import CorpusTokens, Task, Tokens, strategy_of
from ..train.weights import Bags, Weights
from .combine import Changes, changes_between, combined, split
from .curvature import Curvature, Curvatures
from .meetings import Meetings
from .plan import Plan, often
from .shards import Shard

Matrices = dict[str, NDArray[np.float32]]

_NO_ROWS = np.empty(0, np.int64)


class StoppedError(Exception):
    """The node was told to stop."""


@dataclass(frozen=True)
class Lesson:
    """What all nodes are given before a run.

    Attributes:
        settings: Of the run; ``workers`` are the threads of a node.
        tables: What sampling reads.
        bags: Which input vectors a word has; None where that is its row.
        factors: Lock factors of the input vectors.
        want_loss: Whether to add up the loss.
        contexts: As in `Task`.
        seed: Key of all that is sampled.
        plan: How an epoch is cut.
        shapes: Of the matrices, by name.
    """

    settings: Settings
    tables: Tables
    bags: Bags | None
    factors: NDArray[np.float32]
    want_loss: bool
    contexts: int
    seed: int
    plan: Plan
    shapes: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Beat:
    """What a node trains next.

    Attributes:
        number: Of the beat in its epoch.
        draw_epoch: As in `Run`.
        schedule: The learning rate.
        done: Tokens that all nodes have trained in this run before.
    """

    number: int
    draw_epoch: int
    schedule: Schedule
    done: int


@dataclass(frozen=True)
class Report:
    """What a node did in a beat.

    Attributes:
        words: As `Totals` adds them, like the next three.
        kept: Centres.
        pairs: Of an input and an output.
        loss: Their loss.
        rows: Rows that changed and are sent.
        sent: Bytes that go to other nodes.
    """

    words: int
    kept: int
    pairs: int
    loss: float
    rows: int
    sent: int


@dataclass
class _PieceRun(Run):
    """The run of a piece: its blocks, and their learning rates.

    Attributes:
        done: Tokens that all nodes have trained before the piece.
        first: Where it begins.
        pace: Tokens that all nodes train while this one trains one.
    """

    done: int = 0
    first: int = 0
    pace: float = 1.0

    def alpha(self, begin: int) -> float:
        return self.schedule.alpha(self.done + (begin - self.first) * self.pace)


@dataclass
class _Held:
    vectors: NDArray[np.float32]
    vectors_lockf: NDArray[np.float32]


@dataclass(eq=False)
class _NodeWeights(Weights):
    """Matrices of a node, whose bags it was given."""

    given: Bags | None = None

    def bags(self) -> Bags | None:
        return self.given

    def input_rows(self, words: int) -> int:
        return words if self.given is None else self.given.count


class Node:
    """One of several that learn together.

    Args:
        number: Which one, from 0 on.
        nodes: How many there are.
        threads: That train here.
    """

    def __init__(self, number: int, nodes: int, threads: int) -> None:
        self._number = number
        self._nodes = nodes
        self._threads = threads
        self._all_words: Corpus | None = None
        self._corpus: Corpus | None = None
        self._stops = False

    # ---- at any time ----

    def about(self) -> dict[str, str]:
        """What must be equal on all nodes, and where this one is."""
        return {
            "fastemb": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "kernel": isa(),
            "host": socket.gethostname(),
            "process": str(os.getpid()),
        }

    def stop(self) -> None:
        """Break off what is trained; `back` lets it begin again."""
        self._stops = True

    # ---- the shard ----

    def read(self, shard: Shard) -> tuple[list[Any], NDArray[np.int64], int, int]:
        """Read a shard; returns its words as they first occur, their counts, its sentences, and all its words."""
        try:
            corpus = shard.read(self._threads)
        except NothingKeptError:
            corpus = Corpus(np.empty(0, np.int32), np.zeros(1, np.int64), Vocabulary([], []), 0)
        vocabulary, nothing = corpus.vocabulary, Vocabulary([], [])
        self._all_words, self._corpus = Corpus(corpus.ids, corpus.offsets, nothing, corpus.raw_words), None
        return vocabulary.keys, vocabulary.counts, len(corpus), corpus.raw_words

    def encode(self, numbers: NDArray[np.int32]) -> int:
        """Number the words anew, each as ``numbers`` says, -1 for those that are dropped; returns how many are kept."""
        assert self._all_words is not None
        words = self._all_words
        ids, offsets = renumber_in_place(words.ids.copy(), words.offsets.copy(), numbers)
        self._corpus = Corpus(ids, offsets, words.vocabulary, words.raw_words)
        return self._corpus.words

    def digest(self, ids: ArraySum, offsets: ArraySum, first: int) -> tuple[ArraySum, ArraySum]:
        """Add this shard to the digest of those before it, which have so many words."""
        assert self._corpus is not None
        ends = self._corpus.offsets[1 if self._number else 0 :]
        return ids.add(self._corpus.ids), offsets.add(ends + first)

    # ---- training ----

    def begin(self, lesson: Lesson, tokens: Tokens | None, first: int) -> None:
        """Make ready for a run.

        Args:
            lesson: What is trained.
            tokens: Whose tokens from number ``first`` on are this node's shard; None: those of `read` and `encode`,
                the first of which has the place ``first`` in the epoch.
            first: See ``tokens``.
        """
        self._lesson = lesson
        rows = {name: zeros(*shape) for name, shape in lesson.shapes.items()}
        held = _Held(rows["vectors"], lesson.factors)
        weights = _NodeWeights(held, rows.get("syn1neg"), rows.get("syn1"), given=lesson.bags)
        self._first = first
        if tokens is None:
            assert self._corpus is not None
            self._all_words = None
            tokens, self._first = CorpusTokens(self._corpus, first_position=first), 0
        task = Task(lesson.settings, tokens, lesson.tables, weights, lesson.want_loss, lesson.contexts)
        self._trainer: LaneTrainer = task.bind(lesson.seed)
        self._weights = weights
        self._base: Matrices = {}  # as they were at the last merging of each row
        self._begun: Matrices = {}  # rows that are merged often, as they were when the round began
        self._pending: Sequence[list[Changes]] | None = None
        self._often = dict.fromkeys(lesson.shapes, _NO_ROWS)
        if self._nodes > 1:
            self._look_ahead(lesson)

    def _look_ahead(self, lesson: Lesson) -> None:
        """Find out what a round will meet."""
        plan, counts = lesson.plan, lesson.tables.counts
        met = Meetings(lesson.settings, lesson.tables, lesson.bags)
        words = int(counts.sum())
        self._often = {name: often(met.occurrences[name], words, plan) for name in lesson.shapes}
        self._pairs: Matrices = {}  # of a node between two mergings of each row
        for name in lesson.shapes:
            pairs = met.pairs[name] / (plan.rounds * self._nodes)
            pairs[self._often[name]] /= plan.beats
            self._pairs[name] = np.maximum(pairs, met.least[name]).astype(np.float32)
        self._expected = met.total / max(words, 1)  # pairs of a word
        outputs = {name: met.pairs[name] for name in lesson.shapes if name != "vectors"}
        self._curvatures = Curvatures(met.hidden, outputs, lesson.bags, lesson.seed)
        self._curved: dict[str, Curvature] = {}

    def set_state(self, state: Matrices) -> None:
        """Take these matrices, which all nodes have now."""
        self._stops, self._pending = False, None
        for name, matrix in self._matrices().items():
            matrix[:] = state[name]
            self._base[name] = np.array(state[name], np.float32)
        self._round_begins()

    def state(self) -> Matrices:
        """The matrices as they were when the round began, which all nodes have."""
        self.back()
        return self._base

    def back(self) -> None:
        """Go back to the beginning of the round."""
        self._stops, self._pending, self._curved = False, None, {}
        for name, matrix in self._matrices().items():
            self._base[name][self._often[name]] = self._begun[name]
            matrix[:] = self._base[name]

    def train(self, beat: Beat) -> list[Report | list[Changes]]:
        """Train the piece of a beat; returns what was done, and for each node the changes of rows that it merges."""
        plan = self._lesson.plan
        begin, end = (self._first + at for at in plan.piece(self._number, beat.number))
        others = plan.done(beat.number + 1) - plan.done(beat.number)
        run = _PieceRun(
            1, end, plan.block, self._lesson.seed, beat.schedule, next_word=begin, draw_epoch=beat.draw_epoch
        )
        run.done, run.first, run.pace = beat.done, begin, others / max(end - begin, 1)
        if begin < end:
            strategy_of(self._lesson.settings).train_epoch(run, self._trainer, self._watch)
        totals = run.totals
        done = (totals.words, totals.kept, totals.pairs, totals.loss)
        if self._nodes == 1:
            return [Report(*done, 0, 0)]
        ends_round = (beat.number + 1) % plan.beats == 0
        self._alpha = run.alpha(begin)
        self._met = totals.pairs / max(self._expected * totals.words, 1.0)
        parts: list[list[Changes]] = [[] for _ in range(self._nodes)]
        rows = 0
        for name, matrix in self._matrices().items():
            made = changes_between(self._base[name], matrix, None if ends_round else self._often[name])
            rows += len(made.rows)
            for of_owner, some in zip(parts, split(made, self._nodes), strict=True):
                of_owner.append(some)
        sent = sum(one.nbytes for owner, some in enumerate(parts) for one in some if owner != self._number)
        return [Report(*done, rows, sent), *parts]

    def merge(self, *parts: list[Changes]) -> list[Changes]:
        """The changes of all nodes to the rows that this one merges, by matrix, as one."""
        matrices = self._matrices()
        if not self._curved:
            self._curved = self._curvatures.of(matrices)
        rate = np.float32(self._alpha * self._met)
        return [
            combined(changes, rate * self._pairs[name], self._curved[name])
            for name, changes in zip(matrices, zip(*parts, strict=True), strict=True)
        ]

    def take(self, ends_round: bool, *merged: list[Changes]) -> int:
        """Take what each node has merged; returns the bytes that came from others.

        At the end of a round it waits for `commit`, as it cannot be taken back: all nodes must have it first.
        """
        if ends_round:
            self._pending = merged
        else:
            self._add(merged)
        return sum(one.nbytes for owner, some in enumerate(merged) for one in some if owner != self._number)

    def commit(self) -> None:
        """The round has ended on all nodes."""
        if self._nodes == 1:
            for name, matrix in self._matrices().items():
                self._base[name][:] = matrix
        elif self._pending is not None:
            self._add(self._pending)
        self._pending = None
        self._round_begins()

    def _add(self, merged: Sequence[list[Changes]]) -> None:
        for of_owner in merged:
            for (name, matrix), changes in zip(self._matrices().items(), of_owner, strict=True):
                base = self._base[name]
                base[changes.rows] += changes.values
                matrix[changes.rows] = base[changes.rows]

    def _round_begins(self) -> None:
        self._curved = {}
        self._begun = {name: self._base[name][self._often[name]] for name in self._base}

    def _matrices(self) -> Matrices:
        weights = self._weights
        named = {"vectors": weights.holder.vectors, "syn1neg": weights.syn1neg, "syn1": weights.syn1}
        return {name: matrix for name, matrix in named.items() if matrix is not None}

    def _watch(self, _: Pause) -> None:
        if self._stops:
            raise StoppedError
