"""Sentences in memory: lists of tokens, and texts that are to be split."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, compress, islice
from typing import Any

import numpy as np

from .._native import FoundTokens, TokenTable, number_tokens
from ..checks import is_missing, no_document
from ..memory import give_back
from ..signals import Allowed, Deferred, deliver, slices
from .batching import in_batches
from .blocks import Parts
from .feed import Feed, KnownFeed
from .given import is_table, python_value
from .messages import LARGE_INTEGER, short
from .rows import Rows, encode_rows
from .splitting import TextOptions
from .task import ReadSizes, Task
from .vocabulary import Ids, Ints, NothingKeptError, Vocabulary

BATCHES_AHEAD = 2


# ---- lists of tokens ----


@dataclass(frozen=True)
class Called:
    """What errors call lists of tokens.

    Attributes:
        each: One of them; its number follows.
        every: All of them.
        split: How a str is made one.
        kept: What a generator is kept as, to be read again.
    """

    each: str = "sentence"
    every: str = "sentences"
    split: str = "sentence.split(), or have Corpus.from_sentences(texts, split=True) do so"
    kept: str = "a Corpus"


SENTENCES = Called()


def encode_lists(
    sentences: Iterable[Iterable[Hashable]], task: Task, called: Called = SENTENCES, given: Any = None
) -> Parts:
    """The corpus of these sentences; the errors are those of `Corpus.from_sentences`.

    Args:
        sentences: The lists.
        task: What becomes of them.
        called: What errors call them.
        given: What they were made of, if these are not what the user gave.
    """
    require_sentences(sentences)
    known = task.target if isinstance(task.target, Vocabulary) else None
    feed = Feed(task) if known is None else KnownFeed(task, known)
    batches = list_batches(sentences, task.sizes, partial(sentence_tokens, called=called))
    unhashable, unfit = partial(_unhashable, called=called), partial(_unfit, called=called)
    tokens = number_lists(batches, feed.add, unhashable, unfit, known)
    with _once_only(sentences if given is None else given, called):
        give_back(feed.words)
        feed.number(tokens.keys_at, len(tokens), called.every)
        del tokens  # the corpus is made in the memory that they took
        return feed.parts()


@contextmanager
def _once_only(sentences: Any, called: Called = SENTENCES) -> Iterator[None]:
    """Add to the error of a generator without a word that it may have been read before."""
    try:
        yield
    except NothingKeptError as error:
        if error.raw_words or not isinstance(sentences, Iterator):
            raise
        raise NothingKeptError(f"{error}: a generator can be read only once; make {called.kept} of it first") from None


Batch = tuple[list[Sequence[Hashable]], Ints]
"""Some lists of tokens, and how many tokens there are before the end of each."""


def number_lists(
    batches: Iterable[Batch],
    take: Callable[[Ids, Ints], None],
    unhashable: Callable[[list[Sequence[Hashable]], int], str],
    unfit: Callable[[list[Sequence[Hashable]], int], str] | None = None,
    known: Vocabulary | None = None,
) -> NumberedTokens:
    """Number the tokens of lists in the order in which they first occur.

    A thread of its own looks up tokens while this one asks for the next lists: generators may depend on being asked by
    the thread that called, so `in_threads`, where that thread only waits, is not for this. Ctrl-C has the same effect
    here: what waits is dropped, the look-up in progress ends, which takes some milliseconds, and KeyboardInterrupt is
    raised.

    Args:
        batches: The lists.
        take: Is given the numbers of each batch, and their ends.
        unhashable: Says which token of a batch is not hashable, and gets the number of lists before it.
        unfit: Says in the same way which token is no word: None, NaN, NA, a value of pyarrow, or an integer of more
            than 64 bits. Default: all are words.
        known: Tokens get their ids in this vocabulary, and those that it lacks the number ``len(known)``.

    Returns:
        The tokens by number.

    Raises:
        TypeError: a token is not hashable.
        ValueError: a token is no word.
    """
    waiting: deque[tuple[Future[Ids], Ints]] = deque()

    def hand_over() -> None:
        ids, ends = waiting.popleft()
        deliver()
        take(ids.result(), ends)

    helper = ThreadPoolExecutor(1, "fastemb-numbering")
    given, read = iter(batches), 0
    with Deferred():  # an interrupt within the executor would leave its locks taken
        try:
            tokens = NumberedTokens(helper) if known is None else KnownTokens(helper, known)
            while True:
                with Allowed():  # code of users
                    batch, ends = next(given, (None, None))
                if batch is None or ends is None:
                    break
                try:
                    waiting.append((tokens.encode(batch, int(ends[-1])), ends))
                except TypeError as error:
                    raise TypeError(unhashable(batch, read)) from error
                if unfit is not None and any(map(_is_unfit, tokens.fresh())):
                    raise ValueError(unfit(batch, read))
                read += len(batch)
                if len(waiting) > BATCHES_AHEAD:
                    hand_over()
            while waiting:
                hand_over()
            return tokens
        finally:
            helper.shutdown(cancel_futures=True)


class NumberedTokens:
    """Numbers tokens in the order in which they first occur: by a table while all are str, by a dict afterwards.

    The table is filled by a thread of its own, ``helper``, while the next sentences are asked for.
    """

    def __init__(self, helper: ThreadPoolExecutor) -> None:
        self._helper = helper
        self._table = TokenTable()
        self._indices: dict[Hashable, int] | None = None
        self._position = 0
        self._fresh = 0

    def __len__(self) -> int:
        return len(self._table) if self._indices is None else len(self._indices)

    def encode(self, sentences: list[Sequence[Hashable]], count: int) -> Future[Ids]:
        """The number of each of these tokens, of which there are ``count``."""
        if self._indices is None:
            data = _with_nuls(sentences, count)
            if data is not None:
                self._position += count
                return self._helper.submit(self._look_up, data, self._position - count, count)
            self._helper.submit(int).result()  # after all that was submitted before
            self._indices = {key: number for number, key in enumerate(self.keys())}
            self._table = TokenTable()
        found: Future[Ids] = Future()
        ids = np.empty(count, np.int32)
        known = len(self._indices)
        number_tokens(self._indices, sentences, ids)
        self._fresh = len(self._indices) - known
        found.set_result(ids)
        return found

    def fresh(self) -> Iterable[Hashable]:
        """What the last call of `encode` saw for the first time, as far as it is no str."""
        return () if self._indices is None else islice(reversed(self._indices), self._fresh)

    def _look_up(self, data: bytes, position: int, count: int) -> Ids:
        ids = np.empty(count, np.int32)
        self._table.add(data, None, None, position, ids)
        return ids

    def keys(self) -> list[Hashable]:
        """All tokens, when all are numbered that were given."""
        return self.keys_at(np.arange(len(self), dtype=np.int32))

    def keys_at(self, numbers: Ids) -> list[Hashable]:
        """The tokens of these numbers."""
        if self._indices is None:
            return list(self._table.list(numbers).decode().split("\0")[:-1])
        keys = list(self._indices)
        return [keys[number] for number in numbers.tolist()]


class KnownTokens(NumberedTokens):
    """Gives tokens their ids in a vocabulary, and those that it lacks the number after all ids."""

    def __init__(self, helper: ThreadPoolExecutor, vocabulary: Vocabulary) -> None:
        super().__init__(helper)
        self._vocabulary = vocabulary
        self._by_dict = FoundTokens(vocabulary.key_to_index)
        self._ids_in_table: Ids | None = None
        self._lacking: set[Hashable] = set()
        self._new: set[Hashable] = set()

    def __len__(self) -> int:
        return len(self._vocabulary)

    def encode(self, sentences: list[Sequence[Hashable]], count: int) -> Future[Ids]:
        """As in the base: by the vocabulary's dict, until so many came that filling a table is worth it."""
        self._new = set()
        self._position += count
        if self._position > len(self._vocabulary):
            data = _with_nuls(sentences, count)
            if data is not None:
                if self._ids_in_table is None:
                    self._ids_in_table = _fill(self._table, self._vocabulary)
                return self._helper.submit(self._find, data, self._ids_in_table, count)
        found: Future[Ids] = Future()
        ids = np.empty(count, np.int32)
        self._by_dict.write(sentences, ids)
        lacking = ids < 0
        if lacking.any():
            self._new = set(compress(chain.from_iterable(sentences), lacking.tolist())) - self._lacking
            self._lacking |= self._new
            ids[lacking] = len(self._vocabulary)
        found.set_result(ids)
        return found

    def fresh(self) -> Iterable[Hashable]:
        """As in the base, of what the vocabulary lacks."""
        return self._new

    def _find(self, data: bytes, ids_in_table: Ids, count: int) -> Ids:
        found = np.empty(count, np.int32)
        self._table.find(data, found)
        return ids_in_table[found]

    def keys_at(self, numbers: Ids) -> list[Hashable]:
        """As in the base."""
        return [self._vocabulary.keys[number] for number in numbers.tolist()]


def _fill(table: TokenTable, known: Vocabulary) -> Ids:
    """Add the str of a vocabulary; returns the id of each, and at last the number of what is not in the table."""
    ids: list[int] = []
    for part in slices(len(known)):
        texts = [(key, at) for at, key in enumerate(known.keys[part], part.start) if isinstance(key, str)]
        data = _with_nuls([[key for key, _ in texts]], len(texts))
        if data is None:  # one holds NUL or half a character: it is not found by the table, but by the dict
            texts = [(key, at) for key, at in texts if _with_nuls([[key]], 1) is not None]
            data = _with_nuls([[key for key, _ in texts]], len(texts))
        assert data is not None
        table.add(data, None, None, 0, np.empty(len(texts), np.int32))
        ids += [at for _, at in texts]
    return np.array([*ids, len(known)], np.int32)


def _with_nuls(sentences: list[Sequence[Hashable]], count: int) -> bytes | None:
    """The tokens with a NUL byte after each, None when not all of them are text."""
    try:
        tokens = chain(chain.from_iterable(sentences), ("",))  # the last one for a NUL after the others
        data = "\0".join(tokens).encode()  # type: ignore[arg-type]
    except (TypeError, UnicodeEncodeError):
        return None
    nuls = len(data) - np.count_nonzero(np.frombuffer(data, np.uint8))  # several times as fast as data.count
    return data if nuls == count else None


def list_batches(
    lists: Iterable[Any], sizes: ReadSizes, as_list: Callable[[Any, int], Sequence[Hashable]]
) -> Iterator[Batch]:
    """Lists in batches of some ten thousand tokens.

    Args:
        lists: Lists, tuples, or anything that ``as_list`` makes a list of, given its number.
        sizes: How many are taken at once.
        as_list: Makes a list of what is neither a list nor a tuple, or raises TypeError.
    """
    iterator = iter(lists)
    read, count = 0, 1
    while batch := list(islice(iterator, count)):
        if not {list, tuple}.issuperset(map(type, batch)):
            batch = [as_list(one, number) for number, one in enumerate(batch, read)]
        ends = np.cumsum(np.fromiter(map(len, batch), np.int64, len(batch)))
        yield batch, ends
        if len(batch) < count:  # not every iterator that has ended stays so
            return
        read += len(batch)
        count = min(max(sizes.list_tokens * len(batch) // max(int(ends[-1]), 1), 1), 2 * count, sizes.list_sentences)


def sentence_tokens(sentence: Any, number: int, called: Called = SENTENCES) -> Sequence[Hashable]:
    """A sentence as a list or tuple of its tokens; TypeError, which tells its ``number``, when it is none."""
    if type(sentence) in (list, tuple):
        tokens: Sequence[Hashable] = sentence
        return tokens
    sentence, this = python_value(sentence), f"{called.each} {number}"
    if isinstance(sentence, bytes):
        raise TypeError(
            f"{this} is {short(sentence)}, not a list of tokens: make text of it and split that, as with "
            "sentence.decode().split()"
        )
    if isinstance(sentence, str):
        raise TypeError(f"{this} is {short(sentence)}, not a list of tokens: split it first, as with {called.split}")
    if hasattr(sentence, "words") and hasattr(sentence, "tags"):
        raise TypeError(
            f"{this} is a {type(sentence).__name__}, not a list of tokens: documents with tags are for Doc2Vec; words "
            "alone are [document.words for document in documents]"
        )
    if isinstance(sentence, Mapping):
        raise TypeError(f"{this} is {short(sentence)}, not a list of tokens: {_take_a_field(sentence)}")
    if isinstance(sentence, np.ndarray):
        if sentence.dtype.kind in "fc":
            raise TypeError(
                f"{this} is an array of {sentence.dtype}, not of tokens: a matrix with a row a sentence and "
                "a column a word goes to Corpus.from_ids as a sparse one, scipy.sparse.csr_array(matrix)"
            )
        return list(sentence.tolist())
    try:
        iterator = iter(sentence)
    except TypeError:
        if is_missing(sentence):
            raise TypeError(f"{this} is missing ({sentence}): leave it out, or give an empty list") from None
        raise TypeError(f"{this} must be a list of tokens, not {short(sentence)}") from None
    return list(iterator)


def _take_a_field(row: Mapping[Any, Any]) -> str:
    """What to do with rows that are dicts: the way to their tokens, or to their text."""
    for name, value in row.items():
        if isinstance(value, (list, tuple, np.ndarray)):
            return f"take the field with the tokens, as with [row[{name!r}] for row in rows]"
    for name, value in row.items():
        if isinstance(value, str):
            return f"take the field with the text and split it, as with [row[{name!r}].split() for row in rows]"
    return "take the field with the tokens"


def _take_a_text(row: Mapping[Any, Any]) -> str:
    name = next((name for name, value in row.items() if isinstance(value, str)), "text")
    return f"take the field with the text, as with [row[{name!r}] for row in rows]"


def _is_unfit(token: Hashable) -> bool:
    return is_missing(token) or python_value(token) is not token or not _fits(token)


def _fits(token: Hashable) -> bool:
    """Whether this, if it is an integer, can be the key of a saved model."""
    return not isinstance(token, int | np.integer) or -(2**63) <= int(token) < 2**63


def _unfit(batch: list[Sequence[Hashable]], before: int, called: Called) -> str:
    for number, sentence in enumerate(batch, before):
        for place, token in enumerate(sentence):
            where = f"{called.each} {number}: token {place}"
            if is_missing(python_value(token)):
                return f"{where} is missing ({token}): leave it out, or put a word in its place"
            if not _fits(token):
                return f"{where} is {token}: {LARGE_INTEGER}"
            if _is_unfit(token):
                return (
                    f"{where} is {short(token)}: make lists of a column by to_pylist(), or give it to Corpus.from_arrow"
                )
    return "a token is no word"


def _unhashable(batch: list[Sequence[Hashable]], before: int, called: Called) -> str:
    found = first_unhashable(batch, before)
    if found is None:
        return "a token cannot be compared with others"
    number, token = found
    return f"{called.each} {number}: a token must be hashable, and {short(token)} is not"


def first_unhashable(lists: Iterable[Iterable[Any]], before: int) -> tuple[int, Any] | None:
    """The number of the first list that holds what is not hashable, counted from ``before``, and that; or None."""
    for number, values in enumerate(lists, before):
        for value in values:
            try:
                hash(value)
            except TypeError:
                return number, value
    return None


def require_sentences(sentences: Any) -> None:
    """Raise TypeError when this is no iterable of sentences; the message says which door takes what was given."""
    expected = "sentences must be lists of tokens, not"
    if isinstance(sentences, (str, bytes, os.PathLike)):
        given = "a path" if isinstance(sentences, os.PathLike) else f"one {type(sentences).__name__}"
        text = "text.decode()" if isinstance(sentences, bytes) else "text"
        raise TypeError(
            f"{expected} {given}: split it first, as with [line.split() for line in {text}.splitlines()]; a file is "
            "read by Corpus.from_file(path), and by Word2Vec as corpus_file=path"
        )
    instead = "documents with tags are for Doc2Vec; the words alone are [document.words]"
    no_document("sentences", sentences, "lists of tokens", instead)
    kind = type(sentences).__name__
    if is_table(sentences):
        raise TypeError(f"{expected} a table ({kind}): Corpus.from_arrow(table, column) reads one of its columns")
    if isinstance(sentences, Mapping):
        raise TypeError(f"{expected} {short(sentences)}: give a list of lists, such as list(sentences.values())")
    if hasattr(sentences, "tocsr"):
        raise TypeError(f"{expected} a sparse matrix ({kind}): Corpus.from_ids(matrix) reads one")
    is_iterable = isinstance(sentences, Iterable) or hasattr(sentences, "__getitem__")
    if not is_iterable or (isinstance(sentences, np.ndarray) and sentences.ndim == 0):
        raise TypeError(f"sentences must be an iterable of lists of tokens, not {short(sentences)}")


# ---- texts ----


def encode_texts(sentences: Any, options: TextOptions, task: Task) -> Parts:
    """Sentences that are str; the errors are those of `Corpus.from_sentences` with ``split``.

    One thread alone asks for sentences, the one that called: generators may depend on that.
    """
    require_sentences(sentences)
    rows = _text_rows(iter(sentences), task.sizes.texts)
    with _once_only(sentences):
        return encode_rows(rows, "sentences", "sentence {}".format, options, replace(task, threads=1))


def _text_rows(sentences: Iterator[Any], most: int) -> Iterator[Rows]:
    read = 0
    for batch in in_batches(sentences, most):
        if set(map(type, batch)) != {str}:
            batch = [_require_text(sentence, number) for number, sentence in enumerate(batch, read)]
        text = "\n".join([*batch, ""])
        if text.count("\n") != len(batch):
            text = "\n".join([*(sentence.replace("\n", " ") for sentence in batch), ""])
        yield Rows(_utf8(text, read), len(batch))
        read += len(batch)


def _utf8(text: str, before: int) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        row = before + text.count("\n", 0, error.start)
        half = text[error.start]
        raise ValueError(f"sentence {row}: it holds half a character, {half!r}, which is no text") from None


def _require_text(sentence: Any, number: int) -> str:
    sentence = python_value(sentence)
    if isinstance(sentence, Mapping):
        raise TypeError(f"sentence {number} must be a str, not {short(sentence)}: {_take_a_text(sentence)}")
    if isinstance(sentence, bytes):
        raise TypeError(f"sentence {number} must be a str, not {short(sentence)}: make text of it by its decode()")
    if not isinstance(sentence, str):
        raise TypeError(f"sentence {number} must be a str, as split=True was given, not {short(sentence)}")
    return str(sentence)
