"""Pieces of messages that several doors need."""

from __future__ import annotations

INVALID_UTF8 = (
    'invalid UTF-8; name its encoding, as with Corpus.from_file(path, encoding="latin-1"), or read it with '
    'unicode_errors="replace"'
)
NUL_BYTE = "NUL byte: this is a binary file, or text that is not UTF-8"
LARGE_INTEGER = "integer tokens must fit in 64 bits with sign; make them str"


def short(value: object) -> str:
    """A value and its type, for messages."""
    text = repr(value)
    return f"the {type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"
