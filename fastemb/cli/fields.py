"""Tables as text that commands learn from: how their fields are named and parted."""

from __future__ import annotations

import argparse
from typing import Any


def add_fields(group: Any) -> None:
    """Add how the fields of a table are named and parted."""
    group.add_argument(
        "--columns", metavar="A,B,...", help="names of all columns, for a table whose first line has none"
    )
    group.add_argument("--sep", metavar="TEXT", help="what stands between the fields of a table")


def fields_of(options: argparse.Namespace) -> dict[str, Any]:
    """What the command line gave for ``columns`` and ``sep``."""
    return {
        "columns": options.columns.split(",") if options.columns else None,
        "sep": None if options.sep is None else options.sep.replace("\\t", "\t"),
    }
