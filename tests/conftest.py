"""Fixtures that every room of the tests shares."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

from fastemb import _native

# A slow or busy machine is no failure.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# A suite that was started in the background inherits SIGINT as ignored, and so would its children; tests of Ctrl-C
# need it as a terminal has it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ISAS = [name for name, _, supported in _native.kernels() if supported]


@pytest.fixture(params=ISAS)
def isa(request: pytest.FixtureRequest) -> str:
    """Each instruction set that this machine can run."""
    name: str = request.param
    return name
