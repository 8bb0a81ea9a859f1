"""The numbers by which spaCy knows strings: hashes of 64 bits, and small ones for the names that it has itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...signals import slices

_FLAGS = """
    IS_ALPHA IS_ASCII IS_DIGIT IS_LOWER IS_PUNCT IS_SPACE IS_TITLE IS_UPPER LIKE_URL LIKE_NUM LIKE_EMAIL IS_STOP
    IS_OOV_DEPRECATED IS_BRACKET IS_QUOTE IS_LEFT_PUNCT IS_RIGHT_PUNCT IS_CURRENCY
"""
_ATTRIBUTES = """
    ID ORTH LOWER NORM SHAPE PREFIX SUFFIX LENGTH CLUSTER LEMMA POS TAG DEP ENT_IOB ENT_TYPE HEAD SENT_START SPACY
    PROB LANG ADJ ADP ADV AUX CONJ CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X EOL SPACE
"""
_LABELS = """
    PERSON NORP FACILITY ORG GPE LOC PRODUCT EVENT WORK_OF_ART LANGUAGE LAW DATE TIME PERCENT MONEY QUANTITY ORDINAL
    CARDINAL acomp advcl advmod agent amod appos attr aux auxpass cc ccomp complm conj cop csubj csubjpass dep det
    dobj expl hmod hyph infmod intj iobj mark meta neg nmod nn npadvmod nsubj nsubjpass num number oprd obj obl
    parataxis partmod pcomp pobj poss possessive preconj prep prt punct quantmod relcl rcmod root xcomp acl
    ENT_KB_ID MORPH ENT_ID IDX _
"""

SYMBOLS = {
    name: number
    for number, name in enumerate(
        [
            *_FLAGS.split(),
            *(f"FLAG{number}" for number in range(19, 64)),
            *_ATTRIBUTES.split(),
            *(f"DEPRECATED{number:03}" for number in range(1, 277)),
            *_LABELS.split(),
        ],
        start=1,
    )
}
"""The numbers of the names that spaCy has itself. The empty string has 0."""

Hashes = NDArray[np.uint64]

_SEED = 1
_FACTOR = np.uint64(0xC6A4A7935BD1E995)
_SHIFT = np.uint64(47)
_WORD = 8  # bytes that are hashed at once


def string_numbers(strings: Sequence[str]) -> Hashes:
    """The number of each string in spaCy 3.

    Raises:
        UnicodeEncodeError: One has half a character in it.
    """
    found = hashes([string.encode() for string in strings])
    for row, string in enumerate(strings):
        if string in SYMBOLS:
            found[row] = SYMBOLS[string]
    return found


def hashes(strings: Sequence[bytes]) -> Hashes:
    """MurmurHash64A with the seed 1 of each, (n,)."""
    rows_of_length: defaultdict[int, list[int]] = defaultdict(list)
    for row, string in enumerate(strings):
        rows_of_length[len(string)].append(row)
    found = np.empty(len(strings), np.uint64)
    for length, rows in rows_of_length.items():
        for part in slices(len(rows)):
            found[rows[part]] = _hashes_of_one_length([strings[row] for row in rows[part]], length)
    return found


def _hashes_of_one_length(strings: list[bytes], length: int) -> Hashes:
    padded = np.zeros((len(strings), -(-length // _WORD) * _WORD), np.uint8)
    padded[:, :length] = np.frombuffer(b"".join(strings), np.uint8).reshape(len(strings), length)
    words = padded.view("<u8").astype(np.uint64, copy=False)
    made = np.full(len(strings), (_SEED ^ (length * int(_FACTOR))) % 2**64, np.uint64)
    for column in range(length // _WORD):
        mixed = words[:, column] * _FACTOR
        mixed ^= mixed >> _SHIFT
        made = (made ^ (mixed * _FACTOR)) * _FACTOR
    if length % _WORD:
        made = (made ^ words[:, -1]) * _FACTOR
    made = (made ^ (made >> _SHIFT)) * _FACTOR
    return made ^ (made >> _SHIFT)
