"""A pause of training: nothing is trained while it lasts, and then threads go on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..signals import deliver

_POLL = 0.05  # seconds until a signal is handled


class Pausing:
    """What threads that train share with one that watches.

    Attributes:
        changed: Held by who takes up or ends work, and notified of it.
        busy: Pieces of work that are not ended; 0 when nothing is being trained.
        paused: Whether nothing may begin.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.busy = 0
        self.paused = False

    @contextmanager
    def pause(self) -> Iterator[None]:
        """As `strategy.Pause` says; for the thread that watches."""
        self.paused = True
        try:
            while self._waits():
                deliver()
            yield
        finally:
            with self.changed:
                self.paused = False
                self.changed.notify_all()

    def _waits(self) -> bool:
        with self.changed:
            if self.busy:
                self.changed.wait(_POLL)
            return self.busy > 0
