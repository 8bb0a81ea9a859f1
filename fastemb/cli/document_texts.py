"""Documents as the command line names them: what is read, and their tags."""

from __future__ import annotations

import argparse

from ..corpus.inputs import UTF8
from ..models.document_tables import table_files
from ..models.documents import Documents, tagged_by_column
from .reading import add_selection, add_texts, fields_of, read_words, selection_of, text_options
from .values import STDIN


def add_documents_read(parser: argparse.ArgumentParser, min_count: int | None) -> None:
    """Add what is read; ``min_count``: the default for words that are kept, None where all are."""
    group = add_texts(parser, may_lack=True, line="a document")
    if min_count is not None:
        add_selection(group, min_count)
    group = parser.add_argument_group("documents", "A document is a line, a row, or a file.")
    group.add_argument(
        "--tags", metavar="NAME", help="of tables: the column of what documents are called (numbers from 0)"
    )
    group.add_argument(
        "--whole-files",
        action="store_true",
        help="each file is a document, called by its name; where two have one name, all are called by their paths",
    )


def check_documents(options: argparse.Namespace) -> None:
    """Refuse options that do not go together.

    Raises:
        ValueError: some do not.
    """
    if options.tags is not None and options.column is None and not options.whole_files:
        raise ValueError("--tags names a column of tables: name that of the texts by --column")
    if not options.whole_files:
        return
    for name in ("tags", "column", "sep", "quotechar", "columns", "unicode_errors"):
        if getattr(options, name) is not None:
            raise ValueError(f"--{name.replace('_', '-')} has no effect beside --whole-files")
    if STDIN in options.corpus:
        raise ValueError("standard input has no name: name files, folders or patterns with --whole-files")


def documents_of(options: argparse.Namespace) -> Documents:
    """The documents that the options name."""
    selection = selection_of(options) if hasattr(options, "min_count") else {}
    if options.whole_files:
        return Documents.from_files(options.corpus, **selection, **text_options(options))
    corpus = read_words(options, options.workers, selection)
    if options.tags is None:
        return Documents.of(corpus)
    files = table_files(options.corpus)
    assert files is not None
    fields = {} if files.are_parquet else fields_of(options) | {"encoding": options.encoding or UTF8}
    return tagged_by_column(corpus, files.values(options.tags, fields), options.tags)
