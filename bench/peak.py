"""The most that one thread of this CPU can multiply and add, to hold the speed of training against."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).parent / "peak.c"
_FLAGS = {
    "avx512": ["-mavx512f", "-DLANES=16"],
    "avx2": ["-mavx2", "-mfma", "-DLANES=8"],
    "base": ["-DLANES=4"],
    "neon": ["-DLANES=4"],
}


def build(isa: str, folder: Path) -> Path | None:
    """The program that measures, in this folder; None without a C compiler ($CC or cc)."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    if compiler is None:
        return None
    program = folder / "peak"
    command = [*compiler.split(), "-O3", "-ffp-contract=fast", *_FLAGS[isa], str(_SOURCE), "-o"]
    try:
        done = subprocess.run([*command, str(program)], capture_output=True)
    except OSError:
        return None
    return program if done.returncode == 0 else None


def measure(program: Path) -> float:
    """GFLOP/s of one thread now."""
    return float(subprocess.run([program], capture_output=True, text=True, check=True).stdout)
