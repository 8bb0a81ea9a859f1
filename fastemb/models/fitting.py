"""One call of ``fit``: parts are trained one after the other, callbacks hear of it, and checkpoints are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ..checks import flag, warn
from ..signals import Allowed
from ..train.checkpoint import Checkpoints, Contents, Target
from ..train.history import Row
from ..train.learning import Learning
from ..train.progress import checked_progress, make_progress
from ..train.run import Run
from ..train.training import NO_EPOCHS, NOTHING_TRAINED
from .callbacks import Interrupted, StopTraining
from .training import checked_callbacks, hold_checkpoints
from .watcher import Watcher, train_watched


@dataclass(frozen=True)
class Standing:
    """How far a call of ``fit`` is, besides the run of its present part.

    Attributes:
        part: Which of its parts is being trained.
        loss: Of all parts so far.
        loss_before: Of the parts before this one.
        taught: Whether one of these had learned anything.
    """

    part: int = 0
    loss: float = 0.0
    loss_before: float = 0.0
    taught: bool = False


class Lesson(Protocol):
    """What a call of ``fit`` learns, and from what: one or more parts, each with matrices of its own."""

    @property
    def words(self) -> Sequence[int]:
        """Tokens of each part over all of its epochs."""
        ...

    def part(self, number: int, want_loss: bool) -> tuple[Run, Learning]:
        """A run of this part that has not begun, and what it trains."""
        ...

    def part_ended(self) -> None:
        """Hear that the present part was trained, or that its training failed."""
        ...

    def contents(self, standing: Standing, want_loss: bool) -> Contents:
        """What a checkpoint holds; called before training is paused for it."""
        ...


class Learner(Protocol):
    """An estimator with the parameters that say who hears of its training."""

    callbacks: Sequence[Any]
    compute_loss: bool
    progress: bool | None


Show = Callable[[float, dict[int, list[Row]]], None]
"""Makes a model show what was learned so far: the loss of all parts, and how each of them went, by its ``sg``."""


def learn(
    model: Learner,
    lesson: Lesson,
    show: Show,
    target: Target | None,
    begun: tuple[Standing, Run, bool] | None = None,
    first: Sequence[Any] = (),
) -> None:
    """Train what is left of a lesson. To be called with signals deferred.

    Args:
        model: What callbacks are given; `alone_with` holds it.
        lesson: What it learns.
        show: Called before each callback, and when training has ended.
        target: Where checkpoints go.
        begun: How far a checkpoint was: its standing, the run of its part, and whether the loss is added up. Default
            None: nothing has begun.
        first: Callbacks of the model's own, which are called before those of the user.

    Raises:
        FloatingPointError: training diverged. After this and any other error the model must be made what it was.
        BaseException: what a callback or a signal's handler raised.
    """
    with Allowed():
        callbacks, progress = [*first, *checked_callbacks(model.callbacks)], checked_progress(model.progress)
        words = lesson.words
        if begun is None:
            standing, left, want_loss = Standing(), None, bool(flag("compute_loss", model.compute_loss))
        else:
            standing, left, want_loss = begun
        done = sum(words[: standing.part]) + (0 if left is None else left.totals.words)
        display = make_progress(progress, sum(words), done)
    watcher = Watcher(display, callbacks, model, lambda seen: show(seen.loss, seen.histories), standing.loss)
    taught, all_parts, ends, checkpoints = standing.taught, False, True, None

    def contents() -> Contents:
        return lesson.contents(Standing(part, watcher.loss, watcher.loss_before, taught), want_loss)

    try:
        with Allowed():
            try:
                for part in range(standing.part, len(words)):
                    planned, task = lesson.part(part, want_loss)
                    run = planned if left is None else left
                    checkpoints = Checkpoints(target, run, task, contents)
                    hold_checkpoints(model, checkpoints)
                    watcher.part_begins(sum(words[:part]), None if left is None else standing.loss_before)
                    if part == standing.part:
                        watcher.train_begins()
                        if left is None:
                            checkpoints.start()
                    left = None
                    try:
                        train_watched(run, task, watcher, checkpoints)
                    finally:
                        lesson.part_ended()
                    taught = taught or run.totals.pairs > 0
                all_parts = True
            except Interrupted:
                ends = False
            except StopTraining:
                pass
            show(watcher.loss, watcher.histories)
            with suppress(StopTraining):
                watcher.train_ends()
            if checkpoints is not None and ends:
                checkpoints.finish()
    finally:
        watcher.close()
    if all_parts and not taught:  # and no callback stopped that
        warn(NOTHING_TRAINED if any(words) else NO_EPOCHS)
