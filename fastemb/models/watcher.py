"""Who hears of a model's training, which may have several parts, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from ..signals import Allowed, Deferred
from ..train.checkpoint import Checkpoints
from ..train.history import Row
from ..train.learning import Learning
from ..train.progress import Display, Progress
from ..train.run import Run
from ..train.training import Training
from .training import notify


class EpochWatcher(Protocol):
    """Who hears of the epochs of a run."""

    @property
    def display(self) -> Display:
        """Hears how far the run is."""
        ...

    @property
    def looks_at_vectors(self) -> bool:
        """Whether somebody may look at the vectors between two epochs."""
        ...

    def history_of(self, sg: int, rows: list[Row]) -> None:
        """The rows of the run, which grow while it is trained."""
        ...

    def epoch_begins(self) -> None:
        """An epoch begins."""
        ...

    def epoch_ends(self, loss: float) -> None:
        """An epoch has ended; ``loss`` is that of the run so far."""
        ...


class Watcher:
    """Tells callbacks and a display of the whole training, of which there may be several parts.

    Args:
        display: Of all parts together.
        callbacks: As the model takes them.
        model: What callbacks are given.
        show: Makes the model show its vectors as they are.
        loss: What was lost before a checkpoint.

    Attributes:
        display: For the part that is trained.
        loss: Of all parts so far.
        histories: How each part went so far, by its ``sg``.
    """

    def __init__(
        self,
        display: Progress,
        callbacks: Sequence[Any],
        model: Any,
        show: Callable[[Watcher], None],
        loss: float = 0.0,
    ) -> None:
        self.display = _Part(display)
        self.loss = loss
        self.histories: dict[int, list[Row]] = {}
        self._before = 0.0
        self._display = display
        self._callbacks = callbacks
        self._model = model
        self._show = show

    @property
    def looks_at_vectors(self) -> bool:
        """Whether somebody may look at the vectors between two epochs."""
        return bool(self._callbacks)

    def part_begins(self, words: int, loss: float | None = None) -> None:
        """A part begins, with so many words of all behind it, and this loss; None: that of the parts so far."""
        self.display.before = words
        self._before = self.loss if loss is None else loss

    @property
    def loss_before(self) -> float:
        """The loss of the parts before this one."""
        return self._before

    def history_of(self, sg: int, rows: list[Row]) -> None:
        """The rows of the part that is trained now, which grow while it is."""
        self.histories[sg] = rows

    def train_begins(self) -> None:
        """Training begins."""
        self._tell("on_train_begin")

    def epoch_begins(self) -> None:
        """An epoch begins."""
        self._tell("on_epoch_begin")

    def epoch_ends(self, loss: float) -> None:
        """An epoch has ended; ``loss`` is that of this part so far."""
        self.loss = self._before + loss
        self._tell("on_epoch_end")

    def train_ends(self) -> None:
        """All parts have ended."""
        self._tell("on_train_end")

    def close(self) -> None:
        """End the display."""
        with suppress(OSError):  # a terminal that was closed
            self._display.close()

    def _tell(self, event: str) -> None:
        if self._callbacks:
            with Allowed():
                self._show(self)
                notify(self._callbacks, event, self._model)


class _Part:
    """Passes on how far a part is, as a part of all."""

    def __init__(self, display: Progress) -> None:
        self.before = 0
        self._display = display

    def update(self, words: int, alpha: float, loss: float | None) -> None:
        """Words done in this part, the learning rate, the mean loss a word."""
        self._display.update(self.before + words, alpha, loss)

    def saved(self, words: int) -> None:
        """A checkpoint was written after so many words of this part."""
        self._display.saved(self.before + words)

    def status(self, text: str) -> None:
        """Pass it on."""
        self._display.status(text)


def train_watched(run: Run, task: Learning, watcher: EpochWatcher, checkpoints: Checkpoints) -> None:
    """Train what is left of a run.

    Args:
        run: How far it is.
        task: What it trains.
        watcher: Hears of that.
        checkpoints: Writes some meanwhile.

    Raises:
        FloatingPointError: training diverged.
    """
    with Deferred(), Training(run, task, task.strategy(), watcher.display, checkpoints) as training:
        watcher.history_of(task.part, training.history)
        while not run.ended:
            if not run.next_word:  # else this epoch had begun before a checkpoint
                watcher.epoch_begins()
            training.epoch()
            if watcher.looks_at_vectors:
                training.release()
            watcher.epoch_ends(run.totals.loss)
            training.epoch_ended()
