"""The binding of n-grams; tests/io/test_fasttext_models.py holds their numbers to a slow twin."""

from __future__ import annotations

import numpy as np
import pytest

from fastemb import _native
from fastemb.io.formats.fasttext_subwords import subword_rows


@pytest.mark.parametrize(("word", "hashed"), [(b"a", 0xE40C292C), (b"foobar", 0xBF9CF968)])
def test_the_hash_is_fnv_1a(word: bytes, hashed: int) -> None:
    numbers, _ = subword_rows([word], len(word), len(word), 2**32 - 1)
    assert hashed in numbers.tolist()


@pytest.mark.parametrize(
    ("offsets", "begins", "numbers", "bucket", "message"),
    [
        ([0, 2], [0, 0], None, 0, "buckets"),
        ([0, 3], [0, 0], None, 1, "offsets must rise"),
        ([0, 2], [0], None, 1, "begins must have"),
        ([0, 2], [0, 0], [0], 1, "one entry for each n-gram"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    offsets: list[int], begins: list[int], numbers: list[int] | None, bucket: int, message: str
) -> None:
    room = None if numbers is None else np.array(numbers, np.int64)
    with pytest.raises(ValueError, match=message):
        _native.number_ngrams(b"ab", np.array(offsets, np.int64), 3, 6, bucket, np.array(begins, np.int64), room)
