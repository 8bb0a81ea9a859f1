"""Paths as users give them: str, bytes or a path object, with ``~`` for the home folder, or a ``file://`` URL."""

from __future__ import annotations

import io
import os
import re
from importlib import import_module
from typing import Any, BinaryIO
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
    name = any_path(path)
    if is_url(name):
        raise ValueError(f"{name}: files are not read from or written to URLs here: download it, and give its path")
    return name


def any_path(path: AnyPath) -> str:
    """As `local_path`, for what may be a URL too, whose files `open_file` and `atomic_write` open.

    Raises:
        TypeError: This is no path.
        ValueError: The path is empty or has a null byte in it.
    """
    name = expanded(path)
    if not name:
        raise ValueError("the path is empty: give the name of a file")
    if "\0" in name:
        raise ValueError(f"{name!r}: no path has a null byte in it")
    return name


def is_url(path: str) -> bool:
    """Whether this is the URL of a file that may be on another machine."""
    return _URL.match(path) is not None


def file_system(url: str) -> tuple[Any, str]:
    """The file system of fsspec's that a URL belongs to, and the path in it.

    Raises:
        ImportError: fsspec is not installed, or what it needs for URLs of this kind.
        ValueError: fsspec knows no such URLs.
    """
    try:
        fsspec = import_module("fsspec")
    except ImportError:
        raise ImportError(f"{url}: reading and writing URLs takes a package: pip install 'fastemb[fsspec]'") from None
    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise type(error)(f"{url}: {error}") from None
    return system, path


def optional_path(path: AnyPath | None) -> str | None:
    """As `local_path`; None is none."""
    return None if path is None else local_path(path)


def local_target(target: AnyPath | BinaryIO) -> str | BinaryIO:
    """As `local_path`; a file that is open for writing bytes is left as it is.

    Raises:
        TypeError: This is neither a path nor such a file.
        ValueError: As from `local_path`.
    """
    return local_path(target) if isinstance(target, str | bytes | os.PathLike) else any_target(target)


def any_target(target: AnyPath | BinaryIO) -> str | BinaryIO:
    """As `any_path`; a file that is open for writing bytes is left as it is.

    Raises:
        TypeError: This is neither a path nor such a file.
        ValueError: As from `any_path`.
    """
    if isinstance(target, str | bytes | os.PathLike):
        return any_path(target)
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
