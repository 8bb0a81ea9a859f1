"""Training that a signal ends early, and what was learned is saved."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ..models.callbacks import StopTraining
from .saying import say
from .stopping import hear_again, raise_again, raising, status_of


def learn_and_save(learn: Callable[[], object], has_learned: Callable[[], bool], save: Callable[[], None]) -> int:
    """Train and save; after Ctrl-C, SIGTERM or SIGHUP save what was learned until then.

    Args:
        learn: Trains; `StopTraining` ends it and keeps what was learned.
        has_learned: Whether there is something to save.
        save: Saves it.

    Returns:
        The exit status.
    """
    try:
        with suppress(StopTraining), raising(StopTraining):
            learn()
        raise_again()
        save()
    except KeyboardInterrupt as error:
        if not has_learned():  # before training began
            raise
        hear_again()  # a second one ends the saving, too
        say("interrupted; saving what was learned so far")
        save()
        return status_of(error)
    return 0
