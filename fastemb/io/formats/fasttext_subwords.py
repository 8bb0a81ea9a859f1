"""The n-grams of characters by which fastText knows a word, as numbers of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ... import _native

WITHOUT_NGRAMS = b"</s>"
"""The word that has none: the end of a line."""


def subword_rows(names: list[bytes], minn: int, maxn: int, bucket: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The n-grams of words, of ``minn`` to ``maxn`` characters, as fastText numbers them.

    A word is put in < and >. Its n-grams come in the order of their first characters, the shorter ones first; < and >
    alone are none, and the word </s>, the end of a line, has none.
    The number of one is its FNV-1a hash, of 32 bits with bytes as signed numbers, modulo ``bucket``.

    Args:
        names: Words in UTF-8, without zero bytes.
        minn: Characters of the shortest.
        maxn: Characters of the longest; 0: there are none.
        bucket: How many numbers there are.

    Returns:
        The numbers, those of a word after another's, and (words + 1,) offsets, where those of each begin.
    """
    offsets = np.zeros(len(names) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, names), np.int64, len(names)), out=offsets[1:])
    text, begins = b"".join(names), np.empty(len(names) + 1, np.int64)
    if maxn < 1:
        return np.empty(0, np.int64), np.zeros(len(names) + 1, np.int64)
    numbers = np.empty(_native.number_ngrams(text, offsets, minn, maxn, bucket, begins, None), np.int64)
    _native.number_ngrams(text, offsets, minn, maxn, bucket, begins, numbers)
    return numbers, begins
