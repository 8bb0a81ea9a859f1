"""The package safetensors reads our own files, and its files are read here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastemb import KeyedVectors, load_vectors
from peers.static.questions import KEYS, VECTORS

safetensors = pytest.importorskip("safetensors.numpy")


def test_both_ways(tmp_path: Path) -> None:
    rows = np.array(VECTORS, np.float32)
    KeyedVectors._from_arrays(KEYS, rows, np.arange(len(KEYS))).save(tmp_path / "ours.safetensors")
    assert safetensors.load_file(tmp_path / "ours.safetensors")["vectors"].tobytes() == rows.tobytes()
    safetensors.save_file({"a": rows[:2], "table": rows}, tmp_path / "theirs.safetensors")
    found = load_vectors(tmp_path / "theirs.safetensors", key="table", words=KEYS)
    assert found.index_to_key == KEYS
    assert found.vectors.tobytes() == rows.tobytes()
