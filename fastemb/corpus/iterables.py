"""Sentences that are already split, and ids that are already numbered."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._native import remap_ids
from .vocabulary import Ids, Ints, NothingKeptError, Selection, Vocabulary

CHUNK_TOKENS = 8192  # few enough for their ids and the list to stay in the cache
PART_TOKENS = 1 << 20

Parts = tuple[Ids, Ints, Vocabulary, int]


def renumber(ids: Ids, offsets: Ints, numbers: Ids) -> tuple[Ids, Ints]:
    """numbers[id] for every id, those with a negative number left out; works in the arrays that are given."""
    kept = remap_ids(ids, numbers, offsets)
    return (ids if kept == len(ids) else ids[:kept].copy()), offsets


def _parts(count: int, least: int = 0) -> Iterator[slice]:
    """Slices of ``count`` ids, as NumPy makes eight bytes of every id that it counts or looks up at once."""
    step = max(PART_TOKENS, least)
    return (slice(start, start + step) for start in range(0, count, step))


def _counts(ids: NDArray[Any], values: int) -> Ints:
    """How often each of 0 ... values - 1 occurs."""
    counts = np.zeros(values, np.int64)
    for part in _parts(len(ids), values):
        found = np.bincount(ids[part].astype(np.int64, copy=False))
        counts[: len(found)] += found
    return counts


# ---- sentences ----


class _Indices(dict[Hashable, int]):
    """Numbers tokens in the order in which they are asked for."""

    def __missing__(self, token: Hashable) -> int:
        index = self[token] = len(self)
        return index


class _Encoder:
    """Tokens to ids, a few thousand at a time: sentences are mostly short, and a call for each costs more."""

    def __init__(self) -> None:
        self.indices = _Indices()
        self.ids = array("i")
        self.lengths = array("q")
        self._waiting: list[Hashable] = []

    def add(self, sentence: Any) -> None:
        before = len(self._waiting)
        self._waiting.extend(_tokens(sentence, len(self.lengths)))
        self.lengths.append(len(self._waiting) - before)
        if len(self._waiting) >= CHUNK_TOKENS:
            self.flush()

    def flush(self) -> None:
        index_of = self.indices.__getitem__
        try:
            ids = np.fromiter(map(index_of, self._waiting), np.int32, len(self._waiting))
        except TypeError as error:
            raise TypeError(self._unhashable()) from error
        self.ids.frombytes(ids.tobytes())
        self._waiting.clear()

    def _unhashable(self) -> str:
        left = sum(self.lengths) - len(self._waiting)
        ends = np.cumsum(self.lengths)
        for place, token in enumerate(self._waiting, left):
            try:
                hash(token)
            except TypeError:
                sentence = int(np.searchsorted(ends, place, side="right"))
                return f"sentence {sentence}: a token must be hashable, and {_short(token)} is not"
        return "a token cannot be compared with others"


def _tokens(sentence: Any, number: int) -> Iterable[Hashable]:
    if type(sentence) is list:
        return sentence
    if isinstance(sentence, (str, bytes)):
        raise TypeError(
            f"sentence {number} is {_short(sentence)}, not a list of tokens: split it first, as with sentence.split()"
        )
    if isinstance(sentence, np.ndarray):
        sentence = sentence.tolist()
    try:
        tokens: Iterable[Hashable] = iter(sentence)
    except TypeError:
        raise TypeError(f"sentence {number} must be a list of tokens, not {_short(sentence)}") from None
    return tokens


def _short(value: object) -> str:
    text = repr(value)
    return f"the {type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"


def _require_sentences(sentences: Any) -> None:
    if isinstance(sentences, (str, bytes)):
        raise TypeError(
            "sentences must be lists of tokens, not one str: split it first, as with [line.split() for line in "
            "text.splitlines()], or read a file with Corpus.from_file"
        )
    if not isinstance(sentences, Iterable) and not hasattr(sentences, "__getitem__"):
        raise TypeError(f"sentences must be an iterable of lists of tokens, not {_short(sentences)}")


def encode_sentences(sentences: Iterable[Iterable[Hashable]], target: Selection | Vocabulary) -> Parts:
    """Ids, offsets, vocabulary and number of words read; the errors are those of `Corpus.from_sentences`."""
    _require_sentences(sentences)
    encoder = _Encoder()
    for sentence in sentences:
        encoder.add(sentence)
    encoder.flush()
    if not encoder.ids:
        raise NothingKeptError("sentences: there is no word in them")
    ids = np.frombuffer(encoder.ids, np.int32)
    keys = list(encoder.indices)
    offsets = np.append(0, np.cumsum(encoder.lengths, dtype=np.int64))
    vocabulary, numbers = target.number(
        _counts(ids, len(keys)),
        np.arange(len(keys)),
        lambda indices: [keys[index] for index in indices.tolist()],
        "sentences",
    )
    return *renumber(ids, offsets, numbers), vocabulary, len(ids)


# ---- ids ----


def encode_ids(
    ids: ArrayLike, offsets: ArrayLike | None, keys: Sequence[Hashable] | None, target: Selection | Vocabulary
) -> Parts:
    """Ids, offsets, vocabulary and number of words read; the errors are those of `Corpus.from_ids`."""
    array_ids, ends = _checked(np.asarray(ids), offsets)
    _require_known(array_ids, None if keys is None else len(keys))
    values, first, indices, counts = _different(array_ids)

    def keys_at(places: Ids) -> list[Hashable]:
        chosen: list[int] = values[places].tolist()
        return list(chosen) if keys is None else [_plain(keys[value]) for value in chosen]

    vocabulary, numbers = target.number(counts, first, keys_at, "ids")
    return *renumber(indices, ends, numbers), vocabulary, len(array_ids)


def _plain(key: Hashable) -> Hashable:
    """NumPy's scalars as Python's, which print and pickle as people expect."""
    return key.item() if isinstance(key, np.generic) else key


def _checked(ids: NDArray[Any], offsets: ArrayLike | None) -> tuple[NDArray[Any], Ints]:
    if ids.size == 0:
        raise ValueError("ids: there is no id in them")
    if ids.dtype.kind not in "iu":
        raise TypeError(f"ids must be integers, not {ids.dtype}")
    if ids.ndim == 2 and offsets is None:
        return ids.ravel(), np.arange(ids.shape[0] + 1, dtype=np.int64) * ids.shape[1]
    if ids.ndim != 1:
        raise ValueError(f"ids must have one dimension, or two and no offsets, not {ids.ndim}")
    return ids, np.array([0, len(ids)]) if offsets is None else _checked_offsets(np.asarray(offsets), len(ids))


def _checked_offsets(offsets: NDArray[Any], words: int) -> Ints:
    if offsets.ndim != 1 or offsets.dtype.kind not in "iu":
        raise TypeError(f"offsets must be integers in one dimension, not {offsets.dtype} in {offsets.ndim}")
    if len(offsets) < 2:
        raise ValueError(f"offsets need a start and an end for each sentence, but have {len(offsets)} entries")
    if offsets[0] != 0:
        raise ValueError(f"offsets must start with 0, not {offsets[0]}")
    falls = np.flatnonzero(offsets[1:] < offsets[:-1])
    if len(falls):
        at = falls[0]
        raise ValueError(f"offsets must not decrease, but offsets[{at + 1}] is {offsets[at + 1]} after {offsets[at]}")
    if offsets[-1] != words:
        raise ValueError(f"offsets must end with the number of ids, {words}, not {offsets[-1]}")
    return np.array(offsets, np.int64, order="C")


def _require_known(ids: NDArray[Any], keys: int | None) -> None:
    if ids.min() < 0:
        at = int(np.argmax(ids < 0))
        raise ValueError(f"ids must not be negative, but ids[{at}] is {ids[at]}")
    if keys is not None and ids.max() >= keys:
        at = int(np.argmax(ids >= keys))
        raise ValueError(f"ids[{at}] is {ids[at]}, but there are {keys} keys")


def _different(ids: NDArray[Any]) -> tuple[NDArray[Any], Ints, Ids, Ints]:
    """The different values, where each is first, the index of each id among them, and their counts."""
    if ids.max() >= 4 * len(ids) + 1024:  # too sparse for a table of all values
        values, first, inverse, counts = np.unique(ids, return_index=True, return_inverse=True, return_counts=True)
        return values, first, inverse.astype(np.int32), counts
    table = _counts(ids, int(ids.max()) + 1)
    values = np.flatnonzero(table)
    places = np.full(len(table), -1, np.int32)
    places[values] = np.arange(len(values), dtype=np.int32)
    indices: Ids = np.empty(len(ids), np.int32)
    for part in _parts(len(ids)):
        indices[part] = places[ids[part]]
    return values, _first_places(indices, len(values)), indices, table[values]


def _first_places(indices: Ids, count: int) -> Ints:
    first = np.empty(count, np.int64)
    for start in reversed(range(0, len(indices), PART_TOKENS)):
        part = indices[start : start + PART_TOKENS]
        first[part[::-1]] = np.arange(start + len(part) - 1, start - 1, -1)  # the last write to a place stays
    return first
