"""``fastemb eval``."""

from __future__ import annotations

import argparse
import json
import math
import os

from ..evaluate import judge
from ..evaluate.answers import METHODS
from .saying import say
from .values import STDOUT, file_path, positive
from .vectors_read import add_vectors, vectors_of

_STDIN = "/dev/stdin"
_QUESTIONS = {
    "analogies": "questions of four words a line, in sections that start with ': name', as in questions-words.txt; or "
    "a folder or file of BATS, whose lines are 'word answer/answer/...'",
    "similarity": "word pairs: 'word word score' a line, parted by tabs, commas, semicolons or spaces",
    "odd-one-out": "groups of words a line, the one that does not belong last; or a folder of 8-8-8",
    "categories": "'word class' a line",
}


def add_eval(parser: argparse.ArgumentParser) -> None:
    """Add ``eval``."""
    parser.description = (
        "Score vectors on questions, with how many there were, of how many all words are known, and confidence "
        "intervals. Several files of vectors are compared on the questions that both of two know. A file of questions "
        "is - for standard input."
    )
    parser.epilog = "The exit status is 1 if there is a file of questions of which no vectors know all words of any."
    add_vectors(parser, nargs="+")
    group = parser.add_argument_group("questions")
    for name, what in _QUESTIONS.items():
        group.add_argument(
            f"--{name}", type=_questions_path, metavar="FILE", nargs="+", action="extend", default=[], help=what
        )
    group = parser.add_argument_group("scores")
    group.add_argument("--method", choices=METHODS, default="3cosadd", help="how analogies are answered (%(default)s)")
    group.add_argument(
        "--unknown-wrong",
        action="store_true",
        help="count questions with unknown words as wrong, and pairs with unknown words as cosines of 0, instead of "
        "leaving them out",
    )
    group.add_argument(
        "--restrict-vocab",
        type=positive,
        default=300000,
        metavar="N",
        help="use the N most frequent words only (300000)",
    )
    group.add_argument("--case-sensitive", action="store_true", help="Apple and apple are two words")
    group.add_argument("--confidence", type=float, default=0.95, metavar="P", help="of the intervals (%(default)s)")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="of resamples and clusters (0)")
    parser.add_argument("-t", "--workers", type=positive, metavar="N", help="threads (all CPUs)")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each score and comparison")
    parser.set_defaults(run=_eval)


def _questions_path(text: str) -> str:
    return _STDIN if text == STDOUT else file_path(text)


def _eval(options: argparse.Namespace) -> int:
    questions = {name: getattr(options, name) for name in (option.replace("-", "_") for option in _QUESTIONS)}
    paths = [path for some in questions.values() for path in some]
    if not paths:
        raise ValueError(f"nothing to evaluate: give {', '.join(f'--{name} FILE' for name in _QUESTIONS)}")
    if paths.count(_STDIN) > 1:
        raise ValueError("- stands for standard input, which can be read once only")
    for path in (*options.vectors, *paths):
        if "://" not in path and not os.path.exists(path):
            raise FileNotFoundError(f"{path}: there is no such file")
    if len(set(options.vectors)) < len(options.vectors):
        raise ValueError("the same file of vectors is named twice")
    found = judge(
        {path: vectors_of(options, path) for path in options.vectors},
        **questions,
        method=options.method,
        dummy4unknown=options.unknown_wrong,
        restrict_vocab=options.restrict_vocab,
        case_insensitive=not options.case_sensitive,
        confidence=options.confidence,
        seed=options.seed,
        workers=options.workers,
    )
    if options.json:
        for row in found.rows():
            print(json.dumps(row, ensure_ascii=False))
    else:
        print(found)
    empty = {score.source for score in found.scores if score.level == "all"}
    empty -= {score.source for score in found.scores if score.level == "all" and not math.isnan(score.score)}
    for path in sorted(empty):
        say(f"fastemb: {path}: there are not enough questions of which all words are known")
    return 1 if empty else 0
