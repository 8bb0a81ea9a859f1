"""What several commands need."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from ..io.input_file import refuse_compressed_name

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

FORMATS = "by its ending: .txt or .vec for word2vec text, .bin for word2vec binary, anything else for fastemb's own"


def check_writable(sources: Iterable[str], *outputs: str | None) -> None:
    """Fail before training rather than after it, and never replace a file that is read."""
    taken = {os.path.realpath(source) for source in sources}
    for path in outputs:
        if path is None:
            continue
        if os.path.isdir(path):
            raise IsADirectoryError(f"cannot save to {path}: it is a folder")
        if os.path.exists(path) and not os.path.isfile(path):
            continue  # a pipe or a device
        refuse_compressed_name(path)
        target = os.path.realpath(path)
        if target in taken:
            raise ValueError(f"cannot save to {path}: it is also the input or another output")
        taken.add(target)
        folder = Path(target).parent
        if not folder.is_dir():
            raise FileNotFoundError(f"cannot save to {path}: the folder {folder} does not exist")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(f"cannot save to {path}: the folder {folder} is not writable")


def positive(text: str) -> int:
    """For argparse: a whole number above 0."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number
