"""What an argument may be, for argparse."""

from __future__ import annotations

import argparse
from typing import TypeAlias

from ..io.formats import format_named
from ..io.paths import any_path, local_path

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

STDOUT = STDIN = "-"


def file_path(text: str) -> str:
    """For argparse: the path of a file on this machine; also as ``~/...`` or ``file://...``."""
    try:
        return local_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def vectors_path(text: str) -> str:
    """For argparse: where vectors are read or written: as `file_path`, a URL, or "-"."""
    try:
        return any_path(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def format_option(text: str) -> str:
    """For argparse: the name of a format."""
    try:
        return format_named(text).ABOUT.option
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def count_or_none(text: str) -> int:
    """For argparse: a whole number, 0 for none."""
    number = _whole(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 for none")
    return number


def positive(text: str) -> int:
    """For argparse: a whole number above 0."""
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def _whole(text: str) -> int:
    """The number, -1 where it is none."""
    try:
        return int(text)
    except ValueError:
        return -1
