"""Where a corpus comes from, as plain values that a file can hold: so that it can be read again by another process."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

from ..io.paths import is_url
from .inputs import InputFile
from .splitting import TextOptions

Origin = dict[str, Any]
"""The "door", by the name of the method of `Corpus`, its "source" and further "options"."""


def origin_of_files(door: str, files: Sequence[InputFile], text: TextOptions, **options: Any) -> Origin | None:
    """That of a corpus which was read from these files; None where they cannot be read again, or nobody knows how.

    Args:
        door: The method that reads them.
        files: The files, of which pipes and open files cannot be read again.
        text: How text becomes tokens.
        options: Further options of the door; None is the default.
    """
    names = [file.name if is_url(file.name) else os.path.abspath(file.name) for file in files if _stays(file)]
    pattern = text.token_pattern
    if isinstance(pattern, re.Pattern):
        pattern = pattern.pattern if pattern.flags == re.UNICODE else None
    if len(names) < len(files) or text.tokenizer is not None or (pattern is None) != (text.token_pattern is None):
        return None
    how = vars(text) | {"token_pattern": pattern}
    changed = {name: how[name] for name, default in vars(TextOptions()).items() if how[name] != default}
    given = {name: value for name, value in options.items() if value is not None}
    return {"door": door, "source": names, "options": {**given, **changed}}


def origin_on_disk(path: str) -> Origin:
    """That of a corpus which was encoded to this file."""
    return {"door": "open", "source": os.path.abspath(path), "options": {}}


def _stays(file: InputFile) -> bool:
    return file.size is not None or is_url(file.name)
