"""What all commands that read text or tables share: the options, and the corpus that they name."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from ..config import available_cpus
from ..corpus import Corpus
from ..corpus.arrow import is_parquet, parquet_files
from ..corpus.clashes import without_outputs
from ..corpus.corpus_file import is_corpus
from ..corpus.inputs import find_inputs
from ..io.paths import expanded
from .outputs import check_writable
from .phrases import add_phrases, connector_files, join_phrases, phrase_passes
from .saying import say

_DELIMITED = (".csv", ".tsv", ".tab")
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_TEXT = ("encoding", "unicode_errors", "lower", "token_pattern", "max_sentence_length")
_ROWS = ("sep", "quotechar", "columns")


def add_reading(parser: argparse.ArgumentParser, min_count: int, *, may_lack: bool = False) -> None:
    """Add what is read, and how; ``may_lack``: nothing need be named."""
    group = add_texts(parser, may_lack=may_lack)
    group.add_argument(
        "--max-sentence-length", type=int, metavar="N", help="cut longer sentences to so many words (no limit)"
    )
    add_selection(group, min_count)
    add_phrases(parser)


def add_texts(parser: argparse.ArgumentParser, *, may_lack: bool, line: str = "a sentence") -> argparse._ArgumentGroup:
    """Add texts, and how they become words; ``may_lack``: none need be named; ``line``: what a line is."""
    parser.add_argument(
        "corpus",
        nargs="*" if may_lack else "+",
        type=expanded,
        help=f"text, {line} a line, compressed or not; tables with --column (Parquet, and .csv or .tsv); folders "
        "and patterns of them; - for text from standard input; or a file that 'fastemb corpus build' wrote",
    )
    group = parser.add_argument_group("reading")
    group.add_argument(
        "--column", metavar="NAME", help="of tables: the column, of text, or in Parquet of lists of words"
    )
    group.add_argument("--sep", metavar="CHARS", help="CSV: what parts fields (by the name: , or tab)")
    group.add_argument(
        "--quotechar", metavar="CHAR", help='CSV: the quote of fields, or "" for none (", none with tabs)'
    )
    group.add_argument("--columns", metavar="A,B,...", help="CSV: names of all columns, where the first line has none")
    group.add_argument("--encoding", metavar="NAME", help="of text files (utf-8)")
    group.add_argument(
        "--unicode-errors",
        choices=("strict", "ignore", "replace"),
        help="what to do with bytes that are not of this encoding, but in CSV (strict)",
    )
    add_words(group)
    return group


def add_words(group: Any) -> None:
    """Add how text becomes words."""
    group.add_argument("--lower", action="store_true", help="put words in lower case")
    group.add_argument(
        "--token-pattern", metavar="REGEX", help=r"words are what this matches, such as '\w+' (what white space parts)"
    )


def add_selection(group: Any, min_count: int) -> None:
    """Add which words are kept."""
    whole: dict[str, Any] = {"type": int, "metavar": "N"}
    group.add_argument("--min-count", **whole, default=min_count, help="drop words that occur less often (%(default)s)")
    group.add_argument(
        "--max-vocab", **whole, help="keep at most this many words; none of those that tie at the border"
    )
    group.add_argument("--max-vocab-size", **whole, help="keep exactly this many words; memory for counting is limited")


def selection_of(options: argparse.Namespace) -> dict[str, Any]:
    """Which words are kept, as doors of `Corpus` take it."""
    return {
        "min_count": options.min_count,
        "max_final_vocab": options.max_vocab,
        "max_vocab_size": options.max_vocab_size,
    }


def corpus_of(
    options: argparse.Namespace, workers: int, *, cache: str | None = None, save_to: str | None = None
) -> Corpus:
    """The corpus that the options name; see `Corpus.from_file` for ``cache`` and ``save_to``.

    With phrases, these two hold it with all its words and before phrases are joined.
    """
    passes = phrase_passes(options, workers)
    selection = selection_of(options)
    if not passes:
        return read_words(options, workers, selection, cache, save_to)
    corpus = read_words(options, workers, {}, cache, save_to)
    return join_phrases(corpus, passes, options, workers).select(**selection)


def read_words(
    options: argparse.Namespace,
    workers: int,
    selection: dict[str, Any],
    cache: str | None = None,
    save_to: str | None = None,
) -> Corpus:
    """The corpus without phrases, and with the words that ``selection`` keeps."""
    paths: list[str] = options.corpus
    for path in paths:
        if is_corpus(path):
            if cache is not None:
                raise ValueError(f"{path}: this corpus is encoded already, so --cache has no effect")
            return _open(path, options).select(**selection)
    text = text_options(options)
    reading: dict[str, Any] = {**text, **selection, "workers": workers, "cache": cache, "save_to": save_to}
    if options.column is not None and any(map(_is_delimited, paths)):
        if not all(map(_is_delimited, paths)):
            raise ValueError("CSV and other files cannot be read together")
        if "unicode_errors" in text:
            raise ValueError("--unicode-errors is for plain text: name the encoding of CSV files by --encoding")
        return Corpus.from_csv(paths, options.column, **fields_of(options), **reading)
    for name in _ROWS:
        if _is_given(options, name):
            raise ValueError(f"--{name} is for .csv and .tsv files with --column")
    if options.column is None and not _are_parquet(paths):
        for path in () if options.quiet else filter(_is_delimited, paths):
            say(f"{path}: read as text, a line a sentence, commas and all; --column NAME reads one of its columns")
        return Corpus.from_file(paths, **reading)
    for name in ("encoding", "unicode_errors"):
        if _is_given(options, name):
            raise ValueError(f"--{name.replace('_', '-')} is for text files: Parquet is always UTF-8")
    return Corpus.from_parquet(paths, options.column, **reading)


def fields_of(options: argparse.Namespace) -> dict[str, Any]:
    """How the fields of a table as text are told apart, but for its encoding."""
    return {
        "columns": None if options.columns is None else options.columns.split(","),
        "sep": None if options.sep is None else options.sep.replace("\\t", "\t"),
        "quotechar": options.quotechar,
    }


def text_options(options: argparse.Namespace) -> dict[str, Any]:
    """How text becomes words, where it is not the usual way."""
    return {name: getattr(options, name) for name in _TEXT if _is_given(options, name)}


def _is_given(options: argparse.Namespace, name: str) -> bool:
    value = getattr(options, name, None)
    return value is not None and value is not False


def check_files(
    options: argparse.Namespace, made: str | None, *outputs: str | None, vectors: str | None = None
) -> None:
    """As `check_writable`, for each file in the folders and patterns to read too; ``made``: the corpus to make."""
    connectors = connector_files(options) if hasattr(options, "connector_words") else []
    check_writable([*options.corpus, *connectors], made, *outputs, vectors=vectors)
    local = [path for path in options.corpus if path != "-" and "://" not in path]
    if local:
        is_text = any(map(_is_delimited, local)) or (options.column is None and not _are_parquet(local))
        find = find_inputs if is_text else parquet_files
        without_outputs(find(local), made, *outputs, vectors)


def _open(path: str, options: argparse.Namespace) -> Corpus:
    """An encoded corpus."""
    if len(options.corpus) > 1:
        raise ValueError(f"{path}: an encoded corpus cannot be read together with other files")
    for name in ("column", *_ROWS, *_TEXT):
        if _is_given(options, name):
            raise ValueError(f"{path}: this corpus is encoded already, so --{name.replace('_', '-')} has no effect")
    return Corpus.open(path)


def _are_parquet(paths: Sequence[str]) -> bool:
    """Whether these are Parquet files, or folders of nothing else."""
    kinds = {is_parquet(path) for path in paths}
    if len(kinds) > 1:
        raise ValueError("text and Parquet files cannot be read together")
    return kinds == {True}


def _is_delimited(path: str) -> bool:
    """Whether this is a table as text, by its name."""
    stem, ending = os.path.splitext(path.lower())
    return (os.path.splitext(stem)[1] if ending in _COMPRESSED else ending) in _DELIMITED


def add_workers(parser: Any) -> None:
    """Add the number of threads."""
    parser.add_argument(
        "-t", "--workers", type=int, metavar="N", default=available_cpus(), help="threads (all CPUs: %(default)s)"
    )


def workers_given(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int | None:
    """The number of threads, or None where the command line does not say."""
    given: int = options.workers
    return None if given == parser.get_default("workers") else given
