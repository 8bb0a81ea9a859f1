"""``fastemb merge``."""

from __future__ import annotations

import argparse
import json

from ..scale.merging import MAPS, WEIGHTS, MergedVectors, merge
from .outputs import FORMATS, check_writable, save_output
from .saying import add_quiet, say
from .values import STDOUT, format_option, positive, vectors_path


def add_merge(parser: argparse.ArgumentParser) -> None:
    """Add ``merge``."""
    parser.description = (
        "Merge vectors that were trained apart, each on a part of the text, into one file with all words: a map is "
        "learned for each part from the words that it shares with others, and a word's vector is the mean of what its "
        "parts say, by their counts. A line is printed for each part; 'fit' is the mean cosine of its words with the "
        "other parts."
    )
    parser.add_argument(
        "parts", type=vectors_path, nargs="+", metavar="FILE", help="vectors of the parts, in any format; two or more"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=vectors_path,
        required=True,
        metavar="FILE",
        help=f"where to write the merged vectors; the format is told {FORMATS}; or named by --to",
    )
    parser.add_argument("--to", type=format_option, metavar="FORMAT", help="the format to write (by the output's name)")
    parser.add_argument(
        "--maps",
        choices=MAPS,
        default="orthogonal",
        help="turns and reflections, or any linear maps (orthogonal)",
    )
    parser.add_argument(
        "--weights",
        choices=WEIGHTS,
        default="counts",
        help="of the parts' vectors of a word, where they differ (counts)",
    )
    parser.add_argument(
        "--min-count",
        type=positive,
        default=1,
        metavar="N",
        help="leave out words that are rarer in all parts together (1)",
    )
    parser.add_argument("--json", action="store_true", help="print what was merged as JSON")
    add_quiet(parser, "errors and warnings")
    parser.set_defaults(run=_merge)


def _merge(options: argparse.Namespace) -> int:
    if options.json and options.output == STDOUT:
        raise ValueError("--json prints to standard output, where the vectors go: name a file for them")
    check_writable(options.parts, vectors=options.output, option=options.to)
    made = merge(options.parts, maps=options.maps, weights=options.weights, min_count=options.min_count)
    save_output(made, options.output, options.to)
    if options.json:
        print(json.dumps(_facts(made, options.output), ensure_ascii=False))
    elif not options.quiet:
        for part in made.parts:
            say(f"{part.name}: {part.keys:,} words, {part.shared:,} of them shared, fit {part.fit:.3f}")
        where = "standard output" if options.output == STDOUT else options.output
        say(f"{where} written: {len(made):,} words of {made.vector_size} dimensions")
    return 0


def _facts(made: MergedVectors, path: str) -> dict[str, object]:
    return {
        "output": path,
        "words": len(made),
        "dimensions": made.vector_size,
        "rounds": made.rounds,
        "converged": made.converged,
        "parts": [part._asdict() for part in made.parts],
    }
