"""The n-grams of characters by which fastText knows a word, as numbers of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_EVERY_WORD = b"</s>"  # the end of a line, which has no n-grams
_BASIS, _PRIME = np.uint32(2166136261), np.uint32(16777619)
_CONTINUES, _CONTINUATION = 0xC0, 0x80  # bits of a byte within a character of UTF-8


def subword_rows(names: list[bytes], minn: int, maxn: int, bucket: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The n-grams of words, of ``minn`` to ``maxn`` characters, as fastText numbers them.

    A word is put in < and >. Its n-grams come in the order of their first characters, the shorter ones first; < and >
    alone are none. The number of one is its FNV-1a hash, of 32 bits with bytes as signed numbers, modulo ``bucket``.

    Args:
        names: Words in UTF-8, without zero bytes.
        minn: Characters of the shortest.
        maxn: Characters of the longest; 0: there are none.
        bucket: How many numbers there are.

    Returns:
        The numbers, those of a word after another's, and (words + 1,) offsets, where those of each begin.
    """
    data = np.frombuffer(b"".join(b"<%b>" % name for name in names), np.uint8)
    lengths = np.fromiter(map(len, names), np.int64, len(names)) + 2
    starts = np.flatnonzero((data & _CONTINUES) != _CONTINUATION)  # of characters; < and > are some
    sizes = np.diff(starts, append=len(data))
    ends = np.cumsum(lengths)
    words = np.searchsorted(ends, starts, side="right")
    last = np.searchsorted(starts, ends) - 1  # the > of each word
    room = last[words] - np.arange(len(starts)) + 1  # characters to the end of the word
    skipped = np.array([name == _EVERY_WORD for name in names], bool)[words]
    minn = max(1, minn)
    longest = min(maxn, int(room.max(initial=0)))
    numbers = np.empty((len(starts), max(0, longest - minn + 1)), np.int64)
    valid = np.zeros(numbers.shape, bool)
    hashes = np.full(len(starts), _BASIS)
    extended = data.astype(np.int8).astype(np.uint32)  # the sign goes into the upper bits
    is_ascii = bool((sizes == 1).all())
    for length in range(1, longest + 1):
        count = len(starts) - length + 1  # characters after which so many are left in all words
        at, wide = starts[length - 1 :], sizes[length - 1 :]
        hashes = hashes[:count]
        for byte in range(1 if is_ascii else int(wide.max(initial=1))):
            if byte == 0:
                hashes = (hashes ^ extended[at]) * _PRIME
            else:
                longer = np.flatnonzero(wide > byte)
                hashes[longer] = (hashes[longer] ^ extended[at[longer] + byte]) * _PRIME
        if length >= minn:
            numbers[:count, length - minn] = hashes % np.uint32(bucket)
            valid[:count, length - minn] = (room[:count] >= length) & ~skipped[:count]
    if minn == 1 and longest:
        valid[:, 0] &= (room > 1) & (np.diff(words, prepend=-1) == 0)
    per_word = np.bincount(words, valid.sum(axis=1), len(names)).astype(np.int64)
    return numbers[valid], np.concatenate(([0], np.cumsum(per_word)))
