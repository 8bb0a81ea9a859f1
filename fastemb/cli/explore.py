"""``fastemb explore``."""

from __future__ import annotations

import argparse
import json

from ..explorer import explore
from ..explorer.explorer import CLUSTERS, FIRST, check_ending
from ..plots.maps import METHODS
from ..plots.sources import source_of
from .outputs import check_writable
from .plot import given_options, source_in, words_of
from .saying import say
from .values import STDIN, count_or_none, file_path, format_option, positive, vectors_path

_MANY = 5000  # words, from which one waits
_OPTIONS = ("restrict_vocab", "topn", "method", "perplexity", "seed", "color", "clusters", "title")


def add_explore(parser: argparse.ArgumentParser) -> None:
    """Add ``explore``."""
    parser.description = (
        "Make a map of vectors to walk through: one page of HTML that opens in a browser, without a network. It pans "
        "and zooms, finds words, shows the nearest words of each, colours by attributes and clusters, and copies the "
        "words of an area."
    )
    parser.epilog = (
        "fastemb explore vectors.safetensors -o map.html; fastemb explore shop.model --color count -o shop.html"
    )
    parser.add_argument(
        "vectors", type=vectors_path, help="file or folder with vectors, or its URL; - is standard input"
    )
    parser.add_argument("-o", "--output", required=True, type=file_path, metavar="FILE", help="the page: .html")
    parser.add_argument(
        "--from",
        dest="source_format",
        type=format_option,
        metavar="FORMAT",
        help="of the vectors, where they do not tell",
    )
    parser.add_argument("--words", nargs="+", metavar="WORD", help=f"what is on the map (the first {FIRST:,} words)")
    parser.add_argument("--words-from", type=file_path, metavar="FILE", help="the words of a file, one a line")
    parser.add_argument("--restrict-vocab", type=positive, metavar="N", help="the first N words")
    parser.add_argument("-n", "--topn", type=positive, metavar="N", help="how many nearest words of each it knows (10)")
    parser.add_argument(
        "--method", choices=METHODS, help="tsne shows groups; pca shows directions, and takes a moment (tsne)"
    )
    parser.add_argument("--perplexity", type=float, metavar="X", help="about how many neighbours count in tsne (30)")
    parser.add_argument("--seed", type=count_or_none, metavar="N", help="the same seed gives the same page (1)")
    parser.add_argument("--color", metavar="NAME", help="colour by this attribute at first, such as count (clusters)")
    parser.add_argument(
        "--clusters", type=count_or_none, metavar="N", help=f"find N clusters, named by typical words ({CLUSTERS})"
    )
    parser.add_argument("--title", metavar="TEXT", help="of the page")
    parser.add_argument("--json", action="store_true", help="print what was made as a line of JSON")
    parser.set_defaults(run=_explore, key=None, rows=None, encoding=None, unicode_errors=None)


def _explore(options: argparse.Namespace) -> int:
    check_ending(options.output)
    check_writable(
        [path for path in (options.vectors, options.words_from) if path not in (None, STDIN)], options.output
    )
    source = source_in(options, options.vectors)
    words = words_of(options, source)
    count = min(options.restrict_vocab or FIRST, len(source_of(source).vectors)) if words is None else len(words)
    if count >= _MANY and options.method != "pca":
        say(f"placing {count:,} words by t-SNE takes about a minute for each 10,000; --method pca takes a moment")
    made = explore(source, options.output, keys=words, **given_options(options, *_OPTIONS))
    numbers = {name: float(f"{value:.6g}") for name, value in made.numbers.items()}
    if options.json:
        print(json.dumps({"output": options.output, "words": len(made.keys), **numbers}, ensure_ascii=False))
        return 0
    say(f"wrote {options.output}: {len(made.keys):,} words, {len(made.html.encode()) / 1e6:.1f} MB")
    width = max(map(len, numbers))
    for name, value in numbers.items():
        print(f"{name.replace('_', ' '):<{width}}  {value:.4g}")
    return 0
