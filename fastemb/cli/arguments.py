"""A parser of arguments that says which option or command was meant."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from ..arguments import did_you_mean, nearest_name


class Parser(argparse.ArgumentParser):
    """An ``argparse.ArgumentParser`` whose errors name the option or command that was probably meant."""

    _given: Sequence[str] = ()

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, args: Any = None, namespace: Any = None
    ) -> Any:
        """Parse, and refuse what is not known already where it belongs to a command: its usage is shown then."""
        self._given = () if args is None else list(args)
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Print usage and the message, with the options that were meant, and exit with status 2."""
        super().error(message + "".join(self._hints()))

    def _hints(self) -> Iterator[str]:
        """For each option that is not known, the end of a message."""
        known = [name for name in self._option_string_actions if name.startswith("--")]
        for given in self._given:
            if given == "--" or (self._subparsers is not None and not given.startswith("-")):
                return  # what follows is no option of this parser
            name = given.partition("=")[0]
            if name.startswith("--") and not any(other.startswith(name) for other in known):
                yield from (f"; did you mean {meant} in place of {name}?" for meant in nearest_name(name, known))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            hint = did_you_mean(nearest_name(str(value), list(map(str, action.choices or ()))))
            raise argparse.ArgumentError(action, f"{error.message}{hint}") from None
