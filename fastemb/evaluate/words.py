"""Words of files of questions, looked up among the keys of vectors."""

from __future__ import annotations

from typing import Any

from ..checks import integer
from ..vectors.store import Key


def rows_by_word(keys: list[Key], restrict_vocab: int | None, case_insensitive: bool) -> dict[Any, int]:
    """Rows of the first ``restrict_vocab`` keys, or of all; of keys that differ only in case, the first one's.

    Raises:
        ValueError: ``restrict_vocab`` is below 1.
        TypeError: It is no whole number.
    """
    if restrict_vocab is not None:
        integer("restrict_vocab", restrict_vocab, 1)
    rows: dict[Any, int] = {}
    for row, key in enumerate(keys[:restrict_vocab]):
        rows.setdefault(folded(key, case_insensitive), row)
    return rows


def folded(key: Key, case_insensitive: bool) -> Any:
    """A key as it is compared: a string in upper case, unless case counts."""
    return key.upper() if case_insensitive and isinstance(key, str) else key
