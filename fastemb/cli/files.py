"""``fastemb convert``, ``info`` and ``demo``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..config import show_config
from ..corpus.corpus_file import is_corpus
from ..demo import run_demo
from ..vectors.description import describe
from .asking import mapped_vectors_of
from .saying import say
from .shared import (
    FORMATS,
    STDOUT,
    add_vectors,
    check_writable,
    file_path,
    kind_of_model,
    positive,
    save_output,
    sources_of,
    vectors_of,
)


def add_convert(parser: argparse.ArgumentParser) -> None:
    """Add ``convert``."""
    parser.description = f"Convert vectors. The input's format is recognised, the output's is told {FORMATS}."
    add_vectors(parser, "input")
    parser.add_argument("output", type=file_path, help="file to write, or - for text on standard output")
    parser.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> int:
    check_writable(sources_of(options, options.input), vectors=options.output)
    vectors = vectors_of(options, options.input)
    save_output(vectors, options.output)
    say(f"wrote {len(vectors):,} vectors of {vectors.vector_size} dimensions to {options.output}")
    return 0


def add_info(parser: argparse.ArgumentParser) -> None:
    """Add ``info``."""
    parser.description = "Describe a file of vectors or, without a file, this installation."
    add_vectors(parser, nargs="?")
    parser.add_argument("--json", action="store_true", help="print what is in the file as a line of JSON")
    parser.set_defaults(run=_info)


def _info(options: argparse.Namespace) -> int:
    if options.vectors is None:
        if options.json:
            raise ValueError("--json describes a file: give one")
        show_config()
        return 0
    if is_corpus(options.vectors):
        raise ValueError(f"{options.vectors}: an encoded corpus: 'fastemb corpus info' describes it")
    vectors = mapped_vectors_of(options)
    found = {"file": options.vectors, "bytes": Path(options.vectors).stat().st_size, **describe(vectors)}
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print(f"vectors     {len(vectors):,} of {vectors.vector_size} dimensions, {vectors.vectors.dtype}")
    print(f"size        {found['bytes'] / 1e6:,.1f} MB")
    kind = kind_of_model(options.vectors)
    if kind is not None:
        print(f"kind        {kind}")
    norms = found["norms"]
    if norms["median"] is not None:
        print(f"lengths     {norms['least']:g} to {norms['greatest']:g}, median {norms['median']:g}")
    for name, label in (("zero", "of zeros"), ("not_finite", "with NaN or infinity"), ("repeated", "like one before")):
        if found[name]:
            print(f"            {found[name]:,} {label}")
    print(f"keys        {', '.join(f'{count:,} {kind}' for kind, count in found['keys'].items())}")
    for name, dtype in found["attributes"].items():
        print(f"attribute   {name} ({dtype})")
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
