"""``fastemb align``."""

from __future__ import annotations

import argparse
import json
import math

from ..io.input_file import numbered_lines
from ..spaces import Alignment, Moved, align
from ..vectors import load_vectors
from .saying import say
from .values import count_or_none, file_path, positive, vectors_path


def add_align(parser: argparse.ArgumentParser) -> None:
    """Add ``align``."""
    parser.description = (
        "Bring two files of vectors into one space, and print the words that moved most, with their neighbours before "
        "and after. What is change and what is noise shows only where each text has several models, each of a part of "
        "it that the others have not: give these with --old and --new, and there are intervals."
    )
    parser.add_argument("old", type=vectors_path, metavar="OLD", help="vectors of the old text")
    parser.add_argument("new", type=vectors_path, metavar="NEW", help="vectors of the new text")
    for name in ("old", "new"):
        parser.add_argument(
            f"--{name}",
            dest=f"more_{name}",
            type=vectors_path,
            nargs="+",
            action="extend",
            default=[],
            metavar="FILE",
            help=f"models of other parts of the {name} text",
        )
    parser.add_argument("-n", "--topn", type=positive, default=20, metavar="N", help="how many words (20)")
    parser.add_argument("--words", nargs="+", metavar="WORD", help="show these words instead")
    parser.add_argument(
        "--neighbours", type=count_or_none, default=5, metavar="N", help="how many neighbours of each; 0: none (5)"
    )
    parser.add_argument("--anchors", type=file_path, metavar="FILE", help="words that fix the turn, one a line (all)")
    parser.add_argument("--confidence", type=float, default=0.95, metavar="P", help="of the intervals (0.95)")
    parser.add_argument("--no-center", action="store_true", help="do not subtract the mean vector first")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each word")
    parser.set_defaults(run=_align)


def _align(options: argparse.Namespace) -> int:
    anchors = None
    if options.anchors is not None:
        lines = numbered_lines(options.anchors, "utf-8", "strict", "save it as UTF-8")
        anchors = [word for _, line in lines if (word := line.strip())]
    files = [options.old, *options.more_old, options.new, *options.more_new]
    if len(set(files)) < len(files):
        raise ValueError("the same file of vectors is named twice: there is no change between a model and itself")
    found = align(
        [load_vectors(path) for path in (options.old, *options.more_old)],
        [load_vectors(path) for path in (options.new, *options.more_new)],
        anchors=anchors,
        center=not options.no_center,
        confidence=options.confidence,
    )
    say(f"{len(found):,} words are in all files")
    moved = [found[word] for word in options.words] if options.words else found.moved(options.topn)
    if not options.json:
        print(f"{'change':>7}  {f'{100 * options.confidence:g}% interval':>17}  {'fdr':>5}  word")
    for one in moved:
        print(_as_json(found, one, options.neighbours) if options.json else _as_text(found, one, options.neighbours))
    return 0


def _as_text(found: Alignment, moved: Moved, topn: int) -> str:
    known = not math.isnan(moved.low)
    interval, rate = (f"{moved.low:7.3f} to {moved.high:6.3f}", f"{moved.fdr:5.3f}") if known else ("-", "-")
    lines = [f"{moved.change:7.3f}  {interval:>17}  {rate:>5}  {moved.key}"]
    if topn > 0:
        for name, near in zip(("old", "new"), found.neighbours(moved.key, topn), strict=True):
            lines.append(f"{name:>37}: {', '.join(str(key) for key, _ in near)}")
    return "\n".join(lines)


def _as_json(found: Alignment, moved: Moved, topn: int) -> str:
    row = {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in moved._asdict().items()
    }
    if topn > 0:
        row["old"], row["new"] = (dict(near) for near in found.neighbours(moved.key, topn))
    return json.dumps(row, ensure_ascii=False)
