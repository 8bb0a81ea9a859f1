"""Arguments of names that do not exist: the error says which one was meant."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import wraps
from types import MappingProxyType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_LIKENESS = 0.7  # of two names, as difflib measures it; below this a guess is more often wrong than right
_NO_OTHERS: Mapping[str, str] = MappingProxyType({})


def did_you_mean(found: Iterable[Any]) -> str:
    """The end of an error message that names what may have been meant; empty where nothing was found."""
    shown = " or ".join(map(repr, found))
    return f"; did you mean {shown}?" if shown else ""


def nearest_name(name: str, known: Collection[str], others: Mapping[str, str] = _NO_OTHERS) -> list[str]:
    """The one of the ``known`` names that was probably meant, or nothing.

    Args:
        name: What was given.
        known: The names that there are.
        others: What the known names are called elsewhere, in lower case.
    """
    meant = others.get(name.lower())
    return [meant] if meant is not None and meant in known else get_close_matches(name.lower(), known, 1, _LIKENESS)


def unknown_argument(
    function: str,
    name: str,
    known: Collection[str],
    others: Mapping[str, str] = _NO_OTHERS,
    instead: Mapping[str, str] = _NO_OTHERS,
) -> str:
    """The message, which begins like Python's own, for an argument that a function does not take."""
    if name in instead:
        return f"{function}() got an unexpected keyword argument {name!r}: {instead[name]}"
    meant = nearest_name(name, known, others)
    hint = did_you_mean(meant) or f"; it takes {', '.join(known)}"
    return f"{function}() got an unexpected keyword argument {name!r}{hint}"


def names_arguments(
    others: Mapping[str, str] = _NO_OTHERS, more: Iterable[str] = (), instead: Mapping[str, str] = _NO_OTHERS
) -> Callable[[F], F]:
    """Let a function or a dataclass say which argument was meant when it is called with one that it does not have.

    Args:
        others: What its arguments are called elsewhere, as in gensim 3 or in other libraries, in lower case.
        more: Names that it takes as ``**options`` and passes on.
        instead: What to say of arguments that have no such name here, by theirs.
    """

    def decorate(function: F) -> F:
        if isinstance(function, type):  # a dataclass, whose constructor is made for it
            made: Any = function
            made.__init__ = decorate(made.__init__)
            return cast(F, made)
        taken = inspect.signature(function).parameters.values()
        known = [one.name for one in taken if one.name not in ("self", "cls") and one.kind != one.VAR_KEYWORD]
        known += more

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            for name in kwargs:
                if name not in known:
                    raise TypeError(unknown_argument(_called(function, args), name, known, others, instead))
            return function(*args, **kwargs)

        return cast("F", call)

    return decorate


def _called(function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What the caller called: a method by the class of its object, also where another class defines it."""
    first = next(iter(inspect.signature(function).parameters), None)
    if args and function.__name__ != "__init__":
        if first == "self":
            return f"{type(args[0]).__name__}.{function.__name__}"
        if first == "cls" and isinstance(args[0], type):
            return f"{args[0].__name__}.{function.__name__}"
    return function.__qualname__.removesuffix(".__init__")
