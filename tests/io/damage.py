"""Files that are damaged as it happens: cut short, a bit flipped, bytes lost, repeated, or in place of others."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
_CAN_MEASURE = os.access(CLEAR, os.W_OK)

ALLOWED = 64 << 20
"""Bytes that a reader may take beside twice what it reads."""


def damaged(whole: bytes, rng: random.Random) -> bytes:
    """The same bytes with one kind of damage at one place."""
    data = bytearray(whole)
    at = rng.randrange(len(data))
    change = rng.choice(["cut", "flip", "huge", "twice", "hole"])
    if change == "cut":
        del data[at:]
    elif change == "flip":
        data[at] ^= 1 << rng.randrange(8)
    elif change == "huge":
        data[at : at + 8] = rng.choice([b"\xff" * 8, b"9" * 25, b"1e999", b"{[{[", b"-1", b"\n", b" "])
    elif change == "twice":
        data[at:at] = data[max(0, at - 30) : at]
    else:
        del data[at : at + rng.randrange(1, 20)]
    return bytes(data)


class Peak:
    """What `peak_of` measures.

    Attributes:
        grown: Bytes by which memory grew at most, once ``with`` has ended.
    """

    grown = 0


@contextmanager
def peak_of() -> Iterator[Peak]:
    """Measure by how much the memory of this process grows in ``with``, in pages that were touched; on Linux only."""
    found = Peak()
    if not _CAN_MEASURE:
        yield found
        return
    before = _status("VmRSS")
    CLEAR.write_text("5")
    try:
        yield found
    finally:
        found.grown = _status("VmHWM") - before


def _status(name: str) -> int:
    line = next(line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) << 10
