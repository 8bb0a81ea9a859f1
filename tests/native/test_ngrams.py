"""Numbers of n-grams: fastText's, known values and a plain twin."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastemb import _native
from fastemb.io.formats.fasttext_subwords import subword_rows


def hashed(ngram: bytes) -> int:
    """FNV-1a of 32 bits, with bytes as signed numbers."""
    value = 2166136261
    for byte in ngram:
        value = (value ^ (byte if byte < 128 else byte - 256) & 0xFFFFFFFF) * 16777619 & 0xFFFFFFFF
    return value


def ngrams(word: bytes, shortest: int, longest: int) -> list[bytes]:
    """In the order of their first characters, the shorter ones first."""
    if word == b"</s>":
        return []
    text = b"<" + word + b">"
    starts = [at for at, byte in enumerate(text) if byte & 0xC0 != 0x80] + [len(text)]
    found = []
    for first in range(len(starts) - 1):
        for last in range(first + 1, min(first + longest, len(starts) - 1) + 1):
            is_bracket = last == first + 1 and (first == 0 or last == len(starts) - 1)
            if last - first >= shortest and not is_bracket:
                found.append(text[starts[first] : starts[last]])
    return found


@pytest.mark.parametrize(
    ("ngram", "value"),
    [(b"a", 0xE40C292C), (b"foobar", 0xBF9CF968), (b"\xc3\xa4", 1176749545)],
)
def test_hashes_that_are_published_and_one_of_a_negative_byte(ngram: bytes, value: int) -> None:
    assert hashed(ngram) == value


@given(
    st.lists(st.binary(max_size=9) | st.text(max_size=6).map(lambda text: text.encode("utf-8", "replace")), max_size=4),
    st.integers(-1, 4),
    st.integers(-1, 7),
    st.sampled_from([1, 7, 2_000_000, 2**32 - 1]),
)
@example([b"</s>", b"", b"\x80\x80a", b"\xe4\xb8", "Mädchen".encode()], 1, 6, 2_000_000)
def test_numbers_are_those_of_a_plain_twin(words: list[bytes], shortest: int, longest: int, bucket: int) -> None:
    numbers, begins = subword_rows(words, shortest, longest, bucket)
    found = [numbers[begin:end].tolist() for begin, end in pairwise(begins)]
    assert found == [[hashed(ngram) % bucket for ngram in ngrams(word, shortest, longest)] for word in words]


def test_the_ngrams_of_a_word() -> None:
    assert ngrams(b"ab", 2, 3) == [b"<a", b"<ab", b"ab", b"ab>", b"b>"]
    assert ngrams(b"a", 1, 2) == [b"<a", b"a", b"a>"]
    assert subword_rows([b"ab"], 3, 6, 2_000_000)[0].tolist() == [
        hashed(ngram) % 2_000_000 for ngram in (b"<ab", b"<ab>", b"ab>")
    ]


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
