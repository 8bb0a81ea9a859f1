"""Lines of text to tokens by what the user brings: a pattern, a function, a tokenizer of another library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

Tokenize = Callable[[list[str]], list[list[Any]]]
"""Lines to the tokens of each, which `join_tokens` looks at."""


def by_pattern(pattern: str | re.Pattern[str]) -> Tokenize:
    """Tokens are what a regular expression matches, or its group when it has one; see `re.findall`.

    Raises:
        TypeError: it is no pattern of str.
        ValueError: it has several groups, or is no regular expression.
    """
    if not isinstance(pattern, str | re.Pattern):
        raise TypeError(f"token_pattern must be a regular expression, not {pattern!r}")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"token_pattern={pattern!r} is no regular expression: {error}") from None
    if isinstance(compiled.pattern, bytes):
        raise TypeError("token_pattern must be a pattern of str, not of bytes")
    if compiled.groups > 1:
        raise ValueError(f"token_pattern has {compiled.groups} groups: make all but one, or all, (?:...)")
    find = compiled.findall
    return lambda lines: [find(line) for line in lines]


def by_tokenizer(tokenizer: Any) -> Tokenize:
    """Tokens are what ``tokenizer`` says; see `Corpus.from_file`.

    Raises:
        TypeError: it cannot be called, and has none of the methods that are known.
    """
    if hasattr(tokenizer, "encode_batch"):  # Hugging Face tokenizers
        return lambda lines: [one.tokens for one in tokenizer.encode_batch(lines, add_special_tokens=False)]
    pipe = getattr(tokenizer, "pipe", None)
    if pipe is not None and callable(tokenizer):  # spaCy's pipelines and tokenizers
        return lambda lines: [[token.text for token in document if not token.is_space] for document in pipe(lines)]
    split = getattr(tokenizer, "tokenize", tokenizer)  # Hugging Face transformers, NLTK
    if not callable(split):
        raise TypeError(f"tokenizer must be a function from a str to its tokens, not {tokenizer!r}")
    return lambda lines: [_as_list(split(line)) for line in lines]


def _as_list(found: Any) -> list[Any]:
    if type(found) is list:
        return found
    if isinstance(found, str | bytes) or not isinstance(found, Iterable):
        raise TypeError(f"the tokenizer must return a list of tokens, not {found!r:.60}")
    return list(found)


def join_tokens(rows: list[list[Any]]) -> tuple[str, list[int]]:
    """All tokens but empty ones, each with a NUL after it, and how many there are in each row.

    Raises:
        TypeError: a token is neither a str nor something with a text.
        ValueError: a token has a NUL in it.
    """
    try:
        text = "\0".join(chain.from_iterable(rows))
    except TypeError:
        rows = [list(map(_text, row)) for row in rows]
        text = "\0".join(chain.from_iterable(rows))
    if "\0\0" in text or text[:1] == "\0" or text[-1:] in ("", "\0"):
        rows = [list(filter(None, row)) for row in rows]
        text = "\0".join(chain.from_iterable(rows))
    lengths = list(map(len, rows))
    text = text and text + "\0"
    if text.count("\0") != sum(lengths):
        token = next(token for row in rows for token in row if "\0" in token)
        raise ValueError(f"the tokenizer made a token with a NUL character: {token!r:.60}")
    return text, lengths


def _text(token: Any) -> str:
    text = token if isinstance(token, str) else getattr(token, "text", None)
    if not isinstance(text, str):
        raise TypeError(f"the tokenizer must return tokens that are str, not {token!r:.60}")
    return text
