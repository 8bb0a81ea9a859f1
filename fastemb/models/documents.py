"""Documents: texts with tags, as a corpus."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import names_arguments
from ..corpus import Corpus, Vocabulary
from ..corpus.given import is_table, python_value
from ..corpus.inputs import UTF8, InputFile, TextSource, check_encoding, find_inputs, open_text
from ..corpus.lists import Called, encode_lists, sentence_tokens
from ..corpus.memory import ShortStore
from ..corpus.messages import NUL_BYTE, MissingColumnError, short
from ..corpus.task import Task
from ..corpus.vocabulary import NothingKeptError, Selection
from ..io.input_file import open_text_source
from ..io.paths import any_path
from .building import Source
from .document_tables import FIELD_OPTIONS, python_values, table_files, values_of
from .tags import TagLists, TagReader


class TaggedDocument(NamedTuple):
    """The words of a document and its tags, by which its vector is found.

    Attributes:
        words: Its tokens.
        tags: A list of str, or of whole numbers from 0, which are rows; most documents have one.
    """

    words: Sequence[Any]
    tags: Sequence[Any]

    def __str__(self) -> str:
        return f"{type(self).__name__}<{self.words}, {self.tags}>"


class TaggedLineDocument:
    """Each line of a text as a `TaggedDocument`, whose tag is its number from 0; white space parts its tokens.

    Args:
        source: The path of a file, plain or compressed, or an open one.

    ``Doc2Vec(corpus_file=path)`` reads the same several times as fast.
    """

    @names_arguments()
    def __init__(self, source: Any) -> None:
        self.source = source

    def __iter__(self) -> Iterator[TaggedDocument]:
        for number, words in enumerate(_lines(self.source)):
            yield TaggedDocument(words, [number])


def _lines(source: Any) -> Iterator[list[str]]:
    if isinstance(source, str | bytes | os.PathLike):
        with open_text_source(source) as (file, _):
            yield from _words(file, f"{any_path(source)}, ")
        return
    if hasattr(source, "seek") and getattr(source, "seekable", lambda: True)():
        source.seek(0)
    yield from _words(source)


def _words(lines: Iterable[str | bytes], place: str = "") -> Iterator[list[str]]:
    for number, line in enumerate(lines, 1):
        try:
            yield (line.decode() if isinstance(line, bytes) else line).split()
        except UnicodeDecodeError as error:
            raise ValueError(f"{place}line {number} is not UTF-8: {error}") from None


_CALLED = Called(
    "the text of document",
    "documents",
    "TaggedDocument(text.split(), [tag])",
    "a list, or Documents by Documents.from_tagged,",
)
_PIECE = 1 << 20  # bytes
_TABLE_OPTIONS = (
    *("min_count", "max_final_vocab", "max_vocab_size", "trim_rule", "vocabulary", "lower", "token_pattern"),
    *("tokenizer", "workers", "save_to", "cache"),
)
_NO_WEIGHTS = "documents have no weights: give a document that matters more several times, or leave weights out"


class Documents(Corpus):
    """A `Corpus` whose sentences are documents with tags, for `Doc2Vec`.

    Each door of `Corpus` makes one whose tags are the numbers of the documents from 0: `from_file` those of lines,
    `from_csv` and the others those of rows. `of` gives other tags to a corpus, `from_table` takes them from a column,
    `from_files` takes the names of files, and `from_tagged` reads a list of `TaggedDocument`.

    Attributes:
        tags: The tags of each document.
    """

    _door: ClassVar[str] = "Documents.from_tagged(documents)"
    _tags: TagLists | None = None

    @property
    def tags(self) -> TagLists:
        """The tags of each document: ``tags.of(0)`` are those of the first."""
        if self._tags is None:
            self._tags = TagLists.numbered(len(self))
        return self._tags

    def weighted(self, weights: ArrayLike | None) -> Documents:
        """Refuse weights, which documents do not have.

        Raises:
            ValueError: always, unless ``weights`` is None.
        """
        if weights is not None:
            raise ValueError(_NO_WEIGHTS)
        return self

    @classmethod
    @names_arguments()
    def of(cls, corpus: Corpus, tags: Iterable[Any] | None = None) -> Documents:
        """The sentences of a corpus as documents.

        Args:
            corpus: The corpus; its arrays are shared.
            tags: One for each sentence, in a list, an array or a column: each a str, a whole number, or a list of
                these. Default None: the numbers of the sentences.

        Raises:
            ValueError: there are more or fewer tags than sentences; or sentences have weights.
            TypeError: ``corpus`` is none, or a tag is neither a str nor a whole number.
        """
        if not isinstance(corpus, Corpus):
            raise TypeError(f"Documents.of takes a Corpus, not {short(corpus)}: Documents.from_tagged reads documents")
        if tags is None and isinstance(corpus, Documents):
            return corpus
        if corpus.weights is not None:
            raise ValueError(_NO_WEIGHTS)
        made = cls(*corpus._parts())
        if tags is not None:
            made._tags = _tags_of(tags, len(corpus))
            made._origin = None  # which knows no tags
        return made

    @classmethod
    @names_arguments()
    def from_tagged(
        cls, documents: Iterable[Any], *, min_count: int = 1, max_final_vocab: int | None = None
    ) -> Documents:
        """Read documents that have ``words`` and ``tags``, in one pass: a generator will do.

        Args:
            documents: An iterable of `TaggedDocument`, or of gensim's.
            min_count: The least count of a word that is kept.
            max_final_vocab: The most words to keep.

        Raises:
            TypeError: a document has no words and tags, or these are no lists.
            ValueError: no word is kept.
        """
        return tagged_corpus(documents, Selection(min_count, max_final_vocab))

    @classmethod
    @names_arguments(more=(*_TABLE_OPTIONS, *FIELD_OPTIONS))
    def from_table(cls, table: Any, text: str, tags: str | None = None, **options: Any) -> Documents:
        """Texts of one column, with tags of another.

        Args:
            table: A table of Arrow, pandas or polars; or CSV or Parquet files: a path, a folder, a pattern, or a list
                of these.
            text: The column of texts, or of lists of tokens.
            tags: The column of tags, whose values may be lists. Those of a CSV file are str. Default None: the numbers
                of the rows.
            options: As for `Corpus.from_arrow`, `Corpus.from_csv` or `Corpus.from_parquet`, such as ``lower``,
                ``min_count`` or, for CSV, ``sep``. Documents are never cut, so ``max_sentence_length`` is not among
                them.

        Raises:
            KeyError: there is no such column.
            ValueError: a text or a tag is missing; or as for these.
            ImportError: the table is no CSV file, and pyarrow is not installed.
            TypeError: ``text`` or ``tags`` is a column in place of its name; a tag is neither a str nor a whole
                number; or as for these.
        """
        for name, column in (("text", text), ("tags", tags)):
            if isinstance(column, Iterable) and not isinstance(column, str | bytes | tuple):
                raise TypeError(
                    f"{name} must be the name of a column, not a {type(column).__name__}: Documents.of(corpus, tags) "
                    "takes tags themselves"
                )
        files = table_files(table)
        try:
            corpus = files.corpus(text, options) if files is not None else Corpus.from_arrow(table, text, **options)
        except MissingColumnError as error:
            raise KeyError(str(error)) from None
        if tags is None:
            return cls.of(corpus)
        return tagged_by_column(
            corpus, files.values(tags, options) if files is not None else values_of(table, tags), tags
        )

    @classmethod
    @names_arguments(more=("encoding", *_TABLE_OPTIONS))
    def from_files(cls, source: TextSource, *, encoding: str = UTF8, **options: Any) -> Documents:
        """Each file as a document, whose tag is its name; where two files have one name, the tags of all are paths.

        Args:
            source: A folder, a pattern such as ``"texts/**/*.txt"``, or paths; as for `Corpus.from_file`.
            encoding: Of the files, by the name that Python gives it.
            options: As for `Corpus.from_sentences`, such as ``lower`` or ``token_pattern``.

        Raises:
            OSError: a file cannot be read.
            ValueError: there is no word; or a file is in another encoding.
        """
        files = find_inputs(source)
        paths = [file.name for file in files]
        names = [os.path.basename(path) for path in paths]
        texts = (_whole_text(file, check_encoding(encoding)) for file in files)
        try:
            corpus = Corpus.from_sentences(texts, split=True, **options)
        except NothingKeptError as error:
            what = str(error).removeprefix("sentences: ").partition(": a generator")[0]
            raise NothingKeptError(f"{', '.join(paths[:5])}: {what}", error.raw_words) from None
        return cls.of(corpus, names if len(set(names)) == len(names) else paths)

    def _numbered_by(self, target: Selection | Vocabulary) -> Corpus:
        made = super()._numbered_by(target)
        if made is self:
            return self
        tagged = Documents(*made._parts())
        tagged._tags = self._tags
        return tagged

    def __repr__(self) -> str:
        return f"Documents({len(self):,} documents, {self.words:,} words, {len(self.vocabulary):,} different)"


def _whole_text(source: InputFile, encoding: str) -> str:
    with open_text(source, encoding, "strict", _PIECE) as pieces:
        try:
            text = b"".join(pieces).decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"{source.name}: not UTF-8: {error}; for another encoding give encoding=") from None
    if "\0" in text:
        raise ValueError(f"{source.name}: {NUL_BYTE}")
    return text.replace("\n", " ")


def tagged_by_column(corpus: Corpus, values: Iterable[Any], column: str) -> Documents:
    """As `Documents.of`, by the values of a column, which errors name."""
    try:
        return Documents.of(corpus, values)
    except (TypeError, ValueError) as error:
        raise type(error)(f"column {column!r}: {error}") from None


def tagged_corpus(documents: Iterable[Any], target: Selection | Vocabulary) -> Documents:
    """Documents with words and tags, of whose words those of ``target`` are kept; see `Documents.from_tagged`."""
    if isinstance(documents, str | bytes | os.PathLike):
        raise TypeError(f"documents must be TaggedDocuments, not {short(documents)}: give a path as corpus_file")
    if not isinstance(documents, Iterable) or is_table(documents):
        raise TypeError(
            f"documents must be an iterable of TaggedDocument, not {short(documents)}"
            + ": Documents.from_table takes a table" * is_table(documents)
        )
    if hasattr(documents, "words") and hasattr(documents, "tags"):
        raise TypeError(f"documents must be a list of TaggedDocument, not one: give [{type(documents).__name__}(...)]")
    tags = TagReader()

    def words() -> Iterator[Sequence[Hashable]]:
        for number, document in enumerate(documents):
            found, names = _parts_of(document, number)
            tags.add(names, number)
            yield sentence_tokens(found, number, _CALLED)

    made = Documents(*encode_lists(words(), Task(target, ShortStore()), _CALLED, documents))
    made._tags = tags.lists()
    return made


def _parts_of(document: Any, number: int) -> tuple[Any, Any]:
    try:
        return document.words, document.tags
    except AttributeError:
        hint = "TaggedDocument(words, [tag])"
        if isinstance(document, str):
            hint = "TaggedDocument(text.split(), [tag])"
        raise TypeError(
            f"document {number} is {short(document)}, without words and tags: make it a {hint}; "
            "Documents.of(corpus) numbers the sentences of a corpus"
        ) from None


def _tags_of(tags: Iterable[Any], count: int) -> TagLists:
    if isinstance(tags, str | bytes):
        raise TypeError(f"tags must be a list with an entry for each document, not {short(tags)}")
    reader, number = TagReader(), 0
    for number, each in enumerate(python_values(tags), 1):
        each = python_value(each)
        reader.add(each if isinstance(each, list | tuple | set | np.ndarray) else [each], number - 1)
    if number != count:
        raise ValueError(f"there are {number:,} tags for {count:,} documents: give one for each, or a list of them")
    return reader.lists()


@dataclass(frozen=True)
class DocumentSource(Source):
    """`Source` of documents: what is read has tags."""

    called: ClassVar[str] = "documents"

    @classmethod
    def of(cls, sentences: Any, corpus_file: Any, name: str = "corpus_iterable") -> Self:
        """As in the base.

        Raises:
            TypeError: ``corpus_file`` is documents; or as in the base.
        """
        given: Any = corpus_file
        first = given[0] if isinstance(given, list) and given else None
        if hasattr(first, "words") and hasattr(first, "tags"):
            raise TypeError(f"corpus_file must name a file: give a list of {type(first).__name__} as {name}")
        return super().of(sentences, corpus_file, name)

    def _read(self, target: Selection | Vocabulary, workers: int | None) -> Documents:
        """As in the base; lines of a file have their numbers as tags."""
        what = self.what
        if isinstance(what, TaggedLineDocument) and isinstance(what.source, str | os.PathLike):
            return Documents.of(Source(what.source, True)._read(target, workers))
        if self.is_file or isinstance(what, Corpus):
            return Documents.of(super()._read(target, workers))
        return tagged_corpus(what, target)
