"""Beyond one machine, or one file: parts that are trained or counted alone, and brought together."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .fitting import fit, resume
    from .merging import Part, merge
    from .vocabulary import Counted, count_shard, count_vocabulary, merge_counts

__all__ = ["Counted", "Part", "count_shard", "count_vocabulary", "fit", "merge", "merge_counts", "resume"]

_HOMES = {
    "fitting": ["fit", "resume"],
    "merging": ["Part", "merge"],
    "vocabulary": ["Counted", "count_shard", "count_vocabulary", "merge_counts"],
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOME[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
