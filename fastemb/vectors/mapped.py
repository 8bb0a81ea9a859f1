"""Whether vectors lie in a file that is mapped to memory, all of which should not be read without need."""

from __future__ import annotations

import mmap
from typing import Any


def is_mapped(array: Any) -> bool:
    """Whether an array is a view of a file that is mapped."""
    while array is not None and not isinstance(array, mmap.mmap):
        array = array.obj if isinstance(array, memoryview) else getattr(array, "base", None)
    return array is not None
