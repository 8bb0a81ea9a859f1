"""The module of the same name in the package: its functions, and what programs call there."""  # noqa: N999

from __future__ import annotations

import sys
from typing import Any, NoReturn

from ..io.paths import AnyPath
from .model import FastTextModel
from .training import train_supervised, train_unsupervised
from .words import line_words, text_bytes

EOS = "</s>"
BOW = "<"
EOW = ">"

_FastText = FastTextModel
"""What programs write in annotations."""

_GONE = "`{0}` is not supported any more. Please use `{1}`."


def eprint(*args: Any, **kwargs: Any) -> None:
    """Print to the standard error stream. Programs put another function in its place, to silence the package."""
    print(*args, file=sys.stderr, **kwargs)


def tokenize(text: str) -> list[str]:
    """Split a text into words, at white space; a line end is the word ``</s>``."""
    return [word.decode("utf-8") for word in line_words(text_bytes("text", text))]


def load_model(path: AnyPath) -> FastTextModel:
    """Read a model of fastText, ``.bin`` or ``.ftz``.

    Raises:
        ValueError: There is no such file, it is no model of fastText, or damaged; the message says what is wrong.
        OSError: It cannot be read.
    """
    return FastTextModel(path)


def cbow(*_args: Any, **_kwargs: Any) -> NoReturn:
    """Refuse: `train_unsupervised` with model="cbow" does this.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError(_GONE.format("cbow", "train_unsupervised` with `model='cbow'"))


def skipgram(*_args: Any, **_kwargs: Any) -> NoReturn:
    """Refuse: `train_unsupervised` does this.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError(_GONE.format("skipgram", "train_unsupervised` with `model='skipgram'"))


def supervised(*_args: Any, **_kwargs: Any) -> NoReturn:
    """Refuse: `train_supervised` does this.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError(_GONE.format("supervised", "train_supervised"))


__all__ = [
    "BOW",
    "EOS",
    "EOW",
    "cbow",
    "eprint",
    "load_model",
    "skipgram",
    "supervised",
    "tokenize",
    "train_supervised",
    "train_unsupervised",
]
