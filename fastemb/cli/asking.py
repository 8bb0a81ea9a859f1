"""What the commands share that ask vectors for neighbours: the options, and how answers are printed."""

from __future__ import annotations

import argparse
import json
import operator
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..arguments import did_you_mean
from ..index import VectorIndex
from ..io.formats import fastemb_file, recognised
from ..io.input_file import numbered_lines
from ..vectors import KeyedVectors
from ..vectors.interface import Mask, Scored, rows_by_key
from ..vectors.missing import spelled_alike
from ..vectors.nearest import METRICS
from ..vectors.where import mask_of
from .saying import say
from .values import file_path, positive
from .vectors_read import add_vectors, vectors_of, warn_of_other_vectors

_CONDITION = re.compile(r"\s*(.+?)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*", re.DOTALL)
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def add_asking(parser: argparse.ArgumentParser, what: str, topn: int) -> None:
    """Add the vectors, which come first, and how they are asked.

    Args:
        parser: Of the command.
        what: What is printed, for the help.
        topn: How many of them by default.
    """
    add_vectors(parser)
    parser.add_argument("-n", "--topn", type=positive, default=topn, metavar="N", help=f"how many {what} ({topn})")
    parser.add_argument(
        "--index", type=file_path, metavar="FILE", help="an index of these vectors, of 'fastemb index': faster"
    )
    parser.add_argument("--metric", choices=METRICS, help="cosine (default, or that of the index) or dot products")
    parser.add_argument("--restrict-vocab", type=positive, metavar="N", help="look at the N first words only (all)")
    parser.add_argument(
        "--where",
        type=_condition,
        action="append",
        default=[],
        metavar="COND",
        help="find only words whose attribute fits, such as 'count>=5' or 'count=1'; of several all must hold",
    )
    parser.add_argument("--among", type=file_path, metavar="FILE", help="find only the words of this file, one a line")
    parser.add_argument("-t", "--workers", type=positive, metavar="N", help="threads (all CPUs)")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each question")


def _condition(text: str) -> tuple[str, str, str]:
    found = _CONDITION.fullmatch(text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no condition such as count>=5 or count=1")
    return found[1], found[2], found[3]


class Asking:
    """Vectors, and how they are asked, as the command line says.

    Args:
        options: Those of `add_asking`.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.vectors = mapped_vectors_of(options)
        warn_of_other_vectors(options.vectors)
        self._index = None if options.index is None else VectorIndex.load(options.index)
        self._json = options.json
        metric = options.metric or ("cosine" if self._index is None else self._index.metric)
        self._how = {
            "topn": options.topn,
            "restrict_vocab": options.restrict_vocab,
            "workers": options.workers,
            "where": _mask(self.vectors, options),
            "metric": metric,
            "indexer": self._index,
        }

    def known(self, word: str) -> bool:
        """Whether there is such a word; if not, say so."""
        if word in self.vectors:
            return True
        hint = did_you_mean(spelled_alike(word, rows_by_key(self.vectors)))
        say(f"fastemb: {word!r} is not in the vocabulary{hint}")
        return False

    def many(self, queries: Any) -> list[Scored]:
        """The neighbours of each."""
        return self.vectors.most_similar_batch(queries, **self._how)

    def one(self, positive: Any, negative: Any = None) -> Scored:
        """The neighbours of one question."""
        found: Scored = self.vectors.most_similar(positive, negative, **self._how)
        return found

    def show(self, title: str, names: dict[str, Any], ranking: Scored) -> None:
        """Print an answer: a title and a line for each neighbour, or a line of JSON."""
        if self._json:
            near = [{"word": _plain(word), "score": float(f"{score:.6g}")} for word, score in ranking]
            print(json.dumps({**names, "neighbours": near}, ensure_ascii=False))
            return
        print(title)
        for word, score in ranking:
            print(f"  {score:.4f}  {word}")


def mapped_vectors_of(options: argparse.Namespace) -> KeyedVectors:
    """The vectors of a file, which stay there as far as the format allows it: several processes share them."""
    given = (options.source_format, options.key, options.rows, options.encoding, options.unicode_errors)
    is_plain = all(one is None for one in given) and os.path.isfile(options.vectors)  # not a pipe
    if is_plain and recognised(options.vectors) is fastemb_file:
        return KeyedVectors.load(options.vectors, mmap="r")
    return vectors_of(options, options.vectors)


def _mask(vectors: KeyedVectors, options: argparse.Namespace) -> Mask | None:
    mask: Mask | None = None
    for name, sign, value in options.where:
        mask = _both(mask, mask_of(vectors, {name: _compared(name, sign, value)}))
    if options.among is not None:
        lines = numbered_lines(options.among, "utf-8", "strict", "save it as UTF-8")
        words = [word for _, line in lines if (word := line.strip())]
        known = [word for word in words if word in vectors]
        if len(known) < len(words):
            say(f"fastemb: {len(words) - len(known):,} of {len(words):,} words of {options.among} have no vectors")
        mask = _both(mask, mask_of(vectors, known))
    return mask


def _both(one: Mask | None, other: Mask | None) -> Mask | None:
    return other if one is None or other is None else one & other


def _compared(name: str, sign: str, text: str) -> Callable[[Any], Any]:
    """What a condition means for the values of an attribute."""
    compare = _OPERATORS[sign]

    def function(values: Any) -> Any:
        if values.dtype.kind in "iufb":
            try:
                return compare(values, float(text))
            except ValueError:
                raise ValueError(f"--where: the attribute {name!r} holds numbers, and {text!r} is none") from None
        return np.array([bool(compare(str(value), text)) for value in values.tolist()], bool)

    return function


def _plain(word: Any) -> Any:
    return word.item() if isinstance(word, np.generic) else word


def blocks(lines: Iterable[str], count: int) -> Iterable[list[str]]:
    """Lines without white space at their ends, ``count`` at a time; empty ones are left out."""
    block: list[str] = []
    for line in lines:
        if word := line.strip().removeprefix("\ufeff"):
            block.append(word)
        if len(block) == count:
            yield block
            block = []
    if block:
        yield block
