"""Words of files of questions, looked up among the keys of vectors."""

from __future__ import annotations

from typing import Any

from ..vectors.store import Key


def rows_by_word(keys: list[Key], restrict_vocab: int | None, case_insensitive: bool) -> dict[Any, int]:
    """Rows of the first ``restrict_vocab`` keys; of keys that differ only in case, the first one's."""
    rows: dict[Any, int] = {}
    for row, key in enumerate(keys[: restrict_vocab or None]):
        rows.setdefault(folded(key, case_insensitive), row)
    return rows


def folded(key: Key, case_insensitive: bool) -> Any:
    """A key as it is compared: a string in upper case, unless case counts."""
    return key.upper() if case_insensitive and isinstance(key, str) else key
