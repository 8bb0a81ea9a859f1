"""Fixtures that every room of the tests shares."""

from __future__ import annotations

import pytest

from fastemb import _native

ISAS = [name for name, _, supported in _native.kernels() if supported]


@pytest.fixture(params=ISAS)
def isa(request: pytest.FixtureRequest) -> str:
    """Each instruction set that this machine can run."""
    name: str = request.param
    return name
