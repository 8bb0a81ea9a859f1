"""``fastemb corpus``: encode text or tables, and look at what was encoded."""

from __future__ import annotations

import argparse
import json
import os
from itertools import islice
from pathlib import Path

import numpy as np

from ..corpus import Corpus
from ..corpus.arrow import is_parquet
from ..corpus.clashes import without_outputs
from ..corpus.corpus_file import is_corpus, is_saved
from ..corpus.inputs import find_inputs
from ..io.atomic import draft_folder
from .phrases import phrase_files
from .reading import add_reading, add_workers, check_files, corpus_of
from .saying import add_quiet, say
from .values import Commands, file_path, positive


def add_corpus(parser: argparse.ArgumentParser) -> None:
    """Add ``corpus`` with its commands."""
    parser.description = "Encode text or tables to a file that training reads at once, however large it is."
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_build, _add_info, _add_head):
        add(parts)


def _add_build(commands: Commands) -> None:
    parser = commands.add_parser(
        "build",
        help="encode text or tables to a file",
        description="Encode text or tables to a file; memory holds a small part of the ids at a time. Where the file "
        "was made from the same files with the same options before, and they have not changed, it stays; with phrases "
        "it is always made anew.",
    )
    add_reading(parser, min_count=1)
    parser.add_argument(
        "-o", "--output", type=file_path, required=True, metavar="FILE", help="where to write the corpus"
    )
    add_workers(parser)
    add_quiet(parser)
    parser.set_defaults(run=_build)


def _build(options: argparse.Namespace) -> int:
    check_files(options, options.output, *phrase_files(options))
    before = _identity(options.output)
    if options.phrases:
        corpus = _build_phrases(options)
    elif any(is_corpus(path) for path in options.corpus):
        corpus = corpus_of(options, options.workers)
        corpus.save(options.output)
    elif any(_is_stream(path) for path in options.corpus) or is_saved(options.output):
        corpus = corpus_of(options, options.workers, save_to=options.output)
    else:
        corpus = corpus_of(options, options.workers, cache=options.output)
    if not options.quiet:
        stayed = before is not None and before == _identity(options.output)
        say(f"{options.output} {'is up to date' if stayed else 'written'}: {_summary(corpus)}")
    return 0


def _build_phrases(options: argparse.Namespace) -> Corpus:
    """The corpus with phrases, made from one without them beside it, which goes."""
    if os.path.isfile(options.output) and os.path.getsize(options.output) and not is_corpus(options.output):
        raise ValueError(f"{options.output}: not an encoded corpus, so it is not replaced")
    folder = str(Path(options.output).resolve().parent)
    with draft_folder(folder) as temporary:
        encoded = any(is_corpus(path) for path in options.corpus)
        if os.path.isfile(options.output) and not encoded:
            options.corpus = [name for path in options.corpus for name in _without_output(path, options.output)]
        words = None if encoded else str(Path(temporary, "words"))
        corpus = corpus_of(options, options.workers, save_to=words)
        corpus.save(options.output)
    return corpus


def _without_output(path: str, output: str) -> list[str]:
    """The path, or what is there but for the output where that is there too."""
    if _is_stream(path) or is_parquet(path) or os.path.isfile(path):
        return [path]
    return [file.name for file in without_outputs(find_inputs(path), output)]


def _is_stream(path: str) -> bool:
    """Whether nobody can tell if this has changed."""
    if path == "-" or "://" in path:
        return True
    return os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))


def _identity(path: str) -> tuple[int, ...] | None:
    """Another one when there is another file."""
    if not os.path.exists(path):
        return None
    status = os.stat(path)
    return status.st_ino, status.st_size, status.st_mtime_ns


def _summary(corpus: Corpus) -> str:
    return f"{corpus.words:,} words in {len(corpus):,} sentences, {len(corpus.vocabulary):,} of them different"


def _add_info(commands: Commands) -> None:
    parser = commands.add_parser(
        "info",
        help="what is in an encoded corpus, and what training on it takes",
        description="Describe a corpus that 'fastemb corpus build' wrote, and check it.",
    )
    parser.add_argument("corpus", type=file_path, help="encoded corpus")
    parser.add_argument(
        "-d", "--vector-size", type=positive, metavar="N", default=100, help="for the memory that training takes (100)"
    )
    parser.add_argument("--json", action="store_true", help="print what is in the file as a line of JSON")
    parser.set_defaults(run=_info)


def _info(options: argparse.Namespace) -> int:
    corpus = Corpus.open(options.corpus)
    vocabulary = corpus.vocabulary
    lengths = np.diff(corpus.offsets)
    needed = corpus.estimate(options.vector_size)
    if options.json:
        found = {
            "file": options.corpus,
            "bytes": os.path.getsize(options.corpus),
            "words": corpus.words,
            "raw_words": corpus.raw_words,
            "sentences": len(corpus),
            "longest_sentence": int(lengths.max()),
            "vocabulary": len(vocabulary),
            "lowest_count": int(vocabulary.counts.min()),
            "frequent": [str(key) for key in vocabulary.keys[:10]],
            "vector_size": options.vector_size,
            "training_bytes": needed["total"],
        }
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print(f"words       {corpus.words:,} of {corpus.raw_words:,} that were read")
    print(f"sentences   {len(corpus):,}, of {corpus.words / len(corpus):,.1f} words; the longest of {lengths.max():,}")
    print(f"vocabulary  {len(vocabulary):,} words, which occur {vocabulary.counts.min():,} times or more")
    print(f"frequent    {', '.join(map(str, vocabulary.keys[:10]))}")
    print(f"file        {os.path.getsize(options.corpus) / 1e6:,.1f} MB, checksums are right")
    print(f"training    takes {needed['total'] / 1e6:,.0f} MB of memory at {options.vector_size} dimensions")
    return 0


def _add_head(commands: Commands) -> None:
    parser = commands.add_parser(
        "head",
        help="the first sentences of an encoded corpus",
        description="Print the first sentences of a corpus that 'fastemb corpus build' wrote, one a line.",
    )
    parser.add_argument("corpus", type=file_path, help="encoded corpus")
    parser.add_argument("-n", "--lines", type=positive, metavar="N", default=10, help="how many (10)")
    parser.add_argument("--json", action="store_true", help="print a list of words as a line of JSON for each")
    parser.set_defaults(run=_head)


def _head(options: argparse.Namespace) -> int:
    for sentence in islice(Corpus.open(options.corpus, verify=False), options.lines):
        if options.json:
            print(json.dumps([*map(str, sentence)], ensure_ascii=False))
        else:
            print(*sentence)
    return 0
