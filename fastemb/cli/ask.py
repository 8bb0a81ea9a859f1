"""``fastemb similar`` and ``fastemb analogy``."""

from __future__ import annotations

import argparse
import sys

from ..arguments import did_you_mean
from ..vectors import KeyedVectors
from ..vectors.missing import spelled_alike
from .saying import say
from .shared import add_vectors, positive, vectors_of, warn_of_item_model


def add_similar(parser: argparse.ArgumentParser) -> None:
    """Add ``similar``."""
    parser.description = "Print each word's nearest neighbours by cosine similarity."
    add_vectors(parser)
    parser.add_argument("words", nargs="*", help="words; without any they are read from standard input, one a line")
    parser.add_argument("-n", "--topn", type=positive, default=10, metavar="N", help="how many neighbours (10)")
    parser.set_defaults(run=_similar)


def _similar(options: argparse.Namespace) -> int:
    vectors = vectors_of(options, options.vectors)
    warn_of_item_model(options.vectors)
    missing = 0
    for word in options.words or (line.strip().removeprefix("\ufeff") for line in sys.stdin):
        if not word:
            continue
        if word not in vectors:
            say(_unknown(vectors, word))
            missing = 1
            continue
        print(word)
        _print_ranking(vectors.most_similar(word, topn=options.topn))
    return missing


def _unknown(vectors: KeyedVectors, word: str) -> str:
    hint = did_you_mean(spelled_alike(word, vectors.key_to_index))
    return f"fastemb: {word!r} is not in the vocabulary{hint}"


def _print_ranking(ranking: list[tuple[str, float]]) -> None:
    for word, score in ranking:
        print(f"  {score:.4f}  {word}")


def add_analogy(parser: argparse.ArgumentParser) -> None:
    """Add ``analogy``."""
    parser.description = "A is to B as C is to what? Prints the words nearest to B - A + C."
    add_vectors(parser)
    for name, example in (("A", "man"), ("B", "king"), ("C", "woman")):
        parser.add_argument(name, help=f"for example: {example}")
    parser.add_argument("-n", "--topn", type=positive, default=5, metavar="N", help="how many answers (5)")
    parser.set_defaults(run=_analogy)


def _analogy(options: argparse.Namespace) -> int:
    vectors = vectors_of(options, options.vectors)
    warn_of_item_model(options.vectors)
    a, b, c = options.A, options.B, options.C
    missing = [word for word in (a, b, c) if word not in vectors]
    for word in missing:
        say(_unknown(vectors, word))
    if missing:
        return 1
    print(f"{a} : {b} = {c} : ?")
    _print_ranking(vectors.most_similar(positive=[b, c], negative=[a], topn=options.topn))
    return 0
