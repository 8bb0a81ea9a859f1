"""Options of ``fastemb convert`` for a folder that sentence-transformers and model2vec load."""

from __future__ import annotations

import argparse
from typing import Any

from ..io.formats.static_model import ABOUT, SavedModel
from ..vectors import KeyedVectors
from .saying import say

_NAMES = ("weights", "smoothing", "remove", "pre_normalize", "lower", "token_pattern", "delimiter")


def add_static_options(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    group = parser.add_argument_group(f"with --to {ABOUT.option}")
    group.add_argument(
        "--weights",
        choices=("mean", "sif", "zipf"),
        help="how much words count: all the same (mean, the default), frequent ones less, by counts (sif) or, where "
        "counts are not known, by the order of the words (zipf)",
    )
    group.add_argument("--smoothing", type=float, metavar="A", help="of sif and zipf: smaller is stronger (1e-3)")
    group.add_argument(
        "--remove", type=int, metavar="N", help="principal components to take out (1 with sif and zipf, otherwise 0)"
    )
    group.add_argument(
        "--pre-normalize", action="store_true", default=None, help="first make all words' vectors equally long"
    )
    group.add_argument(
        "--lower",
        action=argparse.BooleanOptionalAction,
        help="put texts in lower case (if no word has an upper-case letter)",
    )
    group.add_argument(
        "--token-pattern", metavar="REGEX", help="what words of a text match (words are what white space parts)"
    )
    group.add_argument(
        "--delimiter", metavar="TEXT", help="what stands between the words of a phrase; an empty one: no phrases (_)"
    )


def refuse_static_options(options: argparse.Namespace) -> None:
    """Refuse what would have no effect.

    Raises:
        ValueError: One was given, and the output is in another format.
    """
    for name in _given(options):
        raise ValueError(f"--{name.replace('_', '-')} is for --to {ABOUT.option}, and would be ignored")


def save_static_model(vectors: KeyedVectors, path: str, options: argparse.Namespace) -> SavedModel:
    """Write a folder, and say what is in it."""
    given = _given(options)
    if given.get("delimiter") == "":
        given["delimiter"] = None
    saved = vectors.save_sentence_transformers(path, **given)
    case = "put in lower case" if saved.lower else "left in their case"
    say(
        f"{saved.keys:,} words, {saved.phrases:,} of them phrases; texts are {case}; {len(saved.lost):,} words are lost"
    )
    return saved


def _given(options: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name in _NAMES if (value := getattr(options, name)) is not None}
