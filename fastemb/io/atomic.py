"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

StrPath = str | os.PathLike[str]


@contextmanager
def atomic_write(path: StrPath) -> Iterator[BinaryIO]:
    """Open a temporary file next to ``path`` that takes its place when the block ends without an exception.

    On any exception, a full disk included, ``path`` is as it was before and the temporary file is gone. On success
    nothing of an old file remains; a symbolic link stays and its target is replaced. What exists and is no regular
    file, such as a pipe or ``/dev/stdout``, is written directly.

    Raises:
        OSError: The file cannot be made, written or moved.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
