"""Texts in pieces of whole lines: files, or texts that are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..io.input_file import open_text_source
from ..io.paths import AnyPath, any_path

BLOCK = 1 << 20
"""Bytes of a piece, if lines are not longer: some milliseconds of work."""

LONGEST_LINE = 1 << 28


def blocks(path: AnyPath, block: int = BLOCK) -> Iterator[bytes]:
    """Read a file in pieces of whole lines; compressed ones are unpacked on the way.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no text, or a line is too long to hold.
    """
    with open_text_source(path) as (file, _):
        kept: list[bytes] = []
        size = 0
        while data := file.read(block):
            cut = data.rfind(b"\n") + 1
            if cut:
                yield b"".join([*kept, data[:cut]])
                kept, size = [], 0
            kept.append(data[cut:])
            size += len(data) - cut
            if size > LONGEST_LINE:
                raise ValueError(
                    f"{any_path(path)}: a line of more than {LONGEST_LINE:,} bytes: this is no text, or has no lines"
                )
        rest = b"".join(kept)
        if rest:
            yield rest


def joined(lines: Iterable[bytes], block: int = BLOCK) -> Iterator[bytes]:
    """Lines without their ends as pieces of whole lines."""
    some: list[bytes] = []
    size = 0
    for line in lines:
        some.append(line)
        size += len(line) + 1
        if size >= block:
            yield b"\n".join([*some, b""])
            some, size = [], 0
    if some:
        yield b"\n".join([*some, b""])
