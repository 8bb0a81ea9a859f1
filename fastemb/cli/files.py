"""``fastemb eval``, ``convert``, ``info`` and ``demo``."""

from __future__ import annotations

import argparse
import json
import os
import textwrap
import warnings
from pathlib import Path

from ..config import show_config
from ..corpus.corpus_file import is_corpus
from ..demo import run_demo
from ..io.formats import FORMATS as KNOWN
from ..io.formats import format_named, format_of, lost_in, recognised
from ..vectors.any_format import checked_table
from .saying import say
from .shared import (
    FORMATS,
    STDIN,
    STDOUT,
    add_vectors,
    check_writable,
    file_path,
    format_option,
    save_output,
    sources_of,
    vectors_of,
    vectors_path,
)


def add_eval(parser: argparse.ArgumentParser) -> None:
    """Add ``eval``."""
    parser.description = "Score vectors on analogy questions and on human judgements of word similarity."
    add_vectors(parser)
    parser.add_argument(
        "--analogies", type=file_path, metavar="FILE", help="questions in the format of questions-words.txt"
    )
    parser.add_argument(
        "--similarity",
        type=file_path,
        metavar="FILE",
        nargs="+",
        action="extend",
        default=[],
        help="word pairs: 'word word score' a line",
    )
    parser.add_argument(
        "--restrict-vocab", type=int, default=300000, metavar="N", help="use the N most frequent words only (300000)"
    )
    parser.set_defaults(run=_eval)


def _eval(options: argparse.Namespace) -> int:
    if not options.analogies and not options.similarity:
        raise ValueError("nothing to evaluate: give --analogies FILE or --similarity FILE")
    vectors = vectors_of(options, options.vectors)
    if options.analogies:
        score, sections = vectors.evaluate_word_analogies(options.analogies, restrict_vocab=options.restrict_vocab)
        for section in sections:
            answered = len(section["correct"]) + len(section["incorrect"])
            if answered:
                share = 100 * len(section["correct"]) / answered
                print(f"{share:6.2f}%  of {answered:6,} questions  {section['section']}")
        print(f"{100 * score:6.2f}%  analogies answered correctly")
    for path in options.similarity:
        _, spearman, unknown = vectors.evaluate_word_pairs(path, delimiter=None, restrict_vocab=options.restrict_vocab)
        print(f"{100 * spearman[0]:6.2f}   Spearman's rho x 100  {Path(path).name} ({unknown:.1f}% of pairs unknown)")
    return 0


def add_convert(parser: argparse.ArgumentParser) -> None:
    """Add ``convert``."""
    parser.description = (
        f"Convert vectors. The input's format is recognised, or named by --from; the output's is told {FORMATS}; or "
        "named by --to. What the output's format does not keep is said."
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = textwrap.fill(parser.description, 100)
    parser.epilog = _list_of_formats()
    add_vectors(parser, "input")
    parser.add_argument(
        "output", type=vectors_path, help="file or folder to write, or a URL; - is standard output, as text unless --to"
    )
    parser.add_argument("--to", type=format_option, metavar="FORMAT", help="the format to write (by the output's name)")
    parser.add_argument(
        "--dtype",
        choices=("float16", "float32", "float64"),
        help="of the numbers that are written, where the format has it (as they are)",
    )
    parser.add_argument("--json", action="store_true", help="print what was written, and what was lost, as JSON")
    parser.set_defaults(run=_convert)


def _list_of_formats() -> str:
    """The formats with their endings, a line each."""
    lines = ["formats:"]
    for known in KNOWN:
        about = known.ABOUT
        files = " ".join(about.endings) or "a folder"
        more = f", or a folder of {' and '.join(about.holds)}" if about.holds and about.endings else ""
        lines.append(f"  {about.option:<22} {about.name}: {files}{more}")
    return "\n".join(lines)


def _convert(options: argparse.Namespace) -> int:
    if options.json and options.output == STDOUT:
        raise ValueError("--json prints to standard output, where the vectors go: name a file for them")
    sources = [] if options.input == STDIN else sources_of(options, options.input)
    check_writable(sources, vectors=options.output, option=options.to)
    with warnings.catch_warnings(record=options.json) as caught:
        vectors = vectors_of(options, options.input)
    to = (
        format_of(options.output, options.to)
        if options.output != STDOUT
        else format_named(options.to or "word2vec-text")
    )
    lost = lost_in(to, checked_table(vectors, to), options.dtype)
    save_output(vectors, options.output, options.to, options.dtype)
    if options.json:
        done = {
            "input": options.input,
            "output": options.output,
            "format": to.ABOUT.option,
            "vectors": len(vectors),
            "dimensions": vectors.vector_size,
            "dtype": options.dtype or str(vectors.vectors.dtype),
            "lost": lost.as_dict(),
            "warnings": [str(warning.message) for warning in caught or ()],
        }
        print(json.dumps(done, ensure_ascii=False))
        return 0
    say(f"wrote {len(vectors):,} vectors of {vectors.vector_size} dimensions to {options.output}")
    if lost:
        say(f"not kept by {to.ABOUT.name}: {lost}")
    return 0


def add_info(parser: argparse.ArgumentParser) -> None:
    """Add ``info``."""
    parser.description = "Describe a file of vectors or, without a file, this installation."
    add_vectors(parser, nargs="?")
    parser.set_defaults(run=_info)


def _info(options: argparse.Namespace) -> int:
    if options.vectors is None:
        show_config()
        return 0
    if is_corpus(options.vectors):
        raise ValueError(f"{options.vectors}: an encoded corpus: 'fastemb corpus info' describes it")
    vectors = vectors_of(options, options.vectors)
    print(f"vectors     {len(vectors):,} of {vectors.vector_size} dimensions, {vectors.vectors.dtype}")
    if options.vectors != STDIN:
        found = format_named(options.source_format) if options.source_format else recognised(options.vectors)
        print(f"format      {found.ABOUT.name}")
    if os.path.isfile(options.vectors):
        print(f"size        {os.path.getsize(options.vectors) / 1e6:,.1f} MB")
    print(f"first words {', '.join(map(str, vectors.index_to_key[:10]))}")
    return 0


def add_demo(parser: argparse.ArgumentParser) -> None:
    """Add ``demo``."""
    parser.description = "Train on the source of the running Python's standard library, and show what was learned."
    parser.add_argument(
        "-o",
        "--output",
        type=_path,
        default=Path("fastemb-demo.safetensors"),
        help="where to save the vectors (%(default)s)",
    )
    parser.add_argument(
        "--save-text", type=_path, metavar="FILE", help="also save the text that is learned from, a sentence a line"
    )
    parser.add_argument("-t", "--workers", type=int, default=None, metavar="N", help="threads (all CPUs)")
    parser.set_defaults(run=_demo)


def _path(text: str) -> Path:
    return Path(file_path(text))


def _demo(options: argparse.Namespace) -> int:
    text = None if options.save_text is None else str(options.save_text)
    if STDOUT in (text, str(options.output)):
        raise ValueError("the demo prints to standard output itself: give a file")
    check_writable([], text, vectors=str(options.output))
    run_demo(options.output, options.workers, options.save_text)
    return 0
