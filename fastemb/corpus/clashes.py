"""Paths that are read and written at once."""

from __future__ import annotations

import os

from ..io.atomic import StrPath
from .corpus_file import is_corpus
from .inputs import InputFile


def without_outputs(files: list[InputFile], made: StrPath | None, *others: StrPath | None) -> list[InputFile]:
    """The files to read, none of which is one to write.

    made: the corpus file to make. Where one is there already, it is left out of the folder or pattern that it is in.
    others: other files to write.

    Raises:
        ValueError: a file is both read and written.
        FileNotFoundError: nothing else is there to read.
    """
    if not files:
        return files
    written = {os.path.realpath(path) for path in (made, *others) if path is not None and os.path.isfile(path)}
    taken = [file for file in files if os.path.realpath(file.name) in written]
    for file in taken:
        is_made = made is not None and os.path.realpath(file.name) == os.path.realpath(made)
        if not (is_made and file.found and is_corpus(file.name)):
            raise ValueError(f"{file.name}: this file is to be read, so nothing is saved to it: choose another name")
    if len(taken) == len(files):
        raise FileNotFoundError(f"{taken[0].name}: there is no other file to read than this one, which is to be made")
    return [file for file in files if file not in taken]
