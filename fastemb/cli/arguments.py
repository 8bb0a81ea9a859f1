"""A parser of arguments that says which option or command was meant."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from ..arguments import did_you_mean, nearest_name

# What gensim, word2vec's own program, fastText and others call an option -> ours
_ELSEWHERE = {
    "--size": "--vector-size",
    "--dim": "--vector-size",
    "--dims": "--vector-size",
    "--dimensions": "--vector-size",
    "--iter": "--epochs",
    "--iterations": "--epochs",
    "--ws": "--window",
    "--window-size": "--window",
    "--neg": "--negative",
    "--lr": "--alpha",
    "--learning-rate": "--alpha",
    "--minCount": "--min-count",
    "--min-word-count": "--min-count",
    "--thread": "--workers",
    "--threads": "--workers",
    "--jobs": "--workers",
    "--top": "--topn",
    "--top-k": "--topn",
    "--out": "--output",
    "--sg": "--model",
    "--cbow": "--model",
    "--skipgram": "--model",
    "--skip-gram": "--model",
    "--hs": "--loss",
}
_WITH_VALUE = {
    ("--sg", "1"): "--model skipgram",
    ("--sg", "0"): "--model cbow",
    ("--cbow", "1"): "--model cbow",
    ("--cbow", "0"): "--model skipgram",
    ("--hs", "1"): "--loss hs",
    ("--hs", "0"): "--loss ns",
}
_ALONE = {
    "--sg": "--model skipgram",
    "--skipgram": "--model skipgram",
    "--skip-gram": "--model skipgram",
    "--cbow": "--model cbow",
    "--hs": "--loss hs",
}


class Parser(argparse.ArgumentParser):
    """An ``argparse.ArgumentParser`` whose errors name the option or command that was probably meant."""

    _given: Sequence[str] = ()

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, args: Any = None, namespace: Any = None
    ) -> Any:
        """Parse, and refuse what is not known already where it belongs to a command: its usage is shown then."""
        self._given = () if args is None else list(args)
        found, unknown = super().parse_known_args(args, namespace)
        unknown = self._after_options(found, unknown)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def _after_options(self, found: argparse.Namespace, unknown: list[str]) -> list[str]:
        """Take what stands after options into a list of arguments that may be empty, which argparse ends before them.

        Returns:
            What is left.
        """
        lists = [action for action in self._get_positional_actions() if action.nargs == argparse.ZERO_OR_MORE]
        if not unknown or not lists or any(one.startswith("-") and one != "-" for one in unknown):
            return unknown
        values = self._get_values(lists[-1], unknown)
        setattr(found, lists[-1].dest, [*(getattr(found, lists[-1].dest) or []), *values])
        return []

    def error(self, message: str) -> NoReturn:
        """Print usage and the message, with the options that were meant, and exit with status 2."""
        super().error(message + "".join(self._hints()))

    def _hints(self) -> Iterator[str]:
        """For each option that is not known, the end of a message."""
        known = [name for name in self._option_string_actions if name.startswith("--")]
        for place, given in enumerate(self._given):
            if given == "--" or (self._subparsers is not None and not given.startswith("-")):
                return  # what follows is no option of this parser
            name, equals, value = given.partition("=")
            if not equals:
                value = "".join(self._given[place + 1 : place + 2])
            for meant in _meant(name, value, known):
                yield f"; did you mean {meant} in place of {name}?"

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            hint = did_you_mean(nearest_name(str(value), list(map(str, action.choices or ()))))
            raise argparse.ArgumentError(action, f"{error.message}{hint}") from None


def _meant(name: str, value: str, known: Sequence[str]) -> Sequence[str]:
    """The option, one at most, that a name which is none of the ``known`` ones stands for."""
    if not name.startswith("--"):  # as other programs have it: -size 100; but -n5 is -n 5
        long = f"-{name}"
        if len(long) < 4 or not (long in known or _ELSEWHERE.get(long) in known):
            return []
        return [long] if long in known else _meant(long, value, known)
    if any(other.startswith(name) for other in known):
        return []
    name = name.replace("_", "-")
    if name in known:
        return [name]
    if _ELSEWHERE.get(name) not in known:
        return nearest_name(name, known)
    return [_WITH_VALUE.get((name, value)) or _ALONE.get(name) or _ELSEWHERE[name]]
