"""Words as bytes, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .._native import list_words

END_OF_LINE = b"</s>"


def text_bytes(name: str, text: Any) -> bytes:
    """A word or a text in UTF-8.

    Raises:
        TypeError: It is no str.
        UnicodeEncodeError: It holds half of a character.
    """
    if isinstance(text, bytes):
        raise TypeError(f"{name} must be a str, not bytes: decode it, as by text.decode()")
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a str, not {text!r}, of type {type(text).__name__}")
    return text.encode("utf-8")


def word_bytes(name: str, word: Any) -> bytes:
    """A word in UTF-8; bytes are taken as they are, as in the package.

    Raises:
        TypeError: It is neither a str nor bytes.
        UnicodeEncodeError: It holds half of a character.
    """
    return word if isinstance(word, bytes) else text_bytes(name, word)


def line_bytes(name: str, text: Any) -> bytes:
    """A text of one line in UTF-8.

    Raises:
        ValueError: There is a line end in it; the message is the package's.
        TypeError: It is no str.
    """
    data = text_bytes("text", text)
    if b"\n" in data:
        raise ValueError(f"{name} processes one line at a time (remove '\\n')")
    return data


def line_words(data: bytes) -> list[bytes]:
    """The words of a text, split as fastText does; each line end is one, too."""
    words = np.empty(5 * len(data) + 1, np.uint8)
    used = list_words(data, words)
    return words[:used].tobytes().split(b"\0")[:-1]


def until_end(words: Iterable[bytes]) -> Iterator[bytes]:
    """The words of the first line, its end among them."""
    for word in words:
        yield word
        if word == END_OF_LINE:
            return


def several(texts: Any) -> bool:
    """Whether this is a list of texts, and not one.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(texts, str | bytes):
        return False
    if isinstance(texts, dict) or not isinstance(texts, Iterable):
        raise TypeError(f"text must be a str, or a list of them, not {texts!r}, of type {type(texts).__name__}")
    return True
