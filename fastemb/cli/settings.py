"""Options of the command line for settings that a model declares."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from ..train.settings import Checked

_METAVARS: dict[type, str] = {int: "N", float: "X", str: "NAME"}


def add_settings(group: Any, kind: type[Checked], names: Mapping[str, str | None]) -> None:
    """Add an option for each of these settings, with the type, default and meaning that were declared.

    Args:
        group: A parser or a group of its options.
        kind: The class that declares them.
        names: Settings, each with a short name for its option or None.
    """
    declared, defaults = kind.declared(), kind().values()
    for name, short in names.items():
        default = defaults[name]
        if default is False:
            group.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=declared[name].doc)
            continue
        group.add_argument(
            *([] if short is None else [short]),
            f"--{name.replace('_', '-')}",
            type=declared[name].kind,
            default=default,
            metavar=_METAVARS[declared[name].kind],
            help=declared[name].doc + ("" if default is None else f" ({default})"),
        )


def settings_of(options: argparse.Namespace, names: Mapping[str, str | None]) -> dict[str, Any]:
    """What the command line gave for the same settings."""
    return {name: getattr(options, name) for name in names}
