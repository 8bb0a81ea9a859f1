"""All readers of files, by their names."""

from __future__ import annotations

from .learned import learned
from .readers import Reader, readers


def every_reader() -> dict[str, Reader]:
    """Those of vectors, models and texts, and of what learns from labels, documents and parts of words."""
    return readers() | learned()
