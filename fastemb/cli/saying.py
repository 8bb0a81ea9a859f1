"""What commands print beside their output."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any


def say(message: str) -> None:
    """Print to standard error, as long as it is there: what goes on must not end with the terminal."""
    try:
        print(message, file=sys.stderr)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def add_quiet(parser: Any, but: str = "errors") -> None:
    """Add that nothing is printed ``but`` what this names."""
    parser.add_argument("-q", "--quiet", action="store_true", help=f"print nothing but {but}")


def tell(options: argparse.Namespace, message: str) -> None:
    """As `say`, unless nothing is to be printed."""
    if not options.quiet:
        say(message)


def progress_of(options: argparse.Namespace) -> bool | None:
    """Whether training shows its progress, as models take it."""
    return False if options.quiet else None


def give_up_output() -> None:
    """Print what is left of standard output if it is still there; what Python does at its end must not fail."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
