"""``fastemb similar``, ``nearest``, ``analogy`` and ``index``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator

import numpy as np

from ..vectors import KeyedVectors, load_vectors
from ..vectors.nearest import METRICS
from ..vectors.store import Array, Key
from .asking import Asking, add_asking, blocks, mapped_vectors_of
from .outputs import check_writable
from .reading import add_workers
from .saying import say
from .values import STDOUT, file_path, positive
from .vectors_read import add_vectors, sources_of

_BLOCK = 1000  # questions that are answered together


def add_similar(parser: argparse.ArgumentParser) -> None:
    """Add ``similar``."""
    parser.description = "Print each word's nearest neighbours by cosine similarity."
    add_asking(parser, "neighbours", 10)
    parser.add_argument(
        "words", nargs="*", help="words; without any, or with -, they are read from standard input, one a line"
    )
    parser.set_defaults(run=_similar)


def _similar(options: argparse.Namespace) -> int:
    asking = Asking(options)
    missing = 0
    from_input = options.words in ([], [STDOUT])
    at_once = 1 if from_input and sys.stdin.isatty() else _BLOCK
    for block in blocks(sys.stdin if from_input else options.words, at_once):
        known = [word for word in block if asking.known(word)]
        missing |= len(known) < len(block)
        for word, ranking in zip(known, asking.many(known), strict=True):
            asking.show(word, {"word": word}, ranking)
    return int(missing)


def add_nearest(parser: argparse.ArgumentParser) -> None:
    """Add ``nearest``."""
    parser.description = (
        "Print the words nearest to vectors that another file holds, such as those of documents or users, which have "
        "as many dimensions."
    )
    add_asking(parser, "words", 10)
    parser.add_argument(
        "queries",
        type=lambda text: text if text == STDOUT else file_path(text),
        help="a file of vectors in any format, or - for lines of a name and numbers on standard input",
    )
    parser.set_defaults(run=_nearest)


def _nearest(options: argparse.Namespace) -> int:
    asking = Asking(options)
    size = asking.vectors.vector_size
    given = _from_input(size) if options.queries == STDOUT else _from_file(options.queries, size)
    for names, rows in given:
        for name, ranking in zip(names, asking.many(rows), strict=True):
            asking.show(name, {"query": name}, ranking)
    return 0


def _from_file(path: str, size: int) -> Iterator[tuple[list[Key], Array]]:
    queries = load_vectors(path)
    if queries.vector_size != size:
        raise ValueError(f"{path}: vectors of {queries.vector_size} dimensions, where {size} are asked for")
    for start in range(0, len(queries), _BLOCK):
        part = slice(start, start + _BLOCK)
        yield queries.index_to_key[part], queries.vectors[part]


def _from_input(size: int) -> Iterator[tuple[list[Key], Array]]:
    at_once = 1 if sys.stdin.isatty() else _BLOCK
    number = 0
    for block in blocks(sys.stdin, at_once):
        names, rows = [], np.empty((len(block), size), np.float32)
        for at, line in enumerate(block):
            number += 1
            name, *values = line.split()
            try:
                if len(values) != size:
                    raise ValueError
                rows[at] = [float(value) for value in values]
            except ValueError:
                raise ValueError(
                    f"standard input, vector {number}: expected a name and {size} numbers, not {line[:60]!r}"
                ) from None
            names.append(name)
        yield names, rows


def add_analogy(parser: argparse.ArgumentParser) -> None:
    """Add ``analogy``."""
    parser.description = "A is to B as C is to what? Prints the words nearest to B - A + C."
    add_asking(parser, "answers", 5)
    for name, example in (("A", "man"), ("B", "king"), ("C", "woman")):
        parser.add_argument(name, help=f"for example: {example}")
    parser.set_defaults(run=_analogy)


def _analogy(options: argparse.Namespace) -> int:
    asking = Asking(options)
    a, b, c = words = options.A, options.B, options.C
    if sum(asking.known(word) for word in words) < len(words):
        return 1
    asking.show(f"{a} : {b} = {c} : ?", {"a": a, "b": b, "c": c}, asking.one([b, c], [a]))
    return 0


def add_index(parser: argparse.ArgumentParser) -> None:
    """Add ``index``."""
    parser.description = (
        "Build an index of vectors, by which 'similar', 'nearest' and 'analogy' find neighbours without looking at all "
        "of them, and print how many of the true ones it finds (recall). It pays off from some hundred thousand "
        "vectors on. Needs usearch."
    )
    add_vectors(parser)
    parser.add_argument(
        "-o", "--output", type=file_path, required=True, metavar="FILE", help="where to write the index"
    )
    parser.add_argument("--metric", choices=METRICS, default="cosine", help="what it ranks by (%(default)s)")
    for name, default, what in (
        ("connectivity", 16, "neighbours of a node in the graph"),
        ("expansion-add", 128, "candidates looked at for each vector while building"),
        ("expansion-search", 128, "candidates looked at for each question"),
    ):
        parser.add_argument(f"--{name}", type=positive, default=default, metavar="N", help=f"{what} (%(default)s)")
    add_workers(parser)
    parser.add_argument("--json", action="store_true", help="print what was built as a line of JSON")
    parser.set_defaults(run=_index)


def _index(options: argparse.Namespace) -> int:
    if options.output == STDOUT:
        raise ValueError("an index is no text, so it needs a file: - stands for standard output")
    check_writable(sources_of(options, options.vectors), options.output)
    vectors = mapped_vectors_of(options)
    say(f"indexing {len(vectors):,} vectors of {vectors.vector_size} dimensions")
    start = time.perf_counter()
    index = vectors.build_index(
        metric=options.metric,
        connectivity=options.connectivity,
        expansion_add=options.expansion_add,
        expansion_search=options.expansion_search,
        workers=options.workers,
    )
    seconds = time.perf_counter() - start
    index.save(options.output)
    _report(options, vectors, index.recall(vectors, workers=options.workers), seconds)
    return 0


def _report(options: argparse.Namespace, vectors: KeyedVectors, recall: float, seconds: float) -> None:
    asked = min(1000, len(vectors))
    if options.json:
        found = {
            "index": options.output,
            "vectors": len(vectors),
            "dimensions": vectors.vector_size,
            "metric": options.metric,
            "recall@10": round(recall, 4),
            "seconds": round(seconds, 3),
        }
        print(json.dumps(found, ensure_ascii=False))
        return
    print(f"recall@10   {recall:.4f} over {asked:,} words")
    print(f"built in    {seconds:.1f} s")
    print(f"written to  {options.output}")
