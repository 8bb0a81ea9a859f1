"""``fastemb corpus``, and what all commands that read text or tables share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ..config import available_cpus
from ..corpus import Corpus
from ..corpus.arrow import parquet_files
from ..corpus.clashes import without_outputs
from ..corpus.corpus_file import is_corpus, is_saved
from ..corpus.inputs import find_inputs
from .phrases import add_phrases, connector_files, join_phrases, phrase_files, phrase_passes
from .shared import Commands, check_writable, positive, say

_PARQUET = (".parquet", ".pq")
_TEXT = ("encoding", "lower", "token_pattern", "max_sentence_length")


# ---- reading ----


def add_reading(parser: argparse.ArgumentParser, min_count: int) -> None:
    """Add what is read, and how."""
    parser.add_argument(
        "corpus",
        nargs="+",
        help="text, a sentence a line, compressed or not; Parquet files (.parquet, or any name with --column); folders "
        "and patterns of them; - for text from standard input; or a file that 'fastemb corpus build' wrote",
    )
    group = parser.add_argument_group("reading")
    whole: dict[str, Any] = {"type": int, "metavar": "N"}
    group.add_argument("--column", metavar="NAME", help="Parquet: the column, of text or of lists of words")
    group.add_argument("--encoding", metavar="NAME", help="of text files (utf-8)")
    group.add_argument("--lower", action="store_true", help="put words in lower case")
    group.add_argument(
        "--token-pattern", metavar="REGEX", help=r"words are what this matches, such as '\w+' (what white space parts)"
    )
    group.add_argument("--max-sentence-length", **whole, help="cut longer sentences to so many words (no limit)")
    group.add_argument("--min-count", **whole, default=min_count, help="drop words that occur less often (%(default)s)")
    group.add_argument(
        "--max-vocab", **whole, help="keep at most this many words; none of those that tie at the border"
    )
    group.add_argument("--max-vocab-size", **whole, help="keep exactly this many words; memory for counting is limited")
    add_phrases(parser)


def read_corpus(
    options: argparse.Namespace, workers: int, *, cache: str | None = None, save_to: str | None = None
) -> Corpus:
    """The corpus that the options name; see `Corpus.from_file` for ``cache`` and ``save_to``.

    With phrases, these two hold it with all its words and before phrases are joined.
    """
    passes = phrase_passes(options, workers)
    selection = {
        "min_count": options.min_count,
        "max_final_vocab": options.max_vocab,
        "max_vocab_size": options.max_vocab_size,
    }
    if not passes:
        return _read_words(options, workers, selection, cache, save_to)
    corpus = _read_words(options, workers, {}, cache, save_to)
    return join_phrases(corpus, passes, options, workers).select(**selection)


def _read_words(
    options: argparse.Namespace, workers: int, selection: dict[str, Any], cache: str | None, save_to: str | None
) -> Corpus:
    """The corpus without phrases, and with the words that ``selection`` keeps."""
    paths: list[str] = options.corpus
    for path in paths:
        if is_corpus(path):
            if cache is not None:
                raise ValueError(f"{path}: this corpus is encoded already, so --cache has no effect")
            return _open(path, options).select(**selection)
    text = {name: getattr(options, name) for name in _TEXT if _is_given(options, name)}
    reading: dict[str, Any] = {**text, **selection, "workers": workers, "cache": cache, "save_to": save_to}
    if options.column is None and not _are_parquet(paths):
        return Corpus.from_file(paths, **reading)
    if options.encoding is not None:
        raise ValueError("--encoding is for text files: Parquet is always UTF-8")
    return Corpus.from_parquet(paths, options.column, **reading)


def _is_given(options: argparse.Namespace, name: str) -> bool:
    value = getattr(options, name)
    return value is not None and value is not False


def check_files(options: argparse.Namespace, made: str | None, *outputs: str | None) -> None:
    """As `check_writable`, for each file in the folders and patterns to read too; ``made``: the corpus to make."""
    check_writable([*options.corpus, *connector_files(options)], made, *outputs)
    local = [path for path in options.corpus if path != "-" and "://" not in path]
    if local:
        find = parquet_files if options.column is not None or _are_parquet(local) else find_inputs
        without_outputs(find(local), made, *outputs)


def _open(path: str, options: argparse.Namespace) -> Corpus:
    """An encoded corpus."""
    if len(options.corpus) > 1:
        raise ValueError(f"{path}: an encoded corpus cannot be read together with other files")
    for name in ("column", *_TEXT):
        if _is_given(options, name):
            raise ValueError(f"{path}: this corpus is encoded already, so --{name.replace('_', '-')} has no effect")
    return Corpus.open(path)


def _are_parquet(paths: Sequence[str]) -> bool:
    """Whether these are Parquet files, or folders of nothing else."""
    kinds = {_is_parquet(path) for path in paths}
    if len(kinds) > 1:
        raise ValueError("text and Parquet files cannot be read together")
    return kinds == {True}


def _is_parquet(path: str) -> bool:
    if not os.path.isdir(path):
        return path.lower().endswith(_PARQUET)
    files = [file for file in Path(path).rglob("[!_.]*") if file.is_file() and not is_corpus(file)]
    return bool(files) and all(file.name.lower().endswith(_PARQUET) for file in files)


def add_workers(parser: Any) -> None:
    """Add the number of threads."""
    parser.add_argument(
        "-t", "--workers", type=int, metavar="N", default=available_cpus(), help="threads (all CPUs: %(default)s)"
    )


# ---- corpus build, info, head ----


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
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="where to write the corpus")
    add_workers(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(run=_build)


def _build(options: argparse.Namespace) -> int:
    check_files(options, options.output, *phrase_files(options))
    before = _identity(options.output)
    if options.phrases:
        corpus = _build_phrases(options)
    elif any(is_corpus(path) for path in options.corpus):
        corpus = read_corpus(options, options.workers)
        corpus.save(options.output)
    elif any(_is_stream(path) for path in options.corpus) or is_saved(options.output):
        corpus = read_corpus(options, options.workers, save_to=options.output)
    else:
        corpus = read_corpus(options, options.workers, cache=options.output)
    if not options.quiet:
        stayed = before is not None and before == _identity(options.output)
        say(f"{options.output} {'is up to date' if stayed else 'written'}: {_summary(corpus)}")
    return 0


def _build_phrases(options: argparse.Namespace) -> Corpus:
    """The corpus with phrases, made from one without them beside it, which goes."""
    if os.path.isfile(options.output) and os.path.getsize(options.output) and not is_corpus(options.output):
        raise ValueError(f"{options.output}: not an encoded corpus, so it is not replaced")
    folder = Path(options.output).resolve().parent
    with TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as temporary:
        encoded = any(is_corpus(path) for path in options.corpus)
        if os.path.isfile(options.output) and not encoded:
            options.corpus = [name for path in options.corpus for name in _without_output(path, options.output)]
        words = None if encoded else str(Path(temporary, "words"))
        corpus = read_corpus(options, options.workers, save_to=words)
        corpus.save(options.output)
    return corpus


def _without_output(path: str, output: str) -> list[str]:
    """The path, or what is there but for the output where that is there too."""
    if _is_stream(path) or _is_parquet(path) or os.path.isfile(path):
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
    parser.add_argument("corpus", help="encoded corpus")
    parser.add_argument(
        "-d", "--vector-size", type=positive, metavar="N", default=100, help="for the memory that training takes (100)"
    )
    parser.set_defaults(run=_info)


def _info(options: argparse.Namespace) -> int:
    corpus = Corpus.open(options.corpus)
    vocabulary = corpus.vocabulary
    lengths = np.diff(corpus.offsets)
    needed = corpus.estimate(options.vector_size)
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
    parser.add_argument("corpus", help="encoded corpus")
    parser.add_argument("-n", "--lines", type=positive, metavar="N", default=10, help="how many (10)")
    parser.set_defaults(run=_head)


def _head(options: argparse.Namespace) -> int:
    for sentence in islice(Corpus.open(options.corpus, verify=False), options.lines):
        print(*sentence)
    return 0
