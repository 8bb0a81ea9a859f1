"""What a model is trained on: sentences as ids."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..config import available_cpus
from .iterables import encode_ids, encode_sentences, renumber
from .sources import TextSource
from .text import TextOptions, read_text
from .vocabulary import Ids, Ints, Selection, TrimRule, Vocabulary


class Corpus:
    """Sentences as ids of a vocabulary, encoded once and read by every epoch.

    Make one with `from_file`, `from_sentences` or `from_ids`. They share these options:

    - ``min_count``: words that occur less often are dropped. Default 1.
    - ``max_final_vocab``: the most words to keep; those that tie at the border are all dropped. Default None: all.
    - ``trim_rule``: ``trim_rule(word, count, min_count)`` returns RULE_KEEP, RULE_DISCARD, or RULE_DEFAULT or None to
      leave it to the count.
    - ``vocabulary``: encode with this one and drop what it lacks, instead of making a new one. Not together with the
      three above.

    Ids are given by falling count, and to words of one count in the order in which they first occur.

    Attributes:
        ids: int32 array, C-contiguous: all words that were kept.
        offsets: int64 array, one more than there are sentences: sentence s is ``ids[offsets[s]:offsets[s + 1]]``.
            A sentence of which nothing was kept stays, empty.
        vocabulary: the words and their counts.
        raw_words: how many words were read, dropped ones included.

    ``len(corpus)`` is the number of sentences; iterating yields each as a list of words.
    """

    def __init__(self, ids: Ids, offsets: Ints, vocabulary: Vocabulary, raw_words: int) -> None:
        self.ids = ids
        self.offsets = offsets
        self.vocabulary = vocabulary
        self.raw_words = raw_words

    @classmethod
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
    ) -> Corpus:
        r"""Read text: a sentence a line, of any length, words parted by white space as by ``str.split``.

        Only ``"\n"`` ends a line, and the end of a file. A byte order mark at the start is skipped.

        Args:
            source: one of these, or an iterable of them, which are read one after the other:

                - the path of a file. What gzip, bzip2, xz and zstd made is unpacked, whatever its name.
                - the path of a folder: all files in it and in those within it, sorted by path, but for hidden ones.
                - a pattern, such as ``"texts/*.gz"`` or ``"texts/**/*.txt"``: the files that match, sorted by path.
                - a URL that fsspec knows, such as ``"s3://bucket/texts/*.zst"``.
                - ``"-"`` for standard input, or an open file, of bytes or of text. It stays open.
            encoding: of the text, by the name that Python gives it. A file that gives text has none.
            unicode_errors: what to do with bytes that are not of this encoding: "strict" raises an error, "replace"
                puts U+FFFD in their place, "ignore" leaves them out. Words that this makes equal are one word; a word
                of which nothing is left is dropped and not counted.
            lower: put words in lower case, as by ``str.lower``.
            token_pattern: a regular expression whose matches are the words, as by ``re.findall`` on each line: the
                whole match, or the group when there is one. For instance ``r"\w+"``.
            tokenizer: a function from a line, without its end, to its words. Or an object of another library that has
                them made: of Hugging Face tokenizers (``encode_batch``; without special tokens), of spaCy (``pipe``;
                without white space), of NLTK or Hugging Face transformers (``tokenize``). Empty words are left out. It
                is called by one thread at a time. With ``lower`` it sees lines in lower case.
            max_sentence_length: cut longer sentences to so many words; nothing is lost. Default: no limit.
            min_count: the least count of a word that is kept.
            max_final_vocab: the most words to keep.
            max_vocab_size: the most words to keep; where the last of them ties with others, those that occur first
                stay. However many different words there are, memory for counting them is limited, to 256 MiB or
                256 bytes for each word to keep; counts that need more wait in a temporary file.
            trim_rule: decides on each word.
            vocabulary: encode with this one instead of making a new one. Memory for other words is limited as above.
            workers: threads, of which 8 are used at most. Default: one for each CPU. The result does not depend on it.

        Raises:
            OSError: a file cannot be opened or read: FileNotFoundError, PermissionError, ...
            ValueError: no word in it, or none that is kept; text in another encoding or with a NUL byte, with its file
                and line; compressed data that are damaged or cut off; an option that makes no sense, or that another
                would make ignored.
            TypeError: ``source`` names no file; a tokenizer returns something else than words.
            ImportError: the package for a URL or for zstd is not installed.
        """
        target = _target(min_count, max_final_vocab, trim_rule, vocabulary, max_vocab_size)
        options = TextOptions(encoding, unicode_errors, lower, token_pattern, tokenizer, max_sentence_length)
        return cls(*read_text(source, target, options, available_cpus() if workers is None else workers))

    @classmethod
    def from_sentences(
        cls,
        sentences: Iterable[Iterable[Hashable]],
        *,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> Corpus:
        """Encode lists of tokens, in one pass: a generator will do.

        Args:
            sentences: iterable of iterables of tokens. A token may be anything hashable; equal ones are the same.
            min_count: the least count of a word that is kept.
            max_final_vocab: the most words to keep.
            trim_rule: decides on each word.
            vocabulary: encode with this one instead of making a new one.

        Raises:
            TypeError: a sentence is a str (split it first) or not iterable, or a token is not hashable.
            ValueError: there is no token, or none that is kept; an option that makes no sense.
        """
        return cls(*encode_sentences(sentences, _target(min_count, max_final_vocab, trim_rule, vocabulary)))

    @classmethod
    def from_ids(
        cls,
        ids: ArrayLike,
        offsets: ArrayLike | None = None,
        *,
        keys: Sequence[Hashable] | None = None,
        min_count: int = 1,
        max_final_vocab: int | None = None,
        trim_rule: TrimRule | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> Corpus:
        """Take ids that something else gave; they are numbered anew, by falling count.

        Args:
            ids: integers of any width, not negative, however large: one dimension, or two with a sentence a row.
            offsets: where sentences begin and end, as in the class. Default: all ids are one sentence.
            keys: the token of each id. Default: the ids themselves, as int.
            min_count: the least count of a word that is kept.
            max_final_vocab: the most words to keep.
            trim_rule: decides on each word.
            vocabulary: encode with this one instead of making a new one.

        Raises:
            TypeError: ids or offsets are not integers.
            ValueError: an id is negative or has no key; offsets do not start with 0, decrease, or do not end with the
                number of ids; two ids with the same key; no id, or none that is kept; an option that makes no sense.
        """
        return cls(*encode_ids(ids, offsets, keys, _target(min_count, max_final_vocab, trim_rule, vocabulary)))

    def select(
        self, *, min_count: int = 1, max_final_vocab: int | None = None, trim_rule: TrimRule | None = None
    ) -> Corpus:
        """This corpus with fewer words, by the counts of its vocabulary; itself when none is dropped.

        Raises:
            ValueError: no word is kept, or an option makes no sense.
        """
        return self._renumbered(Selection(min_count, max_final_vocab, trim_rule))

    def encode_with(self, vocabulary: Vocabulary) -> Corpus:
        """This corpus in another vocabulary; words that it lacks are dropped.

        Raises:
            ValueError: it lacks all of them.
        """
        return self._renumbered(vocabulary)

    @classmethod
    def _read(cls, source: Any, is_file: bool, target: Selection | Vocabulary, workers: int) -> Corpus:
        """A file, sentences or another corpus, numbered as ``target`` says."""
        if isinstance(source, Corpus):
            return source._renumbered(target)
        return cls(
            *(read_text(source, target, TextOptions(), workers) if is_file else encode_sentences(source, target))
        )

    def _renumbered(self, target: Selection | Vocabulary) -> Corpus:
        keys = self.vocabulary.keys
        vocabulary, numbers = target.number(
            self.vocabulary.counts,
            np.arange(len(keys)),
            lambda indices: [keys[index] for index in indices.tolist()],
            "the corpus",
        )
        if vocabulary is self.vocabulary or np.array_equal(numbers, np.arange(len(vocabulary))):
            return self if vocabulary.keys == keys else Corpus(self.ids, self.offsets, vocabulary, self.raw_words)
        return Corpus(*renumber(self.ids.copy(), self.offsets.copy(), numbers), vocabulary, self.raw_words)

    @property
    def words(self) -> int:
        """How many words were kept: ``len(ids)``."""
        return len(self.ids)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[list[Hashable]]:
        keys = self.vocabulary.keys
        for sentence in range(len(self)):
            begin, end = self.offsets[sentence : sentence + 2]
            yield [keys[index] for index in self.ids[begin:end].tolist()]

    def __repr__(self) -> str:
        return f"Corpus({len(self):,} sentences, {self.words:,} words, {len(self.vocabulary):,} different)"


def _target(
    min_count: int,
    max_final_vocab: int | None,
    trim_rule: TrimRule | None,
    vocabulary: Vocabulary | None,
    max_vocab_size: int | None = None,
) -> Selection | Vocabulary:
    selection = Selection(min_count, max_final_vocab, trim_rule, max_vocab_size)
    if vocabulary is None:
        return selection
    if selection != Selection():
        raise ValueError("with vocabulary=, min_count, max_final_vocab, max_vocab_size and trim_rule must not be given")
    return vocabulary
