"""What memory cannot hold is refused before it is begun, with an estimate; and what was there is there still."""

from __future__ import annotations

import gc
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import DeepWalk, Item2Vec, KeyedVectors, Node2Vec, Word2Vec, load_vectors, memory, save_vectors
from fastemb.graphs import Graph
from fastemb.layers import Adam, Embedding, EmbeddingBag
from fastemb.memory import give_back, memory_for, memory_left, shown

TEXTS = [[f"w{number}", f"w{number + 1}"] for number in range(0, 400, 2)]
OPTIONS: dict[str, Any] = {"min_count": 1, "vector_size": 20, "workers": 1, "sample": 0, "epochs": 1}
EDGES = [(number, number + 1) for number in range(100)]


def some_vectors() -> KeyedVectors:
    vectors = KeyedVectors(8)
    vectors.add_vectors([f"w{number}" for number in range(300)], np.random.default_rng(0).normal(size=(300, 8)))
    return vectors


def grow(model: Word2Vec) -> None:
    model.build_vocab([["new", f"word{number}"] for number in range(100)], update=True)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """Lets a machine have so many bytes left."""

    def become(left: int | None) -> None:
        monkeypatch.setattr(memory, "_SMALL", 0)
        monkeypatch.setattr(memory, "memory_left", lambda: left)

    return become


Door = Callable[[Path], object]
DOORS: dict[str, tuple[Door, str]] = {
    "Word2Vec": (lambda _: Word2Vec(TEXTS, **OPTIONS), "a model of 400 rows and 20 dimensions"),
    "Word2Vec, hs": (lambda _: Word2Vec(TEXTS, **OPTIONS, hs=1), "about 200 KiB"),  # 3 matrices padded to 32, and one
    "Item2Vec": (lambda _: Item2Vec(4, progress=False).fit(TEXTS), "a model of 400 rows and 2 dimensions"),
    "Node2Vec": (lambda _: Node2Vec(9, progress=False).fit(EDGES), "a model of 101 rows and 9 dimensions"),
    "DeepWalk": (lambda _: DeepWalk(9, progress=False).fit(EDGES), "a model of 101 rows and 9 dimensions"),
    "Embedding": (lambda _: Embedding(100, 8), "a table of 100 x 8 float32"),
    "EmbeddingBag": (lambda _: EmbeddingBag(100, 8), "a table of 100 x 8 float32"),
    "KeyedVectors": (lambda _: KeyedVectors(100, 8), "vectors of 8 x 100"),
    "walks": (lambda _: Graph.from_edges(EDGES).walks(), "a table of 1,010 walks of 80 nodes"),
}
FILES: dict[str, Callable[[Path], object]] = {
    "Word2Vec.load": lambda folder: Word2Vec.load(folder / "model"),
    "KeyedVectors.load": lambda folder: KeyedVectors.load(folder / "v.safetensors"),
    "load_vectors": lambda folder: load_vectors(folder / "v.safetensors"),
    "binary": lambda folder: load_vectors(folder / "v.bin"),
    "text": lambda folder: load_vectors(folder / "v.txt"),
    "array": lambda folder: load_vectors(folder / "v.npy", words=[f"w{number}" for number in range(300)]),
    "word2vec": lambda folder: KeyedVectors.load_word2vec_format(folder / "v.txt"),
    "items": lambda folder: Item2Vec.load(folder / "items"),
    "nodes": lambda folder: DeepWalk.load(folder / "nodes"),
    "layer": lambda folder: Embedding.load(folder / "layer"),
}


@pytest.mark.parametrize("door", DOORS)
def test_what_does_not_fit_is_refused(door: str, small: Callable[[int | None], None], tmp_path: Path) -> None:
    call, message = DOORS[door]
    small(1000)
    with pytest.raises(MemoryError, match=r"takes about .* and 1,000 bytes of memory are left") as caught:
        call(tmp_path)
    assert message in str(caught.value)
    small(1 << 40)
    call(tmp_path)
    small(None)
    call(tmp_path)


@pytest.mark.parametrize("door", FILES)
def test_files_that_do_not_fit_are_refused(door: str, small: Callable[[int | None], None], tmp_path: Path) -> None:
    vectors = some_vectors()
    for name in ("v.safetensors", "v.bin", "v.txt", "v.npy"):
        save_vectors(vectors, tmp_path / name)
    Word2Vec(TEXTS, **OPTIONS).save(tmp_path / "model")
    Item2Vec(4, progress=False, epochs=1).fit(TEXTS).save(tmp_path / "items")
    DeepWalk(4, progress=False, epochs=1).fit(EDGES).save(tmp_path / "nodes")
    Embedding(100, 8).save(tmp_path / "layer")
    small(1000)
    with pytest.raises(MemoryError, match=f"what is in {tmp_path}.* takes about .* 1,000 bytes of memory are left"):
        FILES[door](tmp_path)
    small(1 << 40)
    FILES[door](tmp_path)


def test_a_model_that_cannot_grow_stays_as_it_was(small: Callable[[int | None], None]) -> None:
    model = Word2Vec(TEXTS, **OPTIONS)
    before = model.wv.vectors.copy(), model.syn1neg.copy(), list(model.wv.index_to_key)
    small(1000)
    for change in (lambda: grow(model), lambda: model.build_vocab(TEXTS), model.init_weights):
        with pytest.raises(MemoryError, match="takes about"):
            change()
    assert model.wv.index_to_key == before[2]
    np.testing.assert_array_equal(model.wv.vectors, before[0])
    np.testing.assert_array_equal(model.syn1neg, before[1])
    small(None)
    grow(model)
    model.train(TEXTS)
    assert len(model.wv) == 501


def test_many_answers_are_refused_and_few_are_not(small: Callable[[int | None], None]) -> None:
    vectors = some_vectors()
    small(1 << 20)
    assert len(vectors.most_similar_batch(["w1", "w2"], topn=300)) == 2
    with pytest.raises(MemoryError, match=r"best rows of 300 queries takes about .* are left: ask for fewer of both"):
        vectors.most_similar_batch(vectors.index_to_key, topn=300)
    assert len(vectors.most_similar("w1", topn=None)) == 300


def test_an_allocation_that_fails_gets_the_estimate_once() -> None:
    def outer() -> None:
        with memory_for("the whole", 3 << 30), memory_for("a part", 5 << 20, "take less"):
            np.empty(1 << 60, np.uint8)

    with pytest.raises(MemoryError) as caught:
        outer()
    assert str(caught.value) == "a part takes about 5.0 MiB, more memory than there is: take less"
    assert type(caught.value) is MemoryError


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), memory_for("this", 5):
        raise KeyError


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1023, "1,023 bytes"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB"), (2.0**75, "32,768 EiB")],
)
def test_sizes_for_people(size: float, text: str) -> None:
    assert shown(size) == text


V2 = {"/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/memory.max": "5000", "/sys/fs/cgroup/a/memory.current": "900"}
V1 = {
    "/proc/self/cgroup": "9:name=systemd:/\n4:memory:/x\n0::/\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9000\n",
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": "8000\n",
    "/sys/fs/cgroup/memory/memory.stat": "cache 77\ntotal_inactive_file 500\n",
}
MACHINE = {"/proc/meminfo": "MemTotal: 99 kB\nMemAvailable:   64 kB\nSwapFree: 36 kB\n"}


@pytest.mark.parametrize(
    ("files", "left"),
    [
        (MACHINE, 100 << 10),
        (MACHINE | V2, 4100),
        (V2 | {"/sys/fs/cgroup/a/b/memory.max": "1000", "/sys/fs/cgroup/a/b/memory.current": "700"}, 300),
        (V2 | {"/sys/fs/cgroup/a/b/memory.max": "max", "/sys/fs/cgroup/a/b/memory.current": "700"}, 4100),
        (MACHINE | V1, 1500),
        (V1 | {"/sys/fs/cgroup/memory/memory.usage_in_bytes": "99999"}, 0),
        ({"/proc/meminfo": "MemTotal: 99 kB\n"}, None),
        ({}, None),
    ],
)
def test_what_the_system_says(files: dict[str, str], left: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_text", lambda path: files.get(path, ""))
    monkeypatch.setattr(memory, "_of_limit", lambda: None)
    assert memory_left() == left


CHILD = """
import resource
from fastemb import Word2Vec
pages = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (pages + (300 << 20), -1))
model = Word2Vec([["a", "b"]] * 9, min_count=1, vector_size=20, epochs=1)
try:
    model.build_vocab_from_freq({f"w{n}": 5 for n in range(100_000)}, update=True)
    model.wv.vectors[5]
    big = Word2Vec(min_count=1, vector_size=2000)
    big.build_vocab_from_freq({f"w{n}": 5 for n in range(100_000)})
except MemoryError as error:
    print(error)
model.train([["a", "b"]] * 9, total_examples=9, epochs=1)
"""


@pytest.mark.integration
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_a_limit_of_the_process_counts() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "a model of 100,000 rows and 2,000 dimensions takes about 1.5 GiB, and " in done.stdout


def test_what_a_limit_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(memory, "_text", lambda path: "1000 500 30" if path == "/proc/self/statm" else "")
    for limit, left in ((resource.RLIM_INFINITY, None), (10**9, 10**9 - 1000 * resource.getpagesize())):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert memory._of_limit() == left
    monkeypatch.setattr(memory, "_text", lambda path: "")  # a system without /proc
    assert memory._of_limit() == 10**9


# ---- what is dropped is given back ----


def resident() -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) << 10


IS_GLIBC = platform.libc_ver()[0] == "glibc" and "libasan" not in os.environ.get("LD_PRELOAD", "")


@pytest.mark.skipif(not IS_GLIBC, reason="another allocator")
@pytest.mark.parametrize(
    ("call", "gives_back"),
    [
        (lambda: give_back(1 << 19), True),
        (lambda: give_back((1 << 19) - 1), False),
        (lambda: memory_for("a model", 65 << 20).__enter__(), True),
        (lambda: memory_for("a model", 64 << 20).__enter__(), False),
    ],
)
def test_free_memory_is_given_back_before_much_is_asked_for(call: Callable[[], object], gives_back: bool) -> None:
    blocks = [b"x" * (100_000 + number) for number in range(1000)]
    full = resident()
    blocks = blocks[::50] + blocks[-1:]  # what lies before the last one stays with the allocator
    call()
    assert (resident() < full - (60 << 20)) == gives_back
    assert len(blocks) == 21


CYCLES: dict[str, Callable[[Path], object]] = {
    "words": lambda folder: Word2Vec(TEXTS, **OPTIONS | {"workers": 2}).wv.most_similar("w1"),
    "words, hs": lambda folder: Word2Vec(TEXTS, **OPTIONS, hs=1, negative=0),
    "items": lambda folder: Item2Vec(4, progress=False, epochs=1, workers=2).fit(TEXTS[:50]).recommend(["w1"]),
    "nodes": lambda folder: Node2Vec(4, progress=False, num_walks=1, workers=2).fit(EDGES),
    "layers": lambda folder: Embedding(500, 50, optimizer=Adam(0.1)).update([1, 2], np.ones((2, 50), np.float32)),
    "files": lambda folder: (Word2Vec(TEXTS, **OPTIONS).save(folder / "m"), Word2Vec.load(folder / "m")),
    "maps": lambda folder: KeyedVectors.load(folder / "v", mmap="r"),
    "checkpoints": lambda folder: Word2Vec(TEXTS, **OPTIONS, checkpoint=folder / "c", checkpoint_every="1w"),
}


@pytest.mark.integration
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
@pytest.mark.parametrize("kind", CYCLES)
def test_200_models_that_come_and_go_leave_nothing(kind: str, tmp_path: Path) -> None:
    some_vectors().save(tmp_path / "v")
    for _ in range(20):  # what is made once and kept
        CYCLES[kind](tmp_path)
    gc.collect()
    before, files = resident(), len(os.listdir("/proc/self/fd"))
    for _ in range(200):
        CYCLES[kind](tmp_path)
    gc.collect()
    assert resident() - before <= 4 << 20
    assert len(os.listdir("/proc/self/fd")) == files
