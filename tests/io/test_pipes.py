"""Files that are read more than once, given as a pipe."""

from __future__ import annotations

import gzip
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fastemb import Corpus, KeyedVectors, Word2Vec, layers
from fastemb.index import VectorIndex
from fastemb.io.input_file import open_source
from fastemb.io.safetensors import read_header, read_one
from fastemb.items import Item2Vec, ItemIndex
from fastemb.phrases import FrozenPhrases, Phrases

LOADS: dict[str, Callable[[str], Any]] = {
    "Word2Vec": Word2Vec.load,
    "Word2Vec.from_gensim": Word2Vec.from_gensim,
    "KeyedVectors": KeyedVectors.load,
    "KeyedVectors, mapped": lambda path: KeyedVectors.load(path, mmap="r"),
    "Corpus.open": Corpus.open,
    "Corpus.open, not verified": lambda path: Corpus.open(path, verify=False),
    "Phrases": Phrases.load,
    "FrozenPhrases": FrozenPhrases.load,
    "Item2Vec": Item2Vec.load,
    "ItemIndex": ItemIndex.load,
    "VectorIndex": VectorIndex.load,
    "Embedding": layers.Embedding.load,
    "Linear": layers.Linear.load,
    "read_header": read_header,
    "read_one": lambda path: read_one(path, "x"),
    "Corpus.from_parquet": Corpus.from_parquet,
    "Corpus.from_parquet, of a column": lambda path: Corpus.from_parquet(path, "t"),
}

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[str]:
    """A pipe that nobody writes to; a test that waits for it fails after a while."""

    def give_up(*_: object) -> None:
        raise AssertionError("it waits for the pipe")

    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    try:
        yield path
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 3_000_000])
def test_what_comes_through_a_pipe_is_read_whole(size: int, pipe: str) -> None:
    content = bytes(range(1, 252)) * (size // 251 + 1)
    writer = threading.Thread(target=lambda: Path(pipe).write_bytes(content[:size]))
    writer.start()
    with open_source(pipe) as (file, known):
        start = file.read(3)
        assert (start + file.read(), known) == (content[:size], None)
    writer.join()


def test_what_is_compressed_comes_through_a_pipe(pipe: str) -> None:
    content = b"king 1 2\n" * 100_000
    writer = threading.Thread(target=lambda: Path(pipe).write_bytes(gzip.compress(content)))
    writer.start()
    with open_source(pipe) as (file, known):
        assert (file.read(), known) == (content, None)
    writer.join()


@pytest.mark.parametrize("name", LOADS)
def test_a_pipe_is_refused_before_anybody_waits_for_it(name: str, pipe: str) -> None:
    if "parquet" in name:
        pytest.importorskip("pyarrow")
    with pytest.raises(ValueError, match=f"{pipe}: a pipe can be read once only"):
        LOADS[name](pipe)
