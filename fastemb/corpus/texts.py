"""Texts as ids of a vocabulary, in the shapes that a network takes."""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import integer
from .given import is_table, python_value
from .tokenizers import by_tokenizer

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Length = int | Literal["longest"]


def ids_of_texts(index: Mapping[Hashable, int], texts: Iterable[Any], unknown: Hashable, tokenizer: Any) -> list[Ints]:
    """The ids of each text; see `Vocabulary.encode`."""
    if isinstance(texts, str | bytes):
        raise TypeError(f"texts must be several texts, not one {type(texts).__name__}: give [text]")
    if isinstance(texts, set | frozenset | dict) or is_table(texts):
        raise TypeError(f"texts must be a list of texts, or a column of them, not a {type(texts).__name__}")
    known, instead = index.get, _instead(index, unknown)
    found = []
    for number, tokens in enumerate(_tokens(texts, tokenizer)):
        try:
            ids = np.fromiter((known(token, -1) for token in tokens), np.int64, len(tokens))
        except TypeError:
            raise TypeError(f"text {number} holds a token that cannot be a key: {tokens!r:.60}") from None
        missing = ids < 0
        if missing.any():
            if unknown == "error":
                place = int(missing.argmax())
                raise KeyError(
                    f"text {number} holds {tokens[place]!r} at {place}, which is not in the vocabulary: give "
                    "unknown='skip' to leave such words out, or an id or a key to put in their place"
                )
            ids = ids[~missing] if instead is None else np.where(missing, instead, ids)
        found.append(ids)
    return found


def padded(rows: list[Ints], length: Length, padding: int) -> tuple[Ints, Bools]:
    """Rows of one length, (B, L), and where they hold ids that were given."""
    if isinstance(length, str):
        if length != "longest":
            raise ValueError(f"length must be a number, 'longest' or None, not {length!r}")
        width = max(map(len, rows), default=0)
    else:
        width = integer("length", length, 1)
    sizes = np.fromiter((min(len(row), width) for row in rows), np.int64, len(rows))
    mask = np.arange(width) < sizes[:, None]
    ids = np.full(mask.shape, padding, np.int64)
    ids[mask] = np.concatenate([row[:width] for row in rows]) if rows else []
    return ids, mask


def bags(rows: list[Ints]) -> tuple[Ints, Ints]:
    """All ids one after the other, and where each row begins."""
    sizes = np.fromiter(map(len, rows), np.int64, len(rows))
    return np.concatenate([np.empty(0, np.int64), *rows]), np.cumsum(sizes) - sizes


def _instead(index: Mapping[Hashable, int], unknown: Hashable) -> int | None:
    """The id that stands for unknown words, or None."""
    if unknown in ("skip", "error"):
        return None
    try:
        operator.index(unknown)  # type: ignore[arg-type]
    except TypeError:
        if unknown not in index:
            raise ValueError(
                f"unknown must be an id, a key of the vocabulary, 'skip' or 'error', and {unknown!r} is no key"
            ) from None
        return index[unknown]
    return integer("unknown", unknown, 0)


def _tokens(texts: Iterable[Any], tokenizer: Any) -> Iterable[list[Any]]:
    """The tokens of each text."""
    split = None if tokenizer is None else by_tokenizer(tokenizer)
    for number, given in enumerate(texts):
        text = python_value(given)
        if isinstance(text, str):
            yield text.split() if split is None else split([text])[0]
        elif isinstance(text, list | tuple | np.ndarray):
            if split is not None:
                raise TypeError(f"text {number} is a {type(text).__name__}: a tokenizer takes texts that are str")
            yield list(text)
        else:
            raise TypeError(f"text {number} must be a str or a list of tokens, not {text!r:.60}")
