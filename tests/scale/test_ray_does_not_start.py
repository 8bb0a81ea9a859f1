"""Ray that fails to start, told in a line; Ray itself need not be there."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, NoReturn

import pytest

from fastemb.scale import on_ray


def test_ray_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_: Any) -> NoReturn:
        raise Exception("The current node timed out during startup.\nmore")

    ray = ModuleType("ray")
    vars(ray).update(init=init, is_initialized=lambda: False, shutdown=lambda: None, exceptions=None)
    monkeypatch.setitem(sys.modules, "ray", ray)
    with pytest.raises(RuntimeError, match=r"^Ray did not start on this machine: The current node timed out during"):
        on_ray.OnRay("local", 2, 1)
