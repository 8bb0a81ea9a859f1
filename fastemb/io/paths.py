"""Paths as users give them: str, bytes or a path object, with ``~`` for the home folder, or a ``file://`` URL."""

from __future__ import annotations

import io
import os
import re
from typing import BinaryIO
from urllib.parse import unquote

AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVE = re.compile(r"/[A-Za-z]:")  # of Windows, as in file:///C:/vectors.bin


def local_path(path: AnyPath) -> str:
    """The path of a file on this machine as a str.

    Raises:
        TypeError: This is no path.
        ValueError: The path is empty or has a null byte in it, or it is a URL of something that is not on this machine.
    """
    name = expanded(path)
    if _URL.match(name):
        raise ValueError(f"{name}: files are not read from or written to URLs here: download it, and give its path")
    if not name:
        raise ValueError("the path is empty: give the name of a file")
    if "\0" in name:
        raise ValueError(f"{name!r}: no path has a null byte in it")
    return name


def optional_path(path: AnyPath | None) -> str | None:
    """As `local_path`; None is none."""
    return None if path is None else local_path(path)


def local_target(target: AnyPath | BinaryIO) -> str | BinaryIO:
    """As `local_path`; a file that is open for writing bytes is left as it is.

    Raises:
        TypeError: This is neither a path nor such a file.
        ValueError: As from `local_path`.
    """
    if isinstance(target, str | bytes | os.PathLike):
        return local_path(target)
    if isinstance(target, io.TextIOBase) or not hasattr(target, "write"):
        what = "text" if isinstance(target, io.TextIOBase) else type(target).__name__
        raise TypeError(f'a file is named by a path, or is open for writing bytes ("wb"): this is {what}')
    return target


def expanded(path: AnyPath) -> str:
    """A path with what ``~`` stands for, or that of a ``file://`` URL; other URLs stay as they are.

    Raises:
        TypeError: This is no path.
    """
    name = os.fsdecode(path)
    if name[:7].lower() == "file://":
        name = unquote(re.sub("^localhost/", "/", name[7:]), errors="surrogateescape")
        name = name[1:] if os.name == "nt" and _DRIVE.match(name) else name
    return os.path.expanduser(name)
