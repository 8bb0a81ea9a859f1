"""Nodes that learn together: rounds of training on each of them, after which their changes are merged.

In a beat every node trains a piece of its shard on its own copy of the matrices. Then it sends what changed, in parts:
each node merges the rows that it owns (a reduce-scatter) and hands the result to all (an all-gather). So no machine
moves more than its share, and this process moves no vectors at all but for checkpoints and at the end of an epoch.

A round is redone from its beginning when a node is lost. What it draws depends on the places of words in the text
alone, so with one thread a node the bits are those of a training in which nothing was lost.
"""

from __future__ import annotations

import copy
import logging
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..checks import warn
from ..signals import Deferred
from ..train.run import Run, Totals
from ..train.strategy import Watch
from ..train.task import Task, Tokens
from ..train.training import Elsewhere
from .node import Beat, Lesson, Matrices, Report
from .plan import Plan
from .transport import Handle, NodeLostError, Transport

logger = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds that a node may take longer than all others, or as many times their time as follows, if that is more."""
_TIMES = 4
MOST_FAILURES = 10  # of one round, before training gives up
_ALIVE_SECONDS = 20.0
_LAST_WORDS = 8.0  # seconds for what was learned to arrive after an interrupt


@dataclass(frozen=True)
class Spread:
    """Where the tokens of a task are.

    Attributes:
        words: Tokens of each node's shard.
        unit: A block has a multiple of so many.
        tokens: What a node is given of them, as `Node.begin` takes it.
        fill: Has a node that is new read its shard again.
    """

    words: tuple[int, ...]
    unit: int
    tokens: Callable[[int], tuple[Tokens | None, int]]
    fill: Callable[[int], None]


@dataclass
class Tally:
    """What was done in all rounds.

    Attributes:
        rounds: That ended.
        rows: Rows that nodes sent.
        nbytes: That went from one node to another.
        lost: Nodes that were replaced.
        seconds: Of training, and of waiting for changes to be merged.
    """

    rounds: int = 0
    rows: int = 0
    nbytes: int = 0
    lost: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: {"train": 0.0, "merge": 0.0})

    def told(self) -> dict[str, float]:
        """As plain values."""
        seconds = {f"seconds_to_{what}": taken for what, taken in self.seconds.items()}
        return {"rounds": self.rounds, "rows": self.rows, "bytes": self.nbytes, "replaced": self.lost, **seconds}


class Together(Elsewhere):
    """Trains a task on nodes.

    Args:
        transport: Reaches them.
        task: What they train; its weights learn what they learn.
        spread: Where its tokens are.
        rounds: Of an epoch; None for the default.
        tally: Hears what is done.
    """

    def __init__(self, transport: Transport, task: Task, spread: Spread, rounds: int | None, tally: Tally) -> None:
        self._transport = transport
        self._task = task
        self._spread = spread
        self._rounds = rounds
        self._tally = tally
        self._plan: Plan | None = None
        self._lesson: Handle = None
        self._known: dict[str, int] = {}  # checksums of the matrices that the nodes have
        self._safe = (0, 0, Totals())  # the run as it was when the matrices here were those of the nodes
        self._current = False  # whether the matrices here are those of the nodes
        self._empty: set[int] = set()  # nodes that were replaced and have no matrices yet

    @property
    def status(self) -> str:
        """What a display shows besides."""
        tally, nodes = self._tally, self._transport.nodes
        lost = f", {tally.lost} replaced" if tally.lost else ""
        return f"{nodes} node{'s' * (nodes != 1)}{lost}, {_bytes(tally.nbytes)} exchanged"

    def train_epoch_elsewhere(self, run: Run, watch: Watch) -> None:
        """Train what is left of the present epoch; afterwards the weights of the task are what was learned."""
        try:
            self._begin(run)
            failures = 0
            while run.next_word < run.words:
                watch(lambda: self._paused(run))
                try:
                    self._round(run)
                    failures = 0
                except NodeLostError as lost:
                    failures += 1
                    if failures > MOST_FAILURES:
                        raise RuntimeError(f"nodes were lost {failures} times in one round, at last: {lost}") from lost
                    self._recover(run, lost)
            self._fetch_anyway(run)
        except BaseException:
            self._settle(run)
            raise

    # ---- beginning ----

    def _begin(self, run: Run) -> None:
        """Let all nodes have the matrices of this process, where these are not theirs already."""
        self._safe = (run.epoch, run.next_word, copy.copy(run.totals))
        sums = _sums(matrices_of(self._task))
        is_first = self._plan is None
        if is_first:
            self._make_plan(run)
        if is_first or sums != self._known:
            self._surely(self._tell_all if is_first else self._send_all)
        self._known, self._current = sums, True

    def _make_plan(self, run: Run) -> None:
        task, words = self._task, self._spread.words
        plan = Plan.of(words, task.settings, run.block, self._spread.unit, self._rounds)
        cut = (len(words), plan.rounds)
        if run.next_word and run.cut != cut:
            before = "one machine" if run.cut is None else f"{run.cut[0]} nodes in {run.cut[1]} rounds"
            raise ValueError(
                f"{before} trained a part of this epoch: go on with it there, or by as many nodes, before it is "
                f"trained by {cut[0]} nodes in {cut[1]} rounds"
            )
        run.cut = cut
        lesson = Lesson(
            replace(task.settings, workers=self._transport.threads),
            task.tables,
            task.weights.bags(),
            task.weights.lock_factors(),
            task.want_loss,
            task.contexts,
            run.seed,
            plan,
            {name: matrix.shape for name, matrix in matrices_of(task).items()},
        )
        self._plan, self._lesson = plan, self._transport.put(lesson)

    def _tell_all(self) -> None:
        self._gather([(node, self._tell_lesson(node)) for node in range(self._transport.nodes)])
        self._send_all()

    def _surely(self, work: Callable[[], None]) -> None:
        """Do what can be done again; nodes that are lost meanwhile are replaced, and told all."""
        for _ in range(MOST_FAILURES):
            try:
                return work()
            except NodeLostError as lost:
                gone = sorted(set(range(self._transport.nodes)) - set(self._transport.alive(_ALIVE_SECONDS)))
                warn(f"{lost}; it is replaced")
                self._tally.lost += len(gone)
                try:
                    for node in gone:
                        self._transport.replace(node)
                        self._spread.fill(node)
                        self._gather([(node, self._tell_lesson(node))])
                except NodeLostError as another:
                    logger.info("lost again while nodes were replaced: %s", another)
        raise RuntimeError("nodes are lost again and again before training begins")

    def _tell_lesson(self, node: int) -> Handle:
        return self._transport.call(node, "begin", self._lesson, *self._spread.tokens(node))[0]

    def _send_all(self) -> None:
        state = self._transport.put({name: np.ascontiguousarray(m) for name, m in matrices_of(self._task).items()})
        self._all("set_state", state)

    # ---- rounds ----

    def _round(self, run: Run) -> None:
        assert self._plan is not None
        if self._empty:
            raise NodeLostError(f"node {min(self._empty)} was lost while nodes were replaced")
        plan = self._plan
        first = plan.round_at(run.next_word) * plan.beats
        done = run.epoch * run.words
        totals, rows, nbytes = Totals(), 0, 0
        for number in range(first, first + plan.beats):
            beat = Beat(number, run.draw_epoch, run.schedule, done + plan.done(number))
            for report, came in self._beat(beat, number + 1 == first + plan.beats):
                totals.add(report.words, report.kept, report.pairs, report.loss)
                rows, nbytes = rows + report.rows, nbytes + report.sent + came
        for node in range(self._transport.nodes):
            self._transport.call(node, "commit")
        self._current = False
        run.next_word = plan.done(first + plan.beats)
        run.totals.add(totals.words, totals.kept, totals.pairs, totals.loss)
        self._tally.rounds, self._tally.rows = self._tally.rounds + 1, self._tally.rows + rows
        self._tally.nbytes += nbytes
        logger.debug("round %d: %d words, %d rows, %d bytes", self._tally.rounds, totals.words, rows, nbytes)

    def _beat(self, beat: Beat, ends_round: bool) -> list[tuple[Report, int]]:
        """Train a beat on all nodes; returns what each reports, and the bytes that came to it."""
        transport, nodes = self._transport, range(self._transport.nodes)
        start = time.perf_counter()
        if len(nodes) == 1:
            made = self._gather([(0, transport.call(0, "train", beat)[0])])[0]
            self._tally.seconds["train"] += time.perf_counter() - start
            return [(made[0], 0)]
        trained = [transport.call(node, "train", beat, returns=1 + len(nodes)) for node in nodes]
        reports: list[Report] = self._gather([(node, trained[node][0]) for node in nodes], patience=PATIENCE)
        middle = time.perf_counter()
        merged = [transport.call(owner, "merge", *[trained[node][1 + owner] for node in nodes])[0] for owner in nodes]
        taken = [transport.call(node, "take", ends_round, *merged)[0] for node in nodes]
        came: list[int] = self._gather(list(zip(nodes, taken, strict=True)), patience=PATIENCE)
        self._tally.seconds["train"] += middle - start
        self._tally.seconds["merge"] += time.perf_counter() - middle
        return list(zip(reports, came, strict=True))

    # ---- when a node is lost ----

    def _recover(self, run: Run, lost: NodeLostError) -> None:
        """Replace the nodes that are lost, and let all begin the round anew."""
        transport = self._transport
        alive = [node for node in transport.alive(_ALIVE_SECONDS) if node not in self._empty]
        gone = [node for node in range(transport.nodes) if node not in alive]
        self._tally.lost += len(set(gone) - self._empty)
        self._empty.update(gone)
        warn(
            f"{lost}; "
            + (f"node {', '.join(map(str, gone))} is replaced" if gone else "all nodes answer again")
            + ", and the round begins anew"
        )
        try:
            back = self._gather([(node, transport.call(node, "back")[0]) for node in alive])
            assert len(back) == len(alive)
            for node in gone:
                transport.replace(node)
                self._spread.fill(node)
            self._gather([(node, self._tell_lesson(node)) for node in gone])
            if not gone:
                return
            if alive:
                state = transport.call(alive[0], "state")[0]
                self._gather([(node, transport.call(node, "set_state", state)[0]) for node in gone])
            else:  # all that is left is here
                self._roll_back(run)
                self._send_all()
            self._empty.clear()
        except NodeLostError as another:
            logger.info("lost again while nodes were replaced: %s", another)

    def _roll_back(self, run: Run) -> None:
        """Let the run be what it was when the matrices here were those of the nodes."""
        _, run.next_word, totals = self._safe
        run.totals = copy.copy(totals)

    # ---- fetching ----

    @contextmanager
    def _paused(self, run: Run) -> Iterator[None]:
        """No round is trained meanwhile; the matrices here are those of all nodes."""
        try:
            self._fetch(run)
        except NodeLostError as lost:  # no checkpoint now, but after the next round
            self._recover(run, lost)
            self._fetch(run)
        yield

    def _fetch_anyway(self, run: Run) -> None:
        for _ in range(MOST_FAILURES):
            try:
                self._fetch(run)
                return
            except NodeLostError as lost:
                self._recover(run, lost)
                if run.next_word < run.words:
                    raise RuntimeError(f"all nodes were lost at once at the end of an epoch: {lost}") from lost
        raise RuntimeError("the vectors could not be fetched: nodes are lost again and again")

    def _fetch(self, run: Run) -> None:
        if self._current:
            return
        node = next((node for node in range(self._transport.nodes) if node not in self._empty), 0)
        state: Matrices = self._gather([(node, self._transport.call(node, "state")[0])])[0]
        with Deferred():
            self._put(state)
            self._safe = (run.epoch, run.next_word, copy.copy(run.totals))

    def _settle(self, run: Run) -> None:
        """After a failure or an interrupt: what was learned comes here, or the run is what it was at the last fetch."""
        if self._current:
            return
        try:
            alive = [node for node in self._transport.alive(_LAST_WORDS) if node not in self._empty]
            if alive:
                state = self._gather([(alive[0], self._transport.call(alive[0], "state")[0])])[0]
                self._put(state)
                return
        except Exception as error:
            logger.info("what the nodes learned last cannot be fetched: %s", error)
        self._roll_back(run)

    def _put(self, state: Matrices) -> None:
        for name, matrix in matrices_of(self._task).items():
            matrix[:] = state[name]
        self._task.weights.learned()
        self._known, self._current = _sums(matrices_of(self._task)), True

    def _all(self, method: str, *arguments: Any) -> list[Any]:
        calls = [(node, self._transport.call(node, method, *arguments)[0]) for node in range(self._transport.nodes)]
        return self._gather(calls)

    def _gather(self, handles: list[tuple[int, Handle]], patience: float | None = None) -> list[Any]:
        return self._transport.gather(handles, patience)


def matrices_of(task: Task) -> Matrices:
    """The matrices of a task, by name."""
    weights = task.weights
    named = {"vectors": weights.holder.vectors, "syn1neg": weights.syn1neg, "syn1": weights.syn1}
    return {name: matrix for name, matrix in named.items() if matrix is not None}


def _sums(matrices: Matrices) -> dict[str, int]:
    return {name: zlib.crc32(np.ascontiguousarray(matrix).view(np.uint8).data) for name, matrix in matrices.items()}


def _bytes(count: float) -> str:
    units = ["B", "kB", "MB", "GB", "TB"]
    while count >= 1000 and len(units) > 1:
        count, units = count / 1000, units[1:]
    return f"{count:.3g} {units[0]}"
