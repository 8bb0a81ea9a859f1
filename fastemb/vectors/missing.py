"""The error of a key that does not exist, which names keys that are spelled alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np

from ..arguments import did_you_mean

_LATIN = "abcdefghijklmnopqrstuvwxyz0123456789"
_SHORTEST, _LONGEST = 3, 30  # letters: all short keys are alike, and of long ones too many spellings are
_MOST = 3  # keys that are named
_BLOCK = 128  # letters of a script that stand side by side in Unicode
_MOST_BLOCKS = 2


def absent(key: Any, rows: Mapping[Any, int], others: str = "") -> MissingKeyError:
    """The error of a key that is not among ``rows``; ``others`` says where keys of another kind are."""
    shown = key.item() if isinstance(key, np.generic) else key
    return MissingKeyError(f"Key {shown!r} not present", key, rows, others)


class MissingKeyError(KeyError):
    """There is no such key.

    Its text names keys that are spelled alike. They are looked for only when the text is asked for, as many programs
    try keys and go on without them.

    Args:
        message: What is wrong.
        key: The key.
        rows: All keys, with their rows.
        others: Where keys of another kind are, which is told where none is spelled alike.
    """

    def __init__(self, message: str, key: Any = None, rows: Mapping[Any, int] | None = None, others: str = "") -> None:
        super().__init__(message)
        self._key = key
        self._others = others
        self._rows = {} if rows is None else rows

    def __str__(self) -> str:
        hint = _hint(self._key, self._rows)
        return f"{self.args[0]}{hint or (self._others and f'; {self._others}')}"

    def __reduce__(self) -> tuple[type[KeyError], tuple[Any, ...]]:
        return KeyError, (str(self),)


def _hint(key: Any, rows: Mapping[Any, int]) -> str:
    if isinstance(key, bool | np.bool_):
        return "; for a mask of rows use the attribute vectors"
    found = spelled_alike(key, rows) if isinstance(key, str) else [str(key)] if str(key) in rows else []
    last = len(rows) - 1
    if not found and isinstance(key, int | np.integer) and rows.get(0) == 0 and rows.get(last) == last:
        return f"; whole numbers here go from 0 to {last}"
    return did_you_mean(found)


def spelled_alike(key: str, rows: Mapping[Any, int]) -> list[Any]:
    """Up to three keys that differ from ``key`` by case, by what joins words, or by one letter; common ones first.

    It looks up spellings, some thousands at most, so that its time does not depend on the number of keys.
    """
    forms = dict.fromkeys(chain.from_iterable(_cases(form) for form in _joined(key.strip())))
    found = {form for form in forms if form in rows}
    if key.isdecimal() and key.isascii() and len(key) < 19 and int(key) in rows:
        return [int(key)]
    if not found and _SHORTEST <= len(key) <= _LONGEST:
        letters = _letters(key)
        for form in dict.fromkeys((key, key.lower(), key.capitalize())):
            found.update(spelling for spelling in _one_step(form, letters) if spelling in rows)
    found.discard(key)
    return sorted(found, key=lambda spelling: rows[spelling])[:_MOST]


def _joined(key: str) -> Iterator[str]:
    yield key
    for old in " _-":
        if old in key:
            yield from (key.replace(old, new) for new in (" ", "_", "-", ""))


def _cases(key: str) -> tuple[str, ...]:
    return key, key.lower(), key.capitalize(), key.title(), key.upper()


def _letters(key: str) -> str:
    blocks = sorted({ord(letter) // _BLOCK for letter in key if not letter.isascii()})[:_MOST_BLOCKS]
    return _LATIN + "".join(chr(_BLOCK * block + at) for block in blocks for at in range(_BLOCK))


def _one_step(key: str, letters: Collection[str]) -> Iterator[str]:
    """All words that one letter more, less or another, or two letters that change places, make of ``key``."""
    for at in range(len(key) + 1):
        head, tail = key[:at], key[at:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in letters:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
