"""Token tables: what they hold, as arrays; merged; in lower case."""

from __future__ import annotations

import numpy as np

from .._native import TokenTable
from .vocabulary import Ids, Ints, NothingKeptError, Tokens


def table_counts(table: TokenTable) -> tuple[Ints, Ints]:
    """How often each token was read, and where it was first."""
    counts, first = np.empty(len(table) + 1, np.int64), np.empty(len(table) + 1, np.int64)
    table.counts(counts, first)
    return counts[:-1], first[:-1]


def tokens_of(table: TokenTable) -> Tokens:
    """All tokens of a table that holds UTF-8."""
    return Tokens(*table_counts(table), lambda indices: table.list(indices.astype(np.int32)).decode().split("\0")[:-1])


def merge_tables(tables: list[TokenTable]) -> tuple[TokenTable, list[Ids]]:
    """One table of all tokens, and for each table where its tokens went; empties ``tables`` to free each early."""
    whole = tables.pop(0)
    places = [np.arange(len(whole), dtype=np.int32)]
    while tables:
        table = tables.pop(0)
        place = np.empty(len(table) + 1, np.int32)
        whole.merge(table, place)
        places.append(place[:-1])
    return whole, places


def clean_table(table: TokenTable, errors: str, lower: bool) -> tuple[TokenTable, Ids | None]:
    """The tokens of a table as they should be, equal ones taken together.

    Args:
        table: The tokens, as they were read.
        errors: What to do with invalid UTF-8; "strict" when there is none.
        lower: Put tokens in lower case; ASCII letters are lower case already.

    Returns:
        A table, and for every token its place there, -1 where nothing is left of it; None when all stay where they are.
    """
    if errors == "strict" and not lower:
        return table, None
    tokens = table.list(np.arange(len(table), dtype=np.int32))
    if tokens.isascii():
        return table, None
    text = tokens.decode("utf-8", errors)
    if lower:
        text = text.lower()  # NUL ends a word for the final sigma, as white space does
    clean = text.encode()
    counts, first = table_counts(table)
    is_left = np.ones(len(table), bool)
    if errors == "ignore":
        is_left = np.array([token != "" for token in text.split("\0")[:-1]])
        clean = clean.lstrip(b"\0")
        while b"\0\0" in clean:
            clean = clean.replace(b"\0\0", b"\0")
    made = TokenTable()
    places = np.full(len(table), -1, np.int32)
    found = np.empty(int(is_left.sum()), np.int32)
    made.add(clean, counts[is_left], first[is_left], 0, found)
    places[is_left] = found
    return made, places


def require_words(count: int, source: str) -> None:
    """Raise NothingKeptError when there is none."""
    if count == 0:
        raise NothingKeptError(f"{source}: there is no word in it")
