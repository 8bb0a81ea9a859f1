"""What memory there is: work that cannot have enough is refused before it begins, by an error that names the estimate.

Linux hands out more memory than there is, and ends the process that uses it. An error can be caught, and the model that
was there before is there still.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from ._native import trim_memory

_SMALL = 64 << 20  # bytes; for less nobody asks the system
_MANY = 1 << 19  # tokens, whose reading leaves so much free memory that giving it back is worth some milliseconds
_ESTIMATED = "fastemb_estimated"  # an attribute of an error that has an estimate in it
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


@contextmanager
def memory_for(what: str, size: float, advice: str = "") -> Iterator[None]:
    """In ``with``: memory for something, which is refused at once where there is not so much.

    Args:
        what: What takes the memory, as "a model of 5 words".
        size: How much of it, in bytes; an estimate.
        advice: What to do about it, after a colon.

    Raises:
        MemoryError: there is less than that, or an allocation within fails.
    """
    tail = f": {advice}" if advice else ""
    if size > _SMALL:
        trim_memory()
        left = memory_left()
        if left is not None and size > left:
            raise _refused(f"{what} takes about {shown(size)}, and {shown(left)} of memory are left{tail}")
    try:
        yield
    except MemoryError as error:
        if _ESTIMATED in vars(error):
            raise
        raise _refused(f"{what} takes about {shown(size)}, more memory than there is{tail}") from None


def give_back(tokens: int) -> None:
    """After so many tokens were read: let the system have the memory that is free, but that the allocator keeps."""
    if tokens >= _MANY:
        trim_memory()


def _refused(message: str) -> MemoryError:
    """An error that what lies around it leaves as it is."""
    error = MemoryError(message)
    vars(error)[_ESTIMATED] = True
    return error


def shown(size: float) -> str:
    """A number of bytes for people, as 1.5 GiB."""
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:,.0f} {_UNITS[unit]}" if unit == 0 or size >= 100 else f"{size:.1f} {_UNITS[unit]}"


def memory_left() -> int | None:
    """Bytes that this process can still have, swap included; None where the system does not say.

    The least of what the machine has, what the control groups of the process allow, and what its own limit does.
    """
    found = [left for left in (_of_machine(), *_of_groups(), _of_limit()) if left is not None]
    return max(0, min(found)) if found else None


def _of_machine() -> int | None:
    fields = dict(re.findall(r"^(\w+): +(\d+) kB", _text("/proc/meminfo"), re.MULTILINE))
    if "MemAvailable" not in fields:
        return None
    return (int(fields["MemAvailable"]) + int(fields.get("SwapFree", 0))) << 10


def _of_groups() -> Iterator[int]:
    """Of the process's control group and those around it, in either version of the interface."""
    for number, kinds, path in re.findall(r"^(\d+):([^:]*):(.*)$", _text("/proc/self/cgroup"), re.MULTILINE):
        if number == "0":
            root, most, used, cache = "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"
        elif "memory" in kinds.split(","):
            root, most, used = "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cache = "total_inactive_file"
        else:
            continue
        folder = os.path.normpath(root + path)
        while folder.startswith(root):
            limit, now = _text(f"{folder}/{most}").strip(), _text(f"{folder}/{used}").strip()
            if limit.isdigit() and now.isdigit():  # else it is "max"
                freed = re.search(rf"^{cache} (\d+)$", _text(f"{folder}/memory.stat"), re.MULTILINE)
                yield int(limit) - int(now) + (int(freed[1]) if freed else 0)
            folder = os.path.dirname(folder)


def _of_limit() -> int | None:
    """Of the limit that ``ulimit -v`` sets on the address space."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    pages = _text("/proc/self/statm").split()
    return limit - int(pages[0]) * resource.getpagesize() if pages else limit


def _text(path: str) -> str:
    """What a file of the system says; nothing where it is not there."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
