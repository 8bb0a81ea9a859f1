"""All readers of files, by their names."""

from __future__ import annotations

from .further import further
from .learned import learned
from .readers import Reader, readers


def every_reader() -> dict[str, Reader]:
    """Those of `readers`, `learned` and `further`."""
    return readers() | learned() | further()
