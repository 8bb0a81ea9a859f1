"""Sentences in memory: lists of tokens, and texts that are to be split."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import Any

import numpy as np

from .._native import TokenTable, number_tokens
from .batching import in_batches
from .blocks import BlockStore, Parts
from .feed import Feed
from .messages import short
from .rows import Rows, encode_rows
from .splitting import TextOptions
from .vocabulary import Ids, Ints, Selection, Vocabulary

BATCH_TOKENS = 1 << 16
BATCH_SENTENCES = 2048
BATCH_TEXTS = 1024
BATCHES_AHEAD = 2


# ---- lists of tokens ----


def encode_lists(sentences: Iterable[Iterable[Hashable]], target: Selection | Vocabulary, store: BlockStore) -> Parts:
    """The corpus of these sentences; the errors are those of `Corpus.from_sentences`."""
    feed = Feed(store)
    with ThreadPoolExecutor(1) as helper:
        tokens = _Tokens(helper)
        waiting: deque[tuple[Future[Ids], Ints]] = deque()
        read = 0
        for batch, ends in _batches(sentences):
            try:
                waiting.append((tokens.encode(batch, int(ends[-1])), ends))
            except TypeError as error:
                raise TypeError(_unhashable(batch, read)) from error
            read += len(batch)
            if len(waiting) > BATCHES_AHEAD:
                _hand_over(waiting, feed)
        while waiting:
            _hand_over(waiting, feed)
        keys = tokens.keys()
    return feed.finish(target, lambda numbers: [keys[number] for number in numbers.tolist()], len(keys), "sentences")


def _hand_over(waiting: deque[tuple[Future[Ids], Ints]], feed: Feed) -> None:
    ids, ends = waiting.popleft()
    feed.add(ids.result(), ends)


class _Tokens:
    """Numbers tokens in the order in which they first occur: by a table while all are str, by a dict afterwards.

    The table is filled by a thread of its own, ``helper``, while the next sentences are asked for.
    """

    def __init__(self, helper: ThreadPoolExecutor) -> None:
        self._helper = helper
        self._table = TokenTable()
        self._indices: dict[Hashable, int] | None = None
        self._position = 0

    def encode(self, sentences: list[Sequence[Hashable]], count: int) -> Future[Ids]:
        """The number of each of these tokens, of which there are ``count``."""
        if self._indices is None:
            data = _with_nuls(sentences, count)
            if data is not None:
                self._position += count
                return self._helper.submit(self._look_up, data, self._position - count, count)
            self._indices = {key: number for number, key in enumerate(self.keys())}
            self._table = TokenTable()
        found: Future[Ids] = Future()
        ids = np.empty(count, np.int32)
        number_tokens(self._indices, sentences, ids)
        found.set_result(ids)
        return found

    def _look_up(self, data: bytes, position: int, count: int) -> Ids:
        ids = np.empty(count, np.int32)
        self._table.add(data, None, None, position, ids)
        return ids

    def keys(self) -> list[Hashable]:
        """The tokens so far."""
        if self._indices is not None:
            return list(self._indices)
        self._helper.submit(int).result()  # after all that was submitted before
        keys = self._table.list(np.arange(len(self._table), dtype=np.int32))
        return list(keys.decode().split("\0")[:-1])


def _with_nuls(sentences: list[Sequence[Hashable]], count: int) -> bytes | None:
    """The tokens with a NUL byte after each, None when not all of them are text."""
    try:
        text = "\0".join(chain.from_iterable(sentences))  # type: ignore[arg-type]
        data = (text + "\0" if count else "").encode()
    except (TypeError, UnicodeEncodeError):
        return None
    nuls = len(data) - np.count_nonzero(np.frombuffer(data, np.uint8))  # several times as fast as data.count
    return data if nuls == count else None


def _batches(sentences: Any) -> Iterator[tuple[list[Sequence[Hashable]], Ints]]:
    """Sentences as lists and tuples, and where each ends; as many at a time as make some ten thousand tokens."""
    require_sentences(sentences)
    iterator = iter(sentences)
    read, count = 0, 1
    while batch := list(islice(iterator, count)):
        if not {list, tuple}.issuperset(map(type, batch)):
            batch = [sentence_tokens(sentence, number) for number, sentence in enumerate(batch, read)]
        ends = np.cumsum(np.fromiter(map(len, batch), np.int64, len(batch)))
        yield batch, ends
        if len(batch) < count:  # not every iterator that has ended stays so
            return
        read += len(batch)
        count = min(max(BATCH_TOKENS * len(batch) // max(int(ends[-1]), 1), 1), 2 * count, BATCH_SENTENCES)


def sentence_tokens(sentence: Any, number: int) -> Sequence[Hashable]:
    """A sentence as a list or tuple of its tokens; TypeError, which tells its ``number``, when it is none."""
    if type(sentence) in (list, tuple):
        tokens: Sequence[Hashable] = sentence
        return tokens
    if isinstance(sentence, (str, bytes)):
        raise TypeError(
            f"sentence {number} is {short(sentence)}, not a list of tokens: split it first, as with sentence.split(), "
            "or give split=True"
        )
    if isinstance(sentence, np.ndarray):
        return list(sentence.tolist())
    try:
        iterator = iter(sentence)
    except TypeError:
        raise TypeError(f"sentence {number} must be a list of tokens, not {short(sentence)}") from None
    return list(iterator)


def _unhashable(batch: list[Sequence[Hashable]], before: int) -> str:
    for number, sentence in enumerate(batch, before):
        for token in sentence:
            try:
                hash(token)
            except TypeError:
                return f"sentence {number}: a token must be hashable, and {short(token)} is not"
    return "a token cannot be compared with others"


def require_sentences(sentences: Any) -> None:
    """Raise TypeError when this is no iterable of sentences."""
    if isinstance(sentences, (str, bytes)):
        raise TypeError(
            "sentences must be lists of tokens, not one str: split it first, as with [line.split() for line in "
            "text.splitlines()], or read a file with Corpus.from_file"
        )
    if not isinstance(sentences, Iterable) and not hasattr(sentences, "__getitem__"):
        raise TypeError(f"sentences must be an iterable of lists of tokens, not {short(sentences)}")


# ---- texts ----


def encode_texts(sentences: Any, options: TextOptions, target: Selection | Vocabulary, store: BlockStore) -> Parts:
    """Sentences that are str; the errors are those of `Corpus.from_sentences` with ``split``.

    One thread alone asks for sentences, the one that called: generators may depend on that.
    """
    require_sentences(sentences)
    rows = _text_rows(iter(sentences))
    return encode_rows(rows, "sentences", "sentence {}".format, options, 1, target, store)


def _text_rows(sentences: Iterator[Any]) -> Iterator[Rows]:
    read = 0
    for batch in in_batches(sentences, BATCH_TEXTS):
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
    if not isinstance(sentence, str):
        raise TypeError(f"sentence {number} must be a str, as split=True was given, not {short(sentence)}")
    return str(sentence)
