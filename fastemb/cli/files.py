"""``fastemb convert``, ``info`` and ``demo``."""

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
from ..io.formats import fastemb_file, format_named, format_of, lost_in, recognised, static_model
from ..io.quantised import precision_of
from ..vectors.any_format import checked_table
from ..vectors.description import describe
from .asking import mapped_vectors_of
from .outputs import FORMATS, check_writable, save_output
from .saying import say
from .static_model import add_static_options, refuse_static_options, save_static_model
from .values import STDIN, STDOUT, file_path, format_option, vectors_path
from .vectors_read import add_vectors, kind_of_model, sources_of, tags_in, vectors_of


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
        choices=("float16", "float32", "float64", *QUANTISED),
        help="of the numbers that are written, where the format has it (as they are); int8, and pq for product "
        "quantisation, in fastemb's own format only; with float16, int8 and pq a line says what is lost",
    )
    parser.add_argument(
        "--subvectors",
        type=int,
        metavar="N",
        help="bytes that --dtype pq makes of a vector, a divisor of the dimensions (half of them)",
    )
    parser.add_argument("--json", action="store_true", help="print what was written, and what was lost, as JSON")
    add_static_options(parser)
    parser.set_defaults(run=_convert)


QUANTISED = ("int8", "pq")


def _list_of_formats() -> str:
    """The formats with their endings, a line each."""
    lines = ["formats:"]
    for known in KNOWN:
        about = known.ABOUT
        files = " ".join(about.endings) or ("a folder" if about.holds else "a file, by --to alone")
        more = f", or a folder of {' and '.join(about.holds)}" if about.holds and about.endings else ""
        lines.append(f"  {about.option:<22} {about.name}: {files}{more}")
    return "\n".join(lines)


def _convert(options: argparse.Namespace) -> int:
    if options.json and options.output == STDOUT:
        raise ValueError("--json prints to standard output, where the vectors go: name a file for them")
    sources = [] if options.input == STDIN else sources_of(options, options.input)
    is_static = options.to == static_model.ABOUT.option
    if not is_static:
        refuse_static_options(options)
    elif options.dtype is not None:
        raise ValueError(f"--dtype is not for --to {options.to}: leave it out")
    elif options.output == STDOUT:
        raise ValueError(f"{static_model.ABOUT.name} is a folder, so it needs a name: - stands for standard output")
    if options.subvectors is not None and options.dtype != "pq":
        raise ValueError("--subvectors is for --dtype pq: leave it out, or give that")
    check_writable(sources, vectors=None if is_static else options.output, option=options.to)
    with warnings.catch_warnings(record=options.json) as caught:
        vectors = vectors_of(options, options.input)
    to = (
        format_of(options.output, options.to)
        if options.output != STDOUT
        else format_named(options.to or "word2vec-text")
    )
    dtype, loss = options.dtype, None
    if dtype in QUANTISED:
        if to is not fastemb_file:
            raise ValueError(
                f"--dtype {dtype} is for fastemb's own format, a file .safetensors: {to.ABOUT.name} cannot hold it"
            )
        small = vectors.quantize(dtype, subvectors=options.subvectors)
        loss = vectors.quantization_loss(small) if len(vectors) > 1 else None
        vectors, dtype = small, None
    elif dtype in to.ABOUT.dtypes and dtype == "float16" and precision_of(vectors.vectors) in ("float32", "float64"):
        loss = vectors.quantization_loss(vectors.quantize("float16")) if len(vectors) > 1 else None
    lost = lost_in(to, checked_table(vectors, to), dtype)
    if is_static:
        save_static_model(vectors, options.output, options)
    else:
        save_output(vectors, options.output, options.to, dtype)
    if options.json:
        done = {
            "input": options.input,
            "output": options.output,
            "format": to.ABOUT.option,
            "vectors": len(vectors),
            "dimensions": vectors.vector_size,
            "dtype": dtype or precision_of(vectors.vectors),
            "lost": lost.as_dict(),
            **({} if loss is None else {"loss": loss.as_dict()}),
            "warnings": [str(warning.message) for warning in caught or ()],
        }
        print(json.dumps(done, ensure_ascii=False))
        return 0
    say(f"wrote {len(vectors):,} vectors of {vectors.vector_size} dimensions to {options.output}")
    if loss is not None:
        say(str(loss))
    if lost:
        say(f"not kept by {to.ABOUT.name}: {lost}")
    return 0


_COLLAPSED = 0.9  # mean cosine from which all vectors are nearly one
_FEW_DIMENSIONS = 0.02  # share of the dimensions that directions fill at least


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
    name = None if options.vectors == STDIN else _format_name(options)
    size = os.path.getsize(options.vectors) if os.path.isfile(options.vectors) else None
    found = {"file": options.vectors, "format": name, "bytes": size, **describe(vectors)}
    tags = tags_in(options.vectors)
    if tags is not None:
        found["tags"] = len(tags)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print(f"vectors     {len(vectors):,} of {vectors.vector_size} dimensions, {found['dtype']}")
    if name is not None:
        print(f"format      {name}")
    if size is not None:
        print(f"size        {size / 1e6:,.1f} MB")
    kind = kind_of_model(options.vectors)
    if kind is not None:
        print(f"kind        {kind}")
    norms = found["norms"]
    if norms["median"] is not None:
        print(f"lengths     {norms['least']:g} to {norms['greatest']:g}, median {norms['median']:g}")
    for part, label in (("zero", "of zeros"), ("not_finite", "with NaN or infinity"), ("repeated", "like one before")):
        if found[part]:
            print(f"            {found[part]:,} {label}")
    if found["mean_cosine"] is not None:
        effective = found["effective_dimensions"]
        least = _FEW_DIMENSIONS * min(vectors.vector_size, len(vectors) - 1)
        is_collapsed = found["mean_cosine"] > _COLLAPSED or effective < least
        print(
            f"spread      like {effective:.3g} of {vectors.vector_size} dimensions, mean cosine "
            f"{found['mean_cosine']:.2f}{'; collapsed: the vectors hardly differ' if is_collapsed else ''}"
        )
    print(f"keys        {', '.join(f'{count:,} {kind}' for kind, count in found['keys'].items())}")
    for attribute, dtype in found["attributes"].items():
        print(f"attribute   {attribute} ({dtype})")
    print(f"first words {', '.join(map(str, vectors.index_to_key[:10]))}")
    if tags is not None:
        print(f"tags        {len(tags):,}, the first are {', '.join(map(str, tags[:10]))}")
    return 0


def _format_name(options: argparse.Namespace) -> str:
    found = format_named(options.source_format) if options.source_format else recognised(options.vectors)
    return found.ABOUT.name


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
