"""Documents: texts with tags, as a corpus."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import names_arguments
from ..corpus import Corpus, Vocabulary
from ..corpus.given import is_table, python_value
from ..corpus.inputs import TextSource, find_inputs
from ..corpus.lists import encode_lists, sentence_tokens
from ..corpus.memory import MemoryStore
from ..corpus.messages import short
from ..corpus.task import Task
from ..corpus.vocabulary import Selection
from ..io.input_file import open_text_source
from ..io.paths import any_path
from ..tables.columns import columns_of
from ..tables.files import errors_name, read_table
from ..tables.text_columns import TextColumn
from .building import Source
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


_NO_WEIGHTS = "documents have no weights: give a document that matters more several times, or leave weights out"


class Documents(Corpus):
    """A `Corpus` whose sentences are documents with tags, for `Doc2Vec`.

    Each door of `Corpus` makes one whose tags are the numbers of the documents from 0: `from_file` those of lines,
    `from_csv` and the others those of rows. `of` gives other tags to a corpus, `from_table` takes them from a column,
    `from_files` takes the names of files, and `from_tagged` reads a list of `TaggedDocument`.

    Attributes:
        tags: The tags of each document.
    """

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
    @names_arguments()
    def from_table(cls, table: Any, text: str, tags: str | None = None, **options: Any) -> Documents:
        """Texts of one column, with tags of another.

        Args:
            table: A table of Arrow, pandas or polars; or the path of a CSV or Parquet file.
            text: The column of texts, or of lists of tokens.
            tags: The column of tags, whose values may be lists. Those of a CSV file are str. Default None: the numbers
                of the rows.
            options: As for `Corpus.from_arrow`, `Corpus.from_csv` or `Corpus.from_parquet`.

        Raises:
            KeyError: there is no such column.
            ValueError: a text or a tag is missing; or as for these.
            TypeError: a tag is neither a str nor a whole number; or as for these.
        """
        path = os.fspath(table) if isinstance(table, str | bytes | os.PathLike) else None
        if path is None:
            corpus = Corpus.from_arrow(table, text, **options)
            column = None if tags is None else columns_of(table, [tags])[0]
        else:
            path = os.fsdecode(path)
            is_parquet = os.path.splitext(path.lower())[1] in (".parquet", ".pq")
            corpus = (Corpus.from_parquet if is_parquet else Corpus.from_csv)(path, text, **options)
            with errors_name(path):
                column = None if tags is None else columns_of(read_table(path, keyed=[tags]), [tags])[0]
                return cls.of(corpus, None if column is None else _python_values(column))
        return cls.of(corpus, None if column is None else _python_values(column))

    @classmethod
    @names_arguments()
    def from_files(cls, source: TextSource, **options: Any) -> Documents:
        """Each file as a document, whose tag is its name; its path, where two files have one name.

        Args:
            source: A folder, a pattern such as ``"texts/**/*.txt"``, or paths; as for `Corpus.from_file`.
            options: As for `Corpus.from_sentences`, such as ``lower`` or ``token_pattern``.

        Raises:
            OSError: a file cannot be read.
            ValueError: there is no word; or a file is not UTF-8.
        """
        paths = [file.name for file in find_inputs(source)]
        names = [os.path.basename(path) for path in paths]
        corpus = Corpus.from_sentences(map(_whole_text, paths), split=True, **options)
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


def _whole_text(path: str) -> str:
    with open_text_source(path) as (file, _):
        try:
            return file.read().decode().replace("\n", " ")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: this is not UTF-8: {error}") from None


def tagged_corpus(documents: Iterable[Any], target: Selection | Vocabulary) -> Documents:
    """Documents with words and tags, of whose words those of ``target`` are kept; see `Documents.from_tagged`."""
    if isinstance(documents, str | bytes | os.PathLike):
        raise TypeError(f"documents must be TaggedDocuments, not {short(documents)}: give a path as corpus_file")
    if not isinstance(documents, Iterable) or is_table(documents):
        raise TypeError(
            f"documents must be an iterable of TaggedDocument, not {short(documents)}"
            + ": Documents.from_table takes a table" * is_table(documents)
        )
    tags = TagReader()

    def words() -> Iterator[Sequence[Hashable]]:
        for number, document in enumerate(documents):
            found, names = _parts_of(document, number)
            tags.add(names, number)
            yield sentence_tokens(found, number)

    made = Documents(*encode_lists(words(), Task(target, MemoryStore())))
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
    for number, each in enumerate(_python_values(tags), 1):
        each = python_value(each)
        reader.add(each if isinstance(each, list | tuple | set | np.ndarray) else [each], number - 1)
    if number != count:
        raise ValueError(f"there are {number:,} tags for {count:,} documents: give one for each, or a list of them")
    return reader.lists()


def _python_values(column: Any) -> Iterable[Any]:
    """The values of a column of whatever library, or of a text file."""
    if isinstance(column, TextColumn):
        keys = column.keys
        return [keys[code] for code in column.codes.tolist()]
    for name in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, name):
            values: Iterable[Any] = getattr(column, name)()
            return values
    return column  # type: ignore[no-any-return]


@dataclass(frozen=True)
class DocumentSource(Source):
    """`Source` of documents: what is read has tags."""

    def read(self, target: Selection | Vocabulary, workers: int | None) -> Documents:
        """As in the base; lines of a file have their numbers as tags."""
        what = self.what
        if isinstance(what, TaggedLineDocument) and isinstance(what.source, str | os.PathLike):
            return Documents.of(Source(what.source, True).read(target, workers))
        if self.is_file or isinstance(what, Corpus):
            return Documents.of(super().read(target, workers))
        return tagged_corpus(what, target)
