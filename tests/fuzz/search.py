"""Changes files at random, guided by the lines of Python that they reach, and gives them to the readers of a group.

    python -m fuzz.search vectors --seconds 60

It needs atheris. A file that something does not hold for is written to build/fuzz/GROUP; once that is mended, it goes
into tests/fuzz/kept/READER, whose files `tests/fuzz/test_kept_inputs.py` gives to the reader each time.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import NoReturn, Self
from unittest.mock import patch

import atheris

with atheris.instrument_imports(include=["fastemb"]):
    from fuzz import readers
    from fuzz.changes import changed_inside
    from fuzz.every import every_reader
    from fuzz.readers import Reader

ROOT = Path(__file__).parents[2]
KEPT = Path(__file__).parent / "kept"
GROUPS = ("vectors", "models", "texts", "labels", "learned", "checkpoints", "tables", "lines", "packed", "indexes")
HANGS_AFTER = 5  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("groups", nargs="+", choices=GROUPS, metavar="group", help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--seconds", type=int, default=60, help="how long for each group, at most (60)")
    parser.add_argument("--runs", type=int, help="so many files for each group, the same each time for a --seed")
    parser.add_argument("--seed", default="", help="any text, of the changes; without, another one each time")
    options = parser.parse_args()
    if options.runs is not None and sys.flags.hash_randomization:
        parser.error("--runs needs PYTHONHASHSEED=0 in the environment, as the order of sets is by chance otherwise")
    if options.runs is not None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # what several threads reach is by chance, too
    with stopped_clock():
        every = every_reader()
    failed = []
    for group in options.groups:
        mine = {name: reader for name, reader in every.items() if reader.group == group}
        with folder_of_files(group, alike=options.runs is not None) as folder:
            child = os.fork()  # libFuzzer ends its process
            if child == 0:
                search(group, mine, folder, options)
            if os.waitpid(child, 0)[1]:
                failed.append(group)
    if failed:
        sys.exit(f"FAILED: {', '.join(failed)}; what they fail for is in {ROOT / 'build' / 'fuzz'}")


@contextmanager
def folder_of_files(group: str, *, alike: bool) -> Iterator[Path]:
    """An empty folder, in memory if there is one, or of the same name each time."""
    if alike:
        folder = ROOT / "build" / "fuzz" / group / "files"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="fuzz", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as name:
        yield Path(name)


def search(group: str, mine: dict[str, Reader], folder: Path, options: argparse.Namespace) -> NoReturn:
    """Change the files of one group's readers until there were enough; that ends the process."""
    number = zlib.crc32(options.seed.encode()) % 2**31 if options.seed else random.SystemRandom().randrange(2**31)
    names = sorted(mine)
    work = ROOT / "build" / "fuzz" / group
    first, found = work / "first", work / "found"
    found.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(first, ignore_errors=True)
    first.mkdir()
    inputs = []
    for k, name in enumerate(names):
        (folder / name).mkdir()
        with stopped_clock():
            whole = readers.seed(mine[name], folder / name)
        assert readers.check(name, mine[name], whole, folder / name) == "", name
        kept = [path.read_bytes() for path in sorted((KEPT / name).glob("*"))]
        for n, data in enumerate([whole, *kept]):
            inputs.append(first / f"{name}-{n}".replace(" ", "-"))
            inputs[-1].write_bytes(bytes([k]) + data)
    (work / "inputs").write_text(",".join(map(str, inputs)))
    done, checksum = 0, 0

    def run(data: bytes) -> None:
        nonlocal done, checksum
        done, checksum = done + 1, zlib.crc32(data, checksum)
        if done == options.runs:
            print(f"{group}: {done} files, checksum {checksum:08x}", flush=True)
        if data:
            name = names[data[0] % len(names)]
            readers.check(name, mine[name], data[1:], folder / name)

    def change(data: bytes, most: int, number: int) -> bytes:
        """Half of all changes are made to what is inside."""

        def mutated(part: bytes) -> bytes:
            return bytes(atheris.Mutate(part, most)) if len(part) <= most else part

        inside = None if number % 2 else changed_inside(data[1:], number, mutated)
        return bytes(atheris.Mutate(data, most)) if inside is None else data[:1] + inside[: most - 1]

    flags = [
        f"-max_total_time={options.seconds}",
        f"-timeout={HANGS_AFTER}",
        "-rss_limit_mb=2048",
        "-max_len=16384",
        f"-seed={number}",
        f"-seed_inputs=@{work / 'inputs'}",
        f"-artifact_prefix={work}/",
        "-print_final_stats=1",
        *([str(found)] if options.runs is None else [f"-runs={options.runs}"]),
    ]
    print(f"== {group}, seed {options.seed or number}", flush=True)
    atheris.Setup([sys.argv[0], *flags], run, custom_mutator=change)
    atheris.Fuzz()
    sys.exit()


@contextmanager
def stopped_clock() -> Iterator[None]:
    """Files that are written now tell one time only, so that they are the same each time."""

    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(2026, 1, 1, tzinfo=tz)

    with patch("fastemb.lifecycle.datetime", Then), patch("time.perf_counter", lambda: 1.0):
        yield


if __name__ == "__main__":
    main()
