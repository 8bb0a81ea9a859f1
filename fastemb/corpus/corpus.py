"""What a model is trained on: sentences as ids."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Any, ClassVar, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._native import CheckedSentences
from ..arguments import names_arguments
from ..checks import flag, whole
from ..io.paths import AnyPath, expanded, local_path, optional_path
from ..summary import memory_size, table
from .arrow import TableSource
from .blocks import Parts
from .checksums import digest
from .corpus_file import is_corpus, open_corpus, save_corpus
from .delimited import Delimited
from .disk import renumber_on_disk
from .estimate import model_memory, table_memory
from .inputs import TextSource, find_inputs
from .lists import encode_lists
from .mapped import OnDisk
from .memory import MemoryStore, ShortStore, renumber_in_place
from .messages import short
from .origin import Origin, origin_of_files
from .reading import ReadOptions, read_column, read_csv, read_files, read_ids, read_parquet, read_sentences
from .splitting import TextOptions
from .task import Task
from .text import encode_files
from .vocabulary import Ids, Ints, Selection, TrimRule, Vocabulary
from .weights import Weights, checked_weights

_FILE_DOORS = ("from_file", "from_csv", "from_parquet")


_Made = TypeVar("_Made", bound=Callable[..., None])


def _refuses_texts(constructor: _Made) -> _Made:
    """Let a constructor that is given nothing but texts say which door takes them."""

    @wraps(constructor)
    def made(self: Corpus, *args: Any, **kwargs: Any) -> None:
        if len(args) == 1 and not kwargs:
            raise TypeError(f"{type(self).__name__}() takes encoded parts, not {short(args[0])}: use {self._door}")
        constructor(self, *args, **kwargs)

    return cast("_Made", made)


class Corpus:
    """Sentences as ids of a vocabulary, encoded once and read by every epoch.

    Make one with `from_file`, `from_sentences`, `from_ids`, `from_csv`, `from_arrow` or `from_parquet`, which share
    these options, or `open` one that was saved.

    - ``min_count``: words that occur less often are dropped. Default 1.
    - ``max_final_vocab``: the most words to keep; those that tie at the border are all dropped. Default None: all.
    - ``max_vocab_size``: the most words to keep; of those that tie at the border the first stay. Default None: all.
    - ``trim_rule``: ``trim_rule(word, count, min_count)`` returns RULE_KEEP, RULE_DISCARD, or RULE_DEFAULT or None to
      leave it to the count.
    - ``vocabulary``: encode with this one and drop what it lacks, instead of making a new one. Not together with the
      four above.
    - ``save_to``: a file to make, as `save` does, from which the corpus is mapped. Ids are never in memory all at once,
      so that a corpus may be larger than that; on the way they take their space on disk twice.

    Ids are given by falling count, and to words of one count in the order in which they first occur.

    Attributes:
        ids: int32 array, C-contiguous: all words that were kept.
        offsets: int64 array, one more than there are sentences: sentence s is ``ids[offsets[s]:offsets[s + 1]]``.
            A sentence of which nothing was kept stays, empty.
        vocabulary: The words and their counts.
        raw_words: How many words were read, dropped ones included.

    ``len(corpus)`` is the number of sentences; iterating yields each as a list of words.
    """

    _door: ClassVar[str] = "Corpus.from_sentences(sentences)"
    _origin: Origin | None = None  # of those that were pickled before there was one, as the next
    _weights: Weights | None = None
    _is_read_by_a_model: bool = False  # for itself: nobody else has it

    @_refuses_texts
    @names_arguments()
    def __init__(
        self,
        ids: Ids,
        offsets: Ints,
        vocabulary: Vocabulary,
        raw_words: int,
        on_disk: OnDisk | None = None,
        origin: Origin | None = None,
    ) -> None:
        self.ids = ids
        self.offsets = offsets
        self.vocabulary = vocabulary
        self.raw_words = raw_words
        self._on_disk = on_disk
        self._origin = origin
        self._weights: Weights | None = None

    @classmethod
    @names_arguments()
    def from_file(
        cls,
        source: TextSource,
        *,
        encoding: str = "utf-8",
        unicode_errors: str = "strict",
        lower: bool = False,
        token_pattern: str | re.Pattern[str] | None = None,
        tokenizer: Any = None,
        max_sentence_length: int | None = None,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        max_vocab_size: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
        workers: int | None = None,
        save_to: AnyPath | None = None,
        cache: AnyPath | None = None,
    ) -> Corpus:
        r"""Read text: a sentence a line, of any length, words parted by white space as by ``str.split``.

        Only ``"\n"`` ends a line, and the end of a file. A byte order mark at the start is skipped.

        Args:
            source: One of these, or an iterable of them, which are read one after the other:

                - the path of a file. What gzip, bzip2, xz and zstd made is unpacked, whatever its name.
                - the path of a folder: all files in it and in those within it, sorted by path, but for hidden ones
                  and the corpus at ``save_to`` or ``cache``.
                - a pattern, such as ``"texts/*.gz"`` or ``"texts/**/*.txt"``: the files that match, sorted by path.
                - a URL that fsspec knows, such as ``"s3://bucket/texts/*.zst"``.
                - ``"-"`` for standard input, or an open file, of bytes or of text. It stays open.
            encoding: Of the text, by the name that Python gives it. A file that gives text has none.
            unicode_errors: What to do with bytes that are not of this encoding: "strict" raises an error, "replace"
                puts U+FFFD in their place, "ignore" leaves them out. Words that this makes equal are one word; a word
                of which nothing is left is dropped and not counted.
            lower: Put words in lower case, as by ``str.lower``.
            token_pattern: A regular expression whose matches are the words, as by ``re.findall`` on each line: the
                whole match, or the group when there is one. For instance ``r"\w+"``.
            tokenizer: A function from a line, without its end, to its words. Or an object of another library that has
                them made: of Hugging Face tokenizers (``encode_batch``; without special tokens), of spaCy (``pipe``;
                without white space), of NLTK or Hugging Face transformers (``tokenize``). Empty words are left out. It
                is called by one thread at a time. With ``lower`` it sees lines in lower case.
            max_sentence_length: Cut longer sentences to so many words; nothing is lost. Default: no limit.
            min_count: The least count of a word that is kept.
            max_final_vocab: The most words to keep.
            max_vocab_size: The most words to keep; where the last of them ties with others, those that occur first
                stay. However many different words there are, memory for counting them is limited, to 256 MiB or
                256 bytes for each word to keep; counts that need more wait in a temporary file.
            trim_rule: Decides on each word.
            vocabulary: Encode with this one instead of making a new one. Memory for other words is limited as above.
            workers: Threads, of which 8 are used at most. Default: one for each CPU. The result does not depend on it.
            save_to: A file to encode to, as in the class.
            cache: The same; but where such a file was made from these files with these options, and they have not
                changed since (by path, size and time of change), it is opened instead. Not with a ``tokenizer`` or
                ``trim_rule``, as nobody could tell whether these changed.

        Raises:
            OSError: a file cannot be opened or read: FileNotFoundError, PermissionError, ...; or ``save_to`` or
                ``cache`` cannot be written, as when the disk is full: nothing is left of it then.
            ValueError: no word in it, or none that is kept; text in another encoding or with a NUL byte, with its file
                and line; compressed data that are damaged or cut off; ``cache`` is a file of another kind, such as a
                corpus that was saved; ``save_to`` or ``cache`` is a file that is read; an option that makes no sense,
                or that another would make ignored.
            TypeError: ``source`` names no file; a tokenizer returns something else than words.
            ImportError: the package for a URL or for zstd is not installed.
        """
        options = ReadOptions(
            encoding=encoding,
            unicode_errors=unicode_errors,
            lower=lower,
            token_pattern=token_pattern,
            tokenizer=tokenizer,
            max_sentence_length=max_sentence_length,
            min_count=min_count,
            max_final_vocab=max_final_vocab,
            max_vocab_size=max_vocab_size,
            trim_rule=trim_rule,
            vocabulary=vocabulary,
            workers=workers,
            save_to=optional_path(save_to),
            cache=optional_path(cache),
        )
        return cls(*read_files(source, options))

    @classmethod
    @names_arguments()
    def from_sentences(
        cls,
        sentences: Iterable[Iterable[Hashable]],
        *,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        max_vocab_size: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
        split: bool = False,
        lower: bool = False,
        token_pattern: str | re.Pattern[str] | None = None,
        tokenizer: Any = None,
        max_sentence_length: int | None = None,
        save_to: AnyPath | None = None,
    ) -> Corpus:
        """Encode lists of tokens, in one pass: a generator will do.

        Args:
            sentences: Iterable of iterables of tokens. A token may be anything hashable but None and NaN; equal ones
                are the same. What is derived from str counts as str.
                With ``split``: iterable of str.
            min_count: The least count of a word that is kept.
            max_final_vocab: The most words to keep.
            max_vocab_size: The most words to keep, ties or not.
            trim_rule: Decides on each word.
            vocabulary: Encode with this one instead of making a new one.
            split: Split each sentence, a str, at white space as ``str.split`` does, or as the next four say.
            lower: With ``split``, as in `from_file`.
            token_pattern: With ``split``, as in `from_file`.
            tokenizer: With ``split``, as in `from_file`.
            max_sentence_length: With ``split``, as in `from_file`.
            save_to: A file to encode to, as in the class.

        Raises:
            TypeError: a sentence is a str (give ``split``), a dict or not iterable, or a token is not hashable;
                ``sentences`` are a table or a matrix; with ``split``, a sentence is no str; with ``save_to``, a token
                is neither str nor int.
            ValueError: there is no token, or none that is kept; a token or a sentence is None, NaN or NA, or a token an
                integer of more than 64 bits; with ``split``, a NUL character; an option that makes no sense, or that
                does nothing without ``split``.
            OSError: ``save_to`` cannot be written, as when the disk is full; nothing is left of it then.
        """
        options = ReadOptions(
            min_count=min_count,
            max_final_vocab=max_final_vocab,
            max_vocab_size=max_vocab_size,
            trim_rule=trim_rule,
            vocabulary=vocabulary,
            lower=lower,
            token_pattern=token_pattern,
            tokenizer=tokenizer,
            max_sentence_length=max_sentence_length,
            save_to=optional_path(save_to),
        )
        return cls(*read_sentences(sentences, split, options))

    @classmethod
    @names_arguments()
    def from_ids(
        cls,
        ids: Any,
        offsets: ArrayLike | None = None,
        *,
        keys: Sequence[Hashable] | None = None,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        max_vocab_size: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
        save_to: AnyPath | None = None,
    ) -> Corpus:
        """Take ids that something else gave; they are numbered anew, by falling count.

        Args:
            ids: Integers of any width, from 0 to 2**63 - 1: an array of one dimension, or of two with a
                sentence a row; or a list or generator of sequences of ids, one a sentence; or a SciPy sparse matrix:
                a sentence a row, an item a column, in the order in which the matrix (as CSR) stores them, each as
                often as its value says, which must be whole.
            offsets: Where sentences begin and end, as in the class, for an array of one dimension. Default: all ids
                are one sentence.
            keys: The token of each id. Default: the ids themselves, as int.
            min_count: The least count of a word that is kept.
            max_final_vocab: The most words to keep.
            max_vocab_size: The most words to keep, ties or not.
            trim_rule: Decides on each word.
            vocabulary: Encode with this one instead of making a new one.
            save_to: A file to encode to, as in the class; ``ids`` may be a ``numpy.memmap``.

        Raises:
            TypeError: ids or offsets are not integers.
            ValueError: an id is negative, 2**63 or more, or has no key; offsets do not start with 0, fall, or do not
                end with the number of ids; a value of a matrix is negative or not whole; two ids with the same key; no
                id, or none that is kept; an option that makes no sense.
            OSError: ``save_to`` cannot be written.
        """
        options = ReadOptions(
            min_count=min_count,
            max_final_vocab=max_final_vocab,
            max_vocab_size=max_vocab_size,
            trim_rule=trim_rule,
            vocabulary=vocabulary,
            save_to=optional_path(save_to),
        )
        return cls(*read_ids(ids, offsets, keys, options))

    @classmethod
    @names_arguments()
    def from_arrow(
        cls,
        data: Any,
        column: str | None = None,
        *,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        max_vocab_size: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
        lower: bool = False,
        token_pattern: str | re.Pattern[str] | None = None,
        tokenizer: Any = None,
        max_sentence_length: int | None = None,
        workers: int | None = None,
        save_to: AnyPath | None = None,
    ) -> Corpus:
        """Encode a column of a table, a sentence a row: text, split at white space, or lists of strings or of integers.

        Needs pyarrow (``pip install 'fastemb[arrow]'``). The column is read once, a batch at a time.

        Args:
            data: An Arrow array, chunked array, table, record batch, reader of record batches or dataset; whatever
                gives one through the PyCapsule interface, such as frames and columns of pandas and polars and relations
                of DuckDB; a lazy frame of polars, of which this column is collected; a dict of columns; or a dataset of
                Hugging Face's ``datasets``, streamed ones too.
            column: The column of a table; it may be left out where there is only one.
            min_count: The least count of a word that is kept.
            max_final_vocab: The most words to keep.
            max_vocab_size: The most words to keep, ties or not.
            trim_rule: Decides on each word.
            vocabulary: Encode with this one instead of making a new one.
            lower: For text, as in `from_file`.
            token_pattern: For text, as in `from_file`.
            tokenizer: For text, as in `from_file`.
            max_sentence_length: For text, as in `from_file`.
            workers: Threads, of which 8 are used at most. Default: one for each CPU. The result does not depend on it.
            save_to: A file to encode to, as in the class.

        Raises:
            ImportError: pyarrow is not installed.
            TypeError: this is no table, or the column is of a type that holds neither text nor such lists.
            ValueError: there is no such column; a null, invalid UTF-8 or a NUL byte, with its row; no word, or none
                that is kept; an option that makes no sense, or is for text and the column holds lists.
            OSError: ``save_to`` cannot be written.
        """
        options = ReadOptions(
            min_count=min_count,
            max_final_vocab=max_final_vocab,
            max_vocab_size=max_vocab_size,
            trim_rule=trim_rule,
            vocabulary=vocabulary,
            lower=lower,
            token_pattern=token_pattern,
            tokenizer=tokenizer,
            max_sentence_length=max_sentence_length,
            workers=workers,
            save_to=optional_path(save_to),
        )
        return cls(*read_column(data, column, options))

    @classmethod
    @names_arguments()
    def from_parquet(
        cls,
        path: TableSource,
        column: str | None = None,
        *,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        max_vocab_size: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
        lower: bool = False,
        token_pattern: str | re.Pattern[str] | None = None,
        tokenizer: Any = None,
        max_sentence_length: int | None = None,
        workers: int | None = None,
        save_to: AnyPath | None = None,
        cache: AnyPath | None = None,
    ) -> Corpus:
        """Encode a column of Parquet files, as `from_arrow` does.

        Args:
            path: A file, a folder (of which all .parquet files are read, those in folders within it too), a pattern
                such as ``"data/*.parquet"``, a URL that fsspec knows, or several of these. Within a folder or pattern
                files are read by name.
            column: The column; it may be left out where there is only one.
            min_count: The least count of a word that is kept.
            max_final_vocab: The most words to keep.
            max_vocab_size: The most words to keep, ties or not.
            trim_rule: Decides on each word.
            vocabulary: Encode with this one instead of making a new one.
            lower: For text, as in `from_file`.
            token_pattern: For text, as in `from_file`.
            tokenizer: For text, as in `from_file`.
            max_sentence_length: For text, as in `from_file`.
            workers: Threads, of which 8 are used at most. Default: one for each CPU. The result does not depend on it.
            save_to: A file to encode to, as in the class.
            cache: As in `from_file`.

        Raises:
            ImportError: pyarrow is not installed.
            OSError: a file cannot be read, or ``save_to`` or ``cache`` not written.
            TypeError: the column is of a type that holds neither text nor such lists.
            ValueError: a file is no Parquet file, or damaged, or without this column; ``cache`` is a file of another
                kind; ``save_to`` or ``cache`` is a file that is read; else as for `from_arrow`.
        """
        options = ReadOptions(
            min_count=min_count,
            max_final_vocab=max_final_vocab,
            max_vocab_size=max_vocab_size,
            trim_rule=trim_rule,
            vocabulary=vocabulary,
            lower=lower,
            token_pattern=token_pattern,
            tokenizer=tokenizer,
            max_sentence_length=max_sentence_length,
            workers=workers,
            save_to=optional_path(save_to),
            cache=optional_path(cache),
        )
        return cls(*read_parquet(path, column, options))

    @classmethod
    @names_arguments()
    def from_csv(
        cls,
        path: TextSource,
        column: str | None = None,
        *,
        columns: Sequence[str] | None = None,
        sep: str | None = None,
        quotechar: str | None = None,
        encoding: str = "utf-8",
        min_count: int = 1,
        max_final_vocab: int | None = None,
        max_vocab_size: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
        lower: bool = False,
        token_pattern: str | re.Pattern[str] | None = None,
        tokenizer: Any = None,
        max_sentence_length: int | None = None,
        workers: int | None = None,
        save_to: AnyPath | None = None,
        cache: AnyPath | None = None,
    ) -> Corpus:
        r"""Encode a column of CSV, TSV or other delimited text, a row a sentence, whose text is split at white space.

        Args:
            path: What `from_file` takes.
            column: The column; it may be left out where there is only one.
            columns: Names of the columns of files whose first row does not name them.
            sep: What stands between fields, of one character or several, such as ``";"``, ``"|"`` or ``"::"``.
                Default: a tab where the name ends in .tsv, .tab or .txt, before the ending of its compression if it has
                one; else a comma.
            quotechar: The character that a field begins and ends with where it holds separators or line ends; ``""``
                where no field is quoted. Default: none where ``sep`` is a tab or has several characters, else ``"``.
            encoding: As in `from_file`.
            min_count: The least count of a word that is kept.
            max_final_vocab: The most words to keep.
            max_vocab_size: The most words to keep, ties or not.
            trim_rule: Decides on each word.
            vocabulary: Encode with this one instead of making a new one.
            lower: As in `from_file`.
            token_pattern: As in `from_file`. Line ends within a field are spaces.
            tokenizer: As in `from_file`.
            max_sentence_length: As in `from_file`.
            workers: Threads, of which 8 are used at most. Default: one for each CPU. The result does not depend on it.
            save_to: A file to encode to, as in the class.
            cache: As in `from_file`.

        Raises:
            OSError: a file cannot be read, or ``save_to`` or ``cache`` not written.
            TypeError: ``path`` names no file, or an option is of another type.
            ValueError: with the file and line: a row has more or fewer fields than there are columns, a quote is not
                closed, a row has more than 16,777,216 characters, text in another encoding; there is no such column;
                else as for `from_file`.
        """
        options = ReadOptions(
            min_count=min_count,
            max_final_vocab=max_final_vocab,
            max_vocab_size=max_vocab_size,
            trim_rule=trim_rule,
            vocabulary=vocabulary,
            lower=lower,
            token_pattern=token_pattern,
            tokenizer=tokenizer,
            max_sentence_length=max_sentence_length,
            workers=workers,
            save_to=optional_path(save_to),
            cache=optional_path(cache),
        )
        return cls(*read_csv(path, column, columns, Delimited(sep, quotechar, encoding), options))

    @classmethod
    @names_arguments()
    def open(cls, path: AnyPath, *, verify: bool = True) -> Corpus:
        """Open a corpus that `save` wrote: ids and offsets are mapped from the file, not read into memory.

        A model trains on it as fast as on one in memory, however large it is. Nobody may write into the file meanwhile:
        that is noticed before each epoch, by size and time of change, but during one the system may end the process
        (SIGBUS). Replacing the file, as `save` does, or removing it is no change.

        Args:
            path: The file.
            verify: Read all of it once and compare checksums. Without it only the vocabulary is checked now; that ids
                and offsets are in range is checked when they are first used.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is something else, of another version of fastemb, or damaged.
        """
        return cls(*open_corpus(local_path(path), verify))

    def save(self, path: AnyPath) -> None:
        """Write ids, offsets and vocabulary to a file, for `open`: safetensors, with checksums.

        Raises:
            TypeError: a word is neither str nor int.
            ValueError: ids, offsets, ``raw_words`` or the vocabulary were changed so that they do not fit; or
                sentences have weights, which the file cannot hold.
            OSError: it cannot be written, as when the disk is full. The path is as it was before then.
        """
        if self._weights is not None:
            raise ValueError(
                "the file of a corpus cannot hold weights of sentences: save corpus.weighted(None), and give the "
                "weights again once it is opened"
            )
        save_corpus(local_path(path), self._parts())

    @names_arguments()
    def select(
        self,
        *,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        max_vocab_size: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> Corpus:
        """This corpus with fewer words, by the counts of its vocabulary; itself when none is dropped.

        Raises:
            ValueError: no word is kept, or an option makes no sense.
        """
        return self._numbered_by(Selection(min_count, max_final_vocab, trim_rule, max_vocab_size))

    @property
    def weights(self) -> Weights | None:
        """Weights of the sentences, float64 (sentences,), read-only; None where all count the same."""
        return self._weights

    def weighted(self, weights: ArrayLike | None) -> Corpus:
        """This corpus with a weight for each sentence: how often a model trains on it beside the others.

        The sentence of the largest weight is trained on in every epoch, one of half that weight in about every second,
        one of weight 0 never. A sentence is there whole or not at all, and each epoch draws anew, by the model's seed.
        So where many weights are small beside the largest, epochs are short, and ``epochs`` should be more. For whole
        numbers the same comes of repeating sentences, in larger memory and without longer epochs.

        Only training looks at weights. The vocabulary, its counts, and what follows from these, such as ``min_count``,
        ``sample`` and the drawing of negatives, stay as they are; `Phrases` counts each sentence once, and what its
        ``apply`` makes has the same weights. A checkpoint does not hold them: resume with the same corpus and weights.

        Training then takes 4 bytes more for each word, also of a corpus on disk.

        Args:
            weights: Numbers of 0 or more, one for each sentence. None: all count the same.

        Returns:
            A corpus that shares all else with this one.

        Raises:
            TypeError: they are no numbers.
            ValueError: there are more or fewer than sentences; one is negative, NaN or infinite; all are 0.
        """
        made = Corpus(self.ids, self.offsets, self.vocabulary, self.raw_words, self._on_disk, self._origin)
        made._weights = None if weights is None else checked_weights(weights, len(self))
        return made

    def encode_with(self, vocabulary: Vocabulary) -> Corpus:
        """This corpus in another vocabulary; words that it lacks are dropped.

        Raises:
            ValueError: it lacks all of them.
        """
        return self._numbered_by(vocabulary)

    def checked_sentences(self) -> CheckedSentences | None:
        """That ids and offsets were checked, for a corpus on disk, where a check for every epoch would take long.

        For those who train on it, as `passed` is. None for a corpus in memory, which may be changed at any time.

        Raises:
            DamagedError: they are damaged, or the file was changed since it was opened.
        """
        return None if self._on_disk is None else self._on_disk.checked()

    def passed(self, words: int) -> None:
        """Hear that so many words were trained on since the beginning, so that what is mapped can be given back."""
        if self._on_disk is not None:
            self._on_disk.passed(words)

    def _let_go(self) -> None:
        """Drop the ids where a model read them for itself; to be called after its last epoch."""
        if self._is_read_by_a_model and self._on_disk is None:
            self.ids = self.ids[:0].copy()

    def _digest(self, *more: NDArray[Any]) -> str:
        """One text for all ids and ends of sentences, and for ``more`` arrays: for checkpoints."""
        return digest(self.ids, self.offsets, *more, passed=self.passed)

    def _parts(self) -> Parts:
        return Parts(self.ids, self.offsets, self.vocabulary, self.raw_words, self._on_disk, self._origin)

    def _numbered_by(self, target: Selection | Vocabulary) -> Corpus:
        """This corpus in the ids of ``target``; itself where none changes, which is looked at before any key is."""
        made = self._renumbered_by(target)
        if made is not self:
            made._origin, made._weights = self._origin, self._weights  # words are only left out
        return made

    def _renumbered_by(self, target: Selection | Vocabulary) -> Corpus:
        if target._keeps_ids(self.vocabulary):
            if isinstance(target, Selection) or np.array_equal(target.counts, self.vocabulary.counts):
                return self
            return Corpus(self.ids, self.offsets, target, self.raw_words, self._on_disk)
        keys = self.vocabulary.keys
        vocabulary, numbers = target.number(
            self.vocabulary.counts,
            np.arange(len(keys)),
            lambda indices: [keys[index] for index in indices.tolist()],
            "the corpus",
        )
        if vocabulary.keys == keys and np.array_equal(vocabulary.counts, self.vocabulary.counts):
            return self  # a rule for each word that kept them all
        if self._on_disk is not None:
            return Corpus(*renumber_on_disk(self._parts(), numbers, vocabulary))
        return Corpus(*renumber_in_place(self.ids.copy(), self.offsets.copy(), numbers), vocabulary, self.raw_words)

    def __getstate__(self) -> dict[str, Any]:
        self.checked_sentences()
        return self.__dict__ | {"_on_disk": None}  # whoever unpickles it has it in memory

    @names_arguments()
    def estimate(
        self,
        vector_size: int = 100,
        *,
        negative: int = 5,
        hs: int = 0,
        min_count: int = 1,
        max_final_vocab: int | None = None,
    ) -> dict[str, int]:
        """What training a `Word2Vec` on this corpus will need, before it starts.

        Args:
            vector_size: Length of the vectors.
            negative: As for the model.
            hs: As for the model.
            min_count: As for the model; default: all words of the corpus.
            max_final_vocab: As for the model.

        Returns:
            "words": words to pass in an epoch; "vocab_size": different ones; and bytes of memory by part, as of
            `Word2Vec.estimate_memory`: "vocab" (a rough 500 a word), "vectors", "syn1neg" and "syn1" where the model
            has them, "tables" for drawing words; "ids" and offsets, twice where words are dropped, 0 where they stay
            on disk; and "total". Python and NumPy take some 50 MB more.

        Raises:
            ValueError: no word is kept, or an option makes no sense.
        """
        vector_size = whole("vector_size", vector_size, 1, 2**24)
        negative = whole("negative", negative, 0, 2**20)
        hs = flag("hs", hs)
        if not (negative or hs):
            raise ValueError("nothing to train: set negative > 0 (negative sampling) or hs=1 (hierarchical softmax)")
        counts = self.vocabulary.counts
        counts = counts[counts >= Selection(min_count, max_final_vocab).least_count(counts)]
        if not len(counts):
            raise ValueError("min_count and max_final_vocab leave no word")
        copies = 0 if self._on_disk is not None else 2 if len(counts) < len(self.vocabulary) else 1
        memory = {
            **model_memory(len(counts), vector_size, negative, hs),
            "tables": table_memory(counts, negative, hs),
            "ids": copies * (self.ids.nbytes + self.offsets.nbytes),
        }
        return {"words": int(counts.sum()), "vocab_size": len(counts), **memory, "total": sum(memory.values())}

    @property
    def words(self) -> int:
        """How many words were kept: ``len(ids)``."""
        return len(self.ids)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[list[Hashable]]:
        keys = self.vocabulary.keys
        if self._on_disk is not None:
            self._on_disk.require_unchanged()
            for sentence in range(len(self)):
                yield [keys[index] for index in self._on_disk.sentence(sentence).tolist()]
            return
        for sentence in range(len(self)):
            begin, end = self.offsets[sentence : sentence + 2]
            yield [keys[index] for index in self.ids[begin:end].tolist()]

    def __repr__(self) -> str:
        weighted = "" if self._weights is None else ", weighted"
        return f"Corpus({len(self):,} sentences{weighted}, {self.words:,} words, {len(self.vocabulary):,} different)"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        dropped, on_disk = self.raw_words - self.words, self._on_disk
        keys = self.vocabulary.keys
        rows = {
            "sentences": f"{len(self):,}" + ("" if self._weights is None else ", with weights"),
            "words": f"{self.words:,}" + (f", and {dropped:,} that were dropped" if dropped > 0 else ""),
            "different words": f"{len(self.vocabulary):,}",
            "ids": memory_size(self.ids.nbytes + self.offsets.nbytes)
            + ("" if on_disk is None else ", in a file that is mapped"),
        }
        first = [] if on_disk is not None or not len(self) else self.ids[: self.offsets[1]][:20].tolist()
        return table(
            type(self).__name__, rows, {"first words": keys, "first sentence": (keys[number] for number in first)}
        )


def read_corpus(source: Any, is_file: bool, target: Selection | Vocabulary, workers: int | None) -> Corpus:
    """What a model was given to learn from, in memory unless it is on disk already.

    Args:
        source: A `Corpus`, token lists, or with ``is_file`` the path of an encoded corpus or what `Corpus.from_file`
            reads.
        is_file: Whether ``source`` names files.
        target: Which words are kept, or the vocabulary to encode with.
        workers: Threads, as for `Corpus.from_file`.

    Raises:
        NothingKeptError: there is no word, or none that is kept.
        OSError: a file cannot be read.
        TypeError: as for `Corpus.from_sentences` and `Corpus.from_file`.
    """
    if isinstance(source, Corpus):
        return source._numbered_by(target)
    if not is_file:
        return Corpus(*encode_lists(source, Task(target, ShortStore())))
    if isinstance(source, str | bytes | os.PathLike) and is_corpus(expanded(source)):
        return Corpus.open(source)._numbered_by(target)
    threads = ReadOptions(workers=workers).threads()
    task, files = Task(target, MemoryStore(threads), threads), find_inputs(source)
    parts = encode_files(files, TextOptions(), task)
    return Corpus(*parts._replace(origin=origin_of_files("from_file", files, TextOptions())))


def read_again(origin: Origin, vocabulary: Vocabulary, workers: int | None) -> Corpus:
    """The corpus that has this origin, in the ids of ``vocabulary``; words that it lacks are dropped.

    Raises:
        OSError: a file cannot be read, as it is not there any more.
        ValueError: it holds something else now, or none of these words.
    """
    door, source = origin["door"], origin["source"]
    if door == "open":
        return Corpus.open(source, verify=False)._numbered_by(vocabulary)
    read: Callable[..., Corpus] = getattr(Corpus, {name: name for name in _FILE_DOORS}[door])
    return read(source, **origin["options"], vocabulary=vocabulary, workers=workers)
