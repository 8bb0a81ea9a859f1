"""Everything that reads a file, with a small file that it reads, and what must hold when the file is any other one.

A reader gives what it read, or an error that names the file: a ValueError, an OSError, an
EOFError, or a KeyError where a table lacks a column that was asked for. It takes no more
memory than twice what the file unpacks to and 64 MB, and no more than five seconds, which the fuzzer watches over. It
neither runs code, nor starts programs, nor opens the network, nor writes or reads other files.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import fastemb
from fastemb import Corpus, Graph, Interactions, Item2Vec, KeyedVectors, Word2Vec
from fastemb.evaluate.questions import read_analogies, read_categories, read_odd_one_out, read_pairs
from fastemb.graphs import DeepWalk, Node2Vec
from fastemb.io.formats import FORMATS
from fastemb.io.input_file import open_source
from fastemb.layers import Embedding, Linear
from fastemb.phrases import FrozenPhrases, Phrases

MOST_MEMORY = 64 << 20
SENTENCES = [["new", "york", "is", "big"], ["new", "york", "is", "old"]] * 5
EDGES = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]
TABLE = "user,item,text,weight,time\n" + "".join(
    f'u{k % 3},i{k % 4},"the {k} ""old"" king",{k}.5,2026-01-0{k + 1}\n' for k in range(8)
)
QUESTIONS = ": capitals\nking queen man woman\nman woman king queen\n"
TRAINED: dict[str, Any] = {"vector_size": 4, "min_count": 1, "epochs": 1, "workers": 1, "sample": 0}


@dataclass(frozen=True)
class Reader:
    """What reads a file.

    Attributes:
        group: The fuzzer takes the readers of a group together.
        write: Makes a file, or a folder, that it reads.
        read: Reads it, and looks at what it read.
        part: Which of a folder's files is changed; None where it is a file.
    """

    group: str
    write: Callable[[Path], object]
    read: Callable[[Path], object]
    part: str | None = None


class Enough(Exception):  # noqa: N818
    """A checkpoint was read: there is no need to train on."""


class Stop:
    """Ends a training that is taken up again."""

    def on_train_begin(self, model: object) -> None:
        raise Enough


def vectors() -> KeyedVectors:
    made = KeyedVectors(3)
    made.add_vectors(["king", "queen", "new york", "é"], np.arange(12, dtype=np.float32).reshape(4, 3) / 7)
    return made


def plain_vectors() -> KeyedVectors:
    made = KeyedVectors(3)
    made.add_vectors(["king", "queen", "man", "é"], np.arange(12, dtype=np.float32).reshape(4, 3) / 7)
    return made


def look(found: Any) -> None:
    """Look at all that was read."""
    repr(found)
    store = getattr(found, "wv", found)
    if isinstance(store, KeyedVectors):
        np.asarray(store.vectors).sum()
        list(store.index_to_key)
    elif isinstance(found, Corpus):
        for _ in zip(range(100), found, strict=False):
            pass
    elif isinstance(found, Graph):
        np.asarray(found.degrees).sum() if hasattr(found, "degrees") else len(found)


def reading(read: Callable[[Any], object], **options: Any) -> Callable[[Path], None]:
    return lambda path: look(read(path, **options))


def resumed(path: Path) -> None:
    with contextlib.suppress(Enough):
        Word2Vec.resume(path, SENTENCES, workers=1, progress=False, callbacks=[Stop()])


def text(content: str) -> Callable[[Path], int]:
    return lambda path: path.write_text(content)


def of_formats() -> Iterator[tuple[str, Reader]]:
    for known in FORMATS:
        option = known.ABOUT.option

        def write(path: Path, option: str = option) -> None:
            fastemb.save_vectors(plain_vectors(), path, format=option)

        options = {"format": option} | ({"words": ["king", "queen", "man", "é"]} if option == "npy" else {})
        if not known.ABOUT.holds:
            yield option, Reader("vectors", write, reading(fastemb.load_vectors, **options))
            continue
        for part in known.ABOUT.holds:
            yield f"{option} {part}", Reader("vectors", write, reading(fastemb.load_vectors, **options), part)


def of_saved() -> Iterator[tuple[str, Reader]]:
    kv, words = vectors(), Word2Vec(SENTENCES, **TRAINED)
    phrases = Phrases(SENTENCES, min_count=1, threshold=0.1)
    items = Item2Vec(vector_size=4, epochs=1, workers=1, progress=False, min_count=1).fit(SENTENCES)
    graph = Graph.from_edges(EDGES)
    walks: dict[str, Any] = {"vector_size": 4, "walk_length": 4, "num_walks": 1, "workers": 1, "progress": False}
    yield "KeyedVectors", Reader("models", kv.save, reading(KeyedVectors.load))
    yield "KeyedVectors mapped", Reader("models", kv.save, reading(KeyedVectors.load, mmap="r"))
    for precision in ("int8", "pq"):
        many = KeyedVectors(4)
        many.add_vectors([str(k) for k in range(300)], np.random.default_rng(0).standard_normal((300, 4), np.float32))
        small: Any = many.quantize(precision) if precision == "pq" else kv.quantize(precision)
        yield f"KeyedVectors {precision}", Reader("models", small.save, reading(KeyedVectors.load))
    yield "Word2Vec", Reader("models", words.save, reading(Word2Vec.load))
    yield "Item2Vec", Reader("models", items.save, reading(Item2Vec.load))
    yield "Phrases", Reader("models", phrases.save, reading(Phrases.load))
    yield "FrozenPhrases", Reader("models", phrases.freeze().save, reading(FrozenPhrases.load))
    yield "Graph", Reader("models", graph.save, reading(Graph.load))
    yield "DeepWalk", Reader("models", DeepWalk(**walks).fit(graph).save, reading(DeepWalk.load))
    yield "Node2Vec", Reader("models", Node2Vec(**walks).fit(graph).save, reading(Node2Vec.load))
    yield "Embedding", Reader("models", Embedding(4, 3, seed=1).save, reading(Embedding.load))
    yield "Linear", Reader("models", Linear(4, 3, seed=1).save, reading(Linear.load))

    def checkpoint(path: Path) -> None:
        Word2Vec(SENTENCES, checkpoint=path, checkpoint_every="1w", **TRAINED)

    yield "checkpoint", Reader("models", checkpoint, resumed)


def of_texts() -> Iterator[tuple[str, Reader]]:
    def saved(path: Path) -> None:
        Corpus.from_sentences(SENTENCES).save(path)

    def gzipped(path: Path) -> None:
        import gzip

        path.write_bytes(gzip.compress("\n".join(" ".join(line) for line in SENTENCES).encode(), mtime=0))

    lines = "the old king\nmet the queen\u00a0of Köln\n\nnew\tyork\n"
    yield "Corpus", Reader("texts", saved, reading(Corpus.open))
    yield "text", Reader("texts", text(lines), reading(Corpus.from_file))
    yield "text replaced", Reader("texts", text(lines), reading(Corpus.from_file, unicode_errors="replace", lower=True))
    yield "text gzip", Reader("texts", gzipped, reading(Corpus.from_file))
    yield (
        "text utf-16",
        Reader("texts", lambda path: path.write_text(lines, "utf-16"), reading(Corpus.from_file, encoding="utf-16")),
    )
    yield "csv", Reader("texts", text(TABLE), reading(Corpus.from_csv, column="text"))
    yield "interactions", Reader("texts", text(TABLE), reading(Interactions.from_file, session="user", item="item"))
    yield "baskets", Reader("texts", text("a b c\nb c\nd\n"), reading(Interactions.from_basket_file))
    yield "edges", Reader("texts", text("# a graph\na b 1.5\nb c 2\nc a 0.25\n"), reading(Graph.from_file))
    yield (
        "word2vec text",
        Reader("texts", plain_vectors().save_word2vec_format, reading(KeyedVectors.load_word2vec_format)),
    )
    yield "counts", Reader("texts", write_counts, counts)
    for name, read in [("analogies", read_analogies), ("odd one out", read_odd_one_out)]:
        yield name, Reader("texts", text(QUESTIONS), questions(read))
    yield "word pairs", Reader("texts", text("king\tqueen\t7.5\nman\té\t0.5\n"), questions(read_pairs))
    yield "categories", Reader("texts", text("king royal\nman person\n"), questions(read_categories))


def write_counts(path: Path) -> None:
    plain_vectors().save_word2vec_format(path.with_name("of-counts"))
    path.write_text("king 3\nqueen 2\nman 2\né 1\n")


def counts(path: Path) -> None:
    KeyedVectors.load_word2vec_format(path.with_name("of-counts"), fvocab=path)


def questions(read: Any) -> Callable[[Path], None]:
    from fastemb.evaluate.words import Words

    return lambda path: look(read(str(path), Words(plain_vectors())))


def readers() -> dict[str, Reader]:
    """All of them, by their names."""
    return dict([*of_formats(), *of_saved(), *of_texts()])


# ---- what must hold ----

_RUNS_CODE = (
    "exec",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "subprocess.Popen",
    "pickle.find_class",
    "ctypes.dlopen",
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "shutil.rmtree",
    "os.remove",
    "os.rename",
)
_watched: list[Path] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched:
        return
    if event == "exec" and _is_importing():
        return  # a module that is imported where it is first used
    if event in _RUNS_CODE:
        raise Forbidden(f"{event} {arguments!r:.200}")
    if event == "open":
        name, mode, _ = arguments
        inside = isinstance(name, int) or str(name).startswith(
            (str(_watched[-1]), sys.prefix, sys.base_prefix, "/proc/self", "/sys/")
        )
        if not inside and not str(name).endswith((".py", ".pyc", ".so", "public_suffix_list.dat")):
            raise Forbidden(f"{name} is opened")
        if isinstance(mode, str) and set(mode) & set("wax+"):
            raise Forbidden(f"{name} is written")


def _is_importing() -> bool:
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
    return False


class Forbidden(BaseException):
    """Something was done that reading a file must not do."""


def check(name: str, reader: Reader, data: bytes, folder: Path) -> str:
    """Let a reader read bytes.

    Args:
        name: Of the reader.
        reader: The reader.
        data: What is in the file, or in the part of a folder.
        folder: Has nothing but this in it; for a folder, "seed" is a whole one.

    Returns:
        The error, or "" where the file was read.

    Raises:
        AssertionError: Something does not hold.
    """
    path = folder / "input"
    if reader.part is not None and not path.exists():
        reader.write(path)
    place = path / reader.part if reader.part is not None else path
    place.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = None
    try:
        _watched.append(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader.read(path)
    except (ValueError, OSError, EOFError, KeyError, TypeError, FloatingPointError) as raised:
        error = raised  # KeyError: no such column; TypeError: another type; FloatingPointError: a score of NaN
    finally:
        _watched.clear()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    if grown > MOST_MEMORY + 2 * len(data):  # what it unpacks to is not asked before that
        assert grown <= MOST_MEMORY + 2 * unpacked_size(place), f"{name}: {grown >> 20} MiB for {len(data)} bytes"
    assert error is None or str(path) in str(error), f"{name}: the file is not named: {type(error).__name__}: {error}"
    assert error is None or len(str(error)) < 2000, f"{name}: a message of {len(str(error))} characters"
    return str(error or "")


def unpacked_size(path: Path) -> int:
    """Bytes that a file has, unpacked, as far as that can be done."""
    size = os.path.getsize(path)
    total = 0
    with contextlib.suppress(ValueError, OSError, EOFError), open_source(str(path)) as (file, _):
        while part := file.read(1 << 20):
            total += len(part)
    return max(size, total)


def seed(reader: Reader, folder: Path) -> bytes:
    """The bytes of a file that the reader reads."""
    path = folder / "input"
    shutil.rmtree(path, ignore_errors=True)
    reader.write(path)
    return (path / reader.part if reader.part is not None else path).read_bytes()


sys.addaudithook(_audit)
