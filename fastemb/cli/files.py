"""``fastemb eval``, ``convert``, ``info`` and ``demo``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..config import show_config
from ..corpus.corpus_file import is_corpus
from ..demo import run_demo
from ..io.formats import format_named, static_model
from ..vectors import save_vectors
from .saying import say
from .shared import (
    FORMATS,
    STDOUT,
    add_vectors,
    check_writable,
    file_path,
    save_output,
    sources_of,
    vectors_of,
)
from .static_model import add_static_options, refuse_static_options, save_static_model


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
    parser.description = f"Convert vectors. The input's format is recognised, the output's is told {FORMATS}."
    add_vectors(parser, "input")
    parser.add_argument("output", type=file_path, help="file or folder to write, or - for text on standard output")
    parser.add_argument("--to", metavar="FORMAT", help="the format to write (by the output's name)")
    add_static_options(parser)
    parser.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> int:
    to = None if options.to is None else format_named(options.to)
    if to is not static_model:
        refuse_static_options(options)
    check_writable(sources_of(options, options.input), vectors=None if to is static_model else options.output)
    vectors = vectors_of(options, options.input)
    if to is static_model:
        save_static_model(vectors, options.output, options)
    elif to is not None:
        save_vectors(vectors, options.output, format=options.to)
    else:
        save_output(vectors, options.output)
    say(f"wrote {len(vectors):,} vectors of {vectors.vector_size} dimensions to {options.output}")
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
    print(f"size        {Path(options.vectors).stat().st_size / 1e6:,.1f} MB")
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
