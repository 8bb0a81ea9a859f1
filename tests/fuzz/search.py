"""Changes files at random, guided by the lines of Python that they reach, and gives them to the readers of a group.

    python -m fuzz.search vectors --seconds 60

It needs atheris. A file that something does not hold for is written to build/fuzz/GROUP; once that is mended, it goes
into tests/fuzz/kept/READER, whose files `tests/fuzz/test_kept_inputs.py` gives to the reader each time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import shutil
import sys
import tempfile
import zlib
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["fastemb"]):
    from fuzz import readers
    from fuzz.every import every_reader

ROOT = Path(__file__).parents[2]
KEPT = Path(__file__).parent / "kept"
GROUPS = ("vectors", "models", "texts", "labels", "learned", "checkpoints", "tables")
HANGS_AFTER = 5  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("--seconds", type=int, default=60, help="how long (60)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the changes; 0, the default, takes another one each time"
    )
    options = parser.parse_args()
    mine = {name: reader for name, reader in every_reader().items() if reader.group == options.group}
    names = sorted(mine)
    work = ROOT / "build" / "fuzz" / options.group
    found = work / "found"
    found.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="fuzz", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    for k, name in enumerate(names):
        (folder / name).mkdir()
        whole = readers.seed(mine[name], folder / name)
        assert readers.check(name, mine[name], whole, folder / name) == "", name
        inputs = [whole, *(path.read_bytes() for path in sorted((KEPT / name).glob("*")))]
        for n, data in enumerate(inputs):
            (found / f"{name}-{n}".replace(" ", "-")).write_bytes(bytes([k]) + data)

    def run(data: bytes) -> None:
        if data:
            name = names[data[0] % len(names)]
            readers.check(name, mine[name], data[1:], folder / name)

    def change(data: bytes, most: int, number: int) -> bytes:
        """Half of all changes are made to what is inside: the header of safetensors, what is packed."""
        if not data or number % 2:
            return bytes(atheris.Mutate(data, most))
        start, inner = data[:1], data[1:]
        length = int.from_bytes(inner[:8], "little")
        try:
            if inner[:2] == b"\x1f\x8b":
                return start + gzip.compress(atheris.Mutate(gzip.decompress(inner), most), 1)[: most - 1]
            if inner[8:9] == b"{" and length <= len(inner):
                header = inner[8 : 8 + length]
                changed = _json_changed(header, number) if number % 4 else atheris.Mutate(header, most)
                return (start + len(changed).to_bytes(8, "little") + changed + inner[8 + length :])[:most]
        except (OSError, EOFError, ValueError, zlib.error):
            pass
        return bytes(atheris.Mutate(data, most))

    flags = [
        f"-max_total_time={options.seconds}",
        f"-timeout={HANGS_AFTER}",
        "-rss_limit_mb=2048",
        "-max_len=16384",
        f"-seed={options.seed}",
    ]
    atheris.Setup(
        [sys.argv[0], *flags, f"-artifact_prefix={work}/", "-print_final_stats=1", str(found)],
        run,
        custom_mutator=change,
    )
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _json_changed(header: bytes, number: int) -> bytes:
    """One value somewhere in a header is another one, also within the JSON that is a text there."""
    draw = random.Random(number)
    others = [None, True, -1, 0, 1, 2**31, 2**62 + 1, 2**64, 1.5, float("nan"), "x", "", [], {}, [1], [-1, 3], {"a": 1}]

    def other(value: object) -> object:
        if isinstance(value, dict) and value and draw.random() < 0.9:
            key = draw.choice(sorted(value))
            if draw.random() < 0.1:
                return {k: v for k, v in value.items() if k != key}
            return value | {key: other(value[key])}
        if isinstance(value, list) and value and draw.random() < 0.8:
            at = draw.randrange(len(value))
            return [*value[:at], other(value[at]), *value[at + 1 :]]
        if isinstance(value, str) and value[:1] in ("{", "[") and draw.random() < 0.9:
            return json.dumps(other(json.loads(value)))
        return draw.choice(others)

    return json.dumps(other(json.loads(header))).encode()


if __name__ == "__main__":
    main()
