"""The doors of `Corpus`: their options, and the way from what a user gives to the parts of a corpus."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import ArrayLike

from ..io.atomic import StrPath
from ..threads import thread_count
from .arrow import TableSource, column_of, parquet_column, parquet_files
from .blocks import BlockStore, Parts
from .cache import fingerprint, open_cached
from .clashes import without_outputs
from .corpus_file import is_corpus
from .csv_column import CsvColumn, encode_csv
from .delimited import Delimited
from .disk import DiskStore
from .encoder import MAX_THREADS
from .ids import encode_ids
from .inputs import UTF8, InputFile, find_inputs
from .lists import encode_lists, encode_texts
from .memory import MemoryStore, ShortStore
from .origin import Origin, origin_of_files
from .splitting import TextOptions
from .tables import encode_column
from .task import ReadSizes, Task
from .text import encode_files
from .vocabulary import Selection, TrimRule, Vocabulary


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """The options of all doors, by the names and with the defaults that `Corpus.from_file` describes.

    A door leaves out those that it does not have. ``sizes`` is no option of users: nothing depends on it but memory and
    speed.
    """

    min_count: int = 1
    max_final_vocab: int | None = None
    max_vocab_size: int | None = None
    trim_rule: TrimRule | None = None
    vocabulary: Vocabulary | None = None
    encoding: str = UTF8
    unicode_errors: str = "strict"
    lower: bool = False
    token_pattern: str | re.Pattern[str] | None = None
    tokenizer: Any = None
    max_sentence_length: int | None = None
    workers: int | None = None
    save_to: StrPath | None = None
    cache: StrPath | None = None
    sizes: ReadSizes = field(default_factory=ReadSizes)

    def target(self) -> Selection | Vocabulary:
        """Which words are kept.

        Raises:
            ValueError: an option makes no sense, or ``vocabulary`` would make it ignored.
            TypeError: an option is of another type.
        """
        selection = Selection(self.min_count, self.max_final_vocab, self.trim_rule, self.max_vocab_size)
        if self.vocabulary is None:
            return selection
        if selection != Selection():
            raise ValueError(
                "with vocabulary=, min_count, max_final_vocab, max_vocab_size and trim_rule must not be given"
            )
        return self.vocabulary

    def text(self) -> TextOptions:
        """How text becomes tokens; not checked yet."""
        return TextOptions(
            self.encoding, self.unicode_errors, self.lower, self.token_pattern, self.tokenizer, self.max_sentence_length
        )

    def threads(self) -> int:
        """How many threads encode text."""
        return min(thread_count(self.workers), MAX_THREADS)

    def output(self) -> StrPath | None:
        """The file that is made."""
        return self.save_to if self.cache is None else self.cache


def read_files(source: Any, options: ReadOptions) -> Parts:
    """See `Corpus.from_file`."""
    target, text = options.target(), options.text()
    threads = options.threads()
    files = without_outputs(find_inputs(source), options.output())
    for file in files:
        if is_corpus(file.name):
            raise ValueError(f"{file.name}: an encoded corpus: open it with Corpus.open")

    def encode(store: BlockStore) -> Parts:
        return encode_files(files, text, Task(target, store, threads, options.sizes))

    parts = _encode_or_open(encode, options, threads, lambda: fingerprint(files, text, target))
    return _with_origin(parts, options, lambda: origin_of_files("from_file", files, text))


def read_sentences(sentences: Any, split: bool, options: ReadOptions) -> Parts:
    """See `Corpus.from_sentences`."""
    target, text = options.target(), options.text()
    if not split and text != TextOptions():
        raise ValueError("lower, token_pattern, tokenizer and max_sentence_length are for texts: give split=True")
    with _store(options.save_to) if split or options.save_to else nullcontext(ShortStore()) as store:
        task = Task(target, store, sizes=options.sizes)
        return encode_texts(sentences, text, task) if split else encode_lists(sentences, task)


def read_ids(ids: Any, offsets: ArrayLike | None, keys: Sequence[Hashable] | None, options: ReadOptions) -> Parts:
    """See `Corpus.from_ids`."""
    target = options.target()
    with _store(options.save_to) as store:
        return encode_ids(ids, offsets, keys, Task(target, store, sizes=options.sizes))


def read_column(data: Any, column: str | None, options: ReadOptions) -> Parts:
    """See `Corpus.from_arrow`."""
    target, text = options.target(), options.text().checked()
    threads = options.threads()
    with _store(options.save_to, threads) as store:
        task = Task(target, store, threads, options.sizes)
        return encode_column(column_of(data, column, options.sizes), text, task)


def read_parquet(path: TableSource, column: str | None, options: ReadOptions) -> Parts:
    """See `Corpus.from_parquet`."""
    target, text = options.target(), options.text().checked()
    threads, sizes = options.threads(), options.sizes
    files: list[InputFile] = without_outputs(parquet_files(path), options.output())

    def encode(store: BlockStore) -> Parts:
        return encode_column(parquet_column(files, column, sizes), text, Task(target, store, threads, sizes))

    parts = _encode_or_open(encode, options, threads, lambda: fingerprint(files, ("column", column), text, target))
    return _with_origin(parts, options, lambda: origin_of_files("from_parquet", files, text, column=column))


def read_csv(
    source: Any, column: str | None, columns: Sequence[str] | None, delimited: Delimited, options: ReadOptions
) -> Parts:
    """See `Corpus.from_csv`."""
    target, text = options.target(), options.text().checked()
    threads = options.threads()
    delimited.of_file("")  # options that make no sense are named before a file is looked for
    files = without_outputs(find_inputs(source), options.output())
    table = CsvColumn(files, column, columns, delimited)

    def encode(store: BlockStore) -> Parts:
        return encode_csv(files, table, text, Task(target, store, threads, options.sizes))

    how = ("csv", column, columns, delimited)
    parts = _encode_or_open(encode, options, threads, lambda: fingerprint(files, how, text, target))
    own = {"column": column, "columns": None if columns is None else list(columns), **vars(delimited)}
    return _with_origin(parts, options, lambda: origin_of_files("from_csv", files, text, **own))


def _with_origin(parts: Parts, options: ReadOptions, origin: Callable[[], Origin | None]) -> Parts:
    """The same with ``origin``; a corpus on disk knows its own."""
    return parts if options.output() is not None else parts._replace(origin=origin())


def _store(save_to: StrPath | None, threads: int = 1) -> AbstractContextManager[BlockStore]:
    return nullcontext(MemoryStore(threads)) if save_to is None else DiskStore(save_to)


def _encode_or_open(
    encode: Callable[[BlockStore], Parts], options: ReadOptions, threads: int, made_from: Callable[[], str]
) -> Parts:
    """Encode, unless ``cache`` has what would come out; ``made_from`` tells the fingerprint of all that decides it."""
    if options.cache is None:
        with _store(options.save_to, threads) as store:
            return encode(store)
    if options.save_to is not None:
        raise ValueError("give cache= or save_to=, not both")
    source = made_from()
    found = open_cached(options.cache, source)
    if found is not None:
        return found
    with DiskStore(options.cache, source) as store:
        return encode(store)
