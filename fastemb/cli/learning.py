"""Training that a signal ends early, and what was learned is saved; and options of tables to learn from."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import suppress
from typing import Any

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


def add_fields(group: Any) -> None:
    """Add how the fields of a table are named and parted."""
    group.add_argument(
        "--columns", metavar="A,B,...", help="names of all columns, for a table whose first line has none"
    )
    group.add_argument("--sep", metavar="TEXT", help="what stands between the fields of a table")


def fields_of(options: argparse.Namespace) -> dict[str, Any]:
    """What the command line gave for ``columns`` and ``sep``."""
    return {
        "columns": options.columns.split(",") if options.columns else None,
        "sep": None if options.sep is None else options.sep.replace("\\t", "\t"),
    }
