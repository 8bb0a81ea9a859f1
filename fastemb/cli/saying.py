"""What commands print beside their output."""

from __future__ import annotations

import os
import sys


def say(message: str) -> None:
    """Print to standard error, as long as it is there: what goes on must not end with the terminal."""
    try:
        print(message, file=sys.stderr)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def give_up_output() -> None:
    """Print what is left of standard output if it is still there; what Python does at its end must not fail."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
