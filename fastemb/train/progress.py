"""What a person sees while training runs: share done, words a second, learning rate, loss, time left."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import Any, Protocol, TextIO

import numpy as np

_DELAY = 0.5  # seconds before the first line, so that short runs stay quiet
_INTERVAL = 0.25
_LINES = 10  # in a log
_LINE_SECONDS = 60.0  # without a line in a log


class Display(Protocol):
    """Hears how far training is."""

    def update(self, words: int, alpha: float, loss: float | None) -> None:
        """Words done over all epochs, the current learning rate, the mean loss a word."""

    def saved(self, words: int) -> None:
        """A checkpoint was written after so many words."""

    def status(self, text: str) -> None:
        """What else to show from now on, as of the nodes of a cluster."""


class Progress(Display, Protocol):
    """A display with an end."""

    def close(self) -> None:
        """Training has ended, well or not."""


class Silent:
    """Shows nothing."""

    def update(self, words: int, alpha: float, loss: float | None) -> None:
        """Do nothing."""

    def saved(self, words: int) -> None:
        """Do nothing."""

    def status(self, text: str) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class _Text:
    """What a line says of a run of ``total`` words, of which some were ``done`` before it started."""

    def __init__(self, total: int, done: int) -> None:
        self.total = total
        self.start = time.monotonic()
        self.saved = self.status = ""
        self._before = done

    def line(self, words: int, alpha: float, loss: float | None, now: float) -> str:
        """How far it is."""
        speed = (words - self._before) / (now - self.start)
        left = (self.total - words) / speed if speed else 0.0
        return (
            f"{100 * words / self.total:5.1f}%  {speed / 1e3:,.0f} k words/s  "
            f"alpha {alpha:.5f}{'' if loss is None else f'  loss {loss:.4f}'}  {_clock(left)} left"
            f"{self.status}{self.saved}"
        )


class Plain:
    """One line that is written over and over."""

    def __init__(self, total: int, stream: TextIO, done: int = 0) -> None:
        self._text = _Text(total, done)
        self._stream = stream
        self._last = self._text.start
        self._shown = False

    def update(self, words: int, alpha: float, loss: float | None) -> None:
        """Write the line anew, a few times a second."""
        now = time.monotonic()
        if now - self._text.start < _DELAY or now - self._last < _INTERVAL:
            return
        self._last, self._shown = now, True
        self._stream.write(f"\r{self._text.line(words, alpha, loss, now):<72}")
        self._stream.flush()

    def saved(self, words: int) -> None:
        """Name the place of the latest checkpoint from now on."""
        self._text.saved = _saved_at(words, self._text.total)

    def status(self, text: str) -> None:
        """Show this, too, from now on."""
        self._text.status = f", {text}"

    def close(self) -> None:
        """End the line."""
        if self._shown:
            self._stream.write("\n")
            self._stream.flush()


class Lines:
    """A line now and then, for what is read later: files of logs, and notebooks that a program runs.

    One is written for each tenth of the run, and after each minute without one.
    """

    def __init__(self, total: int, stream: TextIO, done: int = 0) -> None:
        self._text = _Text(total, done)
        self._stream = stream
        self._next = done + max(1, total // _LINES)
        self._last = time.monotonic()

    def update(self, words: int, alpha: float, loss: float | None) -> None:
        """Write a line if it is time."""
        now = time.monotonic()
        if now - self._last < _LINE_SECONDS and (words < self._next or now - self._text.start < _DELAY):
            return
        self._last = now
        self._next = words + max(1, self._text.total // _LINES)
        self._stream.write(f"{self._text.line(words, alpha, loss, now)}\n")
        self._stream.flush()

    def saved(self, words: int) -> None:
        """Name the place of the latest checkpoint from now on."""
        self._text.saved = _saved_at(words, self._text.total)

    def status(self, text: str) -> None:
        """Show this, too, from now on."""
        self._text.status = f", {text}"

    def close(self) -> None:
        """Do nothing: each line has an end."""


class Notebook:
    """A bar in the output of a notebook's cell, a single one that is changed a few times a second.

    Where no HTML is shown it is a line of text. A notebook that is saved has what was shown last.
    """

    def __init__(self, total: int, done: int = 0) -> None:
        self._total = max(total, 1)
        self._before = done
        self._start = self._last = time.monotonic()
        self._words = done
        self._rest = ""
        self._saved = self._status = ""
        self._handle: Any = None

    def update(self, words: int, alpha: float, loss: float | None) -> None:
        """Change the bar, a few times a second."""
        self._words = words
        self._rest = f"alpha {alpha:.5f}{'' if loss is None else f', loss {loss:.4f}'}"
        now = time.monotonic()
        if now - self._start < _DELAY or now - self._last < _INTERVAL:
            return
        self._last = now
        speed = self._speed(now)
        self._show(f"{speed / 1e3:,.0f} k words/s, {_clock((self._total - words) / speed if speed else 0.0)} left")

    def saved(self, words: int) -> None:
        """Name the place of the latest checkpoint from now on."""
        self._saved = _saved_at(words, self._total)

    def status(self, text: str) -> None:
        """Show this, too, from now on."""
        self._status = f", {text}"

    def close(self) -> None:
        """Say how long it took, if the bar was shown."""
        if self._handle is not None:
            now = time.monotonic()
            ended = "in" if self._words >= self._total else "stopped after"
            self._show(f"{ended} {_clock(now - self._start)}, {self._speed(now) / 1e3:,.0f} k words/s")

    def _speed(self, now: float) -> float:
        return (self._words - self._before) / max(now - self._start, 1e-9)

    def _show(self, pace: str) -> None:
        share = 100 * self._words / self._total
        text = f"{share:.1f}%  {pace}, {self._rest}{self._status}{self._saved}"
        bar = f'<progress value="{self._words}" max="{self._total}" style="width: 20em"></progress>'
        shown = {"text/plain": text, "text/html": f"<div>{bar} {text}</div>"}
        if self._handle is None:
            self._handle = import_module("IPython.display").display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)


class Tqdm:
    """A tqdm bar."""

    def __init__(self, total: int, stream: TextIO, done: int = 0) -> None:
        from tqdm.auto import tqdm

        first: dict[str, Any] = {"initial": done} if done else {}
        self._bar = tqdm(
            total=total,
            unit="word",
            unit_scale=True,
            file=stream,
            delay=_DELAY,
            mininterval=_INTERVAL,
            leave=True,
            **first,
        )
        self._total = total
        self._saved = self._status = ""

    def update(self, words: int, alpha: float, loss: float | None) -> None:
        """Move the bar."""
        loss_now = "" if loss is None else f", loss {loss:.4f}"
        self._bar.set_postfix_str(f"alpha {alpha:.5f}{loss_now}{self._status}{self._saved}", refresh=False)
        self._bar.update(words - self._bar.n)

    def saved(self, words: int) -> None:
        """Name the place of the latest checkpoint from now on."""
        self._saved = _saved_at(words, self._total)

    def status(self, text: str) -> None:
        """Show this, too, from now on."""
        self._status = f", {text}"

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()


def checked_progress(show: Any) -> bool | None:
    """Whether to show progress: True, False, or None for where somebody may be looking.

    Raises:
        TypeError: it is something else.
    """
    if show is None or isinstance(show, bool | np.bool_):
        return None if show is None else bool(show)
    raise TypeError(f"progress must be True, False or None, not {show!r}; for a function of your own use callbacks")


def make_progress(show: bool | None, total: int, done: int = 0) -> Progress:
    """The display for a run of ``total`` words, of which some are ``done``.

    None shows it in a notebook, and when standard error is a terminal. Where it is neither of the two, True writes
    lines one after the other, as nothing can be written over in a log.
    """
    if show is not False and _in_notebook():
        return Notebook(total, done)
    stream = sys.stderr
    if show is False or stream is None:
        return Silent()
    if not stream.isatty():
        return Lines(total, stream, done) if show else Silent()
    try:
        return Tqdm(total, stream, done)
    except ImportError:
        return Plain(total, stream, done)


def _in_notebook() -> bool:
    """Whether this runs in Jupyter or the like, where standard error is no terminal and yet somebody looks at it."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return hasattr(shell, "kernel")


def _saved_at(words: int, total: int) -> str:
    return f", saved at {100 * words / total:.1f}%" if total else ""


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
