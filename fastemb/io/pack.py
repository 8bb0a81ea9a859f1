"""Files that are compressed while they are written, as their names say."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO, cast

from .unpack import zstd_module

_GZIP_LEVEL = 6  # that of the gzip command
_WRITERS: dict[str, Callable[[BinaryIO], Any]] = {
    ".gz": lambda file: gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0),
    ".bz2": partial(bz2.BZ2File, mode="wb"),
    ".xz": partial(lzma.LZMAFile, mode="wb"),
    ".zst": lambda file: zstd_module().ZstdFile(file, "wb"),
}
_UNWRITTEN = (".zip", ".lzma", ".7z", ".rar", ".lz4", ".z", ".tar", ".tgz", ".tbz2", ".txz")


def split_packing(path: str) -> tuple[str, str]:
    """A path without the ending that says how the file is compressed, and that ending, which is empty for none.

    Raises:
        ValueError: It is the ending of files that are not written.
        ImportError: The package for this kind of compression is not installed.
    """
    stem, ending = os.path.splitext(path)
    ending = ending.lower()
    inner = os.path.splitext(stem)[1].lower() if ending in _WRITERS else ""
    if ending in _UNWRITTEN or inner in _UNWRITTEN:
        raise ValueError(f"{path}: such files cannot be written; of compressed ones .gz, .bz2, .xz and .zst can")
    if ending == ".zst":
        try:
            zstd_module()
        except ImportError:
            raise ImportError(f"{path}: writing zstd files takes a package: pip install 'fastemb[zstd]'") from None
    return (stem, ending) if ending in _WRITERS else (path, "")


@contextmanager
def packed(file: BinaryIO, ending: str) -> Iterator[BinaryIO]:
    """A file whose content goes to ``file`` compressed in the way that the ending says; ``file`` itself for none."""
    if not ending:
        yield file
        return
    with _WRITERS[ending](file) as writer:
        yield cast(BinaryIO, writer)
