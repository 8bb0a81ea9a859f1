"""Names of gensim 3, and misspelt ones: errors say what to write."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import ParamSpec, TypeVar

from ..vectors import KeyedVectors

P = ParamSpec("P")
R = TypeVar("R")

_OLD_ATTRIBUTES = {
    "iter": "epochs",
    "size": "vector_size",
    "vocab": "wv.key_to_index",
    "index2word": "wv.index_to_key",
    "index2entity": "wv.index_to_key",
    "syn0": "wv.vectors",
    "syn0norm": "wv.get_normed_vectors()",
    "syn0_lockf": "wv.vectors_lockf",
    "accuracy": "wv.evaluate_word_analogies",
    "vectors": "wv.vectors",
    "trainables": "syn1neg, syn1",
    "vocabulary": "wv.key_to_index",
}


def names_arguments(old: Mapping[str, str]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function say which argument was meant when it is called with one that it does not have.

    Args:
        old: Names that arguments had in gensim 3, with those that they have now.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        known = list(inspect.signature(function).parameters)

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for name in kwargs:
                if name not in known:
                    near = [old[name]] if name in old else get_close_matches(name, known, 1)
                    hint = f"; did you mean {near[0]}?" if near else ""
                    raise TypeError(f"{function.__qualname__}() got an unexpected keyword argument {name!r}{hint}")
            return function(*args, **kwargs)

        return call

    return decorate


def missing_attribute(model: object, name: str) -> AttributeError:
    """The error for an attribute that a model does not have."""
    meant = _OLD_ATTRIBUTES.get(name)
    if meant is None and not name.startswith("_") and hasattr(KeyedVectors, name):
        meant = f"wv.{name}"
    hint = "" if meant is None else f"; use model.{meant}"
    return AttributeError(f"{type(model).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=model)
