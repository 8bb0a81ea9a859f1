"""``fastemb plot``."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..io.input_file import numbered_lines
from ..items import Item2Vec
from ..models import Word2Vec
from ..plots import (
    Look,
    Picture,
    plot,
    plot_analogies,
    plot_axes,
    plot_cosines,
    plot_drift,
    plot_neighbours,
    plot_training,
    plot_variance,
)
from ..plots.maps import METHODS
from ..plots.picture import DPI, form_of
from .outputs import check_writable
from .saying import say
from .values import STDIN, count_or_none, file_path, format_option, positive, vectors_path
from .vectors_read import kind_of_model, vectors_of

_ARROW = "->"
_TWO_PAIRS = 4
_KEYS = ("words", "words_from")
_OF_MAPS = ("method", "perplexity", "seed", "color", "clusters", "labels")
# What is drawn -> the options that it takes besides those of every picture.
_TAKES = {
    "map": (*_KEYS, "neighbours_of", "topn", "restrict_vocab", *_OF_MAPS),
    "axis": (*_KEYS, "restrict_vocab"),
    "analogies": (),
    "fan": ("topn", "restrict_vocab"),
    "heat_map": _KEYS,
    "drift": ("topn", "restrict_vocab"),
    "variance": ("restrict_vocab",),
    "training": (),
}


def add_plot(parser: argparse.ArgumentParser) -> None:
    """Add ``plot``."""
    parser.description = (
        "Draw vectors: a map, where words that are alike lie near each other, or one of the other pictures below. What "
        "the picture shows is also printed in numbers, such as how far a map can be believed."
    )
    parser.epilog = (
        "fastemb plot vectors.safetensors --clusters 8 -o map.png; "
        "fastemb plot vectors.safetensors --axis 'child toy -> adult war' --words novel fable -o axis.svg"
    )
    parser.add_argument(
        "vectors", nargs="+", type=vectors_path, help="file or folder with vectors, or its URL; several with --drift"
    )
    parser.add_argument(
        "-o", "--output", required=True, type=file_path, metavar="FILE", help="the picture: .png, .svg or .pdf"
    )
    parser.add_argument(
        "--from",
        dest="source_format",
        type=format_option,
        metavar="FORMAT",
        help="of the vectors, where they do not tell",
    )
    _add_map(parser.add_argument_group("a map"))
    _add_others(parser.add_argument_group("other pictures, one of them in place of a map"))
    look = parser.add_argument_group("how it looks")
    look.add_argument("--title", metavar="TEXT", help="written above")
    look.add_argument("--size", nargs=2, type=float, metavar=("W", "H"), help="width and height in inches")
    look.add_argument("--font", metavar="NAME", help="name of an installed font, or a file of one")
    look.add_argument("--font-size", type=float, default=9.0, metavar="N", help="in points (9)")
    look.add_argument("--dpi", type=positive, default=DPI, metavar="N", help=f"pixels an inch, of .png ({DPI})")
    parser.add_argument("--json", action="store_true", help="print the numbers as a line of JSON")
    parser.set_defaults(run=_plot, key=None, rows=None, encoding=None, unicode_errors=None)


def _add_map(group: Any) -> None:
    group.add_argument("--words", nargs="+", metavar="WORD", help="draw these (the first 2,000 words)")
    group.add_argument("--words-from", type=file_path, metavar="FILE", help="draw the words of a file, one a line")
    group.add_argument("--neighbours-of", nargs="+", metavar="WORD", help="draw these and their nearest words")
    group.add_argument("-n", "--topn", type=positive, metavar="N", help="how many nearest words of each (20)")
    group.add_argument("--restrict-vocab", type=positive, metavar="N", help="draw or search the N first words only")
    group.add_argument("--method", choices=METHODS, help="tsne shows groups, pca directions (tsne from 10 words on)")
    group.add_argument("--perplexity", type=float, metavar="X", help="about how many neighbours count in tsne (30)")
    group.add_argument("--seed", type=count_or_none, metavar="N", help="the same seed gives the same picture (1)")
    group.add_argument("--color", metavar="NAME", help="colour by this attribute, such as count")
    group.add_argument("--clusters", type=positive, metavar="N", help="colour by N clusters, named by typical words")
    group.add_argument("--labels", type=count_or_none, metavar="N", help="write N words (all that are named, or 60)")


def _add_others(group: Any) -> None:
    kinds = group.add_mutually_exclusive_group()
    kinds.add_argument(
        "--axis",
        action="append",
        metavar=f"'WORDS {_ARROW} WORDS'",
        help="words along an axis from some examples to others; twice: on the plane of two",
    )
    kinds.add_argument("--analogies", nargs="+", metavar="WORD", help="arrows from A to B, from C to D, and so on")
    kinds.add_argument("--fan", metavar="WORD", help="the nearest words around a word")
    kinds.add_argument("--heat-map", action="store_true", default=None, help="cosines of --words with each other")
    kinds.add_argument("--drift", nargs="+", metavar="WORD", help="the way of words through several files of vectors")
    kinds.add_argument("--variance", action="store_true", default=None, help="how many dimensions hold the variance")
    kinds.add_argument(
        "--training",
        action="store_true",
        default=None,
        help="loss, learning rate and speed, of a file of a Word2Vec model",
    )


def _plot(options: argparse.Namespace) -> int:
    form_of(options.output)
    paths = options.vectors
    kind = next((name for name in _TAKES if getattr(options, name, None) is not None), "map")
    _refuse_others(options, kind)
    if len(paths) > 1 and kind != "drift":
        raise ValueError(f"one file of vectors is drawn, not {len(paths)}, unless with --drift")
    if len(paths) < 2 and kind == "drift":
        raise ValueError("--drift takes two files of vectors or more, in their order")
    check_writable([path for path in (*paths, options.words_from) if path not in (None, STDIN)], options.output)
    look = Look(
        size=None if options.size is None else tuple(options.size),
        font=options.font,
        font_size=options.font_size,
        title=options.title,
    )
    if kind == "training":
        if paths[0] == STDIN or options.source_format is not None:
            raise ValueError("--training takes a file of a Word2Vec model: no - for standard input, and no --from")
        picture = plot_training(Word2Vec.load(paths[0]), look=look)
    elif kind == "drift":
        stems = [Path(path).stem for path in paths]
        names = stems if len({*stems}) == len(stems) else [str(number) for number in range(1, len(paths) + 1)]
        spaces = dict(zip(names, [vectors_of(options, path) for path in paths], strict=True))
        picture = plot_drift(spaces, options.drift, **given_options(options, "topn", "restrict_vocab"), look=look)
    else:
        picture = _one_space(options, kind, source_in(options, paths[0]), look)
    picture.save(options.output, dpi=options.dpi)
    _tell(options, picture)
    return 0


def _refuse_others(options: argparse.Namespace, kind: str) -> None:
    for name in dict.fromkeys(name for names in _TAKES.values() for name in names):
        if getattr(options, name) is not None and name not in _TAKES[kind]:
            option, drawn = name.replace("_", "-"), kind.replace("_", "-")
            raise ValueError(f"--{option} has no effect with --{drawn}: leave it out")
    if kind == "map" and options.topn is not None and options.neighbours_of is None:
        raise ValueError("--topn has no effect without --neighbours-of: leave it out")
    if kind == "axis" and options.restrict_vocab is not None and (options.words or options.words_from):
        raise ValueError("--restrict-vocab has no effect where words are named: leave it out")


def source_in(options: argparse.Namespace, path: str) -> Any:
    """Vectors, or an item model, whose items are compared in its own way and have titles."""
    kind = None if path == STDIN else kind_of_model(path)
    return Item2Vec.load(path) if kind is not None and kind.startswith("an Item2Vec") else vectors_of(options, path)


def _one_space(options: argparse.Namespace, kind: str, source: Any, look: Look) -> Picture:
    words = words_of(options, source)
    limit = given_options(options, "restrict_vocab")
    if kind == "variance":
        return plot_variance(source, **limit, look=look)
    if kind == "fan":
        return plot_neighbours(source, _key(source, options.fan), **given_options(options, "topn"), **limit, look=look)
    if kind == "analogies":
        if len(options.analogies) % 2:
            raise ValueError(f"--analogies takes pairs of words, and {len(options.analogies)} words are no pairs")
        if len(options.analogies) < _TWO_PAIRS:
            raise ValueError("--analogies takes two pairs or more, to be compared, such as man woman king queen")
        keys = [_key(source, word) for word in options.analogies]
        return plot_analogies(source, list(zip(keys[::2], keys[1::2], strict=True)), look=look)
    if kind == "axis":
        if len(options.axis) > 2:
            raise ValueError(f"--axis is given once or twice, not {len(options.axis)} times")
        axes = [_ends(source, text) for text in options.axis]
        return plot_axes(source, *axes, keys=words, **limit, look=look)
    if kind == "heat_map":
        if words is None:
            raise ValueError("--heat-map takes the words that it compares: give --words")
        return plot_cosines(source, words, look=look)
    near = options.neighbours_of
    given = given_options(options, "topn", "restrict_vocab", *_OF_MAPS)
    return plot(
        source, words, neighbours_of=None if near is None else [_key(source, word) for word in near], **given, look=look
    )


def given_options(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Those of these options that were given."""
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def words_of(options: argparse.Namespace, source: Any) -> list[Any] | None:
    """The keys of ``--words`` or ``--words-from``; None where neither was given."""
    words: Sequence[str] | None = options.words
    if options.words_from is not None:
        if words is not None:
            raise ValueError("--words and --words-from exclude each other: give one")
        lines = numbered_lines(options.words_from, "utf-8", "strict", "save it as UTF-8")
        words = [word for _, line in lines if (word := line.strip().removeprefix("\ufeff"))]
    return None if words is None else [_key(source, word) for word in words]


def _key(source: Any, word: str) -> Any:
    """A key as the vectors have it: a number where they have numbers."""
    rows = (source.wv if isinstance(source, Item2Vec) else source).key_to_index
    return int(word) if word not in rows and word.isdecimal() and int(word) in rows else word


def _ends(source: Any, text: str) -> tuple[list[Any], list[Any]]:
    low, arrow, high = text.partition(_ARROW)
    if not (arrow and low.split() and high.split()):
        raise ValueError(f"--axis takes examples of both ends, such as 'child toy {_ARROW} adult war', not {text!r}")
    return [_key(source, word) for word in low.split()], [_key(source, word) for word in high.split()]


def _tell(options: argparse.Namespace, picture: Picture) -> None:
    if options.json:
        numbers = {
            name: None if math.isnan(value) else float(f"{value:.6g}") for name, value in picture.numbers.items()
        }
        print(json.dumps({"output": options.output, "words": len(picture.keys), **numbers}, ensure_ascii=False))
        return
    say(f"wrote {options.output}")
    width = max((len(name) for name in picture.numbers), default=0)
    for name, value in picture.numbers.items():
        print(f"{name.replace('_', ' '):<{width}}  {'not known' if math.isnan(value) else f'{value:.4g}'}")
