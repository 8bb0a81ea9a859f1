"""The command line, called in this process as a shell would call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from fastemb.cli import main


class Result(NamedTuple):
    status: int
    output: str
    errors: str


Run = Callable[..., Result]


def status_of(*arguments: object) -> int:
    """What ``main`` returns, or ends with."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as stop:
        return int(stop.code or 0)


def caller(capsys: pytest.CaptureFixture[str]) -> Run:
    """What calls ``main``, and returns its status, what it prints, and what it prints to standard error."""
    return lambda *arguments: Result(status_of(*arguments), *capsys.readouterr())
