"""Vectors in a file that is mapped: all questions work on them, and what is not asked for stays on disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import KeyedVectors
from fastemb.vectors.mapped import is_mapped

QUESTIONS: dict[str, Any] = {
    "most_similar": lambda wv: wv.most_similar("w1"),
    "all scores": lambda wv: wv.most_similar("w1", topn=None).tolist(),
    "dot": lambda wv: wv.most_similar("w1", metric="dot"),
    "where": lambda wv: wv.most_similar("w1", where=["w2", "w9"]),
    "batch": lambda wv: wv.most_similar_batch(["w1", "w2"]),
    "analogies": lambda wv: wv.most_similar_batch([["w1", "w2"]], negative=["w3"]),
    "cosmul": lambda wv: wv.most_similar_cosmul(["w1"], ["w2"]),
    "vector": lambda wv: wv.similar_by_vector(wv["w4"]),
    "similarity": lambda wv: wv.similarity("w1", "w2"),
    "distances": lambda wv: wv.distances("w1").tolist(),
    "closer_than": lambda wv: wv.closer_than("w1", "w2"),
    "rank": lambda wv: wv.rank("w1", "w2"),
    "doesnt_match": lambda wv: wv.doesnt_match(["w1", "w2", "w3"]),
    "mean": lambda wv: wv.get_mean_vector(["w1", "w2"]).tolist(),
    "normed": lambda wv: wv.get_vector("w1", norm=True).tolist(),
    "several": lambda wv: wv[["w1", "w2"]].tolist(),
    "for all": lambda wv: wv.vectors_for_all(["w1"]).vectors.tolist(),
}


def saved(folder: Path, rows: int, size: int, dtype: Any = np.float32) -> Path:
    vectors = KeyedVectors(size, dtype=dtype)
    values = np.random.default_rng(0).standard_normal((rows, size), np.float32).astype(dtype)
    vectors.add_vectors([f"w{row}" for row in range(rows)], values)
    vectors.save(folder / "vectors.safetensors")
    return folder / "vectors.safetensors"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_map_answers_as_memory_does(tmp_path: Path, name: str, dtype: Any) -> None:
    path = saved(tmp_path, 50, 8, dtype)
    mapped, read = KeyedVectors.load(path, mmap="r"), KeyedVectors.load(path)
    assert is_mapped(mapped.vectors)
    assert not is_mapped(read.vectors)
    assert QUESTIONS[name](mapped) == QUESTIONS[name](read)
    assert is_mapped(mapped.vectors)


@pytest.mark.parametrize("mode", ["r", "c", "r+"])
def test_values_of_keys_are_changed_where_the_map_may_be(tmp_path: Path, mode: Any) -> None:
    made = KeyedVectors.load(saved(tmp_path, 5, 2))
    made.set_vecattr("w1", "size", 4)
    made.save(tmp_path / "values")
    mapped = KeyedVectors.load(tmp_path / "values", mmap=mode)
    if mode == "r":
        with pytest.raises(ValueError, match=r"the values of 'size' are read-only.*load with mmap='c'"):
            mapped.set_vecattr("w1", "size", 5)
        mapped = KeyedVectors.load(tmp_path / "values", mmap="c")
    mapped.set_vecattr("w1", "size", 5)
    assert mapped.get_vecattr("w1", "size") == 5


PROGRAM = """
import sys
from fastemb import KeyedVectors

def own():  # memory of this process alone, in bytes: pages of the file are shared
    for line in open("/proc/self/status"):
        if line.startswith("RssAnon"):
            return 1024 * int(line.split()[1])

def of_file():
    for line in open("/proc/self/status"):
        if line.startswith("RssFile"):
            return 1024 * int(line.split()[1])

wv = KeyedVectors.load(sys.argv[1], mmap="r")
wv.most_similar("w1", restrict_vocab=10, workers=1) if sys.argv[2] == "warm" else None
before, file = own(), of_file()
{question}
print(own() - before, of_file() - file, wv.vectors.nbytes)
"""


def grown(path: Path, question: str) -> tuple[int, int, int]:
    code = PROGRAM.replace("{question}", question)
    done = subprocess.run([sys.executable, "-c", code, str(path), "cold"], capture_output=True, text=True, check=True)
    own, file, size = map(int, done.stdout.split())
    return own, file, size


@pytest.mark.integration
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_no_question_copies_the_matrix(tmp_path: Path, dtype: Any) -> None:
    path = saved(tmp_path, 40_000, 512, dtype)
    for question in (
        "wv.fill_norms()",
        "wv.most_similar('w1', workers=1)",
        "wv.most_similar('w1', metric='dot', workers=1)",
        "wv.most_similar_batch([f'w{row}' for row in range(100)], workers=1)",
        "wv.most_similar('w1', where=[f'w{row}' for row in range(2000)], workers=1)",
        "wv.most_similar_batch(['w1', 'w2', 'w3', 'w4'], indexer=None, restrict_vocab=100, workers=1)",
    ):
        own, _, size = grown(path, question)
        assert own < max(size / 2, 0) + (64 << 20 if dtype != np.float32 else 0), question


@pytest.mark.integration
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_grows_by_what_is_asked(tmp_path: Path) -> None:
    path = saved(tmp_path, 40_000, 512)
    own, file, size = grown(path, "wv['w30000'], wv[['w5', 'w20000']], wv.similarity('w7', 'w39999')")
    assert size == 40_000 * 512 * 4
    assert own < 4 << 20
    assert file < size / 8  # a page that is touched brings some around it
