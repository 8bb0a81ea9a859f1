"""Fixtures of this room."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture
def signals() -> Iterator[None]:
    """Ctrl-C as it was: polars has system calls go on that it should interrupt, and other tests wait for that."""
    yield
    signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))
