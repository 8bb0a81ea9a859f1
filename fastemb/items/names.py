"""Hints for arguments that do not exist: the name that was meant, or the one it has here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

PARAMETERS = {
    **dict.fromkeys(("size", "factors", "embedding_dim", "dim", "n_components", "no_components"), "vector_size"),
    **dict.fromkeys(("iter", "iterations", "n_iter", "niter", "max_iter"), "epochs"),
    **dict.fromkeys(("seed", "random_seed"), "random_state"),
    **dict.fromkeys(("learning_rate", "lr", "start_alpha"), "alpha"),
    **dict.fromkeys(("num_threads", "n_jobs", "threads", "num_workers"), "workers"),
    **dict.fromkeys(("negatives", "neg", "n_negatives"), "negative"),
    **dict.fromkeys(("subsample", "downsample"), "sample"),
    **dict.fromkeys(("window_size", "context_size"), "window"),
    **dict.fromkeys(("verbose", "show_progress"), "progress"),
}
"""What other libraries and gensim before version 4 call the parameters of Item2Vec."""

COLUMNS = {
    **dict.fromkeys(("user", "users", "basket", "session_id", "user_id", "order", "sessions"), "session"),
    **dict.fromkeys(("items", "item_id", "product", "film", "movie"), "item"),
    **dict.fromkeys(("timestamp", "date", "times", "datetime", "when"), "time"),
    **dict.fromkeys(("rating", "ratings", "weights", "value", "score", "count"), "weight"),
    **dict.fromkeys(("delimiter", "separator"), "sep"),
    **dict.fromkeys(("quote", "quoting"), "quotechar"),
    **dict.fromkeys(("names", "header"), "columns"),
}
"""What people call the columns of a table of interactions, and pandas its options."""


def unknown_name(what: str, name: str, known: Iterable[str], usual: Mapping[str, str]) -> str:
    """The message for a name that ``what`` does not take."""
    known = list(known)
    near = usual.get(name.lower()) or next(iter(get_close_matches(name.lower(), known, 1, 0.7)), None)
    hint = f": did you mean {near!r}?" if near in known else ""
    return f"{what} has no parameter {name!r}{hint} (it has {', '.join(known)})"


def with_hints(
    what: str, usual: Mapping[str, str], more: Iterable[str] = ()
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function so that an unknown keyword argument is told with the name that was probably meant.

    Args:
        what: What messages call the function.
        usual: Other names of its parameters.
        more: Names that it passes on.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        taken = inspect.signature(function).parameters.values()
        known = [one.name for one in taken if one.name not in ("self", "cls") and one.kind != one.VAR_KEYWORD] + [*more]

        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> T:
            for name in kwargs:
                if name not in known:
                    raise TypeError(unknown_name(what, name, known, usual))
            return function(*args, **kwargs)

        return called

    return decorate
