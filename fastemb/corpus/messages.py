"""Pieces of messages that several doors need."""

from __future__ import annotations

from ..io.input_file import hint

INVALID_UTF8 = (
    'invalid UTF-8; name its encoding, as with Corpus.from_file(path, encoding="latin-1"), or read it with '
    'unicode_errors="replace"'
)
NUL_BYTE = "NUL byte: this is a binary file, or text that is not UTF-8"
NOT_UTF8 = 'this is not UTF-8: give its encoding, such as encoding="latin-1"'
LARGE_INTEGER = "integer tokens must fit in 64 bits with sign; make them str"


class MissingColumnError(ValueError):
    """A table has no column of this name."""


def short(value: object) -> str:
    """A value and its type, for messages."""
    text = repr(value)
    return f"the {type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"


def no_text_in(name: str, otherwise: str) -> str:
    """What is wrong with a file whose bytes are no text: what it is instead if that is known, else ``otherwise``."""
    what = hint(name, texts=False)
    is_known = what and "UTF-16" not in what  # that is told when the file is opened, unless it was given as encoding
    return f"this is no UTF-8 text{what}" if is_known else otherwise
