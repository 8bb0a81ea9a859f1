"""A demonstration that needs no download: embeddings of the identifiers in Python's own standard library."""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .config import isa
from .corpus import Corpus
from .io import atomic_write
from .models import Word2Vec
from .threads import thread_count
from .vectors import KeyedVectors, save_vectors

NEIGHBOURS = ("append", "Monday", "socket", "encode", "json", "ValueError")
ANALOGIES = (
    ("list", "append", "set"),
    ("read", "write", "recv"),
    ("encode", "decode", "loads"),
    ("key", "value", "keys"),
    ("left", "right", "north"),
)
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def standard_library() -> list[Path]:
    """The running Python's own .py files, without installed packages."""
    root = Path(sysconfig.get_paths()["stdlib"])
    return sorted(path for path in root.rglob("*.py") if "site-packages" not in path.parts)


def source_lines(paths: list[Path]) -> Iterator[list[str]]:
    """The identifiers of every source line."""
    for path in paths:
        for line in path.read_text(encoding="utf-8", errors="ignore").splitlines():
            words = _IDENTIFIER.findall(line)
            if words:
                yield words


def _written(sentences: Iterator[list[str]], file: BinaryIO) -> Iterator[list[str]]:
    """The sentences, each of which becomes a line of the file."""
    for words in sentences:
        file.write(" ".join(words).encode() + b"\n")
        yield words


def _read(files: list[Path], text: Path | None) -> Corpus:
    if text is None:
        return Corpus.from_sentences(source_lines(files), min_count=5)
    with atomic_write(text) as file:
        return Corpus.from_sentences(_written(source_lines(files), file), min_count=5)


def run_demo(output: Path, workers: int | None = None, text: Path | None = None) -> None:
    """Train on the standard library, show what was learned, and save the vectors to ``output``.

    Args:
        output: File for the vectors.
        workers: Threads; default None: all CPUs.
        text: File for the text that was learned from, a source line's identifiers a line; default None: none.

    Raises:
        RuntimeError: this Python comes without its library's source files.
    """
    start = time.perf_counter()
    files = standard_library()
    if not files:
        raise RuntimeError("this Python has no standard library source files to learn from")
    corpus = _read(files, text)
    read = time.perf_counter()
    print(f"read      {len(files):,} files of Python's standard library in {read - start:.1f} s:")
    print(f"          {corpus.raw_words:,} identifiers, {len(corpus.vocabulary):,} that occur at least 5 times")

    model = Word2Vec(corpus, sg=1, min_count=5, epochs=10, workers=workers)
    seconds = time.perf_counter() - read
    print(
        f"trained   10 epochs of skip-gram, 100 dimensions, in {seconds:.1f} s "
        f"({10 * corpus.words / seconds / 1e6:.1f} M words/s, {thread_count(workers)} threads, {isa()})\n"
    )
    _show_neighbours(model.wv)
    _show_analogies(model.wv)
    save_vectors(model.wv, output)
    command, python = _how_to_start()
    print(f"saved     {output}; go on with\n")
    print(f"    {command} similar {output} dict")
    print(f"    {command} analogy {output} read write load\n")
    print(f"or in {python}\n")
    print(f"    import fastemb; print(fastemb.load_vectors({str(output)!r}).most_similar('dict'))")


def _how_to_start() -> tuple[str, str]:
    """The ``fastemb`` command and this Python, as one types them in this folder."""
    folder = Path(sys.executable).parent
    if shutil.which("fastemb"):
        return "fastemb", "Python"
    shown = Path(os.path.relpath(folder)) if folder.is_relative_to(Path.cwd()) else folder
    command = f"{shown / 'fastemb'}" if (folder / "fastemb").exists() else f"{shown / 'python'} -m fastemb"
    return command, str(shown / "python")


def _show_neighbours(vectors: KeyedVectors) -> None:
    print("neighbours")
    for word in NEIGHBOURS:
        if word in vectors:
            print(f"  {word:<12}{', '.join(near for near, _ in vectors.most_similar(word, topn=6))}")
    print()


def _show_analogies(vectors: KeyedVectors) -> None:
    print("analogies")
    for a, b, c in ANALOGIES:
        if a in vectors and b in vectors and c in vectors:
            answers = vectors.most_similar(positive=[b, c], negative=[a], topn=3)
            best, *others = (word for word, _ in answers)
            print(f"  {f'{a}:{b}':<14} = {f'{c}:{best}':<14} (then {', '.join(others)})")
    print()
