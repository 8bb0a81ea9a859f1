"""Processes that map one file of vectors: they hold its pages once, together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors

PROCESSES = 4
SMALL: dict[str, dict[str, Any]] = {"pq": {"sample": 2000}}  # quick to make
PROGRAM = """
import sys
from fastemb import KeyedVectors
from fastemb.index import VectorIndex
wv = KeyedVectors.load(sys.argv[1], mmap="r")
index = VectorIndex.load(sys.argv[2], mmap="r") if len(sys.argv) > 2 else None
wv.most_similar("w1", topn=3, workers=1, indexer=index)
wv.most_similar("w1", topn=3, workers=1)  # looks at every row
print("ready", flush=True)
sys.stdin.readline()
"""
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


def pages(process: int, path: Path) -> dict[str, int]:
    """Bytes that a process holds of a file: in all (Rss), its share where others hold them, too (Pss), and changed."""
    found = {"Rss": 0, "Pss": 0, "Private_Dirty": 0}
    is_file = False
    for line in Path(f"/proc/{process}/smaps").read_text(encoding="utf-8").splitlines():
        name, *rest = line.split()
        if not name.endswith(":"):
            is_file = bool(rest) and line.endswith(str(path))
        elif is_file and name[:-1] in found:
            found[name[:-1]] += int(rest[0]) << 10
    return found


def held(*paths: Path) -> list[list[dict[str, int]]]:
    """Of each process that maps the first file, and the second for its index, what it holds of each."""
    command = [sys.executable, "-c", PROGRAM, *map(str, paths)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        return [[pages(process.pid, path) for path in paths] for process in running]
    finally:
        for process in running:
            process.communicate("\n")


@pytest.mark.parametrize("precision", ["float32", "float16", "int8", "pq"])
def test_a_file_is_in_memory_once(precision: Any, tmp_path: Path) -> None:
    vectors = KeyedVectors(128)
    vectors.add_vectors([f"w{row}" for row in range(30_000)], np.random.default_rng(0).standard_normal((30_000, 128)))
    path = tmp_path / "x.safetensors"
    (vectors if precision == "float32" else vectors.quantize(precision, **SMALL.get(precision, {}))).save(path)
    of_rows = KeyedVectors.load(path, mmap="r").vectors.nbytes
    found = [one for (one,) in held(path)]
    assert all(one["Rss"] >= 0.95 * of_rows for one in found)  # each looked at all rows
    assert sum(one["Pss"] for one in found) <= 1.05 * path.stat().st_size + (1 << 20)
    assert not any(one["Private_Dirty"] for one in found)


def test_an_index_is_in_memory_once(tmp_path: Path) -> None:
    pytest.importorskip("usearch")
    vectors = KeyedVectors(32)
    vectors.add_vectors([f"w{row}" for row in range(5000)], np.random.default_rng(0).standard_normal((5000, 32)))
    vectors.save(tmp_path / "x.safetensors")
    vectors.build_index().save(tmp_path / "x.index")
    found = held(tmp_path / "x.safetensors", tmp_path / "x.index")
    for number, path in enumerate((tmp_path / "x.safetensors", tmp_path / "x.index")):
        assert sum(one[number]["Pss"] for one in found) <= 1.05 * path.stat().st_size + (1 << 20)
        assert all(one[number]["Rss"] > 0 for one in found)
        assert not any(one[number]["Private_Dirty"] for one in found)
