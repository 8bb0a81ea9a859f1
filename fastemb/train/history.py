"""How training went, as plain data: a row of numbers for each hundredth of a run, and one for each epoch's end."""

from __future__ import annotations

import logging
import time

from .run import Run
from .settings import Checked

logger = logging.getLogger(__name__)

Row = dict[str, float | None]

_ROWS = 100  # of a run, besides those of the ends of epochs
_SHORT = 0.05  # seconds in which too few blocks end for their number to tell the speed


class Recorder:
    """Writes the rows of a run; only time between `start` and the last `note` counts, not that of callbacks.

    The end of an epoch that comes shortly after a row takes that row's place, as words are counted by whole blocks, and
    a few of those in no time would look like a very high speed.

    Args:
        run: What is recorded.
        with_loss: Whether the loss is added up.
        settings: What the log says of the run at the level DEBUG; each epoch is a line at INFO.

    Attributes:
        rows: Each a dict with "epoch", the passes done, a whole number at the end of one; "words", all corpus words
            so far; "seconds" of training so far; "alpha", the learning rate; "loss", the mean a word since the row
            before, or None; and "words_per_second" since then.
    """

    def __init__(self, run: Run, with_loss: bool, settings: Checked) -> None:
        if logger.isEnabledFor(logging.DEBUG):
            shown = ", ".join(f"{name}={value!r}" for name, value in settings.values().items())
            logger.debug("training %d epochs of %d words: %s", run.epochs, run.words, shown)
        self.rows: list[Row] = []
        self._run = run
        self._with_loss = with_loss
        self._midst: tuple[int, float, float] | None = None  # noted before the last row, unless that ends an epoch
        self._seconds = 0.0
        self._since = 0.0
        self._noted = (run.totals.words, run.totals.loss, 0.0)  # words, loss and seconds at the row before
        self._epoch_began = self._noted

    def start(self) -> None:
        """Training goes on from here."""
        self._since = time.perf_counter()

    def note(self, *, ends: bool = False) -> None:
        """Write a row if a hundredth of the run was trained since the one before, or an epoch ``ends``."""
        now = time.perf_counter()
        self._seconds += now - self._since
        self._since = now
        run, (words, loss, seconds) = self._run, self._noted
        done = run.totals.words - words
        little = done * _ROWS < run.epochs * run.words
        if little and not ends:
            return
        if self._midst is not None and ends and (little or self._seconds - seconds < _SHORT):
            self.rows.pop()
            words, loss, seconds = self._midst
            done = run.totals.words - words
        if done == 0:
            return
        self._midst = None if ends else (words, loss, seconds)
        self._noted = (words + done, run.totals.loss, self._seconds)
        self.rows.append(
            {
                "epoch": float(run.epoch) if ends else self._noted[0] / run.words,
                "words": float(self._noted[0]),
                "seconds": self._seconds,
                "alpha": run.schedule.alpha(self._noted[0]),
                "loss": (self._noted[1] - loss) / done if self._with_loss else None,
                "words_per_second": done / max(self._seconds - seconds, 1e-9),
            }
        )
        if ends and logger.isEnabledFor(logging.INFO):
            logger.info("%s", self._epoch_line())

    def _epoch_line(self) -> str:
        """What the log says of the epoch that has just ended: the loss and the speed are those of this epoch alone."""
        run, words, loss, seconds = self._run, *self._epoch_began
        self._epoch_began = (run.totals.words, run.totals.loss, self._seconds)
        done, taken = run.totals.words - words, self._seconds - seconds
        return (
            f"epoch {run.epoch} of {run.epochs}: {done:,} words in {taken:.1f} s, "
            f"{done / max(taken, 1e-9):,.0f} words/s, alpha {run.schedule.alpha(run.totals.words):.6g}"
            + (f", loss {(run.totals.loss - loss) / done:.6f} a word" if self._with_loss else "")
        )
