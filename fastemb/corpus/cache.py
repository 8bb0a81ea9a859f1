"""Corpus files as a cache: what a file was made from, and whether that has changed since."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..checks import warn
from ..io.atomic import StrPath
from ..io.keys import pack_keys
from .blocks import Parts
from .corpus_file import FORMAT, VERSION, OtherVersionError, is_saved, map_corpus_file, parts_of
from .inputs import InputFile
from .mapped import DamagedError
from .vocabulary import Vocabulary


def open_cached(path: StrPath, source: str) -> Parts | None:
    """The corpus at ``path`` when its fingerprint is ``source``; None when it must be encoded again.

    Raises:
        ValueError: something else is there.
    """
    name = os.fspath(path)
    if not os.path.exists(name) or (os.path.isfile(name) and os.path.getsize(name) == 0):
        return None
    if is_saved(name):
        raise ValueError(f"{name}: a corpus that was saved, and no cache, so it is not replaced: choose another name")
    try:
        arrays, metadata = map_corpus_file(name)
        return parts_of(name, arrays, metadata, verify=True) if metadata.get("source") == source else None
    except OtherVersionError:
        return None
    except DamagedError as error:
        warn(f"{error}; it is built again")
        return None
    except ValueError as error:
        raise ValueError(f"{error}; it is not replaced: remove it, or choose another name for the cache") from None


def fingerprint(files: Iterable[InputFile], *options: Any) -> str:
    """SHA-256 of all that decides what is encoded: of each file the path, size and time of change; and the options.

    Args:
        files: The files that are read.
        options: Everything else that the result depends on.

    Raises:
        ValueError: nobody could tell whether a file or an option changed.
    """
    digest = hashlib.sha256(f"{FORMAT} {VERSION}\n".encode())
    for option in options:
        digest.update(f"{_described(option)}\n".encode())
    for file in files:
        if file.size is None:
            raise ValueError(f"cache= needs files, to see whether they changed, and {file.name} is none: give save_to=")
        status = os.stat(file.name)
        place = os.path.abspath(file.name)
        digest.update(f"{place} {status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _described(option: Any) -> str:
    if isinstance(option, Vocabulary):
        keys, _ = pack_keys(option.keys)
        return " ".join(hashlib.sha256(array.data).hexdigest() for array in (*keys.values(), option.counts))
    for name in ("trim_rule", "tokenizer"):
        if getattr(option, name, None) is not None:
            raise ValueError(f"cache= cannot see whether the {name} has changed: give save_to=")
    pattern = getattr(option, "token_pattern", None)
    if isinstance(pattern, re.Pattern):  # whose repr may be cut
        return f"{replace(option, token_pattern=None)!r} {pattern.pattern!r} {pattern.flags}"
    return repr(option)
