"""``fastemb similar`` and ``fastemb analogy``."""

from __future__ import annotations

import argparse
import sys

from ..vectors import KeyedVectors, load_vectors
from .shared import positive, vectors_path


def add_similar(parser: argparse.ArgumentParser) -> None:
    """Add ``similar``."""
    parser.description = "Print each word's nearest neighbours by cosine similarity."
    parser.add_argument("vectors", type=vectors_path, help="file with vectors")
    parser.add_argument("words", nargs="*", help="words; without any they are read from standard input, one a line")
    parser.add_argument("-n", "--topn", type=positive, default=10, metavar="N", help="how many neighbours (10)")
    parser.set_defaults(run=_similar)


def _similar(options: argparse.Namespace) -> int:
    vectors = load_vectors(options.vectors)
    missing = 0
    for word in options.words or (line.strip().removeprefix("\ufeff") for line in sys.stdin):
        if not word:
            continue
        if word not in vectors:
            print(_unknown(vectors, word), file=sys.stderr)
            missing = 1
            continue
        print(word)
        _print_ranking(vectors.most_similar(word, topn=options.topn))
    return missing


def _unknown(vectors: KeyedVectors, word: str) -> str:
    hint = next((form for form in (word.lower(), word.capitalize(), word.upper()) if form in vectors), None)
    return f"fastemb: {word!r} is not in the vocabulary" + (f"; did you mean {hint!r}?" if hint else "")


def _print_ranking(ranking: list[tuple[str, float]]) -> None:
    for word, score in ranking:
        print(f"  {score:.4f}  {word}")


def add_analogy(parser: argparse.ArgumentParser) -> None:
    """Add ``analogy``."""
    parser.description = "A is to B as C is to what? Prints the words nearest to B - A + C."
    parser.add_argument("vectors", type=vectors_path, help="file with vectors")
    for name, example in (("A", "man"), ("B", "king"), ("C", "woman")):
        parser.add_argument(name, help=f"for example: {example}")
    parser.add_argument("-n", "--topn", type=positive, default=5, metavar="N", help="how many answers (5)")
    parser.set_defaults(run=_analogy)


def _analogy(options: argparse.Namespace) -> int:
    vectors = load_vectors(options.vectors)
    a, b, c = options.A, options.B, options.C
    missing = [word for word in (a, b, c) if word not in vectors]
    for word in missing:
        print(_unknown(vectors, word), file=sys.stderr)
    if missing:
        return 1
    print(f"{a} : {b} = {c} : ?")
    _print_ranking(vectors.most_similar(positive=[b, c], negative=[a], topn=options.topn))
    return 0
