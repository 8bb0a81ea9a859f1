"""Saving that fails at any of its steps: what was there stays whole, and nothing else remains."""

from __future__ import annotations

import errno
import gc
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastemb import Corpus, DeepWalk, Graph, Item2Vec, KeyedVectors, Phrases, Word2Vec, save_vectors
from fastemb.io import atomic
from fastemb.layers import Adam, Embedding

TEXTS = [["a", "b", "c", f"w{number % 9}"] for number in range(40)]
STEPS = ("open", "fsync", "replace", "rename", "link", "mkdir")
WORDS: dict[str, Any] = {"min_count": 1, "vector_size": 100, "epochs": 1, "workers": 1, "progress": False}


class Faults:
    """Counts the steps of saving, and lets one of them fail.

    Attributes:
        done: The steps so far, by name.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self._fails = 0
        self._number = errno.ENOSPC
        for name in STEPS:
            monkeypatch.setattr(os, name, self._of(name, getattr(os, name)))
        write = atomic._NamedFile.write

        def failing_write(file: Any, data: Any) -> int:
            def half() -> None:
                write(file, bytes(data)[: len(data) // 2])

            with atomic._naming(file.name):  # as what the system says is
                self._step("write", half)
            return write(file, data)

        monkeypatch.setattr(atomic._NamedFile, "write", failing_write)

    def _of(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **more: Any) -> Any:
            self._step(name, lambda: None)
            return real(*arguments, **more)

        return step

    def _step(self, name: str, before: Callable[[], None]) -> None:
        self.done.append(name)
        if len(self.done) == self._fails:
            before()
            raise OSError(self._number, os.strerror(self._number))

    @contextmanager
    def at(self, step: int, number: int = errno.ENOSPC) -> Iterator[None]:
        """In ``with``: the step of this number fails; 0 for none."""
        self.done, self._fails, self._number = [], step, number
        try:
            yield
        finally:
            self._fails = 0


Save = Callable[[Path], object]


def saves() -> dict[str, Save]:
    """What is saved, by name."""
    model = Word2Vec(TEXTS, **WORDS)
    items = Item2Vec(64, epochs=1, progress=False).fit(TEXTS)
    graph = Graph.from_edges([(number, number + 1) for number in range(50)])
    nodes = DeepWalk(64, epochs=1, num_walks=1, progress=False).fit(graph)
    corpus, phrases, layer = Corpus.from_sentences(TEXTS), Phrases(TEXTS, min_count=1), Embedding(50, 64)
    trained = Embedding(50, 64, optimizer=Adam(0.1))
    formats = ("v.bin", "v.txt", "v.txt.gz", "v.npz", "v.npy", "v.tsv", "v.jsonl")
    return {
        "words": model.save,
        "vectors": model.wv.save,
        "int8": model.wv.quantize("int8").save,
        **{name: lambda path, name=name: save_vectors(model.wv, path.with_name(name)) for name in formats},  # type: ignore[misc]
        "corpus": corpus.save,
        "phrases": phrases.save,
        "frozen phrases": phrases.freeze().save,
        "items": items.save,
        "graph": graph.save,
        "nodes": nodes.save,
        "layer": layer.save,
        "trained layer": trained.save,
    }


@pytest.fixture(scope="module")
def known() -> dict[str, Save]:
    return saves()


NAMES = list(saves())


def state(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def error_of(faults: Faults, step: int, number: int, save: Save, path: Path) -> OSError | None:
    """What saving raises when a step fails; None where it can do without."""
    with faults.at(step, number):
        try:
            save(path)
        except OSError as error:
            return error
    return None


def is_whole(content: bytes, expected: bytes) -> bool:
    """Whether this is all of a file; a model notes when it was saved, so that the next file is longer."""
    return len(content) >= len(expected) - 64 and content.endswith(expected[-8:])


@pytest.mark.slow
@pytest.mark.parametrize("nameless", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_each_step_that_fails_leaves_what_was_there(
    name: str, nameless: bool, known: dict[str, Save], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    save, faults, path = known[name], Faults(monkeypatch), tmp_path / "saved"
    save(path)
    for file in tmp_path.iterdir():
        file.write_bytes(b"old")
    before = state(tmp_path)
    atomic._can_be_named.cache_clear()
    with faults.at(0):
        save(path)
    whole, steps = state(tmp_path), list(faults.done)
    assert {"write", "fsync"} <= set(steps)
    failed = []
    for step in range(1, len(steps) + 1):
        number = (errno.ENOSPC, errno.EIO)[step % 2]
        for file, content in before.items():
            (tmp_path / file).write_bytes(content)
        atomic._can_be_named.cache_clear()
        open_files = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
        if (error := error_of(faults, step, number, save, path)) is not None:
            assert error.errno == number
            assert str(tmp_path) in str(error)
            failed.append(steps[step - 1])
        after = state(tmp_path)
        assert set(after) == set(before)
        for file, content in after.items():  # of formats of several files some may be new
            assert content == b"old" or is_whole(content, whole[file]), (steps[step - 1], file)
        gc.collect()
        if open_files:
            assert len(os.listdir("/proc/self/fd")) <= open_files
        save(path)
        assert set(state(tmp_path)) == set(before)
    assert {"write", "fsync"} <= set(failed)


def test_a_checkpoint_that_cannot_be_written_ends_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults, path = Faults(monkeypatch), tmp_path / "c"
    options = WORDS | {"epochs": 2, "checkpoint": path, "checkpoint_every": "1w"}
    atomic._can_be_named.cache_clear()
    with faults.at(0):
        plain = Word2Vec(TEXTS, **options)
    steps = list(faults.done)
    told = refused = 0
    for step in range(1, len(steps) + 1):
        path.unlink(missing_ok=True)
        atomic._can_be_named.cache_clear()
        models: list[Word2Vec] = []
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            error = error_of(
                faults, step, errno.ENOSPC, lambda _, models=models: models.append(Word2Vec(TEXTS, **options)), path
            )  # type: ignore[misc]
        if error is not None:  # the first one, before training
            refused += 1
            assert not path.exists()
            continue
        told += any("checkpoint" in str(warning.message) for warning in found)
        np.testing.assert_array_equal(models[0].wv.vectors, plain.wv.vectors)
        assert not [name for name in os.listdir(tmp_path) if atomic.is_draft(name)]
        KeyedVectors.load(path)
    assert told
    assert refused
