"""The words of a text that is counted in parts, by any number of processes or machines.

Each part is counted in memory that has a bound, by a table that is written to a file when it has grown large. A file
has 256 sections, by a hash of the words. All sections of one number, of all files, hold all that is known of their
words; so they are added up one number after the other. Words are numbered by their counts and, where these are equal,
by where they first occur in the whole: the vocabulary is the one that `Corpus.from_file` makes of all parts.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from .._native import TokenTable
from ..arguments import names_arguments
from ..checks import integer
from ..config import available_cpus
from ..corpus.counting import NoStore
from ..corpus.inputs import UTF8, TextSource, find_inputs
from ..corpus.spill import Spill, SpilledCounts
from ..corpus.splitting import TextOptions
from ..corpus.task import CountsOnly, ReadSizes, Task
from ..corpus.text import encode_files
from ..corpus.tokentables import require_words, tokens_of
from ..corpus.vocabulary import Selection, Tokens, TrimRule, Vocabulary
from ..io.atomic import atomic_write, draft_folder
from ..io.paths import AnyPath, local_path
from ..signals import deliver
from ..threads import thread_count
from .counting_process import in_processes
from .pieces import Piece, cut

MEMORY = 256 << 20  # bytes that counting takes

_PART_BITS = 8
_TABLE_SHARE = 4  # of the memory; the rest is for its growth, and for what is written of it
_LEAST_MEMORY = 16 << 20


class Counted(NamedTuple):
    """A part that was counted.

    Attributes:
        path: The file of its counts.
        words: How many words it has, of which many may be the same.
    """

    path: str
    words: int


@names_arguments()
def count_vocabulary(
    source: TextSource,
    *,
    encoding: str = UTF8,
    unicode_errors: str = "strict",
    lower: bool = False,
    token_pattern: str | re.Pattern[str] | None = None,
    tokenizer: Any = None,
    min_count: int = 1,
    max_final_vocab: int | None = None,
    max_vocab_size: int | None = None,
    trim_rule: TrimRule | None = None,
    processes: int | None = None,
    memory: int = MEMORY,
    folder: AnyPath | None = None,
) -> Vocabulary:
    """Count the words of text files by several processes, each in bounded memory.

    The result is the vocabulary that `Corpus.from_file` makes of the same files. Files that are not compressed are cut
    where words end, so that also a single one keeps all processes busy.

    Args:
        source: Files, as of `Corpus.from_file`. Open files and pipes are counted by this process alone.
        encoding: This and the following up to ``trim_rule`` are those of `Corpus.from_file`.
        unicode_errors: See ``encoding``.
        lower: See ``encoding``.
        token_pattern: See ``encoding``.
        tokenizer: See ``encoding``. It is sent to the other processes, which must be able to import it.
        min_count: See ``encoding``.
        max_final_vocab: See ``encoding``.
        max_vocab_size: See ``encoding``.
        trim_rule: See ``encoding``.
        processes: How many count. Default None: one for each CPU.
        memory: Bytes that each of them takes, about. Default 256 MiB. The vocabulary itself, which this process makes,
            takes some 150 bytes a word that is kept.
        folder: Where counts are written meanwhile. Default None: the folder for temporary files.

    Raises:
        OSError: A file cannot be read, or ``folder`` not be written.
        ValueError: There is no word, or none that is kept; text is in another encoding; an option makes no sense.
        TypeError: ``source`` names no file; the tokenizer cannot be sent to other processes.
        RuntimeError: A process was ended from outside.
    """
    options = TextOptions(encoding, unicode_errors, lower, token_pattern, tokenizer).checked()
    selection = Selection(min_count, max_final_vocab, trim_rule, max_vocab_size)
    memory = _checked_memory(memory)
    count = available_cpus() if processes is None else integer("processes", processes, 1)
    parent = tempfile.gettempdir() if folder is None else local_path(folder)
    files = find_inputs(source)
    alone = count == 1 or any(file.one_thread or not os.path.isfile(file.name) for file in files)
    cuts = b"\n" if options.needs_lines else b" \n"
    shards = [] if alone else [shard for shard in cut(files, count, options, cuts) if shard]
    with draft_folder(parent) as draft:
        paths = [os.path.join(draft, f"{number}.counts") for number in range(max(len(shards), 1))]
        if len(shards) < 2:
            write_counts(partial(encode_files, files, options), paths[0], memory=memory, workers=1)
        else:
            in_processes(
                count_pieces, [(shard, options, path, memory) for shard, path in zip(shards, paths, strict=True)]
            )
        name = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
        return _vocabulary(paths, selection, name)


@names_arguments()
def count_shard(
    source: TextSource,
    path: AnyPath,
    *,
    encoding: str = UTF8,
    unicode_errors: str = "strict",
    lower: bool = False,
    token_pattern: str | re.Pattern[str] | None = None,
    tokenizer: Any = None,
    workers: int | None = 1,
    memory: int = MEMORY,
) -> Counted:
    """Count the words of one part of a text, into a file that `merge_counts` reads: on any machine, at any time.

    Args:
        source: The part's files, as of `Corpus.from_file`.
        path: The file to make. It takes some 30 bytes a word, more where the same word had to be written several times.
        encoding: This and the following up to ``tokenizer`` are those of `Corpus.from_file`.
        unicode_errors: See ``encoding``.
        lower: See ``encoding``.
        token_pattern: See ``encoding``.
        tokenizer: See ``encoding``.
        workers: Threads. Default 1; None: one for each CPU.
        memory: Bytes that it takes, about. Default 256 MiB.

    Raises:
        OSError: A file cannot be read, or ``path`` not be written.
        ValueError: Text is in another encoding; an option makes no sense. A part may have no word.
        TypeError: ``source`` names no file.
    """
    options = TextOptions(encoding, unicode_errors, lower, token_pattern, tokenizer).checked()
    files = find_inputs(source)
    if any(os.path.realpath(file.name) == os.path.realpath(local_path(path)) for file in files):
        raise ValueError(f"cannot write counts to {local_path(path)}: it is also the text that is read")
    encode = partial(encode_files, files, options)
    return write_counts(encode, local_path(path), memory=_checked_memory(memory), workers=thread_count(workers))


@names_arguments()
def merge_counts(
    parts: Iterable[Counted | AnyPath],
    *,
    min_count: int = 1,
    max_final_vocab: int | None = None,
    max_vocab_size: int | None = None,
    trim_rule: TrimRule | None = None,
) -> Vocabulary:
    """The vocabulary of all parts, from the files that `count_shard` made.

    It is the one that `Corpus.from_file` makes of the parts' text, in their order.

    Args:
        parts: Files of counts, or what `count_shard` returned, in the order of the text.
        min_count: The least count, over all parts, of a word that is kept.
        max_final_vocab: The most words to keep; those that tie at the border are all dropped.
        max_vocab_size: The most words to keep; where the last of them ties with others, those that occur first stay.
        trim_rule: Decides on each word; see `Corpus`.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file holds no counts, or was cut off, or is given twice; there is no word, or none that is kept.
        TypeError: ``parts`` is no list of files.
    """
    selection = Selection(min_count, max_final_vocab, trim_rule, max_vocab_size)
    if isinstance(parts, str | bytes | os.PathLike | Counted) or not isinstance(parts, Iterable):
        raise TypeError(f"parts must be a list of files of counts, not {type(parts).__name__}")
    paths = [local_path(part.path if isinstance(part, Counted) else part) for part in parts]
    if not paths:
        raise ValueError("there is nothing to merge: the list of parts is empty")
    twice = next((path for place, path in enumerate(paths) if path in paths[:place]), None)
    if twice is not None:
        raise ValueError(f"{twice} is given twice: its words would count twice")
    return _vocabulary(paths, selection, paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more")


def write_counts(encode: Callable[[Task], object], path: str, *, memory: int, workers: int) -> Counted:
    """Count what a door reads, into a file.

    Args:
        encode: Encodes the part as a task says, by any door for text, such as
            ``functools.partial(encode_files, files, options)``.
        path: The file to make.
        memory: Bytes that it takes, about.
        workers: Threads.
    """
    with atomic_write(path) as file:
        spill = Spill(_PART_BITS, file)
        target = CountsOnly(spill, memory / (_TABLE_SHARE * workers))
        sizes = ReadSizes(block_bytes=min(ReadSizes.block_bytes, memory >> 7))
        encode(Task(target, NoStore(), workers, sizes))
        spill.write_index()
        return Counted(path, spill.words)


def count_pieces(pieces: Sequence[Piece], options: TextOptions, path: str, memory: int) -> Counted:
    """Count pieces of files in this process; a function that other processes can be told to call."""
    files = [piece.opened() for piece in pieces]
    return write_counts(partial(encode_files, files, options), path, memory=memory, workers=1)


def _checked_memory(memory: Any) -> int:
    found = integer("memory", memory)
    if found < _LEAST_MEMORY:
        raise ValueError(f"memory must be at least {_LEAST_MEMORY:,} bytes, not {found:,}")
    return found


def _vocabulary(paths: Sequence[str], selection: Selection, source: str) -> Vocabulary:
    parts = [SpilledCounts(path) for path in paths]
    for path, part in zip(paths, parts, strict=True):
        if part.part_bits != parts[0].part_bits:
            raise ValueError(f"{path} was made by another version of fastemb than {paths[0]}: count all parts anew")
    require_words(sum(part.words for part in parts), source)
    return selection.choose(partial(_sections, parts), source)


def _sections(parts: Sequence[SpilledCounts]) -> Iterator[Tokens]:
    """The words of all parts, section by section."""
    for section in range(1 << parts[0].part_bits):
        table, before = TokenTable(), 0
        for part in parts:
            part.add_part(table, section, before)
            before += part.extent
        if len(table):
            yield tokens_of(table)
        deliver()
